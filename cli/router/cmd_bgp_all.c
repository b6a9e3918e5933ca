/* BGP at a glance: the peers of every family, those that are slow, and what it all takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_rows.h"
#include "cli/router/bgp_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

/* --- display bgp all summary ------------------------------------------------------------------ */

#define RULE                                                                                       \
    " ---------------------------------------------------------------------------------------"     \
    "-----\n"

static void summary_row(struct session *s, const struct bgp_peer_view *v, enum bgp_family f)
{
    char addr[BGP_ADDR_STRLEN], as[16], up[16];
    bgp_text_up_down(speaker_now() - v->state_since_ms, up, sizeof up);
    bgp_peer_fields(s, v, f);
    out(s, "  %-32s%12s%9u%9u%6llu%9s%12s%9u%9u\n", bgp_addr_str(&v->addr, addr),
        bgp_as(s, v->remote_as, as), bgp_peer_messages(v->received), bgp_peer_messages(v->sent),
        (unsigned long long)bgp_peer_queued(v, f), up, bgp_peer_state(v, f), v->routes[f].received,
        v->routes[f].advertised);
}

static void summary_columns(struct session *s)
{
    out(s, "  %-32s%12s%9s%9s%6s%9s%12s%9s%9s\n", "Peer", "AS", "MsgRcvd", "MsgSent", "OutQ",
        "Up/Down", "State", "RtRcv", "RtAdv");
}

/* The family that a peer counts for in the table of another: in that of a VPN family, peers of VPN
 * instances with what is inside. -1: it does not. */
static int counts_in(const struct bgp_peer_view *v, enum bgp_family f)
{
    enum bgp_family of = v->addr.vpn ? bgp_text_inner(f) : f;
    bool here = v->addr.vpn == 0 || bgp_family_info[f].vpn;
    return here && v->enabled & 1u << of ? (int)of : -1;
}

/* Peers are in order of their instances, the public ones first. */
static void summary_rows(struct session *s, enum bgp_family f, const struct bgp_peer_view *v,
                         size_t n)
{
    uint16_t vpn = 0;
    for (size_t i = 0; i < n; i++) {
        int of = counts_in(&v[i], f);
        if (of < 0)
            continue;
        if (v[i].addr.vpn != vpn && !show_json(s)) {
            if (!vpn)
                out(s, "\n  Peer of IPv%u-family for vpn instance :\n",
                    bgp_family_info[f].octets == 4 ? 4 : 6);
            out(s, "\n ");
            bgp_text_instance_line(s, v[i].addr.vpn);
            summary_columns(s);
        }
        vpn = v[i].addr.vpn;
        summary_row(s, &v[i], (enum bgp_family)of);
    }
}

static void summary(struct session *s, enum bgp_family f, const struct bgp_peer_view *v, size_t n)
{
    static const char *const titles[BGP_FAMILIES] = {
        [BGP_IPV4_UNICAST] = "Ipv4 Unicast", [BGP_IPV4_LABELED] = "Ipv4 Label",
        [BGP_VPNV4] = "Vpnv4 All",           [BGP_IPV6_UNICAST] = "Ipv6 Unicast",
        [BGP_VPNV6] = "Vpnv6 All",
    };
    unsigned all = 0, up = 0;
    for (size_t i = 0; i < n; i++) {
        int of = counts_in(&v[i], f);
        all += of >= 0;
        up += of >= 0 && bgp_peer_up(&v[i], (enum bgp_family)of);
    }
    show_object(s, NULL);
    SHOW_TEXT(s, "family", " Address Family:%s\n" RULE, titles[f]);
    show_uint(s, "total_peers", all);
    show_uint(s, "established_peers", up);
    show_list(s, "peers");
    if (all) {
        out(s, " Total number of peers : %-18uPeers in established state : %u\n\n", all, up);
        summary_columns(s);
    }
    summary_rows(s, f, v, n);
    show_close(s);
    show_close(s);
}

void cmd_display_bgp_summary(struct session *s, const struct sch_match *m)
{
    struct bgp_peer_view *v = NULL;
    (void)m;
    if (!bgp_text_runs(s))
        return;
    size_t n = speaker_peers(s->app->config.speaker, &v);
    show_begin(s);
    bgp_identity(s, 0, BGP_IPV4_UNICAST);
    out(s, "\n");
    show_list(s, "families");
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        summary(s, (enum bgp_family)f, v, n);
    free(v);
}

/* --- display bgp slow-peer ----------------------------------------------------------------------
 */

