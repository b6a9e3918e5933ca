/*
 * Static routes in the configuration: one row for every way to type a route, what is refused, what
 * an undo takes, and what a commit tells the speaker. Routes at work are test_rtable.c and
 * tests/interop/static_routes.test.
 */
#include "tests/unit/test_config_lab.h"

static struct lab lab;
static char rows[LAB_ROWS];

static void setup(void)
{
    lab_open(&lab, ":memory:");
}

static void teardown(void)
{
    lab_close(&lab);
}

static void rows_are(const char *want)
{
    ck_assert_str_eq(lab_rows(&lab, true, rows), want);
}

START_TEST(one_row_however_typed)
{
    lab_lines(&lab, "ip route-static 10.1.2.3 8 10.9.9.1 preference 80\n"
                    "ip route-static 10.0.0.0 255.0.0.0 10.9.9.1 tag 7\n"
                    "ip route-static 10.0.0.1 32 NULL 0\n"
                    "ip route-static 10.1.0.0 16 gigabitethernet0/1/0 10.9.9.1 description to B\n"
                    "ip route-static 0.0.0.0 0 10.9.9.1 permanent\n"
                    "ip route-static 0.0.0.0 0 10.9.9.2 inherit-cost no-advertise\n"
                    "ip route-static 0.0.0.0 0 10.9.9.3 no-install description x\n"
                    "ipv6 route-static 2001:DB8::5 32 fd00::1\n"
                    "ipv6 route-static 2001:db8:: 32 null0\n");
    rows_are("ip route-static 0.0.0.0 0.0.0.0 10.9.9.1 permanent\n"
             "ip route-static 0.0.0.0 0.0.0.0 10.9.9.2 inherit-cost no-advertise\n"
             "ip route-static 0.0.0.0 0.0.0.0 10.9.9.3 no-install description x\n"
             "ip route-static 10.0.0.0 255.0.0.0 10.9.9.1 tag 7\n"
             "ip route-static 10.0.0.1 255.255.255.255 NULL0\n"
             "ip route-static 10.1.0.0 255.255.0.0 GigabitEthernet0/1/0 10.9.9.1 description to B\n"
             "ipv6 route-static 2001:db8:: 32 NULL0\n"
             "ipv6 route-static 2001:db8:: 32 fd00::1\n");
}
END_TEST

static const char *const refusals[][2] = {
    {"ip route-static 10.0.0.0 8 NULL0 10.9.9.1", "A route to the NULL interface has no next hop."},
    {"ip route-static 10.0.0.0 8 0.0.0.0", "The next hop address is invalid."},
    {"ip route-static 10.0.0.0 8 127.0.0.1", "The next hop address is invalid."},
    {"ip route-static 10.0.0.0 8 224.0.0.5", "The next hop address is invalid."},
    {"ip route-static 224.0.0.0 8 10.9.9.1", "The destination address is invalid."},
    {"ip route-static 127.0.0.0 8 10.9.9.1", "The destination address is invalid."},
    {"ipv6 route-static ff00:: 8 fd00::1", "The destination address is invalid."},
    {"ipv6 route-static fd00:: 8 ff02::1", "The next hop address is invalid."},
    {"ipv6 route-static fd00:: 8 ::1", "The next hop address is invalid."},
    {"ipv6 route-static fd00:: 8 fe80::1", "A link-local next hop needs an outgoing interface."},
    {"undo ip route-static 10.9.0.0 16", "The static route does not exist."},
    {"undo ip route-static all", "The static route does not exist."},
};

START_TEST(refused)
{
    char why[200];
    snprintf(why, sizeof why, "Error: %s", refusals[_i][1]);
    lab_refused(&lab, refusals[_i][0], why);
}
END_TEST

