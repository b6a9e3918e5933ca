/*
 * What a line must satisfy beyond its syntax: the checks the declarations name. They look at the
 * candidate as the session sees it, when the line is typed and again when it is committed.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "engine/config/model.h"

static const struct sch_value *arg(const struct sch_line *l, const struct sch_value *v,
                                   const char *name)
{
    static const struct sch_value none;
    for (uint8_t i = 0; i < l->nparams; i++)
        if (strcmp(l->params[i].name, name) == 0)
            return &v[i];
    return &none;
}

static bool value_of(struct edit *e, const struct sch_key *view, enum sch_line_id line,
                     const struct sch_value *key, struct sch_value *out, char buf[SCH_TEXT_MAX])
{
    bool negated;
    struct sch_key k = edit_key(view, line, key);
    return edit_get(e, &k, &sch_lines[line], out, &negated, buf);
}

/* In the notation of running, as everything else on the screen. */
static const char *as_text(const struct edit *e, uint32_t as, char buf[16])
{
    return sch_as_text(as, e->config->model->sys.as_plain, buf);
}

static uint32_t local_as(struct edit *e)
{
    struct sch_key root = {0};
    struct sch_value v[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    return value_of(e, &root, LINE_BGP_BGP, NULL, v, buf) ? (uint32_t)v[0].u : 0;
}

/* The AS that peers of the scope see: that of the VPN instance, if it has one, else that of BGP. */
static uint32_t own_as(struct edit *e, const struct edit_scope *at)
{
    enum sch_line_id line =
        at->view == VIEW_BGP_VPN_IPV6 ? LINE_BGP_VPN_IPV6_AS_NUMBER : LINE_BGP_VPN_IPV4_AS_NUMBER;
    struct sch_value v[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    if (at->view != VIEW_BGP && value_of(e, &at->key, line, NULL, v, buf))
        return (uint32_t)v[0].u;
    return local_as(e);
}

/* The group's declaration: 1 internal, 2 external, 0 no such group. */
static int group_kind_of(struct edit *e, const struct edit_scope *at, const struct sch_value *name,
                         bool *listen)
{
    struct sch_value v[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    if (!value_of(e, &at->key, edit_scope_line(at, LINE_BGP_GROUP), name, v, buf))
        return 0;
    const struct sch_line *l = &sch_lines[LINE_BGP_GROUP];
    if (listen)
        *listen = arg(l, v, "listen")->present;
    return arg(l, v, "kind")->u == 0 ? 1 : 2;
}

static uint32_t peer_as_of(struct edit *e, const struct edit_scope *at,
                           const struct sch_value *peer)
{
    enum sch_line_id line = edit_scope_line(at, LINE_BGP_PEER_AS_NUMBER);
    struct sch_value v[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    return value_of(e, &at->key, line, peer, v, buf) ? (uint32_t)v[1].u : 0;
}

/* 1 internal, 2 external, 0 not known (no AS yet). */
static int kind_of(struct edit *e, const struct edit_scope *at, const struct sch_value *peer)
{
    if (!peer->addr.af)
        return group_kind_of(e, at, peer, NULL);
    uint32_t as = peer_as_of(e, at, peer);
    return as == 0 ? 0 : as == own_as(e, at) ? 1 : 2;
}

/* --- the checks, in the order of their first mention -------------------------------------------
 */

bool check_unicast_id(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    (void)view, (void)l;
    uint32_t id = (uint32_t)v[0].u;
    if (v[0].present && (id == 0 || id >= 0xe0000000u))
        return edit_error(e, "The router ID is invalid.");
    return true;
}

bool check_timers(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    (void)view;
    uint64_t k = arg(l, v, "keepalive")->u, h = arg(l, v, "hold")->u;
    const struct sch_value *m = arg(l, v, "minimum");
    if (h == 1 || h == 2)
        return edit_error(e, "The hold time must be 0 or from 3 to 65535 seconds.");
    if ((k == 0) != (h == 0))
        return edit_error(e,
                          "The keepalive time and the hold time must both be 0 or both not be 0.");
    if (h < 3 * k)
        return edit_error(e, "The hold time must be at least three times the keepalive time.");
    if (m->present && m->u > h)
        return edit_error(e, "The hold time must not be less than the minimum hold time.");
    return true;
}

bool check_group_kind(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    bool listen = false;
    int had = group_kind_of(e, &at, &v[0], &listen);
    if (at.view != VIEW_BGP && arg(l, v, "listen")->present)
        return edit_error(e, "Dynamic peers of a VPN instance are not supported.");
    if (had &&
        (had != (arg(l, v, "kind")->u == 0 ? 1 : 2) || listen != arg(l, v, "listen")->present))
        return edit_error(e, "The type of the peer group cannot be changed.");
    return true;
}

static bool count_peer(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    uint32_t *count = arg;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    *count += sch_key_place(key, nkey, &place) && sch_is(place.line, LINE_BGP_PEER_AS_NUMBER) &&
              sch_row_parse(place.line, text, n, v, &negated) && v[0].addr.af;
    return true;
}

static uint32_t peers_there_are(struct edit *e)
{
    struct sch_key bgp = edit_bgp_key();
    uint32_t n = 0;
    store_scan(e->config->store, &e->cand, bgp.b, bgp.n, NULL, 0, count_peer, &n);
    return n;
}

/* For one more peer; they are counted only when there is a limit. */
static bool room_for_peer(struct edit *e)
{
    struct sch_key bgp = edit_bgp_key();
    struct sch_value v[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    return !value_of(e, &bgp, LINE_BGP_PEER_LIMIT, NULL, v, buf) || peers_there_are(e) < v[0].u ||
           edit_error(e, "The number of peers has reached the limit (%u).", (unsigned)v[0].u);
}

bool check_peer_limit(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    uint32_t n = peers_there_are(e);
    (void)view, (void)l;
    return n <= v[0].u || edit_error(e, "There are %u peers already.", n);
}

bool check_peer_as(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                   const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    uint32_t as = (uint32_t)v[1].u, had = peer_as_of(e, &at, &v[0]);
    char text[16], buf[SCH_TEXT_MAX];
    struct sch_value g[SCH_SLOTS];
    if (at.view != VIEW_BGP && v[0].addr.af &&
        bgp_family_info[sch_views[at.view].family].octets != (v[0].addr.af == 4 ? 4 : 16))
        return edit_error(e, "The peer is not of the address family of the view.");
    if (v[0].addr.af) {
        if (had && had != as)
            return edit_error(e, "The AS number of the peer is %s. Delete the peer to change it.",
                              as_text(e, had, text));
        if (!had && !room_for_peer(e))
            return false;
        if (!value_of(e, &at.key, edit_scope_line(&at, LINE_BGP_PEER_GROUP), &v[0], g, buf))
            return true;
        if (group_kind_of(e, &at, &g[1], NULL) != (as == own_as(e, &at) ? 1 : 2))
            return edit_error(e, "The peer type is different from the group type.");
        return true;
    }
    switch (group_kind_of(e, &at, &v[0], NULL)) {
    case 0:
        return edit_error(e, "The peer group does not exist.");
    case 1:
        return edit_error(e, "The AS number of an internal peer group cannot be configured.");
    default:
        if (as == own_as(e, &at))
            return edit_error(e, "The AS number of the external group cannot be the same as the "
                                 "local AS number.");
        return true;
    }
}

bool check_peer_exists(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    if (!v[0].addr.af)
        return group_kind_of(e, &at, &v[0], NULL) ||
               edit_error(e, "The peer group does not exist.");
    return edit_has(e, &at.key, edit_scope_line(&at, LINE_BGP_PEER_AS_NUMBER), &v[0]) ||
           edit_error(e, "The peer session does not exist.");
}

bool check_peer_group(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    bool listen = false;
    if (!v[0].addr.af)
        return edit_error(e, "A peer group cannot join a peer group.");
    int group = group_kind_of(e, &at, &v[1], &listen), peer = kind_of(e, &at, &v[0]);
    if (!group)
        return edit_error(e, "The peer group does not exist.");
    if (listen)
        return edit_error(e, "The peer group is for dynamic peers.");
    if (!peer && !room_for_peer(e))
        return false;
    if (peer && peer != group)
        return edit_error(e, "The peer type is different from the group type.");
    struct sch_value name = v[1];
    if (!peer && group == 2 && !peer_as_of(e, &at, &name))
        return edit_error(e, "The peer session does not exist.");
    return true;
}

bool check_ebgp_hops(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    if (kind_of(e, &at, &v[0]) == 1)
        return edit_error(e, "The peer is an IBGP peer.");
    if (v[1].u != 1 && edit_has(e, &at.key, edit_scope_line(&at, LINE_BGP_PEER_VALID_TTL_HOPS), v))
        return edit_error(e, "The peer valid-ttl-hops has been configured.");
    return true;
}

bool check_ttl_hops(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    struct sch_value had[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    if (value_of(e, &at.key, edit_scope_line(&at, LINE_BGP_PEER_EBGP_MAX_HOP), v, had, buf) &&
        had[1].u != 1)
        return edit_error(e, "The peer ebgp-max-hop has been configured.");
    return true;
}

bool check_listen_only(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    return !edit_has(e, &at.key, edit_scope_line(&at, LINE_BGP_PEER_CONNECT_ONLY), v) ||
           edit_error(e, "The peer connect-only has been configured.");
}

bool check_connect_only(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    return !edit_has(e, &at.key, edit_scope_line(&at, LINE_BGP_PEER_LISTEN_ONLY), v) ||
           edit_error(e, "The peer listen-only has been configured.");
}

bool check_reflect_client(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    return kind_of(e, &at, &v[0]) != 2 || edit_error(e, "The peer is an EBGP peer.");
}

/* Lines of one view that exclude each other, by what follows the view in their names. */
static const char *const exclusive[][2] = {
    {".maximum.load-balancing", ".maximum.load-balancing.ebgp"},
    {".maximum.load-balancing", ".maximum.load-balancing.ibgp"},
    {".maximum.load-balancing", ".maximum.load-balancing.eibgp"},
    {".maximum.load-balancing.eibgp", ".maximum.load-balancing.ebgp"},
    {".maximum.load-balancing.eibgp", ".maximum.load-balancing.ibgp"},
    {".load-balancing.as-path-ignore", ".load-balancing.as-path-relax"},
    {".load-balancing.as-path-ignore", ".bestroute.as-path-ignore"},
    {".bestroute.med-plus-igp", ".bestroute.igp-metric-ignore"},
};

static bool is_there(struct edit *e, const struct sch_key *view, const struct sch_line *of,
                     const char *name)
{
    size_t n = strlen(sch_views[of->view].name);
    for (unsigned i = 0; i < SCH_LINES; i++)
        if (sch_lines[i].view == of->view && strcmp(sch_lines[i].name + n, name) == 0)
            return edit_has(e, view, (enum sch_line_id)i, NULL);
    return false;
}

bool check_load_balancing(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    const char *name = l->name + strlen(sch_views[l->view].name);
    char text[80];
    (void)v;
    for (size_t i = 0; i < sizeof exclusive / sizeof *exclusive; i++)
        for (unsigned side = 0; side < 2; side++) {
            const char *other = exclusive[i][!side];
            if (strcmp(exclusive[i][side], name) != 0 || !is_there(e, view, l, other))
                continue;
            snprintf(text, sizeof text, "%s", other + 1);
            for (char *dot = text; (dot = strchr(dot, '.'));)
                *dot = ' ';
            return edit_error(e, "The %s has been configured.", text);
        }
    return true;
}

static bool any_of(struct edit *e, const struct edit_scope *at, enum sch_line_id of_bgp)
{
    struct sch_key k = at->key;
    k.b[k.n++] = sch_lines[edit_scope_line(at, of_bgp)].rank;
    return store_any(e->config->store, &e->cand, k.b, k.n);
}

/* Whether a peer is internal depends on the AS: none may be there when it changes. */
static bool instance_is_free(struct edit *e, const struct edit_scope *at)
{
    if (!any_of(e, at, LINE_BGP_PEER_AS_NUMBER) && !any_of(e, at, LINE_BGP_GROUP))
        return true;
    return edit_error(e, "Delete the peers and peer groups of the VPN instance first.");
}

bool check_instance_as(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    if ((uint32_t)v[0].u == local_as(e))
        return edit_error(e, "The AS number of the VPN instance cannot be that of BGP.");
    return (uint32_t)v[0].u == own_as(e, &at) || instance_is_free(e, &at);
}

bool undo_instance_as(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    struct sch_key k = *view;
    uint32_t own = own_as(e, &at);
    if (own == local_as(e) || (v[0].present && v[0].u != own))
        return edit_error(e, "The configuration to be deleted does not exist.");
    return instance_is_free(e, &at) && sch_key_add(&k, l, v) &&
           (store_delete(e->config->store, &e->cand, k.b, k.n) ||
            edit_error(e, "%s", store_error(e->config->store)));
}

bool check_fake_as(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                   const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    return kind_of(e, &at, &v[0]) != 1 || edit_error(e, "The peer is an IBGP peer.");
}

bool check_other_as(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    enum sch_line_id fake = edit_scope_line(&at, LINE_BGP_PEER_FAKE_AS);
    enum sch_line_id local = edit_scope_line(&at, LINE_BGP_PEER_LOCAL_AS);
    bool is_fake = l == &sch_lines[fake];
    return !edit_has(e, &at.key, is_fake ? local : fake, v) ||
           edit_error(e, "The peer %s has been configured.", is_fake ? "local-as" : "fake-as");
}

bool check_no_igp(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    (void)view, (void)l, (void)v;
    return edit_error(e, "There is no IGP to wait for.");
}

/* Each argument is greater than the one before. */
bool check_rising(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    (void)view;
    for (uint8_t i = 1; i < l->nparams; i++)
        if (v[i].u <= v[i - 1].u)
            return edit_error(e, "Each interval must be longer than the one before it.");
    return true;
}

bool check_listen_group(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    struct edit_scope at = edit_scope(view, l);
    bool listen = false;
    if (v[0].addr.af || !group_kind_of(e, &at, &v[0], &listen) || !listen)
        return edit_error(e, "The peer group is not for dynamic peers.");
    return true;
}

bool check_as_segment(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    (void)view;
    return arg(l, v, "begin")->u <= arg(l, v, "end")->u ||
           edit_error(e, "The last AS number is less than the first.");
}

bool check_bgp_as(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    (void)view, (void)l;
    uint32_t as = local_as(e);
    char text[16];
    return as == 0 || as == v[0].u ||
           edit_error(e, "BGP is already running. The AS is %s.", as_text(e, as, text));
}

bool check_family_group(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    struct sch_key bgp = edit_bgp_key();
    struct sch_value had[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    (void)view, (void)l;
    if (!v[0].addr.af)
        return edit_error(e, "A peer group cannot join a peer group.");
    if (!value_of(e, &bgp, LINE_BGP_PEER_GROUP, v, had, buf) || had[1].n != v[1].n ||
        memcmp(had[1].s, v[1].s, v[1].n) != 0)
        return edit_error(e, "The peer is not a member of the peer group.");
    return true;
}

bool check_physical_port(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                         const struct sch_value *v)
{
    struct sch_value name[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated;
    (void)l, (void)v;
    if (edit_get(e, view, &sch_lines[LINE_INTERFACE_INTERFACE], name, &negated, buf) &&
        (strcmp(name[0].s, "LoopBack") == 0 || strcmp(name[0].s, "NULL") == 0))
        return edit_error(e, "The interface is always up.");
    return true;
}

/* Every address of another interface of the same VPN instance, or of another line of this one, is
 * taken. */
struct taken {
    struct edit *edit;
    const struct sch_key *self, *view;
    const struct sch_value *want;
    bool hit;
};

static bool same_instance(struct edit *e, const struct sch_key *a, const struct sch_key *b)
{
    struct sch_value x[SCH_SLOTS], y[SCH_SLOTS];
    char xbuf[SCH_TEXT_MAX], ybuf[SCH_TEXT_MAX];
    bool bx = value_of(e, a, LINE_INTERFACE_IP_BINDING_VPN_INSTANCE, NULL, x, xbuf);
    bool by = value_of(e, b, LINE_INTERFACE_IP_BINDING_VPN_INSTANCE, NULL, y, ybuf);
    return bx == by && (!bx || (x[0].n == y[0].n && memcmp(x[0].s, y[0].s, x[0].n) == 0));
}

static bool look_at_address(void *p, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct taken *t = p;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if ((nkey == t->self->n && memcmp(key, t->self->b, nkey) == 0) ||
        !sch_key_place(key, nkey, &place) || place.line->feeds != FEEDS_INTERFACE_ADDRESS ||
        !sch_row_parse(place.line, text, n, v, &negated))
        return true;
    if (bgp_addr_cmp(&v[0].addr, &t->want->addr) != 0)
        return true;
    struct sch_key other = {.n = place.start[1]};
    memcpy(other.b, key, other.n);
    t->hit = same_instance(t->edit, &other, t->view);
    return !t->hit;
}

static bool address_free(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                         const struct sch_value *v)
{
    struct sch_key self = *view;
    uint8_t rank = sch_lines[LINE_INTERFACE_INTERFACE].rank;
    sch_key_add(&self, l, v);
    struct taken t = {e, &self, view, &v[0], false};
    store_scan(e->config->store, &e->cand, &rank, 1, NULL, 0, look_at_address, &t);
    return !t.hit || edit_error(e, "The address already exists.");
}

bool check_interface_address(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                             const struct sch_value *v)
{
    uint32_t a = (uint32_t)v[0].u, len = (uint32_t)v[1].u;
    uint32_t host = len >= 31 ? 1 : a & (UINT32_MAX >> len);
    if (a >> 24 == 0 || a >= 0xe0000000u || len == 0 || host == 0 ||
        (len < 31 && host == UINT32_MAX >> len))
        return edit_error(e, "The specified IP address is invalid.");
    return address_free(e, view, l, v);
}

bool check_interface_ipv6(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    static const uint8_t zero[16];
    if (!edit_has(e, view, LINE_INTERFACE_IPV6_ENABLE, NULL))
        return edit_error(e, "IPv6 is not enabled on the interface.");
    if (v[0].addr.b[0] == 0xff || memcmp(v[0].addr.b, zero, 16) == 0)
        return edit_error(e, "The specified IPv6 address is invalid.");
    return address_free(e, view, l, v);
}

bool check_ui_range(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    (void)view, (void)l;
    if (v[1].u < v[0].u)
        return edit_error(e, "The last number is smaller than the first.");
    return true;
}

/* An alias must not take a command away. */
bool check_alias_name(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    static const uint8_t views[] = {VIEW_USER, VIEW_SYSTEM, VIEW_COMMAND_ALIAS};
    struct sch_option o[256];
    char notation[2048];
    size_t word;
    (void)view, (void)l;
    for (size_t k = 0; k < sizeof views; k++) {
        size_t n = sch_options(views[k], v[0].s, v[0].n, &word, o, 256, notation, sizeof notation);
        for (size_t i = 0; i < n; i++)
            if (!o[i].param && strlen(o[i].text) == v[0].n &&
                memcmp(o[i].text, v[0].s, v[0].n) == 0)
                return edit_error(e, "The name is a command.");
    }
    return true;
}

/* Nothing that ends a name in the notation of time zones. */
bool check_zone_name(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    (void)view, (void)l;
    for (size_t i = 0; i < v[0].n; i++)
        if (!isalnum((unsigned char)v[0].s[i]) && !strchr("+-", v[0].s[i]))
            return edit_error(e, "The name of a time zone has letters, digits, + and - only.");
    return true;
}

bool check_command_words(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                         const struct sch_value *v)
{
    int where = sch_view_named(v[1].s, v[1].n);
    (void)view, (void)l;
    if (where < 0)
        return edit_error(e, "The view does not exist.");
    return sch_level_move((uint8_t)where, v[2].s, v[2].n, -1) > 0 ||
           edit_error(e, "No command of the view begins with these words.");
}
