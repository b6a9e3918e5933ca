/*
 * The registry of next hops: whether each can be reached and at what IGP cost.
 *
 * Attribute sets name next hops by id. What the engine has said of an address holds for every next
 * hop with it, so it stands in a record of its own; of an address the engine has said nothing
 * about, the default is assumed: reachable at cost 0, so that a speaker without a routing table
 * works.
 *
 * Peers choose next hops: nothing here costs more when there are many.
 */
#ifndef VRPSH_BGP_RIB_NEXTHOP_H
#define VRPSH_BGP_RIB_NEXTHOP_H

#include <uthash.h>

#include "bgp/bgp.h"
#include "bgp/wire/mp.h"

struct hop_addr {
    struct bgp_addr addr; /* key */
    uint32_t refs;        /* next hops with it */
    struct bgp_hop hop;
    UT_hash_handle hh;
};

struct next_hop {
    struct bgp_next_hop nh; /* key */
    uint32_t id, refs;
    struct hop_addr *at;
    UT_hash_handle hh;
};

struct next_hops {
    struct next_hop **at; /* by id, NULL where free */
    uint32_t used, room, last;
    uint32_t *spare; /* free ids; there is always room for all of them */
    uint32_t nspare;
    struct next_hop *index;
    struct hop_addr *addrs;
};

void next_hops_clear(struct next_hops *s);
/* The id of nh with one more reference. fresh: no other next hop has its address. */
uint32_t next_hop_get(struct next_hops *s, const struct bgp_next_hop *nh, bool *fresh);
/* True: it was the last reference to the last next hop with its address. */
bool next_hop_drop(struct next_hops *s, uint32_t id);
/* The record of an address, or NULL: no next hop has it. */
struct hop_addr *next_hop_addr(const struct next_hops *s, const struct bgp_addr *addr);

static inline struct next_hop *next_hop_at(const struct next_hops *s, uint32_t id)
{
    return s->at[id];
}

#endif
