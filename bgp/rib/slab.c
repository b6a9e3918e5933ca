/* Growing arrays and slabs; see the header. */
#include "bgp/rib/slab.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Arrays of this size are looked into at random: fewer and larger pages save most of the misses in
 * the TLB and most page faults. */
enum { LARGE = 4 << 20 };

static size_t pages(size_t n)
{
    return (n + 4095) & ~(size_t)4095;
}

void *rib_resize(void *array, size_t from, size_t to)
{
    void *p;

    from = pages(from);
    to = pages(to);
    if (from == to)
        return array;
    if (to == 0) {
        munmap(array, from);
        return NULL;
    }
    if (from == 0)
        p = mmap(NULL, to, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    else
        p = mremap(array, from, to, MREMAP_MAYMOVE);
    if (p == MAP_FAILED)
        abort();
    if (to >= LARGE)
        madvise(p, to, MADV_HUGEPAGE);
    return p;
}

void slab_init(struct slab *s, size_t size)
{
    *s = (struct slab){.size = (uint32_t)size, .used = 1};
}

void slab_clear(struct slab *s)
{
    rib_resize(s->base, (size_t)s->room * s->size, 0);
    slab_init(s, s->size);
}

uint32_t slab_new(struct slab *s)
{
    uint32_t id = s->free;

    s->live++;
    if (id != 0) {
        memcpy(&s->free, slab_at(s, id), sizeof s->free);
        memset(slab_at(s, id), 0, s->size);
        return id;
    }
    if (s->used >= s->room) {
        uint32_t room = s->room + s->room / 2 + 256;

        if (room < s->room)
            abort();
        s->base = rib_resize(s->base, (size_t)s->room * s->size, (size_t)room * s->size);
        s->room = room;
    }
    return s->used++;
}

void slab_free(struct slab *s, uint32_t id)
{
    memcpy(slab_at(s, id), &s->free, sizeof s->free);
    s->free = id;
    s->live--;
}
