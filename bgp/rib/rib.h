/*
 * The RIB: objects and seams between its files. Included by bgp/ only.
 *
 * A table holds the destinations of one family, of the public network or of a VPN instance (vpn.h).
 * The paths of a destination are its Adj-RIB-In of all peers at once: one record per (destination,
 * source), each naming an attribute set. The first path is the best one when it has PATH_BEST. What
 * was told to peers is Adj-RIB-Out, one attribute set per destination and update group (group.h).
 *
 * Whatever may take long is done by rib_work() in slices of a bounded number of records.
 *
 * Invariants:
 * - A path holds one reference to its attribute set, an Adj-RIB-Out entry one to what was told.
 * - A source that ended (alive is false) has paths only until the sweep has gone round once; they
 *   are never chosen. Its number is not given to anybody before no path names it and no
 * Adj-RIB-Out: what is told late (a minimum interval, a slow peer) may outlive both session and
 * paths.
 */
#ifndef VRPSH_BGP_RIB_H
#define VRPSH_BGP_RIB_H

#include "bgp/bgp.h"
#include "bgp/rib/attrset.h"
#include "bgp/rib/dest.h"
#include "bgp/rib/nexthop.h"
#include "bgp/timer.h"
#include "bgp/wire/attr.h"
#include "bgp/wire/update.h"

struct rib;
struct bgp_peer;
struct rib_group;
struct rib_member;
struct aggregates;

enum { /* flags of a path */
       PATH_BEST = 1,
       PATH_LOOP = 2,      /* our AS, router id or cluster is in it: kept, never chosen */
       PATH_OWN = 4,       /* its next hop is our own address: likewise */
       PATH_UNWANTED = 32, /* no VPN instance imports it: likewise, and nobody is shown it */
       PATH_LONG = 64,     /* with PATH_LOOP: not a loop, but longer than as-path-limit */
       PATH_REFUSALS =
           PATH_LOOP | PATH_OWN | PATH_UNWANTED | PATH_LONG, /* follow from the path and settings */
       PATH_CROSSED = 8,   /* in a VPN instance: imported; label is the VPN destination's id */
       PATH_EXPORTED = 16, /* in a VPN table: from a VPN instance */
       PATH_CROSS = PATH_CROSSED | PATH_EXPORTED,
       PATH_EXCESS = 128 /* beyond a limit of the VPN instance: kept, not chosen; limit.c */
};

struct path {
    uint32_t next;  /* of the same destination */
    uint32_t attrs; /* attribute set as received */
    uint32_t label; /* as struct bgp_nlri has it; PATH_CROSSED */
    uint32_t since; /* s, of the speaker's clock */
    uint16_t source;
    uint8_t flags;
    uint8_t round; /* of its source when it came last; refresh.c */
};

/* The family of the routes a VPN family carries for VPN instances. */
static inline enum bgp_family rib_unicast(enum bgp_family f)
{
    return f == BGP_VPNV4 ? BGP_IPV4_UNICAST : f == BGP_VPNV6 ? BGP_IPV6_UNICAST : f;
}

/* Where paths come from: a session, or one kind of local origination. */
enum source_kind { /* in the order VRP prefers them */
                   SOURCE_AGGREGATE = BGP_ROUTE_AGGREGATE,
                   SOURCE_SUMMARY = BGP_ROUTE_SUMMARY,
                   SOURCE_NETWORK = BGP_ROUTE_NETWORK,
                   SOURCE_IMPORT = BGP_ROUTE_IMPORT,
                   SOURCE_EXTERNAL = BGP_ROUTE_EXTERNAL,
                   SOURCE_INTERNAL = BGP_ROUTE_INTERNAL
};