void cmd_display_bgp_slow_peer(struct session *s, const struct sch_match *m)
{
    struct bgp_peer_view *v = NULL;
    char addr[BGP_ADDR_STRLEN], as[16];
    unsigned slow = 0;
    (void)m;
    if (!bgp_text_runs(s))
        return;
    size_t n = speaker_peers(s->app->config.speaker, &v);
    for (size_t i = 0; i < n; i++)
        for (unsigned f = 0; f < BGP_FAMILIES; f++)
            slow += v[i].routes[f].lags;
    show_begin(s);
    bgp_identity(s, 0, BGP_IPV4_UNICAST);
    SHOW_UINT(s, "slow_peers", " Total number of slow peers : %u\n", slow);
    if (slow)
        out(s, "\n  %-32s%12s  %-16s%8s%15s\n", "Peer", "AS", "Address family", "Group ID",
            "Routes waiting");
    show_list(s, "peers");
    for (size_t i = 0; i < n; i++)
        for (unsigned f = 0; f < BGP_FAMILIES; f++) {
            if (!v[i].routes[f].lags)
                continue;
            show_object(s, NULL);
            SHOW_TEXT(s, "address", "  %-32s", bgp_addr_str(&v[i].addr, addr));
            if (v[i].addr.vpn)
                show_text(s, "vpn_instance", bgp_text_instance_name(s->app, v[i].addr.vpn));
            show_uint(s, "as", v[i].remote_as);
            out(s, "%12s  ", bgp_as(s, v[i].remote_as, as));
            SHOW_TEXT(s, "family", "%-16s", bgp_family_info[f].name);
            SHOW_UINT(s, "group", "%8u", v[i].routes[f].group);
            SHOW_UINT(s, "routes_waiting", "%15u\n", v[i].routes[f].waiting);
            show_close(s);
        }
    free(v);
}

/* --- display bgp resource -----------------------------------------------------------------------
 */

static void resource(struct session *s, const char *field, const char *title, uint64_t value)
{
    show_uint(s, field, value);
    out(s, " %-36s: %llu\n", title, (unsigned long long)value);
}

static void table_resources(struct session *s, uint16_t vpn, enum bgp_family f)
{
    struct bgp_family_stats st;
    char title[80];
    speaker_family_stats(s->app->config.speaker, vpn, f, &st);
    if (!st.destinations && vpn)
        return;
    snprintf(title, sizeof title, "%s%s%s", bgp_family_info[f].name, vpn ? " of " : "",
             vpn ? bgp_text_instance_name(s->app, vpn) : "");
    show_object(s, NULL);
    show_text(s, "family", bgp_family_info[f].name);
    if (vpn)
        show_text(s, "vpn_instance", bgp_text_instance_name(s->app, vpn));
    show_uint(s, "prefixes", st.destinations);
    show_uint(s, "routes", st.paths);
    show_uint(s, "best", st.best);
    show_uint(s, "update_groups", st.groups);
    out(s, "  %-36s%12u%12llu%12u%8u\n", title, st.destinations, (unsigned long long)st.paths,
        st.best, st.groups);
    show_close(s);
}

void cmd_display_bgp_resource(struct session *s, const struct sch_match *m)
{
    struct bgp_peer_view *v = NULL;
    struct bgp_family_stats st;
    unsigned up = 0, dynamic = 0;
    (void)m;
    if (!bgp_text_runs(s))
        return;
    size_t n = speaker_peers(s->app->config.speaker, &v);
    for (size_t i = 0; i < n; i++) {
        up += v[i].state == BGP_ESTABLISHED;
        dynamic += v[i].dynamic;
    }
    free(v);
    speaker_family_stats(s->app->config.speaker, 0, BGP_IPV4_UNICAST, &st);
    show_begin(s);
    bgp_identity(s, 0, BGP_IPV4_UNICAST);
    resource(s, "peers", "Peers", n);
    resource(s, "established_peers", "Peers in established state", up);
    resource(s, "dynamic_peers", "Dynamic peers", dynamic);
    resource(s, "attribute_sets", "Attribute sets", st.sets);
    resource(s, "attribute_octets", "Octets of attributes", st.set_octets);
    out(s, "\n  %-36s%12s%12s%12s%8s\n", "Address family", "Prefixes", "Routes", "Best", "Groups");
    show_list(s, "families");
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        table_resources(s, 0, (enum bgp_family)f);
    for (const struct model_vpn *i = s->app->config.model->vpns; i; i = i->hh.next)
        for (unsigned f = 0; i->exists && f < BGP_FAMILIES; f++)
            if (i->af[f].rd)
                table_resources(s, i->number, (enum bgp_family)f);
}
