/*
 * Joins the speaker library to the world; see core.h. Order matters in two places: addresses are
 * set before peers, so that nobody is blocked for an address of the same commit; listeners open
 * last, so that they start with every key.
 */
#include "engine/net/core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/net/instance.h"
#include "engine/net/next_hops.h"
#include "engine/net/peer_io.h"
#include "engine/net/peer_table.h"
#include "engine/net/sockopt.h"
#include "engine/net/tracking.h"

#define LATE_MS 200        /* a deadline missed by more: the process was stopped or busy */
#define TICKS_PER_TURN 100 /* a speaker whose deadline does not move must not stop the loop */
#define PLACES_MS 3000     /* how often places of VPN instances are looked for */
#define TURN_MS 10         /* nor one with a million routes to work on keep others waiting */
#define DEFAULT_PORT 179
#define PROTOCOL 0xb9       /* of our routes in the kernel; nobody else is known to use it */
#define PROTOCOL_OTHERS 200 /* and 39 more, for speakers on other ports */

struct core {
    struct notes *notes;
    struct bgp *bgp;
    struct peer_io_set *io;
    struct instance_opts opts;
    struct instance *instances;  /* by number */
    struct instance *public;     /* number 0 */
    struct bgp_addr *listen;     /* copy of opts.listen.addrs */
    uint64_t look_at;            /* when places are looked for again */
    struct next_hop_watch *hops; /* NULL: nothing is known of this host's routes */
    struct peer_table peers;
    struct tracking tracking;
    bool cross; /* routes of some instance, or what leads from one into another, have changed */
    uint64_t random;
    bool configured, stopping, key_warned;
    bool looked; /* the loop has looked for input since a deadline was missed */
};

static struct instance *instance_of(struct core *c, uint16_t number)
{
    struct instance *i;
    HASH_FIND(hh, c->instances, &number, sizeof number, i);
    return i;
}

/* --- struct bgp_ops -------------------------------------------------------------------------- */

static uint64_t op_now(void *ctx)
{
    (void)ctx;
    return net_now();
}

/* splitmix64: spreads timers; nothing secret depends on it. */
static uint32_t op_random(void *ctx)
{
    struct core *c = ctx;
    uint64_t x = c->random += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(x >> 32);
}

static bool blocked(struct core *c, const struct bgp_peer_conf *conf,
                    char reason[PEERS_REASON_SIZE])
{
    const struct instance *i = instance_of(c, conf->addr.vpn);
    if (i && i->here)
        return peers_reason(conf, i->kernel, reason);
    snprintf(reason, PEERS_REASON_SIZE, "%s", i ? i->reason : "the VPN instance does not exist");
    return true;
}

static void op_connect(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *conf)
{
    struct core *c = ctx;
    char reason[PEERS_REASON_SIZE];
    /* A peer is blocked right after the speaker has heard of it; it may try before. */
    if (blocked(c, conf, reason))
        peer_io_refuse(c->io, conn, "No usable local address or route");
    else
        peer_io_connect(c->io, conn, &conf->addr);
}

static const struct bgp_peer_conf *conf_of(void *arg, const struct bgp_addr *peer)
{
    struct core *c = arg;
    const struct peer_entry *e = peers_find(&c->peers, peer);
    return e ? &e->conf : NULL;
}

static const struct place *place_of(void *arg, const struct bgp_addr *peer)
{
    struct instance *i = instance_of(arg, peer->vpn);
    return i ? &i->place : NULL;
}

static void op_send(void *ctx, struct bgp_conn *conn, const uint8_t *bytes, size_t n)
{
    struct core *c = ctx;
    peer_io_send(c->io, conn, bytes, n);
}

static void op_close(void *ctx, struct bgp_conn *conn)
{
    struct core *c = ctx;
    peer_io_close(c->io, conn);
}

static void op_event(void *ctx, const struct bgp_event *e)
{
    struct core *c = ctx;
    notes_event(c->notes, e);
}

