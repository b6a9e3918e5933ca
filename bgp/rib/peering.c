/*
 * What a session coming up, going down or changing its conf means for routes.
 */
#include "bgp/internal.h"
#include "bgp/rib/group.h"
#include "bgp/rib/vpn.h"

#include <stdlib.h>
#include <string.h>

static void take_conf(struct source *s, const struct bgp_peer_conf *conf)
{
    s->clients = 0;
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        s->preferred[f] = conf->af[f].preferred_value;
        if (s->kind == SOURCE_INTERNAL && conf->af[f].reflect_client)
            s->clients |= (uint8_t)(1u << f);
    }
}

void rib_session_up(struct rib *r, struct bgp_conn *c)
{
    struct bgp_peer *p = c->peer;
    struct rib_session *s = bgp_alloc(sizeof *s);

    s->rib = r;
    s->conn = c;
    s->source = rib_source_new(r, bgp_peer_internal(p) ? SOURCE_INTERNAL : SOURCE_EXTERNAL);
    s->source->addr = p->addr;
    s->source->id = c->theirs.id;
    s->source->as = c->theirs.as;
    s->source->session = s;
    take_conf(s->source, &p->conf);
    s->rules.hop6 = c->hop6;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (c->labels[f] > 1)
            s->rules.stacks |= (uint8_t)(1u << f);
    p->routes = s;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (c->families & 1u << f && (s->tables[f] = rib_table(r, p->addr.vpn, (enum bgp_family)f)))
            group_join(s, (enum bgp_family)f);
}

void rib_session_down(struct rib *r, struct bgp_peer *p)
{
    struct rib_session *s = p->routes;
    struct source *source;

    if (!s)
        return;
    p->routes = NULL;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (s->members[f])
            group_leave(s->members[f]);
    bgp_timer_stop(&r->b->timers, &s->stale);
    source = s->source;
    source->session = NULL;
    source->alive = false;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (source->paths[f] > 0)
            rib_sweep(s->tables[f]);
    if (source->records == 0) {
        r->sources[source->number] = NULL;
        free(source);
    }
    free(s);
}

void rib_session_conf(struct bgp_peer *p, const struct bgp_peer_conf *conf)
{
    struct rib_session *s = p->routes;
    struct source old = *s->source;

    take_conf(s->source, &p->conf);
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (!s->members[f])
            continue;
        group_rejoin(s, (enum bgp_family)f);
        if (conf->af[f].allow_as_loop != p->conf.af[f].allow_as_loop) {
            rib_recheck(s->tables[f]);
            rib_ask_again(s->rib, (enum bgp_family)f);
        }
        if (old.preferred[f] != s->source->preferred[f])
            vpn_sweep_with(s->tables[f]);
        if ((old.clients ^ s->source->clients) >> f & 1)
            group_review(s->tables[f]);
    }
}

void rib_process_conf(struct rib *r, const struct bgp_conf *old)
{
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        struct rib_table *t = &r->tables[f];

        if (memcmp(&old->af[f], &r->b->conf.af[f], sizeof old->af[f]) == 0)
            continue;
        rib_recheck(t);
        group_review(t);
        if (t->conf->no_vpn_target && !old->af[f].no_vpn_target)
            rib_ask_again(r, (enum bgp_family)f);
    }
    for (struct rib_table *t = r->all; t; t = t->next) {
        bool limit = old->as_path_limit != r->b->conf.as_path_limit;
        bool med = old->local_cross_no_med != r->b->conf.local_cross_no_med;

        if (t->aggregates && old->router_id != r->b->conf.router_id)
            rib_wake(r); /* it stands in them */
        if (limit || med)
            rib_recheck(t);
        if (limit)
            rib_ask_again(r, t->family);
        if (limit || old->no_private_as4 != r->b->conf.no_private_as4)
            group_review(t);
    }
}

void rib_resend(struct rib_session *s, unsigned families)
{
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (families & 1u << f && s->members[f])
            group_resend(s->members[f]);
}
