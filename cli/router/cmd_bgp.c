/* BGP displays and resets: peers in summary, groups, "reset bgp". Verbose peers are in
 * peer_verbose.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_rows.h"
#include "cli/router/bgp_text.h"
#include "cli/router/peer_verbose.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

/* --- summary ----------------------------------------------------------------- */

/* Columns of MsgRcvd: two more below a group. */
enum { AMONG_PEERS = 9, IN_GROUP = 11 };

static void peer_row(struct session *s, const struct bgp_peer_view *v, enum bgp_family f, int width)
{
    char addr[BGP_ADDR_STRLEN + 1], as[16], up[16];
    addr[0] = '*';
    bgp_addr_str(&v->addr, addr + 1);
    bgp_text_up_down(speaker_now() - v->state_since_ms, up, sizeof up);
    bgp_peer_fields(s, v, f);
    out(s, "  %-15s %u%12s%*u%9u%6llu%9s%12s%9u\n", v->dynamic ? addr : addr + 1, 4u,
        bgp_as(s, v->remote_as, as), width, bgp_peer_messages(v->received),
        bgp_peer_messages(v->sent), (unsigned long long)bgp_peer_queued(v, f), up,
        bgp_peer_state(v, f), v->routes[f].received);
}

static void peer_header(struct session *s, int width)
{
    out(s, "  %-16s%s%12s%*s%9s%6s%9s%12s%9s\n", "Peer", "V", "AS", width, "MsgRcvd", "MsgSent",
        "OutQ", "Up/Down", "State", "PrefRcv");
}

/* Which peers a display is about: those of the public network in a family, or of a VPN instance, or
 * with "all" both. */
struct about {
    enum bgp_family family;
    uint16_t vpn;
    bool all;
};

static bool about_peer(const struct about *a, const struct bgp_peer_view *v)
{
    enum bgp_family f = v->addr.vpn ? bgp_text_inner(a->family) : a->family;
    return (v->addr.vpn == a->vpn || a->all) && v->enabled & 1u << f;
}

static bool about_up(const struct about *a, const struct bgp_peer_view *v)
{
    enum bgp_family f = v->addr.vpn ? bgp_text_inner(a->family) : a->family;
    return bgp_peer_up(v, f);
}

static void summary_head(struct session *s, const struct about *a, unsigned peers, unsigned up)
{
    bgp_identity(s, a->vpn, a->family);
    if (a->vpn) {
        out(s, "\n");
        bgp_text_instance_line(s, a->vpn);
    }
    SHOW_UINT(s, "total_peers", " Total number of peers : %-18u", peers);
    SHOW_UINT(s, "established_peers", "Peers in established state : %u\n\n", up);
    peer_header(s, AMONG_PEERS);
}

/* Rows one by one, so that a long list waits for the terminal. */
struct peers {
    struct bgp_peer_view *v;
    size_t n, at;
    struct about about;
    uint16_t vpn; /* of the row before */
    bool verbose;
};

static void peers_free(void *state)
{
    struct peers *p = state;
    free(p->v);
    free(p);
}

/* Those of VPN instances follow the public ones, by instance. */
static void instance_head(struct session *s, struct peers *p, uint16_t vpn)
{
    if (p->verbose) {
        out(s, "\n          IPv%d-family for VPN instance:   %s\n",
            p->about.family == BGP_VPNV4 ? 4 : 6, bgp_text_instance_name(s->app, vpn));
        return;
    }
    if (p->vpn == 0)
        out(s, "\n  Peer of IPv%d-family for vpn instance :\n",
            p->about.family == BGP_VPNV4 ? 4 : 6);
    out(s, "\n ");
    if (!show_json(s)) /* there it stands with each peer */
        bgp_text_instance_line(s, vpn);
    peer_header(s, AMONG_PEERS);
}

static bool peers_next(struct session *s, void *state)
{
    struct peers *p = state;
    for (unsigned i = 0; i < 200 && p->at < p->n; p->at++) {
        const struct bgp_peer_view *v = &p->v[p->at];
        enum bgp_family f = v->addr.vpn ? bgp_text_inner(p->about.family) : p->about.family;
        if (!about_peer(&p->about, v))
            continue;
        if (v->addr.vpn != p->vpn)
            instance_head(s, p, v->addr.vpn);
        p->vpn = v->addr.vpn;
        if (p->verbose)
            peer_verbose(s, v, f);
        else
            peer_row(s, v, f, AMONG_PEERS);
        i++;
    }
    return p->at < p->n;
}

