/*
 * A network of speakers in one process: in-memory connections with seeded delays under one virtual
 * clock. The same seed gives the same run. Included by the test_bgp_* programs that look at routes;
 * they may look into the RIB.
 */
#ifndef VRPSH_TEST_BGP_NET_H
#define VRPSH_TEST_BGP_NET_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"
#include "bgp/internal.h"
#include "bgp/rib/group.h"
#include "bgp/rib/vpn.h"

#define UNUSED __attribute__((unused))

enum { NET_NODES = 32, NET_PIPES = 4000 };

struct net_way {
    uint8_t *bytes;
    size_t n, read, room;
    uint64_t due;
};

struct net_pipe {
    struct {
        struct bgp_conn *conn;
        unsigned node;
        bool closed, told;
    } end[2];
    bool open;
    uint64_t due;
    struct net_way way[2]; /* way[i]: written by end[i] */
};

struct net_node {
    struct bgp *b;
    struct bgp_addr addr;
    unsigned number;
    uint32_t as;
    struct bgp_conf conf;
};

struct net {
    struct net_node nodes[NET_NODES];
    unsigned nnodes;
    struct net_pipe *pipes[NET_PIPES];
    unsigned npipes;
    uint64_t now;
    uint32_t seed;
    unsigned delay;                       /* ms, most a piece takes */
    unsigned piece;                       /* octets, most that travel together; 0: all */
    bool frozen[NET_NODES];               /* nothing arrives there */
    uint16_t scope[NET_NODES][NET_NODES]; /* [me][other]: the VPN instance of me other is in */
};

static struct net *net;

static UNUSED uint32_t net_random(void)
{
    net->seed ^= net->seed << 13;
    net->seed ^= net->seed >> 17;
    return net->seed ^= net->seed << 5;
}

static uint64_t net_op_now(void *ctx)
{
    (void)ctx;
    return net->now;
}

static uint32_t net_op_random(void *ctx)
{
    (void)ctx;
    return net_random();
}

/* Whatever instances the addresses are meant in. */
static bool net_same_host(const struct bgp_addr *a, const struct bgp_addr *b)
{
    return a->af == b->af && memcmp(a->b, b->b, sizeof a->b) == 0;
}

/* The address of a node as another one sees it. */
static struct bgp_addr net_addr(unsigned me, unsigned other)
{
    struct bgp_addr a = net->nodes[other].addr;

    a.vpn = net->scope[me][other];
    return a;
}

static void net_op_connect(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *peer)
{
    struct net_node *n = ctx;
    struct net_pipe *p = calloc(1, sizeof *p);

    ck_assert_uint_lt(net->npipes, NET_PIPES);
    net->pipes[net->npipes++] = p;
    p->end[0].conn = conn;
    p->end[0].node = n->number;
    p->end[1].node = UINT32_MAX;
    for (unsigned i = 0; i < net->nnodes; i++)
        if (net_same_host(&net->nodes[i].addr, &peer->addr) &&
            net->scope[n->number][i] == peer->addr.vpn)
            p->end[1].node = i;
    ck_assert_uint_ne(p->end[1].node, UINT32_MAX);
    p->due = net->now + 1 + net_random() % (net->delay + 1);
    bgp_conn_set_io(conn, p);
}

static void net_op_send(void *ctx, struct bgp_conn *conn, const uint8_t *bytes, size_t n)
{
    struct net_pipe *p = bgp_conn_io(conn);
    struct net_way *w = &p->way[p->end[0].conn == conn ? 0 : 1];

    (void)ctx;
    if (w->n + n > w->room) {
        w->room = 2 * w->room + n;
        w->bytes = realloc(w->bytes, w->room);
    }
    memcpy(w->bytes + w->n, bytes, n);
    w->n += n;
}

static void net_op_close(void *ctx, struct bgp_conn *conn)
{
    struct net_pipe *p = bgp_conn_io(conn);
    unsigned s = p->end[0].conn == conn ? 0 : 1;

    (void)ctx;
    p->end[s].conn = NULL;
    p->end[s].closed = true;
}

static void net_op_event(void *ctx, const struct bgp_event *e)
{
    (void)ctx;
    (void)e;
}

static const struct bgp_ops net_ops = {.now = net_op_now,
                                       .random = net_op_random,
                                       .connect = net_op_connect,
                                       .send = net_op_send,
                                       .close = net_op_close,
                                       .event = net_op_event};

