/*
 * The one bounds-checked way in and out of a message.
 *
 * Every octet a peer sent is read through struct bgp_cursor, every octet for a peer is written
 * through struct bgp_writer. Neither ever leaves its range: a read past the end gives zero and
 * leaves `bad` set, a write past the end is dropped and leaves `full` set, so a decoder may read a
 * whole structure and ask once. Bytes are not copied; a cursor lives no longer than what it is on.
 *
 * Everything is inline: a table of a million routes passes here octet by octet.
 */
#ifndef VRPSH_BGP_WIRE_CURSOR_H
#define VRPSH_BGP_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bgp_cursor {
    const uint8_t *at;
    size_t left;
    bool bad; /* once set, nothing more can be read */
};

struct bgp_writer {
    uint8_t *start, *at, *end;
    bool full;
};

static inline struct bgp_cursor bgp_cursor_on(const uint8_t *bytes, size_t n)
{
    return (struct bgp_cursor){bytes, n, false};
}

/* The one place that decides whether n more octets exist. */
static inline const uint8_t *bgp_take(struct bgp_cursor *c, size_t n)
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

static inline uint8_t bgp_get_u8(struct bgp_cursor *c)
{
    const uint8_t *p = bgp_take(c, 1);

    return p ? p[0] : 0;
}

static inline uint16_t bgp_get_u16(struct bgp_cursor *c)
{
    const uint8_t *p = bgp_take(c, 2);

    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

static inline uint32_t bgp_get_u32(struct bgp_cursor *c)
{
    const uint8_t *p = bgp_take(c, 4);

    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

/* The next n octets as a cursor of their own; bad, like c, when there are fewer. */
static inline struct bgp_cursor bgp_get_part(struct bgp_cursor *c, size_t n)
{
    const uint8_t *p = bgp_take(c, n);

    return (struct bgp_cursor){p, c->bad ? 0 : n, c->bad};
}

static inline struct bgp_writer bgp_writer_on(uint8_t *bytes, size_t n)
{
    return (struct bgp_writer){bytes, bytes, bytes + n, false};
}

static inline void bgp_put_bytes(struct bgp_writer *w, const uint8_t *bytes, size_t n)
{
    if (w->full || n > (size_t)(w->end - w->at)) {
        w->full = true;
        return;
    }
    if (n > 0)
        memcpy(w->at, bytes, n);
    w->at += n;
}

static inline void bgp_put_u8(struct bgp_writer *w, unsigned v)
{
    uint8_t b = (uint8_t)v;

    bgp_put_bytes(w, &b, 1);
}

static inline void bgp_put_u16(struct bgp_writer *w, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

    bgp_put_bytes(w, b, 2);
}

static inline void bgp_put_u32(struct bgp_writer *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    bgp_put_bytes(w, b, 4);
}

static inline size_t bgp_written(const struct bgp_writer *w)
{
    return (size_t)(w->at - w->start);
}

#endif
