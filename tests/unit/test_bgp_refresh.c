/*
 * Enhanced route refresh (RFC 7313), both directions. The peers are played by hand: FEED offers the
 * capability and tells routes, SINK offers it and is told them, OLD does not offer it.
 */
#include "test_bgp_talk.h"

#include "bgp/internal.h"

#define OLD "192.0.2.7"
#define BORR "FF* 0017 05 0001 01 01"
#define EORR "FF* 0017 05 0001 02 01"
#define V4 BGP_IPV4_UNICAST

static struct line *come_up(const char *a, uint32_t as, uint32_t id, bool enhanced, bool end_of_rib)
{
    struct bgp_peer_conf conf = open_conf(a, as);
    struct bgp_open o = peer_open(as, id);
    struct line *n;

    o.caps.families = conf.enabled;
    o.caps.enhanced = enhanced;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert(feed_open(n, &o));
    ck_assert(feed_hex(n, KEEPALIVE));
    ck_assert_int_eq(state(l, a), BGP_ESTABLISHED);
    if (end_of_rib)
        settle();
    return n;
}

static void setup(void)
{
    ibgp = false;
    l = lab_new();
    feed_line = come_up(FEED, PEER_AS, 0x0a0000c8, true, true);
    sink = come_up(SINK, 65009, 0x0a0000c9, true, true);
}

static void teardown(void)
{
    lab_free(l);
}

/* What was said on the line since the last look, a letter a message: B and E for BoRR and EoRR, ?
 * for a request, U for an UPDATE, e for End-of-RIB, k for KEEPALIVE. */
static const char *said(struct line *n)
{
    static char text[100];
    const uint8_t *body;
    size_t len, at = 0;
    uint8_t type;

    while ((type = heard(n, &body, &len)) != 0) {
        ck_assert_uint_lt(at, sizeof text - 1);
        if (type == BGP_REFRESH)
            text[at++] = "?BE"[body[2]];
        else if (type == BGP_UPDATE)
            text[at++] = len == 4 || (len == 10 && body[5] == 15) ? 'e' : 'U';
        else
            text[at++] = type == BGP_KEEPALIVE ? 'k' : 'O';
    }
    text[at] = 0;
    return text;
}

static void ask(struct line *n, const char *message)
{
    ck_assert(feed_hex(n, message));
    settle();
}

/* --- what we tell ----------------------------------------------------------------------------- */

START_TEST(tells_between_marks)
{
    struct line *old = come_up(OLD, 65010, 0x0a0000ca, false, true);
    struct bgp_addr a = addr(SINK);

    ck_assert(look(l, SINK).cap_enhanced && look(l, SINK).cap_enhanced_remote);
    ck_assert(!look(l, OLD).cap_enhanced && look(l, OLD).cap_refresh);
    said(sink);
    ask(sink, REFRESH);
    ck_assert_str_eq(said(sink), "BE"); /* also when there is nothing to tell */
    ck_assert(say(feed_line, base(true), "180a0101 180a0102"));
    settle();
    ck_assert_str_eq(said(sink), "U");
    ask(sink, REFRESH);
    ck_assert_str_eq(said(sink), "BUE");
    bgp_refresh_out(l->b, &a, 1u << V4); /* of our own accord */
    settle();
    ck_assert_str_eq(said(sink), "BUE");
    ck_assert(feed_hex(sink, REFRESH) && feed_hex(sink, REFRESH));
    settle();
    ck_assert_str_eq(said(sink), "BBUE");
    ask(sink, "FF* 0017 05 0002 00 01"); /* another family in use */
    ck_assert_str_eq(said(sink), "BE");
    ask(sink, "FF* 0017 05 0001 00 80"); /* and one more */
    ck_assert_str_eq(said(sink), "BE");
    ask(sink, "FF* 0017 05 0019 00 46"); /* one that is not */
    ck_assert_str_eq(said(sink), "");
    said(old);
    ask(old, REFRESH);
    ck_assert_str_eq(said(old), "U");
    ask(old, BORR);
    ask(old, EORR);
    ck_assert_str_eq(said(old), "");
}
END_TEST

/* RFC 7313 section 4: no BoRR before End-of-RIB. */
START_TEST(first_end_of_rib)
{
    struct line *n;

    ck_assert(say(feed_line, base(true), "180a0101"));
    settle();
    n = come_up(OLD, 65010, 0x0a0000ca, true, false);
    said(n);
    ck_assert(feed_hex(n, REFRESH));
    settle();
    ck_assert_str_eq(said(n), "UeBUE");
}
END_TEST

