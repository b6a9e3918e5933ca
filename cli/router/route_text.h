/*
 * Text of routes and their attributes in VRP's spelling: prefixes, AS paths, communities. Each is
 * added to a text. Used by the displays of routes; knows no layout.
 */
#ifndef VRPSH_ROUTE_TEXT_H
#define VRPSH_ROUTE_TEXT_H

#include "bgp/bgp.h"
#include "bgp/wire/attr.h"
#include "cli/text/text.h"

/* "10.1.0.0/24"; a classful network and the default route stand without length. */
void route_prefix(struct text *t, const struct bgp_prefix *p);
/* Whether it is written without length. */
bool route_classful(const struct bgp_prefix *p);
/* "64601:1" of the 8 octets of a route distinguisher (RFC 4364). */
void route_rd(struct text *t, const uint8_t rd[8], bool plain_as);
/* AS path: "64602 65001 {1 2}"; nothing when it is empty. */
void route_path(struct text *t, const uint8_t *attrs, size_t n, bool plain_as);

/* Attributes that are lists of values. */
enum route_list {
    ROUTE_COMMUNITIES,
    ROUTE_EXT_COMMUNITIES,
    ROUTE_LARGE_COMMUNITIES,
    ROUTE_CLUSTERS,
    ROUTE_LISTS
};
extern const struct route_list_info {
    const char *title, *field; /* in text: "Community: "; in JSON: "communities" */
    bool framed;               /* in text each value stands between "<" and ">" */
    uint8_t code, octets;      /* of the attribute, of a value */
    void (*value)(struct text *t, const uint8_t *octets, bool plain_as);
} route_lists[ROUTE_LISTS];
/* The values of one, to be taken from the front: */
struct bgp_cursor route_list(enum route_list l, const uint8_t *attrs, size_t n);
/* Adds the next value: "64601:9", "RT <1 : 1>". False: there are no more. */
bool route_list_next(struct text *t, enum route_list l, struct bgp_cursor *values, bool plain_as);

/* Attributes that are one value: "AS 1, Aggregator ID 10.0.0.1", a router id. */
enum { ROUTE_SINGLES = 2 };
extern const struct route_single {
    const char *title, *field;
    /* False: the route has none. */
    bool (*add)(struct text *t, const uint8_t *attrs, size_t n, bool plain_as);
} route_singles[ROUTE_SINGLES];

#endif
