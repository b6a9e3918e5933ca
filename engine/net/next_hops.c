/* Next hops of BGP routes; see next_hops.h. */
#include "engine/net/next_hops.h"

#include <stdlib.h>

struct named {
    struct bgp_addr addr;
    bool wanted;
};

struct next_hop_watch {
    struct bgp *bgp;
    struct named *named;
    size_t n, room;
};

static void on_named(void *arg, const struct bgp_addr *addr, bool wanted)
{
    struct next_hop_watch *w = arg;
    if (w->n == w->room) {
        w->room = w->room ? w->room * 2 : 64;
        w->named = reallocarray(w->named, w->room, sizeof *w->named);
        if (!w->named)
            abort();
    }
    w->named[w->n++] = (struct named){*addr, wanted};
}

struct next_hop_watch *next_hop_watch_new(struct bgp *b)
{
    struct next_hop_watch *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->bgp = b;
    bgp_watch_next_hops(b, on_named, w);
    return w;
}

void next_hop_watch_free(struct next_hop_watch *w)
{
    bgp_watch_next_hops(w->bgp, NULL, NULL);
    free(w->named);
    free(w);
}

void next_hop_watch_tell(struct next_hop_watch *w, const struct bgp_addr *a, const struct rt_hop *h)
{
    enum bgp_reach reach = !h->reachable || h->own ? BGP_REACH_NOT
                           : h->by_default         ? BGP_REACH_DEFAULT
                                                   : BGP_REACH;
    bgp_set_next_hop(w->bgp, a, reach, h->metric);
}

bool next_hop_watch_turn(struct next_hop_watch *w,
                         struct rtable *(*table_of)(void *arg, uint16_t vpn), void *arg)
{
    bool any = w->n > 0;
    while (w->n) { /* telling may name more */
        struct named *list = w->named;
        size_t n = w->n;
        w->named = NULL;
        w->n = w->room = 0;
        for (size_t i = 0; i < n; i++) {
            struct bgp_addr a = list[i].addr;
            struct rtable *t = table_of(arg, a.vpn);
            a.vpn = 0; /* tables know their own addresses only */
            if (!list[i].wanted) {
                if (t)
                    rtable_unwatch(t, &a);
                continue;
            }
            const struct rt_hop h = t ? rtable_watch(t, &a, RT_BY_DEFAULT) : (struct rt_hop){0};
            next_hop_watch_tell(w, &list[i].addr, &h);
        }
        free(list);
    }
    return any;
}
