/*
 * Next hops of BGP routes, told to the speaker library from the routing table: each is watched
 * while some route has it, and only those that change are told again.
 *
 * The library names next hops while it is at work and may not be called then, so they are noted
 * and looked up on the next turn of the loop. Used by the bgp thread only.
 */
#ifndef VRPSH_NET_NEXT_HOPS_H
#define VRPSH_NET_NEXT_HOPS_H

#include "bgp/bgp.h"
#include "engine/net/rtable.h"

struct next_hop_watch;

/* From now on b names its next hops to the watch. */
struct next_hop_watch *next_hop_watch_new(struct bgp *b);
void next_hop_watch_free(struct next_hop_watch *w);
/* Looks up what has been named since, each in the table of its instance; table_of may know none.
 * True: there was something. */
bool next_hop_watch_turn(struct next_hop_watch *w,
                         struct rtable *(*table_of)(void *arg, uint16_t vpn), void *arg);
/* For rt_ops: a next hop has changed. */
void next_hop_watch_tell(struct next_hop_watch *w, const struct bgp_addr *a,
                         const struct rt_hop *h);

#endif
