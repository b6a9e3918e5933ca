/*
 * Lines that bring or take other lines with them: what VRP adds when BGP, a peer or a membership is
 * created, and what goes when a peer leaves a family or a group is deleted.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/config/config.h"

static bool failed(struct edit *e)
{
    return edit_error(e, "%s", store_error(e->config->store));
}

static bool same_name(const struct sch_value *a, const struct sch_value *b)
{
    return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

static bool default_unicast(struct edit *e)
{
    struct sch_key bgp = edit_bgp_key();
    return !edit_has(e, &bgp, LINE_BGP_DEFAULT_IPV4_UNICAST, NULL);
}

/* While "default ipv4-unicast" is on, IPv4 peers and groups start out enabled in IPv4 unicast. */
static bool enable_unicast(struct edit *e, const struct edit_scope *at,
                           const struct sch_value *peer)
{
    struct sch_key af = edit_family_key(VIEW_IPV4_UNICAST);
    if (at->view != VIEW_BGP || peer->addr.af == 6 || !default_unicast(e) ||
        edit_has(e, &af, LINE_IPV4_UNICAST_PEER_ENABLE, peer))
        return true;
    return edit_put(e, &af, LINE_IPV4_UNICAST_PEER_ENABLE, peer, false);
}

bool then_bgp_created(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    (void)view, (void)l, (void)v;
    struct sch_key bgp = edit_bgp_key();
    return edit_put(e, &bgp, LINE_IPV4_UNICAST_IPV4_FAMILY_UNICAST, v, false);
}

bool then_peer_created(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    return !v[0].addr.af || enable_unicast(e, &at, &v[0]);
}

bool then_group_made(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    struct sch_value peer = v[0];
    peer.type = SCH_PEER;
    return enable_unicast(e, &at, &peer);
}

static const uint8_t family_views[] = {VIEW_IPV4_UNICAST, VIEW_IPV4_LABELED, VIEW_VPNV4,
                                       VIEW_IPV6_UNICAST, VIEW_VPNV6};
static const enum sch_line_id family_groups[] = {
    LINE_IPV4_UNICAST_PEER_GROUP, LINE_IPV4_LABELED_PEER_GROUP, LINE_VPNV4_PEER_GROUP,
    LINE_IPV6_UNICAST_PEER_GROUP, LINE_VPNV6_PEER_GROUP};

