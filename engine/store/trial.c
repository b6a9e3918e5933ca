/* The one trial a datastore may be in: a row that is written together with the commit on trial. */
#include <string.h>

#include "engine/store/internal.h"

bool store_put_trial(struct store *s, const struct store_trial *t)
{
    sqlite3_stmt *q = store_query(s, t->active ? Q_TRIAL_SET : Q_TRIAL_END);
    if (q && t->active) {
        sqlite3_bind_int64(q, 1, t->session);
        sqlite3_bind_text(q, 2, t->user, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 3, t->tty, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 4, t->persist, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 5, t->seconds);
        sqlite3_bind_int64(q, 6, t->deadline);
        sqlite3_bind_int64(q, 7, t->base);
    }
    return store_run(s, q);
}

struct written {
    const struct store_trial *trial;
    const struct store_commit *names;
};

static bool name_commit(struct store *s, enum statement which, uint32_t id, const char *text)
{
    sqlite3_stmt *q = *text ? store_query(s, which) : NULL;
    if (!*text)
        return true;
    if (q) {
        sqlite3_bind_int64(q, 1, id);
        sqlite3_bind_text(q, 2, text, -1, SQLITE_STATIC);
    }
    return store_run(s, q);
}

static bool write_work(struct store *s, void *arg)
{
    const struct written *w = arg;
    const struct store_commit *c = w->names;
    return store_put_trial(s, w->trial) &&
           (!c || (name_commit(s, Q_LABEL, c->id, c->label) &&
                   name_commit(s, Q_DESCRIBE, c->id, c->description)));
}

bool store_trial_write(struct store *s, const struct store_trial *trial,
                       const struct store_commit *names)
{
    struct written w = {trial, names};
    return store_durable(s, write_work, &w);
}

bool store_trial_read(struct store *s, struct store_trial *out)
{
    sqlite3_stmt *q = store_query(s, Q_TRIAL_GET);
    memset(out, 0, sizeof *out);
    unsigned was = s->failures;
    if (!q)
        return false;
    if (store_step(s, q)) {
        out->active = true;
        out->session = (uint32_t)sqlite3_column_int64(q, 0);
        store_column(s, q, 1, out->user, sizeof out->user);
        store_column(s, q, 2, out->tty, sizeof out->tty);
        store_column(s, q, 3, out->persist, sizeof out->persist);
        out->seconds = (uint32_t)sqlite3_column_int64(q, 4);
        out->deadline = sqlite3_column_int64(q, 5);
        out->base = (uint32_t)sqlite3_column_int64(q, 6);
    }
    sqlite3_reset(q);
    return was == s->failures;
}
