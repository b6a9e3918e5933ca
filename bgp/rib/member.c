/*
 * Who is in which update group: joining, leaving, moving, being told again.
 *
 * A member that moves takes along what it knows, so it is told only once what its new group
 * advertises, and withdrawn what the new group does not.
 */
#include "bgp/rib/group.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"

static void policy_of(const struct rib_session *s, enum bgp_family f, struct policy *out)
{
    const struct bgp_conn *c = s->conn;
    const struct bgp_peer *p = c->peer;
    const struct bgp_peer_af_conf *af = &p->conf.af[f];
    bool vpn = bgp_family_info[f].vpn;

    memset(out, 0, sizeof *out);
    out->local = c->local;
    out->as = c->ours.as;
    out->internal = s->source->kind == SOURCE_INTERNAL;
    out->client = out->internal && af->reflect_client;
    out->as4 = c->as4;
    out->extended = c->extended;
    out->next_hop_local = out->internal && af->next_hop_local;
    out->next_hop_invariable = !out->internal && af->next_hop_invariable;
    out->communities = af->advertise_community;
    out->ext_communities = vpn || af->advertise_ext_community;
    out->large_communities = af->advertise_large_community;
    out->substitute_as = !out->internal && af->substitute_as;
    out->public_as = !out->internal && af->public_as_only;
    out->public_force = out->public_as && af->public_as_force;
    out->public_limited = out->public_as && af->public_as_limited;
    out->public_replace = out->public_as && af->public_as_replace;
    out->public_peer = out->public_as && af->public_as_peer;
    out->peer_as = out->substitute_as || out->public_as ? s->source->as : 0;
    if (!out->internal && p->conf.fake_global && c->ours.as != s->rib->b->conf.as)
        out->global_as = s->rib->b->conf.as;
    out->soo = af->soo;
    out->default_route = af->default_route && !bgp_family_info[f].label;
    out->only = af->own_group ? s->source->number : 0;
    out->mrai = af->mrai;
    out->labels = c->labels[f];
    out->hop6 = c->hop6 >> f & 1;
}

static bool in_use(const struct rib_table *t, uint16_t number)
{
    for (const struct rib_group *g = t->groups; g; g = g->next)
        if (g->number == number)
            return true;
    return false;
}

static struct rib_group *find_group(struct rib_table *t, const struct policy *policy)
{
    struct rib_group *g;

    for (g = t->groups; g; g = g->next)
        if (memcmp(&g->policy, policy, sizeof *policy) == 0)
            return g;
    g = bgp_alloc(sizeof *g);
    g->table = t;
    g->policy = *policy;
    g->scan_at = 1;
    for (g->number = 1; in_use(t, g->number);)
        g->number++;
    g->next = t->groups;
    t->groups = g;
    if (policy->default_route)
        group_default(g);
    return g;
}

static struct rib_member *add_member(struct rib_session *s, enum bgp_family f,
                                     const struct policy *policy)
{
    struct rib_member *m = bgp_alloc(sizeof *m);

    m->session = s;
    m->group = find_group(s->tables[f], policy);
    m->next = m->group->members;
    m->group->members = m;
    s->members[f] = m;
    if (s->tables[f]->dests.slab.live > 0)
        rib_wake(s->rib);
    else
        m->group->scan_at = 0;
    return m;
}

void group_end_of_rib(struct rib_group *g)
{
    if (g->scan_at != 0 || g->npending > 0 || g->nrun > 0)
        return;
    for (struct rib_member *m = g->members; m; m = m->next) {
        if (!m->eor_due || m->lag)
            continue;
        m->eor_due = false;
        bgp_conn_send_end_of_rib(m->session->conn, g->table->family);
        g->formatted++;
        g->sent++;
        if (m->ask_again)
            group_resend(m);
    }
}

void group_join(struct rib_session *s, enum bgp_family f)
{
    struct policy policy;
    struct rib_member *m;

    policy_of(s, f, &policy);
    m = add_member(s, f, &policy);
    m->eor_due = true;
    if (m->group->advertised > 0) {
        lag_start(m, false);
        lag_all(m);
    }
    group_end_of_rib(m->group);
}

static void detach(struct rib_member *m)
{
    struct rib_member **link = &m->group->members;

    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
    m->session->members[m->group->table->family] = NULL;
}

static void free_member(struct rib_member *m)
{
    lag_end(m);
    rib_resize(m->gone, m->gone_room * sizeof *m->gone, 0);
    free(m);
}

void group_leave(struct rib_member *m)
{
    struct rib_group *g = m->group;
    struct rib *r = g->table->rib;

    detach(m);
    free_member(m);
    if (!g->members)
        group_end(g);
    if (r->collecting)
        rib_collectable(r);
}

/* How many routes of its group are a new member's own. Mostly nothing has to be looked at: a peer
 * that sends no routes has none. */
static uint32_t count_own(const struct rib_member *m)
{
    const struct rib_group *g = m->group;
    const struct source *s = m->session->source;
    uint32_t n = 0;

    for (uint32_t id = 1; s->records > 0 && id < g->room; id++)
        n += g->out[id] != 0 && g->from[id] == s->number;
    return n;
}

void group_rejoin(struct rib_session *s, enum bgp_family f)
{
    struct rib_member *m = s->members[f], *n;
    struct rib_group *old = m->group;
    struct policy policy;

    policy_of(s, f, &policy);
    if (memcmp(&policy, &old->policy, sizeof policy) == 0)
        return;
    if (!m->lag)
        lag_start(m, true);
    detach(m);
    n = add_member(s, f, &policy);
    n->eor_due = m->eor_due;
    n->eorr_due = m->eorr_due;
    n->ask_again = m->ask_again;
    n->lag = m->lag;
    n->lag->all = false;
    n->group->lagging++;
    m->lag = NULL;
    old->lagging--;
    n->own = count_own(n);
    lag_all(n);
    free_member(m);
    if (!old->members)
        group_end(old);
}

void group_resend(struct rib_member *m)
{
    struct bgp_conn *c = m->session->conn;

    m->ask_again = m->eor_due && c->enhanced;
    if (m->ask_again)
        return; /* RFC 7313 section 4: no BoRR before End-of-RIB */
    if (c->enhanced) {
        m->eorr_due = true;
        bgp_conn_send_refresh_mark(c, m->group->table->family, BGP_REFRESH_BEGINS);
    }
    if (!m->lag && m->group->advertised == 0) { /* what is pending will be told anyway */
        group_resent(m);
        return;
    }
    if (!m->lag)
        lag_start(m, true);
    lag_all(m);
    rib_wake(m->group->table->rib);
}

void group_resent(struct rib_member *m)
{
    if (m->eorr_due)
        bgp_conn_send_refresh_mark(m->session->conn, m->group->table->family, BGP_REFRESH_ENDS);
    m->eorr_due = false;
}

struct rib_member *group_member_of(const struct rib_group *g, uint32_t source)
{
    const struct source *s = source ? rib_source(g->table->rib, source) : NULL;
    struct rib_member *m = s && s->session ? s->session->members[g->table->family] : NULL;

    return m && m->group == g ? m : NULL;
}