static void op_alert(void *ctx, const struct bgp_alert *a)
{
    struct core *c = ctx;
    char who[BGP_ADDR_STRLEN + 16], addr[BGP_ADDR_STRLEN], text[200];
    const struct instance *i = a->peer ? NULL : instance_of(c, a->vpn);
    snprintf(who, sizeof who, "%s %s", a->peer ? "BGP peer" : "VPN instance",
             a->peer ? bgp_addr_str(a->peer, addr)
             : i     ? i->name
                     : "");
    snprintf(text, sizeof text, "the %s of %s in %s %s (%u of %u)",
             a->prefixes ? "prefixes" : "routes", who, bgp_family_info[a->family].name,
             a->limit  ? a->over ? "reached the limit" : "fell below the limit"
             : a->over ? "reached the threshold of the limit"
                       : "fell below the threshold of the limit",
             a->routes, a->most);
    notes_warn(c->notes, text);
}

static void op_flaw(void *ctx, const struct bgp_flaw *f)
{
    struct core *c = ctx;
    char peer[BGP_ADDR_STRLEN], first[BGP_ADDR_STRLEN], text[800], name[24];
    const char *known = f->code ? bgp_attribute_name(f->code) : "attribute field";
    size_t n;
    snprintf(name, sizeof name, "attribute %u", f->code);
    n = (size_t)snprintf(text, sizeof text, "BGP peer %s sent an UPDATE with an error in %s, %s",
                         bgp_addr_str(f->peer, peer), known ? known : name,
                         f->withdrawn ? "taken as a withdrawal" : "which was left out");
    if (f->prefixes)
        n += (size_t)snprintf(text + n, sizeof text - n, "; %s %s/%u%s",
                              bgp_family_info[f->family].name, bgp_addr_str(&f->first.addr, first),
                              f->first.len, f->prefixes > 1 ? " and others" : "");
    if (f->more)
        n += (size_t)snprintf(text + n, sizeof text - n, "; %u more before", f->more);
    n += (size_t)(f->value ? snprintf(text + n, sizeof text - n, "; %zu octets", f->n)
                           : snprintf(text + n, sizeof text - n, "; it is missing"));
    for (size_t i = 0; f->value && i < f->n && n + 8 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i ? "%02x" : " %02x", f->value[i]);
    notes_warn(c->notes, text);
}

/* --- peers and listeners --------------------------------------------------------------------- */

static void review(struct core *c, struct peer_entry *e)
{
    char reason[PEERS_REASON_SIZE];
    bool stopped = blocked(c, &e->conf, reason);
    if (!stopped && e->lost) {
        snprintf(reason, sizeof reason, "%s", BGP_ROUTE_LOST);
        stopped = true;
    }
    if (stopped || e->blocked)
        bgp_block_peer(c->bgp, &e->conf.addr, stopped ? reason : NULL);
    e->blocked = stopped;
}

/* Addresses of the dynamic peers of an instance. */
struct dynamic_list {
    uint16_t vpn;
    struct bgp_addr *at;
    size_t n, room;
};

static bool note_dynamic(void *arg, const struct bgp_peer_view *v)
{
    struct dynamic_list *l = arg;
    if (!v->dynamic || v->addr.vpn != l->vpn)
        return true;
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 16;
        if (!(l->at = reallocarray(l->at, l->room, sizeof *l->at)))
            abort();
    }
    l->at[l->n++] = v->addr;
    return true;
}

/* A dynamic peer that is blocked is gone; it may connect again when nothing stands in the way. */
static void review_dynamic(struct core *c, uint16_t vpn)
{
    struct dynamic_list l = {.vpn = vpn};
    char reason[PEERS_REASON_SIZE];
    if (c->peers.nranges)
        bgp_each_peer(c->bgp, note_dynamic, &l);
    for (size_t i = 0; i < l.n; i++) {
        const struct bgp_listen_conf *range = peers_range(&c->peers, &l.at[i]);
        struct bgp_peer_conf conf = range ? range->peer : (struct bgp_peer_conf){0};
        conf.addr = l.at[i];
        if (range && blocked(c, &conf, reason))
            bgp_block_peer(c->bgp, &conf.addr, reason);
    }
    free(l.at);
}

