/*
 * Small pieces of memory of many sizes that never move: what a general allocator does, without its
 * head on every piece. Whoever frees a piece says how large it is.
 *
 * Pieces are cut from large blocks, and freed ones of equal size are handed out again; blocks go
 * with the pool. Large pieces come from malloc(). Used for attribute sets.
 */
#ifndef VRPSH_BGP_RIB_POOL_H
#define VRPSH_BGP_RIB_POOL_H

#include <stddef.h>
#include <stdint.h>

enum {
    POOL_STEP = 8, /* octets sizes are rounded up to, and pieces aligned to */
#ifdef __SANITIZE_ADDRESS__
    POOL_LARGEST = 0, /* so that each piece is watched */
#else
    POOL_LARGEST = 512, /* larger ones are malloc()'s */
#endif
    POOL_BLOCK = 4 << 20 /* octets */
};

struct pool {
    uint8_t *block; /* the newest; starts with the address of the one before */
    size_t left;    /* octets at its end that nobody has had */
    void *free[POOL_LARGEST / POOL_STEP + 1]; /* by size; chained through their first octets */
};

/* Not zeroed. Aborts when memory runs out. */
void *pool_new(struct pool *p, size_t size);
void pool_free(struct pool *p, void *piece, size_t size);
/* Frees all pieces but the large ones. A zeroed pool is an empty one. */
void pool_clear(struct pool *p);

#endif
