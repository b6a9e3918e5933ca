/*
 * Aggregates and their details where it is less simple: IPv6, tables of more than one slice, the
 * order in which peers are told, VPN instances, another router id. Node 0 and 1 tell node 2 routes,
 * which aggregates; node 3 listens.
 */
#include "tests/unit/test_bgp_net.h"

enum { MANY = 20000 };
static const uint8_t instance_rd[BGP_RD] = {0, 0, 0, 9, 0, 0, 0, 9};

static enum bgp_family family;

static struct bgp_prefix outer(void)
{
    struct bgp_prefix p = net_prefix(family, 0);

    p.len = family == BGP_IPV4_UNICAST ? 8 : 32;
    return p;
}

static void start(enum bgp_family f)
{
    static const uint32_t as[] = {65001, 65002, 65003, 65004};

    family = f;
    net_start(7);
    for (unsigned i = 0; i < 4; i++)
        net_add(as[i]);
    net_link(0, 2);
    net_link(1, 2);
    net_link(2, 3);
    net_converge(60000);
}

static void configure(unsigned n, bool as_set, bool suppress)
{
    const struct bgp_aggregate list[] = {
        {.prefix = outer(), .as_set = as_set, .suppress = suppress}};

    ck_assert(bgp_set_aggregates(net->nodes[2].b, 0, family, list, n));
}

static const struct path *best_at(unsigned node, const struct bgp_prefix *p)
{
    const struct rib_table *t = &net->nodes[node].b->rib->tables[family];
    uint8_t key[BGP_KEY];
    uint32_t dest;

    ck_assert(rib_key(family, p, key));
    dest = dest_find(&t->dests, key, p->len, dest_hash(&t->dests, key, p->len));
    return dest ? path_best(t, dest_at(&t->dests, dest)) : NULL;
}

static bool knows(unsigned i)
{
    struct bgp_prefix p = net_prefix(family, i);

    return best_at(3, &p);
}

static bool knows_aggregate(void)
{
    struct bgp_prefix p = outer();

    return best_at(3, &p);
}

static uint32_t count(void)
{
    return net->nodes[3].b->rib->tables[family].best;
}

/* What node 3 has of the aggregate: the octets of an attribute as hex. */
static const char *attribute(unsigned code)
{
    static char text[200];
    struct bgp_prefix p = outer();
    const struct path *best = best_at(3, &p);
    struct bgp_attr a;

    text[0] = 0;
    if (!best || !bgp_attr_find(attrset_block(attrset_at(&net->nodes[3].b->rib->sets, best->attrs)),
                                (uint8_t)code, &a))
        return "none";
    for (unsigned i = 0; i < a.value.left && i < 90; i++)
        snprintf(text + 2 * i, 3, "%02x", a.value.at[i]);
    return text;
}

static void teardown(void)
{
    net_stop();
}

/* Runs until all is quiet and looks after each millisecond: whoever has lost a detail has the
 * aggregate in its place. */
static void watch(unsigned ms)
{
    for (unsigned i = 0; i < ms; i++) {
        net_run(1);
        for (unsigned k = 1; k <= MANY; k += MANY / 10)
            ck_assert_msg(knows(k) || knows_aggregate(), "detail %u went before the aggregate came",
                          k);
    }
}

static const enum bgp_family families[] = {BGP_IPV4_UNICAST, BGP_IPV6_UNICAST};

/* In a table of two slices, both families, with an AS set and without: details are told, hidden
 * when the aggregate is there, told again. */
START_TEST(of_many)
{
    bool as_set = _i / 2;

    start(families[_i % 2]);
    for (unsigned i = 1; i <= MANY; i++)
        net_originate(i % 2, family, i, 0);
    net_converge(60000);
    ck_assert_uint_eq(count(), MANY);
    net->piece = 3000;
    configure(1, as_set, true);
    watch(3000);
    net_converge(600000);
    ck_assert_uint_eq(count(), 1);
    ck_assert(knows_aggregate());
    ck_assert_str_eq(attribute(BGP_ATTR_AS_PATH),
                     as_set ? "02010000fdeb01020000fde90000fdea" : "02010000fdeb");
    ck_assert_str_eq(attribute(BGP_ATTR_ATOMIC_AGGREGATE), as_set ? "none" : "");
    for (unsigned i = 2; i <= MANY; i++)
        net_withdraw(i % 2, family, i);
    net_converge(600000);
    ck_assert(knows_aggregate());
    ck_assert_str_eq(attribute(BGP_ATTR_AS_PATH),
                     as_set ? "02010000fdeb01010000fdea" : "02010000fdeb");
    net_withdraw(1, family, 1);
    net_converge(60000);
    ck_assert_uint_eq(count(), 0);
    for (unsigned i = 1; i <= MANY; i++)
        net_originate(i % 2, family, i, 0);
    net_converge(600000);
    ck_assert_uint_eq(count(), 1);
    configure(1, as_set, false);
    net_converge(600000);
    ck_assert_uint_eq(count(), MANY + 1);
    configure(0, false, false);
    net_converge(600000);
    ck_assert_uint_eq(count(), MANY);
    net_compare_all();
}
END_TEST

