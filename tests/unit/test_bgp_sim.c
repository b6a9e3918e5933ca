/*
 * Simulation under virtual time: random topologies of up to 30 speakers with random delays, resets,
 * withdrawals and changes of configuration. Whatever happened on the way, in the end neighbours
 * agree on what was told, the result is the one a quiet network with that configuration reaches,
 * and nothing is left behind. SOAK=1 runs many more seeds.
 */
#include "test_bgp_net.h"

/* Without an interval between advertisements, which the simulation does not wait for, paths are
 * hunted for long in a large mesh; with slow connections it takes minutes (ms). */
enum { PREFIXES = 40, SEEDS = 6, LONG = 1200000 };

/* What is configured at the moment, beside what the seed says. */
struct plan {
    bool originates[NET_NODES][PREFIXES];
    uint32_t med[NET_NODES][PREFIXES];
    bool cut[NET_NODES][NET_NODES];          /* both ends lack the peer */
    uint8_t disabled[NET_NODES][NET_NODES];  /* families, at both ends */
    bool no_community[NET_NODES][NET_NODES]; /* [from][to] */
    bool hop_kept[NET_NODES][NET_NODES];     /* likewise, inside an AS */
};

/* The sessions of the topology, [me][other]. */
static bool linked[NET_NODES][NET_NODES], reflects[NET_NODES][NET_NODES];

static enum bgp_family family_of(unsigned prefix)
{
    return (enum bgp_family)(prefix % BGP_FAMILIES);
}

/* Behind reflectors MED counts between all ASes. As it counts by default, a client may lose sight
 * of the route by which another one's MED is judged as soon as it makes its reflector prefer its
 * own, and some topologies never settle, whoever speaks there (RFC 3345 section 2.1). */
static void compare_med(unsigned node)
{
    struct net_node *n = &net->nodes[node];

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        n->conf.af[f].compare_different_as_med = true;
    bgp_set_process(n->b, &n->conf);
}

/* One end of a session as the plan has it. */
static void put_end(const struct plan *plan, unsigned me, unsigned other, enum bgp_action action)
{
    struct bgp_peer_conf c = net_conf(me, other);

    if (plan->cut[me][other]) {
        bgp_remove_peer(net->nodes[me].b, &c.addr);
        return;
    }
    c.enabled &= (uint8_t)~plan->disabled[me][other];
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        c.af[f].reflect_client = reflects[me][other];
        c.af[f].advertise_community = !plan->no_community[me][other];
        c.af[f].next_hop_local = !plan->hop_kept[me][other];
    }
    bgp_set_peer(net->nodes[me].b, &c, action);
}

static void put_session(const struct plan *plan, unsigned a, unsigned b, enum bgp_action action)
{
    put_end(plan, a, b, action);
    put_end(plan, b, a, action);
}

static void link_up(unsigned a, unsigned b)
{
    linked[a][b] = linked[b][a] = true;
}

/* Inside an AS the first speaker reflects; in a large one so does the second. */
static void build_inside(unsigned n, unsigned ases)
{
    for (unsigned i = ases; i < n; i++) {
        unsigned first = i % ases, second = first + ases;

        link_up(i, first);
        reflects[first][i] = i != second || n < 3 * ases;
        if (n >= 3 * ases && i != second) {
            link_up(i, second);
            reflects[second][i] = true;
        }
    }
}

/* A connected graph; some share an AS. The same for the same seed. */
static void build(uint32_t seed, bool reflect, const struct plan *plan)
{
    unsigned n, ases;

    net_start(seed);
    memset(linked, 0, sizeof linked);
    memset(reflects, 0, sizeof reflects);
    n = seed % 3 ? 3 + net_random() % 10 : 13 + net_random() % 18;
    ases = reflect ? 1 + n / (3 + net_random() % 3) : n;
    for (unsigned i = 0; i < n; i++) {
        net_add(65000 + i % ases);
        if (reflect)
            compare_med(i);
    }
    build_inside(n, ases);
    for (unsigned i = 1; i < ases; i++)
        link_up(i, net_random() % i);
    for (unsigned i = 0; i < n; i++) {
        unsigned a = net_random() % n, b = net_random() % n;

        if (net->nodes[a].as != net->nodes[b].as)
            link_up(a, b);
    }
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < i; k++)
            if (linked[i][k])
                put_session(plan, i, k, BGP_KEEP);
}

