/*
 * Fuzzes everything behind an UPDATE: a speaker with an EBGP feeder, an IBGP feeder and an EBGP
 * sink gets the input as the body of one UPDATE. The first octet chooses the feeder and whether it
 * speaks four-octet AS. Whatever comes in, what goes out is well formed, the sink's session stays,
 * and when the feeder is gone nothing is left.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/group.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bgp_conn *conns[3];
static unsigned nconns;
static bool closed[3], sink_as4, feeder_as4;

static uint64_t op_now(void *ctx)
{
    (void)ctx;
    return 5000;
}

static uint32_t op_random(void *ctx)
{
    (void)ctx;
    return 7;
}

static void op_connect(void *ctx, struct bgp_conn *c, const struct bgp_peer_conf *conf)
{
    (void)ctx;
    (void)conf;
    if (nconns < 3)
        conns[nconns++] = c;
}

/* What the speaker says has to be something it would take itself. */
static void op_send(void *ctx, struct bgp_conn *c, const uint8_t *bytes, size_t n)
{
    static const struct bgp_mp_rules rules = {.stacks = (1u << BGP_FAMILIES) - 1};
    static uint8_t room[RIB_SCRATCH];

    (void)ctx;
    while (n > 0) {
        struct bgp_fault f;
        struct bgp_update u;
        struct bgp_attrs a;
        struct bgp_mp mp;
        size_t len;
        uint8_t type;

        if (!bgp_frame_check(bytes, n, BGP_LONGEST, false, &len, &type, &f) || len == 0 || len > n)
            abort();
        if (type == BGP_UPDATE) {
            if (!bgp_update_split(bgp_cursor_on(bytes + BGP_HEADER, len - BGP_HEADER), &u, &f))
                abort();
            if (!bgp_nlri_check(u.withdrawn, BGP_IPV4_UNICAST, false) ||
                !bgp_nlri_check(u.nlri, BGP_IPV4_UNICAST, false))
                abort();
            bgp_attrs_decode(u.attributes, true, c == conns[2] ? sink_as4 : feeder_as4, room,
                             sizeof room, &a);
            if (a.worst > BGP_DISCARD)
                abort();
            if (bgp_attrs_seen(&a, BGP_ATTR_MP_REACH) &&
                bgp_mp_reach_decode(a.reach, &rules, &mp) != BGP_MP_OK)
                abort();
            if (bgp_attrs_seen(&a, BGP_ATTR_MP_UNREACH) &&
                bgp_mp_unreach_decode(a.unreach, &mp) != BGP_MP_OK)
                abort();
        }
        bytes += len;
        n -= len;
    }
}

static void op_close(void *ctx, struct bgp_conn *c)
{
    (void)ctx;
    for (unsigned i = 0; i < 3; i++)
        if (conns[i] == c)
            closed[i] = true;
}

static void op_event(void *ctx, const struct bgp_event *e)
{
    (void)ctx;
    (void)e;
}

static const struct bgp_ops ops = {.now = op_now,
                                   .random = op_random,
                                   .connect = op_connect,
                                   .send = op_send,
                                   .close = op_close,
                                   .event = op_event};

static struct bgp_addr address(unsigned i)
{
    return (struct bgp_addr){.af = 4, .b = {192, 0, 2, (uint8_t)i}};
}

static void bring_up(struct bgp *b, unsigned i, uint32_t as, bool as4)
{
    struct bgp_peer_conf conf = {.addr = address(i + 1),
                                 .remote_as = as,
                                 .kind = as == 65000 ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL,
                                 .enabled = (1u << BGP_FAMILIES) - 1};
    struct bgp_open o = {.as = as, .id = 100 + i};
    struct bgp_addr local = address(200);
    uint8_t buf[BGP_LONGEST];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        conf.af[f].advertise_community = conf.af[f].advertise_ext_community =
            conf.af[f].advertise_large_community = true;
    o.caps.families = conf.enabled;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        o.caps.labels[f] = i > 0 && bgp_family_info[f].label ? 4 : 0;
    o.caps.has_as4 = as4;
    o.caps.as4 = as;
    bgp_set_peer(b, &conf, BGP_KEEP);
    bgp_connected(conns[i], &local, 40000, 179);
    bgp_input(conns[i], buf, bgp_open_encode(&o, buf, sizeof buf));
    bgp_frame_begin(&w, BGP_KEEPALIVE);
    bgp_input(conns[i], buf, bgp_frame_end(&w));
}

static void work(struct bgp *b)
{
    for (unsigned i = 0; i < 50 && bgp_deadline(b) <= 5000; i++)
        bgp_tick(b);
}

static const struct bgp_trace_conf everything = {.received = ~0u, .sent = ~0u};

/* Whoever debugs reads it as well. */
static void read_it(void *arg, const struct bgp_trace *t)
{
    char text[500];

    (void)arg;
    bgp_message_text(t->msg, t->n, t->as4, text, sizeof text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t message[BGP_LONGEST];
    struct bgp_conf conf = {.as = 65000, .router_id = 1};
    struct bgp_writer w = bgp_writer_on(message, sizeof message);
    unsigned feeder, n;
    struct bgp *b;

    if (size < 1 || size > BGP_LONGEST - BGP_HEADER)
        return 0;
    feeder = data[0] & 1;
    feeder_as4 = data[0] >> 1 & 1;
    sink_as4 = data[0] >> 2 & 1;
    nconns = 0;
    memset(closed, 0, sizeof closed);
    conf.af[BGP_VPNV4].no_vpn_target = conf.af[BGP_VPNV6].no_vpn_target = !(data[0] >> 3 & 1);
    b = bgp_new(&ops, NULL);
    bgp_set_trace(b, &everything, read_it, NULL);
    bgp_set_process(b, &conf);
    bring_up(b, 0, 65001, feeder_as4);
    bring_up(b, 1, 65000, feeder_as4);
    bring_up(b, 2, 65002, sink_as4);
    bgp_frame_begin(&w, BGP_UPDATE);
    bgp_put_bytes(&w, data + 1, size - 1);
    n = (unsigned)bgp_frame_end(&w);
    if (n >= 23)
        bgp_input(conns[feeder], message, n);
    work(b);
    if (closed[2] || closed[!feeder])
        abort();
    if (!closed[feeder])
        bgp_conn_lost(conns[feeder], "end");
    work(b);
    if (b->rib->paths.live != 0 || b->rib->sets.live != 0)
        abort();
    bgp_free(b);
    return 0;
}
