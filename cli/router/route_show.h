/*
 * One route on the screen: as a row, as a row of labels, in detail; the same fields in JSON each
 * time. What stands above and below the routes is cmd_routes.c's.
 */
#ifndef VRPSH_ROUTE_SHOW_H
#define VRPSH_ROUTE_SHOW_H

#include "cli/session.h"

/* The legend above rows, and the heads of their columns; IPv6 routes are blocks and have none. */
void route_show_legend(struct session *s);
void route_show_heads(struct session *s, enum bgp_family f, bool labels);
/* again: of the same network as the row before. */
void route_show_row(struct session *s, enum bgp_family f, const struct bgp_route *r,
                    const uint8_t *attrs, bool again);
void route_show_label_row(struct session *s, enum bgp_family f, const struct bgp_route *r,
                          const uint8_t *attrs, bool again);
/* True: it ends with an empty line, as it does when nobody has been told of the route. */
bool route_show_detail(struct session *s, enum bgp_family f, const struct bgp_route *r,
                       const uint8_t *attrs);

#endif