/* Every other prefix has a community. */
static void announce(unsigned node, unsigned i, uint32_t med)
{
    const uint8_t attr[] = {0xc0, BGP_ATTR_COMMUNITY, 4, 0xfd, 0xe8, 0, (uint8_t)i};
    struct bgp_prefix p = net_prefix(family_of(i), i);
    struct bgp_local_route r = {.has_med = med != 0, .med = med, .label = 100 + i};

    if (i / BGP_FAMILIES % 2) {
        r.attrs = attr;
        r.nattrs = sizeof attr;
    }
    ck_assert(bgp_originate(net->nodes[node].b, family_of(i), &p, BGP_ROUTE_NETWORK, &r));
}

static void toggle(struct plan *plan)
{
    unsigned node = net_random() % net->nnodes, i = net_random() % PREFIXES;

    plan->med[node][i] = net_random() % 3;
    if (plan->originates[node][i])
        ck_assert(net_withdraw(node, family_of(i), i));
    else
        announce(node, i, plan->med[node][i]);
    plan->originates[node][i] = !plan->originates[node][i];
}

/* A session that is there now is refreshed, reset or configured anew, from a. */
static void disturb_session(struct plan *plan, unsigned a, unsigned b)
{
    uint8_t family = (uint8_t)(1u << net_random() % BGP_FAMILIES);

    switch (net_random() % 6) {
    case 0:
        bgp_reset_peer(net->nodes[a].b, &net->nodes[b].addr, NULL);
        break;
    case 1:
        bgp_refresh_in(net->nodes[a].b, &net->nodes[b].addr, 0xff);
        break;
    case 2:
        bgp_refresh_out(net->nodes[a].b, &net->nodes[b].addr, 0xff);
        break;
    case 3:
        plan->no_community[a][b] ^= true;
        put_end(plan, a, b, BGP_REEXPORT);
        break;
    case 4:
        plan->hop_kept[a][b] ^= net->nodes[a].as == net->nodes[b].as;
        put_end(plan, a, b, BGP_REEXPORT);
        break;
    default:
        plan->disabled[a][b] ^= family;
        plan->disabled[b][a] = plan->disabled[a][b];
        if (plan->disabled[a][b] == (1u << BGP_FAMILIES) - 1) /* no session without a family */
            plan->disabled[a][b] = plan->disabled[b][a] ^= family;
        put_session(plan, a, b, BGP_RESET);
        break;
    }
}

static void disturb(struct plan *plan)
{
    unsigned a = net_random() % net->nnodes, b = net_random() % net->nnodes;

    if (!linked[a][b])
        return;
    if (plan->cut[a][b] || net_random() % 8 == 0) {
        plan->cut[a][b] = plan->cut[b][a] = !plan->cut[a][b];
        put_session(plan, a, b, BGP_KEEP);
    } else {
        disturb_session(plan, a, b);
    }
}

static bool exists(const struct plan *plan, unsigned prefix)
{
    for (unsigned n = 0; n < net->nnodes; n++)
        if (plan->originates[n][prefix])
            return true;
    return false;
}

/* Whether every session there could be carries everything. */
static bool is_whole(const struct plan *plan)
{
    for (unsigned a = 0; a < net->nnodes; a++)
        for (unsigned b = 0; b < net->nnodes; b++)
            if (plan->cut[a][b] || plan->disabled[a][b])
                return false;
    return true;
}

/* No prefix is known that nobody originates; with every session there, all others are everywhere.
 */
static void assert_reach(const struct plan *plan)
{
    for (unsigned i = 0; i < PREFIXES; i++) {
        for (unsigned n = 0; n < net->nnodes; n++) {
            struct bgp_walk_filter f = {.family = family_of(i), .kind = BGP_WALK_BEST, .one = true};
            struct bgp_route_batch batch = {0};
            struct bgp_walk *w;

            f.prefix = net_prefix(f.family, i);
            f.rd = bgp_family_info[f.family].vpn;
            w = bgp_walk_new(net->nodes[n].b, &f);
            bgp_walk_next(w, &batch);
            if (!exists(plan, i) || is_whole(plan))
                ck_assert_msg((batch.n == 1) == exists(plan, i), "prefix %u at node %u: %zu", i, n,
                              batch.n);
            bgp_walk_free(w);
            bgp_route_batch_free(&batch);
        }
    }
}

static bool all_up(void)
{
    for (unsigned i = 0; i < net->nnodes; i++)
        for (const struct bgp_peer *p = net->nodes[i].b->peers; p; p = p->hh.next)
            if (p->state != BGP_ESTABLISHED)
                return false;
    return true;
}

