/*
 * The bgp thread: an event loop that owns the speaker library, its sockets, timers and the kernel
 * addresses vrpsh manages. Everything here is called from the mgmt thread and crosses by message;
 * nothing mutable is shared. Calls marked sync wait for the bgp thread (a few milliseconds at
 * most).
 */
#ifndef VRPSH_SPEAKER_H
#define VRPSH_SPEAKER_H

#include "bgp/bgp.h"

struct uv_loop_s;
struct speaker;

struct speaker_opts {
    uint16_t port;                 /* listening and remote port */
    const struct bgp_addr *listen; /* addresses to listen on; none: any IPv4 and any IPv6 */
    size_t nlisten;
    /* Called in the mgmt thread (through its loop) for every event, with a copy that lives for
     * the call; when is wall-clock seconds. */
    void (*event)(void *ctx, const struct bgp_event *e, int64_t when);
    /* Called in the mgmt thread: something an operator should read (listener failed, ...). */
    void (*warn)(void *ctx, const char *text);
    /* Called in the mgmt thread for messages speaker_trace() asks for; when is microseconds of the
     * wall clock. Messages that come too fast are left out, with a warning. */
    void (*trace)(void *ctx, const struct bgp_trace *t, int64_t when);
    void *ctx;
};

/* Starts the thread; callbacks are delivered on loop. 0 or a negative errno. */
int speaker_start(struct speaker **out, struct uv_loop_s *loop, const struct speaker_opts *opts);
/* Sync: Cease 6/2 to every peer, bytes flushed (at most one second), thread joined, freed.
 * Addresses that vrpsh added to the kernel stay: a restart must not cut what runs over them. */
void speaker_stop(struct speaker *s);

/* An address an interface carries. Those of LoopBack interfaces are put on the host; that of a port
 * says which device of the host it is. */
struct speaker_addr {
    char ifname[40];
    struct bgp_addr addr;
    uint8_t len;
    uint16_t vpn; /* instance the interface is bound to; 0: public */
    bool port;
};

/* A static route. At least one of nexthop, ifname and discard is given. */
struct speaker_static {
    struct bgp_addr net, nexthop; /* nexthop.af 0: none */
    char ifname[40];              /* "": found by the next hop */
    uint8_t len, preference;
    bool discard, permanent;
    bool inherit; /* its cost is that of the route to its next hop; else 0 */
    bool silent;  /* BGP does not announce it */
    bool fibless; /* the kernel does not get it */
    uint32_t tag;
    uint16_t vpn;  /* in whose routing table; net and nexthop are without */
    uint16_t into; /* the instance the next hop is in; 0: the same */
};

/* What is announced out of the routing table into a family: a network, or a protocol's routes. */
struct speaker_origin {
    enum bgp_family family;
    bool import;   /* routes of proto; else the network net/len */
    bool defaults; /* no routes of its own: default routes are imported, too */
    uint8_t proto; /* enum speaker_proto */
    struct bgp_addr net;
    uint8_t len;
    bool has_med;
    uint32_t med;
    uint16_t vpn; /* out of whose routing table into whose routes */
};

/* An aggregate of the public network (vpn 0) or an instance. */
struct speaker_aggregate {
    struct bgp_aggregate what;
    enum bgp_family family;
    uint16_t vpn;
};

/* A VPN instance. Addresses, peers, static routes and origins refer to it by its number. */
struct speaker_vpn {
    struct bgp_vpn_conf conf; /* removal: only the number counts */
    bool remove;
};

/* One commit for the speaker. Built by the mgmt thread, then owned by the bgp thread. */
struct speaker_plan {
    struct bgp_conf process;
    bool process_changed;
    struct speaker_peer_change {
        struct bgp_peer_conf conf; /* removal: only addr counts */
        enum bgp_action action;
        bool remove;
    } * peers;
    size_t npeers;
    struct bgp_listen_conf *listen; /* replaces all ranges when listen_changed */
    size_t nlisten;
    bool listen_changed;
    struct speaker_addr *addrs; /* replaces all addresses when addrs_changed */
    size_t naddrs;
    bool addrs_changed;
    struct speaker_static *statics; /* replaces all static routes when statics_changed */
    size_t nstatics;
    bool statics_changed;
    /* Lines of these two have changed; origins_changed and aggregates_changed may also mean that
     * the same is told again. */
    bool origin_lines, aggregate_lines;
    struct speaker_origin *origins; /* replaces all when origins_changed */
    size_t norigins;
    bool origins_changed;
    struct speaker_aggregate *aggregates; /* replaces all when aggregates_changed */
    size_t naggregates;
    bool aggregates_changed;
    struct speaker_vpn *vpns; /* those that are new, changed or removed */
    size_t nvpns;
};
void speaker_plan_free(struct speaker_plan *p);

/* Sync: applies the plan (addresses first, then removals, process, peers) and frees it. Cannot
 * fail: what the kernel refuses becomes a warning and a blocked peer. */
void speaker_apply(struct speaker *s, struct speaker_plan *p);

