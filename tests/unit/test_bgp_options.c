/*
 * The options of the process and of peers, by what they do to UPDATEs and to the choice of routes,
 * and that changing them while sessions are up does exactly that and ends no session.
 */
#include "test_bgp_talk.h"

#include "bgp/internal.h"

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
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_MED), 0);
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
    char attrs[500];

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

/* --- AS paths --------------------------------------------------------------------------------- */

/* The path told to the sink, whose AS is 64512, as hex; ours, 64601, leads it. */
static const struct {
    const char *option, *path, *told;
    bool force, limited, replace, include, narrow;
} publics[] = {
    {"all private", "0201 0000fc5a", "0201 0000fc59", 0, 0, 0, 0, 0},
    {"a public one", "0202 0000fc5a 0000000a", "0203 0000fc59 0000fc5a 0000000a", 0, 0, 0, 0, 0},
    {"the peer's", "0202 0000fc5a 0000fc00", "0203 0000fc59 0000fc5a 0000fc00", 0, 0, 0, 0, 0},
    {"4 octets", "0202 0000fc5a fa56ea00", "0201 0000fc59", 0, 0, 0, 0, 0},
    {"4 octets are public", "0202 0000fc5a fa56ea00", "0203 0000fc59 0000fc5a fa56ea00", 0, 0, 0, 0,
     1},
    {"65535 is none", "0202 0000fc5a 0000ffff", "0203 0000fc59 0000fc5a 0000ffff", 0, 0, 0, 0, 0},
    {"force", "0204 0000fc5a 0000000a 0000fc00 0000fc5b", "0203 0000fc59 0000000a 0000fc00", 1, 0,
     0, 0, 0},
    {"force include", "0204 0000fc5a 0000000a 0000fc00 0000fc5b", "0202 0000fc59 0000000a", 1, 0, 0,
     1, 0},
    {"force replace", "0203 0000fc5a 0000000a 0000fc00", "0204 0000fc59 0000fc59 0000000a 0000fc00",
     1, 0, 1, 0, 0},
    {"force, sets", "0201 0000fc5a 0102 0000fc5b 0000000b", "0201 0000fc59 0101 0000000b", 1, 0, 0,
     0, 0},
    {"limited", "0204 0000fc5a 0000fc5b 0000000a 0000fc5c", "0203 0000fc59 0000000a 0000fc5c", 0, 1,
     0, 0, 0},
    {"limited, the peer's", "0203 0000fc5a 0000fc00 0000fc5b", "0202 0000fc59 0000fc00", 0, 1, 0, 0,
     0},
    {"limited include", "0203 0000fc5a 0000fc00 0000fc5b", "0201 0000fc59", 0, 1, 0, 1, 0},
    {"limited replace", "0203 0000fc5a 0000000a 0000fc5b",
     "0204 0000fc59 0000fc59 0000000a 0000fc5b", 0, 1, 1, 0, 0},
};

static void assert_path(const struct bgp_update *u, const char *want, const char *what)
{
    struct bgp_attr a = attr_of(u, BGP_ATTR_AS_PATH);
    uint8_t b[100];
    size_t n = hex(want, b);

    ck_assert_msg(a.value.left == n && memcmp(a.value.at, b, n) == 0, "%s: %zu octets", what,
                  a.value.left);
}

/* An EBGP route of the feeder with this path. */
static void say_path(const char *path)
{
    uint8_t b[100];
    char attrs[500];

    snprintf(attrs, sizeof attrs, "40010100 4002%02x %s 400304c0000201", (unsigned)hex(path, b),
             path);
    ck_assert(say(feed_line, attrs, "180a0101"));
    settle();
}

START_TEST(public_as_only)
{
    struct bgp_peer_conf conf;
    struct bgp_update u;
    struct line *n;

    begin(false);
    process = lab_process();
    process.no_private_as4 = publics[_i].narrow;
    set_process();
    n = up("192.0.2.5", 64512, 0x0a0000c5, true);
    say_path(publics[_i].path);
    ck_assert(next_update(n, &u));
    conf = open_conf("192.0.2.5", 64512);
    conf.af[BGP_IPV4_UNICAST].public_as_only = true;
    conf.af[BGP_IPV4_UNICAST].public_as_force = publics[_i].force;
    conf.af[BGP_IPV4_UNICAST].public_as_limited = publics[_i].limited;
    conf.af[BGP_IPV4_UNICAST].public_as_replace = publics[_i].replace;
    conf.af[BGP_IPV4_UNICAST].public_as_peer = publics[_i].include;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert(next_update(n, &u));
    assert_path(&u, publics[_i].told, publics[_i].option);
    ck_assert_int_eq(state(l, "192.0.2.5"), BGP_ESTABLISHED);
    end();
}
END_TEST

