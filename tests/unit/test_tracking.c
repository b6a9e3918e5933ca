/*
 * "peer tracking": a table of routes, one tracked peer, a clock. What matters is when the peer
 * counts as lost and when it is looked at again.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine/net/tracking.h"

static struct rtable *table;
static struct peer_table peers;
static struct peer_entry *peer;
static struct tracking tracking;
static unsigned reviews;
static bool unknown;

static struct bgp_addr addr(const char *text)
{
    struct bgp_addr a;
    ck_assert(bgp_addr_parse(text, strlen(text), &a));
    return a;
}

static struct rtable *table_of(void *arg, uint16_t vpn)
{
    (void)arg;
    ck_assert_uint_eq(vpn, 0);
    return unknown ? NULL : table;
}

static void review(void *arg, struct peer_entry *e)
{
    (void)arg;
    ck_assert_ptr_eq(e, peer);
    reviews++;
}

static uint64_t turn(uint64_t now)
{
    static const struct tracking_ops ops = {.table = table_of, .review = review};
    return tracking_turn(&tracking, &peers, &ops, now);
}

static void kernel(const char *net, uint8_t len, bool discard, bool added)
{
    struct rt_kernel k = {
        .net = addr(net), .len = len, .ifindex = 2, .proto = SPEAKER_STATIC, .discard = discard};
    if (!discard)
        k.gateway = addr("10.1.12.1");
    rtable_kernel(table, &k, added);
    rtable_settle(table, 1);
    tracking.changed = true;
}

static void configure(bool on, uint16_t delay)
{
    const struct bgp_peer_conf conf = {
        .addr = addr("172.31.9.5"), .tracking = on, .tracking_delay = delay};
    peer = peers_set(&peers, &conf);
    tracking.changed = true;
}

static void setup(void)
{
    const struct rt_addr a = {.ifindex = 2, .addr = addr("10.1.12.2"), .len = 24};
    static const struct rt_ops ops;
    table = rtable_new(&ops);
    rtable_link(table, 2, "eth2", true, true);
    rtable_addr(table, &a, true);
    tracking = (struct tracking){0};
    reviews = 0;
    unknown = false;
    kernel("172.31.9.0", 24, false, true);
    configure(true, 5);
    ck_assert_uint_eq(turn(1000), UINT64_MAX);
    ck_assert(!peer->lost && reviews == 0);
}

static void teardown(void)
{
    peers_clear(&peers);
    rtable_free(table);
}

START_TEST(lost_and_found)
{
    kernel("172.31.9.0", 24, false, false);
    ck_assert_uint_eq(turn(2000), 7000);
    ck_assert_uint_eq(turn(6999), 7000);
    ck_assert(!peer->lost);
    ck_assert_uint_eq(turn(7000), UINT64_MAX);
    ck_assert(peer->lost);
    ck_assert_uint_eq(reviews, 1);
    kernel("172.31.0.0", 16, false, true);
    ck_assert_uint_eq(turn(8000), UINT64_MAX);
    ck_assert(!peer->lost);
    ck_assert_uint_eq(reviews, 2);
}
END_TEST

START_TEST(back_in_time)
{
    kernel("172.31.9.0", 24, false, false);
    ck_assert_uint_eq(turn(2000), 7000);
    kernel("172.31.9.0", 24, false, true);
    ck_assert_uint_eq(turn(3000), UINT64_MAX);
    kernel("172.31.9.0", 24, false, false); /* the delay begins anew */
    ck_assert_uint_eq(turn(4000), 9000);
    ck_assert_uint_eq(reviews, 0);
}
END_TEST

START_TEST(what_is_a_route)
{
    configure(true, 0);
    kernel("0.0.0.0", 0, false, true);
    kernel("172.31.9.0", 24, false, false);
    turn(2000);
    ck_assert(!peer->lost);
    kernel("172.31.9.5", 32, true, true); /* discards */
    turn(3000);
    ck_assert(peer->lost);
    unknown = true;
    tracking.changed = true;
    turn(4000);
    ck_assert(!peer->lost);
    unknown = false;
    tracking.changed = true;
    turn(5000);
    ck_assert(peer->lost);
    configure(false, 0);
    turn(6000);
    ck_assert(!peer->lost);
    ck_assert_uint_eq(reviews, 4);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("tracking");
    TCase *t = tcase_create("tracking");
    SRunner *r;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, lost_and_found);
    tcase_add_test(t, back_in_time);
    tcase_add_test(t, what_is_a_route);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
