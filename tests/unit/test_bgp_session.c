/*
 * Sessions: coming up, negotiation, errors of the peer, collision.
 */
#include "test_bgp_lab.h"

#include "bgp/internal.h"

#define P "192.0.2.1"
#define CANARY "192.0.2.99"

START_TEST(comes_up)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, 0x0a000009), ours;
    struct bgp_peer_view v;
    struct line *n;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert_int_eq(state(l, P), BGP_OPENSENT);
    ours = heard_open(n);
    ck_assert_uint_eq(ours.as, OUR_AS);
    ck_assert_uint_eq(ours.id, OUR_ID);
    ck_assert_uint_eq(ours.hold, 180);
    ck_assert_uint_eq(ours.caps.families, conf.enabled);
    ck_assert(ours.caps.mp && ours.caps.refresh && ours.caps.extended && ours.caps.has_as4);
    o.hold = 90;
    o.caps.families = 1u << BGP_VPNV4 | 1u << BGP_VPNV6;
    feed_open(n, &o);
    ck_assert_int_eq(heard(n, NULL, NULL), BGP_KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_OPENCONFIRM);
    feed_hex(n, KEEPALIVE);
    v = look(l, P);
    ck_assert_int_eq(v.state, BGP_ESTABLISHED);
    ck_assert_int_eq(v.last_state, BGP_OPENCONFIRM);
    ck_assert_str_eq(v.last_event, "RecvKeepalive");
    ck_assert_uint_eq(v.remote_id, 0x0a000009);
    ck_assert_uint_eq(v.hold_received, 90);
    ck_assert_uint_eq(v.hold_negotiated, 90);
    ck_assert_uint_eq(v.keepalive_negotiated, 30);
    ck_assert_uint_eq(v.negotiated, 1u << BGP_VPNV4);
    ck_assert_uint_eq(v.peer_offers, 1u << BGP_VPNV4 | 1u << BGP_VPNV6);
    ck_assert_uint_eq(v.enabled, conf.enabled);
    ck_assert_uint_eq(v.up_count, 1);
    ck_assert(v.cap_refresh && v.cap_as4 && v.cap_extended && v.cap_mp_remote && !v.internal);
    ck_assert_int_eq(heard(n, NULL, NULL), BGP_UPDATE); /* End-of-RIB of the one family in use */
    ck_assert_int_eq(heard(n, NULL, NULL), 0);
    ck_assert_uint_eq(v.sent[BGP_OPEN], 1);
    ck_assert_uint_eq(v.sent[BGP_UPDATE], 1);
    ck_assert_uint_eq(v.received[BGP_KEEPALIVE], 1);
    ck_assert_uint_eq(v.local_port, 40000);
    ck_assert_uint_eq(l->nevents, 4);
    ck_assert_str_eq(l->events[3].event, "RecvKeepalive");
    ck_assert_ptr_null(l->events[3].reason);
    lab_free(l);
}
END_TEST

START_TEST(counts_updates_and_refreshes)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);
    struct bgp_peer_view v;

    l->now += 5;
    feed_hex(n, "FF* 0029 02 0000 000e 40010100 4002 00 40030401020304 18 0a0000");
    feed_hex(n, EMPTY_UPDATE);
    feed_hex(n, REFRESH);
    feed_hex(n, "FF* 0017 05 0019 00 46"); /* a family nobody agreed on */
    v = look(l, P);
    ck_assert_int_eq(v.state, BGP_ESTABLISHED);
    ck_assert_uint_eq(v.received[BGP_UPDATE], 2);
    ck_assert_uint_eq(v.received[BGP_REFRESH], 2);
    ck_assert_uint_eq(v.last_update_in, l->now);
    ck_assert_uint_eq(v.last_refresh_in, l->now);
    assert_silent(n);
    bgp_set_peer(l->b, &conf, BGP_REFRESH_IN);
    ck_assert_int_eq(heard(n, NULL, NULL), BGP_REFRESH);
    ck_assert_int_eq(heard(n, NULL, NULL), BGP_REFRESH);
    ck_assert_int_eq(heard(n, NULL, NULL), 0);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

