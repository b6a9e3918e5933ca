/* The registry of next hops; see the header. */
#include "bgp/rib/nexthop.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"

void next_hops_clear(struct next_hops *s)
{
    HASH_CLEAR(hh, s->index);
    for (uint32_t id = 0; id < s->used; id++)
        free(s->at[id]);
    free(s->at);
    *s = (struct next_hops){0};
}

static uint32_t free_id(struct next_hops *s)
{
    for (uint32_t id = 1; id < s->used; id++)
        if (!s->at[id])
            return id;
    if (s->used + 1 >= s->room) {
        s->room = s->room ? 2 * s->room : 32;
        s->at = realloc(s->at, s->room * sizeof(struct next_hop *));
        if (!s->at)
            abort();
    }
    if (s->used == 0)
        s->at[s->used++] = NULL;
    return s->used++;
}

uint32_t next_hop_get(struct next_hops *s, const struct bgp_next_hop *nh, bool *fresh)
{
    struct next_hop *n = s->last ? s->at[s->last] : NULL;

    *fresh = false;
    if (!n || memcmp(&n->nh, nh, sizeof *nh) != 0)
        HASH_FIND(hh, s->index, nh, sizeof *nh, n);
    if (!n) {
        if (!(n = calloc(1, sizeof *n)))
            abort();
        n->nh = *nh;
        n->reach = BGP_REACH;
        n->id = free_id(s);
        s->at[n->id] = n;
        HASH_ADD(hh, s->index, nh, sizeof n->nh, n);
        *fresh = true;
    }
    n->refs++;
    s->last = n->id;
    return n->id;
}

bool next_hop_drop(struct next_hops *s, uint32_t id)
{
    struct next_hop *n = s->at[id];

    if (--n->refs > 0)
        return false;
    HASH_DEL(s->index, n);
    s->at[id] = NULL;
    if (s->last == id)
        s->last = 0;
    free(n);
    return true;
}
