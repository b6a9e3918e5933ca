/*
 * Route selection (RFC 4271 9.1) in VRP's order.
 *
 * Nothing is stored but which path is best: why another one is not is worked out when somebody
 * asks. MED is compared among paths of one neighbouring AS before the winners of the ASes meet, so
 * that the result does not depend on the order in which paths came.
 */
#include "bgp/rib/rib.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/vpn.h"

enum { DEFAULT_LOCAL_PREF = 100, FEW = 32 };

enum step {
    SAME,
    PREFERRED,
    LOCAL_PREF,
    ROUTE_TYPE,
    AS_PATH,
    ORIGIN,
    MED,
    PEER_TYPE,
    LOCAL_CROSS,
    REMOTE_CROSS,
    IGP_COST,
    CLUSTER_LIST,
    ROUTER_ID,
    PEER_ADDRESS
};

static const char *const reasons[] = {
    [SAME] = "peer address",
    [PREFERRED] = "PreVal",
    [LOCAL_PREF] = "Local_Pref",
    [ROUTE_TYPE] = "route type",
    [AS_PATH] = "AS-Path",
    [ORIGIN] = "Origin",
    [MED] = "MED",
    [PEER_TYPE] = "peer type",
    [LOCAL_CROSS] = "local cross",
    [REMOTE_CROSS] = "remote cross",
    [IGP_COST] = "IGP cost",
    [CLUSTER_LIST] = "Cluster List",
    [ROUTER_ID] = "router ID",
    [PEER_ADDRESS] = "peer address",
};

/* A path with what the comparison looks at. */
struct candidate {
    const struct path *p;
    const struct attrset *a;
    const struct source *s;
};

static struct candidate candidate(const struct rib *r, const struct path *p)
{
    return (struct candidate){p, attrset_at(&r->sets, p->attrs), rib_source(r, p->source)};
}

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static uint32_t local_pref(const struct bgp_af_conf *conf, const struct attrset *a)
{
    if (a->facts & SET_LOCAL_PREF)
        return a->local_pref;
    return conf->has_local_pref ? conf->default_local_pref : DEFAULT_LOCAL_PREF;
}

static uint32_t own_med(const struct bgp_af_conf *conf, const struct candidate *c)
{
    if (c->a->facts & SET_MED || source_routed(c->s))
        return c->a->med;
    return conf->med_none_as_maximum ? UINT32_MAX : 0;
}

/* Local kinds are ordered among themselves; all that was received comes after them. */
static uint32_t route_type(const struct candidate *c)
{
    bool local = c->s->kind < SOURCE_EXTERNAL && !(c->p->flags & PATH_CROSSED);

    return local ? c->s->kind : SOURCE_EXTERNAL;
}

/* Between routes of the instance's own peers, which come before those that crossed. In a VPN table
 * what an instance has from an internal peer does not rank with what internal peers tell us: two
 * speakers with one RD that each prefer the other one's would never be sure of it. */
static uint32_t peer_type(const struct candidate *c)
{
    if (c->p->flags & PATH_CROSSED)
        return 0;
    return c->p->flags & PATH_EXPORTED && c->s->kind == SOURCE_INTERNAL ? SOURCE_EXTERNAL
                                                                        : c->s->kind;
}

static uint32_t preferred(const struct rib_table *t, const struct candidate *c)
{
    return c->s->preferred[path_family(t->family, c->p, c->s)];
}

/* The last resort. From one source come several routes only when they crossed: below several RDs,
 * or of several instances with one RD. */
static int by_origin(const struct rib_table *t, const struct path *x, const struct path *y)
{
    const struct dests *net;

    if (!(x->flags & PATH_CROSSED) || !(y->flags & PATH_CROSSED))
        return order(x->label, y->label);
    net = &vpn_side(t)->net->dests;
    return memcmp(dest_at(net, x->label)->key, dest_at(net, y->label)->key, BGP_RD);
}

static uint32_t cost(const struct rib *r, const struct candidate *c)
{
    return c->s->kind < SOURCE_EXTERNAL ? 0
                                        : next_hop_at(&r->next_hops, c->a->next_hop)->at->hop.cost;
}

static uint64_t times(uint16_t multiplier, uint32_t n)
{
    return (uint64_t)(multiplier ? multiplier : 1) * n;
}

/* What counts as the MED. */
static uint64_t med(const struct rib *r, const struct bgp_af_conf *conf, const struct candidate *c)
{
    uint32_t own = own_med(conf, c);

    if (!conf->med_plus_igp)
        return own;
    return times(conf->med_multiplier, own) + times(conf->igp_multiplier, cost(r, c));
}

/* Less than zero: x is preferred. *why is the step that decided. */
static int compare_by(const struct rib_table *t, const struct bgp_af_conf *conf,
                      const struct candidate *x, const struct candidate *y, bool with_med,
                      enum step *why)
{
    const struct rib *r = t->rib;
    int c;

#define STEP(name, a, b)                                                                           \
    do {                                                                                           \
        *why = name;                                                                               \
        if ((c = order(a, b)) != 0)                                                                \
            return c;                                                                              \
    } while (0)