/* --- wrong input --------------------------------------------------------------------- */

#define OPEN_OK "FF* 001d 01 04 fc5a 00b4 0a000009 00 "

static const struct {
    const char *name;
    enum bgp_state when;
    const char *bytes;
    int code, subcode; /* 0: closed without a word */
} wrong[] = {
    {"garbage", BGP_OPENSENT, "474554202f20485454502f312e300d0a0d0a0d0a", 1, 1},
    {"garbage when up", BGP_ESTABLISHED, "0000", 1, 1},
    {"bad length", BGP_OPENSENT, "FF* 0000 01", 1, 2},
    {"length alone is enough", BGP_OPENSENT, "FF* 1388 01", 1, 2},
    {"bad length when up", BGP_ESTABLISHED, "FF* 0014 04 00", 1, 2},
    {"bad type", BGP_OPENCONFIRM, "FF* 0013 06", 1, 3},
    {"version 3", BGP_OPENSENT, "FF* 001d 01 03 fc5a 00b4 0a000009 00", 2, 1},
    {"wrong AS", BGP_OPENSENT, "FF* 001d 01 04 fc5b 00b4 0a000009 00", 2, 2},
    {"wrong AS in capability 65", BGP_OPENSENT,
     "FF* 0025 01 04 fc5a 00b4 0a000009 08 0206 41040000fc5b", 2, 2},
    {"identifier 0", BGP_OPENSENT, "FF* 001d 01 04 fc5a 00b4 00000000 00", 2, 3},
    {"our identifier", BGP_OPENSENT, "FF* 001d 01 04 fc5a 00b4 0a000005 00", 2, 3},
    {"unknown parameter", BGP_OPENSENT, "FF* 001f 01 04 fc5a 00b4 0a000009 02 0900", 2, 4},
    {"parameters do not add up", BGP_OPENSENT, "FF* 001f 01 04 fc5a 00b4 0a000009 03 0200", 2, 0},
    {"hold 1", BGP_OPENSENT, "FF* 001d 01 04 fc5a 0001 0a000009 00", 2, 6},
    {"hold below our minimum", BGP_OPENSENT, "FF* 001d 01 04 fc5a 0013 0a000009 00", 2, 6},
    {"KEEPALIVE first", BGP_OPENSENT, KEEPALIVE, 5, 1},
    {"UPDATE first", BGP_OPENSENT, EMPTY_UPDATE, 5, 1},
    {"REFRESH first", BGP_OPENSENT, REFRESH, 5, 1},
    {"NOTIFICATION first", BGP_OPENSENT, "FF* 0015 03 0602", 0, 0},
    {"UPDATE too early", BGP_OPENCONFIRM, EMPTY_UPDATE, 5, 2},
    {"broken UPDATE too early", BGP_OPENCONFIRM, "FF* 0017 02 0001 0000", 5, 2},
    {"REFRESH too early", BGP_OPENCONFIRM, REFRESH, 5, 2},
    {"second OPEN", BGP_OPENCONFIRM, OPEN_OK, 5, 2},
    {"NOTIFICATION in OpenConfirm", BGP_OPENCONFIRM, "FF* 0015 03 0602", 0, 0},
    {"OPEN when up", BGP_ESTABLISHED, OPEN_OK, 5, 3},
    {"broken OPEN when up", BGP_ESTABLISHED, "FF* 001d 01 04 fc5a 00b4 0a000009 07", 5, 3},
    {"UPDATE lengths", BGP_ESTABLISHED, "FF* 0017 02 0000 0001", 3, 1},
    {"UPDATE withdrawn length", BGP_ESTABLISHED, "FF* 0017 02 ffff 0000", 3, 1},
    {"NOTIFICATION when up", BGP_ESTABLISHED, "FF* 0015 03 0604", 0, 0},
    {"NOTIFICATION of unknown code", BGP_ESTABLISHED, "FF* 0015 03 6309", 0, 0},
    {"NOTIFICATION too short", BGP_ESTABLISHED, "FF* 0014 03 06", 1, 2},
};

