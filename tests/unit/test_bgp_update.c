/*
 * UPDATEs as peers send them: RFC 7606 reactions row by row, what becomes of good ones, and what
 * the speaker tells others. The peers are played by hand (test_bgp_talk.h).
 */
#include "test_bgp_talk.h"

#include "bgp/wire/aspath.h"

/* --- RFC 7606, row by row --------------------------------------------------------------------- */

enum outcome { KEPT, LESS, GONE, RESET }; /* as it is; without the attribute; withdrawn; 3/x */

static const struct row {
    const char *what, *attr; /* takes the place of the good one of its code */
    unsigned code;
    enum outcome external, internal;
} rows[] = {
    {"ORIGIN length 0", "400100", 1, GONE, GONE},
    {"ORIGIN length 2", "4001020000", 1, GONE, GONE},
    {"ORIGIN value 3", "40010103", 1, GONE, GONE},
    {"ORIGIN flags", "c0010100", 1, GONE, GONE},
    {"ORIGIN extended length", "5001000100", 1, KEPT, KEPT},
    {"AS_PATH segment type 5", "40020605010000fc5a", 2, GONE, GONE},
    {"AS_PATH segment type 0", "40020600010000fc5a", 2, GONE, GONE},
    {"AS_PATH confed segment", "40020603010000fc5a", 2, GONE, GONE},
    {"AS_PATH count 0", "4002020200", 2, GONE, GONE},
    {"AS_PATH overrun", "40020602020000fc5a", 2, GONE, GONE},
    {"AS_PATH underrun", "40020702010000fc5a02", 2, GONE, GONE},
    {"AS_PATH with AS 0", "40020a02020000fc5a00000000", 2, GONE, GONE},
    {"NEXT_HOP length 3", "400303c00002", 3, GONE, GONE},
    {"NEXT_HOP length 5", "400305c000020101", 3, GONE, GONE},
    {"NEXT_HOP 0.0.0.0", "40030400000000", 3, GONE, GONE},
    {"NEXT_HOP 127.0.0.1", "4003047f000001", 3, GONE, GONE},
    {"NEXT_HOP 224.0.0.5", "400304e0000005", 3, GONE, GONE},
    {"MED length 3", "800403000001", 4, GONE, GONE},
    {"MED length 0", "800400", 4, GONE, GONE},
    {"MED flags", "40040400000001", 4, GONE, GONE},
    {"MED good", "80040400000001", 4, KEPT, KEPT},
    {"LOCAL_PREF length 3", "400503000001", 5, LESS, GONE},
    {"LOCAL_PREF good", "40050400000065", 5, LESS, KEPT},
    {"ATOMIC_AGGREGATE length 1", "40060100", 6, LESS, LESS},
    {"ATOMIC_AGGREGATE flags", "c00600", 6, LESS, LESS},
    {"ATOMIC_AGGREGATE good", "400600", 6, KEPT, KEPT},
    {"AGGREGATOR length 6", "c00706fde8c0000201", 7, LESS, LESS},
    {"AGGREGATOR AS 0", "c0070800000000c0000201", 7, LESS, LESS},
    {"AGGREGATOR good", "c007080000fde8c0000201", 7, KEPT, KEPT},
    {"COMMUNITY length 0", "c00800", 8, GONE, GONE},
    {"COMMUNITY length 5", "c008050000000100", 8, GONE, GONE},
    {"COMMUNITY not transitive", "80080400010002", 8, GONE, GONE},
    {"COMMUNITY good", "c0080400010002", 8, KEPT, KEPT},
    {"ORIGINATOR_ID length 3", "800903010203", 9, LESS, GONE},
    {"ORIGINATOR_ID good", "80090401020304", 9, LESS, KEPT},
    {"CLUSTER_LIST length 0", "800a00", 10, LESS, GONE},
    {"CLUSTER_LIST length 6", "800a06010203040506", 10, LESS, GONE},
    {"CLUSTER_LIST good", "800a0401020304", 10, LESS, KEPT},
    {"EXT_COMMUNITY length 0", "c01000", 16, GONE, GONE},
    {"EXT_COMMUNITY length 7", "c0100700020001000000", 16, GONE, GONE},
    {"EXT_COMMUNITY good", "c010080002000100000001", 16, KEPT, KEPT},
    {"AS4_PATH from a new speaker", "c0110602010000fc5a", 17, LESS, LESS},
    {"AS4_AGGREGATOR from a new speaker", "c012080000fc5ac0000201", 18, LESS, LESS},
    {"TUNNEL_ENCAP overrun", "c017050001000501", 23, LESS, LESS},
    {"IPV6_EXT_COMMUNITY length 19", "c01913000000000000000000000000000000000000 00", 25, GONE,
     GONE},
    {"AIGP", "801a0b01000b0000000000000001", 26, LESS, LESS},
    {"attribute 28 empty", "c01c00", 28, KEPT, KEPT},
    {"attribute 28 with 6 octets", "c01c06000000000000", 28, KEPT, KEPT},
    {"LARGE_COMMUNITY length 0", "c02000", 32, GONE, GONE},
    {"LARGE_COMMUNITY length 11", "c0200b0000000100000002000000", 32, GONE, GONE},
    {"LARGE_COMMUNITY good", "c0200c000000010000000200000003", 32, KEPT, KEPT},
    {"OTC length 3", "c02303000001", 35, GONE, GONE},
    {"PREFIX_SID overrun", "c02804010009ff", 40, LESS, LESS},
    {"ATTR_SET overrun", "c080070000fde8400109", 128, GONE, GONE},
    {"unknown transitive", "c063020102", 99, KEPT, KEPT},
    {"unknown not transitive", "8063020102", 99, LESS, LESS},
    {"unknown well-known", "4063020102", 99, RESET, RESET},
    {"code 0, optional", "c000020102", 0, KEPT, KEPT},
    {"code 255, optional", "c0ff020102", 255, KEPT, KEPT},
};

