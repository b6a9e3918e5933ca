/*
 * Providers with VPN instances under virtual time: full meshes and reflectors, a second provider
 * behind an EBGP session of the VPN families, customers by EBGP and IBGP, some at two PEs. While
 * routes come and go, sessions are reset and instances change what they import and export, or
 * vanish. In the end neighbours agree, the result is that of a network in which nothing ever
 * happened, and nothing is left behind.
 */
#include "test_bgp_net.h"

enum { INSTANCES = 3, PREFIXES = 6, SEEDS = 6, FIRST = 65000, SECOND = 64900 };

struct instance {
    bool exists, per_node_rd;
    uint8_t import, export; /* bits of targets */
    uint8_t label_mode;
    bool local[PREFIXES];
};

/* What is configured at the moment. */
static struct plan {
    struct instance at[NET_NODES][INSTANCES + 1];
    bool customer[NET_NODES][PREFIXES]; /* what a CE announces */
    bool policy[NET_NODES];
    unsigned pes, reflectors, second; /* nodes in this order ... */
    unsigned first_ce;                /* ... then the customers */
} plan;

static bool is_pe(unsigned node)
{
    return node < plan.pes || (node >= plan.pes + plan.reflectors && node < plan.first_ce);
}

/* The border of each provider takes everything, as do the reflectors. */
static bool may_filter(unsigned node)
{
    return is_pe(node) && node != 0 && node != plan.pes + plan.reflectors;
}

static enum bgp_family family_of(unsigned prefix)
{
    return prefix % 2 ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST;
}

/* --- doing what the plan says ------------------------------------------------------------------
 */

static void put_targets(struct bgp_targets *t, uint8_t mask, uint8_t room[][8])
{
    t->at = room;
    for (unsigned i = 0; i < 8; i++)
        if (mask >> i & 1)
            memcpy(room[t->n++], (uint8_t[8]){0, 2, 0, 0, 0, 0, 0, (uint8_t)i}, 8);
}

static void put_instance(unsigned node, uint16_t number)
{
    const struct instance *in = &plan.at[node][number];
    struct bgp_vpn_conf c = {.number = number, .v4 = {.enabled = true}};
    uint8_t import[8][8], export[8][8];

    put_targets(&c.v4.import, in->import, import);
    put_targets(&c.v4.export, in->export, export);
    c.v4.rd[6] = in->per_node_rd ? (uint8_t)(node + 1) : 0;
    c.v4.rd[7] = (uint8_t)number;
    c.v4.label_mode = in->label_mode;
    c.v6 = c.v4;
    bgp_set_vpn(net->nodes[node].b, &c);
}

static void put_local(unsigned node, uint16_t number, unsigned i)
{
    struct bgp_prefix p = net_prefix(family_of(i), 100u * number + i);
    struct bgp_local_route r = {0};

    p.addr.vpn = number;
    if (plan.at[node][number].local[i])
        ck_assert(bgp_originate(net->nodes[node].b, family_of(i), &p, BGP_ROUTE_NETWORK, &r));
    else
        ck_assert(bgp_withdraw_local(net->nodes[node].b, family_of(i), &p, BGP_ROUTE_NETWORK));
}

static void put_customer(unsigned node, unsigned i)
{
    unsigned at = 1000 + (node - plan.first_ce) / 2 * 10 + i; /* shared by two of them */

    if (plan.customer[node][i])
        ck_assert(net_originate(node, family_of(i), at, 0));
    else
        ck_assert(net_withdraw(node, family_of(i), at));
}

static void put_policy(unsigned node)
{
    struct net_node *n = &net->nodes[node];

    n->conf.af[BGP_VPNV4].no_vpn_target = n->conf.af[BGP_VPNV6].no_vpn_target = !plan.policy[node];
    bgp_set_process(n->b, &n->conf);
}

/* --- the network -------------------------------------------------------------------------------
 */

static void link_inside(unsigned a, unsigned b, bool client)
{
    struct bgp_peer_conf ca = net_conf(a, b), cb = net_conf(b, a);

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        ca.af[f].reflect_client = client;
    bgp_set_peer(net->nodes[a].b, &ca, BGP_KEEP);
    bgp_set_peer(net->nodes[b].b, &cb, BGP_KEEP);
}

