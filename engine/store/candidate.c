/* Candidates: overlay rows in memory, written behind, and rows as a session sees them. */
#include <stdio.h>
#include <string.h>

#include "engine/store/internal.h"

static sqlite3_stmt *query_id(struct store *s, enum statement which, uint32_t id)
{
    sqlite3_stmt *q = store_query(s, which);
    if (q)
        sqlite3_bind_int64(q, 1, id);
    return q;
}

static void count(struct store_candidate *c)
{
    c->rows = overlay_count(c->overlay);
}

/* --- sessions ------------------------------------------------------------------------ */

bool store_candidate_new(struct store *s, const char *user, const char *tty,
                         struct store_candidate *out)
{
    sqlite3_stmt *q = store_query(s, Q_NEW);
    if (!q)
        return false;
    sqlite3_bind_text(q, 1, user, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, tty, -1, SQLITE_STATIC);
    if (!store_run(s, q))
        return false;
    *out = (struct store_candidate){(uint32_t)sqlite3_last_insert_rowid(s->db), 0, overlay_new()};
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
    if (!found || !store_run(s, query_id(s, Q_TAKE, id)) || !(q = query_id(s, Q_LOAD, id)))
        return false;
    *out = (struct store_candidate){id, 0, overlay_new()};
    while (sqlite3_step(q) == SQLITE_ROW)
        overlay_set(out->overlay, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0),
                    (const char *)sqlite3_column_text(q, 1), (size_t)sqlite3_column_bytes(q, 1),
                    false);
    sqlite3_reset(q);
    count(out);
    return true;
}

static void release(struct store_candidate *c)
{
    overlay_free(c->overlay);
    *c = (struct store_candidate){0};
}

bool store_candidate_leave(struct store *s, struct store_candidate *c)
{
    bool ok = store_candidate_flush(s, c) && store_run(s, query_id(s, Q_LEAVE, c->id));
    release(c);
    return ok;
}

bool store_candidate_clear(struct store *s, struct store_candidate *c)
{
    if (!c->overlay)
        return true;
    if (c->rows && !store_run(s, query_id(s, Q_CLEAR, c->id)))
        return false;
    overlay_clear(c->overlay);
    count(c);
    return true;
}

bool store_candidate_drop(struct store *s, struct store_candidate *c)
{
    if (!c->overlay)
        return true;
    bool ok = store_candidate_clear(s, c) && store_run(s, query_id(s, Q_DROP, c->id));
    release(c);
    return ok;
}

struct flush {
    struct store *s;
    uint32_t id;
};

static bool flush_row(void *arg, const struct overlay_row *row, bool removed)
{
    struct flush *f = arg;
    sqlite3_stmt *q = query_id(f->s, removed ? Q_UNSET : Q_SET, f->id);
    if (!q)
        return false;
    store_bind_blob(q, 2, row->key, row->nkey);
    if (!removed && row->text)
        sqlite3_bind_text(q, 3, row->text, (int)row->ntext, SQLITE_STATIC);
    else if (!removed)
        sqlite3_bind_null(q, 3);
    return store_run(f->s, q);
}

