/*
 * One old commit taken back in a candidate, with everything since left alone. Rows go back from the
 * last to the first, so that a view is empty before its own line goes; one that others have filled
 * since stays.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/config/config.h"

struct taken {
    struct taken *before;
    uint16_t nkey;
    char *old_text, *new_text; /* NULL: absent */
    uint8_t key[];
};

struct gather {
    struct taken *last;
    bool ok;
};

static void taken_free(struct taken *t)
{
    if (t) {
        free(t->old_text);
        free(t->new_text);
    }
    free(t);
}

static bool gather_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                       const char *new_text)
{
    struct gather *g = arg;
    struct taken *t = calloc(1, sizeof *t + nkey);
    if (t) {
        t->nkey = (uint16_t)nkey;
        memcpy(t->key, key, nkey);
        t->old_text = old_text ? strdup(old_text) : NULL;
        t->new_text = new_text ? strdup(new_text) : NULL;
    }
    g->ok = t && !t->old_text == !old_text && !t->new_text == !new_text;
    if (!g->ok) {
        taken_free(t);
        return false;
    }
    t->before = g->last;
    g->last = t;
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
static bool filled(struct store *s, const struct edit *e, const struct taken *t)
{
    size_t below = 0;
    store_scan(s, &e->cand, t->key, t->nkey, t->key, t->nkey, found_below, &below);
    return below > 0;
}

static bool take_back(struct edit *e, const struct taken *t, store_conflict_fn *kept, void *arg)
{
    struct store *s = e->config->store;
    char buf[SCH_TEXT_MAX];
    bool there = store_get(s, &e->cand, t->key, t->nkey, buf, sizeof buf) >= 0;
    const char *now = there ? buf : NULL;
    if (same(now, t->old_text))
        return true;
    if (!same(now, t->new_text) || (!t->old_text && filled(s, e, t)))
        return kept(arg, t->key, t->nkey, t->new_text, t->old_text, now);
    return t->old_text ? store_set(s, &e->cand, t->key, t->nkey, t->old_text, strlen(t->old_text))
                       : store_delete(s, &e->cand, t->key, t->nkey);
}

bool config_undo_commit(struct edit *e, uint32_t id, store_conflict_fn *kept, void *arg)
{
    struct gather g = {.ok = true};
    edit_touch(e);
    store_watch(e->config->store);
    store_mark(&e->cand);
    bool ok = store_history(e->config->store, id, id, gather_row, &g) && g.ok;
    for (struct taken *t = g.last, *before; t; t = before) {
        before = t->before;
        ok = ok && take_back(e, t, kept, arg);
        taken_free(t);
    }
    ok = ok && store_seen(e->config->store);
    store_unmark(&e->cand, ok);
    e->removed = e->whole = true;
    return ok || edit_error(e, "%s", g.ok ? store_error(e->config->store) : "Out of memory.");
}
