/*
 * A peer: carries out the steps of the state machine for its one or two connections.
 *
 * bgp_peer_event() is the only function that moves a machine and change_state() the only one that
 * writes a peer's state; so what the log says is what happened.
 */
#include "bgp/internal.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/rib/vpn.h"

#define OWNER(timer, member)                                                                       \
    ((struct bgp_peer *)(void *)((char *)(timer)-offsetof(struct bgp_peer, member)))

static void on_retry(struct bgp_timer *t)
{
    bgp_peer_event(OWNER(t, retry), NULL, BGP_EV_RETRY_TIMER, NULL);
}

static void on_idle(struct bgp_timer *t)
{
    struct bgp_peer *p = OWNER(t, idle);
    bool passive = p->conf.listen_only;

    bgp_peer_event(p, NULL, passive ? BGP_EV_DAMPED_START_PASSIVE : BGP_EV_IDLE_HOLD_TIMER, NULL);
}

struct bgp_peer *bgp_peer_new(struct bgp *b, const struct bgp_peer_conf *conf)
{
    struct bgp_peer *p = bgp_alloc(sizeof *p);

    p->b = b;
    p->addr = conf->addr;
    bgp_peer_conf_copy(&p->conf, conf);
    p->state = p->last_state = BGP_IDLE;
    p->last_event = "-";
    p->since = b->now;
    p->retry.fire = on_retry;
    p->idle.fire = on_idle;
    bgp_peer_calm(p);
    HASH_ADD(hh, b->peers, addr, sizeof p->addr, p);
    return p;
}

void bgp_peer_free(struct bgp_peer *p)
{
    struct bgp *b = p->b;

    bgp_timer_stop(&b->timers, &p->retry);
    bgp_timer_stop(&b->timers, &p->idle);
    rib_session_down(b->rib, p);
    if (p->conn)
        bgp_conn_free(p->conn);
    if (p->rival)
        bgp_conn_free(p->rival);
    if (p->dynamic)
        b->ndynamic--;
    HASH_DEL(b->peers, p);
    bgp_peer_conf_clear(&p->conf);
    free(p->block);
    free(p->last_sent);
    free(p->last_received);
    free(p->last_failure);
    free(p->records);
    free(p);
}

void bgp_peer_refused(struct bgp_peer *p, enum bgp_family f, enum bgp_refusal why, uint32_t n)
{
    p->refused.n[f][why] += n;
    p->b->refused.n[f][why] += n;
}

uint32_t bgp_peer_shown_as(const struct bgp_peer *p)
{
    return p->conf.fake_as && !p->real_as ? p->conf.fake_as : p->b->conf.as;
}

bool bgp_peer_internal(const struct bgp_peer *p)
{
    if (p->conf.kind != BGP_KIND_UNSET)
        return p->conf.kind == BGP_KIND_INTERNAL;
    return p->conf.remote_as == p->b->conf.as;
}

uint32_t bgp_peer_router_id(const struct bgp_peer *p)
{
    const struct rib_table *t = rib_table(p->b->rib, p->addr.vpn, BGP_IPV4_UNICAST);

    return t ? rib_router_id(t) : 0;
}

unsigned bgp_peer_families(const struct bgp_peer *p)
{
    const unsigned unicast = 1u << BGP_IPV4_UNICAST | 1u << BGP_IPV6_UNICAST;

    return p->addr.vpn != 0 ? p->conf.enabled & unicast : p->conf.enabled;
}

bool bgp_peer_admin_down(const struct bgp_peer *p)
{
    return p->conf.ignore || p->b->conf.shutdown || p->b->stopped;
}

const char *bgp_peer_blocked(const struct bgp_peer *p)
{
    if (p->addr.vpn != 0 && !vpn_find(p->b->rib, p->addr.vpn))
        return "no VPN instance";
    if (bgp_peer_router_id(p) == 0)
        return "no router ID";
    if (p->conf.blocked)
        return p->conf.blocked;
    if (p->limited)
        return "more routes than its limit came; waits for a reset";
    return p->block ? p->block : "";
}

static bool startable(const struct bgp_peer *p)
{
    return p->b->conf.as != 0 && !p->gone && !bgp_peer_admin_down(p) && !*bgp_peer_blocked(p);
}

void bgp_peer_calm(struct bgp_peer *p)
{
    p->retry_step = p->idle_step = BGP_SECOND;
}

void bgp_peer_failure(struct bgp_peer *p, const char *why)
{
    free(p->last_failure);
    if (!(p->last_failure = strdup(why)))
        abort();
}

static void keep_notification(struct bgp_peer *p, struct bgp_notification **slot,
                              const struct bgp_notification *n)
{
    if (!*slot)
        *slot = bgp_alloc(sizeof **slot);
    **slot = *n;
    p->last_error = (uint16_t)(n->code << 8 | n->subcode);
}