START_TEST(fake_as)
{
    struct bgp_peer_conf conf;
    struct bgp_open o;
    struct bgp_update u;
    struct bgp_attr a;
    const struct bgp_route *r;
    struct line *n;

    begin(false);
    conf = open_conf("192.0.2.5", 65005);
    conf.fake_as = 777;
    conf.fake_global = true;
    conf.fake_in = true;
    o = peer_open(65005, 0x0a0000c5);
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    establish_tcp(n = last_attempt(l));
    ck_assert(feed_open(n, &o));
    ck_assert(feed_hex(n, KEEPALIVE));
    say_path("0201 0000fc5a");
    ck_assert(next_update(n, &u));
    assert_path(&u, "0203 00000309 0000fc59 0000fc5a", "prepend-global-as");
    ck_assert(say(n, "40010100 4002060201 0000fded 400304c0000205", "180a0202"));
    ck_assert_ptr_nonnull(r = best("10.2.2.0", 24)); /* what we put in front is no loop */
    ck_assert(
        bgp_attr_find(bgp_cursor_on(batch.bytes + r->attrs, r->nattrs), BGP_ATTR_AS_PATH, &a));
    ck_assert_uint_eq(a.value.left, 10);
    ck_assert_int_eq(memcmp(a.value.at, "\2\2\0\0\3\x09\0\0\xfd\xed", 10), 0);
    /* but what came with it is */
    ck_assert(say(n, "40010100 40020a0202 0000fded 00000309 400304c0000205", "180a0303"));
    ck_assert_ptr_null(best("10.3.3.0", 24));
    end();
}
END_TEST

START_TEST(as_path_limit)
{
    begin(false);
    process = lab_process();
    say_path("0203 0000fc5a 0000000a 0000000b");
    for (unsigned limit = 0; limit < 5; limit++) {
        process.as_path_limit = (uint16_t)limit;
        set_process();
        ck_assert_int_eq(best("10.1.1.0", 24) != NULL, limit == 0 || limit >= 3);
    }
    process.as_path_limit = 2;
    set_process();
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].accepted, 0);
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].received, 1);
    ck_assert_uint_eq(refreshes(feed_line), 0);
    end();
}
END_TEST

/* --- what is received ------------------------------------------------------------------------- */

START_TEST(check_first_as_of_a_peer)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);

    begin(false);
    ck_assert(say(feed_line, "40010100 4002060201 0000ffff 400304c0000201", "180a0101"));
    ck_assert_ptr_null(best("10.1.1.0", 24));
    refreshes(feed_line);
    conf.no_check_first_as = true;
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    ck_assert_uint_eq(refreshes(feed_line), 3); /* of each family in use, and nothing else */
    ck_assert(say(feed_line, "40010100 4002060201 0000ffff 400304c0000201", "180a0101"));
    ck_assert_ptr_nonnull(best("10.1.1.0", 24));
    end();
}
END_TEST

static size_t communities(const char *prefix, uint8_t out[64])
{
    const struct bgp_route *r = best(prefix, 24);
    struct bgp_attr a;

    ck_assert_ptr_nonnull(r);
    if (!bgp_attr_find(bgp_cursor_on(batch.bytes + r->attrs, r->nattrs), BGP_ATTR_EXT_COMMUNITY,
                       &a))
        return 0;
    memcpy(out, a.value.at, a.value.left);
    return a.value.left;
}

