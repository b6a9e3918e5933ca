/*
 * Changes of rows made again in a candidate: those of an old commit, backwards, or of a difference
 * that somebody pasted. Each is made only where the row still is what the change started from; all
 * else is left alone and told. They are made from the last to the first, so that a view is empty
 * before its own line goes; one that others have filled since stays.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/config/config.h"

struct patch_row {
    struct patch_row *before;
    uint16_t nkey;
    char *from, *to; /* NULL: absent */
    uint8_t key[];
};

static void row_free(struct patch_row *r)
{
    if (r) {
        free(r->from);
        free(r->to);
    }
    free(r);
}

void config_patch_free(struct config_patch *p)
{
    for (struct patch_row *r = p->last, *before; r; r = before) {
        before = r->before;
        row_free(r);
    }
    p->last = NULL;
}

/* An absent line that becomes present is the second half of a changed one. */
static bool joins(const struct patch_row *r, const uint8_t *key, size_t nkey, const char *from)
{
    return r && !from && !r->to && r->nkey == nkey && memcmp(r->key, key, nkey) == 0;
}

bool config_patch_add(struct config_patch *p, const uint8_t *key, size_t nkey, const char *from,
                      const char *to)
{
    if (to && joins(p->last, key, nkey, from))
        return (p->last->to = strdup(to)) != NULL;
    struct patch_row *r = calloc(1, sizeof *r + nkey);
    if (r) {
        r->nkey = (uint16_t)nkey;
        memcpy(r->key, key, nkey);
        r->from = from ? strdup(from) : NULL;
        r->to = to ? strdup(to) : NULL;
    }
    if (!r || !r->from != !from || !r->to != !to) {
        row_free(r);
        return false;
    }
    r->before = p->last;
    p->last = r;
    return true;
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool found_below(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    (void)text, (void)n, (void)key;
    *(size_t *)arg = nkey;
    return false;
}

/* Something stands in the view whose line this is. */
static bool filled(struct store *s, const struct edit *e, const struct patch_row *t)
{
    size_t below = 0;
    store_scan(s, &e->cand, t->key, t->nkey, t->key, t->nkey, found_below, &below);
    return below > 0;
}

static bool change_row(struct edit *e, const struct patch_row *t, store_conflict_fn *kept,
                       void *arg)
{
    struct store *s = e->config->store;
    char buf[SCH_TEXT_MAX];
    bool there = store_get(s, &e->cand, t->key, t->nkey, buf, sizeof buf) >= 0;
    const char *now = there ? buf : NULL;
    if (same(now, t->to))
        return true;
    if (!same(now, t->from) || (!t->to && filled(s, e, t)))
        return kept(arg, t->key, t->nkey, t->from, t->to, now);
    return t->to ? store_set(s, &e->cand, t->key, t->nkey, t->to, strlen(t->to))
                 : store_delete(s, &e->cand, t->key, t->nkey);
}

bool config_patch_apply(struct edit *e, const struct config_patch *p, store_conflict_fn *kept,
                        void *arg)
{
    bool ok = true;
    edit_touch(e);
    store_watch(e->config->store);
    store_mark(&e->cand);
    for (const struct patch_row *r = p->last; r && ok; r = r->before)
        ok = change_row(e, r, kept, arg);
    ok = store_seen(e->config->store) && ok;
    store_unmark(&e->cand, ok);
    e->removed = e->whole = true;
    return ok || edit_error(e, "%s", store_error(e->config->store));
}

/* --- one commit ------------------------------------------------------------------------------ */

struct gather {
    struct config_patch patch;
    bool ok;
};

static bool gather_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                       const char *new_text)
{
    struct gather *g = arg;
    g->ok = config_patch_add(&g->patch, key, nkey, new_text, old_text);
    return g->ok;
}

bool config_undo_commit(struct edit *e, uint32_t id, store_conflict_fn *kept, void *arg)
{
    struct gather g = {.ok = true};
    bool ok = store_history(e->config->store, id, id, gather_row, &g);
    if (!ok || !g.ok)
        edit_error(e, "%s", g.ok ? store_error(e->config->store) : "Out of memory.");
    ok = ok && g.ok && config_patch_apply(e, &g.patch, kept, arg);
    config_patch_free(&g.patch);
    return ok;
}