struct source {
    uint16_t number;
    uint8_t kind; /* enum source_kind */
    bool alive;
    uint8_t clients; /* families in which the peer is a client of our reflector */
    struct bgp_addr addr;
    uint32_t id; /* BGP identifier */
    uint32_t as;
    uint16_t preferred[BGP_FAMILIES];
    uint32_t paths[BGP_FAMILIES], loops[BGP_FAMILIES]; /* in the table the session fills */
    uint32_t records;            /* paths and entries of Adj-RIBs-Out that name it, in any table */
    uint8_t round[BGP_FAMILIES]; /* the refreshes, counted ... */
    uint8_t keep[BGP_FAMILIES];  /* ... older paths are to go ... */
    uint8_t swept[BGP_FAMILIES]; /* ... and older than that have gone; refresh.c */
    struct rib_session *session; /* NULL: local, or ended */
};

/* Its routes are those of the routing table: without a MED they have 0. */
static inline bool source_routed(const struct source *s)
{
    return s->kind == SOURCE_NETWORK || s->kind == SOURCE_IMPORT;
}

/* What was told of limits: there are not more than a few in a while. */
struct alerts {
    uint64_t since;
    unsigned n;
};

/* The routes side of an established session. */
struct rib_session {
    struct rib *rib;
    struct bgp_conn *conn;
    struct source *source;
    struct rib_table *tables[BGP_FAMILIES]; /* where its routes go, of the families in use */
    struct rib_member *members[BGP_FAMILIES];
    struct bgp_mp_rules rules; /* agreed */
    uint8_t over;              /* family whose limit was passed, and one; 0 none */
    uint8_t warned, full;      /* families beyond threshold or limit, as far as was told */
    struct alerts alerts;
    uint8_t eor_in;                /* families whose End-of-RIB came */
    uint8_t refreshing;            /* families between BoRR and EoRR */
    struct bgp_timer stale;        /* until EoRR is no longer waited for */
    uint8_t dropped;               /* families in which not all routes were kept */
    uint32_t discarded, withdrawn; /* attributes, UPDATEs; RFC 7606 */
    uint64_t flaw_at;              /* when one of them was told last, 0 never ... */
    uint32_t flaws;                /* ... and how many there have been since; flaw.c */
};

/* How a path came into the table of a VPN instance. */
static inline enum bgp_cross path_cross(const struct path *p, const struct source *s)
{
    if (!(p->flags & PATH_CROSSED))
        return BGP_CROSS_NONE;
    return s->addr.vpn != 0 || s->kind < SOURCE_EXTERNAL ? BGP_CROSS_LOCAL : BGP_CROSS_REMOTE;
}

/* The family in which a path of the table was received, wherever it has gone since. */
static inline enum bgp_family path_family(enum bgp_family f, const struct path *p,
                                          const struct source *s)
{
    if (s->addr.vpn != 0)
        return rib_unicast(f);
    if (p->flags & PATH_CROSSED)
        return f == BGP_IPV4_UNICAST ? BGP_VPNV4 : BGP_VPNV6;
    return f;
}

struct rib_table {
    struct rib_table *next; /* of all tables, the public ones first */
    struct rib *rib;
    struct vpn *vpn;                /* whose table; NULL: of the public network */
    uint16_t scope;                 /* its number, 0: of the public network */
    const struct bgp_af_conf *conf; /* what is done with its routes */
    enum bgp_family family;
    struct dests dests;
    struct rib_group *groups, *ended; /* ended: still to be freed */
    uint32_t sweep_at, sweep_left;    /* next id to look at, ids until the round is complete ... */
    uint32_t sweep_used;              /* ... of a table of so many */
    uint32_t hold_left;               /* of these, before anything is told: see rib_hold() */
    uint32_t *garbage;                /* destinations that may be free */
    size_t ngarbage, garbage_room;
    uint32_t *labels; /* local label per destination, 0 none; labels.c */
    uint32_t labels_room;
    uint32_t *into; /* of a VPN table: the import list a destination stands in; vpn_import.c */
    uint32_t into_room;
    struct aggregates *aggregates; /* NULL: none; aggregate.c */
    bool limited;                  /* limit.c: an instance whose table may hold so much only ... */
    uint8_t told;                  /* ... what has been told of that ... */
    struct alerts alerts;          /* ... */
    uint64_t excess;               /* ... paths with PATH_EXCESS */
    bool crosses;                  /* VPN instances export from it or import from it */
    uint32_t best;                 /* destinations with a best path */
    uint64_t paths;                /* all of them */
    unsigned defaults; /* groups that tell a default route of our own: its record stays */
    bool recheck;      /* the sweep under way judges again which paths are refused */
};

