/* From the tables of VPN instances to the VPN tables; see vpn.h. */
#include "bgp/rib/vpn.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/aggregate.h"

/* --- labels ------------------------------------------------------------------------------------
 */

/* The instance's own label is that of a next hop no route has. */
static const struct bgp_addr all_hops = {.af = UINT8_MAX};

static uint32_t shared_label(struct vpn_side *s, const struct bgp_addr *next_hop)
{
    struct vpn_label *l;

    HASH_FIND(hh, s->by_hop, next_hop, sizeof *next_hop, l);
    if (!l) {
        uint32_t label = label_take(s->table.rib);

        if (label == 0)
            return 0;
        l = bgp_alloc(sizeof *l);
        l->next_hop = *next_hop;
        l->label = label;
        HASH_ADD(hh, s->by_hop, next_hop, sizeof l->next_hop, l);
        HASH_ADD(hh_label, s->by_label, label, sizeof l->label, l);
    }
    l->refs++;
    return l->label;
}

/* False: the label is not a shared one. */
static bool drop_shared(struct vpn_side *s, uint32_t label)
{
    struct vpn_label *l;

    HASH_FIND(hh_label, s->by_label, &label, sizeof label, l);
    if (!l)
        return false;
    if (--l->refs == 0) {
        HASH_DELETE(hh, s->by_hop, l);
        HASH_DELETE(hh_label, s->by_label, l);
        label_give_back(s->table.rib, label);
        free(l);
    }
    return true;
}

/* The label dest is exported with, with one more reference; 0: there is none left. */
static uint32_t get_label(struct vpn_side *s, uint32_t dest, const struct attrset *a)
{
    switch ((enum bgp_label_mode)s->conf->label_mode) {
    case BGP_LABEL_PER_ROUTE:
        return label_of(&s->table, dest);
    case BGP_LABEL_PER_NEXT_HOP:
        return shared_label(s, &next_hop_at(&s->table.rib->next_hops, a->next_hop)->nh.addr);
    case BGP_LABEL_PER_INSTANCE:
        break;
    }
    return shared_label(s, &all_hops);
}

uint32_t vpn_label(const struct rib_table *t)
{
    const struct vpn_label *l;

    HASH_FIND(hh, vpn_side(t)->by_hop, &all_hops, sizeof all_hops, l);
    return l ? l->label : 0;
}

/* --- attributes ------------------------------------------------------------------------------- */

static bool is_target(const uint8_t c[8])
{
    return c[0] <= 2 && c[1] == 2;
}

/* Targets a CE sends count for nothing: it must not choose the instances it reaches (RFC 4364
 * section 4.3.1). */
static void put_targets(struct bgp_writer *w, const struct vpn_side *s, struct bgp_cursor old)
{
    uint8_t list[BGP_BLOCK_MAX];
    struct bgp_writer l = bgp_writer_on(list, sizeof list);

    for (; old.left >= 8; bgp_get_part(&old, 8))
        if (!is_target(old.at))
            bgp_put_bytes(&l, old.at, 8);
    for (size_t i = 0; i < s->conf->export.n; i++)
        bgp_put_bytes(&l, s->conf->export.at[i], 8);
    w->full |= l.full;
    if (bgp_written(&l) > 0)
        bgp_attr_put(w, BGP_ATTR_OPTIONAL | BGP_ATTR_TRANSITIVE, BGP_ATTR_EXT_COMMUNITY, list,
                     bgp_written(&l));
}

/* Built in a buffer of its own: this may happen while an UPDATE being taken uses rib->scratch. 0:
 * the attributes do not fit into a block. */
static uint32_t build(const struct vpn_side *s, const struct attrset *a)
{
    struct rib *r = s->table.rib;
    struct bgp_writer w = bgp_writer_on(r->crossing, BGP_BLOCK_MAX);
    struct bgp_cursor block = attrset_block(a), none = bgp_cursor_on(a->block, 0);
    const struct bgp_next_hop ourselves = {.addr = {.af = 0}};
    struct bgp_attr at;
    bool done = false;

    while (bgp_attr_next(&block, &at)) {
        if (!done && at.code >= BGP_ATTR_EXT_COMMUNITY) {
            put_targets(&w, s, at.code == BGP_ATTR_EXT_COMMUNITY ? at.value : none);
            done = true;
        }
        if (at.code != BGP_ATTR_EXT_COMMUNITY)
            bgp_attr_put(&w, at.flags, at.code, at.value.at, at.value.left);
    }
    if (!done)
        put_targets(&w, s, none);
    if (w.full)
        return 0;
    return rib_get_set(r, bgp_cursor_on(r->crossing, bgp_written(&w)), rib_no_stack(), &ourselves);
}

