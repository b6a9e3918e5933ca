/*
 * Origination: routes of the IP routing table that BGP announces, because a "network" line names
 * them or an "import-route" line takes their protocol. Follows the table as it changes.
 *
 * Used by the bgp thread only.
 */
#ifndef VRPSH_NET_ORIGIN_H
#define VRPSH_NET_ORIGIN_H

#include "engine/net/rtable.h"

struct origin;

/* vpn: the instance whose routes they become, 0 public. */
struct origin *origin_new(struct bgp *b, uint16_t vpn);
void origin_free(struct origin *o);
/* Replaces what is announced, by what the list has for the instance, and looks through the whole
 * table. forget: BGP starts anew, nothing of before is announced any more. */
void origin_set(struct origin *o, struct rtable *t, const struct speaker_origin *list, size_t n,
                bool forget);
/* The table is another one. */
void origin_look(struct origin *o, struct rtable *t);
/* For rt_ops: the best route to a destination has changed. */
void origin_route(struct origin *o, const struct speaker_route *r, bool gone);

#endif