static struct line *reach(struct lab *l, enum bgp_state when)
{
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, 0x0a000009);
    struct line *n;

    conf.min_hold = 20;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    if (when >= BGP_OPENCONFIRM)
        feed_open(n, &o);
    if (when >= BGP_ESTABLISHED)
        feed_hex(n, KEEPALIVE);
    ck_assert_int_eq(state(l, P), when);
    return n;
}

/* Each error, in one piece and octet by octet, with another session up beside it. */
START_TEST(wrong_input)
{
    for (int piecemeal = 0; piecemeal < 2; piecemeal++) {
        struct lab *l = lab_new();
        struct bgp_peer_conf canary = peer_conf(CANARY);
        struct line *good = bring_up(l, &canary);
        struct line *n = reach(l, wrong[_i].when);
        uint8_t b[256];
        size_t len = hex(wrong[_i].bytes, b);
        struct bgp_peer_view v;

        for (size_t at = 0; piecemeal && at + 1 < len && n->conn; at++)
            feed(n, b + at, 1);
        if (n->conn)
            feed(n, piecemeal ? b + len - 1 : b, piecemeal ? 1 : len);
        v = look(l, P);
        ck_assert_msg(v.state == BGP_IDLE, "%s: %s", wrong[_i].name, bgp_state_name(v.state));
        if (wrong[_i].code) {
            assert_notified(n, wrong[_i].code, wrong[_i].subcode, wrong[_i].name);
            ck_assert_int_eq(v.last_sent.code, wrong[_i].code);
            ck_assert_int_eq(l->events[l->nevents - 1].code, wrong[_i].code);
            ck_assert_str_eq(l->events[l->nevents - 1].reason, "Receive error packet");
        } else {
            assert_silent(n);
            ck_assert(n->closed);
            ck_assert_int_ne(v.last_received.code, 0);
            ck_assert_str_eq(l->events[l->nevents - 1].reason, "Receive notification");
        }
        ck_assert_int_eq(state(l, CANARY), BGP_ESTABLISHED);
        ck_assert(feed_hex(good, KEEPALIVE));
        assert_silent(good);
        lab_free(l);
    }
}
END_TEST

START_TEST(octet_by_octet)
{
    struct lab *l = lab_new();
    struct line *n;
    uint8_t b[4096];
    size_t len;

    n = reach(l, BGP_OPENSENT);
    len = hex(OPEN_OK KEEPALIVE EMPTY_UPDATE REFRESH KEEPALIVE, b);
    for (size_t i = 0; i < len; i++)
        ck_assert(feed(n, b + i, 1));
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    ck_assert_uint_eq(look(l, P).received[BGP_KEEPALIVE], 2);
    ck_assert_uint_eq(look(l, P).received[BGP_REFRESH], 1);
    lab_free(l);
}
END_TEST

START_TEST(many_messages_at_once)
{
    struct lab *l = lab_new();
    struct line *n = reach(l, BGP_ESTABLISHED);
    uint8_t *b = malloc(500 * 19 + 10);

    for (size_t i = 0; i < 500; i++)
        hex(KEEPALIVE, b + i * 19);
    ck_assert(feed(n, b, 500 * 19 - 7)); /* the last one is cut */
    ck_assert_uint_eq(look(l, P).received[BGP_KEEPALIVE], 500);
    ck_assert_ptr_nonnull(n->conn->part);
    ck_assert(feed(n, b + 500 * 19 - 7, 7));
    ck_assert_uint_eq(look(l, P).received[BGP_KEEPALIVE], 501);
    ck_assert_ptr_null(n->conn->part); /* an idle connection holds no buffer */
    free(b);
    lab_free(l);
}
END_TEST

/* A fatal message in the middle: what follows it is not read. */
START_TEST(nothing_after_the_end)
{
    struct lab *l = lab_new();
    struct line *n = reach(l, BGP_ESTABLISHED);

    ck_assert(!feed_hex(n, KEEPALIVE "FF* 0015 03 0602" KEEPALIVE "0000"));
    assert_silent(n);
    ck_assert_int_eq(look(l, P).received[BGP_KEEPALIVE], 2);
    ck_assert_int_eq(look(l, P).last_received.subcode, 2);
    lab_free(l);
}
END_TEST