/* The attributes with row's in front, in the middle or at the end. */
static void assemble(const struct row *r, unsigned place, char *out)
{
    static const char *const good[] = {"40010100", NULL, "400304c0000201", "40050400000064"};
    unsigned codes[] = {1, 2, 3, 5};
    char path[40];

    snprintf(path, sizeof path, "4002%s", ibgp ? "0602010000ffff" : "0602010000fc5a");
    out[0] = '\0';
    for (unsigned i = 0; i <= 4; i++) {
        if (i == place * 2)
            strcat(out, r->attr);
        if (i < 4 && codes[i] != r->code && (ibgp || codes[i] != 5))
            strcat(out, good[i] ? good[i] : path);
    }
}

START_TEST(reactions)
{
    const struct row *r = &rows[_i / 6];
    unsigned place = (unsigned)_i % 3;
    const struct bgp_route *route;
    enum outcome want;
    char attrs[400];

    begin(_i % 6 >= 3);
    want = ibgp ? r->internal : r->external;
    ck_assert(say(feed_line, base(true), "180a0101"));
    ck_assert(say(feed_line, base(true), "180a0202"));
    ck_assert_ptr_nonnull(best("10.1.1.0", 24));
    assemble(r, place, attrs);
    if (want == RESET) {
        ck_assert(!say(feed_line, attrs, "180a0101"));
        assert_notified(feed_line, 3, 2, r->what);
    } else {
        ck_assert_msg(say(feed_line, attrs, "180a0101"), "%s: session ended", r->what);
        route = best("10.1.1.0", 24);
        ck_assert_msg((route != NULL) == (want != GONE), "%s at %u, ibgp %d: %s", r->what, place,
                      ibgp, route ? "kept" : "gone");
        if (route)
            ck_assert_msg(has_attr(route, r->code) == (want == KEPT) || r->code == 3,
                          "%s: attribute is %s", r->what, want == KEPT ? "lost" : "there");
        ck_assert_ptr_nonnull(best("10.2.2.0", 24));
        ck_assert_int_eq(state(l, FEED), BGP_ESTABLISHED);
        ck_assert_uint_eq(look(l, FEED).treated_as_withdraw, want == GONE);
    }
    ck_assert_int_eq(state(l, SINK), BGP_ESTABLISHED);
    end();
}
END_TEST

/* --- whole UPDATEs ---------------------------------------------------------------------------- */

