/*
 * The engine's peers; see peer_table.h.
 */
#include "engine/net/peer_table.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"

void peers_wipe(struct bgp_peer_conf *conf)
{
    if (conf->password)
        explicit_bzero(conf->password, strlen(conf->password));
    bgp_peer_conf_clear(conf);
}

struct peer_entry *peers_find(const struct peer_table *t, const struct bgp_addr *addr)
{
    struct peer_entry *e;
    HASH_FIND(hh, t->peers, addr, sizeof *addr, e);
    return e;
}

struct peer_entry *peers_set(struct peer_table *t, const struct bgp_peer_conf *conf)
{
    struct peer_entry *e = peers_find(t, &conf->addr);
    bool known = e;
    if (!e && !(e = calloc(1, sizeof *e)))
        abort();
    if (known)
        peers_wipe(&e->conf);
    bgp_peer_conf_copy(&e->conf, conf);
    free(e->conf.description);
    e->conf.description = NULL;
    if (!known)
        HASH_ADD(hh, t->peers, conf.addr, sizeof e->conf.addr, e);
    return e;
}

void peers_remove(struct peer_table *t, struct peer_entry *e)
{
    HASH_DEL(t->peers, e);
    peers_wipe(&e->conf);
    free(e);
}

const struct bgp_listen_conf *peers_range(const struct peer_table *t, const struct bgp_addr *addr)
{
    const struct bgp_listen_conf *best = NULL;
    for (size_t i = 0; i < t->nranges; i++) {
        const struct bgp_listen_conf *r = &t->ranges[i];
        if (bgp_addr_in(addr, &r->net, r->len) && (!best || r->len > best->len))
            best = r;
    }
    return best;
}

static void free_ranges(struct peer_table *t)
{
    for (size_t i = 0; i < t->nranges; i++)
        peers_wipe(&t->ranges[i].peer);
    free(t->ranges);
    t->ranges = NULL;
    t->nranges = 0;
}

void peers_set_ranges(struct peer_table *t, const struct bgp_listen_conf *ranges, size_t n)
{
    free_ranges(t);
    if (!n)
        return;
    t->ranges = calloc(n, sizeof *t->ranges);
    if (!t->ranges)
        abort();
    for (size_t i = 0; i < n; i++) {
        t->ranges[i] = ranges[i];
        memset(&t->ranges[i].peer, 0, sizeof t->ranges[i].peer);
        bgp_peer_conf_copy(&t->ranges[i].peer, &ranges[i].peer);
    }
    t->nranges = n;
}

void peers_clear(struct peer_table *t)
{
    struct peer_entry *e, *next;
    HASH_ITER (hh, t->peers, e, next) {
        peers_remove(t, e);
    }
    free_ranges(t);
}

bool peers_reason(const struct bgp_peer_conf *conf, struct kernel *k,
                  char reason[PEERS_REASON_SIZE])
{
    char local[BGP_ADDR_STRLEN];
    if (conf->blocked)
        return false;
    if (conf->password && strlen(conf->password) > TCP_MD5SIG_MAXKEYLEN) {
        snprintf(reason, PEERS_REASON_SIZE, "the password is longer than %d octets",
                 TCP_MD5SIG_MAXKEYLEN);
        return true;
    }
    struct bgp_addr source = conf->local, peer = conf->addr;
    source.vpn = peer.vpn = 0; /* the kernel is that of their network */
    if (conf->local.af && !kernel_is_local(k, &source)) {
        snprintf(reason, PEERS_REASON_SIZE, "address %s%s%.23s is not on this host",
                 bgp_addr_str(&conf->local, local), conf->source_if ? " of " : "",
                 conf->source_if ? conf->source_if : "");
        return true;
    }
    if (conf->kind == BGP_KIND_EXTERNAL && conf->ttl <= 1 && !conf->gtsm_hops &&
        !kernel_is_connected(k, &peer)) {
        snprintf(reason, PEERS_REASON_SIZE,
                 "the peer is not directly connected and ebgp-max-hop is not configured");
        return true;
    }
    if (conf->sensitive && kernel_is_cut_off(k, &peer)) {
        snprintf(reason, PEERS_REASON_SIZE, "%s", BGP_INTERFACE_DOWN);
        return true;
    }
    return false;
}
