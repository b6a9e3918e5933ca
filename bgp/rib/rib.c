/*
 * The RIB as a whole: life, sources, shared sets, and the slices of work that waits.
 *
 * Work waits in four places: tables to be swept after a source ended or a next hop changed, groups
 * with pending destinations, members that lag behind, and destinations that may be freed. Each
 * slice gives every place its turn, so no peer waits for the whole table of another one.
 */
#include "bgp/rib/rib.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/aggregate.h"
#include "bgp/rib/group.h"
#include "bgp/rib/vpn.h"

void rib_table_init(struct rib_table *t, struct rib *r, enum bgp_family family, struct vpn *vpn,
                    const struct bgp_af_conf *conf)
{
    struct rib_table **end = &r->all;

    while (*end)
        end = &(*end)->next;
    *end = t;
    t->rib = r;
    t->vpn = vpn;
    t->scope = vpn ? vpn->number : 0;
    t->conf = conf;
    t->family = family;
    t->sweep_at = 1;
    dests_init(&t->dests, family);
}

void rib_table_end(struct rib_table *t)
{
    struct rib_table **link = &t->rib->all;

    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    while (t->groups)
        group_end(t->groups);
    group_reap(t, SIZE_MAX);
    aggregate_clear(t);
    dests_clear(&t->dests);
    rib_resize(t->garbage, t->garbage_room * sizeof *t->garbage, 0);
    rib_resize(t->labels, (size_t)t->labels_room * sizeof *t->labels, 0);
    rib_resize(t->into, (size_t)t->into_room * sizeof *t->into, 0);
}

struct rib_table *rib_table(const struct rib *r, uint16_t vpn, enum bgp_family family)
{
    struct vpn *v;

    if (vpn == 0)
        return &r->b->rib->tables[family];
    v = vpn_find(r, vpn);
    return v ? vpn_table(v, family) : NULL;
}

uint32_t rib_router_id(const struct rib_table *t)
{
    return t->vpn && t->vpn->conf.router_id ? t->vpn->conf.router_id : t->rib->b->conf.router_id;
}

uint32_t rib_cluster(const struct rib_table *t)
{
    const struct bgp_af_conf *c = t->conf;

    return c->cluster_id ? c->cluster_id : c->cluster_addr ? c->cluster_addr : rib_router_id(t);
}

struct rib *rib_new(struct bgp *b)
{
    struct rib *r = bgp_alloc(sizeof *r);

    r->b = b;
    r->idle = true;
    slab_init(&r->paths, sizeof(struct path));
    attrsets_init(&r->sets);
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        rib_table_init(&r->tables[f], r, (enum bgp_family)f, NULL, &b->conf.af[f]);
    r->scratch = rib_resize(NULL, 0, RIB_SCRATCH);
    r->crossing = rib_resize(NULL, 0, RIB_OUT);
    r->attrs = rib_resize(NULL, 0, RIB_OUT);
    r->out = rib_resize(NULL, 0, RIB_OUT);
    rib_source_new(r, SOURCE_AGGREGATE)->alive = false; /* number 0 is nobody */
    for (unsigned k = SOURCE_AGGREGATE; k < SOURCE_EXTERNAL; k++)
        rib_source_new(r, (enum source_kind)k);
    return r;
}

void rib_free(struct rib *r)
{
    vpn_clear(r);
    vpn_import_clear(r);
    while (r->all)
        rib_table_end(r->all);
    for (uint32_t i = 0; i < r->nsources; i++)
        free(r->sources[i]);
    free(r->sources);
    attrsets_clear(&r->sets);
    next_hops_clear(&r->next_hops);
    slab_clear(&r->paths);
    rib_resize(r->labels_free, r->labels_free_room * sizeof *r->labels_free, 0);
    rib_resize(r->scratch, RIB_SCRATCH, 0);
    rib_resize(r->crossing, RIB_OUT, 0);
    rib_resize(r->attrs, RIB_OUT, 0);
    rib_resize(r->spare, r->spare_room * sizeof *r->spare, 0);
    rib_resize(r->out, RIB_OUT, 0);
    free(r);
}

/* --- sources ---------------------------------------------------------------------------------- */

struct source *rib_source_new(struct rib *r, enum source_kind kind)
{
    struct source *s = bgp_alloc(sizeof *s);
    uint32_t i = 0;

    while (i < r->nsources && r->sources[i])
        i++;
    if (i > UINT16_MAX)
        abort();
    if (i == r->nsources) {
        if (!(r->sources = realloc(r->sources, (i + (size_t)1) * sizeof(struct source *))))
            abort();
        r->nsources++;
    }
    s->number = (uint16_t)i;
    s->kind = (uint8_t)kind;
    s->alive = true;
    r->sources[i] = s;
    return s;
}

void rib_source_drop(struct rib *r, struct source *s)
{
    if (--s->records > 0 || s->alive)
        return;
    r->ended = true;
    rib_wake(r);
}

static void free_ended(struct rib *r)
{
    r->ended = false;
    for (uint32_t i = 1; i < r->nsources; i++) {
        struct source *s = r->sources[i];

        if (!s || s->alive || s->records > 0)
            continue;
        free(s);
        r->sources[i] = NULL;
    }
}

/* --- sets ------------------------------------------------------------------------------------- */

void rib_drop_set(struct rib *r, uint32_t id)
{
    uint32_t next_hop = attrset_drop(&r->sets, id, 1);
    struct bgp_addr addr;

    if (next_hop == 0)
        return;
    addr = next_hop_at(&r->next_hops, next_hop)->nh.addr;
    if (next_hop_drop(&r->next_hops, next_hop) && r->watch && addr.af != 0)
        r->watch(r->watch_arg, &addr, false, NULL);
}

