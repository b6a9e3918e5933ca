/*
 * AS_PATH (RFC 4271 4.3, 6793): everything that looks into segments or builds them.
 *
 * Inside the speaker a path is always in the four-octet form; the two-octet form exists on the wire
 * of old peers only and is widened and narrowed here. Functions that take a path without saying how
 * wide expect the four-octet form and one that bgp_aspath_check() has passed.
 */
#ifndef VRPSH_BGP_WIRE_ASPATH_H
#define VRPSH_BGP_WIRE_ASPATH_H

#include "bgp/wire/cursor.h"

enum { BGP_AS_SET = 1, BGP_AS_SEQUENCE = 2, BGP_AS_CONFED_SEQUENCE = 3, BGP_AS_CONFED_SET = 4 };

/* Segments add up, are of the kinds used outside confederations, not empty, without AS 0 (7607).
 * width: octets of one AS, 2 or 4. */
bool bgp_aspath_check(struct bgp_cursor path, unsigned width);
/* Likewise for AS4_PATH, which must not be empty but may have segments of confederations. */
bool bgp_aspath_check_as4(struct bgp_cursor path);
/* How many ASes count in route selection: a set counts one. */
unsigned bgp_aspath_length(struct bgp_cursor path);
/* The neighbouring AS: first of a leading sequence; 0 when there is none. */
uint32_t bgp_aspath_first(struct bgp_cursor path);
/* The AS that originated the route: last of a trailing sequence, 0 when there is none. */
uint32_t bgp_aspath_origin(struct bgp_cursor path);
/* How often as occurs. */
unsigned bgp_aspath_count(struct bgp_cursor path, uint32_t as);
/* True when an AS does not fit into two octets. */
bool bgp_aspath_wide(struct bgp_cursor path);

/* Writes path (two-octet form) in the four-octet one. */
void bgp_aspath_widen(struct bgp_cursor path, struct bgp_writer *w);
/* Writes path in the two-octet form, AS_TRANS for what does not fit. */
void bgp_aspath_narrow(struct bgp_cursor path, struct bgp_writer *w);
/* RFC 6793 4.2.3: the ASes of path (four-octet form already) that as4 does not have, then as4
 * without what confederations have left there (section 6). */
void bgp_aspath_merge(struct bgp_cursor path, struct bgp_cursor as4, struct bgp_writer *w);
/* Writes path with as in front; a new segment when the first is a set or full. */
void bgp_aspath_prepend(struct bgp_cursor path, uint32_t as, struct bgp_writer *w);
/* A path that is changed step by step: a step reads path, writes to where bgp_aspath_step() says,
 * and bgp_aspath_stepped() makes that the path. */
struct bgp_aspath_steps {
    struct bgp_cursor path;
    uint8_t room[2][65535];
    unsigned turn;
    bool full; /* it did not fit */
};
static inline struct bgp_writer bgp_aspath_step(struct bgp_aspath_steps *s)
{
    return bgp_writer_on(s->room[s->turn], sizeof s->room[s->turn]);
}
static inline void bgp_aspath_stepped(struct bgp_aspath_steps *s, const struct bgp_writer *w)
{
    s->path = bgp_cursor_on(s->room[s->turn], bgp_written(w));
    s->turn ^= 1;
    s->full |= w->full;
}

/* Which ASes are private (RFC 6996), and what becomes of them. */
struct bgp_private_as {
    bool wide;         /* those of four octets count as private */
    bool force;        /* each one goes; else, without limited: all of them if no other is there */
    bool limited;      /* those before the first public one or stop go */
    uint32_t stop;     /* with limited */
    uint32_t keep;     /* stays; without force and limited: so does everything beside it. 0: none */
    uint32_t replaced; /* takes the place of those that go; 0: nothing does */
};
/* Writes path without private ASes. */
void bgp_aspath_publish(struct bgp_cursor path, const struct bgp_private_as *how,
                        struct bgp_writer *w);
/* Writes path with every AS from replaced by to. */
void bgp_aspath_replace(struct bgp_cursor path, uint32_t from, uint32_t to, struct bgp_writer *w);

#endif