struct rib {
    struct bgp *b;
    struct slab paths;
    struct attrsets sets;
    struct next_hops next_hops;
    struct rib_table tables[BGP_FAMILIES]; /* of the public network */
    struct rib_table *all;                 /* these and those of VPN instances */
    struct vpn *vpns;                      /* by number */
    struct vpn *removed;                   /* VPN instances that still have records */
    struct vpn_imports *imports;           /* while there are VPN instances */
    struct source **sources;               /* by number; 0 is nobody */
    uint32_t nsources;
    bool hold;           /* rib_hold() was called since the last slice */
    bool idle;           /* the last slice found nothing to do and nothing has happened since */
    bool collecting;     /* garbage may be collectable ... */
    bool vpn_suppress;   /* some instance has an aggregate that suppresses details */
    bool ended;          /* the last record of an ended source is gone */
    uint64_t collect_at; /* ... when it has been quiet until then, 0: when something happens ... */
    uint64_t collect_by; /* ... and from then on, quiet or not */
    uint8_t *scratch;    /* RIB_SCRATCH octets: canonical blocks are built here */
    uint8_t *crossing;   /* RIB_OUT octets: what VPN instances export is built here */
    uint8_t *attrs;      /* the attribute field of messages being built */
    uint8_t *out;        /* messages being built */
    uint64_t *spare;     /* where runs are sorted; given back when nothing waits */
    size_t spare_room;
    uint32_t label_next, *labels_free;
    size_t nlabels_free, labels_free_room;
    struct bgp_discard_counts discards;
    void (*watch)(void *arg, const struct bgp_addr *addr, bool wanted, struct bgp_hop *hop);
    void *watch_arg;
};

enum {
    RIB_SCRATCH = 6 * 65536,
    RIB_OUT = 2 * 65536,
    RIB_SLICE = 16384, /* records per slice, a few milliseconds */
    RIB_QUIET = 100,   /* ms without work before garbage is collected ... */
    RIB_BUSY = 1000    /* ... which is done even when there is never less work */
};

/* --- rib.c: life, sources, slices */
struct rib *rib_new(struct bgp *b);
void rib_free(struct rib *r);
static inline void rib_wake(struct rib *r)
{
    r->idle = false;
}
/* One slice of everything that waits. */
void rib_work(struct rib *r);
/* When rib_work() has to be called: b->now when there is work, UINT64_MAX when nothing waits. */
uint64_t rib_deadline(const struct rib *r);
struct source *rib_source_new(struct rib *r, enum source_kind kind);
/* One record less names the source. */
void rib_source_drop(struct rib *r, struct source *s);
static inline struct source *rib_source(const struct rib *r, uint32_t number)
{
    return r->sources[number];
}
void rib_drop_set(struct rib *r, uint32_t id);
/* Makes an empty table part of the RIB, or takes it out. */
void rib_table_init(struct rib_table *t, struct rib *r, enum bgp_family family, struct vpn *vpn,
                    const struct bgp_af_conf *conf);
