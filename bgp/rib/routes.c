/*
 * Looking at routes: ordered walks in batches, and who was told what. Nothing here changes the RIB.
 *
 * The order is made when a walk begins: the keys are copied, a slice at a time, and sorted. From
 * then on each key is looked up again, so a walk is not disturbed by what happens between its
 * batches.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/aggregate.h"
#include "bgp/rib/group.h"
#include "bgp/rib/keys.h"
#include "bgp/rib/vpn.h"

enum {
    SLICE = 65536, /* destinations whose keys are copied at a time */
    LOOKS = 8192,  /* keys a batch may look at without finding anything */
    AHEAD = 8,     /* keys whose places in memory are asked for early */
    RECENT = 64    /* attribute sets of a batch that are found again */
};

_Static_assert(BGP_KEY + 1 <= KEYS_WIDTH, "a key and its length");

struct bgp_walk {
    const struct bgp *b;
    struct bgp_walk_filter filter;
    uint8_t key[BGP_KEY]; /* of filter.prefix */
    struct keys keys;     /* each followed by the length */
    uint32_t gathered;    /* destinations below have been looked at; UINT32_MAX: all have */
    bool sorted;
    size_t at;
    uint32_t skip; /* paths of the current key that were in earlier batches */
    struct {
        uint32_t set, attrs; /* attribute set, and where it stands in the batch */
    } recent[RECENT];
};

/* NULL: there is no such VPN instance, or no longer. */
static const struct rib_table *table_of(const struct bgp_walk *w)
{
    return rib_table(w->b->rib, w->filter.vpn, w->filter.family);
}

/* --- the order -------------------------------------------------------------------------------- */

static unsigned rd_octets(const struct bgp_walk *w)
{
    return bgp_family_info[w->filter.family].vpn ? (unsigned)BGP_RD : 0u;
}

static bool covered(const struct bgp_walk *w, const struct dest *d)
{
    const struct bgp_walk_filter *f = &w->filter;
    unsigned rd = rd_octets(w), len = f->prefix.len, whole = len / 8;
    const uint8_t *addr = d->key + rd, *net = w->key + rd;

    if (f->rd && memcmp(d->key, w->key, rd) != 0)
        return false;
    if (!f->one && !f->longer)
        return true;
    if (f->longer ? d->len < len : d->len != len)
        return false;
    return memcmp(addr, net, whole) == 0 &&
           (len % 8 == 0 || (addr[whole] ^ net[whole]) >> (8 - len % 8) == 0);
}

static bool exact(const struct bgp_walk *w)
{
    return w->filter.one && !w->filter.longer && (w->filter.rd || rd_octets(w) == 0);
}

static void add(struct bgp_walk *w, const struct dest *d)
{
    uint8_t *record = keys_add(&w->keys);

    memcpy(record, d->key, w->keys.width - 1);
    record[w->keys.width - 1] = d->len;
}

struct bgp_walk *bgp_walk_new(const struct bgp *b, const struct bgp_walk_filter *filter)
{
    struct bgp_walk *w = bgp_alloc(sizeof *w);
    const struct rib_table *t = rib_table(b->rib, filter->vpn, filter->family);
    const struct dests *d;
    uint32_t id;

    w->b = b;
    w->filter = *filter;
    w->gathered = UINT32_MAX;
    if (!t)
        return w;
    d = &t->dests;
    if (filter->one || filter->longer) {
        if (!rib_key(filter->family, &filter->prefix, w->key))
            return w; /* nothing of this family can match */
    } else if (filter->rd) {
        memcpy(w->key, filter->prefix.rd, BGP_RD);
    }
    keys_init(&w->keys, bgp_key_octets(filter->family) + 1, exact(w) ? 1 : d->slab.live);
    if (exact(w)) {
        id = dest_find(d, w->key, filter->prefix.len, dest_hash(d, w->key, filter->prefix.len));
        if (id != 0)
            add(w, dest_at(d, id));
        return w;
    }
    w->gathered = 1;
    return w;
}

bool bgp_walk_gather(struct bgp_walk *w)
{
    const struct rib_table *t = table_of(w);
    uint32_t id = w->gathered, end;

    if (id == UINT32_MAX || !t) {
        w->gathered = UINT32_MAX;
        return false;
    }
    end = t->dests.slab.used - id > SLICE ? id + SLICE : t->dests.slab.used;
    for (; id < end; id++) {
        const struct dest *e = dest_at(&t->dests, id);

        if (e->flags & DEST_LIVE && covered(w, e))
            add(w, e);
    }
    w->gathered = id < t->dests.slab.used ? id : UINT32_MAX;
    return w->gathered != UINT32_MAX;
}

