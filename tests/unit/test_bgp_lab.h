/*
 * A laboratory around one speaker: virtual clock, seeded random numbers, hand-driven peers.
 *
 * The test plays the network and the peer. Every connection, ours or the peer's, is a line whose
 * output is kept whole. Included by the test_bgp_* programs only.
 */
#ifndef VRPSH_TEST_BGP_LAB_H
#define VRPSH_TEST_BGP_LAB_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"
#include "bgp/wire/frame.h"
#include "bgp/wire/open.h"

#define UNUSED __attribute__((unused))

struct line {
    struct bgp_conn *conn; /* NULL once closed */
    bool outgoing, closed;
    uint8_t out[20000];
    size_t nout, seen;
};

struct happening {
    char peer[BGP_ADDR_STRLEN];
    enum bgp_state from, to;
    const char *event, *input, *reason;
    int code, subcode; /* 0: no NOTIFICATION */
    bool logged, known;
};

struct lab {
    struct bgp *b;
    uint64_t now;
    uint32_t seed;
    struct line lines[200];
    unsigned nlines;
    struct happening events[1000];
    unsigned nevents;
    struct bgp_alert alerts[20];
    unsigned nalerts;
};

static uint64_t lab_now(void *ctx)
{
    return ((struct lab *)ctx)->now;
}

static uint32_t lab_random(void *ctx)
{
    struct lab *l = ctx;

    return l->seed = l->seed * 1664525u + 1013904223u;
}

static struct line *lab_line(struct lab *l, bool outgoing)
{
    struct line *n = &l->lines[l->nlines++];

    ck_assert_uint_lt(l->nlines, 200);
    n->outgoing = outgoing;
    return n;
}

static void lab_connect(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *peer)
{
    struct line *n = lab_line(ctx, true);

    (void)peer;
    n->conn = conn;
    bgp_conn_set_io(conn, n);
}

static void lab_send(void *ctx, struct bgp_conn *conn, const uint8_t *bytes, size_t n)
{
    struct line *line = bgp_conn_io(conn);

    (void)ctx;
    ck_assert(!line->closed);
    ck_assert_uint_le(line->nout + n, sizeof line->out);
    memcpy(line->out + line->nout, bytes, n);
    line->nout += n;
}

static void lab_close(void *ctx, struct bgp_conn *conn)
{
    struct line *line = bgp_conn_io(conn);

    (void)ctx;
    ck_assert(!line->closed);
    line->closed = true;
    line->conn = NULL;
}

static void lab_event(void *ctx, const struct bgp_event *e)
{
    struct lab *l = ctx;
    struct happening *h = &l->events[l->nevents++ % 1000];

    bgp_addr_str(e->peer, h->peer);
    h->from = e->from;
    h->to = e->to;
    h->event = e->event;
    h->reason = e->reason;
    h->code = e->notif ? e->notif->code : 0;
    h->subcode = e->notif ? e->notif->subcode : 0;
    h->input = e->input;
    h->logged = e->logged;
    h->known = e->known;
    ck_assert_int_ne((int)e->from, (int)e->to);
}

static void lab_alert(void *ctx, const struct bgp_alert *a)
{
    struct lab *l = ctx;

    l->alerts[l->nalerts++ % 20] = *a;
}

static const struct bgp_ops lab_ops = {.now = lab_now,
                                       .random = lab_random,
                                       .connect = lab_connect,
                                       .send = lab_send,
                                       .close = lab_close,
                                       .event = lab_event,
                                       .alert = lab_alert};

enum { OUR_AS = 64601, PEER_AS = 64602 };
#define OUR_ID 0x0a000005u

static UNUSED struct bgp_conf lab_process(void)
{
    struct bgp_conf c = {
        .as = OUR_AS, .router_id = OUR_ID, .keepalive = 60, .hold = 180, .connect_retry = 32};

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        c.af[f].no_vpn_target = true;
    return c;
}

static UNUSED struct lab *lab_new(void)
{
    struct lab *l = calloc(1, sizeof *l);
    struct bgp_conf conf = lab_process();

    l->now = 1000;
    l->seed = 42;
    l->b = bgp_new(&lab_ops, l);
    bgp_set_process(l->b, &conf);
    return l;
}

