/*
 * How much the table of a VPN instance may hold ("prefix limit", "routing-table limit"), and which
 * of its routes are exported ("advertise route-mode").
 */
#include "test_bgp_net.h"

enum { PE, CE1, CE2 };

static struct bgp_vpn_conf conf_of(uint16_t number)
{
    static uint8_t targets[8] = {0, 2, 0, 0, 0, 0, 0, 1};
    struct bgp_vpn_conf c = {.number = number};

    c.v4.enabled = true;
    c.v4.rd[7] = (uint8_t)number;
    c.v4.import = c.v4.export = (struct bgp_targets){&targets, 1};
    return c;
}

static void put(const struct bgp_vpn_conf *c)
{
    bgp_set_vpn(net->nodes[PE].b, c);
    net_run(5000);
    net_converge(10000);
}

static size_t count(uint16_t number, enum bgp_family f, enum bgp_walk_kind kind)
{
    struct bgp_walk_filter filter = {.family = f, .kind = kind, .vpn = number};
    struct bgp_walk *w = bgp_walk_new(net->nodes[PE].b, &filter);
    struct bgp_route_batch batch = {0};
    size_t n = 0;

    while (bgp_walk_next(w, &batch))
        n += batch.n;
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    return n;
}

/* Used in the instance, exported, and kept. */
static void holds(size_t used, size_t kept)
{
    ck_assert_uint_eq(count(1, BGP_IPV4_UNICAST, BGP_WALK_BEST), used);
    ck_assert_uint_eq(count(0, BGP_VPNV4, BGP_WALK_ALL), used);
    ck_assert_uint_eq(count(1, BGP_IPV4_UNICAST, BGP_WALK_ALL), kept);
}

static bool in_instance(uint16_t number, unsigned i, bool there)
{
    struct bgp_prefix p = net_prefix(BGP_IPV4_UNICAST, i);
    struct bgp_local_route r = {0};

    p.addr.vpn = number;
    return there ? bgp_originate(net->nodes[PE].b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK, &r)
                 : bgp_withdraw_local(net->nodes[PE].b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK);
}

static void start(void)
{
    struct bgp_vpn_conf c = conf_of(1);

    net_start(1);
    net_add(65000);
    net_add(65001);
    net_add(65002);
    put(&c);
    for (unsigned ce = CE1; ce <= CE2; ce++) {
        net->scope[PE][ce] = 1;
        net_link(PE, ce);
    }
    net_run(20000);
}

START_TEST(on_prefixes)
{
    struct bgp_vpn_conf c = conf_of(1);

    start();
    c.v4.prefixes = (struct bgp_vpn_limit){.most = 3, .percent = 50};
    put(&c);
    for (unsigned i = 1; i <= 5; i++)
        net_originate(CE1, BGP_IPV4_UNICAST, i, 5);
    net_converge(60000);
    holds(3, 5);
    net_originate(CE2, BGP_IPV4_UNICAST, 1, 5); /* one more route to a prefix that is in */
    net_converge(60000);
    holds(3, 6);
    net_withdraw(CE1, BGP_IPV4_UNICAST, 1);
    net_converge(60000);
    net_withdraw(CE2, BGP_IPV4_UNICAST, 1); /* leaves a place */
    net_converge(60000);
    holds(3, 4);
    c.v4.prefixes.most = 2;
    put(&c);
    holds(2, 4);
    c.v4.prefixes.most = 10;
    put(&c);
    holds(4, 4);
    c.v4.prefixes = (struct bgp_vpn_limit){.most = 1, .alert_only = true};
    put(&c);
    holds(4, 4);
    c.v4.prefixes = (struct bgp_vpn_limit){.most = 1, .percent = 100};
    put(&c);
    holds(1, 4);
    c.v4.prefixes = (struct bgp_vpn_limit){0};
    put(&c);
    holds(4, 4);
    for (unsigned i = 2; i <= 5; i++)
        net_withdraw(CE1, BGP_IPV4_UNICAST, i);
    net_converge(60000);
    net_assert_empty(PE);
    net_stop();
}
END_TEST

