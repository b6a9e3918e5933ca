/*
 * The one bounds-checked way in and out of a message.
 *
 * Every octet a peer sent is read through struct bgp_cursor, every octet for a peer is written
 * through struct bgp_writer. Neither ever leaves its range: a read past the end gives zero and
 * leaves `bad` set, a write past the end is dropped and leaves `full` set, so a decoder may read a
 * whole structure and ask once. Bytes are not copied; a cursor lives no longer than what it is on.
 */
#ifndef VRPSH_BGP_WIRE_CURSOR_H
#define VRPSH_BGP_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bgp_cursor {
    const uint8_t *at;
    size_t left;
    bool bad; /* once set, nothing more can be read */
};

struct bgp_cursor bgp_cursor_on(const uint8_t *bytes, size_t n);
uint8_t bgp_get_u8(struct bgp_cursor *c);
uint16_t bgp_get_u16(struct bgp_cursor *c);
uint32_t bgp_get_u32(struct bgp_cursor *c);
/* The next n octets as a cursor of their own; bad, like c, when there are fewer. */
struct bgp_cursor bgp_get_part(struct bgp_cursor *c, size_t n);

struct bgp_writer {
    uint8_t *start, *at, *end;
    bool full;
};

struct bgp_writer bgp_writer_on(uint8_t *bytes, size_t n);
void bgp_put_u8(struct bgp_writer *w, unsigned v);
void bgp_put_u16(struct bgp_writer *w, unsigned v);
void bgp_put_u32(struct bgp_writer *w, uint32_t v);
void bgp_put_bytes(struct bgp_writer *w, const uint8_t *bytes, size_t n);
size_t bgp_written(const struct bgp_writer *w);

#endif