START_TEST(half_a_message_then_fin)
{
    struct lab *l = lab_new();
    struct line *n = reach(l, BGP_ESTABLISHED);

    ck_assert(feed_hex(n, "FF* 0027 02 0000 0012"));
    cut_tcp(n);
    assert_silent(n);
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert_uint_eq(look(l, P).received[BGP_UPDATE], 0);
    ck_assert_str_eq(look(l, P).last_failure, "Connection reset by peer");
    ck_assert_str_eq(l->events[l->nevents - 1].reason, "Remote peer not reachable");
    lab_free(l);
}
END_TEST

/* RFC 8654: long messages only once both ends offered them, and of some types never. */
START_TEST(extended_messages)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, 0x0a000009);
    struct line *n = bring_up(l, &conf);
    uint8_t *b = calloc(1, 65535);

    hex("FF* ffff 02 0000 0000", b);
    ck_assert(feed(n, b, 30000));
    ck_assert(feed(n, b + 30000, 35535));
    ck_assert_uint_eq(look(l, P).received[BGP_UPDATE], 1);
    ck_assert_ptr_null(n->conn->part);
    ck_assert(!feed_hex(n, "FF* 1001 01"));
    assert_notified(n, 1, 2, "OPEN of 4097");
    pass(l, 2000);
    n = last_attempt(l);
    establish_tcp(n);
    o.caps.extended = false;
    feed_open(n, &o);
    feed_hex(n, KEEPALIVE);
    ck_assert(!look(l, P).cap_extended);
    ck_assert(!feed(n, b, 40));
    assert_notified(n, 1, 2, "UPDATE of 65535, not agreed");
    free(b);
    lab_free(l);
}
END_TEST

START_TEST(shutdown_text_is_shown_safely)
{
    struct lab *l = lab_new();
    struct line *n = reach(l, BGP_ESTABLISHED);

    feed_hex(n, "FF* 001b 03 0602 05 621b5b3079");
    ck_assert_str_eq(look(l, P).last_received.text, "b\\x1b[0y");
    ck_assert(!look(l, P).last_received.sent);
    lab_free(l);
}
END_TEST

/* --- negotiation --------------------------------------------------------------------- */

START_TEST(no_common_family)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n;

    conf.enabled = 1u << BGP_VPNV4;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    feed_hex(n, OPEN_OK KEEPALIVE); /* no capability: IPv4 unicast only */
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    ck_assert_uint_eq(look(l, P).negotiated, 0);
    ck_assert_uint_eq(look(l, P).peer_offers, 1u << BGP_IPV4_UNICAST);
    ck_assert(!look(l, P).cap_mp_remote && !look(l, P).cap_as4 && !look(l, P).cap_refresh);
    ck_assert(!look(l, P).cap_extended);
    assert_silent(n);
    lab_free(l);
}
END_TEST

static const struct {
    uint16_t our_hold, our_keepalive, their_hold, hold, keepalive;
} holds[] = {
    {180, 60, 180, 180, 60}, {180, 60, 90, 90, 30}, {90, 10, 180, 90, 10}, {180, 60, 0, 0, 0},
    {0, 0, 90, 0, 0},        {180, 60, 3, 3, 1},    {180, 0, 90, 90, 30},
};

START_TEST(hold_and_keepalive)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, 0x0a000009);
    struct line *n;

    conf.hold = holds[_i].our_hold;
    conf.keepalive = holds[_i].our_keepalive;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    o.hold = holds[_i].their_hold;
    feed_open(n, &o);
    feed_hex(n, KEEPALIVE);
    ck_assert_uint_eq(look(l, P).hold_negotiated, holds[_i].hold);
    ck_assert_uint_eq(look(l, P).keepalive_negotiated, holds[_i].keepalive);
    if (holds[_i].hold == 0) { /* no timers at all */
        bgp_tick(l->b);        /* the first look at the routes to tell */
        ck_assert_uint_eq(bgp_deadline(l->b), UINT64_MAX);
        pass(l, 3600 * 1000);
        ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    }
    lab_free(l);
}
END_TEST

