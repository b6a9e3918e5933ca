/*
 * What the messages of one connection mean: offers, acceptance and negotiation of an OPEN, and the
 * events the others become.
 */
#include "bgp/internal.h"

#include "bgp/rib/rib.h"
#include "bgp/wire/nlri.h"
#include "bgp/wire/notify.h"

void bgp_session_offer(struct bgp_conn *c, struct bgp_open *open)
{
    const struct bgp_peer *p = c->peer;
    const struct bgp_peer_conf *conf = &p->conf;

    *open = (struct bgp_open){
        .as = bgp_peer_shown_as(p),
        .id = bgp_peer_router_id(p),
        .hold = conf->hold,
        .no_params = conf->conventional,
    };
    if (conf->conventional) {
        open->caps.families = (uint8_t)(bgp_peer_families(p) & 1u << BGP_IPV4_UNICAST);
        return;
    }
    open->caps.families = (uint8_t)bgp_peer_families(p);
    open->caps.refresh = !conf->no_refresh;
    open->caps.enhanced = open->caps.refresh;
    open->caps.eor = open->caps.enhanced; /* FRR answers no refresh before it could send this */
    open->caps.extended = true;
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (!(open->caps.families & 1u << f))
            continue;
        if (bgp_family_info[f].label)
            open->caps.labels[f] = BGP_LABELS_MOST;
        if (p->addr.af == 6 && bgp_family_info[f].octets == 4)
            open->caps.hop6 |= (uint8_t)(1u << f);
    }
    open->caps.has_as4 = !conf->no_as4;
    open->caps.as4 = open->as;
}

static bool as_in_range(const struct bgp_listen_conf *r, uint32_t as)
{
    for (unsigned i = 0; i < r->nas && i < sizeof r->as / sizeof *r->as; i++)
        if (as >= r->as[i].begin && as <= r->as[i].end)
            return true;
    return false;
}

/* A dynamic peer may have any AS its listen range permits, of the kind of its group; others the
 * configured one. */
static bool as_permitted(const struct bgp_peer *p, uint32_t as)
{
    const struct bgp_listen_conf *r = p->dynamic ? bgp_find_range(p->b, &p->addr) : NULL;
    const struct bgp_peer_conf *conf = r ? &r->peer : &p->conf;
    bool own = as == p->b->conf.as;

    if (conf->kind == BGP_KIND_INTERNAL && conf->remote_as == 0)
        return own;
    if (r && conf->kind == BGP_KIND_EXTERNAL && own)
        return false;
    return as == conf->remote_as || (r && as_in_range(r, as));
}

/* Checks of RFC 4271 6.2 that need the configuration. */
static bool accept_open(const struct bgp_peer *p, const struct bgp_open *o, struct bgp_fault *f)
{
    bool same_id = o->id == bgp_peer_router_id(p);

    if (!as_permitted(p, o->as))
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_AS);
    if (same_id && (bgp_peer_internal(p) || !p->b->conf.router_id_allow_same))
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_ID);
    if (o->hold != 0 && o->hold < p->conf.min_hold)
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_HOLD);
    return true;
}

static void negotiate(struct bgp_conn *c)
{
    const struct bgp_open *o = &c->ours, *t = &c->theirs;
    uint16_t keepalive = c->peer->conf.keepalive;

    c->hold_time = o->hold < t->hold ? o->hold : t->hold;
    c->keepalive_time = c->hold_time / 3;
    if (keepalive != 0 && keepalive < c->keepalive_time)
        c->keepalive_time = keepalive;
    if (c->hold_time != 0 && c->keepalive_time == 0)
        c->keepalive_time = 1;
    c->families = o->caps.families & t->caps.families;
    c->refresh = o->caps.refresh && t->caps.refresh;
    c->enhanced = c->refresh && o->caps.enhanced && t->caps.enhanced;
    c->extended = o->caps.extended && t->caps.extended;
    c->as4 = o->caps.has_as4 && t->caps.has_as4;
    c->hop6 = o->caps.hop6 & t->caps.hop6 & c->families;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        c->labels[f] = o->caps.labels[f] > 1 && t->caps.labels[f] > 1 ? t->caps.labels[f] : 1;
}

