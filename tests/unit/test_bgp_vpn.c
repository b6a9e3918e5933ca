/*
 * VPN instances: tables and peers of their own, what they import and export, and that nothing of
 * them is left behind.
 */
#include "test_bgp_net.h"

#include "bgp/rib/vpn.h"

enum { PE, CE1, CE2 };

static struct bgp_vpn_conf instance(uint16_t number)
{
    return (struct bgp_vpn_conf){.number = number};
}

static void set_vpn(unsigned node, uint16_t number)
{
    struct bgp_vpn_conf c = instance(number);

    bgp_set_vpn(net->nodes[node].b, &c);
}

/* Peers of the PE in an instance. */
static void attach(unsigned pe, unsigned ce, uint16_t number)
{
    net->scope[pe][ce] = number;
    net_link(pe, ce);
}

static bool originate_in(unsigned node, uint16_t number, enum bgp_family f, unsigned i)
{
    struct bgp_prefix p = net_prefix(f, i);
    struct bgp_local_route r = {0};

    p.addr.vpn = number;
    return bgp_originate(net->nodes[node].b, f, &p, BGP_ROUTE_NETWORK, &r);
}

static bool withdraw_in(unsigned node, uint16_t number, enum bgp_family f, unsigned i)
{
    struct bgp_prefix p = net_prefix(f, i);

    p.addr.vpn = number;
    return bgp_withdraw_local(net->nodes[node].b, f, &p, BGP_ROUTE_NETWORK);
}

/* How many routes a table has, of one kind of walk. */
static size_t routes(unsigned node, uint16_t number, enum bgp_family f, struct bgp_route *first)
{
    struct bgp_walk_filter filter = {.family = f, .kind = BGP_WALK_ALL, .vpn = number};
    struct bgp_walk *w = bgp_walk_new(net->nodes[node].b, &filter);
    struct bgp_route_batch batch = {0};
    size_t n = 0;

    while (bgp_walk_next(w, &batch)) {
        if (first && n == 0)
            *first = batch.routes[0];
        n += batch.n;
    }
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    return n;
}

/* --- peers and tables ------------------------------------------------------------------------- */

/* Two customers with the same address, AS and prefix in two instances know nothing of each other.
 */
START_TEST(overlapping)
{
    struct bgp_route r;
    struct bgp_prefix p = net_prefix(BGP_IPV4_UNICAST, 1);
    struct bgp_addr to[2];

    net_start(1);
    net_add(65000);
    net_add(65001);
    net_add(65001);
    net->nodes[CE2].addr = net->nodes[CE1].addr;
    set_vpn(PE, 1);
    set_vpn(PE, 2);
    attach(PE, CE1, 1);
    attach(PE, CE2, 2);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 5);
    ck_assert(originate_in(PE, 2, BGP_IPV4_UNICAST, 2));
    net_run(5000);
    net_converge(10000);
    net_compare_all();
    ck_assert_uint_eq(net_look(PE, CE1).routes[BGP_IPV4_UNICAST].received, 1);
    ck_assert_uint_eq(net_look(PE, CE2).routes[BGP_IPV4_UNICAST].received, 0);
    ck_assert_uint_eq(net_look(PE, CE2).routes[BGP_IPV4_UNICAST].advertised, 1);
    ck_assert_uint_eq(net_look(PE, CE1).negotiated,
                      1u << BGP_IPV4_UNICAST | 1u << BGP_IPV6_UNICAST);
    ck_assert_uint_eq(routes(PE, 0, BGP_IPV4_UNICAST, NULL), 0);
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV4_UNICAST, &r), 1);
    ck_assert_uint_eq(r.prefix.addr.vpn, 1);
    ck_assert_uint_eq(r.from.vpn, 1);
    ck_assert_uint_eq(r.next_hop.vpn, 1);
    ck_assert_uint_eq(routes(PE, 2, BGP_IPV4_UNICAST, &r), 1);
    ck_assert_uint_eq(routes(PE, 3, BGP_IPV4_UNICAST, NULL), 0);
    ck_assert_uint_eq(routes(PE, 1, BGP_VPNV4, NULL), 0);
    p = r.prefix;
    ck_assert_uint_eq(bgp_advertised_to(net->nodes[PE].b, BGP_IPV4_UNICAST, &p, to, 2), 1);
    ck_assert_uint_eq(to[0].vpn, 2);
    p.addr.vpn = 1;
    ck_assert_uint_eq(bgp_advertised_to(net->nodes[PE].b, BGP_IPV4_UNICAST, &p, to, 2), 0);
    p.addr.vpn = 9;
    ck_assert_uint_eq(bgp_advertised_to(net->nodes[PE].b, BGP_IPV4_UNICAST, &p, to, 2), 0);
    ck_assert(!originate_in(PE, 9, BGP_IPV4_UNICAST, 2));
    ck_assert(!originate_in(PE, 1, BGP_VPNV4, 2));
    ck_assert(withdraw_in(PE, 2, BGP_IPV4_UNICAST, 2));
    ck_assert(!withdraw_in(PE, 9, BGP_IPV4_UNICAST, 2));
    net_withdraw(CE1, BGP_IPV4_UNICAST, 1);
    net_converge(10000);
    net_assert_empty(PE);
    net_stop();
}
END_TEST

