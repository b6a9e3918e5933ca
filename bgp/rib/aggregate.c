/*
 * Aggregates ("aggregate"): routes of our own that are there while more specific ones are.
 *
 * settle() says when the best path of a destination changes; only then the aggregates above it are
 * counted, and a table without aggregates pays one test of a pointer. What follows is done in
 * slices: a round over the table counts after the list has changed, one collects the AS numbers of
 * changed AS sets, and one has what is now suppressed, or no longer, told anew.
 *
 * A detail of an aggregate that suppresses has, by being there, brought the aggregate about, so
 * that whether it is suppressed follows from the list alone. But a new list takes effect on details
 * only when every group has told what comes in their place (hides), or a peer that is slow would
 * lose the details before it gets the aggregate.
 * Until then a group leaves what it has told of a detail as it is, whatever else has changed: the
 * form it would have now is one that neither the old nor the new configuration sends.
 *
 * Invariant: a destination is counted when its id is below counted and it has a best path.
 */
#include "bgp/rib/aggregate.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/group.h"
#include "bgp/rib/vpn.h"
#include "bgp/wire/aspath.h"

enum {
    MOST_AS = 512,    /* in a set; with more of them the aggregate has none, as without as-set */
    SEGMENT_AS = 255, /* in a segment of a path */
};

struct aggregate {
    struct bgp_aggregate conf;
    uint8_t key[BGP_KEY];
    uint32_t details;
    bool told;  /* the route is in the table */
    bool hides; /* its details are not told; only with conf.suppress */
    bool dirty; /* the route is no longer what it should be */
    /* While collecting: */
    bool collecting, atomic;
    uint8_t origin;
    unsigned nas; /* MOST_AS + 1: too many */
    uint32_t as[MOST_AS];
};

enum phase { COUNT, REST, COLLECT };

struct aggregates {
    enum phase phase;
    uint32_t counted, at; /* at: next id of the round */
    uint32_t mark_at;     /* next id to be told anew, 0: none */
    bool mark_wanted;     /* after the count, when the aggregates have been told */
    uint32_t as, id;      /* in AGGREGATOR */
    size_t n;
    struct aggregate all[];
};

static bool covers_key(const struct aggregate *a, const uint8_t *key, unsigned bits)
{
    unsigned len = a->conf.prefix.len, whole = len / 8;

    return bits > len && memcmp(a->key, key, whole) == 0 &&
           (len % 8 == 0 || (a->key[whole] ^ key[whole]) >> (8 - len % 8) == 0);
}

static bool covers(const struct aggregate *a, const struct dest *d)
{
    return covers_key(a, d->key, d->len);
}

void aggregate_change(struct rib_table *t, uint32_t dest, bool had, bool has)
{
    struct aggregates *g = t->aggregates;
    const struct dest *d = dest_at(&t->dests, dest);

    for (size_t i = 0; i < g->n; i++) {
        struct aggregate *a = &g->all[i];

        if (!covers(a, d))
            continue;
        if (dest < g->counted)
            a->details += (uint32_t)has - had;
        a->dirty |= a->conf.as_set || (a->details > 0) != a->told;
    }
    rib_wake(t->rib);
}

/* The first that suppresses such a detail, hides says whether already; NULL: none. */
static const struct aggregate *hider(const struct aggregates *g, const uint8_t *key, unsigned len,
                                     bool hides)
{
    for (size_t i = 0; g && i < g->n; i++)
        if (g->all[i].conf.suppress && g->all[i].hides == hides && covers_key(&g->all[i], key, len))
            return &g->all[i];
    return NULL;
}

bool aggregate_suppresses(const struct rib_table *t, uint32_t dest)
{
    const struct dest *d = dest_at(&t->dests, dest);

    return t->aggregates && hider(t->aggregates, d->key, d->len, true);
}

bool aggregate_will_suppress(const struct rib_table *t, uint32_t dest)
{
    const struct dest *d = dest_at(&t->dests, dest);

    return t->aggregates && t->aggregates->mark_wanted &&
           hider(t->aggregates, d->key, d->len, false);
}

static uint32_t own_dest(const struct rib_table *t, const struct aggregate *a)
{
    unsigned len = a->conf.prefix.len;

    return dest_find(&t->dests, a->key, len, dest_hash(&t->dests, a->key, len));
}

/* An aggregate over a destination, and the table it is in: that of the destination or, when that is
 * a VPN table, an instance's that exports to it. */
struct over {
    const struct rib_table *at;
    const struct aggregate *a;
};

static struct over over_of(const struct rib_table *t, uint32_t dest, bool hides)
{
    const struct dest *d = dest_at(&t->dests, dest);
    struct over o = {t, hider(t->aggregates, d->key, d->len, hides)};