static void on_addresses(void *arg)
{
    struct instance *i = arg;
    struct core *c = i->core;
    struct peer_entry *e, *next;
    if (c->stopping)
        return;
    if (c->configured)
        instance_listen(i, true);
    HASH_ITER (hh, c->peers.peers, e, next) {
        if (e->conf.addr.vpn == i->number)
            review(c, e);
    }
    review_dynamic(c, i->number);
}

static void on_hop(void *arg, const struct bgp_addr *a, const struct rt_hop *h)
{
    struct instance *i = arg;
    struct bgp_addr scoped = *a;
    scoped.vpn = i->number;
    if (i->core->hops)
        next_hop_watch_tell(i->core->hops, &scoped, h);
}

static void on_route(void *arg, const struct speaker_route *r, bool gone)
{
    struct instance *i = arg;
    i->core->tracking.changed = i->core->cross = true;
    origin_route(i->origin, r, gone);
}

static unsigned whole(const struct bgp_addr *a)
{
    return a->af == 6 ? 128 : 32;
}

static void key_failed(struct core *c, const struct bgp_addr *addr, int error)
{
    char a[BGP_ADDR_STRLEN], text[160];
    if (c->key_warned)
        return;
    c->key_warned = true;
    snprintf(text, sizeof text, "cannot set the MD5 key of peer %s%s: %s", bgp_addr_str(addr, a),
             error == ENOMEM ? " (net.core.optmem_max is too small for the number of keys)" : "",
             strerror(error));
    notes_warn(c->notes, text);
}

static const char *key_of(const struct bgp_peer_conf *conf)
{
    return conf->password && *conf->password ? conf->password : NULL;
}

static void on_opened(void *arg, int fd, uint8_t af)
{
    const struct instance *i = arg;
    struct core *c = i->core;
    struct peer_entry *e, *next;
    int rc;
    HASH_ITER (hh, c->peers.peers, e, next) {
        const char *key = key_of(&e->conf);
        if (e->conf.addr.vpn != i->number || e->conf.addr.af != af || !key)
            continue;
        rc = net_md5_key(fd, &e->conf.addr, whole(&e->conf.addr), key);
        if (rc) {
            e->no_key = true;
            key_failed(c, &e->conf.addr, rc);
        }
    }
    for (size_t k = 0; k < c->peers.nranges && i->number == 0; k++) {
        const struct bgp_listen_conf *r = &c->peers.ranges[k];
        const char *key = key_of(&r->peer);
        if (r->net.af == af && key && (rc = net_md5_key(fd, &r->net, r->len, key)))
            key_failed(c, &r->net, rc);
    }
}

/* On the listeners of the network the address is of. */
static int listeners_key(struct core *c, const struct bgp_addr *addr, unsigned len, const char *key)
{
    const struct instance *i = instance_of(c, addr->vpn);
    return i && i->listen ? listen_key(i->listen, addr, len, key) : 0;
}

static void set_key(struct core *c, struct peer_entry *e)
{
    int rc = listeners_key(c, &e->conf.addr, whole(&e->conf.addr), key_of(&e->conf));
    e->no_key = rc && key_of(&e->conf);
    if (e->no_key)
        key_failed(c, &e->conf.addr, rc);
}

static bool connected(struct core *c, const struct bgp_addr *remote)
{
    const struct instance *i = instance_of(c, remote->vpn);
    struct bgp_addr plain = *remote;
    plain.vpn = 0;
    return i && i->kernel && kernel_is_connected(i->kernel, &plain);
}

/* May a connection from remote to local, accepted as fd, go to the speaker? */
static bool admissible(struct core *c, const struct bgp_peer_conf *conf, int fd,
                       const struct bgp_addr *remote, const struct bgp_addr *local)
{
    if (conf->local.af && bgp_addr_cmp(&conf->local, local) != 0)
        return false;
    if (conf->gtsm_hops) {
        int ttl = net_syn_ttl(fd, remote->af);
        return ttl < 0 || ttl >= net_gtsm_min(conf->gtsm_hops);
    }
    return conf->kind != BGP_KIND_EXTERNAL || conf->ttl > 1 || connected(c, remote);
}

