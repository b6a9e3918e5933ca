/*
 * Which routes a display is asked for, beyond what a walk can tell: by community, AS path, origin.
 * A route is judged by itself, so nothing of the table is held.
 */
#ifndef VRPSH_ROUTE_MATCH_H
#define VRPSH_ROUTE_MATCH_H

#include "cli/session.h"

struct route_match {
    bool any;  /* there is something to match */
    bool cidr; /* not of the length of its class */
    bool labeled;
    bool not_active;    /* not the best */
    uint32_t origin_as; /* 0: any */
    struct regex *regex;
    struct text path; /* what it is compared with, of the route of the moment */
    uint8_t octets;   /* of a community asked for: 4 or 12; 0: communities do not matter */
    uint8_t nvalues, values[SCH_REPEATS][12];
    bool whole; /* these and no other */
    bool plain_as;
    bool different_origin; /* judged by the listing: it takes all routes of a network */
};

/* Reads the words of a command. False, with an error said: a value is none. */
bool route_match_read(struct session *s, const struct sch_match *m, struct route_match *out);
void route_match_clear(struct route_match *f);
bool route_match(struct route_match *f, const struct bgp_route *r, const uint8_t *attrs);
/* The last AS of the path, 0 when it is empty or ends in a set. */
uint32_t route_origin_as(const struct bgp_route *r, const uint8_t *attrs);

#endif
