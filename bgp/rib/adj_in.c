/*
 * An UPDATE becomes paths (RFC 4271 9, RFC 7606).
 *
 * Everything is checked before the RIB is touched. Withdrawals come first, so that a prefix in both
 * places ends up announced. Prefixes are handled in batches: their places in the hash are asked for
 * before they are needed.
 */
#include "bgp/rib/rib.h"

#include <string.h>

#include "bgp/internal.h"
#include "bgp/wire/aspath.h"

enum {
    BATCH = 32,
    CEASE_PREFIXES = 1,
    LIMIT_PERCENT = 75,
    ALERTS = 6, /* of a session or table, in ALERTS_IN */
    ALERTS_IN = 60 * BGP_SECOND
};

struct update {
    struct bgp_update parts;
    struct bgp_attrs attrs;
    struct bgp_mp reach, unreach;
    bool has_reach, has_unreach; /* for a family in use */
    bool no_reach;               /* MP_REACH has no prefixes */
};

static bool in_use(const struct rib_session *s, enum bgp_family f)
{
    return s->tables[f] != NULL;
}

/* --- checks ----------------------------------------------------------------------------------- */

static bool read_mp(const struct rib_session *s, struct update *u, struct bgp_fault *f)
{
    enum bgp_mp_result r;

    if (bgp_attrs_seen(&u->attrs, BGP_ATTR_MP_REACH)) {
        if ((r = bgp_mp_reach_decode(u->attrs.reach, &s->rules, &u->reach)) == BGP_MP_BAD)
            return bgp_fault(f, BGP_ERR_UPDATE, BGP_UPDATE_OPTIONAL);
        u->has_reach = r == BGP_MP_OK && in_use(s, u->reach.family);
        u->no_reach = r == BGP_MP_OK && u->reach.nlri.left == 0;
    }
    if (bgp_attrs_seen(&u->attrs, BGP_ATTR_MP_UNREACH)) {
        if ((r = bgp_mp_unreach_decode(u->attrs.unreach, &u->unreach)) == BGP_MP_BAD)
            return bgp_fault(f, BGP_ERR_UPDATE, BGP_UPDATE_OPTIONAL);
        u->has_unreach = r == BGP_MP_OK && in_use(s, u->unreach.family);
    }
    return true;
}

/* The attribute that is missing for the prefixes the UPDATE announces, 0 none. */
static unsigned missing(const struct rib_session *s, const struct update *u)
{
    const struct bgp_attrs *a = &u->attrs;

    if (!bgp_attrs_seen(a, BGP_ATTR_ORIGIN))
        return BGP_ATTR_ORIGIN;
    if (!bgp_attrs_seen(a, BGP_ATTR_AS_PATH))
        return BGP_ATTR_AS_PATH;
    if (u->parts.nlri.left > 0 && !bgp_attrs_seen(a, BGP_ATTR_NEXT_HOP))
        return BGP_ATTR_NEXT_HOP;
    if (s->source->kind == SOURCE_INTERNAL && !bgp_attrs_seen(a, BGP_ATTR_LOCAL_PREF))
        return BGP_ATTR_LOCAL_PREF;
    return 0;
}

static bool first_as_wrong(const struct rib_session *s, const struct update *u)
{
    return s->source->kind == SOURCE_EXTERNAL && !s->conn->peer->conf.no_check_first_as &&
           bgp_aspath_first(u->attrs.path) != s->source->as;
}

/* The attribute for whose sake a well-formed UPDATE is a withdrawal, 0 none. */
static unsigned objection(const struct rib_session *s, const struct update *u)
{
    unsigned code = missing(s, u);

    if (code == 0 && first_as_wrong(s, u))
        code = BGP_ATTR_AS_PATH;
    if (code == 0 && u->has_reach && !bgp_next_hop_names(&u->reach.next_hop.addr))
        code = BGP_ATTR_MP_REACH;
    return code;
}