/* A peer that moves to another update group meanwhile still gets its EoRR. */
START_TEST(moves_while_told)
{
    struct bgp_peer_conf conf = open_conf(SINK, 65009);

    ck_assert(say(feed_line, base(true), "180a0101"));
    settle();
    said(sink);
    ck_assert(feed_hex(sink, REFRESH));
    conf.af[V4].advertise_community = false;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    ck_assert_str_eq(said(sink), "BUE");
}
END_TEST

/* --- what we are told ------------------------------------------------------------------------- */

static bool knows(const char *prefix)
{
    return best(prefix, 24) != NULL;
}

START_TEST(what_is_not_told_again_goes)
{
    const struct bgp_route *r;
    const char *text;

    ck_assert(say(feed_line, base(true), "180a0101 180a0102 180a0103"));
    settle();
    said(sink);
    ask(feed_line, EORR); /* without BoRR */
    ck_assert(knows("10.1.1.0") && knows("10.1.3.0"));
    ask(feed_line, BORR);
    ck_assert(say(feed_line, base(true), "180a0101")); /* as it was */
    ck_assert(say(feed_line, "40010102 40020602010000fc5a 400304c0000201", "180a0102"));
    ck_assert(say(feed_line, base(true), "180a0104"));
    settle();
    ck_assert(knows("10.1.3.0"));
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 4);
    text = said(sink);
    ck_assert_msg(*text && !strchr(text, 'e'), "%s", text);
    ask(feed_line, EORR);
    ck_assert(knows("10.1.1.0") && knows("10.1.2.0") && knows("10.1.4.0"));
    ck_assert(!knows("10.1.3.0"));
    r = best("10.1.2.0", 24);
    ck_assert(r && has_attr(r, BGP_ATTR_ORIGIN));
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 3);
    ck_assert_str_eq(said(sink), "U"); /* one withdrawal */
    ask(feed_line, EORR);              /* once is enough */
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 3);
    ask(feed_line, BORR);
    ask(feed_line, EORR);
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 0);
    ck_assert(!knows("10.1.1.0"));
}
END_TEST

/* The other peer's route to the prefix, and the other families, are none of its business. */
START_TEST(only_its_own)
{
    ck_assert(say(feed_line, base(true), "180a0101"));
    ck_assert(say(sink, "40010100 40020602010000fdf1 400304c0000209", "180a0101 180a0102"));
    ask(feed_line, "FF* 0017 05 0002 01 01");
    ask(feed_line, "FF* 0017 05 0002 02 01");
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 1);
    ask(feed_line, BORR);
    ask(feed_line, EORR);
    ck_assert_uint_eq(look(l, FEED).routes[V4].received, 0);
    ck_assert_uint_eq(look(l, SINK).routes[V4].received, 2);
    ck_assert(knows("10.1.1.0") && knows("10.1.2.0"));
}
END_TEST

/* What is swept away counts no longer. */
START_TEST(below_the_limit_again)
{
    struct bgp_peer_conf conf = open_conf(FEED, PEER_AS);

    conf.af[V4].route_limit = 4;
    conf.af[V4].route_limit_alert_only = true;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(say(feed_line, base(true), "180a0101 180a0102 180a0103"));
    ck_assert_uint_eq(l->nalerts, 1);
    ck_assert(l->alerts[0].over && !l->alerts[0].limit);
    ask(feed_line, BORR);
    ask(feed_line, EORR);
    ck_assert_uint_eq(l->nalerts, 2);
    ck_assert(!l->alerts[1].over && l->alerts[1].routes == 0);
}
END_TEST

START_TEST(begins_again)
{
    ask(feed_line, BORR);
    ck_assert(say(feed_line, base(true), "180a0101"));
    ask(feed_line, BORR); /* what came since the first one counts no more */
    ck_assert(say(feed_line, base(true), "180a0102"));
    ask(feed_line, EORR);
    ck_assert(!knows("10.1.1.0") && knows("10.1.2.0"));
}
END_TEST

START_TEST(never_ends)
{
    ck_assert(say(feed_line, base(true), "180a0101 180a0102"));
    ask(feed_line, BORR);
    ck_assert(say(feed_line, base(true), "180a0102"));
    for (unsigned i = 0; i < 35; i++) {
        pass(l, 10000);
        ck_assert(feed_hex(feed_line, KEEPALIVE) && feed_hex(sink, KEEPALIVE));
        settle();
    }
    ck_assert(knows("10.1.1.0"));
    pass(l, 11000);
    ck_assert(feed_hex(feed_line, KEEPALIVE));
    settle();
    ck_assert(!knows("10.1.1.0") && knows("10.1.2.0"));
    ask(feed_line, EORR);
    ck_assert(knows("10.1.2.0"));
}
END_TEST

