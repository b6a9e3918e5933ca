/*
 * Static routes in the configuration: what a line must satisfy, its undo, and the model's list that
 * plans carry to the speaker. Called through the hook tables of checks.c, peers.c and model.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

/* Both lines, "ip route-static" and "ipv6 route-static", have the same arguments. */
enum { VPN, DEST, LEN, INTERFACE, NEXTHOP, INTO, PREFERENCE, TAG, WAY, USE };
enum { PERMANENT, INHERIT };       /* ways, in the order of their words */
enum { NO_ADVERTISE, NO_INSTALL }; /* uses */

static bool is_null(const struct sch_value *ifname)
{
    return ifname->present && ifname->n == 4 && memcmp(ifname->s, "NULL", 4) == 0;
}

static bool forwards_to(const struct bgp_addr *a)
{
    static const struct bgp_addr none4 = {.af = 4}, none6 = {.af = 6},
                                 loopback6 = {.af = 6, .b = {[15] = 1}};
    if (a->af == 4)
        return a->b[0] != 127 && a->b[0] < 224 && bgp_addr_cmp(a, &none4) != 0;
    return a->b[0] != 0xff && bgp_addr_cmp(a, &none6) != 0 && bgp_addr_cmp(a, &loopback6) != 0;
}

bool check_static_route(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    const struct sch_value *nh = &v[NEXTHOP], *interface = &v[INTERFACE], *into = &v[INTO];
    if (v[VPN].present && !edit_checks[CHECK_VPN_EXISTS](e, view, l, v))
        return false;
    if (into->present && !edit_has(e, view, LINE_VPN_INSTANCE_IP_VPN_INSTANCE, into))
        return edit_error(e, "The VPN instance does not exist.");
    if (into->present && v[VPN].n == into->n && memcmp(v[VPN].s, into->s, into->n) == 0)
        return edit_error(e, "The next hop is in the VPN instance of the route.");
    if (v[DEST].addr.b[0] == (v[DEST].addr.af == 4 ? 127 : 0xff) ||
        (v[DEST].addr.af == 4 && v[DEST].addr.b[0] >= 224))
        return edit_error(e, "The destination address is invalid.");
    if (nh->present && is_null(interface))
        return edit_error(e, "A route to the NULL interface has no next hop.");
    if (nh->present && !forwards_to(&nh->addr))
        return edit_error(e, "The next hop address is invalid.");
    if (nh->present && !interface->present && nh->addr.b[0] == 0xfe &&
        (nh->addr.b[1] & 0xc0) == 0x80 && nh->addr.af == 6)
        return edit_error(e, "A link-local next hop needs an outgoing interface.");
    return true;
}

/* --- undo ------------------------------------------------------------------------------------ */

/* Collects the keys first: rows may not change under a scan. */
struct hits {
    const struct sch_line *line;
    const struct sch_value *typed;
    struct sch_key *keys;
    size_t n;
    bool failed;
};

static bool keep(struct hits *h, const uint8_t *key, size_t nkey)
{
    struct sch_key *grown = reallocarray(h->keys, h->n + 1, sizeof *h->keys);
    if (!grown)
        return !(h->failed = true);
    h->keys = grown;
    memcpy(h->keys[h->n].b, key, nkey);
    h->keys[h->n++].n = (uint16_t)nkey;
    return true;
}

static bool collect(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct hits *h = arg;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if (!sch_row_parse(h->line, text, n, v, &negated) || !edit_names(h->line, h->typed, v, true))
        return true;
    return keep(h, key, nkey);
}

static bool collect_into(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct hits *h = arg;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if (!sch_row_parse(h->line, text, n, v, &negated) || !v[INTO].present ||
        v[INTO].n != h->typed->n || memcmp(v[INTO].s, h->typed->s, v[INTO].n) != 0)
        return true;
    return keep(h, key, nkey);
}

static bool drop_hits(struct edit *e, struct hits *h, bool ok)
{
    for (size_t i = 0; i < h->n && ok; i++)
        ok = store_delete(e->config->store, &e->cand, h->keys[i].b, h->keys[i].n);
    free(h->keys);
    return ok && !h->failed;
}

