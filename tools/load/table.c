/*
 * Routes made from numbers: see table.h.
 */
#include "load/table.h"

#include "bgp/wire/attr.h"
#include "bgp/wire/mp.h"
#include "load/digest.h"

enum { PER_SET = 7, AS_SEQUENCE = 2, OPTIONAL_TRANSITIVE = 0xc0, UNKNOWN_CODE = 200 };

struct bgp_addr load_default_hop(enum bgp_family family)
{
    if (bgp_family_info[family].octets == 4)
        return (struct bgp_addr){.af = 4, .b = {192, 0, 2, 1}};
    return (struct bgp_addr){.af = 6, .b = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}};
}

unsigned load_set_size(unsigned set)
{
    return 1 + (unsigned)(load_mix(set) % (2 * PER_SET - 1));
}

/* Longer than the usual length by up to 8 for some, shorter for others that have room. */
static unsigned varied_length(unsigned i, unsigned usual)
{
    if (i % 5 == 1)
        return usual + i % 9;
    for (unsigned n = 1; n < 5; n++)
        if (i >> n << n != i)
            return usual - (n - 1);
    return usual - 4;
}

void load_prefix(const struct load_table *t, unsigned i, uint8_t key[BGP_KEY], unsigned *len)
{
    const struct bgp_family_info *f = &bgp_family_info[t->family];
    uint8_t *a = key + (f->vpn ? BGP_RD : 0);

    memset(key, 0, BGP_KEY);
    if (f->vpn) {
        key[3] = 100;
        key[7] = (uint8_t)(i % 50);
    }
    if (f->octets == 4) {
        uint32_t v = 0x01000000u + (i << 8);

        *len = 24;
        a[0] = (uint8_t)(v >> 24);
        a[1] = (uint8_t)(v >> 16);
        a[2] = (uint8_t)(v >> 8);
    } else {
        *len = 48;
        a[0] = 0x2a;
        a[2] = (uint8_t)(i >> 24);
        a[3] = (uint8_t)(i >> 16);
        a[4] = (uint8_t)(i >> 8);
        a[5] = (uint8_t)i;
    }
    if (t->varied)
        *len = varied_length(i, *len);
}

uint32_t load_label(const struct load_table *t, unsigned i)
{
    return 1600 + (t->varied ? i * 7 % 100000 : 0);
}

static void put_path(struct bgp_writer *w, uint32_t as, uint64_t r, bool varied)
{
    uint8_t path[64];
    struct bgp_writer p = bgp_writer_on(path, sizeof path);
    unsigned n = 2 + (unsigned)(r % 6);

    bgp_put_u8(&p, AS_SEQUENCE);
    bgp_put_u8(&p, n);
    bgp_put_u32(&p, as);
    for (unsigned i = 1; i < n; i++) {
        uint64_t v = load_mix(r + i);

        bgp_put_u32(&p, varied && v >> 40 & 1 ? 4200000 + (uint32_t)(v % 60000)
                                              : 1000 + (uint32_t)(v % 60000));
    }
    bgp_attr_put(w, BGP_ATTR_TRANSITIVE, BGP_ATTR_AS_PATH, path, bgp_written(&p));
}

/* n members of size octets, all different, their first octet given. */
static void put_members(struct bgp_writer *w, unsigned code, unsigned n, unsigned size,
                        unsigned first, uint64_t r)
{
    uint8_t c[128];

    for (unsigned i = 0; i < n * size; i++)
        c[i] = (uint8_t)(i % size == 0 ? first : load_mix(r + i));
    bgp_attr_put(w, OPTIONAL_TRANSITIVE, code, c, n * size);
}

/* Route targets; those of a varied table are of both formats. */
static void put_targets(struct bgp_writer *w, const struct load_table *t, unsigned set, uint64_t r)
{
    uint8_t c[24] = {0, 2, 0, 100, [7] = (uint8_t)(set % 50)};
    unsigned n = t->varied ? 1 + (unsigned)(r >> 37 & 1) : 1;

    if (n == 2) {
        uint8_t of_as4[8] = {2, 2, 0, 3, 13, 64, 0, (uint8_t)(1 + set % 50)};

        memcpy(c + 8, of_as4, 8);
    }
    bgp_attr_put(w, OPTIONAL_TRANSITIVE, BGP_ATTR_EXT_COMMUNITY, c, n * 8);
}

