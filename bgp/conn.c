/*
 * One connection: cuts the byte stream into messages, sends messages, keeps its own timers.
 *
 * A message that arrives whole is read where the engine put it. Only the octets of an incomplete
 * one are copied, and their buffer goes away with the message, so an idle peer holds none.
 */
#include "bgp/internal.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/rib/rib.h"
#include "bgp/wire/notify.h"
#include "bgp/wire/update.h"

#define OWNER(timer, member)                                                                       \
    ((struct bgp_conn *)(void *)((char *)(timer)-offsetof(struct bgp_conn, member)))

/* --- timers ----------------------------------------------------------------------------------- */

static void on_hold(struct bgp_timer *t)
{
    struct bgp_conn *c = OWNER(t, hold);

    bgp_peer_event(c->peer, c, BGP_EV_HOLD_TIMER, NULL);
}

static void on_keepalive(struct bgp_timer *t)
{
    struct bgp_conn *c = OWNER(t, keepalive);

    if (c->held)
        bgp_collision_release(c);
    else
        bgp_peer_event(c->peer, c, BGP_EV_KEEPALIVE_TIMER, NULL);
}

static void on_send_hold(struct bgp_timer *t)
{
    struct bgp_conn *c = OWNER(t, send_hold);

    bgp_peer_event(c->peer, c, BGP_EV_SEND_HOLD_TIMER, NULL);
}

void bgp_conn_restart_hold(struct bgp_conn *c)
{
    struct bgp *b = c->b;

    if (c->hold_time == 0)
        bgp_timer_stop(&b->timers, &c->hold);
    else
        bgp_timer_set(&b->timers, &c->hold, b->now + (uint64_t)c->hold_time * BGP_SECOND);
}

/* RFC 9687: runs while octets wait and starts anew whenever TCP takes some. */
static void watch_sending(struct bgp_conn *c, size_t unsent)
{
    struct bgp *b = c->b;
    uint64_t taken = c->given > unsent ? c->given - unsent : 0;
    uint64_t ms = 2 * (uint64_t)c->hold_time * BGP_SECOND;

    if (ms < BGP_SEND_HOLD)
        ms = BGP_SEND_HOLD;
    if (unsent == 0)
        bgp_timer_stop(&b->timers, &c->send_hold);
    else if (taken > c->taken || !bgp_timer_running(&c->send_hold))
        bgp_timer_set(&b->timers, &c->send_hold, b->now + ms);
    c->taken = taken;
    c->unsent = unsent;
}

/* --- life ------------------------------------------------------------------------------------- */

struct bgp_conn *bgp_conn_new(struct bgp_peer *p, bool outgoing)
{
    struct bgp_conn *c = bgp_alloc(sizeof *c);

    c->b = p->b;
    c->peer = p;
    c->outgoing = outgoing;
    c->hold.fire = on_hold;
    c->keepalive.fire = on_keepalive;
    c->send_hold.fire = on_send_hold;
    return c;
}

void bgp_conn_free(struct bgp_conn *c)
{
    bgp_timer_stop(&c->b->timers, &c->hold);
    bgp_timer_stop(&c->b->timers, &c->keepalive);
    bgp_timer_stop(&c->b->timers, &c->send_hold);
    if (c->busy) {
        c->dead = true;
        return;
    }
    free(c->part);
    free(c);
}

void bgp_conn_set_io(struct bgp_conn *c, void *io)
{
    c->io = io;
}

void *bgp_conn_io(const struct bgp_conn *c)
{
    return c->io;
}

/* --- tracing ---------------------------------------------------------------------------------- */

static void trace(const struct bgp_conn *c, bool sent, const uint8_t *msg, size_t n)
{
    const struct bgp *b = c->b;
    const struct bgp_peer *p = c->peer;
    const struct bgp_trace t = {
        .peer = &p->addr, .as = p->conf.remote_as, .sent = sent, .as4 = c->as4, .msg = msg, .n = n};

    if (b->trace.peer.af == 0 || bgp_addr_cmp(&b->trace.peer, &p->addr) == 0)
        b->tracer(b->trace_arg, &t);
}

