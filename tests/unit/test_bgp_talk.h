/*
 * A conversation with one speaker in UPDATEs: a peer that feeds, a peer that listens, attribute
 * fields as hex, and what was told. Included by the test_bgp_* programs that look at UPDATEs.
 */
#ifndef VRPSH_TEST_BGP_TALK_H
#define VRPSH_TEST_BGP_TALK_H

#include "test_bgp_lab.h"

#include "bgp/rib/rib.h"

#define FEED "192.0.2.1" /* EBGP or IBGP: the peer under test */
#define SINK "192.0.2.9" /* EBGP: shows what is passed on */

static struct lab *l;
static struct line *feed_line, *sink;
static bool ibgp;

static UNUSED struct bgp_peer_conf open_conf(const char *a, uint32_t as)
{
    struct bgp_peer_conf c = peer_conf(a);

    c.remote_as = as;
    c.kind = as == OUR_AS ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
    c.enabled = 1u << BGP_IPV4_UNICAST | 1u << BGP_IPV6_UNICAST | 1u << BGP_VPNV4;
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        c.af[f].advertise_community = true;
        c.af[f].advertise_ext_community = true;
        c.af[f].advertise_large_community = true;
    }
    return c;
}

static UNUSED struct line *up(const char *a, uint32_t as, uint32_t id, bool as4)
{
    struct bgp_peer_conf conf = open_conf(a, as);
    struct bgp_open o = peer_open(as, id);
    struct line *n;

    o.caps.families = conf.enabled;
    o.caps.has_as4 = as4;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    ck_assert(feed_open(n, &o));
    ck_assert(feed_hex(n, KEEPALIVE));
    ck_assert_int_eq(state(l, a), BGP_ESTABLISHED);
    return n;
}

static UNUSED void begin(bool internal)
{
    ibgp = internal;
    l = lab_new();
    feed_line = up(FEED, internal ? OUR_AS : PEER_AS, 0x0a0000c8, true);
    sink = up(SINK, 65009, 0x0a0000c9, true);
}

static UNUSED void end(void)
{
    lab_free(l);
}

static UNUSED void settle(void)
{
    for (unsigned i = 0; i < l->nlines; i++)
        if (l->lines[i].conn)
            bgp_unsent(l->lines[i].conn, 0);
    pass(l, 10);
}

/* Attributes every good UPDATE has, as hex; the AS path begins with the peer's AS. */
static UNUSED const char *base(bool next_hop)
{
    static char text[200];

    snprintf(text, sizeof text, "40010100 4002%s %s %s", ibgp ? "0602010000ffff" : "0602010000fc5a",
             next_hop ? "400304c0000201" : "", ibgp ? "40050400000064" : "");
    return text;
}

/* An UPDATE of this attribute field and NLRI. */
static UNUSED bool say(struct line *n, const char *attrs, const char *nlri)
{
    uint8_t a[4000], p[200], buf[4096];
    size_t na = hex(attrs, a), np = hex(nlri, p);
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    bgp_frame_begin(&w, BGP_UPDATE);
    bgp_put_u16(&w, 0);
    bgp_put_u16(&w, (unsigned)na);
    bgp_put_bytes(&w, a, na);
    bgp_put_bytes(&w, p, np);
    return feed(n, buf, bgp_frame_end(&w));
}

static struct bgp_route_batch batch;

/* The best route of an IPv4 prefix, or NULL. */
static UNUSED const struct bgp_route *best(const char *prefix, unsigned len)
{
    struct bgp_walk_filter f = {.family = BGP_IPV4_UNICAST, .kind = BGP_WALK_BEST, .one = true};
    struct bgp_walk *w;
    bool found;

    f.prefix.addr = addr(prefix);
    f.prefix.len = (uint8_t)len;
    w = bgp_walk_new(l->b, &f);
    found = bgp_walk_next(w, &batch) && batch.n > 0;
    bgp_walk_free(w);
    return found ? &batch.routes[0] : NULL;
}

static UNUSED bool has_attr(const struct bgp_route *r, unsigned code)
{
    struct bgp_attr a;

    return bgp_attr_find(bgp_cursor_on(batch.bytes + r->attrs, r->nattrs), code, &a);
}

/* The next UPDATE on the line that is no End-of-RIB, its body in *out; false: none. */
static UNUSED bool next_update(struct line *n, struct bgp_update *out)
{
    const uint8_t *body;
    size_t len;
    struct bgp_fault f;
    uint8_t type;

    while ((type = heard(n, &body, &len)) != 0) {
        if (type != BGP_UPDATE)
            continue;
        ck_assert(bgp_update_split(bgp_cursor_on(body, len), out, &f));
        if (len > 4 && !(len == 10 && body[5] == 0x0f) && !(len == 10 && body[4] == 0x80))
            return true;
    }
    return false;
}

static UNUSED struct bgp_attr attr_of(const struct bgp_update *u, unsigned code)
{
    struct bgp_attr a = {0};

    if (!bgp_attr_find(u->attributes, code, &a))
        a.code = 0xfe;
    return a;
}

#endif