static void on_accepted(void *arg, int fd, const struct bgp_addr *from, uint16_t port)
{
    const struct instance *i = arg;
    struct core *c = i->core;
    struct sockaddr_storage ss;
    socklen_t n = sizeof ss;
    struct bgp_addr local;
    uint16_t local_port;
    struct bgp_addr scoped = *from, *remote = &scoped;
    scoped.vpn = i->number;
    const struct peer_entry *e = peers_find(&c->peers, remote);
    const struct bgp_listen_conf *range = e ? NULL : peers_range(&c->peers, remote);
    const struct bgp_peer_conf *conf = e ? &e->conf : range ? &range->peer : NULL;
    if (!conf || (e && e->no_key) || getsockname(fd, (struct sockaddr *)&ss, &n) < 0) {
        close(fd);
        return;
    }
    net_from_sockaddr(&ss, &local, &local_port);
    local.vpn = i->number;
    if (!admissible(c, conf, fd, remote, &local)) {
        close(fd);
        return;
    }
    net_session_options(fd, remote->af, conf);
    peer_io_accepted(c->io, c->bgp, fd, remote, port, &local, local_port);
}

/* --- applying a plan ------------------------------------------------------------------------- */

/* Instances come before what is in them and go after it. */
static void apply_vpns(struct core *c, const struct speaker_plan *p, bool removals)
{
    for (size_t k = 0; k < p->nvpns; k++) {
        const struct bgp_vpn_conf *conf = &p->vpns[k].conf;
        struct instance *i = instance_of(c, conf->number);
        if (p->vpns[k].remove != removals)
            continue;
        if (removals) {
            bgp_remove_vpn(c->bgp, conf->number);
            if (i) {
                HASH_DEL(c->instances, i);
                instance_free(i);
            }
            continue;
        }
        if (!i) {
            i = instance_new(c, conf->number, conf->name, &c->opts);
            HASH_ADD(hh, c->instances, number, sizeof i->number, i);
            instance_listen(i, c->configured);
        }
        bgp_set_vpn(c->bgp, conf);
    }
}

static void apply_removal(struct core *c, const struct bgp_addr *addr)
{
    struct peer_entry *e = peers_find(&c->peers, addr);
    if (e && key_of(&e->conf))
        listeners_key(c, addr, whole(addr), NULL);
    if (e)
        peers_remove(&c->peers, e);
    bgp_remove_peer(c->bgp, addr);
}

static void listen_all(struct core *c, bool open)
{
    for (struct instance *i = c->instances; i; i = i->hh.next)
        instance_listen(i, open);
}

static void apply_process(struct core *c, const struct bgp_conf *conf)
{
    c->configured = conf->as != 0;
    bgp_set_process(c->bgp, conf);
    if (!c->configured) {
        listen_all(c, false);
        peers_clear(&c->peers);
    }
}

static void apply_peer(struct core *c, const struct speaker_peer_change *change)
{
    struct peer_entry *e = peers_find(&c->peers, &change->conf.addr);
    const char *old = e ? key_of(&e->conf) : NULL, *new = key_of(&change->conf);
    bool rekey = (old || new) && (!old || !new || strcmp(old, new) != 0);
    e = peers_set(&c->peers, &change->conf);
    if (rekey)
        set_key(c, e);
    bgp_set_peer(c->bgp, &change->conf, change->action);
    review(c, e);
    c->tracking.changed = true;
}