START_TEST(identifiers)
{
    struct lab *l = lab_new();
    struct bgp_conf process = lab_process();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, OUR_ID);
    struct line *n;

    process.router_id_allow_same = true;
    bgp_set_process(l->b, &process);
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert(feed_open(n, &o)); /* EBGP: allowed now */
    conf.addr = addr("192.0.2.2");
    conf.remote_as = o.as = o.caps.as4 = OUR_AS;
    conf.kind = BGP_KIND_INTERNAL;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert(!feed_open(n, &o));
    assert_notified(n, 2, 3, "IBGP with our identifier");
    lab_free(l);
}
END_TEST

START_TEST(offers)
{
    struct lab *l = lab_new();
    struct bgp_conf process = lab_process();
    struct bgp_peer_conf conf = peer_conf(P);
    const uint8_t *body;
    struct bgp_open o;
    struct line *n;
    size_t len;

    process.as = 4200000001u;
    bgp_set_process(l->b, &process);
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert_int_eq(n->out[20] << 8 | n->out[21], 23456);
    ck_assert_uint_eq(heard_open(n).as, 4200000001u);
    conf.no_refresh = conf.no_as4 = true;
    conf.fake_as = 64700;
    bgp_set_peer(l->b, &conf, BGP_RESET);
    assert_notified(n, 6, 6, "reset");
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert_uint_eq(look(l, P).local_as, 64700);
    o = heard_open(n);
    ck_assert_uint_eq(o.as, 64700);
    ck_assert(!o.caps.refresh && !o.caps.has_as4);
    conf.conventional = true;
    bgp_set_peer(l->b, &conf, BGP_RESET);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert_int_eq(heard(n, &body, &len), BGP_OPEN);
    ck_assert_uint_eq(len, 10);
    o = peer_open(PEER_AS, 0x0a000009);
    feed_open(n, &o);
    feed_hex(n, KEEPALIVE);
    ck_assert_uint_eq(look(l, P).negotiated, 1u << BGP_IPV4_UNICAST);
    ck_assert(!look(l, P).cap_as4 && !look(l, P).cap_extended);
    lab_free(l);
}
END_TEST

/* fake-as with dual-as: refused with one AS, the other one is tried. */
START_TEST(dual_as)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    static const uint32_t want[] = {64700, OUR_AS, 64700, OUR_AS};

    conf.fake_as = 64700;
    conf.fake_dual = true;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    for (unsigned i = 0; i < 4; i++) {
        struct line *n = last_attempt(l);

        establish_tcp(n);
        ck_assert_uint_eq(heard_open(n).as, want[i]);
        feed_hex(n, "FF* 0015 03 0202");
        pass(l, i % 2 == 0 ? 1300 : 5000);
    }
    lab_free(l);
}
END_TEST

/* --- collision ----------------------------------------------------------------------- */

/*
 * Bits of the case: 0 the peer's identifier is higher; 1 the OPEN on the peer's connection comes
 * first; 2 the peer's connection was there first; 3 equal identifiers, the AS decides.
 */
