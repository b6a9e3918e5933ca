/*
 * Attribute sets: canonical blocks with their next hop, each kept once.
 *
 * The labels below the first one (RFC 8277 2.3) are part of a set: they are rare, and a set is what
 * equal ones can share.
 *
 * A set is named by a 32-bit id and counted; equal sets have equal ids, so comparing routes is
 * comparing ids. What route selection and export rules ask of every route is decoded once, when a
 * set is new; what only reflected ones have is looked up in the block: a set stays small.
 * A pointer to a set stays valid as long as a reference to it is held.
 */
#ifndef VRPSH_BGP_RIB_ATTRSET_H
#define VRPSH_BGP_RIB_ATTRSET_H

#include "bgp/rib/index.h"
#include "bgp/rib/pool.h"
#include "bgp/rib/slab.h"
#include "bgp/wire/nlri.h"

enum { /* facts of a set */
       SET_MED = 1,
       SET_LOCAL_PREF = 2,
       SET_ORIGINATOR = 4,
       SET_NO_EXPORT = 8, /* also NO_EXPORT_SUBCONFED: there are no confederations here */
       SET_NO_ADVERTISE = 16,
       SET_CLUSTERS = 32
};

struct attrset {
    uint32_t refs, hash;
    uint32_t next_hop; /* id in the registry of next hops */
    uint32_t med, local_pref;
    uint32_t neighbour;   /* AS, 0 none */
    uint16_t path_length; /* ASes that count */
    uint16_t len;         /* of the block */
    uint16_t split;       /* end of ORIGIN and AS_PATH inside the block */
    uint8_t origin, facts;
    uint8_t deeper;  /* labels below the first */
    uint8_t block[]; /* then the labels, as on the wire */
};

struct attrsets {
    struct attrset **at; /* by id */
    uint32_t used, room, free;
    uint32_t live;
    uint32_t freed; /* how many have gone, over and over: no id is reused while it stays */
    size_t octets;  /* of all live sets */
    struct index index;
    struct pool pool; /* where they are */
};

void attrsets_init(struct attrsets *s);
void attrsets_clear(struct attrsets *s);
/* The set with this block, next hop and labels, made if it is new, with one reference for the
 * caller. *fresh says whether it was made: only then the set takes over a reference to next_hop. */
uint32_t attrset_get(struct attrsets *s, struct bgp_cursor block, struct bgp_cursor stack,
                     uint32_t next_hop, bool *fresh);
/* Gives up n references. Returns the next hop of a set that went with them, else 0. */
uint32_t attrset_drop(struct attrsets *s, uint32_t id, uint32_t n);

static inline struct attrset *attrset_at(const struct attrsets *s, uint32_t id)
{
    return s->at[id];
}

static inline void attrset_hold(struct attrsets *s, uint32_t id, uint32_t n)
{
    s->at[id]->refs += n;
}

static inline struct bgp_cursor attrset_block(const struct attrset *a)
{
    return bgp_cursor_on(a->block, a->len);
}

static inline struct bgp_cursor attrset_stack(const struct attrset *a)
{
    return bgp_cursor_on(a->block + a->len, a->deeper * (size_t)BGP_LABEL);
}

/* ORIGINATOR_ID, or id when there is none. */
uint32_t attrset_originator(const struct attrset *a, uint32_t id);
/* CLUSTER_LIST, empty when there is none. */
struct bgp_cursor attrset_clusters(const struct attrset *a);

#endif