static void net_settle_connect(struct net_pipe *p)
{
    unsigned a = p->end[0].node, b = p->end[1].node;
    struct net_node *from = &net->nodes[a], *to = &net->nodes[b];
    struct bgp_addr remote = net_addr(b, a), local = to->addr;

    local.vpn = remote.vpn;
    p->open = true;
    if (!p->end[0].conn)
        return;
    p->end[1].conn = bgp_accepted(to->b, &remote, 40000, &local, 179, p);
    p->end[1].closed = !p->end[1].conn;
    if (p->end[0].conn)
        bgp_connected(p->end[0].conn, &from->addr, 40000, 179);
}

static void net_carry(struct net_pipe *p, unsigned s)
{
    struct net_way *w = &p->way[s];
    size_t left = w->n - w->read, n = left;
    struct bgp_conn *c = p->end[!s].conn;

    if (!p->open || !c || net->now < w->due || net->frozen[p->end[!s].node])
        return;
    if (left > 0) {
        uint8_t *piece;

        if (net->piece && n > 1 + net_random() % net->piece)
            n = 1 + net_random() % net->piece;
        if (n > left)
            n = left;
        piece = malloc(n); /* of its own, so that sanitizers see every overrun */
        memcpy(piece, w->bytes + w->read, n);
        w->read += n;
        w->due = net->now + (net->delay ? net_random() % net->delay : 0);
        if (w->read == w->n)
            w->read = w->n = 0;
        if (!bgp_input(c, piece, n))
            ck_assert_ptr_null(p->end[!s].conn);
        free(piece);
        if (p->end[s].conn)
            bgp_unsent(p->end[s].conn, w->n - w->read);
    } else if (p->end[s].closed && !p->end[!s].told) {
        p->end[!s].told = p->end[!s].closed = true;
        p->end[!s].conn = NULL;
        bgp_conn_lost(c, "closed by the peer");
    }
}

static UNUSED void net_run(uint64_t ms)
{
    for (uint64_t end = net->now + ms; net->now < end; net->now++) {
        for (unsigned i = 0; i < net->nnodes; i++)
            for (unsigned k = 0; k < 50 && bgp_deadline(net->nodes[i].b) <= net->now; k++)
                bgp_tick(net->nodes[i].b);
        for (unsigned i = 0; i < net->npipes; i++) {
            struct net_pipe *p = net->pipes[i];

            if (p->end[0].closed && (p->end[1].closed || !p->open)) {
                free(p->way[0].bytes);
                free(p->way[1].bytes);
                free(p);
                net->pipes[i--] = net->pipes[--net->npipes];
                continue;
            }
            if (!p->open && p->due <= net->now)
                net_settle_connect(p);
            net_carry(p, 0);
            net_carry(p, 1);
        }
    }
}

/* Nothing is on its way and no speaker has work. */
static UNUSED bool net_quiet(void)
{
    for (unsigned i = 0; i < net->nnodes; i++)
        if (bgp_deadline(net->nodes[i].b) <= net->now)
            return false;
    for (unsigned i = 0; i < net->npipes; i++)
        if (net->pipes[i]->way[0].n + net->pipes[i]->way[1].n > 0)
            return false;
    return true;
}

static UNUSED void net_start(uint32_t seed)
{
    net = calloc(1, sizeof *net);
    net->seed = seed * 2654435761u + 1;
    net->now = 1000;
}

static UNUSED struct net_node *net_add(uint32_t as)
{
    struct net_node *n = &net->nodes[net->nnodes];

    n->number = net->nnodes++;
    n->as = as;
    n->addr = (struct bgp_addr){.af = 4, .b = {10, 0, 0, (uint8_t)(n->number + 1)}};
    n->b = bgp_new(&net_ops, n);
    n->conf = (struct bgp_conf){.as = as, .hold = 180, .keepalive = 60};
    n->conf.router_id = 0x0a000001 + n->number;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        n->conf.af[f].no_vpn_target = true; /* there need not be VPN instances */
    bgp_set_process(n->b, &n->conf);
    return n;
}

static UNUSED struct bgp_peer_conf net_conf(unsigned me, unsigned other)
{
    struct bgp_peer_conf c = {.addr = net_addr(me, other),
                              .remote_as = net->nodes[other].as,
                              .keepalive = 60,
                              .hold = 180,
                              .enabled = (1u << BGP_FAMILIES) - 1};

    c.kind = net->nodes[other].as == net->nodes[me].as ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        c.af[f].advertise_community = true;
        c.af[f].advertise_ext_community = true;
        c.af[f].advertise_large_community = true;
        c.af[f].next_hop_local = true;
    }
    return c;
}

