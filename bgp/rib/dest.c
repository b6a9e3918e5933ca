/* The hash of destinations; see the header. */
#include "bgp/rib/dest.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { FIRST_SLOTS = 1024 };

void dests_init(struct dests *d, enum bgp_family family)
{
    d->octets = bgp_key_octets(family);
    slab_init(&d->slab, (sizeof(struct dest) + d->octets + 3) & ~(size_t)3);
    d->mask = FIRST_SLOTS - 1;
    d->slots = rib_resize(NULL, 0, FIRST_SLOTS * sizeof *d->slots);
}

void dests_clear(struct dests *d)
{
    slab_clear(&d->slab);
    rib_resize(d->slots, (d->mask + (size_t)1) * sizeof *d->slots, 0);
    d->slots = NULL;
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
    uint64_t slot;

    for (uint32_t i = hash & d->mask; (slot = d->slots[i]) != 0; i = (i + 1) & d->mask)
        if (slot >> 32 == hash && same(d, dest_at(d, (uint32_t)slot), key, len))
            return (uint32_t)slot;
    return 0;
}

static void grow(struct dests *d)
{
    size_t n = (size_t)d->mask + 1;
    uint64_t *slots = rib_resize(NULL, 0, 2 * n * sizeof *slots);
    uint32_t mask = (uint32_t)(2 * n - 1), k;

    for (size_t i = 0; i < n; i++) {
        if (d->slots[i] == 0)
            continue;
        k = (uint32_t)(d->slots[i] >> 32) & mask;
        while (slots[k] != 0)
            k = (k + 1) & mask;
        slots[k] = d->slots[i];
    }
    rib_resize(d->slots, n * sizeof *slots, 0);
    d->slots = slots;
    d->mask = mask;
}

uint32_t dest_make(struct dests *d, const uint8_t *key, unsigned len, uint32_t hash)
{
    uint32_t id, i = hash & d->mask;
    struct dest *e;

    for (uint64_t slot; (slot = d->slots[i]) != 0; i = (i + 1) & d->mask)
        if (slot >> 32 == hash && same(d, dest_at(d, (uint32_t)slot), key, len))
            return (uint32_t)slot;
    id = slab_new(&d->slab);
    e = dest_at(d, id);
    e->len = (uint8_t)len;
    e->flags = DEST_LIVE;
    memcpy(e->key, key, d->octets);
    d->slots[i] = (uint64_t)hash << 32 | id;
    if (d->slab.live > d->mask / 4 * 3)
        grow(d);
    return id;
}

void dest_remove(struct dests *d, uint32_t id)
{
    struct dest *e = dest_at(d, id);
    uint32_t i = dest_hash(d, e->key, e->len) & d->mask, hole;

    while ((uint32_t)d->slots[i] != id)
        i = (i + 1) & d->mask;
    for (hole = i;;) {
        uint32_t home;

        i = (i + 1) & d->mask;
        if (d->slots[i] == 0)
            break;
        home = (uint32_t)(d->slots[i] >> 32) & d->mask;
        if (((i - home) & d->mask) >= ((i - hole) & d->mask)) {
            d->slots[hole] = d->slots[i];
            hole = i;
        }
    }
    d->slots[hole] = 0;
    e->flags = 0;
    slab_free(&d->slab, id);
}
