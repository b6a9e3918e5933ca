/*
 * Safe order: while a commit is applied nobody is told a route that neither the old nor the new
 * configuration would send.
 *
 * Three feeders send tables of several slices that overlap; several options, peers, next hops and
 * local routes are changed at once, by seed. What each listener has been told before is one answer,
 * what it has when all is quiet again the other; every announcement in between must be one of them.
 * SOAK=1 runs many more seeds, SEED=N one of them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"
#include "bgp/wire/frame.h"
#include "bgp/wire/open.h"
#include "bgp/wire/update.h"

enum { PREFIXES = 40000, FEEDERS = 3, PEERS = 6, AT_ONCE = 900, OUR_AS = 64601 };

static struct {
    uint32_t as;
    bool internal;
} const who[PEERS] = {{65001, false}, {65002, false}, {OUR_AS, true},
                      {65009, false}, {OUR_AS, true}, {OUR_AS, true}};

struct told { /* an announcement on its way from old to new */
    unsigned peer, prefix;
    uint64_t route;
};

static struct bgp *b;
static struct bgp_conf process;
static struct bgp_peer_conf conf[PEERS];
static struct bgp_conn *conn[PEERS], *dialled;
static uint64_t now, state[PEERS][PREFIXES], before[PEERS][PREFIXES];
static uint32_t seed;
static bool recording, given[PEERS];
static struct told *told;
static size_t ntold, room;

