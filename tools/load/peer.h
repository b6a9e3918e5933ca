/*
 * The sessions of tools/bgp_load: feeders say what was prepared for them, sinks add up what
 * arrives. One process, one loop; an error ends the program.
 */
#ifndef VRPSH_TOOLS_LOAD_PEER_H
#define VRPSH_TOOLS_LOAD_PEER_H

#include <stdio.h>

#include "load/digest.h"

enum { LOAD_PEERS = 64 };

struct load_peer {
    int fd; /* -1: none */
    bool feeder, up;
    unsigned number; /* of all; the router ID is counted by it */
    unsigned source; /* of those with a first source address */
    uint32_t as;
    enum bgp_family family;
    uint8_t *in;
    size_t have;
    uint8_t *out; /* what a feeder says */
    size_t nout, sent;
    uint64_t digest;   /* of the routes that came */
    uint64_t prefixes; /* of the prefixes that are there: 0 when all have gone */
    int64_t routes;
    unsigned messages;
};

struct load_net {
    struct load_rules rules;
    const char *host, *sink_host;     /* where feeders and sinks connect to */
    const char *source, *sink_source; /* source address of peer number 0, the next ones count on */
    uint16_t port;
    FILE *list; /* routes that sinks get and lose, or NULL */
    struct load_peer peers[LOAD_PEERS];
    unsigned npeers;
};

void load_die(const char *what);
double load_now(void); /* s */
void load_dial(struct load_net *net, struct load_peer *p);
/* Waits up to ms for something to read or write, and does it. */
void load_turn(struct load_net *net, int ms);

#endif
