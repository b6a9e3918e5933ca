/*
 * The network of one VPN instance, or the public one (number 0): its listeners, addresses, routing
 * table and what is announced out of it, all in the place the instance has on this host.
 *
 * An instance without a place has a routing table with its static routes alone, and no sockets. A
 * place that comes, goes or is made anew is noticed within a few seconds. Inside, addresses carry
 * no instance number; it is added and taken off here. Used by the bgp thread only.
 */
#ifndef VRPSH_NET_INSTANCE_H
#define VRPSH_NET_INSTANCE_H

#include <uthash.h>

#include "engine/net/kernel.h"
#include "engine/net/listen.h"
#include "engine/net/origin.h"
#include "engine/net/place.h"
#include "engine/net/routes.h"

struct core;

struct instance {
    uint16_t number;
    char name[32];
    struct core *core;
    bool here; /* it has a place; always true of the public network */
    char reason[PLACE_REASON];
    struct place place;
    struct kernel *kernel;     /* NULL without a place */
    struct listen_set *listen; /* likewise */
    struct routes *routes;
    struct origin *origin;
    /* what it was given, for a place that comes later */
    struct speaker_addr *addrs;
    struct speaker_static *statics;
    size_t naddrs, nstatics;
    bool listening;
    UT_hash_handle hh;
};

struct instance_opts { /* the arg of every callback becomes the instance */
    struct net_loop *loop;
    struct bgp *bgp;
    struct kernel_opts kernel;
    struct routes_opts routes;
    struct listen_opts listen;
};

struct instance *instance_new(struct core *core, uint16_t number, const char *name,
                              const struct instance_opts *opts);
void instance_free(struct instance *i);
/* Looks whether the place is still what it was; true: it is not, and has been changed. */
bool instance_moved(struct instance *i, const struct instance_opts *opts);

/* The lists are those of every instance; each takes its own. */
void instance_addrs(struct instance *i, const struct speaker_addr *addrs, size_t n);
void instance_statics(struct instance *i, const struct speaker_static *statics, size_t n);
void instance_listen(struct instance *i, bool open);

#endif