/* A dynamic peer becomes internal or external with the AS it comes with. */
static void learn_as(struct bgp_peer *p, uint32_t as)
{
    if (!p->dynamic)
        return;
    p->conf.remote_as = as;
    p->conf.kind = as == p->b->conf.as ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
}

static void on_open(struct bgp_conn *c, struct bgp_cursor body)
{
    struct bgp_peer *p = c->peer;
    struct bgp_fault f = {0};
    const struct bgp_cause cause = {.fault = &f};
    struct bgp_conn *loser;
    struct bgp_open open;

    if (c->state != BGP_OPENSENT) {
        bgp_peer_event(p, c, BGP_EV_OPEN, NULL);
        return;
    }
    if (!bgp_open_decode(body, &open, &f)) {
        bgp_peer_event(p, c, BGP_EV_OPEN_ERROR, &cause);
        return;
    }
    learn_as(p, open.as);
    if (!accept_open(p, &open, &f)) {
        if (f.subcode == BGP_OPEN_ID)
            bgp_peer_refused(p, BGP_IPV4_UNICAST, BGP_REFUSED_ROUTER_ID, 1);
        bgp_peer_event(p, c, BGP_EV_OPEN_ERROR, &cause);
        return;
    }
    c->theirs = open;
    negotiate(c);
    loser = bgp_collision_loser(c);
    c->held = !loser && bgp_collision_pending(c);
    /* The winner moves first: so the peer's state never falls back because of a collision. */
    if (loser != c)
        bgp_peer_event(p, c, BGP_EV_OPEN, NULL);
    if (loser)
        bgp_peer_event(p, loser, BGP_EV_COLLISION, NULL);
}

/* fake_dual: the peer expects the other one of our two AS numbers; try that soon. */
static bool other_as_next(struct bgp_peer *p, const struct bgp_notification *n)
{
    if (n->code != BGP_ERR_OPEN || n->subcode != BGP_OPEN_AS)
        return false;
    if (!p->conf.fake_as || !p->conf.fake_dual)
        return false;
    p->real_as = !p->real_as;
    p->was_refused_as = !p->was_refused_as;
    return p->was_refused_as; /* refused with both: an error like any other */
}

static void on_notification(struct bgp_conn *c, struct bgp_cursor body)
{
    struct bgp_notification n;
    struct bgp_cause cause = {.received = &n};
    enum bgp_fsm_event event = BGP_EV_NOTIFICATION;

    bgp_notify_decode(body, &n);
    if (n.code == BGP_ERR_OPEN && n.subcode == BGP_OPEN_VERSION)
        event = BGP_EV_NOTIFICATION_VERSION;
    else if (n.code == BGP_ERR_CEASE && n.subcode == BGP_CEASE_COLLISION)
        event = BGP_EV_NOTIFICATION_COLLISION;
    /* An operator who resets or reconfigures the other end has not made an error. */
    cause.calm = n.code == BGP_ERR_CEASE && c->state == BGP_ESTABLISHED;
    if (other_as_next(c->peer, &n))
        cause.calm = true;
    bgp_peer_event(c->peer, c, event, &cause);
}

void bgp_routes_fault(struct bgp_peer *p, const struct bgp_fault *f)
{
    const struct bgp_cause cause = {.fault = f};

    p->over = p->routes->over;
    bgp_peer_event(p, p->routes->conn, BGP_EV_UPDATE_ERROR, &cause);
    p->over = 0;
}

static void on_update(struct bgp_conn *c, struct bgp_cursor body)
{
    struct bgp_peer *p = c->peer;
    struct bgp_fault f;

    if (c->state != BGP_ESTABLISHED) {
        bgp_peer_event(p, c, BGP_EV_UPDATE, NULL);
        return;
    }
    p->update_in = c->b->now;
    if (rib_update(p->routes, body, &f))
        bgp_peer_event(p, c, BGP_EV_UPDATE, NULL);
    else
        bgp_routes_fault(p, &f);
}