static void settle(void)
{
    for (unsigned i = 0; i < 200 && !all_up(); i++) /* sessions come back after their idle-hold */
        net_run(2000);
    ck_assert(all_up());
    net_run(200);
    net_converge(LONG);
    net_compare_all();
}

static void start(uint32_t timing)
{
    net->seed = timing * 40503u + 77;
    net->delay = 1 + net_random() % 60;
    net->piece = net_random() % 3 ? 0 : 200;
}

static void tear_down(const struct plan *plan)
{
    for (unsigned n = 0; n < net->nnodes; n++)
        for (unsigned i = 0; i < PREFIXES; i++)
            if (plan->originates[n][i])
                ck_assert(net_withdraw(n, family_of(i), i));
    net_converge(LONG);
    for (unsigned n = 0; n < net->nnodes; n++)
        net_assert_empty(n);
    net_stop();
}

/* What a network in which nothing ever happened comes to. */
static void compare_quiet(uint32_t seed, bool reflect, const struct plan *plan,
                          const uint64_t *digest)
{
    build(seed, reflect, plan);
    start(seed + 1000000);
    for (unsigned n = 0; n < net->nnodes; n++)
        for (unsigned i = 0; i < PREFIXES; i++)
            if (plan->originates[n][i])
                announce(n, i, plan->med[n][i]);
    settle();
    for (unsigned n = 0; n < net->nnodes; n++)
        ck_assert_msg(digest[n] == net_digest(n), "seed %u node %u", seed, n);
    tear_down(plan);
}

static void one_seed(uint32_t seed, bool reflect)
{
    uint64_t digest[NET_NODES];
    struct plan plan = {0};

    build(seed, reflect, &plan);
    start(seed);
    for (unsigned i = 0; i < 60; i++)
        toggle(&plan);
    for (unsigned i = 0; i < 60; i++) {
        net_run(net_random() % 400);
        toggle(&plan);
        for (unsigned k = net_random() % 8; k > 0; k--)
            disturb(&plan);
    }
    settle();
    assert_reach(&plan);
    for (unsigned n = 0; n < net->nnodes; n++)
        digest[n] = net_digest(n);
    tear_down(&plan);
    compare_quiet(seed, reflect, &plan, digest);
}

START_TEST(external)
{
    for (uint32_t s = 0; s < SEEDS; s++)
        one_seed((uint32_t)_i * SEEDS + s + 1, false);
}
END_TEST

START_TEST(reflected)
{
    for (uint32_t s = 0; s < SEEDS; s++)
        one_seed((uint32_t)_i * SEEDS + s + 5000, true);
}
END_TEST

/* Two speakers and a table that takes many slices; the connection takes little at a time. */
START_TEST(large_table)
{
    enum { MANY = 60000 };

    net_start(99);
    net_add(65001);
    net_add(65002);
    net_add(65003);
    net_add(65004);
    for (unsigned i = 0; i < MANY; i++)
        net_originate(0, BGP_IPV4_UNICAST, i, i / 7 + 1);
    net_link(0, 1);
    net_link(0, 2);
    net_link(1, 3); /* in transit while it still comes in */
    net->delay = 5;
    net_run(3000);
    net_converge(60000);
    net_compare_all();
    ck_assert_uint_eq(net_look(1, 0).routes[BGP_IPV4_UNICAST].accepted, MANY);
    ck_assert(net_look(1, 0).end_of_rib & 1u << BGP_IPV4_UNICAST);
    bgp_reset_peer(net->nodes[1].b, &net->nodes[0].addr, NULL);
    net_run(20000);
    net_converge(60000);
    ck_assert_uint_eq(net_look(2, 0).routes[BGP_IPV4_UNICAST].accepted, MANY);
    ck_assert_uint_eq(net_look(3, 1).routes[BGP_IPV4_UNICAST].accepted, MANY);
    net_compare_all();
    for (unsigned i = 0; i < MANY; i++)
        net_withdraw(0, BGP_IPV4_UNICAST, i);
    net_converge(60000);
    for (unsigned n = 0; n < net->nnodes; n++)
        net_assert_empty(n);
    net_stop();
}
END_TEST

static void look_at_group(void *arg, const struct bgp_group_view *v)
{
    *(struct bgp_group_view *)arg = *v;
}

/* Node n tells its peers the same, and what it builds it sends more than once. */
static void assert_group(unsigned n, size_t members)
{
    struct bgp_group_view v = {0};

    bgp_each_group(net->nodes[n].b, 0, BGP_IPV4_UNICAST, look_at_group, &v);
    ck_assert_uint_eq(v.number, 1);
    ck_assert_uint_eq(v.nmembers, members);
    ck_assert_uint_gt(v.routes, 0);
    ck_assert_uint_gt(v.formatted, 0);
    ck_assert_uint_gt(v.sent, v.formatted);
}

