/*
 * The speaker: a sans-I/O library. Bytes, time and events go in through the functions below,
 * actions come out through struct bgp_ops. It knows no file, socket, clock or command.
 *
 * One thread calls it. Ops are called from inside the functions and must not call back into the
 * speaker for the same connection, except where said. Times are milliseconds of a monotonic clock.
 *
 * What a function of this header does on the wire follows RFC 4271 section 8 (events are named
 * there), RFC 4760, 5492, 6286, 6608, 6793, 8654, 9003, 9072 and 9687.
 */
#ifndef VRPSH_BGP_H
#define VRPSH_BGP_H

#include "bgp/conf.h"

struct bgp;      /* one speaker: process settings, peers, listen ranges */
struct bgp_conn; /* one TCP connection, ours or the peer's */

enum bgp_state { /* numbering of RFC 4271 and of VRP's BgpPeerState */
                 BGP_IDLE = 1,
                 BGP_CONNECT,
                 BGP_ACTIVE,
                 BGP_OPENSENT,
                 BGP_OPENCONFIRM,
                 BGP_ESTABLISHED
};

enum bgp_msg { BGP_OPEN = 1, BGP_UPDATE, BGP_NOTIFICATION, BGP_KEEPALIVE, BGP_REFRESH, BGP_MSGS };

#define BGP_SHUTDOWN_TEXT 255 /* octets of RFC 9003 text */

/* A NOTIFICATION sent or received. text is the RFC 9003 text, already made safe to print. */
struct bgp_notification {
    uint8_t code, subcode;
    bool sent;
    uint8_t data[64]; /* the first octets of the data field */
    uint8_t ndata;
    char text[BGP_SHUTDOWN_TEXT + 1];
};

/* What the log and log-info want to know of a session: a change of state, or why it ended. */
struct bgp_event {
    const struct bgp_addr *peer;
    enum bgp_state from, to;
    const char *event;                    /* VRP's name: "RecvKeepalive", "IHTimerExpired", ... */
    const char *input;                    /* the same in the log: "IH_TIMER"; static */
    const char *reason;                   /* D1's reason value: "Hold timer expire", ... or NULL */
    const struct bgp_notification *notif; /* when a NOTIFICATION ended it, else NULL */
    uint16_t
        last_error; /* of the NOTIFICATION before, sent or received: code << 8 | subcode; 0 none */
    bool again;     /* the session has been up before */
    bool known;     /* the same change was told since the session was last up */
    bool logged;    /* false with "undo peer X log-change" */
};

/* The number of routes of a peer or in a VPN instance passed its limit or the threshold before it.
 */
struct bgp_alert {
    const struct bgp_addr *peer; /* NULL: in an instance ... */
    uint16_t vpn;                /* ... of this number */
    bool prefixes;               /* ... and prefixes were counted */
    enum bgp_family family;
    bool limit; /* else the threshold */
    bool over;  /* else it fell below it again */
    uint32_t routes, most;
};

struct bgp_flaw;

struct bgp_ops {
    uint64_t (*now)(void *ctx);
    uint32_t (*random)(void *ctx);
    /* Open a TCP connection for conn with the peer's conf (source, TTL, MD5, MSS). The answer comes
     * later through bgp_connected() or bgp_connect_failed(). */
    void (*connect)(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *peer);
    /* Queue bytes; they are copied before the call returns. */
    void (*send)(void *ctx, struct bgp_conn *conn, const uint8_t *bytes, size_t n);
    /* The speaker is done with conn and frees it after this call: send what is queued, shut the
     * write side, read and discard for a moment so that no RST destroys a NOTIFICATION, close. Also
     * ends a connect in progress. */
    void (*close)(void *ctx, struct bgp_conn *conn);
    void (*event)(void *ctx, const struct bgp_event *e);
    void (*alert)(void *ctx, const struct bgp_alert *a); /* NULL: nobody asks */
    /* Not of every UPDATE of a peer that goes on sending errors; NULL: nobody asks. */
    void (*flaw)(void *ctx, const struct bgp_flaw *f);
};

struct bgp *bgp_new(const struct bgp_ops *ops, void *ctx);
void bgp_free(struct bgp *b); /* closes nothing: call bgp_shutdown() first */

