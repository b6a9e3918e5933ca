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

static bool write_work(struct store *s, void *arg)
{
    return store_put_trial(s, arg);
}

bool store_trial_write(struct store *s, const struct store_trial *trial)
{
    struct store_trial copy = *trial;
    return store_durable(s, write_work, &copy);
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
