/*
 * What the bgp thread runs: the speaker library with its sockets, the addresses of the host and
 * what the engine knows of peers, joined. engine/speaker.c gives it a thread and a mailbox.
 *
 * Used by the bgp thread only, except for making it before the thread starts.
 */
#ifndef VRPSH_NET_CORE_H
#define VRPSH_NET_CORE_H

#include "engine/net/loop.h"
#include "engine/net/notes.h"

struct core;
struct rtable;

struct core *core_new(struct net_loop *loop, const struct speaker_opts *opts, struct notes *notes);
/* Closes every descriptor and forgets everything. */
void core_free(struct core *c);

void core_apply(struct core *c, const struct speaker_plan *p);
struct bgp *core_bgp(struct core *c);
/* The routing table of a VPN instance, 0 the public one; NULL: there is no such instance. */
struct rtable *core_routes(struct core *c, uint16_t vpn);

/* As speaker_sockets(). */
size_t core_sockets(struct core *c, struct speaker_socket **out);

void core_trace(struct core *c, const struct bgp_trace_conf *conf);

/* Ends every session and listens no more. */
void core_stop(struct core *c);
/* After core_stop(): every peer has taken its Cease. */
bool core_stopped(const struct core *c);

/* The work of one turn of the loop, before it sleeps: sends, timers. Returns when to wake. */
uint64_t core_turn(struct core *c);

#endif