/* --- state ------------------------------------------------------------------------------------ */

static void enter_established(struct bgp_peer *p)
{
    p->since = p->b->now;
    p->up_count++;
    p->retry_step = BGP_SECOND;
    p->was_refused_as = false;
}

static void leave_established(struct bgp_peer *p)
{
    if (p->b->now - p->since >= BGP_STABLE)
        bgp_peer_calm(p);
    p->since = p->b->now;
    p->flaps++;
}

static void record(struct bgp_peer *p, bool up, const struct bgp_notification *notif)
{
    struct bgp_record *r;

    if (!p->records)
        p->records = bgp_alloc(BGP_RECORDS * sizeof *p->records);
    r = &p->records[p->nrecords++ % BGP_RECORDS];
    *r = (struct bgp_record){.when_ms = p->b->now, .up = up};
    if (notif) {
        r->sent = notif->sent;
        r->code = notif->code;
        r->subcode = notif->subcode;
    }
}

static const char *reason(const struct bgp_peer *p, enum bgp_fsm_event event)
{
    if (p->over)
        return "Route limit";
    if (event == BGP_EV_AUTO_STOP && p->block && strcmp(p->block, BGP_INTERFACE_DOWN) == 0)
        return "Direct connect-interface down";
    if (event == BGP_EV_AUTO_STOP && p->block && strcmp(p->block, BGP_ROUTE_LOST) == 0)
        return "Remote peer not reachable";
    return bgp_fsm_reason(event);
}

static void change_state(struct bgp_peer *p, enum bgp_state to, enum bgp_fsm_event event,
                         const struct bgp_notification *notif)
{
    struct bgp *b = p->b;
    enum bgp_state from = (enum bgp_state)p->state;
    struct bgp_event e = {.peer = &p->addr,
                          .from = from,
                          .to = to,
                          .event = bgp_fsm_event_name(event),
                          .input = bgp_fsm_input(event),
                          .notif = notif};
    const uint64_t change = UINT64_C(1) << (from * 8 + to);

    if (to >= BGP_OPENSENT || to == BGP_IDLE)
        bgp_timer_stop(&b->timers, &p->retry);
    if (to != BGP_IDLE)
        bgp_timer_stop(&b->timers, &p->idle);
    if (from == to)
        return;
    p->last_state = (uint8_t)from;
    p->state = (uint8_t)to;
    if (to == BGP_ESTABLISHED)
        enter_established(p);
    if (from == BGP_ESTABLISHED)
        leave_established(p);
    if (to == BGP_ESTABLISHED || from == BGP_ESTABLISHED)
        record(p, to == BGP_ESTABLISHED, notif);
    e.reason = to >= from ? NULL : reason(p, event);
    e.logged = !p->conf.no_log;
    e.last_error = p->last_error;
    e.again = p->up_count > 1;
    e.known = p->changes & change;
    p->changes = to == BGP_ESTABLISHED ? 0 : p->changes | change;
    b->ops->event(b->ctx, &e);
}

/* How long the next attempt waits (Active) or may take (Connect). The first ones are short so that
 * two ends configured seconds apart meet quickly; they grow to the configured connect-retry time.
 */
static void arm_retry(struct bgp_peer *p, enum bgp_state next)
{
    uint32_t full =
        (p->conf.connect_retry ? p->conf.connect_retry : BGP_CONNECT_RETRY) * (uint32_t)BGP_SECOND;
    uint32_t ms = p->retry_step;

    if (next == BGP_CONNECT) {
        if (ms < BGP_FIRST_ATTEMPT)
            ms = BGP_FIRST_ATTEMPT;
    } else {
        if (p->conf.listen_only)
            return;
        p->retry_step = ms * 2 < full ? ms * 2 : full;
    }
    if (ms > full)
        ms = full;
    bgp_timer_set(&p->b->timers, &p->retry, p->b->now + bgp_jitter(p->b, ms));
}

/* Idle after an error: at least a second, doubling (DampPeerOscillations). Spread upwards so that
 * the lower bound holds. */
static void arm_idle_hold(struct bgp_peer *p, bool calm)
{
    const struct bgp_peer_af_conf *limit = p->over ? &p->conf.af[p->over - 1] : NULL;
    uint32_t ms = BGP_SECOND;

    p->over_limit = limit;
    p->limited = limit && limit->route_limit_forever;
    if (!startable(p))
        return;
    if (limit)
        ms = limit->route_limit_minutes ? limit->route_limit_minutes * 60 * (uint32_t)BGP_SECOND
                                        : BGP_LIMIT_IDLE;
    else if (!calm && !p->conf.no_dampening) {
        ms = p->idle_step;
        p->idle_step = ms * 2 < BGP_IDLE_HOLD_MAX ? ms * 2 : BGP_IDLE_HOLD_MAX;
    }
    if (!limit)
        ms += p->b->ops->random(p->b->ctx) % (ms / 4);
    bgp_timer_set(&p->b->timers, &p->idle, p->b->now + ms);
}

