/*
 * VPN instances: tables and peers of their own, what they import and export, and that nothing of
 * them is left behind.
 */
#include "test_bgp_net.h"

enum { PE, CE1, CE2, PE2, CE3 };

static struct bgp_vpn_conf instance(uint16_t number)
{
    return (struct bgp_vpn_conf){.number = number};
}

static void set_vpn(unsigned node, uint16_t number)
{
    struct bgp_vpn_conf c = instance(number);

    bgp_set_vpn(net->nodes[node].b, &c);
}

/* Route targets 0:1 to 0:9; text lists their digits. */
static void targets(struct bgp_targets *t, const char *text)
{
    static uint8_t at[64][8];
    static unsigned used;

    used = used + strlen(text) < 64 ? used : 0;
    t->at = &at[used];
    t->n = strlen(text);
    for (size_t i = 0; i < t->n; i++, used++)
        memcpy(at[used], (uint8_t[8]){0, 2, 0, 0, 0, 0, 0, (uint8_t)(text[i] - '0')}, 8);
}

/* Both families of an instance: RD 0:rd, what it imports and exports. */
static struct bgp_vpn_conf vpn_conf(uint16_t number, uint8_t rd, const char *import,
                                    const char *export)
{
    struct bgp_vpn_conf c = instance(number);

    c.v4.enabled = true;
    c.v4.rd[7] = rd;
    targets(&c.v4.import, import);
    targets(&c.v4.export, export);
    c.v6 = c.v4;
    return c;
}

static void put_vpn(unsigned node, uint16_t number, uint8_t rd, const char *import,
                    const char *export)
{
    struct bgp_vpn_conf c = vpn_conf(number, rd, import, export);

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

/* How many routes a table has; the first one. */
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

static void on_watch(void *arg, const struct bgp_addr *addr, bool wanted, struct bgp_hop *hop)
{
    (void)arg;
    (void)hop;
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

/* --- export and import -------------------------------------------------------------------------
 */

static void settle(void)
{
    net_run(200);
    net_converge(20000);
    net_compare_all();
}

/* The route of prefix i in an instance; false: none, or not the best. */
static bool best(unsigned node, uint16_t number, enum bgp_family f, unsigned i,
                 struct bgp_route *out)
{
    struct bgp_walk_filter filter = {.family = f, .kind = BGP_WALK_BEST, .vpn = number};
    struct bgp_route_batch batch = {0};
    struct bgp_walk *w;
    bool found;

    filter.one = true;
    filter.prefix = net_prefix(f, i);
    w = bgp_walk_new(net->nodes[node].b, &filter);
    found = bgp_walk_next(w, &batch);
    if (found && out)
        *out = batch.routes[0];
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    return found;
}

/* Two PEs with a CE each and one beside the first one. */
static void two_sites(uint32_t seed)
{
    net_start(seed);
    net_add(65000);
    net_add(65001);
    net_add(65002);
    net_add(65000);
    net_add(65003);
    put_vpn(PE, 1, 1, "1", "1");
    put_vpn(PE, 2, 2, "2", "2");
    put_vpn(PE2, 5, 3, "1", "1");
    attach(PE, CE1, 1);
    attach(PE, CE2, 2);
    attach(PE2, CE3, 5);
    net_link(PE, PE2);
    net_run(5000);
}

static void stop_empty(void)
{
    for (unsigned n = 0; n < net->nnodes; n++)
        net_assert_empty(n);
    for (unsigned n = 0; n < net->nnodes; n++)
        for (uint16_t v = 1; v < 10; v++)
            bgp_remove_vpn(net->nodes[n].b, v);
    net_run(500);
    for (unsigned n = 0; n < net->nnodes; n++) {
        const struct rib *r = net->nodes[n].b->rib;

        net_assert_empty(n);
        ck_assert_ptr_null(r->removed);
        ck_assert_ptr_null(r->imports);
        ck_assert_uint_eq(r->label_next ? r->label_next - 16 : 0, r->nlabels_free);
    }
    net_stop();
}

/* From a CE through both PEs to the CE of the other site, and to nobody else. */
START_TEST(between_sites)
{
    const enum bgp_family f[] = {BGP_IPV4_UNICAST, BGP_IPV6_UNICAST};
    const enum bgp_family net_f[] = {BGP_VPNV4, BGP_VPNV6};
    struct bgp_route r;

    two_sites(20);
    for (unsigned k = 0; k < 2; k++)
        net_originate(CE1, f[k], 1, 7);
    settle();
    for (unsigned k = 0; k < 2; k++) {
        ck_assert_uint_eq(routes(PE, 0, net_f[k], &r), 1);
        ck_assert_uint_eq(r.prefix.rd[7], 1);
        ck_assert_uint_eq(r.label, UINT32_MAX);
        ck_assert_uint_ge(r.local_label, 16);
        ck_assert_uint_ne(r.local_label, UINT32_MAX);
        ck_assert_uint_ne(r.next_hop.vpn, 0); /* shown as it is in its instance */
        ck_assert_uint_eq(routes(PE2, 0, net_f[k], &r), 1);
        ck_assert_uint_ge(r.label, 16);
        ck_assert(r.has_med && r.med == 7); /* inside the AS it is kept */
        ck_assert(best(PE2, 5, f[k], 1, &r));
        ck_assert_uint_eq(r.cross, BGP_CROSS_REMOTE);
        ck_assert_uint_eq(r.prefix.rd[7], 1);
        ck_assert_uint_eq(r.prefix.addr.vpn, 5);
        ck_assert_uint_ge(r.label, 16);
        ck_assert(net_same_host(&r.from, &net->nodes[PE].addr));
        ck_assert(best(CE3, 0, f[k], 1, &r));
        ck_assert(net_same_host(&r.next_hop, &net->nodes[PE2].addr));
        ck_assert(!r.has_med);
        ck_assert(!best(PE, 2, f[k], 1, NULL));
        ck_assert(!best(CE2, 0, f[k], 1, NULL));
        ck_assert(best(PE, 1, f[k], 1, &r));
        ck_assert_uint_eq(r.cross, BGP_CROSS_NONE);
        ck_assert_uint_eq(routes(PE, 1, f[k], NULL), 1); /* not imported where it is from */
        ck_assert(net_withdraw(CE1, f[k], 1));
    }
    settle();
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV4_UNICAST, NULL), 0);
    stop_empty();
}
END_TEST

