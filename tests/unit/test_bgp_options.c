/*
 * The options of the process and of peers, by what they do to UPDATEs and to the choice of routes,
 * and that changing them while sessions are up does exactly that and ends no session.
 */
#include "test_bgp_talk.h"

static struct bgp_conf process;

static void set_process(void)
{
    bgp_set_process(l->b, &process);
    settle();
}

static struct line *client(const char *a, uint32_t id)
{
    struct bgp_peer_conf conf = open_conf(a, OUR_AS);
    struct line *n = up(a, OUR_AS, id, true);

    conf.af[BGP_IPV4_UNICAST].reflect_client = true;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    return n;
}

static uint32_t u32_of(const struct bgp_update *u, unsigned code)
{
    struct bgp_attr a = attr_of(u, code);

    return a.code == code ? bgp_get_u32(&a.value) : UINT32_MAX;
}

/* --- the process ------------------------------------------------------------------------------ */

START_TEST(clusters)
{
    struct line *a, *b;
    struct bgp_update u;

    l = lab_new();
    ibgp = true;
    process = lab_process();
    a = client("192.0.2.11", 0x0a0000d1);
    b = client("192.0.2.12", 0x0a0000d2);
    ck_assert(say(a, base(true), "180a0101"));
    settle();
    ck_assert(next_update(b, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_CLUSTER_LIST), OUR_ID);
    process.af[BGP_IPV4_UNICAST].cluster_addr = 0x01020304;
    set_process();
    ck_assert(next_update(b, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_CLUSTER_LIST), 0x01020304);
    process.af[BGP_IPV4_UNICAST].cluster_addr = 0;
    process.af[BGP_IPV4_UNICAST].cluster_id = 7;
    set_process();
    ck_assert(next_update(b, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_CLUSTER_LIST), 7);
    /* a route of that cluster is refused, and no longer once we are in another one */
    ck_assert(say(a, "40010100 4002060201 0000ffff 400304c0000201 40050400000064 800a0400000007",
                  "180a0202"));
    ck_assert_ptr_null(best("10.2.2.0", 24));
    process.af[BGP_IPV4_UNICAST].cluster_id = 8;
    set_process();
    ck_assert_ptr_nonnull(best("10.2.2.0", 24));
    ck_assert_uint_eq(look(l, "192.0.2.11").routes[BGP_IPV4_UNICAST].accepted, 2);
    process.af[BGP_IPV4_UNICAST].no_reflect_between = true;
    while (next_update(b, &u))
        ;
    set_process();
    ck_assert(next_update(b, &u));
    ck_assert_uint_eq(u.withdrawn.left, 8);
    assert_silent(a);
    assert_silent(b);
    lab_free(l);
}
END_TEST

START_TEST(default_values)
{
    struct bgp_prefix p = {.addr = addr("10.7.0.0"), .len = 16};
    struct bgp_local_route r = {0};
    struct line *inner;
    struct bgp_update u;

    begin(false);
    process = lab_process();
    inner = up("192.0.2.11", OUR_AS, 0x0a0000d1, true);
    process.af[BGP_IPV4_UNICAST].has_local_pref = true;
    process.af[BGP_IPV4_UNICAST].default_local_pref = 250;
    process.af[BGP_IPV4_UNICAST].default_med = 33;
    set_process();
    ck_assert(say(feed_line, base(true), "180a0101"));
    ck_assert(bgp_originate(l->b, BGP_IPV4_UNICAST, &p, BGP_ROUTE_NETWORK, &r));
    settle();
    while (next_update(inner, &u))
        ck_assert_uint_eq(u32_of(&u, BGP_ATTR_LOCAL_PREF), 250);
    while (next_update(sink, &u)) /* of the route that is ours only */
        ck_assert_uint_eq(u32_of(&u, BGP_ATTR_MED), u.nlri.left == 3 ? 33 : UINT32_MAX);
    process.af[BGP_IPV4_UNICAST].default_local_pref = 0;
    process.af[BGP_IPV4_UNICAST].default_med = 0;
    set_process();
    ck_assert(next_update(inner, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_LOCAL_PREF), 0);
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_MED), UINT32_MAX);
    ck_assert_uint_eq(u.nlri.left, 3); /* nothing new is said of the other one */
    ck_assert(!next_update(sink, &u));
    end();
}
END_TEST

