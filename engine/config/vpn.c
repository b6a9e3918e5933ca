/* VPN instances: what their lines must satisfy, and the lines that come and go together. */
#include <stdlib.h>
#include <string.h>

#include "engine/config/config.h"

enum { BOTH, EXPORT, IMPORT }; /* order of the words in the declaration of vpn-target */

static bool failed(struct edit *e)
{
    return edit_error(e, "%s", store_error(e->config->store));
}

static const struct sch_line *rd_line(const struct sch_line *l)
{
    return sch_line_in(l->view, LINE_VPN_INSTANCE_IPV4_ROUTE_DISTINGUISHER);
}

static struct sch_key instance_key(const struct sch_value *name)
{
    struct sch_key root = {0};
    return edit_key(&root, LINE_VPN_INSTANCE_IP_VPN_INSTANCE, name);
}

static const struct sch_value *named_vpn(const struct sch_line *l, const struct sch_value *v)
{
    for (uint8_t i = 0; i < l->nparams; i++)
        if (strcmp(l->params[i].name, "vpn") == 0)
            return &v[i];
    return v;
}

bool check_vpn_exists(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    struct sch_key root = {0};
    (void)view;
    return edit_has(e, &root, LINE_VPN_INSTANCE_IP_VPN_INSTANCE, named_vpn(l, v)) ||
           edit_error(e, "The VPN instance does not exist.");
}

/* The view of one family of an instance, in the system view and in the bgp view. */
static struct sch_key own_family(const struct sch_value *name, int8_t family)
{
    struct sch_key k = instance_key(name);
    return edit_key(&k,
                    family == BGP_IPV4_UNICAST ? LINE_VPN_INSTANCE_IPV4_IPV4_FAMILY
                                               : LINE_VPN_INSTANCE_IPV6_IPV6_FAMILY,
                    NULL);
}

static struct sch_key bgp_family(const struct sch_value *name, int8_t family)
{
    struct sch_key bgp = edit_bgp_key();
    return edit_key(&bgp,
                    family == BGP_IPV4_UNICAST ? LINE_BGP_VPN_IPV4_IPV4_FAMILY_VPN_INSTANCE
                                               : LINE_BGP_VPN_IPV6_IPV6_FAMILY_VPN_INSTANCE,
                    name);
}

bool check_vpn_ready(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    int8_t family = sch_views[l->enters - 1].family;
    struct sch_key k = own_family(&v[0], family);
    (void)view;
    return edit_has(e, &k,
                    family == BGP_IPV4_UNICAST ? LINE_VPN_INSTANCE_IPV4_ROUTE_DISTINGUISHER
                                               : LINE_VPN_INSTANCE_IPV6_ROUTE_DISTINGUISHER,
                    NULL) ||
           edit_error(e,
                      "The VPN instance does not exist or its address family is not configured.");
}

static bool stored_rd(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      struct sch_value *v)
{
    char buf[SCH_TEXT_MAX];
    bool negated;
    struct sch_key k = *view;
    l = rd_line(l);
    sch_key_add(&k, l, NULL);
    return edit_get(e, &k, l, v, &negated, buf);
}

bool check_vpn_name(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    (void)view, (void)l;
    return v[0].n != 8 || memcmp(v[0].s, "_public_", 8) != 0 ||
           edit_error(e, "The VPN instance name is reserved.");
}

bool check_rd_change(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    return !stored_rd(e, view, l, had) || had[0].u == v[0].u ||
           edit_error(e, "The route distinguisher cannot be changed. Delete it first.");
}

struct rd_search {
    const struct sch_key *self;
    int8_t family;
    uint64_t rd;
    bool hit;
};

static bool look_at_rd(void *p, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct rd_search *s = p;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if ((nkey == s->self->n && memcmp(key, s->self->b, nkey) == 0) ||
        !sch_key_place(key, nkey, &place) || place.line->feeds != FEEDS_VPN_RD ||
        sch_views[place.line->view].family != s->family ||
        !sch_row_parse(place.line, text, n, v, &negated))
        return true;
    s->hit = v[0].u == s->rd;
    return !s->hit;
}

bool check_rd_unique(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_key self = *view;
    uint8_t rank = sch_lines[LINE_VPN_INSTANCE_IP_VPN_INSTANCE].rank;
    sch_key_add(&self, l, v);
    struct rd_search s = {&self, sch_views[l->view].family, v[0].u, false};
    store_scan(e->config->store, &e->cand, &rank, 1, NULL, 0, look_at_rd, &s);
    return !s.hit || edit_error(e, "The route distinguisher is used by another VPN instance.");
}

