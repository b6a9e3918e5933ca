/*
 * Routes that are refused for what they are, and the counts of "display bgp error discard": each
 * drop is counted once, with the peer and family it is about.
 */
#include "test_bgp_talk.h"

#define V4 BGP_IPV4_UNICAST

static void setup(void)
{
    begin(false);
    settle();
}

static uint32_t refused(const char *peer, enum bgp_family f, enum bgp_refusal why)
{
    struct bgp_addr a = addr(peer);
    struct bgp_refusal_counts n;
    uint32_t sum = 0;

    ck_assert(bgp_refusals(l->b, &a, &n));
    for (unsigned i = 0; i < BGP_FAMILIES; i++)
        sum += n.n[i][why];
    ck_assert_uint_eq(sum, n.n[f][why]);
    return sum;
}

static void process(uint16_t limit)
{
    struct bgp_conf c = lab_process();

    c.as_path_limit = limit;
    bgp_set_process(l->b, &c);
    settle();
}

static uint32_t told(const char *peer, enum bgp_family f)
{
    return look(l, peer).routes[f].advertised;
}

/* VPNv4 prefixes 10.1.1.0/24 with label 100 below the distinguishers. */
static void say_vpn(const char *rd, const char *prefix)
{
    char attrs[400];

    snprintf(attrs, sizeof attrs,
             "800e20 0001 80 0c 0000000000000000c0000201 00 70 000641 %s %s 40010100 "
             "40020602010000fc5a c010080002fc5900000001",
             rd, prefix);
    ck_assert(say(feed_line, attrs, ""));
    settle();
}

START_TEST(zero_rd)
{
    static const struct {
        const char *rd;
        bool zero;
    } rows[] = {
        {"0000000000000000", true},  {"0001000000000000", true},  {"0002000000000000", true},
        {"0003000000000000", false}, {"0000000000000001", false}, {"0000000100000000", false},
        {"0001000000000001", false}, {"0002000000010000", false}, {"8000000000000000", false}};

    say_vpn(rows[_i].rd, "0a0101");
    ck_assert_uint_eq(look(l, FEED).routes[BGP_VPNV4].received, !rows[_i].zero);
    ck_assert_uint_eq(refused(FEED, BGP_VPNV4, BGP_REFUSED_ZERO_RD), rows[_i].zero);
    ck_assert_uint_eq(told(SINK, BGP_VPNV4), !rows[_i].zero);
    say_vpn("0000000000000007", "0a0202");
    ck_assert_uint_eq(look(l, FEED).routes[BGP_VPNV4].received, 1 + !rows[_i].zero);
    ck_assert_int_eq(state(l, FEED), BGP_ESTABLISHED);
    ck_assert_uint_eq(refused(SINK, BGP_VPNV4, BGP_REFUSED_ZERO_RD), 0);
}
END_TEST

/* What is as long as the limit is used here and told inside our AS, but not to the next one, where
 * it would be longer. */
START_TEST(path_limit)
{
    struct line *inside = up("192.0.2.8", OUR_AS, 0x0a0000c8, true);

    ck_assert_ptr_nonnull(inside);
    process(2);
    ck_assert(say(feed_line, "40010100 40020e0203 0000fc5a 0000000a 0000000b 400304c0000201",
                  "180a0303"));
    ck_assert(say(feed_line, "40010100 40020a0202 0000fc5a 0000000a 400304c0000201", "180a0202"));
    ck_assert(say(feed_line, base(true), "180a0101"));
    settle();
    ck_assert_uint_eq(refused(FEED, V4, BGP_REFUSED_PATH_LIMIT), 1);
    ck_assert(!best("10.3.3.0", 24) && best("10.2.2.0", 24) && best("10.1.1.0", 24));
    ck_assert_uint_eq(told(SINK, V4), 1);
    ck_assert_uint_eq(refused(SINK, V4, BGP_REFUSED_PATH_OUT), 1);
    ck_assert_uint_eq(told("192.0.2.8", V4), 2);
    ck_assert_uint_eq(refused("192.0.2.8", V4, BGP_REFUSED_PATH_OUT), 0);
    ck_assert_uint_eq(refused(FEED, V4, BGP_REFUSED_PATH_OUT), 0); /* they are its own */
    process(3);
    ck_assert(best("10.3.3.0", 24));
    ck_assert_uint_eq(told(SINK, V4), 2);
    process(0);
    ck_assert_uint_eq(told(SINK, V4), 3);
    process(1);
    ck_assert_uint_eq(told(SINK, V4), 0);
}
END_TEST

START_TEST(same_site)
{
    struct bgp_peer_conf conf = open_conf(SINK, 65009);

    conf.af[V4].soo = UINT64_C(0x0003fc5900000007);
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    ck_assert(say(feed_line, "40010100 40020602010000fc5a 400304c0000201 c010080003fc5900000007",
                  "180a0101"));
    ck_assert(say(feed_line, "40010100 40020602010000fc5a 400304c0000201 c010080003fc5900000008",
                  "180a0202"));
    settle();
    ck_assert_uint_eq(told(SINK, V4), 1);
    ck_assert_uint_eq(refused(SINK, V4, BGP_REFUSED_SITE), 1);
    ck_assert_uint_eq(refused(FEED, V4, BGP_REFUSED_SITE), 0);
}
END_TEST

/* Routes with our AS in the path count towards the limit, or with accept-prefix do not. */
START_TEST(limit_of_accepted)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);

    conf.af[V4].route_limit = 2;
    conf.af[V4].route_limit_accepted = _i;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a0000fc59 400304c0000201", "180a0101"));
    ck_assert(say(feed_line, base(true), "180a0202"));
    ck_assert_int_eq(say(feed_line, base(true), "180a0303"), _i);
    if (_i == 0) {
        assert_notified(feed_line, 6, 1, "one more than the limit");
        return;
    }
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a0000fc59 400304c0000201", "180a0404"));
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 4);
    ck_assert(say(feed_line, base(true), "180a0303"));
    ck_assert(!say(feed_line, base(true), "180a0404")); /* it becomes one */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp_refusals");
    TCase *t = tcase_create("refusals");

    tcase_add_checked_fixture(t, setup, end);
    tcase_add_loop_test(t, zero_rd, 0, 9);
    tcase_add_test(t, path_limit);
    tcase_add_test(t, same_site);
    tcase_add_loop_test(t, limit_of_accepted, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s);
}
