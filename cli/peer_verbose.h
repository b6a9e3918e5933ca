/* "display bgp peer verbose": one peer in VRP's layout (reference B1.3). */
#ifndef VRPSH_PEER_VERBOSE_H
#define VRPSH_PEER_VERBOSE_H

#include "cli/session.h"

void peer_verbose(struct session *s, const struct bgp_peer_view *v);

#endif
