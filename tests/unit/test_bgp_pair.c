/*
 * Two and more speakers back to back: bytes travel through in-memory pipes with seeded delays and
 * in seeded pieces, under one virtual clock. Each seed is a different interleaving of connects,
 * accepts, collisions and losses, and repeats exactly.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"

enum { NODES = 4, PIPES = 3000, PIPE_BYTES = 4000 };

struct end {
    struct bgp_conn *conn;
    unsigned node;
    bool closed; /* by its speaker */
    bool told;   /* that the other end closed */
};

/* One TCP connection: end[0] opened it. */
struct pipe {
    struct end end[2];
    bool open; /* accepted */
    uint64_t due;
    struct {
        uint8_t bytes[PIPE_BYTES];
        size_t n, read;
        uint64_t due; /* when the next piece may arrive */
    } way[2];         /* way[i]: written by end[i] */
};

struct node {
    struct bgp *b;
    struct bgp_addr addr;
    unsigned number;
    unsigned ups, downs;
};

static struct node nodes[NODES];
static struct pipe *pipes[PIPES];
static unsigned npipes;
static uint64_t now;
static uint32_t seed;
static bool deaf[NODES]; /* connects to this node fail */

static uint32_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    return seed ^= seed << 5;
}

static uint64_t get_now(void *ctx)
{
    (void)ctx;
    return now;
}

static uint32_t get_random(void *ctx)
{
    (void)ctx;
    return rnd();
}

static void on_connect(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *peer)
{
    struct node *n = ctx;
    struct pipe *p = calloc(1, sizeof *p);

    ck_assert_uint_lt(npipes, PIPES);
    pipes[npipes++] = p;
    p->end[0].conn = conn;
    p->end[0].node = n->number;
    for (unsigned i = 0; i < NODES; i++)
        if (bgp_addr_cmp(&nodes[i].addr, &peer->addr) == 0)
            p->end[1].node = i;
    p->due = now + 1 + rnd() % 40;
    bgp_conn_set_io(conn, p);
}

static unsigned side(const struct pipe *p, const struct bgp_conn *conn)
{
    return p->end[0].conn == conn ? 0 : 1;
}

static void on_send(void *ctx, struct bgp_conn *conn, const uint8_t *bytes, size_t n)
{
    struct pipe *p = bgp_conn_io(conn);
    unsigned s = p->end[0].conn == conn ? 0 : 1;

    (void)ctx;
    ck_assert_uint_le(p->way[s].n + n, PIPE_BYTES);
    memcpy(p->way[s].bytes + p->way[s].n, bytes, n);
    p->way[s].n += n;
}

static void on_close(void *ctx, struct bgp_conn *conn)
{
    struct pipe *p = bgp_conn_io(conn);
    struct end *e = &p->end[side(p, conn)];

    (void)ctx;
    e->conn = NULL;
    e->closed = true;
}

static void on_event(void *ctx, const struct bgp_event *e)
{
    struct node *n = ctx;

    n->ups += e->to == BGP_ESTABLISHED;
    n->downs += e->from == BGP_ESTABLISHED;
}

static const struct bgp_ops ops = {.now = get_now,
                                   .random = get_random,
                                   .connect = on_connect,
                                   .send = on_send,
                                   .close = on_close,
                                   .event = on_event};

/* The connect of p is decided: accepted, refused by TCP, or closed by a speaker that takes none. */
static void settle_connect(struct pipe *p)
{
    struct node *from = &nodes[p->end[0].node], *to = &nodes[p->end[1].node];
    struct bgp_conn *c = p->end[0].conn;

    p->open = true;
    if (!c)
        return;
    if (deaf[to->number]) {
        p->end[0].conn = NULL;
        p->end[0].closed = p->end[1].closed = true;
        bgp_connect_failed(c, "Connection refused");
        return;
    }
    p->end[1].conn = bgp_accepted(to->b, &from->addr, 40000, &to->addr, 179, p);
    p->end[1].closed = !p->end[1].conn;
    if (p->end[0].conn) /* the accept may not have ended it, but be sure */
        bgp_connected(p->end[0].conn, &from->addr, 40000, 179);
}