bool check_rd_first(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    (void)v;
    return stored_rd(e, view, l, had) ||
           edit_error(e, "The route distinguisher has not been configured.");
}

/* The router ID of an instance is given or selected: what is typed last counts. */
bool then_one_router_id(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    const struct sch_line *given = sch_line_in(l->view, LINE_BGP_ROUTER_ID),
                          *selected = sch_line_in(l->view, LINE_BGP_VPN_IPV4_ROUTER_ID_AUTO_SELECT),
                          *other = l == given ? selected : given;
    (void)v;
    if (!other)
        return true;
    struct sch_key k = edit_key(view, (enum sch_line_id)(other - sch_lines), NULL);
    return store_delete(e->config->store, &e->cand, k.b, k.n) || failed(e);
}

/* "both" is stored as its two directions, each a line of its own. */
bool then_vpn_target(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value one[SCH_SLOTS] = {v[0], v[1]};
    enum sch_line_id line = (enum sch_line_id)(l - sch_lines);
    if (v[1].u != BOTH)
        return true;
    struct sch_key k = edit_key(view, line, v);
    if (!store_delete(e->config->store, &e->cand, k.b, k.n))
        return failed(e);
    for (one[1].u = EXPORT; one[1].u <= IMPORT; one[1].u++)
        if (!edit_put(e, view, line, one, false))
            return false;
    return true;
}

/* "undo vpn-target all" names none. */
bool undo_vpn_target(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value one[SCH_SLOTS] = {v[0], v[1]};
    enum sch_line_id line = (enum sch_line_id)(l - sch_lines);
    bool every = !v[1].present || v[1].u == BOTH, any = false;
    struct sch_key k = *view;
    sch_key_add_object(&k, l, v);
    if (!v[0].present && store_any(e->config->store, &e->cand, k.b, k.n))
        return store_delete_prefix(e->config->store, &e->cand, k.b, k.n) || failed(e);
    one[1].present = true;
    for (uint64_t d = EXPORT; d <= IMPORT && v[0].present; d++) {
        one[1].u = d;
        if ((!every && v[1].u != d) || !edit_has(e, view, line, one))
            continue;
        k = edit_key(view, line, one);
        any = true;
        if (!store_delete(e->config->store, &e->cand, k.b, k.n))
            return failed(e);
    }
    return any || edit_error(e, "The configuration to be deleted does not exist.");
}

/* How labels are given is always shown. */
bool then_rd_given(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                   const struct sch_value *v)
{
    const struct sch_line *label = sch_line_in(l->view, LINE_VPN_INSTANCE_IPV4_APPLY_LABEL);
    struct sch_value mode[SCH_SLOTS] = {{.present = true, .type = SCH_ENUM}};
    (void)v;
    return edit_has(e, view, (enum sch_line_id)(label - sch_lines), NULL) ||
           edit_put(e, view, (enum sch_line_id)(label - sch_lines), mode, false);
}

bool undo_apply_label(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      const struct sch_value *v)
{
    struct sch_value mode[SCH_SLOTS] = {{.present = true, .type = SCH_ENUM}};
    (void)v;
    return edit_has(e, view, (enum sch_line_id)(l - sch_lines), NULL)
               ? edit_put(e, view, (enum sch_line_id)(l - sch_lines), mode, false)
               : edit_error(e, "The configuration to be deleted does not exist.");
}

/* --- what goes with an instance or a family of it --------------------------------------------- */

static bool drop(struct edit *e, const struct sch_key *k)
{
    return store_delete_prefix(e->config->store, &e->cand, k->b, k->n) || failed(e);
}

/* The name of the instance a view of "ip vpn-instance" belongs to: behind the rank in its key. */
static struct sch_value name_in(const struct sch_key *view)
{
    const char *s = (const char *)view->b + 1;
    return (struct sch_value){.present = true, .type = SCH_STRING, .s = s, .n = strlen(s)};
}

/* Without a distinguisher the family has no targets, and nothing in BGP. */
bool undo_rd_gone(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS], name = name_in(view);
    if (!stored_rd(e, view, l, had) || (v[0].present && v[0].u != had[0].u))
        return edit_error(e, "The configuration to be deleted does not exist.");
    for (const struct sch_line *of = l; of->view == l->view && !of->enters; of++) {
        struct sch_key k = *view; /* the distinguisher and what stands behind it */
        k.b[k.n++] = of->rank;
        if (!drop(e, &k))
            return false;
    }
    struct sch_key bgp = bgp_family(&name, sch_views[l->view].family);
    return drop(e, &bgp);
}

