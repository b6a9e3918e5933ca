/* Points that can be rolled back to: labels, how many are kept, and who made a line. See store.h.
 */
#include <string.h>

#include "engine/store/internal.h"

/* The number a query of one row gives, 0 for none. */
static uint32_t number(struct store *s, enum statement which, uint32_t id)
{
    sqlite3_stmt *q = store_query(s, which);
    uint32_t n = 0;
    if (q && sqlite3_bind_parameter_count(q))
        sqlite3_bind_int64(q, 1, id);
    if (q && store_step(s, q))
        n = (uint32_t)sqlite3_column_int64(q, 0);
    if (q)
        sqlite3_reset(q);
    return n;
}

static bool run_ids(struct store *s, enum statement which, uint32_t a, uint32_t b)
{
    sqlite3_stmt *q = store_query(s, which);
    if (q) {
        sqlite3_bind_int64(q, 1, a);
        if (sqlite3_bind_parameter_count(q) > 1)
            sqlite3_bind_int64(q, 2, b);
    }
    return store_run(s, q);
}

static bool fold(struct store *s, uint32_t from, uint32_t into)
{
    return run_ids(s, Q_FOLD, from, into) && run_ids(s, Q_FOLD_SAME, from, into) &&
           run_ids(s, Q_FOLD_END, from, 0);
}

/* Its changes join those of the dropped ones around it. */
static bool drop(struct store *s, uint32_t id)
{
    if (!run_ids(s, Q_KEEP, id, 0))
        return false;
    uint32_t into = number(s, Q_DROPPED, id), next = number(s, Q_NEXT_DROPPED, id);
    if (into && !fold(s, id, into))
        return false;
    return !next || fold(s, next, into ? into : id);
}

static bool drop_oldest(struct store *s)
{
    sqlite3_stmt *q = store_query(s, Q_OLDEST);
    bool labelled = false;
    uint32_t id = 0;
    if (q && store_step(s, q)) {
        id = (uint32_t)sqlite3_column_int64(q, 0);
        labelled = sqlite3_column_type(q, 1) != SQLITE_NULL;
    }
    if (q)
        sqlite3_reset(q);
    return id && (labelled ? run_ids(s, Q_KEEP, id, 2) : drop(s, id));
}

bool store_retain(struct store *s)
{
    struct store_trial t;
    if (!s->retain)
        return true;
    if (!store_trial_read(s, &t))
        return false;
    if (t.active) /* what it goes back to must stay apart */
        return true;
    for (uint32_t n = number(s, Q_KEPT, 0); n > s->retain; n--)
        if (!drop_oldest(s))
            return false;
    return true;
}

void store_set_retention(struct store *s, uint32_t commits)
{
    s->retain = commits;
}

struct point {
    uint32_t id, n;
    const char *label;
};

static bool label_work(struct store *s, void *arg)
{
    struct point *p = arg;
    struct store_commit c;
    sqlite3_stmt *q = store_query(s, Q_LABEL);
    if (q) {
        sqlite3_bind_int64(q, 1, p->id);
        sqlite3_bind_text(q, 2, p->label, -1, SQLITE_STATIC);
    }
    if (!store_run(s, q))
        return false;
    bool last = !p->label && store_commit_find(s, p->id, NULL, &c) && c.discontinuous;
    return !last || drop(s, p->id);
}

bool store_label(struct store *s, uint32_t id, const char *label)
{
    struct point p = {.id = id, .label = label};
    return store_durable(s, label_work, &p);
}

static bool drop_work(struct store *s, void *arg)
{
    return drop(s, ((struct point *)arg)->id);
}

bool store_drop(struct store *s, uint32_t id)
{
    struct point p = {.id = id};
    return store_durable(s, drop_work, &p);
}

static bool oldest_work(struct store *s, void *arg)
{
    struct point *p = arg;
    for (uint32_t n = number(s, Q_KEPT, 0); p->n && n; n--, p->n--)
        if (!drop_oldest(s))
            return false;
    return true;
}

bool store_drop_oldest(struct store *s, uint32_t n)
{
    struct point p = {.n = n};
    return store_durable(s, oldest_work, &p);
}

uint32_t store_dropped(struct store *s)
{
    return number(s, Q_LAST_DROPPED, 0);
}

bool store_blame(struct store *s, const uint8_t *prefix, size_t n, const uint8_t *after,
                 size_t nafter, store_blame_fn *fn, void *arg)
{
    uint8_t end[1024], next[1024];
    unsigned was = s->failures;
    sqlite3_stmt *q = store_query(s, Q_BLAME);
    if (!q)
        return false;
    store_bind_range(q, prefix, n, end);
    if (nafter) { /* the first key above it */
        memcpy(next, after, nafter);
        next[nafter] = 0;
        store_bind_blob(q, 1, next, nafter + 1);
    }
    while (store_step(s, q)) {
        struct store_blame row = {.key = sqlite3_column_blob(q, 0),
                                  .nkey = (size_t)sqlite3_column_bytes(q, 0),
                                  .text = store_text(s, q, 1),
                                  .commit = (uint32_t)sqlite3_column_int64(q, 2),
                                  .time = sqlite3_column_int64(q, 3),
                                  .user = store_text(s, q, 4)};
        if (was != s->failures || !fn(arg, &row))
            break;
    }
    sqlite3_reset(q);
    return was == s->failures;
}
