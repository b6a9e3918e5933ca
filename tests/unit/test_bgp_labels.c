/*
 * Labels of prefixes (RFC 8277) and IPv6 next hops of IPv4 prefixes (RFC 8950): the octets, what is
 * offered and agreed, what becomes of a route on its way through. The peers are played by hand.
 */
#include "test_bgp_lab.h"

#include "bgp/rib/rib.h"

#define FEED "192.0.2.1"
#define SINK "192.0.2.9"
#define FEED6 "2001:db8::1"
#define SINK6 "2001:db8::9"

/* --- prefixes --------------------------------------------------------------------------------- */

static const struct {
    const char *what, *field;
    enum bgp_family family;
    bool stacks;
    int len; /* of the only prefix; -1: malformed */
    uint32_t label;
    const char *deeper;
} fields[] = {
    {"one label", "30 00bb91 0a0101", BGP_IPV4_LABELED, false, 24, 0xbb91, ""},
    {"one label, S bit not set", "30 00bb90 0a0101", BGP_IPV4_LABELED, false, 24, 0xbb90, ""},
    {"one label where several may be", "30 00bb91 0a0101", BGP_IPV4_LABELED, true, 24, 0xbb91, ""},
    {"no prefix bits", "18 00bb91", BGP_IPV4_LABELED, false, 0, 0xbb91, ""},
    {"/32", "38 00bb91 0a010101", BGP_IPV4_LABELED, false, 32, 0xbb91, ""},
    {"/33", "39 00bb91 0a01010180", BGP_IPV4_LABELED, false, -1, 0, ""},
    {"shorter than a label", "10 00bb", BGP_IPV4_LABELED, false, -1, 0, ""},
    {"one bit short of a label", "17 00bb91", BGP_IPV4_LABELED, false, -1, 0, ""},
    {"two labels", "48 00bb90 00bba1 0a0101", BGP_IPV4_LABELED, true, 24, 0xbb90, "00bba1"},
    {"two labels where one may be", "48 00bb90 00bba1 0a0101", BGP_IPV4_LABELED, false, -1, 0, ""},
    {"three labels", "60 00bb90 00bba0 00bbb1 0a0101", BGP_IPV4_LABELED, true, 24, 0xbb90,
     "00bba0 00bbb1"},
    {"the stack has no bottom", "30 00bb90 00bba0", BGP_IPV4_LABELED, true, -1, 0, ""},
    {"the bottom is beyond the length", "2f 00bb90 00bba1", BGP_IPV4_LABELED, true, -1, 0, ""},
    {"nine labels and a /32",
     "f8 000100 000100 000100 000100 000100 000100 000100 000100 000101 0a010101", BGP_IPV4_LABELED,
     true, 32, 0x100, "000100 000100 000100 000100 000100 000100 000100 000101"},
    {"VPNv4, two labels", "88 00bb90 00bba1 0000fc5900000001 0a0101", BGP_VPNV4, true, 24, 0xbb90,
     "00bba1"},
    {"VPNv4, shorter than a distinguisher", "50 00bb91 0000fc59000000", BGP_VPNV4, true, -1, 0, ""},
    {"VPNv6, two labels", "a0 00bb90 00bba1 0000fc5900000001 20010db80001", BGP_VPNV6, true, 48,
     0xbb90, "00bba1"},
    {"unicast has no labels", "18 0a0101", BGP_IPV4_UNICAST, true, 24, 0, ""},
};

START_TEST(nlri)
{
    uint8_t b[64], deeper[40], back[64];
    size_t n = hex(fields[_i].field, b), ndeeper = hex(fields[_i].deeper, deeper);
    struct bgp_cursor c = bgp_cursor_on(b, n);
    struct bgp_writer w = bgp_writer_on(back, sizeof back);
    struct bgp_nlri p;
    bool ok = bgp_nlri_check(c, fields[_i].family, fields[_i].stacks);

    ck_assert_msg(ok == (fields[_i].len >= 0), "%s", fields[_i].what);
    ck_assert_int_eq(bgp_nlri_next(&c, fields[_i].family, fields[_i].stacks, &p), ok);
    ck_assert_int_eq(c.bad, !ok);
    if (!ok)
        return;
    ck_assert_int_eq(p.len, fields[_i].len);
    ck_assert_uint_eq(p.label, fields[_i].label);
    ck_assert_uint_eq(p.stack.left, ndeeper);
    ck_assert(ndeeper == 0 || memcmp(p.stack.at, deeper, ndeeper) == 0);
    ck_assert(!bgp_nlri_next(&c, fields[_i].family, fields[_i].stacks, &p) && !c.bad);
    bgp_nlri_put(&w, fields[_i].family, p.key, p.len, p.label, p.stack);
    ck_assert_uint_eq(bgp_written(&w), n);
    ck_assert_int_eq(memcmp(back, b, n), 0);
}
END_TEST