static void one_peer(struct session *s, const struct sch_match *m, const struct about *a)
{
    struct bgp_peer_view v;
    struct bgp_addr addr = cmd_arg(m, "peer")->addr;
    enum bgp_family f = a->vpn ? bgp_text_inner(a->family) : a->family;
    addr.vpn = a->vpn;
    if (!speaker_peer(s->app->config.speaker, &addr, &v) || !about_peer(a, &v)) {
        session_error(s, "The peer session does not exist.");
        return;
    }
    show_begin(s);
    if (!*cmd_word(m, "form"))
        summary_head(s, a, 1, about_up(a, &v));
    show_list(s, "peers");
    if (*cmd_word(m, "form"))
        peer_verbose(s, &v, f);
    else
        peer_row(s, &v, f, AMONG_PEERS);
}

void cmd_display_bgp_peer(struct session *s, const struct sch_match *m)
{
    struct about a = {.family = bgp_text_family(m)};
    unsigned up = 0, all = 0;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &a.vpn))
        return;
    if (cmd_arg(m, "peer")->present) {
        one_peer(s, m, &a);
        return;
    }
    struct peers *p = calloc(1, sizeof *p);
    if (!p) {
        session_error(s, "Out of memory.");
        return;
    }
    a.all = bgp_family_info[a.family].vpn && !a.vpn;
    p->about = a;
    p->vpn = a.vpn;
    p->verbose = *cmd_word(m, "form") != 0;
    p->n = speaker_peers(s->app->config.speaker, &p->v);
    for (size_t i = 0; i < p->n; i++) {
        if (!about_peer(&a, &p->v[i]))
            continue;
        all++;
        up += about_up(&a, &p->v[i]);
    }
    show_begin(s);
    if (!p->verbose)
        summary_head(s, &a, all, up);
    show_list(s, "peers");
    s->stream = (struct stream){peers_next, peers_free, p};
}

/* --- groups -------------------------------------------------------------------------- */

static bool in_family(const struct model_peer *g, enum bgp_family f)
{
    return f == BGP_IPV4_UNICAST || g->raw.enabled & 1u << f;
}

static void group_as(struct session *s, const struct bgp_peer_conf *eff)
{
    char as[16];
    if (eff->remote_as)
        show_uint(s, "as", eff->remote_as);
    if (eff->remote_as)
        out(s, " Remote AS                            : %s\n",
            sch_as_text(eff->remote_as, s->app->config.model->sys.as_plain, as));
    else
        out(s, " Remote AS number isn't specified\n");
}

static void group_members(struct session *s, const struct model_peer *g, enum bgp_family f,
                          unsigned preferred)
{
    const struct model *m = s->app->config.model;
    unsigned n = 0;
    for (const struct model_peer *p = m->peers; p; p = p->hh.next)
        if (!p->is_group && p->exists && model_group_of(m, p) == g)
            n++;
    out(s, " PeerSession Members%s:\n", n ? "                  " : "");
    unsigned i = 0;
    show_list(s, "session_members");
    for (const struct model_peer *p = m->peers; p; p = p->hh.next)
        if (!p->is_group && p->exists && model_group_of(m, p) == g) {
            i++;
            show_text(s, NULL, p->name);
            out(s, i % 2 == 0 ? "%s\n" : i == n ? " %s" : " %-40s", p->name);
        }
    show_close(s);
    if (i % 2)
        out(s, "\n");
    out(s, n ? "\n" : "  NONE \n\n");
    SHOW_UINT(s, "preferred_value", " Peer Preferred Value: %u\n", preferred);
    out(s, " No routing policy is configured\n Peer Members:\n");
    if (!n) {
        out(s, "  No Peer Exists\n");
        return;
    }
    peer_header(s, IN_GROUP);
    show_list(s, "peers");
    for (const struct model_peer *p = m->peers; p; p = p->hh.next) {
        struct bgp_peer_view v;
        if (!p->is_group && p->exists && model_group_of(m, p) == g &&
            speaker_peer(s->app->config.speaker, &p->raw.addr, &v) && v.enabled & 1u << f)
            peer_row(s, &v, f, IN_GROUP);
    }
    show_close(s);
}

