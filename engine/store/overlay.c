/* A candidate's rows in memory; see overlay.h. */
#include <stdlib.h>
#include <string.h>

#include "engine/store/overlay.h"

#define CHUNK 64
#define MARKS 4 /* commands inside commands */

struct node {
    struct overlay_row row;
    uint8_t bytes[]; /* key, then text and base with their NULs */
};

struct chunk {
    size_t n;
    struct node *node[CHUNK];
};

/* What a change replaced, or a flushed row that is gone: node NULL means "there was none". */
struct past {
    struct node *node;
    uint16_t nkey;
    uint8_t key[];
};

struct list {
    struct past **item;
    size_t n, cap;
};

struct overlay {
    struct chunk **chunk;
    size_t nchunks, cap, count;
    struct list journal; /* since overlay_mark() */
    struct list removed; /* clean rows removed since the last flush */
    bool dirty;
    unsigned marked; /* marks inside each other */
    struct {
        size_t journal, removed;
    } mark[MARKS];
};

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

struct overlay *overlay_new(void)
{
    return must(calloc(1, sizeof(struct overlay)));
}

static struct node *node_new(const uint8_t *key, size_t nkey, const char *text, size_t ntext,
                             const char *base, bool dirty)
{
    size_t nbase = base ? strlen(base) + 1 : 0;
    struct node *n = must(malloc(sizeof *n + nkey + (text ? ntext + 1 : 0) + nbase));
    char *at = (char *)n->bytes + nkey;
    memcpy(n->bytes, key, nkey);
    n->row = (struct overlay_row){.key = n->bytes, .nkey = (uint16_t)nkey, .dirty = dirty};
    if (text) {
        memcpy(at, text, ntext);
        at[ntext] = 0;
        n->row.text = at;
        n->row.ntext = (uint32_t)ntext;
        at += ntext + 1;
    }
    if (base) {
        memcpy(at, base, nbase);
        n->row.base = at;
    }
    return n;
}

static void list_add(struct list *l, const uint8_t *key, size_t nkey, struct node *node)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->item = must(realloc(l->item, l->cap * sizeof(struct past *)));
    }
    struct past *p = must(malloc(sizeof *p + nkey));
    p->node = node;
    p->nkey = (uint16_t)nkey;
    memcpy(p->key, key, nkey);
    l->item[l->n++] = p;
}

static void list_cut(struct list *l, size_t n)
{
    while (l->n > n) {
        struct past *p = l->item[--l->n];
        free(p->node);
        free(p);
    }
}

/* --- finding ------------------------------------------------------------------------- */

static int compare(const uint8_t *a, size_t na, const uint8_t *b, size_t nb)
{
    size_t n = na < nb ? na : nb;
    int c = n ? memcmp(a, b, n) : 0; /* an empty key may have no address */
    return c ? c : na < nb ? -1 : na > nb;
}

int overlay_order(const struct overlay_row *a, const struct overlay_row *b)
{
    return compare(a->key, a->nkey, b->key, b->nkey);
}

