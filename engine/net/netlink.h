/*
 * rtnetlink sockets through libmnl: asking and waiting for the answer, and listening in the loop.
 * Messages themselves are read and written by the files that know what they say.
 *
 * Used by the bgp thread only.
 */
#ifndef VRPSH_NET_NETLINK_H
#define VRPSH_NET_NETLINK_H

#include <libmnl/libmnl.h>

#include "bgp/types.h"
#include "engine/net/loop.h"

#define NETLINK_ANSWER 32768 /* room for one datagram */

struct netlink {
    struct mnl_socket *socket; /* NULL: not open */
    struct net_watch *watch;
    uint32_t seq;
};

/* Joins the groups, a mask of RTMGRP_*. False: netlink is not to be had. */
bool netlink_open(struct netlink *n, unsigned groups);
void netlink_close(struct netlink *n);
/* ready is called when there is something to read; the socket then never blocks. */
bool netlink_watch(struct netlink *n, struct net_loop *loop, void (*ready)(void *arg, unsigned),
                   void *arg);
/* Sends a request; its answer has n->seq. 0 or an errno value. */
int netlink_send(struct netlink *n, struct nlmsghdr *h);
/* Sends a request and hands the answer to cb. 0 or an errno value. */
int netlink_ask(struct netlink *n, struct nlmsghdr *h, mnl_cb_t cb, void *arg);
/* One datagram without waiting: its size, 0 when there is none, -1 when some were lost. */
long netlink_read(struct netlink *n, char buf[NETLINK_ANSWER]);

/* The address an attribute carries; false: none of that family. */
bool netlink_addr(const struct nlattr *attr, uint8_t family, struct bgp_addr *out);

#endif
