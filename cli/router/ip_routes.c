/* Two ordered sources become one; see ip_routes.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/ip_routes.h"
#include "engine/config/model.h"

enum { BATCH = 128, WAYS = 64 };

/* How the packets of a BGP route would go, remembered for its next hop. */
struct way {
    struct bgp_addr to;
    struct speaker_route by; /* its route; ifname empty: none leads there */
};

struct ip_routes {
    struct session *s;
    struct speaker_route_query query; /* of the host */
    int proto;                        /* what is wanted, -1: all */
    struct speaker_route host[BATCH];
    size_t nhost, at_host;
    bool host_over;
    struct bgp_prefix within; /* what the routes of the host have to be covered by; af 0: nothing */
    struct speaker_walk *walk; /* NULL: nothing of BGP is wanted, or it is over */
    const struct bgp_route_batch *batch;
    size_t at_batch;
    struct bgp_addr last; /* network of the BGP route before */
    uint8_t last_len;
    struct way ways[WAYS];
    struct ip_route out;
};

const char *ip_proto_name(unsigned proto)
{
    static const char *const names[SPEAKER_PROTOS] = {"Direct", "Static", "OSPF",  "ISIS",
                                                      "RIP",    "BGP",    "Kernel"};
    return names[proto];
}

/* --- the two sources ------------------------------------------------------------------------- */

static bool covered(const struct bgp_prefix *p, const struct speaker_route *r)
{
    unsigned octets = p->len / 8, bits = p->len % 8;
    return r->len >= p->len && memcmp(r->net.b, p->addr.b, octets) == 0 &&
           (!bits || (r->net.b[octets] ^ p->addr.b[octets]) >> (8 - bits) == 0);
}

static const struct speaker_route *host_next(struct ip_routes *t)
{
    if (t->at_host == t->nhost && !t->host_over) {
        t->nhost = speaker_routes(t->s->app->config.speaker, &t->query, t->host, BATCH);
        t->at_host = 0;
        t->host_over = !t->nhost;
    }
    const struct speaker_route *h = t->at_host < t->nhost ? &t->host[t->at_host] : NULL;
    if (!h || !t->within.addr.af || covered(&t->within, h))
        return h;
    t->host_over = true; /* they are in order: no more will be */
    t->at_host = t->nhost = 0;
    return NULL;
}

/* Those of our own are the host's already. */
static bool wanted(const struct bgp_route *r)
{
    return r->selected && r->valid && (r->kind >= BGP_ROUTE_EXTERNAL || r->cross);
}

static const struct bgp_route *bgp_next(struct ip_routes *t)
{
    while (t->walk) {
        for (; t->batch && t->at_batch < t->batch->n; t->at_batch++)
            if (wanted(&t->batch->routes[t->at_batch]))
                return &t->batch->routes[t->at_batch];
        t->batch = speaker_walk_next(t->walk);
        t->at_batch = 0;
        if (!t->batch) {
            speaker_walk_free(t->walk);
            t->walk = NULL;
        }
    }
    return NULL;
}

static int compare(const struct speaker_route *h, const struct bgp_route *r)
{
    int c = memcmp(h->net.b, r->prefix.addr.b, sizeof h->net.b);
    return c ? c : (int)h->len - (int)r->prefix.len;
}

/* --- BGP routes ------------------------------------------------------------------------------ */

static const struct speaker_route *way_to(struct ip_routes *t, const struct bgp_addr *to)
{
    unsigned hash = to->vpn;
    for (unsigned i = 0; i < sizeof to->b; i++)
        hash = hash * 31 + to->b[i];
    struct way *w = &t->ways[hash % WAYS];
    if (w->to.af && bgp_addr_cmp(&w->to, to) == 0)
        return &w->by;
    struct speaker_route_query q = {
        .af = to->af, .vpn = to->vpn, .proto = -1, .longest = true, .net = *to};
    struct speaker_route by[BATCH];
    q.net.vpn = 0;
    memset(&w->by, 0, sizeof w->by);
    if (speaker_routes(t->s->app->config.speaker, &q, by, BATCH))
        w->by = by[0];
    w->to = *to;
    return &w->by;
}

