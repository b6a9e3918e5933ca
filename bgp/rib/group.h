/*
 * Update groups: peers of one family with equal export rules share one Adj-RIB-Out and the messages
 * built from it.
 *
 * The Adj-RIB-Out is flat: per destination the attribute set that was told and the source of its
 * route. A member in step has been told exactly that, except routes of its own source (split
 * horizon). A member that is not in step (it has just come, asked for a refresh, or does not take
 * its messages) has a lag: two bits per destination, whether it has still to be told and whether it
 * knows the destination. It catches up by itself and falls into step when no bit is left.
 *
 * A change of a best path sets a pending bit and appends the destination once, however often it
 * changes before its turn. When the members can take more, the pending destinations become a run
 * sorted by attribute set, so that each set is written once with all its prefixes.
 */
#ifndef VRPSH_BGP_RIB_GROUP_H
#define VRPSH_BGP_RIB_GROUP_H

#include "bgp/rib/rib.h"

/* What decides how a route is advertised. Compared by memcmp: zeroed before it is filled. */
struct policy {
    struct bgp_addr local; /* next hop self */
    uint32_t as;           /* ours, as the peer sees it */
    uint32_t peer_as;      /* with substitute_as and public_as */
    uint32_t global_as;    /* stands behind ours; 0: none */
    uint16_t only;         /* number of the one source it is for; 0: of any */
    uint64_t soo;          /* routes of this site are not sent; 0: none */
    uint16_t mrai;         /* s */
    uint8_t labels;        /* a prefix may have, at least 1 */
    bool hop6;             /* IPv4 prefixes may have an IPv6 next hop */
    bool internal, client;
    bool as4, extended;
    bool next_hop_local, next_hop_invariable;
    bool communities, ext_communities, large_communities;
    bool substitute_as;
    bool default_route; /* one of our own is told, whatever the table has */
    bool public_as, public_force, public_limited, public_replace, public_peer;
};

struct lag {
    uint64_t *todo, *told;
    uint32_t bits;  /* destinations there is room for */
    uint64_t *run;  /* set << 32 | destination, sorted; todo says what still counts */
    uint32_t n, at; /* of the run */
    uint32_t word;  /* of todo, where the next run begins */
    bool more;      /* todo may have bits that are not in the run ... */
    bool behind;    /* ... nor behind word, in what has been looked at */
    bool waits;     /* some bit of todo waits for the group; see lag.c */
    bool all;       /* todo has all there is: lag_all() has nothing to add */
};

struct rib_member {
    struct rib_member *next;
    struct rib_group *group;
    struct rib_session *session;
    struct lag *lag; /* NULL: in step */
    bool eor_due;
    bool eorr_due;  /* BoRR was sent (RFC 7313) */
    bool ask_again; /* a refresh was asked for before End-of-RIB: it comes behind that */
    uint32_t *gone; /* destinations to be withdrawn from this member alone */
    uint32_t ngone, gone_room;
    uint32_t own; /* advertised routes of the group that are this member's own */
};

struct rib_group {
    struct rib_group *next;
    struct rib_table *table;
    struct policy policy;
    struct rib_member *members;
    unsigned lagging; /* members out of step */
    uint16_t number;
    uint64_t formatted, sent; /* UPDATEs, for display */

    uint32_t *out;     /* Adj-RIB-Out: set by destination, 0 not advertised */
    uint64_t *out_bit; /* in which of them there is one */
    uint16_t *from;    /* number of the source it is from */
    uint32_t *label;   /* what was told, in families with labels */
    uint16_t *when;    /* s, from when mrai counts for the last announcement; with mrai */
    uint64_t drawn_at; /* s, plus 1: when early was drawn */
    uint16_t early;    /* s, by which an interval that begins now is shorter */
    uint64_t *pending_bit;
    uint64_t *run_bit; /* in the part of the run that has not been sent */
    uint32_t room;     /* destinations the arrays above have room for */
    uint32_t advertised;

    uint32_t *pending; /* queue of destinations */
    size_t npending, pending_at, pending_room;
    uint32_t *held; /* destinations whose MRAI has not passed; their pending bit stays set */
    size_t nheld, held_room;
    uint64_t held_until; /* when to look at them again */

    uint64_t *run; /* set << 32 | destination; each holds a reference to its set */
    size_t nrun, run_at, run_room;
    bool sorted;

    uint32_t scan_at; /* next destination to be looked at, of an ended group to be given up; 0: all
                         have been looked at */
    uint64_t stalled; /* since when a member in step has not taken what was sent; 0: none */
};

enum {
    GROUP_UNSENT = 256 * 1024, /* octets a connection may have waiting before it has to wait */
    GROUP_RUN = 256 * 1024,    /* destinations sorted together */
    GROUP_STALL = 1000         /* ms a slow member may hold up the others, if no line says */
};