START_TEST(undo_takes_what_it_names)
{
    lab_lines(&lab, "ip route-static 10.0.0.0 8 10.9.9.1 preference 80\n"
                    "ip route-static 10.0.0.0 8 10.9.9.2\n"
                    "ip route-static 10.0.0.0 8 10GE0/1/0 10.9.9.2\n"
                    "ip route-static 10.0.0.0 9 10.9.9.2\n"
                    "ipv6 route-static fd01:: 16 fd00::1\n");
    lab_commit(&lab);
    lab_refused(&lab, "undo ip route-static 10.0.0.0 8 10.9.9.3",
                "Error: The static route does not exist.");
    lab_refused(&lab, "undo ip route-static 10.0.0.0 8 10.9.9.1 preference 81",
                "Error: The static route does not exist.");
    lab_say(&lab, "undo ip route-static 10.0.0.0 8 10.9.9.2");
    rows_are("ip route-static 10.0.0.0 255.0.0.0 10.9.9.1 preference 80\n"
             "ip route-static 10.0.0.0 255.128.0.0 10.9.9.2\n"
             "ipv6 route-static fd01:: 16 fd00::1\n");
    lab_say(&lab, "undo ip route-static 10.0.0.0 255.0.0.0");
    rows_are("ip route-static 10.0.0.0 255.128.0.0 10.9.9.2\n"
             "ipv6 route-static fd01:: 16 fd00::1\n");
    lab_say(&lab, "undo ip route-static all");
    rows_are("ipv6 route-static fd01:: 16 fd00::1\n");
}
END_TEST

START_TEST(into_another_instance)
{
    lab_lines(&lab, "ip vpn-instance red\n");
    lab_lines(&lab, "ip vpn-instance blue\n");
    lab_lines(&lab, "ip route-static vpn-instance red 10.0.0.0 8 vpn-instance blue 20.0.0.1\n"
                    "ip route-static 10.0.0.0 8 vpn-instance blue 20.0.0.1 preference 7\n"
                    "ip route-static vpn-instance red 10.0.0.0 8 20.0.0.1\n");
    lab_refused(&lab, "ip route-static 10.0.0.0 8 vpn-instance green 20.0.0.1",
                "Error: The VPN instance does not exist.");
    lab_refused(&lab, "ip route-static vpn-instance red 10.0.0.0 8 vpn-instance red 20.0.0.1",
                "Error: The next hop is in the VPN instance of the route.");
    lab_commit(&lab);
    struct model *m = lab.config.model;
    m->statics_dirty = true;
    struct speaker_plan *p = model_plan(m);
    unsigned crossing = 0;
    for (size_t i = 0; i < p->nstatics; i++) {
        crossing += p->statics[i].into != 0;
        if (p->statics[i].into)
            ck_assert_uint_eq(p->statics[i].into, model_find_vpn(m, "blue")->number);
    }
    ck_assert_uint_eq(p->nstatics, 3);
    ck_assert_uint_eq(crossing, 2);
    speaker_plan_free(p);
    lab_say(&lab, "undo ip vpn-instance blue");
    rows_are("ip vpn-instance red\n"
             "ip route-static vpn-instance red 10.0.0.0 255.0.0.0 20.0.0.1\n");
}
END_TEST

/* The plan carries every route when one of them has changed, and none otherwise. */
START_TEST(plans)
{
    struct model *m = lab.config.model;
    char text[BGP_ADDR_STRLEN];
    lab_lines(&lab, "ip route-static 10.0.0.0 8 NULL0\n"
                    "ip route-static 10.1.0.0 16 GigabitEthernet0/1/0 10.9.9.1 tag 5 permanent\n");
    lab_commit(&lab);
    ck_assert_ptr_null(model_plan(m));
    m->statics_dirty = true;
    struct speaker_plan *p = model_plan(m);
    ck_assert(p->statics_changed && !p->addrs_changed && !p->process_changed);
    ck_assert_uint_eq(p->nstatics, 2);
    const struct speaker_static *a = &p->statics[0], *b = &p->statics[1];
    ck_assert(a->discard && !a->nexthop.af && a->preference == 60 && a->len == 8);
    ck_assert_str_eq(b->ifname, "GigabitEthernet0/1/0");
    ck_assert_str_eq(bgp_addr_str(&b->nexthop, text), "10.9.9.1");
    ck_assert(!b->discard && b->tag == 5 && b->permanent);
    speaker_plan_free(p);
    model_clean(m);
    lab_lines(&lab, "undo ip route-static all\nip route-static 10.0.0.0 8 10.9.9.9\n");
    lab_commit(&lab);
    ck_assert_uint_eq(HASH_COUNT(m->statics), 1);
    ck_assert_str_eq(bgp_addr_str(&m->statics->route.nexthop, text), "10.9.9.9");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("statics");
    TCase *t = tcase_create("configuration");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_row_however_typed);
    tcase_add_loop_test(t, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, undo_takes_what_it_names);
    tcase_add_test(t, into_another_instance);
    tcase_add_test(t, plans);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
