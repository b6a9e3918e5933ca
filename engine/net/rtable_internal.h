/* What the files of the routing table share: rtable.c feeds and asks, rtable_best.c decides,
 * rtable_view.c shows. */
#ifndef VRPSH_NET_RTABLE_INTERNAL_H
#define VRPSH_NET_RTABLE_INTERNAL_H

#include <uthash.h>

#include "engine/net/rtable.h"

struct rt_link {
    uint32_t ifindex;
    char name[16];
    bool admin, up;
    uint8_t gen;
    UT_hash_handle hh;
};

struct rt_address {
    struct rt_addr key; /* zero-filled: compared as octets */
    uint8_t gen;
    UT_hash_handle hh;
};

/* An own static route. */
struct rt_static {
    struct rt_static_key {
        struct bgp_addr net, nexthop;
        char ifname[40];
        uint8_t len;
        bool discard;
        uint16_t into; /* the instance that the next hop is in, 0: this one */
    } key;             /* zero-filled */
    uint8_t preference;
    bool permanent, inherit, silent, fibless, wanted;
    uint32_t tag;

    bool up, busy, fib; /* busy: being looked at further up the stack */
    uint32_t epoch;     /* of the settling that found out the rest */
    struct rt_hop hop;
    struct rt_hop there; /* how the next hop is reached in key.into */
    bool told_up;        /* up and hop when they were last told of */
    struct rt_hop told;
    uint64_t since;
    UT_hash_handle hh;
};

/* One next hop of a destination. */
struct rt_path {
    uint8_t proto, gen;
    bool discard, local;
    bool silent; /* BGP does not announce it */
    uint32_t metric, ifindex;
    struct bgp_addr gateway;
    struct bgp_addr address; /* DIRECT: the interface's address it comes from */
    struct rt_static *own;
    uint64_t since; /* 0: not yet settled */
};

struct rt_dest {
    struct ptree_node node; /* first */
    struct rt_path *paths;
    uint16_t npaths, room;
    bool dirty;
    struct rt_dest *dirty_next;
    /* what was told last */
    bool active;
    uint8_t proto;
    uint16_t nbest;
    struct rt_hop best;
};

struct rt_watch {
    struct bgp_addr addr;
    unsigned how, refs;
    struct rt_hop hop;
    UT_hash_handle hh;
};

struct rt_name {
    struct bgp_addr addr;
    char ifname[40];
    bool port;
    UT_hash_handle hh;
};

#define RT_FEW 64 /* changed destinations that are remembered one by one */

struct rtable {
    struct rt_ops ops;
    struct ptree tree[2]; /* IPv4, IPv6 */
    struct rt_link *links;
    struct rt_address *addrs;
    struct rt_static *statics;
    struct rt_watch *watches;
    struct rt_name *names; /* by address */
    struct rt_dest *dirty;
    bool all_dirty;     /* anything may have changed */
    bool statics_moved; /* statics must be looked at even if no destination has changed */
    struct {
        struct bgp_addr net;
        uint8_t len;
    } few[RT_FEW];
    unsigned nfew;
    uint8_t gen;
    uint32_t epoch;
    bool cut; /* a static route was not looked at, for it was being looked at */
    unsigned depth;
    struct speaker_route_counts counts[2];
};

static inline struct ptree *rt_tree(struct rtable *t, const struct bgp_addr *a)
{
    return &t->tree[a->af == 6];
}

struct rt_link *rt_find_link(const struct rtable *t, uint32_t ifindex);
/* The device that carries an address the configuration names so, or NULL. */
struct rt_link *rt_named_link(const struct rtable *t, const char *ifname);
bool rt_in_subnet(const struct rtable *t, uint32_t ifindex, const struct bgp_addr *a);
void rt_touch(struct rtable *t, struct rt_dest *d);
struct rt_dest *rt_dest_get(struct rtable *t, const struct bgp_addr *net, unsigned len);

bool rt_same_hop(const struct rt_hop *a, const struct rt_hop *b);

/* rtable_best.c */
/* How good a path is among those of its destination: the less the better. */
uint32_t rt_rank(const struct rt_path *p);
/* The best usable path of a destination, or NULL. */
struct rt_path *rt_best(struct rtable *t, struct rt_dest *d, unsigned how);
bool rt_usable(struct rtable *t, const struct rt_path *p, unsigned how);
/* The longest match of a that has a usable path; skip: not this one. */
struct rt_hop rt_lookup(struct rtable *t, const struct bgp_addr *a, unsigned how,
                        const struct rt_dest *skip);
/* Where the packets of a path to address a go. */
struct rt_hop rt_hop_of(const struct rt_path *p, const struct bgp_addr *a);
/* Looks at a static route again; true: it has changed. */
bool rt_review(struct rtable *t, struct rt_static *s);

#endif