/* Judges the UPDATE as a whole; false: the session ends. */
static bool judge(struct rib_session *s, struct update *u, struct bgp_fault *f)
{
    struct bgp_attrs *a = &u->attrs;
    bool announces, mp;
    unsigned code;

    if (a->worst == BGP_END_SESSION) {
        *f = a->fault;
        return false;
    }
    if (!bgp_nlri_check(u->parts.withdrawn, BGP_IPV4_UNICAST, false) ||
        !bgp_nlri_check(u->parts.nlri, BGP_IPV4_UNICAST, false))
        return bgp_fault(f, BGP_ERR_UPDATE, BGP_UPDATE_NETWORK);
    if (!read_mp(s, u, f))
        return false;
    mp = bgp_attrs_seen(a, BGP_ATTR_MP_REACH) && !u->no_reach;
    announces = u->parts.nlri.left > 0 || mp;
    /* RFC 7606 5.2: nothing to withdraw, so the prefixes may be what the error has eaten. */
    if (a->worst == BGP_TREAT_AS_WITHDRAW && !announces && a->any)
        return bgp_fault(f, BGP_ERR_UPDATE, BGP_UPDATE_MALFORMED);
    s->discarded += a->discarded;
    if (a->discarded > 0)
        s->rib->discards.discarded[a->worst_code] += a->discarded;
    if (a->worst < BGP_TREAT_AS_WITHDRAW && announces && (code = objection(s, u)) != 0) {
        a->worst = BGP_TREAT_AS_WITHDRAW;
        a->worst_code = (uint8_t)code;
    }
    if (a->worst != BGP_TAKE)
        rib_flaw(s, a, u->has_reach ? u->reach.family : BGP_IPV4_UNICAST, u->parts.attributes,
                 u->has_reach ? u->reach.nlri : u->parts.nlri);
    return true;
}

/* --- prefixes --------------------------------------------------------------------------------- */

/* Counts the prefixes of a field that announces them as refused. */
static void refuse(struct rib_session *s, enum bgp_family family, struct bgp_cursor field,
                   enum bgp_refusal why)
{
    struct bgp_nlri n;
    uint32_t count = 0;

    while (bgp_nlri_next(&field, family, s->rules.stacks >> family & 1, &n))
        count++;
    bgp_peer_refused(s->conn->peer, family, why, count);
}

/* Towards the limit. */
static uint32_t counted(const struct rib_session *s, enum bgp_family family)
{
    const struct source *from = s->source;
    bool accepted = s->conn->peer->conf.af[family].route_limit_accepted;

    return from->paths[family] - (accepted ? from->loops[family] : 0);
}

/* What comes and goes at a limit does not fill the log. */
bool rib_alert(const struct bgp *b, struct alerts *told, const struct bgp_alert *a)
{
    if (b->now - told->since >= ALERTS_IN)
        *told = (struct alerts){.since = b->now};
    if (told->n >= ALERTS)
        return false;
    told->n++;
    if (b->ops->alert)
        b->ops->alert(b->ctx, a);
    return true;
}

/* False: not now. */
static bool alert(struct rib_session *s, enum bgp_family family, bool limit, bool over)
{
    const struct bgp *b = s->rib->b;
    const struct bgp_alert a = {.peer = &s->source->addr,
                                .family = family,
                                .limit = limit,
                                .over = over,
                                .routes = counted(s, family),
                                .most = s->conn->peer->conf.af[family].route_limit};

    return rib_alert(b, &s->alerts, &a);
}

/* Whether the threshold was passed, or it and the limit are out of sight again. */
void rib_watch_limit(struct rib_session *s, enum bgp_family family)
{
    const struct bgp_peer_af_conf *af = &s->conn->peer->conf.af[family];
    uint64_t percent = af->route_limit_percent ? af->route_limit_percent : LIMIT_PERCENT;
    uint8_t bit = (uint8_t)(1u << family);
    bool over;

    if (af->route_limit == 0)
        return;
    over = counted(s, family) * UINT64_C(100) >= af->route_limit * percent;
    if (over != ((s->warned & bit) != 0) && alert(s, family, false, over))
        s->warned ^= bit;
    if (s->full & bit && counted(s, family) < af->route_limit && alert(s, family, true, false))
        s->full ^= bit;
}

/* There are more routes than the limit of the peer. False: the session ends (RFC 4486 section 4).
 */
static bool over_limit(struct rib_session *s, enum bgp_family family, struct bgp_fault *f)
{
    const struct bgp_peer_af_conf *af = &s->conn->peer->conf.af[family];
    struct bgp_writer w;

    if (!(s->full >> family & 1) && alert(s, family, true, true))
        s->full |= (uint8_t)(1u << family);
    if (af->route_limit_alert_only)
        return true;
    s->over = (uint8_t)(family + 1);
    bgp_fault(f, BGP_ERR_CEASE, CEASE_PREFIXES);
    w = bgp_writer_on(f->data, sizeof f->data);
    bgp_put_u16(&w, bgp_family_info[family].afi);
    bgp_put_u8(&w, bgp_family_info[family].safi);
    bgp_put_u32(&w, af->route_limit);
    f->ndata = (uint8_t)bgp_written(&w);
    return false;
}

