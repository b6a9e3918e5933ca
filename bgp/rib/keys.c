/* Keys in order; see keys.h. */
#include <string.h>

#include "bgp/rib/keys.h"
#include "bgp/rib/slab.h"

enum { FEW = 16 }; /* are sorted by insertion */

void keys_init(struct keys *k, unsigned width, size_t expected)
{
    *k = (struct keys){.width = width, .room = expected + 1};
    k->at = rib_resize(NULL, 0, k->room * width);
}

void keys_clear(struct keys *k)
{
    rib_resize(k->at, k->room * k->width, 0);
    *k = (struct keys){0};
}

uint8_t *keys_add(struct keys *k)
{
    if (k->n == k->room) {
        size_t room = k->room + k->room / 8 + 4096;

        k->at = rib_resize(k->at, k->room * k->width, room * k->width);
        k->room = room;
    }
    return k->at + k->n++ * k->width;
}

static void insertion(uint8_t *at, size_t n, unsigned width)
{
    uint8_t key[KEYS_WIDTH];

    for (size_t i = 1; i < n; i++) {
        size_t j = i;

        memcpy(key, at + i * width, width);
        for (; j > 0 && memcmp(at + (j - 1) * width, key, width) > 0; j--)
            memcpy(at + j * width, at + (j - 1) * width, width);
        memcpy(at + j * width, key, width);
    }
}

/* Each to the part of its octet k: a record that is in the wrong place goes to the next free one of
 * its part and takes what was there along. */
static void distribute(uint8_t *at, unsigned width, unsigned k, size_t next[256],
                       const size_t end[256])
{
    uint8_t hand[KEYS_WIDTH], other[KEYS_WIDTH];

    for (unsigned v = 0; v < 256; v++) {
        while (next[v] < end[v]) {
            memcpy(hand, at + next[v] * width, width);
            while (hand[k] != v) {
                uint8_t *place = at + next[hand[k]]++ * width;

                memcpy(other, place, width);
                memcpy(place, hand, width);
                memcpy(hand, other, width);
            }
            memcpy(at + next[v]++ * width, hand, width);
        }
    }
}

/* By octet k and those behind it: as deep as a key is long. */
static void sort_from(uint8_t *at, size_t n, unsigned width, unsigned k)
{
    size_t next[256], end[256], count[256], sum = 0;

    for (; k < width && n > FEW; k++) {
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < n; i++)
            count[at[i * width + k]]++;
        if (count[at[k]] != n)
            break; /* else it says nothing */
    }
    if (k == width || n <= FEW) {
        insertion(at, n <= FEW ? n : 0, width);
        return;
    }
    for (unsigned v = 0; v < 256; v++) {
        next[v] = sum;
        sum += count[v];
        end[v] = sum;
    }
    distribute(at, width, k, next, end);
    for (unsigned v = 0; v < 256; v++) {
        if (count[v] > 1)
            sort_from(at + (end[v] - count[v]) * width, count[v], width, k + 1);
    }
}

void keys_sort(struct keys *k)
{
    size_t kept = k->n != 0;

    sort_from(k->at, k->n, k->width, 0);
    for (size_t i = 1; i < k->n; i++) {
        if (memcmp(keys_get(k, i), keys_get(k, kept - 1), k->width) == 0)
            continue;
        if (i != kept)
            memcpy(k->at + kept * k->width, keys_get(k, i), k->width);
        kept++;
    }
    k->n = kept;
}
