/*
 * Feeding the routing table, and settling it; see rtable.h.
 *
 * A destination whose paths have changed is put on a list; settling walks the list, compares what
 * is best now with what was told, and tells. A change of a link or a name may concern anything, so
 * it puts every destination it touches there.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/net/rtable_internal.h"

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

struct rtable *rtable_new(const struct rt_ops *ops)
{
    struct rtable *t = must(calloc(1, sizeof *t));
    t->ops = *ops;
    t->epoch = 1;
    return t;
}

#define FREE_ALL(type, head)                                                                       \
    do {                                                                                           \
        struct type *e, *next;                                                                     \
        HASH_ITER (hh, head, e, next) {                                                            \
            HASH_DEL(head, e);                                                                     \
            free(e);                                                                               \
        }                                                                                          \
    } while (0)

static void dest_free(struct rtable *t, struct rt_dest *d)
{
    ptree_remove(rt_tree(t, &d->node.addr), &d->node);
    free(d->paths);
    free(d);
}

void rtable_free(struct rtable *t)
{
    for (int i = 0; i < 2; i++)
        for (struct ptree_node *n; (n = ptree_first(&t->tree[i]));)
            dest_free(t, (struct rt_dest *)n);
    FREE_ALL(rt_link, t->links);
    FREE_ALL(rt_address, t->addrs);
    FREE_ALL(rt_static, t->statics);
    FREE_ALL(rt_watch, t->watches);
    FREE_ALL(rt_name, t->names);
    free(t);
}

/* --- destinations ---------------------------------------------------------------------------- */

void rt_touch(struct rtable *t, struct rt_dest *d)
{
    if (d->dirty)
        return;
    d->dirty = true;
    d->dirty_next = t->dirty;
    t->dirty = d;
    if (t->nfew < RT_FEW) {
        t->few[t->nfew].net = d->node.addr;
        t->few[t->nfew++].len = d->node.len;
    } else {
        t->all_dirty = true;
    }
}

struct rt_dest *rt_dest_get(struct rtable *t, const struct bgp_addr *net, unsigned len)
{
    struct bgp_addr a = ptree_mask(net, len);
    struct ptree_node *n = ptree_find(rt_tree(t, net), &a, len);
    if (n)
        return (struct rt_dest *)n;
    struct rt_dest *d = must(calloc(1, sizeof *d));
    d->node.addr = a;
    d->node.len = (uint8_t)len;
    ptree_insert(rt_tree(t, net), &d->node);
    return d;
}

static bool same_path(const struct rt_path *a, const struct rt_path *b)
{
    return a->own == b->own && a->proto == b->proto && a->discard == b->discard &&
           a->local == b->local && a->metric == b->metric && a->ifindex == b->ifindex &&
           bgp_addr_cmp(&a->gateway, &b->gateway) == 0 &&
           bgp_addr_cmp(&a->address, &b->address) == 0;
}

static struct rt_path *find_path(struct rt_dest *d, const struct rt_path *p)
{
    for (unsigned i = 0; i < d->npaths; i++)
        if (same_path(&d->paths[i], p))
            return &d->paths[i];
    return NULL;
}

static void add_path(struct rtable *t, struct rt_dest *d, struct rt_path p)
{
    struct rt_path *had = find_path(d, &p);
    p.gen = t->gen;
    if (had) {
        had->gen = t->gen;
        return;
    }
    if (d->npaths == UINT16_MAX)
        return;
    if (d->npaths == d->room) {
        d->room = (uint16_t)(d->room ? d->room * 2 : 1);
        d->paths = must(reallocarray(d->paths, d->room, sizeof p));
    }
    d->paths[d->npaths++] = p;
    t->counts[d->node.addr.af == 6].proto[p.proto].total++;
    t->counts[d->node.addr.af == 6].proto[p.proto].added++;
    rt_touch(t, d);
}

