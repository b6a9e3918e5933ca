/*
 * What a route becomes on its way out (RFC 4271 5 and 9.1.3, RFC 4456, RFC 1997, RFC 4360).
 *
 * A pure function of the path, its source and the policy of the group; the result is a set like any
 * other. Whether a member is the source of the route is not decided here but when messages are
 * sent, because the group shares the result.
 */
#include "bgp/rib/group.h"

#include <string.h>

#include "bgp/internal.h"
#include "bgp/wire/aspath.h"

static bool may_reflect(const struct rib_group *g, const struct source *s)
{
    const struct bgp_af_conf *conf = g->table->conf;
    bool from_client = s->clients >> g->table->family & 1;

    if (from_client && g->policy.client)
        return !conf->no_reflect_between;
    return from_client || g->policy.client;
}

/* Whether a peer inside our AS has told us, and where: what came from another network, a VPN
 * instance or out of it, is ours to advertise. */
static bool from_internal(const struct rib_group *g, const struct source *s)
{
    return s->kind == SOURCE_INTERNAL && s->addr.vpn == g->table->scope;
}

/* The route comes from the site the peer is at. */
static bool of_site(const struct rib_group *g, const struct attrset *a)
{
    struct bgp_attr at;

    return bgp_attr_find(attrset_block(a), BGP_ATTR_EXT_COMMUNITY, &at) &&
           rib_has_site(at.value, g->policy.soo);
}

/* With our AS in front of it the path is longer than as-path-limit: the next one may be told so. */
static bool too_long(const struct rib_group *g, struct bgp_cursor block)
{
    unsigned limit = g->table->rib->b->conf.as_path_limit;
    struct bgp_attr path;

    return limit != 0 && !g->policy.internal && bgp_attr_find(block, BGP_ATTR_AS_PATH, &path) &&
           bgp_aspath_length(path.value) > limit;
}

static bool allowed(const struct rib_group *g, const struct attrset *a, const struct source *s,
                    enum bgp_refusal *why)
{
    if (g->policy.soo != 0 && of_site(g, a)) {
        *why = BGP_REFUSED_SITE;
        return false;
    }
    if (a->facts & SET_NO_ADVERTISE)
        return false;
    if (!g->policy.internal)
        return !(a->facts & SET_NO_EXPORT);
    return !from_internal(g, s) || may_reflect(g, s);
}

/* Whether the next hop becomes our own address. One of another network says nothing to the peer. */
static bool next_hop_self(const struct rib_group *g, const struct source *s,
                          const struct bgp_next_hop *nh)
{
    if (nh->addr.af == 0 || nh->addr.vpn != g->table->scope)
        return true;
    if (!g->policy.internal)
        return !g->policy.next_hop_invariable;
    return g->policy.next_hop_local && s->kind != SOURCE_INTERNAL;
}

/* RFC 4360 and, with longer ones, RFC 5701: bit 0x40 of the type says that the community stays in
 * the AS. */
static void put_ext(struct bgp_writer *w, const struct rib_group *g, const struct bgp_attr *a,
                    size_t octets)
{
    uint8_t kept[BGP_BLOCK_MAX];
    size_t n = 0;

    for (size_t i = 0; i + octets <= a->value.left; i += octets) {
        if (!g->policy.internal && a->value.at[i] & 0x40)
            continue;
        memcpy(kept + n, a->value.at + i, octets);
        n += octets;
    }
    if (n > 0)
        bgp_attr_put(w, a->flags, a->code, kept, n);
}

static struct bgp_private_as private_of(const struct rib_group *g)
{
    const struct policy *p = &g->policy;

    return (struct bgp_private_as){
        .wide = !g->table->rib->b->conf.no_private_as4,
        .force = p->public_force,
        .limited = p->public_limited,
        .stop = p->as,
        .keep = p->public_peer ? 0 : p->peer_as,
        .replaced = p->public_replace ? p->as : 0,
    };
}

static void prepend(struct bgp_aspath_steps *s, uint32_t as)
{
    struct bgp_writer w = bgp_aspath_step(s);

    bgp_aspath_prepend(s->path, as, &w);
    bgp_aspath_stepped(s, &w);
}

static void put_path(struct bgp_writer *w, const struct rib_group *g, const struct bgp_attr *a)
{
    const struct policy *p = &g->policy;
    struct bgp_aspath_steps s;
    struct bgp_writer to;

    s.path = a->value;
    s.turn = 0;
    s.full = false;
    if (p->substitute_as) {
        to = bgp_aspath_step(&s);
        bgp_aspath_replace(s.path, p->peer_as, p->as, &to);
        bgp_aspath_stepped(&s, &to);
    }
    if (p->public_as) {
        const struct bgp_private_as how = private_of(g);

        to = bgp_aspath_step(&s);
        bgp_aspath_publish(s.path, &how, &to);
        bgp_aspath_stepped(&s, &to);
    }
    if (p->global_as != 0)
        prepend(&s, p->global_as);
    if (!p->internal)
        prepend(&s, p->as);
    w->full |= s.full;
    bgp_attr_put(w, a->flags, a->code, s.path.at, s.path.left);
}

