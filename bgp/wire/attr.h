/*
 * Path attributes (RFC 4271 4.3 and 5, RFC 7606): one descriptor each in the table of attr.c.
 *
 * Decoding turns the attribute field of an UPDATE into a canonical block: attributes in order of
 * their codes, each once, AS numbers in four octets, AS4_* merged, flags as the sender should have
 * set them, without next hop and MP attributes, which are handed out beside it. Routes with equal
 * blocks and next hops have equal attributes, so a block can be hashed, compared and shared.
 *
 * A wrong attribute is never more than a reaction from the table; decoding always goes to the end
 * of the field. Adding an attribute is adding a descriptor.
 */
#ifndef VRPSH_BGP_WIRE_ATTR_H
#define VRPSH_BGP_WIRE_ATTR_H

#include "bgp/wire/frame.h"

enum { /* flags */
       BGP_ATTR_OPTIONAL = 0x80,
       BGP_ATTR_TRANSITIVE = 0x40,
       BGP_ATTR_PARTIAL = 0x20,
       BGP_ATTR_LONG = 0x10
};

enum { /* codes */
       BGP_ATTR_ORIGIN = 1,
       BGP_ATTR_AS_PATH = 2,
       BGP_ATTR_NEXT_HOP = 3,
       BGP_ATTR_MED = 4,
       BGP_ATTR_LOCAL_PREF = 5,
       BGP_ATTR_ATOMIC_AGGREGATE = 6,
       BGP_ATTR_AGGREGATOR = 7,
       BGP_ATTR_COMMUNITY = 8,
       BGP_ATTR_ORIGINATOR_ID = 9,
       BGP_ATTR_CLUSTER_LIST = 10,
       BGP_ATTR_MP_REACH = 14,
       BGP_ATTR_MP_UNREACH = 15,
       BGP_ATTR_EXT_COMMUNITY = 16,
       BGP_ATTR_AS4_PATH = 17,
       BGP_ATTR_AS4_AGGREGATOR = 18,
       BGP_ATTR_PMSI_TUNNEL = 22,
       BGP_ATTR_TUNNEL_ENCAP = 23,
       BGP_ATTR_IPV6_EXT_COMMUNITY = 25,
       BGP_ATTR_AIGP = 26,
       BGP_ATTR_LARGE_COMMUNITY = 32,
       BGP_ATTR_OTC = 35,
       BGP_ATTR_PREFIX_SID = 40,
       BGP_ATTR_ATTR_SET = 128
};

enum { /* well-known communities, RFC 1997 */
       BGP_NO_EXPORT = 0xffffff01,
       BGP_NO_ADVERTISE = 0xffffff02,
       BGP_NO_EXPORT_SUBCONFED = 0xffffff03
};

/* What an error asks for, by strength (RFC 7606 section 2). */
enum bgp_reaction { BGP_TAKE, BGP_DISCARD, BGP_TREAT_AS_WITHDRAW, BGP_END_SESSION };

enum { BGP_BLOCK_MAX = 65535 }; /* octets of a canonical block */

struct bgp_attrs {
    enum bgp_reaction worst;          /* over all attributes */
    uint8_t worst_code;               /* of the attribute that asked for it */
    unsigned discarded;               /* attributes left out because of errors */
    struct bgp_fault fault;           /* with BGP_END_SESSION */
    uint64_t seen;                    /* bit per code below 64 that was present and usable */
    bool any;                         /* attributes other than MP_UNREACH were present */
    uint8_t next_hop[4];              /* when seen */
    struct bgp_cursor reach, unreach; /* values of the MP attributes, when seen */
    struct bgp_cursor block;          /* canonical */
    struct bgp_cursor path;           /* AS_PATH inside block */
};

static inline bool bgp_attrs_seen(const struct bgp_attrs *a, unsigned code)
{
    return a->seen >> code & 1;
}

/* Decodes field. external: from an EBGP peer; as4: four-octet session. room: where the block is
 * built, at least 2 * 65535 octets. */
void bgp_attrs_decode(struct bgp_cursor field, bool external, bool as4, uint8_t *room, size_t nroom,
                      struct bgp_attrs *out);

/* --- canonical blocks */

struct bgp_attr {
    uint8_t flags, code;
    struct bgp_cursor value;
};

/* Reads the next attribute of a block; also usable on a field from the wire. */
bool bgp_attr_next(struct bgp_cursor *block, struct bgp_attr *out);
/* The attribute of the code; false: absent. */
bool bgp_attr_find(struct bgp_cursor block, unsigned code, struct bgp_attr *out);
/* Header and value; the Extended Length flag follows from the length. */
void bgp_attr_put(struct bgp_writer *w, unsigned flags, unsigned code, const uint8_t *value,
                  size_t n);
void bgp_attr_put_u32(struct bgp_writer *w, unsigned flags, unsigned code, uint32_t value);
/* "AS_PATH"; NULL for a code without a descriptor. */
const char *bgp_attr_name(unsigned code);

#endif
