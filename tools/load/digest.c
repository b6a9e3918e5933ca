/*
 * Digests of routes: see digest.h.
 */
#include "load/digest.h"

uint64_t load_mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t hash(const uint8_t *p, size_t n, uint64_t h)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return load_mix(h);
}

/* Of members of n octets, in any order. */
static uint64_t set_of(struct bgp_cursor c, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + n <= c.left; i += n)
        sum += hash(c.at + i, n, 29);
    return sum;
}

void load_ignore(struct load_rules *r, unsigned code)
{
    if (code < 256)
        r->ignored[code / 64] |= 1ull << code % 64;
}

struct bgp_cursor load_path_behind(struct bgp_cursor path, unsigned skip, uint8_t room[4096])
{
    struct bgp_writer w = bgp_writer_on(room, 4096);

    while (path.left > 0 && !path.bad) {
        unsigned type = bgp_get_u8(&path), n = bgp_get_u8(&path);
        unsigned drop = type == 2 ? (skip < n ? skip : n) : 0;
        struct bgp_cursor as = bgp_get_part(&path, n * 4u);

        skip -= drop;
        bgp_get_part(&as, drop * 4u);
        if (n == drop)
            continue;
        bgp_put_u8(&w, type);
        bgp_put_u8(&w, n - drop);
        bgp_put_bytes(&w, as.at, as.left);
    }
    return bgp_cursor_on(room, bgp_written(&w));
}

/* Without a copy in the usual case, one sequence. */
static uint64_t path_digest(struct bgp_cursor v, unsigned skip)
{
    uint8_t room[4096];

    if (v.left < 2 || v.at[0] != 2 || v.left != 2 + v.at[1] * 4u || v.at[1] <= skip) {
        v = load_path_behind(v, skip, room);
        skip = 0;
    }
    if (v.left < 2)
        return 17;
    return hash(v.at + 2 + skip * 4u, v.left - 2 - skip * 4u,
                hash((uint8_t[]){2, (uint8_t)(v.at[1] - skip)}, 2, 17));
}

static uint64_t attr_digest(const struct bgp_attr *a, unsigned skip)
{
    struct bgp_cursor v = a->value;

    switch (a->code) {
    case BGP_ATTR_AS_PATH:
        return path_digest(v, skip);
    case BGP_ATTR_COMMUNITY:
        return set_of(v, 4);
    case BGP_ATTR_EXT_COMMUNITY:
        return set_of(v, 8);
    case BGP_ATTR_LARGE_COMMUNITY:
        return set_of(v, 12);
    default:
        return hash(v.at, v.left, 23);
    }
}

uint64_t load_attrs_digest(const struct load_rules *r, struct bgp_cursor field, unsigned skip)
{
    struct bgp_attr a;
    uint64_t d = 0;

    while (bgp_attr_next(&field, &a)) {
        if (a.code == BGP_ATTR_NEXT_HOP || a.code == BGP_ATTR_MP_REACH ||
            a.code == BGP_ATTR_MP_UNREACH || r->ignored[a.code / 64] >> a.code % 64 & 1)
            continue;
        d += load_mix(attr_digest(&a, skip) + a.code);
    }
    return d;
}

uint64_t load_hop_digest(const struct load_rules *r, const uint8_t *hop, unsigned n)
{
    return r->hop ? hash(hop, n, 31) : 0;
}

uint64_t load_prefix_digest(const uint8_t key[BGP_KEY], unsigned len)
{
    return hash(key, BGP_KEY, len);
}

uint64_t load_route_digest(const struct load_rules *r, uint64_t prefix, uint32_t label,
                           uint64_t attrs)
{
    return load_mix(prefix + attrs + (r->label ? load_mix(label) : 0));
}