/* Carries one piece from end s to the other; after the last one, tells of the close. */
static void carry(struct pipe *p, unsigned s)
{
    struct end *to = &p->end[!s];
    size_t left = p->way[s].n - p->way[s].read, n = 1 + rnd() % 60;

    if (!p->open || !to->conn || now < p->way[s].due)
        return;
    if (left > 0) {
        n = n < left ? n : left;
        p->way[s].read += n;
        p->way[s].due = now + rnd() % 8;
        if (!bgp_input(to->conn, p->way[s].bytes + p->way[s].read - n, n))
            ck_assert_ptr_null(to->conn);
        if (p->way[s].read == p->way[s].n)
            p->way[s].read = p->way[s].n = 0;
    } else if (p->end[s].closed && !to->told) {
        struct bgp_conn *c = to->conn;

        to->told = to->closed = true;
        to->conn = NULL;
        bgp_conn_lost(c, "closed by the peer");
    }
}

static void run(uint64_t ms)
{
    for (uint64_t end = now + ms; now < end; now++) {
        for (unsigned i = 0; i < NODES; i++)
            if (nodes[i].b && bgp_deadline(nodes[i].b) <= now)
                bgp_tick(nodes[i].b);
        for (unsigned i = 0; i < npipes; i++) {
            struct pipe *p = pipes[i];

            if (p->end[0].closed && (p->end[1].closed || !p->open))
                continue;
            if (!p->open && p->due <= now)
                settle_connect(p);
            carry(p, rnd() & 1);
        }
    }
}

static struct bgp_addr node_addr(unsigned i)
{
    return (struct bgp_addr){.af = 4, .b = {10, 0, 0, (uint8_t)(i + 1)}};
}

/* ids: which router identifiers the nodes get, so that either end can be the higher one. */
static void start(uint32_t s, bool reversed)
{
    seed = s * 2654435761u + 1;
    now = 1000;
    npipes = 0;
    memset(deaf, 0, sizeof deaf);
    for (unsigned i = 0; i < NODES; i++) {
        struct bgp_conf conf = {.as = 64601 + i, .hold = 180, .keepalive = 60};

        nodes[i] = (struct node){bgp_new(&ops, &nodes[i]), node_addr(i), i, 0, 0};
        conf.router_id = 0x0a000000 + (reversed ? NODES - i : i + 1);
        bgp_set_process(nodes[i].b, &conf);
    }
}

static void stop(void)
{
    for (unsigned i = 0; i < NODES; i++)
        bgp_shutdown(nodes[i].b, NULL);
    run(100);
    for (unsigned i = 0; i < npipes; i++) {
        ck_assert_ptr_null(pipes[i]->end[0].conn);
        ck_assert_ptr_null(pipes[i]->end[1].conn);
        free(pipes[i]);
    }
    for (unsigned i = 0; i < NODES; i++) {
        bgp_free(nodes[i].b);
        nodes[i].b = NULL;
    }
}

static struct bgp_peer_conf peer_of(unsigned other)
{
    return (struct bgp_peer_conf){.addr = node_addr(other),
                                  .remote_as = 64601 + other,
                                  .kind = BGP_KIND_EXTERNAL,
                                  .keepalive = 60,
                                  .hold = 180,
                                  .enabled = 1u << BGP_VPNV4 | 1u << BGP_IPV6_UNICAST};
}

static void configure(unsigned me, unsigned other)
{
    struct bgp_peer_conf conf = peer_of(other);

    bgp_set_peer(nodes[me].b, &conf, BGP_KEEP);
}

static struct bgp_peer_view look(unsigned me, unsigned other)
{
    struct bgp_addr a = node_addr(other);
    struct bgp_peer_view v;

    ck_assert(bgp_peer_view(nodes[me].b, &a, &v));
    return v;
}

static bool up(unsigned a, unsigned b)
{
    return look(a, b).state == BGP_ESTABLISHED && look(b, a).state == BGP_ESTABLISHED;
}

static void assert_up(unsigned a, unsigned b, uint64_t within)
{
    uint64_t end = now + within;

    while (now < end && !up(a, b))
        run(10);
    ck_assert_msg(up(a, b), "%u and %u are not up after %lu ms: %s, %s", a, b,
                  (unsigned long)within, bgp_state_name(look(a, b).state),
                  bgp_state_name(look(b, a).state));
}

enum { SEEDS = 25 };