void bgp_walk_sort(struct bgp_walk *w)
{
    keys_sort(&w->keys);
    w->sorted = true;
}

void bgp_walk_free(struct bgp_walk *w)
{
    keys_clear(&w->keys);
    free(w);
}

void bgp_route_batch_free(struct bgp_route_batch *batch)
{
    free(batch->bytes);
    batch->bytes = NULL;
    batch->room = 0;
}

/* --- records ---------------------------------------------------------------------------------- */

static uint32_t put_octets(struct bgp_route_batch *batch, const struct attrset *a)
{
    size_t at = batch->nbytes, n = a->len + attrset_stack(a).left;

    if (at + n > batch->room) {
        batch->room = 2 * batch->room + n + 16384;
        if (!(batch->bytes = realloc(batch->bytes, batch->room)))
            abort();
    }
    memcpy(batch->bytes + at, a->block, n);
    batch->nbytes += n;
    return (uint32_t)at;
}

/* Neighbouring routes often have one set: it stands in the batch once. */
static void put_set(struct bgp_walk *w, struct bgp_route_batch *batch, struct bgp_route *out,
                    uint32_t set)
{
    const struct rib *r = w->b->rib;
    const struct attrset *a = attrset_at(&r->sets, set);

    if (w->recent[set % RECENT].set != set) {
        w->recent[set % RECENT].set = set;
        w->recent[set % RECENT].attrs = put_octets(batch, a);
    }
    out->attrs = w->recent[set % RECENT].attrs;
    out->nattrs = a->len;
    out->nstack = a->deeper;
    out->next_hop = next_hop_at(&r->next_hops, a->next_hop)->nh.addr;
    out->origin = a->origin;
    out->has_med = a->facts & SET_MED;
    out->med = a->med;
    out->has_local_pref = a->facts & SET_LOCAL_PREF;
    out->local_pref = a->local_pref;
    out->cost = next_hop_at(&r->next_hops, a->next_hop)->at->hop.cost;
}

static uint8_t preference(const struct bgp_af_conf *c, unsigned kind)
{
    uint8_t p = kind < SOURCE_EXTERNAL    ? c->preference_local
                : kind == SOURCE_EXTERNAL ? c->preference_external
                                          : c->preference_internal;

    return p ? p : UINT8_MAX;
}

static void put_prefix(const struct rib_table *t, const struct dest *d, struct bgp_prefix *out)
{
    const struct bgp_family_info *f = &bgp_family_info[t->family];
    unsigned rd = f->vpn ? (unsigned)BGP_RD : 0u;

    memset(out, 0, sizeof *out);
    memcpy(out->rd, d->key, rd);
    out->addr.af = f->octets == 4 ? 4 : 6;
    out->addr.vpn = t->scope;
    memcpy(out->addr.b, d->key + rd, f->octets);
    out->len = d->len;
}

static struct bgp_route *new_record(const struct rib_table *t, uint32_t dest,
                                    struct bgp_route_batch *batch)
{
    struct bgp_route *r = &batch->routes[batch->n++];

    memset(r, 0, sizeof *r);
    put_prefix(t, dest_at(&t->dests, dest), &r->prefix);
    r->label = r->local_label = UINT32_MAX;
    return r;
}

/* Received and applied. */
static void put_labels(const struct rib_table *t, uint32_t dest, const struct path *p,
                       const struct source *s, struct bgp_route *out)
{
    uint32_t applied = dest < t->labels_room ? t->labels[dest] : 0;

    if (t->vpn)
        applied = p->flags & PATH_CROSSED ? 0 : vpn_exported(t, dest).label >> 4;
    else if (p->flags & PATH_EXPORTED)
        applied = p->label >> 4;
    else if (bgp_family_info[t->family].label && (s->kind >= SOURCE_EXTERNAL || p->label >> 4 != 0))
        out->label = p->label >> 4;
    if (applied != 0)
        out->local_label = applied;
}

/* Where a route of an instance is from. */
static void put_cross(const struct rib_table *t, const struct path *p, const struct source *s,
                      struct bgp_route *out)
{
    const struct rib_table *net = vpn_side(t)->net;
    const struct path *best;
    const struct dest *d;

