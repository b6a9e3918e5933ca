/*
 * The routing table of this host over rtnetlink: feeds engine/net/rtable.c with links, addresses
 * and the kernel's main table as they change, and puts vrpsh's own static routes into the kernel.
 *
 * Routes added carry a protocol number of our own. Only such routes are ever removed; what an
 * earlier run left and nobody wants any more goes at the start, what is still wanted stays
 * untouched. A route of somebody else to the same destination is left alone. Where adding is not
 * permitted the static routes work inside vrpsh only.
 *
 * Used by the bgp thread only. Added routes outlive the process: a restart must not cut what runs
 * over them.
 */
#ifndef VRPSH_NET_ROUTES_H
#define VRPSH_NET_ROUTES_H

#include "engine/net/loop.h"
#include "engine/net/rtable.h"

struct routes;
struct place;

struct routes_opts {
    uint8_t protocol;          /* rtm_protocol of the routes added */
    const struct place *place; /* network whose table this is; NULL: the program's */
    bool alone;                /* no network at all: the static routes are the table */
    struct rt_ops ops;         /* called from the loop, whenever something has changed */
    void (*warn)(void *arg, const char *text);
    void *arg;
};

/* Reads the table before it returns, unless that takes long. */
struct routes *routes_open(struct net_loop *loop, const struct routes_opts *opts);
void routes_close(struct routes *r);

/* Replace the names of interfaces, and the static routes. Nothing is removed from the kernel before
 * the static routes have been told once. */
void routes_names(struct routes *r, const struct speaker_addr *names, size_t n);
void routes_statics(struct routes *r, const struct speaker_static *statics, size_t n);
/* After rtable_cross(). */
void routes_settle(struct routes *r);
/* What is put off until later; returns when to come again. */
uint64_t routes_tick(struct routes *r, uint64_t now);

/* For resolving, watching and displays. */
struct rtable *routes_table(struct routes *r);
/* False: there is no netlink, so nothing is known of this host's routes. */
bool routes_known(const struct routes *r);

#endif