static UNUSED void lab_free(struct lab *l)
{
    bgp_shutdown(l->b, NULL);
    for (unsigned i = 0; i < l->nlines; i++)
        ck_assert_ptr_null(l->lines[i].conn);
    for (unsigned i = 0; i < 1000 && bgp_deadline(l->b) <= l->now + 1000; i++) {
        if (bgp_deadline(l->b) > l->now) /* destinations are collected when it is quiet */
            l->now = bgp_deadline(l->b);
        bgp_tick(l->b); /* routes of the sessions that ended */
    }
    ck_assert_uint_eq(bgp_deadline(l->b), UINT64_MAX);
    bgp_free(l->b);
    free(l);
}

static UNUSED struct bgp_addr addr(const char *text)
{
    struct bgp_addr a;

    ck_assert(bgp_addr_parse(text, strlen(text), &a));
    return a;
}

static UNUSED struct bgp_peer_conf peer_conf(const char *a)
{
    return (struct bgp_peer_conf){.addr = addr(a),
                                  .remote_as = PEER_AS,
                                  .kind = BGP_KIND_EXTERNAL,
                                  .ttl = 1,
                                  .keepalive = 60,
                                  .hold = 180,
                                  .connect_retry = 32,
                                  .enabled = 1u << BGP_IPV4_UNICAST | 1u << BGP_VPNV4};
}

static UNUSED struct bgp_peer_view look(struct lab *l, const char *a)
{
    struct bgp_addr at = addr(a);
    struct bgp_peer_view v;

    ck_assert_msg(bgp_peer_view(l->b, &at, &v), "no peer %s", a);
    return v;
}

static UNUSED enum bgp_state state(struct lab *l, const char *a)
{
    return look(l, a).state;
}

/* Lets time pass, timer by timer. */
static UNUSED void pass(struct lab *l, uint64_t ms)
{
    uint64_t end = l->now + ms;

    while (bgp_deadline(l->b) <= end) {
        if (bgp_deadline(l->b) > l->now)
            l->now = bgp_deadline(l->b);
        bgp_tick(l->b);
    }
    l->now = end;
    bgp_tick(l->b);
}

static UNUSED struct line *inbound(struct lab *l, const char *from)
{
    struct bgp_addr remote = addr(from), local = addr(remote.af == 4 ? "192.0.2.254" : "2001::1");
    struct line *n = lab_line(l, false);

    n->conn = bgp_accepted(l->b, &remote, 50000, &local, 179, n);
    n->closed = n->conn == NULL;
    return n->conn ? n : NULL;
}

/* The newest line the speaker opened itself. */
static UNUSED struct line *last_attempt(struct lab *l)
{
    for (unsigned i = l->nlines; i > 0; i--)
        if (l->lines[i - 1].outgoing)
            return &l->lines[i - 1];
    return NULL;
}

static UNUSED unsigned attempts(struct lab *l)
{
    unsigned n = 0;

    for (unsigned i = 0; i < l->nlines; i++)
        n += l->lines[i].outgoing;
    return n;
}

static UNUSED void establish_tcp(struct line *n)
{
    struct bgp_addr local = addr("192.0.2.254");

    bgp_connected(n->conn, &local, 40000, 179);
}

static UNUSED void refuse_tcp(struct line *n)
{
    struct bgp_conn *c = n->conn;

    n->conn = NULL;
    n->closed = true;
    bgp_connect_failed(c, "Connection refused");
}

static UNUSED void cut_tcp(struct line *n)
{
    struct bgp_conn *c = n->conn;

    n->conn = NULL;
    n->closed = true;
    bgp_conn_lost(c, "Connection reset by peer");
}

static UNUSED bool feed(struct line *n, const uint8_t *bytes, size_t len)
{
    bool alive;

    ck_assert_ptr_nonnull(n->conn);
    alive = bgp_input(n->conn, bytes, len);
    ck_assert_int_eq(alive, !n->closed);
    return alive;
}