static const struct {
    const char *what, *update; /* after the header */
    int subcode;               /* 0: the session stays */
} wholes[] = {
    {"NLRI /33", "0000 0014 40010100 40020602010000fc5a 400304c0000201 21 0a01010180", 10},
    {"NLRI truncated", "0000 0014 40010100 40020602010000fc5a 400304c0000201 18 0a01", 10},
    {"withdrawn /33", "0006 21 0a01010180 0000", 10},
    {"withdrawals and nothing else", "0004 18 0a0101 0000", 0},
    {"MP_UNREACH alone", "0000 0006 800f03 000201", 0},
    {"MP_REACH twice", "0000 0018 800e09000201000020010d 800e09000201000020010d", 1},
    {"MP_UNREACH twice", "0000 000c 800f03000201 800f03000201", 1},
    {"unknown family", "0000 0013 40010100 40020602010000fc5a 800f03 001946", 0},
    {"attributes without prefixes", "0000 0014 40010100 40020602010000fc5a 400304c0000201", 0},
    {"a bad attribute without prefixes", "0000 0014 40010109 40020602010000fc5a 400304c0000201", 1},
    {"a discarded attribute without prefixes", "0000 0004 40060100", 0},
    {"MP_UNREACH that is too short", "0000 0004 800f01 00", 9},
    {"MP_UNREACH with /129", "0000 0017 800f14 000201 81 00000000000000000000000000000000", 9},
    {"one octet left over", "0000 0015 40010100 40020602010000fc5a 400304c0000201 40 180a0909", 0},
};

START_TEST(whole_updates)
{
    uint8_t body[200], buf[300];
    size_t n = hex(wholes[_i].update, body);
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    begin(false);
    bgp_frame_begin(&w, BGP_UPDATE);
    bgp_put_bytes(&w, body, n);
    n = bgp_frame_end(&w);
    if (wholes[_i].subcode == 0) {
        ck_assert_msg(feed(feed_line, buf, n), "%s: session ended", wholes[_i].what);
    } else {
        ck_assert_msg(!feed(feed_line, buf, n), "%s: session goes on", wholes[_i].what);
        assert_notified(feed_line, 3, wholes[_i].subcode, wholes[_i].what);
    }
    ck_assert_int_eq(state(l, SINK), BGP_ESTABLISHED);
    end();
}
END_TEST

START_TEST(missing_attributes)
{
    static const char *const without[] = {"40020602010000fc5a 400304c0000201",
                                          "40010100 400304c0000201", "40010100 40020602010000fc5a"};

    for (unsigned i = 0; i < 3; i++) {
        begin(false);
        ck_assert(say(feed_line, base(true), "180a0101"));
        ck_assert(say(feed_line, without[i], "180a0101"));
        ck_assert_ptr_null(best("10.1.1.0", 24));
        end();
    }
    begin(true);
    ck_assert(say(feed_line, "40010100 40020602010000ffff 400304c0000201", "180a0101"));
    ck_assert_ptr_null(best("10.1.1.0", 24));
    end();
}
END_TEST

START_TEST(prefixes)
{
    begin(false);
    ck_assert(say(feed_line, base(true), "110affff 110affff 00 20 01020304"));
    ck_assert_ptr_nonnull(best("10.255.128.0", 17)); /* bits beyond the length are no part of it */
    ck_assert_ptr_nonnull(best("0.0.0.0", 0));
    ck_assert_ptr_nonnull(best("1.2.3.4", 32));
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].received, 3);
    /* in both places: it stays */
    ck_assert(feed_hex(feed_line, "FF* 0033 02 0004 180a0101 0014 40010100 40020602010000fc5a "
                                  "400304c0000201 180a0101"));
    ck_assert_ptr_nonnull(best("10.1.1.0", 24));
    end();
}
END_TEST

/* --- loops, first AS -------------------------------------------------------------------------- */

static uint32_t refused(enum bgp_refusal why)
{
    struct bgp_addr a = addr(FEED);
    struct bgp_refusal_counts of_peer, all;

    ck_assert(bgp_refusals(l->b, &a, &of_peer));
    ck_assert(bgp_refusals(l->b, NULL, &all));
    ck_assert_mem_eq(&of_peer, &all, sizeof all);
    return all.n[BGP_IPV4_UNICAST][why];
}

