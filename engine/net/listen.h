/*
 * The listening sockets of the bgp thread. Open only while BGP is configured; what cannot be bound
 * is reported once and tried again.
 */
#ifndef VRPSH_NET_LISTEN_H
#define VRPSH_NET_LISTEN_H

#include "bgp/types.h"
#include "engine/net/loop.h"

struct listen_set;
struct place;

struct listen_opts {
    uint16_t port;
    const struct place *place;    /* network to listen in; NULL: the program's */
    const struct bgp_addr *addrs; /* copied; n 0: any IPv4 and any IPv6 address */
    size_t n;
    /* fd is the callee's. */
    void (*accepted)(void *arg, int fd, const struct bgp_addr *remote, uint16_t port);
    /* A socket is about to listen: install the MD5 keys of family af with net_md5_key(). */
    void (*opened)(void *arg, int fd, uint8_t af);
    void (*warn)(void *arg, const char *text);
    void *arg;
};

struct listen_set *listen_new(struct net_loop *loop, const struct listen_opts *opts);
void listen_free(struct listen_set *l);

/* Opens what is not open (again), or closes everything. */
void listen_open(struct listen_set *l, bool open);
/* Sets or removes (NULL) an MD5 key on every open socket of the address's family. 0 or errno. */
int listen_key(struct listen_set *l, const struct bgp_addr *addr, unsigned len, const char *key);
/* Calls fn for every open socket. */
void listen_each(const struct listen_set *l, void (*fn)(void *arg, int fd), void *arg);
/* Retries what has failed; returns when it must be called next. */
uint64_t listen_tick(struct listen_set *l, uint64_t now);

#endif