/* A peer that takes nothing for a while gets aggregate and withdrawals in the order it needs. */
START_TEST(to_a_slow_peer)
{
    start(BGP_IPV4_UNICAST);
    for (unsigned i = 1; i <= MANY; i++) {
        struct bgp_prefix p = net_prefix(family, i);
        uint8_t attrs[] = {0xc0, BGP_ATTR_COMMUNITY, 4, 1, 1, (uint8_t)(i >> 8), (uint8_t)i};
        struct bgp_local_route r = {.attrs = attrs, .nattrs = sizeof attrs};

        ck_assert(bgp_originate(net->nodes[0].b, family, &p, BGP_ROUTE_NETWORK, &r));
    }
    net_converge(60000);
    net->frozen[3] = true;
    for (unsigned i = 1; i <= MANY; i++) { /* more than fits on the way */
        struct bgp_prefix p = net_prefix(family, i);
        uint8_t attrs[] = {0xc0, BGP_ATTR_COMMUNITY, 4, 2, 1, (uint8_t)(i >> 8), (uint8_t)i};
        struct bgp_local_route r = {.attrs = attrs, .nattrs = sizeof attrs};

        ck_assert(bgp_originate(net->nodes[0].b, family, &p, BGP_ROUTE_NETWORK, &r));
    }
    net_run(500);
    configure(1, _i, true);
    net_run(500);
    net->piece = 3000;
    net->frozen[3] = false;
    watch(2000);
    net_converge(600000);
    ck_assert_uint_eq(count(), 1);
    net_compare_all();
}
END_TEST

START_TEST(another_router_id)
{
    start(families[_i]);
    net_originate(0, family, 1, 0);
    configure(1, false, false);
    net_converge(60000);
    ck_assert_str_eq(attribute(BGP_ATTR_AGGREGATOR), "0000fdeb0a000003");
    net->nodes[2].conf.router_id = 0x0a090909;
    bgp_set_process(net->nodes[2].b, &net->nodes[2].conf);
    net_converge(60000);
    ck_assert_str_eq(attribute(BGP_ATTR_AGGREGATOR), "0000fdeb0a090909");
}
END_TEST

/* The same list again is no change, and another order of it neither. */
START_TEST(idempotent)
{
    const struct aggregates *before;

    start(BGP_IPV4_UNICAST);
    net_originate(0, family, 1, 0);
    configure(1, true, true);
    net_converge(60000);
    before = net->nodes[2].b->rib->tables[family].aggregates;
    configure(1, true, true);
    ck_assert_ptr_eq(net->nodes[2].b->rib->tables[family].aggregates, before);
    ck_assert(net->nodes[2].b->rib->idle);
    configure(1, false, true);
    ck_assert_ptr_ne(net->nodes[2].b->rib->tables[family].aggregates, before);
    net_converge(60000);
    ck_assert_str_eq(attribute(BGP_ATTR_AS_PATH), "02010000fdeb");
}
END_TEST

