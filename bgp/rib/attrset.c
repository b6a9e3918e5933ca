/* Interning of attribute sets; see the header. */
#include "bgp/rib/attrset.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bgp/wire/aspath.h"
#include "bgp/wire/attr.h"

enum { AHEAD = 8, NEARLY_GONE = 3 /* references, when the slot is asked for early */ };

void attrsets_init(struct attrsets *s)
{
    *s = (struct attrsets){.used = 1};
    index_init(&s->index);
}

static size_t octets(const struct attrset *a)
{
    return offsetof(struct attrset, block) + a->len + attrset_stack(a).left;
}

/* Free ids are chained through the pointers, which are odd then. */
static bool live(const struct attrsets *s, uint32_t id)
{
    return ((uintptr_t)s->at[id] & 1) == 0;
}

void attrsets_clear(struct attrsets *s)
{
    for (uint32_t id = 1; id < s->used; id++)
        if (live(s, id))
            pool_free(&s->pool, s->at[id], octets(s->at[id]));
    pool_clear(&s->pool);
    rib_resize(s->at, s->room * sizeof(struct attrset *), 0);
    index_clear(&s->index);
    *s = (struct attrsets){0};
}

static uint32_t hash_of(struct bgp_cursor block, struct bgp_cursor stack, uint32_t next_hop)
{
    uint64_t h = XXH3_64bits_withSeed(block.at, block.left, next_hop);

    if (stack.left > 0)
        h = XXH3_64bits_withSeed(stack.at, stack.left, h);
    return (uint32_t)(h ^ h >> 32);
}

static void restart(struct attrsets *s)
{
    index_restart(&s->index, s->live);
    for (uint32_t id = 1; id < s->used; id++) {
        if (id + 2 * AHEAD < s->used && live(s, id + 2 * AHEAD))
            __builtin_prefetch(s->at[id + 2 * AHEAD]);
        if (id + AHEAD < s->used && live(s, id + AHEAD))
            index_prefetch(&s->index, s->at[id + AHEAD]->hash);
        if (live(s, id))
            index_put(&s->index, s->at[id]->hash, id);
    }
}

static uint32_t new_id(struct attrsets *s)
{
    uint32_t id = s->free;

    if (id != 0) {
        s->free = (uint32_t)((uintptr_t)s->at[id] >> 1);
        return id;
    }
    if (s->used >= s->room) {
        uint32_t room = s->room + s->room / 2 + 512;

        s->at =
            rib_resize(s->at, s->room * sizeof(struct attrset *), room * sizeof(struct attrset *));
        s->room = room;
    }
    return s->used++;
}

static uint32_t value32(struct bgp_cursor v)
{
    return bgp_get_u32(&v);
}

static void note_communities(struct attrset *a, struct bgp_cursor v)
{
    while (v.left > 0) {
        uint32_t c = bgp_get_u32(&v);

        if (c == BGP_NO_EXPORT || c == BGP_NO_EXPORT_SUBCONFED)
            a->facts |= SET_NO_EXPORT;
        else if (c == BGP_NO_ADVERTISE)
            a->facts |= SET_NO_ADVERTISE;
    }
}

static void decode(struct attrset *a)
{
    struct bgp_cursor block = attrset_block(a);
    struct bgp_attr at;

    while (bgp_attr_next(&block, &at)) {
        switch (at.code) {
        case BGP_ATTR_ORIGIN:
            a->origin = bgp_get_u8(&at.value);
            a->split = (uint16_t)(block.at - a->block);
            break;
        case BGP_ATTR_AS_PATH:
            a->path_length = (uint16_t)bgp_aspath_length(at.value);
            a->neighbour = bgp_aspath_first(at.value);
            a->split = (uint16_t)(block.at - a->block);
            break;
        case BGP_ATTR_MED:
            a->med = value32(at.value);
            a->facts |= SET_MED;
            break;
        case BGP_ATTR_LOCAL_PREF:
            a->local_pref = value32(at.value);
            a->facts |= SET_LOCAL_PREF;
            break;
        case BGP_ATTR_COMMUNITY:
            note_communities(a, at.value);
            break;
        case BGP_ATTR_ORIGINATOR_ID:
            a->facts |= SET_ORIGINATOR;
            break;
        case BGP_ATTR_CLUSTER_LIST:
            a->facts |= SET_CLUSTERS;
            break;
        default:
            break;
        }
    }
}

uint32_t attrset_originator(const struct attrset *a, uint32_t id)
{
    struct bgp_attr at;

    if (a->facts & SET_ORIGINATOR && bgp_attr_find(attrset_block(a), BGP_ATTR_ORIGINATOR_ID, &at))
        return value32(at.value);
    return id;
}

struct bgp_cursor attrset_clusters(const struct attrset *a)
{
    struct bgp_attr at;

    if (a->facts & SET_CLUSTERS && bgp_attr_find(attrset_block(a), BGP_ATTR_CLUSTER_LIST, &at))
        return at.value;
    return bgp_cursor_on(a->block, 0);
}

static bool same(const struct attrset *a, struct bgp_cursor block, struct bgp_cursor stack,
                 uint32_t next_hop)
{
    struct bgp_cursor of = attrset_stack(a);

    return a->next_hop == next_hop && a->len == block.left && of.left == stack.left &&
           memcmp(a->block, block.at, block.left) == 0 &&
           (stack.left == 0 || memcmp(of.at, stack.at, stack.left) == 0);
}

uint32_t attrset_get(struct attrsets *s, struct bgp_cursor block, struct bgp_cursor stack,
                     uint32_t next_hop, bool *fresh)
{
    uint32_t hash = hash_of(block, stack, next_hop), at = hash, id;
    struct attrset *a;

    *fresh = false;
    while (index_next(&s->index, hash, &at, &id)) {
        a = s->at[id];
        if (same(a, block, stack, next_hop)) {
            a->refs++;
            return id;
        }
    }
    *fresh = true;
    a = pool_new(&s->pool, offsetof(struct attrset, block) + block.left + stack.left);
    memset(a, 0, offsetof(struct attrset, block));
    a->refs = 1;
    a->hash = hash;
    a->next_hop = next_hop;
    a->len = (uint16_t)block.left;
    a->deeper = (uint8_t)(stack.left / BGP_LABEL);
    memcpy(a->block, block.at, block.left);
    if (stack.left > 0)
        memcpy(a->block + block.left, stack.at, stack.left);
    decode(a);
    if (index_full(&s->index))
        restart(s);
    id = new_id(s);
    s->at[id] = a;
    index_put(&s->index, hash, id);
    s->octets += octets(a);
    s->live++;
    return id;
}

uint32_t attrset_drop(struct attrsets *s, uint32_t id, uint32_t n)
{
    struct attrset *a = s->at[id];
    uint32_t next_hop = a->next_hop;

    a->refs -= n;
    if (a->refs > 0) {
        if (a->refs <= NEARLY_GONE) /* most sets go route by route */
            index_prefetch(&s->index, a->hash);
        return 0;
    }
    index_remove(&s->index, a->hash, id);
    s->octets -= octets(a);
    s->live--;
    s->freed++;
    pool_free(&s->pool, a, octets(a));
    s->at[id] = (struct attrset *)(((uintptr_t)s->free << 1) | 1); /* NOLINT: a link, no pointer */
    s->free = id;
    return next_hop;
}