static void apply_ranges(struct core *c, const struct speaker_plan *p)
{
    for (size_t i = 0; i < c->peers.nranges; i++) {
        const struct bgp_listen_conf *r = &c->peers.ranges[i];
        if (key_of(&r->peer))
            listeners_key(c, &r->net, r->len, NULL);
    }
    peers_set_ranges(&c->peers, p->listen, p->nlisten);
    for (size_t i = 0; i < p->nlisten; i++) {
        const struct bgp_listen_conf *r = &p->listen[i];
        int rc = key_of(&r->peer) ? listeners_key(c, &r->net, r->len, key_of(&r->peer)) : 0;
        if (rc)
            key_failed(c, &r->net, rc);
    }
    bgp_set_listen(c->bgp, p->listen, p->nlisten);
}

static void apply_aggregates(struct core *c, const struct speaker_plan *p, uint16_t vpn,
                             enum bgp_family family)
{
    struct bgp_aggregate *list = calloc(p->naggregates + 1, sizeof *list);
    size_t n = 0;
    if (!list)
        abort();
    for (size_t k = 0; k < p->naggregates; k++)
        if (p->aggregates[k].vpn == vpn && p->aggregates[k].family == family)
            list[n++] = p->aggregates[k].what;
    bgp_set_aggregates(c->bgp, vpn, family, list, n);
    free(list);
}

void core_apply(struct core *c, const struct speaker_plan *p)
{
    struct instance *i;
    c->key_warned = false;
    apply_vpns(c, p, false);
    for (i = c->instances; i; i = i->hh.next) {
        if (p->addrs_changed) {
            instance_addrs(i, p->addrs, p->naddrs);
            on_addresses(i);
        }
        if (p->statics_changed)
            instance_statics(i, p->statics, p->nstatics);
        c->cross |= p->statics_changed;
    }
    for (size_t k = 0; k < p->npeers; k++)
        if (p->peers[k].remove)
            apply_removal(c, &p->peers[k].conf.addr);
    apply_vpns(c, p, true);
    bool was = c->configured;
    if (p->process_changed)
        apply_process(c, &p->process);
    for (i = c->instances; i && p->aggregates_changed; i = i->hh.next) {
        apply_aggregates(c, p, i->number, BGP_IPV4_UNICAST);
        apply_aggregates(c, p, i->number, BGP_IPV6_UNICAST);
    }
    if (!c->configured)
        return;
    for (size_t k = 0; k < p->npeers; k++)
        if (!p->peers[k].remove)
            apply_peer(c, &p->peers[k]);
    if (p->listen_changed)
        apply_ranges(c, p);
    for (i = c->instances; i && p->origins_changed; i = i->hh.next)
        origin_set(i->origin, routes_table(i->routes), p->origins, p->norigins, !was);
    listen_all(c, true); /* last: a new listener takes all keys at once */
}

/* --- life ------------------------------------------------------------------------------------ */

static void on_warning(void *arg, const char *text)
{
    const struct instance *i = arg;
    char named[220];
    snprintf(named, sizeof named, "VPN instance %s: %s", i->name, text);
    notes_warn(i->core->notes, i->number ? named : text);
}

/* The mark of the addresses and routes we add. Speakers that listen elsewhere on one host keep
 * apart: each removes only what carries its own mark. */
static void mark_ours(const struct speaker_opts *opts, struct kernel_opts *k, struct routes_opts *r)
{
    if (opts->port == DEFAULT_PORT && opts->nlisten == 0) {
        snprintf(k->label, sizeof k->label, "lo:vrpsh");
        k->tag = 'V';
        r->protocol = PROTOCOL;
        return;
    }
    uint32_t h = 2166136261u ^ opts->port; /* FNV-1a */
    const uint8_t *bytes = (const uint8_t *)opts->listen;
    for (size_t i = 0; i < opts->nlisten * sizeof *opts->listen; i++)
        h = (h ^ bytes[i]) * 16777619u;
    snprintf(k->label, sizeof k->label, "lo:vrpsh-%04x", (h ^ h >> 16) & 0xffff);
    r->protocol = (uint8_t)(PROTOCOL_OTHERS + (h ^ h >> 16) % 40);
}

static struct rtable *table_of(void *arg, uint16_t vpn)
{
    return core_routes(arg, vpn);
}