/* --- connections ------------------------------------------------------------------------------ */

static void detach(struct bgp_conn *c)
{
    struct bgp_peer *p = c->peer;

    if (p->routes && p->routes->conn == c)
        rib_session_down(p->b->rib, p);
    p->counts = c->counts;
    if (c == p->conn)
        p->conn = NULL;
    else if (c == p->rival)
        p->rival = NULL;
}

/* Ends c, with a NOTIFICATION when f is given, and leaves the record of it in *notif. */
static void drop(struct bgp_conn *c, const struct bgp_fault *f, bool lost,
                 struct bgp_notification *notif)
{
    struct bgp_peer *p = c->peer;
    struct bgp *b = p->b;
    bool spare = p->conn && p->rival;

    if (f && !lost && c->state >= BGP_OPENSENT) {
        bgp_conn_notify(c, f, notif);
        /* That one of two connections lost is no news of the session. */
        if (!spare || f->code != BGP_ERR_CEASE || f->subcode != BGP_CEASE_COLLISION)
            keep_notification(p, &p->last_sent, notif);
    }
    detach(c);
    if (!lost)
        b->ops->close(b->ctx, c);
    bgp_conn_free(c);
}

static void drop_rival(struct bgp_peer *p, unsigned subcode)
{
    struct bgp_notification n;
    struct bgp_fault f;

    bgp_fault(&f, BGP_ERR_CEASE, subcode);
    if (p->rival)
        drop(p->rival, &f, false, &n);
}

static void connect_out(struct bgp_peer *p)
{
    p->conn = bgp_conn_new(p, true);
    p->conn->state = BGP_CONNECT;
    p->b->ops->connect(p->b->ctx, p->conn, &p->conf);
}

/* The main connection ended before the session was up and there is another one: go on with it. */
static void promote_rival(struct bgp_peer *p, enum bgp_fsm_event event,
                          const struct bgp_notification *notif)
{
    p->conn = p->rival;
    p->rival = NULL;
    change_state(p, (enum bgp_state)p->conn->state, event, notif);
    if (p->state == BGP_CONNECT)
        arm_retry(p, BGP_CONNECT);
}

/* The machine of the rival got further than the main one: it becomes the main one. */
static void overtake(struct bgp_peer *p)
{
    struct bgp_conn *c = p->rival;

    p->rival = p->conn;
    p->conn = c;
}

static void establish(struct bgp_peer *p)
{
    drop_rival(p, BGP_CEASE_COLLISION);
    rib_session_up(p->b->rib, p->conn);
}

/* One of two connections ended: the other one has nothing to wait for. */
static void release_survivor(struct bgp_peer *p)
{
    if (p->conn && p->conn->held && !p->rival)
        bgp_collision_release(p->conn);
}

/* A dynamic peer exists as long as a connection of it. */
static void expire_dynamic(struct bgp_peer *p)
{
    if (!p->dynamic || p->gone || p->conn || p->rival)
        return;
    bgp_timer_stop(&p->b->timers, &p->idle);
    bgp_timer_stop(&p->b->timers, &p->retry);
    p->gone = true;
    p->next_gone = p->b->gone;
    p->b->gone = p;
}

/* --- carrying out steps ----------------------------------------------------------------------- */

static void do_sends(struct bgp_conn *c, unsigned actions)
{
    struct bgp *b = c->b;

    if (actions & BGP_DO_OPEN) {
        bgp_conn_send_open(c);
        bgp_timer_set(&b->timers, &c->hold, b->now + BGP_LARGE_HOLD);
    }
    if (actions & (BGP_DO_CONFIRM | BGP_DO_HOLD))
        bgp_conn_restart_hold(c);
    if (c->held)
        bgp_timer_set(&b->timers, &c->keepalive, b->now + BGP_COLLISION_WAIT);
    else if (actions & (BGP_DO_CONFIRM | BGP_DO_KEEPALIVE))
        bgp_conn_send_keepalive(c);
}

/* Does the part of a step that ends a connection. Returns the NOTIFICATION that explains it. */
static const struct bgp_notification *do_drop(struct bgp_peer *p, struct bgp_conn *c,
                                              enum bgp_fsm_event event, const struct bgp_step *s,
                                              const struct bgp_cause *cause,
                                              struct bgp_notification *sent)
{
    struct bgp_fault f;
    const struct bgp_fault *say = NULL;