    if (!bgp_family_info[t->family].vpn || !t->rib->vpn_suppress)
        return o;
    for (struct vpn *v = t->rib->vpns; v && !o.a; v = v->hh.next) {
        struct vpn_side *s = v->v4.net == t ? &v->v4 : &v->v6;

        if (s->net != t || !s->table.aggregates || memcmp(s->conf->rd, d->key, BGP_RD) != 0)
            continue;
        o = (struct over){&s->table, hider(s->table.aggregates, d->key + BGP_RD, d->len, hides)};
    }
    return o;
}

/* The destination of its route in t; 0: none. */
static uint32_t route_of(const struct rib_table *t, const struct over *o)
{
    uint32_t dest = o->a->told ? own_dest(o->at, o->a) : 0;

    return dest != 0 && o->at != t ? vpn_exported(o->at, dest).dest : dest;
}

uint32_t aggregate_over(const struct rib_table *t, uint32_t dest)
{
    struct over o = over_of(t, dest, true);

    return o.a ? route_of(t, &o) : 0;
}

/* Whether the group has still to decide what it tells of dest, which it does not tell now. */
static bool undecided(const struct rib_group *g, uint32_t dest)
{
    return group_undecided(g, dest) ||
           (g->scan_at != 0 && dest >= g->scan_at && (dest >= g->room || g->out[dest] == 0));
}

enum aggregate_verdict aggregate_verdict(const struct rib_group *g, uint32_t dest)
{
    const struct rib_table *t = g->table;
    struct over o;

    if (aggregate_suppresses(t, dest))
        return AGGREGATE_HIDES;
    if (!(t->aggregates && t->aggregates->mark_wanted) && !t->rib->vpn_suppress)
        return AGGREGATE_LEAVES;
    o = over_of(t, dest, false);
    if (!o.a)
        return AGGREGATE_LEAVES;
    if (o.at->aggregates->counted != UINT32_MAX || (o.a->details > 0 && !o.a->told) ||
        (route_of(t, &o) != 0 && undecided(g, route_of(t, &o))))
        return AGGREGATE_AWAITED;
    return AGGREGATE_HIDES;
}

/* --- the route -------------------------------------------------------------------------------- */

static void put_set(struct bgp_writer *w, const struct aggregate *a)
{
    uint8_t path[MOST_AS * 4 + 16];
    struct bgp_writer p = bgp_writer_on(path, sizeof path);

    for (unsigned i = 0; a->conf.as_set && a->nas <= MOST_AS && i < a->nas; i++) {
        if (i % SEGMENT_AS == 0) {
            unsigned left = a->nas - i;

            bgp_put_u8(&p, BGP_AS_SET);
            bgp_put_u8(&p, (uint8_t)(left < SEGMENT_AS ? left : SEGMENT_AS));
        }
        bgp_put_u32(&p, a->as[i]);
    }
    bgp_attr_put(w, BGP_ATTR_TRANSITIVE, BGP_ATTR_AS_PATH, path, bgp_written(&p));
}

static void announce(struct rib_table *t, struct aggregate *a)
{
    struct rib *r = t->rib;
    const struct aggregates *g = t->aggregates;
    struct bgp_writer w = bgp_writer_on(r->scratch, BGP_BLOCK_MAX);
    uint8_t aggregator[8], origin = a->conf.as_set ? a->origin : 0;
    struct bgp_writer to = bgp_writer_on(aggregator, sizeof aggregator);
    unsigned len = a->conf.prefix.len;
    struct bgp_next_hop nh;

    memset(&nh, 0, sizeof nh);
    bgp_put_u32(&to, g->as);
    bgp_put_u32(&to, g->id);
    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ORIGIN, &origin, 1);
    put_set(&w, a);
    if (!a->conf.as_set || a->atomic || a->nas > MOST_AS)
        bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ATOMIC_AGGREGATE, NULL, 0);
    bgp_attr_put(&w, BGP_ATTR_OPTIONAL | BGP_ATTR_TRANSITIVE, BGP_ATTR_AGGREGATOR, aggregator, 8);
    path_set(t, dest_make(&t->dests, a->key, len, dest_hash(&t->dests, a->key, len)),
             rib_source(r, SOURCE_AGGREGATE),
             rib_get_set(r, bgp_cursor_on(r->scratch, bgp_written(&w)), rib_no_stack(), &nh), 1, 0);
    a->told = true;
}

static void withdraw(struct rib_table *t, struct aggregate *a)
{
    uint32_t dest = own_dest(t, a);

    if (a->told && dest != 0)
        path_remove(t, dest, rib_source(t->rib, SOURCE_AGGREGATE));
    a->told = false;
}

/* --- rounds ----------------------------------------------------------------------------------- */

