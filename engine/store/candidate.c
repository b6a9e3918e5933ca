/* Candidates: overlay rows in memory, written behind, and rows as a session sees them. */
#include <stdio.h>
#include <stdlib.h>
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

static void release(struct store_candidate *c)
{
    overlay_free(c->overlay);
    *c = (struct store_candidate){0};
}

static void fresh(struct store_candidate *c, uint32_t id, const char *user)
{
    *c = (struct store_candidate){.id = id, .overlay = overlay_new()};
    snprintf(c->user, sizeof c->user, "%s", user);
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
    fresh(out, (uint32_t)sqlite3_last_insert_rowid(s->db), user);
    return true;
}

void store_scratch(struct store_candidate *out)
{
    fresh(out, 0, "");
}

void store_scratch_free(struct store_candidate *c)
{
    release(c);
}

bool store_candidate_clear(struct store *s, struct store_candidate *c)
{
    if (!c->overlay)
        return true;
    /* No rows and yet dirty: what is stored has been taken back since. */
    if ((c->rows || overlay_dirty(c->overlay)) && !store_run(s, query_id(s, Q_CLEAR, c->id)))
        return false;
    overlay_clear(c->overlay);
    count(c);
    return true;
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
    if (!removed)
        sqlite3_bind_text(q, 4, row->base, -1, SQLITE_STATIC);
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
    store_abandon(s);
    return false;
}

/* --- the end of a candidate ---------------------------------------------------------- */

static bool leave_now(struct store *s, struct store_candidate *c)
{
    return store_candidate_flush(s, c) && store_run(s, query_id(s, Q_LEAVE, c->id));
}

static bool drop_now(struct store *s, struct store_candidate *c)
{
    return store_candidate_clear(s, c) && store_run(s, query_id(s, Q_DROP, c->id));
}

/* What cannot be written now waits: neither is a candidate lost, nor does a dropped one come back.
 */
static bool finish(struct store *s, struct store_candidate *c, bool drop)
{
    if (!c->overlay)
        return true;
    bool ok = drop ? drop_now(s, c) : leave_now(s, c);
    struct waiting *w = ok ? NULL : malloc(sizeof *w);
    if (w) {
        *w = (struct waiting){s->waiting, *c, drop};
        s->waiting = w;
        *c = (struct store_candidate){0};
    }
    release(c);
    return ok;
}

bool store_candidate_leave(struct store *s, struct store_candidate *c)
{
    return finish(s, c, false);
}

bool store_candidate_drop(struct store *s, struct store_candidate *c)
{
    return finish(s, c, true);
}

bool store_retry(struct store *s)
{
    for (struct waiting **at = &s->waiting, *w; (w = *at);) {
        if (!(w->drop ? drop_now(s, &w->c) : leave_now(s, &w->c)))
            return false;
        *at = w->next;
        release(&w->c);
        free(w);
    }
    return true;
}

/* A candidate that waits to be left goes back to its user as it is. */
static bool adopt_waiting(struct store *s, const char *user, struct store_candidate *out)
{
    for (struct waiting **at = &s->waiting, *w; (w = *at); at = &w->next)
        if (!w->drop && w->c.rows && strcmp(w->c.user, user) == 0) {
            *out = w->c;
            *at = w->next;
            free(w);
            return true;
        }
    return false;
}

static void load_row(struct store *s, sqlite3_stmt *q, struct overlay *o)
{
    const char *text = store_text(s, q, 1), *base = store_text(s, q, 2);
    overlay_set(o, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0), text,
                (size_t)sqlite3_column_bytes(q, 1), base, false);
}

