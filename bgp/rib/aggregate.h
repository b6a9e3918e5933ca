/*
 * What the RIB tells the aggregates of a table, and when they work; see aggregate.c. Called by the
 * files of bgp/rib/ only.
 */
#ifndef VRPSH_BGP_RIB_AGGREGATE_H
#define VRPSH_BGP_RIB_AGGREGATE_H

#include "bgp/rib/rib.h"

/* The best path of a destination changed; only when t->aggregates is there. */
void aggregate_change(struct rib_table *t, uint32_t dest, bool had, bool has);
/* Whether peers are not told of it because of an aggregate. */
bool aggregate_suppresses(const struct rib_table *t, uint32_t dest);
/* Whether they will not be, when all have been told the aggregate. */
bool aggregate_will_suppress(const struct rib_table *t, uint32_t dest);
/* What that means to a group: it tells dest as ever, not at all, or what it has told of it stays
 * until it has told the aggregate. */
enum aggregate_verdict { AGGREGATE_LEAVES, AGGREGATE_HIDES, AGGREGATE_AWAITED };
enum aggregate_verdict aggregate_verdict(const struct rib_group *g, uint32_t dest);
/* The destination, in t, of the aggregate that hides dest; 0: there is none. In a VPN table it is
 * one that an instance exports. */
uint32_t aggregate_over(const struct rib_table *t, uint32_t dest);
/* A slice of about n destinations; returns how much was done. */
size_t aggregate_work(struct rib_table *t, size_t n);
void aggregate_clear(struct rib_table *t);

#endif
