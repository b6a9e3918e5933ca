/*
 * The rules of passing routes on, each of them in every family: what may be told to whom, with
 * which next hop and label, and what becomes of the attributes. One peer feeds, one listens, both
 * over the same version of IP as the family's next hops.
 */
#include "test_bgp_lab.h"

#include "bgp/rib/rib.h"

enum { SINK_AS = 65009 };
enum hop { ANY, OURS, THEIRS };

static const struct rule {
    const char *what;
    char from, to;     /* E: external, I: internal, C: a client of ours */
    const char *path;  /* value of the AS path fed; NULL: one of the feeder's kind */
    const char *attrs; /* fed besides */
    const char *is;    /* an attribute that is told; NULL: the route is not told */
    unsigned without;  /* an attribute that is not */
    enum hop hop;      /* whose address, and with it label, is told */
    bool bare;         /* communities of no kind are sent */
    struct bgp_peer_af_conf in, out;
} rules[] = {
    {"external to external", 'E', 'E', .is = "40020a 0202 0000fc59 0000fc5a", .without = 5,
     .hop = OURS},
    {"external to internal", 'E', 'I', .is = "400206 0201 0000fc5a", .hop = THEIRS},
    {"the usual preference", 'E', 'I', .is = "400504 00000064"},
    {"internal to internal", 'I', 'I', .path = NULL},
    {"client to internal", 'C', 'I', .is = "800904 0a0000c8", .hop = THEIRS},
    {"client to client", 'C', 'C', .is = "800a04 0a000005", .hop = THEIRS},
    {"internal to client", 'I', 'C', .is = "800904 0a0000c8", .hop = THEIRS},
    {"another cluster before", 'C', 'C', .attrs = "800904 01010101 800a04 07070707",
     .is = "800a08 0a000005 07070707"},
    {"the originator stays", 'C', 'C', .attrs = "800904 01010101 800a04 07070707",
     .is = "800904 01010101"},
    {"internal to external", 'I', 'E', .is = "40020a 0202 0000fc59 0000ffff", .without = 9,
     .hop = OURS},
    {"our cluster", 'I', 'E', .attrs = "800904 01010101 800a04 0a000005"},
    {"we are the originator", 'I', 'E', .attrs = "800904 0a000005"},
    {"reflected elsewhere, to external", 'I', 'E', .attrs = "800904 01010101 800a04 07070707",
     .is = "400101 00", .without = 10},
    {"our AS", 'E', 'E', .path = "0202 0000fc5a 0000fc59"},
    {"our AS once", 'E', 'E', .path = "0202 0000fc5a 0000fc59", .in.allow_as_loop = 1,
     .is = "40020e 0203 0000fc59 0000fc5a 0000fc59"},
    {"our AS twice", 'E', 'E', .path = "0203 0000fc5a 0000fc59 0000fc59", .in.allow_as_loop = 1},
    {"substituted", 'E', 'E', .path = "0202 0000fc5a 0000fdf1", .out.substitute_as = true,
     .is = "40020e 0203 0000fc59 0000fc5a 0000fc59"},
    {"private ASes", 'E', 'E', .out.public_as_only = true, .is = "400206 0201 0000fc59"},
    {"NO_EXPORT, external", 'E', 'E', .attrs = "c00804 ffffff01"},
    {"NO_EXPORT, internal", 'E', 'I', .attrs = "c00804 ffffff01", .is = "c00804 ffffff01"},
    {"NO_ADVERTISE, external", 'E', 'E', .attrs = "c00804 ffffff02"},
    {"NO_ADVERTISE, internal", 'E', 'I', .attrs = "c00804 ffffff02"},
    {"NO_ADVERTISE, reflected", 'C', 'C', .attrs = "c00804 ffffff02"},
    {"NO_EXPORT_SUBCONFED, external", 'E', 'E', .attrs = "c00804 ffffff03"},
    {"our next hop", 'E', 'I', .out.next_hop_local = true, .is = "400101 00", .hop = OURS},
    {"next hop stays", 'E', 'E', .out.next_hop_invariable = true, .is = "400101 00", .hop = THEIRS},
    {"site of origin is put on", 'E', 'I', .in.soo = 0x0002006400000007,
     .is = "c01008 0003006400000007"},
    {"not back to the site", 'E', 'E', .in.soo = 0x0002006400000007, .out.soo = 0x0002006400000007},
    {"to another site", 'E', 'E', .in.soo = 0x0002006400000007, .out.soo = 0x0002006400000008,
     .is = "c01008 0003006400000007"},
    {"communities", 'E', 'E', .attrs = "c00804 00010002", .is = "c00804 00010002"},
    {"large communities", 'E', 'E', .attrs = "c0200c 000000010000000200000003",
     .is = "c0200c 000000010000000200000003"},
    {"no communities", 'E', 'E', .attrs = "c00804 00010002", .bare = true, .is = "400101 00",
     .without = 8},
    {"no large communities", 'E', 'E', .attrs = "c0200c 000000010000000200000003", .bare = true,
     .is = "400101 00", .without = 32},
    {"MED ends at the next AS", 'E', 'E', .attrs = "800404 00000007", .is = "400101 00",
     .without = 4},
    {"MED within the AS", 'E', 'I', .attrs = "800404 00000007", .is = "800404 00000007"},
    {"something unknown", 'E', 'E', .attrs = "c0c801 07", .is = "e0c801 07"},
    {"something unknown that stays here", 'E', 'I', .attrs = "80c801 07", .is = "400101 00",
     .without = 0xc8},
    {"aggregated", 'E', 'E', .attrs = "400600 c00708 0000fc5a 01020304",
     .is = "c00708 0000fc5a 01020304"},
};
enum { RULES = sizeof rules / sizeof *rules, LABEL = 0xbb9, PREFIX = 24 };

