/* Displays of what BGP is doing besides peers and routes: networks announced, update groups,
 * refused routes, the state log of a peer. All families at a glance are in cmd_bgp_all.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_rows.h"
#include "cli/router/bgp_text.h"
#include "cli/router/route_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

/* --- display bgp network ------------------------------------------------------------------ */

static int by_network(const void *a, const void *b)
{
    const struct speaker_origin *x = *(const struct speaker_origin *const *)a,
                                *y = *(const struct speaker_origin *const *)b;
    int order = bgp_addr_cmp(&x->net, &y->net);
    return order ? order : x->len - y->len;
}

/* The networks of a family, in the public network (NULL) or an instance, in order, in a malloc'ed
 * array. */
static const struct speaker_origin **networks(const struct model *m, const struct model_vpn *vpn,
                                              enum bgp_family f, size_t *n)
{
    const struct speaker_origin **list = calloc(HASH_COUNT(m->origins) + 1, sizeof *list);
    *n = 0;
    for (const struct model_origin *o = m->origins; list && o; o = o->hh.next)
        if (!o->what.import && o->what.family == f && o->vpn == vpn)
            list[(*n)++] = &o->what;
    if (list)
        qsort(list, *n, sizeof *list, by_network);
    return list;
}

static void network_row(struct session *s, const struct speaker_origin *o)
{
    char net[BGP_ADDR_STRLEN], mask[BGP_ADDR_STRLEN], text[BGP_ADDR_STRLEN + 5];
    struct bgp_addr m = {.af = o->net.af};
    bgp_addr_str(&o->net, net);
    snprintf(text, sizeof text, "%s/%u", net, o->len);
    show_text(s, NULL, text);
    for (unsigned i = 0; i < o->len; i++)
        m.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
    if (o->net.af == 4)
        out(s, " %-17s%s\n", net, bgp_addr_str(&m, mask));
    else
        out(s, " %-42s%u\n", net, o->len);
}

static void network_table(struct session *s, const struct model_vpn *vpn, enum bgp_family f)
{
    bool six = bgp_family_info[f].octets == 16;
    size_t n;
    const struct speaker_origin **list = networks(s->app->config.model, vpn, f, &n);
    out(s, six ? "\n %-42s%-8s%s\n" : "\n %-17s%-16s%s\n", "Network", six ? "Prefix" : "Mask",
        "Route-policy");
    show_list(s, "networks");
    for (size_t i = 0; list && i < n; i++)
        network_row(s, list[i]);
    show_close(s);
    free(list);
}

static void instance_networks(struct session *s, const struct model_vpn *v, enum bgp_family f)
{
    uint8_t rd[8];
    struct text *t = out_draft(s);
    for (unsigned i = 0; i < 8; i++)
        rd[i] = (uint8_t)(v->af[f].rd >> (56 - 8 * i));
    route_rd(t, rd, s->app->config.model->sys.as_plain);
    show_object(s, NULL);
    SHOW_TEXT(s, "rd", "\n  Route Distinguisher: %s\n", text_end(t));
    SHOW_TEXT(s, "vpn_instance", "  (%s)", v->name);
    network_table(s, v, f);
    show_close(s);
}

/* In a VPN family: of every instance that has one, or of the one that is named. */
void cmd_display_bgp_network(struct session *s, const struct sch_match *m)
{
    enum bgp_family f = bgp_text_family(m), inner = bgp_text_inner(f);
    const struct bgp_conf *c = &s->app->config.model->bgp_eff;
    bool vpn = bgp_family_info[f].vpn, six = bgp_family_info[f].octets == 16;
    char id[BGP_ADDR_STRLEN], as[16];
    uint16_t number;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &number))
        return;
    show_begin(s);
    SHOW_TEXT(s, "router_id", " BGP Local Router ID is %s\n", bgp_text_id(c->router_id, id));
    uint32_t local = bgp_local_as(s, number, f);
    show_uint(s, "local_as", local);
    out(s, " Local AS Number is %s%s\n", bgp_as(s, local, as),
        vpn   ? ""
        : six ? "(PublicV6)"
              : "(Public)");
    if (!vpn) {
        network_table(s, NULL, f);
        return;
    }
    show_list(s, "vpn_instances");
    for (const struct model_vpn *v = s->app->config.model->vpns; v; v = v->hh.next)
        if (v->exists && v->af[inner].rd && (!number || v->number == number))
            instance_networks(s, v, inner);
}

/* --- display bgp update-peer-group ---------------------------------------------------------- */

struct group_list {
    enum bgp_family family;
    uint16_t vpn;
    struct bgp_group_view *v;
    size_t n;
};