static void put_varied(struct bgp_writer *w, const struct load_table *t, uint64_t r)
{
    uint8_t aggregator[8] = {0, 1, (uint8_t)r, 2, 10, 9, 8, (uint8_t)(r >> 8)};
    uint8_t unknown[5] = {1, 2, 3, (uint8_t)r, (uint8_t)(r >> 8)};

    if ((r >> 44) % 8 == 0)
        bgp_attr_put(w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ATOMIC_AGGREGATE, NULL, 0);
    if ((r >> 47) % 8 == 0)
        bgp_attr_put(w, OPTIONAL_TRANSITIVE, BGP_ATTR_AGGREGATOR, aggregator, 8);
    if ((r >> 50) % 4 == 0)
        put_members(w, BGP_ATTR_LARGE_COMMUNITY, 1 + (unsigned)(r >> 53 & 3), 12, 1, r + 99);
    if ((r >> 55) % 4 == 0 && !bgp_family_info[t->family].vpn) {
        uint8_t target[8] = {0, 2, 0, 101, 0, 0, 0, (uint8_t)r};

        bgp_attr_put(w, OPTIONAL_TRANSITIVE, BGP_ATTR_EXT_COMMUNITY, target, 8);
    }
    if ((r >> 57) % 16 == 0)
        bgp_attr_put(w, OPTIONAL_TRANSITIVE | BGP_ATTR_PARTIAL, UNKNOWN_CODE, unknown, 5);
}

size_t load_attributes(const struct load_table *t, uint32_t as, unsigned set,
                       uint8_t buf[LOAD_ATTRS])
{
    struct bgp_writer w = bgp_writer_on(buf, LOAD_ATTRS);
    uint64_t r = load_mix(set * 7919u + as);
    uint8_t origin = t->varied ? (uint8_t)(load_mix(r) % 3) : 0;

    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ORIGIN, &origin, 1);
    put_path(&w, as, r, t->varied);
    if (t->varied && r >> 36 & 1)
        bgp_attr_put_u32(&w, BGP_ATTR_OPTIONAL, BGP_ATTR_MED, (uint32_t)(r >> 20 & 0xffff));
    if (r >> 32 & 1)
        put_members(&w, BGP_ATTR_COMMUNITY, 1 + (unsigned)(r >> 33 & 7), 4, 0x10, r);
    if (bgp_family_info[t->family].vpn)
        put_targets(&w, t, set, r);
    if (t->varied)
        put_varied(&w, t, r);
    return bgp_written(&w);
}

static void put16(uint8_t *at, size_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static void put_prefixes(struct bgp_writer *w, const struct load_table *t, unsigned from,
                         unsigned to, bool announce)
{
    uint8_t key[BGP_KEY];
    unsigned len;

    for (unsigned i = from; i < to; i++) {
        load_prefix(t, i, key, &len);
        bgp_nlri_put(w, t->family, key, len,
                     announce ? load_label(t, i) << 4 | 1 : BGP_LABEL_WITHDRAWN,
                     bgp_cursor_on(NULL, 0));
    }
}

static void put_ipv4_update(struct bgp_writer *w, const struct load_table *t, unsigned from,
                            unsigned to, const uint8_t *attrs, size_t nattrs)
{
    uint8_t *lengths = w->at;

    bgp_put_u16(w, 0);
    if (!attrs) {
        put_prefixes(w, t, from, to, false);
        put16(lengths, (size_t)(w->at - lengths) - 2);
        bgp_put_u16(w, 0);
        return;
    }
    bgp_put_u16(w, 0);
    bgp_put_bytes(w, attrs, nattrs);
    bgp_attr_put(w, BGP_ATTR_TRANSITIVE, BGP_ATTR_NEXT_HOP, t->hop.b, 4);
    put16(lengths + 2, (size_t)(w->at - lengths) - 4);
    put_prefixes(w, t, from, to, true);
}

static void put_mp_update(struct bgp_writer *w, const struct load_table *t, unsigned from,
                          unsigned to, const uint8_t *attrs, size_t nattrs)
{
    struct bgp_next_hop hop = {.addr = t->hop};
    uint8_t *start = w->at, *length;

    bgp_put_u16(w, 0);
    bgp_put_u16(w, 0);
    bgp_put_u8(w, BGP_ATTR_OPTIONAL | BGP_ATTR_LONG);
    bgp_put_u8(w, attrs ? BGP_ATTR_MP_REACH : BGP_ATTR_MP_UNREACH);
    length = w->at;
    bgp_put_u16(w, 0);
    if (attrs) {
        bgp_mp_reach_head(w, t->family, &hop);
    } else {
        bgp_put_u16(w, bgp_family_info[t->family].afi);
        bgp_put_u8(w, bgp_family_info[t->family].safi);
    }
    put_prefixes(w, t, from, to, attrs != NULL);
    put16(length, (size_t)(w->at - length) - 2);
    if (attrs)
        bgp_put_bytes(w, attrs, nattrs);
    put16(start + 2, (size_t)(w->at - start) - 4);
}

size_t load_update(const struct load_table *t, unsigned from, unsigned to, const uint8_t *attrs,
                   size_t nattrs, uint8_t buf[LOAD_UPDATE])
{
    struct bgp_writer w = bgp_writer_on(buf, LOAD_UPDATE);

    bgp_frame_begin(&w, 2);
    (t->family == BGP_IPV4_UNICAST ? put_ipv4_update : put_mp_update)(&w, t, from, to, attrs,
                                                                      nattrs);
    return bgp_frame_end(&w);
}
