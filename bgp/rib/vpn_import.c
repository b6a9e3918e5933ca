/*
 * From the VPN tables to the tables of VPN instances; see vpn.h.
 *
 * Which instances import a route follows from its attribute set alone: an index leads from a target
 * to those that want it. The answer is a list, each kept once; a VPN table remembers the list of
 * every destination, so that a change finds where the route stands now.
 */
#include "bgp/rib/vpn.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"

struct target_key {
    uint8_t target[8], family;
};

struct target {
    UT_hash_handle hh;
    struct target_key key;
    struct vpn_side **at;
    size_t n;
};

/* In order of the instances' numbers. */
struct list {
    UT_hash_handle hh;
    uint32_t id, refs; /* destinations that stand in it */
    size_t n;
    struct vpn_side *at[];
};

struct vpn_imports {
    struct target *targets;
    struct list *index, **at; /* by id; 0: nobody imports */
    uint32_t used, room;
    uint32_t *spare; /* free ids; there is always room for all of them */
    uint32_t nspare;
    struct vpn_side **found; /* the list being made */
    size_t found_room;
    uint32_t last_set, last_freed; /* what was looked up last ... */
    enum bgp_family last_family;
    struct list *last; /* ... and what came out; valid while last_set is not 0 */
};

static struct vpn_imports *imports_of(struct rib *r)
{
    if (!r->imports)
        r->imports = bgp_alloc(sizeof *r->imports);
    return r->imports;
}

/* --- who wants what ----------------------------------------------------------------------------
 */

static struct target *find_target(const struct vpn_imports *im, const uint8_t target[8],
                                  enum bgp_family family)
{
    struct target_key key = {.family = (uint8_t)family};
    struct target *t;

    memcpy(key.target, target, sizeof key.target);
    HASH_FIND(hh, im->targets, &key, sizeof key, t);
    return t;
}

static void subscribe(struct vpn_side *s, const uint8_t target[8])
{
    struct vpn_imports *im = imports_of(s->table.rib);
    struct target *t = find_target(im, target, s->table.family);

    if (!t) {
        t = bgp_alloc(sizeof *t);
        t->key.family = (uint8_t)s->table.family;
        memcpy(t->key.target, target, sizeof t->key.target);
        HASH_ADD(hh, im->targets, key, sizeof t->key, t);
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->at[i] == s)
            return;
    if (!(t->at = realloc(t->at, (t->n + 1) * sizeof(struct vpn_side *))))
        abort();
    t->at[t->n++] = s;
}

static void unsubscribe(struct vpn_side *s, const uint8_t target[8])
{
    struct vpn_imports *im = imports_of(s->table.rib);
    struct target *t = find_target(im, target, s->table.family);

    for (size_t i = 0; t && i < t->n; i++)
        if (t->at[i] == s)
            t->at[i] = t->at[--t->n];
    if (!t || t->n > 0)
        return;
    HASH_DEL(im->targets, t);
    free(t->at);
    free(t);
}

void vpn_subscribe(struct vpn_side *s, const struct bgp_targets *targets)
{
    imports_of(s->table.rib)->last_set = 0;
    for (size_t i = 0; i < targets->n; i++)
        subscribe(s, targets->at[i]);
}

void vpn_unsubscribe(struct vpn_side *s, const struct bgp_targets *targets)
{
    imports_of(s->table.rib)->last_set = 0;
    for (size_t i = 0; i < targets->n; i++)
        unsubscribe(s, targets->at[i]);
}

bool vpn_wanted(const struct rib *r, enum bgp_family family, struct bgp_cursor block)
{
    struct bgp_attr a;

    if (!r->imports || !bgp_attr_find(block, BGP_ATTR_EXT_COMMUNITY, &a))
        return false;
    for (; a.value.left >= 8; bgp_get_part(&a.value, 8))
        if (find_target(r->imports, a.value.at, rib_unicast(family)))
            return true;
    return false;
}

/* --- lists -------------------------------------------------------------------------------------
 */

/* Targets are chosen by peers: there may be a list for every set of instances. */
static uint32_t list_id(struct vpn_imports *im)
{
    if (im->nspare > 0)
        return im->spare[--im->nspare];
    if (im->used + 1 >= im->room) {
        im->room = 2 * im->room + 16;
        im->at = realloc(im->at, im->room * sizeof(struct list *));
        im->spare = realloc(im->spare, im->room * sizeof *im->spare);
        if (!im->at || !im->spare)
            abort();
        im->at[0] = NULL;
    }
    return ++im->used;
}

static struct list *make_list(struct vpn_imports *im, size_t n)
{
    struct list *l;
    uint32_t id;

    HASH_FIND(hh, im->index, im->found, n * sizeof(struct vpn_side *), l);
    if (l)
        return l;
    l = bgp_alloc(sizeof *l + n * sizeof(struct vpn_side *));
    id = list_id(im);
    im->at[id] = l;
    l->id = id;
    l->n = n;
    memcpy(l->at, im->found, n * sizeof(struct vpn_side *));
    for (size_t i = 0; i < n; i++)
        l->at[i]->listed++;
    HASH_ADD_KEYPTR(hh, im->index, l->at, n * sizeof(struct vpn_side *), l);
    return l;
}

static void drop_list(struct vpn_imports *im, struct list *l)
{
    if (--l->refs > 0)
        return;
    if (im->last == l)
        im->last_set = 0;
    HASH_DEL(im->index, l);
    im->at[l->id] = NULL;
    im->spare[im->nspare++] = l->id;
    for (size_t i = 0; i < l->n; i++)
        l->at[i]->listed--;
    free(l);
}

