/*
 * Capabilities (RFC 5492): one descriptor each in the table of caps.c.
 *
 * Only what the speaker does is in the table: a capability is offered once its behaviour exists.
 * Capabilities outside the table are skipped, which RFC 5492 section 3 asks for.
 */
#ifndef VRPSH_BGP_WIRE_CAPS_H
#define VRPSH_BGP_WIRE_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "bgp/types.h"
#include "bgp/wire/cursor.h"

/* The capabilities of one OPEN, ours or the peer's. */
struct bgp_caps {
    uint8_t families;             /* capability 1: bit 1 << enum bgp_family */
    bool mp;                      /* capability 1 occurred, for whatever family */
    bool refresh;                 /* 2 */
    uint8_t hop6;                 /* 5: families of IPv4 for which an IPv6 next hop is understood */
    bool extended;                /* 6 */
    uint8_t labels[BGP_FAMILIES]; /* 8: how many a prefix may have, above 1; 0: not said */
    bool enhanced;                /* 70 */
    bool eor;                     /* 64: End-of-RIB is sent and understood */
    bool has_as4;                 /* 65 */
    bool as4_zero;                /* 65 occurred with AS 0, which RFC 7607 forbids */
    uint32_t as4;                 /* 65: the AS; the last one when it occurs twice */
};

/* Reads the value of a capabilities parameter to its end. False: malformed, 2/0. */
bool bgp_caps_decode(struct bgp_cursor *c, struct bgp_caps *out);
void bgp_caps_encode(struct bgp_writer *w, const struct bgp_caps *caps);

#endif