/* Instances of one speaker import from each other; the target that is given or taken away while
 * everything is up decides. */
START_TEST(local_cross)
{
    struct bgp_route r;

    two_sites(21);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 7);
    ck_assert(originate_in(PE, 1, BGP_IPV4_UNICAST, 2));
    settle();
    ck_assert(!best(CE2, 0, BGP_IPV4_UNICAST, 1, NULL));
    put_vpn(PE, 2, 2, "21", "2");
    settle();
    ck_assert(best(PE, 2, BGP_IPV4_UNICAST, 1, &r));
    ck_assert_uint_eq(r.cross, BGP_CROSS_LOCAL);
    ck_assert_uint_eq(r.prefix.rd[7], 1);
    ck_assert_uint_eq(r.label, UINT32_MAX);
    ck_assert(best(PE, 2, BGP_IPV4_UNICAST, 2, &r));
    ck_assert_uint_eq(r.cross, BGP_CROSS_LOCAL);
    ck_assert(best(CE2, 0, BGP_IPV4_UNICAST, 1, NULL));
    ck_assert(best(CE2, 0, BGP_IPV4_UNICAST, 2, NULL));
    ck_assert_uint_eq(routes(PE, 0, BGP_VPNV4, NULL), 2); /* what crossed is not exported again */
    put_vpn(PE, 1, 1, "1", "13");
    settle();
    ck_assert(best(CE2, 0, BGP_IPV4_UNICAST, 1, NULL));
    put_vpn(PE, 1, 1, "1", "3"); /* now exported with another target */
    settle();
    ck_assert(!best(PE, 2, BGP_IPV4_UNICAST, 1, NULL));
    ck_assert_uint_eq(routes(CE2, 0, BGP_IPV4_UNICAST, NULL), 0);
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV4_UNICAST, NULL), 0);
    ck_assert(withdraw_in(PE, 1, BGP_IPV4_UNICAST, 2));
    net_withdraw(CE1, BGP_IPV4_UNICAST, 1);
    settle();
    stop_empty();
}
END_TEST

