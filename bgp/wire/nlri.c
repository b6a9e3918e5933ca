/* Prefixes on the wire; see the header for the key. */
#include "bgp/wire/nlri.h"

#include <string.h>

enum { LABEL_BITS = 8 * BGP_LABEL, RD_BITS = 64, BOTTOM = 1 };

unsigned bgp_key_octets(enum bgp_family family)
{
    const struct bgp_family_info *f = &bgp_family_info[family];

    return f->octets + (f->vpn ? (unsigned)BGP_RD : 0u);
}

static uint32_t get_label(struct bgp_cursor *c)
{
    uint32_t high = bgp_get_u16(c);

    return high << 8 | bgp_get_u8(c);
}

/* Reads the labels of a prefix of *bits bits and takes theirs off. */
static void get_labels(struct bgp_cursor *c, bool stacks, unsigned *bits, uint32_t *label,
                       struct bgp_cursor *stack)
{
    unsigned n = 1;

    *label = get_label(c);
    *stack = bgp_cursor_on(c->at, 0);
    if (stacks && !(*label & BOTTOM)) {
        do
            n++;
        while (!(get_label(c) & BOTTOM) && !c->bad);
        stack->left = (n - 1) * (size_t)BGP_LABEL;
    }
    c->bad |= *bits < n * LABEL_BITS;
    *bits -= n * LABEL_BITS;
}

/* Reads the length and what stands before the address. *rest is left on the address of *bits bits.
 */
static bool get_head(struct bgp_cursor *c, const struct bgp_family_info *f, bool stacks,
                     struct bgp_nlri *out, const uint8_t **rd, struct bgp_cursor *rest)
{
    unsigned bits = bgp_get_u8(c);

    *rest = bgp_get_part(c, (bits + 7) / 8);
    if (f->label)
        get_labels(rest, stacks, &bits, &out->label, &out->stack);
    if (f->vpn) {
        *rd = bgp_get_part(rest, BGP_RD).at;
        rest->bad |= bits < RD_BITS;
        bits -= RD_BITS;
    }
    out->len = (uint8_t)bits;
    return !rest->bad && bits <= f->octets * 8u;
}

bool bgp_nlri_check(struct bgp_cursor c, enum bgp_family family, bool stacks)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    struct bgp_nlri n;
    const uint8_t *rd;
    struct bgp_cursor rest;

    while (c.left > 0)
        if (!get_head(&c, f, stacks, &n, &rd, &rest))
            return false;
    return true;
}

bool bgp_nlri_next(struct bgp_cursor *c, enum bgp_family family, bool stacks, struct bgp_nlri *out)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    uint8_t *to = out->key;
    const uint8_t *rd = NULL;
    struct bgp_cursor rest;
    unsigned octets;

    if (c->left == 0)
        return false;
    out->label = 0;
    out->stack = bgp_cursor_on(c->at, 0);
    if (!get_head(c, f, stacks, out, &rd, &rest)) {
        c->bad = true;
        return false;
    }
    memset(out->key, 0, sizeof out->key);
    if (f->vpn) {
        memcpy(to, rd, BGP_RD);
        to += BGP_RD;
    }
    octets = (out->len + 7u) / 8;
    if (octets > 0) {
        memcpy(to, rest.at, octets);
        if (out->len % 8)
            to[octets - 1] &= (uint8_t)(0xff00u >> out->len % 8);
    }
    return true;
}

void bgp_nlri_put(struct bgp_writer *w, enum bgp_family family, const uint8_t *key, unsigned len,
                  uint32_t label, struct bgp_cursor stack)
{
    const struct bgp_family_info *f = &bgp_family_info[family];
    size_t labels = f->label ? (size_t)BGP_LABEL + stack.left : 0;
    size_t rd = f->vpn ? (size_t)BGP_RD : 0;

    bgp_put_u8(w, (unsigned)(labels + rd) * 8 + len);
    if (f->label) {
        bgp_put_u16(w, label >> 8);
        bgp_put_u8(w, label & 0xff);
        bgp_put_bytes(w, stack.at, stack.left);
    }
    bgp_put_bytes(w, key, rd + (len + 7) / 8);
}