static UNUSED void net_link(unsigned a, unsigned b)
{
    struct bgp_peer_conf ca = net_conf(a, b), cb = net_conf(b, a);

    bgp_set_peer(net->nodes[a].b, &ca, BGP_KEEP);
    bgp_set_peer(net->nodes[b].b, &cb, BGP_KEEP);
}

static UNUSED struct bgp_peer *net_peer(unsigned me, unsigned other)
{
    struct bgp_addr a = net_addr(me, other);

    return bgp_find(net->nodes[me].b, &a);
}

static UNUSED struct bgp_peer_view net_look(unsigned me, unsigned other)
{
    struct bgp_addr a = net_addr(me, other);
    struct bgp_peer_view v;

    ck_assert(bgp_peer_view(net->nodes[me].b, &a, &v));
    return v;
}

static UNUSED struct bgp_prefix net_prefix(enum bgp_family f, unsigned i)
{
    struct bgp_prefix p = {.rd = {0}, .addr = {.af = 4}, .len = 24};

    if (bgp_family_info[f].octets == 4) {
        p.addr.b[0] = 20;
        p.addr.b[1] = (uint8_t)(i >> 8);
        p.addr.b[2] = (uint8_t)i;
    } else {
        p.addr.af = 6;
        p.len = 64;
        p.addr.b[0] = 0x20;
        p.addr.b[1] = 1;
        p.addr.b[6] = (uint8_t)(i >> 8);
        p.addr.b[7] = (uint8_t)i;
    }
    if (bgp_family_info[f].vpn) {
        p.rd[5] = 1;
        p.rd[7] = 7;
    }
    return p;
}

static UNUSED bool net_originate(unsigned node, enum bgp_family f, unsigned i, uint32_t med)
{
    struct bgp_prefix p = net_prefix(f, i);
    struct bgp_local_route r = {.has_med = med != 0, .med = med, .label = 100 + i};

    return bgp_originate(net->nodes[node].b, f, &p, BGP_ROUTE_NETWORK, &r);
}

static UNUSED bool net_withdraw(unsigned node, enum bgp_family f, unsigned i)
{
    struct bgp_prefix p = net_prefix(f, i);

    return bgp_withdraw_local(net->nodes[node].b, f, &p, BGP_ROUTE_NETWORK);
}

/* The path a session has brought for a key of the table, or NULL. */
static const struct path *net_path(const struct rib_session *s, const struct rib_table *t,
                                   const struct dest *d)
{
    uint32_t there = dest_find(&t->dests, d->key, d->len, dest_hash(&t->dests, d->key, d->len));
    const struct path *p;

    for (uint32_t i = there ? dest_at(&t->dests, there)->path : 0; i != 0; i = p->next) {
        p = slab_at(&t->rib->paths, i);
        if (p->source == s->source->number && !(p->flags & PATH_CROSS))
            return p;
    }
    return NULL;
}

/* A path at one end is what the other end has told of it. */
static void net_same_route(const struct rib *ra, uint32_t told, const struct rib *rb,
                           const struct path *p)
{
    const struct attrset *sa = attrset_at(&ra->sets, told), *sb = attrset_at(&rb->sets, p->attrs);

    ck_assert_uint_eq(sa->len, sb->len);
    ck_assert_int_eq(memcmp(sa->block, sb->block, sa->len), 0);
    ck_assert(net_same_host(&next_hop_at(&ra->next_hops, sa->next_hop)->nh.addr,
                            &next_hop_at(&rb->next_hops, sb->next_hop)->nh.addr));
}

/* Whether "policy vpn-target" keeps a table from taking what was told. */
static bool net_unwanted(const struct rib_table *t, const struct rib *ra, uint32_t told)
{
    return bgp_family_info[t->family].vpn && !t->conf->no_vpn_target &&
           !vpn_wanted(t->rib, t->family, attrset_block(attrset_at(&ra->sets, told)));
}

/* What `me` has been told by `from` of each destination equals what `from` believes to have told.
 */