/* One prefix of one peer below two RDs is two routes of an instance that imports both. */
START_TEST(two_distinguishers)
{
    struct bgp_route r;

    two_sites(22);
    put_vpn(PE2, 6, 6, "", "1");
    put_vpn(PE2, 7, 9, "", "1");
    ck_assert(originate_in(PE2, 6, BGP_IPV4_UNICAST, 1));
    ck_assert(originate_in(PE2, 7, BGP_IPV4_UNICAST, 1));
    settle();
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV4_UNICAST, NULL), 2);
    ck_assert_uint_eq(routes(PE2, 5, BGP_IPV4_UNICAST, NULL), 2);
    ck_assert(best(PE, 1, BGP_IPV4_UNICAST, 1, &r));
    ck_assert_uint_eq(r.prefix.rd[7], 6);
    ck_assert(withdraw_in(PE2, 6, BGP_IPV4_UNICAST, 1));
    settle();
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV4_UNICAST, NULL), 1);
    ck_assert(best(PE, 1, BGP_IPV4_UNICAST, 1, &r));
    ck_assert_uint_eq(r.prefix.rd[7], 9);
    ck_assert(originate_in(PE2, 6, BGP_IPV4_UNICAST, 1)); /* the older one has no advantage */
    settle();
    ck_assert(best(PE, 1, BGP_IPV4_UNICAST, 1, &r));
    ck_assert_uint_eq(r.prefix.rd[7], 6);
    put_vpn(PE2, 7, 3, "", "1"); /* below another RD, the lowest one now */
    settle();
    ck_assert_uint_eq(routes(PE, 1, BGP_IPV4_UNICAST, NULL), 2);
    ck_assert(best(PE, 1, BGP_IPV4_UNICAST, 1, &r));
    ck_assert_uint_eq(r.prefix.rd[7], 3);
    ck_assert(withdraw_in(PE2, 6, BGP_IPV4_UNICAST, 1));
    ck_assert(withdraw_in(PE2, 7, BGP_IPV4_UNICAST, 1));
    settle();
    stop_empty();
}
END_TEST

/* A customer at two speakers that use one RD: each prefers what it has itself, whoever was first.
 * By router id both would prefer the other one's, and advertise none when they have heard of it. */
START_TEST(one_distinguisher)
{
    struct bgp_route r;

    for (unsigned first = 0; first < 2; first++) {
        unsigned pe[2] = {first ? PE2 : PE, first ? PE : PE2};

        net_start(25);
        for (unsigned i = 0; i < 5; i++)
            net_add(65000); /* the customer has the same AS */
        for (unsigned k = 0; k < 2; k++)
            put_vpn(pe[k], 1, 1, "1", "1");
        net_link(PE, PE2);
        net_originate(CE3, BGP_IPV4_UNICAST, 1, 0);
        for (unsigned k = 0; k < 2; k++) {
            attach(pe[k], CE3, 1);
            net_run(20000);
            settle();
        }
        for (unsigned k = 0; k < 2; k++) {
            ck_assert_uint_eq(routes(pe[k], 0, BGP_VPNV4, &r), 2);
            ck_assert_uint_ne(r.next_hop.vpn, 0); /* the best one comes first: its own */
            ck_assert_uint_eq(net_look(pe[k], pe[!k]).routes[BGP_VPNV4].advertised, 1);
        }
        net_withdraw(CE3, BGP_IPV4_UNICAST, 1);
        settle();
        stop_empty();
    }
}
END_TEST

/* The order of VRP: own peers, then what crossed here, then what crossed from afar. */
START_TEST(order_of_crossed)
{
    struct bgp_walk_filter filter = {.family = BGP_IPV4_UNICAST, .vpn = 1};
    struct bgp_route_batch batch = {0};
    struct bgp_walk *w;

    two_sites(23);
    put_vpn(PE, 2, 2, "", "1");
    put_vpn(PE, 1, 1, "1", "1");
    net_originate(CE2, BGP_IPV4_UNICAST, 1, 0);
    net_originate(CE3, BGP_IPV4_UNICAST, 1, 0);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 0);
    settle();
    w = bgp_walk_new(net->nodes[PE].b, &filter);
    ck_assert(bgp_walk_next(w, &batch) && batch.n == 3);
    ck_assert_uint_eq(batch.routes[0].cross, BGP_CROSS_NONE);
    ck_assert_ptr_null(batch.routes[0].reason);
    for (size_t i = 1; i < 3; i++)
        ck_assert_str_eq(batch.routes[i].reason,
                         batch.routes[i].cross == BGP_CROSS_LOCAL ? "local cross" : "remote cross");
    bgp_walk_free(w);
    net_withdraw(CE1, BGP_IPV4_UNICAST, 1);
    settle();
    w = bgp_walk_new(net->nodes[PE].b, &filter);
    ck_assert(bgp_walk_next(w, &batch) && batch.n == 2);
    ck_assert_uint_eq(batch.routes[0].cross, BGP_CROSS_LOCAL);
    ck_assert_str_eq(batch.routes[1].reason, "remote cross");
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    net_withdraw(CE2, BGP_IPV4_UNICAST, 1);
    net_withdraw(CE3, BGP_IPV4_UNICAST, 1);
    settle();
    stop_empty();
}
END_TEST