bool rib_within_limits(struct rib_session *s, struct bgp_fault *f)
{
    for (unsigned family = 0; family < BGP_FAMILIES; family++) {
        uint32_t limit = s->conn->peer->conf.af[family].route_limit;

        if (limit != 0 && counted(s, (enum bgp_family)family) > limit &&
            !over_limit(s, (enum bgp_family)family, f))
            return false;
        rib_watch_limit(s, (enum bgp_family)family);
    }
    return true;
}

/* What the prefixes of a field are announced with. */
struct taken {
    struct bgp_cursor block;
    const struct bgp_next_hop *nh;
    uint32_t set;   /* of those with one label or none */
    unsigned flags; /* of the paths */
};

/* A distinguisher that distinguishes nothing. One of an unknown type is opaque, and may be zero. */
static bool zero_rd(const uint8_t key[BGP_KEY])
{
    static const uint8_t zero[BGP_RD - 2];

    return key[0] == 0 && key[1] <= 2 && memcmp(key + 2, zero, sizeof zero) == 0;
}

/* Whether a path with these flags makes one more that counts towards a limit. */
static bool one_more(const struct rib_session *s, const struct rib_table *t,
                     const struct bgp_nlri *n, uint32_t hash, unsigned flags)
{
    const struct bgp_peer_af_conf *af = &s->conn->peer->conf.af[t->family];
    unsigned free = af->route_limit_accepted ? PATH_LOOP : 0;

    return af->route_limit != 0 && !(flags & free) &&
           !path_exists(t, dest_find(&t->dests, n->key, n->len, hash), s->source, free);
}

static bool announce(struct rib_session *s, struct rib_table *t, const struct bgp_nlri *n,
                     uint32_t hash, const struct taken *what, struct bgp_fault *f)
{
    const uint32_t limit = s->conn->peer->conf.af[t->family].route_limit;
    uint32_t dest, set = what->set;

    if (bgp_family_info[t->family].vpn && zero_rd(n->key)) {
        bgp_peer_refused(s->conn->peer, t->family, BGP_REFUSED_ZERO_RD, 1);
        return true;
    }
    if (one_more(s, t, n, hash, what->flags) && counted(s, t->family) >= limit) {
        if (!over_limit(s, t->family, f))
            return false;
        bgp_peer_refused(s->conn->peer, t->family, BGP_REFUSED_LIMIT, 1);
        return true;
    }
    dest = dest_take(t, n->key, n->len, hash);
    if (n->stack.left > 0)
        set = rib_get_set(t->rib, what->block, n->stack, what->nh);
    else
        attrset_hold(&t->rib->sets, set, 1);
    path_set(t, dest, s->source, set, n->label, what->flags);
    return true;
}

/* Announces the prefixes of a field, or withdraws them when what is NULL. reach: they stand where
 * prefixes are announced. */
static bool apply(struct rib_session *s, enum bgp_family family, struct bgp_cursor field,
                  bool reach, const struct taken *what, struct bgp_fault *f)
{
    struct rib_table *t = s->tables[family];
    bool stacks = reach && s->rules.stacks >> family & 1;
    struct bgp_nlri n[BATCH];
    uint32_t hash[BATCH], dest;
    unsigned k;

    do {
        for (k = 0; k < BATCH && bgp_nlri_next(&field, family, stacks, &n[k]); k++) {
            hash[k] = dest_hash(&t->dests, n[k].key, n[k].len);
            dest_prefetch_slot(&t->dests, hash[k]);
        }
        for (unsigned i = 0; i < k; i++)
            dest_prefetch_record(&t->dests, hash[i]);
        for (unsigned i = 0; i < k; i++) {
            if (what) {
                if (!announce(s, t, &n[i], hash[i], what, f))
                    return false;
            } else if ((dest = dest_find(&t->dests, n[i].key, n[i].len, hash[i])) != 0) {
                path_remove(t, dest, s->source);
            }
        }
    } while (k == BATCH);
    return true;
}

/* With accept-prefix routes that are refused do not count for the limit, but fill memory like
 * others: no more of them than of those are kept. The peer is asked for them when they may no
 * longer be refused. */
static bool too_many_refused(const struct rib_session *s, enum bgp_family family, unsigned flags)
{
    const struct bgp_peer_af_conf *af = &s->conn->peer->conf.af[family];

    return flags & PATH_LOOP && af->route_limit != 0 && af->route_limit_accepted &&
           s->source->loops[family] >= af->route_limit;
}

