/* Decoding and encoding of OPEN; see the header for what is checked where. */
#include "bgp/wire/open.h"

#include <string.h>

#include "bgp/bgp.h"

enum { VERSION = 4, PARAM_CAPABILITIES = 2, PARAM_EXTENDED = 255 };

static bool decode_param_list(struct bgp_cursor *c, bool extended, struct bgp_caps *caps,
                              struct bgp_fault *f)
{
    while (c->left > 0) {
        uint8_t type = bgp_get_u8(c);
        size_t len = extended ? bgp_get_u16(c) : bgp_get_u8(c);
        struct bgp_cursor value = bgp_get_part(c, len);

        if (c->bad)
            return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_MALFORMED);
        if (type != PARAM_CAPABILITIES)
            return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_PARAMETER);
        if (!bgp_caps_decode(&value, caps))
            return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_MALFORMED);
    }
    return true;
}

/* The lengths have to add up to the end of the message exactly. RFC 9072 section 2: a non-zero
 * length followed by parameter type 255 means the extended form, whatever that length is. */
static bool decode_params(struct bgp_cursor *c, struct bgp_caps *caps, struct bgp_fault *f)
{
    size_t len = bgp_get_u8(c);
    bool extended = len != 0 && c->left > 0 && c->at[0] == PARAM_EXTENDED;

    if (extended) {
        bgp_get_u8(c);
        len = bgp_get_u16(c);
    }
    if (c->bad || len != c->left)
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_MALFORMED);
    return decode_param_list(c, extended, caps, f);
}

/* AS 0 is wrong in either place (RFC 7607); AS_TRANS names nobody (RFC 6793 section 7). */
static bool decode_as(uint16_t header, struct bgp_open *out, struct bgp_fault *f)
{
    out->as = out->caps.has_as4 ? out->caps.as4 : header;
    if (header == 0 || out->caps.as4_zero || out->as == BGP_AS_TRANS)
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_AS);
    return true;
}

bool bgp_open_decode(struct bgp_cursor c, struct bgp_open *out, struct bgp_fault *f)
{
    uint8_t version = bgp_get_u8(&c);
    uint16_t as = bgp_get_u16(&c);

    memset(out, 0, sizeof *out);
    out->hold = bgp_get_u16(&c);
    out->id = bgp_get_u32(&c);
    if (c.bad)
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_MALFORMED);
    if (version != VERSION) {
        bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_VERSION);
        f->data[0] = 0;
        f->data[1] = VERSION;
        f->ndata = 2;
        return false;
    }
    /* The parameters come before the AS because capability 65 decides which AS it is. */
    if (!decode_params(&c, &out->caps, f) || !decode_as(as, out, f))
        return false;
    if (out->id == 0)
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_ID);
    if (out->hold == 1 || out->hold == 2)
        return bgp_fault(f, BGP_ERR_OPEN, BGP_OPEN_HOLD);
    if (!out->caps.mp) /* RFC 4760: without the capability there is IPv4 unicast only */
        out->caps.families = 1u << BGP_IPV4_UNICAST;
    return true;
}

void bgp_open_put_params(struct bgp_writer *w, const uint8_t *caps, size_t ncaps)
{
    bool extended = ncaps + 2 > 255;

    if (ncaps == 0) {
        bgp_put_u8(w, 0);
        return;
    }
    if (extended) {
        bgp_put_u8(w, 255);
        bgp_put_u8(w, PARAM_EXTENDED);
        bgp_put_u16(w, (unsigned)ncaps + 3);
        bgp_put_u8(w, PARAM_CAPABILITIES);
        bgp_put_u16(w, (unsigned)ncaps);
    } else {
        bgp_put_u8(w, (unsigned)ncaps + 2);
        bgp_put_u8(w, PARAM_CAPABILITIES);
        bgp_put_u8(w, (unsigned)ncaps);
    }
    bgp_put_bytes(w, caps, ncaps);
}

size_t bgp_open_encode(const struct bgp_open *open, uint8_t *buf, size_t n)
{
    struct bgp_writer w = bgp_writer_on(buf, n);
    uint8_t caps[512];
    struct bgp_writer cw = bgp_writer_on(caps, sizeof caps);

    if (!open->no_params)
        bgp_caps_encode(&cw, &open->caps);
    bgp_frame_begin(&w, BGP_OPEN);
    bgp_put_u8(&w, VERSION);
    bgp_put_u16(&w, open->as > UINT16_MAX ? BGP_AS_TRANS : (unsigned)open->as);
    bgp_put_u16(&w, open->hold);
    bgp_put_u32(&w, open->id);
    bgp_open_put_params(&w, caps, bgp_written(&cw));
    return bgp_frame_end(&w);
}
