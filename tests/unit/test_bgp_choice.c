/*
 * Options of the families that change which route is best, how it is shown and with whom a peer is
 * told of it: two IBGP peers tell one speaker of one prefix, an EBGP peer listens.
 */
#include "tests/unit/test_bgp_talk.h"

#include "bgp/internal.h"
#include "bgp/rib/group.h"

static struct bgp_conf process;
static struct bgp_route_batch batch;
static struct line *a, *b;

static void set_process(void)
{
    bgp_set_process(l->b, &process);
    settle();
}

static const struct bgp_route *winner(void)
{
    struct bgp_walk_filter f = {.family = BGP_IPV4_UNICAST};
    struct bgp_walk *w = bgp_walk_new(l->b, &f);

    bgp_walk_next(w, &batch);
    bgp_walk_free(w);
    for (size_t i = 0; i < batch.n; i++)
        if (batch.routes[i].best)
            return &batch.routes[i];
    return NULL;
}

/* Equal but for next hop and MED: 2.1 with 10, 2.2 with 20. */
static void setup(void)
{
    l = lab_new();
    process = lab_process();
    sink = up(SINK, 65009, 0x0a0000c9, true);
    a = up("192.0.2.11", OUR_AS, 0x0a0000d1, true);
    b = up("192.0.2.12", OUR_AS, 0x0a0000d2, true);
    ck_assert(say(a, "40010100 4002060201 0000aaaa 400304c0000201 8004040000000a 40050400000064",
                  "180a0101"));
    ck_assert(say(b, "40010100 4002060201 0000aaaa 400304c0000202 80040400000014 40050400000064",
                  "180a0101"));
    settle();
}

static void teardown(void)
{
    bgp_route_batch_free(&batch);
    lab_free(l);
}

static unsigned who(void)
{
    const struct bgp_route *r = winner();

    return r ? r->from.b[3] : 0;
}

static void cost(const char *hop, enum bgp_reach reach, uint32_t n)
{
    struct bgp_addr h = addr(hop);

    bgp_set_next_hop(l->b, &h, reach, n);
    settle();
}

START_TEST(sum_of_med_and_metric)
{
    struct bgp_af_conf *af = &process.af[BGP_IPV4_UNICAST];

    cost("192.0.2.1", BGP_REACH, 15);
    ck_assert_uint_eq(who(), 11); /* the MED, whatever the metric */
    af->med_plus_igp = true;      /* 10 + 15 against 20 + 0 */
    set_process();
    ck_assert_uint_eq(who(), 12);
    cost("192.0.2.1", BGP_REACH, 9);
    ck_assert_uint_eq(who(), 11);
    cost("192.0.2.1", BGP_REACH, 15);
    af->med_multiplier = 2; /* 20 + 15 against 40 + 0 */
    af->igp_multiplier = 1;
    set_process();
    ck_assert_uint_eq(who(), 11);
    af->igp_multiplier = 2;
    set_process();
    ck_assert_uint_eq(who(), 12);
    af->med_multiplier = af->igp_multiplier = 1000; /* does not wrap: 2^32 * 1000 */
    cost("192.0.2.1", BGP_REACH, UINT32_MAX);
    ck_assert_uint_eq(who(), 12);
    af->med_plus_igp = false;
    set_process();
    ck_assert_uint_eq(who(), 11);
}
END_TEST

START_TEST(next_hop_by_default_route)
{
    struct bgp_af_conf *af = &process.af[BGP_IPV4_UNICAST];

    cost("192.0.2.1", BGP_REACH_DEFAULT, 0);
    ck_assert_uint_eq(who(), 12);
    cost("192.0.2.2", BGP_REACH_DEFAULT, 0);
    ck_assert_ptr_null(winner());
    ck_assert_uint_eq(batch.n, 2);
    ck_assert_str_eq(batch.routes[0].reason, "IP unreachable");
    af->recursive_default = true;
    set_process();
    ck_assert_uint_eq(who(), 11);
    cost("192.0.2.1", BGP_REACH_NOT, 0);
    ck_assert_uint_eq(who(), 12);
    af->recursive_default = false;
    set_process();
    ck_assert_ptr_null(winner());
}
END_TEST

START_TEST(preference_is_shown)
{
    struct bgp_af_conf *af = &process.af[BGP_IPV4_UNICAST];

    ck_assert_uint_eq(winner()->preference, 255);
    af->preference_external = 20;
    af->preference_internal = 200;
    af->preference_local = 100;
    set_process();
    ck_assert_uint_eq(winner()->preference, 200);
    ck_assert_uint_eq(who(), 11);
}
END_TEST

static const struct rib_group *group_of(const char *peer)
{
    struct bgp_addr at = addr(peer);

    return bgp_find(l->b, &at)->routes->members[BGP_IPV4_UNICAST]->group;
}

START_TEST(group_of_its_own)
{
    struct bgp_peer_conf conf = open_conf("192.0.2.12", OUR_AS);

    ck_assert_ptr_eq(group_of("192.0.2.11"), group_of("192.0.2.12"));
    conf.af[BGP_IPV4_UNICAST].own_group = true;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert_ptr_ne(group_of("192.0.2.11"), group_of("192.0.2.12"));
    conf.af[BGP_IPV4_UNICAST].own_group = false;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert_ptr_eq(group_of("192.0.2.11"), group_of("192.0.2.12"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp_choice");
    TCase *t = tcase_create("choice");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, sum_of_med_and_metric);
    tcase_add_test(t, next_hop_by_default_route);
    tcase_add_test(t, preference_is_shown);
    tcase_add_test(t, group_of_its_own);
    suite_add_tcase(s, t);
    return run_suite(s);
}