START_TEST(loops)
{
    struct bgp_peer_conf conf;

    begin(false);
    /* 64602 64601: our AS */
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a0000fc59 400304c0000201", "180a0101"));
    ck_assert_ptr_null(best("10.1.1.0", 24));
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].received, 1);
    ck_assert_uint_eq(look(l, FEED).routes[BGP_IPV4_UNICAST].accepted, 0);
    ck_assert_uint_eq(refused(BGP_REFUSED_AS_LOOP), 1);
    conf = open_conf(FEED, PEER_AS);
    conf.af[BGP_IPV4_UNICAST].allow_as_loop = 1;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a0000fc59 400304c0000201", "180a0101"));
    ck_assert_ptr_nonnull(best("10.1.1.0", 24));
    ck_assert(
        say(feed_line, "40010100 40020e02030000fc5a0000fc590000fc59 400304c0000201", "180a0101"));
    ck_assert_ptr_null(best("10.1.1.0", 24));
    /* the first AS is not the neighbour's */
    ck_assert(say(feed_line, base(true), "180a0202"));
    ck_assert(say(feed_line, "40010100 40020602010000ffff 400304c0000201", "180a0202"));
    ck_assert_ptr_null(best("10.2.2.0", 24));
    ck_assert_uint_eq(refused(BGP_REFUSED_AS_LOOP), 2);
    ck_assert_uint_eq(refused(BGP_REFUSED_ATTRIBUTE), 1);
    /* nothing it belongs to */
    ck_assert(say(feed_line, base(true), ""));
    ck_assert_uint_eq(refused(BGP_REFUSED_NO_PREFIX), 1);
    end();
    begin(true);
    ck_assert(
        say(feed_line, "40010100 400200 400304c0000201 40050400000064 8009040a000005", "180a0101"));
    ck_assert_ptr_null(best("10.1.1.0", 24)); /* we are the originator */
    ck_assert(
        say(feed_line, "40010100 400200 400304c0000201 40050400000064 800a040a000005", "180a0202"));
    ck_assert_ptr_null(best("10.2.2.0", 24)); /* our cluster */
    ck_assert_uint_eq(refused(BGP_REFUSED_ORIGINATOR), 1);
    ck_assert_uint_eq(refused(BGP_REFUSED_CLUSTER), 1);
    end();
}
END_TEST

/* --- what is told ----------------------------------------------------------------------------- */

START_TEST(told_to_ebgp)
{
    struct bgp_update u;
    struct bgp_attr a;

    begin(false);
    ck_assert(
        say(feed_line,
            "40010100 40020602010000fc5a 400304c0000201 80040400000007 c0080400010002 c063020102",
            "180a0101 180a0202"));
    settle();
    ck_assert(next_update(sink, &u));
    a = attr_of(&u, BGP_ATTR_AS_PATH);
    ck_assert_uint_eq(a.value.left, 10);
    ck_assert_int_eq(memcmp(a.value.at, "\2\2\0\0\xfc\x59\0\0\xfc\x5a", 10), 0);
    ck_assert_int_eq(memcmp(attr_of(&u, BGP_ATTR_NEXT_HOP).value.at, "\xc0\0\2\xfe", 4), 0);
    ck_assert_uint_eq(attr_of(&u, BGP_ATTR_MED).code, 0xfe);
    ck_assert_uint_eq(attr_of(&u, BGP_ATTR_COMMUNITY).value.left, 4);
    ck_assert_uint_eq(attr_of(&u, 99).flags, 0xe0); /* Partial */
    ck_assert_uint_eq(u.nlri.left, 8);              /* both prefixes in one message */
    ck_assert(!next_update(feed_line, &u));         /* never back to where it came from */
    /* the same again: nothing to say */
    ck_assert(
        say(feed_line,
            "40010100 40020602010000fc5a 400304c0000201 80040400000007 c0080400010002 c063020102",
            "180a0101"));
    settle();
    ck_assert(!next_update(sink, &u));
    /* a change nobody there can see */
    ck_assert(
        say(feed_line,
            "40010100 40020602010000fc5a 400304c0000201 80040400000008 c0080400010002 c063020102",
            "180a0101"));
    settle();
    ck_assert(!next_update(sink, &u));
    ck_assert(feed_hex(feed_line, "FF* 001f 02 0008 180a0101 180a0303 0000"));
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.withdrawn.left, 4); /* not the one it has never heard of */
    ck_assert(!next_update(sink, &u));
    ck_assert_uint_eq(look(l, SINK).routes[BGP_IPV4_UNICAST].advertised, 1);
    cut_tcp(feed_line);
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.withdrawn.left, 4);
    end();
}
END_TEST