START_TEST(site_of_origin)
{
    static const uint8_t site[8] = {0, 3, 0, 100, 0, 0, 0, 1};
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    struct bgp_update u;
    char attrs[500];
    uint8_t c[64];

    begin(false);
    conf.af[BGP_IPV4_UNICAST].soo = UINT64_C(0x0002006400000001);
    refreshes(feed_line);
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    ck_assert_uint_eq(refreshes(feed_line), 1); /* of that family */
    ck_assert(say(feed_line, base(true), "180a0101"));
    snprintf(attrs, sizeof attrs, "%s c01008 0002000100000007 c0200c000000010000000200000003",
             base(true));
    ck_assert(say(feed_line, attrs, "180a0202"));
    snprintf(attrs, sizeof attrs, "%s c01008 0003000900000009", base(true));
    ck_assert(say(feed_line, attrs, "180a0303"));
    ck_assert_uint_eq(communities("10.1.1.0", c), 8);
    ck_assert_int_eq(memcmp(c, site, 8), 0);
    ck_assert_uint_eq(communities("10.2.2.0", c), 16);
    ck_assert_int_eq(memcmp(c + 8, site, 8), 0);
    ck_assert_uint_eq(communities("10.3.3.0", c), 8); /* it has one */
    ck_assert_uint_eq(c[3], 9);
    settle();
    while (next_update(sink, &u))
        ;
    /* the sink is at the same site now: what comes from there is taken back, and only that */
    conf = open_conf(SINK, 65009);
    conf.af[BGP_IPV4_UNICAST].soo = UINT64_C(0x0002006400000001);
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    settle();
    ck_assert(next_update(sink, &u));
    if (u.withdrawn.left == 0)
        ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.withdrawn.left, 8);
    ck_assert_uint_eq(look(l, SINK).routes[BGP_IPV4_UNICAST].advertised, 1);
    ck_assert_int_eq(state(l, SINK), BGP_ESTABLISHED);
    end();
}
END_TEST

START_TEST(discard_ext_community)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    const struct bgp_route *r;
    char attrs[500];
    uint8_t c[64];

    begin(false);
    conf.af[BGP_IPV4_UNICAST].discard_ext_community = true;
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    snprintf(attrs, sizeof attrs,
             "%s c0080400010002 c01008 0002000100000007 "
             "c01914 0000000000000000000000000000000000000001 c0200c000000010000000200000003",
             base(true));
    ck_assert(say(feed_line, attrs, "180a0202"));
    ck_assert_uint_eq(communities("10.2.2.0", c), 0);
    r = best("10.2.2.0", 24);
    ck_assert(has_attr(r, BGP_ATTR_COMMUNITY) && has_attr(r, BGP_ATTR_LARGE_COMMUNITY));
    ck_assert(!has_attr(r, BGP_ATTR_IPV6_EXT_COMMUNITY));
    end();
}
END_TEST

START_TEST(public_as_import)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    struct bgp_update u;

    begin(false);
    conf.af[BGP_IPV4_UNICAST].public_as_in = true;
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    say_path("0202 0000fc5a 0000fc5b");
    ck_assert(next_update(sink, &u));
    assert_path(&u, "0201 0000fc59", "all private");
    say_path("0202 0000fc5a 0000000a");
    ck_assert(next_update(sink, &u));
    assert_path(&u, "0203 0000fc59 0000fc5a 0000000a", "a public one");
    conf.af[BGP_IPV4_UNICAST].public_as_in_force = true;
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    say_path("0202 0000fc5a 0000000a");
    ck_assert(next_update(sink, &u));
    assert_path(&u, "0202 0000fc59 0000000a", "force");
    end();
}
END_TEST

START_TEST(keep_all_routes)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    struct bgp_addr a = addr(FEED);

    begin(false);
    conf.af[BGP_IPV4_UNICAST].keep_all_routes = true;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    refreshes(feed_line);
    ck_assert(bgp_refresh_in(l->b, &a, 0xff));
    ck_assert_uint_eq(refreshes(feed_line), 2); /* the other families */
    process = lab_process();
    process.keep_all_routes = true;
    set_process();
    ck_assert(bgp_refresh_in(l->b, &a, 0xff));
    ck_assert_uint_eq(refreshes(feed_line), 0);
    end();
}
END_TEST

/* --- load balancing --------------------------------------------------------------------------- */

/* Which of the peers 192.0.2.11 and up have the best path, and which are selected: bits. */
static void choices_of(unsigned *one, unsigned *all)
{
    struct bgp_walk_filter f = {.family = BGP_IPV4_UNICAST, .kind = BGP_WALK_ALL, .one = true};
    struct bgp_walk *w;

    f.prefix.addr = addr("10.1.1.0");
    f.prefix.len = 24;
    w = bgp_walk_new(l->b, &f);
    ck_assert(bgp_walk_next(w, &batch));
    bgp_walk_free(w);
    *one = *all = 0;
    for (size_t i = 0; i < batch.n; i++) {
        *one |= (unsigned)batch.routes[i].best << (batch.routes[i].from.b[3] - 11);
        *all |= (unsigned)batch.routes[i].selected << (batch.routes[i].from.b[3] - 11);
    }
}

