/*
 * The rows of one candidate in memory, ordered by key. Editing touches only this; what is new since
 * the last flush is marked dirty and written to the datastore by the owner. A journal since
 * overlay_mark() takes back a command that fails half way.
 *
 * Rows are kept in chunks of neighbouring keys, so a look-up is two binary searches and an
 * insertion moves a few hundred octets. Used by the store only.
 */
#ifndef VRPSH_OVERLAY_H
#define VRPSH_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct overlay;

struct overlay_row {
    const uint8_t *key;
    const char *text; /* NUL-terminated; NULL: a deletion */
    const char *base; /* what running had when the row was changed first; NULL: nothing */
    uint32_t ntext;
    uint16_t nkey;
    bool dirty;
};

/* All functions abort when memory runs out: a candidate must not be half changed. */
struct overlay *overlay_new(void);
void overlay_free(struct overlay *o);
size_t overlay_count(const struct overlay *o);
/* NULL: no row with this key. The row lives until it is changed. */
const struct overlay_row *overlay_get(const struct overlay *o, const uint8_t *key, size_t n);
/* base: NUL-terminated or NULL; a row that is there already keeps its own. */
void overlay_set(struct overlay *o, const uint8_t *key, size_t nkey, const char *text, size_t ntext,
                 const char *base, bool dirty);
/* Gives a row another base. */
void overlay_rebase(struct overlay *o, const uint8_t *key, size_t nkey, const char *base);
void overlay_remove(struct overlay *o, const uint8_t *key, size_t nkey);
void overlay_clear(struct overlay *o);

/* First row whose key is not below the given one, and the next; NULL at the end. A cursor dies
 * with any change. */
struct overlay_cursor {
    const struct overlay *o;
    size_t chunk, at;
};
const struct overlay_row *overlay_seek(const struct overlay *o, const uint8_t *key, size_t n,
                                       struct overlay_cursor *c);
const struct overlay_row *overlay_next(struct overlay_cursor *c);

/* Order of two rows by key: below, at or above zero. */
int overlay_order(const struct overlay_row *a, const struct overlay_row *b);

/* Rows changed or removed since overlay_clean(): fn gets removed rows with key only.
 * False from fn stops. Everything stays dirty until overlay_clean(). */
typedef bool overlay_dirty_fn(void *arg, const struct overlay_row *row, bool removed);
bool overlay_each_dirty(struct overlay *o, overlay_dirty_fn *fn, void *arg);
/* What the walk named has been written for good. */
void overlay_clean(struct overlay *o);
/* True when there is something to flush. */
bool overlay_dirty(const struct overlay *o);

/* Marks may stand inside each other, four deep. */
void overlay_mark(struct overlay *o);
void overlay_unmark(struct overlay *o, bool keep);

#endif
