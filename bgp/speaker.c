/*
 * The speaker as the engine sees it: settings, peers, listen ranges, incoming connections, time.
 *
 * Every public function takes the time once on entry (bgp_enter) and frees the dynamic peers that
 * ended during it on the way out (bgp_leave); nothing below frees a peer.
 */
#include "bgp/internal.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/rib/rib.h"
#include "bgp/wire/notify.h"

void *bgp_alloc(size_t n)
{
    void *p = calloc(1, n);

    if (!p)
        abort();
    return p;
}

void bgp_enter(struct bgp *b)
{
    b->now = b->ops->now(b->ctx);
}

void bgp_leave(struct bgp *b)
{
    while (b->gone) {
        struct bgp_peer *p = b->gone;

        b->gone = p->next_gone;
        bgp_peer_free(p);
    }
}

uint64_t bgp_jitter(struct bgp *b, uint64_t ms)
{
    return ms - b->ops->random(b->ctx) % (ms / 4 + 1);
}

struct bgp_peer *bgp_find(const struct bgp *b, const struct bgp_addr *addr)
{
    struct bgp_peer *p;

    HASH_FIND(hh, b->peers, addr, sizeof *addr, p);
    return p && !p->gone ? p : NULL;
}

/* The longest range wins, so that a part of a net can have settings of its own. */
const struct bgp_listen_conf *bgp_find_range(const struct bgp *b, const struct bgp_addr *addr)
{
    const struct bgp_listen_conf *best = NULL;

    for (size_t i = 0; i < b->nranges; i++) {
        const struct bgp_listen_conf *r = &b->ranges[i];

        if (bgp_addr_in(addr, &r->net, r->len) && (!best || r->len > best->len))
            best = r;
    }
    return best;
}

struct bgp *bgp_new(const struct bgp_ops *ops, void *ctx)
{
    struct bgp *b = bgp_alloc(sizeof *b);

    b->ops = ops;
    b->ctx = ctx;
    b->rib = rib_new(b);
    return b;
}

static void free_ranges(struct bgp *b)
{
    for (size_t i = 0; i < b->nranges; i++)
        bgp_peer_conf_clear(&b->ranges[i].peer);
    free(b->ranges);
    b->ranges = NULL;
    b->nranges = 0;
}

void bgp_free(struct bgp *b)
{
    struct bgp_peer *p, *next;

    HASH_ITER (hh, b->peers, p, next)
        bgp_peer_free(p);
    rib_free(b->rib);
    free_ranges(b);
    bgp_timers_free(&b->timers);
    free(b);
}

/* --- configuration ---------------------------------------------------------------------------- */

static void stop_with(struct bgp_peer *p, uint8_t subcode, const char *text)
{
    struct bgp_fault f;

    bgp_notify_cease(&f, subcode, text);
    bgp_peer_stop(p, &f, BGP_EV_STOP);
}

static void remove_peer(struct bgp_peer *p, uint8_t subcode)
{
    rib_hold(p->b->rib);
    stop_with(p, subcode, NULL);
    if (!p->gone) /* a dynamic one that ended is on its way out already */
        bgp_peer_free(p);
}

static void restart(struct bgp_peer *p, uint8_t subcode, const char *text)
{
    stop_with(p, subcode, text);
    p->real_as = p->was_refused_as = p->limited = false;
    bgp_peer_calm(p);
    bgp_peer_start(p);
}

void bgp_set_process(struct bgp *b, const struct bgp_conf *conf)
{
    const struct bgp_conf old = b->conf;
    struct bgp_peer *p, *next;

    bgp_enter(b);
    if (conf->as == 0)
        HASH_ITER (hh, b->peers, p, next)
            remove_peer(p, BGP_CEASE_REMOVED);
    b->conf = *conf;
    rib_hold(b->rib);
    rib_process_conf(b->rib, &old);
    HASH_ITER (hh, b->peers, p, next)
        bgp_peer_reconsider(p);
    bgp_leave(b);
}

/* Whether routes received with conf a are what they would be with b. */
static bool same_intake(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
    bool same = a->no_check_first_as == b->no_check_first_as;

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        same &= a->af[f].soo == b->af[f].soo &&
                a->af[f].discard_ext_community == b->af[f].discard_ext_community &&
                a->af[f].public_as_in == b->af[f].public_as_in &&
                a->af[f].public_as_in_force == b->af[f].public_as_in_force;
    return same;
}

/* Another limit: whoever waits because of the old one may try again. */
static bool other_limit(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
    bool other = false;

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        other |= a->af[f].route_limit != b->af[f].route_limit ||
                 a->af[f].route_limit_forever != b->af[f].route_limit_forever ||
                 a->af[f].route_limit_accepted != b->af[f].route_limit_accepted ||
                 a->af[f].route_limit_minutes != b->af[f].route_limit_minutes ||
                 a->af[f].route_limit_alert_only != b->af[f].route_limit_alert_only;
    return other;
}