static void build_providers(void)
{
    unsigned second = plan.pes + plan.reflectors;

    for (unsigned i = 0; i < plan.pes + plan.reflectors; i++)
        net_add(FIRST);
    for (unsigned i = 0; i < plan.second; i++)
        net_add(SECOND);
    for (unsigned r = plan.pes; r < second; r++)
        for (unsigned i = 0; i < r; i++)
            link_inside(r, i, i < plan.pes);
    for (unsigned i = 0; i < plan.pes && plan.reflectors == 0; i++)
        for (unsigned k = 0; k < i; k++)
            link_inside(i, k, false);
    for (unsigned i = second; i < second + plan.second; i++)
        for (unsigned k = second; k < i; k++)
            link_inside(i, k, false);
    if (plan.second > 0)
        net_link(0, second);
}

static unsigned random_pe(void)
{
    unsigned i = net_random() % (plan.pes + plan.second);

    return i < plan.pes ? i : i + plan.reflectors;
}

/* A customer belongs to one instance number and speaks EBGP, or IBGP to the first provider. */
static void build_customers(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint16_t number = (uint16_t)(1 + net_random() % INSTANCES);
        bool internal = net_random() % 4 == 0;
        unsigned node = net_add(internal ? FIRST : 65100 + i)->number;

        for (unsigned k = 0; k < 1 + net_random() % 2; k++) {
            unsigned pe = internal ? net_random() % plan.pes : random_pe();

            net->scope[pe][node] = number;
            net_link(pe, node);
        }
    }
}

static void random_instance(struct instance *in, unsigned number)
{
    uint8_t own = (uint8_t)(1u << number);

    in->exists = true;
    in->per_node_rd = net_random() % 3 != 0;
    in->import = net_random() % 4 ? own : (uint8_t)(net_random() % 16);
    in->export = net_random() % 4 ? own : (uint8_t)(net_random() % 16);
    in->label_mode = (uint8_t)(net_random() % 3);
}

/* The same for the same seed, instances and routes aside. */
static void build(uint32_t seed)
{
    net_start(seed);
    plan.pes = 2 + net_random() % 5;
    plan.reflectors = net_random() % 3;
    plan.second = net_random() % 2 ? 2 + net_random() % 3 : 0;
    plan.first_ce = plan.pes + plan.reflectors + plan.second;
    build_providers();
    build_customers(4 + net_random() % (27 - plan.first_ce));
}

static void start(uint32_t timing)
{
    net->seed = timing * 40503u + 77;
    net->delay = 1 + net_random() % 60;
    net->piece = net_random() % 3 ? 0 : 200;
}

/* --- what happens ------------------------------------------------------------------------------
 */

static void change_instance(unsigned node, uint16_t number)
{
    struct instance *in = &plan.at[node][number];
    bool keep[PREFIXES];

    if (in->exists && net_random() % 4 == 0) {
        *in = (struct instance){0};
        bgp_remove_vpn(net->nodes[node].b, number);
        return;
    }
    memcpy(keep, in->local, sizeof keep);
    random_instance(in, number);
    memcpy(in->local, keep, sizeof keep);
    put_instance(node, number);
}

static void disturb(void)
{
    unsigned a = net_random() % net->nnodes, b = net_random() % net->nnodes;
    struct bgp_addr addr = net_addr(a, b);

    if (a == b || !net_peer(a, b))
        return;
    switch (net_random() % 3) {
    case 0:
        bgp_reset_peer(net->nodes[a].b, &addr, NULL);
        break;
    case 1:
        bgp_refresh_in(net->nodes[a].b, &addr, 0xff);
        break;
    default:
        bgp_refresh_out(net->nodes[a].b, &addr, 0xff);
        break;
    }
}

