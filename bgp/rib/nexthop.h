/*
 * The registry of next hops: whether each can be reached and at what IGP cost.
 *
 * Attribute sets name next hops by id. What the engine has said of an address holds for every next
 * hop with it; of an address the engine has said nothing about, the default is assumed: reachable
 * at cost 0, so that a speaker without a routing table works.
 */
#ifndef VRPSH_BGP_RIB_NEXTHOP_H
#define VRPSH_BGP_RIB_NEXTHOP_H

#include <uthash.h>

#include "bgp/wire/mp.h"

struct next_hop {
    struct bgp_next_hop nh; /* key */
    uint32_t id, refs;
    uint32_t cost;
    uint8_t reach; /* enum bgp_reach */
    UT_hash_handle hh;
};

struct next_hops {
    struct next_hop **at; /* by id, NULL where free */
    uint32_t used, room, last;
    struct next_hop *index;
};

void next_hops_clear(struct next_hops *s);
/* The id of nh with one more reference. */
uint32_t next_hop_get(struct next_hops *s, const struct bgp_next_hop *nh, bool *fresh);
/* True: it was the last reference, the next hop is gone. */
bool next_hop_drop(struct next_hops *s, uint32_t id);

static inline struct next_hop *next_hop_at(const struct next_hops *s, uint32_t id)
{
    return s->at[id];
}

#endif
