/*
 * Writing UPDATEs: prefixes of one attribute set after another into as few messages as possible.
 *
 * Messages are gathered in one buffer and handed to each connection in one piece. IPv4 unicast uses
 * the fields of RFC 4271, unless IPv6 next hops were agreed for it (RFC 8950); that and everything
 * else uses MP_REACH_NLRI, which is the first attribute (RFC 7606 5.1). A message is longer than
 * 4096 octets only when the attributes leave no other way and the peer agreed (RFC 8654).
 */
#include "bgp/rib/group.h"

#include <string.h>

#include "bgp/internal.h"
#include "bgp/wire/aspath.h"

enum {
    MP_HEAD = 4 + 3 + 1 + 48 + 1, /* attribute header, AFI, SAFI, longest next hop, reserved */
    FIXED = BGP_HEADER + 4,
    BATCH_MESSAGES = 0x10000
};

void packer_begin(struct packer *p, struct rib_group *g, struct rib_member *only)
{
    *p = (struct packer){.g = g, .only = only};
}

static bool plain(const struct packer *p)
{
    return p->g->table->family == BGP_IPV4_UNICAST && !p->g->policy.hop6;
}

/* --- attributes ------------------------------------------------------------------------------- */

/* For an old peer: two-octet forms, the real ones beside them (RFC 6793 4.2.2). */
static void put_narrow(struct bgp_writer *w, const struct bgp_attr *a)
{
    uint8_t bytes[BGP_BLOCK_MAX];
    struct bgp_writer narrow = bgp_writer_on(bytes, sizeof bytes);

    if (a->code == BGP_ATTR_AS_PATH) {
        bgp_aspath_narrow(a->value, &narrow);
        bgp_attr_put(w, a->flags, a->code, bytes, bgp_written(&narrow));
    } else if (a->code == BGP_ATTR_AGGREGATOR) {
        struct bgp_cursor v = a->value;
        uint32_t as = bgp_get_u32(&v);

        bgp_put_u16(&narrow, as > UINT16_MAX ? BGP_AS_TRANS : (unsigned)as);
        bgp_put_bytes(&narrow, v.at, v.left);
        bgp_attr_put(w, a->flags, a->code, bytes, bgp_written(&narrow));
    } else {
        bgp_attr_put(w, a->flags, a->code, a->value.at, a->value.left);
    }
}

static void put_as4(struct bgp_writer *w, const struct attrset *a)
{
    struct bgp_attr at;
    struct bgp_cursor v;

    if (bgp_attr_find(attrset_block(a), BGP_ATTR_AS_PATH, &at) && bgp_aspath_wide(at.value))
        bgp_attr_put(w, BGP_ATTR_OPTIONAL | BGP_ATTR_TRANSITIVE, BGP_ATTR_AS4_PATH, at.value.at,
                     at.value.left);
    if (bgp_attr_find(attrset_block(a), BGP_ATTR_AGGREGATOR, &at)) {
        v = at.value;
        if (bgp_get_u32(&v) > UINT16_MAX)
            bgp_attr_put(w, BGP_ATTR_OPTIONAL | BGP_ATTR_TRANSITIVE, BGP_ATTR_AS4_AGGREGATOR,
                         at.value.at, at.value.left);
    }
}

static void put_part(struct bgp_writer *w, const struct packer *p, struct bgp_cursor part)
{
    struct bgp_attr a;

    if (p->g->policy.as4) {
        bgp_put_bytes(w, part.at, part.left);
        return;
    }
    while (bgp_attr_next(&part, &a))
        put_narrow(w, &a);
}

static const struct bgp_next_hop *next_hop(const struct packer *p, const struct attrset *a)
{
    return &next_hop_at(&p->g->table->rib->next_hops, a->next_hop)->nh;
}

/* Fills rib->attrs with all attributes of the set but MP_REACH. */
static void prepare(struct packer *p, uint32_t set)
{
    struct rib *r = p->g->table->rib;
    const struct attrset *a = attrset_at(&r->sets, set);
    struct bgp_writer w = bgp_writer_on(r->attrs, 2 * BGP_BLOCK_MAX);

    put_part(&w, p, bgp_cursor_on(a->block, a->split));
    if (plain(p))
        bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_NEXT_HOP, next_hop(p, a)->addr.b, 4);
    put_part(&w, p, bgp_cursor_on(a->block + a->split, (size_t)(a->len - a->split)));
    if (!p->g->policy.as4)
        put_as4(&w, a);
    p->nattrs = bgp_written(&w);
    p->stack = attrset_stack(a);
    p->too_long = w.full;
}

/* --- messages --------------------------------------------------------------------------------- */