/* Five routes: 11, 12, 13 are external, 14, 15 internal; 11 and 12 have one AS path, 13 another of
 * the same length, 14 and 15 that of 11. */
START_TEST(load_balancing)
{
    static const struct {
        uint16_t plain, ebgp, ibgp, eibgp;
        bool any, relaxed;
        unsigned selected;
    } cases[] = {
        {0, 0, 0, 0, 0, 0, 0x01}, {8, 0, 0, 0, 0, 0, 0x03}, {8, 0, 0, 0, 0, 1, 0x07},
        {8, 0, 0, 0, 1, 0, 0x07}, {2, 0, 0, 0, 0, 1, 0x03}, {0, 8, 0, 0, 0, 1, 0x07},
        {0, 0, 8, 0, 0, 1, 0x01}, {0, 0, 0, 8, 0, 0, 0x1b}, {0, 0, 0, 8, 0, 1, 0x1f},
        {0, 0, 0, 3, 0, 1, 0x07}, {1, 0, 0, 0, 0, 0, 0x01},
    };
    static const char *const paths[] = {"0000aaaa 0000bbbb", "0000aaaa 0000bbbb",
                                        "0000aaaa 0000cccc", "0000aaaa 0000bbbb",
                                        "0000aaaa 0000bbbb"};
    unsigned one, all;
    char a[20], attrs[200];

    l = lab_new();
    for (unsigned i = 0; i < 5; i++) {
        snprintf(a, sizeof a, "192.0.2.%u", 11 + i);
        snprintf(attrs, sizeof attrs, "40010100 40020a0202 %s 400304c00002%02x %s", paths[i],
                 11 + i, i < 3 ? "" : "40050400000064");
        ck_assert(say(up(a, i < 3 ? 0xaaaa : OUR_AS, 0x0a0000d1 + i, true), attrs, "180a0101"));
    }
    process = lab_process();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bgp_af_conf *af = &process.af[BGP_IPV4_UNICAST];

        af->multipath = cases[i].plain;
        af->multipath_ebgp = cases[i].ebgp;
        af->multipath_ibgp = cases[i].ibgp;
        af->multipath_eibgp = cases[i].eibgp;
        af->multipath_any_path = cases[i].any;
        af->multipath_relaxed = cases[i].relaxed;
        set_process();
        choices_of(&one, &all);
        ck_assert_uint_eq(one, 1);
        ck_assert_msg(all == cases[i].selected, "case %zu: %x", i, all);
    }
    lab_free(l);
}
END_TEST

/* --- a default route of our own --------------------------------------------------------------- */

START_TEST(default_route)
{
    struct bgp_peer_conf conf = open_conf(SINK, 65009);
    struct bgp_update u;

    begin(false);
    conf.af[BGP_IPV4_UNICAST].default_route = true;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.nlri.left, 1);
    ck_assert_uint_eq(u.nlri.at[0], 0);
    assert_path(&u, "0201 0000fc59", "ours");
    ck_assert_uint_eq(u32_of(&u, BGP_ATTR_NEXT_HOP), 0xc00002fe);
    ck_assert(!next_update(feed_line, &u));
    /* whatever the table has */
    ck_assert(say(feed_line, base(true), "00 180a0101"));
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.nlri.left, 4);
    ck_assert(!next_update(sink, &u));
    ck_assert(feed_hex(feed_line, "FF* 0018 02 0001 00 0000"));
    settle();
    ck_assert(!next_update(sink, &u));
    /* one learned takes its place, and goes with the peer */
    ck_assert(say(feed_line, base(true), "00"));
    conf.af[BGP_IPV4_UNICAST].default_route = false;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert(next_update(sink, &u));
    assert_path(&u, "0202 0000fc59 0000fc5a", "learned");
    cut_tcp(feed_line);
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.withdrawn.left, 5);
    /* nothing in the table, and nothing stays behind */
    conf.af[BGP_IPV4_UNICAST].default_route = true;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert(next_update(sink, &u));
    conf.af[BGP_IPV4_UNICAST].default_route = false;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.withdrawn.left, 1);
    pass(l, 1000);
    ck_assert_uint_eq(l->b->rib->tables[BGP_IPV4_UNICAST].dests.slab.live, 0);
    end();
}
END_TEST

