/*
 * Rules of the RFCs that are easily forgotten, one test each, and what a peer can do that is within
 * them but should cost little. The peers are played by hand (test_bgp_talk.h).
 */
#include "test_bgp_talk.h"

#include <time.h>

#include "bgp/internal.h"
#include "bgp/rib/group.h"
#include "bgp/wire/aspath.h"

/* --- attributes ------------------------------------------------------------------------------- */

static struct bgp_cursor path_of(const struct bgp_route *r)
{
    struct bgp_attr a;

    ck_assert(
        bgp_attr_find(bgp_cursor_on(batch.bytes + r->attrs, r->nattrs), BGP_ATTR_AS_PATH, &a));
    return a.value;
}

/* RFC 6793 section 6: what confederations have left in AS4_PATH is dropped, the rest counts. */
START_TEST(as4_path_with_confederations)
{
    static const struct {
        const char *as4;
        unsigned n;
        uint32_t last;
    } rows[] = {
        {"c01106 0201 00030d41", 2, 200001},
        {"c0110c 0301 0000fde9 0201 00030d41", 2, 200001},
        {"c01112 0401 0000fde9 0201 00030d41 0301 0000fdea", 2, 200001},
        {"c01106 0301 0000fde9", 2, 23456},               /* nothing is left */
        {"c0110c 0301 00000000 0201 00030d41", 2, 23456}, /* AS 0 */
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char attrs[200];
        const struct bgp_route *r;

        l = lab_new();
        feed_line = up(FEED, PEER_AS, 0x0a0000c8, false);
        snprintf(attrs, sizeof attrs, "40010100 40020602 02fc5a5ba0 400304c0000201 %s",
                 rows[i].as4);
        ck_assert(say(feed_line, attrs, "180a0101"));
        r = best("10.1.1.0", 24);
        ck_assert_ptr_nonnull(r);
        ck_assert_uint_eq(bgp_aspath_length(path_of(r)), rows[i].n);
        ck_assert_uint_eq(bgp_aspath_origin(path_of(r)), rows[i].last);
        lab_free(l);
    }
}
END_TEST

/* RFC 5701: as with the shorter ones, type 0x40 stays in the AS. */
START_TEST(long_communities_stay_in_the_as)
{
    struct bgp_update u;
    struct bgp_attr a;
    char attrs[300];

    begin(true);
    snprintf(attrs, sizeof attrs, "%s c01928 %s %s", base(true),
             "4002 20010db8000000000000000000000001 0001",
             "0002 20010db8000000000000000000000001 0002");
    ck_assert(say(feed_line, attrs, "180a0101"));
    settle();
    ck_assert(next_update(sink, &u));
    a = attr_of(&u, BGP_ATTR_IPV6_EXT_COMMUNITY);
    ck_assert_uint_eq(a.value.left, 20);
    ck_assert_uint_eq(a.value.at[0], 0);
    end();
}
END_TEST

/* RFC 4271 6.3 for next hops in MP_REACH_NLRI as for NEXT_HOP. */
START_TEST(next_hops_that_name_no_router)
{
    static const struct {
        const char *reach;
        bool good;
    } rows[] = {
        {"800e1a 0002 01 10 20010db8000000000000000000000001 00 2020010db9", true},
        {"800e1a 0002 01 10 00000000000000000000000000000000 00 2020010db9", true},
        {"800e1a 0002 01 10 00000000000000000000000000000001 00 2020010db9", false},
        {"800e1a 0002 01 10 ff020000000000000000000000000005 00 2020010db9", false},
        {"800e1a 0002 01 10 00000000000000000000ffff7f000001 00 2020010db9", false},
        {"800e1a 0002 01 10 00000000000000000000ffffc0000201 00 2020010db9", true},
        {"800e1a 0002 01 10 00000000000000000000000000000002 00 2020010db9", true},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char attrs[300];

        begin(false);
        snprintf(attrs, sizeof attrs, "%s %s", rows[0].reach, base(false));
        ck_assert(say(feed_line, attrs, ""));
        ck_assert_uint_eq(l->b->rib->tables[BGP_IPV6_UNICAST].paths, 1);
        snprintf(attrs, sizeof attrs, "%s %s", rows[i].reach, base(false));
        ck_assert(say(feed_line, attrs, ""));
        ck_assert_msg(l->b->rib->tables[BGP_IPV6_UNICAST].paths == rows[i].good, "row %u", i);
        end();
    }
}
END_TEST

/* RFC 7606 5.2: a bad attribute and nothing it could belong to, an MP_REACH_NLRI without prefixes
 * being nothing. */