/* A message of a length that is not allowed: 7/1 with all of it when it is one of RFC 7313 (its
 * section 5), else what RFC 4271 says. One of a subtype nobody knows is ignored, however long. */
static bool refresh_length_wrong(struct bgp_cursor body, unsigned subtype, struct bgp_fault *f)
{
    struct bgp_writer w = bgp_writer_on(f->data, sizeof f->data);
    size_t whole = BGP_HEADER + body.left, some = sizeof f->data - BGP_HEADER;

    if (body.left == 4 || (body.left > 2 && subtype > BGP_REFRESH_ENDS))
        return false;
    if (body.left < 3 || subtype == BGP_REFRESH_ASKS) {
        bgp_fault(f, BGP_ERR_HEADER, BGP_HEADER_LENGTH);
        bgp_put_u16(&w, (unsigned)whole);
    } else {
        bgp_fault(f, BGP_ERR_REFRESH, BGP_REFRESH_LENGTH);
        bgp_frame_begin(&w, BGP_REFRESH);
        bgp_put_bytes(&w, body.at, body.left < some ? body.left : some);
        f->data[BGP_MARKER] = (uint8_t)(whole >> 8);
        f->data[BGP_MARKER + 1] = (uint8_t)whole;
    }
    f->ndata = (uint8_t)bgp_written(&w);
    return true;
}

/* A message about a family that is not in use is ignored as RFC 2918 section 4 says, one of a
 * subtype that was not agreed as RFC 7313 section 5 says. */
static void on_refresh(struct bgp_conn *c, struct bgp_cursor body)
{
    struct bgp_cursor all = body;
    struct bgp_peer *p = c->peer;
    uint16_t afi = bgp_get_u16(&body);
    uint8_t subtype = bgp_get_u8(&body), safi = bgp_get_u8(&body);
    struct bgp_fault fault;
    const struct bgp_cause cause = {.fault = &fault};

    bgp_peer_event(p, c, BGP_EV_REFRESH, NULL);
    if (c->state != BGP_ESTABLISHED)
        return;
    if (refresh_length_wrong(all, subtype, &fault)) {
        bgp_peer_event(p, c, BGP_EV_HEADER_ERROR, &cause);
        return;
    }
    p->refresh_in = c->b->now;
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (bgp_family_info[f].afi != afi || bgp_family_info[f].safi != safi)
            continue;
        if (subtype == BGP_REFRESH_ASKS)
            rib_resend(p->routes, 1u << f);
        else if (subtype == BGP_REFRESH_BEGINS && c->enhanced)
            rib_refresh_begins(p->routes, (enum bgp_family)f);
        else if (subtype == BGP_REFRESH_ENDS && c->enhanced)
            rib_refresh_ends(p->routes, (enum bgp_family)f);
    }
}

static void on_keepalive(struct bgp_conn *c)
{
    c->peer->keepalive_in = c->b->now;
    if (c->state == BGP_ESTABLISHED)
        rib_watch_limits(c->peer->routes);
    if (!c->held) {
        bgp_peer_event(c->peer, c, BGP_EV_KEEPALIVE, NULL);
        return;
    }
    c->early = true;
    bgp_conn_restart_hold(c);
}

void bgp_session_message(struct bgp_conn *c, uint8_t type, struct bgp_cursor body)
{
    switch ((enum bgp_msg)type) {
    case BGP_OPEN:
        on_open(c, body);
        break;
    case BGP_UPDATE:
        on_update(c, body);
        break;
    case BGP_NOTIFICATION:
        on_notification(c, body);
        break;
    case BGP_KEEPALIVE:
        on_keepalive(c);
        break;
    case BGP_REFRESH:
        on_refresh(c, body);
        break;
    case BGP_MSGS:
        break;
    }
}