    out->cross = (uint8_t)path_cross(p, s);
    if (out->cross == BGP_CROSS_NONE)
        return;
    d = dest_at(&net->dests, p->label);
    memcpy(out->prefix.rd, d->key, BGP_RD);
    best = path_best(net, d);
    if (best && out->cross == BGP_CROSS_REMOTE)
        out->label = best->label >> 4;
}

/* A route of a customer edge is given to the VPN table with ourselves as the next hop. What it has
 * in its instance says more. */
static void put_customer(const struct rib_table *t, const struct path *p, const struct source *s,
                         struct bgp_route *out)
{
    const struct rib *r = t->rib;
    enum bgp_family inner = rib_unicast(t->family);
    const struct rib_table *own = rib_table(r, s->addr.vpn, inner);
    struct bgp_prefix prefix = out->prefix;
    uint8_t key[BGP_KEY];
    uint32_t dest = 0, id;

    prefix.addr.vpn = s->addr.vpn;
    if (own && rib_key(inner, &prefix, key))
        dest = dest_find(&own->dests, key, prefix.len, dest_hash(&own->dests, key, prefix.len));
    id = dest != 0 ? dest_at(&own->dests, dest)->path : 0;
    for (const struct path *q; id != 0; id = q->next) {
        q = slab_at(&r->paths, id);
        if (q->source == p->source && !(q->flags & PATH_CROSSED))
            out->next_hop =
                next_hop_at(&r->next_hops, attrset_at(&r->sets, q->attrs)->next_hop)->nh.addr;
    }
}

static void put_path(struct bgp_walk *w, const struct rib_table *t, uint32_t dest,
                     const struct path *p, struct bgp_route_batch *batch)
{
    const struct rib *r = t->rib;
    const struct path *best = path_best(t, dest_at(&t->dests, dest));
    const struct source *s = rib_source(r, p->source);
    struct bgp_route *out = new_record(t, dest, batch);
    const char *why = NULL;

    put_set(w, batch, out, p->attrs);
    out->has_med |= source_routed(s);
    out->from = s->addr;
    out->from_id = s->id;
    out->kind = s->kind;
    out->preference = preference(t->conf, s->kind);
    out->preferred = s->preferred[path_family(t->family, p, s)];
    out->age_ms = r->b->now - p->since * (uint64_t)1000;
    out->best = p == best;
    out->selected = path_selected(t, dest_at(&t->dests, dest), p);
    out->loop = p->flags & PATH_LOOP;
    out->suppressed = out->best && aggregate_suppresses(t, dest);
    out->valid = path_eligible(t, p, &why);
    if (out->valid && best && p != best)
        why = path_losing_reason(t, best, p);
    out->reason = out->best ? NULL : why;
    put_labels(t, dest, p, s, out);
    if (t->vpn)
        put_cross(t, p, s, out);
    if (s->addr.vpn != t->scope && s->addr.vpn != 0 && out->next_hop.af == 0)
        put_customer(t, p, s, out);
}

static void put_told(struct bgp_walk *w, const struct rib_table *t, uint32_t dest,
                     const struct rib_member *m, struct bgp_route_batch *batch)
{
    const struct rib_group *g = m->group;
    struct bgp_route *out;
    const struct source *s;
    const struct path *best;

    if (dest >= g->room || g->out[dest] == 0 || !group_has_told(m, dest))
        return;
    out = new_record(t, dest, batch);
    s = g->from[dest] ? rib_source(t->rib, g->from[dest]) : NULL;
    put_set(w, batch, out, g->out[dest]);
    out->valid = out->best = out->selected = true;
    best = path_best(t, dest_at(&t->dests, dest));
    if (best) /* as old as the route that is told */
        out->age_ms = t->rib->b->now - best->since * (uint64_t)1000;
    if (s) {
        out->preference = preference(t->conf, s->kind);
        out->from = s->addr;
        out->from_id = s->id;
        out->kind = s->kind;
    }
    if (g->label)
        out->label = g->label[dest] >> 4;
}

static bool wanted(const struct bgp_walk *w, const struct path *p, const struct source *peer)
{
    if (p->flags & PATH_UNWANTED)
        return false;
    switch (w->filter.kind) {
    case BGP_WALK_ALL:
        return !(p->flags & PATH_LOOP) && rib_source(w->b->rib, p->source)->alive;
    case BGP_WALK_BEST:
        return p->flags & PATH_BEST;
    case BGP_WALK_RECEIVED:
        return p->source == peer->number;
    case BGP_WALK_ACCEPTED:
        return p->source == peer->number && !(p->flags & PATH_LOOP);
    case BGP_WALK_ADVERTISED:
        break;
    }
    return false;
}

