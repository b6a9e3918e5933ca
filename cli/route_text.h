/*
 * Text of routes and their attributes in VRP's spelling: prefixes, AS paths, communities. Used by
 * the displays of routes; knows no layout.
 */
#ifndef VRPSH_ROUTE_TEXT_H
#define VRPSH_ROUTE_TEXT_H

#include "bgp/bgp.h"

/* "10.1.0.0/24"; a classful network and the default route stand without length. Returns buf. */
const char *route_prefix(const struct bgp_prefix *p, char *buf, size_t len);
/* Whether it is written without length. */
bool route_classful(const struct bgp_prefix *p);
/* "64601:1" of the 8 octets of a route distinguisher (RFC 4364). */
const char *route_rd(const uint8_t rd[8], bool plain_as, char *buf, size_t len);
/* AS path: "64602 65001 {1 2}"; "" when it is empty. */
const char *route_path(const uint8_t *attrs, size_t n, bool plain_as, char *buf, size_t len);

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
} route_lists[ROUTE_LISTS];
/* The i-th value: "64601:9", "RT <1 : 1>". NULL: there are no more. buf: ROUTE_ITEM octets. */
enum { ROUTE_ITEM = 64 };
const char *route_item(enum route_list l, const uint8_t *attrs, size_t n, size_t i, bool plain_as,
                       char *buf);
/* "AS 1, Aggregator ID 10.0.0.1" and the router id; "" when the route has none. */
const char *route_aggregator(const uint8_t *attrs, size_t n, bool plain_as, char *buf, size_t len);
const char *route_originator(const uint8_t *attrs, size_t n, char *buf, size_t len);

#endif
