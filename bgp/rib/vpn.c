/* Life of VPN instances; see the header. */
#include "bgp/rib/vpn.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/group.h"

static struct vpn *create(struct rib *r, uint16_t number)
{
    struct vpn *v = bgp_alloc(sizeof *v);

    v->number = number;
    rib_table_init(&v->v4, r, BGP_IPV4_UNICAST, v, &v->conf.v4.af);
    rib_table_init(&v->v6, r, BGP_IPV6_UNICAST, v, &v->conf.v6.af);
    HASH_ADD(hh, r->vpns, number, sizeof v->number, v);
    return v;
}

static void destroy(struct vpn *v)
{
    rib_table_end(&v->v4);
    rib_table_end(&v->v6);
    bgp_vpn_conf_clear(&v->conf);
    free(v);
}

static void reconsider_peers(struct bgp *b, uint16_t number)
{
    struct bgp_peer *p, *next;

    HASH_ITER (hh, b->peers, p, next)
        if (p->addr.vpn == number && !p->gone)
            bgp_peer_reconsider(p);
}

/* Routes of the table are chosen and advertised by the new settings. */
static void changed(struct rib_table *t, const struct bgp_af_conf *old)
{
    if (memcmp(old, t->conf, sizeof *old) == 0)
        return;
    rib_sweep(t);
    group_mark_source(t, NULL);
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
    changed(&v->v4, &old.v4.af);
    changed(&v->v6, &old.v6.af);
    bgp_vpn_conf_clear(&old);
    reconsider_peers(b, conf->number);
    bgp_leave(b);
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
    rib_sweep(&v->v4);
    rib_sweep(&v->v6);
    bgp_leave(b);
}

static bool empty(const struct rib_table *t)
{
    return t->dests.slab.live == 0 && !t->groups;
}

void vpn_reap(struct rib *r)
{
    struct vpn **link = &r->removed, *v;

    while ((v = *link)) {
        if (!empty(&v->v4) || !empty(&v->v6)) {
            link = &v->next;
            continue;
        }
        *link = v->next;
        destroy(v);
    }
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
