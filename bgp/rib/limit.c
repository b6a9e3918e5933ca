/*
 * "routing-table limit" and "prefix limit" of a VPN instance: how much its table may hold.
 *
 * What comes when the table is full is kept with PATH_EXCESS and not used: neither chosen nor told
 * to anybody. When there is room again the table is swept, and what was in excess comes in, so that
 * nobody has to be asked for anything. Which routes are in depends on the order in which they came.
 * A destination is judged as a whole whenever it is looked at: it has no excess before.
 */
#include "bgp/rib/vpn.h"

#include "bgp/internal.h"

enum { PERCENT = 100 };

static const struct bgp_vpn_limit no_limit;

static const struct bgp_vpn_limit *most_routes(const struct rib_table *t)
{
    return t->limited ? &vpn_side(t)->conf->routes : &no_limit;
}

static const struct bgp_vpn_limit *most_prefixes(const struct rib_table *t)
{
    return t->limited ? &vpn_side(t)->conf->prefixes : &no_limit;
}

static bool binds(const struct bgp_vpn_limit *l)
{
    return l->most != 0 && !l->alert_only;
}

static uint64_t room(const struct bgp_vpn_limit *l, uint64_t used)
{
    return !binds(l) ? UINT64_MAX : used < l->most ? l->most - used : 0;
}

uint32_t limit_choose(struct rib_table *t, const struct dest *d, bool had)
{
    uint64_t own = 0, routes;
    uint32_t best;
    struct path *p;

    for (uint32_t id = d->path; id != 0; id = p->next, own++) {
        p = slab_at(&t->rib->paths, id);
        t->excess -= (p->flags & PATH_EXCESS) != 0;
        p->flags &= (uint8_t)~PATH_EXCESS;
    }
    best = path_choose(t, d);
    if (best == 0)
        return 0;
    routes = room(most_routes(t), t->paths - t->excess - own);
    if (room(most_prefixes(t), t->best - had) == 0)
        routes = 0;
    best = routes > 0 ? best : 0;
    routes -= best != 0;
    for (uint32_t id = d->path; id != 0; id = p->next) {
        p = slab_at(&t->rib->paths, id);
        if (id == best)
            continue;
        if (routes > 0) {
            routes--;
            continue;
        }
        p->flags |= PATH_EXCESS;
        t->excess++;
    }
    return best;
}

/* bits of rib_table.told: the threshold of the limit on routes, the limit; those on prefixes */
static void watch(struct rib_table *t, const struct bgp_vpn_limit *l, uint64_t n, bool prefixes)
{
    for (int limit = 0; limit < 2; limit++) {
        uint8_t bit = (uint8_t)(1u << (2 * prefixes + limit));
        uint64_t percent = limit ? PERCENT : l->percent;
        bool over = l->most != 0 && percent != 0 && n * PERCENT >= l->most * percent;
        const struct bgp_alert a = {.vpn = t->scope,
                                    .family = t->family,
                                    .prefixes = prefixes,
                                    .limit = limit != 0,
                                    .over = over,
                                    .routes = (uint32_t)n,
                                    .most = l->most};

        if (over == ((t->told & bit) != 0))
            continue;
        if (l->most == 0 || rib_alert(t->rib->b, &t->alerts, &a))
            t->told ^= bit;
    }
}

void limit_watch(struct rib_table *t)
{
    uint64_t routes = t->paths - t->excess;

    watch(t, most_routes(t), routes, false);
    watch(t, most_prefixes(t), t->best, true);
    if (t->excess > 0 && room(most_routes(t), routes) > 0 && room(most_prefixes(t), t->best) > 0)
        rib_sweep(t);
}

void limit_conf(struct rib_table *t)
{
    const struct bgp_vpn_af_conf *c = vpn_side(t)->conf;

    t->limited = c->routes.most != 0 || c->prefixes.most != 0;
    limit_watch(t);
    rib_sweep(t);
}
