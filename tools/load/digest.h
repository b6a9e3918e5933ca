/*
 * What tools/bgp_load compares: one number for a set of routes, the same whatever order they came
 * in and however they were packed.
 *
 * Attributes whose content speakers may order as they like (communities) count as sets. What a
 * speaker changes on purpose is left out or accounted for by struct load_rules. Both ends use the
 * same functions: the expected digest is that of the octets that were fed.
 */
#ifndef VRPSH_TOOLS_LOAD_DIGEST_H
#define VRPSH_TOOLS_LOAD_DIGEST_H

#include "bgp/wire/attr.h"
#include "bgp/wire/nlri.h"

struct load_rules {
    uint64_t ignored[4]; /* bit per attribute code that does not count */
    unsigned skip;       /* AS numbers in front of the path that speakers on the way have added */
    bool label;          /* labels count */
    bool hop;            /* the next hop counts */
};

uint64_t load_mix(uint64_t x);
void load_ignore(struct load_rules *r, unsigned code);
/* Of an attribute field, without skip AS numbers in front of its path. */
uint64_t load_attrs_digest(const struct load_rules *r, struct bgp_cursor field, unsigned skip);
/* Of a next hop, the octets of its address; 0 when the rules do not ask for it. */
uint64_t load_hop_digest(const struct load_rules *r, const uint8_t *hop, unsigned n);
/* Of a prefix alone. */
uint64_t load_prefix_digest(const uint8_t key[BGP_KEY], unsigned len);
/* Of a route, from those of its parts; label: the 20 bits. */
uint64_t load_route_digest(const struct load_rules *r, uint64_t prefix, uint32_t label,
                           uint64_t attrs);

/* Leaves out the first skip AS numbers of a path. */
struct bgp_cursor load_path_behind(struct bgp_cursor path, unsigned skip, uint8_t room[4096]);

#endif
