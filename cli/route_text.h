/*
 * Text of routes and their attributes in VRP's spelling: prefixes, AS paths, communities. Used by
 * the displays of routes; knows no layout.
 */
#ifndef VRPSH_ROUTE_TEXT_H
#define VRPSH_ROUTE_TEXT_H

#include "bgp/bgp.h"

/* "10.1.0.0/24"; a classful network and the default route stand without length. Returns buf. */
const char *route_prefix(const struct bgp_prefix *p, char *buf, size_t len);
/* "64601:1" of the 8 octets of a route distinguisher (RFC 4364). */
const char *route_rd(const uint8_t rd[8], bool plain_as, char *buf, size_t len);
/* AS path: "64602 65001 {1 2}"; "" when it is empty. */
const char *route_path(const uint8_t *attrs, size_t n, bool plain_as, char *buf, size_t len);
/* "Community: <1:2>, <no-export>", one attribute per call, "" when the route has none. */
const char *route_communities(const uint8_t *attrs, size_t n, char *buf, size_t len);
const char *route_ext_communities(const uint8_t *attrs, size_t n, bool plain_as, char *buf,
                                  size_t len);
const char *route_large_communities(const uint8_t *attrs, size_t n, char *buf, size_t len);
/* "Aggregator: AS 1, Aggregator ID 10.0.0.1", "Originator: ...", "Cluster list: ...". */
const char *route_aggregator(const uint8_t *attrs, size_t n, bool plain_as, char *buf, size_t len);
const char *route_originator(const uint8_t *attrs, size_t n, char *buf, size_t len);
const char *route_clusters(const uint8_t *attrs, size_t n, char *buf, size_t len);

#endif
