/* Slots of ids; see the header. */
#include "bgp/rib/index.h"

#include "bgp/rib/slab.h"

enum { FIRST_SLOTS = 1024 };

static size_t octets(const struct index *x)
{
    return (x->mask + (size_t)1) * sizeof *x->slots;
}

void index_init(struct index *x)
{
    *x = (struct index){.mask = FIRST_SLOTS - 1};
    x->slots = rib_resize(NULL, 0, octets(x));
}

void index_clear(struct index *x)
{
    rib_resize(x->slots, octets(x), 0);
    *x = (struct index){0};
}

/* Never fewer slots than before: an id that is in use may be as large as they allow. */
void index_restart(struct index *x, uint32_t live)
{
    uint32_t mask = x->mask;

    while (live > mask / 8 * 3)
        mask = 2 * mask + 1;
    rib_resize(x->slots, octets(x), 0);
    x->mask = mask;
    x->taken = 0;
    x->slots = rib_resize(NULL, 0, octets(x));
}

void index_remove(struct index *x, uint32_t hash, uint32_t id)
{
    uint32_t want = (hash & ~x->mask) | id, i = hash & x->mask;

    while (x->slots[i] != want)
        i = (i + 1) & x->mask;
    x->slots[i] = (uint32_t)INDEX_GRAVE;
    if (x->slots[(i + 1) & x->mask] != 0)
        return;
    for (; x->slots[i] == (uint32_t)INDEX_GRAVE; i = (i - 1) & x->mask) {
        x->slots[i] = 0;
        x->taken--;
    }
}