/* --- configuration; whole objects, the engine has decided what each change does ------------- */

/* What a change does to a peer that exists before and after it. Ordered by strength: what our
 * advertisements become by the new conf is always told, also with BGP_REFRESH_IN, which in addition
 * asks the peer for the routes of the families whose conf has changed. */
enum bgp_action { BGP_KEEP, BGP_REEXPORT, BGP_REFRESH_IN, BGP_RESET };

/* Replaces the process settings. as 0: BGP is not configured; every peer is removed first (6/3). */
void bgp_set_process(struct bgp *b, const struct bgp_conf *conf);
/* Creates the peer or replaces its conf (copied). BGP_RESET closes its session with 6/6 (6/2 when
 * the new conf says ignore) and starts over without idle-hold. */
void bgp_set_peer(struct bgp *b, const struct bgp_peer_conf *conf, enum bgp_action action);
/* Removes the peer, 6/3. Absent: nothing. */
void bgp_remove_peer(struct bgp *b, const struct bgp_addr *addr);
/* Creates the VPN instance or replaces its conf (copied). What it imports and exports is looked at
 * again in slices; no session is touched. */
void bgp_set_vpn(struct bgp *b, const struct bgp_vpn_conf *conf);
/* Removes the instance with its routes; peers it still has are kept Idle. Absent: nothing. */
void bgp_remove_vpn(struct bgp *b, uint16_t number);
/* Replaces all listen ranges; dynamic peers outside every new range are removed. Ranges are of the
 * public network. */
void bgp_set_listen(struct bgp *b, const struct bgp_listen_conf *ranges, size_t n);
/* Says why the peer cannot be tried now (address missing, no route), or NULL: nothing in the way.
 * A non-NULL reason holds the peer in Idle and, when Established, closes it with 6/6. The log has a
 * name of its own for the reasons BGP_INTERFACE_DOWN and BGP_ROUTE_LOST. */
#define BGP_INTERFACE_DOWN "the interface towards the peer is down"
#define BGP_ROUTE_LOST "the route to the peer is lost"
void bgp_block_peer(struct bgp *b, const struct bgp_addr *addr, const char *reason);

/* Ends the session with 6/4 and text (may be NULL, at most 128 octets are sent) and starts again
 * ("reset bgp"). False: no such peer. */
bool bgp_reset_peer(struct bgp *b, const struct bgp_addr *addr, const char *text);
/* Closes every session with 6/2 and text; no peer starts again. */
void bgp_shutdown(struct bgp *b, const char *text);

/* --- events from the network ------------------------------------------------------------------ */

/* The engine keeps its own per-connection data here. */
void bgp_conn_set_io(struct bgp_conn *conn, void *io);
void *bgp_conn_io(const struct bgp_conn *conn);

/* A TCP connection arrived. NULL: refused, nothing was said, the engine closes it. Otherwise an
 * OPEN has been queued through ops->send, with io already set. local_port/remote_port: display. */
struct bgp_conn *bgp_accepted(struct bgp *b, const struct bgp_addr *remote, uint16_t remote_port,
                              const struct bgp_addr *local, uint16_t local_port, void *io);
void bgp_connected(struct bgp_conn *conn, const struct bgp_addr *local, uint16_t local_port,
                   uint16_t remote_port);
/* why: one phrase for displays ("Connection refused"). conn is freed. */
void bgp_connect_failed(struct bgp_conn *conn, const char *why);
/* Bytes arrived. After it returns false conn is gone (ops->close was called). */
bool bgp_input(struct bgp_conn *conn, const uint8_t *bytes, size_t n);
/* The peer closed or reset the connection. conn is freed; ops->close is not called. */
void bgp_conn_lost(struct bgp_conn *conn, const char *why);
/* How many queued bytes TCP has not taken yet; call when it changes, and after bytes were given
 * to send even when none is left (RFC 9687 send hold). Routes
 * wait while much is unsent, so whoever never calls this sees the flow of routes stop. */
void bgp_unsent(struct bgp_conn *conn, size_t bytes);