/* Destinations that come while a table is being swept do not keep the sweep from those it has not
 * reached. */
START_TEST(growing_sweep)
{
    enum { MANY = 40000 };

    net_start(8);
    net_add(65001);
    net_add(65002);
    net_originate(1, BGP_IPV4_UNICAST, MANY, 1);
    net_link(0, 1);
    net_run(5000);
    ck_assert_uint_eq(net_look(0, 1).routes[BGP_IPV4_UNICAST].accepted, 1); /* the first record */
    for (unsigned i = 0; i < MANY; i++)
        net_originate(0, BGP_IPV4_UNICAST, i, 1);
    rib_sweep(&net->nodes[0].b->rib->tables[BGP_IPV4_UNICAST]);
    net_converge(20000);
    bgp_remove_peer(net->nodes[0].b, &net->nodes[1].addr);
    bgp_tick(net->nodes[0].b);
    ck_assert_uint_gt(net->nodes[0].b->rib->tables[BGP_IPV4_UNICAST].sweep_left, 0);
    for (unsigned i = 0; i < 100; i++)
        net_originate(0, BGP_IPV4_UNICAST, MANY + 1 + i, 1);
    net_converge(20000);
    ck_assert_uint_eq(net->nodes[0].b->rib->paths.live, MANY + 100);
    net_stop();
}
END_TEST

/* A member that takes nothing holds up the others for a second, not longer; when it goes on it is
 * told what is true then. */
START_TEST(slow_member)
{
    enum { MANY = 50000 };

    net_start(7);
    for (unsigned i = 0; i < 4; i++)
        net_add(65001 + i);
    for (unsigned i = 1; i < 4; i++)
        net_link(0, i);
    net_run(3000);
    net->frozen[2] = true;
    for (unsigned i = 0; i < MANY; i++)
        net_originate(0, BGP_IPV4_UNICAST, i, i + 1); /* each with a set of its own */
    net_run(4000);
    ck_assert_uint_eq(net_look(1, 0).routes[BGP_IPV4_UNICAST].accepted, MANY);
    ck_assert_uint_eq(net_look(3, 0).routes[BGP_IPV4_UNICAST].accepted, MANY);
    ck_assert_uint_eq(net_look(2, 0).routes[BGP_IPV4_UNICAST].accepted, 0);
    ck_assert_ptr_nonnull(net_peer(0, 2)->routes->members[BGP_IPV4_UNICAST]->lag);
    ck_assert(net_look(0, 2).routes[BGP_IPV4_UNICAST].lags);
    ck_assert_uint_gt(net_look(0, 2).routes[BGP_IPV4_UNICAST].waiting, MANY / 2);
    ck_assert_uint_eq(net_look(0, 1).routes[BGP_IPV4_UNICAST].waiting, 0);
    assert_group(0, 3);
    for (unsigned i = 0; i < MANY; i += 3)
        net_withdraw(0, BGP_IPV4_UNICAST, i);
    for (unsigned i = 1; i < MANY; i += 3)
        net_originate(0, BGP_IPV4_UNICAST, i, 5);
    net_originate(3, BGP_IPV4_UNICAST, MANY, 1);
    net_run(2000);
    net->frozen[2] = false;
    net_run(100);
    net_converge(60000);
    net_compare_all();
    ck_assert_uint_eq(net_look(2, 0).routes[BGP_IPV4_UNICAST].accepted, MANY - (MANY + 2) / 3 + 1);
    net_stop();
}
END_TEST

/* RFC 4456: a client's route goes to everybody, another one only to clients; what comes back to its
 * originator is not used. */
