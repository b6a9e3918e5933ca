/* The table of path attributes and the decoder it drives; see the header for what is canonical. */
#include "bgp/wire/attr.h"

#include <string.h>

#include "bgp/wire/aspath.h"
#include "bgp/wire/mp.h"

enum {
    WELL_KNOWN = BGP_ATTR_TRANSITIVE,
    OPTIONAL = BGP_ATTR_OPTIONAL,
    BOTH = BGP_ATTR_OPTIONAL | BGP_ATTR_TRANSITIVE,
    LARGE = 12,         /* octets of a large community */
    DEDUPE_LARGE = 512, /* longer lists are carried as they are: comparing all pairs costs */
};

struct walk; /* a decoder at work */

/* Where an attribute goes. */
enum place {
    TO_BLOCK,  /* canonical block */
    TO_CALLER, /* bgp_attrs */
    MERGED,    /* into another one */
    DROPPED    /* known, not used here: left out quietly */
};

struct descriptor {
    const char *name;
    uint8_t flags;    /* Optional and Transitive as they have to be */
    uint8_t reaction; /* to wrong flags, length or value */
    uint8_t place;
    bool internal; /* from an EBGP peer it is discarded, right or wrong */
    bool opaque;   /* only its form is checked: passed on with Partial */
    uint8_t unit;  /* length: a multiple of this, not zero ... */
    uint8_t exact; /* ... or exactly this ... */
    bool (*check)(const struct walk *w, struct bgp_cursor value); /* ... or what this says */
};

struct found {
    struct bgp_cursor value;
    uint8_t flags;
};

struct walk {
    bool external, as4;
    uint64_t have[4]; /* bit per code seen so far, right or wrong */
    uint64_t keep[4]; /* bit per code whose value is good */
    struct found at[256];
};

static bool has(const uint64_t *set, unsigned code)
{
    return set[code / 64] >> code % 64 & 1;
}