/* Adds what the walk wants of one destination. False: the batch is full before its end. */
static bool put_dest(struct bgp_walk *w, uint32_t dest, const struct rib_session *s,
                     struct bgp_route_batch *batch)
{
    const struct rib_table *t = table_of(w);
    const struct path *p;
    uint32_t id = dest_at(&t->dests, dest)->path;

    if (w->filter.kind == BGP_WALK_ADVERTISED) {
        if (s->members[w->filter.family])
            put_told(w, t, dest, s->members[w->filter.family], batch);
        return true;
    }
    for (uint32_t i = 0; id != 0; id = p->next, i++) {
        p = slab_at(&t->rib->paths, id);
        if (i < w->skip || !wanted(w, p, s ? s->source : NULL))
            continue;
        if (batch->n == BGP_BATCH) {
            w->skip = i;
            return false;
        }
        put_path(w, t, dest, p, batch);
    }
    w->skip = 0;
    return true;
}

/* Keys are in order, records are not. */
static void prefetch(const struct bgp_walk *w, const struct dests *d)
{
    const uint8_t *key = keys_get(&w->keys, w->at + AHEAD);
    unsigned octets = w->keys.width - 1;

    if (w->at + 2 * (size_t)AHEAD >= w->keys.n)
        return;
    dest_prefetch_record(d, dest_hash(d, key, key[octets]));
    key = keys_get(&w->keys, w->at + 2 * (size_t)AHEAD);
    dest_prefetch_slot(d, dest_hash(d, key, key[octets]));
}

bool bgp_walk_next(struct bgp_walk *w, struct bgp_route_batch *batch)
{
    const struct rib_table *t = table_of(w);
    bool of_peer = w->filter.kind >= BGP_WALK_RECEIVED;
    const struct bgp_peer *p = of_peer ? bgp_find(w->b, &w->filter.peer) : NULL;
    unsigned octets = w->keys.width - 1;

    batch->n = batch->nbytes = 0;
    memset(w->recent, 0, sizeof w->recent);
    while (bgp_walk_gather(w))
        ;
    if (!w->sorted)
        bgp_walk_sort(w);
    if (!t || (of_peer && (!p || !p->routes || p->routes->tables[w->filter.family] != t)))
        return false;
    for (unsigned looks = 0; w->at < w->keys.n && batch->n < BGP_BATCH; looks++) {
        const uint8_t *key = keys_get(&w->keys, w->at);
        uint32_t dest;

        prefetch(w, &t->dests);
        dest = dest_find(&t->dests, key, key[octets], dest_hash(&t->dests, key, key[octets]));
        if (dest != 0 && !put_dest(w, dest, p ? p->routes : NULL, batch))
            return true;
        w->at++;
        if (looks >= LOOKS)
            return true;
    }
    return batch->n > 0;
}

size_t bgp_advertised_to(const struct bgp *b, enum bgp_family family,
                         const struct bgp_prefix *prefix, struct bgp_addr *out, size_t n)
{
    const struct rib_table *t = rib_table(b->rib, prefix->addr.vpn, family);
    uint8_t key[BGP_KEY];
    uint32_t dest = 0;
    size_t found = 0;

    if (t && rib_key(family, prefix, key))
        dest = dest_find(&t->dests, key, prefix->len, dest_hash(&t->dests, key, prefix->len));
    for (const struct rib_group *g = dest != 0 ? t->groups : NULL; g; g = g->next) {
        for (const struct rib_member *m = g->members; m; m = m->next) {
            if (!group_has_told(m, dest))
                continue;
            if (found < n)
                out[found] = m->session->source->addr;
            found++;
        }
    }
    return found;
}

void bgp_family_stats(const struct bgp *b, uint16_t vpn, enum bgp_family family,
                      struct bgp_family_stats *out)
{
    const struct rib_table *t = rib_table(b->rib, vpn, family);

    memset(out, 0, sizeof *out);
    if (!t)
        return;
    out->destinations = t->dests.slab.live;
    out->best = t->best;
    out->paths = t->paths;
    for (uint32_t i = 1; i < b->rib->nsources; i++) {
        const struct source *s = b->rib->sources[i];

        if (s && s->session && s->session->tables[family] == t)
            out->paths -= s->loops[family];
    }
    out->sets = b->rib->sets.live;
    out->set_octets = b->rib->sets.octets;
    for (const struct rib_group *g = t->groups; g; g = g->next)
        out->groups++;
    if (t->vpn)
        out->label = vpn_label(t);
}