START_TEST(well_known_communities)
{
    static const struct {
        const char *community;
        bool told;
    } cases[] = {{"ffffff01", false}, {"ffffff02", false}, {"ffffff03", false}, {"ffff029a", true}};
    struct bgp_update u;
    char attrs[300];

    for (unsigned i = 0; i < 4; i++) {
        begin(false);
        snprintf(attrs, sizeof attrs, "%s c00804%s", base(true), cases[i].community);
        ck_assert(say(feed_line, attrs, "180a0101"));
        settle();
        ck_assert_int_eq(next_update(sink, &u), cases[i].told);
        end();
    }
}
END_TEST

/* Split horizon when the best path moves from one peer to another of the same group. */
START_TEST(best_moves)
{
    struct line *other;
    struct bgp_update u;

    begin(false);
    other = up("192.0.2.7", 65007, 0x0a0000c7, true);
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a00001111 400304c0000201", "180a0101"));
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert(next_update(other, &u));
    ck_assert(say(other, "40010100 40020602010000fdef 400304c0000207", "180a0101"));
    settle();
    ck_assert(next_update(sink, &u)); /* replaced */
    ck_assert_uint_eq(u.nlri.left, 4);
    ck_assert(next_update(feed_line, &u)); /* now it is somebody else's */
    ck_assert_uint_eq(u.nlri.left, 4);
    ck_assert(next_update(other, &u)); /* it is its own now */
    ck_assert_uint_eq(u.withdrawn.left, 4);
    cut_tcp(other);
    settle();
    ck_assert(next_update(feed_line, &u));
    ck_assert_uint_eq(u.withdrawn.left, 4);
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.nlri.left, 4);
    end();
}
END_TEST

START_TEST(refresh)
{
    struct bgp_update u;

    begin(false);
    ck_assert(say(feed_line, base(true), "180a0101 180a0202"));
    settle();
    ck_assert(next_update(sink, &u));
    feed_hex(sink, REFRESH);
    settle();
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.nlri.left, 8);
    ck_assert(!next_update(sink, &u));
    feed_hex(sink, "FF* 0017 05 0019 00 46"); /* a family nobody has */
    settle();
    ck_assert(!next_update(sink, &u));
    end();
}
END_TEST

/* RFC 6793: to an old peer and from one. */
START_TEST(old_peer)
{
    struct line *old;
    struct bgp_update u;
    const struct bgp_route *r;
    struct bgp_attr a;

    begin(false);
    old = up("192.0.2.5", 65005, 0x0a0000c5, false);
    ck_assert(say(feed_line, "40010100 40020a02020000fc5a00030d40 400304c0000201", "180a0101"));
    settle();
    ck_assert(next_update(old, &u));
    a = attr_of(&u, BGP_ATTR_AS_PATH);
    ck_assert_int_eq(memcmp(a.value.at, "\2\3\xfc\x59\xfc\x5a\x5b\xa0", 8), 0);
    a = attr_of(&u, BGP_ATTR_AS4_PATH);
    ck_assert_int_eq(memcmp(a.value.at, "\2\3\0\0\xfc\x59\0\0\xfc\x5a\0\3\x0d\x40", 14), 0);
    /* 65005 23456 with AS4_PATH 200000: the two together */
    ck_assert(
        say(old, "40010100 4002060202fded5ba0 400304c0000205 c01106020100030d40", "180a0909"));
    ck_assert_ptr_nonnull(r = best("10.9.9.0", 24));
    ck_assert(
        bgp_attr_find(bgp_cursor_on(batch.bytes + r->attrs, r->nattrs), BGP_ATTR_AS_PATH, &a));
    ck_assert_uint_eq(bgp_aspath_count(a.value, 200000), 1);
    ck_assert_uint_eq(bgp_aspath_length(a.value), 2);
    ck_assert_uint_eq(bgp_aspath_first(a.value), 65005);
    /* AS4_PATH longer than AS_PATH, and one with a confederation segment: not used */
    ck_assert(
        say(old, "40010100 4002040201fded 400304c0000205 c0110a020200030d4000030d41", "180a0808"));
    ck_assert_ptr_nonnull(best("10.8.8.0", 24));
    ck_assert(say(old, "40010100 4002040201fded 400304c0000205 c01106030100030d40", "180a0707"));
    ck_assert_ptr_nonnull(best("10.7.7.0", 24));
    end();
}
END_TEST