/* LOCAL_PREF is always sent to internal peers. */
static void put_local_pref(struct bgp_writer *w, const struct rib_group *g, const struct attrset *a)
{
    const struct bgp_af_conf *conf = g->table->conf;
    uint32_t value = conf->has_local_pref ? conf->default_local_pref : 100;

    if (!g->policy.internal)
        return;
    bgp_attr_put_u32(w, BGP_ATTR_TRANSITIVE, BGP_ATTR_LOCAL_PREF,
                     a->facts & SET_LOCAL_PREF ? a->local_pref : value);
}

/* MED goes to internal peers; to a neighbouring AS only when the route is ours. A route of the
 * routing table is told with one always: that of "default med", to a neighbouring AS, when it has
 * none. */
static void put_med(struct bgp_writer *w, const struct rib_group *g, const struct attrset *a,
                    const struct source *s)
{
    const struct bgp_af_conf *conf = g->table->conf;
    bool local = s->kind < SOURCE_EXTERNAL;
    uint32_t value = a->facts & SET_MED ? a->med : g->policy.internal ? 0 : conf->default_med;

    if (a->facts & SET_MED ? local || g->policy.internal
                           : source_routed(s) || (local && value != 0))
        bgp_attr_put_u32(w, BGP_ATTR_OPTIONAL, BGP_ATTR_MED, value);
}

/* RFC 4456 section 8. */
static void put_reflection(struct bgp_writer *w, const struct rib_group *g, const struct attrset *a,
                           const struct source *s, struct bgp_cursor clusters)
{
    uint8_t list[BGP_BLOCK_MAX];
    struct bgp_writer l = bgp_writer_on(list, sizeof list);

    if (!g->policy.internal || !from_internal(g, s))
        return;
    bgp_attr_put_u32(w, BGP_ATTR_OPTIONAL, BGP_ATTR_ORIGINATOR_ID, attrset_originator(a, s->id));
    bgp_put_u32(&l, rib_cluster(g->table));
    bgp_put_bytes(&l, clusters.at, clusters.left);
    w->full |= l.full;
    bgp_attr_put(w, BGP_ATTR_OPTIONAL, BGP_ATTR_CLUSTER_LIST, list, bgp_written(&l));
}

/* Attributes that follow from others or from the policy are written when their place in the order
 * of codes comes. */
enum { AFTER_PATH, AFTER_MED, AFTER_PREF, AFTER_REFLECTION };

static void catch_up(struct bgp_writer *w, const struct rib_group *g, const struct attrset *a,
                     const struct source *s, struct bgp_cursor clusters, unsigned code,
                     unsigned *stage)
{
    if (*stage == AFTER_PATH && code > BGP_ATTR_NEXT_HOP) {
        put_med(w, g, a, s);
        *stage = AFTER_MED;
    }
    if (*stage == AFTER_MED && code > BGP_ATTR_MED) {
        put_local_pref(w, g, a);
        *stage = AFTER_PREF;
    }
    if (*stage == AFTER_PREF && code > BGP_ATTR_COMMUNITY) {
        put_reflection(w, g, a, s, clusters);
        *stage = AFTER_REFLECTION;
    }
}

static void put_one(struct bgp_writer *w, const struct rib_group *g, const struct bgp_attr *a)
{
    const struct policy *p = &g->policy;

    switch (a->code) {
    case BGP_ATTR_AS_PATH:
        put_path(w, g, a);
        break;
    case BGP_ATTR_MED:
    case BGP_ATTR_LOCAL_PREF:
    case BGP_ATTR_ORIGINATOR_ID:
    case BGP_ATTR_CLUSTER_LIST:
        break;
    case BGP_ATTR_COMMUNITY:
        if (p->communities)
            bgp_attr_put(w, a->flags, a->code, a->value.at, a->value.left);
        break;
    case BGP_ATTR_EXT_COMMUNITY:
        if (p->ext_communities)
            put_ext(w, g, a, 8);
        break;
    case BGP_ATTR_IPV6_EXT_COMMUNITY:
        if (p->ext_communities)
            put_ext(w, g, a, 20);
        break;
    case BGP_ATTR_LARGE_COMMUNITY:
        if (p->large_communities)
            bgp_attr_put(w, a->flags, a->code, a->value.at, a->value.left);
        break;
    default:
        bgp_attr_put(w, a->flags, a->code, a->value.at, a->value.left);
        break;
    }
}

