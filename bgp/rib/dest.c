/* The hash of destinations; see the header. */
#include "bgp/rib/dest.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { AHEAD = 16 };

void dests_init(struct dests *d, enum bgp_family family)
{
    d->octets = bgp_key_octets(family);
    slab_init(&d->slab, (sizeof(struct dest) + d->octets + 3) & ~(size_t)3);
    index_init(&d->index);
}

void dests_clear(struct dests *d)
{
    slab_clear(&d->slab);
    index_clear(&d->index);
}

uint32_t dest_hash(const struct dests *d, const uint8_t *key, unsigned len)
{
    uint64_t h;

    if (d->octets == 4) {
        uint32_t k;

        memcpy(&k, key, sizeof k);
        h = ((uint64_t)len << 32 | k) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
        h *= 0xbf58476d1ce4e5b9u;
    } else {
        h = XXH3_64bits_withSeed(key, d->octets, len);
    }
    return (uint32_t)(h >> 32);
}

static bool same(const struct dests *d, const struct dest *e, const uint8_t *key, unsigned len)
{
    uint32_t a, b;

    if (e->len != len)
        return false;
    if (d->octets != 4)
        return memcmp(e->key, key, d->octets) == 0;
    memcpy(&a, e->key, sizeof a);
    memcpy(&b, key, sizeof b);
    return a == b;
}

uint32_t dest_find(const struct dests *d, const uint8_t *key, unsigned len, uint32_t hash)
{
    uint32_t at = hash, id;

    while (index_next(&d->index, hash, &at, &id))
        if (same(d, dest_at(d, id), key, len))
            return id;
    return 0;
}

/* The records are read in their order; their slots are asked for some records ahead. */
static void restart(struct dests *d)
{
    uint32_t hash[AHEAD];

    index_restart(&d->index, d->slab.live);
    for (uint32_t id = 1; id < d->slab.used + AHEAD; id++) {
        uint32_t put = id - AHEAD, *h = &hash[id % AHEAD];

        if (id > AHEAD && dest_at(d, put)->flags & DEST_LIVE)
            index_put(&d->index, *h, put);
        if (id < d->slab.used) {
            *h = dest_hash(d, dest_at(d, id)->key, dest_at(d, id)->len);
            index_prefetch(&d->index, *h);
        }
    }
}

uint32_t dest_make(struct dests *d, const uint8_t *key, unsigned len, uint32_t hash)
{
    uint32_t id = dest_find(d, key, len, hash);
    struct dest *e;

    if (id != 0)
        return id;
    if (index_full(&d->index))
        restart(d);
    id = slab_new(&d->slab);
    e = dest_at(d, id);
    e->len = (uint8_t)len;
    e->flags = DEST_LIVE;
    memcpy(e->key, key, d->octets);
    index_put(&d->index, hash, id);
    return id;
}

void dest_remove(struct dests *d, uint32_t id)
{
    struct dest *e = dest_at(d, id);

    index_remove(&d->index, dest_hash(d, e->key, e->len), id);
    e->flags = 0;
    slab_free(&d->slab, id);
}
