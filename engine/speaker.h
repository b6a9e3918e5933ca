/*
 * The bgp thread: an event loop that owns the speaker library, its sockets, timers and the kernel
 * addresses vrpsh manages. Everything here is called from the mgmt thread and crosses by message;
 * nothing mutable is shared. Calls marked sync wait for the bgp thread (a few milliseconds at
 * most).
 */
#ifndef VRPSH_SPEAKER_H
#define VRPSH_SPEAKER_H

#include "bgp/bgp.h"

struct uv_loop_s;
struct speaker;

struct speaker_opts {
    uint16_t port;                 /* listening and remote port */
    const struct bgp_addr *listen; /* addresses to listen on; none: any IPv4 and any IPv6 */
    size_t nlisten;
    /* Called in the mgmt thread (through its loop) for every event, with a copy that lives for
     * the call; when is wall-clock seconds. */
    void (*event)(void *ctx, const struct bgp_event *e, int64_t when);
    /* Called in the mgmt thread: something an operator should read (listener failed, ...). */
    void (*warn)(void *ctx, const char *text);
    void *ctx;
};

/* Starts the thread; callbacks are delivered on loop. 0 or a negative errno. */
int speaker_start(struct speaker **out, struct uv_loop_s *loop, const struct speaker_opts *opts);
/* Sync: Cease 6/2 to every peer, bytes flushed (at most one second), thread joined, freed.
 * Addresses that vrpsh added to the kernel stay: a restart must not cut what runs over them. */
void speaker_stop(struct speaker *s);

/* An address a LoopBack interface carries. */
struct speaker_addr {
    char ifname[40];
    struct bgp_addr addr;
    uint8_t len;
};

/* One commit for the speaker. Built by the mgmt thread, then owned by the bgp thread. */
struct speaker_plan {
    struct bgp_conf process;
    bool process_changed;
    struct speaker_peer_change {
        struct bgp_peer_conf conf; /* removal: only addr counts */
        enum bgp_action action;
        bool remove;
    } * peers;
    size_t npeers;
    struct bgp_listen_conf *listen; /* replaces all ranges when listen_changed */
    size_t nlisten;
    bool listen_changed;
    struct speaker_addr *addrs; /* replaces the wanted set of kernel addresses when addrs_changed */
    size_t naddrs;
    bool addrs_changed;
};
void speaker_plan_free(struct speaker_plan *p);

/* Sync: applies the plan (addresses first, then removals, process, peers) and frees it. Cannot
 * fail: what the kernel refuses becomes a warning and a blocked peer. */
void speaker_apply(struct speaker *s, struct speaker_plan *p);

/* Sync: snapshot of all peers in address order into a malloc'ed array the caller frees. */
size_t speaker_peers(struct speaker *s, struct bgp_peer_view **out);
/* Sync: one peer; false: no such peer. */
bool speaker_peer(struct speaker *s, const struct bgp_addr *addr, struct bgp_peer_view *out);
/* Sync: "reset bgp" of n peers; returns how many existed. */
size_t speaker_reset(struct speaker *s, const struct bgp_addr *addrs, size_t n, const char *text);
/* Sync: "refresh bgp" of n peers, families as bits; in: asks for their routes, else tells them ours
 * again. Returns how many sessions took it. */
size_t speaker_refresh(struct speaker *s, const struct bgp_addr *addrs, size_t n, unsigned families,
                       bool in);

/* A walk over routes for a display, a batch at a time; each batch is a sync call and a copy. NULL:
 * out of memory. Ended by speaker_walk_free(), before the speaker stops. */
struct speaker_walk;
struct speaker_walk *speaker_walk_new(struct speaker *s, const struct bgp_walk_filter *filter);
/* NULL: the walk is over. The batch lives until the next call. */
const struct bgp_route_batch *speaker_walk_next(struct speaker_walk *w);
void speaker_walk_free(struct speaker_walk *w);
/* Sync: the peers that were told the prefix, at most n; and how big a family's table is. */
size_t speaker_advertised_to(struct speaker *s, enum bgp_family family,
                             const struct bgp_prefix *prefix, struct bgp_addr *out, size_t n);
void speaker_family_stats(struct speaker *s, enum bgp_family family, struct bgp_family_stats *out);
/* Monotonic clock of the bgp thread, ms; to turn view times into durations. */
uint64_t speaker_now(void);

#endif
