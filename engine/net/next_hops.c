/* Next hops of BGP routes; see next_hops.h. */
#include "engine/net/next_hops.h"

#include <stdlib.h>

struct next_hop_watch {
    struct bgp *bgp;
    struct rtable *(*table_of)(void *arg, uint16_t vpn);
    void *arg;
};

/* Our own address leads nowhere. */
static struct bgp_hop hop_of(const struct rt_hop *h)
{
    return (struct bgp_hop){.reach = !h->reachable || h->own ? BGP_REACH_NOT
                                     : h->by_default         ? BGP_REACH_DEFAULT
                                                             : BGP_REACH,
                            .cost = h->metric};
}

static void on_named(void *arg, const struct bgp_addr *addr, bool wanted, struct bgp_hop *hop)
{
    struct next_hop_watch *w = arg;
    struct rtable *t = w->table_of(w->arg, addr->vpn);
    struct bgp_addr a = *addr;
    a.vpn = 0; /* tables know their own addresses only */
    if (wanted) {
        const struct rt_hop h = t ? rtable_watch(t, &a, RT_BY_DEFAULT) : (struct rt_hop){0};
        *hop = hop_of(&h);
    } else if (t) {
        rtable_unwatch(t, &a);
    }
}

struct next_hop_watch *
next_hop_watch_new(struct bgp *b, struct rtable *(*table_of)(void *arg, uint16_t vpn), void *arg)
{
    struct next_hop_watch *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->bgp = b;
    w->table_of = table_of;
    w->arg = arg;
    bgp_watch_next_hops(b, on_named, w);
    return w;
}

void next_hop_watch_free(struct next_hop_watch *w)
{
    bgp_watch_next_hops(w->bgp, NULL, NULL);
    free(w);
}

void next_hop_watch_tell(struct next_hop_watch *w, const struct bgp_addr *a, const struct rt_hop *h)
{
    const struct bgp_hop hop = hop_of(h);
    bgp_set_next_hop(w->bgp, a, hop.reach, hop.cost);
}