static unsigned chance(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* --- the network ------------------------------------------------------------------------------ */

static uint64_t op_now(void *ctx)
{
    (void)ctx;
    return now;
}

static uint32_t op_random(void *ctx)
{
    (void)ctx;
    return 4;
}

static void op_connect(void *ctx, struct bgp_conn *c, const struct bgp_peer_conf *peer)
{
    (void)ctx;
    (void)peer;
    dialled = c;
}

static void op_close(void *ctx, struct bgp_conn *c)
{
    (void)ctx;
    for (unsigned i = 0; i < PEERS; i++)
        if (conn[i] == c)
            conn[i] = NULL;
}

static void op_event(void *ctx, const struct bgp_event *e)
{
    (void)ctx;
    (void)e;
}

/* What an attribute block says, as a number that is not 0. */
static uint64_t route_of(struct bgp_cursor c)
{
    uint64_t h = 14695981039346656037u;

    while (c.left > 0)
        h = (h ^ bgp_get_u8(&c)) * 1099511628211u;
    return h | 1;
}

static void note(unsigned peer, struct bgp_cursor nlri, uint64_t route)
{
    while (nlri.left > 0) {
        unsigned len = bgp_get_u8(&nlri), i;

        if (len == 12) { /* an aggregate */
            bgp_get_u16(&nlri);
            continue;
        }
        ck_assert_uint_eq(len, 24);
        ck_assert_uint_eq(bgp_get_u8(&nlri), 10);
        i = bgp_get_u16(&nlri);
        ck_assert_uint_lt(i, PREFIXES);
        state[peer][i] = route;
        if (!recording || route == 0)
            continue;
        if (ntold == room) {
            room = room ? room * 2 : 65536;
            told = realloc(told, room * sizeof *told);
            ck_assert_ptr_nonnull(told);
        }
        told[ntold++] = (struct told){peer, i, route};
    }
}

static void op_send(void *ctx, struct bgp_conn *c, const uint8_t *bytes, size_t n)
{
    unsigned peer = 0;

    (void)ctx;
    while (peer < PEERS && conn[peer] != c)
        peer++;
    given[peer % PEERS] = true;
    while (n > 0 && peer < PEERS) {
        struct bgp_update u;
        struct bgp_fault f;
        size_t len;
        uint8_t type;

        ck_assert(bgp_frame_check(bytes, n, BGP_LONGEST, false, &len, &type, &f) && len > 0);
        if (type == BGP_UPDATE) {
            ck_assert(
                bgp_update_split(bgp_cursor_on(bytes + BGP_HEADER, len - BGP_HEADER), &u, &f));
            note(peer, u.withdrawn, 0);
            note(peer, u.nlri, route_of(u.attributes));
        }
        bytes += len;
        n -= len;
    }
}

static const struct bgp_ops ops = {.now = op_now,
                                   .random = op_random,
                                   .connect = op_connect,
                                   .send = op_send,
                                   .close = op_close,
                                   .event = op_event};

static struct bgp_addr address(unsigned peer)
{
    return (struct bgp_addr){.af = 4, .b = {192, 0, 2, (uint8_t)(peer + 1)}};
}

/* TCP has taken what was given to it. */
static void taken(void)
{
    for (unsigned p = 0; p < PEERS; p++)
        if (conn[p] && given[p]) {
            given[p] = false;
            bgp_unsent(conn[p], 0);
        }
}

static void work(void)
{
    taken();
    for (unsigned i = 0; i < 10000 && bgp_deadline(b) <= now; i++) {
        bgp_tick(b);
        taken();
    }
}

/* --- the peers -------------------------------------------------------------------------------- */

static void bring_up(unsigned i)
{
    struct bgp_open o = {.as = who[i].as, .id = 100 + i, .hold = 180};
    struct bgp_addr local = address(200);
    uint8_t buf[BGP_LONGEST];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    dialled = NULL;
    bgp_set_peer(b, &conf[i], BGP_KEEP);
    conn[i] = dialled;
    ck_assert_ptr_nonnull(conn[i]);
    o.caps.families = 1u << BGP_IPV4_UNICAST;
    o.caps.has_as4 = true;
    o.caps.as4 = who[i].as;
    bgp_connected(conn[i], &local, 40000, 179);
    ck_assert(bgp_input(conn[i], buf, bgp_open_encode(&o, buf, sizeof buf)));
    bgp_frame_begin(&w, BGP_KEEPALIVE);
    ck_assert(bgp_input(conn[i], buf, bgp_frame_end(&w)));
}

static void attribute(struct bgp_writer *w, unsigned flags, unsigned code, uint32_t value)
{
    bgp_put_u8(w, flags);
    bgp_put_u8(w, code);
    bgp_put_u8(w, 4);
    bgp_put_u32(w, value);
}

static void attributes(struct bgp_writer *w, unsigned feeder, unsigned variant)
{
    bgp_put_bytes(w, (uint8_t[]){0x40, 1, 1, 0, 0x40, 2, 10, 2, 2}, 9);
    bgp_put_u32(w, who[feeder].internal ? 65100 : who[feeder].as);
    bgp_put_u32(w, 65200 + variant);
    attribute(w, 0x40, 3, 0xc0000201 + feeder);
    if (who[feeder].internal)
        attribute(w, 0x40, 5, 100);
    attribute(w, 0xc0, 8, 65001u << 16 | (feeder + 1));
}

/* A table of a feeder: a random half of all prefixes. */
static void feed(unsigned feeder)
{
    uint8_t buf[BGP_LONGEST];

    for (unsigned i = 0; i < PREFIXES;) {
        struct bgp_writer w = bgp_writer_on(buf, sizeof buf);
        size_t at;

        bgp_frame_begin(&w, BGP_UPDATE);
        bgp_put_u16(&w, 0);
        at = bgp_written(&w);
        bgp_put_u16(&w, 0);
        attributes(&w, feeder, i / AT_ONCE % 3);
        buf[at] = (uint8_t)((bgp_written(&w) - at - 2) >> 8);
        buf[at + 1] = (uint8_t)(bgp_written(&w) - at - 2);
        for (unsigned end = i + AT_ONCE; i < end && i < PREFIXES; i++)
            if (chance(2))
                bgp_put_bytes(&w, (uint8_t[]){24, 10, (uint8_t)(i >> 8), (uint8_t)i}, 4);
        ck_assert(bgp_input(conn[feeder], buf, bgp_frame_end(&w)));
        work();
    }
}

static void local_route(unsigned i, bool there)
{
    struct bgp_prefix p = {.addr = {.af = 4, .b = {10, (uint8_t)(i >> 8), (uint8_t)i}}, .len = 24};
    struct bgp_local_route r = {.has_med = true, .med = 5};

    if (there)
        bgp_originate(b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK, &r);
    else
        bgp_withdraw_local(b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK);
}

/* --- the change ------------------------------------------------------------------------------- */

static void change_peer(struct bgp_peer_conf *c)
{
    c->af[0].advertise_community ^= chance(2);
    c->af[0].next_hop_local ^= chance(2);
    c->af[0].next_hop_invariable ^= chance(4) == 0;
    c->af[0].substitute_as ^= chance(4) == 0;
    c->af[0].reflect_client ^= chance(3) == 0;
    c->af[0].preferred_value = (uint16_t)(chance(2) ? chance(4) * 10 : 0);
}

static void change_process(struct bgp_af_conf *a)
{
    a->as_path_ignore ^= chance(4) == 0;
    a->compare_different_as_med ^= chance(4) == 0;
    a->default_med = chance(3) ? a->default_med : chance(100);
    a->has_local_pref = chance(3) != 0;
    a->default_local_pref = chance(2) ? 100 : 200;
    a->cluster_id = chance(4) ? a->cluster_id : chance(9);
    a->no_reflect_between ^= chance(4) == 0;
}

/* As a commit does it: next hops, peers that go, the process, peers, local routes. */
static void commit(void)
{
    int gone = chance(3) ? -1 : (int)chance(FEEDERS);
    struct bgp_addr a;

    if (chance(2)) { /* a look at all routes is under way, and finds nothing to change */
        conf[0].af[0].allow_as_loop++;
        bgp_set_peer(b, &conf[0], BGP_KEEP);
        bgp_tick(b);
    }
    if (chance(2)) {
        a = address(chance(FEEDERS));
        bgp_set_next_hop(b, &a, chance(2), 10);
    }
    if (gone >= 0) {
        a = address((unsigned)gone);
        bgp_remove_peer(b, &a);
    }
    if (chance(2)) {
        change_process(&process.af[0]);
        bgp_set_process(b, &process);
    }
    for (unsigned i = 0; i < PEERS; i++)
        if ((int)i != gone && chance(3) && conn[i]) {
            change_peer(&conf[i]);
            bgp_set_peer(b, &conf[i], BGP_REEXPORT);
        }
    if (gone < 0 && chance(3) == 0)
        bring_up(PEERS - 1); /* a new one that is quick */
    for (unsigned i = 0; i < 2000; i++)
        local_route(chance(PREFIXES), chance(2));
}

/* As a commit does it, and details of an aggregate go. */
static void commit_aggregate(void)
{
    struct bgp_aggregate list[] = {
        {.prefix = {.addr = {.af = 4, .b = {10, 16}}, .len = 12}, .suppress = true},
        {.prefix = {.addr = {.af = 4, .b = {10, 32}}, .len = 12}, .suppress = true}};

    bool last = chance(2);

    if (last)
        commit();
    bgp_set_aggregates(b, 0, BGP_IPV4_UNICAST, list, 1 + chance(2));
    if (!last)
        commit();
}

static void begin(void)
{
    b = bgp_new(&ops, NULL);
    now = 1000;
    memset(state, 0, sizeof state);
    memset(conn, 0, sizeof conn);
    memset(&process, 0, sizeof process);
    process.as = OUR_AS;
    process.router_id = 0x0a000005;
    bgp_set_process(b, &process);
    for (unsigned i = 0; i < PEERS; i++) {
        conf[i] = (struct bgp_peer_conf){
            .addr = address(i), .remote_as = who[i].as, .enabled = 1, .hold = 180, .keepalive = 60};
        conf[i].kind = who[i].internal ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
        change_peer(&conf[i]);
        if (i + 1 < PEERS)
            bring_up(i);
    }
    for (unsigned i = 0; i < FEEDERS; i++)
        feed(i);
    for (unsigned i = 0; i < 2000; i++)
        local_route(chance(PREFIXES), true);
    work();
}

static void in_between(void (*change)(void))
{
    begin();
    memcpy(before, state, sizeof before);
    recording = true;
    change();
    work();
    ck_assert_uint_gt(bgp_deadline(b), now);
    for (size_t i = 0; i < ntold; i++) {
        const struct told *t = &told[i];

        ck_assert_msg(
            t->route == before[t->peer][t->prefix] || t->route == state[t->peer][t->prefix],
            "peer %u was told of prefix %u what is neither old nor new", t->peer, t->prefix);
    }
    bgp_shutdown(b, NULL);
    work();
    bgp_free(b);
    free(told);
}

START_TEST(nothing_in_between)
{
    seed = (uint32_t)_i + 1;
    in_between(commit);
}
END_TEST

START_TEST(nothing_of_details)
{
    seed = (uint32_t)_i + 1;
    in_between(commit_aggregate);
    for (unsigned p = 0; p < PEERS; p++)
        for (unsigned i = 0x1000; conn[p] && i < 0x2000; i++)
            ck_assert_uint_eq(state[p][i], 0);
}
END_TEST

/* Routes change while a large table is being told, between its slices: the last word counts. */
START_TEST(the_last_word)
{
    seed = (uint32_t)_i + 1;
    begin();
    for (unsigned round = 0; round < 8; round++) {
        struct bgp_addr a = address(0);

        conf[3].af[0].advertise_community ^= true; /* all is told again */
        bgp_set_peer(b, &conf[3], BGP_REEXPORT);
        if (round % 4 == 3) /* and much of it is another route, or none */
            bgp_set_next_hop(b, &a, round % 8 == 3, 10);
        for (unsigned i = 0; i < round; i++)
            bgp_tick(b);
        for (unsigned i = 0; i < 1500; i++)
            local_route(chance(PREFIXES), chance(2));
        work();
    }
    memcpy(before, state, sizeof before);
    for (unsigned i = 0; i < 2; i++) { /* there and back, in peace: worked out from nothing */
        conf[3].af[0].advertise_community ^= true;
        bgp_set_peer(b, &conf[3], BGP_REEXPORT);
        work();
    }
    for (unsigned i = 0; i < PREFIXES; i++)
        ck_assert_msg(before[3][i] == state[3][i], "seed %d: prefix %u is out of date (%d %d)",
                      _i + 1, i, before[3][i] != 0, state[3][i] != 0);
    bgp_shutdown(b, NULL);
    work();
    bgp_free(b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp_order");
    TCase *t = tcase_create("order");
    tcase_set_timeout(t, 60);
    const char *one = getenv("SEED");
    int from = one ? atoi(one) - 1 : 0;
    tcase_add_loop_test(t, the_last_word, 0, 2);
    tcase_add_loop_test(t, nothing_in_between, from, one ? from + 1 : getenv("SOAK") ? 1000 : 6);
    tcase_add_loop_test(t, nothing_of_details, from, one ? from + 1 : getenv("SOAK") ? 1000 : 6);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
