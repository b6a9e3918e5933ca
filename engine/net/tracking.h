/*
 * "peer tracking": sessions end some time after the route to the peer is lost, and may be tried
 * again when there is one.
 *
 * Looked at when the routing table of some instance has changed and when a delay is over, all
 * tracked peers at once. A default route is a route, one that discards is none. Used by the bgp
 * thread, through core.c only.
 */
#ifndef VRPSH_NET_TRACKING_H
#define VRPSH_NET_TRACKING_H

#include "engine/net/peer_table.h"
#include "engine/net/rtable.h"

struct tracking { /* zero it before first use */
    bool changed; /* routes or peers, since the last look */
    uint64_t at;  /* ms, when the first delay is over; 0: none runs */
};

struct tracking_ops {
    /* The routes of a network; NULL: nothing is known of them, and nobody is lost. */
    struct rtable *(*table)(void *arg, uint16_t vpn);
    /* lost of the entry has changed. */
    void (*review)(void *arg, struct peer_entry *e);
    void *arg;
};

/* Looks when it is time to; returns when that will be next, UINT64_MAX: after a change only. */
uint64_t tracking_turn(struct tracking *t, const struct peer_table *peers,
                       const struct tracking_ops *ops, uint64_t now);

#endif
