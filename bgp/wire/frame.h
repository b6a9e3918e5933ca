/*
 * Message framing: the 19-octet header of RFC 4271 4.1 and its checks (6.1).
 *
 * A header is judged alone and as early as its octets allow: marker, then length, then type, so
 * that nothing is allocated or waited for on behalf of a length that is not allowed.
 */
#ifndef VRPSH_BGP_WIRE_FRAME_H
#define VRPSH_BGP_WIRE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bgp/wire/cursor.h"

enum {
    BGP_HEADER = 19,      /* octets */
    BGP_MARKER = 16,      /* of which the marker */
    BGP_LONGEST = 4096,   /* a message, unless RFC 8654 was agreed */
    BGP_EXTENDED = 65535, /* a message once it was; never an OPEN or KEEPALIVE */
    BGP_FAULT_DATA = 130  /* octets a NOTIFICATION of ours carries at most */
};

enum { /* NOTIFICATION codes (RFC 4271 4.5, 7313, 9687) and the subcodes this room sends */
       BGP_ERR_HEADER = 1,
       BGP_ERR_OPEN = 2,
       BGP_ERR_UPDATE = 3,
       BGP_ERR_HOLD = 4,
       BGP_ERR_FSM = 5,
       BGP_ERR_CEASE = 6,
       BGP_ERR_REFRESH = 7,
       BGP_ERR_SEND_HOLD = 8,

       BGP_REFRESH_LENGTH = 1,

       BGP_HEADER_SYNC = 1,
       BGP_HEADER_LENGTH = 2,
       BGP_HEADER_TYPE = 3,

       BGP_OPEN_MALFORMED = 0,
       BGP_OPEN_VERSION = 1,
       BGP_OPEN_AS = 2,
       BGP_OPEN_ID = 3,
       BGP_OPEN_PARAMETER = 4,
       BGP_OPEN_HOLD = 6,
       BGP_OPEN_CAPABILITY = 7,

       BGP_UPDATE_MALFORMED = 1,
       BGP_UPDATE_WELL_KNOWN = 2, /* unrecognised */
       BGP_UPDATE_OPTIONAL = 9,
       BGP_UPDATE_NETWORK = 10,

       BGP_CEASE_SHUTDOWN = 2, /* RFC 4486 */
       BGP_CEASE_REMOVED = 3,
       BGP_CEASE_RESET = 4,
       BGP_CEASE_REJECTED = 5,
       BGP_CEASE_CONFIG = 6,
       BGP_CEASE_COLLISION = 7
};

/* What is wrong with a message: the NOTIFICATION to send for it. */
struct bgp_fault {
    uint8_t code, subcode;
    uint8_t ndata;
    uint8_t data[BGP_FAULT_DATA];
};

/* Fills f without data and returns false, for "return bgp_fault(...)". */
bool bgp_fault(struct bgp_fault *f, unsigned code, unsigned subcode);

/* Judges the first n octets of a message, n at least 1 and possibly less than a header. longest is
 * BGP_LONGEST or BGP_EXTENDED; enhanced: RFC 7313 was agreed, which judges the length of a
 * ROUTE-REFRESH by its subtype. True: nothing wrong so far; *len and *type are set when n covers
 * the header, else *len is 0. False: *f says what to send. */
bool bgp_frame_check(const uint8_t *bytes, size_t n, size_t longest, bool enhanced, size_t *len,
                     uint8_t *type, struct bgp_fault *f);

/* Starts a message; bgp_frame_end() writes its length. Returns that length, 0 if it did not fit. */
void bgp_frame_begin(struct bgp_writer *w, uint8_t type);
size_t bgp_frame_end(struct bgp_writer *w);

#endif
