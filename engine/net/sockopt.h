/*
 * Socket addresses and the socket options BGP asks for: TTL, GTSM, MD5, MSS, path MTU, precedence.
 *
 * Nothing here keeps state. A function that can fail returns 0 or an errno value. Copies of keys
 * are wiped before a function returns.
 */
#ifndef VRPSH_NET_SOCKOPT_H
#define VRPSH_NET_SOCKOPT_H

#include <sys/socket.h>

#include "bgp/conf.h"

/* Fills ss from an address and a port in host order; returns its length. */
socklen_t net_sockaddr(const struct bgp_addr *a, uint16_t port, struct sockaddr_storage *ss);
/* The reverse; port may be NULL. */
void net_from_sockaddr(const struct sockaddr_storage *ss, struct bgp_addr *a, uint16_t *port);

/* A TCP socket for the family of a (4 or 6): nonblocking, close-on-exec. Negative errno. */
int net_socket(uint8_t af);

/* What a listening socket needs before bind(). SYN-ACKs leave with TTL 255, or a peer that runs
 * GTSM would drop them. */
int net_listen_options(int fd, uint8_t af);

/* What a session's socket needs: on a connecting socket before connect(), or after accept(). */
void net_session_options(int fd, uint8_t af, const struct bgp_peer_conf *conf);

/* Sets the key for addr/len, or removes it when key is NULL. len: the whole address for a peer. */
int net_md5_key(int fd, const struct bgp_addr *addr, unsigned len, const char *key);

/* The TTL or hop limit the peer's SYN arrived with; -1 unknown. */
int net_syn_ttl(int fd, uint8_t af);

/* What the kernel says of a TCP socket: both ends and TCP_LISTEN, TCP_ESTABLISHED, ... of
 * <netinet/tcp.h>. False: it is none any more. */
bool net_socket_look(int fd, struct bgp_addr *local, uint16_t *local_port, struct bgp_addr *remote,
                     uint16_t *remote_port, uint8_t *state);

/* Lowest TTL that valid-ttl-hops lets in. */
static inline int net_gtsm_min(uint8_t hops)
{
    return 256 - hops;
}

#endif