/* When bgp_tick() must be called next; UINT64_MAX: nothing waits. Not later than now: routes wait
 * to be worked on; each bgp_tick() does a slice of a few milliseconds, so read, send and look at
 * other work in between. After a stall hand over what has
 * arrived before ticking, or a peer that did speak is taken for silent. */
uint64_t bgp_deadline(const struct bgp *b);
void bgp_tick(struct bgp *b);

/* --- routes -----------------------------------------------------------------------------------
 */

struct bgp_prefix {
    uint8_t rd[8]; /* VPN families only */
    struct bgp_addr addr;
    uint8_t len;
};

enum bgp_route_kind { /* where a route comes from, in the order in which kinds are preferred */
                      BGP_ROUTE_AGGREGATE = 1,
                      BGP_ROUTE_SUMMARY,
                      BGP_ROUTE_NETWORK,
                      BGP_ROUTE_IMPORT,
                      BGP_ROUTE_EXTERNAL,
                      BGP_ROUTE_INTERNAL,
                      BGP_ROUTE_KINDS
};

/* The routes of a VPN instance are of the families IPv4 and IPv6 unicast; prefix.addr.vpn is its
 * number. Every function below that takes a prefix or a peer understands scoped addresses. */

/* What a local route carries. ORIGIN follows from its kind: incomplete when imported, else IGP. */
struct bgp_local_route {
    struct bgp_addr next_hop; /* af 0: ourselves */
    bool has_med;
    uint32_t med;
    uint32_t label;       /* of VPN families, 0-1048575 */
    const uint8_t *attrs; /* further path attributes as on the wire, AS numbers in 4 octets */
    size_t nattrs;
};

/* Adds or replaces the local route of this kind. False: attrs are malformed, kind is not local, or
 * there is no such VPN instance. */
bool bgp_originate(struct bgp *b, enum bgp_family family, const struct bgp_prefix *prefix,
                   enum bgp_route_kind kind, const struct bgp_local_route *route);
/* False: there was none. */
bool bgp_withdraw_local(struct bgp *b, enum bgp_family family, const struct bgp_prefix *prefix,
                        enum bgp_route_kind kind);

/* A route that is there while more specific best routes are ("aggregate"; RFC 4271 9.2.2.2). */
struct bgp_aggregate {
    struct bgp_prefix prefix;
    bool as_set;   /* the AS path is the set of those of the details; else it is empty */
    bool suppress; /* peers are not told the details */
};
/* Replaces the aggregates of the public network (vpn 0) or an instance; IPv4 and IPv6 unicast.
 * False: there is no such table, or a prefix does not fit; nothing has changed. */
bool bgp_set_aggregates(struct bgp *b, uint16_t vpn, enum bgp_family family,
                        const struct bgp_aggregate *list, size_t n);

enum bgp_reach {
    BGP_REACH_NOT,
    BGP_REACH,        /* by a route of its own; what counts until somebody knows better */
    BGP_REACH_DEFAULT /* by a default route: "nexthop recursive-lookup default-route" */
};

/* How an address is reached. */
struct bgp_hop {
    enum bgp_reach reach;
    uint32_t cost; /* IGP metric */
};

/* fn is told of each address that becomes, or is no longer (hop NULL), the next hop of some route.
 * It says in *hop how the address is reached now, so that the first route is judged by that and no
 * table has to be looked through for it. It must not call into the speaker. */
void bgp_watch_next_hops(struct bgp *b,
                         void (*fn)(void *arg, const struct bgp_addr *addr, bool wanted,
                                    struct bgp_hop *hop),
                         void *arg);
/* It has changed. All routes are looked at again, in slices. */
void bgp_set_next_hop(struct bgp *b, const struct bgp_addr *addr, enum bgp_reach reach,
                      uint32_t cost);

/* "refresh bgp": asks the peer for its routes again (not in families that keep all routes), or
 * tells it ours again. families: bits. False: no such peer, or not Established. */
bool bgp_refresh_in(struct bgp *b, const struct bgp_addr *peer, unsigned families);
bool bgp_refresh_out(struct bgp *b, const struct bgp_addr *peer, unsigned families);

/* --- looking -----------------------------------------------------------------------------------
 */