/* Announces a field whose next hop is nh, which is in the scope of the peer. */
static bool take(struct rib_session *s, const struct update *u, enum bgp_family family,
                 struct bgp_cursor field, struct bgp_next_hop *nh, struct bgp_fault *f)
{
    struct taken what = {.block = rib_intake(s, family, u->attrs.block), .nh = nh};
    enum bgp_refusal why;
    bool ok, dropped;

    nh->addr.vpn = s->source->addr.vpn;
    what.set = rib_get_set(s->rib, what.block, rib_no_stack(), nh);
    what.flags = rib_refusals(s, family, what.set, &why);
    dropped = rib_drops(s, family, what.flags);
    if (what.flags & PATH_LOOP && !dropped)
        refuse(s, family, field, why);
    dropped |= too_many_refused(s, family, what.flags);
    if (dropped)
        s->dropped |= (uint8_t)(1u << family);
    ok = apply(s, family, field, true, dropped ? NULL : &what, f);
    rib_drop_set(s->rib, what.set);
    return ok;
}

/* What an attribute is wrong of counts as withdrawn. */
static void refuse_bad(struct rib_session *s, enum bgp_family family, struct bgp_cursor field,
                       struct bgp_fault *f)
{
    refuse(s, family, field, BGP_REFUSED_ATTRIBUTE);
    apply(s, family, field, true, NULL, f);
}

/* --- the UPDATE ------------------------------------------------------------------------------- */

static void note_end_of_rib(struct rib_session *s, const struct update *u)
{
    if (u->parts.withdrawn.left > 0 || u->parts.nlri.left > 0)
        return;
    if (u->attrs.any && !bgp_attrs_seen(&u->attrs, BGP_ATTR_MP_REACH) &&
        !bgp_attrs_seen(&u->attrs, BGP_ATTR_MP_UNREACH))
        bgp_peer_refused(s->conn->peer, BGP_IPV4_UNICAST, BGP_REFUSED_NO_PREFIX, 1);
    if (u->parts.attributes.left == 0)
        s->eor_in |= 1u << BGP_IPV4_UNICAST;
    else if (u->has_unreach && !u->attrs.any && u->unreach.nlri.left == 0)
        s->eor_in |= (uint8_t)(1u << u->unreach.family);
}

static bool update(struct rib_session *s, struct bgp_cursor body, struct bgp_fault *f)
{
    struct update u;
    struct bgp_next_hop nh;
    bool withdraw;

    if (!bgp_update_split(body, &u.parts, f))
        return false;
    u.has_reach = u.has_unreach = u.no_reach = false;
    bgp_attrs_decode(u.parts.attributes, s->source->kind == SOURCE_EXTERNAL, s->conn->as4,
                     s->rib->scratch, RIB_SCRATCH, &u.attrs);
    if (!judge(s, &u, f))
        return false;
    note_end_of_rib(s, &u);
    withdraw = u.attrs.worst == BGP_TREAT_AS_WITHDRAW;
    if (u.parts.withdrawn.left > 0 && in_use(s, BGP_IPV4_UNICAST))
        apply(s, BGP_IPV4_UNICAST, u.parts.withdrawn, false, NULL, f);
    if (u.has_unreach)
        apply(s, u.unreach.family, u.unreach.nlri, false, NULL, f);
    if (u.parts.nlri.left > 0 && in_use(s, BGP_IPV4_UNICAST)) {
        memset(&nh, 0, sizeof nh);
        nh.addr.af = 4;
        memcpy(nh.addr.b, u.attrs.next_hop, 4);
        if (withdraw)
            refuse_bad(s, BGP_IPV4_UNICAST, u.parts.nlri, f);
        else if (!take(s, &u, BGP_IPV4_UNICAST, u.parts.nlri, &nh, f))
            return false;
    }
    if (u.has_reach && withdraw)
        refuse_bad(s, u.reach.family, u.reach.nlri, f);
    else if (u.has_reach)
        return take(s, &u, u.reach.family, u.reach.nlri, &u.reach.next_hop, f);
    return true;
}

void rib_watch_limits(struct rib_session *s)
{
    for (unsigned family = 0; family < BGP_FAMILIES; family++)
        rib_watch_limit(s, (enum bgp_family)family);
}

bool rib_update(struct rib_session *s, struct bgp_cursor body, struct bgp_fault *f)
{
    if (!update(s, body, f))
        return false;
    rib_watch_limits(s);
    return true;
}
