/*
 * Update groups when sessions come, go and move: whose route is whose, and in which order a member
 * that moves is told. Node 0 and 1 feed node 2, which tells nodes 3 and 4.
 */
#include "tests/unit/test_bgp_net.h"

static const enum bgp_family V4 = BGP_IPV4_UNICAST;

/* How node 2 treats `other`. */
static struct bgp_peer_conf towards(unsigned other, unsigned mrai)
{
    struct bgp_peer_conf c = net_conf(2, other);

    c.enabled = 1u << V4;
    c.af[V4].mrai = (uint16_t)mrai;
    return c;
}

static void link_up(unsigned other, unsigned mrai)
{
    struct bgp_peer_conf c = towards(other, mrai), back = net_conf(other, 2);

    bgp_set_peer(net->nodes[2].b, &c, BGP_KEEP);
    bgp_set_peer(net->nodes[other].b, &back, BGP_KEEP);
}

static void link_down(unsigned other)
{
    struct bgp_addr there = net_addr(2, other), here = net_addr(other, 2);

    bgp_remove_peer(net->nodes[2].b, &there);
    bgp_remove_peer(net->nodes[other].b, &here);
}

static void setup(void)
{
    net_start(11);
    for (unsigned i = 0; i < 5; i++)
        net_add(65001 + i);
}

static void teardown(void)
{
    net_stop();
}

static const struct rib_session *session(unsigned other)
{
    return net_peer(2, other)->routes;
}

static bool knows(unsigned node, unsigned i)
{
    struct bgp_prefix p = net_prefix(V4, i);
    const struct rib_table *t = &net->nodes[node].b->rib->tables[V4];
    uint8_t key[BGP_KEY];
    uint32_t dest;

    ck_assert(rib_key(V4, &p, key));
    dest = dest_find(&t->dests, key, p.len, dest_hash(&t->dests, key, p.len));
    return dest != 0 && path_best(t, dest_at(&t->dests, dest));
}

/* The minimum interval keeps what the session that ended has sent in the Adj-RIB-Out. Whoever comes
 * meanwhile is told it, and what is counted as its own stays right. */
START_TEST(newcomer_after_one_that_ended)
{
    net_originate(0, V4, 1, 0);
    net_originate(1, V4, 1, 0);
    for (unsigned i = 0; i < 4; i++)
        link_up(i, 30);
    net_run(5000);
    ck_assert(knows(3, 1));
    link_down(0);
    net_run(1000);
    ck_assert_uint_eq(session(3)->members[V4]->group->nheld, 1);
    link_up(4, 30);
    net_run(10000);
    ck_assert_ptr_nonnull(session(4));
    ck_assert_ptr_eq(session(4)->members[V4]->group, session(3)->members[V4]->group);
    ck_assert_uint_eq(session(4)->members[V4]->own, 0);
    ck_assert_uint_eq(group_told(session(4)->members[V4]), 1);
    ck_assert(knows(4, 1));
    net_run(60000);
    ck_assert_uint_eq(session(4)->members[V4]->own, 0);
    ck_assert_uint_eq(group_told(session(4)->members[V4]), 1);
    net_compare_all();
}
END_TEST

/* RFC 4271 section 10: 0.75 to 1.0 of the interval, not the same each time. */
START_TEST(interval_varies)
{
    uint64_t last = 0, least = UINT64_MAX, most = 0;

    net_originate(0, V4, 1, 0);
    link_up(0, 0);
    link_up(3, 40);
    net_run(5000);
    ck_assert(knows(3, 1));
    for (unsigned i = 0; i < 12; i++) {
        const struct rib_group *g = session(3)->members[V4]->group;
        uint64_t due;

        net_withdraw(0, V4, 1);
        net_run(1000);
        net_originate(0, V4, 1, 0);
        net_run(1000);
        due = g->held_until;
        ck_assert_uint_gt(due, net->now);
        net_run((unsigned)(due - net->now) + 1000);
        ck_assert(knows(3, 1));
        if (last != 0 && due - last < least)
            least = due - last;
        if (last != 0 && due - last > most)
            most = due - last;
        last = due;
    }
    ck_assert_uint_ge(least, 29000); /* when it was announced is known to the second */
    ck_assert_uint_le(most, 42000);
    ck_assert_uint_ge(most - least, 2000);
}
END_TEST