static void step(void)
{
    unsigned pe = random_pe(), i = net_random() % PREFIXES;
    uint16_t number = (uint16_t)(1 + net_random() % INSTANCES);
    unsigned ce = plan.first_ce + net_random() % (net->nnodes - plan.first_ce);

    switch (net_random() % 8) {
    case 0:
        change_instance(pe, number);
        break;
    case 1:
        if (may_filter(pe)) {
            plan.policy[pe] ^= true;
            put_policy(pe);
        }
        break;
    case 2:
    case 3:
        if (plan.at[pe][number].exists) {
            plan.at[pe][number].local[i] ^= true;
            put_local(pe, number, i);
        }
        break;
    case 4:
        disturb();
        break;
    default:
        plan.customer[ce][i] ^= true;
        put_customer(ce, i);
        break;
    }
}

/* Makes a network that has just been built what the plan says. */
static void apply(void)
{
    for (unsigned n = 0; n < plan.first_ce; n++) {
        put_policy(n);
        for (uint16_t v = 1; v <= INSTANCES; v++) {
            if (!plan.at[n][v].exists)
                continue;
            put_instance(n, v);
            for (unsigned i = 0; i < PREFIXES; i++)
                if (plan.at[n][v].local[i])
                    put_local(n, v, i);
        }
    }
    for (unsigned n = plan.first_ce; n < net->nnodes; n++)
        for (unsigned i = 0; i < PREFIXES; i++)
            if (plan.customer[n][i])
                put_customer(n, i);
}

static bool all_up(void)
{
    for (unsigned i = 0; i < net->nnodes; i++)
        for (const struct bgp_peer *p = net->nodes[i].b->peers; p; p = p->hh.next)
            if (p->state != BGP_ESTABLISHED && !*bgp_peer_blocked(p)) {
                unsigned k = 0; /* the other end may lack the instance */

                while (!net_same_host(&net->nodes[k].addr, &p->addr))
                    k++;
                if (!*bgp_peer_blocked(net_peer(k, i)))
                    return false;
            }
    return true;
}

static void settle(void)
{
    for (unsigned i = 0; i < 200 && !all_up(); i++)
        net_run(2000);
    ck_assert(all_up());
    net_run(200);
    net_converge(120000);
    net_compare_all();
}

static void tear_down(void)
{
    for (unsigned n = 0; n < net->nnodes; n++)
        for (unsigned i = 0; i < PREFIXES; i++)
            if (plan.customer[n][i]) {
                plan.customer[n][i] = false;
                put_customer(n, i);
            }
    for (unsigned n = 0; n < plan.first_ce; n++)
        for (uint16_t v = 1; v <= INSTANCES; v++)
            bgp_remove_vpn(net->nodes[n].b, v); /* local routes and all */
    net_run(1000);
    net_converge(120000);
    for (unsigned n = 0; n < net->nnodes; n++) {
        const struct rib *r = net->nodes[n].b->rib;

        net_assert_empty(n);
        ck_assert_ptr_null(r->removed);
        ck_assert_ptr_null(r->imports);
        ck_assert_uint_eq(r->label_next ? r->label_next - 16 : 0, r->nlabels_free);
    }
    net_stop();
}

static void one_seed(uint32_t seed)
{
    uint64_t digest[NET_NODES];
    struct plan kept;

    memset(&plan, 0, sizeof plan);
    build(seed);
    start(seed);
    for (unsigned n = 0; n < plan.first_ce; n++)
        for (uint16_t v = 1; v <= INSTANCES; v++)
            if (is_pe(n) && net_random() % 4)
                random_instance(&plan.at[n][v], v);
    apply();
    for (unsigned i = 0; i < 80; i++) {
        net_run(net_random() % 300);
        for (unsigned k = net_random() % 4; k > 0; k--)
            step();
    }
    settle();
    for (unsigned n = 0; n < net->nnodes; n++)
        digest[n] = net_digest(n);
    kept = plan;
    tear_down();
    plan = kept;
    build(seed);
    start(seed + 1000000);
    apply();
    settle();
    for (unsigned n = 0; n < net->nnodes; n++)
        ck_assert_msg(digest[n] == net_digest(n), "seed %u node %u", seed, n);
    tear_down();
}

START_TEST(providers)
{
    for (uint32_t s = 0; s < SEEDS; s++)
        one_seed((uint32_t)_i * SEEDS + s + 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp simvpn");
    TCase *t = tcase_create("simvpn");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 240);
    tcase_add_loop_test(t, providers, 0, getenv("SOAK") ? 200 : 2);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
