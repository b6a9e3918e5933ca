/*
 * Next hops of BGP routes, told to the speaker library from the routing table: each is watched
 * while some route has it, and only those that change are told again.
 *
 * The library asks when a route with a new next hop comes, while it is at work: it is answered from
 * the table and never called then. Used by the bgp thread only.
 */
#ifndef VRPSH_NET_NEXT_HOPS_H
#define VRPSH_NET_NEXT_HOPS_H

#include "bgp/bgp.h"
#include "engine/net/rtable.h"

struct next_hop_watch;

/* From now on b asks the watch, which looks into the table of the next hop's instance; table_of may
 * know none. */
struct next_hop_watch *
next_hop_watch_new(struct bgp *b, struct rtable *(*table_of)(void *arg, uint16_t vpn), void *arg);
void next_hop_watch_free(struct next_hop_watch *w);
/* For rt_ops: a next hop has changed. */
void next_hop_watch_tell(struct next_hop_watch *w, const struct bgp_addr *a,
                         const struct rt_hop *h);

#endif
