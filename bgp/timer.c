/* The timer heap; see the header for cost and ownership. */
#include "bgp/timer.h"

#include <stdlib.h>

static void place(struct bgp_timers *h, size_t i, struct bgp_timer *t)
{
    h->heap[i] = t;
    t->index = i;
}

static void sift_up(struct bgp_timers *h, size_t i, struct bgp_timer *t)
{
    while (i > 1 && h->heap[i / 2]->at > t->at) {
        place(h, i, h->heap[i / 2]);
        i /= 2;
    }
    place(h, i, t);
}

static void sift_down(struct bgp_timers *h, size_t i, struct bgp_timer *t)
{
    for (size_t child; (child = 2 * i) <= h->n; i = child) {
        if (child < h->n && h->heap[child + 1]->at < h->heap[child]->at)
            child++;
        if (h->heap[child]->at >= t->at)
            break;
        place(h, i, h->heap[child]);
    }
    place(h, i, t);
}

static void settle(struct bgp_timers *h, size_t i, struct bgp_timer *t)
{
    if (i > 1 && h->heap[i / 2]->at > t->at)
        sift_up(h, i, t);
    else
        sift_down(h, i, t);
}

void bgp_timer_set(struct bgp_timers *h, struct bgp_timer *t, uint64_t at)
{
    t->at = at;
    if (t->index != 0) {
        settle(h, t->index, t);
        return;
    }
    if (h->n + 1 >= h->room) {
        h->room = h->room ? h->room * 2 : 64;
        if (!(h->heap = realloc(h->heap, h->room * sizeof(struct bgp_timer *))))
            abort();
    }
    sift_up(h, ++h->n, t);
}

void bgp_timer_stop(struct bgp_timers *h, struct bgp_timer *t)
{
    size_t i = t->index;
    struct bgp_timer *last;

    if (i == 0)
        return;
    t->index = 0;
    last = h->heap[h->n--];
    if (last != t)
        settle(h, i, last);
}

bool bgp_timer_running(const struct bgp_timer *t)
{
    return t->index != 0;
}

uint64_t bgp_timers_next(const struct bgp_timers *h)
{
    return h->n ? h->heap[1]->at : UINT64_MAX;
}

void bgp_timers_run(struct bgp_timers *h, uint64_t now)
{
    while (h->n > 0 && h->heap[1]->at <= now) {
        struct bgp_timer *t = h->heap[1];

        bgp_timer_stop(h, t);
        t->fire(t);
    }
}

void bgp_timers_free(struct bgp_timers *h)
{
    free(h->heap);
    *h = (struct bgp_timers){0};
}
