/* Life of VPN instances; see the header. */
#include "bgp/rib/vpn.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/group.h"

struct rib_table *vpn_table(struct vpn *v, enum bgp_family family)
{
    switch (family) {
    case BGP_IPV4_UNICAST:
        return &v->v4.table;
    case BGP_IPV6_UNICAST:
        return &v->v6.table;
    default:
        return NULL;
    }
}

static void init_side(struct vpn_side *s, struct rib *r, struct vpn *v, enum bgp_family family,
                      enum bgp_family net, const struct bgp_vpn_af_conf *conf)
{
    rib_table_init(&s->table, r, family, v, &conf->af);
    s->vpn = v;
    s->net = &r->tables[net];
    s->conf = conf;
    s->table.crosses = s->net->crosses = true;
}

static struct vpn *create(struct rib *r, uint16_t number)
{
    struct vpn *v = bgp_alloc(sizeof *v);

    v->number = number;
    init_side(&v->v4, r, v, BGP_IPV4_UNICAST, BGP_VPNV4, &v->conf.v4);
    init_side(&v->v6, r, v, BGP_IPV6_UNICAST, BGP_VPNV6, &v->conf.v6);
    HASH_ADD(hh, r->vpns, number, sizeof v->number, v);
    return v;
}

static void destroy(struct vpn *v)
{
    vpn_export_clear(&v->v4);
    vpn_export_clear(&v->v6);
    rib_table_end(&v->v4.table);
    rib_table_end(&v->v6.table);
    bgp_vpn_conf_clear(&v->conf);
    free(v);
}

void vpn_sweep_with(struct rib_table *t)
{
    rib_sweep(t);
    for (struct rib_table *o = t->crosses ? t->rib->all : NULL; o; o = o->next)
        if (o->crosses)
            rib_sweep(o);
}

static void reconsider_peers(struct bgp *b, uint16_t number)
{
    struct bgp_peer *p, *next;

    HASH_ITER (hh, b->peers, p, next)
        if (p->addr.vpn == number && !p->gone)
            bgp_peer_reconsider(p);
}

static bool same_targets(const struct bgp_targets *a, const struct bgp_targets *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->at, b->at, a->n * sizeof *a->at) == 0);
}

static bool same_limit(const struct bgp_vpn_limit *a, const struct bgp_vpn_limit *b)
{
    return a->most == b->most && a->percent == b->percent && a->alert_only == b->alert_only;
}

static const struct bgp_targets *imports(const struct bgp_vpn_af_conf *c)
{
    static const struct bgp_targets none;

    return c->enabled ? &c->import : &none;
}

/* What the new conf of a side means for routes; all of it is done by sweeps. */
static void changed(struct vpn_side *s, const struct bgp_vpn_af_conf *old)
{
    const struct bgp_vpn_af_conf *c = s->conf;

    if (memcmp(&old->af, &c->af, sizeof old->af) != 0) {
        rib_recheck(&s->table);
        group_review(&s->table);
    }
    if (!same_limit(&old->routes, &c->routes) || !same_limit(&old->prefixes, &c->prefixes))
        limit_conf(&s->table);
    if (!same_targets(imports(old), imports(c))) {
        vpn_unsubscribe(s, imports(old));
        vpn_subscribe(s, imports(c));
        rib_recheck(s->net);
        rib_ask_again(s->table.rib, s->net->family);
    }
    if (old->enabled != c->enabled || old->label_mode != c->label_mode ||
        memcmp(old->rd, c->rd, sizeof c->rd) != 0 || !same_targets(&old->export, &c->export)) {
        s->last_set = 0;
        rib_sweep(&s->table);
    }
}

void bgp_set_vpn(struct bgp *b, const struct bgp_vpn_conf *conf)
{
    struct vpn *v = vpn_find(b->rib, conf->number);
    struct bgp_vpn_conf old;

    if (conf->number == 0)
        return;
    bgp_enter(b);
    if (!v)
        v = create(b->rib, conf->number);
    old = v->conf;
    bgp_vpn_conf_copy(&v->conf, conf);
    rib_hold(b->rib);
    changed(&v->v4, &old.v4);
    changed(&v->v6, &old.v6);
    if (old.router_id != conf->router_id) { /* loops are told by it */
        rib_recheck(&v->v4.table);
        rib_recheck(&v->v6.table);
    }
    bgp_vpn_conf_clear(&old);
    reconsider_peers(b, conf->number);
    bgp_leave(b);
}

static void remove_side(struct vpn_side *s)
{
    vpn_unsubscribe(s, imports(s->conf));
    rib_sweep(&s->table);
    rib_recheck(s->net);
}

void bgp_remove_vpn(struct bgp *b, uint16_t number)
{
    struct rib *r = b->rib;
    struct vpn *v = vpn_find(r, number);

    if (!v)
        return;
    bgp_enter(b);
    HASH_DEL(r->vpns, v);
    v->removed = true;
    v->next = r->removed;
    r->removed = v;
    reconsider_peers(b, number);
    remove_side(&v->v4);
    remove_side(&v->v6);
    rib_wake(r);
    bgp_leave(b);
}

static bool empty(const struct vpn_side *s)
{
    return s->table.dests.slab.live == 0 && !s->table.groups && s->listed == 0;
}

/* The VPN tables are as if there had never been an instance. */
static void forget(struct rib *r)
{
    vpn_import_clear(r);
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        struct rib_table *t = &r->tables[f];

        t->crosses = false;
        rib_resize(t->into, (size_t)t->into_room * sizeof *t->into, 0);
        t->into = NULL;
        t->into_room = 0;
    }
}

void vpn_reap(struct rib *r)
{
    struct vpn **link = &r->removed, *v;
    bool some = r->removed != NULL;

    while ((v = *link)) {
        if (!empty(&v->v4) || !empty(&v->v6)) {
            link = &v->next;
            continue;
        }
        *link = v->next;
        destroy(v);
    }
    if (some && !r->removed && !r->vpns)
        forget(r);
}

void vpn_clear(struct rib *r)
{
    struct vpn *v, *next;

    HASH_ITER (hh, r->vpns, v, next) {
        HASH_DEL(r->vpns, v);
        destroy(v);
    }
    while ((v = r->removed)) {
        r->removed = v->next;
        destroy(v);
    }
}
