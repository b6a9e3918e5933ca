/* The table of capabilities with their decoders and encoders. */
#include "bgp/wire/caps.h"

#include <stddef.h>

struct capability {
    uint8_t code;
    bool (*decode)(struct bgp_cursor *value, struct bgp_caps *out); /* false: wrong length */
    void (*encode)(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code);
};

/* RFC 4760 section 8: AFI, reserved, SAFI. */
static bool decode_mp(struct bgp_cursor *v, struct bgp_caps *out)
{
    uint16_t afi = bgp_get_u16(v);
    uint8_t safi;

    bgp_get_u8(v);
    safi = bgp_get_u8(v);
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (!v->bad && bgp_family_info[f].afi == afi && bgp_family_info[f].safi == safi)
            out->families |= (uint8_t)(1u << f);
    out->mp = true;
    return true;
}

static void encode_mp(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (!(caps->families & 1u << f))
            continue;
        bgp_put_u8(w, code);
        bgp_put_u8(w, 4);
        bgp_put_u16(w, bgp_family_info[f].afi);
        bgp_put_u8(w, 0);
        bgp_put_u8(w, bgp_family_info[f].safi);
    }
}

/* RFC 8950 section 4: AFI, SAFI in two octets, AFI of the next hop. */
static bool decode_hop6(struct bgp_cursor *v, struct bgp_caps *out)
{
    bool whole = v->left % 6 == 0; /* else it says nothing */

    while (v->left > 0 && whole) {
        uint16_t afi = bgp_get_u16(v), safi = bgp_get_u16(v), hop = bgp_get_u16(v);

        for (unsigned f = 0; f < BGP_FAMILIES; f++)
            if (hop == 2 && afi == 1 && bgp_family_info[f].afi == 1 &&
                bgp_family_info[f].safi == safi)
                out->hop6 |= (uint8_t)(1u << f);
    }
    bgp_get_part(v, v->left);
    return true;
}

static void encode_hop6(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    if (caps->hop6 == 0)
        return;
    bgp_put_u8(w, code);
    bgp_put_u8(w, 6u * (unsigned)__builtin_popcount(caps->hop6));
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (!(caps->hop6 & 1u << f))
            continue;
        bgp_put_u16(w, bgp_family_info[f].afi);
        bgp_put_u16(w, bgp_family_info[f].safi);
        bgp_put_u16(w, 2);
    }
}

/* RFC 8277 2.1: AFI, SAFI, count. Counts below 2 say nothing; of several for a family the first
 * one counts. */
static bool decode_labels(struct bgp_cursor *v, struct bgp_caps *out)
{
    bool whole = v->left % 4 == 0;

    while (v->left > 0 && whole) {
        uint16_t afi = bgp_get_u16(v);
        uint8_t safi = bgp_get_u8(v), count = bgp_get_u8(v);

        for (unsigned f = 0; f < BGP_FAMILIES; f++)
            if (bgp_family_info[f].afi == afi && bgp_family_info[f].safi == safi &&
                bgp_family_info[f].label && out->labels[f] == 0 && count > 1)
                out->labels[f] = count;
    }
    bgp_get_part(v, v->left);
    return true;
}

static void encode_labels(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    unsigned n = 0;

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        n += caps->labels[f] > 1;
    if (n == 0)
        return;
    bgp_put_u8(w, code);
    bgp_put_u8(w, 4 * n);
    for (unsigned f = 0; f < BGP_FAMILIES; f++) {
        if (caps->labels[f] < 2)
            continue;
        bgp_put_u16(w, bgp_family_info[f].afi);
        bgp_put_u8(w, bgp_family_info[f].safi);
        bgp_put_u8(w, caps->labels[f]);
    }
}

/* RFC 2918, RFC 8654 and RFC 7313: present or not. */
static bool decode_refresh(struct bgp_cursor *v, struct bgp_caps *out)
{
    (void)v;
    return out->refresh = true;
}

static bool decode_extended(struct bgp_cursor *v, struct bgp_caps *out)
{
    (void)v;
    return out->extended = true;
}

static bool decode_enhanced(struct bgp_cursor *v, struct bgp_caps *out)
{
    (void)v;
    return out->enhanced = true;
}

static void encode_flag(struct bgp_writer *w, bool on, uint8_t code)
{
    if (!on)
        return;
    bgp_put_u8(w, code);
    bgp_put_u8(w, 0);
}

static void encode_refresh(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    encode_flag(w, caps->refresh, code);
}

static void encode_extended(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    encode_flag(w, caps->extended, code);
}

static void encode_enhanced(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    encode_flag(w, caps->enhanced, code);
}

/* RFC 4724 section 3: without a family it says no more than that End-of-RIB is sent. The families a
 * peer would restart gracefully in are passed over. */
static bool decode_eor(struct bgp_cursor *v, struct bgp_caps *out)
{
    bgp_get_part(v, v->left);
    return out->eor = true;
}

static void encode_eor(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    if (!caps->eor)
        return;
    bgp_put_u8(w, code);
    bgp_put_u8(w, 2);
    bgp_put_u16(w, 0); /* no flags, no restart time */
}

/* RFC 6793 section 3. */
static bool decode_as4(struct bgp_cursor *v, struct bgp_caps *out)
{
    out->as4 = bgp_get_u32(v);
    out->has_as4 = true;
    out->as4_zero |= !v->bad && out->as4 == 0;
    return true;
}

static void encode_as4(struct bgp_writer *w, const struct bgp_caps *caps, uint8_t code)
{
    if (!caps->has_as4)
        return;
    bgp_put_u8(w, code);
    bgp_put_u8(w, 4);
    bgp_put_u32(w, caps->as4);
}

static const struct capability table[] = {
    {1, decode_mp, encode_mp},         {2, decode_refresh, encode_refresh},
    {5, decode_hop6, encode_hop6},     {6, decode_extended, encode_extended},
    {8, decode_labels, encode_labels}, {64, decode_eor, encode_eor},
    {65, decode_as4, encode_as4},      {70, decode_enhanced, encode_enhanced},
};

bool bgp_caps_decode(struct bgp_cursor *c, struct bgp_caps *out)
{
    while (c->left > 0) {
        uint8_t code = bgp_get_u8(c);
        struct bgp_cursor value = bgp_get_part(c, bgp_get_u8(c));

        if (c->bad)
            return false;
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            if (table[i].code != code)
                continue;
            /* A value of the wrong length is as malformed as one that overruns. */
            if (!table[i].decode(&value, out) || value.bad || value.left > 0)
                return false;
        }
    }
    return true;
}

void bgp_caps_encode(struct bgp_writer *w, const struct bgp_caps *caps)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        table[i].encode(w, caps, table[i].code);
}
