/*
 * Keys in order: gathered in whatever order they lie in memory, then sorted where they are, so that
 * a look at a million routes needs no more than a copy of their keys. Used by walks (routes.c).
 * Knows no RIB: sorting may be done by a thread that must not see one.
 */
#ifndef VRPSH_RIB_KEYS_H
#define VRPSH_RIB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records of one width: the octets that order them, at most KEYS_WIDTH. */
enum { KEYS_WIDTH = 32 };
struct keys {
    uint8_t *at;
    size_t n, room; /* records */
    unsigned width;
};

/* expected: how many there will be, as far as is known. */
void keys_init(struct keys *k, unsigned width, size_t expected);
void keys_clear(struct keys *k);
/* Room for one more at the end, to be filled by the caller. */
uint8_t *keys_add(struct keys *k);
static inline const uint8_t *keys_get(const struct keys *k, size_t i)
{
    return k->at + i * k->width;
}
/* In order of their octets, and each once. */
void keys_sort(struct keys *k);

#endif
