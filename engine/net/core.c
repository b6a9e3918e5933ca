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

#include "engine/net/kernel.h"
#include "engine/net/listen.h"
#include "engine/net/next_hops.h"
#include "engine/net/origin.h"
#include "engine/net/peer_io.h"
#include "engine/net/peer_table.h"
#include "engine/net/routes.h"
#include "engine/net/sockopt.h"

#define LATE_MS 200        /* a deadline missed by more: the process was stopped or busy */
#define TICKS_PER_TURN 100 /* a speaker whose deadline does not move must not stop the loop */
#define TURN_MS 10         /* nor one with a million routes to work on keep others waiting */
#define DEFAULT_PORT 179
#define PROTOCOL 0xb9       /* of our routes in the kernel; nobody else is known to use it */
#define PROTOCOL_OTHERS 200 /* and 39 more, for speakers on other ports */

struct core {
    struct notes *notes;
    struct bgp *bgp;
    struct peer_io_set *io;
    struct listen_set *listen;
    struct kernel *kernel;
    struct routes *routes;
    struct origin *origin;
    struct next_hop_watch *hops; /* NULL: nothing is known of this host's routes */
    struct peer_table peers;
    uint64_t random;
    bool configured, stopping, key_warned;
    bool looked; /* the loop has looked for input since a deadline was missed */
};

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