/* Sync: snapshot of all peers in address order into a malloc'ed array the caller frees. */
size_t speaker_peers(struct speaker *s, struct bgp_peer_view **out);
/* Sync: one peer; false: no such peer. */
bool speaker_peer(struct speaker *s, const struct bgp_addr *addr, struct bgp_peer_view *out);
/* Sync: runs fn in the bgp thread, which may look at b and write to arg, and must be brief. */
void speaker_look(struct speaker *s, void (*fn)(const struct bgp *b, void *arg), void *arg);
/* Sync: which messages are traced from now on. */
void speaker_trace(struct speaker *s, const struct bgp_trace_conf *conf);
/* Sync: "reset bgp" of n peers; returns how many existed. */
size_t speaker_reset(struct speaker *s, const struct bgp_addr *addrs, size_t n, const char *text);
/* Sync: "refresh bgp" of n peers, families as bits; in: asks for their routes, else tells them ours
 * again. Returns how many sessions took it. */
size_t speaker_refresh(struct speaker *s, const struct bgp_addr *addrs, size_t n, unsigned families,
                       bool in);

/* A walk over routes for a display, a batch at a time; each batch is a sync call and a copy. NULL:
 * out of memory. Ended by speaker_walk_free(), before the speaker stops. */
struct speaker_walk;
struct speaker_walk *speaker_walk_new(struct speaker *s, const struct bgp_walk_filter *filter);
/* NULL: the walk is over. The batch lives until the next call. The first call takes as long as the
 * keys of the table need; sessions get their turns meanwhile. */
const struct bgp_route_batch *speaker_walk_next(struct speaker_walk *w);
void speaker_walk_free(struct speaker_walk *w);
/* Sync: the peers that were told the prefix, at most n; and how big a family's table is. */
size_t speaker_advertised_to(struct speaker *s, enum bgp_family family,
                             const struct bgp_prefix *prefix, struct bgp_addr *out, size_t n);
/* vpn: whose table, 0 public. */
void speaker_family_stats(struct speaker *s, uint16_t vpn, enum bgp_family family,
                          struct bgp_family_stats *out);

/* --- the IP routing table ----------------------------------------------------------------------
 */

enum speaker_proto {
    SPEAKER_DIRECT,
    SPEAKER_STATIC,
    SPEAKER_OSPF,
    SPEAKER_ISIS,
    SPEAKER_RIP,
    SPEAKER_BGP,
    SPEAKER_OTHER, /* of another program */
    SPEAKER_PROTOS
};

/* One active route: a destination and one of its next hops. */
struct speaker_route {
    struct bgp_addr net;
    struct bgp_addr nexthop; /* as configured; af 0: none */
    struct bgp_addr relay;   /* whom the packets go to */
    char ifname[40];
    uint8_t len, proto, preference;
    bool first;   /* of its destination */
    bool relayed; /* the next hop was found through another route */
    bool fib;     /* the kernel forwards by it */
    bool discard;
    bool silent; /* BGP does not announce it */
    uint32_t cost, tag;
    uint64_t since_ms;
};

struct speaker_route_query {
    uint8_t af;
    uint16_t vpn; /* whose table; net is without */
    int proto;    /* enum speaker_proto, -1: all */
    bool exact,
        longest;  /* the route to net/len; the longest match of net; else all behind net/len */
    bool started; /* all: net and len say where the last batch ended */
    struct bgp_addr net;
    uint8_t len;
};
/* Sync: the next routes, at most max (at least 64); never part of a destination. The query is moved
 * on; 0: no more. Routes that come and go between two calls are there or not, none comes twice. */
size_t speaker_routes(struct speaker *s, struct speaker_route_query *q, struct speaker_route *out,
                      size_t max);

struct speaker_route_counts {
    struct {
        uint32_t total, active, added, deleted;
        uint32_t destinations; /* with an active route of the protocol */
    } proto[SPEAKER_PROTOS];
};
/* Sync. */
void speaker_route_counts(struct speaker *s, uint16_t vpn, uint8_t af,
                          struct speaker_route_counts *out);

/* An address of a device of the host; addr.af 0: it has none. */
struct speaker_link {
    char device[16];
    struct bgp_addr addr;
    uint8_t len;
    bool admin, up;
};
/* Sync: all of an instance's (0: public) into a malloc'ed array the caller frees. */
size_t speaker_links(struct speaker *s, uint16_t vpn, struct speaker_link **out);

/* A TCP socket of the speaker, as the kernel has it. */
struct speaker_socket {
    int fd;
    uint16_t vpn;                  /* instance whose network it is in; 0: public */
    struct bgp_addr local, remote; /* without instance; remote of a listener: any, port 0 */
    uint16_t local_port, remote_port;
    uint8_t state; /* TCP_LISTEN, TCP_ESTABLISHED, ... of <netinet/tcp.h> */
    bool md5;      /* its peer has a password */
};
/* Sync: all of them, listeners first, into a malloc'ed array the caller frees. */
size_t speaker_sockets(struct speaker *s, struct speaker_socket **out);

/* Monotonic clock of the bgp thread, ms; to turn view times into durations. */
uint64_t speaker_now(void);

#endif