/* --- capabilities ----------------------------------------------------------------------------- */

static const struct {
    const char *what, *caps;
    unsigned hop6;
    uint8_t labeled, vpnv4; /* labels */
} offers[] = {
    {"none", "", 0, 0, 0},
    {"next hops of three families", "0512 000100010002 000100040002 000100800002",
     1u << BGP_IPV4_UNICAST | 1u << BGP_IPV4_LABELED | 1u << BGP_VPNV4, 0, 0},
    {"next hop of another kind", "0506 000100010001", 0, 0, 0},
    {"next hop of IPv6", "0506 000200010002", 0, 0, 0},
    {"next hop of an unknown family", "0506 000100460002", 0, 0, 0},
    {"length 5", "0505 0001000100", 0, 0, 0},
    {"length 7", "0507 00010001000200", 0, 0, 0},
    {"labels of two families", "0808 00010403 000180ff", 0, 3, 255},
    {"the first of two counts", "0808 00010403 00010405", 0, 3, 0},
    {"count 0 and 1 say nothing", "0808 00010400 00018001", 0, 0, 0},
    {"count 1, then a good one", "0808 00010401 00010405", 0, 5, 0},
    {"labels of unicast", "0804 00010103", 0, 0, 0},
    {"length 3", "0803 000104", 0, 0, 0},
};

START_TEST(capabilities)
{
    uint8_t b[64], back[64];
    struct bgp_cursor c = bgp_cursor_on(b, hex(offers[_i].caps, b));
    struct bgp_writer w = bgp_writer_on(back, sizeof back);
    struct bgp_caps caps = {0}, again = {0};

    ck_assert_msg(bgp_caps_decode(&c, &caps), "%s", offers[_i].what);
    ck_assert_msg(caps.hop6 == offers[_i].hop6, "%s: next hops %x", offers[_i].what, caps.hop6);
    ck_assert_uint_eq(caps.labels[BGP_IPV4_LABELED], offers[_i].labeled);
    ck_assert_uint_eq(caps.labels[BGP_VPNV4], offers[_i].vpnv4);
    bgp_caps_encode(&w, &caps);
    c = bgp_cursor_on(back, bgp_written(&w));
    ck_assert(bgp_caps_decode(&c, &again));
    ck_assert_int_eq(memcmp(&caps, &again, sizeof caps), 0);
}
END_TEST

/* --- routes ----------------------------------------------------------------------------------- */

static struct lab *l;

/* A peer with one family; labels: how many its OPEN says it takes; hop6: and IPv6 next hops. */
static struct line *up(const char *a, uint32_t as, enum bgp_family f, unsigned labels, bool hop6)
{
    struct bgp_peer_conf conf = peer_conf(a);
    struct bgp_addr local = addr(conf.addr.af == 6 ? "2001:db8::fe" : "192.0.2.254");
    struct bgp_open o = peer_open(as, 0x0a000000 + conf.addr.b[conf.addr.af == 6 ? 15 : 3]);
    struct line *n;

    conf.remote_as = as;
    conf.kind = as == OUR_AS ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
    conf.enabled = (uint8_t)(1u << f);
    conf.af[f].reflect_client = as == OUR_AS;
    o.caps.families = conf.enabled;
    o.caps.labels[f] = (uint8_t)labels;
    o.caps.hop6 = hop6 ? conf.enabled : 0;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    bgp_connected(n->conn, &local, 40000, 179);
    ck_assert(feed_open(n, &o));
    ck_assert(feed_hex(n, KEEPALIVE));
    ck_assert_int_eq(state(l, a), BGP_ESTABLISHED);
    return n;
}

