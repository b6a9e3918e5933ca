/*
 * Destinations of one table: fixed-size records found by their key through an index. There is no
 * order; displays sort when somebody looks.
 *
 * A destination lives as long as it has a path or an update group has told somebody of it; then it
 * is collected (group.c). Ids are reused, so Adj-RIB-Out arrays stay dense.
 */
#ifndef VRPSH_BGP_RIB_DEST_H
#define VRPSH_BGP_RIB_DEST_H

#include "bgp/rib/index.h"
#include "bgp/rib/slab.h"
#include "bgp/wire/nlri.h"

enum {
    DEST_LIVE = 1,   /* the record is in use */
    DEST_GARBAGE = 2 /* in the list of those to be collected */
};

struct dest {
    uint32_t path; /* first path; the best one, when there is one, is always first */
    uint8_t len;   /* prefix bits */
    uint8_t flags;
    uint8_t spare[2];
    uint8_t key[]; /* bgp_key_octets(family) */
};

struct dests {
    struct slab slab;
    struct index index;
    unsigned octets; /* of a key */
};

void dests_init(struct dests *d, enum bgp_family family);
void dests_clear(struct dests *d);

/* The hash of a key; hand it on to the two functions below, and prefetch in between. */
uint32_t dest_hash(const struct dests *d, const uint8_t *key, unsigned len);
uint32_t dest_find(const struct dests *d, const uint8_t *key, unsigned len, uint32_t hash);
/* Finds or makes. */
uint32_t dest_make(struct dests *d, const uint8_t *key, unsigned len, uint32_t hash);
void dest_remove(struct dests *d, uint32_t id);

static inline struct dest *dest_at(const struct dests *d, uint32_t id)
{
    return slab_at(&d->slab, id);
}

static inline void dest_prefetch_slot(const struct dests *d, uint32_t hash)
{
    index_prefetch(&d->index, hash);
}

static inline void dest_prefetch_record(const struct dests *d, uint32_t hash)
{
    uint32_t at = hash, id;

    if (index_next(&d->index, hash, &at, &id))
        __builtin_prefetch(slab_at(&d->slab, id));
}

#endif
