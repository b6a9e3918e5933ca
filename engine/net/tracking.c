/* Peers whose route is watched; see tracking.h. */
#include "engine/net/tracking.h"

static bool reached(const struct peer_entry *e, const struct tracking_ops *ops)
{
    struct rtable *t = ops->table(ops->arg, e->conf.addr.vpn);
    struct bgp_addr a = e->conf.addr;
    a.vpn = 0; /* tables know their own addresses only */
    if (!t)
        return true;
    const struct rt_hop h = rtable_resolve(t, &a, RT_BY_DEFAULT);
    return h.reachable && !h.discard;
}

static void look(struct tracking *t, struct peer_entry *e, const struct tracking_ops *ops,
                 uint64_t now)
{
    e->lost = false;
    if (!e->conf.tracking || reached(e, ops)) {
        e->lost_at = 0;
        return;
    }
    if (e->lost_at == 0)
        e->lost_at = now;
    uint64_t over = e->lost_at + e->conf.tracking_delay * (uint64_t)1000;
    e->lost = now >= over;
    if (!e->lost && (t->at == 0 || over < t->at))
        t->at = over;
}

uint64_t tracking_turn(struct tracking *t, const struct peer_table *peers,
                       const struct tracking_ops *ops, uint64_t now)
{
    struct peer_entry *e, *next;
    if (t->changed || (t->at && now >= t->at)) {
        t->changed = false;
        t->at = 0;
        HASH_ITER (hh, peers->peers, e, next) {
            bool was = e->lost;
            look(t, e, ops, now);
            if (e->lost != was)
                ops->review(ops->arg, e);
        }
    }
    return t->at ? t->at : UINT64_MAX;
}