/* An UPDATE with an error that does not end the session (RFC 7606). */
struct bgp_flaw {
    const struct bgp_addr *peer;
    uint8_t code;   /* of the attribute that is wrong or missing; 0: the field does not add up */
    bool withdrawn; /* taken as a withdrawal; else the attribute was left out */
    const uint8_t *value; /* of the attribute as it came, NULL when it is missing; n octets */
    size_t n;
    enum bgp_family family;  /* of the prefixes */
    uint32_t prefixes;       /* announced with it ... */
    struct bgp_prefix first; /* ... and one of them */
    uint32_t more;           /* UPDATEs with errors since the last one that was told */
};

/* Errors in UPDATEs that did not end a session, by attribute code (RFC 7606); code 0: the field
 * itself did not add up. */
struct bgp_discard_counts {
    uint32_t discarded[256]; /* attribute left out */
    uint32_t withdrawn[256]; /* UPDATEs treated as withdrawals because of it */
};
void bgp_discards(const struct bgp *b, struct bgp_discard_counts *out);

/* Why routes were not used; by peer since it was configured, and for all peers there have been. */
enum bgp_refusal {
    BGP_REFUSED_CLUSTER,    /* our cluster is in CLUSTER_LIST */
    BGP_REFUSED_PATH_LIMIT, /* AS_PATH longer than as-path-limit */
    BGP_REFUSED_PATH_OUT,   /* likewise, with our AS in front of it: not told to the peer */
    BGP_REFUSED_AS_LOOP,    /* our AS is in AS_PATH */
    BGP_REFUSED_ZERO_RD,    /* route distinguisher 0:0, in any of its forms */
    BGP_REFUSED_NO_PREFIX,  /* UPDATEs with attributes and nothing they belong to */
    BGP_REFUSED_ATTRIBUTE,  /* withdrawn because of a bad attribute (RFC 7606) */
    BGP_REFUSED_ORIGINATOR, /* ORIGINATOR_ID is our router id */
    BGP_REFUSED_LIMIT,      /* the peer's route limit was reached */
    BGP_REFUSED_ROUTER_ID,  /* OPENs with a bad BGP identifier */
    BGP_REFUSED_SITE,       /* the site of origin is the peer's own: not told to it */
    BGP_REFUSALS
};
struct bgp_refusal_counts {
    uint32_t n[BGP_FAMILIES][BGP_REFUSALS]; /* what has no family counts as the first one */
};
/* peer NULL: all. False: no such peer. */
bool bgp_refusals(const struct bgp *b, const struct bgp_addr *peer, struct bgp_refusal_counts *out);

/* A session that came up or went down ("log-info"). code 0: without NOTIFICATION. */
struct bgp_record {
    uint64_t when_ms; /* monotonic */
    bool up, sent;    /* sent: the NOTIFICATION is ours */
    uint8_t code, subcode;
};
enum { BGP_RECORDS = 16 }; /* kept of a peer */
/* Newest first, at most n; returns how many were written. */
size_t bgp_peer_log(const struct bgp *b, const struct bgp_addr *peer, struct bgp_record *out,
                    size_t n);

const char *bgp_attribute_name(unsigned code); /* "AS_PATH"; NULL: unknown */

