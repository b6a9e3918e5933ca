/*
 * The IP routing table: what the kernel has, what interfaces are connected to, and vrpsh's own
 * static routes, with longest match, recursive next hops and word of what has changed.
 *
 * Pure: it is fed by engine/net/routes.c (or a test) and asks nobody. Feeding only notes changes;
 * rtable_settle() draws the consequences at once for all of them: static routes go up or down,
 * watched next hops and best routes that have changed are told, each once.
 *
 * Among routes to one destination the order is the kernel's: its routes count by their metric, own
 * static routes by their preference, which is the metric they are given in the kernel.
 * Used by the bgp thread only.
 */
#ifndef VRPSH_NET_RTABLE_H
#define VRPSH_NET_RTABLE_H

#include "engine/net/ptree.h"
#include "engine/speaker.h"

struct rtable;

/* Where an address is reached; all zero when it is not. */
struct rt_hop {
    bool reachable;
    bool connected;  /* in the subnet of an interface that is up */
    bool own;        /* an address of this host */
    bool by_default; /* a default route leads there, see RT_BY_DEFAULT */
    bool silent;     /* of a static route that BGP does not announce */
    bool discard;    /* through a black hole route */
    bool crossed;    /* out of another instance's table: see rtable_cross() */
    uint8_t proto;   /* enum speaker_proto of the route */
    uint32_t metric;
    uint32_t ifindex;
    struct bgp_addr relay; /* who gets the packets: the address itself when connected */
};

struct rt_ops {
    /* A watched next hop has changed. */
    void (*hop)(void *arg, const struct bgp_addr *a, const struct rt_hop *h);
    /* The best route to a destination has changed: its protocol, metric and first next hop. gone:
     * there is none any more, and the rest is what it was. NULL: nobody asks. */
    void (*route)(void *arg, const struct speaker_route *r, bool gone);
    void *arg;
};

struct rtable *rtable_new(const struct rt_ops *ops);
void rtable_free(struct rtable *t);

/* --- feeding --------------------------------------------------------------------------------- */

void rtable_link(struct rtable *t, uint32_t ifindex, const char *name, bool admin, bool up);
void rtable_unlink(struct rtable *t, uint32_t ifindex);

struct rt_addr {
    uint32_t ifindex;
    struct bgp_addr addr, peer; /* peer: the other end of a point-to-point link, or af 0 */
    uint8_t len;
    bool alone; /* the subnet is not connected by it */
};
void rtable_addr(struct rtable *t, const struct rt_addr *a, bool added);

/* One next hop of a route of the kernel. */
struct rt_kernel {
    struct bgp_addr net, gateway; /* gateway.af 0: on the interface itself */
    uint8_t len, proto;
    bool discard;
    uint32_t metric, ifindex;
};
void rtable_kernel(struct rtable *t, const struct rt_kernel *k, bool added);
/* Every next hop of the kernel's routes to net with that metric goes. */
void rtable_kernel_drop(struct rtable *t, const struct bgp_addr *net, unsigned len,
                        uint32_t metric);

/* Everything the kernel has is told between these; what was not mentioned has gone. */
void rtable_refresh_begin(struct rtable *t);
void rtable_refresh_end(struct rtable *t);

/* Replaces the names of interfaces, known by their addresses. */
void rtable_names(struct rtable *t, const struct speaker_addr *names, size_t n);
/* Replaces the static routes. */
void rtable_statics(struct rtable *t, const struct speaker_static *s, size_t n);

/* Finds out again where the next hops of static routes lead that are in other instances; look says
 * how one is reached there. A route that crosses rests on none that does, so that two tables do not
 * hold each other up. True: there is something to settle. */
bool rtable_cross(struct rtable *t,
                  struct rt_hop (*look)(void *arg, uint16_t vpn, const struct bgp_addr *a),
                  void *arg);

/* Draws the consequences. now: speaker_now() clock, for the age of routes. */
void rtable_settle(struct rtable *t, uint64_t now);

/* --- asking ---------------------------------------------------------------------------------- */

enum { RT_BY_DEFAULT = 1, RT_BY_BGP = 2 }; /* routes of length 0, routes of BGP may be used */
/* Where a is reached now. A route never leads to its own next hop. */
struct rt_hop rtable_resolve(struct rtable *t, const struct bgp_addr *a, unsigned how);
/* Tells of every change of rtable_resolve(t, a, how) from now on; counted. Callbacks may call both,
 * but feed nothing. */
struct rt_hop rtable_watch(struct rtable *t, const struct bgp_addr *a, unsigned how);
void rtable_unwatch(struct rtable *t, const struct bgp_addr *a);

/* The next hops of own static routes the kernel should have for one destination. */
#define RT_HOPS 32
struct rt_install {
    struct bgp_addr net;
    uint8_t len, preference;
    bool discard;
    unsigned n;
    struct rt_install_hop {
        struct bgp_addr gateway;
        uint32_t ifindex;
        bool onlink; /* the gateway is in no subnet of the interface */
    } hop[RT_HOPS];
};
void rtable_wanted(struct rtable *t, void (*fn)(void *arg, const struct rt_install *r), void *arg);
/* The kernel has (or has lost) the own routes to a destination. */
void rtable_installed(struct rtable *t, const struct bgp_addr *net, unsigned len, bool yes);

/* For displays; see speaker.h. */
size_t rtable_list(struct rtable *t, struct speaker_route_query *q, struct speaker_route *out,
                   size_t max);
void rtable_counts(const struct rtable *t, uint8_t af, struct speaker_route_counts *out);
size_t rtable_links(const struct rtable *t, struct speaker_link *out, size_t max);

#endif