static inline bool bit_get(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> i % 64 & 1;
}

static inline void bit_set(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

static inline void bit_clear(uint64_t *bits, uint32_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* Whether the group does not advertise dest but may be about to. */
static inline bool group_undecided(const struct rib_group *g, uint32_t dest)
{
    return dest < g->room && g->out[dest] == 0 &&
           (bit_get(g->pending_bit, dest) || bit_get(g->run_bit, dest));
}

/* --- group.c */
/* The best path of dest changed. */
void group_mark(struct rib_table *t, uint32_t dest);
/* The new group tells a default route of our own: its destination exists from here on. */
void group_default(struct rib_group *g);
/* Whether a group still needs the record of dest. */
bool group_holds(const struct rib_table *t, uint32_t dest);
/* Has all groups look again, in slices, at what they tell of all routes: export has changed. */
void group_review(struct rib_table *t);
/* What is held back is looked at now. */
void group_release(struct rib_table *t);
/* A slice; n: records. Returns how many were worked on. */
size_t group_work(struct rib_group *g, size_t n);
uint64_t group_deadline(const struct rib_group *g);
/* Whether the member has been told of dest. */
bool group_has_told(const struct rib_member *m, uint32_t dest);
/* How many routes the member has been told. */
uint32_t group_told(const struct rib_member *m);
/* How many routes the member has still to be told or withdrawn; 0 in step. */
uint32_t group_waiting(const struct rib_member *m);
/* The last member has left. */
void group_end(struct rib_group *g);
/* Frees ended groups: a slice of n destinations; returns how many were worked on. */
size_t group_reap(struct rib_table *t, size_t n);

/* Sorts by the upper halves. */
void run_sort(struct rib *r, uint64_t *run, size_t n);

/* --- member.c */
/* Puts the session into the group of its policy. */
void group_join(struct rib_session *s, enum bgp_family family);
void group_leave(struct rib_member *m);
/* The session's conf changed: moves to another group when its policy did. */
void group_rejoin(struct rib_session *s, enum bgp_family family);
/* Tells the member everything again (RFC 2918), between BoRR and EoRR where they are agreed. */
void group_resend(struct rib_member *m);
/* The member has been told everything again. */
void group_resent(struct rib_member *m);
struct rib_member *group_member_of(const struct rib_group *g, uint32_t source);
/* End-of-RIB to members that have been told everything. */
void group_end_of_rib(struct rib_group *g);

/* --- lag.c */
/* The member is out of step from here on; knows: it has been told what the group has. */
void lag_start(struct rib_member *m, bool knows);
/* Everything the group has advertised, or the member knows, is to be told again. */
void lag_all(struct rib_member *m);
void lag_end(struct rib_member *m);
/* The group has dealt with dest: its members out of step have to. changed: in the Adj-RIB-Out; else
 * it has found that it has nothing to say of it. */
void lag_touch(struct rib_group *g, uint32_t dest, bool changed);
/* Whether the member can take more now. */
bool member_ready(const struct rib_member *m);
size_t lag_work(struct rib_member *m, size_t n);

/* --- send.c: writes a sorted run */
/* Messages under construction for one member, or for all that are in step. */
struct packer {
    struct rib_group *g;
    struct rib_member *only;   /* NULL: all in step */
    struct rib_member *except; /* of the messages being gathered */
    size_t len;                /* octets gathered in rib->out */
    unsigned messages;
    uint32_t set;            /* of the message being built; 0: withdrawals */
    bool open;               /* a message is being built */
    bool too_long;           /* the set does not fit into a message */
    size_t nattrs;           /* octets of attributes in rib->attrs */
    struct bgp_cursor stack; /* labels below the first, of the set */
    size_t nlri_at;          /* where the length of MP_REACH or the withdrawn routes goes */
    struct bgp_writer w;
    size_t limit;
};
void packer_begin(struct packer *p, struct rib_group *g, struct rib_member *only);
/* Adds a destination; set 0 withdraws it. False: its attributes fit into no message. */
bool packer_add(struct packer *p, uint32_t dest, uint32_t set, uint32_t label,
                struct rib_member *except);
/* Sends what has been gathered. */
void packer_flush(struct packer *p);

/* --- export.c */
/* The set of the default route of our own, with one reference; 0: it cannot be told. */
uint32_t rib_export_default(struct rib_group *g);
/* The set a group advertises for a path, with one reference; 0: not advertised, and *why says why
 * not if that is counted, else it is BGP_REFUSALS. */
uint32_t rib_export(struct rib_group *g, const struct path *p, enum bgp_refusal *why);
/* The label that goes with it. */
uint32_t rib_export_label(const struct rib_group *g, uint32_t dest, const struct path *p);

#endif