START_TEST(reflection)
{
    static const bool client[] = {false, true, true, false, false}; /* of node 0 */
    struct bgp_route_batch batch = {0};
    struct bgp_walk_filter f = {.family = BGP_VPNV4, .kind = BGP_WALK_ALL};
    struct bgp_walk *w;
    struct bgp_attr a;

    net_start(11);
    for (unsigned i = 0; i < 5; i++)
        net_add(65000);
    for (unsigned i = 1; i < 5; i++) {
        struct bgp_peer_conf down = net_conf(0, i), up = net_conf(i, 0);

        for (unsigned k = 0; k < BGP_FAMILIES; k++) {
            down.af[k].reflect_client = client[i];
            down.af[k].next_hop_local = false;
        }
        bgp_set_peer(net->nodes[0].b, &down, BGP_KEEP);
        bgp_set_peer(net->nodes[i].b, &up, BGP_KEEP);
    }
    net_originate(1, BGP_VPNV4, 1, 0); /* by a client */
    net_originate(3, BGP_VPNV4, 3, 0); /* by another peer */
    net_run(10000);
    net_converge(10000);
    net_compare_all();
    ck_assert_uint_eq(net_look(2, 0).routes[BGP_VPNV4].accepted, 2);
    ck_assert_uint_eq(net_look(4, 0).routes[BGP_VPNV4].accepted, 1);
    ck_assert_uint_eq(net_look(3, 0).routes[BGP_VPNV4].accepted, 1);
    ck_assert_uint_eq(net_look(1, 0).routes[BGP_VPNV4].accepted, 1);
    w = bgp_walk_new(net->nodes[4].b, &f);
    ck_assert(bgp_walk_next(w, &batch) && batch.n == 1);
    ck_assert_uint_eq(batch.routes[0].label, 101); /* the next hop stays, so does the label */
    ck_assert_int_eq(bgp_addr_cmp(&batch.routes[0].next_hop, &net->nodes[1].addr), 0);
    ck_assert(bgp_attr_find(bgp_cursor_on(batch.bytes, batch.nbytes), BGP_ATTR_ORIGINATOR_ID, &a));
    ck_assert_uint_eq(bgp_get_u32(&a.value), 0x0a000002);
    ck_assert(bgp_attr_find(bgp_cursor_on(batch.bytes, batch.nbytes), BGP_ATTR_CLUSTER_LIST, &a));
    ck_assert_uint_eq(bgp_get_u32(&a.value), 0x0a000001);
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    net_stop();
}
END_TEST

/* More destinations than are sorted together: a member that comes late catches up in several runs
 * while routes change before and behind the place it has reached, and is asked to begin anew. */
START_TEST(late_member)
{
    enum { MANY = 270000 };
    struct bgp_local_route r = {.has_med = true, .med = 1};
    struct bgp_prefix p = {.addr = {.af = 4}, .len = 32};

    net_start(77);
    for (unsigned i = 0; i < 3; i++)
        net_add(64601 + i);
    net_link(0, 1);
    net_converge(20000);
    for (unsigned i = 0; i < MANY; i++) {
        memcpy(p.addr.b, (uint8_t[]){20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4);
        ck_assert(bgp_originate(net->nodes[0].b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK, &r));
    }
    net_converge(200000);
    net_link(0, 2);
    while (net_look(0, 2).routes[BGP_IPV4_UNICAST].advertised < MANY / 2)
        net_run(5);
    ck_assert_ptr_nonnull(net_peer(0, 2)->routes->members[BGP_IPV4_UNICAST]->lag);
    for (unsigned i = 0; i < MANY; i += 50) {
        memcpy(p.addr.b, (uint8_t[]){20, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}, 4);
        r.med = 2 + i;
        if (i % 100)
            ck_assert(bgp_originate(net->nodes[0].b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK, &r));
        else
            ck_assert(bgp_withdraw_local(net->nodes[0].b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK));
    }
    net_run(20);
    ck_assert(bgp_refresh_out(net->nodes[0].b, &net->nodes[2].addr, 1u << BGP_IPV4_UNICAST));
    net_converge(200000);
    net_compare_all();
    ck_assert_uint_eq(net_look(0, 2).routes[BGP_IPV4_UNICAST].advertised, MANY - MANY / 100);
    bgp_remove_peer(net->nodes[0].b, &net->nodes[1].addr);
    bgp_remove_peer(net->nodes[0].b, &net->nodes[2].addr); /* the group goes in slices */
    ck_assert_ptr_nonnull(net->nodes[0].b->rib->tables[BGP_IPV4_UNICAST].ended);
    net_converge(200000);
    ck_assert_ptr_null(net->nodes[0].b->rib->tables[BGP_IPV4_UNICAST].ended);
    net_stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp sim");
    TCase *t = tcase_create("sim");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 240);
    tcase_add_loop_test(t, external, 0, getenv("SOAK") ? 50 : 2);
    tcase_add_loop_test(t, reflected, 0, getenv("SOAK") ? 50 : 2);
    tcase_add_test(t, large_table);
    tcase_add_test(t, growing_sweep);
    tcase_add_test(t, slow_member);
    tcase_add_test(t, late_member);
    tcase_add_test(t, reflection);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