uint32_t rib_get_set(struct rib *r, struct bgp_cursor block, struct bgp_cursor stack,
                     const struct bgp_next_hop *nh)
{
    bool new_hop, new_set;
    uint32_t next_hop = next_hop_get(&r->next_hops, nh, &new_hop);
    uint32_t set = attrset_get(&r->sets, block, stack, next_hop, &new_set);

    if (new_hop && r->watch && nh->addr.af != 0)
        r->watch(r->watch_arg, &nh->addr, true, &next_hop_at(&r->next_hops, next_hop)->at->hop);
    if (!new_set)
        next_hop_drop(&r->next_hops, next_hop);
    return set;
}

/* --- slices ----------------------------------------------------------------------------------- */

void rib_sweep(struct rib_table *t)
{
    if (t->dests.slab.live == 0) {
        rib_refresh_swept(t);
        return;
    }
    t->sweep_left = t->sweep_used = t->dests.slab.used;
    rib_wake(t->rib);
}

void rib_recheck(struct rib_table *t)
{
    rib_sweep(t);
    t->recheck = t->sweep_left > 0;
}

static size_t sweep(struct rib_table *t, size_t n)
{
    size_t done = 0;

    if (t->sweep_left > 0) /* what has come since makes the round longer */
        t->sweep_left += t->dests.slab.used - t->sweep_used;
    if (t->hold_left > 0)
        t->hold_left += t->dests.slab.used - t->sweep_used;
    t->sweep_used = t->dests.slab.used;
    for (; t->sweep_left > 0 && done < n; t->sweep_left--, done++) {
        if (t->sweep_at >= t->dests.slab.used)
            t->sweep_at = 1;
        if (t->sweep_at < t->dests.slab.used && dest_at(&t->dests, t->sweep_at)->flags & DEST_LIVE)
            path_review(t, t->sweep_at);
        t->sweep_at++;
    }
    t->hold_left -= done < t->hold_left ? (uint32_t)done : t->hold_left;
    if (t->sweep_left == 0) {
        if (done > 0)
            rib_refresh_swept(t);
        t->recheck = false;
        t->hold_left = 0;
    }
    return done;
}

void rib_hold(struct rib *r)
{
    r->hold = true;
}

/* Is anybody to be told anything in this slice? */
static bool may_tell(struct rib *r)
{
    bool all = true;

    for (struct rib_table *t = r->all; t; t = t->next) {
        if (r->hold)
            t->hold_left = t->sweep_left;
        all &= t->hold_left == 0;
    }
    r->hold = false;
    return all;
}

/* Groups take turns at being first. */
static size_t work_groups(struct rib_table *t, size_t n)
{
    struct rib_group *first = t->groups, **end = &t->groups;
    size_t done = 0;

    for (struct rib_group *g = t->groups; g && done < n; g = g->next)
        done += group_work(g, n - done);
    if (first && first->next) {
        t->groups = first->next;
        while (*end)
            end = &(*end)->next;
        *end = first;
        first->next = NULL;
    }
    return done;
}

void rib_collectable(struct rib *r)
{
    if (!r->collecting)
        r->collect_by = r->b->now + RIB_BUSY;
    r->collecting = true;
    r->collect_at = r->b->now + RIB_QUIET;
    rib_wake(r);
}

/* Destinations that nobody needs wait for a quiet moment: peers are told first. */
static size_t collect(struct rib *r, bool busy)
{
    uint64_t now = r->b->now;
    bool due = now >= r->collect_by || (r->collect_at != 0 && now >= r->collect_at && !busy);
    bool left = false;
    size_t done = 0;

    for (struct rib_table *t = r->collecting ? r->all : NULL; t; t = t->next) {
        if (due || (t->vpn && t->vpn->removed))
            done += rib_collect(t, RIB_SLICE);
        left |= t->ngarbage > 0;
    }
    r->collecting = left;
    if (busy)
        r->collect_at = now + RIB_QUIET;
    else if (due && done == 0) /* update groups hold what is left */
        r->collect_at = 0;
    return done;
}

void rib_work(struct rib *r)
{
    size_t done = 0;

    if (r->idle && rib_deadline(r) > r->b->now)
        return;
    r->idle = true;
    for (struct rib_table *t = r->all; t; t = t->next)
        done += sweep(t, RIB_SLICE) + aggregate_work(t, RIB_SLICE);
    bool tell = may_tell(r);
    for (struct rib_table *t = tell ? r->all : NULL; t; t = t->next)
        done += work_groups(t, RIB_SLICE);
    for (struct rib_table *t = r->all; t; t = t->next)
        done += group_reap(t, RIB_SLICE);
    done += collect(r, done > 0);
    if (r->ended)
        free_ended(r);
    vpn_reap(r);
    if (done > 0) {
        r->idle = false;
    } else {
        r->spare = rib_resize(r->spare, r->spare_room * sizeof *r->spare, 0);
        r->spare_room = 0;
    }
}

uint64_t rib_deadline(const struct rib *r)
{
    uint64_t due = UINT64_MAX;

    if (!r->idle)
        return r->b->now;
    for (const struct rib_table *t = r->all; t; t = t->next) {
        for (const struct rib_group *g = t->groups; g; g = g->next) {
            uint64_t d = group_deadline(g);

            if (d < due)
                due = d;
        }
    }
    if (r->collecting && r->collect_at != 0 && r->collect_at < due)
        due = r->collect_at;
    return due;
}