/* Both ends at once: they collide, and come up with the families both have. */
START_TEST(both_at_once)
{
    for (uint32_t s = 0; s < SEEDS; s++) {
        struct bgp_peer_conf conf = peer_of(0);

        start((uint32_t)_i * SEEDS + s, s & 1);
        configure(0, 1);
        conf.enabled = 1u << BGP_VPNV4 | 1u << BGP_IPV4_UNICAST;
        bgp_set_peer(nodes[1].b, &conf, BGP_KEEP);
        assert_up(0, 1, 5000);
        ck_assert_uint_eq(look(0, 1).negotiated, 1u << BGP_VPNV4);
        ck_assert_uint_eq(look(1, 0).negotiated, 1u << BGP_VPNV4);
        run(500);
        ck_assert(up(0, 1));
        ck_assert_uint_eq(look(0, 1).received[BGP_UPDATE], 1); /* End-of-RIB */
        run(200000);
        ck_assert(up(0, 1));
        ck_assert_uint_eq(nodes[0].ups, 1); /* a collision never costs both connections */
        ck_assert_uint_eq(nodes[1].ups, 1);
        stop();
    }
}
END_TEST

/* One end is configured later: the other one refuses nothing for long. */
START_TEST(seconds_apart)
{
    for (uint32_t s = 0; s < SEEDS; s++) {
        start(s + 1000, s & 1);
        configure(0, 1);
        deaf[1] = s & 2; /* no listener there yet, or one that knows nobody */
        run(500 + 700 * s);
        deaf[1] = false;
        configure(1, 0);
        assert_up(0, 1, 2500);
        stop();
    }
}
END_TEST

/* A reset at either end, again and again; the session returns quickly each time. */
START_TEST(resets)
{
    for (uint32_t s = 0; s < SEEDS; s++) {
        start(s + 2000, s & 1);
        configure(0, 1);
        configure(1, 0);
        assert_up(0, 1, 5000);
        for (unsigned i = 0; i < 5; i++) {
            unsigned me = rnd() & 1;
            struct bgp_addr a = node_addr(!me);
            struct bgp_peer_conf conf = peer_of(!me);

            run(rnd() % 2000);
            if (rnd() & 1)
                bgp_reset_peer(nodes[me].b, &a, "again");
            else
                bgp_set_peer(nodes[me].b, &conf, BGP_RESET);
            assert_up(0, 1, 6000);
        }
        stop();
    }
}
END_TEST

/* Lost connections, at random moments, also in the middle of messages. */
START_TEST(losses)
{
    for (uint32_t s = 0; s < SEEDS; s++) {
        start(s + 3000, s & 1);
        configure(0, 1);
        configure(1, 0);
        for (unsigned i = 0; i < 4; i++) {
            run(rnd() % 300 + 70000 * (rnd() & 1));
            for (unsigned k = 0; k < npipes; k++) {
                for (unsigned e = 0; e < 2; e++) {
                    struct bgp_conn *c = pipes[k]->end[e].conn;

                    if (!c || !pipes[k]->open)
                        continue;
                    pipes[k]->end[e].conn = NULL;
                    pipes[k]->end[e].closed = true;
                    bgp_conn_lost(c, "Connection reset by peer");
                }
            }
        }
        assert_up(0, 1, 30000);
        stop();
    }
}
END_TEST

/* Four speakers, every pair; one is reconfigured wrongly and then removed: the others stay up. */
START_TEST(full_mesh)
{
    struct bgp_peer_conf wrong = peer_of(0);

    start(4000 + (uint32_t)_i, _i & 1);
    for (unsigned i = 0; i < NODES; i++)
        for (unsigned k = 0; k < NODES; k++)
            if (i != k)
                configure(i, k);
    for (unsigned i = 0; i < NODES; i++)
        for (unsigned k = 0; k < i; k++)
            assert_up(i, k, 8000);
    run(1000);
    nodes[1].downs = nodes[2].downs = 0;
    wrong.remote_as = 65000;
    bgp_set_peer(nodes[3].b, &wrong, BGP_RESET);
    run(100000);
    ck_assert_int_ne(look(3, 0).state, BGP_ESTABLISHED);
    ck_assert(look(3, 0).last_sent.code == 2 || look(3, 0).last_received.code == 2);
    for (unsigned i = 1; i < NODES; i++)
        for (unsigned k = 1; k < i; k++)
            ck_assert(up(i, k));
    ck_assert_uint_eq(nodes[1].downs + nodes[2].downs, 0);
    bgp_remove_peer(nodes[3].b, &nodes[0].addr);
    configure(3, 0);
    assert_up(3, 0, 80000); /* the other end may be in a long pause */
    stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp pair");
    TCase *t = tcase_create("pair");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, both_at_once, 0, 4);
    tcase_add_test(t, seconds_apart);
    tcase_add_test(t, resets);
    tcase_add_test(t, losses);
    tcase_add_loop_test(t, full_mesh, 0, 4);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