bool store_candidate_flush(struct store *s, struct store_candidate *c)
{
    struct flush f = {s, c->id};
    if (!c->overlay || !overlay_dirty(c->overlay))
        return true;
    if (!store_run(s, store_query(s, Q_BEGIN)))
        return false;
    if (overlay_each_dirty(c->overlay, flush_row, &f) && store_run(s, store_query(s, Q_COMMIT))) {
        overlay_clean(c->overlay);
        return true;
    }
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

void store_mark(struct store_candidate *c)
{
    overlay_mark(c->overlay);
}

void store_unmark(struct store_candidate *c, bool keep)
{
    overlay_unmark(c->overlay, keep);
    count(c);
}

/* --- reading ------------------------------------------------------------------------- */

static long copy_text(const char *text, size_t n, char *buf, size_t len)
{
    if (!text)
        return -1;
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
    store_hold(s);
    store_bind_blob(q, 1, key, nkey);
    long n = -1;
    if (sqlite3_step(q) == SQLITE_ROW)
        n = copy_text((const char *)sqlite3_column_text(q, 0), (size_t)sqlite3_column_bytes(q, 0),
                      buf, len);
    sqlite3_reset(q);
    return n;
}

long store_get(struct store *s, const struct store_candidate *c, const uint8_t *key, size_t nkey,
               char *buf, size_t len)
{
    const struct overlay_row *row = c->rows ? overlay_get(c->overlay, key, nkey) : NULL;
    return row ? copy_text(row->text, row->ntext, buf, len) : get_running(s, key, nkey, buf, len);
}

/* Binds the half-open key range of a prefix at ?1 and ?2. */
static void bind_range(sqlite3_stmt *q, const uint8_t *prefix, size_t n)
{
    uint8_t end[1024];
    size_t nend;
    store_bind_blob(q, 1, prefix, n);
    if (store_successor(prefix, n, end, &nend))
        sqlite3_bind_blob(q, 2, end, (int)nend, SQLITE_TRANSIENT);
    else
        sqlite3_bind_blob(q, 2, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, SQLITE_STATIC);
}

static bool below(const struct overlay_row *r, const uint8_t *prefix, size_t n)
{
    return r && r->nkey >= n && (n == 0 || memcmp(r->key, prefix, n) == 0);
}

static bool found_one(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t ntext)
{
    (void)key, (void)nkey, (void)text, (void)ntext;
    *(bool *)arg = true;
    return false;
}

bool store_any(struct store *s, const struct store_candidate *c, const uint8_t *prefix, size_t n)
{
    bool any = false;
    store_scan(s, c, prefix, n, NULL, 0, found_one, &any);
    return any;
}

static int order(const struct overlay_row *r, const uint8_t *key, size_t n)
{
    int d = memcmp(r->key, key, r->nkey < n ? r->nkey : n);
    return d ? d : r->nkey < n ? -1 : r->nkey > n;
}

/* Merges the overlay's rows with running's; an overlay row hides the running row of its key. */
bool store_scan(struct store *s, const struct store_candidate *c, const uint8_t *prefix, size_t n,
                const uint8_t *after, size_t nafter, store_row_fn *fn, void *arg)
{
    struct overlay_cursor cur;
    uint8_t next[1024];
    const uint8_t *from = nafter ? after : prefix;
    size_t nfrom = nafter ? nafter : n;
    const struct overlay_row *o = c->rows ? overlay_seek(c->overlay, from, nfrom, &cur) : NULL;
    if (o && nafter && order(o, after, nafter) == 0)
        o = overlay_next(&cur);
    sqlite3_stmt *q = s->running_empty ? NULL : store_query(s, Q_SCAN_RUNNING);
    if (!q && !s->running_empty)
        return false;
    if (q) {
        store_hold(s);
        bind_range(q, prefix, n);
    }
    if (q && nafter) { /* the first key above it */
        memcpy(next, after, nafter);
        next[nafter] = 0;
        store_bind_blob(q, 1, next, nafter + 1);
    }
    int rc = q ? sqlite3_step(q) : SQLITE_DONE;
    bool more = true;
    while (more && (rc == SQLITE_ROW || below(o, prefix, n))) {
        const uint8_t *key = rc == SQLITE_ROW ? sqlite3_column_blob(q, 0) : NULL;
        size_t nkey = rc == SQLITE_ROW ? (size_t)sqlite3_column_bytes(q, 0) : 0;
        int d = !below(o, prefix, n) ? 1 : !key ? -1 : order(o, key, nkey);
        if (d > 0)
            more = fn(arg, key, nkey, (const char *)sqlite3_column_text(q, 1),
                      (size_t)sqlite3_column_bytes(q, 1));
        else if (o->text)
            more = fn(arg, o->key, o->nkey, o->text, o->ntext);
        if (d <= 0)
            o = overlay_next(&cur);
        if (d >= 0)
            rc = sqlite3_step(q);
    }
    if (q)
        sqlite3_reset(q);
    return !more || rc == SQLITE_DONE || rc == SQLITE_ROW || store_fail(s, "read");
}

bool store_changes(struct store *s, const struct store_candidate *c, store_change_fn *fn, void *arg)
{
    struct overlay_cursor cur;
    char old[8192];
    const struct overlay_row *o = c->rows ? overlay_seek(c->overlay, NULL, 0, &cur) : NULL;
    for (bool more = true; o && more; o = overlay_next(&cur)) {
        long n = get_running(s, o->key, o->nkey, old, sizeof old);
        more = fn(arg, o->key, o->nkey, n >= 0 ? old : NULL, o->text);
    }
    return true;
}

/* --- writing ------------------------------------------------------------------------- */

/* A row that equals running is no row of the overlay. */
static void put(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey,
                const char *text, size_t ntext)
{
    char old[8192];
    long n = get_running(s, key, nkey, old, sizeof old);
    bool same = text ? n == (long)ntext && memcmp(old, text, ntext) == 0 : n < 0;
    if (same)
        overlay_remove(c->overlay, key, nkey);
    else
        overlay_set(c->overlay, key, nkey, text, ntext, true);
    count(c);
}

bool store_set(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey,
               const char *text, size_t ntext)
{
    put(s, c, key, nkey, text, ntext);
    return true;
}

bool store_delete(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey)
{
    put(s, c, key, nkey, NULL, 0);
    return true;
}

/* Deletes what the overlay adds below the prefix, then hides what running has there. */
bool store_delete_prefix(struct store *s, struct store_candidate *c, const uint8_t *prefix,
                         size_t n)
{
    struct overlay_cursor cur;
    const struct overlay_row *o;
    while ((o = overlay_seek(c->overlay, prefix, n, &cur)) && below(o, prefix, n)) {
        uint8_t key[1024];
        size_t nkey = o->nkey;
        memcpy(key, o->key, nkey);
        overlay_remove(c->overlay, key, nkey);
    }
    sqlite3_stmt *q = s->running_empty ? NULL : store_query(s, Q_ANY_RUNNING);
    int rc = SQLITE_DONE;
    if (q)
        bind_range(q, prefix, n);
    while (q && (rc = sqlite3_step(q)) == SQLITE_ROW)
        overlay_set(c->overlay, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0), NULL,
                    0, true);
    if (q)
        sqlite3_reset(q);
    count(c);
    return rc == SQLITE_DONE || store_fail(s, "read");
}

void store_candidate_tidy(struct store *s, struct store_candidate *c)
{
    struct overlay_cursor cur;
    const struct overlay_row *o = c->rows ? overlay_seek(c->overlay, NULL, 0, &cur) : NULL;
    while (o) {
        char old[8192];
        uint8_t key[1024];
        size_t nkey = o->nkey;
        long n = get_running(s, o->key, o->nkey, old, sizeof old);
        memcpy(key, o->key, nkey);
        if (o->text ? n == (long)o->ntext && memcmp(old, o->text, o->ntext) == 0 : n < 0) {
            overlay_remove(c->overlay, key, nkey);
            o = overlay_seek(c->overlay, key, nkey, &cur);
        } else {
            o = overlay_next(&cur);
        }
    }
    count(c);
}