static void put_block(struct bgp_writer *w, const struct rib_group *g, const struct attrset *a,
                      const struct source *s)
{
    struct bgp_cursor block = attrset_block(a), clusters = attrset_clusters(a);
    struct bgp_attr at;
    unsigned stage = AFTER_PATH;

    while (bgp_attr_next(&block, &at)) {
        catch_up(w, g, a, s, clusters, at.code, &stage);
        put_one(w, g, &at);
    }
    catch_up(w, g, a, s, clusters, 256, &stage);
}

static bool fits(const struct rib_group *g, const struct bgp_next_hop *nh)
{
    const struct bgp_family_info *f = &bgp_family_info[g->table->family];

    return nh->addr.af == 4 || (nh->addr.af == 6 && (f->octets == 16 || g->policy.hop6));
}

static bool find_next_hop(const struct rib_group *g, const struct attrset *a,
                          const struct source *s, struct bgp_next_hop *out)
{
    const struct bgp_next_hop *nh = &next_hop_at(&g->table->rib->next_hops, a->next_hop)->nh;

    /* A link-local address is left out: it is of one link, and RFC 2545 3 lets it go on only when
     * the peer is on that link, which is not known here. */
    memset(out, 0, sizeof *out);
    out->addr = next_hop_self(g, s, nh) ? g->policy.local : nh->addr;
    return fits(g, out);
}

/* A next hop of our own goes with a label of our own; with another one all labels go on, if the
 * peer takes so many (RFC 8277 2.3 and 3). */
static bool find_stack(const struct rib_group *g, const struct attrset *a, const struct source *s,
                       struct bgp_cursor *out)
{
    const struct bgp_next_hop *nh = &next_hop_at(&g->table->rib->next_hops, a->next_hop)->nh;

    *out = next_hop_self(g, s, nh) ? rib_no_stack() : attrset_stack(a);
    return out->left < g->policy.labels * (size_t)BGP_LABEL;
}

uint32_t rib_export(struct rib_group *g, const struct path *p, enum bgp_refusal *why)
{
    struct rib *r = g->table->rib;
    const struct attrset *a = attrset_at(&r->sets, p->attrs);
    const struct source *s = rib_source(r, p->source);
    struct bgp_writer w = bgp_writer_on(r->scratch, BGP_BLOCK_MAX);
    struct bgp_next_hop nh;
    struct bgp_cursor stack;

    *why = BGP_REFUSALS;
    if (!allowed(g, a, s, why) || !find_next_hop(g, a, s, &nh) || !find_stack(g, a, s, &stack))
        return 0;
    put_block(&w, g, a, s);
    if (too_long(g, bgp_cursor_on(r->scratch, bgp_written(&w)))) {
        *why = BGP_REFUSED_PATH_OUT;
        return 0;
    }
    return w.full ? 0 : rib_get_set(r, bgp_cursor_on(r->scratch, bgp_written(&w)), stack, &nh);
}

uint32_t rib_export_default(struct rib_group *g)
{
    struct rib *r = g->table->rib;
    struct bgp_writer w = bgp_writer_on(r->scratch, BGP_BLOCK_MAX);
    const struct bgp_attr path = {.code = BGP_ATTR_AS_PATH, .flags = BGP_ATTR_TRANSITIVE};
    const struct attrset none = {0};
    const uint8_t igp = 0;
    struct bgp_next_hop nh;

    memset(&nh, 0, sizeof nh);
    nh.addr = g->policy.local;
    if (!fits(g, &nh))
        return 0;
    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ORIGIN, &igp, 1);
    put_path(&w, g, &path);
    put_local_pref(&w, g, &none);
    return rib_get_set(r, bgp_cursor_on(r->scratch, bgp_written(&w)), rib_no_stack(), &nh);
}

uint32_t rib_export_label(const struct rib_group *g, uint32_t dest, const struct path *p)
{
    struct rib *r = g->table->rib;
    const struct next_hop *nh =
        next_hop_at(&r->next_hops, attrset_at(&r->sets, p->attrs)->next_hop);
    const struct source *s = rib_source(r, p->source);

    if (!bgp_family_info[g->table->family].label)
        return 0;
    if ((s->kind < SOURCE_EXTERNAL || p->flags & PATH_EXPORTED) && p->label >> 4 != 0)
        return p->label | 1; /* its origin has given it one */
    if (next_hop_self(g, s, &nh->nh))
        return label_of(g->table, dest) << 4 | 1;
    if (attrset_at(&r->sets, p->attrs)->deeper > 0)
        return p->label; /* not the last one */
    return p->label | 1;
}