START_TEST(collision)
{
    bool theirs_higher = _i & 1, in_first = _i & 2, in_earlier = _i & 4, by_as = _i & 8;
    struct lab *l = lab_new();
    struct bgp_conf process = lab_process();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, theirs_higher ? OUR_ID + 1 : OUR_ID - 1);
    struct line *out, *in, *first, *second, *winner, *loser;

    process.router_id_allow_same = true;
    bgp_set_process(l->b, &process);
    if (by_as) {
        o.id = OUR_ID;
        o.as = o.caps.as4 = conf.remote_as = theirs_higher ? OUR_AS + 1 : OUR_AS - 1;
    }
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    out = last_attempt(l);
    if (!in_earlier)
        establish_tcp(out);
    in = inbound(l, P);
    ck_assert_ptr_nonnull(in);
    if (in_earlier)
        establish_tcp(out);
    ck_assert_int_eq(heard_open(in).as, OUR_AS);
    ck_assert_int_eq(heard_open(out).as, OUR_AS);
    first = in_first ? in : out;
    second = in_first ? out : in;
    winner = theirs_higher ? in : out;
    loser = theirs_higher ? out : in;
    feed_open(first, &o);
    ck_assert(!first->closed && !second->closed); /* nothing is decided by one OPEN */
    feed_open(second, &o);
    assert_notified(loser, 6, 7, "the connection of the lower identifier");
    ck_assert(!winner->closed);
    ck_assert_int_eq(state(l, P), BGP_OPENCONFIRM);
    feed_hex(winner, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    for (unsigned i = 0; i < l->nevents; i++) /* the session never seemed to fall back */
        ck_assert_int_gt((int)l->events[i].to, (int)l->events[i].from);
    ck_assert_int_eq(look(l, P).last_sent.code, 0);
    lab_free(l);
}
END_TEST

/*
 * The OPEN on a connection that is going to lose is not confirmed while the other one is open: else
 * the peer might be up on it just when we drop it. 0: the other one ends; 1: it stays silent; 2: it
 * brings its OPEN.
 */
START_TEST(collision_is_awaited)
{
    struct lab *l = lab_new();
    struct bgp_open o = peer_open(PEER_AS, OUR_ID + 1);
    struct line *out = reach(l, BGP_OPENSENT), *in = inbound(l, P);

    feed_open(out, &o);
    ck_assert_int_eq(heard(out, NULL, NULL), BGP_OPEN);
    ck_assert_int_eq(heard(out, NULL, NULL), 0);
    feed_hex(out, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_OPENCONFIRM);
    if (_i == 0) {
        cut_tcp(in);
    } else if (_i == 1) {
        pass(l, 2999);
        ck_assert_int_eq(state(l, P), BGP_OPENCONFIRM);
        pass(l, 1);
        assert_notified(in, 6, 7, "silent one");
    } else {
        feed_open(in, &o);
        feed_hex(in, KEEPALIVE);
        assert_notified(out, 6, 7, "loser");
    }
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    if (_i < 2)
        ck_assert_int_eq(heard(out, NULL, NULL), BGP_KEEPALIVE);
    lab_free(l);
}
END_TEST

/* Our attempt succeeds when the peer's connection is confirmed: it is given up without a word. */
START_TEST(attempt_too_late)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, OUR_ID - 1);
    struct line *out, *in;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    out = last_attempt(l);
    in = inbound(l, P);
    feed_open(in, &o);
    ck_assert_int_eq(state(l, P), BGP_OPENCONFIRM);
    establish_tcp(out);
    ck_assert(out->closed);
    ck_assert_uint_eq(out->nout, 0);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