/* Puts s into the list being made, once and in its place. */
static size_t insert(struct vpn_imports *im, size_t n, struct vpn_side *s)
{
    size_t i = n;

    if (n == im->found_room) {
        im->found_room = 2 * n + 16;
        if (!(im->found = realloc(im->found, im->found_room * sizeof(struct vpn_side *))))
            abort();
    }
    while (i > 0 && im->found[i - 1]->vpn->number > s->vpn->number)
        i--;
    if (i > 0 && im->found[i - 1] == s)
        return n;
    memmove(im->found + i + 1, im->found + i, (n - i) * sizeof(struct vpn_side *));
    im->found[i] = s;
    return n + 1;
}

/* Who imports the set; NULL: nobody. */
static struct list *importers(struct rib *r, uint32_t set, enum bgp_family family)
{
    struct vpn_imports *im = imports_of(r);
    struct bgp_attr a;
    size_t n = 0;

    if (im->last_set == set && im->last_freed == r->sets.freed && im->last_family == family)
        return im->last;
    if (bgp_attr_find(attrset_block(attrset_at(&r->sets, set)), BGP_ATTR_EXT_COMMUNITY, &a)) {
        for (; a.value.left >= 8; bgp_get_part(&a.value, 8)) {
            const struct target *t = find_target(im, a.value.at, family);

            for (size_t i = 0; t && i < t->n; i++)
                n = insert(im, n, t->at[i]);
        }
    }
    im->last = n > 0 ? make_list(im, n) : NULL;
    im->last_set = set;
    im->last_freed = r->sets.freed;
    im->last_family = family;
    return im->last;
}

/* --- routes ----------------------------------------------------------------------------------- */

static struct list *where(const struct rib_table *t, uint32_t dest)
{
    return dest < t->into_room ? t->rib->imports->at[t->into[dest]] : NULL;
}

static void remember(struct rib_table *t, uint32_t dest, const struct list *l)
{
    uint32_t room = t->dests.slab.room;

    if (dest >= t->into_room) {
        t->into = rib_resize(t->into, (size_t)t->into_room * sizeof *t->into,
                             (size_t)room * sizeof *t->into);
        t->into_room = room;
    }
    t->into[dest] = l ? l->id : 0;
}

/* Without the RD. */
struct prefix {
    const uint8_t *key;
    unsigned len;
    uint32_t hash;
};

static void take_back(struct vpn_side *s, const struct prefix *p, uint32_t origin)
{
    uint32_t dest = dest_find(&s->table.dests, p->key, p->len, p->hash);

    if (dest != 0)
        path_remove_cross(&s->table, dest, PATH_CROSSED, origin);
}

/* Whether the instance is where an exported path of the VPN table is from. */
static bool is_from(const struct vpn_side *s, const struct prefix *p, uint32_t origin,
                    const struct path *best)
{
    uint32_t dest = dest_find(&s->table.dests, p->key, p->len, p->hash);
    struct vpn_exported e = vpn_exported(&s->table, dest);

    return best->flags & PATH_EXPORTED && e.dest == origin && e.label == best->label;
}

static void put(struct vpn_side *s, const struct prefix *p, uint32_t origin,
                const struct path *best)
{
    struct rib *r = s->table.rib;

    attrset_hold(&r->sets, best->attrs, 1);
    path_set(&s->table, dest_make(&s->table.dests, p->key, p->len, p->hash),
             rib_source(r, best->source), best->attrs, origin, PATH_CROSSED);
}

static bool has(const struct list *l, const struct vpn_side *s)
{
    for (size_t i = 0; l && i < l->n; i++)
        if (l->at[i] == s)
            return true;
    return false;
}

void vpn_import(struct rib_table *t, uint32_t dest, bool changed)
{
    struct rib *r = t->rib;
    struct vpn_imports *im = imports_of(r);
    const struct dest *d = dest_at(&t->dests, dest);
    const struct path *p = path_best(t, d);
    enum bgp_family family = rib_unicast(t->family);
    struct list *now = p ? importers(r, p->attrs, family) : NULL, *old = where(t, dest);
    struct path best = p ? *p : (struct path){0}; /* records move when one is added */
    const struct list *any = now ? now : old;
    struct prefix prefix;

    if (!any || (now == old && !changed))
        return;
    prefix = (struct prefix){.key = d->key + BGP_RD, .len = d->len};
    prefix.hash = dest_hash(&any->at[0]->table.dests, prefix.key, d->len);
    if (now)
        now->refs++;
    remember(t, dest, now);
    for (size_t i = 0; old && old != now && i < old->n; i++)
        if (!has(now, old->at[i]))
            take_back(old->at[i], &prefix, dest);
    for (size_t i = 0; now && i < now->n; i++) {
        if (is_from(now->at[i], &prefix, dest, &best))
            take_back(now->at[i], &prefix, dest);
        else
            put(now->at[i], &prefix, dest, &best);
    }
    if (old)
        drop_list(im, old);
}

void vpn_import_clear(struct rib *r)
{
    struct vpn_imports *im = r->imports;
    struct target *t, *next;
    struct list *l, *more;

    if (!im)
        return;
    HASH_ITER (hh, im->targets, t, next) {
        HASH_DEL(im->targets, t);
        free(t->at);
        free(t);
    }
    HASH_ITER (hh, im->index, l, more) {
        HASH_DEL(im->index, l);
        free(l);
    }
    free(im->at);
    free(im->spare);
    free(im->found);
    free(im);
    r->imports = NULL;
}
