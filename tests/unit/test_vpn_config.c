/*
 * VPN instances in the configuration: namespaces of their own for peers and groups, what goes with
 * an instance, and what the speaker is told.
 */
#include "tests/unit/test_config_lab.h"

static struct lab lab;
static char rows[LAB_ROWS];

#define RED "ip vpn-instance red\nipv4-family\nroute-distinguisher 100:1\n"
#define BLUE "ip vpn-instance blue\nipv4-family\nroute-distinguisher 100:2\n"

static void setup(void)
{
    lab_open(&lab, ":memory:");
}

static void teardown(void)
{
    lab_close(&lab);
}

static void shows(const char *text, bool yes)
{
    lab_rows(&lab, true, rows);
    ck_assert_msg((strstr(rows, text) != NULL) == yes, "%s:\n%s", text, rows);
}

START_TEST(typed_in_the_instance)
{
    lab_lines(&lab, "ip vpn-instance red\nroute-distinguisher 100:1\nvpn-target 1:1\n");
    ck_assert_str_eq(lab_rows(&lab, true, rows), "ip vpn-instance red\n"
                                                 " ipv4-family\n"
                                                 "  route-distinguisher 100:1\n"
                                                 "  apply-label per-instance\n"
                                                 "  vpn-target 1:1 export-extcommunity\n"
                                                 "  vpn-target 1:1 import-extcommunity\n");
    lab_lines(&lab, "ip vpn-instance red\nundo vpn-target all\n");
    shows("vpn-target", false);
}
END_TEST

START_TEST(refused_before_its_time)
{
    static const char not_ready[] =
        "Error: The VPN instance does not exist or its address family is not configured.";
    lab_lines(&lab, "ip vpn-instance red\nipv4-family\n");
    lab_lines(&lab, "bgp 64601\n");
    lab_refused(&lab, "ipv4-family vpn-instance red", not_ready);
    lab_refused(&lab, "ipv4-family vpn-instance none", not_ready);
    lab_top(&lab);
    lab_refused(&lab, "ip route-static vpn-instance none 10.0.0.0 8 NULL0",
                "Error: The VPN instance does not exist.");
    lab_lines(&lab, RED);
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\n");
    lab_refused(&lab, "peer 2001:db8::1 as-number 5",
                "Error: The peer is not of the address family of the view.");
    lab_refused(&lab, "peer 10.0.0.2 description x", "Error: The peer session does not exist.");
    lab_refused(&lab, "group G listen external",
                "Error: Dynamic peers of a VPN instance are not supported.");
}
END_TEST

START_TEST(namespaces)
{
    lab_lines(&lab, RED);
    lab_lines(&lab, BLUE);
    lab_lines(&lab, "bgp 64601\ngroup G external\npeer 10.0.0.2 as-number 5\n"
                    "ipv4-family vpn-instance red\ngroup G internal\npeer 10.0.0.2 as-number 6\n"
                    "quit\nipv4-family vpn-instance blue\npeer 10.0.0.2 as-number 7\n");
    lab_lines(&lab, "bgp 64601\nundo peer 10.0.0.2\n");
    lab_lines(&lab, "bgp 64601\nundo group G\n");
    shows(" peer 10.0.0.2 as-number 5", false);
    shows("  peer 10.0.0.2 as-number 6", true);
    shows("  peer 10.0.0.2 as-number 7", true);
    shows("  group G internal", true);
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\n");
    lab_refused(&lab, "peer 10.0.0.2 group G",
                "Error: The peer type is different from the group type.");
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\nundo peer 10.0.0.2\n");
    shows("  peer 10.0.0.2 as-number 6", false);
    shows("  peer 10.0.0.2 as-number 7", true);
}
END_TEST

/* A group gives its AS and settings to its members, in the instance alone. */
START_TEST(groups)
{
    struct bgp_peer_conf eff;
    lab_lines(&lab, RED);
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\ngroup G external\n"
                    "peer G as-number 65001\npeer G ebgp-max-hop 7\npeer 10.0.0.2 group G\n");
    lab_commit(&lab);
    struct model *m = lab.config.model;
    struct bgp_addr a = {4, {10, 0, 0, 2}, 1};
    const struct model_peer *p = model_peer_at(m, &a);
    ck_assert_ptr_nonnull(p);
    model_effective_peer(m, p, &eff);
    ck_assert_uint_eq(eff.remote_as, 65001);
    ck_assert_uint_eq(eff.ttl, 7);
    ck_assert_uint_eq(eff.enabled, 1u << BGP_IPV4_UNICAST);
    ck_assert_uint_eq(eff.addr.vpn, 1);
    bgp_peer_conf_clear(&eff);
    ck_assert_ptr_null(model_find_peer(m, "G"));
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\nundo group G\n");
    lab_commit(&lab);
    ck_assert_ptr_null(((struct model_peer *)model_peer_at(m, &a))->raw.group);
}
END_TEST