/* An UPDATE with the usual attributes and this one, MP_REACH or MP_UNREACH. */
static bool say(struct line *n, uint32_t as, const char *mp)
{
    uint8_t a[200], buf[400];
    char text[300];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);
    size_t na;

    if (strncmp(mp, "800f", 4) == 0)
        snprintf(text, sizeof text, "%s", mp);
    else if (as == OUR_AS)
        snprintf(text, sizeof text, "%s 40010100 400200 40050400000064", mp);
    else
        snprintf(text, sizeof text, "%s 40010100 4002060201%08x", mp, as);
    na = hex(text, a);
    bgp_frame_begin(&w, BGP_UPDATE);
    bgp_put_u16(&w, 0);
    bgp_put_u16(&w, (unsigned)na);
    bgp_put_bytes(&w, a, na);
    return feed(n, buf, bgp_frame_end(&w));
}

/* The MP attribute of the next UPDATE on the line equals the text; "" none is sent, and nothing
 * else. */
static void assert_told(struct line *n, const char *mp)
{
    uint8_t want[100];
    size_t len, nwant = hex(mp, want);
    const uint8_t *body;
    uint8_t type;
    struct bgp_update u;
    struct bgp_attr a;
    struct bgp_fault f;

    for (unsigned i = 0; i < l->nlines; i++)
        if (l->lines[i].conn)
            bgp_unsent(l->lines[i].conn, 0);
    pass(l, 10);
    while ((type = heard(n, &body, &len)) != 0) {
        if (type != BGP_UPDATE || len <= 11) /* End-of-RIB */
            continue;
        ck_assert(bgp_update_split(bgp_cursor_on(body, len), &u, &f));
        ck_assert_uint_eq(u.nlri.left + u.withdrawn.left, 0);
        ck_assert(bgp_attr_next(&u.attributes, &a)); /* it is the first one */
        ck_assert_msg(a.code == want[1] && a.value.left == nwant - 3 &&
                          memcmp(a.value.at, want + 3, nwant - 3) == 0,
                      "something else than %s: %02x%02x..., %zu octets", mp, a.code, a.value.at[0],
                      a.value.left);
        return;
    }
    ck_assert_msg(nwant == 0, "nothing instead of %s", mp);
}

/* With our next hop goes our label; all that was received is shown. */
START_TEST(own_label)
{
    struct bgp_walk_filter f = {.family = BGP_IPV4_LABELED, .kind = BGP_WALK_BEST};
    struct bgp_route_batch batch = {0};
    struct line *feeder, *sink;
    struct bgp_walk *w;

    l = lab_new();
    feeder = up(FEED, PEER_AS, BGP_IPV4_LABELED, 3, false);
    sink = up(SINK, 65009, BGP_IPV4_LABELED, 0, false);
    ck_assert(say(feeder, PEER_AS, "800e13 000104 04c0000201 00 48 00bb90 00bba1 0a0101"));
    assert_told(sink, "800e10 000104 04c00002fe 00 30 000101 0a0101"); /* 16, the first one */
    w = bgp_walk_new(l->b, &f);
    ck_assert(bgp_walk_next(w, &batch));
    ck_assert_uint_eq(batch.n, 1);
    ck_assert_uint_eq(batch.routes[0].label, 0xbb9);
    ck_assert_uint_eq(batch.routes[0].local_label, 16);
    ck_assert_uint_eq(batch.routes[0].nstack, 1);
    ck_assert_int_eq(
        memcmp(batch.bytes + batch.routes[0].attrs + batch.routes[0].nattrs, "\0\xbb\xa1", 3), 0);
    bgp_walk_free(w);
    bgp_route_batch_free(&batch);
    /* other labels: nothing that the sink could see */
    ck_assert(say(feeder, PEER_AS, "800e13 000104 04c0000201 00 48 00bb90 00bbb1 0a0101"));
    assert_told(sink, "");
    ck_assert(say(feeder, PEER_AS, "800f0a 000104 30 000000 0a0101"));
    assert_told(sink, "800f0a 000104 30 800000 0a0101");
    lab_free(l);
}
END_TEST

/* What stands in the label's place when a prefix is withdrawn means nothing. */
START_TEST(withdrawn)
{
    static const char *const with[] = {"800f0a 000104 30 800000 0a0101",
                                       "800f0a 000104 30 000000 0a0101",
                                       "800f0a 000104 30 00bb91 0a0101"};
    struct line *feeder;

    for (unsigned i = 0; i < 3; i++) {
        l = lab_new();
        feeder = up(FEED, PEER_AS, BGP_IPV4_LABELED, 0, false);
        ck_assert(say(feeder, PEER_AS, "800e10 000104 04c0000201 00 30 00bb91 0a0101"));
        ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_LABELED].received, 1);
        ck_assert(say(feeder, PEER_AS, with[i]));
        ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_LABELED].received, 0);
        lab_free(l);
    }
}
END_TEST