bool edit_delete_statics_into(struct edit *e, const struct sch_value *name)
{
    static const enum sch_line_id lines[] = {LINE_SYSTEM_IP_ROUTE_STATIC,
                                             LINE_SYSTEM_IPV6_ROUTE_STATIC};
    for (int i = 0; i < 2; i++) {
        struct hits h = {.line = &sch_lines[lines[i]], .typed = name};
        uint8_t rank = h.line->rank;
        bool ok = store_scan(e->config->store, &e->cand, &rank, 1, NULL, 0, collect_into, &h);
        if (!drop_hits(e, &h, ok))
            return edit_error(e, "%s", store_error(e->config->store));
    }
    return true;
}

/* Every route to the destination that has what the line names; "all": every route. */
bool undo_static_routes(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    struct store *s = e->config->store;
    struct sch_key k = *view;
    sch_key_add_object(&k, l, v);
    k.n = (uint16_t)(k.n + sch_value_encode(&v[VPN], &l->params[VPN], k.b + k.n,
                                            (size_t)(SCH_KEY_MAX - k.n)));
    if (!v[DEST].present)
        return (store_any(s, &e->cand, k.b, k.n) && store_delete_prefix(s, &e->cand, k.b, k.n)) ||
               edit_error(e, "The static route does not exist.");
    for (uint8_t i = DEST; i <= LEN; i++)
        k.n = (uint16_t)(k.n + sch_value_encode(&v[i], &l->params[i], k.b + k.n,
                                                (size_t)(SCH_KEY_MAX - k.n)));
    struct hits h = {.line = l, .typed = v};
    if (!drop_hits(e, &h, store_scan(s, &e->cand, k.b, k.n, NULL, 0, collect, &h)))
        return edit_error(e, "%s", store_error(s));
    return h.n > 0 || edit_error(e, "The static route does not exist.");
}

/* --- the model ------------------------------------------------------------------------------- */

static struct model_vpn *instance(struct model *m, const struct sch_value *v)
{
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)v->n, v->n ? v->s : "");
    return *name ? model_vpn(m, name) : NULL;
}

static void route_of(const struct sch_line *l, const struct sch_value *v, struct speaker_static *r)
{
    memset(r, 0, sizeof *r);
    r->net = v[DEST].addr;
    r->len = (uint8_t)v[LEN].u;
    r->nexthop = v[NEXTHOP].present ? v[NEXTHOP].addr : (struct bgp_addr){0};
    if (v[INTERFACE].present)
        sch_value_text(&v[INTERFACE], &l->params[INTERFACE], true, r->ifname, sizeof r->ifname);
    r->discard = is_null(&v[INTERFACE]);
    r->preference = v[PREFERENCE].present ? (uint8_t)v[PREFERENCE].u : 60;
    r->tag = v[TAG].present ? (uint32_t)v[TAG].u : 0;
    r->permanent = v[WAY].present && v[WAY].u == PERMANENT;
    r->inherit = v[WAY].present && v[WAY].u == INHERIT;
    r->silent = v[USE].present && v[USE].u == NO_ADVERTISE;
    r->fibless = v[USE].present && v[USE].u == NO_INSTALL;
}

void model_static(struct model *m, const uint8_t *key, size_t nkey, const struct sch_line *l,
                  const struct sch_value *v, bool added)
{
    struct model_static *s;
    m->statics_dirty = true;
    HASH_FIND(hh, m->statics, key, nkey, s);
    if (!added) {
        if (s)
            HASH_DEL(m->statics, s);
        free(s);
        return;
    }
    if (!s) {
        s = calloc(1, sizeof *s + nkey);
        if (!s)
            abort(); /* a commit cannot be half applied */
        memcpy(s->key, key, nkey);
        HASH_ADD_KEYPTR(hh, m->statics, s->key, nkey, s);
    }
    s->vpn = instance(m, &v[VPN]);
    s->into = instance(m, &v[INTO]);
    route_of(l, v, &s->route);
}

void model_plan_statics(const struct model *m, struct speaker_plan *plan)
{
    size_t n = HASH_COUNT(m->statics);
    plan->statics_changed = true;
    plan->statics = n ? reallocarray(NULL, n, sizeof *plan->statics) : NULL;
    if (n && !plan->statics)
        abort();
    for (const struct model_static *s = m->statics; s; s = s->hh.next) {
        struct speaker_static *r = &plan->statics[plan->nstatics++];
        *r = s->route;
        r->vpn = s->vpn ? s->vpn->number : 0;
        r->into = s->into ? s->into->number : 0;
    }
}
