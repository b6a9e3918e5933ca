/*
 * Open addressing from hashes to ids, four octets a slot. Used by the tables of destinations and of
 * attribute sets; the records with their keys are theirs.
 *
 * A slot holds the id in its lower bits and, above them, the upper bits of the hash, so that a miss
 * hardly ever touches a record. This works because ids are dense: there are never more records than
 * slots, so an id needs no more bits than a place. What is removed leaves a grave when something
 * may stand behind it because of it; graves at the end of a chain are opened again.
 */
#ifndef VRPSH_BGP_RIB_INDEX_H
#define VRPSH_BGP_RIB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct index {
    uint32_t *slots; /* 0: nothing has ever stood behind it because of it */
    uint32_t mask;
    uint32_t taken; /* slots that are not 0 */
};

enum { INDEX_GRAVE = 0xffffffff }; /* no id: at most three quarters of the slots have one */

void index_init(struct index *x);
void index_clear(struct index *x);
/* Empties it, with room for live ids and as many again; put them all in anew. */
void index_restart(struct index *x, uint32_t live);
/* Whether the next index_put() needs index_restart() before it. */
static inline bool index_full(const struct index *x)
{
    return x->taken >= x->mask / 4 * 3;
}
void index_remove(struct index *x, uint32_t hash, uint32_t id);

/* Finds ids whose hash may be this one: begin with *at = hash, call until false. */
static inline bool index_next(const struct index *x, uint32_t hash, uint32_t *at, uint32_t *id)
{
    uint32_t slot;

    while ((slot = x->slots[*at & x->mask]) != 0) {
        ++*at;
        if (((slot ^ hash) & ~x->mask) == 0 && slot != (uint32_t)INDEX_GRAVE) {
            *id = slot & x->mask;
            return true;
        }
    }
    return false;
}

/* Puts in an id that is not there. */
static inline void index_put(struct index *x, uint32_t hash, uint32_t id)
{
    uint32_t i = hash & x->mask;

    while (x->slots[i] != 0 && x->slots[i] != (uint32_t)INDEX_GRAVE)
        i = (i + 1) & x->mask;
    x->taken += x->slots[i] == 0;
    x->slots[i] = (hash & ~x->mask) | id;
}

static inline void index_prefetch(const struct index *x, uint32_t hash)
{
    __builtin_prefetch(&x->slots[hash & x->mask]);
}

#endif
