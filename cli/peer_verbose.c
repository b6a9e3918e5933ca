/* "display bgp peer verbose"; see peer_verbose.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/bgp_text.h"
#include "cli/peer_verbose.h"
#include "engine/config/model.h"

#define INDENT "         "

static void identity(struct session *s, const struct bgp_peer_view *v, const struct model_peer *p)
{
    char addr[BGP_ADDR_STRLEN], id[BGP_ADDR_STRLEN], as[16];
    out(s, "\n" INDENT "BGP Peer is %s,  remote AS %s\n", bgp_addr_str(&v->addr, addr),
        sch_as_text(v->remote_as, s->app->config.model->sys.as_plain, as));
    out(s, INDENT "Type: %s link\n", v->internal ? "IBGP" : "EBGP");
    if (p && p->raw.description)
        out(s, INDENT "Peer's description: \"%s\"\n", p->raw.description);
    if (p && p->raw.group)
        out(s, INDENT "Belong to peer-group: %s\n", p->raw.group);
    out(s, INDENT "BGP version 4, Remote router ID %s\n", bgp_text_id(v->remote_id, id));
    out(s, INDENT "Update-group ID: 0\n");
}

static void state(struct session *s, const struct bgp_peer_view *v)
{
    char up[32];
    bgp_text_duration(speaker_now() - v->state_since_ms, up, sizeof up);
    if (v->state == BGP_ESTABLISHED)
        out(s, INDENT "BGP current state: Established, Up for %s\n", up);
    else
        out(s, INDENT "BGP current state: %s\n",
            v->admin_down ? "Idle(Admin)" : bgp_state_name(v->state));
    out(s, INDENT "BGP current event: %s\n", v->last_event ? v->last_event : "-");
    out(s, INDENT "BGP last state: %s\n", bgp_state_name(v->last_state));
    out(s, INDENT "BGP Peer Up count: %u\n", v->up_count);
    if (v->blocked[0])
        out(s, INDENT "Session cannot start: %s\n", v->blocked);
    else if (v->state != BGP_ESTABLISHED && v->last_failure[0])
        out(s, INDENT "Last connection failure: %s\n", v->last_failure);
}

static void notification(struct session *s, const char *what, const struct bgp_notification *n)
{
    if (!n->code)
        return;
    out(s, INDENT "Last notification %s: %u(%s)/%u(%s)%s%s\n", what, n->code,
        bgp_error_name(n->code), n->subcode, bgp_suberror_name(n->code, n->subcode),
        n->text[0] ? ", " : "", n->text);
}

static void timers(struct session *s, const struct bgp_peer_view *v, const struct model_peer *p,
                   enum bgp_family f)
{
    bool up = v->state == BGP_ESTABLISHED;
    unsigned retry = p ? p->eff.connect_retry : 32, min = p ? p->eff.min_hold : 0;
    if (up) {
        out(s, INDENT "Received total routes: %u\n", v->routes[f].received);
        out(s, INDENT "Received active routes total: %u\n", v->routes[f].accepted);
        out(s, INDENT "Advertised total routes: %u\n", v->routes[f].advertised);
        out(s, INDENT "Port: Local - %u        Remote - %u\n", v->local_port, v->remote_port);
    }
    out(s, INDENT "Configured: Connect-retry Time: %u sec\n", retry);
    out(s, INDENT "Configured: Min Hold Time: %u sec\n", min);
    if (!up)
        return;
    out(s, INDENT "Configured: Active Hold Time: %u sec   Keepalive Time:%u sec\n",
        p ? p->eff.hold : 0, p ? p->eff.keepalive : 0);
    out(s, INDENT "Received  : Active Hold Time: %u sec\n", v->hold_received);
    out(s, INDENT "Negotiated: Active Hold Time: %u sec   Keepalive Time:%u sec\n",
        v->hold_negotiated, v->keepalive_negotiated);
}

static void capabilities(struct session *s, const struct bgp_peer_view *v)
{
    if (v->state != BGP_ESTABLISHED)
        return;
    out(s, INDENT "Peer optional capabilities:\n");
    if (v->cap_mp_remote)
        out(s, INDENT "Peer supports bgp multi-protocol extension\n");
    if (v->cap_refresh_remote)
        out(s, INDENT "Peer supports bgp route refresh capability\n");
    if (v->cap_as4_remote)
        out(s, INDENT "Peer supports bgp 4-byte-as capability\n");
    if (v->cap_extended_remote)
        out(s, INDENT "Peer supports bgp extended message capability\n");
    for (int f = 0; f < BGP_FAMILIES; f++) {
        bool ours = v->enabled & 1u << f, theirs = v->peer_offers & 1u << f;
        if (ours || theirs)
            out(s, INDENT "Address family %s: %s\n", bgp_family_info[f].name,
                ours && theirs ? "advertised and received"
                : ours         ? "advertised"
                               : "received");
    }
}

static void counters(struct session *s, const char *what, const uint32_t *n)
{
    static const struct {
        const char *name;
        enum bgp_msg msg;
    } rows[] = {{"Update messages", BGP_UPDATE},
                {"Open messages", BGP_OPEN},
                {"KeepAlive messages", BGP_KEEPALIVE},
                {"Notification messages", BGP_NOTIFICATION},
                {"Refresh messages", BGP_REFRESH}};
    uint32_t sum = 0;
    for (int i = 1; i < BGP_MSGS; i++)
        sum += n[i];
    out(s, " %s: Total %u messages\n", what, sum);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        out(s, "                  %-31s%u\n", rows[i].name, n[rows[i].msg]);
}

static void last_time(struct session *s, const char *what, const char *done, uint64_t ms)
{
    char when[64];
    if (!ms) {
        out(s, " No %s %s since peer has been configured\n", what, done);
        return;
    }
    app_time((int64_t)time(NULL) - (int64_t)((speaker_now() - ms) / 1000), when, sizeof when);
    out(s, " Last %-9s %-8s: %s\n", what, done, when);
}

static void times(struct session *s, const struct bgp_peer_view *v)
{
    last_time(s, "keepalive", "received", v->last_keepalive_in);
    last_time(s, "keepalive", "sent", v->last_keepalive_out);
    last_time(s, "update", "received", v->last_update_in);
    last_time(s, "update", "sent", v->last_update_out);
    last_time(s, "refresh", "received", v->last_refresh_in);
    last_time(s, "refresh", "sent", v->last_refresh_out);
}

static void say_if(struct session *s, bool set, const char *what)
{
    if (set)
        out(s, " %s\n", what);
}

static void settings(struct session *s, const struct bgp_peer_view *v, const struct model_peer *p,
                     enum bgp_family f)
{
    const struct bgp_peer_conf none = {0}, *c = p ? &p->eff : &none;
    const struct bgp_peer_af_conf *a = &c->af[f];
    out(s, " Minimum route advertisement interval is %u seconds\n", a->mrai);
    out(s, " Optional capabilities:\n");
    say_if(s, !c->no_refresh && !c->conventional, "Route refresh capability has been enabled");
    say_if(s, !c->no_as4 && !c->conventional, "4-byte-as capability has been enabled");
    say_if(s, a->next_hop_local, "Nexthop self has been configured");
    say_if(s, a->advertise_community, "Send community has been configured");
    say_if(s, a->advertise_ext_community, "Send extend community has been configured");
    say_if(s, a->advertise_large_community, "Send large community has been configured");
    say_if(s, a->reflect_client, "It's route-reflector-client");
    say_if(s, c->source_if || c->source_ip.af, "Connect-interface has been configured");
    say_if(s, !v->internal && c->ttl > 1 && !c->gtsm_hops, "Multi-hop ebgp has been enabled");
    say_if(s, c->listen_only, "Listen-only has been configured");
    out(s, " Peer Preferred Value: %u\n Memory Priority: medium\n", a->preferred_value);
    out(s, " Routing policy configured:\n No routing policy is configured\n");
}

void peer_verbose(struct session *s, const struct bgp_peer_view *v, enum bgp_family f)
{
    char name[MODEL_NAME];
    const struct model_peer *p =
        model_find_peer(s->app->config.model, bgp_addr_str(&v->addr, name));
    identity(s, v, p);
    state(s, v);
    notification(s, "received", &v->last_received);
    notification(s, "sent", &v->last_sent);
    timers(s, v, p, f);
    capabilities(s, v);
    counters(s, "Received", v->received);
    counters(s, "Sent", v->sent);
    out(s, " Authentication type configured: %s\n", p && p->eff.password ? "MD5" : "None");
    times(s, v);
    settings(s, v, p, f);
}
