/* The registry of next hops; see the header. */
#include "bgp/rib/nexthop.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"

void next_hops_clear(struct next_hops *s)
{
    struct hop_addr *a, *next;

    HASH_CLEAR(hh, s->index);
    HASH_ITER (hh, s->addrs, a, next) {
        HASH_DEL(s->addrs, a);
        free(a);
    }
    for (uint32_t id = 0; id < s->used; id++)
        free(s->at[id]);
    free(s->at);
    free(s->spare);
    *s = (struct next_hops){0};
}

static void grow(struct next_hops *s)
{
    s->room = s->room ? 2 * s->room : 32;
    s->at = realloc(s->at, s->room * sizeof(struct next_hop *));
    s->spare = realloc(s->spare, s->room * sizeof *s->spare);
    if (!s->at || !s->spare)
        abort();
}

static uint32_t free_id(struct next_hops *s)
{
    if (s->nspare > 0)
        return s->spare[--s->nspare];
    if (s->used + 1 >= s->room)
        grow(s);
    if (s->used == 0)
        s->at[s->used++] = NULL;
    return s->used++;
}

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

struct hop_addr *next_hop_addr(const struct next_hops *s, const struct bgp_addr *addr)
{
    struct hop_addr *a;

    HASH_FIND(hh, s->addrs, addr, sizeof *addr, a);
    return a;
}

static struct hop_addr *get_addr(struct next_hops *s, const struct bgp_addr *addr)
{
    struct hop_addr *a = next_hop_addr(s, addr);

    if (!a) {
        a = must(calloc(1, sizeof *a));
        a->addr = *addr;
        a->hop.reach = BGP_REACH;
        HASH_ADD(hh, s->addrs, addr, sizeof a->addr, a);
    }
    a->refs++;
    return a;
}

uint32_t next_hop_get(struct next_hops *s, const struct bgp_next_hop *nh, bool *fresh)
{
    struct next_hop *n = s->last ? s->at[s->last] : NULL;

    *fresh = false;
    if (!n || memcmp(&n->nh, nh, sizeof *nh) != 0)
        HASH_FIND(hh, s->index, nh, sizeof *nh, n);
    if (!n) {
        n = must(calloc(1, sizeof *n));
        n->nh = *nh;
        n->id = free_id(s);
        n->at = get_addr(s, &nh->addr);
        s->at[n->id] = n;
        HASH_ADD(hh, s->index, nh, sizeof n->nh, n);
        *fresh = n->at->refs == 1;
    }
    n->refs++;
    s->last = n->id;
    return n->id;
}

bool next_hop_drop(struct next_hops *s, uint32_t id)
{
    struct next_hop *n = s->at[id];
    struct hop_addr *a = n->at;
    bool gone;

    if (--n->refs > 0)
        return false;
    HASH_DEL(s->index, n);
    s->at[id] = NULL;
    s->spare[s->nspare++] = id;
    if (s->last == id)
        s->last = 0;
    free(n);
    gone = --a->refs == 0;
    if (gone) {
        HASH_DEL(s->addrs, a);
        free(a);
    }
    return gone;
}
