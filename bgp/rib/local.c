/*
 * Routes of our own and what the engine tells the RIB: origination, next hops, refreshes.
 */
#include "bgp/internal.h"
#include "bgp/rib/rib.h"

#include <string.h>

bool rib_key(enum bgp_family family, const struct bgp_prefix *p, uint8_t key[BGP_KEY])
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    unsigned rd = f->vpn ? (unsigned)BGP_RD : 0u, whole = p->len / 8u;

    if (p->addr.af != (f->octets == 4 ? 4 : 6) || p->len > f->octets * 8)
        return false;
    memset(key, 0, BGP_KEY);
    memcpy(key, p->rd, rd);
    memcpy(key + rd, p->addr.b, whole);
    if (p->len % 8)
        key[rd + whole] = (uint8_t)(p->addr.b[whole] & 0xff00u >> p->len % 8);
    return true;
}

/* Builds the canonical block: what the kind says and what the caller adds. */
static bool build(struct rib *r, enum bgp_route_kind kind, const struct bgp_local_route *route,
                  struct bgp_attrs *out)
{
    uint8_t field[BGP_LONGEST];
    struct bgp_writer w = bgp_writer_on(field, sizeof field);
    uint8_t origin = kind == BGP_ROUTE_IMPORT ? 2 : 0;

    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ORIGIN, &origin, 1);
    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_AS_PATH, NULL, 0);
    if (route->has_med)
        bgp_attr_put_u32(&w, BGP_ATTR_OPTIONAL, BGP_ATTR_MED, route->med);
    bgp_put_bytes(&w, route->attrs, route->nattrs);
    if (w.full)
        return false;
    bgp_attrs_decode(bgp_cursor_on(field, bgp_written(&w)), false, true, r->scratch, RIB_SCRATCH,
                     out);
    return out->worst == BGP_TAKE;
}

static bool local_kind(enum bgp_route_kind kind)
{
    return kind >= BGP_ROUTE_AGGREGATE && kind < BGP_ROUTE_EXTERNAL;
}

bool bgp_originate(struct bgp *b, enum bgp_family family, const struct bgp_prefix *prefix,
                   enum bgp_route_kind kind, const struct bgp_local_route *route)
{
    struct rib *r = b->rib;
    struct rib_table *t = rib_table(r, prefix->addr.vpn, family);
    struct bgp_next_hop nh;
    struct bgp_attrs attrs;
    uint8_t key[BGP_KEY];
    uint32_t dest;

    if (!t || !local_kind(kind) || !rib_key(family, prefix, key))
        return false;
    bgp_enter(b);
    if (!build(r, kind, route, &attrs))
        return false;
    memset(&nh, 0, sizeof nh);
    nh.addr = route->next_hop;
    nh.addr.vpn = nh.addr.af ? prefix->addr.vpn : 0;
    dest = dest_take(t, key, prefix->len, dest_hash(&t->dests, key, prefix->len));
    path_set(t, dest, rib_source(r, kind), rib_get_set(r, attrs.block, rib_no_stack(), &nh),
             route->label << 4 | 1, 0);
    bgp_leave(b);
    return true;
}

bool bgp_withdraw_local(struct bgp *b, enum bgp_family family, const struct bgp_prefix *prefix,
                        enum bgp_route_kind kind)
{
    struct rib_table *t = rib_table(b->rib, prefix->addr.vpn, family);
    uint8_t key[BGP_KEY];
    uint32_t dest;

    if (!t || !local_kind(kind) || !rib_key(family, prefix, key))
        return false;
    bgp_enter(b);
    dest = dest_find(&t->dests, key, prefix->len, dest_hash(&t->dests, key, prefix->len));
    return dest != 0 && path_remove(t, dest, rib_source(b->rib, kind));
}

void bgp_watch_next_hops(struct bgp *b,
                         void (*fn)(void *arg, const struct bgp_addr *addr, bool wanted,
                                    struct bgp_hop *hop),
                         void *arg)
{
    b->rib->watch = fn;
    b->rib->watch_arg = arg;
}

void bgp_set_next_hop(struct bgp *b, const struct bgp_addr *addr, enum bgp_reach reach,
                      uint32_t cost)
{
    struct hop_addr *a = next_hop_addr(&b->rib->next_hops, addr);

    if (!a || (a->hop.reach == reach && a->hop.cost == cost))
        return;
    bgp_enter(b);
    a->hop = (struct bgp_hop){.reach = reach, .cost = cost};
    for (struct rib_table *t = b->rib->all; t; t = t->next)
        rib_sweep(t);
    bgp_leave(b);
}

bool bgp_refresh_in(struct bgp *b, const struct bgp_addr *peer, unsigned families)
{
    struct bgp_peer *p;

    bgp_enter(b);
    p = bgp_find(b, peer);
    if (!p || !p->routes || !p->conn->refresh)
        return false;
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (rib_keeps_all(p->routes, (enum bgp_family)f))
            families &= ~(1u << f);
    bgp_conn_send_refresh(p->conn, families);
    return true;
}

bool bgp_refresh_out(struct bgp *b, const struct bgp_addr *peer, unsigned families)
{
    struct bgp_peer *p;

    bgp_enter(b);
    p = bgp_find(b, peer);
    if (!p || !p->routes)
        return false;
    rib_resend(p->routes, families);
    return true;
}

void bgp_discards(const struct bgp *b, struct bgp_discard_counts *out)
{
    *out = b->rib->discards;
}

const char *bgp_attribute_name(unsigned code)
{
    return bgp_attr_name(code);
}
