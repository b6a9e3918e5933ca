/* Pieces of blocks; see the header. */
#include "bgp/rib/pool.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/rib/slab.h"

static size_t class_of(size_t size)
{
    return (size + POOL_STEP - 1) / POOL_STEP;
}

static void *cut(struct pool *p, size_t n)
{
    if (p->left < n) { /* the rest of the old block is given up */
        uint8_t *block = rib_resize(NULL, 0, POOL_BLOCK);

        memcpy(block, &p->block, sizeof p->block);
        p->block = block;
        p->left = POOL_BLOCK - sizeof p->block;
    }
    p->left -= n;
    return p->block + POOL_BLOCK - p->left - n;
}

void *pool_new(struct pool *p, size_t size)
{
    size_t c = class_of(size);
    void *piece = size <= POOL_LARGEST ? p->free[c] : malloc(size);

    if (size <= POOL_LARGEST && piece)
        memcpy(&p->free[c], piece, sizeof p->free[c]);
    else if (size <= POOL_LARGEST)
        piece = cut(p, c * POOL_STEP);
    else if (!piece)
        abort();
    return piece;
}

void pool_free(struct pool *p, void *piece, size_t size)
{
    size_t c = class_of(size);

    if (size > POOL_LARGEST) {
        free(piece);
        return;
    }
    memcpy(piece, &p->free[c], sizeof p->free[c]);
    p->free[c] = piece;
}

void pool_clear(struct pool *p)
{
    while (p->block) {
        uint8_t *before;

        memcpy(&before, p->block, sizeof before);
        rib_resize(p->block, POOL_BLOCK, 0);
        p->block = before;
    }
    *p = (struct pool){0};
}
