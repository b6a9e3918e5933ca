/*
 * Next hops that are passed on as they are: what of them goes along.
 */
#include "test_bgp_talk.h"

#define V6_HOP "20010db8000000000000000000000001"
#define LINK_LOCAL "fe800000000000000000000000000001"
#define REACH32 "800e2e 000201 20" V6_HOP LINK_LOCAL "00 40 20010db800770000"
#define REACH16 "800e1e 000201 10" V6_HOP "00 40 20010db800770000"

/* The feeder's route as the sink is told of it; both are inside our AS, the sink is a client. */
static struct bgp_attr reflected(const char *reach)
{
    struct bgp_peer_conf conf = open_conf(SINK, OUR_AS);
    struct bgp_update u;
    char attrs[400];

    l = lab_new();
    ibgp = true;
    feed_line = up(FEED, OUR_AS, 0x0a0000c8, true);
    sink = up(SINK, OUR_AS, 0x0a0000c9, true);
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        conf.af[f].reflect_client = true;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    snprintf(attrs, sizeof attrs, "%s %s", reach, base(false));
    ck_assert(say(feed_line, attrs, ""));
    settle();
    ck_assert(next_update(sink, &u));
    return attr_of(&u, BGP_ATTR_MP_REACH);
}

/* RFC 2545 3: a link-local address is meaningful on its link alone. Where the peer that is told
 * sits is not known, and the global address is always enough. */
START_TEST(link_local_stays)
{
    static const char *const said[] = {REACH32, REACH16};
    uint8_t want[64];
    size_t n = hex(REACH16, want);
    struct bgp_attr a = reflected(said[_i]);

    ck_assert_uint_eq(a.code, BGP_ATTR_MP_REACH);
    ck_assert_uint_eq(a.value.left, n - 3);
    ck_assert_mem_eq(a.value.at, want + 3, n - 3);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp hops");
    TCase *t = tcase_create("hops");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, link_local_stays, 0, 2);
    return run_suite(s);
}
