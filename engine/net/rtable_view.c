/* What the routing table shows: routes in order, counters, links, and what the kernel should have.
 * See rtable.h. */
#include <stdio.h>
#include <string.h>

#include "engine/net/rtable_internal.h"

/* --- names ----------------------------------------------------------------------------------- */

static const struct rt_name *name_of(const struct rtable *t, const struct bgp_addr *a)
{
    struct rt_name *e;
    HASH_FIND(hh, t->names, a, sizeof *a, e);
    return e;
}

/* A device goes by the name of the port one of its addresses belongs to, else by its own. */
static void device_name(const struct rtable *t, uint32_t ifindex, char *out, size_t len)
{
    const struct rt_link *l = rt_find_link(t, ifindex);
    for (const struct rt_address *a = t->addrs; a; a = a->hh.next) {
        const struct rt_name *e = a->key.ifindex == ifindex ? name_of(t, &a->key.addr) : NULL;
        if (e && e->port) {
            snprintf(out, len, "%s", e->ifname);
            return;
        }
    }
    snprintf(out, len, "%s", l ? l->name : "");
}

static void path_name(const struct rtable *t, const struct rt_path *p, const struct rt_hop *h,
                      char *out, size_t len)
{
    const struct rt_name *e = p->address.af ? name_of(t, &p->address) : NULL;
    bool loopback =
        p->address.af == 6 ? p->address.b[15] == 1 && p->address.b[0] == 0 : p->address.b[0] == 127;
    if (h->discard)
        snprintf(out, len, "NULL0");
    else if (e)
        snprintf(out, len, "%s", e->ifname);
    else if (p->own && p->own->key.ifname[0])
        snprintf(out, len, "%s", p->own->key.ifname);
    else if (p->address.af && loopback)
        snprintf(out, len, "InLoopBack0");
    else
        device_name(t, h->ifindex, out, len);
}

/* --- routes ---------------------------------------------------------------------------------- */

static struct bgp_addr shown_next_hop(const struct rt_path *p, uint8_t af)
{
    if (p->own)
        return p->own->key.nexthop;
    if (!p->address.af || !p->local)
        return p->address.af ? p->address : p->gateway;
    struct bgp_addr self = {.af = af};
    self.b[af == 6 ? 15 : 0] = af == 6 ? 1 : 127;
    if (af == 4)
        self.b[3] = 1;
    return self;
}

static void fill(const struct rtable *t, const struct rt_dest *d, const struct rt_path *p,
                 struct speaker_route *r)
{
    struct rt_hop h = rt_hop_of(p, &d->node.addr);
    memset(r, 0, sizeof *r);
    r->net = d->node.addr;
    r->len = d->node.len;
    r->proto = p->proto;
    r->discard = h.discard;
    r->nexthop = shown_next_hop(p, d->node.addr.af);
    r->relayed = p->own && !p->own->key.ifname[0] && !p->own->key.discard;
    r->relay = r->relayed ? h.relay : (struct bgp_addr){0};
    r->fib = p->own ? p->own->fib : true;
    r->tag = p->own ? p->own->tag : 0;
    r->silent = h.silent;
    r->cost = p->own ? h.metric : p->proto == SPEAKER_DIRECT ? 0 : p->metric;
    static const uint8_t preferences[SPEAKER_PROTOS] = {
        [SPEAKER_STATIC] = 60, [SPEAKER_OSPF] = 10, [SPEAKER_ISIS] = 15,
        [SPEAKER_RIP] = 100,   [SPEAKER_BGP] = 255, [SPEAKER_OTHER] = 60};
    r->preference = p->own ? p->own->preference : preferences[p->proto];
    r->since_ms = p->own ? p->own->since : p->since;
    path_name(t, p, &h, r->ifname, sizeof r->ifname);
}

/* The active routes of a destination; 0: there is no room for all of them. */
static size_t list_dest(struct rtable *t, struct rt_dest *d, int proto, struct speaker_route *out,
                        size_t max, bool *full)
{
    const unsigned how = RT_BY_DEFAULT | RT_BY_BGP;
    const struct rt_path *best = rt_best(t, d, how);
    size_t n = 0;
    *full = false;
    for (unsigned i = 0; best && i < d->npaths; i++) {
        const struct rt_path *p = &d->paths[i];
        if (rt_rank(p) != rt_rank(best) || (proto >= 0 && p->proto != proto) ||
            !rt_usable(t, p, how))
            continue;
        if (n == max) {
            *full = true;
            return 0;
        }
        fill(t, d, p, &out[n]);
        out[n].first = n == 0;
        n++;
    }
    return n;
}

