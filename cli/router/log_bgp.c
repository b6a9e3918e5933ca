/* What the log says of BGP sessions, in the sentences VRP's tools look for, and why they went down:
 * "display bgp troubleshooting". See log.h. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

#define FOLD 43 /* columns of the description in "display bgp troubleshooting" */

static void upper(const char *from, char *to, size_t len)
{
    size_t i = 0;
    for (; from[i] && i + 1 < len; i++)
        to[i] = (char)(from[i] >= 'a' && from[i] <= 'z' ? from[i] - 32 : from[i]);
    to[i] = 0;
}

static const char *instance(const struct app *a, const struct bgp_event *e, const char *public)
{
    return e->peer->vpn ? bgp_text_instance_name(a, e->peer->vpn) : public;
}

static void state_change(struct app *a, const struct bgp_event *e, int64_t when, const char *peer)
{
    char from[16], to[16];
    upper(bgp_state_name(e->from), from, sizeof from);
    upper(bgp_state_name(e->to), to, sizeof to);
    log_line(a, when, "BGP/3/STATE_CHG_UPDOWN", "",
             "The status of the peer %s changed from %s to %s. (InstanceName=[%s], "
             "StateChangeReason=[%s])",
             peer, from, to, instance(a, e, "Public"), e->reason ? e->reason : e->event);
}

void log_bgp_change(const struct app *a, const struct bgp_event *e, char *text, size_t len)
{
    char peer[BGP_ADDR_STRLEN];
    const struct model_peer *p = model_peer_at(a->config.model, e->peer);
    snprintf(text, len,
             "The state of the peer changed after receiving an event. (PrevState=[%s], "
             "CurrState=[%s], InputEvent=[%s], Peer=[%s], SourceInterface=[%s], "
             "VpnInstance=[%s])",
             bgp_state_name(e->from), bgp_state_name(e->to), e->input, bgp_addr_str(e->peer, peer),
             p && p->eff.source_if ? p->eff.source_if : "-", instance(a, e, "_public_"));
}

/* The alarm of a session that is down, and its end; without one, that it is up. */
static void alarm_line(struct app *a, const struct bgp_event *e, int64_t when, const char *peer)
{
    bool up = e->to == BGP_ESTABLISHED, clear = up && e->again;
    const struct model_peer *p = model_peer_at(a->config.model, e->peer);
    log_line(a, when,
             clear ? "BGP/2/bgpBackwardTransition_clear"
             : up  ? "BGP/2/bgpEstablished_active"
                   : "BGP/2/bgpBackwardTransition_active",
             clear ? "-alarmID=0x0879000f-clearType=service_resume"
             : up  ? ""
                   : "-alarmID=0x0879000f",
             "%s (BgpPeerRemoteAddr=%s, BgpPeerLastError=%.0u%u , BgpPeerState=%d, LocalIfName=%s, "
             "Reason=%s, Description=%s)",
             up ? "The BGP FSM enters the Established state."
                : "The BGP FSM moves from a higher numbered state to a lower numbered state.",
             peer, e->last_error >> 8, e->last_error & 0xff, (int)e->to,
             p && p->eff.source_if ? p->eff.source_if : "-",
             clear       ? "Alarm clear"
             : e->reason ? e->reason
                         : e->event,
             p && p->eff.description ? p->eff.description : "");
}

static void transition(struct app *a, const struct bgp_event *e, int64_t when, const char *peer)
{
    bool up = e->to == BGP_ESTABLISHED;
    log_line(
        a, when,
        up ? "BGP/2/PEER_ESTABLISHED_NOTIFICATION" : "BGP/2/PEER_BACKWARDTRANS_NOTIFICATION", "",
        "%s (BgpPeerRemoteAddr=%s, BgpPeerLastError=%.0u%u, BgpPeerState=%d,VpnInstance=%s)",
        up ? "The BGP FSM enters the Established state."
           : "The BGP FSM moved from a higher numbered state to a lower numbered state.",
        peer, e->last_error >> 8, e->last_error & 0xff, (int)e->to, instance(a, e, "_public_"));
}

/* --- why a session went down ---------------------------------------------------------------- */