struct core *core_new(struct net_loop *loop, const struct speaker_opts *opts, struct notes *notes)
{
    static const struct bgp_ops ops = {
        .now = op_now,
        .random = op_random,
        .connect = op_connect,
        .send = op_send,
        .close = op_close,
        .event = op_event,
        .alert = op_alert,
        .flaw = op_flaw,
    };
    struct core *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    const struct peer_io_ops io = {.conf_of = conf_of, .place_of = place_of, .arg = c};
    struct instance_opts *o = &c->opts;
    o->loop = loop;
    o->kernel = (struct kernel_opts){.changed = on_addresses, .warn = on_warning};
    o->routes = (struct routes_opts){.ops = {.hop = on_hop, .route = on_route}, .warn = on_warning};
    c->listen = calloc(opts->nlisten + 1, sizeof *c->listen);
    if (!c->listen)
        abort();
    if (opts->nlisten)
        memcpy(c->listen, opts->listen, opts->nlisten * sizeof *c->listen);
    o->listen = (struct listen_opts){
        .port = opts->port,
        .addrs = c->listen,
        .n = opts->nlisten,
        .accepted = on_accepted,
        .opened = on_opened,
        .warn = on_warning,
    };
    mark_ours(opts, &o->kernel, &o->routes);
    c->notes = notes;
    if (getrandom(&c->random, sizeof c->random, 0) < 0)
        c->random = net_now() ^ (uint64_t)getpid() << 32;
    c->io = peer_io_new(loop, opts->port, &io);
    c->bgp = o->bgp = bgp_new(&ops, c);
    c->public = instance_new(c, 0, "", o);
    HASH_ADD(hh, c->instances, number, sizeof c->public->number, c->public);
    if (routes_known(c->public->routes))
        c->hops = next_hop_watch_new(c->bgp, table_of, c);
    return c;
}

void core_free(struct core *c)
{
    struct instance *i, *next;
    if (c->hops)
        next_hop_watch_free(c->hops);
    HASH_ITER (hh, c->instances, i, next) {
        HASH_DEL(c->instances, i);
        instance_free(i);
    }
    free(c->listen);
    peer_io_free(c->io);
    bgp_free(c->bgp);
    peers_clear(&c->peers);
    free(c);
}

struct bgp *core_bgp(struct core *c)
{
    return c->bgp;
}

struct rtable *core_routes(struct core *c, uint16_t vpn)
{
    struct instance *i = instance_of(c, vpn);
    return i ? routes_table(i->routes) : NULL;
}

void core_trace(struct core *c, const struct bgp_trace_conf *conf)
{
    bgp_set_trace(c->bgp, conf, notes_trace, c->notes);
}

void core_stop(struct core *c)
{
    c->stopping = true;
    c->configured = false;
    listen_all(c, false);
    bgp_shutdown(c->bgp, NULL);
    peer_io_settle(c->io);
}