static const struct ip_route *from_bgp(struct ip_routes *t, const struct bgp_route *r)
{
    struct speaker_route *out = &t->out.route;
    memset(&t->out, 0, sizeof t->out);
    out->net = r->prefix.addr;
    out->net.vpn = 0;
    out->len = r->prefix.len;
    out->proto = SPEAKER_BGP;
    out->preference = r->preference;
    out->cost = r->has_med ? r->med : 0;
    out->nexthop = r->next_hop;
    out->nexthop.vpn = 0;
    out->first = !t->last.af || out->len != t->last_len || bgp_addr_cmp(&out->net, &t->last) != 0;
    out->since_ms = speaker_now() - r->age_ms;
    t->last = out->net;
    t->last_len = out->len;
    t->out.bgp = true;
    t->out.neighbour = r->from;
    t->out.label = r->label;
    t->out.crossed = r->cross == BGP_CROSS_LOCAL;
    t->out.proto = r->kind == BGP_ROUTE_EXTERNAL   ? "EBGP"
                   : r->kind == BGP_ROUTE_INTERNAL ? "IBGP"
                                                   : "BGP";
    if (!r->next_hop.af)
        return &t->out;
    const struct speaker_route *by = way_to(t, &r->next_hop);
    out->relayed = by->proto != SPEAKER_DIRECT;
    out->relay = out->relayed && by->relay.af ? by->relay
                 : out->relayed               ? by->nexthop
                                              : (struct bgp_addr){0};
    memcpy(out->ifname, by->ifname, sizeof out->ifname);
    return &t->out;
}

/* --- both ------------------------------------------------------------------------------------ */

const struct ip_route *ip_routes_next(struct ip_routes *t)
{
    for (;;) {
        const struct speaker_route *h = host_next(t);
        const struct bgp_route *r = bgp_next(t);
        int c = !h ? 1 : !r ? -1 : compare(h, r);
        if (!h && !r)
            return NULL;
        if (c > 0) {
            t->at_batch++;
            return from_bgp(t, r);
        }
        if (c == 0) { /* what the host uses counts */
            t->at_batch++;
            continue;
        }
        t->at_host++;
        if (t->proto >= 0 && h->proto != t->proto)
            continue;
        t->out =
            (struct ip_route){.route = *h, .proto = ip_proto_name(h->proto), .label = UINT32_MAX};
        return &t->out;
    }
}

static struct bgp_walk_filter filter_of(const struct speaker_route_query *q)
{
    struct bgp_walk_filter f = {.family = q->af == 6 ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST,
                                .kind = BGP_WALK_ALL,
                                .vpn = q->vpn};
    f.prefix.addr = q->net;
    f.prefix.addr.af = q->af;
    f.prefix.addr.vpn = q->vpn;
    f.prefix.len = q->len;
    f.one = q->exact;
    return f;
}

/* All that the network covers, itself included: what comes after the last that sorts before it. */
static void begin_within(struct ip_routes *t, const struct speaker_route_query *q)
{
    t->within.addr = q->net;
    t->within.len = q->len;
    t->query.exact = false;
    t->query.started = q->len > 0;
    t->query.len = q->len ? (uint8_t)(q->len - 1) : 0;
}

/* The longest network of BGP around the address, if it is longer than that of the host. */
static void longest(struct ip_routes *t, const struct bgp_addr *a)
{
    const struct speaker_route *h = host_next(t);
    int above = h ? h->len : -1;
    struct speaker_route_query q = t->query;
    q.exact = true;
    q.net = *a;
    for (int len = q.af == 6 ? 128 : 32; len > above; len--) {
        q.len = (uint8_t)len;
        for (int i = len; i < (q.af == 6 ? 128 : 32); i++)
            q.net.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
        struct bgp_walk_filter f = filter_of(&q);
        t->walk = speaker_walk_new(t->s->app->config.speaker, &f);
        if (bgp_next(t)) {
            t->at_host = t->nhost = 0;
            t->host_over = true;
            return;
        }
    }
}

struct ip_routes *ip_routes_new(struct session *s, const struct speaker_route_query *q, bool longer)
{
    bool bgp = s->app->config.model->bgp.as && (q->proto < 0 || q->proto == SPEAKER_BGP);
    struct bgp_walk_filter f = filter_of(q);
    struct ip_routes *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->s = s;
    t->query = *q;
    t->proto = q->proto;
    f.longer = longer;
    if (longer)
        begin_within(t, q);
    if (bgp)
        t->query.proto = -1; /* to know which networks the host has */
    if (bgp && q->longest)
        longest(t, &q->net);
    else if (bgp && !(t->walk = speaker_walk_new(s->app->config.speaker, &f))) {
        free(t);
        return NULL;
    }
    return t;
}

void ip_routes_free(struct ip_routes *t)
{
    if (!t)
        return;
    speaker_walk_free(t->walk);
    free(t);
}
