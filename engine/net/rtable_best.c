/*
 * Which route is used: the best path of a destination, the longest match, and whether an own static
 * route is up. See rtable.h.
 *
 * A static route without an interface is up when its next hop is reached by another route, which
 * may be static again. That is found out by walking down, with the routes being looked at left out:
 * so no two of them can hold each other up. What was found while something was left out is only
 * true for that walk and is not kept.
 */
#include "engine/net/rtable_internal.h"

#define DEPTH 16 /* static routes that rest on each other */

uint32_t rt_rank(const struct rt_path *p)
{
    if (p->own)
        return p->own->preference;
    return p->proto == SPEAKER_DIRECT ? 0 : p->metric;
}

struct rt_hop rt_hop_of(const struct rt_path *p, const struct bgp_addr *a)
{
    if (p->own) {
        struct rt_hop h = p->own->hop;
        h.connected = h.own = false;
        h.proto = SPEAKER_STATIC;
        h.silent = p->own->silent;
        if (!h.relay.af && !h.discard) /* on the interface itself */
            h.relay = *a;
        return h;
    }
    struct rt_hop h = {.reachable = true,
                       .connected = p->proto == SPEAKER_DIRECT,
                       .own = p->local,
                       .silent = p->silent,
                       .discard = p->discard,
                       .proto = p->proto,
                       .metric = p->metric,
                       .ifindex = p->ifindex,
                       .relay = p->gateway};
    if (!p->gateway.af && !p->discard)
        h.relay = *a;
    return h;
}

static bool static_up(struct rtable *t, struct rt_static *s);

bool rt_usable(struct rtable *t, const struct rt_path *p, unsigned how)
{
    if (p->own)
        return static_up(t, p->own);
    if (p->proto == SPEAKER_BGP && !(how & RT_BY_BGP))
        return false;
    if (p->discard)
        return true;
    const struct rt_link *l = rt_find_link(t, p->ifindex);
    return l && l->up;
}

struct rt_path *rt_best(struct rtable *t, struct rt_dest *d, unsigned how)
{
    struct rt_path *best = NULL;
    for (unsigned i = 0; i < d->npaths; i++)
        if ((!best || rt_rank(&d->paths[i]) < rt_rank(best)) && rt_usable(t, &d->paths[i], how))
            best = &d->paths[i];
    return best;
}

struct rt_hop rt_lookup(struct rtable *t, const struct bgp_addr *a, unsigned how,
                        const struct rt_dest *skip)
{
    for (struct ptree_node *n = ptree_match(rt_tree(t, a), a); n; n = ptree_shorter(n)) {
        struct rt_dest *d = (struct rt_dest *)n;
        if (d == skip)
            continue;
        if (n->len == 0 && !(how & RT_BY_DEFAULT))
            break;
        const struct rt_path *p = rt_best(t, d, how);
        if (p) {
            struct rt_hop h = rt_hop_of(p, a);
            h.by_default = n->len == 0;
            return h;
        }
    }
    return (struct rt_hop){0};
}

/* --- static routes --------------------------------------------------------------------------- */

static void through_interface(struct rtable *t, struct rt_static *s)
{
    const struct rt_link *l = rt_named_link(t, s->key.ifname);
    if (!l || (!l->up && !s->permanent))
        return;
    s->up = true;
    s->hop = (struct rt_hop){.reachable = true, .ifindex = l->ifindex, .relay = s->key.nexthop};
}

static void through_next_hop(struct rtable *t, struct rt_static *s)
{
    const struct rt_dest *self =
        (struct rt_dest *)ptree_find(rt_tree(t, &s->key.net), &s->key.net, s->key.len);
    if (t->depth >= DEPTH) {
        t->cut = true;
        return;
    }
    t->depth++;
    struct rt_hop h = rt_lookup(t, &s->key.nexthop, 0, self);
    t->depth--;
    s->up = h.reachable && !h.own;
    if (s->up)
        s->hop = h;
    else if (s->permanent)
        s->up = true; /* where it led last */
}

/* The packets would leave this network, so there is no interface. */
static void through_instance(struct rt_static *s)
{
    s->up = s->there.reachable && !s->there.own && !s->there.crossed;
    if (s->up) {
        s->hop = s->there;
        s->hop.ifindex = 0;
        s->hop.crossed = true;
    } else if (s->permanent) {
        s->up = true; /* where it led last */
    }
}

static void find_out(struct rtable *t, struct rt_static *s)
{
    bool cut = t->cut;
    t->cut = false;
    s->up = false;
    if (!s->permanent)
        s->hop = (struct rt_hop){0};
    s->busy = true;
    if (s->key.discard) {
        s->up = true;
        s->hop = (struct rt_hop){.reachable = true, .discard = true};
    } else if (s->key.into) {
        through_instance(s);
    } else if (s->key.ifname[0]) {
        through_interface(t, s);
    } else {
        through_next_hop(t, s);
    }
    s->busy = false;
    s->hop.silent = false; /* what it rests on is another matter */
    if (!s->inherit)
        s->hop.metric = 0;
    if (!t->cut || t->depth == 0) /* at the top only the route itself was left out */
        s->epoch = t->epoch;
    t->cut |= cut;
}

static bool static_up(struct rtable *t, struct rt_static *s)
{
    if (!s->wanted)
        return false;
    if (s->busy) {
        t->cut = true;
        return false;
    }
    if (s->epoch != t->epoch)
        find_out(t, s);
    return s->up;
}

bool rt_same_hop(const struct rt_hop *a, const struct rt_hop *b)
{
    return a->reachable == b->reachable && a->connected == b->connected && a->own == b->own &&
           a->discard == b->discard && a->crossed == b->crossed && a->silent == b->silent &&
           a->by_default == b->by_default && a->proto == b->proto && a->metric == b->metric &&
           a->ifindex == b->ifindex && bgp_addr_cmp(&a->relay, &b->relay) == 0;
}

bool rt_review(struct rtable *t, struct rt_static *s)
{
    t->cut = false;
    t->depth = 0;
    static_up(t, s);
    if (s->told_up == s->up && (!s->up || rt_same_hop(&s->told, &s->hop)))
        return false;
    s->told_up = s->up;
    s->told = s->hop;
    return true;
}