/* Two paths; without the option the first one is best, with it the second. */
#define LEAD "40010100 4002"
#define REST "400304c0000201 40050400000064"
static const struct {
    const char *option;
    size_t field;
    const char *first, *second;
} choices[] = {
    {"compare-different-as-med", offsetof(struct bgp_af_conf, compare_different_as_med),
     LEAD "060201 0000aaaa 400304c0000201 80040400000009 40050400000064",
     LEAD "060201 0000aaab 400304c0000202 80040400000001 40050400000064"},
    {"bestroute as-path-ignore", offsetof(struct bgp_af_conf, as_path_ignore),
     "40010101 4002060201 0000aaaa " REST, LEAD "0a0202 0000aaab 0000aaac " REST},
    {"bestroute med-none-as-maximum", offsetof(struct bgp_af_conf, med_none_as_maximum),
     LEAD "060201 0000aaaa 400304c0000201 40050400000064",
     LEAD "060201 0000aaaa 400304c0000202 80040400000005 40050400000064"},
    {"bestroute igp-metric-ignore", offsetof(struct bgp_af_conf, igp_metric_ignore),
     LEAD "060201 0000aaaa 400304c0000201 40050400000064 8009040a000009",
     LEAD "060201 0000aaaa 400304c0000202 40050400000064 8009040a000008"},
    {"bestroute router-id-ignore", offsetof(struct bgp_af_conf, router_id_ignore),
     LEAD "060201 0000aaaa " REST " 80090401010101",
     LEAD "060201 0000aaaa " REST " 80090401010102"},
    {"bestroute routerid-prior-clusterlist", offsetof(struct bgp_af_conf, router_id_first),
     LEAD "060201 0000aaaa " REST " 80090401010102",
     LEAD "060201 0000aaaa " REST " 80090401010101 800a0401010109"},
};

START_TEST(choice)
{
    struct bgp_addr far = addr("192.0.2.2");
    /* router-id-ignore: the peer address decides, so the second path comes from the lower one */
    bool swap = choices[_i].field == offsetof(struct bgp_af_conf, router_id_ignore);
    struct line *a, *b;
    const struct bgp_route *r;

    l = lab_new();
    process = lab_process();
    a = up(swap ? "192.0.2.12" : "192.0.2.11", OUR_AS, 0x0a0000d1, true);
    b = up(swap ? "192.0.2.11" : "192.0.2.12", OUR_AS, 0x0a0000d2, true);
    ck_assert(say(a, choices[_i].first, "180a0101"));
    ck_assert(say(b, choices[_i].second, "180a0101"));
    bgp_set_next_hop(l->b, &far, true, 5);
    settle();
    for (unsigned i = 0; i < 4; i++) {
        bool on = i & 1;

        *((bool *)((char *)&process.af[BGP_IPV4_UNICAST] + choices[_i].field)) = on;
        set_process();
        ck_assert_ptr_nonnull(r = best("10.1.1.0", 24));
        ck_assert_msg((r->from.b[3] == 12) == (on != swap), "%s %s: %u", choices[_i].option,
                      on ? "on" : "off", r->from.b[3]);
    }
    assert_silent(a);
    lab_free(l);
}
END_TEST

/* --- peers, while the session is up ------------------------------------------------------------
 */

static unsigned refreshes(struct line *n)
{
    unsigned count = 0;
    uint8_t type;

    while ((type = heard(n, NULL, NULL)) != 0) {
        ck_assert_int_ne(type, BGP_NOTIFICATION);
        count += type == BGP_REFRESH;
    }
    return count;
}

START_TEST(allow_as_loop_in_place)
{
    struct bgp_peer_conf conf;

    begin(false);
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a0000fc59 400304c0000201", "180a0101"));
    ck_assert(say(feed_line, base(true), "180a0202"));
    conf = open_conf(FEED, PEER_AS);
    for (unsigned i = 0; i < 4; i++) {
        conf.af[BGP_IPV4_UNICAST].allow_as_loop = !(i & 1);
        bgp_set_peer(l->b, &conf, BGP_KEEP);
        settle();
        ck_assert_int_eq(best("10.1.1.0", 24) != NULL, !(i & 1));
        ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].accepted, 2 - (i & 1));
    }
    ck_assert_uint_eq(refreshes(feed_line), 0);
    end();
}
END_TEST

