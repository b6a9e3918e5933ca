/* What displays of peers have in common; see bgp_rows.h. */
#include "cli/router/bgp_rows.h"
#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

#define BGP_MESSAGE 4096 /* octets at most, without extended messages (RFC 4271 4) */

bool bgp_peer_up(const struct bgp_peer_view *v, enum bgp_family f)
{
    return v->state == BGP_ESTABLISHED && v->negotiated & 1u << f;
}

const char *bgp_peer_state(const struct bgp_peer_view *v, enum bgp_family f)
{
    if (v->state == BGP_ESTABLISHED && !bgp_peer_up(v, f))
        return "No neg";
    if (v->admin_down)
        return "Idle(Admin)";
    if (v->over_limit)
        return "Idle(Ovlmt)";
    return bgp_state_name(v->state);
}

uint32_t bgp_peer_messages(const uint32_t *counters)
{
    uint32_t n = 0;
    for (int i = 1; i < BGP_MSGS; i++)
        n += counters[i];
    return n;
}

uint64_t bgp_peer_queued(const struct bgp_peer_view *v, enum bgp_family f)
{
    return (v->unsent + BGP_MESSAGE - 1) / BGP_MESSAGE + v->routes[f].waiting;
}

void bgp_peer_fields(struct session *s, const struct bgp_peer_view *v, enum bgp_family f)
{
    show_object(s, NULL);
    show_addr(s, "address", &v->addr);
    if (v->addr.vpn)
        show_text(s, "vpn_instance", bgp_text_instance_name(s->app, v->addr.vpn));
    show_bool(s, "dynamic", v->dynamic);
    show_uint(s, "as", v->remote_as);
    show_text(s, "state", bgp_peer_state(v, f));
    show_uint(s, "state_seconds", (speaker_now() - v->state_since_ms) / 1000);
    show_uint(s, "messages_received", bgp_peer_messages(v->received));
    show_uint(s, "messages_sent", bgp_peer_messages(v->sent));
    show_uint(s, "queued", bgp_peer_queued(v, f));
    show_uint(s, "routes_received", v->routes[f].received);
    show_uint(s, "routes_accepted", v->routes[f].accepted);
    show_uint(s, "routes_advertised", v->routes[f].advertised);
    show_close(s);
}

const char *bgp_as(struct session *s, uint32_t as, char buf[16])
{
    return sch_as_text(as, s->app->config.model->sys.as_plain, buf);
}

uint32_t bgp_local_as(struct session *s, uint16_t vpn, enum bgp_family f)
{
    const struct model *m = s->app->config.model;
    const struct model_vpn *v = vpn ? model_vpn_number(m, vpn) : NULL;
    return v ? model_own_as(m, v, bgp_text_inner(f)) : m->bgp_eff.as;
}

void bgp_identity(struct session *s, uint16_t vpn, enum bgp_family f)
{
    const struct bgp_conf *c = &s->app->config.model->bgp_eff;
    uint32_t local = bgp_local_as(s, vpn, f);
    char id[BGP_ADDR_STRLEN], as[16];
    SHOW_TEXT(s, "router_id", " BGP local router ID : %s\n", bgp_text_id(c->router_id, id));
    show_uint(s, "local_as", local);
    out(s, " Local AS number : %s\n", bgp_as(s, local, as));
}
