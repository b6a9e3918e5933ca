/*
 * What the engine itself must know of every configured peer and listen range: how its sockets are
 * made, and whether this host can try it now. The speaker has its own copy of everything else.
 *
 * Used by the bgp thread only.
 */
#ifndef VRPSH_NET_PEER_TABLE_H
#define VRPSH_NET_PEER_TABLE_H

#include <uthash.h>

#include "bgp/conf.h"
#include "engine/net/kernel.h"

struct peer_entry {
    struct bgp_peer_conf conf;
    bool blocked;     /* the speaker was told a reason */
    bool lost;        /* the route to it, for longer than "peer tracking" allows; see tracking.h */
    uint64_t lost_at; /* ms, when the route went; 0: it is there */
    bool no_key;      /* its MD5 key could not be set on a listener: nothing may come in */
    UT_hash_handle hh;
};

struct peer_table {
    struct peer_entry *peers;
    struct bgp_listen_conf *ranges;
    size_t nranges;
};

struct peer_entry *peers_find(const struct peer_table *t, const struct bgp_addr *addr);
/* Creates or replaces the entry; blocked is kept. */
struct peer_entry *peers_set(struct peer_table *t, const struct bgp_peer_conf *conf);
void peers_remove(struct peer_table *t, struct peer_entry *e);
/* The configuration of a dynamic peer: the longest range that holds addr, or NULL. */
const struct bgp_listen_conf *peers_range(const struct peer_table *t, const struct bgp_addr *addr);
/* Takes a copy. */
void peers_set_ranges(struct peer_table *t, const struct bgp_listen_conf *ranges, size_t n);
/* Forgets peers and ranges. */
void peers_clear(struct peer_table *t);

#define PEERS_REASON_SIZE 96
/* True when this host cannot try the peer now, with the reason. A peer the configuration itself
 * blocks is none of ours: false. */
bool peers_reason(const struct bgp_peer_conf *conf, struct kernel *k,
                  char reason[PEERS_REASON_SIZE]);

/* Wipes the password, then frees what conf owns. */
void peers_wipe(struct bgp_peer_conf *conf);

#endif
