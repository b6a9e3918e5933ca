/* Routes as rtnetlink messages, for routes.c: read into records, and written. */
#ifndef VRPSH_NET_ROUTES_MSG_H
#define VRPSH_NET_ROUTES_MSG_H

#include "engine/net/netlink.h"
#include "engine/net/rtable.h"

/* A route of the main table with all its next hops. */
struct route_msg {
    struct rt_install r; /* preference is not used */
    uint32_t metric;
    uint8_t protocol;
};
/* False: not a route that leads anywhere from the main table. */
bool route_msg_read(const struct nlmsghdr *h, struct route_msg *out);
/* The request that adds (never replaces) or deletes r with a metric and protocol. */
#define ROUTE_MSG_SIZE 4096
struct nlmsghdr *route_msg_write(char buf[ROUTE_MSG_SIZE], const struct rt_install *r,
                                 uint32_t metric, uint8_t protocol, bool add);

struct link_msg {
    uint32_t ifindex;
    char name[16];
    bool admin, up;
};
bool link_msg_read(const struct nlmsghdr *h, struct link_msg *out);

/* False: not an address of a device. */
bool addr_msg_read(const struct nlmsghdr *h, struct rt_addr *out);

#endif