void rib_table_end(struct rib_table *t);
/* The table of a family in the public network (vpn 0) or a VPN instance; NULL: there is none. */
struct rib_table *rib_table(const struct rib *r, uint16_t vpn, enum bgp_family family);
/* Our router id and cluster in the table. */
uint32_t rib_router_id(const struct rib_table *t);
uint32_t rib_cluster(const struct rib_table *t);
/* Has every destination of the table looked at again. */
void rib_sweep(struct rib_table *t);
/* The configuration has changed: nobody is told anything before the looks that are due have been
 * taken, or a route would be sent that was chosen by the old one and dressed by the new one. */
void rib_hold(struct rib *r);
/* The same, after settings changed that decide which paths are refused. */
void rib_recheck(struct rib_table *t);
/* The set of a block with a next hop and the labels below the first, with one reference. */
uint32_t rib_get_set(struct rib *r, struct bgp_cursor block, struct bgp_cursor stack,
                     const struct bgp_next_hop *nh);
static inline struct bgp_cursor rib_no_stack(void)
{
    return bgp_cursor_on(NULL, 0);
}

/* --- peering.c: what a session coming and going means */
void rib_session_up(struct rib *r, struct bgp_conn *c);
void rib_session_down(struct rib *r, struct bgp_peer *p);
/* The settings of the process changed: routes are chosen and advertised by the new ones. */
void rib_process_conf(struct rib *r, const struct bgp_conf *old);
/* Tells the peer the routes of these families again. */
void rib_resend(struct rib_session *s, unsigned families);
/* The peer's conf changed from old while the session goes on. */
void rib_session_conf(struct bgp_peer *p, const struct bgp_peer_conf *old);

/* --- adj_in.c: UPDATEs become paths. False: *f says why the session has to end. */
bool rib_update(struct rib_session *s, struct bgp_cursor body, struct bgp_fault *f);
/* False: there have been so many of late that this one has to wait. */
bool rib_alert(const struct bgp *b, struct alerts *told, const struct bgp_alert *a);
/* The peer's routes in the family have become more or less: alerts say what that means. */
void rib_watch_limit(struct rib_session *s, enum bgp_family family);
/* After another "route-limit": alerts as an UPDATE would, false: likewise. */
bool rib_within_limits(struct rib_session *s, struct bgp_fault *f);
/* From time to time: tells of limits what could not be told when it happened. */
void rib_watch_limits(struct rib_session *s);

/* --- accept.c */
/* Why a path from this session with this set must not be chosen: flags of PATH_REFUSALS. With
 * PATH_LOOP *why says which loop or limit. */
unsigned rib_refusals(const struct rib_session *s, enum bgp_family family, uint32_t set,
                      enum bgp_refusal *why);

/* Whether a path with these flags is not kept at all: the peer can be asked for it again. */
bool rib_drops(const struct rib_session *s, enum bgp_family family, unsigned flags);
/* Whether all that the peer sends in the family is kept ("keep-all-routes"). */
bool rib_keeps_all(const struct rib_session *s, enum bgp_family family);
/* More may be wanted than before: sessions that have dropped routes of the family ask for them. */
void rib_ask_again(struct rib *r, enum bgp_family family);

/* --- refresh.c */
/* BoRR and EoRR came (RFC 7313). */
void rib_refresh_begins(struct rib_session *s, enum bgp_family family);
void rib_refresh_ends(struct rib_session *s, enum bgp_family family);
/* Every path of the table has been reviewed since the last rib_sweep(). */
void rib_refresh_swept(const struct rib_table *t);
/* The peer has told everything again since it told this path. */
static inline bool rib_refresh_stale(const struct rib_table *t, const struct path *p,
                                     const struct source *s)
{
    return (int8_t)(p->round - s->keep[t->family]) < 0 && !(p->flags & PATH_CROSS) && s->session &&
           s->session->tables[t->family] == t;
}

/* --- intake.c */
/* The attributes of an UPDATE as the settings of the peer want them: the block itself, or one built
 * in rib->attrs. */
struct bgp_cursor rib_intake(const struct rib_session *s, enum bgp_family family,
                             struct bgp_cursor block);
