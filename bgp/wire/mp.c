/* Multiprotocol attributes; see the header. */
#include "bgp/wire/mp.h"

#include <string.h>

#include "bgp/wire/nlri.h"

static bool find_family(struct bgp_cursor *c, enum bgp_family *out)
{
    uint16_t afi = bgp_get_u16(c);
    uint8_t safi = bgp_get_u8(c);

    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (bgp_family_info[f].afi == afi && bgp_family_info[f].safi == safi) {
            *out = (enum bgp_family)f;
            return true;
        }
    }
    return false;
}

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* One address, preceded by a route distinguisher in VPN families, twice in the IPv6 forms with a
 * link-local one (RFC 2545, 4659). An IPv4-mapped IPv6 next hop is the IPv4 one (RFC 4659 3.2.1.2);
 * some say just that with four octets. */
static bool read_next_hop(struct bgp_cursor c, const struct bgp_family_info *f, bool hop6,
                          struct bgp_next_hop *out)
{
    size_t rd = f->vpn ? BGP_RD : 0, n = c.left;
    bool v4 = n == rd + 4;
    const uint8_t *at;

    memset(out, 0, sizeof *out);
    if (!v4 && n != rd + 16 && n != 2 * (rd + 16))
        return false;
    if (f->octets == 4 && !v4 && !hop6)
        return false;
    bgp_get_part(&c, rd);
    at = bgp_get_part(&c, v4 ? 4 : 16).at;
    if (!v4 && memcmp(at, mapped, sizeof mapped) == 0) {
        v4 = true;
        at += sizeof mapped;
    }
    out->addr.af = v4 ? 4 : 6;
    memcpy(out->addr.b, at, v4 ? 4 : 16);
    if (c.left > 0) {
        bgp_get_part(&c, rd);
        memcpy(out->link_local, bgp_get_part(&c, 16).at, 16);
    }
    return true;
}

enum bgp_mp_result bgp_mp_reach_decode(struct bgp_cursor c, const struct bgp_mp_rules *rules,
                                       struct bgp_mp *out)
{
    bool hop6, stacks, known = find_family(&c, &out->family);
    struct bgp_cursor nh = bgp_get_part(&c, bgp_get_u8(&c));

    bgp_get_u8(&c);
    if (c.bad)
        return BGP_MP_BAD;
    if (!known)
        return BGP_MP_FOREIGN;
    out->nlri = c;
    hop6 = rules->hop6 >> out->family & 1;
    stacks = rules->stacks >> out->family & 1;
    if (!read_next_hop(nh, &bgp_family_info[out->family], hop6, &out->next_hop))
        return BGP_MP_BAD;
    return bgp_nlri_check(c, out->family, stacks) ? BGP_MP_OK : BGP_MP_BAD;
}

enum bgp_mp_result bgp_mp_unreach_decode(struct bgp_cursor c, struct bgp_mp *out)
{
    bool known = find_family(&c, &out->family);

    if (c.bad)
        return BGP_MP_BAD;
    if (!known)
        return BGP_MP_FOREIGN;
    out->nlri = c;
    return bgp_nlri_check(c, out->family, false) ? BGP_MP_OK : BGP_MP_BAD;
}

bool bgp_next_hop_names(const struct bgp_addr *a)
{
    static const uint8_t zero[15];

    if (a->af == 4)
        return a->b[0] != 0 && a->b[0] != 127 && a->b[0] < 224;
    return a->b[0] != 0xff && (a->b[15] != 1 || memcmp(a->b, zero, sizeof zero) != 0);
}

static bool has_link_local(const struct bgp_next_hop *nh)
{
    static const uint8_t none[16];

    return memcmp(nh->link_local, none, sizeof none) != 0;
}

unsigned bgp_next_hop_octets(enum bgp_family family, const struct bgp_next_hop *nh)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    unsigned rd = f->vpn ? (unsigned)BGP_RD : 0u;

    if (f->octets == 4 && nh->addr.af == 4)
        return rd + 4;
    return has_link_local(nh) && !f->vpn ? 32 : rd + 16;
}

void bgp_mp_reach_head(struct bgp_writer *w, enum bgp_family family, const struct bgp_next_hop *nh)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    unsigned n = bgp_next_hop_octets(family, nh);
    static const uint8_t rd[BGP_RD];

    bgp_put_u16(w, f->afi);
    bgp_put_u8(w, f->safi);
    bgp_put_u8(w, n);
    if (f->vpn)
        bgp_put_bytes(w, rd, sizeof rd);
    if (nh->addr.af == 4 && n != 4 && n != 12)
        bgp_put_bytes(w, mapped, sizeof mapped);
    bgp_put_bytes(w, nh->addr.b, nh->addr.af == 4 ? 4 : 16);
    if (n == 32)
        bgp_put_bytes(w, nh->link_local, 16);
    bgp_put_u8(w, 0);
}