/* The families whose settings differ; all of them when it is something else that does. */
static unsigned different_families(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
    unsigned families = 0;

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (memcmp(&a->af[f], &b->af[f], sizeof a->af[f]) != 0)
            families |= 1u << f;
    return families ? families : ~0u;
}

/* Puts conf in place of the peer's; the session, if there is one, goes on by it. */
static void reconfigure(struct bgp_peer *p, const struct bgp_peer_conf *conf, bool refresh)
{
    struct bgp_peer_conf old = p->conf;
    struct bgp_fault f;

    bgp_peer_conf_copy(&p->conf, conf);
    p->conf.addr = p->addr;
    if (p->dynamic) { /* what its OPEN has said */
        p->conf.remote_as = old.remote_as;
        p->conf.kind = old.kind;
    }
    if (p->limited && other_limit(&old, conf))
        p->limited = false;
    if (p->routes)
        rib_session_conf(p, &old);
    if (p->routes && other_limit(&old, conf) && !rib_within_limits(p->routes, &f))
        bgp_routes_fault(p, &f);
    if (p->routes && refresh)
        bgp_conn_send_refresh(p->conn, different_families(&old, conf));
    bgp_peer_conf_clear(&old);
}

void bgp_set_peer(struct bgp *b, const struct bgp_peer_conf *conf, enum bgp_action action)
{
    struct bgp_peer *p;

    bgp_enter(b);
    p = bgp_find(b, &conf->addr);
    if (p && p->dynamic) { /* configured by name now: no longer what it was */
        remove_peer(p, BGP_CEASE_CONFIG);
        bgp_leave(b);
        p = NULL;
    }
    rib_hold(b->rib);
    if (!p) {
        p = bgp_peer_new(b, conf);
    } else {
        reconfigure(p, conf, action == BGP_REFRESH_IN);
        if (action == BGP_RESET)
            restart(p, bgp_peer_admin_down(p) ? BGP_CEASE_SHUTDOWN : BGP_CEASE_CONFIG, NULL);
    }
    bgp_peer_reconsider(p);
    bgp_leave(b);
}