bool store_candidate_adopt(struct store *s, const char *user, struct store_candidate *out)
{
    if (adopt_waiting(s, user, out))
        return true;
    sqlite3_stmt *q = store_query(s, Q_ADOPT);
    if (!q)
        return false;
    sqlite3_bind_text(q, 1, user, -1, SQLITE_STATIC);
    unsigned was = s->failures;
    bool found = store_step(s, q);
    uint32_t id = found ? (uint32_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_reset(q);
    if (!found || !(q = query_id(s, Q_LOAD, id)))
        return false;
    fresh(out, id, user);
    while (store_step(s, q))
        load_row(s, q, out->overlay);
    sqlite3_reset(q);
    count(out);
    /* Taken when all of it is here: a half of it would be somebody's commit. */
    if (was == s->failures && store_run(s, query_id(s, Q_TAKE, id)))
        return true;
    release(out);
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

long store_running(struct store *s, const uint8_t *key, size_t nkey, char *buf, size_t len)
{
    sqlite3_stmt *q = s->running_empty ? NULL : store_query(s, Q_GET_RUNNING);
    if (!q)
        return -1;
    store_hold(s);
    store_bind_blob(q, 1, key, nkey);
    long n = -1;
    if (store_step(s, q)) {
        const char *text = store_text(s, q, 0);
        n = copy_text(text, (size_t)sqlite3_column_bytes(q, 0), buf, len);
    }
    sqlite3_reset(q);
    return n;
}

long store_get(struct store *s, const struct store_candidate *c, const uint8_t *key, size_t nkey,
               char *buf, size_t len)
{
    const struct overlay_row *row = c->rows ? overlay_get(c->overlay, key, nkey) : NULL;
    return row ? copy_text(row->text, row->ntext, buf, len) : store_running(s, key, nkey, buf, len);
}

/* Binds the half-open key range of a prefix at ?1 and ?2; end lives as long as the query. */
void store_bind_range(sqlite3_stmt *q, const uint8_t *prefix, size_t n, uint8_t end[1024])
{
    size_t nend;
    store_bind_blob(q, 1, prefix, n);
    if (store_successor(prefix, n, end, &nend))
        store_bind_blob(q, 2, end, nend);
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
    uint8_t next[1024], end[1024];
    unsigned was = s->failures;
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
        store_bind_range(q, prefix, n, end);
    }
    if (q && nafter) { /* the first key above it */
        memcpy(next, after, nafter);
        next[nafter] = 0;
        store_bind_blob(q, 1, next, nafter + 1);
    }
    bool more = true, row = q && store_step(s, q);
    while (more && was == s->failures && (row || below(o, prefix, n))) {
        const uint8_t *key = row ? sqlite3_column_blob(q, 0) : NULL;
        size_t nkey = row ? (size_t)sqlite3_column_bytes(q, 0) : 0;
        int d = !below(o, prefix, n) ? 1 : !key ? -1 : order(o, key, nkey);
        const char *text = d > 0 ? store_text(s, q, 1) : NULL;
        if (d > 0)
            more = text && fn(arg, key, nkey, text, (size_t)sqlite3_column_bytes(q, 1));
        else if (o->text)
            more = fn(arg, o->key, o->nkey, o->text, o->ntext);
        if (d <= 0)
            o = overlay_next(&cur);
        if (d >= 0)
            row = store_step(s, q);
    }
    if (q)
        sqlite3_reset(q);
    return was == s->failures;
}

bool store_changes(struct store *s, const struct store_candidate *c, store_change_fn *fn, void *arg)
{
    struct overlay_cursor cur;
    char old[8192];
    const struct overlay_row *o = c->rows ? overlay_seek(c->overlay, NULL, 0, &cur) : NULL;
    unsigned was = s->failures;
    for (bool more = true; o && more; o = overlay_next(&cur)) {
        long n = store_running(s, o->key, o->nkey, old, sizeof old);
        more = was == s->failures && fn(arg, o->key, o->nkey, n >= 0 ? old : NULL, o->text);
    }
    return was == s->failures;
}

/* --- writing ------------------------------------------------------------------------- */

/* A row that equals running is no row of the overlay. */
static bool put(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey,
                const char *text, size_t ntext)
{
    char old[8192];
    unsigned was = s->failures;
    long n = store_running(s, key, nkey, old, sizeof old);
    bool same = text ? n == (long)ntext && memcmp(old, text, ntext) == 0 : n < 0;
    if (was != s->failures)
        return false;
    if (same)
        overlay_remove(c->overlay, key, nkey);
    else
        overlay_set(c->overlay, key, nkey, text, ntext, n < 0 || c->late ? NULL : old, true);
    count(c);
    return true;
}

bool store_set(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey,
               const char *text, size_t ntext)
{
    return put(s, c, key, nkey, text, ntext);
}

bool store_delete(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey)
{
    return put(s, c, key, nkey, NULL, 0);
}

/* Hides what running has below the prefix, and takes back what the overlay adds there. */
bool store_delete_prefix(struct store *s, struct store_candidate *c, const uint8_t *prefix,
                         size_t n)
{
    struct overlay_cursor cur;
    uint8_t key[1024], end[1024];
    unsigned was = s->failures;
    const struct overlay_row *o = overlay_seek(c->overlay, prefix, n, &cur);
    while (below(o, prefix, n)) {
        size_t nkey = o->nkey;
        memcpy(key, o->key, nkey);
        if (o->text && !put(s, c, key, nkey, NULL, 0))
            return false;
        o = overlay_seek(c->overlay, key, nkey, &cur);
        if (o && order(o, key, nkey) == 0)
            o = overlay_next(&cur);
    }
    sqlite3_stmt *q = s->running_empty ? NULL : store_query(s, Q_SCAN_RUNNING);
    if (q)
        store_bind_range(q, prefix, n, end);
    while (q && store_step(s, q)) {
        const char *base = store_text(s, q, 1);
        overlay_set(c->overlay, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0), NULL,
                    0, c->late ? NULL : base, true);
    }
    if (q)
        sqlite3_reset(q);
    count(c);
    return was == s->failures;
}
