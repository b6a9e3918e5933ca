/* Header checks and header writing; see the header file for the order of the checks. */
#include "bgp/wire/frame.h"

#include <string.h>

#include "bgp/bgp.h"

static const uint8_t marker[BGP_MARKER] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* Bounds of the length per type, RFC 4271 6.1; 0 as upper bound: the session's limit. A short
 * NOTIFICATION is answered with 1/2 as 6.1 demands: it is the header that is wrong, and nothing of
 * the message has been understood yet. */
static const struct {
    uint16_t least, most;
} bounds[BGP_MSGS] = {
    [BGP_OPEN] = {29, BGP_LONGEST}, [BGP_UPDATE] = {23, 0},
    [BGP_NOTIFICATION] = {21, 0},   [BGP_KEEPALIVE] = {BGP_HEADER, BGP_HEADER},
    [BGP_REFRESH] = {23, 23},
};

bool bgp_fault(struct bgp_fault *f, unsigned code, unsigned subcode)
{
    f->code = (uint8_t)code;
    f->subcode = (uint8_t)subcode;
    f->ndata = 0;
    return false;
}

static bool bad_length(const uint8_t *bytes, struct bgp_fault *f)
{
    bgp_fault(f, BGP_ERR_HEADER, BGP_HEADER_LENGTH);
    memcpy(f->data, bytes + BGP_MARKER, 2);
    f->ndata = 2;
    return false;
}

bool bgp_frame_check(const uint8_t *bytes, size_t n, size_t longest, bool enhanced, size_t *len,
                     uint8_t *type, struct bgp_fault *f)
{
    struct bgp_cursor c;
    size_t l;
    uint8_t t;

    *len = 0;
    if (memcmp(bytes, marker, n < BGP_MARKER ? n : BGP_MARKER) != 0)
        return bgp_fault(f, BGP_ERR_HEADER, BGP_HEADER_SYNC);
    if (n < BGP_HEADER)
        return true;
    c = bgp_cursor_on(bytes + BGP_MARKER, BGP_HEADER - BGP_MARKER);
    l = bgp_get_u16(&c);
    t = bgp_get_u8(&c);
    if (l < BGP_HEADER || l > longest)
        return bad_length(bytes, f);
    if (t < BGP_OPEN || t >= BGP_MSGS) {
        bgp_fault(f, BGP_ERR_HEADER, BGP_HEADER_TYPE);
        f->data[f->ndata++] = t;
        return false;
    }
    if ((l < bounds[t].least || (bounds[t].most && l > bounds[t].most)) &&
        !(enhanced && t == BGP_REFRESH))
        return bad_length(bytes, f);
    *len = l;
    *type = t;
    return true;
}

void bgp_frame_begin(struct bgp_writer *w, uint8_t type)
{
    bgp_put_bytes(w, marker, sizeof marker);
    bgp_put_u16(w, 0);
    bgp_put_u8(w, type);
}

size_t bgp_frame_end(struct bgp_writer *w)
{
    size_t n = bgp_written(w);

    if (w->full || n < BGP_HEADER)
        return 0;
    w->start[BGP_MARKER] = (uint8_t)(n >> 8);
    w->start[BGP_MARKER + 1] = (uint8_t)n;
    return n;
}