static void copy_group(void *arg, const struct bgp_group_view *v)
{
    struct group_list *l = arg;
    struct bgp_addr *members = calloc(v->nmembers, sizeof *members);
    l->v = reallocarray(l->v, l->n + 1, sizeof *l->v);
    if (!l->v || !members)
        abort();
    memcpy(members, v->members, v->nmembers * sizeof *members);
    l->v[l->n] = *v;
    l->v[l->n++].members = members;
}

static void look_at_groups(const struct bgp *b, void *arg)
{
    struct group_list *l = arg;
    bgp_each_group(b, l->vpn, l->family, copy_group, l);
}

static const char *const family_short[BGP_FAMILIES] = {
    [BGP_IPV4_UNICAST] = "IPv4-UNC", [BGP_IPV4_LABELED] = "IPv4-LABEL",
    [BGP_VPNV4] = "VPNv4",           [BGP_IPV6_UNICAST] = "IPv6-UNC",
    [BGP_VPNV6] = "VPNv6",
};

static void show_update_group(struct session *s, const struct group_list *l,
                              const struct bgp_group_view *v, bool first)
{
    char addr[BGP_ADDR_STRLEN];
    uint64_t copies = v->sent - v->formatted;
    show_object(s, NULL);
    if (!first)
        out(s, "\n");
    SHOW_UINT(s, "id", "  Group ID : %u\n  BGP Version : 4\n", v->number);
    SHOW_TEXT(s, "type", "  Group Type : %s\n", v->internal ? "internal" : "external");
    SHOW_TEXT(s, "family", "  Addr Family : %s\n", family_short[l->family]);
    if (l->vpn)
        SHOW_TEXT(s, "vpn_instance", "  VPN-Instance : %s\n",
                  bgp_text_instance_name(s->app, l->vpn));
    SHOW_UINT(s, "mrai", "  AdvMinTimeVal : %u\n", v->mrai);
    show_uint(s, "routes", v->routes);
    SHOW_UINT(s, "peers_total", "  Total Peers : %zu\n", v->nmembers);
    SHOW_TEXT(s, "leader", "  Leader Peer : %s\n\n", bgp_addr_str(&v->members[0], addr));
    SHOW_UINT(s, "formatted", "  Total format packet number : %llu\n",
              (unsigned long long)v->formatted);
    SHOW_UINT(s, "sent", "  Total send packet number : %llu\n", (unsigned long long)v->sent);
    SHOW_UINT(s, "replicated", "  Total replicate packet number : %llu\n",
              (unsigned long long)copies);
    out(s, "  The replication percentages(%%) : %llu\n\n  Peers List : ",
        (unsigned long long)(v->sent ? copies * 100 / v->sent : 0));
    show_list(s, "peers");
    for (size_t i = 0; i < v->nmembers; i++) {
        show_addr(s, NULL, &v->members[i]);
        out(s,
            i % 4 ? "  %s"
            : i   ? "\n               %s"
                  : "%s",
            bgp_addr_str(&v->members[i], addr));
    }
    show_close(s);
    show_close(s);
    out(s, "\n");
}

/* first: none has been shown yet. */
static void update_groups(struct session *s, uint16_t vpn, enum bgp_family f,
                          const struct sch_value *index, bool *first)
{
    struct group_list l = {.family = f, .vpn = vpn};
    speaker_look(s->app->config.speaker, look_at_groups, &l);
    for (size_t i = 0; i < l.n; i++) {
        if (!index->present || index->u == l.v[i].number) {
            show_update_group(s, &l, &l.v[i], *first);
            *first = false;
        }
        free((struct bgp_addr *)(uintptr_t)l.v[i].members);
    }
    free(l.v);
}

/* Of a VPN family: those of its peers, and those of the peers of VPN instances. */
void cmd_display_update_group(struct session *s, const struct sch_match *m)
{
    enum bgp_family f = bgp_text_family(m);
    const struct sch_value *index = cmd_arg(m, "index");
    uint16_t vpn;
    bool first = true;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &vpn))
        return;
    show_begin(s);
    show_list(s, "groups");
    if (!vpn)
        update_groups(s, 0, f, index, &first);
    for (const struct model_vpn *v = s->app->config.model->vpns; v; v = v->hh.next)
        if (v->exists && bgp_family_info[f].vpn && (!vpn || vpn == v->number))
            update_groups(s, v->number, bgp_text_inner(f), index, &first);
}

/* --- display bgp error discard ---------------------------------------------------------------- */

struct discards {
    const struct bgp_addr *peer;
    bool found;
    struct bgp_refusal_counts n;
    struct bgp_discard_counts attributes;
};

static void look_at_discards(const struct bgp *b, void *arg)
{
    struct discards *d = arg;
    d->found = bgp_refusals(b, d->peer, &d->n);
    bgp_discards(b, &d->attributes);
}

