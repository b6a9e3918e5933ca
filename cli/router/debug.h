/*
 * "debugging bgp ...": what a session wants to see of messages and events, while it monitors and
 * "terminal debugging" is on. The speaker hands out only what some session has asked for.
 */
#ifndef VRPSH_DEBUG_H
#define VRPSH_DEBUG_H

#include "bgp/bgp.h"

struct app;
struct session;

enum { DEBUG_SETS = 8 };

struct debug {
    struct debug_set {
        struct bgp_addr peer;    /* af 0: of all peers */
        unsigned received, sent; /* bits 1 << enum bgp_msg */
        bool events, verbose;
    } sets[DEBUG_SETS];
    unsigned n;
};

/* A message that came or went; when: microseconds since the epoch. */
void debug_message(struct app *a, const struct bgp_trace *t, int64_t when);
void debug_event(struct app *a, const struct bgp_event *e);
/* The session ends. */
void debug_free(struct session *s);

#endif