/* --- route limits ----------------------------------------------------------------------------- */

static void assert_alert(unsigned which, bool limit, bool over, unsigned routes)
{
    const struct bgp_alert *a = &l->alerts[which];

    ck_assert_uint_gt(l->nalerts, which);
    ck_assert_int_eq(a->limit, limit);
    ck_assert_int_eq(a->over, over);
    ck_assert_uint_eq(a->routes, routes);
}

START_TEST(limit_alerts)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    struct line *other;

    begin(false);
    other = up("192.0.2.7", 65007, 0x0a0000c7, true);
    /* that somebody else has a route to the place does not make it free */
    ck_assert(say(other, "40010100 4002060201 0000fdef 400304c0000207",
                  "180a0101 180a0202 180a0303 180a0404 180a0505"));
    conf.af[BGP_IPV4_UNICAST].route_limit = 4;
    conf.af[BGP_IPV4_UNICAST].route_limit_alert_only = true;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(say(feed_line, base(true), "180a0101 180a0202"));
    ck_assert_uint_eq(l->nalerts, 0);
    ck_assert(say(feed_line, base(true), "180a0303"));
    assert_alert(0, false, true, 3); /* 75 % */
    ck_assert(say(feed_line, base(true), "180a0404 180a0505 180a0606"));
    assert_alert(1, true, true, 4);
    ck_assert_uint_eq(l->nalerts, 2);
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].received, 4);
    ck_assert(say(feed_line, base(true), "180a0404")); /* known: no matter */
    ck_assert(feed_hex(feed_line, "FF* 001f 02 0008 180a0404 180a0303 0000"));
    assert_alert(2, false, false, 2);
    assert_alert(3, true, false, 2);
    ck_assert_int_eq(state(l, FEED), BGP_ESTABLISHED);
    end();
}
END_TEST

/* Over the limit without alert-only: how long the session stays down. */
START_TEST(limit_idles)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);
    struct bgp_addr a = addr(FEED);
    struct bgp_peer_af_conf *af = &conf.af[BGP_IPV4_UNICAST];

    begin(false);
    af->route_limit = 1;
    af->route_limit_minutes = _i == 1 ? 2 : 0;
    af->route_limit_forever = _i >= 2;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(!say(feed_line, base(true), "180a0101 180a0202"));
    assert_notified(feed_line, 6, 1, "the limit");
    ck_assert_str_eq(l->events[l->nevents - 1].reason, "Route limit");
    pass(l, _i == 1 ? 119000 : 29000);
    ck_assert_int_eq(state(l, FEED), BGP_IDLE);
    bgp_set_peer(l->b, &conf, BGP_KEEP); /* looking at it again changes nothing */
    ck_assert_int_eq(state(l, FEED), BGP_IDLE);
    pass(l, 2000);
    ck_assert_int_eq(state(l, FEED), _i < 2 ? BGP_CONNECT : BGP_IDLE);
    if (_i >= 2) {
        pass(l, 3600000);
        ck_assert_int_eq(state(l, FEED), BGP_IDLE);
        ck_assert_str_ne(look(l, FEED).blocked, "");
        if (_i == 2)
            bgp_reset_peer(l->b, &a, NULL);
        af->route_limit = 10;
        bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
        ck_assert_int_eq(state(l, FEED), BGP_CONNECT);
    }
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
    tcase_add_loop_test(t, public_as_only, 0, (int)(sizeof publics / sizeof *publics));
    tcase_add_test(t, fake_as);
    tcase_add_test(t, as_path_limit);
    tcase_add_test(t, check_first_as_of_a_peer);
    tcase_add_test(t, site_of_origin);
    tcase_add_test(t, discard_ext_community);
    tcase_add_test(t, public_as_import);
    tcase_add_test(t, keep_all_routes);
    tcase_add_test(t, load_balancing);
    tcase_add_test(t, default_route);
    tcase_add_test(t, limit_alerts);
    tcase_add_loop_test(t, limit_idles, 0, 4);
    return run_suite(s);
}