static const struct {
    const char *title, *field;
    bool global; /* stands among the counts of all families only */
} refusals[BGP_REFUSALS] = {
    [BGP_REFUSED_CLUSTER] = {"received with cluster ID loop", "cluster_loop", false},
    [BGP_REFUSED_PATH_LIMIT] = {"received with As path count over limit", "path_limit_in", false},
    [BGP_REFUSED_PATH_OUT] = {"advertised with As path count over limit", "path_limit_out", false},
    [BGP_REFUSED_AS_LOOP] = {"received with As loop", "as_loop", false},
    [BGP_REFUSED_ZERO_RD] = {"received with Zero RD(0:0)", "zero_rd", false},
    [BGP_REFUSED_NO_PREFIX] = {"received with no prefix", "no_prefix", true},
    [BGP_REFUSED_ATTRIBUTE] = {"received with error path-attribute", "path_attribute", false},
    [BGP_REFUSED_ORIGINATOR] = {"received with originator ID loop", "originator_loop", false},
    [BGP_REFUSED_LIMIT] = {"received with total number over limit", "over_limit", false},
    [BGP_REFUSED_ROUTER_ID] = {"received with error router id", "router_id", true},
    [BGP_REFUSED_SITE] = {"received with same soo", "same_soo", false},
};

static void refusal_lines(struct session *s, const uint32_t *n, bool global)
{
    for (unsigned i = 0; i < BGP_REFUSALS; i++) {
        char title[64];
        if (refusals[i].global && !global)
            continue;
        snprintf(title, sizeof title, "Routes %s", refusals[i].title);
        show_uint(s, refusals[i].field, n[i]);
        out(s, " %-48s: %u\n", title, n[i]);
    }
    out(s, "\n");
}

/* What RFC 7606 made of UPDATEs with errors, by attribute; of all peers. */
static bool attribute_lines(struct session *s, const struct bgp_discard_counts *c)
{
    bool any = false;
    show_list(s, "attributes");
    for (unsigned i = 0; i < 256; i++) {
        const char *name = i ? bgp_attribute_name(i) : "attribute field";
        char number[24];
        if (!c->discarded[i] && !c->withdrawn[i])
            continue;
        any = true;
        snprintf(number, sizeof number, "attribute %u", i);
        show_object(s, NULL);
        SHOW_TEXT(s, "name", " %s:", name ? name : number);
        SHOW_UINT(s, "discarded", " discarded %u,", c->discarded[i]);
        SHOW_UINT(s, "withdrawn", " updates treated as withdrawals %u\n", c->withdrawn[i]);
        show_close(s);
    }
    show_close(s);
    return any;
}

void cmd_display_bgp_discard(struct session *s, const struct sch_match *m)
{
    const struct sch_value *peer = cmd_arg(m, "peer");
    struct bgp_addr named = peer->addr;
    struct discards d = {.peer = peer->present ? &named : NULL};
    uint32_t all[BGP_REFUSALS] = {0}, any = 0;
    uint16_t vpn;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &vpn))
        return;
    named.vpn = vpn;
    speaker_look(s->app->config.speaker, look_at_discards, &d);
    if (!d.found) {
        session_error(s, "The peer session does not exist.");
        return;
    }
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        for (unsigned i = 0; i < BGP_REFUSALS; i++)
            all[i] += d.n.n[f][i];
    for (unsigned i = 0; i < BGP_REFUSALS; i++)
        any |= all[i];
    show_begin(s);
    if (named.vpn)
        show_text(s, "vpn_instance", bgp_text_instance_name(s->app, named.vpn));
    out(s, "BGP discard Info Counts: \n");
    refusal_lines(s, all, true);
    show_list(s, "families");
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        show_object(s, NULL);
        SHOW_TEXT(s, "name", "BGP discard info:(%s)\n", bgp_family_info[f].name);
        refusal_lines(s, d.n.n[f], false);
        show_close(s);
    }
    show_close(s);
    bool attributes = !peer->present && attribute_lines(s, &d.attributes);
    if (!any && !attributes)
        out(s, "No discard record.\n");
}

/* --- display bgp peer P log-info ----------------------------------------------------------------
 */

struct records {
    const struct bgp_addr *peer;
    struct bgp_record r[BGP_RECORDS];
    size_t n;
};

static void look_at_records(const struct bgp *b, void *arg)
{
    struct records *l = arg;
    l->n = bgp_peer_log(b, l->peer, l->r, BGP_RECORDS);
}

static void show_record(struct session *s, const struct bgp_record *r)
{
    time_t when = (time_t)bgp_text_when(r->when_ms);
    char text[32];
    struct tm tm;
    localtime_r(&when, &tm);
    strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &tm);
    show_object(s, NULL);
    SHOW_TEXT(s, "time", "  Date/Time        : %s\n", text);
    SHOW_TEXT(s, "state", "  State            : %s\n", r->up ? "Up" : "Down");
    if (r->code) {
        SHOW_UINT(s, "error", "  Error Code       : %u", r->code);
        SHOW_TEXT(s, "error_name", "(%s)\n", bgp_error_name(r->code));
        SHOW_UINT(s, "suberror", "  Error Subcode    : %u", r->subcode);
        SHOW_TEXT(s, "suberror_name", "(%s)\n", bgp_suberror_name(r->code, r->subcode));
        SHOW_TEXT(s, "notification", "  Notification     : %s Notification\n",
                  r->sent ? "Send" : "Receive");
    }
    show_close(s);
}