/* What an instance hides does not go into the VPN table either, and comes back. */
START_TEST(not_exported)
{
    struct bgp_vpn_conf vpn = {.number = 5};
    struct bgp_aggregate list[] = {{.suppress = true}};
    struct bgp_local_route route = {0};
    struct bgp_prefix p;
    struct bgp *b;
    const struct rib_table *net_table;

    start(BGP_IPV4_UNICAST);
    b = net->nodes[2].b;
    net_table = &b->rib->tables[BGP_VPNV4];
    vpn.v4.enabled = true;
    vpn.v4.rd[3] = vpn.v4.rd[7] = 9;
    bgp_set_vpn(b, &vpn);
    for (unsigned i = 1; i <= MANY; i++) {
        p = net_prefix(family, i);
        p.addr.vpn = 5;
        ck_assert(bgp_originate(b, family, &p, BGP_ROUTE_NETWORK, &route));
    }
    net_converge(60000);
    ck_assert_uint_eq(net_table->best, MANY);
    ck_assert_uint_eq(net->nodes[3].b->rib->tables[BGP_VPNV4].best, MANY);
    list[0].prefix = outer();
    list[0].prefix.addr.vpn = 5;
    ck_assert(bgp_set_aggregates(b, 5, family, list, 1));
    net_converge(60000);
    ck_assert_uint_eq(net_table->best, 1);
    ck_assert_uint_eq(net->nodes[3].b->rib->tables[BGP_VPNV4].best, 1);
    p = net_prefix(family, MANY + 1); /* a new one is hidden at once */
    p.addr.vpn = 5;
    ck_assert(bgp_originate(b, family, &p, BGP_ROUTE_NETWORK, &route));
    net_converge(60000);
    ck_assert_uint_eq(net_table->best, 1);
    ck_assert(bgp_set_aggregates(b, 5, family, NULL, 0));
    net_converge(60000);
    ck_assert_uint_eq(net_table->best, MANY + 1);
    ck_assert_uint_eq(net->nodes[3].b->rib->tables[BGP_VPNV4].best, MANY + 1);
    bgp_remove_vpn(b, 5);
    net_converge(60000);
    ck_assert_uint_eq(net_table->best, 0);
}
END_TEST

/* What node 3 has of a detail of the instance: its route targets as a number, 0: nothing. */
static uint64_t target_of(unsigned i)
{
    const struct rib *r = net->nodes[3].b->rib;
    const struct rib_table *t = &r->tables[BGP_VPNV4];
    struct bgp_prefix p = net_prefix(family, i);
    struct bgp_attr a;
    const struct path *best;
    uint8_t key[BGP_KEY];
    uint32_t dest;

    memcpy(p.rd, instance_rd, BGP_RD);
    ck_assert(rib_key(BGP_VPNV4, &p, key));
    dest = dest_find(&t->dests, key, p.len, dest_hash(&t->dests, key, p.len));
    best = dest ? path_best(t, dest_at(&t->dests, dest)) : NULL;
    if (!best)
        return 0;
    ck_assert(bgp_attr_find(attrset_block(attrset_at(&r->sets, best->attrs)),
                            BGP_ATTR_EXT_COMMUNITY, &a));
    return (uint64_t)bgp_get_u32(&a.value) << 32 | bgp_get_u32(&a.value);
}

/* Details that go do not show the targets that come with the same change. */
START_TEST(not_exported_otherwise)
{
    uint8_t first[][8] = {{0, 2, 0, 1, 0, 0, 0, 1}}, second[][8] = {{0, 2, 0, 1, 0, 0, 0, 2}};
    struct bgp_vpn_conf vpn = {.number = 5};
    struct bgp_aggregate list[] = {{.suppress = true}};
    struct bgp_local_route route = {0};
    struct bgp_prefix p;
    struct bgp *b;

    start(BGP_IPV4_UNICAST);
    b = net->nodes[2].b;
    vpn.v4.enabled = true;
    memcpy(vpn.v4.rd, instance_rd, BGP_RD);
    vpn.v4.export = (struct bgp_targets){first, 1};
    bgp_set_vpn(b, &vpn);
    for (unsigned i = 1; i <= MANY; i++) {
        p = net_prefix(family, i);
        p.addr.vpn = 5;
        ck_assert(bgp_originate(b, family, &p, BGP_ROUTE_NETWORK, &route));
    }
    net_converge(60000);
    ck_assert_uint_eq(target_of(1), 0x0002000100000001);
    net->piece = 3000;
    vpn.v4.export.at = second;
    list[0].prefix = outer();
    list[0].prefix.addr.vpn = 5;
    bgp_set_vpn(b, &vpn);
    ck_assert(bgp_set_aggregates(b, 5, family, list, 1));
    for (unsigned ms = 0; ms < 2000; ms++) {
        net_run(1);
        for (unsigned k = 1; k <= MANY; k += MANY / 10)
            ck_assert_uint_ne(target_of(k), 0x0002000100000002);
    }
    net_converge(60000);
    ck_assert_uint_eq(target_of(1), 0);
    ck_assert_uint_eq(net->nodes[3].b->rib->tables[BGP_VPNV4].best, 1);
    bgp_remove_vpn(b, 5);
    net_converge(60000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("details");
    TCase *c = tcase_create("details");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, teardown);
    tcase_add_loop_test(c, of_many, 0, 4);
    tcase_add_loop_test(c, to_a_slow_peer, 0, 2);
    tcase_add_loop_test(c, another_router_id, 0, 2);
    tcase_add_test(c, idempotent);
    tcase_add_test(c, not_exported);
    tcase_add_test(c, not_exported_otherwise);
    suite_add_tcase(s, c);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
