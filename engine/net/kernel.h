/*
 * Addresses of this host: which are local, which subnets are connected, and the addresses LoopBack
 * interfaces carry, which vrpsh adds to `lo` when nobody else has and when it is permitted to.
 *
 * Used by the bgp thread only. Without netlink (a sandbox) everything counts as connected and
 * nothing is added. Only addresses that carry our label or tag, or that this process added, are
 * ever removed, and only when the wanted set changes: two programs never fight over one address.
 */
#ifndef VRPSH_NET_KERNEL_H
#define VRPSH_NET_KERNEL_H

#include "bgp/types.h"
#include "engine/net/loop.h"

struct kernel;
struct place;

struct kernel_addr {
    struct bgp_addr addr;
    uint8_t len;
};

struct kernel_opts {
    char label[16]; /* of the IPv4 addresses added, "lo:vrpsh" */
    uint8_t tag;    /* IFA_PROTO of those added; 0: IPv6 addresses of an earlier run stay */
    const struct place *place;  /* network whose addresses these are; NULL: the program's */
    void (*changed)(void *arg); /* addresses or links have changed */
    void (*warn)(void *arg, const char *text);
    void *arg;
};

struct kernel *kernel_open(struct net_loop *loop, const struct kernel_opts *opts);
/* Added addresses stay. */
void kernel_close(struct kernel *k);

/* Replaces the wanted set. */
void kernel_want(struct kernel *k, const struct kernel_addr *addrs, size_t n);

/* A socket can be bound to a. */
bool kernel_is_local(struct kernel *k, const struct bgp_addr *a);
/* a lies in the subnet of an interface. */
bool kernel_is_connected(const struct kernel *k, const struct bgp_addr *a);
/* a lies in the subnet of an interface, but none in it is up and has carrier. */
bool kernel_is_cut_off(const struct kernel *k, const struct bgp_addr *a);

#endif