bool core_stopped(const struct core *c)
{
    return c->stopping && peer_io_closing(c->io) == 0;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The instance has another network now, or none: its sessions were in the old one. */
static void moved(struct core *c, struct instance *i)
{
    struct peer_entry *e, *next;
    HASH_ITER (hh, c->peers.peers, e, next) {
        if (e->conf.addr.vpn != i->number)
            continue;
        bgp_block_peer(c->bgp, &e->conf.addr, "the network of the VPN instance has changed");
        e->blocked = true;
    }
    origin_look(i->origin, routes_table(i->routes));
    c->tracking.changed = c->cross = true;
    instance_listen(i, i->listening);
    on_addresses(i);
}

static struct rtable *known_table(void *arg, uint16_t vpn)
{
    const struct instance *i = instance_of(arg, vpn);
    return i && routes_known(i->routes) ? routes_table(i->routes) : NULL;
}

static struct rt_hop look_into(void *arg, uint16_t vpn, const struct bgp_addr *a)
{
    struct rtable *t = table_of(arg, vpn);
    return t ? rtable_resolve(t, a, 0) : (struct rt_hop){0};
}

/* Static routes from one instance into another; true: it has to be looked again. */
static bool cross(struct core *c)
{
    bool due = c->cross;
    c->cross = false;
    for (struct instance *i = c->instances; due && i; i = i->hh.next)
        if (rtable_cross(routes_table(i->routes), look_into, c))
            routes_settle(i->routes);
    return c->cross;
}

static void review_tracked(void *arg, struct peer_entry *e)
{
    review(arg, e);
}

static uint64_t tracking_tick(struct core *c, uint64_t now)
{
    const struct tracking_ops ops = {.table = known_table, .review = review_tracked, .arg = c};
    return c->stopping ? UINT64_MAX : tracking_turn(&c->tracking, &c->peers, &ops, now);
}

static uint64_t instances_tick(struct core *c, uint64_t now)
{
    uint64_t next = UINT64_MAX;
    bool look = now >= c->look_at;
    for (struct instance *i = c->instances; i; i = i->hh.next) {
        if (i->number && look && !c->stopping && instance_moved(i, &c->opts))
            moved(c, i);
        if (i->listen)
            next = earlier(next, listen_tick(i->listen, now));
        next = earlier(next, routes_tick(i->routes, now));
    }
    if (look)
        c->look_at = now + PLACES_MS;
    return HASH_COUNT(c->instances) > 1 ? earlier(next, c->look_at) : next;
}

uint64_t core_turn(struct core *c)
{
    bool settled = peer_io_settle(c->io);
    uint64_t now = net_now(), due = bgp_deadline(c->bgp);
    /* After a stall the peers' keepalives wait in the sockets: read them first, or the hold timer
     * would end sessions whose peer was never silent. */
    if (due < now && now - due > LATE_MS && !c->looked) {
        c->looked = true;
        return now;
    }
    c->looked = false;
    for (int i = 0; i < TICKS_PER_TURN && bgp_deadline(c->bgp) <= now; i++) {
        bgp_tick(c->bgp);
        settled = peer_io_settle(c->io);
        if (net_now() - now >= TURN_MS)
            break;
    }
    uint64_t next = peer_io_expire(c->io, now);
    next = earlier(next, instances_tick(c, now));
    if (cross(c))
        next = now;
    next = earlier(next, tracking_tick(c, now)); /* behind it: what has changed is known now */
    next = earlier(next, bgp_deadline(c->bgp));
    return settled ? next : now;
}

/* --- looking at sockets ---------------------------------------------------------------------- */

struct socket_list {
    struct core *core;
    struct speaker_socket *at;
    size_t n;
    uint16_t vpn; /* of listeners */
};

static struct speaker_socket *add_socket(struct socket_list *l, int fd)
{
    struct speaker_socket s = {.fd = fd};
    if (!net_socket_look(fd, &s.local, &s.local_port, &s.remote, &s.remote_port, &s.state))
        return NULL;
    l->at = reallocarray(l->at, l->n + 1, sizeof *l->at);
    if (!l->at)
        abort();
    l->at[l->n] = s;
    return &l->at[l->n++];
}

static void add_listener(void *arg, int fd)
{
    struct socket_list *l = arg;
    struct speaker_socket *s = add_socket(l, fd);
    if (s)
        s->vpn = l->vpn;
}

static void add_connection(void *arg, int fd, const struct bgp_addr *peer)
{
    struct socket_list *l = arg;
    struct speaker_socket *s = add_socket(l, fd);
    const struct peer_entry *e = peers_find(&l->core->peers, peer);
    const struct bgp_listen_conf *range = e ? NULL : peers_range(&l->core->peers, peer);
    if (!s)
        return;
    s->vpn = peer->vpn;
    s->md5 = e ? e->conf.password != NULL : range && range->peer.password;
}

size_t core_sockets(struct core *c, struct speaker_socket **out)
{
    struct socket_list l = {.core = c};
    for (const struct instance *i = c->instances; i; i = i->hh.next) {
        l.vpn = i->number;
        if (i->listen)
            listen_each(i->listen, add_listener, &l);
    }
    peer_io_each(c->io, add_connection, &l);
    *out = l.at;
    return l.n;
}