    STEP(PREFERRED, preferred(t, y), preferred(t, x));
    STEP(LOCAL_PREF, local_pref(conf, y->a), local_pref(conf, x->a));
    STEP(ROUTE_TYPE, route_type(x), route_type(y));
    if (!conf->as_path_ignore)
        STEP(AS_PATH, x->a->path_length, y->a->path_length);
    STEP(ORIGIN, x->a->origin, y->a->origin);
    if (with_med)
        STEP(MED, med(r, conf, x), med(r, conf, y));
    if (x->p->flags & PATH_CROSSED || y->p->flags & PATH_CROSSED) {
        STEP(REMOTE_CROSS, path_cross(x->p, x->s) == BGP_CROSS_REMOTE,
             path_cross(y->p, y->s) == BGP_CROSS_REMOTE);
        STEP(LOCAL_CROSS, path_cross(x->p, x->s), path_cross(y->p, y->s));
    }
    STEP(PEER_TYPE, peer_type(x), peer_type(y));
    if (!conf->igp_metric_ignore)
        STEP(IGP_COST, cost(r, x), cost(r, y));
    if (!conf->router_id_first)
        STEP(CLUSTER_LIST, attrset_clusters(x->a).left, attrset_clusters(y->a).left);
    if (!conf->router_id_ignore)
        STEP(ROUTER_ID, attrset_originator(x->a, x->s->id), attrset_originator(y->a, y->s->id));
    if (conf->router_id_first)
        STEP(CLUSTER_LIST, attrset_clusters(x->a).left, attrset_clusters(y->a).left);
#undef STEP
    *why = PEER_ADDRESS;
    c = bgp_addr_cmp(&x->s->addr, &y->s->addr);
    return c != 0 ? c : by_origin(t, x->p, y->p);
}

static int compare(const struct rib_table *t, const struct candidate *x, const struct candidate *y,
                   bool with_med, enum step *why)
{
    return compare_by(t, t->conf, x, y, with_med, why);
}

/* MED counts between paths of one neighbouring AS, unless told otherwise. */
static bool med_counts(const struct rib_table *t, const struct candidate *x,
                       const struct candidate *y)
{
    if (t->rib->b->conf.local_cross_no_med &&
        (path_cross(x->p, x->s) == BGP_CROSS_LOCAL || path_cross(y->p, y->s) == BGP_CROSS_LOCAL))
        return false;
    return x->a->neighbour == y->a->neighbour || t->conf->compare_different_as_med;
}

/* A next hop counts by the settings of the family the route was received in. What an instance has
 * given away has counted there. */
static bool reached(const struct rib_table *t, const struct path *p, const struct source *s)
{
    const struct rib *r = t->rib;
    enum bgp_family f = path_family(t->family, p, s);
    bool given = s->addr.vpn != 0 && p->flags & (PATH_CROSSED | PATH_EXPORTED);
    const struct bgp_af_conf *conf = f == t->family ? t->conf : r->tables[f].conf;

    switch (next_hop_at(&r->next_hops, attrset_at(&r->sets, p->attrs)->next_hop)->at->hop.reach) {
    case BGP_REACH:
        return true;
    case BGP_REACH_DEFAULT:
        return given || conf->recursive_default;
    default:
        return false;
    }
}

bool path_eligible(const struct rib_table *t, const struct path *p, const char **why)
{
    const struct rib *r = t->rib;
    const struct source *s = rib_source(r, p->source);

    if (!s->alive || p->flags & (PATH_REFUSALS | PATH_EXCESS)) {
        *why = !s->alive                ? "peer down"
               : p->flags & PATH_EXCESS ? "limit of the VPN instance"
               : p->flags & PATH_LONG   ? "AS-Path limit"
               : p->flags & PATH_LOOP   ? "AS loop"
                                        : "own next hop";
        return false;
    }
    if (s->kind < SOURCE_EXTERNAL)
        return true;
    *why = "IP unreachable";
    return reached(t, p, s);
}

/* The winner of each neighbouring AS, kept while going through the paths once. */
struct winners {
    uint32_t few[FEW], *ids;
    size_t n, room;
};

static void enter(const struct rib_table *t, struct winners *w, uint32_t id)
{
    const struct rib *r = t->rib;
    struct candidate c = candidate(r, slab_at(&r->paths, id)), o;
    enum step why;

    for (size_t i = 0; i < w->n; i++) {
        o = candidate(r, slab_at(&r->paths, w->ids[i]));
        if (!med_counts(t, &c, &o))
            continue;
        if (compare(t, &c, &o, true, &why) < 0)
            w->ids[i] = id;
        return;
    }
    if (w->n == w->room) {
        uint32_t *more = malloc(2 * w->room * sizeof *more);

        if (!more)
            abort();
        memcpy(more, w->ids, w->n * sizeof *more);
        if (w->ids != w->few)
            free(w->ids);
        w->ids = more;
        w->room *= 2;
    }
    w->ids[w->n++] = id;
}