    bgp_fault(&f, s->code, s->subcode);
    if (s->actions & BGP_DO_FAULT)
        say = cause->fault;
    else if (s->code)
        say = &f;
    sent->code = 0;
    if (cause->received && (!p->rival || event != BGP_EV_NOTIFICATION_COLLISION))
        keep_notification(p, &p->last_received, cause->received);
    if (c)
        drop(c, say, cause->lost, sent);
    return cause->received ? cause->received : sent->code ? sent : NULL;
}

/* The step ended the main connection, or there was none. */
static void settle_down(struct bgp_peer *p, enum bgp_fsm_event event, const struct bgp_step *s,
                        const struct bgp_cause *cause, const struct bgp_notification *notif)
{
    if (p->rival && p->state != BGP_ESTABLISHED) {
        promote_rival(p, event, notif);
        return;
    }
    drop_rival(p, BGP_CEASE_REJECTED);
    change_state(p, s->next, event, notif);
    if (p->dynamic)
        return;
    if (s->actions & BGP_DO_PAUSE)
        arm_idle_hold(p, cause->calm);
    if (s->actions & BGP_DO_RETRY && s->next == BGP_ACTIVE)
        arm_retry(p, BGP_ACTIVE);
}

void bgp_peer_event(struct bgp_peer *p, struct bgp_conn *c, enum bgp_fsm_event event,
                    const struct bgp_cause *cause)
{
    static const struct bgp_cause plain;
    bool main = !c || c == p->conn;
    enum bgp_state state = (enum bgp_state)(main ? p->state : c->state);
    struct bgp_step s = bgp_fsm_step(state, event);
    const struct bgp_notification *notif = NULL;
    struct bgp_notification sent;

    c = main ? p->conn : c;
    cause = cause ? cause : &plain;
    if (main)
        p->last_event = bgp_fsm_event_name(event);
    if (s.actions & BGP_DO_DROP)
        notif = do_drop(p, c, event, &s, cause, &sent);
    if (s.actions & BGP_DO_CONNECT) {
        /* Another try after one that took too long counts as a failure of it. */
        if (event == BGP_EV_RETRY_TIMER && state == BGP_CONNECT)
            p->retry_step *= p->retry_step < 32 * BGP_SECOND ? 2 : 1;
        change_state(p, BGP_CONNECT, event, NULL);
        connect_out(p);
        arm_retry(p, BGP_CONNECT);
    } else if (s.next == BGP_IDLE || s.next == BGP_ACTIVE) {
        if (main)
            settle_down(p, event, &s, cause, notif);
    } else if (c) {
        c->state = (uint8_t)s.next;
        if (!main && s.next > p->state)
            overtake(p);
        if (c == p->conn)
            change_state(p, s.next, event, NULL);
        do_sends(c, s.actions);
        if (s.actions & BGP_DO_UP)
            establish(p);
    }
    if (s.actions & BGP_DO_DROP) {
        release_survivor(p);
        expire_dynamic(p);
    }
}

/* --- starting and stopping -------------------------------------------------------------------- */

void bgp_peer_stop(struct bgp_peer *p, const struct bgp_fault *f, enum bgp_fsm_event event)
{
    const struct bgp_cause cause = {.fault = f, .calm = true};
    struct bgp_notification n;

    if (p->rival)
        drop(p->rival, f, false, &n);
    bgp_peer_event(p, NULL, event, &cause);
    bgp_timer_stop(&p->b->timers, &p->idle);
    bgp_timer_stop(&p->b->timers, &p->retry);
}

void bgp_peer_start(struct bgp_peer *p)
{
    if (p->state != BGP_IDLE || p->dynamic || !startable(p))
        return;
    bgp_peer_event(p, NULL, p->conf.listen_only ? BGP_EV_START_PASSIVE : BGP_EV_START, NULL);
}

void bgp_peer_reconsider(struct bgp_peer *p)
{
    struct bgp_fault f;

    if (startable(p)) {
        if (!bgp_timer_running(&p->idle))
            bgp_peer_start(p);
        return;
    }
    bgp_timer_stop(&p->b->timers, &p->idle);
    if (p->state == BGP_IDLE)
        return;
    if (bgp_peer_admin_down(p)) {
        bgp_fault(&f, BGP_ERR_CEASE, BGP_CEASE_SHUTDOWN);
        bgp_peer_stop(p, &f, BGP_EV_STOP);
    } else {
        bgp_fault(&f, BGP_ERR_CEASE, BGP_CEASE_CONFIG);
        bgp_peer_stop(p, &f, BGP_EV_AUTO_STOP);
    }
}
