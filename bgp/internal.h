/*
 * The objects of the speaker and the seams between its files. Included by bgp/ only.
 *
 * Invariants:
 * - A peer's main machine has the state peer->state. From OpenSent on, and in Connect, it owns
 *   peer->conn and conn->state equals peer->state; in Idle and Active there is no conn.
 * - peer->rival is a second connection whose OPEN has not decided the collision yet, or that came
 *   while the session is up. It never has a higher state than the main one.
 * - A connection is freed only by bgp_conn_free(); while its input is being read (busy) it is
 *   marked dead and freed when the reading returns.
 * - A dynamic peer without a connection is put on bgp->gone and freed by bgp_leave().
 */
#ifndef VRPSH_BGP_INTERNAL_H
#define VRPSH_BGP_INTERNAL_H

#include <uthash.h>

#include "bgp/bgp.h"
#include "bgp/fsm.h"
#include "bgp/timer.h"
#include "bgp/wire/frame.h"
#include "bgp/wire/open.h"
#include "bgp/wire/update.h"

enum { /* ms */
       BGP_SECOND = 1000,
       BGP_LARGE_HOLD = 240 * BGP_SECOND, /* RFC 4271 8.2.2 in OpenSent */
       BGP_SEND_HOLD = 480 * BGP_SECOND,  /* RFC 9687, lower bound */
       BGP_IDLE_HOLD_MAX = 60 * BGP_SECOND,
       BGP_STABLE = 60 * BGP_SECOND, /* a session up this long starts with a clean record */
       BGP_COLLISION_WAIT = 3 * BGP_SECOND,
       BGP_LIMIT_IDLE = 30 * BGP_SECOND,   /* after more routes than the limit */
       BGP_FIRST_ATTEMPT = 8 * BGP_SECOND, /* how long the first connects may take */
       BGP_CONNECT_RETRY = 32              /* s, VRP's default */
};

struct bgp_counts {
    uint32_t received[BGP_MSGS], sent[BGP_MSGS];
};

struct rib;
struct rib_session;

struct bgp_conn {
    struct bgp *b;
    struct bgp_peer *peer;
    void *io;
    struct bgp_addr local;
    uint16_t local_port, remote_port;
    uint8_t state; /* enum bgp_state of this connection's machine */
    bool outgoing;
    bool busy, dead; /* being read; to be freed after that */
    bool held;       /* waits for the OPEN of a connection that would win; see collision.c */
    bool early;      /* the peer's KEEPALIVE came meanwhile */

    uint8_t *part; /* octets of a message that is not complete yet, else NULL */
    size_t have, room;

    struct bgp_timer hold, keepalive, send_hold;
    uint64_t given, taken; /* octets handed to ops->send, octets TCP took of them */
    size_t unsent;

    struct bgp_open ours, theirs;       /* theirs is zero before its OPEN */
    uint16_t hold_time, keepalive_time; /* negotiated, s */
    uint8_t families;                   /* negotiated */
    bool refresh, as4, extended;        /* agreed both ways */
    bool enhanced;                      /* likewise, RFC 7313; refresh is, too */
    uint8_t hop6;                       /* families of IPv4 with IPv6 next hops, RFC 8950 */
    uint8_t labels[BGP_FAMILIES];       /* how many the peer takes with a prefix, at least 1 */
    struct bgp_counts counts;
};

struct bgp_peer {
    struct bgp *b;
    UT_hash_handle hh;
    struct bgp_peer_conf conf;
    struct bgp_addr addr; /* key of the hash */
    struct bgp_conn *conn, *rival;
    struct bgp_peer *next_gone;
    char *block; /* bgp_block_peer() */
    uint8_t state, last_state;
    uint64_t changes; /* of state, told since the session was last up: bit from * 8 + to */
    bool dynamic, gone;
    bool real_as;        /* fake_dual: the turn of the real AS */
    bool over_limit;     /* it went to Idle because too many routes came */
    bool limited;        /* too many routes came: down until it is reset */
    uint8_t over;        /* while its session ends because of that: the family and one */
    bool was_refused_as; /* fake_dual: both were refused in turn */
    const char *last_event;

    struct bgp_timer retry, idle;
    uint32_t retry_step, idle_step; /* ms; grow with failures */

    uint64_t since; /* of the last change into or out of Established */
    uint32_t up_count, flaps;
    struct bgp_counts counts; /* of the last connection */
    uint64_t keepalive_in, keepalive_out, update_in, update_out, refresh_in, refresh_out;
    struct bgp_notification *last_sent, *last_received;
    uint16_t last_error; /* code << 8 | subcode of the later one */
    char *last_failure;
    struct bgp_refusal_counts refused;
    struct bgp_record *records; /* ring of BGP_RECORDS, NULL before the first */
    size_t nrecords;            /* there have been */
    struct rib_session *routes; /* while Established */
};

struct bgp {
    const struct bgp_ops *ops;
    void *ctx;
    uint64_t now; /* ms, taken on entry of each public function */
    struct bgp_conf conf;
    bool stopped; /* bgp_shutdown() was called */
    struct bgp_peer *peers;
    struct bgp_listen_conf *ranges;
    size_t nranges, ndynamic;
    struct bgp_timers timers;
    struct bgp_peer *gone;
    struct rib *rib;
    struct bgp_refusal_counts refused; /* of all peers there have been */
    struct bgp_trace_conf trace;
    void (*tracer)(void *arg, const struct bgp_trace *t);
    void *trace_arg;
};