static const char everything[] =
    RED "quit\nquit\n" BLUE "quit\nquit\ninterface LoopBack 1\nip binding vpn-instance red\n"
        "ip address 10.1.1.1 32\nquit\ninterface LoopBack 2\nip address 10.1.1.1 32\nquit\n"
        "ip route-static vpn-instance red 10.9.0.0 16 NULL0\nip route-static 10.9.0.0 16 NULL0\n"
        "bgp 64601\nipv4-family vpn-instance red\nnetwork 10.9.0.0 16\n"
        "peer 10.0.0.2 as-number 65001\nquit\nipv4-family vpn-instance blue\n";

START_TEST(what_goes_with_an_instance)
{
    lab_lines(&lab, everything);
    lab_commit(&lab);
    lab_lines(&lab, "undo ip vpn-instance red\n");
    shows("red", false);
    shows("ip address 10.1.1.1", true); /* LoopBack 2 */
    shows("interface LoopBack1\ninterface", true);
    shows("ip route-static 10.9.0.0", true);
    shows("ipv4-family vpn-instance blue", true);
    lab_commit(&lab);
    ck_assert_ptr_null(model_find_vpn(lab.config.model, "red"));
}
END_TEST

START_TEST(what_goes_with_a_distinguisher)
{
    lab_lines(&lab, everything);
    lab_lines(&lab, "ip vpn-instance red\nipv4-family\nundo route-distinguisher 100:1\n");
    shows("ip vpn-instance red\n ipv4-family\ninterface", true);
    shows("ipv4-family vpn-instance red", false);
    shows("ip route-static vpn-instance red", true);
    lab_lines(&lab, "ip vpn-instance blue\nundo ipv4-family\n");
    shows("ipv4-family vpn-instance blue", false);
}
END_TEST

START_TEST(binding_clears_addresses)
{
    lab_lines(&lab, RED);
    lab_lines(&lab, "interface LoopBack 1\nip address 10.1.1.1 32\nipv6 enable\n"
                    "ipv6 address 2001:db8::1 128\nip binding vpn-instance red\n");
    shows("LoopBack1\n ip binding vpn-instance red\n", true);
    shows("address", false);
    lab_say(&lab, "ip address 10.1.1.1 32");
    lab_say(&lab, "ip binding vpn-instance red"); /* as it was: nothing happens */
    shows("address", true);
    lab_lines(&lab, "interface LoopBack 2\nip address 10.1.1.1 32\n");
    lab_lines(&lab, "interface LoopBack 3\nip binding vpn-instance red\n");
    lab_refused(&lab, "ip address 10.1.1.1 32", "Error: The address already exists.");
    lab_lines(&lab, "interface LoopBack 1\nundo ip binding vpn-instance red\n");
    shows("LoopBack1\ninterface", true);
}
END_TEST