static UNUSED void net_compare(unsigned from, unsigned me)
{
    const struct bgp_peer *a = net_peer(from, me), *b = net_peer(me, from);

    ck_assert_int_eq(a->routes != NULL, b->routes != NULL);
    for (unsigned f = 0; a->routes && f < BGP_FAMILIES; f++) {
        const struct rib_member *m = a->routes->members[f];
        const struct rib_table *ta = a->routes->tables[f], *tb = b->routes->tables[f];
        uint32_t told = 0, unwanted = 0;

        if (!m)
            continue;
        ck_assert_ptr_null(m->lag);
        for (uint32_t id = 1; id < ta->dests.slab.used; id++) {
            const struct dest *d = dest_at(&ta->dests, id);
            bool is_told = d->flags & DEST_LIVE && group_has_told(m, id);
            const struct path *p = d->flags & DEST_LIVE ? net_path(b->routes, tb, d) : NULL;

            if (is_told && net_unwanted(tb, ta->rib, m->group->out[id])) {
                ck_assert(!p || p->flags & PATH_UNWANTED);
                unwanted++;
                continue;
            }
            ck_assert_int_eq(is_told, p != NULL);
            if (!p)
                continue;
            ck_assert(!(p->flags & PATH_UNWANTED));
            net_same_route(ta->rib, m->group->out[id], tb->rib, p);
            if (m->group->label)
                ck_assert_uint_eq(m->group->label[id], p->label);
            told++;
        }
        ck_assert_uint_eq(told + unwanted, group_told(m));
        ck_assert_uint_eq(told, b->routes->source->paths[f]);
    }
}

/* Every pair of neighbours agrees. */
static UNUSED void net_compare_all(void)
{
    for (unsigned i = 0; i < net->nnodes; i++)
        for (unsigned k = 0; k < net->nnodes; k++)
            if (i != k && net_peer(i, k) && net_peer(k, i))
                net_compare(i, k);
}

/* Runs until nothing happens any more. */
static UNUSED void net_converge(uint64_t most)
{
    uint64_t end = net->now + most;

    do
        net_run(20);
    while (net->now < end && !net_quiet());
    ck_assert_msg(net_quiet(), "still busy after %lu ms", (unsigned long)most);
}

static uint64_t net_hash(uint64_t h, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
    return h;
}

/* What a node has chosen, in a number: best routes with their attributes, next hops and, in VPN
 * instances, where they are from. Ids, labels, ages and the order in which things came do not
 * count. */
static UNUSED uint64_t net_digest(unsigned node)
{
    const struct rib *r = net->nodes[node].b->rib;
    uint64_t sum = 0;

    for (const struct rib_table *t = r->all; t; t = t->next) {
        for (uint32_t id = 1; id < t->dests.slab.used; id++) {
            const struct dest *d = dest_at(&t->dests, id);
            const struct path *p = d->flags & DEST_LIVE ? path_best(t, d) : NULL;
            uint64_t h = 14695981039346656037u;
            const struct attrset *a;
            uint8_t head[5];

            if (!p)
                continue;
            a = attrset_at(&r->sets, p->attrs);
            memcpy(head,
                   (uint8_t[5]){(uint8_t)t->family, (uint8_t)t->scope, d->len,
                                p->flags & PATH_CROSS, rib_source(r, p->source)->kind},
                   sizeof head);
            h = net_hash(h, head, sizeof head);
            h = net_hash(h, d->key, t->dests.octets);
            h = net_hash(h, a->block, a->len);
            h = net_hash(h, next_hop_at(&r->next_hops, a->next_hop)->nh.addr.b, 16);
            if (p->flags & PATH_CROSSED)
                h = net_hash(h, dest_at(&vpn_side(t)->net->dests, p->label)->key, BGP_RD);
            sum += h;
        }
    }
    return sum;
}

/* No record is left in a RIB without routes. */
static UNUSED void net_assert_empty(unsigned node)
{
    const struct rib *r = net->nodes[node].b->rib;

    net_run(2 * RIB_QUIET);
    ck_assert_uint_eq(r->paths.live, 0);
    ck_assert_uint_eq(r->sets.live, 0);
    ck_assert_uint_eq(HASH_COUNT(r->next_hops.index), 0);
    for (const struct rib_table *t = r->all; t; t = t->next) {
        ck_assert_uint_eq(t->dests.slab.live, 0);
        ck_assert_uint_eq(t->best, 0);
        ck_assert_uint_eq(t->paths, 0);
    }
}

static UNUSED void net_stop(void)
{
    for (unsigned i = 0; i < net->nnodes; i++)
        bgp_shutdown(net->nodes[i].b, NULL);
    net_run(200);
    ck_assert_uint_eq(net->npipes, 0);
    for (unsigned i = 0; i < net->nnodes; i++)
        bgp_free(net->nodes[i].b);
    free(net);
    net = NULL;
}

#endif
