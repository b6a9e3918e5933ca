/*
 * Memory of the RIB: large arrays that grow in place, and slabs of fixed-size records in them.
 *
 * Records are named by 32-bit ids, which stay valid while the slab moves; a pointer does not
 * outlive the next slab_new() of the same slab. Id 0 is no record. Pages come from mmap() so that
 * growing copies nothing, what was never used costs nothing, and fresh memory is zero.
 */
#ifndef VRPSH_BGP_RIB_SLAB_H
#define VRPSH_BGP_RIB_SLAB_H

#include <stddef.h>
#include <stdint.h>

/* Changes an array of `from` octets (NULL when 0) to `to` octets; what is new is zero. to 0 frees.
 * Aborts when memory runs out. */
void *rib_resize(void *array, size_t from, size_t to);

struct slab {
    uint8_t *base;
    uint32_t size; /* octets of a record, at least 4 */
    uint32_t used; /* ids below this have been given out at some time */
    uint32_t room; /* records there is memory for */
    uint32_t free; /* first of the free ones, chained through their first four octets */
    uint32_t live; /* records in use */
};

void slab_init(struct slab *s, size_t size);
void slab_clear(struct slab *s);
/* A zeroed record. */
uint32_t slab_new(struct slab *s);
void slab_free(struct slab *s, uint32_t id);

static inline void *slab_at(const struct slab *s, uint32_t id)
{
    return s->base + (size_t)id * s->size;
}

#endif
