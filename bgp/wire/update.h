/*
 * UPDATE framing (RFC 4271 4.3, 6.3), End-of-RIB (RFC 4724 section 2) and ROUTE-REFRESH (RFC 2918,
 * RFC 7313).
 *
 * An UPDATE is cut into its three parts here; what the parts mean belongs to the readers of paths
 * and prefixes, which start from the cursors this file hands out.
 */
#ifndef VRPSH_BGP_WIRE_UPDATE_H
#define VRPSH_BGP_WIRE_UPDATE_H

#include "bgp/types.h"
#include "bgp/wire/frame.h"

enum bgp_refresh_subtype {
    BGP_REFRESH_ASKS,
    BGP_REFRESH_BEGINS, /* BoRR */
    BGP_REFRESH_ENDS    /* EoRR */
};

struct bgp_update {
    struct bgp_cursor withdrawn, attributes, nlri;
};

/* body: the message without its header. False: the lengths do not add up, *f is 3/1. */
bool bgp_update_split(struct bgp_cursor body, struct bgp_update *out, struct bgp_fault *f);

/* Whole messages into buf; return the length. 64 octets are enough for either. */
size_t bgp_end_of_rib_encode(enum bgp_family family, uint8_t *buf, size_t n);
size_t bgp_refresh_encode(enum bgp_family family, enum bgp_refresh_subtype subtype, uint8_t *buf,
                          size_t n);

#endif