/* --- decision --------------------------------------------------------------------------------- */

/* Two paths by attribute text; the first of each pair wins by the step named. */
static const struct {
    const char *step, *winner, *loser;
} steps[] = {
    {"Local_Pref", "40010102 40020602010000ffff 400304c0000201 400504000000c8",
     "40010100 400200 400304c0000201 40050400000064"},
    {"AS-Path", "40010102 40020602010000ffff 400304c0000201 40050400000064",
     "40010100 40020a02020000ffff0000fffe 400304c0000201 40050400000064"},
    {"Origin", "40010100 40020602010000ffff 400304c0000201 80040400000009 40050400000064",
     "40010101 40020602010000ffff 400304c0000201 40050400000064"},
    {"MED",
     "40010100 40020602010000ffff 400304c0000201 80040400000001 40050400000064 800a0401010101",
     "40010100 40020602010000ffff 400304c0000201 80040400000002 40050400000064"},
    {"Cluster List", "40010100 40020602010000ffff 400304c0000201 40050400000064 80090409090909",
     "40010100 40020602010000ffff 400304c0000201 40050400000064 80090401010101 800a0401010101"},
    {"router ID", "40010100 40020602010000ffff 400304c0000201 40050400000064 80090401010101",
     "40010100 40020602010000ffff 400304c0000201 40050400000064 80090402010101"},
};

START_TEST(decision)
{
    struct bgp_walk_filter f = {.family = BGP_IPV4_UNICAST, .kind = BGP_WALK_ALL, .one = true};
    struct line *a, *b;
    struct bgp_walk *w;

    for (unsigned order = 0; order < 4; order++) {
        l = lab_new();
        a = up("192.0.2.11", OUR_AS, 0x0a0000d1, true);
        b = up("192.0.2.12", OUR_AS, 0x0a0000d1 + 1, true);
        if (order & 1) { /* which peer has the better one */
            struct line *t = a;
            a = b;
            b = t;
        }
        ck_assert(
            say(order & 2 ? a : b, order & 2 ? steps[_i].winner : steps[_i].loser, "180a0101"));
        ck_assert(
            say(order & 2 ? b : a, order & 2 ? steps[_i].loser : steps[_i].winner, "180a0101"));
        f.prefix.addr = addr("10.1.1.0");
        f.prefix.len = 24;
        w = bgp_walk_new(l->b, &f);
        ck_assert(bgp_walk_next(w, &batch));
        bgp_walk_free(w);
        ck_assert_uint_eq(batch.n, 2);
        ck_assert(batch.routes[0].best && !batch.routes[1].best && batch.routes[1].valid);
        ck_assert_str_eq(batch.routes[1].reason, steps[_i].step);
        ck_assert(
            bgp_addr_cmp(&batch.routes[0].from,
                         &(struct bgp_addr){.af = 4, .b = {192, 0, 2, order & 1 ? 12 : 11}}) == 0);
        lab_free(l);
    }
}
END_TEST

/* Three routes for which comparing pairs in order of arrival gives different winners: by MED within
 * a neighbouring AS first, the result is one. */