/* The best of those without the flag. */
static uint32_t choose(const struct rib_table *t, const struct dest *d, unsigned without)
{
    const struct rib *r = t->rib;
    const struct path *p;
    struct winners w;
    uint32_t best = 0;
    const char *unused;
    enum step why;

    if (d->path == 0)
        return 0;
    p = slab_at(&r->paths, d->path);
    if (p->next == 0) /* the usual case */
        return !(p->flags & without) && path_eligible(t, p, &unused) ? d->path : 0;
    w.ids = w.few;
    w.n = 0;
    w.room = FEW;
    for (uint32_t id = d->path; id != 0; id = p->next) {
        p = slab_at(&r->paths, id);
        if (!(p->flags & without) && path_eligible(t, p, &unused))
            enter(t, &w, id);
    }
    for (size_t i = 0; i < w.n; i++) {
        struct candidate x = candidate(r, slab_at(&r->paths, w.ids[i])), y;

        if (best != 0)
            y = candidate(r, slab_at(&r->paths, best));
        if (best == 0 || compare(t, &x, &y, false, &why) < 0)
            best = w.ids[i];
    }
    if (w.ids != w.few)
        free(w.ids);
    return best;
}

uint32_t path_choose(const struct rib_table *t, const struct dest *d)
{
    return choose(t, d, 0);
}

uint32_t path_choose_own(const struct rib_table *t, const struct dest *d)
{
    return choose(t, d, PATH_CROSSED);
}

const char *path_losing_reason(const struct rib_table *t, const struct path *a,
                               const struct path *b)
{
    struct candidate x = candidate(t->rib, a), y = candidate(t->rib, b);
    enum step why = SAME;

    compare(t, &x, &y, med_counts(t, &x, &y), &why);
    return reasons[why];
}

/* --- load balancing --------------------------------------------------------------------------- */

static bool same_as_path(const struct attrset *x, const struct attrset *y)
{
    struct bgp_attr a, b;

    return bgp_attr_find(attrset_block(x), BGP_ATTR_AS_PATH, &a) &&
           bgp_attr_find(attrset_block(y), BGP_ATTR_AS_PATH, &b) && a.value.left == b.value.left &&
           memcmp(a.value.at, b.value.at, a.value.left) == 0;
}

/* Whether y is as good as the best path in all that counts for load balancing. */
static bool as_good(const struct rib_table *t, const struct candidate *best,
                    const struct candidate *y)
{
    struct bgp_af_conf conf = *t->conf;
    struct source alike = *y->s;
    struct candidate other = *y;
    enum step why;

    conf.as_path_ignore |= conf.multipath_any_path;
    if (conf.multipath_eibgp > 0 && best->s->kind >= SOURCE_EXTERNAL &&
        y->s->kind >= SOURCE_EXTERNAL) {
        alike.kind = best->s->kind;
        other.s = &alike;
        conf.igp_metric_ignore = true;
        conf.med_plus_igp = false;
    }
    if (compare_by(t, &conf, best, &other, med_counts(t, best, y), &why) != 0 && why <= IGP_COST)
        return false;
    return conf.multipath_any_path || conf.multipath_relaxed || same_as_path(best->a, y->a);
}

/* How many paths are selected at most, the best one being of this kind. */
static unsigned most_selected(const struct bgp_af_conf *conf, unsigned kind)
{
    unsigned own = kind == SOURCE_EXTERNAL ? conf->multipath_ebgp : conf->multipath_ibgp;

    if (kind < SOURCE_EXTERNAL)
        return 1;
    if (conf->multipath_eibgp > 0)
        return conf->multipath_eibgp;
    return own > conf->multipath ? own : conf->multipath;
}

bool path_selected(const struct rib_table *t, const struct dest *d, const struct path *p)
{
    const struct rib *r = t->rib;
    const struct path *first = path_best(t, d);
    struct candidate best, x, y;
    unsigned most, before = 1;
    const char *unused;
    enum step why;

    if (!first || p == first)
        return first != NULL;
    best = candidate(r, first);
    x = candidate(r, p);
    most = most_selected(t->conf, best.s->kind);
    if (most <= 1 || !path_eligible(t, p, &unused) || !as_good(t, &best, &x))
        return false;
    for (uint32_t id = first->next; id != 0 && before < most; id = y.p->next) {
        y = candidate(r, slab_at(&r->paths, id));
        before += y.p != p && path_eligible(t, y.p, &unused) && as_good(t, &best, &y) &&
                  compare(t, &y, &x, med_counts(t, &x, &y), &why) < 0;
    }
    return before < most;
}
