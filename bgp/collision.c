/*
 * Connection collision (RFC 4271 6.8, RFC 6286 2.3): two connections to one peer, one survives.
 *
 * Nothing is decided before the OPEN of the newer connection is there: only then both ends know
 * both identifiers. An Established session always wins.
 *
 * That last rule can make the two ends disagree: one is Established on the connection the other
 * one, still in OpenConfirm, is about to drop, and both connections end. So a connection that will
 * lose is held: its OPEN is taken but not confirmed, the peer cannot get to Established on it,
 * until the other connection has brought its OPEN, has ended, or has been silent for
 * BGP_COLLISION_WAIT.
 */
#include "bgp/internal.h"

/* True when the connection opened by us survives. Equal identifiers are possible between ASes
 * only; then the higher AS decides. */
static bool ours_survives(const struct bgp_conn *c)
{
    if (c->ours.id != c->theirs.id)
        return c->ours.id > c->theirs.id;
    return c->ours.as > c->theirs.as;
}

struct bgp_conn *bgp_collision_loser(struct bgp_conn *c)
{
    struct bgp_peer *p = c->peer;
    struct bgp_conn *other = c == p->conn ? p->rival : p->conn;

    if (!other || other->state < BGP_OPENCONFIRM)
        return NULL;
    if (other->state == BGP_ESTABLISHED)
        return c;
    if (other->outgoing == c->outgoing) /* the peer began anew: the older one is a leftover */
        return other;
    return c->outgoing == ours_survives(c) ? other : c;
}

bool bgp_collision_pending(const struct bgp_conn *c)
{
    const struct bgp_peer *p = c->peer;
    const struct bgp_conn *other = c == p->conn ? p->rival : p->conn;

    return other && other->state == BGP_OPENSENT && other->outgoing != c->outgoing &&
           c->outgoing != ours_survives(c);
}

void bgp_collision_release(struct bgp_conn *c)
{
    c->held = false;
    bgp_conn_send_keepalive(c);
    if (c->early)
        bgp_peer_event(c->peer, c, BGP_EV_KEEPALIVE, NULL);
}

bool bgp_collision_make_room(struct bgp_peer *p)
{
    static const struct bgp_fault collision = {BGP_ERR_CEASE, BGP_CEASE_COLLISION, 0, {0}};
    const struct bgp_cause cause = {.fault = &collision};
    struct bgp_conn *const both[] = {p->rival, p->conn};

    if (!p->conn || !p->rival)
        return true;
    /* Both places are taken. A connection of the peer that has been silent so far gives way. */
    for (size_t i = 0; i < 2; i++) {
        if (!both[i]->outgoing && both[i]->state == BGP_OPENSENT) {
            bgp_peer_event(p, both[i], BGP_EV_COLLISION, &cause);
            return true;
        }
    }
    return false;
}
