/*
 * VPN instances (RFC 4364): each has a table of IPv4 and one of IPv6 unicast routes beside the
 * public ones.
 *
 * An instance that is removed is no longer found by its number; its tables live on until their
 * records are gone (path_review() takes every path out), then it is freed.
 */
#ifndef VRPSH_BGP_RIB_VPN_H
#define VRPSH_BGP_RIB_VPN_H

#include <uthash.h>

#include "bgp/rib/rib.h"

struct vpn {
    UT_hash_handle hh;
    uint16_t number; /* key of rib->vpns */
    bool removed;
    struct vpn *next; /* of rib->removed */
    struct bgp_vpn_conf conf;
    struct rib_table v4, v6;
};

static inline struct vpn *vpn_find(const struct rib *r, uint16_t number)
{
    struct vpn *v;

    HASH_FIND(hh, r->vpns, &number, sizeof number, v);
    return v;
}

/* NULL: instances have no routes of this family. */
static inline struct rib_table *vpn_table(struct vpn *v, enum bgp_family family)
{
    return family == BGP_IPV4_UNICAST ? &v->v4 : family == BGP_IPV6_UNICAST ? &v->v6 : NULL;
}

/* Frees the removed instances that have no record left. */
void vpn_reap(struct rib *r);
/* Frees all instances. */
void vpn_clear(struct rib *r);

#endif
