/*
 * MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760), with the next hops of every family.
 */
#ifndef VRPSH_BGP_WIRE_MP_H
#define VRPSH_BGP_WIRE_MP_H

#include "bgp/types.h"
#include "bgp/wire/cursor.h"

/* A next hop without the zero route distinguisher VPN families put before it. */
struct bgp_next_hop {
    struct bgp_addr addr;
    uint8_t link_local[16]; /* RFC 2545; zero: none */
};

/* What was agreed with the peer about reading these attributes: bits of families. */
struct bgp_mp_rules {
    uint8_t stacks; /* prefixes may have several labels (RFC 8277 2.1) */
    uint8_t hop6;   /* IPv4 prefixes may have an IPv6 next hop (RFC 8950) */
};

enum bgp_mp_result {
    BGP_MP_OK,
    BGP_MP_FOREIGN, /* a family the speaker does not know */
    BGP_MP_BAD      /* next hop of a wrong length, or prefixes that cannot be found */
};

struct bgp_mp {
    enum bgp_family family;
    struct bgp_next_hop next_hop; /* of MP_REACH */
    struct bgp_cursor nlri;       /* checked */
};

enum bgp_mp_result bgp_mp_reach_decode(struct bgp_cursor value, const struct bgp_mp_rules *rules,
                                       struct bgp_mp *out);
enum bgp_mp_result bgp_mp_unreach_decode(struct bgp_cursor value, struct bgp_mp *out);

/* Whether the address can be that of a router (RFC 4271 6.3): not that of a host's own loop or of a
 * group. :: counts, for there are speakers whose routes have it; the routing table knows better. */
bool bgp_next_hop_names(const struct bgp_addr *a);
/* Octets the next hop takes in MP_REACH of the family, without its length. */
unsigned bgp_next_hop_octets(enum bgp_family family, const struct bgp_next_hop *nh);
/* Writes AFI, SAFI, next hop and the reserved octet; the prefixes follow. */
void bgp_mp_reach_head(struct bgp_writer *w, enum bgp_family family, const struct bgp_next_hop *nh);

#endif