START_TEST(told_to_the_speaker)
{
    lab_lines(&lab, everything);
    lab_lines(&lab, "ip vpn-instance red\nipv4-family\nvpn-target 1:1 export-extcommunity\n"
                    "apply-label per-route\n");
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\nrouter-id 9.9.9.9\n"
                    "bestroute as-path-ignore\naggregate 20.0.0.0 8 as-set\n");
    lab_commit(&lab);
    struct model *m = lab.config.model;
    m->all_dirty = m->statics_dirty = m->origins_dirty = m->addrs_dirty = true;
    for (struct model_vpn *v = m->vpns; v; v = v->hh.next)
        v->dirty = true;
    for (struct model_peer *p = m->peers; p; p = p->hh.next) {
        p->sent = false;
        p->dirty = true;
    }
    struct speaker_plan *plan = model_plan(m);
    uint16_t red = model_find_vpn(m, "red")->number;
    static const uint8_t rd[8] = {0, 0, 0, 100, 0, 0, 0, 1}, rt[8] = {0, 2, 0, 1, 0, 0, 0, 1};
    ck_assert_uint_eq(plan->nvpns, 2);
    const struct bgp_vpn_conf *c = &plan->vpns[plan->vpns[1].conf.number == red].conf;
    ck_assert_str_eq(c->name, "red");
    ck_assert(c->v4.enabled && !c->v6.enabled && c->v4.af.as_path_ignore);
    ck_assert_mem_eq(c->v4.rd, rd, 8);
    ck_assert_uint_eq(c->v4.export.n, 1);
    ck_assert_mem_eq(c->v4.export.at[0], rt, 8);
    ck_assert_uint_eq(c->v4.label_mode, BGP_LABEL_PER_ROUTE);
    ck_assert_uint_eq(c->router_id, 0x09090909);
    ck_assert(!m->bgp.router_id && !m->bgp.af[BGP_IPV4_UNICAST].as_path_ignore);
    ck_assert_uint_eq(plan->npeers, 1);
    ck_assert_uint_eq(plan->peers[0].conf.addr.vpn, red);
    ck_assert_uint_eq(plan->nstatics, 2);
    ck_assert_uint_eq(plan->statics[0].vpn + plan->statics[1].vpn, red);
    ck_assert_uint_eq(plan->norigins, 1);
    ck_assert_uint_eq(plan->origins[0].vpn, red);
    ck_assert_uint_eq(plan->naggregates, 1);
    ck_assert_uint_eq(plan->aggregates[0].vpn, red);
    ck_assert_uint_eq(plan->aggregates[0].what.prefix.len, 8);
    ck_assert(plan->aggregates[0].what.as_set && !plan->aggregates[0].what.suppress);
    ck_assert_uint_eq(plan->naddrs, 2);
    ck_assert_uint_eq(plan->addrs[0].vpn + plan->addrs[1].vpn, red);
    speaker_plan_free(plan);
}
END_TEST

/* Its peers see the AS of the instance: it decides who is internal, and is the one they are shown.
 */
START_TEST(own_as)
{
    lab_lines(&lab, RED);
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\n");
    lab_refused(&lab, "as-number 64601",
                "Error: The AS number of the VPN instance cannot be that of BGP.");
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\nas-number 65010\n"
                    "peer 10.0.0.1 as-number 65010\npeer 10.0.0.2 as-number 64601\n");
    lab_refused(&lab, "as-number 65011",
                "Error: Delete the peers and peer groups of the VPN instance first.");
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\nas-number 65010\n");
    lab_commit(&lab);
    struct model *m = lab.config.model;
    for (struct model_peer *p = m->peers; p; p = p->hh.next) {
        struct bgp_peer_conf c;
        model_effective_peer(m, p, &c);
        ck_assert_uint_eq(c.fake_as, 65010);
        ck_assert_int_eq(c.kind, c.remote_as == 65010 ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL);
        bgp_peer_conf_clear(&c);
    }
    lab_refused(&lab, "undo as-number",
                "Error: Delete the peers and peer groups of the VPN instance first.");
    lab_lines(&lab, "bgp 64601\nipv4-family vpn-instance red\nundo peer 10.0.0.1\n"
                    "undo peer 10.0.0.2\nundo as-number\n");
    shows("\n  as-number", false);
}
END_TEST

/* Numbers stay, and are not given to another instance in the commit that takes one away. */
START_TEST(numbers)
{
    lab_lines(&lab, RED);
    lab_lines(&lab, BLUE);
    lab_commit(&lab);
    struct model *m = lab.config.model;
    uint16_t red = model_find_vpn(m, "red")->number, blue = model_find_vpn(m, "blue")->number;
    ck_assert(red && blue && red != blue);
    m->vpns->sent = true;
    lab_lines(&lab, "undo ip vpn-instance red\nip vpn-instance green\nroute-distinguisher 1:9\n");
    lab_commit(&lab);
    ck_assert_uint_eq(model_find_vpn(m, "blue")->number, blue);
    ck_assert_uint_ne(model_find_vpn(m, "green")->number, blue);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vpn config");
    TCase *t = tcase_create("vpn config");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, typed_in_the_instance);
    tcase_add_test(t, refused_before_its_time);
    tcase_add_test(t, namespaces);
    tcase_add_test(t, groups);
    tcase_add_test(t, what_goes_with_an_instance);
    tcase_add_test(t, what_goes_with_a_distinguisher);
    tcase_add_test(t, binding_clears_addresses);
    tcase_add_test(t, told_to_the_speaker);
    tcase_add_test(t, own_as);
    tcase_add_test(t, numbers);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
