/*
 * Aggregates: a route of ours that is there while more specific ones are, what it carries, and what
 * becomes of the details. Node 0 and 1 tell node 2 routes, which aggregates; node 3 listens.
 */
#include "tests/unit/test_bgp_net.h"

static const enum bgp_family V4 = BGP_IPV4_UNICAST;

static const struct bgp_prefix outer = {.addr = {.af = 4, .b = {20}}, .len = 8},
                               inner = {.addr = {.af = 4, .b = {20}}, .len = 16};

static void setup(void)
{
    static const uint32_t as[] = {65001, 65002, 65003, 65004};

    net_start(7);
    for (unsigned i = 0; i < 4; i++)
        net_add(as[i]);
    net_link(0, 2);
    net_link(1, 2);
    net_link(2, 3);
    net_converge(60000);
}

static void teardown(void)
{
    net_stop();
}

static void configure(unsigned n, const struct bgp_aggregate *list)
{
    ck_assert(bgp_set_aggregates(net->nodes[2].b, 0, V4, list, n));
    net_converge(60000);
}

/* The attributes of the best route of a node, in hex without the first AS of its path; "": none. */
static const char *at(unsigned node, const struct bgp_prefix *p)
{
    static char text[400];
    const struct rib *r = net->nodes[node].b->rib;
    const struct rib_table *t = &r->tables[V4];
    uint8_t key[BGP_KEY];
    uint32_t dest;
    const struct path *best;
    const struct attrset *a;

    text[0] = 0;
    ck_assert(rib_key(V4, p, key));
    dest = dest_find(&t->dests, key, p->len, dest_hash(&t->dests, key, p->len));
    best = dest ? path_best(t, dest_at(&t->dests, dest)) : NULL;
    if (!best)
        return text;
    a = attrset_at(&r->sets, best->attrs);
    for (unsigned i = 0; i < a->len && i < 150; i++)
        snprintf(text + 2 * i, 3, "%02x", a->block[i]);
    return text;
}

static bool knows(unsigned i)
{
    struct bgp_prefix p = net_prefix(V4, i);

    return *at(3, &p) != 0;
}

START_TEST(lives_with_its_details)
{
    struct bgp_aggregate list[] = {{.prefix = outer}};

    configure(1, list);
    ck_assert_str_eq(at(3, &outer), "");
    net_originate(0, V4, 1, 0);
    net_originate(1, V4, 2, 0);
    net_converge(60000);
    /* AS_SEQUENCE 65003, ATOMIC_AGGREGATE, AGGREGATOR 65003 10.0.0.3 */
    ck_assert_str_eq(at(3, &outer), "40010100"
                                    "40020602010000fdeb"
                                    "400600"
                                    "c007080000fdeb0a000003");
    ck_assert(knows(1) && knows(2));
    net_withdraw(0, V4, 1);
    net_converge(60000);
    ck_assert_str_ne(at(3, &outer), "");
    net_withdraw(1, V4, 2);
    net_converge(60000);
    ck_assert_str_eq(at(3, &outer), "");
    net_originate(0, V4, 1, 0);
    net_converge(60000);
    ck_assert_str_ne(at(3, &outer), "");
    configure(0, NULL);
    ck_assert_str_eq(at(3, &outer), "");
    ck_assert_ptr_null(net->nodes[2].b->rib->tables[V4].aggregates);
}
END_TEST

START_TEST(set_of_the_paths)
{
    struct bgp_aggregate list[] = {{.prefix = outer, .as_set = true}};

    net_originate(0, V4, 1, 0);
    configure(1, list);
    ck_assert_str_eq(at(2, &outer), "40010100"
                                    "40020601010000fde9"
                                    "c007080000fdeb0a000003");
    net_originate(1, V4, 2, 0);
    net_converge(60000);
    ck_assert_str_eq(at(2, &outer), "40010100"
                                    "40020a01020000fde90000fdea"
                                    "c007080000fdeb0a000003");
    ck_assert_str_eq(at(0, &outer), ""); /* its own AS is in the path */
    net_withdraw(0, V4, 1);
    net_converge(60000);
    ck_assert_str_eq(at(2, &outer), "40010100"
                                    "40020601010000fdea"
                                    "c007080000fdeb0a000003");
}
END_TEST

START_TEST(suppresses_details)
{
    struct bgp_aggregate list[] = {{.prefix = outer, .suppress = true}};

    net_originate(0, V4, 1, 0);
    net_converge(60000);
    ck_assert(knows(1));
    configure(1, list);
    ck_assert(!knows(1));
    ck_assert_str_ne(at(3, &outer), "");
    net_originate(1, V4, 2, 0);
    net_converge(60000);
    ck_assert(!knows(2));
    list[0].suppress = false;
    configure(1, list);
    ck_assert(knows(1) && knows(2));
    ck_assert_str_ne(at(3, &outer), "");
}
END_TEST

START_TEST(inside_another)
{
    struct bgp_aggregate list[] = {{.prefix = outer, .as_set = true, .suppress = true},
                                   {.prefix = inner, .as_set = true}};

    net_originate(0, V4, 1, 0);
    configure(2, list);
    ck_assert_str_eq(at(3, &inner), "");
    ck_assert_str_ne(at(2, &inner), "");
    ck_assert_str_ne(at(3, &outer), "");
    net_withdraw(0, V4, 1);
    net_converge(60000);
    ck_assert_str_eq(at(2, &inner), "");
    ck_assert_str_eq(at(2, &outer), "");
}
END_TEST

START_TEST(in_an_instance)
{
    struct bgp *b = net->nodes[2].b;
    struct bgp_vpn_conf vpn = {.number = 5};
    struct bgp_aggregate list[] = {{.prefix = outer}};
    struct bgp_local_route route = {0};
    struct bgp_prefix p = net_prefix(V4, 1);
    const struct rib_table *t;

    ck_assert(!bgp_set_aggregates(b, 5, V4, list, 1));
    ck_assert(!bgp_set_aggregates(b, 0, BGP_VPNV4, list, 1));
    bgp_set_vpn(b, &vpn);
    ck_assert(bgp_set_aggregates(b, 5, V4, list, 1));
    p.addr.vpn = 5;
    ck_assert(bgp_originate(b, V4, &p, BGP_ROUTE_NETWORK, &route));
    net_converge(60000);
    t = rib_table(b->rib, 5, V4);
    ck_assert_uint_eq(t->best, 2);
    ck_assert_str_eq(at(2, &outer), "");
    ck_assert(bgp_withdraw_local(b, V4, &p, BGP_ROUTE_NETWORK));
    net_converge(60000);
    ck_assert_uint_eq(t->best, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("aggregate");
    TCase *c = tcase_create("aggregate");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, lives_with_its_details);
    tcase_add_test(c, set_of_the_paths);
    tcase_add_test(c, suppresses_details);
    tcase_add_test(c, inside_another);
    tcase_add_test(c, in_an_instance);
    suite_add_tcase(s, c);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