/* One peer as displays need it: a plain copy, no pointers into the speaker. */
struct bgp_peer_view {
    struct bgp_addr addr, local;
    uint32_t remote_as, local_as;
    uint32_t remote_id; /* host order; 0 before an OPEN */
    uint16_t local_port, remote_port;
    enum bgp_state state, last_state;
    bool admin_down; /* Idle(Admin) */
    bool over_limit; /* Idle(Ovlmt): more routes came than its limit */
    bool dynamic;
    bool internal;
    const char *last_event;  /* static string */
    char blocked[96];        /* why it stays Idle, "" when nothing stands in the way */
    char last_failure[96];   /* last connect failure or loss, "" none */
    uint64_t state_since_ms; /* monotonic; of the change into or out of Established */
    uint32_t up_count, flaps;
    uint16_t hold_received, hold_negotiated, keepalive_negotiated;
    uint8_t enabled;     /* families configured, as in bgp_peer_conf */
    uint8_t peer_offers; /* families in the peer's OPEN */
    uint8_t negotiated;  /* families in use */
    bool cap_refresh_remote, cap_as4_remote, cap_mp_remote, cap_extended_remote,
        cap_enhanced_remote;
    bool cap_refresh, cap_as4, cap_extended, cap_enhanced; /* agreed both ways */
    /* Messages of the session's connection, or of the last one there was, by enum bgp_msg. */
    uint32_t received[BGP_MSGS], sent[BGP_MSGS];
    uint64_t last_keepalive_in, last_keepalive_out, last_update_in, last_update_out,
        last_refresh_in, last_refresh_out; /* monotonic ms, 0 never */
    size_t unsent;                         /* bytes TCP has not taken */
    struct {
        uint32_t received;   /* in the Adj-RIB-In */
        uint32_t accepted;   /* of these, not refused because of a loop */
        uint32_t advertised; /* told to the peer */
        uint16_t group;      /* number of its update group, 0 none */
        bool lags;        /* behind the group: it takes UPDATEs slowly, or was told to start over */
        uint32_t waiting; /* routes it is behind by */
    } routes[BGP_FAMILIES];
    uint32_t attributes_discarded, treated_as_withdraw; /* RFC 7606, of this session */
    uint8_t end_of_rib; /* families whose End-of-RIB the peer has sent */
    struct bgp_notification last_sent, last_received; /* code 0: none */
};

/* Fills out for one peer; false: no such peer. */
bool bgp_peer_view(const struct bgp *b, const struct bgp_addr *addr, struct bgp_peer_view *out);
/* Calls fn for every peer in address order, those of the public network first, then by instance,
 * until it returns false. */
void bgp_each_peer(const struct bgp *b, bool (*fn)(void *arg, const struct bgp_peer_view *v),
                   void *arg);
size_t bgp_peer_count(const struct bgp *b);

/* --- tracing: messages as they come and go. Costs nothing while nobody asks. ------------------ */

struct bgp_trace_conf {
    unsigned received, sent; /* bits 1 << enum bgp_msg */
    struct bgp_addr peer;    /* af 0: of all peers */
};
struct bgp_trace {
    const struct bgp_addr *peer;
    uint32_t as; /* of the peer, as configured */
    bool sent;
    bool as4;           /* AS numbers of its UPDATEs have four octets */
    const uint8_t *msg; /* the whole message */
    size_t n;
};
/* fn is called for each message conf asks for, before it is judged; it must not call the speaker.
 * All bits zero: no more. */
void bgp_set_trace(struct bgp *b, const struct bgp_trace_conf *conf,
                   void (*fn)(void *arg, const struct bgp_trace *t), void *arg);
/* What a message says, a line each with a newline in front: "\n Error 6/4 (CEASE, ...)". As much as
 * can be understood of any octets; cut off at len. */
void bgp_message_text(const uint8_t *msg, size_t n, bool as4, char *buf, size_t len);

/* --- looking at routes. A walk goes over one family in order of RD, address and length. It holds
 * the keys that were there when it began, so routes may come and go between its batches; what is
 * gone is left out. Each slice and each batch takes a bounded time. Records are plain copies. -----
 */

enum bgp_walk_kind {
    BGP_WALK_ALL,       /* every path, those refused because of a loop left out */
    BGP_WALK_BEST,      /* best paths */
    BGP_WALK_RECEIVED,  /* what a peer has sent */
    BGP_WALK_ACCEPTED,  /* of that, what was not refused */
    BGP_WALK_ADVERTISED /* what a peer has been told, as it was told */
};

struct bgp_walk_filter {
    enum bgp_family family;
    enum bgp_walk_kind kind;
    uint16_t vpn;         /* whose table, 0 the public one */
    struct bgp_addr peer; /* of the last three kinds */
    bool one;             /* only prefix ... */
    bool longer;          /* ... or that and what it covers */
    bool rd;              /* only prefix.rd */
    struct bgp_prefix prefix;
};

enum bgp_cross { /* how a route came into a VPN instance */
                 BGP_CROSS_NONE,
                 BGP_CROSS_LOCAL, /* from another instance of this speaker */
                 BGP_CROSS_REMOTE /* from a peer of a VPN family */
};

