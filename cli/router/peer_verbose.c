/* "display bgp peer verbose"; see peer_verbose.h. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/router/peer_verbose.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

#define INDENT "         "

static void identity(struct session *s, const struct bgp_peer_view *v, const struct model_peer *p,
                     enum bgp_family f)
{
    char addr[BGP_ADDR_STRLEN], id[BGP_ADDR_STRLEN], as[16];
    SHOW_TEXT(s, "address", "\n" INDENT "BGP Peer is %s,  ", bgp_addr_str(&v->addr, addr));
    show_uint(s, "as", v->remote_as);
    out(s, "remote AS %s\n", sch_as_text(v->remote_as, s->app->config.model->sys.as_plain, as));
    SHOW_TEXT(s, "type", INDENT "Type: %s link\n", v->internal ? "IBGP" : "EBGP");
    if (p && p->raw.description)
        SHOW_TEXT(s, "description", INDENT "Peer's description: \"%s\"\n", p->raw.description);
    if (p && p->raw.group)
        SHOW_TEXT(s, "group", INDENT "Belong to peer-group: %s\n", p->raw.group);
    SHOW_TEXT(s, "remote_router_id", INDENT "BGP version 4, Remote router ID %s\n",
              bgp_text_id(v->remote_id, id));
    SHOW_UINT(s, "update_group", INDENT "Update-group ID: %u\n", v->routes[f].group);
}

static void state(struct session *s, const struct bgp_peer_view *v)
{
    char up[32];
    uint64_t ms = speaker_now() - v->state_since_ms;
    bgp_text_duration(ms, up, sizeof up);
    show_text(s, "state", v->admin_down ? "Idle(Admin)" : bgp_state_name(v->state));
    show_uint(s, "state_seconds", ms / 1000);
    if (v->state == BGP_ESTABLISHED)
        out(s, INDENT "BGP current state: Established, Up for %s\n", up);
    else
        out(s, INDENT "BGP current state: %s\n",
            v->admin_down ? "Idle(Admin)" : bgp_state_name(v->state));
    SHOW_TEXT(s, "last_event", INDENT "BGP current event: %s\n",
              v->last_event ? v->last_event : "-");
    SHOW_TEXT(s, "last_state", INDENT "BGP last state: %s\n", bgp_state_name(v->last_state));
    SHOW_UINT(s, "up_count", INDENT "BGP Peer Up count: %u\n", v->up_count);
    if (v->blocked[0])
        SHOW_TEXT(s, "blocked", INDENT "Session cannot start: %s\n", v->blocked);
    else if (v->state != BGP_ESTABLISHED && v->last_failure[0])
        SHOW_TEXT(s, "last_failure", INDENT "Last connection failure: %s\n", v->last_failure);
}

static void notification(struct session *s, const char *what, const struct bgp_notification *n)
{
    if (!n->code)
        return;
    show_object(s, n->sent ? "last_notification_sent" : "last_notification_received");
    show_uint(s, "code", n->code);
    show_uint(s, "subcode", n->subcode);
    show_text(s, "error", bgp_error_name(n->code));
    show_text(s, "suberror", bgp_suberror_name(n->code, n->subcode));
    show_text(s, "text", n->text);
    show_close(s);
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
        SHOW_UINT(s, "routes_received", INDENT "Received total routes: %u\n",
                  v->routes[f].received);
        SHOW_UINT(s, "routes_accepted", INDENT "Received active routes total: %u\n",
                  v->routes[f].accepted);
        SHOW_UINT(s, "routes_advertised", INDENT "Advertised total routes: %u\n",
                  v->routes[f].advertised);
        SHOW_UINT(s, "local_port", INDENT "Port: Local - %u        ", v->local_port);
        SHOW_UINT(s, "remote_port", "Remote - %u\n", v->remote_port);
    }
    SHOW_UINT(s, "connect_retry", INDENT "Configured: Connect-retry Time: %u sec\n", retry);
    SHOW_UINT(s, "min_hold", INDENT "Configured: Min Hold Time: %u sec\n", min);
    if (!up)
        return;
    SHOW_UINT(s, "hold", INDENT "Configured: Active Hold Time: %u sec   ", p ? p->eff.hold : 0);
    SHOW_UINT(s, "keepalive", "Keepalive Time:%u sec\n", p ? p->eff.keepalive : 0);
    SHOW_UINT(s, "hold_received", INDENT "Received  : Active Hold Time: %u sec\n",
              v->hold_received);
    SHOW_UINT(s, "hold_negotiated", INDENT "Negotiated: Active Hold Time: %u sec   ",
              v->hold_negotiated);
    SHOW_UINT(s, "keepalive_negotiated", "Keepalive Time:%u sec\n", v->keepalive_negotiated);
}

static void capabilities(struct session *s, const struct bgp_peer_view *v)
{
    if (v->state != BGP_ESTABLISHED)
        return;
    out(s, INDENT "Peer optional capabilities:\n");
    show_list(s, "peer_capabilities");
    if (v->cap_mp_remote)
        SHOW_TEXT(s, NULL, INDENT "Peer supports bgp %s\n", "multi-protocol extension");
    if (v->cap_refresh_remote)
        SHOW_TEXT(s, NULL, INDENT "Peer supports bgp %s\n", "route refresh capability");
    if (v->cap_enhanced_remote)
        SHOW_TEXT(s, NULL, INDENT "Peer supports bgp %s\n", "enhanced route refresh capability");
    if (v->cap_as4_remote)
        SHOW_TEXT(s, NULL, INDENT "Peer supports bgp %s\n", "4-byte-as capability");
    if (v->cap_extended_remote)
        SHOW_TEXT(s, NULL, INDENT "Peer supports bgp %s\n", "extended message capability");
    show_close(s);
    show_list(s, "families");
    for (int f = 0; f < BGP_FAMILIES; f++) {
        bool ours = v->enabled & 1u << f, theirs = v->peer_offers & 1u << f;
        if (!ours && !theirs)
            continue;
        show_object(s, NULL);
        SHOW_TEXT(s, "name", INDENT "Address family %s: ", bgp_family_info[f].name);
        SHOW_TEXT(s, "capability", "%s\n",
                  ours && theirs ? "advertised and received"
                  : ours         ? "advertised"
                                 : "received");
        show_close(s);
    }
    show_close(s);
}

static void counters(struct session *s, const char *what, const char *field, const uint32_t *n)
{
    static const struct {
        const char *name, *title;
        enum bgp_msg msg;
    } rows[] = {{"update", "Update messages", BGP_UPDATE},
                {"open", "Open messages", BGP_OPEN},
                {"keepalive", "KeepAlive messages", BGP_KEEPALIVE},
                {"notification", "Notification messages", BGP_NOTIFICATION},
                {"refresh", "Refresh messages", BGP_REFRESH}};
    uint32_t sum = 0;
    for (int i = 1; i < BGP_MSGS; i++)
        sum += n[i];
    out(s, " %s: Total %u messages\n", what, sum);
    show_object(s, field);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        show_uint(s, rows[i].name, n[rows[i].msg]);
        out(s, "                  %-31s%u\n", rows[i].title, n[rows[i].msg]);
    }
    show_close(s);
}

static void last_time(struct session *s, const char *what, const char *done, uint64_t ms)
{
    char when[64], field[40];
    if (!ms) {
        out(s, " No %s %s since peer has been configured\n", what, done);
        return;
    }
    app_time(bgp_text_when(ms), when, sizeof when);
    snprintf(field, sizeof field, "last_%s_%s", what, done);
    show_text(s, field, when);
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
        SHOW_TEXT(s, NULL, " %s\n", what);
}

static void settings(struct session *s, const struct bgp_peer_view *v, const struct model_peer *p,
                     enum bgp_family f)
{
    const struct bgp_peer_conf none = {0}, *c = p ? &p->eff : &none;
    const struct bgp_peer_af_conf *a = &c->af[f];
    SHOW_UINT(s, "mrai", " Minimum route advertisement interval is %u seconds\n", a->mrai);
    out(s, " Optional capabilities:\n");
    show_list(s, "options");
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
    show_close(s);
    SHOW_UINT(s, "preferred_value", " Peer Preferred Value: %u\n Memory Priority: medium\n",
              a->preferred_value);
    out(s, " Routing policy configured:\n No routing policy is configured\n");
}

void peer_verbose(struct session *s, const struct bgp_peer_view *v, enum bgp_family f)
{
    const struct model_peer *p = model_peer_at(s->app->config.model, &v->addr);
    show_object(s, NULL);
    identity(s, v, p, f);
    state(s, v);
    notification(s, "received", &v->last_received);
    notification(s, "sent", &v->last_sent);
    timers(s, v, p, f);
    capabilities(s, v);
    counters(s, "Received", "messages_received", v->received);
    counters(s, "Sent", "messages_sent", v->sent);
    SHOW_TEXT(s, "authentication", " Authentication type configured: %s\n",
              p && p->eff.password ? "MD5" : "None");
    times(s, v);
    settings(s, v, p, f);
    show_close(s);
}