/* A reflector leaves the next hop and so the labels alone; a peer that does not take so many is not
 * told. */
START_TEST(reflected_stack)
{
    const char *two = "800e13 000104 04c0000201 00 48 00bb90 00bba1 0a0101";
    struct line *feeder, *sinks[3];

    l = lab_new();
    feeder = up(FEED, OUR_AS, BGP_IPV4_LABELED, 3, false);
    sinks[0] = up("192.0.2.10", OUR_AS, BGP_IPV4_LABELED, 0, false);
    sinks[1] = up("192.0.2.12", OUR_AS, BGP_IPV4_LABELED, 2, false);
    sinks[2] = up("192.0.2.13", OUR_AS, BGP_IPV4_LABELED, 255, false);
    ck_assert(say(feeder, OUR_AS, two));
    assert_told(sinks[0], "");
    assert_told(sinks[1], two);
    assert_told(sinks[2], two);
    ck_assert(say(feeder, OUR_AS, "800e16 000104 04c0000201 00 60 00bb90 00bba0 00bbb1 0a0101"));
    assert_told(sinks[0], "");
    assert_told(sinks[1], "800f0a 000104 30 800000 0a0101");
    assert_told(sinks[2], "800e16 000104 04c0000201 00 60 00bb90 00bba0 00bbb1 0a0101");
    ck_assert(!say(feeder, OUR_AS, "800e10 000104 04c0000201 00 30 00bb90 0a0100"));
    assert_notified(feeder, 3, 9, "a stack without bottom");
    lab_free(l);
}
END_TEST

START_TEST(single_label_kept)
{
    struct line *feeder, *sink;

    l = lab_new();
    feeder = up(FEED, OUR_AS, BGP_IPV4_LABELED, 0, false);
    sink = up("192.0.2.10", OUR_AS, BGP_IPV4_LABELED, 2, false);
    ck_assert(say(feeder, OUR_AS, "800e10 000104 04c0000201 00 30 00bb90 0a0101"));
    assert_told(sink, "800e10 000104 04c0000201 00 30 00bb91 0a0101"); /* S is set on the way out */
    lab_free(l);
}
END_TEST

/* --- IPv6 next hops of IPv4 prefixes ------------------------------------------------------------
 */

START_TEST(offered_over_ipv6)
{
    struct bgp_peer_conf conf = peer_conf(FEED6);
    struct bgp_addr local = addr("2001:db8::fe"), local4 = addr("192.0.2.254");
    struct bgp_open o;
    struct line *n;

    l = lab_new();
    conf.enabled = 1u << BGP_IPV4_UNICAST | 1u << BGP_VPNV4 | 1u << BGP_IPV6_UNICAST;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    bgp_connected(n->conn, &local, 40000, 179);
    o = heard_open(n);
    ck_assert_uint_eq(o.caps.hop6, 1u << BGP_IPV4_UNICAST | 1u << BGP_VPNV4);
    ck_assert_uint_eq(o.caps.labels[BGP_VPNV4], BGP_LABELS_MOST);
    ck_assert_uint_eq(o.caps.labels[BGP_IPV4_LABELED], 0);
    conf.addr = addr(FEED);
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    bgp_connected(n->conn, &local4, 40000, 179);
    ck_assert_uint_eq(heard_open(n).caps.hop6, 0);
    lab_free(l);
}
END_TEST

#define HOP1 "20010db8000000000000000000000001"
#define HOPFE "20010db80000000000000000000000fe"

static const struct {
    enum bgp_family family;
    const char *reach, *told, *unreach;
} sixes[] = {
    {BGP_IPV4_UNICAST, "800e19 000101 10" HOP1 "00 18 0a0101",
     "800e19 000101 10" HOPFE "00 18 0a0101", "800f07 000101 18 0a0101"},
    {BGP_IPV4_LABELED, "800e1c 000104 10" HOP1 "00 30 00bb91 0a0101",
     "800e1c 000104 10" HOPFE "00 30 000101 0a0101", "800f0a 000104 30 800000 0a0101"},
    {BGP_VPNV4, "800e2c 000180 18 0000000000000000" HOP1 "00 70 00bb91 0000fc5900000001 0a0101",
     "800e2c 000180 18 0000000000000000" HOPFE "00 70 000101 0000fc5900000001 0a0101",
     "800f12 000180 70 800000 0000fc5900000001 0a0101"},
    {BGP_IPV4_UNICAST, /* with a link-local address */
     "800e29 000101 20" HOP1 "fe800000000000000000000000000001 00 18 0a0101",
     "800e19 000101 10" HOPFE "00 18 0a0101", "800f07 000101 18 0a0101"},
};

