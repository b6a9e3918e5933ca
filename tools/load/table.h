/*
 * The routes that tools/bgp_load feeds: made from their numbers alone, so that whoever knows the
 * same struct load_table knows the same routes.
 *
 * About seven prefixes share an attribute set; AS paths of 2 to 7, communities on half. A varied
 * table has prefixes of several lengths, labels of their own and attributes of every kind that
 * speakers pass on.
 */
#ifndef VRPSH_TOOLS_LOAD_TABLE_H
#define VRPSH_TOOLS_LOAD_TABLE_H

#include "bgp/types.h"
#include "bgp/wire/nlri.h"

struct load_table {
    enum bgp_family family;
    unsigned routes;
    bool varied;
    struct bgp_addr hop; /* of the family's kind of next hop */
};

enum { LOAD_UPDATE = 4096, LOAD_ATTRS = 1024 };

/* The next hop that is fed when none is asked for. */
struct bgp_addr load_default_hop(enum bgp_family family);
/* How many prefixes attribute set number set has. */
unsigned load_set_size(unsigned set);
/* The i-th prefix; no two are equal. */
void load_prefix(const struct load_table *t, unsigned i, uint8_t key[BGP_KEY], unsigned *len);
/* 20 bits. */
uint32_t load_label(const struct load_table *t, unsigned i);
/* The attributes of a set as AS as sends them, without next hop. Octets written to buf. */
size_t load_attributes(const struct load_table *t, uint32_t as, unsigned set,
                       uint8_t buf[LOAD_ATTRS]);
/* One UPDATE for prefixes [from, to); attrs NULL: it withdraws them. Octets written to buf. */
size_t load_update(const struct load_table *t, unsigned from, unsigned to, const uint8_t *attrs,
                   size_t nattrs, uint8_t buf[LOAD_UPDATE]);

#endif