void bgp_remove_peer(struct bgp *b, const struct bgp_addr *addr)
{
    struct bgp_peer *p;

    bgp_enter(b);
    if ((p = bgp_find(b, addr)))
        remove_peer(p, BGP_CEASE_REMOVED);
    bgp_leave(b);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether a session that runs with conf a may go on under b. */
static bool same_session(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b)
{
    return a->fake_as == b->fake_as && a->fake_global == b->fake_global &&
           a->fake_in == b->fake_in && a->ttl == b->ttl && a->gtsm_hops == b->gtsm_hops &&
           a->keepalive == b->keepalive && a->hold == b->hold && a->min_hold == b->min_hold &&
           same_text(a->password, b->password) && a->mss == b->mss && a->ignore == b->ignore &&
           a->no_refresh == b->no_refresh && a->no_as4 == b->no_as4 &&
           a->conventional == b->conventional && a->enabled == b->enabled &&
           bgp_addr_cmp(&a->local, &b->local) == 0;
}

static void refit_dynamic(struct bgp_peer *p)
{
    const struct bgp_listen_conf *r = bgp_find_range(p->b, &p->addr);

    if (!r) {
        remove_peer(p, BGP_CEASE_REMOVED);
    } else if (!same_session(&p->conf, &r->peer)) {
        remove_peer(p, r->peer.ignore ? BGP_CEASE_SHUTDOWN : BGP_CEASE_CONFIG);
    } else {
        reconfigure(p, &r->peer, !same_intake(&p->conf, &r->peer));
    }
}

void bgp_set_listen(struct bgp *b, const struct bgp_listen_conf *ranges, size_t n)
{
    struct bgp_peer *p, *next;

    bgp_enter(b);
    free_ranges(b);
    if (n > 0)
        b->ranges = bgp_alloc(n * sizeof *ranges);
    for (b->nranges = 0; b->nranges < n; b->nranges++) {
        b->ranges[b->nranges] = ranges[b->nranges];
        bgp_peer_conf_copy(&b->ranges[b->nranges].peer, &ranges[b->nranges].peer);
    }
    HASH_ITER (hh, b->peers, p, next)
        if (p->dynamic && !p->gone)
            refit_dynamic(p);
    bgp_leave(b);
}

void bgp_block_peer(struct bgp *b, const struct bgp_addr *addr, const char *reason)
{
    struct bgp_peer *p;

    bgp_enter(b);
    if ((p = bgp_find(b, addr))) {
        free(p->block);
        p->block = NULL;
        if (reason && !(p->block = strdup(reason)))
            abort();
        bgp_peer_reconsider(p);
    }
    bgp_leave(b);
}

bool bgp_reset_peer(struct bgp *b, const struct bgp_addr *addr, const char *text)
{
    struct bgp_peer *p;

    bgp_enter(b);
    if ((p = bgp_find(b, addr)))
        restart(p, BGP_CEASE_RESET, text);
    bgp_leave(b);
    return p != NULL;
}

void bgp_shutdown(struct bgp *b, const char *text)
{
    struct bgp_peer *p, *next;

    bgp_enter(b);
    b->stopped = true;
    HASH_ITER (hh, b->peers, p, next)
        stop_with(p, BGP_CEASE_SHUTDOWN, text);
    bgp_leave(b);
}

void bgp_set_trace(struct bgp *b, const struct bgp_trace_conf *conf,
                   void (*fn)(void *arg, const struct bgp_trace *t), void *arg)
{
    b->trace = *conf;
    b->tracer = fn;
    b->trace_arg = arg;
}

/* --- incoming connections --------------------------------------------------------------------- */

static struct bgp_peer *new_dynamic(struct bgp *b, const struct bgp_addr *remote)
{
    const struct bgp_listen_conf *r = bgp_find_range(b, remote);
    struct bgp_peer_conf conf;
    struct bgp_peer *p;

    if (!r || r->peer.ignore || r->peer.blocked || b->conf.as == 0 || b->conf.router_id == 0)
        return NULL;
    if (b->conf.shutdown || b->stopped)
        return NULL;
    if (b->conf.dynamic_limit != 0 && b->ndynamic >= b->conf.dynamic_limit)
        return NULL;
    if (b->conf.peer_limit != 0 && HASH_COUNT(b->peers) >= b->conf.peer_limit)
        return NULL;
    conf = r->peer;
    conf.addr = *remote;
    p = bgp_peer_new(b, &conf);
    p->dynamic = true;
    b->ndynamic++;
    bgp_peer_event(p, NULL, BGP_EV_AUTO_START_PASSIVE, NULL);
    return p;
}

/* The peer that takes a connection from remote to local, or NULL. Idle refuses (RFC 4271 8.2.2). */
static struct bgp_peer *taker(struct bgp *b, const struct bgp_addr *remote,
                              const struct bgp_addr *local)
{
    struct bgp_peer *p = bgp_find(b, remote);
    const struct bgp_addr *bound;

    if (!p) {
        const struct bgp_listen_conf *r = bgp_find_range(b, remote);

        return r && (r->peer.local.af == 0 || bgp_addr_cmp(&r->peer.local, local) == 0)
                   ? new_dynamic(b, remote)
                   : NULL;
    }
    bound = &p->conf.local;
    if (p->state == BGP_IDLE || (p->conf.connect_only && !p->dynamic))
        return NULL;
    if (bound->af != 0 && bgp_addr_cmp(bound, local) != 0)
        return NULL;
    return bgp_collision_make_room(p) && !p->gone ? p : NULL;
}

struct bgp_conn *bgp_accepted(struct bgp *b, const struct bgp_addr *remote, uint16_t remote_port,
                              const struct bgp_addr *local, uint16_t local_port, void *io)
{
    struct bgp_conn *c = NULL;
    struct bgp_peer *p;

    bgp_enter(b);
    if ((p = taker(b, remote, local))) {
        c = bgp_conn_new(p, false);
        c->io = io;
        c->local = *local;
        c->local.vpn = p->addr.vpn;
        c->local_port = local_port;
        c->remote_port = remote_port;
        c->state = BGP_ACTIVE;
        if (p->state == BGP_CONNECT) { /* our own attempt goes on beside it */
            p->rival = p->conn;
            p->conn = NULL;
        }
        if (p->conn) {
            p->rival = c;
        } else {
            p->conn = c;
            c->state = p->state;
        }
        bgp_peer_event(p, c, BGP_EV_TCP_CONFIRMED, NULL);
    }
    bgp_leave(b);
    return c;
}

/* --- time ------------------------------------------------------------------------------------- */

uint64_t bgp_deadline(const struct bgp *b)
{
    uint64_t timer = bgp_timers_next(&b->timers), work = rib_deadline(b->rib);

    return timer < work ? timer : work;
}

void bgp_tick(struct bgp *b)
{
    bgp_enter(b);
    bgp_timers_run(&b->timers, b->now);
    rib_work(b->rib);
    bgp_leave(b);
}