START_TEST(through_ipv6)
{
    struct line *feeder, *sink;

    l = lab_new();
    feeder = up(FEED6, PEER_AS, sixes[_i].family, 0, true);
    sink = up(SINK6, 65009, sixes[_i].family, 0, true);
    ck_assert(say(feeder, PEER_AS, sixes[_i].reach));
    assert_told(sink, sixes[_i].told);
    ck_assert(say(feeder, PEER_AS, sixes[_i].unreach));
    assert_told(sink, sixes[_i].unreach);
    lab_free(l);
}
END_TEST

/* Without the peer's consent it is told nothing, and must not send it either. */
START_TEST(not_agreed)
{
    struct line *feeder, *sink;

    l = lab_new();
    feeder = up(FEED6, PEER_AS, sixes[_i].family, 0, true);
    sink = up(SINK6, 65009, sixes[_i].family, 0, false);
    ck_assert(say(feeder, PEER_AS, sixes[_i].reach));
    assert_told(sink, "");
    ck_assert(!say(sink, 65009, sixes[_i].reach));
    assert_notified(sink, 3, 9, "a next hop that was not agreed");
    lab_free(l);
}
END_TEST

/* From IPv6 to a session over IPv4 and back: each side's own address is the next hop. */
START_TEST(between_the_two)
{
    struct line *four, *six;
    const uint8_t *body;
    uint8_t type;
    size_t len;
    struct bgp_update u;
    struct bgp_attr a;
    struct bgp_fault f;

    l = lab_new();
    four = up(FEED, PEER_AS, BGP_IPV4_UNICAST, 0, false);
    six = up(SINK6, 65009, BGP_IPV4_UNICAST, 0, true);
    ck_assert(say(four, PEER_AS, "400304c0000201 800e0d 000101 04c0000201 00 18 0a0101"));
    assert_told(six, "800e19 000101 10" HOPFE "00 18 0a0101");
    ck_assert(say(six, 65009, "800e19 000101 10" HOP1 "00 18 0a0202"));
    pass(l, 10);
    do
        ck_assert_int_ne(type = heard(four, &body, &len), 0);
    while (type != BGP_UPDATE || len < 12);
    ck_assert(bgp_update_split(bgp_cursor_on(body, len), &u, &f));
    ck_assert_uint_eq(u.nlri.left, 4);
    ck_assert(bgp_attr_find(u.attributes, BGP_ATTR_NEXT_HOP, &a));
    ck_assert_int_eq(memcmp(a.value.at, "\xc0\0\2\xfe", 4), 0);
    lab_free(l);
}
END_TEST

/* IPv6 prefixes with an IPv4 next hop of four octets: as if it were mapped. */
START_TEST(four_octets_for_ipv6)
{
    struct line *feeder, *sink;

    l = lab_new();
    feeder = up(FEED, OUR_AS, BGP_IPV6_UNICAST, 0, false);
    sink = up("192.0.2.10", OUR_AS, BGP_IPV6_UNICAST, 0, false);
    ck_assert(say(feeder, OUR_AS, "800e10 000201 04c0000201 00 30 20010db80001"));
    assert_told(sink, "800e1c 000201 1000000000000000000000ffffc0000201 00 30 20010db80001");
    lab_free(l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp labels");
    TCase *t = tcase_create("labels"), *six = tcase_create("IPv6 next hops");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, nlri, 0, (int)(sizeof fields / sizeof *fields));
    tcase_add_loop_test(t, capabilities, 0, (int)(sizeof offers / sizeof *offers));
    tcase_add_test(t, own_label);
    tcase_add_test(t, withdrawn);
    tcase_add_test(t, reflected_stack);
    tcase_add_test(t, single_label_kept);
    suite_add_tcase(s, six);
    tcase_add_test(six, offered_over_ipv6);
    tcase_add_loop_test(six, through_ipv6, 0, (int)(sizeof sixes / sizeof *sixes));
    tcase_add_loop_test(six, not_agreed, 0, (int)(sizeof sixes / sizeof *sixes));
    tcase_add_test(six, between_the_two);
    tcase_add_test(six, four_octets_for_ipv6);
    return run_suite(s);
}
