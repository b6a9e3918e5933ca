/*
 * A "route-limit" below what the peer has told already: it counts at once, not with the next route.
 */
#include "test_bgp_talk.h"

static struct bgp_peer_conf limited(uint32_t limit, bool alert_only)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);

    conf.af[BGP_IPV4_UNICAST].route_limit = limit;
    conf.af[BGP_IPV4_UNICAST].route_limit_alert_only = alert_only;
    return conf;
}

START_TEST(lowered_limit_closes)
{
    struct bgp_peer_conf conf = limited(3, false);

    begin(false);
    ck_assert(say(feed_line, base(true), "180a0101 180a0202 180a0303"));
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN); /* as many as allowed */
    ck_assert_int_eq(state(l, FEED), BGP_ESTABLISHED);
    conf = limited(2, false);
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    settle();
    assert_notified(feed_line, 6, 1, "the limit");
    ck_assert_str_eq(l->events[l->nevents - 1].reason, "Route limit");
    ck_assert_int_eq(state(l, FEED), BGP_IDLE);
    ck_assert(look(l, FEED).over_limit);
    pass(l, 29000); /* not one second, as after other errors */
    ck_assert_int_eq(state(l, FEED), BGP_IDLE);
    pass(l, 2000);
    ck_assert_int_eq(state(l, FEED), BGP_CONNECT);
    ck_assert(!look(l, FEED).over_limit);
    end();
}
END_TEST

START_TEST(lowered_limit_alerts)
{
    struct bgp_peer_conf conf = limited(2, true);

    begin(false);
    ck_assert(say(feed_line, base(true), "180a0101 180a0202 180a0303"));
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, FEED), BGP_ESTABLISHED);
    ck_assert_uint_eq(l->nalerts, 2); /* the limit and the threshold below it */
    ck_assert(l->alerts[0].limit && l->alerts[0].over && !l->alerts[1].limit && l->alerts[1].over);
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].received, 3); /* what is there stays */
    conf = limited(100, true);
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_uint_eq(l->nalerts, 4); /* both over */
    ck_assert(!l->alerts[2].over && !l->alerts[3].over);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp limit");
    TCase *t = tcase_create("limit");

    suite_add_tcase(s, t);
    tcase_add_test(t, lowered_limit_closes);
    tcase_add_test(t, lowered_limit_alerts);
    return run_suite(s);
}