struct bgp_route {
    struct bgp_prefix prefix; /* rd: in a VPN instance that of the crossed route, if it is one */
    uint8_t cross;            /* enum bgp_cross */
    struct bgp_addr next_hop; /* af 0: ourselves; of a customer edge: that in its instance */
    struct bgp_addr from;     /* the peer; af 0: a local route */
    uint32_t from_id;         /* its BGP identifier */
    uint64_t age_ms;
    uint32_t label, local_label; /* received and ours; UINT32_MAX none */
    uint32_t med, local_pref, cost;
    uint8_t preference; /* "preference", 1-255 */
    uint16_t preferred;
    uint8_t origin; /* 0 IGP, 1 EGP, 2 incomplete */
    uint8_t kind;   /* enum bgp_route_kind */
    bool has_med, has_local_pref, valid, best, loop;
    bool selected;          /* the best, or beside it because it is equal (load balancing) */
    bool suppressed;        /* not told to peers: an aggregate stands for it */
    const char *reason;     /* why not best or not valid, VRP's word; NULL when best. Static. */
    uint32_t attrs, nattrs; /* its path attributes: a part of the batch's bytes, where routes of
                               the same attributes meet */
    uint32_t nstack;        /* labels below the first; behind the attributes, as on the wire */
};

enum { BGP_BATCH = 1024 };

struct bgp_route_batch { /* zero it before first use */
    struct bgp_route routes[BGP_BATCH];
    size_t n;
    uint8_t *bytes; /* path attributes as on a 4-octet session, in order of their codes */
    size_t nbytes, room;
};

struct bgp_walk;
struct bgp_walk *bgp_walk_new(const struct bgp *b, const struct bgp_walk_filter *filter);
/* What comes first, and is done by the first bgp_walk_next() if it has not been: the keys are
 * gathered, a slice each time until it returns false, and sorted. Sorting needs nothing of the
 * speaker: another thread may do it. */
bool bgp_walk_gather(struct bgp_walk *w);
void bgp_walk_sort(struct bgp_walk *w);
/* Fills the batch, of which there may be nothing yet; false: the walk is over, batch->n is 0. */
bool bgp_walk_next(struct bgp_walk *w, struct bgp_route_batch *batch);
void bgp_walk_free(struct bgp_walk *w);
void bgp_route_batch_free(struct bgp_route_batch *batch);
/* The peers that have been told the prefix; returns how many, at most n are written. */
size_t bgp_advertised_to(const struct bgp *b, enum bgp_family family,
                         const struct bgp_prefix *prefix, struct bgp_addr *out, size_t n);

struct bgp_family_stats {
    uint32_t destinations, best;
    uint64_t paths; /* not refused because of a loop */
    uint32_t sets;  /* attribute sets, of all families */
    uint64_t set_octets;
    uint32_t groups;
    uint32_t label; /* that all routes of a VPN instance are exported with, 0: none */
};
/* vpn: whose table, 0 the public one. */
void bgp_family_stats(const struct bgp *b, uint16_t vpn, enum bgp_family family,
                      struct bgp_family_stats *out);

/* Peers of one family that are told the same and share the packets (an update group). */
struct bgp_group_view {
    uint16_t number; /* 1-65535, of the family */
    bool internal, client;
    uint16_t mrai;
    uint32_t routes;          /* advertised */
    uint64_t formatted, sent; /* UPDATEs built for it; sent, all members counted */
    const struct bgp_addr *members;
    size_t nmembers; /* at least one */
};
/* Calls fn for every group of the family in order of number; the view lives for the call. vpn: of
 * which instance, 0 the public network. */
void bgp_each_group(const struct bgp *b, uint16_t vpn, enum bgp_family family,
                    void (*fn)(void *arg, const struct bgp_group_view *v), void *arg);

/* "Cease"-like names of a NOTIFICATION, VRP spelling of D3; never NULL. */
const char *bgp_error_name(uint8_t code);
const char *bgp_suberror_name(uint8_t code, uint8_t subcode);
const char *bgp_state_name(enum bgp_state s); /* "OpenSent" */

#endif
