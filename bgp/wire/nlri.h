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
    BGP_RD = 8,                               /* octets of a route distinguisher */
    BGP_KEY = BGP_RD + 16,                    /* longest key */
    BGP_LABEL = 3,                            /* octets of a label on the wire */
    BGP_LABELS_MOST = 10,                     /* a length of 255 bits holds no more */
    BGP_NLRI_LONGEST = 1 + BGP_LABEL + 8 + 16 /* octets on the wire, with one label */
};

struct bgp_nlri {
    uint32_t label;          /* the three octets as received: 20 bits of label, 3 of EXP, S */
    uint8_t len;             /* of the prefix, bits */
    struct bgp_cursor stack; /* labels below the first, in the field that was read */
    uint8_t key[BGP_KEY];    /* bgp_key_octets() of it are used, the rest is zero */
};

/* Octets of a key of the family. */
unsigned bgp_key_octets(enum bgp_family family);

/* Whether the field holds nothing but prefixes of the family. Read it once before acting. stacks:
 * the S bit says where the labels end (RFC 8277 2.3); else there is one, whatever its S bit (2.2).
 * Withdrawn prefixes have one field in place of the labels in either case (2.4). */
bool bgp_nlri_check(struct bgp_cursor field, enum bgp_family family, bool stacks);
/* Reads the next prefix. False: none is left, or the rest is malformed and field->bad. */
bool bgp_nlri_next(struct bgp_cursor *field, enum bgp_family family, bool stacks,
                   struct bgp_nlri *out);
/* Writes a prefix; for families that have labels with its label, S bit included, and those below.
 */
void bgp_nlri_put(struct bgp_writer *w, enum bgp_family family, const uint8_t *key, unsigned len,
                  uint32_t label, struct bgp_cursor stack);

enum { BGP_LABEL_WITHDRAWN = 0x800000 }; /* RFC 8277 2.4 */

#endif
