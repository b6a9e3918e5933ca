/*
 * Settings that can be said in two ways ("local-as" is "fake-as", "suppress-4-byte-as" is
 * "4-byte-as disable") are one to the speaker, on a peer and through its group; lines that exclude
 * each other, and what may be said to be off.
 */
#include "tests/unit/test_config_lab.h"

static struct lab lab;

static void setup(void)
{
    lab_open(&lab, ":memory:");
    lab_lines(&lab, "bgp 100\n"
                    "group g external\n"
                    "peer g as-number 200\n"
                    "peer 10.0.0.1 group g\n");
}

static void teardown(void)
{
    lab_close(&lab);
}

static struct bgp_peer_conf effective(void)
{
    struct bgp_addr at;
    struct bgp_peer_conf c;

    ck_assert(bgp_addr_parse("10.0.0.1", 8, &at));
    for (const struct model_peer *p = lab.config.model->peers; p; p = p->hh.next)
        if (!p->is_group && bgp_addr_cmp(&p->raw.addr, &at) == 0) {
            model_effective_peer(lab.config.model, p, &c);
            return c;
        }
    ck_abort_msg("no such peer");
}

START_TEST(local_as_is_fake_as)
{
    struct bgp_peer_conf c;

    lab_say(&lab, "peer 10.0.0.1 local-as 65010 prepend-local-as");
    lab_commit(&lab);
    c = effective();
    ck_assert_uint_eq(c.fake_as, 65010);
    ck_assert(c.fake_in && !c.fake_dual && !c.fake_global);
    bgp_peer_conf_clear(&c);
    lab_refused(&lab, "peer 10.0.0.1 fake-as 65010",
                "Error: The peer local-as has been configured.");
    lab_say(&lab, "undo peer 10.0.0.1 local-as");
    lab_say(&lab, "peer 10.0.0.1 fake-as 65010 prepend-fake-as");
    lab_refused(&lab, "peer 10.0.0.1 local-as 65010",
                "Error: The peer fake-as has been configured.");
    lab_commit(&lab);
    c = effective();
    ck_assert_uint_eq(c.fake_as, 65010);
    ck_assert(c.fake_in);
    bgp_peer_conf_clear(&c);
}
END_TEST

/* Whatever name the group uses, the peer's own line counts. */
START_TEST(the_group_has_the_other_name)
{
    static const char *const lines[][2] = {{"local-as 65010 dual-as", "fake-as 65011"},
                                           {"fake-as 65010 dual-as", "local-as 65011"}};
    struct bgp_peer_conf c;
    char line[80];

    for (unsigned i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "peer g %s", lines[i][0]);
        lab_say(&lab, line);
        lab_commit(&lab);
        c = effective();
        ck_assert_uint_eq(c.fake_as, 65010);
        ck_assert(c.fake_dual);
        bgp_peer_conf_clear(&c);
        snprintf(line, sizeof line, "peer 10.0.0.1 %s", lines[i][1]);
        lab_say(&lab, line);
        lab_commit(&lab);
        c = effective();
        ck_assert_uint_eq(c.fake_as, 65011);
        ck_assert(!c.fake_dual);
        bgp_peer_conf_clear(&c);
        for (unsigned k = 0; k < 2; k++) {
            snprintf(line, sizeof line, "undo peer %s %.*s", k ? "10.0.0.1" : "g",
                     (int)strcspn(lines[i][k], " "), lines[i][k]);
            lab_say(&lab, line);
        }
    }
}
END_TEST

START_TEST(octets_of_as_numbers)
{
    struct bgp_peer_conf c;

    lab_say(&lab, "peer g capability-advertise suppress-4-byte-as");
    lab_commit(&lab);
    c = effective();
    ck_assert(c.no_as4);
    bgp_peer_conf_clear(&c);
    lab_say(&lab, "undo peer g capability-advertise suppress-4-byte-as");
    lab_commit(&lab);
    c = effective();
    ck_assert(!c.no_as4);
    bgp_peer_conf_clear(&c);
}
END_TEST

START_TEST(exclusions)
{
    lab_lines(&lab, "bgp 100\nipv4-family unicast\n");
    lab_say(&lab, "undo synchronization");
    lab_refused(&lab, "synchronization", "Error: There is no IGP to wait for.");
    lab_say(&lab, "bestroute med-plus-igp med-multiplier 2 igp-multiplier 3");
    lab_refused(&lab, "bestroute igp-metric-ignore",
                "Error: The bestroute med-plus-igp has been configured.");
    lab_say(&lab, "undo bestroute med-plus-igp");
    lab_say(&lab, "bestroute igp-metric-ignore");
    lab_refused(&lab, "bestroute med-plus-igp",
                "Error: The bestroute igp-metric-ignore has been "
                "configured.");
    lab_say(&lab, "preference 20 200 100");
    lab_say(&lab, "nexthop recursive-lookup default-route");
    lab_commit(&lab);
    ck_assert(lab.config.model->bgp.af[BGP_IPV4_UNICAST].recursive_default);
    ck_assert_uint_eq(lab.config.model->bgp.af[BGP_IPV4_UNICAST].preference_internal, 200);
    lab_say(&lab, "preference 255 255 255"); /* what holds without the line */
    lab_say(&lab, "undo nexthop recursive-lookup default-route");
    lab_commit(&lab);
    ck_assert_uint_eq(lab.config.model->bgp.af[BGP_IPV4_UNICAST].preference_internal, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("config_names");
    TCase *t = tcase_create("names");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, local_as_is_fake_as);
    tcase_add_test(t, the_group_has_the_other_name);
    tcase_add_test(t, octets_of_as_numbers);
    tcase_add_test(t, exclusions);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