/* Whether extended communities have this site of origin, given as a target (RFC 4364). */
bool rib_has_site(struct bgp_cursor communities, uint64_t soo);

/* --- path.c: paths of a destination */
/* Adds or replaces a path; takes over one reference to set. A source has one path of its own in a
 * destination; paths that crossed are told apart by their label. */
void path_set(struct rib_table *t, uint32_t dest, struct source *s, uint32_t set, uint32_t label,
              unsigned flags);
/* Whether the source has a path there that has none of these flags; dest 0: nowhere. */
bool path_exists(const struct rib_table *t, uint32_t dest, const struct source *s,
                 unsigned without);
/* Removes it; false: there was none. */
bool path_remove(struct rib_table *t, uint32_t dest, const struct source *s);
/* flag: PATH_CROSSED or PATH_EXPORTED. */
bool path_remove_cross(struct rib_table *t, uint32_t dest, unsigned flag, uint32_t label);
/* Removes the paths of ended sources, in a removed VPN instance all paths, and chooses again. */
void path_review(struct rib_table *t, uint32_t dest);
/* The best path or NULL. */
static inline struct path *path_best(const struct rib_table *t, const struct dest *d)
{
    struct path *p = d->path ? slab_at(&t->rib->paths, d->path) : NULL;

    return p && p->flags & PATH_BEST ? p : NULL;
}
void dest_maybe_free(struct rib_table *t, uint32_t dest);
/* As dest_make(), of garbage before the table grows: not while another destination of it is being
 * worked on, which may be garbage. */
uint32_t dest_take(struct rib_table *t, const uint8_t *key, unsigned len, uint32_t hash);
/* There may be something to collect. */
void rib_collectable(struct rib *r);
/* Frees destinations nobody needs, up to n of them; returns how many it looked at. */
size_t rib_collect(struct rib_table *t, size_t n);

/* --- decide.c */
bool path_eligible(const struct rib_table *t, const struct path *p, const char **why);
/* Id of the best of a destination's paths, 0 none. */
uint32_t path_choose(const struct rib_table *t, const struct dest *d);
/* Likewise, of those that are not PATH_CROSSED. */
uint32_t path_choose_own(const struct rib_table *t, const struct dest *d);
/* Whether load balancing selects p beside the best of the destination's paths. Worked out from all
 * of them, for displays. */
bool path_selected(const struct rib_table *t, const struct dest *d, const struct path *p);
/* Why b is not preferred to a: VRP's words ("Local_Pref", "AS-Path", ...). */
const char *path_losing_reason(const struct rib_table *t, const struct path *a,
                               const struct path *b);

/* --- limit.c: tables of VPN instances that hold so much only */
/* As path_choose(): had says that the destination has had a best path. */
uint32_t limit_choose(struct rib_table *t, const struct dest *d, bool had);
/* The table has more or less: alerts say what that means, and what is in excess may come back. */
void limit_watch(struct rib_table *t);
/* Another limit. */
void limit_conf(struct rib_table *t);

/* --- local.c */
/* The key of a prefix; false: it does not fit the family. */
bool rib_key(enum bgp_family family, const struct bgp_prefix *p, uint8_t key[BGP_KEY]);

/* --- flaw.c */
/* Counts an UPDATE that was a withdrawal because of an error, and tells, mostly, of any error.
 * field: its attributes; nlri: of family, what it announces. */
void rib_flaw(struct rib_session *s, const struct bgp_attrs *a, enum bgp_family family,
              struct bgp_cursor field, struct bgp_cursor nlri);

/* --- label.c: local labels of destinations whose next hop becomes ours */
uint32_t label_take(struct rib *r); /* 0: the space is exhausted */
void label_give_back(struct rib *r, uint32_t label);
uint32_t label_of(struct rib_table *t, uint32_t dest); /* 0: the space is exhausted */
void label_release(struct rib_table *t, uint32_t dest);

#endif