static void trouble(struct app *a, const struct bgp_event *e, int64_t when, const char *peer)
{
    const struct bgp_notification *n = e->notif;
    bool cease = n && n->sent && n->code == 6;
    struct log_trouble *t = &a->log.troubles[a->log.ntroubles++ % LOG_TROUBLES];
    char why[220];
    if (cease && n->subcode == 2)
        snprintf(why, sizeof why,
                 "the peer ignore command was configured manually. Please check "
                 "local BGP configurations.");
    else if (cease && n->subcode == 4)
        snprintf(why, sizeof why,
                 "the BGP instance was reset manually. Please check the opearion "
                 "record."); /* the vendor's spelling */
    else if (n)
        snprintf(why, sizeof why, "a notification was %s: %s, %s. Please check %s.",
                 n->sent ? "sent" : "received", bgp_error_name(n->code),
                 bgp_suberror_name(n->code, n->subcode),
                 n->sent ? "the packets of the peer" : "the log of the peer");
    else
        snprintf(why, sizeof why, "of this event: %s. Please check the connection to the peer.",
                 e->reason ? e->reason : e->event);
    t->when = when;
    const char *of = e->peer->vpn ? " of VPN instance " : "";
    snprintf(t->text, sizeof t->text, "The BGP peer %s%s%s went Down because %s", peer, of,
             instance(a, e, ""), why);
}

void log_bgp_event(struct app *a, const struct bgp_event *e, int64_t when)
{
    char peer[BGP_ADDR_STRLEN], change[400];
    log_bgp_change(a, e, change, sizeof change);
    if (e->logged && !e->known) /* a peer that cannot be reached goes through them for ever */
        log_line(a, when, "BGP/6/PEER_STATE_CHG", "", "%s", change);
    if (e->from != BGP_ESTABLISHED && e->to != BGP_ESTABLISHED)
        return;
    bgp_addr_str(e->peer, peer);
    if (e->from == BGP_ESTABLISHED)
        trouble(a, e, when, peer);
    if (!e->logged)
        return;
    state_change(a, e, when, peer);
    if (e->notif)
        log_line(a, when, "BGP/4/NOTIFICATION", "",
                 "%s NOTIFICATION %u/%u (%s, %s). (Peer=%s, Text=%s)",
                 e->notif->sent ? "Sent" : "Received", e->notif->code, e->notif->subcode,
                 bgp_error_name(e->notif->code),
                 bgp_suberror_name(e->notif->code, e->notif->subcode), peer, e->notif->text);
    alarm_line(a, e, when, peer);
    transition(a, e, when, peer);
}

/* --- display bgp troubleshooting -------------------------------------------------------------- */

static void folded(struct session *s, const char *text)
{
    for (size_t n = strlen(text); n > FOLD; text += FOLD, n -= FOLD)
        out(s, "%.*s\n%37s", FOLD, text, "");
    out(s, "%s\n", text);
}

void cmd_display_troubleshooting(struct session *s, const struct sch_match *m)
{
    const struct log *l = &s->app->log;
    size_t n = l->ntroubles < LOG_TROUBLES ? l->ntroubles : LOG_TROUBLES;
    static const char rule[] =
        "---------------------------------------------------------------------"
        "-----------\n";
    (void)m;
    show_begin(s);
    SHOW_UINT(s, "total", "Total counts: %zu\n", n);
    out(s, "%s%-11s%-26s%s\n%s\n", rule, "Sequence", "Time", "Event Description", rule);
    show_list(s, "events");
    for (size_t i = 1; i <= n; i++) {
        const struct log_trouble *t = &l->troubles[(l->ntroubles - i) % LOG_TROUBLES];
        char when[64];
        app_time(t->when, when, sizeof when);
        show_object(s, NULL);
        SHOW_UINT(s, "sequence", "%-11zu", i);
        SHOW_TEXT(s, "time", "%-26s", when);
        show_text(s, "description", t->text);
        folded(s, t->text);
        show_close(s);
    }
    out(s, "%s", rule);
}

void cmd_reset_troubleshooting(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->app->log.ntroubles = 0;
}
