/* Candidates: the overlay rows of sessions, and rows as a session sees them. */
#include <stdio.h>
#include <string.h>

#include "engine/store/internal.h"

/* --- the transaction edits gather in ------------------------------------------------------------
 */

bool store_edits_begin(struct store *s)
{
    if (s->open_edits)
        return true;
    s->open_edits = store_run(s, store_query(s, Q_BEGIN));
    return s->open_edits;
}

bool store_flush(struct store *s)
{
    if (!s->open_edits)
        return true;
    s->open_edits = false;
    if (store_run(s, store_query(s, Q_COMMIT)))
        return true;
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool store_mark(struct store *s)
{
    return store_edits_begin(s) && store_exec(s, "SAVEPOINT line");
}

void store_unmark(struct store *s, bool keep)
{
    sqlite3_exec(s->db, keep ? "RELEASE line" : "ROLLBACK TO line; RELEASE line", NULL, NULL, NULL);
}

/* --- sessions
 * ------------------------------------------------------------------------------------- */

static sqlite3_stmt *query_id(struct store *s, enum statement which, uint32_t id)
{
    sqlite3_stmt *q = store_query(s, which);
    if (q)
        sqlite3_bind_int64(q, 1, id);
    return q;
}

bool store_candidate_new(struct store *s, const char *user, const char *tty,
                         struct store_candidate *out)
{
    sqlite3_stmt *q = store_query(s, Q_NEW);
    if (!q || !store_edits_begin(s))
        return false;
    sqlite3_bind_text(q, 1, user, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, tty, -1, SQLITE_STATIC);
    if (!store_run(s, q))
        return false;
    *out = (struct store_candidate){(uint32_t)sqlite3_last_insert_rowid(s->db), 0};
    return true;
}

bool store_recount(struct store *s, struct store_candidate *c)
{
    sqlite3_stmt *q = query_id(s, Q_COUNT, c->id);
    if (!q || sqlite3_step(q) != SQLITE_ROW)
        return store_fail(s, "read");
    c->rows = (size_t)sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return true;
}

bool store_candidate_adopt(struct store *s, const char *user, struct store_candidate *out)
{
    sqlite3_stmt *q = store_query(s, Q_ADOPT);
    if (!q)
        return false;
    sqlite3_bind_text(q, 1, user, -1, SQLITE_STATIC);
    bool found = sqlite3_step(q) == SQLITE_ROW;
    uint32_t id = found ? (uint32_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_reset(q);
    if (!found || !store_edits_begin(s) || !store_run(s, query_id(s, Q_TAKE, id)))
        return false;
    out->id = id;
    return store_recount(s, out);
}

bool store_candidate_leave(struct store *s, struct store_candidate *c)
{
    return store_edits_begin(s) && store_run(s, query_id(s, Q_LEAVE, c->id));
}

bool store_candidate_clear(struct store *s, struct store_candidate *c)
{
    if (c->rows == 0)
        return true;
    if (!store_edits_begin(s) || !store_run(s, query_id(s, Q_CLEAR, c->id)))
        return false;
    c->rows = 0;
    return true;
}

bool store_candidate_drop(struct store *s, struct store_candidate *c)
{
    return store_candidate_clear(s, c) && store_edits_begin(s) &&
           store_run(s, query_id(s, Q_DROP, c->id));
}

/* --- reading
 * ---------------------------------------------------------------------------------------- */

static long column_text(sqlite3_stmt *q, int at, char *buf, size_t len)
{
    const char *text = (const char *)sqlite3_column_text(q, at);
    if (!text)
        return -1;
    size_t n = (size_t)sqlite3_column_bytes(q, at);
    if (n >= len)
        n = len - 1;
    memcpy(buf, text, n);
    buf[n] = 0;
    return (long)n;
}

static long get_running(struct store *s, const uint8_t *key, size_t nkey, char *buf, size_t len)
{
    sqlite3_stmt *q = s->running_empty ? NULL : store_query(s, Q_GET_RUNNING);
    if (!q)
        return -1;
    store_bind_blob(q, 1, key, nkey);
    long n = sqlite3_step(q) == SQLITE_ROW ? column_text(q, 0, buf, len) : -1;
    sqlite3_reset(q);
    return n;
}

/* 1: the overlay has a text, 0: a deletion, -1: nothing. */
static int get_overlay(struct store *s, const struct store_candidate *c, const uint8_t *key,
                       size_t nkey, char *buf, size_t len, long *n)
{
    sqlite3_stmt *q = c->rows ? store_query(s, Q_GET_OVERLAY) : NULL;
    if (!q)
        return -1;
    sqlite3_bind_int64(q, 1, c->id);
    store_bind_blob(q, 2, key, nkey);
    int found = -1;
    if (sqlite3_step(q) == SQLITE_ROW) {
        *n = column_text(q, 0, buf, len);
        found = *n >= 0;
    }
    sqlite3_reset(q);
    return found;
}

long store_get(struct store *s, const struct store_candidate *c, const uint8_t *key, size_t nkey,
               char *buf, size_t len)
{
    long n = -1;
    int found = get_overlay(s, c, key, nkey, buf, len, &n);
    if (found >= 0)
        return n;
    return get_running(s, key, nkey, buf, len);
}

/* Binds the half-open key range of a prefix at ?1 and ?2. */
static void bind_range(sqlite3_stmt *q, const uint8_t *prefix, size_t n, uint8_t *end)
{
    size_t nend;
    store_bind_blob(q, 1, prefix, n);
    if (store_successor(prefix, n, end, &nend))
        sqlite3_bind_blob(q, 2, end, (int)nend, SQLITE_TRANSIENT);
    else
        sqlite3_bind_blob(q, 2, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, SQLITE_STATIC);
}

bool store_any(struct store *s, const struct store_candidate *c, const uint8_t *prefix, size_t n)
{
    uint8_t end[1024];
    if (c->rows == 0 && s->running_empty)
        return false;
    sqlite3_stmt *q = store_query(s, c->rows ? Q_ANY_MERGED : Q_ANY_RUNNING);
    if (!q)
        return false;
    bind_range(q, prefix, n, end);
    if (c->rows)
        sqlite3_bind_int64(q, 3, c->id);
    bool any = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_reset(q);
    return any;
}

bool store_scan(struct store *s, const struct store_candidate *c, const uint8_t *prefix, size_t n,
                const uint8_t *after, size_t nafter, store_row_fn *fn, void *arg)
{
    uint8_t end[1024];
    sqlite3_stmt *q = store_query(s, c->rows ? Q_SCAN_MERGED : Q_SCAN_RUNNING);
    if (!q)
        return false;
    bind_range(q, prefix, n, end);
    if (c->rows)
        sqlite3_bind_int64(q, 3, c->id);
    store_bind_blob(q, 4, after, nafter);
    int rc;
    while ((rc = sqlite3_step(q)) == SQLITE_ROW)
        if (!fn(arg, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0),
                (const char *)sqlite3_column_text(q, 1), (size_t)sqlite3_column_bytes(q, 1)))
            break;
    sqlite3_reset(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE || store_fail(s, "read");
}

bool store_changes(struct store *s, const struct store_candidate *c, store_change_fn *fn, void *arg)
{
    sqlite3_stmt *q = query_id(s, Q_CHANGES, c->id);
    int rc = SQLITE_DONE;
    if (!q)
        return false;
    while (c->rows && (rc = sqlite3_step(q)) == SQLITE_ROW)
        if (!fn(arg, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0),
                (const char *)sqlite3_column_text(q, 1), (const char *)sqlite3_column_text(q, 2)))
            break;
    sqlite3_reset(q);
    return rc == SQLITE_ROW || rc == SQLITE_DONE || store_fail(s, "read");
}

/* --- writing
 * ----------------------------------------------------------------------------------------- */

static bool run_key(struct store *s, enum statement which, struct store_candidate *c,
                    const uint8_t *key, size_t nkey, const char *text, size_t ntext)
{
    sqlite3_stmt *q = store_query(s, which);
    if (!q || !store_edits_begin(s))
        return false;
    sqlite3_bind_int64(q, 1, c->id);
    store_bind_blob(q, 2, key, nkey);
    if (text)
        sqlite3_bind_text(q, 3, text, (int)ntext, SQLITE_STATIC);
    return store_run(s, q);
}

bool store_set(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey,
               const char *text, size_t ntext)
{
    char old[8192];
    long n = -1;
    bool had = get_overlay(s, c, key, nkey, old, sizeof old, &n) >= 0;
    n = get_running(s, key, nkey, old, sizeof old);
    if (n == (long)ntext && memcmp(old, text, ntext) == 0) {
        if (had && !run_key(s, Q_UNSET, c, key, nkey, NULL, 0))
            return false;
        c->rows -= had;
        return true;
    }
    if (!run_key(s, Q_SET, c, key, nkey, text, ntext))
        return false;
    c->rows += !had;
    return true;
}

bool store_delete(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey)
{
    char old[8192];
    long n = -1;
    bool had = get_overlay(s, c, key, nkey, old, sizeof old, &n) >= 0;
    if (get_running(s, key, nkey, old, sizeof old) < 0) {
        if (had && !run_key(s, Q_UNSET, c, key, nkey, NULL, 0))
            return false;
        c->rows -= had;
        return true;
    }
    if (!run_key(s, Q_TOMBSTONE, c, key, nkey, NULL, 0))
        return false;
    c->rows += !had;
    return true;
}

bool store_delete_prefix(struct store *s, struct store_candidate *c, const uint8_t *prefix,
                         size_t n)
{
    uint8_t end[1024];
    static const enum statement steps[] = {Q_CLEAR_BELOW, Q_TOMB_BELOW};
    if (!store_edits_begin(s))
        return false;
    for (int i = 0; i < 2; i++) {
        sqlite3_stmt *q = store_query(s, steps[i]);
        if (!q)
            return false;
        bind_range(q, prefix, n, end);
        sqlite3_bind_int64(q, 3, c->id);
        if (!store_run(s, q))
            return false;
    }
    return store_recount(s, c);
}
