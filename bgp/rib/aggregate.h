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
/* The destination of that aggregate, 0: there is none. */
uint32_t aggregate_over(const struct rib_table *t, uint32_t dest);
/* A slice of about n destinations; returns how much was done. */
size_t aggregate_work(struct rib_table *t, size_t n);
void aggregate_clear(struct rib_table *t);

#endif