/* Chunk that would hold the key: the last whose first key is not above it. */
static size_t find_chunk(const struct overlay *o, const uint8_t *key, size_t n)
{
    size_t lo = 0, hi = o->nchunks;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        const struct overlay_row *r = &o->chunk[mid]->node[0]->row;
        if (compare(r->key, r->nkey, key, n) <= 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo ? lo - 1 : 0;
}

/* Position of the first node of the chunk not below the key; *same: it is the key. */
static size_t find_node(const struct chunk *c, const uint8_t *key, size_t n, bool *same)
{
    size_t lo = 0, hi = c->n;
    *same = false;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        const struct overlay_row *r = &c->node[mid]->row;
        int d = compare(r->key, r->nkey, key, n);
        *same |= d == 0;
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct overlay_row *overlay_get(const struct overlay *o, const uint8_t *key, size_t n)
{
    bool same;
    if (!o || !o->nchunks)
        return NULL;
    const struct chunk *c = o->chunk[find_chunk(o, key, n)];
    size_t at = find_node(c, key, n, &same);
    return same ? &c->node[at]->row : NULL;
}

size_t overlay_count(const struct overlay *o)
{
    return o ? o->count : 0;
}

const struct overlay_row *overlay_seek(const struct overlay *o, const uint8_t *key, size_t n,
                                       struct overlay_cursor *c)
{
    bool same;
    *c = (struct overlay_cursor){o, 0, 0};
    if (!o || !o->nchunks)
        return NULL;
    c->chunk = find_chunk(o, key, n);
    c->at = find_node(o->chunk[c->chunk], key, n, &same);
    if (c->at < o->chunk[c->chunk]->n)
        return &o->chunk[c->chunk]->node[c->at]->row;
    c->at--;
    return overlay_next(c);
}

const struct overlay_row *overlay_next(struct overlay_cursor *c)
{
    if (c->chunk >= c->o->nchunks)
        return NULL;
    if (++c->at >= c->o->chunk[c->chunk]->n) {
        c->chunk++;
        c->at = 0;
    }
    return c->chunk < c->o->nchunks ? &c->o->chunk[c->chunk]->node[c->at]->row : NULL;
}

/* --- changing ------------------------------------------------------------------------ */

static void add_chunk(struct overlay *o, size_t at)
{
    if (o->nchunks == o->cap) {
        o->cap = o->cap ? o->cap * 2 : 16;
        o->chunk = must(realloc(o->chunk, o->cap * sizeof(struct chunk *)));
    }
    memmove(o->chunk + at + 1, o->chunk + at, (o->nchunks - at) * sizeof(struct chunk *));
    o->chunk[at] = must(calloc(1, sizeof(struct chunk)));
    o->nchunks++;
}

static void insert(struct overlay *o, size_t ci, size_t at, struct node *node)
{
    if (o->nchunks == 0)
        add_chunk(o, 0);
    struct chunk *c = o->chunk[ci];
    if (c->n == CHUNK) { /* ascending keys, the usual case, leave full chunks behind */
        size_t keep = at == CHUNK && ci + 1 == o->nchunks ? CHUNK : CHUNK / 2;
        add_chunk(o, ci + 1);
        struct chunk *right = o->chunk[ci + 1];
        right->n = CHUNK - keep;
        memcpy(right->node, c->node + keep, right->n * sizeof(struct node *));
        c->n = keep;
        if (at >= keep) {
            c = right;
            at -= keep;
        }
    }
    memmove(c->node + at + 1, c->node + at, (c->n - at) * sizeof(struct node *));
    c->node[at] = node;
    c->n++;
    o->count++;
}

/* Takes the node out of its place; the caller owns it. */
static struct node *take(struct overlay *o, size_t ci, size_t at)
{
    struct chunk *c = o->chunk[ci];
    struct node *node = c->node[at];
    memmove(c->node + at, c->node + at + 1, (c->n - at - 1) * sizeof(struct node *));
    o->count--;
    if (--c->n == 0) {
        free(c);
        memmove(o->chunk + ci, o->chunk + ci + 1, (o->nchunks - ci - 1) * sizeof(struct chunk *));
        o->nchunks--;
    }
    return node;
}

/* Puts node (or nothing) in the place of the key; returns what was there. */
static struct node *replace(struct overlay *o, const uint8_t *key, size_t nkey, struct node *node)
{
    bool same = false;
    size_t ci = 0, at = 0;
    if (o->nchunks) {
        ci = find_chunk(o, key, nkey);
        at = find_node(o->chunk[ci], key, nkey, &same);
    }
    if (!same) {
        if (node)
            insert(o, ci, at, node);
        return NULL;
    }
    if (!node)
        return take(o, ci, at);
    struct node *old = o->chunk[ci]->node[at];
    o->chunk[ci]->node[at] = node;
    return old;
}

static void forget(struct overlay *o, const uint8_t *key, size_t nkey, struct node *old)
{
    if (o->marked)
        list_add(&o->journal, key, nkey, old);
    else
        free(old);
}

static void put_node(struct overlay *o, struct node *node)
{
    o->dirty |= node->row.dirty;
    forget(o, node->bytes, node->row.nkey, replace(o, node->bytes, node->row.nkey, node));
}

void overlay_set(struct overlay *o, const uint8_t *key, size_t nkey, const char *text, size_t ntext,
                 const char *base, bool dirty)
{
    const struct overlay_row *had = overlay_get(o, key, nkey);
    put_node(o, node_new(key, nkey, text, ntext, had ? had->base : base, dirty));
}

void overlay_rebase(struct overlay *o, const uint8_t *key, size_t nkey, const char *base)
{
    const struct overlay_row *had = overlay_get(o, key, nkey);
    if (had)
        put_node(o, node_new(key, nkey, had->text, had->ntext, base, true));
}

void overlay_remove(struct overlay *o, const uint8_t *key, size_t nkey)
{
    struct node *old = replace(o, key, nkey, NULL);
    if (!old)
        return;
    o->dirty = true;
    list_add(&o->removed, old->bytes, nkey, NULL); /* the datastore may have it */
    forget(o, o->removed.item[o->removed.n - 1]->key, nkey, old);
}

void overlay_clear(struct overlay *o)
{
    for (size_t i = 0; i < o->nchunks; i++) {
        for (size_t k = 0; k < o->chunk[i]->n; k++)
            free(o->chunk[i]->node[k]);
        free(o->chunk[i]);
    }
    o->nchunks = o->count = 0;
    o->dirty = false;
    list_cut(&o->removed, 0);
    list_cut(&o->journal, 0);
}

void overlay_free(struct overlay *o)
{
    if (!o)
        return;
    overlay_clear(o);
    free(o->chunk);
    free(o->removed.item);
    free(o->journal.item);
    free(o);
}

bool overlay_each_dirty(struct overlay *o, overlay_dirty_fn *fn, void *arg)
{
    for (size_t i = 0; i < o->removed.n; i++) {
        struct overlay_row gone = {.key = o->removed.item[i]->key,
                                   .nkey = o->removed.item[i]->nkey};
        if (!overlay_get(o, gone.key, gone.nkey) && !fn(arg, &gone, true))
            return false;
    }
    for (size_t i = 0; i < o->nchunks; i++)
        for (size_t k = 0; k < o->chunk[i]->n; k++)
            if (o->chunk[i]->node[k]->row.dirty && !fn(arg, &o->chunk[i]->node[k]->row, false))
                return false;
    return true;
}

void overlay_clean(struct overlay *o)
{
    for (size_t i = 0; i < o->nchunks; i++)
        for (size_t k = 0; k < o->chunk[i]->n; k++)
            o->chunk[i]->node[k]->row.dirty = false;
    list_cut(&o->removed, 0);
    o->dirty = false;
}

void overlay_mark(struct overlay *o)
{
    o->mark[o->marked].journal = o->journal.n;
    o->mark[o->marked++].removed = o->removed.n;
}

void overlay_unmark(struct overlay *o, bool keep)
{
    size_t journal = o->mark[--o->marked].journal;
    while (!keep && o->journal.n > journal) {
        struct past *p = o->journal.item[--o->journal.n];
        free(replace(o, p->key, p->nkey, p->node));
        free(p);
    }
    if (!keep)
        list_cut(&o->removed, o->mark[o->marked].removed);
    if (!o->marked)
        list_cut(&o->journal, 0);
}

bool overlay_dirty(const struct overlay *o)
{
    return o->dirty;
}