static void drop_path(struct rtable *t, struct rt_dest *d, struct rt_path *p)
{
    t->counts[d->node.addr.af == 6].proto[p->proto].total--;
    t->counts[d->node.addr.af == 6].proto[p->proto].deleted++;
    *p = d->paths[--d->npaths];
    rt_touch(t, d);
}

static void change_path(struct rtable *t, const struct bgp_addr *net, unsigned len,
                        const struct rt_path *p, bool added)
{
    if (added) {
        add_path(t, rt_dest_get(t, net, len), *p);
        return;
    }
    struct bgp_addr a = ptree_mask(net, len);
    struct rt_dest *d = (struct rt_dest *)ptree_find(rt_tree(t, net), &a, len);
    struct rt_path *had = d ? find_path(d, p) : NULL;
    if (had)
        drop_path(t, d, had);
}

/* --- links and addresses --------------------------------------------------------------------- */

struct rt_link *rt_find_link(const struct rtable *t, uint32_t ifindex)
{
    struct rt_link *l;
    HASH_FIND(hh, t->links, &ifindex, sizeof ifindex, l);
    return l;
}

static void everything_may_differ(struct rtable *t, uint32_t ifindex)
{
    t->all_dirty = t->statics_moved = true;
    for (int i = 0; i < 2; i++)
        for (struct ptree_node *n = ptree_first(&t->tree[i]); n; n = ptree_next(n)) {
            struct rt_dest *d = (struct rt_dest *)n;
            for (unsigned k = 0; k < d->npaths; k++)
                if (d->paths[k].own || d->paths[k].ifindex == ifindex) {
                    rt_touch(t, d);
                    break;
                }
        }
}

void rtable_link(struct rtable *t, uint32_t ifindex, const char *name, bool admin, bool up)
{
    struct rt_link *l = rt_find_link(t, ifindex);
    bool changed = !l || l->up != up;
    if (!l) {
        l = must(calloc(1, sizeof *l));
        l->ifindex = ifindex;
        HASH_ADD(hh, t->links, ifindex, sizeof ifindex, l);
    }
    l->gen = t->gen;
    l->admin = admin;
    l->up = up;
    size_t n = strnlen(name, sizeof l->name - 1);
    memcpy(l->name, name, n);
    l->name[n] = 0;
    if (changed)
        everything_may_differ(t, ifindex);
}

void rtable_unlink(struct rtable *t, uint32_t ifindex)
{
    struct rt_link *l = rt_find_link(t, ifindex);
    if (!l)
        return;
    HASH_DEL(t->links, l);
    free(l);
    everything_may_differ(t, ifindex);
}

/* An address makes its subnet connected; itself, and the broadcast address, lead here. */
static void connected(struct rtable *t, const struct rt_addr *a, bool added)
{
    unsigned max = a->addr.af == 6 ? 128 : 32;
    const struct bgp_addr *subnet = a->peer.af ? &a->peer : &a->addr;
    bool host = a->len == max && !a->peer.af;
    struct rt_path net = {
        .proto = SPEAKER_DIRECT, .ifindex = a->ifindex, .address = a->addr, .local = host};
    struct rt_path self = net;
    if (a->addr.af == 6 && a->addr.b[0] == 0xfe && (a->addr.b[1] & 0xc0) == 0x80)
        return; /* link-local: every interface has it */
    if (!a->alone || host)
        change_path(t, subnet, a->len, &net, added);
    self.local = true;
    if (!host)
        change_path(t, &a->addr, max, &self, added);
    if (a->addr.af != 4 || a->len > 30 || a->peer.af)
        return;
    struct bgp_addr last = a->addr;
    self.silent = true; /* nobody's address */
    for (unsigned i = a->len; i < 32; i++)
        last.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
    change_path(t, &last, max, &self, added);
}