/* Why an event happened, beyond its name. */
struct bgp_cause {
    const struct bgp_fault *fault;           /* for BGP_DO_FAULT */
    const struct bgp_notification *received; /* for the NOTIFICATION events */
    const char *failure;                     /* phrase for displays */
    bool lost;                               /* TCP is gone already: no close, nothing to send */
    bool calm;                               /* orderly: idle-hold does not grow */
};

/* --- speaker.c */
void *bgp_alloc(size_t n); /* zeroed; aborts when memory runs out */
void bgp_enter(struct bgp *b);
void bgp_leave(struct bgp *b);
uint64_t bgp_jitter(struct bgp *b, uint64_t ms); /* 0.75-1.0 of it, RFC 4271 section 10 */
struct bgp_peer *bgp_find(const struct bgp *b, const struct bgp_addr *addr);
const struct bgp_listen_conf *bgp_find_range(const struct bgp *b, const struct bgp_addr *addr);

/* --- peer.c: the main machine of a peer */
struct bgp_peer *bgp_peer_new(struct bgp *b, const struct bgp_peer_conf *conf);
void bgp_peer_free(struct bgp_peer *p);
void bgp_peer_refused(struct bgp_peer *p, enum bgp_family f, enum bgp_refusal why, uint32_t n);
/* The only way a machine moves. c: the connection the event is about, NULL for the peer's own. */
void bgp_peer_event(struct bgp_peer *p, struct bgp_conn *c, enum bgp_fsm_event event,
                    const struct bgp_cause *cause);
/* The routes of the established session are why it ends: with f. */
void bgp_routes_fault(struct bgp_peer *p, const struct bgp_fault *f);
bool bgp_peer_admin_down(const struct bgp_peer *p);
/* Why the peer cannot be tried, "" when it can. */
const char *bgp_peer_blocked(const struct bgp_peer *p);
/* Ends every connection with the Cease f; the peer is Idle afterwards, without timers. */
void bgp_peer_stop(struct bgp_peer *p, const struct bgp_fault *f, enum bgp_fsm_event event);
/* Starts an Idle peer now, if nothing stands in the way. */
void bgp_peer_start(struct bgp_peer *p);
/* Stops or starts the peer as its conf and the process settings now ask for. */
void bgp_peer_reconsider(struct bgp_peer *p);
/* Forgets failures: the next attempts are quick again. */
void bgp_peer_calm(struct bgp_peer *p);
void bgp_peer_failure(struct bgp_peer *p, const char *why);
uint32_t bgp_peer_shown_as(const struct bgp_peer *p); /* our AS as this peer sees it */
bool bgp_peer_internal(const struct bgp_peer *p);
uint32_t bgp_peer_router_id(const struct bgp_peer *p); /* ours, as this peer sees it */
/* Families the peer may use at all: a peer of a VPN instance speaks IPv4 and IPv6 unicast only. */
unsigned bgp_peer_families(const struct bgp_peer *p);

/* --- conn.c: bytes of one connection */
struct bgp_conn *bgp_conn_new(struct bgp_peer *p, bool outgoing);
void bgp_conn_free(struct bgp_conn *c);
void bgp_conn_send(struct bgp_conn *c, const uint8_t *bytes, size_t n);
void bgp_conn_send_open(struct bgp_conn *c);
void bgp_conn_send_keepalive(struct bgp_conn *c);
void bgp_conn_send_end_of_rib(struct bgp_conn *c, enum bgp_family family);
/* n octets that are `messages` whole UPDATEs. */
void bgp_conn_send_updates(struct bgp_conn *c, const uint8_t *bytes, size_t n, unsigned messages);
void bgp_conn_send_refresh(struct bgp_conn *c, unsigned families);
/* BoRR or EoRR. */
void bgp_conn_send_refresh_mark(struct bgp_conn *c, enum bgp_family family,
                                enum bgp_refresh_subtype subtype);
void bgp_conn_restart_hold(struct bgp_conn *c);
/* Sends f and fills *out as the record of it. */
void bgp_conn_notify(struct bgp_conn *c, const struct bgp_fault *f, struct bgp_notification *out);

/* --- session.c: messages of one connection */
void bgp_session_message(struct bgp_conn *c, uint8_t type, struct bgp_cursor body);
/* Offers of our OPEN on this connection. */
void bgp_session_offer(struct bgp_conn *c, struct bgp_open *open);

/* --- collision.c */
/* The connection that has to go now that c's OPEN arrived, or NULL: nothing to decide. */
struct bgp_conn *bgp_collision_loser(struct bgp_conn *c);
/* Whether c, whose OPEN arrived, had better not be confirmed yet. */
bool bgp_collision_pending(const struct bgp_conn *c);
/* Confirms a connection that was held. */
void bgp_collision_release(struct bgp_conn *c);
/* Makes a place for one more connection of p. False: none. */
bool bgp_collision_make_room(struct bgp_peer *p);

#endif
