/* "reset bgp" and "refresh bgp": the peers that are meant, and what is done to them. */
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "engine/config/model.h"

static enum bgp_family family_of(const struct sch_match *m)
{
    return strcmp(cmd_word(m, "view"), "ipv6-family") == 0 ? BGP_IPV6_UNICAST : bgp_text_family(m);
}

static bool chosen(const struct sch_match *m, const struct model *model, uint16_t vpn,
                   const struct bgp_peer_view *v)
{
    const char *scope = cmd_word(m, "scope");
    const struct sch_value *as = cmd_arg(m, "as"), *peer = cmd_arg(m, "peer"),
                           *group = cmd_arg(m, "group");
    struct bgp_addr named = peer->addr;
    named.vpn = vpn;
    if (v->addr.vpn != vpn || !(v->enabled & 1u << family_of(m)))
        return false;
    if (*scope)
        return strcmp(scope, "all") == 0 || (strcmp(scope, "internal") == 0) == v->internal;
    if (as->present)
        return v->remote_as == as->u;
    if (peer->present)
        return bgp_addr_cmp(&named, &v->addr) == 0;
    const struct model_peer *p = model_peer_at(model, &v->addr);
    return p && p->raw.group && strlen(p->raw.group) == group->n &&
           memcmp(p->raw.group, group->s, group->n) == 0;
}

static bool group_exists(const struct model *model, uint16_t vpn, const struct sch_value *name)
{
    for (const struct model_peer *g = model->peers; g; g = g->hh.next)
        if (g->is_group && g->exists && (g->vpn ? g->vpn->number : 0) == vpn &&
            strlen(g->name) == name->n && memcmp(g->name, name->s, name->n) == 0)
            return true;
    return false;
}

/* Addresses of the chosen peers in a malloc'ed array; NULL, with an error said, when there are
 * none. */
static struct bgp_addr *chosen_peers(struct session *s, const struct sch_match *m, size_t *hits)
{
    struct bgp_peer_view *v = NULL;
    *hits = 0;
    uint16_t vpn;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &vpn))
        return NULL;
    size_t n = speaker_peers(s->app->config.speaker, &v);
    struct bgp_addr *addrs = calloc(n ? n : 1, sizeof *addrs);
    for (size_t i = 0; addrs && i < n; i++)
        if (chosen(m, s->app->config.model, vpn, &v[i]))
            addrs[(*hits)++] = v[i].addr;
    free(v);
    if (addrs && *hits)
        return addrs;
    free(addrs);
    const struct sch_value *group = cmd_arg(m, "group");
    session_error(s, group->present && !group_exists(s->app->config.model, vpn, group)
                         ? "The peer group does not exist."
                         : "The peer session does not exist.");
    return NULL;
}

void cmd_reset_bgp(struct session *s, const struct sch_match *m)
{
    size_t n;
    struct bgp_addr *addrs = chosen_peers(s, m, &n);
    if (addrs)
        speaker_reset(s->app->config.speaker, addrs, n, NULL);
    free(addrs);
}

void cmd_refresh_bgp(struct session *s, const struct sch_match *m)
{
    size_t n;
    struct bgp_addr *addrs = chosen_peers(s, m, &n);
    bool in = strcmp(cmd_word(m, "way"), "import") == 0;
    if (addrs && !speaker_refresh(s->app->config.speaker, addrs, n, 1u << family_of(m), in))
        session_error(s, "No session of these peers is established.");
    free(addrs);
}