static void collect_as(struct aggregate *a, uint32_t as)
{
    unsigned lo = 0, hi = a->nas;

    if (a->nas > MOST_AS)
        return;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (a->as[mid] < as)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < a->nas && a->as[lo] == as)
        return;
    if (a->nas < MOST_AS) {
        memmove(&a->as[lo + 1], &a->as[lo], (a->nas - lo) * sizeof *a->as);
        a->as[lo] = as;
    }
    a->nas++;
}

static void collect(struct aggregate *a, const struct attrset *set)
{
    struct bgp_cursor block = attrset_block(set);
    struct bgp_attr at;

    if (set->origin > a->origin)
        a->origin = set->origin;
    a->atomic |= bgp_attr_find(block, BGP_ATTR_ATOMIC_AGGREGATE, &at);
    if (!bgp_attr_find(block, BGP_ATTR_AS_PATH, &at))
        return;
    for (size_t i = 0; i + 2 <= at.value.left;) {
        const uint8_t *segment = at.value.at + i;

        for (unsigned k = 0; k < segment[1]; k++) {
            const uint8_t *as = segment + 2 + k * 4;

            collect_as(a, (uint32_t)as[0] << 24 | (uint32_t)as[1] << 16 | (uint32_t)as[2] << 8 |
                              as[3]);
        }
        i += 2 + segment[1] * (size_t)4;
    }
}

static void look(struct rib_table *t, const struct dest *d, const struct path *best)
{
    struct aggregates *g = t->aggregates;

    for (size_t i = 0; i < g->n; i++) {
        struct aggregate *a = &g->all[i];

        if (g->phase == COLLECT ? !a->collecting : false)
            continue;
        if (!covers(a, d))
            continue;
        if (g->phase == COUNT)
            a->details++;
        else
            collect(a, attrset_at(&t->rib->sets, best->attrs));
    }
}

static size_t round_on(struct rib_table *t, size_t n)
{
    struct aggregates *g = t->aggregates;
    size_t done = 0;

    for (; g->at < t->dests.slab.used && done < n; g->at++, done++) {
        const struct dest *d = dest_at(&t->dests, g->at);
        const struct path *best = d->flags & DEST_LIVE ? path_best(t, d) : NULL;

        if (best)
            look(t, d, best);
        if (g->phase == COUNT)
            g->counted = g->at + 1;
    }
    return done;
}

static void mark(struct rib_table *t, uint32_t dest)
{
    const struct dest *d = dest_at(&t->dests, dest);

    if (!(d->flags & DEST_LIVE) || d->path == 0)
        return;
    group_mark(t, dest);
    if (t->vpn && t->crosses)
        vpn_export(t, dest);
}

/* Brings about what needs no round; starts a round for what does. */
static size_t settle_all(struct rib_table *t)
{
    struct aggregates *g = t->aggregates;
    size_t done = 0;

    for (size_t i = 0; i < g->n; i++) {
        struct aggregate *a = &g->all[i];

        if (!a->dirty)
            continue;
        a->dirty = false;
        done++;
        if (a->details == 0) {
            withdraw(t, a);
        } else if (!a->conf.as_set) {
            announce(t, a);
        } else {
            a->collecting = true;
            a->atomic = false;
            a->origin = 0;
            a->nas = 0;
            g->phase = COLLECT;
            g->at = 1;
        }
    }
    return done;
}

static void round_ended(struct rib_table *t)
{
    struct aggregates *g = t->aggregates;
    bool counted = g->phase == COUNT;

    g->phase = REST;
    if (counted)
        g->counted = UINT32_MAX;
    for (size_t i = 0; i < g->n; i++) {
        struct aggregate *a = &g->all[i];

        if (counted)
            a->dirty = true;
        if (a->collecting && a->details > 0)
            announce(t, a);
        a->collecting = false;
    }
}

static bool any_undecided(const struct rib_table *t, uint32_t dest)
{
    for (const struct rib_group *g = t->groups; g; g = g->next)
        if (undecided(g, dest))
            return true;
    return false;
}

/* Whether what takes the place of details that are still told has been told to everybody. */
static bool ready_to_hide(const struct rib_table *t)
{
    const struct aggregates *g = t->aggregates;

    for (size_t i = 0; i < g->n; i++) {
        const struct aggregate *a = &g->all[i];
        uint32_t dest = a->told ? own_dest(t, a) : 0;
        uint32_t vpn = dest != 0 && t->vpn && t->crosses ? vpn_exported(t, dest).dest : 0;

        if (!a->conf.suppress || a->hides)
            continue;
        if (a->details > 0 && !a->told)
            return false;
        if (hider(g, a->key, a->conf.prefix.len, false))
            continue; /* what is around it counts */
        if ((dest != 0 && any_undecided(t, dest)) ||
            (vpn != 0 && any_undecided(vpn_side(t)->net, vpn)))
            return false;
    }
    return true;
}