static void op_connect(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *conf)
{
    struct core *c = ctx;
    char reason[PEERS_REASON_SIZE];
    /* A peer is blocked right after the speaker has heard of it; it may try before. */
    if (peers_reason(conf, c->kernel, reason))
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

/* --- peers and listeners --------------------------------------------------------------------- */

static void review(struct core *c, struct peer_entry *e)
{
    char reason[PEERS_REASON_SIZE];
    bool blocked = peers_reason(&e->conf, c->kernel, reason);
    if (blocked || e->blocked)
        bgp_block_peer(c->bgp, &e->conf.addr, blocked ? reason : NULL);
    e->blocked = blocked;
}

static void on_addresses(void *arg)
{
    struct core *c = arg;
    struct peer_entry *e, *next;
    if (c->stopping)
        return;
    if (c->configured)
        listen_open(c->listen, true);
    HASH_ITER (hh, c->peers.peers, e, next) {
        review(c, e);
    }
}

static void on_hop(void *arg, const struct bgp_addr *a, const struct rt_hop *h)
{
    struct core *c = arg;
    next_hop_watch_tell(c->hops, a, h);
}

static void on_route(void *arg, const struct speaker_route *r, bool gone)
{
    struct core *c = arg;
    origin_route(c->origin, r, gone);
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
    struct core *c = arg;
    struct peer_entry *e, *next;
    int rc;
    HASH_ITER (hh, c->peers.peers, e, next) {
        const char *key = key_of(&e->conf);
        if (e->conf.addr.af != af || !key)
            continue;
        rc = net_md5_key(fd, &e->conf.addr, whole(&e->conf.addr), key);
        if (rc) {
            e->no_key = true;
            key_failed(c, &e->conf.addr, rc);
        }
    }
    for (size_t i = 0; i < c->peers.nranges; i++) {
        const struct bgp_listen_conf *r = &c->peers.ranges[i];
        const char *key = key_of(&r->peer);
        if (r->net.af == af && key && (rc = net_md5_key(fd, &r->net, r->len, key)))
            key_failed(c, &r->net, rc);
    }
}

static void set_key(struct core *c, struct peer_entry *e)
{
    int rc = listen_key(c->listen, &e->conf.addr, whole(&e->conf.addr), key_of(&e->conf));
    e->no_key = rc && key_of(&e->conf);
    if (e->no_key)
        key_failed(c, &e->conf.addr, rc);
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
    return conf->kind != BGP_KIND_EXTERNAL || conf->ttl > 1 ||
           kernel_is_connected(c->kernel, remote);
}

static void on_accepted(void *arg, int fd, const struct bgp_addr *remote, uint16_t port)
{
    struct core *c = arg;
    struct sockaddr_storage ss;
    socklen_t n = sizeof ss;
    struct bgp_addr local;
    uint16_t local_port;
    const struct peer_entry *e = peers_find(&c->peers, remote);
    const struct bgp_listen_conf *range = e ? NULL : peers_range(&c->peers, remote);
    const struct bgp_peer_conf *conf = e ? &e->conf : range ? &range->peer : NULL;
    if (!conf || (e && e->no_key) || getsockname(fd, (struct sockaddr *)&ss, &n) < 0) {
        close(fd);
        return;
    }
    net_from_sockaddr(&ss, &local, &local_port);
    if (!admissible(c, conf, fd, remote, &local)) {
        close(fd);
        return;
    }
    net_session_options(fd, remote->af, conf);
    peer_io_accepted(c->io, c->bgp, fd, remote, port, &local, local_port);
}

/* --- applying a plan ------------------------------------------------------------------------- */

static void apply_addrs(struct core *c, const struct speaker_plan *p)
{
    struct kernel_addr *a = calloc(p->naddrs + 1, sizeof *a);
    if (!a)
        abort();
    size_t n = 0;
    for (size_t i = 0; i < p->naddrs; i++)
        if (!p->addrs[i].port) {
            a[n].addr = p->addrs[i].addr;
            a[n++].len = p->addrs[i].len;
        }
    kernel_want(c->kernel, a, n);
    free(a);
}

static void apply_removal(struct core *c, const struct bgp_addr *addr)
{
    struct peer_entry *e = peers_find(&c->peers, addr);
    if (e && key_of(&e->conf))
        listen_key(c->listen, addr, whole(addr), NULL);
    if (e)
        peers_remove(&c->peers, e);
    bgp_remove_peer(c->bgp, addr);
}

static void apply_process(struct core *c, const struct bgp_conf *conf)
{
    c->configured = conf->as != 0;
    bgp_set_process(c->bgp, conf);
    if (!c->configured) {
        listen_open(c->listen, false);
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
}

static void apply_ranges(struct core *c, const struct speaker_plan *p)
{
    for (size_t i = 0; i < c->peers.nranges; i++) {
        const struct bgp_listen_conf *r = &c->peers.ranges[i];
        if (key_of(&r->peer))
            listen_key(c->listen, &r->net, r->len, NULL);
    }
    peers_set_ranges(&c->peers, p->listen, p->nlisten);
    for (size_t i = 0; i < p->nlisten; i++) {
        const struct bgp_listen_conf *r = &p->listen[i];
        int rc = key_of(&r->peer) ? listen_key(c->listen, &r->net, r->len, key_of(&r->peer)) : 0;
        if (rc)
            key_failed(c, &r->net, rc);
    }
    bgp_set_listen(c->bgp, p->listen, p->nlisten);
}

void core_apply(struct core *c, const struct speaker_plan *p)
{
    c->key_warned = false;
    if (p->addrs_changed) {
        apply_addrs(c, p);
        on_addresses(c);
        routes_names(c->routes, p->addrs, p->naddrs);
    }
    if (p->statics_changed)
        routes_statics(c->routes, p->statics, p->nstatics);
    for (size_t i = 0; i < p->npeers; i++)
        if (p->peers[i].remove)
            apply_removal(c, &p->peers[i].conf.addr);
    bool was = c->configured;
    if (p->process_changed)
        apply_process(c, &p->process);
    if (!c->configured)
        return;
    for (size_t i = 0; i < p->npeers; i++)
        if (!p->peers[i].remove)
            apply_peer(c, &p->peers[i]);
    if (p->listen_changed)
        apply_ranges(c, p);
    if (p->origins_changed)
        origin_set(c->origin, routes_table(c->routes), p->origins, p->norigins, !was);
    listen_open(c->listen, true); /* last: a new listener takes all keys at once */
}

/* --- life ------------------------------------------------------------------------------------ */

static void on_warning(void *arg, const char *text)
{
    struct core *c = arg;
    notes_warn(c->notes, text);
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

struct core *core_new(struct net_loop *loop, const struct speaker_opts *opts, struct notes *notes)
{
    static const struct bgp_ops ops = {
        .now = op_now,
        .random = op_random,
        .connect = op_connect,
        .send = op_send,
        .close = op_close,
        .event = op_event,
    };
    struct core *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    struct kernel_opts k = {.changed = on_addresses, .warn = on_warning, .arg = c};
    struct routes_opts r = {
        .ops = {.hop = on_hop, .route = on_route, .arg = c}, .warn = on_warning, .arg = c};
    const struct listen_opts l = {
        .port = opts->port,
        .addrs = opts->listen,
        .n = opts->nlisten,
        .accepted = on_accepted,
        .opened = on_opened,
        .warn = on_warning,
        .arg = c,
    };
    mark_ours(opts, &k, &r);
    c->notes = notes;
    if (getrandom(&c->random, sizeof c->random, 0) < 0)
        c->random = net_now() ^ (uint64_t)getpid() << 32;
    c->io = peer_io_new(loop, opts->port, conf_of, c);
    c->listen = listen_new(loop, &l);
    c->kernel = kernel_open(loop, &k);
    c->bgp = bgp_new(&ops, c);
    c->origin = origin_new(c->bgp);
    c->routes = routes_open(loop, &r);
    if (routes_known(c->routes))
        c->hops = next_hop_watch_new(c->bgp);
    return c;
}

void core_free(struct core *c)
{
    listen_free(c->listen);
    if (c->hops)
        next_hop_watch_free(c->hops);
    routes_close(c->routes);
    origin_free(c->origin);
    kernel_close(c->kernel);
    peer_io_free(c->io);
    bgp_free(c->bgp);
    peers_clear(&c->peers);
    free(c);
}

struct bgp *core_bgp(struct core *c)
{
    return c->bgp;
}

struct rtable *core_routes(struct core *c)
{
    return routes_table(c->routes);
}

void core_stop(struct core *c)
{
    c->stopping = true;
    c->configured = false;
    listen_open(c->listen, false);
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

uint64_t core_turn(struct core *c)
{
    if (c->hops) /* first: a route to nowhere is not passed on */
        next_hop_watch_turn(c->hops, routes_table(c->routes));
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
    next = earlier(next, listen_tick(c->listen, now));
    next = earlier(next, bgp_deadline(c->bgp));
    next = earlier(next, routes_tick(c->routes, now));
    return settled ? next : now;
}