/* Routes come one after another with the same attributes. What was made last is still there as long
 * as no set at all has gone. */
static uint32_t exported_set(struct vpn_side *s, uint32_t set)
{
    struct attrsets *sets = &s->table.rib->sets;

    if (s->last_set == set && s->last_result != 0 && s->last_freed == sets->freed) {
        attrset_hold(sets, s->last_result, 1);
        return s->last_result;
    }
    s->last_result = build(s, attrset_at(sets, set));
    s->last_set = set;
    s->last_freed = sets->freed;
    return s->last_result;
}

/* --- routes ----------------------------------------------------------------------------------- */

static struct vpn_exported *record(struct vpn_side *s, uint32_t dest)
{
    uint32_t room = s->table.dests.slab.room;

    if (dest >= s->exported_room) {
        s->exported = rib_resize(s->exported, s->exported_room * sizeof *s->exported,
                                 room * sizeof *s->exported);
        s->exported_room = room;
    }
    return &s->exported[dest];
}

struct vpn_exported vpn_exported(const struct rib_table *t, uint32_t dest)
{
    const struct vpn_side *s = vpn_side(t);

    return dest < s->exported_room ? s->exported[dest] : (struct vpn_exported){0};
}

static uint32_t net_dest(const struct vpn_side *s, uint32_t dest)
{
    const struct dest *d = dest_at(&s->table.dests, dest);
    uint8_t key[BGP_KEY] = {0};

    memcpy(key, s->conf->rd, BGP_RD);
    memcpy(key + BGP_RD, d->key, s->table.dests.octets);
    return dest_make(&s->net->dests, key, d->len, dest_hash(&s->net->dests, key, d->len));
}

/* Takes back what stands in the VPN table. *e says so already: what follows from the change may ask
 * whose the paths there are. */
static void withdraw(struct vpn_side *s, uint32_t dest, struct vpn_exported old)
{
    path_remove_cross(s->net, old.dest, PATH_EXPORTED, old.label);
    if (!drop_shared(s, old.label >> 4))
        label_release(&s->table, dest);
}

void vpn_export(struct rib_table *t, uint32_t dest)
{
    struct vpn_side *s = vpn_side(t);
    const struct path *best = path_best(t, dest_at(&t->dests, dest));
    bool hidden = s->conf->af.best_only && best && best->flags & PATH_CROSSED;
    bool exports =
        s->conf->enabled && !s->vpn->removed && !hidden && !aggregate_suppresses(t, dest);
    uint32_t id = exports ? path_choose_own(t, dest_at(&t->dests, dest)) : 0;
    uint32_t set = 0, label = 0;
    const struct path *p = id != 0 ? slab_at(&t->rib->paths, id) : NULL;
    struct source *source = NULL;
    struct vpn_exported old = vpn_exported(t, dest), now = {0};

    if (aggregate_will_suppress(t, dest)) {
        if (p && old.label != 0)
            return; /* as it is, until it goes */
        p = NULL;
    }
    source = p ? rib_source(t->rib, p->source) : NULL;
    if (p && (set = exported_set(s, p->attrs)) != 0) {
        label = get_label(s, dest, attrset_at(&t->rib->sets, p->attrs));
        if (label != 0)
            now = (struct vpn_exported){net_dest(s, dest), label << 4 | 1};
        else
            rib_drop_set(t->rib, set);
    }
    if (old.dest == 0 && now.dest == 0)
        return;
    *record(s, dest) = now;
    if (now.dest != 0 && now.label == old.label)
        drop_shared(s, label);
    if (old.dest != 0 && (old.dest != now.dest || old.label != now.label)) {
        if (old.label == now.label)
            path_remove_cross(s->net, old.dest, PATH_EXPORTED, old.label);
        else
            withdraw(s, dest, old);
    }
    if (now.dest != 0)
        path_set(s->net, now.dest, source, set, now.label, PATH_EXPORTED);
}

void vpn_export_clear(struct vpn_side *s)
{
    struct vpn_label *l, *next;

    HASH_ITER (hh, s->by_hop, l, next) {
        HASH_DELETE(hh, s->by_hop, l);
        HASH_DELETE(hh_label, s->by_label, l);
        free(l);
    }
    rib_resize(s->exported, s->exported_room * sizeof *s->exported, 0);
    s->exported = NULL;
    s->exported_room = 0;
}