START_TEST(med_is_deterministic)
{
    static const char *const routes[] = {
        "40010100 40020a02020000fff10000aaaa 400304c0000201 80040400000005 40050400000064",
        "40010100 40020a02020000fff20000aaaa 400304c0000201 80040400000001 40050400000064",
        "40010100 40020a02020000fff10000aaaa 400304c0000201 80040400000001 40050400000064"};
    static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    char a[20];

    for (unsigned o = 0; o < 6; o++) {
        struct line *peers[3];

        l = lab_new();
        for (unsigned i = 0; i < 3; i++) {
            snprintf(a, sizeof a, "192.0.2.%u", 11 + i);
            peers[i] = up(a, OUR_AS, 0x0a0000d1 + i, true);
        }
        for (unsigned i = 0; i < 3; i++)
            ck_assert(say(peers[orders[o][i]], routes[orders[o][i]], "180a0101"));
        ck_assert_ptr_nonnull(best("10.1.1.0", 24));
        ck_assert_uint_eq(batch.routes[0].from.b[3], 12);
        lab_free(l);
    }
}
END_TEST

START_TEST(next_hop_comes_and_goes)
{
    struct bgp_addr nh = addr("192.0.2.1");
    struct bgp_update u;

    begin(false);
    ck_assert(say(feed_line, base(true), "180a0101"));
    settle();
    ck_assert(next_update(sink, &u));
    bgp_set_next_hop(l->b, &nh, false, 0);
    settle();
    ck_assert_ptr_null(best("10.1.1.0", 24));
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.withdrawn.left, 4);
    bgp_set_next_hop(l->b, &nh, true, 10);
    settle();
    ck_assert_ptr_nonnull(best("10.1.1.0", 24));
    ck_assert(next_update(sink, &u));
    ck_assert_uint_eq(u.nlri.left, 4);
    end();
}
END_TEST

/* The interval holds back a change, not the first announcement, and is drawn anew (RFC 4271 10). */
START_TEST(mrai)
{
    struct bgp_peer_conf conf;
    struct bgp_update u;
    unsigned heard_of = 0, last = 0, least = 99, most = 0;

    begin(false);
    conf = open_conf(SINK, 65009);
    conf.af[BGP_IPV4_UNICAST].mrai = 30;
    bgp_set_peer(l->b, &conf, BGP_REEXPORT);
    settle();
    for (unsigned i = 0; i < 175; i++) {
        char attrs[300];

        snprintf(attrs, sizeof attrs, "%s c00804000100%02x", base(true), i);
        ck_assert(say(feed_line, attrs, "180a0101"));
        pass(l, 1000);
        settle();
        while (next_update(sink, &u)) {
            if (heard_of++ > 0) {
                least = i - last < least ? i - last : least;
                most = i - last > most ? i - last : most;
            }
            last = i;
        }
        ck_assert_uint_ge(heard_of, 1); /* the first one at once */
    }
    ck_assert_uint_ge(heard_of, 6);
    ck_assert_uint_ge(least, 22);
    ck_assert_uint_lt(least, most);
    ck_assert_uint_le(most, 31);
    end();
}
END_TEST

START_TEST(route_limit)
{
    struct bgp_peer_conf conf;

    begin(false);
    conf = open_conf(FEED, PEER_AS);
    conf.af[BGP_IPV4_UNICAST].route_limit = 2;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert(say(feed_line, base(true), "180a0101 180a0202"));
    ck_assert(say(feed_line, base(true), "180a0101"));
    ck_assert(!say(feed_line, base(true), "180a0303"));
    assert_notified(feed_line, 6, 1, "one more than the limit");
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp update");
    TCase *t = tcase_create("update");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, reactions, 0, 6 * (int)(sizeof rows / sizeof *rows));
    tcase_add_loop_test(t, whole_updates, 0, (int)(sizeof wholes / sizeof *wholes));
    tcase_add_test(t, missing_attributes);
    tcase_add_test(t, prefixes);
    tcase_add_test(t, loops);
    tcase_add_test(t, told_to_ebgp);
    tcase_add_test(t, well_known_communities);
    tcase_add_test(t, best_moves);
    tcase_add_test(t, refresh);
    tcase_add_test(t, old_peer);
    tcase_add_loop_test(t, decision, 0, (int)(sizeof steps / sizeof *steps));
    tcase_add_test(t, med_is_deterministic);
    tcase_add_test(t, next_hop_comes_and_goes);
    tcase_add_test(t, mrai);
    tcase_add_test(t, route_limit);
    return run_suite(s);
}