/* The CE's session, the PEs' session and the instance itself go away and come again. */
START_TEST(flaps)
{
    struct bgp_addr a;

    two_sites(24);
    for (unsigned i = 0; i < 200; i++)
        net_originate(CE1, i % 2 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST, i, i % 5);
    settle();
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV4_UNICAST, NULL), 100);
    a = net_addr(PE, CE1);
    bgp_reset_peer(net->nodes[PE].b, &a, NULL);
    net_run(100);
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV4_UNICAST, NULL), 0);
    ck_assert_uint_eq(net->nodes[PE2].b->rib->paths.live, 0);
    net_run(20000);
    settle();
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV4_UNICAST, NULL), 100);
    bgp_reset_peer(net->nodes[PE].b, &net->nodes[PE2].addr, NULL);
    net_run(100);
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV6_UNICAST, NULL), 0);
    ck_assert_uint_eq(net->nodes[PE2].b->rib->paths.live, 0);
    net_run(20000);
    settle();
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV6_UNICAST, NULL), 100);
    bgp_remove_vpn(net->nodes[PE].b, 1);
    net_run(100);
    ck_assert_uint_eq(net->nodes[PE].b->rib->paths.live, 0);
    ck_assert_uint_eq(net->nodes[PE2].b->rib->paths.live, 0);
    ck_assert_ptr_null(net->nodes[PE].b->rib->removed);
    put_vpn(PE, 1, 8, "1", "1");
    net_run(20000);
    settle();
    ck_assert_uint_eq(routes(CE3, 0, BGP_IPV6_UNICAST, NULL), 100);
    bgp_remove_vpn(net->nodes[PE2].b, 5); /* with what it has imported */
    net_run(100);
    ck_assert_ptr_null(net->nodes[PE2].b->rib->removed);
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 100);
    for (unsigned i = 0; i < 200; i++)
        net_withdraw(CE1, i % 2 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST, i);
    settle();
    stop_empty();
}
END_TEST

/* --- labels ----------------------------------------------------------------------------------- */

/* The label every VPNv4 route of a node is advertised with; returns how many differ. */
static size_t labels(unsigned node, uint32_t *first)
{
    struct bgp_walk_filter filter = {.family = BGP_VPNV4, .kind = BGP_WALK_ALL};
    struct bgp_walk *w = bgp_walk_new(net->nodes[node].b, &filter);
    struct bgp_route_batch batch = {0};
    size_t differ = 0;

    while (bgp_walk_next(w, &batch)) {
        for (size_t i = 0; i < batch.n; i++) {
            bool seen = false;

            ck_assert_uint_ne(batch.routes[i].local_label, UINT32_MAX);
            for (size_t k = 0; k < i; k++)
                seen |= batch.routes[k].local_label == batch.routes[i].local_label;
            differ += !seen;
        }
        *first = batch.routes[0].local_label;
    }
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    return differ;
}

/* The mode changes while everything is up; each label is one of the CE's routes on the way. */
START_TEST(label_modes)
{
    struct bgp_vpn_conf c = vpn_conf(1, 1, "1", "1");
    struct bgp_route r;
    uint32_t first;

    two_sites(30);
    for (unsigned i = 0; i < 5; i++)
        net_originate(CE1, BGP_IPV4_UNICAST, i, i + 1);
    ck_assert(originate_in(PE, 1, BGP_IPV4_UNICAST, 7));
    settle();
    ck_assert_uint_eq(labels(PE, &first), 1);
    c.v4.label_mode = BGP_LABEL_PER_ROUTE;
    bgp_set_vpn(net->nodes[PE].b, &c);
    settle();
    ck_assert_uint_eq(labels(PE, &first), 6);
    ck_assert(best(PE, 1, BGP_IPV4_UNICAST, 0, &r));
    ck_assert_uint_eq(r.local_label, first);
    ck_assert(best(PE2, 5, BGP_IPV4_UNICAST, 0, &r));
    ck_assert_uint_eq(r.label, first);
    c.v4.label_mode = BGP_LABEL_PER_NEXT_HOP;
    bgp_set_vpn(net->nodes[PE].b, &c);
    settle();
    ck_assert_uint_eq(labels(PE, &first), 2);
    c.v4.label_mode = BGP_LABEL_PER_INSTANCE;
    c.v4.rd[7] = 7;
    bgp_set_vpn(net->nodes[PE].b, &c);
    settle();
    ck_assert_uint_eq(labels(PE, &first), 1);
    ck_assert_uint_eq(routes(PE2, 5, BGP_IPV4_UNICAST, &r), 6);
    ck_assert_uint_eq(r.prefix.rd[7], 7);
    ck_assert_uint_eq(r.label, first);
    for (unsigned i = 0; i < 5; i++)
        net_withdraw(CE1, BGP_IPV4_UNICAST, i);
    ck_assert(withdraw_in(PE, 1, BGP_IPV4_UNICAST, 7));
    settle();
    stop_empty();
}
END_TEST