START_TEST(preferred_value_in_place)
{
    struct bgp_peer_conf conf;
    struct line *other;

    begin(false);
    other = up("192.0.2.7", 65007, 0x0a0000c7, true);
    ck_assert(say(feed_line, base(true), "180a0101"));
    ck_assert(say(other, "40010100 40020a02020000fdef0000fdee 400304c0000207", "180a0101"));
    ck_assert_uint_eq(best("10.1.1.0", 24)->from.b[3], 1);
    conf = open_conf("192.0.2.7", 65007);
    conf.af[BGP_IPV4_UNICAST].preferred_value = 9;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    settle();
    ck_assert_uint_eq(best("10.1.1.0", 24)->from.b[3], 7);
    ck_assert_uint_eq(refreshes(other), 0);
    end();
}
END_TEST

/* Options of what is told: the difference is told at once, on a session that stays. */
static const struct {
    const char *option;
    size_t field;
    const char *attr; /* of the route the option changes */
    unsigned code;    /* attribute that is there without it, as open_conf() has it */
} tellings[] = {
    {"advertise-community", offsetof(struct bgp_peer_af_conf, advertise_community),
     "c0080400010002", BGP_ATTR_COMMUNITY},
    {"advertise-ext-community", offsetof(struct bgp_peer_af_conf, advertise_ext_community),
     "c010080002000100000001", BGP_ATTR_EXT_COMMUNITY},
    {"advertise-large-community", offsetof(struct bgp_peer_af_conf, advertise_large_community),
     "c0200c000000010000000200000003", BGP_ATTR_LARGE_COMMUNITY},
};

START_TEST(told_otherwise)
{
    struct bgp_peer_conf conf;
    struct bgp_update u;
    char attrs[300];

    begin(false);
    snprintf(attrs, sizeof attrs, "%s %s", base(true), tellings[_i].attr);
    ck_assert(say(feed_line, attrs, "180a0101"));
    ck_assert(say(feed_line, base(true), "180a0202"));
    settle();
    while (next_update(sink, &u))
        ;
    conf = open_conf(SINK, 65009);
    for (unsigned i = 0; i < 4; i++) {
        bool *field = (bool *)((char *)&conf.af[BGP_IPV4_UNICAST] + tellings[_i].field);

        *field = i & 1;
        bgp_set_peer(l->b, &conf, BGP_REEXPORT);
        settle();
        ck_assert(next_update(sink, &u));
        for (unsigned n = 0;; n++) {
            bool its = memcmp(u.nlri.at, "\x18\x0a\1\1", 4) == 0;

            ck_assert_uint_eq(u.withdrawn.left, 0);
            ck_assert_int_eq(attr_of(&u, tellings[_i].code).code == tellings[_i].code,
                             its && (i & 1));
            ck_assert_uint_lt(n, 2);
            if (!next_update(sink, &u))
                break;
        }
    }
    ck_assert_int_eq(state(l, SINK), BGP_ESTABLISHED);
    ck_assert_uint_eq(refreshes(sink), 0);
    end();
}
END_TEST

START_TEST(next_hop_local_in_place)
{
    struct bgp_peer_conf conf = open_conf("192.0.2.11", OUR_AS);
    struct bgp_update u;
    struct line *inner;

    begin(false);
    inner = up("192.0.2.11", OUR_AS, 0x0a0000d1, true);
    ck_assert(say(feed_line, base(true), "180a0101"));
    settle();
    ck_assert(next_update(inner, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_NEXT_HOP), 0xc0000201);
    conf.af[BGP_IPV4_UNICAST].next_hop_local = true;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert(next_update(inner, &u));
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_NEXT_HOP), 0xc00002fe);
    ck_assert(!next_update(inner, &u));
    ck_assert_int_eq(state(l, "192.0.2.11"), BGP_ESTABLISHED);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp options");
    TCase *t = tcase_create("options");

    suite_add_tcase(s, t);
    tcase_add_test(t, clusters);
    tcase_add_test(t, default_values);
    tcase_add_loop_test(t, choice, 0, (int)(sizeof choices / sizeof *choices));
    tcase_add_test(t, allow_as_loop_in_place);
    tcase_add_test(t, preferred_value_in_place);
    tcase_add_loop_test(t, told_otherwise, 0, (int)(sizeof tellings / sizeof *tellings));
    tcase_add_test(t, next_hop_local_in_place);
    return run_suite(s);
}