static struct lab *l;
static const struct rule *rule;
static enum bgp_family family;
static struct bgp_addr own;

static bool over6(void)
{
    return bgp_family_info[family].octets == 16;
}

static const char *host(bool feeder)
{
    return over6() ? feeder ? "2001:db8::1" : "2001:db8::9" : feeder ? "192.0.2.1" : "192.0.2.9";
}

static struct line *up(bool feeder)
{
    struct bgp_peer_conf conf = peer_conf(host(feeder));
    char kind = feeder ? rule->from : rule->to;
    uint32_t as = kind != 'E' ? OUR_AS : feeder ? PEER_AS : SINK_AS;
    struct bgp_open o = peer_open(as, feeder ? 0x0a0000c8 : 0x0a0000c9);
    struct bgp_peer_af_conf *af = &conf.af[family];
    struct line *n;

    conf.remote_as = as;
    conf.kind = kind == 'E' ? BGP_KIND_EXTERNAL : BGP_KIND_INTERNAL;
    conf.enabled = (uint8_t)(1u << family);
    *af = feeder ? rule->in : rule->out;
    af->reflect_client = kind == 'C';
    af->advertise_community = af->advertise_ext_community = af->advertise_large_community =
        !rule->bare;
    o.caps.families = conf.enabled;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    bgp_connected(n->conn, &own, 40000, 179);
    ck_assert(feed_open(n, &o));
    ck_assert(feed_hex(n, KEEPALIVE));
    ck_assert_int_eq(state(l, host(feeder)), BGP_ESTABLISHED);
    return n;
}

static struct bgp_addr their_hop(void)
{
    return addr(over6() ? "2001:db8::1" : "192.0.2.1");
}

static void put_prefix(struct bgp_writer *w)
{
    uint8_t key[BGP_KEY] = {0};

    if (bgp_family_info[family].vpn)
        key[3] = 100, key[7] = 1;
    memcpy(key + (bgp_family_info[family].vpn ? BGP_RD : 0), "\x20\x01\x0d\xb8", 4);
    bgp_nlri_put(w, family, key, PREFIX, LABEL << 4 | 1, bgp_cursor_on(NULL, 0));
}

static void put_hex(struct bgp_writer *w, const char *text)
{
    uint8_t b[100];

    bgp_put_bytes(w, b, hex(text, b));
}

/* The route as the rule feeds it. */
static void say(struct line *n)
{
    uint8_t buf[500], mp[100], path[50];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf), m = bgp_writer_on(mp, sizeof mp);
    struct bgp_next_hop hop = {.addr = their_hop()};
    uint8_t *length;

    bgp_frame_begin(&w, BGP_UPDATE);
    bgp_put_u16(&w, 0);
    length = w.at;
    bgp_put_u16(&w, 0);
    bgp_mp_reach_head(&m, family, &hop);
    put_prefix(&m);
    bgp_attr_put(&w, BGP_ATTR_OPTIONAL, BGP_ATTR_MP_REACH, mp, bgp_written(&m));
    put_hex(&w, "400101 00");
    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_AS_PATH, path,
                 hex(rule->path          ? rule->path
                     : rule->from == 'E' ? "0201 0000fc5a"
                                         : "0201 0000ffff",
                     path));
    if (rule->from != 'E')
        put_hex(&w, "400504 00000064");
    if (rule->attrs)
        put_hex(&w, rule->attrs);
    length[0] = (uint8_t)((w.at - length - 2) >> 8);
    length[1] = (uint8_t)(w.at - length - 2);
    ck_assert(feed(n, buf, bgp_frame_end(&w)));
}

