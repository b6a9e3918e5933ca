/*
 * Timers: a binary min-heap of nodes that live inside their owners.
 *
 * Setting, moving and stopping cost O(log n) of the timers that run; nothing is ever scanned, so
 * ten thousand quiet peers cost nothing between their keepalives. A node not running has index 0.
 * An owner stops its timers before it is freed.
 */
#ifndef VRPSH_BGP_TIMER_H
#define VRPSH_BGP_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bgp_timer {
    uint64_t at;                       /* ms */
    void (*fire)(struct bgp_timer *t); /* called with the timer stopped; it may set it again */
    size_t index;                      /* place in the heap from 1; 0: stopped */
};

struct bgp_timers {
    struct bgp_timer **heap; /* heap[0] is unused */
    size_t n, room;
};

void bgp_timer_set(struct bgp_timers *h, struct bgp_timer *t, uint64_t at);
void bgp_timer_stop(struct bgp_timers *h, struct bgp_timer *t);
bool bgp_timer_running(const struct bgp_timer *t);
/* When the next timer is due; UINT64_MAX: none runs. */
uint64_t bgp_timers_next(const struct bgp_timers *h);
/* Fires every timer due at now, in order. */
void bgp_timers_run(struct bgp_timers *h, uint64_t now);
void bgp_timers_free(struct bgp_timers *h);

#endif