/* Octets of the form "FF* 0013 04"; FF* is a marker. */
static UNUSED size_t hex(const char *s, uint8_t *out)
{
    size_t n = 0;

    for (; *s; s++) {
        unsigned v;

        if (*s == ' ')
            continue;
        if (strncmp(s, "FF*", 3) == 0) {
            memset(out + n, 0xff, 16);
            n += 16;
            s += 2;
            continue;
        }
        ck_assert_int_eq(sscanf(s, "%2x", &v), 1);
        out[n++] = (uint8_t)v;
        s++;
    }
    return n;
}

static UNUSED bool feed_hex(struct line *n, const char *text)
{
    uint8_t b[4096];

    return feed(n, b, hex(text, b));
}

#define KEEPALIVE "FF* 0013 04"
#define EMPTY_UPDATE "FF* 0017 02 0000 0000"
#define REFRESH "FF* 0017 05 0001 00 01"

static UNUSED struct bgp_open peer_open(uint32_t as, uint32_t id)
{
    struct bgp_open o = {.as = as, .id = id, .hold = 180};

    o.caps = (struct bgp_caps){.families = 1u << BGP_IPV4_UNICAST | 1u << BGP_VPNV4,
                               .refresh = true,
                               .extended = true,
                               .has_as4 = true,
                               .as4 = as};
    return o;
}

static UNUSED bool feed_open(struct line *n, const struct bgp_open *o)
{
    uint8_t b[4096];

    return feed(n, b, bgp_open_encode(o, b, sizeof b));
}

/* The next message the speaker sent on the line; its type, 0 when there is none. */
static UNUSED uint8_t heard(struct line *n, const uint8_t **body, size_t *len)
{
    const uint8_t *m = n->out + n->seen;
    size_t l;

    if (n->seen == n->nout)
        return 0;
    l = (size_t)(m[16] << 8 | m[17]);
    ck_assert_uint_le(n->seen + l, n->nout);
    n->seen += l;
    if (body) {
        *body = m + BGP_HEADER;
        *len = l - BGP_HEADER;
    }
    return m[18];
}

static UNUSED struct bgp_open heard_open(struct line *n)
{
    const uint8_t *body;
    size_t len;
    struct bgp_open o;
    struct bgp_fault f;

    ck_assert_int_eq(heard(n, &body, &len), BGP_OPEN);
    ck_assert(bgp_open_decode(bgp_cursor_on(body, len), &o, &f));
    return o;
}

/* The last thing said on the line is this NOTIFICATION, said once, and the line is closed. */
static UNUSED void assert_notified(struct line *n, int code, int subcode, const char *what)
{
    const uint8_t *body = NULL;
    size_t len = 0;
    uint8_t type, last = 0;
    unsigned count = 0;

    while ((type = heard(n, &body, &len))) {
        last = type;
        count += type == BGP_NOTIFICATION;
    }
    ck_assert_msg(last == BGP_NOTIFICATION && count == 1, "%s: no NOTIFICATION", what);
    ck_assert_msg(body[0] == code && body[1] == subcode, "%s: %d/%d, expected %d/%d", what, body[0],
                  body[1], code, subcode);
    ck_assert_msg(n->closed, "%s: not closed", what);
}

/* No NOTIFICATION was sent on the line. */
static UNUSED void assert_silent(struct line *n)
{
    uint8_t type;

    while ((type = heard(n, NULL, NULL)))
        ck_assert_int_ne(type, BGP_NOTIFICATION);
}

/* Configures the peer and brings its session up over our own connection. */
static UNUSED struct line *bring_up(struct lab *l, const struct bgp_peer_conf *conf)
{
    struct bgp_open o = peer_open(conf->remote_as, 0x0a0000c8);
    char buf[BGP_ADDR_STRLEN];
    struct line *n;

    bgp_set_peer(l->b, conf, BGP_KEEP);
    n = last_attempt(l);
    ck_assert_ptr_nonnull(n->conn);
    establish_tcp(n);
    ck_assert(feed_open(n, &o));
    ck_assert(feed_hex(n, KEEPALIVE));
    ck_assert_int_eq(state(l, bgp_addr_str(&conf->addr, buf)), BGP_ESTABLISHED);
    return n;
}

static UNUSED int run_suite(Suite *s)
{
    SRunner *r = srunner_create(s);
    int failed;

    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}

#endif
