/*
 * Prefixes on the wire (RFC 4271 4.3, 4760 5, 8277, 4364, 4659): one reader and one writer for
 * every family.
 *
 * A prefix is known inside the speaker by its key: the route distinguisher, if the family has one,
 * then the address with the bits beyond the length cleared. The label is not part of the key.
 */
#ifndef VRPSH_BGP_WIRE_NLRI_H
#define VRPSH_BGP_WIRE_NLRI_H

#include "bgp/types.h"
#include "bgp/wire/cursor.h"

enum {
    BGP_RD = 8,                       /* octets of a route distinguisher */
    BGP_KEY = BGP_RD + 16,            /* longest key */
    BGP_NLRI_LONGEST = 1 + 3 + 8 + 16 /* octets on the wire */
};

struct bgp_nlri {
    uint32_t label;       /* the three octets as received: 20 bits of label, 3 of EXP, S */
    uint8_t len;          /* of the prefix, bits */
    uint8_t key[BGP_KEY]; /* bgp_key_octets() of it are used, the rest is zero */
};

/* Octets of a key of the family. */
unsigned bgp_key_octets(enum bgp_family family);

/* Whether the field holds nothing but prefixes of the family. Read it once before acting. */
bool bgp_nlri_check(struct bgp_cursor field, enum bgp_family family);
/* Reads the next prefix. False: none is left, or the rest is malformed and field->bad. */
bool bgp_nlri_next(struct bgp_cursor *field, enum bgp_family family, struct bgp_nlri *out);
/* Writes a prefix; label with its S bit for families that have one. */
void bgp_nlri_put(struct bgp_writer *w, enum bgp_family family, const uint8_t *key, unsigned len,
                  uint32_t label);

enum { BGP_LABEL_WITHDRAWN = 0x800000 }; /* RFC 8277 2.4 */

#endif