static void put_at(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Completes the message being built. */
static void finish(struct packer *p)
{
    struct rib *r = p->g->table->rib;
    struct bgp_writer *w = &p->w;
    size_t field;

    if (!p->open)
        return;
    p->open = false;
    if (!plain(p)) {
        put_at(w->start + p->nlri_at, bgp_written(w) - p->nlri_at - 2);
        if (p->set != 0)
            bgp_put_bytes(w, r->attrs, p->nattrs);
        field = BGP_HEADER + 2;
        put_at(w->start + field, bgp_written(w) - field - 2);
    } else if (p->set == 0) {
        put_at(w->start + BGP_HEADER, bgp_written(w) - BGP_HEADER - 2);
        bgp_put_u16(w, 0);
    }
    p->len += bgp_frame_end(w);
    p->messages++;
}

static void send_to(const struct packer *p, const struct rib_member *m)
{
    bgp_conn_send_updates(m->session->conn, p->g->table->rib->out, p->len, p->messages);
    p->g->sent += p->messages;
}

void packer_flush(struct packer *p)
{
    uint64_t before;

    finish(p);
    if (p->messages == 0)
        return;
    before = p->g->sent;
    if (p->only)
        send_to(p, p->only);
    for (struct rib_member *m = p->g->members; m && !p->only; m = m->next)
        if (!m->lag && m != p->except)
            send_to(p, m);
    if (p->g->sent != before) /* a route of the only member goes to nobody */
        p->g->formatted += p->messages;
    p->len = 0;
    p->messages = 0;
}

/* The length a message may have; 0: the set fits into none. */
static size_t limit_for(const struct packer *p)
{
    size_t need = FIXED + p->nattrs + (plain(p) ? 0 : MP_HEAD) + BGP_NLRI_LONGEST + p->stack.left;

    if (p->set == 0 || need <= BGP_LONGEST)
        return BGP_LONGEST;
    return p->g->policy.extended && need <= BGP_EXTENDED ? BGP_EXTENDED : 0;
}

static void start_mp(struct packer *p)
{
    struct rib *r = p->g->table->rib;
    const struct bgp_family_info *f = &bgp_family_info[p->g->table->family];
    struct bgp_writer *w = &p->w;

    bgp_put_u16(w, 0);
    bgp_put_u16(w, 0);
    bgp_put_u8(w, BGP_ATTR_OPTIONAL | BGP_ATTR_LONG);
    bgp_put_u8(w, p->set ? BGP_ATTR_MP_REACH : BGP_ATTR_MP_UNREACH);
    p->nlri_at = bgp_written(w);
    bgp_put_u16(w, 0);
    if (p->set != 0) {
        bgp_mp_reach_head(w, p->g->table->family, next_hop(p, attrset_at(&r->sets, p->set)));
    } else {
        bgp_put_u16(w, f->afi);
        bgp_put_u8(w, f->safi);
    }
}

static void start(struct packer *p)
{
    struct rib *r = p->g->table->rib;
    struct bgp_writer *w = &p->w;

    *w = bgp_writer_on(r->out + p->len, RIB_OUT - p->len);
    bgp_frame_begin(w, BGP_UPDATE);
    p->open = true;
    if (!plain(p)) {
        start_mp(p);
    } else if (p->set == 0) {
        bgp_put_u16(w, 0);
    } else {
        bgp_put_u16(w, 0);
        bgp_put_u16(w, (unsigned)p->nattrs);
        bgp_put_bytes(w, r->attrs, p->nattrs);
    }
}

/* What finish() will add. */
static size_t tail(const struct packer *p)
{
    if (p->set == 0)
        return 2;
    return plain(p) ? 0 : p->nattrs;
}

bool packer_add(struct packer *p, uint32_t dest, uint32_t set, uint32_t label,
                struct rib_member *except)
{
    const struct rib_table *t = p->g->table;
    const struct dest *d = dest_at(&t->dests, dest);

    if (except != p->except && (p->messages > 0 || p->open))
        packer_flush(p);
    p->except = except;
    if (p->open && p->set != set)
        finish(p);
    if (!p->open) {
        if (set != 0 && (p->set != set || p->nattrs == 0))
            prepare(p, set);
        p->set = set;
        p->limit = p->too_long && set ? 0 : limit_for(p);
        if (p->limit == 0)
            return false;
        if (p->len + p->limit > RIB_OUT)
            packer_flush(p);
        start(p);
    }
    if (bgp_written(&p->w) + BGP_NLRI_LONGEST + p->stack.left + tail(p) > p->limit) {
        finish(p);
        if (p->len + p->limit > RIB_OUT)
            packer_flush(p);
        start(p);
    }
    bgp_nlri_put(&p->w, t->family, d->key, d->len, label, set ? p->stack : rib_no_stack());
    return true;
}
