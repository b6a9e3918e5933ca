/*
 * The routes of one IP routing table as displays want them: those the host uses and, where it has
 * none to a network, those that BGP has selected. They come in order of address and length, one by
 * one, from batches of the bgp thread; nothing of the table is held.
 */
#ifndef VRPSH_IP_ROUTES_H
#define VRPSH_IP_ROUTES_H

#include "cli/session.h"

struct ip_route {
    struct speaker_route route;
    const char *proto;         /* its name in displays; static */
    struct bgp_addr neighbour; /* the peer it is from; af 0: none */
    uint32_t label;            /* received; UINT32_MAX: none */
    bool crossed;              /* leads into another VPN instance */
    bool bgp;                  /* selected by BGP, not the host's: packets do not follow it */
};

struct ip_routes;
/* The query as for speaker_routes(), not started; longer, with exact: also what the network covers.
 * NULL: out of memory. Must end before the speaker stops. */
struct ip_routes *ip_routes_new(struct session *s, const struct speaker_route_query *q,
                                bool longer);
/* NULL: no more. What it returns lives until the next call. */
const struct ip_route *ip_routes_next(struct ip_routes *t);
void ip_routes_free(struct ip_routes *t);

/* The name of a protocol of the host. */
const char *ip_proto_name(unsigned proto);

#endif
