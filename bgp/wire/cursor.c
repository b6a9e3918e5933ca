/* The bounds-checked reader and writer; see the header for the contract. */
#include "bgp/wire/cursor.h"

#include <string.h>

struct bgp_cursor bgp_cursor_on(const uint8_t *bytes, size_t n)
{
    return (struct bgp_cursor){bytes, n, false};
}

/* The one place that decides whether n more octets exist. */
static const uint8_t *take(struct bgp_cursor *c, size_t n)
{
    const uint8_t *p = c->at;

    if (c->bad || n > c->left) {
        c->bad = true;
        c->left = 0;
        return NULL;
    }
    if (n > 0) {
        c->at += n;
        c->left -= n;
    }
    return p;
}

uint8_t bgp_get_u8(struct bgp_cursor *c)
{
    const uint8_t *p = take(c, 1);

    return p ? p[0] : 0;
}

uint16_t bgp_get_u16(struct bgp_cursor *c)
{
    const uint8_t *p = take(c, 2);

    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

uint32_t bgp_get_u32(struct bgp_cursor *c)
{
    const uint8_t *p = take(c, 4);

    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

struct bgp_cursor bgp_get_part(struct bgp_cursor *c, size_t n)
{
    const uint8_t *p = take(c, n);

    return (struct bgp_cursor){p, c->bad ? 0 : n, c->bad};
}

struct bgp_writer bgp_writer_on(uint8_t *bytes, size_t n)
{
    return (struct bgp_writer){bytes, bytes, bytes + n, false};
}

void bgp_put_bytes(struct bgp_writer *w, const uint8_t *bytes, size_t n)
{
    if (w->full || n > (size_t)(w->end - w->at)) {
        w->full = true;
        return;
    }
    if (n > 0)
        memcpy(w->at, bytes, n);
    w->at += n;
}

void bgp_put_u8(struct bgp_writer *w, unsigned v)
{
    uint8_t b = (uint8_t)v;

    bgp_put_bytes(w, &b, 1);
}

void bgp_put_u16(struct bgp_writer *w, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

    bgp_put_bytes(w, b, 2);
}

void bgp_put_u32(struct bgp_writer *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    bgp_put_bytes(w, b, 4);
}

size_t bgp_written(const struct bgp_writer *w)
{
    return (size_t)(w->at - w->start);
}