/* Routes of so many octets that a peer which reads nothing has enough. */
static void originate_long(unsigned node, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct bgp_prefix p = net_prefix(V4, 1000 + i);
        uint8_t attrs[4 + 400] = {0xd0, BGP_ATTR_COMMUNITY, 400 >> 8, 400 & 0xff};
        struct bgp_local_route r = {.attrs = attrs, .nattrs = sizeof attrs};

        for (unsigned k = 0; k < 400; k += 4) {
            attrs[4 + k] = (uint8_t)(k >> 2);
            attrs[4 + k + 2] = (uint8_t)(i >> 8);
            attrs[4 + k + 3] = (uint8_t)i;
        }
        ck_assert(bgp_originate(net->nodes[node].b, V4, &p, BGP_ROUTE_NETWORK, &r));
    }
}

static void move(unsigned other)
{
    struct bgp_peer_conf c = towards(other, 0);

    c.af[V4].advertise_large_community = false;
    bgp_set_peer(net->nodes[2].b, &c, BGP_REEXPORT);
}

/* Node 4 comes into the group of node 3, which does not take its messages: what the group has still
 * to say is not withdrawn from node 4, who knows it from its old group. */
START_TEST(moves_into_a_group_that_waits)
{
    for (unsigned i = 0; i < 5; i++)
        link_up(i, 0);
    net_originate(0, V4, 3, 0);
    net_run(5000);
    move(3);
    net_run(1000);
    net->frozen[3] = true;
    originate_long(0, 1000);
    net_run(3000);
    net_originate(0, V4, 1, 0);
    net_originate(0, V4, 2, 0);
    net_run(3000);
    ck_assert(knows(4, 1) && knows(4, 1999));
    ck_assert(!knows(3, 1));
    ck_assert_ptr_null(session(3)->members[V4]->lag);
    ck_assert_uint_gt(session(3)->members[V4]->group->nrun, 0);
    move(4);
    ck_assert_ptr_eq(session(4)->members[V4]->group, session(3)->members[V4]->group);
    for (unsigned i = 0; i < 100; i++) {
        net_run(20);
        ck_assert(knows(4, 1) && knows(4, 2));
    }
    net_withdraw(0, V4, 2);
    for (unsigned i = 0; i < 100; i++) {
        net_run(20);
        ck_assert(knows(4, 1));
    }
    ck_assert(!knows(4, 2)); /* whoever is slow does not hold up the newcomer */
    net->frozen[3] = false;
    net_run(3000);
    ck_assert(knows(4, 1) && knows(4, 1999) && !knows(4, 2));
    net_compare_all();
}
END_TEST

/* Node 4 is not told anything new while node 3, of the same group, takes nothing: so long as the
 * line says. */
START_TEST(patience)
{
    static const struct {
        uint16_t after; /* s */
        bool never;
        uint64_t waits, ends; /* ms */
    } cases[] = {{0, false, 0, 3000}, {20, false, 15000, 10000}, {0, true, 60000, 0}};
    struct bgp_conf c = net->nodes[2].b->conf;

    c.af[V4].slow_after = cases[_i].after;
    c.af[V4].slow_never = cases[_i].never;
    bgp_set_process(net->nodes[2].b, &c);
    for (unsigned i = 0; i < 5; i++)
        link_up(i, 0);
    net_run(5000);
    move(3);
    move(4);
    net_run(1000);
    net->frozen[3] = true;
    originate_long(0, 2000);
    net_run(500);
    for (uint64_t t = 0; t < cases[_i].waits; t += 1000) {
        ck_assert_ptr_null(session(3)->members[V4]->lag);
        ck_assert(!knows(4, 2999));
        net_run(1000);
    }
    net_run(cases[_i].ends);
    ck_assert_int_eq(session(3)->members[V4]->lag != NULL, cases[_i].ends > 0);
    ck_assert_int_eq(knows(4, 2999), cases[_i].ends > 0);
    net->frozen[3] = false;
    net_run(5000);
    ck_assert(knows(3, 2999) && knows(4, 2999));
    net_compare_all();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp_groups");
    TCase *t = tcase_create("groups");
    SRunner *r;
    int failed;

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, interval_varies);
    tcase_add_test(t, newcomer_after_one_that_ended);
    tcase_add_test(t, moves_into_a_group_that_waits);
    tcase_add_loop_test(t, patience, 0, 3);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
