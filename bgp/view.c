/*
 * Looking at peers: plain copies for displays. Nothing here changes the speaker.
 */
#include "bgp/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/rib/group.h"

static void view_conn(const struct bgp_conn *c, struct bgp_peer_view *v)
{
    const struct bgp_caps *theirs = &c->theirs.caps;

    v->local = c->local;
    v->local_port = c->local_port;
    v->remote_port = c->remote_port;
    v->unsent = c->unsent;
    if (c->ours.as != 0)
        v->local_as = c->ours.as;
    if (c->theirs.id == 0)
        return;
    v->remote_id = c->theirs.id;
    v->hold_received = c->theirs.hold;
    v->hold_negotiated = c->hold_time;
    v->keepalive_negotiated = c->keepalive_time;
    v->peer_offers = theirs->families;
    v->negotiated = c->families;
    v->cap_mp_remote = theirs->mp;
    v->cap_refresh_remote = theirs->refresh;
    v->cap_as4_remote = theirs->has_as4;
    v->cap_extended_remote = theirs->extended;
    v->cap_enhanced_remote = theirs->enhanced;
    v->cap_refresh = c->refresh;
    v->cap_as4 = c->as4;
    v->cap_extended = c->extended;
    v->cap_enhanced = c->enhanced;
}

static void view_history(const struct bgp_peer *p, struct bgp_peer_view *v)
{
    const struct bgp_counts *counts = p->conn ? &p->conn->counts : &p->counts;

    memcpy(v->received, counts->received, sizeof v->received);
    memcpy(v->sent, counts->sent, sizeof v->sent);
    v->state_since_ms = p->since;
    v->up_count = p->up_count;
    v->flaps = p->flaps;
    v->last_keepalive_in = p->keepalive_in;
    v->last_keepalive_out = p->keepalive_out;
    v->last_update_in = p->update_in;
    v->last_update_out = p->update_out;
    v->last_refresh_in = p->refresh_in;
    v->last_refresh_out = p->refresh_out;
    if (p->last_sent)
        v->last_sent = *p->last_sent;
    if (p->last_received)
        v->last_received = *p->last_received;
    if (p->last_failure)
        snprintf(v->last_failure, sizeof v->last_failure, "%s", p->last_failure);
}

static void view_routes(const struct rib_session *s, struct bgp_peer_view *v)
{
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        v->routes[f].received = s->source->paths[f];
        v->routes[f].accepted = s->source->paths[f] - s->source->loops[f];
        if (!s->members[f])
            continue;
        v->routes[f].advertised = group_told(s->members[f]);
        v->routes[f].group = s->members[f]->group->number;
        v->routes[f].lags = s->members[f]->lag;
        v->routes[f].waiting = group_waiting(s->members[f]);
    }
    v->attributes_discarded = s->discarded;
    v->treated_as_withdraw = s->withdrawn;
    v->end_of_rib = s->eor_in;
}

static void view(const struct bgp_peer *p, struct bgp_peer_view *v)
{
    memset(v, 0, sizeof *v);
    v->addr = p->addr;
    v->local = p->conf.local;
    v->remote_as = p->conf.remote_as;
    v->local_as = bgp_peer_shown_as(p);
    v->state = (enum bgp_state)p->state;
    v->last_state = (enum bgp_state)p->last_state;
    v->admin_down = bgp_peer_admin_down(p);
    v->over_limit = p->over_limit && p->state == BGP_IDLE;
    v->dynamic = p->dynamic;
    v->internal = bgp_peer_internal(p);
    v->last_event = p->last_event;
    v->enabled = p->conf.enabled;
    if (!v->admin_down)
        snprintf(v->blocked, sizeof v->blocked, "%s", bgp_peer_blocked(p));
    view_history(p, v);
    if (p->conn)
        view_conn(p->conn, v);
    if (p->routes)
        view_routes(p->routes, v);
}

bool bgp_peer_view(const struct bgp *b, const struct bgp_addr *addr, struct bgp_peer_view *out)
{
    const struct bgp_peer *p = bgp_find(b, addr);

    if (p)
        view(p, out);
    return p != NULL;
}

