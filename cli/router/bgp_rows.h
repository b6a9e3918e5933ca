/* Rows of peers and what stands above them, for every display that lists peers. */
#ifndef VRPSH_BGP_ROWS_H
#define VRPSH_BGP_ROWS_H

#include "cli/session.h"

/* "Established", "No neg", "Idle(Admin)". */
const char *bgp_peer_state(const struct bgp_peer_view *v, enum bgp_family f);
bool bgp_peer_up(const struct bgp_peer_view *v, enum bgp_family f);
/* All messages of one direction. */
uint32_t bgp_peer_messages(const uint32_t *counters);
/* What waits to be sent: messages that TCP has not taken, and routes the peer is behind by. */
uint64_t bgp_peer_queued(const struct bgp_peer_view *v, enum bgp_family f);
/* One peer as an object of a list: address, AS, state, counters. */
void bgp_peer_fields(struct session *s, const struct bgp_peer_view *v, enum bgp_family f);
/* " BGP local router ID : ...", " Local AS number : ...", that which the peers of a family see in a
 * VPN instance (0: the public network). */
void bgp_identity(struct session *s, uint16_t vpn, enum bgp_family f);
uint32_t bgp_local_as(struct session *s, uint16_t vpn, enum bgp_family f);
const char *bgp_as(struct session *s, uint32_t as, char buf[16]);

#endif
