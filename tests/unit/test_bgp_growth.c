/*
 * What a peer can make grow: whatever waits for one that reads slowly, or for a table that changes
 * faster than it can be told, stays in proportion to the routes there are.
 */
#include "test_bgp_net.h"

#define V4 BGP_IPV4_UNICAST

static void three_in_a_row(void)
{
    net_start(7);
    for (unsigned i = 0; i < 3; i++)
        net_add(65000 + i);
    net_link(0, 1);
    net_link(0, 2);
    net_run(5000);
    ck_assert_ptr_nonnull(net_peer(0, 2)->routes);
}

/* Changes come as fast as they are worked on, behind those that wait already. */
START_TEST(queue_that_never_runs_empty)
{
    enum { ROUTES = 3 * RIB_SLICE };
    struct rib_table *t;
    struct rib_group *g;

    three_in_a_row();
    for (unsigned i = 0; i < ROUTES; i++)
        net_originate(0, V4, i, 0);
    net_run(1000);
    net_converge(10000);
    t = &net->nodes[0].b->rib->tables[V4];
    g = net_peer(0, 2)->routes->members[V4]->group;
    ck_assert_uint_eq(g->advertised, ROUTES);
    for (uint32_t id = 1; id <= ROUTES; id++)
        group_mark(t, id);
    for (uint32_t round = 0; round < 100; round++) {
        bgp_tick(net->nodes[0].b);
        ck_assert_uint_gt(g->npending, 0);
        for (uint32_t i = 0; i < RIB_SLICE; i++)
            group_mark(t, (round * RIB_SLICE + i) % ROUTES + 1);
    }
    ck_assert_uint_le(g->pending_room, 4 * ROUTES);
    net_converge(10000);
    net_compare_all();
    net_stop();
}
END_TEST

/* One peer does not read while routes come and go at another: nothing is kept of those the first
 * one never heard of. */
START_TEST(routes_a_slow_peer_never_heard_of)
{
    enum { ROUNDS = 40, EACH = 500 };
    struct bgp_conn *c;
    struct rib_member *m;
    struct rib_table *t;

    three_in_a_row();
    net_originate(1, V4, 60000, 0);
    net_originate(1, V4, 60001, 0);
    net_converge(10000);
    t = &net->nodes[0].b->rib->tables[V4];
    c = net_peer(0, 2)->conn;
    m = net_peer(0, 2)->routes->members[V4];
    net->frozen[2] = true;
    c->given += GROUP_UNSENT;
    lag_start(m, true);
    net_withdraw(1, V4, 60001);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < EACH; i++)
            net_originate(1, V4, round * EACH + i, 0);
        net_run(100);
        ck_assert_uint_ge(t->dests.slab.live, EACH);
        for (unsigned i = 0; i < EACH; i++)
            net_withdraw(1, V4, round * EACH + i);
        net_run(100);
    }
    ck_assert_uint_lt(t->dests.slab.live, 3 * EACH);
    ck_assert_uint_lt(t->dests.slab.used, 6 * EACH);
    net_originate(1, V4, 7, 0);
    net_run(100);
    c->given -= GROUP_UNSENT;
    net->frozen[2] = false;
    net_run(100);
    bgp_unsent(c, 0);
    net_converge(10000);
    net_compare_all();
    ck_assert_uint_eq(net_peer(2, 0)->routes->source->paths[V4], 2);
    net_stop();
}
END_TEST

/* Prefixes come and go without a quiet moment: their records are used again. */
START_TEST(garbage_is_used_again)
{
    enum { ROUNDS = 12, EACH = 500 };
    struct rib_table *t;

    three_in_a_row();
    net_converge(10000);
    t = &net->nodes[0].b->rib->tables[V4];
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < EACH; i++)
            net_originate(1, V4, round * EACH + i, 0);
        net_run(RIB_QUIET / 3);
        for (unsigned i = 0; i < EACH; i++)
            net_withdraw(1, V4, round * EACH + i);
        net_run(RIB_QUIET / 3);
    }
    ck_assert_uint_gt(t->ngarbage, 0);
    ck_assert_uint_lt(t->dests.slab.used, 4 * EACH);
    net_run(2 * RIB_QUIET);
    ck_assert_uint_eq(t->ngarbage, 0);
    net_stop();
}
END_TEST

/* Who asks for everything three times before the first answer is told everything once. */
START_TEST(refresh_again_and_again)
{
    struct rib_member *m;
    uint32_t sent[3];

    three_in_a_row();
    for (unsigned i = 0; i < 5000; i++)
        net_originate(0, V4, i, 0);
    net_run(1000);
    net_converge(10000);
    m = net_peer(0, 2)->routes->members[V4];
    sent[0] = net_peer(0, 2)->conn->counts.sent[BGP_UPDATE];
    for (unsigned i = 0; i < 3; i++)
        group_resend(m);
    net_run(100);
    net_converge(10000);
    sent[1] = net_peer(0, 2)->conn->counts.sent[BGP_UPDATE];
    group_resend(m);
    net_run(100);
    net_converge(10000);
    sent[2] = net_peer(0, 2)->conn->counts.sent[BGP_UPDATE];
    ck_assert_uint_gt(sent[1], sent[0]);
    ck_assert_uint_eq(sent[2] - sent[1], sent[1] - sent[0]);
    net_compare_all();
    net_stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp growth");
    TCase *t = tcase_create("growth");
    SRunner *r;
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, queue_that_never_runs_empty);
    tcase_add_test(t, routes_a_slow_peer_never_heard_of);
    tcase_add_test(t, garbage_is_used_again);
    tcase_add_test(t, refresh_again_and_again);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