/* A new group: memberships of the old one end in every family. */
static bool leave_others(struct edit *e, const struct sch_value *v)
{
    struct sch_value got[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated;
    for (size_t i = 0; i < sizeof family_views; i++) {
        struct sch_key af = edit_family_key(family_views[i]);
        struct sch_key k = edit_key(&af, family_groups[i], &v[0]);
        if (edit_get(e, &k, &sch_lines[family_groups[i]], got, &negated, buf) &&
            !same_name(&v[1], &got[1]) && !store_delete(e->config->store, &e->cand, k.b, k.n))
            return failed(e);
    }
    return true;
}

/* A peer without an AS takes the group's, and joins it in IPv4 unicast too. */
bool then_peer_joined(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    enum sch_line_id as_number = edit_scope_line(&at, LINE_BGP_PEER_AS_NUMBER);
    struct sch_value as[SCH_SLOTS] = {v[0]}, got[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated;
    if (at.view == VIEW_BGP && !leave_others(e, v))
        return false;
    if (!edit_has(e, view, as_number, &v[0])) {
        struct sch_value name = v[1];
        struct sch_key root = {0};
        struct sch_key k = edit_key(view, as_number, &name);
        const struct sch_line *from = &sch_lines[as_number];
        int slot = 1;
        if (!edit_get(e, &k, from, got, &negated, buf)) { /* internal: the local AS */
            k = edit_key(&root, LINE_BGP_BGP, NULL);
            slot = 0;
            if (!edit_get(e, &k, &sch_lines[LINE_BGP_BGP], got, &negated, buf))
                return edit_error(e, "The peer session does not exist.");
        }
        as[1] = got[slot];
        if (!edit_put(e, view, as_number, as, false) || !enable_unicast(e, &at, &v[0]))
            return false;
    }
    struct sch_key af = edit_family_key(VIEW_IPV4_UNICAST);
    if (at.view != VIEW_BGP || v[0].addr.af == 6 || !default_unicast(e))
        return true;
    struct sch_key k = edit_key(&af, LINE_IPV4_UNICAST_PEER_ENABLE, &v[0]);
    if (edit_get(e, &k, &sch_lines[LINE_IPV4_UNICAST_PEER_ENABLE], got, &negated, buf) && negated)
        return true; /* it was taken out of the family on purpose */
    return edit_put(e, &af, LINE_IPV4_UNICAST_PEER_GROUP, v, false);
}

static bool drop_in_family(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                           const struct sch_value *v)
{
    struct sch_key k = *view;
    sch_key_add_object(&k, l, v);
    return store_delete_prefix(e->config->store, &e->cand, k.b, k.n) || failed(e);
}

/* "undo peer X enable": everything of the peer in the family goes. In IPv4 unicast, where the
 * default would enable it, the negation itself is kept, whatever the default is today: a
 * configuration must load with its lines in any order of events. */
bool undo_family_disable(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                         const struct sch_value *v)
{
    bool stored = sch_views[l->view].family == BGP_IPV4_UNICAST && v[0].addr.af != 6;
    struct sch_value got[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated = false;
    struct sch_key k = *view;
    sch_key_add(&k, l, v);
    bool have = edit_get(e, &k, l, got, &negated, buf);
    if (have && negated)
        return true;
    if (!edit_checks[CHECK_PEER_EXISTS](e, view, l, v))
        return false;
    if (!have && !stored)
        return edit_error(e, "The peer is not enabled in the address family.");
    if (!drop_in_family(e, view, l, v))
        return false;
    return !stored || edit_put(e, view, (enum sch_line_id)(l - sch_lines), v, true);
}

bool undo_family_leave(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    struct sch_key k = *view;
    struct sch_value got[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated = false;
    sch_key_add(&k, l, v);
    if (!edit_get(e, &k, l, got, &negated, buf) || (v[1].present && !same_name(&v[1], &got[1])))
        return edit_error(e, "The peer is not a member of the peer group.");
    const struct sch_line *enable = l - 1; /* first line of the same each block */
    if (!drop_in_family(e, view, l, v))
        return false;
    bool stored =
        sch_views[l->view].family == BGP_IPV4_UNICAST && default_unicast(e) && v[0].addr.af != 6;
    return !stored || edit_put(e, view, (enum sch_line_id)(enable - sch_lines), v, true);
}

/* "undo ipv6 enable": the IPv6 addresses of the interface go with it. */
bool undo_ipv6_disable(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    struct store *s = e->config->store;
    struct sch_key k = *view, addresses = *view;
    sch_key_add(&k, l, v);
    if (!edit_has(e, view, (enum sch_line_id)(l - sch_lines), v))
        return edit_error(e, "The configuration to be deleted does not exist.");
    sch_key_add_object(&addresses, &sch_lines[LINE_INTERFACE_IPV6_ADDRESS], v);
    return (store_delete(s, &e->cand, k.b, k.n) &&
            store_delete_prefix(s, &e->cand, addresses.b, addresses.n)) ||
           failed(e);
}

/* What is always off may be said to be off. */
bool undo_nothing_to_do(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    (void)e, (void)view, (void)l, (void)v;
    return true;
}

/* What is said without "disable" is the default: taking it back is always possible. */
bool undo_to_default(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated;
    struct sch_key k = edit_key(view, (enum sch_line_id)(l - sch_lines), v);
    if (!edit_checks[CHECK_PEER_EXISTS](e, view, l, v))
        return false;
    if (!edit_get(e, &k, l, had, &negated, buf))
        had[1].present = false;
    if (!edit_names(l, v, had, false))
        return edit_error(e, "The configuration to be deleted does not exist.");
    return store_delete(e->config->store, &e->cand, k.b, k.n) || failed(e);
}

/* "undo shutdown" of a port is itself a line, as ports start out down. */
bool undo_port_up(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    return edit_checks[CHECK_PHYSICAL_PORT](e, view, l, v) &&
           edit_put(e, view, (enum sch_line_id)(l - sch_lines), v, true);
}

/* Membership ends everywhere; the peer keeps its own settings. */
static bool leave(struct edit *e, const struct edit_scope *at, const struct sch_value *peer)
{
    struct sch_key k = edit_key(&at->key, edit_scope_line(at, LINE_BGP_PEER_GROUP), peer);
    if (!store_delete(e->config->store, &e->cand, k.b, k.n))
        return failed(e);
    for (size_t i = 0; i < sizeof family_views && at->view == VIEW_BGP; i++) {
        struct sch_key af = edit_family_key(family_views[i]);
        k = edit_key(&af, family_groups[i], peer);
        if (!store_delete(e->config->store, &e->cand, k.b, k.n))
            return failed(e);
    }
    return true;
}

bool undo_peer_leave(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value got[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated;
    struct sch_key k = *view;
    sch_key_add(&k, l, v);
    if (!edit_get(e, &k, l, got, &negated, buf) || (v[1].present && !same_name(&v[1], &got[1])))
        return edit_error(e, "The peer is not a member of the peer group.");
    struct edit_scope at = edit_scope(view, l);
    return leave(e, &at, &v[0]);
}

/* Collects the members first: rows may not change under a scan. */
struct members {
    const struct sch_line *line;
    const struct sch_value *group;
    struct bgp_addr *addr;
    size_t n, cap;
};

static bool collect_member(void *p, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct members *m = p;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if (!sch_key_place(key, nkey, &place) || place.line != m->line ||
        !sch_row_parse(place.line, text, n, v, &negated) || v[1].n != m->group->n ||
        memcmp(v[1].s, m->group->s, v[1].n) != 0)
        return true;
    if (m->n == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 64;
        struct bgp_addr *a = realloc(m->addr, cap * sizeof *a);
        if (!a)
            return false;
        m->addr = a;
        m->cap = cap;
    }
    m->addr[m->n++] = v[0].addr;
    return true;
}

bool edit_delete_group(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *name)
{
    struct edit_scope at = edit_scope(view, l);
    struct members m = {.line = &sch_lines[edit_scope_line(&at, LINE_BGP_PEER_GROUP)],
                        .group = name};
    struct sch_value peer = *name;
    peer.type = SCH_PEER;
    if (!store_scan(e->config->store, &e->cand, at.key.b, at.key.n, NULL, 0, collect_member, &m))
        return failed(e);
    bool ok = true;
    for (size_t i = 0; i < m.n && ok; i++)
        ok = leave(e, &at,
                   &(struct sch_value){.present = true, .type = SCH_PEER, .addr = m.addr[i]});
    free(m.addr);
    struct sch_key k = at.key;
    sch_key_add_object(&k, &sch_lines[edit_scope_line(&at, LINE_BGP_PEER_AS_NUMBER)], &peer);
    ok = ok && store_delete_prefix(e->config->store, &e->cand, k.b, k.n);
    for (size_t i = 0; i < sizeof family_views && ok && at.view == VIEW_BGP; i++) {
        struct sch_key af = edit_family_key(family_views[i]);
        sch_key_add_object(&af, &sch_lines[family_groups[i]], &peer);
        ok = store_delete_prefix(e->config->store, &e->cand, af.b, af.n);
    }
    k = edit_key(&at.key, edit_scope_line(&at, LINE_BGP_GROUP), name);
    return (ok && store_delete(e->config->store, &e->cand, k.b, k.n)) || failed(e);
}