static void add(uint64_t *set, unsigned code)
{
    set[code / 64] |= UINT64_C(1) << code % 64;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool check_origin(const struct walk *w, struct bgp_cursor v)
{
    (void)w;
    return v.left == 1 && bgp_get_u8(&v) <= 2;
}

static bool check_path(const struct walk *w, struct bgp_cursor v)
{
    return bgp_aspath_check(v, w->as4 ? 4 : 2);
}

static bool check_empty(const struct walk *w, struct bgp_cursor v)
{
    (void)w;
    return v.left == 0;
}

static bool check_next_hop(const struct walk *w, struct bgp_cursor v)
{
    struct bgp_addr a = {.af = 4};

    (void)w;
    if (v.left != 4)
        return false;
    memcpy(a.b, v.at, 4);
    return bgp_next_hop_names(&a);
}

static bool check_aggregator(const struct walk *w, struct bgp_cursor v)
{
    if (v.left != (w->as4 ? 8 : 6))
        return false;
    return (w->as4 ? bgp_get_u32(&v) : bgp_get_u16(&v)) != 0; /* RFC 7607 */
}

/* From a peer that can send four octets it is an error (RFC 6793 section 6). */
static bool check_as4_path(const struct walk *w, struct bgp_cursor v)
{
    return !w->as4 && bgp_aspath_check_as4(v);
}

static bool check_as4_aggregator(const struct walk *w, struct bgp_cursor v)
{
    return !w->as4 && v.left == 8 && bgp_get_u32(&v) != 0;
}

/* RFC 6514 5: flags, type, label, identifier. */
static bool check_pmsi(const struct walk *w, struct bgp_cursor v)
{
    (void)w;
    return v.left >= 5;
}

/* TLVs of a two-octet type and a two-octet length (RFC 9012). */
static bool check_tlv22(const struct walk *w, struct bgp_cursor v)
{
    (void)w;
    while (v.left > 0) {
        bgp_get_u16(&v);
        bgp_get_part(&v, bgp_get_u16(&v));
    }
    return !v.bad;
}

/* TLVs of a one-octet type and a two-octet length; the label index has seven octets (RFC 8669). */
static bool check_prefix_sid(const struct walk *w, struct bgp_cursor v)
{
    (void)w;
    while (v.left > 0) {
        uint8_t type = bgp_get_u8(&v);
        uint16_t n = bgp_get_u16(&v);

        bgp_get_part(&v, n);
        if (type == 1 && n != 7)
            return false;
    }
    return !v.bad;
}

/* The AIGP attribute is off on every session: RFC 7311 section 3 has it discarded. */
static bool check_never(const struct walk *w, struct bgp_cursor v)
{
    (void)w;
    (void)v;
    return false;
}

/* RFC 6368: the AS of the customer, then a whole attribute field. */
static bool check_attr_set(const struct walk *w, struct bgp_cursor v)
{
    struct bgp_attr inner;

    (void)w;
    bgp_get_u32(&v);
    while (v.left > 0 && bgp_attr_next(&v, &inner))
        if (inner.code == BGP_ATTR_MP_REACH || inner.code == BGP_ATTR_MP_UNREACH)
            return false;
    return !v.bad;
}

static const struct descriptor table[256] = {
    [BGP_ATTR_ORIGIN] = {"ORIGIN", WELL_KNOWN, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                         .check = check_origin},
    [BGP_ATTR_AS_PATH] = {"AS_PATH", WELL_KNOWN, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                          .check = check_path},
    [BGP_ATTR_NEXT_HOP] = {"NEXT_HOP", WELL_KNOWN, BGP_TREAT_AS_WITHDRAW, TO_CALLER,
                           .check = check_next_hop},
    [BGP_ATTR_MED] = {"MULTI_EXIT_DISC", OPTIONAL, BGP_TREAT_AS_WITHDRAW, TO_BLOCK, .exact = 4},
    [BGP_ATTR_LOCAL_PREF] = {"LOCAL_PREF", WELL_KNOWN, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                             .internal = true, .exact = 4},
    [BGP_ATTR_ATOMIC_AGGREGATE] = {"ATOMIC_AGGREGATE", WELL_KNOWN, BGP_DISCARD, TO_BLOCK,
                                   .check = check_empty},
    [BGP_ATTR_AGGREGATOR] = {"AGGREGATOR", BOTH, BGP_DISCARD, TO_BLOCK, .check = check_aggregator},
    [BGP_ATTR_COMMUNITY] = {"COMMUNITY", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK, .unit = 4},
    [BGP_ATTR_ORIGINATOR_ID] = {"ORIGINATOR_ID", OPTIONAL, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                                .internal = true, .exact = 4},
    [BGP_ATTR_CLUSTER_LIST] = {"CLUSTER_LIST", OPTIONAL, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                               .internal = true, .unit = 4},
    [BGP_ATTR_MP_REACH] = {"MP_REACH_NLRI", OPTIONAL, BGP_TREAT_AS_WITHDRAW, TO_CALLER},
    [BGP_ATTR_MP_UNREACH] = {"MP_UNREACH_NLRI", OPTIONAL, BGP_TREAT_AS_WITHDRAW, TO_CALLER},
    [BGP_ATTR_EXT_COMMUNITY] = {"EXT_COMMUNITY", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK, .unit = 8},
    [BGP_ATTR_AS4_PATH] = {"AS4_PATH", BOTH, BGP_DISCARD, MERGED, .check = check_as4_path},
    [BGP_ATTR_AS4_AGGREGATOR] = {"AS4_AGGREGATOR", BOTH, BGP_DISCARD, MERGED,
                                 .check = check_as4_aggregator},
    [BGP_ATTR_PMSI_TUNNEL] = {"PMSI_TUNNEL", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK, .opaque = true,
                              .check = check_pmsi},
    [BGP_ATTR_TUNNEL_ENCAP] = {"TUNNEL_ENCAP", BOTH, BGP_DISCARD, TO_BLOCK, .opaque = true,
                               .check = check_tlv22},
    [BGP_ATTR_IPV6_EXT_COMMUNITY] = {"IPV6_EXT_COMMUNITY", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                                     .unit = 20},
    [BGP_ATTR_AIGP] = {"AIGP", OPTIONAL, BGP_DISCARD, DROPPED, .check = check_never},
    [BGP_ATTR_LARGE_COMMUNITY] = {"LARGE_COMMUNITY", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK,
                                  .unit = LARGE},
    [BGP_ATTR_OTC] = {"OTC", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK, .opaque = true, .exact = 4},
    [BGP_ATTR_PREFIX_SID] = {"PREFIX_SID", BOTH, BGP_DISCARD, TO_BLOCK, .opaque = true,
                             .check = check_prefix_sid},
    [BGP_ATTR_ATTR_SET] = {"ATTR_SET", BOTH, BGP_TREAT_AS_WITHDRAW, TO_BLOCK, .opaque = true,
                           .check = check_attr_set},
};

const char *bgp_attr_name(unsigned code)
{
    return code < 256 ? table[code].name : NULL;
}

/* --- decoding --------------------------------------------------------------------------------- */

static void react(struct bgp_attrs *out, enum bgp_reaction r, unsigned code)
{
    if (r == BGP_DISCARD)
        out->discarded++;
    if (r > out->worst) {
        out->worst = r;
        out->worst_code = (uint8_t)code;
    }
}

static bool value_ok(const struct walk *w, const struct descriptor *d, struct bgp_cursor v)
{
    if (d->exact)
        return v.left == d->exact;
    if (d->unit)
        return v.left > 0 && v.left % d->unit == 0;
    return !d->check || d->check(w, v);
}

/* RFC 4271 6.3: a well-known attribute nobody here knows ends the session; the notification holds
 * the attribute. */
static void unknown(struct walk *w, const struct bgp_attr *a, struct bgp_attrs *out)
{
    struct bgp_fault *f = &out->fault;

    if (!(a->flags & BGP_ATTR_OPTIONAL)) {
        struct bgp_writer data = bgp_writer_on(f->data, sizeof f->data);

        bgp_fault(f, BGP_ERR_UPDATE, BGP_UPDATE_WELL_KNOWN);
        bgp_attr_put(&data, a->flags & ~(unsigned)BGP_ATTR_LONG, a->code, a->value.at,
                     a->value.left < 100 ? a->value.left : 100);
        f->ndata = (uint8_t)bgp_written(&data);
        react(out, BGP_END_SESSION, a->code);
    } else if (a->flags & BGP_ATTR_TRANSITIVE) {
        w->at[a->code] = (struct found){a->value, BOTH | BGP_ATTR_PARTIAL};
        add(w->keep, a->code);
    }
}

static void one(struct walk *w, const struct bgp_attr *a, struct bgp_attrs *out)
{
    const struct descriptor *d = &table[a->code];
    unsigned partial = a->flags & BGP_ATTR_PARTIAL;

    out->any |= a->code != BGP_ATTR_MP_UNREACH;
    if (has(w->have, a->code)) { /* RFC 7606 3g: the first one counts */
        if (a->code == BGP_ATTR_MP_REACH || a->code == BGP_ATTR_MP_UNREACH) {
            bgp_fault(&out->fault, BGP_ERR_UPDATE, BGP_UPDATE_MALFORMED);
            react(out, BGP_END_SESSION, a->code);
        } else {
            react(out, BGP_DISCARD, a->code);
        }
        return;
    }
    add(w->have, a->code);
    if (!d->name) {
        unknown(w, a, out);
        return;
    }
    if (d->internal && w->external) {
        react(out, BGP_DISCARD, a->code);
        return;
    }
    if ((a->flags & BOTH) != d->flags || !value_ok(w, d, a->value)) {
        react(out, (enum bgp_reaction)d->reaction, a->code);
        /* Its prefixes have to be found to be withdrawn. */
        if (a->code != BGP_ATTR_MP_REACH && a->code != BGP_ATTR_MP_UNREACH)
            return;
    }
    if (d->opaque)
        partial = BGP_ATTR_PARTIAL;
    w->at[a->code].value = a->value;
    w->at[a->code].flags = (uint8_t)(d->flags | (d->flags == BOTH ? partial : 0));
    add(w->keep, a->code);
}

/* RFC 6793 4.2.3: an AGGREGATOR with a real AS says that a speaker in between has changed the
 * route without knowing of the AS4 attributes. */
static bool as4_counts(const struct walk *w)
{
    struct bgp_cursor v;

    if (!has(w->keep, BGP_ATTR_AGGREGATOR) || !has(w->keep, BGP_ATTR_AS4_AGGREGATOR))
        return true;
    v = w->at[BGP_ATTR_AGGREGATOR].value;
    return bgp_get_u16(&v) == 23456;
}

static void put_path(const struct walk *w, struct bgp_writer *to, uint8_t *scratch, size_t n)
{
    struct bgp_cursor path = w->at[BGP_ATTR_AS_PATH].value;
    struct bgp_writer wide = bgp_writer_on(scratch, n), merged;

    if (w->as4) {
        bgp_attr_put(to, WELL_KNOWN, BGP_ATTR_AS_PATH, path.at, path.left);
        return;
    }
    bgp_aspath_widen(path, &wide);
    path = bgp_cursor_on(wide.start, bgp_written(&wide));
    if (has(w->keep, BGP_ATTR_AS4_PATH) && as4_counts(w)) {
        merged = bgp_writer_on(wide.at, (size_t)(wide.end - wide.at));
        bgp_aspath_merge(path, w->at[BGP_ATTR_AS4_PATH].value, &merged);
        path = bgp_cursor_on(merged.start, bgp_written(&merged));
    }
    bgp_attr_put(to, WELL_KNOWN, BGP_ATTR_AS_PATH, path.at, path.left);
}

static void put_aggregator(const struct walk *w, struct bgp_writer *to)
{
    const struct found *a = &w->at[BGP_ATTR_AGGREGATOR];
    struct bgp_cursor v = a->value;
    uint8_t wide[8] = {0};

    if (!w->as4 && has(w->keep, BGP_ATTR_AS4_AGGREGATOR) && as4_counts(w)) {
        v = w->at[BGP_ATTR_AS4_AGGREGATOR].value;
    } else if (!w->as4) {
        memcpy(wide + 2, v.at, 6);
        v = bgp_cursor_on(wide, sizeof wide);
    }
    bgp_attr_put(to, a->flags, BGP_ATTR_AGGREGATOR, v.at, v.left);
}

/* RFC 8092 section 5: duplicates are dropped on receipt. */
static void put_large(const struct found *a, struct bgp_writer *to, uint8_t *scratch)
{
    size_t n = a->value.left / LARGE, kept = 0;
    const uint8_t *in = a->value.at;

    if (n == 1 || n > DEDUPE_LARGE) {
        bgp_attr_put(to, a->flags, BGP_ATTR_LARGE_COMMUNITY, in, a->value.left);
        return;
    }
    for (size_t i = 0, k; i < n; i++) {
        for (k = 0; k < kept; k++)
            if (memcmp(scratch + k * LARGE, in + i * LARGE, LARGE) == 0)
                break;
        if (k == kept)
            memcpy(scratch + kept++ * LARGE, in + i * LARGE, LARGE);
    }
    bgp_attr_put(to, a->flags, BGP_ATTR_LARGE_COMMUNITY, scratch, kept * LARGE);
}

static void build(struct walk *w, uint8_t *room, size_t nroom, struct bgp_attrs *out)
{
    struct bgp_writer to = bgp_writer_on(room, BGP_BLOCK_MAX);
    uint8_t *scratch = room + BGP_BLOCK_MAX;
    struct bgp_attr path;

    for (unsigned word = 0; word < 4; word++) {
        for (uint64_t bits = w->keep[word]; bits; bits &= bits - 1) {
            unsigned code = word * 64 + (unsigned)__builtin_ctzll(bits);
            const struct found *a = &w->at[code];

            if (table[code].name && table[code].place != TO_BLOCK)
                continue;
            if (code == BGP_ATTR_AS_PATH)
                put_path(w, &to, scratch, nroom - BGP_BLOCK_MAX);
            else if (code == BGP_ATTR_AGGREGATOR)
                put_aggregator(w, &to);
            else if (code == BGP_ATTR_LARGE_COMMUNITY)
                put_large(a, &to, scratch);
            else
                bgp_attr_put(&to, a->flags, code, a->value.at, a->value.left);
        }
    }
    if (to.full) /* a two-octet path that grew beyond what any peer could be told */
        react(out, BGP_TREAT_AS_WITHDRAW, BGP_ATTR_AS_PATH);
    out->block = bgp_cursor_on(room, bgp_written(&to));
    out->path =
        bgp_attr_find(out->block, BGP_ATTR_AS_PATH, &path) ? path.value : bgp_cursor_on(room, 0);
}

void bgp_attrs_decode(struct bgp_cursor field, bool external, bool as4, uint8_t *room, size_t nroom,
                      struct bgp_attrs *out)
{
    struct walk w; /* at[] is read only where keep[] says so */
    struct bgp_attr a;

    w.external = external;
    w.as4 = as4;
    memset(w.have, 0, sizeof w.have);
    memset(w.keep, 0, sizeof w.keep);
    memset(out, 0, offsetof(struct bgp_attrs, reach));
    out->fault.ndata = 0;
    while (field.left > 0) {
        if (!bgp_attr_next(&field, &a)) { /* RFC 7606 section 4 */
            out->any = true;
            react(out, BGP_TREAT_AS_WITHDRAW, 0);
            break;
        }
        one(&w, &a, out);
    }
    out->seen = w.keep[0];
    if (has(w.keep, BGP_ATTR_NEXT_HOP))
        memcpy(out->next_hop, w.at[BGP_ATTR_NEXT_HOP].value.at, 4);
    if (has(w.keep, BGP_ATTR_MP_REACH))
        out->reach = w.at[BGP_ATTR_MP_REACH].value;
    if (has(w.keep, BGP_ATTR_MP_UNREACH))
        out->unreach = w.at[BGP_ATTR_MP_UNREACH].value;
    build(&w, room, nroom, out);
}

/* --- canonical blocks ------------------------------------------------------------------------- */

bool bgp_attr_next(struct bgp_cursor *c, struct bgp_attr *out)
{
    size_t n;

    if (c->left == 0)
        return false;
    out->flags = bgp_get_u8(c);
    out->code = bgp_get_u8(c);
    n = out->flags & BGP_ATTR_LONG ? bgp_get_u16(c) : bgp_get_u8(c);
    out->value = bgp_get_part(c, n);
    return !c->bad;
}

bool bgp_attr_find(struct bgp_cursor block, unsigned code, struct bgp_attr *out)
{
    while (bgp_attr_next(&block, out))
        if (out->code == code)
            return true;
    return false;
}

void bgp_attr_put(struct bgp_writer *w, unsigned flags, unsigned code, const uint8_t *value,
                  size_t n)
{
    flags &= ~(unsigned)(BGP_ATTR_LONG | 0x0f);
    bgp_put_u8(w, n > 255 ? flags | BGP_ATTR_LONG : flags);
    bgp_put_u8(w, code);
    if (n > 255)
        bgp_put_u16(w, (unsigned)n);
    else
        bgp_put_u8(w, (unsigned)n);
    bgp_put_bytes(w, value, n);
}

void bgp_attr_put_u32(struct bgp_writer *w, unsigned flags, unsigned code, uint32_t value)
{
    uint8_t v[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                    (uint8_t)value};

    bgp_attr_put(w, flags, code, v, sizeof v);
}
