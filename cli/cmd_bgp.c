/* BGP displays and resets: peers in summary, groups, "reset bgp". Verbose peers are in
 * peer_verbose.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/bgp_rows.h"
#include "cli/bgp_text.h"
#include "cli/peer_verbose.h"
#include "cli/show.h"
#include "engine/config/model.h"

/* --- summary ----------------------------------------------------------------- */

static void peer_row(struct session *s, const struct bgp_peer_view *v, enum bgp_family f)
{
    char addr[BGP_ADDR_STRLEN + 1], as[16], up[16];
    addr[0] = '*';
    bgp_addr_str(&v->addr, addr + 1);
    bgp_text_up_down(speaker_now() - v->state_since_ms, up, sizeof up);
    bgp_peer_fields(s, v, f);
    out(s, "  %-16s%u%12s%9u%9u%6u%9s%12s%9u\n", v->dynamic ? addr : addr + 1, 4u,
        bgp_as(s, v->remote_as, as), bgp_peer_messages(v->received), bgp_peer_messages(v->sent), 0u,
        up, bgp_peer_state(v, f), v->routes[f].received);
}

static void peer_header(struct session *s)
{
    out(s, "  %-16s%s%12s%9s%9s%6s%9s%12s%9s\n", "Peer", "V", "AS", "MsgRcvd", "MsgSent", "OutQ",
        "Up/Down", "State", "PrefRcv");
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
    bgp_identity(s);
    if (a->vpn) {
        out(s, "\n");
        bgp_text_instance_line(s, a->vpn);
    }
    SHOW_UINT(s, "total_peers", " Total number of peers : %-18u", peers);
    SHOW_UINT(s, "established_peers", "Peers in established state : %u\n\n", up);
    peer_header(s);
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
    if (p->vpn == 0)
        out(s, "\n  Peer of IPv%d-family for vpn instance :\n",
            p->about.family == BGP_VPNV4 ? 4 : 6);
    out(s, "\n ");
    if (!show_json(s)) /* there it stands with each peer */
        bgp_text_instance_line(s, vpn);
    if (!p->verbose)
        peer_header(s);
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
            peer_row(s, v, f);
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
        peer_row(s, &v, f);
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

static void group_members(struct session *s, const struct model_peer *g, enum bgp_family f)
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
    out(s, n ? "\n Peer Preferred Value: 0\n No routing policy is configured\n"
             : "  NONE \n\n Peer Preferred Value: 0\n No routing policy is configured\n");
    out(s, " Peer Members:\n");
    if (!n) {
        out(s, "  No Peer Exists\n");
        return;
    }
    peer_header(s);
    show_list(s, "peers");
    for (const struct model_peer *p = m->peers; p; p = p->hh.next) {
        struct bgp_peer_view v;
        if (!p->is_group && p->exists && model_group_of(m, p) == g &&
            speaker_peer(s->app->config.speaker, &p->raw.addr, &v) && v.enabled & 1u << f)
            peer_row(s, &v, f);
    }
    show_close(s);
}

static void show_group(struct session *s, const struct model_peer *g, enum bgp_family f)
{
    struct bgp_peer_conf eff;
    bool internal = g->raw.kind == BGP_KIND_INTERNAL;
    model_effective_peer(s->app->config.model, g, &eff);
    show_object(s, NULL);
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
    SHOW_UINT(s, "mrai", " Minimum route advertisement interval is %u seconds\n",
              internal ? 15u : 30u);
    bgp_peer_conf_clear(&eff);
    group_members(s, g, f);
    show_close(s);
}

static bool wanted(const struct model_peer *g, const struct sch_value *want, enum bgp_family f)
{
    return g->is_group && g->exists && !g->vpn && in_family(g, f) &&
           (!want->present ||
            (strlen(g->name) == want->n && memcmp(g->name, want->s, want->n) == 0));
}

void cmd_display_bgp_group(struct session *s, const struct sch_match *m)
{
    const struct sch_value *want = cmd_arg(m, "group");
    enum bgp_family f = strstr(m->cmd->syntax, "vpnv4") ? BGP_VPNV4 : BGP_IPV4_UNICAST;
    unsigned shown = 0;
    bool found = false;
    if (!bgp_text_runs(s))
        return;
    for (const struct model_peer *g = s->app->config.model->peers; g; g = g->hh.next)
        found |= wanted(g, want, f);
    if (want->present && !found) {
        session_error(s, "No such a peer-group.");
        return;
    }
    show_begin(s);
    show_list(s, "groups");
    for (const struct model_peer *g = s->app->config.model->peers; g; g = g->hh.next) {
        if (!wanted(g, want, f))
            continue;
        if (shown++)
            out(s, " ***********************\n");
        show_group(s, g, f);
    }
}