START_TEST(errors_without_prefixes)
{
    static const char *const empty = "800e15 0002 01 10 20010db8000000000000000000000001 00";
    char attrs[300];

    begin(false);
    snprintf(attrs, sizeof attrs, "%s %s", empty, base(false));
    ck_assert(say(feed_line, attrs, ""));
    snprintf(attrs, sizeof attrs, "%s", empty); /* nor is anything missing */
    ck_assert(say(feed_line, attrs, ""));
    ck_assert_uint_eq(look(l, FEED).treated_as_withdraw, 0);
    snprintf(attrs, sizeof attrs, "%s 40010109 %s", empty, base(false) + 8);
    ck_assert(!say(feed_line, attrs, ""));
    assert_notified(feed_line, 3, 1, "bad ORIGIN without prefixes");
    end();
}
END_TEST

/* --- what is told of errors ------------------------------------------------------------------- */

static struct bgp_flaw flaws[8];
static unsigned nflaws;
static uint8_t flaw_value[64];

static void on_flaw(void *ctx, const struct bgp_flaw *f)
{
    (void)ctx;
    ck_assert_uint_lt(nflaws, 8);
    if (f->value)
        memcpy(flaw_value, f->value, f->n);
    flaws[nflaws++] = *f;
}

/* RFC 7606 section 6: the attribute and the prefixes, but not for each of a million UPDATEs. */
START_TEST(errors_are_told)
{
    static struct bgp_ops ops;
    char attrs[300];

    ops = lab_ops;
    ops.flaw = on_flaw;
    begin(false);
    l->b->ops = &ops;
    nflaws = 0;
    ck_assert(say(feed_line, base(true), "180a0101"));
    ck_assert_uint_eq(nflaws, 0);
    snprintf(attrs, sizeof attrs, "%s c00805 0102030405", base(true));
    ck_assert(say(feed_line, attrs, "180a0202 180a0303"));
    ck_assert_uint_eq(nflaws, 1);
    ck_assert_uint_eq(flaws[0].code, BGP_ATTR_COMMUNITY);
    ck_assert(flaws[0].withdrawn);
    ck_assert_uint_eq(flaws[0].n, 5);
    ck_assert_int_eq(memcmp(flaw_value, "\1\2\3\4\5", 5), 0);
    ck_assert_uint_eq(flaws[0].prefixes, 2);
    ck_assert_uint_eq(flaws[0].first.addr.b[1], 2);
    ck_assert_uint_eq(flaws[0].first.len, 24);
    for (unsigned i = 0; i < 1000; i++)
        ck_assert(say(feed_line, attrs, "180a0202"));
    ck_assert_uint_eq(nflaws, 1);
    pass(l, 60000);
    snprintf(attrs, sizeof attrs, "%s 40010102 c00706 fde8c0000201", base(true));
    ck_assert(say(feed_line, attrs, "180a0202"));
    ck_assert_uint_eq(nflaws, 2);
    ck_assert_uint_eq(flaws[1].more, 1000);
    ck_assert(!flaws[1].withdrawn);
    pass(l, 60000);
    ck_assert(say(feed_line, "40010100 4002060201 0000fc5a", "180a0202"));
    ck_assert_uint_eq(nflaws, 3);
    ck_assert_uint_eq(flaws[2].code, BGP_ATTR_NEXT_HOP);
    ck_assert_ptr_null(flaws[2].value);
    ck_assert_uint_eq(flaws[2].more, 0);
    end();
}
END_TEST

/* --- timers ----------------------------------------------------------------------------------- */

/* RFC 4271 4.4: not more often than once a second, whatever the jitter. */
START_TEST(keepalives_of_a_short_hold_time)
{
    struct bgp_open o = peer_open(PEER_AS, 0x0a0000c8);
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    uint64_t last = 0;
    unsigned n = 0;

    l = lab_new();
    o.hold = 3;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    feed_line = last_attempt(l);
    establish_tcp(feed_line);
    ck_assert(feed_open(feed_line, &o));
    ck_assert(feed_hex(feed_line, KEEPALIVE));
    while (heard(feed_line, NULL, NULL))
        ;
    for (unsigned ms = 0; ms < 30000; ms++) {
        pass(l, 1);
        while (heard(feed_line, NULL, NULL) == BGP_KEEPALIVE) {
            ck_assert_msg(last == 0 || l->now - last >= 1000, "after %u ms",
                          (unsigned)(l->now - last));
            last = l->now;
            n++;
        }
        if (ms % 1000 == 0)
            ck_assert(feed_hex(feed_line, KEEPALIVE));
    }
    ck_assert_uint_ge(n, 28);
    lab_free(l);
}
END_TEST

/* --- cost ------------------------------------------------------------------------------------- */

static void say_next_hop(unsigned i, const char *nlri)
{
    char attrs[200];

    snprintf(attrs, sizeof attrs, "40010100 40020602 010000fc5a 400304 0b%02x%02x01", i >> 8 & 255,
             i & 255);
    ck_assert(say(feed_line, attrs, nlri));
}

static void nowhere(void *arg, const struct bgp_addr *a, bool wanted, struct bgp_hop *hop)
{
    unsigned *n = arg;

    (void)a;
    *n += wanted ? 1 : (unsigned)-1;
    if (wanted)
        *hop = (struct bgp_hop){.reach = BGP_REACH_NOT, .cost = 7};
}

