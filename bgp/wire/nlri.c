/* Prefixes on the wire; see the header for the key. */
#include "bgp/wire/nlri.h"

#include <string.h>

enum { LABEL_BITS = 24, RD_BITS = 64 };

/* Bits in front of the prefix. */
static unsigned lead_bits(const struct bgp_family_info *f)
{
    return (f->label ? LABEL_BITS : 0u) + (f->vpn ? RD_BITS : 0u);
}

unsigned bgp_key_octets(enum bgp_family family)
{
    const struct bgp_family_info *f = &bgp_family_info[family];

    return f->octets + (f->vpn ? (unsigned)BGP_RD : 0u);
}

bool bgp_nlri_check(struct bgp_cursor c, enum bgp_family family)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    unsigned lead = lead_bits(f), most = lead + f->octets * 8u;

    while (c.left > 0) {
        unsigned bits = bgp_get_u8(&c);

        bgp_get_part(&c, (bits + 7) / 8);
        if (c.bad || bits < lead || bits > most)
            return false;
    }
    return true;
}

bool bgp_nlri_next(struct bgp_cursor *c, enum bgp_family family, struct bgp_nlri *out)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    unsigned lead = lead_bits(f), bits, octets;
    uint8_t *to = out->key;
    struct bgp_cursor rest;

    if (c->left == 0)
        return false;
    bits = bgp_get_u8(c);
    rest = bgp_get_part(c, (bits + 7) / 8);
    if (c->bad || bits < lead || bits > lead + f->octets * 8u) {
        c->bad = true;
        return false;
    }
    memset(out->key, 0, sizeof out->key);
    out->label = 0;
    if (f->label) {
        out->label = (uint32_t)bgp_get_u16(&rest) << 8;
        out->label |= bgp_get_u8(&rest);
    }
    if (f->vpn) {
        memcpy(to, bgp_get_part(&rest, BGP_RD).at, BGP_RD);
        to += BGP_RD;
    }
    out->len = (uint8_t)(bits - lead);
    octets = (out->len + 7u) / 8;
    if (octets > 0) {
        memcpy(to, rest.at, octets);
        if (out->len % 8)
            to[octets - 1] &= (uint8_t)(0xff00u >> out->len % 8);
    }
    return true;
}

void bgp_nlri_put(struct bgp_writer *w, enum bgp_family family, const uint8_t *key, unsigned len,
                  uint32_t label)
{
    const struct bgp_family_info *f = &bgp_family_info[family];

    bgp_put_u8(w, lead_bits(f) + len);
    if (f->label) {
        bgp_put_u16(w, label >> 8);
        bgp_put_u8(w, label & 0xff);
    }
    bgp_put_bytes(w, key, (f->vpn ? (size_t)BGP_RD : 0) + (len + 7) / 8);
}