/* --- policy vpn-target ------------------------------------------------------------------------ */

static void policy(unsigned node, bool on)
{
    struct net_node *n = &net->nodes[node];

    n->conf.af[BGP_VPNV4].no_vpn_target = n->conf.af[BGP_VPNV6].no_vpn_target = !on;
    bgp_set_process(n->b, &n->conf);
}

/* What no instance imports is not kept, and comes when one does. */
START_TEST(policy_vpn_target)
{
    two_sites(31);
    policy(PE2, true);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 1);
    net_originate(CE2, BGP_IPV4_UNICAST, 2, 1);
    settle();
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 1);
    ck_assert_uint_eq(net_look(PE2, PE).routes[BGP_VPNV4].received, 1);
    ck_assert_uint_eq(net->nodes[PE2].b->rib->paths.live, 2);
    ck_assert_uint_eq(net_look(PE2, PE).sent[BGP_REFRESH], 0);
    put_vpn(PE2, 5, 3, "12", "1");
    settle();
    ck_assert_uint_eq(net_look(PE2, PE).sent[BGP_REFRESH], 1);
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 2);
    ck_assert(best(CE3, 0, BGP_IPV4_UNICAST, 2, NULL));
    put_vpn(PE2, 5, 3, "2", "1"); /* the other one is dropped */
    settle();
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 1);
    ck_assert(!best(CE3, 0, BGP_IPV4_UNICAST, 1, NULL));
    policy(PE2, false);
    settle();
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 2);
    policy(PE2, true);
    settle();
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 1);
    put_vpn(PE, 2, 2, "2", "9"); /* the route loses the target that kept it */
    settle();
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 0);
    ck_assert_uint_eq(net->nodes[PE2].b->rib->paths.live, 0);
    bgp_remove_vpn(net->nodes[PE2].b, 5);
    net_withdraw(CE1, BGP_IPV4_UNICAST, 1);
    net_withdraw(CE2, BGP_IPV4_UNICAST, 2);
    settle();
    stop_empty();
}
END_TEST

/* A peer that cannot be asked again: its routes wait, seen by nobody. */
START_TEST(policy_without_refresh)
{
    struct bgp_peer_conf c;

    two_sites(32);
    c = net_conf(PE2, PE);
    c.no_refresh = true;
    bgp_set_peer(net->nodes[PE2].b, &c, BGP_RESET);
    policy(PE2, true);
    net_originate(CE1, BGP_IPV4_UNICAST, 1, 1);
    net_originate(CE2, BGP_IPV4_UNICAST, 2, 1);
    net_run(20000);
    settle();
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 1);
    ck_assert_uint_eq(net_look(PE2, PE).routes[BGP_VPNV4].received, 1);
    put_vpn(PE2, 5, 3, "2", "1");
    settle();
    ck_assert_uint_eq(net_look(PE2, PE).sent[BGP_REFRESH], 0);
    ck_assert_uint_eq(routes(PE2, 0, BGP_VPNV4, NULL), 1);
    ck_assert_uint_eq(net_look(PE2, PE).routes[BGP_VPNV4].accepted, 1);
    ck_assert(best(CE3, 0, BGP_IPV4_UNICAST, 2, NULL));
    ck_assert(!best(CE3, 0, BGP_IPV4_UNICAST, 1, NULL));
    policy(PE2, false);
    settle();
    ck_assert_uint_eq(net_look(PE2, PE).routes[BGP_VPNV4].accepted, 2);
    net_withdraw(CE1, BGP_IPV4_UNICAST, 1);
    net_withdraw(CE2, BGP_IPV4_UNICAST, 2);
    settle();
    stop_empty();
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
    tcase_add_test(t, between_sites);
    tcase_add_test(t, local_cross);
    tcase_add_test(t, two_distinguishers);
    tcase_add_test(t, one_distinguisher);
    tcase_add_test(t, order_of_crossed);
    tcase_add_test(t, flaps);
    tcase_add_test(t, label_modes);
    tcase_add_test(t, policy_vpn_target);
    tcase_add_test(t, policy_without_refresh);
    tcase_add_test(t, removed_with_routes);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