static void hide(struct rib_table *t)
{
    struct aggregates *g = t->aggregates;

    g->mark_wanted = false;
    g->mark_at = 1;
    for (size_t i = 0; i < g->n; i++)
        g->all[i].hides = g->all[i].conf.suppress;
    group_release(t);
    if (t->vpn)
        group_release(vpn_side(t)->net);
}

size_t aggregate_work(struct rib_table *t, size_t n)
{
    struct aggregates *g = t->aggregates;
    uint32_t as = t->rib->b->conf.as, id = rib_router_id(t);
    size_t done = 0;

    if (!g || (t->vpn && t->vpn->removed))
        return 0;
    for (size_t i = 0; (g->as != as || g->id != id) && i < g->n; i++)
        g->all[i].dirty = true;
    g->as = as;
    g->id = id;
    if (g->phase == REST)
        done = settle_all(t);
    if (g->phase != REST) {
        done += round_on(t, n) + 1;
        if (g->at >= t->dests.slab.used)
            round_ended(t);
    }
    if (g->mark_wanted && g->counted == UINT32_MAX && ready_to_hide(t)) {
        hide(t);
        done++;
    }
    for (size_t k = 0; g->mark_at != 0 && k < n; k++, done++) {
        if (g->mark_at < t->dests.slab.used)
            mark(t, g->mark_at++);
        else
            g->mark_at = 0;
    }
    if (g->n == 0 && g->phase == REST && g->mark_at == 0 && !g->mark_wanted && done == 0)
        aggregate_clear(t);
    return done;
}

/* --- the list --------------------------------------------------------------------------------- */

/* Whether tables of the VPN have to ask their instances. */
static void find_suppressing(struct rib *r)
{
    r->vpn_suppress = false;
    for (const struct rib_table *t = r->all; t; t = t->next)
        for (size_t i = 0; t->vpn && t->aggregates && i < t->aggregates->n; i++)
            r->vpn_suppress |= t->aggregates->all[i].conf.suppress;
}

void aggregate_clear(struct rib_table *t)
{
    free(t->aggregates);
    t->aggregates = NULL;
}

static struct aggregate *find(struct aggregates *g, const struct aggregate *like)
{
    for (size_t i = 0; g && i < g->n; i++)
        if (g->all[i].conf.prefix.len == like->conf.prefix.len &&
            memcmp(g->all[i].key, like->key, BGP_KEY) == 0)
            return &g->all[i];
    return NULL;
}

/* The list that is there, in its order. */
static bool same(const struct aggregates *g, enum bgp_family family,
                 const struct bgp_aggregate *list, size_t n)
{
    for (size_t i = 0; i < n && n == g->n; i++) {
        struct aggregate like = {.conf = list[i]};
        const struct aggregate *a = &g->all[i];

        if (!rib_key(family, &list[i].prefix, like.key) || memcmp(a->key, like.key, BGP_KEY) != 0 ||
            a->conf.prefix.len != list[i].prefix.len || a->conf.as_set != list[i].as_set ||
            a->conf.suppress != list[i].suppress)
            return false;
    }
    return n == g->n;
}

bool bgp_set_aggregates(struct bgp *b, uint16_t vpn, enum bgp_family family,
                        const struct bgp_aggregate *list, size_t n)
{
    struct rib_table *t = rib_table(b->rib, vpn, family);
    struct aggregates *old, *g;

    if (!t || bgp_family_info[family].label)
        return false;
    old = t->aggregates;
    if (old ? same(old, family, list, n) : n == 0)
        return true;
    g = bgp_alloc(sizeof *g + n * sizeof *g->all);
    for (size_t i = 0; i < n; i++) {
        struct aggregate *a = &g->all[i], *was;

        a->conf = list[i];
        if (!rib_key(family, &list[i].prefix, a->key)) {
            free(g);
            return false;
        }
        g->mark_wanted |= a->conf.suppress;
        if ((was = find(old, a))) {
            a->told = was->told;
            a->hides = was->hides && a->conf.suppress;
            was->told = false;
        }
    }
    bgp_enter(b);
    g->n = n;
    g->at = g->counted = 1;
    for (size_t i = 0; old && i < old->n; i++)
        g->mark_wanted |= old->all[i].conf.suppress;
    g->mark_wanted |= old && (old->mark_wanted || old->mark_at != 0);
    t->aggregates = g;
    for (size_t i = 0; old && i < old->n; i++)
        withdraw(t, &old->all[i]);
    free(old);
    find_suppressing(b->rib);
    rib_wake(b->rib);
    bgp_leave(b);
    return true;
}