static int by_address(const void *a, const void *b)
{
    const struct bgp_peer *const *p = a, *const *q = b;

    return bgp_addr_cmp(&(*p)->addr, &(*q)->addr);
}

void bgp_each_peer(const struct bgp *b, bool (*fn)(void *arg, const struct bgp_peer_view *v),
                   void *arg)
{
    size_t n = HASH_COUNT(b->peers), i = 0;
    const struct bgp_peer **order = bgp_alloc((n + 1) * sizeof(struct bgp_peer *));
    struct bgp_peer_view v;

    for (const struct bgp_peer *p = b->peers; p; p = p->hh.next)
        order[i++] = p;
    qsort(order, n, sizeof(struct bgp_peer *), by_address);
    for (i = 0; i < n; i++) {
        view(order[i], &v);
        if (!fn(arg, &v))
            break;
    }
    free(order);
}

bool bgp_refusals(const struct bgp *b, const struct bgp_addr *addr, struct bgp_refusal_counts *out)
{
    const struct bgp_peer *p = addr ? bgp_find(b, addr) : NULL;

    if (addr && !p)
        return false;
    *out = p ? p->refused : b->refused;
    return true;
}

size_t bgp_peer_log(const struct bgp *b, const struct bgp_addr *addr, struct bgp_record *out,
                    size_t n)
{
    const struct bgp_peer *p = bgp_find(b, addr);
    size_t i = 0;

    for (; p && i < n && i < BGP_RECORDS && i < p->nrecords; i++)
        out[i] = p->records[(p->nrecords - 1 - i) % BGP_RECORDS];
    return i;
}

static void view_group(const struct rib_group *g, struct bgp_group_view *v,
                       struct bgp_addr *members)
{
    size_t i = v->nmembers;

    v->number = g->number;
    v->internal = g->policy.internal;
    v->client = g->policy.client;
    v->mrai = g->policy.mrai;
    v->routes = g->advertised;
    v->formatted = g->formatted;
    v->sent = g->sent;
    v->members = members;
    for (const struct rib_member *m = g->members; m; m = m->next)
        members[--i] = m->session->source->addr; /* who came first leads */
}

static int by_number(const void *a, const void *b)
{
    const struct rib_group *const *g = a, *const *h = b;

    return (*g)->number - (*h)->number;
}

void bgp_each_group(const struct bgp *b, uint16_t vpn, enum bgp_family family,
                    void (*fn)(void *arg, const struct bgp_group_view *v), void *arg)
{
    const struct rib_table *t = rib_table(b->rib, vpn, family);
    const struct rib_group *first = t ? t->groups : NULL, **order;
    size_t n = 0, i = 0;

    for (const struct rib_group *g = first; g; g = g->next)
        n++;
    order = bgp_alloc((n + 1) * sizeof(struct rib_group *));
    for (const struct rib_group *g = first; g; g = g->next)
        order[i++] = g;
    qsort(order, n, sizeof(struct rib_group *), by_number);
    for (i = 0; i < n; i++) {
        struct bgp_group_view v = {0};
        struct bgp_addr *members;

        for (const struct rib_member *m = order[i]->members; m; m = m->next)
            v.nmembers++;
        members = bgp_alloc(v.nmembers * sizeof *members);
        view_group(order[i], &v, members);
        fn(arg, &v);
        free(members);
    }
    free(order);
}

size_t bgp_peer_count(const struct bgp *b)
{
    return HASH_COUNT(b->peers);
}

const char *bgp_state_name(enum bgp_state s)
{
    static const char *const names[] = {
        [BGP_IDLE] = "Idle",
        [BGP_CONNECT] = "Connect",
        [BGP_ACTIVE] = "Active",
        [BGP_OPENSENT] = "OpenSent",
        [BGP_OPENCONFIRM] = "OpenConfirm",
        [BGP_ESTABLISHED] = "Established",
    };

    return s >= BGP_IDLE && s <= BGP_ESTABLISHED ? names[s] : "Unknown";
}