/* The next UPDATE that announces something. */
static bool told(struct line *n, struct bgp_update *u)
{
    const uint8_t *body;
    struct bgp_fault fault;
    struct bgp_attr a;
    size_t len;
    uint8_t type;

    for (unsigned i = 0; i < l->nlines; i++)
        if (l->lines[i].conn)
            bgp_unsent(l->lines[i].conn, 0);
    pass(l, 10);
    while ((type = heard(n, &body, &len)) != 0) {
        if (type != BGP_UPDATE)
            continue;
        ck_assert(bgp_update_split(bgp_cursor_on(body, len), u, &fault));
        if (u->nlri.left > 0 || bgp_attr_find(u->attributes, BGP_ATTR_MP_REACH, &a))
            return true;
    }
    return false;
}

static void assert_attr(const struct bgp_update *u)
{
    uint8_t want[100];
    size_t n = hex(rule->is, want);
    struct bgp_attr a;

    ck_assert_msg(bgp_attr_find(u->attributes, want[1], &a), "%s: no attribute %u", rule->what,
                  want[1]);
    ck_assert_msg((a.flags & 0xe0) == want[0] && a.value.left == n - 3 &&
                      memcmp(a.value.at, want + 3, n - 3) == 0,
                  "%s: attribute %u is %02x, %zu octets", rule->what, want[1], a.flags,
                  a.value.left);
    ck_assert_msg(!rule->without || !bgp_attr_find(u->attributes, rule->without, &a),
                  "%s: has attribute %u", rule->what, rule->without);
}

static void assert_hop(const struct bgp_update *u)
{
    const struct bgp_mp_rules agreed = {0};
    struct bgp_mp mp = {0};
    struct bgp_attr a;
    struct bgp_nlri p;
    struct bgp_addr hop = {.af = 4};

    if (u->nlri.left > 0) {
        ck_assert(bgp_attr_find(u->attributes, BGP_ATTR_NEXT_HOP, &a));
        memcpy(hop.b, a.value.at, 4);
        mp.nlri = u->nlri;
    } else {
        ck_assert(bgp_attr_find(u->attributes, BGP_ATTR_MP_REACH, &a));
        ck_assert_int_eq(bgp_mp_reach_decode(a.value, &agreed, &mp), BGP_MP_OK);
        hop = mp.next_hop.addr;
    }
    ck_assert(bgp_nlri_next(&mp.nlri, family, false, &p));
    ck_assert_int_eq(p.len, PREFIX);
    if (rule->hop != ANY) {
        struct bgp_addr want = rule->hop == OURS ? own : their_hop();

        ck_assert_msg(hop.af == want.af && memcmp(hop.b, want.b, over6() ? 16 : 4) == 0,
                      "%s: another next hop", rule->what);
        if (bgp_family_info[family].label)
            ck_assert_msg((p.label >> 4 == LABEL) == (rule->hop == THEIRS), "%s: label %u",
                          rule->what, p.label >> 4);
    }
}

START_TEST(passes)
{
    struct line *feeder, *sink;
    struct bgp_update u;

    rule = &rules[_i % RULES];
    family = (enum bgp_family)(_i / RULES);
    own = addr(over6() ? "2001:db8::fe" : "192.0.2.254");
    l = lab_new();
    feeder = up(true);
    sink = up(false);
    say(feeder);
    if (!told(sink, &u)) {
        ck_assert_msg(!rule->is, "%s: not told", rule->what);
    } else {
        ck_assert_msg(rule->is, "%s: told", rule->what);
        assert_attr(&u);
        assert_hop(&u);
    }
    ck_assert_int_eq(state(l, host(true)), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp families");
    TCase *t = tcase_create("families");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, passes, 0, BGP_FAMILIES * RULES);
    return run_suite(s);
}