/* The peer decided the collision before we could. */
START_TEST(collision_decided_by_the_peer)
{
    struct lab *l = lab_new();
    struct bgp_open o = peer_open(PEER_AS, OUR_ID + 1);
    struct line *out = reach(l, BGP_OPENSENT), *in = inbound(l, P);

    feed_hex(out, "FF* 0015 03 0607");
    ck_assert_int_eq(state(l, P), BGP_OPENSENT);
    feed_open(in, &o);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

/* ... and even before its own connection was accepted here. */
START_TEST(collision_before_the_accept)
{
    struct lab *l = lab_new();
    struct bgp_open o = peer_open(PEER_AS, OUR_ID + 1);
    struct line *out = reach(l, BGP_OPENSENT), *in;

    feed_hex(out, "FF* 0015 03 0607");
    ck_assert_int_eq(state(l, P), BGP_ACTIVE);
    in = inbound(l, P);
    feed_open(in, &o);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

START_TEST(established_wins)
{
    struct lab *l = lab_new();
    struct bgp_open o = peer_open(PEER_AS, _i ? OUR_ID + 9 : OUR_ID - 1);
    struct line *up = reach(l, BGP_ESTABLISHED), *in = inbound(l, P);

    feed_open(in, &o);
    assert_notified(in, 6, 7, "second connection");
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    ck_assert(feed_hex(up, KEEPALIVE));
    in = inbound(l, P); /* one that fails otherwise */
    feed_hex(in, "00");
    assert_notified(in, 1, 1, "second connection, garbage");
    in = inbound(l, P); /* one that stays silent */
    pass(l, 1000);
    ck_assert(!in->closed);
    bgp_conn_set_io(in->conn, in);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    assert_silent(up);
    cut_tcp(up); /* the session ends with all its connections */
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    assert_notified(in, 6, 5, "silent one");
    lab_free(l);
}
END_TEST

/* Our attempt hangs; the peer's connection comes up; then the attempt does or does not succeed. */
START_TEST(attempt_beside_inbound)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, OUR_ID + 1);
    struct line *out, *in;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    out = last_attempt(l);
    in = inbound(l, P);
    ck_assert_int_eq(state(l, P), BGP_OPENSENT);
    if (_i == 0)
        refuse_tcp(out);
    feed_open(in, &o);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    ck_assert(out->closed);
    ck_assert_uint_eq(out->nout, 0);
    lab_free(l);
}
END_TEST

/* The inbound connection dies while our attempt is still under way: the attempt goes on. */
START_TEST(attempt_survives_inbound)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *out, *in;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    out = last_attempt(l);
    in = inbound(l, P);
    cut_tcp(in);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    ck_assert(!out->closed);
    pass(l, 9000); /* its time is limited as before */
    ck_assert(out->closed);
    ck_assert_ptr_nonnull(last_attempt(l)->conn);
    lab_free(l);
}
END_TEST

/* A third connection: the peer's silent one gives way, else there is no room. */
START_TEST(three_connections)
{
    struct lab *l = lab_new();
    struct bgp_open o = peer_open(PEER_AS, OUR_ID + 1);
    struct line *out, *in, *third;

    out = reach(l, BGP_OPENSENT);
    in = inbound(l, P);
    third = inbound(l, P);
    ck_assert_ptr_nonnull(third);
    assert_notified(in, 6, 7, "silent one");
    ck_assert(!out->closed);
    feed_open(third, &o);
    ck_assert_ptr_null(inbound(l, P));
    feed_hex(third, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    assert_notified(out, 6, 7, "ours");
    lab_free(l);
}
END_TEST

START_TEST(small_in_memory)
{
    ck_assert_uint_lt(sizeof(struct bgp_peer) + sizeof(struct bgp_conn), 2048);
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, (int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *s = suite_create("bgp session");
    TCase *t = tcase_create("session");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, comes_up);
    tcase_add_test(t, counts_updates_and_refreshes);
    LOOP(t, wrong_input, wrong);
    tcase_add_test(t, octet_by_octet);
    tcase_add_test(t, many_messages_at_once);
    tcase_add_test(t, nothing_after_the_end);
    tcase_add_test(t, half_a_message_then_fin);
    tcase_add_test(t, extended_messages);
    tcase_add_test(t, shutdown_text_is_shown_safely);
    tcase_add_test(t, no_common_family);
    LOOP(t, hold_and_keepalive, holds);
    tcase_add_test(t, identifiers);
    tcase_add_test(t, offers);
    tcase_add_test(t, dual_as);
    tcase_add_loop_test(t, collision, 0, 16);
    tcase_add_loop_test(t, collision_is_awaited, 0, 3);
    tcase_add_test(t, attempt_too_late);
    tcase_add_test(t, collision_decided_by_the_peer);
    tcase_add_test(t, collision_before_the_accept);
    tcase_add_loop_test(t, established_wins, 0, 2);
    tcase_add_loop_test(t, attempt_beside_inbound, 0, 2);
    tcase_add_test(t, attempt_survives_inbound);
    tcase_add_test(t, three_connections);
    tcase_add_test(t, small_in_memory);
    return run_suite(s);
}
