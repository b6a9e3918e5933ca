/* Commits: the one transaction that changes running, and looking back at what changed. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/store/internal.h"

static bool next_id(struct store *s, uint32_t *id)
{
    sqlite3_stmt *q = store_query(s, Q_NEXT_ID);
    if (!q || !store_step(s, q))
        return false;
    *id = (uint32_t)sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return true;
}

static bool write_meta_row(struct store *s, const struct store_commit *m)
{
    sqlite3_stmt *q = store_query(s, Q_COMMIT_ROW);
    if (!q)
        return false;
    sqlite3_bind_int64(q, 1, m->id);
    sqlite3_bind_int64(q, 2, m->time);
    sqlite3_bind_text(q, 3, m->user, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, m->tty, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 5, m->type, -1, SQLITE_STATIC);
    if (m->label[0])
        sqlite3_bind_text(q, 6, m->label, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(q, 6);
    sqlite3_bind_text(q, 7, m->description, -1, SQLITE_STATIC);
    char last[100];
    snprintf(last, sizeof last, "INSERT OR REPLACE INTO meta VALUES('last_commit',%u)", m->id);
    return store_run(s, q) && store_exec(s, last);
}

struct mover {
    struct store *s;
    uint32_t id;
    bool ok;
};

static bool move_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                     const char *new_text)
{
    struct mover *m = arg;
    sqlite3_stmt *log = store_query(m->s, Q_CHANGE);
    sqlite3_stmt *row = store_query(m->s, new_text ? Q_WRITE : Q_DELETE);
    m->ok = log && row;
    if (!m->ok)
        return false;
    sqlite3_bind_int64(log, 1, m->id);
    store_bind_blob(log, 2, key, nkey);
    sqlite3_bind_text(log, 3, old_text, -1, SQLITE_STATIC);
    sqlite3_bind_text(log, 4, new_text, -1, SQLITE_STATIC);
    store_bind_blob(row, 2, key, nkey);
    if (new_text) {
        sqlite3_bind_int64(row, 1, m->id);
        sqlite3_bind_text(row, 3, new_text, -1, SQLITE_STATIC);
    }
    m->ok = store_run(m->s, log) && store_run(m->s, row);
    return m->ok;
}

static bool move_rows(struct store *s, const struct store_candidate *c, uint32_t id)
{
    struct mover m = {s, id, true};
    sqlite3_stmt *clear = store_query(s, Q_CLEAR);
    if (!clear || !store_changes(s, c, move_row, &m) || !m.ok)
        return false;
    sqlite3_bind_int64(clear, 1, c->id);
    return store_run(s, clear) && store_run(s, store_query(s, Q_COMMIT_TIDY));
}

struct commit {
    struct store_candidate *c;
    struct store_commit *meta;
    const struct store_trial *trial;
};

static bool commit_work(struct store *s, void *arg)
{
    struct commit *w = arg;
    return next_id(s, &w->meta->id) && write_meta_row(s, w->meta) &&
           move_rows(s, w->c, w->meta->id) && (!w->trial || store_put_trial(s, w->trial)) &&
           store_retain(s);
}

bool store_commit(struct store *s, struct store_candidate *c, struct store_commit *meta,
                  const struct store_trial *trial)
{
    struct commit w = {c, meta, trial};
    meta->time = (int64_t)time(NULL);
    if (!store_durable(s, commit_work, &w))
        return false;
    overlay_clear(c->overlay);
    c->rows = 0;
    s->running_empty = false;
    return true;
}

static void read_commit(struct store *s, sqlite3_stmt *q, struct store_commit *c)
{
    c->id = (uint32_t)sqlite3_column_int64(q, 0);
    c->time = sqlite3_column_int64(q, 1);
    store_column(s, q, 2, c->user, sizeof c->user);
    store_column(s, q, 3, c->tty, sizeof c->tty);
    store_column(s, q, 4, c->type, sizeof c->type);
    store_column(s, q, 5, c->label, sizeof c->label);
    store_column(s, q, 6, c->description, sizeof c->description);
    c->discontinuous = sqlite3_column_int(q, 7) == 2;
}

bool store_commits(struct store *s, size_t max, bool labelled, store_commit_fn *fn, void *arg)
{
    sqlite3_stmt *q = store_query(s, Q_LIST);
    struct store_commit c;
    unsigned was = s->failures;
    if (!q)
        return false;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)max);
    sqlite3_bind_int64(q, 2, labelled);
    while (store_step(s, q)) {
        read_commit(s, q, &c);
        if (was != s->failures || !fn(arg, &c))
            break;
    }
    sqlite3_reset(q);
    return was == s->failures;
}

static bool find(struct store *s, sqlite3_stmt *q, struct store_commit *out)
{
    bool found = q && store_step(s, q);
    if (found)
        read_commit(s, q, out);
    if (q)
        sqlite3_reset(q);
    return found;
}

bool store_commit_find(struct store *s, uint32_t id, const char *label, struct store_commit *out)
{
    sqlite3_stmt *q = store_query(s, label ? Q_FIND_LABEL : Q_FIND_ID);
    if (q && label)
        sqlite3_bind_text(q, 1, label, -1, SQLITE_STATIC);
    else if (q)
        sqlite3_bind_int64(q, 1, id);
    return find(s, q, out);
}

bool store_commit_nth(struct store *s, uint32_t n, struct store_commit *out)
{
    sqlite3_stmt *q = store_query(s, Q_FIND_NTH);
    if (q)
        sqlite3_bind_int64(q, 1, n);
    return find(s, q, out);
}

bool store_history(struct store *s, uint32_t from, uint32_t to, store_change_fn *fn, void *arg)
{
    sqlite3_stmt *q = store_query(s, Q_HISTORY);
    unsigned was = s->failures;
    if (!q)
        return false;
    sqlite3_bind_int64(q, 1, from);
    sqlite3_bind_int64(q, 2, to);
    while (store_step(s, q)) {
        const char *old = store_text(s, q, 1), *new = store_text(s, q, 2);
        if (was != s->failures ||
            !fn(arg, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0), old, new))
            break;
    }
    sqlite3_reset(q);
    return was == s->failures;
}

long store_last_text(struct store *s, const uint8_t *key, size_t nkey, char *buf, size_t len)
{
    sqlite3_stmt *q = store_query(s, Q_LAST_TEXT);
    long n = -1;
    if (!q)
        return -1;
    store_bind_blob(q, 1, key, nkey);
    if (store_step(s, q)) {
        store_column(s, q, 0, buf, len);
        n = (long)strlen(buf);
    }
    sqlite3_reset(q);
    return n;
}

bool store_revert(struct store *s, struct store_candidate *c, uint32_t id)
{
    sqlite3_stmt *q = store_query(s, Q_REVERT);
    unsigned was = s->failures;
    bool ok = q != NULL;
    if (ok)
        sqlite3_bind_int64(q, 1, id);
    while (ok && store_step(s, q)) {
        const uint8_t *key = sqlite3_column_blob(q, 0);
        size_t n = (size_t)sqlite3_column_bytes(q, 0);
        const char *old = store_text(s, q, 1);
        ok = old ? store_set(s, c, key, n, old, strlen(old)) : store_delete(s, c, key, n);
    }
    if (q)
        sqlite3_reset(q);
    return ok && was == s->failures;
}
