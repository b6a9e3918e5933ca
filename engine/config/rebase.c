/*
 * A candidate whose running configuration has been changed by somebody else: what both sides have
 * changed, and putting the candidate on the new ground. Nobody is held up while typing; whoever
 * commits later wins where lines overlap, and is told so.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/config/config.h"

bool config_stale(const struct edit *e)
{
    return e->base != e->config->head;
}

/* --- what was undone takes along what was added since ------------------------------------------
 */

struct keys {
    struct sch_key *key;
    size_t n, cap;
};

static bool keep_key(struct keys *k, const uint8_t *key, size_t nkey)
{
    if (k->n == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 64;
        struct sch_key *more = realloc(k->key, cap * sizeof *more);
        if (!more)
            return false;
        k->key = more;
        k->cap = cap;
    }
    k->key[k->n].n = (uint16_t)nkey;
    memcpy(k->key[k->n++].b, key, nkey);
    return true;
}

/* A view, a peer or a group that goes. */
static bool whole_object(const struct sch_line *l, const struct sch_value *v)
{
    return l->enters || l->feeds == FEEDS_GROUP_CREATED ||
           (sch_is(l, LINE_BGP_PEER_AS_NUMBER) && v[0].addr.af);
}

struct gone {
    struct keys keys;
    bool ok;
};

static bool find_gone(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                      const char *new_text)
{
    struct gone *g = arg;
    struct sch_place p;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if (!new_text && old_text && sch_key_place(key, nkey, &p) &&
        sch_row_parse(p.line, old_text, strlen(old_text), v, &negated) && whole_object(p.line, v))
        g->ok = keep_key(&g->keys, key, nkey);
    return g->ok;
}

static bool extend_one(struct edit *e, const struct sch_key *k)
{
    static const struct store_candidate running;
    struct store *s = e->config->store;
    struct sch_place p;
    struct sch_value v[SCH_SLOTS];
    char text[SCH_TEXT_MAX];
    bool negated;
    struct sch_key view = {0};
    if (!sch_key_place(k->b, k->n, &p))
        return true;
    if (p.line->enters)
        return !store_any(s, &e->cand, k->b, k->n) || store_delete_prefix(s, &e->cand, k->b, k->n);
    long n = store_get(s, &running, k->b, k->n, text, sizeof text);
    if (n < 0 || !sch_row_parse(p.line, text, (size_t)n, v, &negated))
        return true;
    view.n = p.start[p.depth];
    memcpy(view.b, k->b, view.n);
    return p.line->feeds == FEEDS_GROUP_CREATED ? edit_delete_group(e, &view, p.line, &v[0])
                                                : edit_delete_object(e, &view, p.line, v);
}

static bool extend(struct edit *e)
{
    struct gone g = {.ok = true};
    store_changes(e->config->store, &e->cand, find_gone, &g);
    e->cand.late = true;
    for (size_t i = 0; i < g.keys.n && g.ok; i++)
        g.ok = extend_one(e, &g.keys.key[i]);
    e->cand.late = false;
    free(g.keys.key);
    return g.ok || edit_error(e, "%s", store_error(e->config->store));
}

bool config_overlaps(struct edit *e, store_conflict_fn *fn, void *arg)
{
    if (!e->cand.rows || !config_stale(e))
        return true;
    return (!e->removed || extend(e)) && store_conflicts(e->config->store, &e->cand, fn, arg);
}

/* --- refresh -----------------------------------------------------------------------------------
 */

struct refresh {
    struct edit *e;
    struct keys bad;
    config_dropped_fn *dropped;
    void *arg;
};

static bool check_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                      const char *new_text)
{
    struct refresh *r = arg;
    (void)old_text;
    if (!new_text || config_validate_row(r->e, key, nkey, new_text))
        return true;
    r->dropped(r->arg, new_text, r->e->err);
    return keep_key(&r->bad, key, nkey);
}

bool config_refresh(struct edit *e, store_conflict_fn *overlap, config_dropped_fn *dropped,
                    void *arg)
{
    struct store *s = e->config->store;
    struct refresh r = {.e = e, .dropped = dropped, .arg = arg};
    if (!config_overlaps(e, overlap, arg))
        return false;
    do { /* what goes may be what others rest on */
        r.bad.n = 0;
        store_changes(s, &e->cand, check_row, &r);
        for (size_t i = 0; i < r.bad.n; i++)
            store_restore(&e->cand, r.bad.key[i].b, r.bad.key[i].n);
    } while (r.bad.n);
    free(r.bad.key);
    bool removed = e->removed;
    e->removed = true;
    bool ok = config_validate(e); /* with what others have added */
    e->removed = removed;
    if (!ok)
        return false;
    if (!store_rebase(s, &e->cand))
        return edit_error(e, "%s", store_error(s));
    e->base = e->config->head;
    return true;
}