bool undo_vpn_family_gone(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    struct sch_value name = name_in(view);
    int8_t family = sch_views[l->enters - 1].family;
    struct sch_key own = own_family(&name, family), bgp = bgp_family(&name, family);
    (void)v;
    if (!edit_has(e, view, (enum sch_line_id)(l - sch_lines), NULL))
        return edit_error(e, "The configuration to be deleted does not exist.");
    return drop(e, &own) && drop(e, &bgp);
}

/* Keys of interface views and of bindings, gathered first: rows may not change under a scan. */
struct bound {
    const struct sch_value *name;
    struct sch_key *keys;
    size_t n;
};

static bool look_at_binding(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct bound *b = arg;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if (!sch_key_place(key, nkey, &place) ||
        place.line != &sch_lines[LINE_INTERFACE_IP_BINDING_VPN_INSTANCE] ||
        !sch_row_parse(place.line, text, n, v, &negated) || v[0].n != b->name->n ||
        memcmp(v[0].s, b->name->s, v[0].n) != 0)
        return true;
    struct sch_key *grown = reallocarray(b->keys, b->n + 1, sizeof *grown);
    if (!grown)
        return false;
    b->keys = grown;
    memcpy(grown[b->n].b, key, place.start[1]);
    grown[b->n++].n = place.start[1];
    return true;
}

/* Binding and addresses of an interface. */
static bool clear_interface(struct edit *e, const struct sch_key *view, bool binding)
{
    static const enum sch_line_id lines[] = {
        LINE_INTERFACE_IP_ADDRESS, LINE_INTERFACE_IP_ADDRESS + 1, LINE_INTERFACE_IPV6_ADDRESS,
        LINE_INTERFACE_IPV6_ENABLE, LINE_INTERFACE_IP_BINDING_VPN_INSTANCE};
    for (size_t i = 0; i < sizeof lines / sizeof *lines - !binding; i++) {
        struct sch_key k = *view;
        k.b[k.n++] = sch_lines[lines[i]].rank;
        if (!drop(e, &k))
            return false;
    }
    return true;
}

bool then_interface_bound(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    (void)l, (void)v;
    return clear_interface(e, view, false);
}

bool undo_interface_bound(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                          const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    bool negated;
    struct sch_key k = edit_key(view, (enum sch_line_id)(l - sch_lines), NULL);
    if (!edit_get(e, &k, l, had, &negated, buf) || !edit_names(l, v, had, false))
        return edit_error(e, "The configuration to be deleted does not exist.");
    return clear_interface(e, view, true);
}

static bool drop_bindings(struct edit *e, const struct sch_value *name)
{
    uint8_t rank = sch_lines[LINE_INTERFACE_INTERFACE].rank;
    struct bound b = {.name = name};
    bool ok = store_scan(e->config->store, &e->cand, &rank, 1, NULL, 0, look_at_binding, &b);
    for (size_t i = 0; i < b.n && ok; i++)
        ok = clear_interface(e, &b.keys[i], true);
    free(b.keys);
    return ok || failed(e);
}

/* "undo ip vpn-instance": what refers to it goes too, in BGP, on interfaces and among the static
 * routes. */
bool undo_vpn_gone(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                   const struct sch_value *v)
{
    static const enum sch_line_id routes[] = {LINE_SYSTEM_IP_ROUTE_STATIC,
                                              LINE_SYSTEM_IPV6_ROUTE_STATIC};
    struct sch_key own = instance_key(&v[0]);
    if (!edit_has(e, view, (enum sch_line_id)(l - sch_lines), v))
        return edit_error(e, "The configuration to be deleted does not exist.");
    for (int i = 0; i < 2; i++) {
        struct sch_key bgp = bgp_family(&v[0], i ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST);
        struct sch_key statics = {.n = 1, .b = {sch_lines[routes[i]].rank}};
        statics.n = (uint16_t)(1 + sch_value_encode(&v[0], &sch_lines[routes[i]].params[0],
                                                    statics.b + 1, SCH_KEY_MAX - 1));
        if (!drop(e, &bgp) || !drop(e, &statics))
            return false;
    }
    return edit_delete_statics_into(e, &v[0]) && drop_bindings(e, &v[0]) && drop(e, &own);
}