/* Several messages may go out in one piece. */
static void trace_sent(const struct bgp_conn *c, const uint8_t *bytes, size_t n)
{
    while (n >= BGP_HEADER) {
        size_t len = (size_t)(bytes[16] << 8 | bytes[17]);

        if (c->b->trace.sent >> bytes[BGP_HEADER - 1] & 1)
            trace(c, true, bytes, len);
        bytes += len;
        n -= len;
    }
}

/* --- sending ---------------------------------------------------------------------------------- */

void bgp_conn_send(struct bgp_conn *c, const uint8_t *bytes, size_t n)
{
    struct bgp_peer *p = c->peer;
    uint8_t type = bytes[BGP_HEADER - 1];

    c->counts.sent[type]++;
    c->given += n;
    if (type == BGP_KEEPALIVE)
        p->keepalive_out = p->b->now;
    else if (type == BGP_UPDATE)
        p->update_out = p->b->now;
    else if (type == BGP_REFRESH)
        p->refresh_out = p->b->now;
    if (c->b->trace.sent)
        trace_sent(c, bytes, n);
    c->b->ops->send(c->b->ctx, c, bytes, n);
}

void bgp_conn_send_open(struct bgp_conn *c)
{
    uint8_t buf[BGP_LONGEST];

    bgp_session_offer(c, &c->ours);
    bgp_conn_send(c, buf, bgp_open_encode(&c->ours, buf, sizeof buf));
}

/* Spread, but not more often than once a second (RFC 4271 4.4). */
void bgp_conn_send_keepalive(struct bgp_conn *c)
{
    uint8_t buf[BGP_HEADER];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);
    struct bgp *b = c->b;
    uint64_t ms = bgp_jitter(b, (uint64_t)c->keepalive_time * BGP_SECOND);

    bgp_frame_begin(&w, BGP_KEEPALIVE);
    bgp_conn_send(c, buf, bgp_frame_end(&w));
    if (c->keepalive_time > 0)
        bgp_timer_set(&b->timers, &c->keepalive, b->now + (ms < BGP_SECOND ? BGP_SECOND : ms));
}

void bgp_conn_send_updates(struct bgp_conn *c, const uint8_t *bytes, size_t n, unsigned messages)
{
    c->counts.sent[BGP_UPDATE] += messages - 1; /* bgp_conn_send() counts the last one */
    bgp_conn_send(c, bytes, n);
}

void bgp_conn_send_end_of_rib(struct bgp_conn *c, enum bgp_family family)
{
    uint8_t buf[64];

    bgp_conn_send(c, buf, bgp_end_of_rib_encode(family, buf, sizeof buf));
}

void bgp_conn_send_refresh(struct bgp_conn *c, unsigned families)
{
    uint8_t buf[64];

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (c->refresh && c->families & families & 1u << f)
            bgp_conn_send(
                c, buf, bgp_refresh_encode((enum bgp_family)f, BGP_REFRESH_ASKS, buf, sizeof buf));
}

void bgp_conn_send_refresh_mark(struct bgp_conn *c, enum bgp_family family,
                                enum bgp_refresh_subtype subtype)
{
    uint8_t buf[64];

    bgp_conn_send(c, buf, bgp_refresh_encode(family, subtype, buf, sizeof buf));
}

void bgp_conn_notify(struct bgp_conn *c, const struct bgp_fault *f, struct bgp_notification *out)
{
    uint8_t buf[BGP_HEADER + 2 + BGP_FAULT_DATA];

    bgp_conn_send(c, buf, bgp_notify_encode(f, buf, sizeof buf, out));
}

/* --- receiving -------------------------------------------------------------------------------- */

/* Judges the header at bytes. False: the connection is gone. */
static bool check_header(struct bgp_conn *c, const uint8_t *bytes, size_t n, size_t *len,
                         uint8_t *type)
{
    struct bgp_fault f;
    const struct bgp_cause cause = {.fault = &f};

    if (bgp_frame_check(bytes, n, c->extended ? BGP_EXTENDED : BGP_LONGEST, c->enhanced, len, type,
                        &f))
        return true;
    bgp_peer_event(c->peer, c, BGP_EV_HEADER_ERROR, &cause);
    return false;
}

