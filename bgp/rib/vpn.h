/*
 * VPN instances (RFC 4364): each has a table of IPv4 and one of IPv6 unicast routes beside the
 * public ones, exports its routes into the VPN table of the family and imports from there.
 *
 * Export: the best of a destination's own paths stands in the VPN table too, below the instance's
 * RD, with PATH_EXPORTED, the source it has, our own next hop, the export targets and a label; the
 * label, unique to the instance, says whose path it is. Import: the best path of a VPN destination
 * stands in the tables of all instances that import one of its targets, but for the one it is from,
 * with PATH_CROSSED, the set it has, and the VPN destination's id where others have their label.
 * What was imported is never exported, so a change goes VPN instance -> VPN table -> instances and
 * ends there.
 *
 * An instance that is removed is no longer found by its number; its tables live on until their
 * records are gone (path_review() takes every path out) and no import names it, then it is freed.
 */
#ifndef VRPSH_BGP_RIB_VPN_H
#define VRPSH_BGP_RIB_VPN_H

#include <uthash.h>

#include "bgp/rib/rib.h"

/* What a destination of an instance is exported as. */
struct vpn_exported {
    uint32_t dest;  /* of the VPN table, 0: not exported */
    uint32_t label; /* as struct path has it */
};

/* A label that several routes share. */
struct vpn_label {
    struct bgp_addr next_hop; /* key of by_hop; af 0: ourselves */
    uint32_t label, refs;     /* label: key of by_label */
    UT_hash_handle hh, hh_label;
};

/* One family of an instance. */
struct vpn_side {
    struct rib_table table;
    struct vpn *vpn;
    struct rib_table *net; /* the VPN table it exports to and imports from */
    const struct bgp_vpn_af_conf *conf;
    struct vpn_exported *exported; /* by destination of table */
    uint32_t exported_room;
    struct vpn_label *by_hop, *by_label;        /* shared labels in use */
    unsigned listed;                            /* import lists it is in */
    uint32_t last_set, last_result, last_freed; /* what was exported last */
};

struct vpn {
    UT_hash_handle hh;
    uint16_t number; /* key of rib->vpns */
    bool removed;
    struct vpn *next; /* of rib->removed */
    struct bgp_vpn_conf conf;
    struct vpn_side v4, v6;
};

static inline struct vpn *vpn_find(const struct rib *r, uint16_t number)
{
    struct vpn *v;

    HASH_FIND(hh, r->vpns, &number, sizeof number, v);
    return v;
}

/* Of a table of an instance. */
static inline struct vpn_side *vpn_side(const struct rib_table *t)
{
    return t->family == BGP_IPV4_UNICAST ? &t->vpn->v4 : &t->vpn->v6;
}

/* --- vpn.c: life */
/* NULL: instances have no routes of this family. */
struct rib_table *vpn_table(struct vpn *v, enum bgp_family family);
/* Has the table looked at again, and all its routes may have crossed to. */
void vpn_sweep_with(struct rib_table *t);
/* Frees the removed instances that have no record left. */
void vpn_reap(struct rib *r);
/* Frees all instances. */
void vpn_clear(struct rib *r);

/* --- vpn_export.c */
/* The own paths of a destination of an instance changed, or how they are to be exported. */
void vpn_export(struct rib_table *t, uint32_t dest);
/* The label that all routes of an instance's table share, 0: there is none, or no route yet. */
uint32_t vpn_label(const struct rib_table *t);
/* What dest is exported as; label 0: nothing. */
struct vpn_exported vpn_exported(const struct rib_table *t, uint32_t dest);
void vpn_export_clear(struct vpn_side *s);

/* --- vpn_import.c */
/* Makes the side import what its conf says, or nothing. What is there is looked at again by a sweep
 * of the VPN table, which the caller asks for. */
void vpn_subscribe(struct vpn_side *s, const struct bgp_targets *targets);
void vpn_unsubscribe(struct vpn_side *s, const struct bgp_targets *targets);
/* The best path of a VPN destination changed, or (changed is false) where it is to be imported. */
void vpn_import(struct rib_table *t, uint32_t dest, bool changed);
/* Whether any instance imports a route of the VPN family with these attributes. */
bool vpn_wanted(const struct rib *r, enum bgp_family family, struct bgp_cursor block);
/* Frees what imports need when there is no instance. */
void vpn_import_clear(struct rib *r);

#endif