void cmd_display_bgp_peer_log(struct session *s, const struct sch_match *m)
{
    struct bgp_addr named = cmd_arg(m, "peer")->addr;
    struct records l = {.peer = &named};
    enum bgp_family f = bgp_text_family(m);
    struct bgp_peer_view v;
    char addr[BGP_ADDR_STRLEN];
    uint16_t vpn;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &vpn))
        return;
    named.vpn = vpn;
    if (vpn)
        f = bgp_text_inner(f);
    if (!speaker_peer(s->app->config.speaker, l.peer, &v) || !(v.enabled & 1u << f)) {
        session_error(s, "The peer session does not exist.");
        return;
    }
    speaker_look(s->app->config.speaker, look_at_records, &l);
    show_begin(s);
    SHOW_TEXT(s, "peer", " Peer : %s\n", bgp_addr_str(l.peer, addr));
    if (named.vpn)
        show_text(s, "vpn_instance", bgp_text_instance_name(s->app, named.vpn));
    show_list(s, "log");
    for (size_t i = 0; i < l.n; i++)
        show_record(s, &l.r[i]);
}

/* --- small ones --------------------------------------------------------------------------------
 */

/* Of the public network, or with the word of one VPN instance or all. */
void cmd_display_bgp_router_id(struct session *s, const struct sch_match *m)
{
    const struct model *model = s->app->config.model;
    char id[BGP_ADDR_STRLEN];
    uint16_t number;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &number))
        return;
    show_begin(s);
    if (!*cmd_word(m, "of")) {
        SHOW_TEXT(s, "router_id", " BGP Router ID: %s\n",
                  bgp_text_id(model->bgp_eff.router_id, id));
        return;
    }
    show_list(s, "vpn_instances");
    for (const struct model_vpn *v = model->vpns; v; v = v->hh.next) {
        uint32_t own = model_vpn_router_id(model, v);
        if (!v->exists || (number && v->number != number))
            continue;
        show_object(s, NULL);
        SHOW_TEXT(s, "vpn_instance", " VPN-Instance %s, ", v->name);
        SHOW_TEXT(s, "router_id", "BGP Router ID: %s\n",
                  bgp_text_id(own ? own : model->bgp_eff.router_id, id));
        show_close(s);
    }
}

void cmd_no_dampening(struct session *s, const struct sch_match *m)
{
    (void)m;
    session_error(s, "Routes that flap are not dampened here.");
}

void cmd_display_default_bgp(struct session *s, const struct sch_match *m)
{
    static const char *const rows[][3] = {
        {"bgp_version", "BGP version               ", "4"},
        {"ebgp_preference", "EBGP preference           ", "255"},
        {"ibgp_preference", "IBGP preference           ", "255"},
        {"local_preference", "Local preference          ", "255"},
        {"connect_retry", "BGP connect-retry         ", "32s"},
        {"hold", "BGP holdtime              ", "180s"},
        {"keepalive", "BGP keepAlive             ", "60s"},
        {"send_hold", "BGP sendHoldTime          ", "480s"},
        {"ebgp_mrai", "EBGP route-update-interval", "30s"},
        {"ibgp_mrai", "IBGP route-update-interval", "15s"},
        {"default_local_pref", "Default local-preference  ", "100"},
        {"default_med", "Default MED               ", "0"},
        {"ipv4_unicast", "IPv4-family unicast       ", "enable"},
        {"ebgp_interface_sensitive", "EBGP-interface-sensitive  ", "enable"},
        {"ibgp_interface_sensitive", "IBGP-interface-sensitive  ", "disable"},
        {"reflect_between_clients", "Reflect between-clients   ", "enable"},
        {"check_first_as", "Check-first-as            ", "enable"},
        {"synchronization", "Synchronization           ", "disable"},
        {"private_4_byte_as", "Private-4-byte-as         ", "enable"},
    };
    (void)m;
    if (!bgp_text_runs(s))
        return;
    show_begin(s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        show_text(s, rows[i][0], rows[i][2]);
        out(s, " %s: %s\n", rows[i][1], rows[i][2]);
    }
    out(s, " Nexthop-resolved rules    :\n"
           "     IPv4-family           : unicast(ip)\n"
           "                             vpn-instance(ip)\n"
           "     IPv6-family           : unicast(ip)\n"
           "                             vpn-instance(ip)\n");
}
