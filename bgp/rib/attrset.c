/* Interning of attribute sets; see the header. */
#include "bgp/rib/attrset.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bgp/wire/aspath.h"
#include "bgp/wire/attr.h"

enum { FIRST_SLOTS = 1024 };

void attrsets_init(struct attrsets *s)
{
    *s = (struct attrsets){.used = 1, .mask = FIRST_SLOTS - 1};
    s->slots = rib_resize(NULL, 0, FIRST_SLOTS * sizeof *s->slots);
}

void attrsets_clear(struct attrsets *s)
{
    for (uint32_t id = 1; id < s->used; id++)
        if (((uintptr_t)s->at[id] & 1) == 0)
            free(s->at[id]);
    rib_resize(s->at, s->room * sizeof(struct attrset *), 0);
    rib_resize(s->slots, (s->mask + (size_t)1) * sizeof *s->slots, 0);
    *s = (struct attrsets){0};
}

static uint32_t hash_of(struct bgp_cursor block, struct bgp_cursor stack, uint32_t next_hop)
{
    uint64_t h = XXH3_64bits_withSeed(block.at, block.left, next_hop);

    if (stack.left > 0)
        h = XXH3_64bits_withSeed(stack.at, stack.left, h);
    return (uint32_t)(h ^ h >> 32);
}

static void grow_slots(struct attrsets *s)
{
    size_t n = (size_t)s->mask + 1;
    uint64_t *slots = rib_resize(NULL, 0, 2 * n * sizeof *slots);
    uint32_t mask = (uint32_t)(2 * n - 1), k;

    for (size_t i = 0; i < n; i++) {
        if (s->slots[i] == 0)
            continue;
        k = (uint32_t)(s->slots[i] >> 32) & mask;
        while (slots[k] != 0)
            k = (k + 1) & mask;
        slots[k] = s->slots[i];
    }
    rib_resize(s->slots, n * sizeof *slots, 0);
    s->slots = slots;
    s->mask = mask;
}

/* Free ids are chained through the pointers, which are odd then. */
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
            a->originator = value32(at.value);
            a->facts |= SET_ORIGINATOR;
            break;
        case BGP_ATTR_CLUSTER_LIST:
            a->cluster_length = (uint16_t)(at.value.left / 4);
            break;
        default:
            break;
        }
    }
}

static bool same(const struct attrset *a, struct bgp_cursor block, struct bgp_cursor stack,
                 uint32_t next_hop)
{
    struct bgp_cursor of = attrset_stack(a);

    return a->next_hop == next_hop && a->len == block.left && of.left == stack.left &&
           memcmp(a->block, block.at, block.left) == 0 &&
           (stack.left == 0 || memcmp(of.at, stack.at, stack.left) == 0);
}

static size_t octets(const struct attrset *a)
{
    return sizeof *a + a->len + attrset_stack(a).left;
}

uint32_t attrset_get(struct attrsets *s, struct bgp_cursor block, struct bgp_cursor stack,
                     uint32_t next_hop, bool *fresh)
{
    uint32_t hash = hash_of(block, stack, next_hop), i = hash & s->mask, id;
    struct attrset *a;

    *fresh = false;
    for (uint64_t slot; (slot = s->slots[i]) != 0; i = (i + 1) & s->mask) {
        if (slot >> 32 != hash)
            continue;
        id = (uint32_t)slot;
        a = s->at[id];
        if (same(a, block, stack, next_hop)) {
            a->refs++;
            return id;
        }
    }
    *fresh = true;
    if (!(a = malloc(sizeof *a + block.left + stack.left)))
        abort();
    memset(a, 0, sizeof *a);
    a->refs = 1;
    a->hash = hash;
    a->next_hop = next_hop;
    a->len = (uint16_t)block.left;
    a->deeper = (uint8_t)(stack.left / BGP_LABEL);
    memcpy(a->block, block.at, block.left);
    if (stack.left > 0)
        memcpy(a->block + block.left, stack.at, stack.left);
    decode(a);
    id = new_id(s);
    s->at[id] = a;
    s->slots[i] = (uint64_t)hash << 32 | id;
    s->octets += octets(a);
    if (++s->live > s->mask / 4 * 3)
        grow_slots(s);
    return id;
}

/* Takes the slot out and moves up what stood behind it because of it. */
static void unlink_slot(struct attrsets *s, uint32_t id)
{
    uint32_t i = s->at[id]->hash & s->mask, hole;

    while ((uint32_t)s->slots[i] != id)
        i = (i + 1) & s->mask;
    for (hole = i;;) {
        uint32_t home;

        i = (i + 1) & s->mask;
        if (s->slots[i] == 0)
            break;
        home = (uint32_t)(s->slots[i] >> 32) & s->mask;
        if (((i - home) & s->mask) >= ((i - hole) & s->mask)) {
            s->slots[hole] = s->slots[i];
            hole = i;
        }
    }
    s->slots[hole] = 0;
}

uint32_t attrset_drop(struct attrsets *s, uint32_t id, uint32_t n)
{
    struct attrset *a = s->at[id];
    uint32_t next_hop = a->next_hop;

    a->refs -= n;
    if (a->refs > 0)
        return 0;
    unlink_slot(s, id);
    s->octets -= octets(a);
    s->live--;
    s->freed++;
    free(a);
    s->at[id] = (struct attrset *)(((uintptr_t)s->free << 1) | 1); /* NOLINT: a link, no pointer */
    s->free = id;
    return next_hop;
}