static void show_group(struct session *s, const struct model_peer *g, enum bgp_family f)
{
    struct bgp_peer_conf eff;
    bool internal = g->raw.kind == BGP_KIND_INTERNAL;
    model_effective_peer(s->app->config.model, g, &eff);
    show_object(s, NULL);
    if (g->vpn) {
        show_text(s, "vpn_instance", g->vpn->name);
        out(s, " VPN-Instance(IPv%d-family): %s\n", bgp_family_info[f].octets == 4 ? 4 : 6,
            g->vpn->name);
    }
    SHOW_TEXT(s, "name", " BGP peer-group                       : %s\n", g->name);
    group_as(s, &eff);
    SHOW_TEXT(s, "authentication", " Authentication type configured       : %s\n",
              eff.password ? "MD5" : "None");
    show_bool(s, "listen", g->raw.listen);
    out(s, " Type                                 : %s", g->raw.listen ? "listen " : "");
    SHOW_TEXT(s, "type", "%s\n", internal ? "internal" : "external");
    SHOW_UINT(s, "hold", " Configured hold timer value   : %u\n", eff.hold);
    SHOW_UINT(s, "keepalive", " Keepalive timer value         : %u\n", eff.keepalive);
    SHOW_UINT(s, "connect_retry", " Connect-retry timer value     : %u\n", eff.connect_retry);
    SHOW_UINT(s, "mrai", " Minimum route advertisement interval is %u seconds\n", eff.af[f].mrai);
    unsigned preferred = eff.af[f].preferred_value;
    bgp_peer_conf_clear(&eff);
    group_members(s, g, f, preferred);
    show_close(s);
}

/* The groups a display is about: their family, their VPN instance (0: with a VPN family all of them
 * and the public network), their name. */
struct groups {
    enum bgp_family family;
    uint16_t vpn;
    const struct sch_value *name;
};

static bool wanted(const struct groups *a, const struct model_peer *g)
{
    bool of_vpn = bgp_family_info[a->family].vpn;
    if (!g->is_group || !g->exists ||
        (a->name->present &&
         (strlen(g->name) != a->name->n || memcmp(g->name, a->name->s, a->name->n) != 0)))
        return false;
    if (!g->vpn)
        return a->vpn == 0 && in_family(g, a->family);
    return of_vpn && (int)bgp_text_inner(a->family) == g->family &&
           (a->vpn == 0 || a->vpn == g->vpn->number);
}

/* Those of the public network, or those of VPN instances. */
static void show_groups(struct session *s, const struct groups *a, bool of_vpns, const char *title)
{
    unsigned shown = 0;
    for (const struct model_peer *g = s->app->config.model->peers; g; g = g->hh.next) {
        if (!wanted(a, g) || (g->vpn != NULL) != of_vpns)
            continue;
        if (shown++)
            out(s, " ***********************\n");
        else if (*title)
            out(s, "%s:\n", title);
        show_group(s, g, of_vpns ? bgp_text_inner(a->family) : a->family);
    }
}

void cmd_display_bgp_group(struct session *s, const struct sch_match *m)
{
    struct groups a = {.family = bgp_text_family(m), .name = cmd_arg(m, "group")};
    bool of_vpn = bgp_family_info[a.family].vpn, found = false;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &a.vpn))
        return;
    for (const struct model_peer *g = s->app->config.model->peers; g; g = g->hh.next)
        found |= wanted(&a, g);
    if (a.name->present && !found) {
        session_error(s, "No such a peer-group.");
        return;
    }
    show_begin(s);
    show_list(s, "groups");
    show_groups(s, &a, false,
                !of_vpn                 ? ""
                : a.family == BGP_VPNV4 ? "Group in VPNV4"
                                        : "Group in VPNV6");
    show_groups(s, &a, true, a.vpn ? "" : "Group in VPN-Instance");
}
