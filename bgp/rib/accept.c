/*
 * Which of the paths received are kept but never chosen (RFC 4271 9.1.2, RFC 4456 section 8), and
 * which are not kept.
 *
 * The answer depends on the attribute set and on settings that may change while the session is up:
 * it is given when a path comes, and again by the sweep that follows such a change (rib_recheck),
 * so that nobody has to be asked to send anything again.
 */
#include "bgp/internal.h"
#include "bgp/rib/vpn.h"
#include "bgp/wire/aspath.h"

static bool in_clusters(struct bgp_cursor list, uint32_t cluster)
{
    while (list.left > 0)
        if (bgp_get_u32(&list) == cluster)
            return true;
    return false;
}

/* Our AS more often than allowed, our router id or our cluster: the route has been here. */
static bool looped(const struct rib_session *s, enum bgp_family f, const struct attrset *a,
                   enum bgp_refusal *why)
{
    const struct bgp_conf *conf = &s->rib->b->conf;
    unsigned allowed = s->conn->peer->conf.af[f].allow_as_loop;
    struct bgp_cursor block = attrset_block(a);
    struct bgp_attr path;

    *why = BGP_REFUSED_AS_LOOP;
    if (bgp_attr_find(block, BGP_ATTR_AS_PATH, &path)) {
        if (bgp_aspath_count(path.value, conf->as) > allowed)
            return true;
        if (s->conn->ours.as != conf->as &&
            bgp_aspath_count(path.value, s->conn->ours.as) > allowed + s->conn->peer->conf.fake_in)
            return true;
    }
    *why = BGP_REFUSED_ORIGINATOR;
    if (a->facts & SET_ORIGINATOR && attrset_originator(a, 0) == rib_router_id(s->tables[f]))
        return true;
    *why = BGP_REFUSED_CLUSTER;
    return in_clusters(attrset_clusters(a), rib_cluster(s->tables[f]));
}

/* "policy vpn-target": VPN routes that no instance imports are of no use here. */
static bool unwanted(const struct rib_session *s, enum bgp_family f, const struct attrset *a)
{
    return bgp_family_info[f].vpn && !s->tables[f]->conf->no_vpn_target &&
           !vpn_wanted(s->rib, f, attrset_block(a));
}

bool rib_keeps_all(const struct rib_session *s, enum bgp_family family)
{
    return s->rib->b->conf.keep_all_routes || s->conn->peer->conf.af[family].keep_all_routes;
}

bool rib_drops(const struct rib_session *s, enum bgp_family family, unsigned flags)
{
    return flags & PATH_UNWANTED && s->conn->refresh && !rib_keeps_all(s, family);
}

void rib_ask_again(struct rib *r, enum bgp_family family)
{
    for (uint32_t i = 1; i < r->nsources; i++) {
        struct rib_session *s = r->sources[i] ? r->sources[i]->session : NULL;

        if (!s || !(s->dropped >> family & 1))
            continue;
        s->dropped &= (uint8_t) ~(1u << family);
        bgp_conn_send_refresh(s->conn, 1u << family);
    }
}

unsigned rib_refusals(const struct rib_session *s, enum bgp_family family, uint32_t set,
                      enum bgp_refusal *why)
{
    const struct rib *r = s->rib;
    const struct attrset *a = attrset_at(&r->sets, set);
    unsigned limit = r->b->conf.as_path_limit, flags = 0;

    if (looped(s, family, a, why)) {
        flags = PATH_LOOP;
    } else if (limit != 0 && a->path_length > limit) {
        *why = BGP_REFUSED_PATH_LIMIT;
        flags = PATH_LOOP | PATH_LONG;
    }
    if (bgp_addr_cmp(&next_hop_at(&r->next_hops, a->next_hop)->nh.addr, &s->conn->local) == 0)
        flags |= PATH_OWN;
    if (unwanted(s, family, a))
        flags |= PATH_UNWANTED;
    return flags;
}
