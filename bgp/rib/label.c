/*
 * Local labels (RFC 3032, 8277): one per destination that is advertised with our own next hop, and
 * those VPN instances export their routes with.
 *
 * The label of a destination is given out when it is first needed and returned with the
 * destination, so it keeps its label as long as it exists.
 */
#include "bgp/rib/rib.h"

#include <stdlib.h>

enum { LABEL_FIRST = 16, LABEL_LAST = 0xfffff };

uint32_t label_take(struct rib *r)
{
    if (r->nlabels_free > 0)
        return r->labels_free[--r->nlabels_free];
    if (r->label_next < LABEL_FIRST)
        r->label_next = LABEL_FIRST;
    return r->label_next <= LABEL_LAST ? r->label_next++ : 0;
}

uint32_t label_of(struct rib_table *t, uint32_t dest)
{
    uint32_t room = t->dests.slab.room;

    if (dest >= t->labels_room) {
        t->labels = rib_resize(t->labels, (size_t)t->labels_room * sizeof *t->labels,
                               (size_t)room * sizeof *t->labels);
        t->labels_room = room;
    }
    if (t->labels[dest] == 0)
        t->labels[dest] = label_take(t->rib);
    return t->labels[dest];
}

void label_give_back(struct rib *r, uint32_t label)
{
    if (r->nlabels_free == r->labels_free_room) {
        size_t room = r->labels_free_room ? 2 * r->labels_free_room : 1024;

        r->labels_free = rib_resize(r->labels_free, r->labels_free_room * sizeof *r->labels_free,
                                    room * sizeof *r->labels_free);
        r->labels_free_room = room;
    }
    r->labels_free[r->nlabels_free++] = label;
}

void label_release(struct rib_table *t, uint32_t dest)
{
    if (dest >= t->labels_room || t->labels[dest] == 0)
        return;
    label_give_back(t->rib, t->labels[dest]);
    t->labels[dest] = 0;
}