START_TEST(ends_meanwhile)
{
    ck_assert(say(feed_line, base(true), "180a0101"));
    ask(feed_line, BORR);
    cut_tcp(feed_line);
    settle();
    ck_assert(!knows("10.1.1.0"));
    pass(l, 100000);
    feed_line = last_attempt(l);
    establish_tcp(feed_line);
    ck_assert(feed_open(feed_line, &(struct bgp_open){.as = PEER_AS,
                                                      .id = 0x0a0000c8,
                                                      .hold = 0,
                                                      .caps = {.families = 1u << V4,
                                                               .refresh = true,
                                                               .enhanced = true,
                                                               .has_as4 = true,
                                                               .as4 = PEER_AS}}));
    ck_assert(feed_hex(feed_line, KEEPALIVE));
    ck_assert(say(feed_line, base(true), "180a0102"));
    pass(l, 400000);
    ck_assert(knows("10.1.2.0"));
    ask(feed_line, EORR);
    ck_assert(knows("10.1.2.0"));
}
END_TEST

/* More rounds than fit into the stamp of a path, without a moment for the sweep; then honest ones.
 */
START_TEST(many_rounds)
{
    ck_assert(say(feed_line, base(true), "180a0101"));
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(feed_hex(feed_line, BORR));
        ck_assert(_i || feed_hex(feed_line, EORR));
    }
    ck_assert(say(feed_line, base(true), "180a0102"));
    ask(feed_line, EORR);
    ck_assert(!knows("10.1.1.0") && knows("10.1.2.0"));
    for (unsigned i = 0; i < 600; i++) {
        ask(feed_line, BORR);
        ck_assert(say(feed_line, base(true), i % 2 ? "180a0102 180a0103" : "180a0102"));
        ask(feed_line, EORR);
        ck_assert(knows("10.1.2.0"));
        ck_assert_int_eq(knows("10.1.3.0"), i % 2);
        sink->nout = sink->seen = feed_line->nout = feed_line->seen = 0;
    }
}
END_TEST

/* --- messages --------------------------------------------------------------------------------- */

START_TEST(lengths)
{
    static const struct {
        const char *bytes;
        int code, subcode; /* 0: nothing happens */
    } rows[] = {
        {"FF* 0018 05 0001 01 01 00", 7, 1},
        {"FF* 0016 05 0001 02", 7, 1},
        {"FF* 0018 05 0001 00 01 00", 1, 2},
        {"FF* 0015 05 0001", 1, 2},
        {"FF* 0013 05", 1, 2},
        {"FF* 0017 05 0001 03 01", 0, 0},
        {"FF* 0019 05 0001 ff 01 0102", 0, 0},
        {"FF* 0017 05 0001 01 46", 0, 0},
    };
    const uint8_t *body = NULL;
    size_t len = 0;

    said(feed_line);
    if (rows[_i].code == 0) {
        ask(feed_line, rows[_i].bytes);
        ck_assert_str_eq(said(feed_line), "");
        ck_assert_int_eq(state(l, FEED), BGP_ESTABLISHED);
        return;
    }
    ck_assert(!feed_hex(feed_line, rows[_i].bytes));
    ck_assert_int_eq(heard(feed_line, &body, &len), BGP_NOTIFICATION);
    ck_assert_int_eq(body[0], rows[_i].code);
    ck_assert_int_eq(body[1], rows[_i].subcode);
    if (rows[_i].code == 7) {
        uint8_t whole[64];
        size_t n = hex(rows[_i].bytes, whole);

        ck_assert_uint_eq(len, 2 + n);
        ck_assert_mem_eq(body + 2, whole, n);
    }
    ck_assert_int_eq(state(l, SINK), BGP_ESTABLISHED);
}
END_TEST

/* Not agreed: the length is judged by the header alone, as before. */
START_TEST(not_agreed)
{
    struct line *old = come_up(OLD, 65010, 0x0a0000ca, false, true);

    ck_assert(!feed_hex(old, "FF* 0018 05"));
    assert_notified(old, 1, 2, "ROUTE-REFRESH of 24 octets");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp_refresh");
    TCase *t = tcase_create("refresh");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, tells_between_marks);
    tcase_add_test(t, first_end_of_rib);
    tcase_add_test(t, moves_while_told);
    tcase_add_test(t, what_is_not_told_again_goes);
    tcase_add_test(t, only_its_own);
    tcase_add_test(t, below_the_limit_again);
    tcase_add_test(t, begins_again);
    tcase_add_test(t, never_ends);
    tcase_add_test(t, ends_meanwhile);
    tcase_add_loop_test(t, many_rounds, 0, 2);
    tcase_add_loop_test(t, lengths, 0, 8);
    tcase_add_test(t, not_agreed);
    suite_add_tcase(s, t);
    return run_suite(s);
}
