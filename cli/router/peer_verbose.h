/* "display bgp peer verbose": one peer in VRP's layout (reference B1.3). */
#ifndef VRPSH_PEER_VERBOSE_H
#define VRPSH_PEER_VERBOSE_H

#include "cli/session.h"

/* f: the family the display is about. */
void peer_verbose(struct session *s, const struct bgp_peer_view *v, enum bgp_family f);

#endif