static size_t list_one(struct rtable *t, const struct speaker_route_query *q,
                       struct speaker_route *out, size_t max)
{
    bool full;
    struct ptree_node *n = q->exact ? ptree_find(rt_tree(t, &q->net), &q->net, q->len)
                                    : ptree_match(rt_tree(t, &q->net), &q->net);
    for (; n; n = q->exact ? NULL : ptree_shorter(n)) {
        size_t got = list_dest(t, (struct rt_dest *)n, q->proto, out, max, &full);
        if (got)
            return got;
    }
    return 0;
}

size_t rtable_list(struct rtable *t, struct speaker_route_query *q, struct speaker_route *out,
                   size_t max)
{
    size_t n = 0;
    bool full = false;
    if (q->exact || q->longest) {
        n = q->started ? 0 : list_one(t, q, out, max);
        q->started = true;
        return n;
    }
    const struct ptree *tree = &t->tree[q->af == 6];
    struct ptree_node *p = q->started ? ptree_after(tree, &q->net, q->len) : ptree_first(tree);
    for (; p; p = ptree_next(p)) {
        size_t got = list_dest(t, (struct rt_dest *)p, q->proto, out + n, max - n, &full);
        if (full && n) /* the next batch begins with it */
            break;
        n += got;
        q->started = true;
        q->net = p->addr;
        q->len = p->len;
    }
    return n;
}

void rtable_counts(const struct rtable *t, uint8_t af, struct speaker_route_counts *out)
{
    *out = t->counts[af == 6];
}

static size_t put_link(const struct rt_link *l, const struct rt_address *a,
                       struct speaker_link *out, size_t n, size_t max)
{
    if (n >= max)
        return 1;
    out[n] = (struct speaker_link){.admin = l->admin, .up = l->up};
    memcpy(out[n].device, l->name, sizeof out[n].device);
    if (a) {
        out[n].addr = a->key.addr;
        out[n].len = a->key.len;
    }
    return 1;
}

size_t rtable_links(const struct rtable *t, struct speaker_link *out, size_t max)
{
    size_t n = 0;
    for (const struct rt_link *l = t->links; l; l = l->hh.next) {
        size_t before = n;
        for (const struct rt_address *a = t->addrs; a; a = a->hh.next)
            if (a->key.ifindex == l->ifindex)
                n += put_link(l, a, out, n, max);
        if (n == before)
            n += put_link(l, NULL, out, n, max);
    }
    return n;
}

/* --- what the kernel should have ------------------------------------------------------------- */

static void add_hop(const struct rtable *t, struct rt_install *r, const struct rt_static *s)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->hop[i].ifindex == s->hop.ifindex &&
            bgp_addr_cmp(&r->hop[i].gateway, &s->hop.relay) == 0)
            return; /* two next hops behind one relay */
    if (r->n == RT_HOPS)
        return;
    struct rt_install_hop *h = &r->hop[r->n++];
    memset(h, 0, sizeof *h);
    h->gateway = s->hop.relay;
    h->ifindex = s->hop.ifindex;
    h->onlink = h->gateway.af && !rt_in_subnet(t, h->ifindex, &h->gateway);
}

/* False: the kernel needs none, or has one of somebody else. */
static bool wanted_of(struct rtable *t, struct rt_dest *d, struct rt_install *r)
{
    const unsigned how = RT_BY_DEFAULT | RT_BY_BGP;
    const struct rt_path *best = rt_best(t, d, how);
    memset(r, 0, sizeof *r);
    r->net = d->node.addr;
    r->len = d->node.len;
    for (unsigned i = 0; best && i < d->npaths; i++) {
        const struct rt_path *p = &d->paths[i];
        if (rt_rank(p) != rt_rank(best) || !rt_usable(t, p, how))
            continue;
        if (!p->own)
            return false;
        r->preference = p->own->preference;
        if (p->own->fibless || p->own->hop.crossed)
            continue;
        if (p->own->hop.discard)
            r->discard = true;
        else if (p->own->hop.ifindex)
            add_hop(t, r, p->own);
    }
    if (r->n)
        r->discard = false; /* packets that have a way take it */
    return r->n || r->discard;
}

void rtable_wanted(struct rtable *t, void (*fn)(void *arg, const struct rt_install *r), void *arg)
{
    struct rt_install r;
    for (const struct rt_static *s = t->statics; s; s = s->hh.next) {
        struct rt_dest *d =
            (struct rt_dest *)ptree_find(rt_tree(t, &s->key.net), &s->key.net, s->key.len);
        const struct rt_static *first = NULL;
        for (unsigned i = 0; d && i < d->npaths && !first; i++)
            first = d->paths[i].own;
        if (first == s && wanted_of(t, d, &r)) /* once for each destination */
            fn(arg, &r);
    }
}

void rtable_installed(struct rtable *t, const struct bgp_addr *net, unsigned len, bool yes)
{
    struct rt_dest *d = (struct rt_dest *)ptree_find(rt_tree(t, net), net, len);
    for (unsigned i = 0; d && i < d->npaths; i++)
        if (d->paths[i].own)
            d->paths[i].own->fib = yes;
}