static bool count_scopes(void *arg, const struct bgp_peer_view *v)
{
    uint16_t *last = arg;

    ck_assert_uint_ge(v->addr.vpn, *last);
    *last = v->addr.vpn;
    return true;
}

/* A peer waits for its instance; the instance has a router id of its own. */
START_TEST(peer_needs_instance)
{
    struct bgp_vpn_conf c = instance(7);
    uint16_t last = 0;

    net_start(2);
    net_add(65000);
    net_add(65001);
    net_add(65002);
    attach(PE, CE1, 7);
    net_link(PE, CE2);
    net_run(5000);
    bgp_each_peer(net->nodes[PE].b, count_scopes, &last);
    ck_assert_uint_eq(last, 7);
    ck_assert_int_eq(net_look(PE, CE1).state, BGP_IDLE);
    ck_assert_str_eq(net_look(PE, CE1).blocked, "no VPN instance");
    c.router_id = 0x01020304;
    bgp_set_vpn(net->nodes[PE].b, &c);
    net_run(20000);
    ck_assert_int_eq(net_look(PE, CE1).state, BGP_ESTABLISHED);
    ck_assert_uint_eq(net_look(CE1, PE).remote_id, 0x01020304);
    ck_assert_uint_eq(net_look(CE2, PE).remote_id, 0x0a000001);
    bgp_remove_vpn(net->nodes[PE].b, 7);
    net_run(5000);
    ck_assert_str_eq(net_look(PE, CE1).blocked, "no VPN instance");
    ck_assert_int_eq(net_look(CE1, PE).last_received.code, 6);
    net_stop();
}
END_TEST

/* Next hops are looked up in the instance's routing table. */
static struct bgp_addr watched[8];
static unsigned nwatched;

static void on_watch(void *arg, const struct bgp_addr *addr, bool wanted)
{
    (void)arg;
    if (wanted && nwatched < 8)
        watched[nwatched++] = *addr;
}

START_TEST(next_hops_have_scope)
{
    struct bgp_addr nh;
    struct bgp_route r;

    net_start(3);
    net_add(65000);
    net_add(65001);
    set_vpn(PE, 3);
    nwatched = 0;
    bgp_watch_next_hops(net->nodes[PE].b, on_watch, NULL);
    attach(PE, CE1, 3);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 5);
    net_run(5000);
    net_converge(10000);
    nh = net_addr(PE, CE1);
    ck_assert_uint_gt(nwatched, 0);
    ck_assert_int_eq(bgp_addr_cmp(&watched[0], &nh), 0);
    nh.vpn = 0;
    bgp_set_next_hop(net->nodes[PE].b, &nh, false, 0);
    net_converge(10000);
    routes(PE, 3, BGP_IPV4_UNICAST, &r);
    ck_assert(r.valid);
    nh.vpn = 3;
    bgp_set_next_hop(net->nodes[PE].b, &nh, false, 0);
    net_converge(10000);
    routes(PE, 3, BGP_IPV4_UNICAST, &r);
    ck_assert(!r.valid);
    net_stop();
}
END_TEST

/* --- life ------------------------------------------------------------------------------------- */

/* An instance that goes away with routes in it, local and received, leaves no record. */
START_TEST(removed_with_routes)
{
    struct rib *r;

    net_start(4);
    net_add(65000);
    net_add(65001);
    set_vpn(PE, 1);
    attach(PE, CE1, 1);
    for (unsigned i = 0; i < 100; i++) {
        net_originate(CE1, BGP_IPV4_UNICAST, i, i + 1);
        ck_assert(originate_in(PE, 1, BGP_IPV6_UNICAST, i));
    }
    net_run(5000);
    net_converge(10000);
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV4_UNICAST, NULL), 100);
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV6_UNICAST, NULL), 100);
    bgp_remove_vpn(net->nodes[PE].b, 1);
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV6_UNICAST, NULL), 0);
    set_vpn(PE, 1); /* the number at once given to another one */
    net_run(100);
    net_converge(10000);
    r = net->nodes[PE].b->rib;
    ck_assert_ptr_null(r->removed);
    net_run(20000);
    net_converge(10000);
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV4_UNICAST, NULL), 100); /* the CE has come again */
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV6_UNICAST, NULL), 0);
    bgp_remove_vpn(net->nodes[PE].b, 1);
    net_run(100);
    net_converge(10000);
    net_assert_empty(PE);
    ck_assert_ptr_null(r->removed);
    net_stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp vpn");
    TCase *t = tcase_create("vpn");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, overlapping);
    tcase_add_test(t, peer_needs_instance);
    tcase_add_test(t, next_hops_have_scope);
    tcase_add_test(t, removed_with_routes);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