void rtable_addr(struct rtable *t, const struct rt_addr *a, bool added)
{
    struct rt_addr key;
    struct rt_address *had;
    memset(&key, 0, sizeof key);
    key.ifindex = a->ifindex;
    key.addr = a->addr;
    key.peer = a->peer;
    key.len = a->len;
    key.alone = a->alone;
    HASH_FIND(hh, t->addrs, &key, sizeof key, had);
    if (added && had) {
        had->gen = t->gen;
        return;
    }
    if (added) {
        had = must(calloc(1, sizeof *had));
        had->key = key;
        had->gen = t->gen;
        HASH_ADD(hh, t->addrs, key, sizeof had->key, had);
    } else if (had) {
        HASH_DEL(t->addrs, had);
        free(had);
    } else {
        return;
    }
    connected(t, &key, added);
    t->statics_moved = true; /* a name may be known by it */
}

bool rt_in_subnet(const struct rtable *t, uint32_t ifindex, const struct bgp_addr *a)
{
    for (const struct rt_address *s = t->addrs; s; s = s->hh.next)
        if (s->key.ifindex == ifindex &&
            bgp_addr_in(a, s->key.peer.af ? &s->key.peer : &s->key.addr, s->key.len))
            return true;
    return a->af == 6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* --- routes of the kernel -------------------------------------------------------------------- */

void rtable_kernel(struct rtable *t, const struct rt_kernel *k, bool added)
{
    const struct rt_path p = {.proto = k->proto,
                              .discard = k->discard,
                              .metric = k->metric,
                              .ifindex = k->ifindex,
                              .gateway = k->gateway};
    change_path(t, &k->net, k->len, &p, added);
}

static bool of_kernel(const struct rt_path *p)
{
    return !p->own && p->proto != SPEAKER_DIRECT;
}

void rtable_kernel_drop(struct rtable *t, const struct bgp_addr *net, unsigned len, uint32_t metric)
{
    struct bgp_addr a = ptree_mask(net, len);
    struct rt_dest *d = (struct rt_dest *)ptree_find(rt_tree(t, net), &a, len);
    for (unsigned i = d ? d->npaths : 0; i-- > 0;)
        if (of_kernel(&d->paths[i]) && d->paths[i].metric == metric)
            drop_path(t, d, &d->paths[i]);
}

void rtable_refresh_begin(struct rtable *t)
{
    t->gen++;
}

void rtable_refresh_end(struct rtable *t)
{
    struct rt_address *a, *anext;
    struct rt_link *l, *lnext;
    HASH_ITER (hh, t->addrs, a, anext) {
        if (a->gen != t->gen) {
            const struct rt_addr gone = a->key;
            rtable_addr(t, &gone, false);
        }
    }
    HASH_ITER (hh, t->links, l, lnext) {
        if (l->gen != t->gen)
            rtable_unlink(t, l->ifindex);
    }
    for (int i = 0; i < 2; i++)
        for (struct ptree_node *n = ptree_first(&t->tree[i]); n; n = ptree_next(n)) {
            struct rt_dest *d = (struct rt_dest *)n;
            for (unsigned k = d->npaths; k-- > 0;)
                if (of_kernel(&d->paths[k]) && d->paths[k].gen != t->gen)
                    drop_path(t, d, &d->paths[k]);
        }
}

/* --- configuration --------------------------------------------------------------------------- */

void rtable_names(struct rtable *t, const struct speaker_addr *names, size_t n)
{
    FREE_ALL(rt_name, t->names);
    for (size_t i = 0; i < n; i++) {
        struct rt_name *e;
        HASH_FIND(hh, t->names, &names[i].addr, sizeof names[i].addr, e);
        if (e)
            continue;
        e = must(calloc(1, sizeof *e));
        e->addr = names[i].addr;
        e->port = names[i].port;
        memcpy(e->ifname, names[i].ifname, sizeof e->ifname);
        HASH_ADD(hh, t->names, addr, sizeof e->addr, e);
    }
    t->all_dirty = t->statics_moved = true;
}

struct rt_link *rt_named_link(const struct rtable *t, const char *ifname)
{
    struct rt_name *e;
    for (const struct rt_address *a = t->addrs; a; a = a->hh.next) {
        HASH_FIND(hh, t->names, &a->key.addr, sizeof a->key.addr, e);
        if (e && strcmp(e->ifname, ifname) == 0)
            return rt_find_link(t, a->key.ifindex);
    }
    return NULL;
}

static void want(struct rtable *t, const struct speaker_static *c)
{
    struct rt_static_key key;
    struct rt_static *s;
    memset(&key, 0, sizeof key);
    key.net = ptree_mask(&c->net, c->len);
    key.nexthop = c->nexthop;
    key.len = c->len;
    key.discard = c->discard;
    key.into = c->into;
    memcpy(key.ifname, c->ifname, strnlen(c->ifname, sizeof key.ifname - 1));
    HASH_FIND(hh, t->statics, &key, sizeof key, s);
    bool fresh = !s;
    if (fresh) {
        s = must(calloc(1, sizeof *s));
        s->key = key;
        HASH_ADD(hh, t->statics, key, sizeof s->key, s);
        add_path(t, rt_dest_get(t, &key.net, key.len),
                 (struct rt_path){.proto = SPEAKER_STATIC, .own = s});
    }
    if (!fresh &&
        (s->preference != c->preference || s->silent != c->silent || s->fibless != c->fibless))
        rt_touch(t, rt_dest_get(t, &key.net, key.len));
    s->preference = c->preference;
    s->permanent = c->permanent;
    s->inherit = c->inherit;
    s->silent = c->silent;
    s->fibless = c->fibless;
    s->tag = c->tag;
    s->wanted = true;
}

void rtable_statics(struct rtable *t, const struct speaker_static *conf, size_t n)
{
    struct rt_static *s, *next;
    for (s = t->statics; s; s = s->hh.next)
        s->wanted = false;
    for (size_t i = 0; i < n; i++)
        want(t, &conf[i]);
    HASH_ITER (hh, t->statics, s, next) {
        if (s->wanted)
            continue;
        change_path(t, &s->key.net, s->key.len,
                    &(struct rt_path){.proto = SPEAKER_STATIC, .own = s}, false);
        HASH_DEL(t->statics, s);
        free(s);
    }
    t->statics_moved = true;
}

bool rtable_cross(struct rtable *t,
                  struct rt_hop (*look)(void *arg, uint16_t vpn, const struct bgp_addr *a),
                  void *arg)
{
    bool changed = false;
    for (struct rt_static *s = t->statics; s; s = s->hh.next) {
        if (!s->key.into)
            continue;
        struct rt_hop h = look(arg, s->key.into, &s->key.nexthop);
        changed |= !rt_same_hop(&h, &s->there);
        s->there = h;
    }
    t->statics_moved |= changed;
    return changed;
}

/* --- settling -------------------------------------------------------------------------------- */

static void review_statics(struct rtable *t, uint64_t now)
{
    t->epoch++;
    for (struct rt_static *s = t->statics; s; s = s->hh.next)
        if (rt_review(t, s)) {
            s->since = now;
            rt_touch(t, rt_dest_get(t, &s->key.net, s->key.len));
        }
}

static void tell_route(struct rtable *t, const struct rt_dest *d, const struct rt_path *p,
                       bool gone)
{
    if (!t->ops.route)
        return;
    struct speaker_route r = {.net = d->node.addr,
                              .len = d->node.len,
                              .relay = d->best.relay,
                              .proto = d->proto,
                              .cost = d->best.metric,
                              .discard = d->best.discard,
                              .silent = d->best.silent,
                              .first = true};
    if (p && p->own) {
        r.tag = p->own->tag;
        r.nexthop = p->own->key.nexthop;
        r.preference = p->own->preference;
    }
    t->ops.route(t->ops.arg, &r, gone);
}

/* Compares what is best with what was told of it. */
static void settle_dest(struct rtable *t, struct rt_dest *d, uint64_t now)
{
    struct speaker_route_counts *c = &t->counts[d->node.addr.af == 6];
    struct rt_path *p = rt_best(t, d, RT_BY_DEFAULT | RT_BY_BGP);
    struct rt_hop best = p ? rt_hop_of(p, &d->node.addr) : (struct rt_hop){0};
    uint16_t nbest = 0;
    for (unsigned i = 0; i < d->npaths; i++) {
        struct rt_path *q = &d->paths[i];
        q->since = q->since ? q->since : now;
        nbest = (uint16_t)(nbest + (p && rt_rank(q) == rt_rank(p) &&
                                    rt_usable(t, q, RT_BY_DEFAULT | RT_BY_BGP)));
    }
    bool same =
        d->active == (p != NULL) && (!p || d->proto == p->proto) && rt_same_hop(&d->best, &best);
    if (d->active) {
        c->proto[d->proto].active -= d->nbest;
        c->proto[d->proto].destinations--;
    }
    if (d->active && !p)
        tell_route(t, d, NULL, true);
    d->active = p != NULL;
    d->nbest = nbest;
    d->best = best;
    if (!p)
        return;
    d->proto = p->proto;
    c->proto[d->proto].active += nbest;
    c->proto[d->proto].destinations++;
    if (!same)
        tell_route(t, d, p, false);
}

static bool concerned(const struct rtable *t, const struct bgp_addr *a)
{
    if (t->all_dirty)
        return true;
    for (unsigned i = 0; i < t->nfew; i++)
        if (bgp_addr_in(a, &t->few[i].net, t->few[i].len))
            return true;
    return false;
}

/* Callbacks may add and remove watches, so what is told is collected first. */
static void tell_hops(struct rtable *t)
{
    size_t n = 0, room = 0;
    struct bgp_addr *changed = NULL;
    struct rt_watch *w;
    for (w = t->watches; w; w = w->hh.next) {
        if (!concerned(t, &w->addr))
            continue;
        struct rt_hop h = rt_lookup(t, &w->addr, w->how, NULL);
        if (rt_same_hop(&h, &w->hop))
            continue;
        w->hop = h;
        if (n == room) {
            room = room ? room * 2 : 64;
            changed = must(reallocarray(changed, room, sizeof *changed));
        }
        changed[n++] = w->addr;
    }
    t->all_dirty = false;
    t->nfew = 0;
    for (size_t i = 0; i < n; i++) {
        HASH_FIND(hh, t->watches, &changed[i], sizeof changed[i], w);
        if (w && t->ops.hop) {
            const struct rt_hop h = w->hop; /* the callback may end the watch */
            t->ops.hop(t->ops.arg, &changed[i], &h);
        }
    }
    free(changed);
}

void rtable_settle(struct rtable *t, uint64_t now)
{
    if (!t->dirty && !t->all_dirty && !t->statics_moved)
        return;
    review_statics(t, now);
    t->statics_moved = false;
    while (t->dirty) {
        struct rt_dest *d = t->dirty;
        t->dirty = d->dirty_next;
        d->dirty = false;
        settle_dest(t, d, now);
        if (d->npaths == 0)
            dest_free(t, d);
    }
    tell_hops(t);
}

/* --- asking ---------------------------------------------------------------------------------- */

struct rt_hop rtable_resolve(struct rtable *t, const struct bgp_addr *a, unsigned how)
{
    return rt_lookup(t, a, how, NULL);
}

struct rt_hop rtable_watch(struct rtable *t, const struct bgp_addr *a, unsigned how)
{
    struct rt_watch *w;
    HASH_FIND(hh, t->watches, a, sizeof *a, w);
    if (!w) {
        w = must(calloc(1, sizeof *w));
        w->addr = *a;
        w->how = how;
        w->hop = rt_lookup(t, a, how, NULL);
        HASH_ADD(hh, t->watches, addr, sizeof w->addr, w);
    }
    w->refs++;
    return w->hop;
}

void rtable_unwatch(struct rtable *t, const struct bgp_addr *a)
{
    struct rt_watch *w;
    HASH_FIND(hh, t->watches, a, sizeof *a, w);
    if (!w || --w->refs)
        return;
    HASH_DEL(t->watches, w);
    free(w);
}