static void deliver(struct bgp_conn *c, uint8_t type, const uint8_t *msg, size_t len)
{
    c->counts.received[type]++;
    if (c->b->trace.received >> type & 1)
        trace(c, false, msg, len);
    bgp_session_message(c, type, bgp_cursor_on(msg + BGP_HEADER, len - BGP_HEADER));
}

/* Moves up to `want` octets in total into the buffer. */
static void collect(struct bgp_conn *c, struct bgp_cursor *in, size_t want)
{
    size_t n = want > c->have ? want - c->have : 0;
    struct bgp_cursor part = bgp_get_part(in, n < in->left ? n : in->left);

    if (want > c->room) {
        if (!(c->part = realloc(c->part, want)))
            abort();
        c->room = want;
    }
    if (part.left > 0)
        memcpy(c->part + c->have, part.at, part.left);
    c->have += part.left;
}

/* Goes on with the message in the buffer, or begins one there: first its header, then, its length
 * being allowed, the rest. */
static void read_buffered(struct bgp_conn *c, struct bgp_cursor *in)
{
    size_t len;
    uint8_t type;

    if (c->have < BGP_HEADER)
        collect(c, in, BGP_HEADER);
    if (!check_header(c, c->part, c->have, &len, &type) || len == 0)
        return;
    collect(c, in, len);
    if (c->have < len)
        return;
    c->have = 0;
    deliver(c, type, c->part, len);
}

static void read_messages(struct bgp_conn *c, struct bgp_cursor *in)
{
    size_t len;
    uint8_t type;

    while (in->left > 0 && !c->dead) {
        if (c->have == 0) {
            if (!check_header(c, in->at, in->left, &len, &type))
                return;
            if (len > 0 && len <= in->left) {
                deliver(c, type, bgp_get_part(in, len).at, len);
                continue;
            }
        }
        read_buffered(c, in);
    }
}

bool bgp_input(struct bgp_conn *c, const uint8_t *bytes, size_t n)
{
    struct bgp *b = c->b;
    struct bgp_cursor in = bgp_cursor_on(bytes, n);
    bool alive;

    if (c->state < BGP_OPENSENT) /* nothing can arrive before TCP is up */
        return true;
    bgp_enter(b);
    c->busy = true;
    read_messages(c, &in);
    c->busy = false;
    alive = !c->dead;
    if (c->have == 0) {
        free(c->part);
        c->part = NULL;
        c->room = 0;
    }
    if (!alive)
        bgp_conn_free(c);
    bgp_leave(b);
    return alive;
}

/* --- what the engine reports -------------------------------------------------------------------
 */

void bgp_connected(struct bgp_conn *c, const struct bgp_addr *local, uint16_t local_port,
                   uint16_t remote_port)
{
    struct bgp *b = c->b;

    bgp_enter(b);
    c->local = *local;
    c->local.vpn = c->peer->addr.vpn;
    c->local_port = local_port;
    c->remote_port = remote_port;
    /* The peer's connection is confirmed already: ours comes too late to say an OPEN on it. */
    if (c == c->peer->rival && c->peer->state >= BGP_OPENCONFIRM)
        bgp_peer_event(c->peer, c, BGP_EV_COLLISION, NULL);
    else
        bgp_peer_event(c->peer, c, BGP_EV_TCP_ACKED, NULL);
    bgp_leave(b);
}

static void lost(struct bgp_conn *c, const char *why)
{
    struct bgp *b = c->b;
    const struct bgp_cause cause = {.lost = true};

    bgp_enter(b);
    bgp_peer_failure(c->peer, why);
    bgp_peer_event(c->peer, c, BGP_EV_TCP_FAILS, &cause);
    bgp_leave(b);
}

void bgp_connect_failed(struct bgp_conn *c, const char *why)
{
    lost(c, why);
}

void bgp_conn_lost(struct bgp_conn *c, const char *why)
{
    lost(c, why);
}

void bgp_unsent(struct bgp_conn *c, size_t bytes)
{
    struct bgp *b = c->b;

    bgp_enter(b);
    watch_sending(c, bytes);
    if (c->peer->routes)
        rib_wake(b->rib);
    bgp_leave(b);
}