/* A route with a next hop nobody has had yet is judged by what is known of it at once: no other
 * route is looked at, and nothing is passed on that has to be taken back. */
START_TEST(new_next_hops)
{
    struct rib_table *t;
    struct bgp_update u;
    unsigned watched = 0;

    begin(false);
    bgp_watch_next_hops(l->b, nowhere, &watched);
    t = &l->b->rib->tables[BGP_IPV4_UNICAST];
    for (unsigned i = 0; i < 300; i++) {
        char nlri[20];

        snprintf(nlri, sizeof nlri, "180c%02x%02x", i >> 8, i & 255);
        say_next_hop(i, nlri);
        ck_assert_uint_eq(t->sweep_left, 0);
    }
    ck_assert_uint_eq(watched, 300);
    ck_assert_uint_eq(t->paths, 300);
    ck_assert_uint_eq(t->best, 0);
    settle();
    ck_assert(!next_update(sink, &u));
    for (unsigned i = 0; i < 300; i++)
        say_next_hop(0, (char[]){"180c0000"});
    bgp_watch_next_hops(l->b, NULL, NULL);
    end();
}
END_TEST

/* Routes that loop do not count for the limit, but there are not more of them than of those that
 * do. When they may no longer loop, the peer is asked. */
START_TEST(loops_fill_no_memory)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    struct rib_table *t;
    uint8_t type = 0;

    begin(false);
    conf.af[BGP_IPV4_UNICAST].route_limit = 10;
    conf.af[BGP_IPV4_UNICAST].route_limit_accepted = true;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    t = &l->b->rib->tables[BGP_IPV4_UNICAST];
    ck_assert(say(feed_line, base(true), "180b0101"));
    for (unsigned i = 0; i < 500; i++) {
        char nlri[20];

        snprintf(nlri, sizeof nlri, "180c%02x%02x", i >> 8, i & 255);
        ck_assert(say(feed_line, "40010100 40020a 0202 0000fc5a 0000fc59 400304c0000201", nlri));
    }
    ck_assert_uint_eq(t->paths, 11);
    /* one that was good is gone */
    ck_assert(say(feed_line, "40010100 40020a 0202 0000fc5a 0000fc59 400304c0000201", "180b0101"));
    ck_assert_uint_eq(t->paths, 10);
    while (heard(feed_line, NULL, NULL))
        ;
    conf.af[BGP_IPV4_UNICAST].allow_as_loop = 1;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    while (type != BGP_REFRESH)
        ck_assert_int_ne(type = heard(feed_line, NULL, NULL), 0);
    settle();
    end();
}
END_TEST

/* A route comes and goes at the threshold: the log is told how it is, now and then. */
START_TEST(alerts_are_few)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);

    begin(false);
    conf.af[BGP_IPV4_UNICAST].route_limit = 4;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(say(feed_line, base(true), "180a0101 180a0202"));
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(say(feed_line, base(true), "180a0303"));
        ck_assert(feed_hex(feed_line, "FF* 001b 02 0004 180a0303 0000"));
    }
    ck_assert(say(feed_line, base(true), "180a0303"));
    ck_assert_uint_le(l->nalerts, 6);
    ck_assert(!l->alerts[l->nalerts - 1].over);
    pass(l, 61000);
    ck_assert(feed_hex(feed_line, KEEPALIVE));
    ck_assert_uint_le(l->nalerts, 7);
    ck_assert(l->alerts[l->nalerts - 1].over);
    end();
}
END_TEST

/* A peer may send as many next hops as routes. */
START_TEST(many_next_hops)
{
    enum { MANY = 100000 };
    unsigned wrong = 0;
    struct next_hops s = {0};
    clock_t began = clock();
    bool fresh;

    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            struct bgp_next_hop nh = {.addr = {.af = 4}};

            memcpy(nh.addr.b, &i, sizeof i);
            wrong += next_hop_get(&s, &nh, &fresh) > MANY || !fresh;
        }
        for (uint32_t id = 1; id <= MANY; id++)
            wrong += !next_hop_drop(&s, id);
    }
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(s.used, MANY + 1);
    next_hops_clear(&s);
    ck_assert_msg(clock() - began < 5 * CLOCKS_PER_SEC, "%ld ms",
                  (long)((clock() - began) * 1000 / CLOCKS_PER_SEC));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp rules");
    TCase *t = tcase_create("rules");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, as4_path_with_confederations);
    tcase_add_test(t, long_communities_stay_in_the_as);
    tcase_add_test(t, next_hops_that_name_no_router);
    tcase_add_test(t, errors_without_prefixes);
    tcase_add_test(t, errors_are_told);
    tcase_add_test(t, keepalives_of_a_short_hold_time);
    tcase_add_test(t, new_next_hops);
    tcase_add_test(t, loops_fill_no_memory);
    tcase_add_test(t, alerts_are_few);
    tcase_add_test(t, many_next_hops);
    return run_suite(s);
}
