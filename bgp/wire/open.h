/*
 * The OPEN message (RFC 4271 4.2 and 6.2) with optional parameters in both forms (RFC 5492, 9072).
 *
 * Pure functions. What depends on configuration (the expected AS, our identifier, the minimum hold
 * time) is checked by the session; what is wrong in any OPEN is refused here.
 */
#ifndef VRPSH_BGP_WIRE_OPEN_H
#define VRPSH_BGP_WIRE_OPEN_H

#include "bgp/wire/caps.h"
#include "bgp/wire/frame.h"

enum { BGP_AS_TRANS = 23456 }; /* RFC 6793 */

struct bgp_open {
    uint32_t as;    /* decoded: capability 65 when present, else the header field */
    uint32_t id;    /* host order */
    uint16_t hold;  /* s */
    bool no_params; /* encode: leave optional parameters out */
    struct bgp_caps caps;
};

/* body: the message without its header. False: *f says what to send. */
bool bgp_open_decode(struct bgp_cursor body, struct bgp_open *out, struct bgp_fault *f);

/* Writes the whole message to buf; returns its length, 0 if it does not fit into n. */
size_t bgp_open_encode(const struct bgp_open *open, uint8_t *buf, size_t n);

/* Writes the optional parameters field, length octets included, with caps (ncaps octets) as one
 * capabilities parameter; the extended form of RFC 9072 when the short one cannot hold it. */
void bgp_open_put_params(struct bgp_writer *w, const uint8_t *caps, size_t ncaps);

#endif
