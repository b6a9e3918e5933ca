/*
 * The TCP side of struct bgp_ops: connections of the speaker as nonblocking sockets.
 *
 * One set per speaker, used by the bgp thread only. Nothing here calls into the speaker from inside
 * an op: what an op causes (bytes to send, a connect that failed at once) is kept in a list that
 * peer_io_settle() works off. An idle connection costs its watch and about 100 bytes.
 */
#ifndef VRPSH_NET_PEER_IO_H
#define VRPSH_NET_PEER_IO_H

#include "bgp/bgp.h"
#include "engine/net/loop.h"

struct peer_io_set;
struct place;

struct peer_io_ops {
    /* The configuration of a peer when its connect begins; NULL: it is no longer there. */
    const struct bgp_peer_conf *(*conf_of)(void *arg, const struct bgp_addr *peer);
    /* The network it is reached in. */
    const struct place *(*place_of)(void *arg, const struct bgp_addr *peer);
    void *arg;
};

struct peer_io_set *peer_io_new(struct net_loop *loop, uint16_t port,
                                const struct peer_io_ops *ops);
/* Closes what is left without telling the speaker. */
void peer_io_free(struct peer_io_set *set);

/* struct bgp_ops. peer_io_refuse() takes the place of a connect that must not be tried. */
void peer_io_connect(struct peer_io_set *set, struct bgp_conn *conn, const struct bgp_addr *peer);
void peer_io_refuse(struct peer_io_set *set, struct bgp_conn *conn, const char *why);
void peer_io_send(struct peer_io_set *set, struct bgp_conn *conn, const uint8_t *bytes, size_t n);
void peer_io_close(struct peer_io_set *set, struct bgp_conn *conn);

/* Hands an accepted socket to the speaker; fd is owned from here on. */
void peer_io_accepted(struct peer_io_set *set, struct bgp *b, int fd, const struct bgp_addr *remote,
                      uint16_t remote_port, const struct bgp_addr *local, uint16_t local_port);

/* Sends what is queued, begins connects and reports what happened; before the loop sleeps. False:
 * connects are left for the next turn, which must come at once. */
bool peer_io_settle(struct peer_io_set *set);
/* Ends closing connections whose time is over; returns when it must be called next. */
uint64_t peer_io_expire(struct peer_io_set *set, uint64_t now);
/* Calls fn for every connection that has a socket, also those on their way out. */
void peer_io_each(const struct peer_io_set *set,
                  void (*fn)(void *arg, int fd, const struct bgp_addr *peer), void *arg);
/* How many connections the speaker has given up are still flushing or waiting for the peer's FIN.
 */
size_t peer_io_closing(const struct peer_io_set *set);

#endif