START_TEST(on_routes)
{
    struct bgp_vpn_conf c = conf_of(1);

    start();
    c.v4.routes = (struct bgp_vpn_limit){.most = 3, .percent = 100};
    put(&c);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 5);
    net_originate(CE2, BGP_IPV4_UNICAST, 1, 5);
    net_converge(60000);
    net_originate(CE1, BGP_IPV4_UNICAST, 2, 5);
    net_originate(CE1, BGP_IPV4_UNICAST, 3, 5);
    net_converge(60000);
    holds(2, 4); /* two routes lead to one prefix */
    net_withdraw(CE2, BGP_IPV4_UNICAST, 1);
    net_converge(60000);
    holds(3, 3);
    c.v4.prefixes = (struct bgp_vpn_limit){.most = 1, .percent = 100};
    put(&c);
    holds(1, 3);
    bgp_remove_vpn(net->nodes[PE].b, 1);
    net_converge(60000);
    net_assert_empty(PE);
    net_stop();
}
END_TEST

static struct bgp_alert seen[16];
static unsigned nseen;

static void on_alert(void *ctx, const struct bgp_alert *a)
{
    (void)ctx;
    ck_assert(!a->peer);
    ck_assert_uint_eq(a->vpn, 1);
    seen[nseen++ % 16] = *a;
}

static void told(unsigned which, bool prefixes, bool limit, bool over, unsigned n)
{
    ck_assert_uint_gt(nseen, which);
    ck_assert(seen[which].prefixes == prefixes && seen[which].limit == limit &&
              seen[which].over == over);
    ck_assert_uint_eq(seen[which].routes, n);
}

START_TEST(alerts)
{
    struct bgp_vpn_conf c = conf_of(1);
    struct bgp_ops ops;

    net_start(1);
    net_add(65000);
    ops = *net->nodes[PE].b->ops;
    nseen = 0;
    ops.alert = on_alert;
    net->nodes[PE].b->ops = &ops;
    c.v4.prefixes = (struct bgp_vpn_limit){.most = 4, .percent = 50};
    c.v4.routes = (struct bgp_vpn_limit){.most = 3, .alert_only = true};
    put(&c);
    in_instance(1, 1, true);
    ck_assert_uint_eq(nseen, 0);
    in_instance(1, 2, true);
    told(0, true, false, true, 2);
    in_instance(1, 3, true);
    told(1, false, true, true, 3);
    in_instance(1, 4, true);
    told(2, true, true, true, 4);
    in_instance(1, 5, true);
    ck_assert_uint_eq(nseen, 3);
    ck_assert_uint_eq(count(1, BGP_IPV4_UNICAST, BGP_WALK_BEST), 4);
    in_instance(1, 5, false);
    in_instance(1, 4, false);
    told(3, true, true, false, 3);
    in_instance(1, 3, false);
    told(4, false, true, false, 2);
    in_instance(1, 3, true);
    told(5, false, true, true, 3);
    for (unsigned i = 1; i <= 20; i++) /* what comes and goes is told a few times a minute */
        in_instance(1, 3, i % 2 == 0);
    ck_assert_uint_eq(nseen, 6);
    net_stop();
}
END_TEST

START_TEST(best_only)
{
    struct bgp_vpn_conf c = conf_of(1), other = conf_of(2);

    start();
    put(&other);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 5);
    net_originate(CE1, BGP_IPV4_UNICAST, 2, 5);
    net_converge(60000);
    ck_assert(in_instance(2, 1, true)); /* its path is shorter: the instance prefers it */
    net_converge(60000);
    ck_assert_uint_eq(count(0, BGP_VPNV4, BGP_WALK_ALL), 3);
    c.v4.af.best_only = true;
    put(&c);
    ck_assert_uint_eq(count(0, BGP_VPNV4, BGP_WALK_ALL), 2);
    in_instance(2, 1, false);
    net_converge(60000);
    ck_assert_uint_eq(count(0, BGP_VPNV4, BGP_WALK_ALL), 2);
    in_instance(2, 1, true);
    net_converge(60000);
    ck_assert_uint_eq(count(0, BGP_VPNV4, BGP_WALK_ALL), 2);
    c.v4.af.best_only = false;
    put(&c);
    ck_assert_uint_eq(count(0, BGP_VPNV4, BGP_WALK_ALL), 3);
    net_stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vpn limit");
    TCase *t = tcase_create("vpn limit");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, on_prefixes);
    tcase_add_test(t, on_routes);
    tcase_add_test(t, alerts);
    tcase_add_test(t, best_only);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
