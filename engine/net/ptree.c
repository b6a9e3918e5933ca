/* Prefix tree; see ptree.h. */
#include "engine/net/ptree.h"

#include <stdlib.h>
#include <string.h>

static unsigned bit(const struct bgp_addr *a, unsigned i)
{
    return a->b[i / 8] >> (7 - i % 8) & 1;
}

/* Leading bits that are equal, at most max. */
static unsigned common(const struct bgp_addr *a, const struct bgp_addr *b, unsigned max)
{
    unsigned i = 0;
    while (i + 8 <= max && a->b[i / 8] == b->b[i / 8])
        i += 8;
    while (i < max && bit(a, i) == bit(b, i))
        i++;
    return i;
}

struct bgp_addr ptree_mask(const struct bgp_addr *a, unsigned len)
{
    struct bgp_addr out = *a;
    for (unsigned i = 0; i < sizeof out.b; i++) {
        unsigned bits = len > i * 8 ? len - i * 8 : 0;
        if (bits < 8)
            out.b[i] &= (uint8_t)(0xff00 >> bits);
    }
    return out;
}

static bool holds(const struct ptree_node *n, const struct bgp_addr *a, unsigned len)
{
    return n->len <= len && common(&n->addr, a, n->len) == n->len;
}

/* The deepest node, real or not, that holds the prefix. */
static struct ptree_node *deepest(const struct ptree *t, const struct bgp_addr *a, unsigned len)
{
    struct ptree_node *n = t->root, *last = NULL;
    while (n && holds(n, a, len)) {
        last = n;
        n = n->len < len ? n->child[bit(a, n->len)] : NULL;
    }
    return last;
}

struct ptree_node *ptree_find(const struct ptree *t, const struct bgp_addr *a, unsigned len)
{
    struct ptree_node *n = deepest(t, a, len);
    return n && n->len == len && n->real ? n : NULL;
}

struct ptree_node *ptree_match(const struct ptree *t, const struct bgp_addr *a)
{
    struct ptree_node *n = deepest(t, a, a->af == 6 ? 128 : 32);
    return n && !n->real ? ptree_shorter(n) : n;
}

struct ptree_node *ptree_shorter(const struct ptree_node *n)
{
    struct ptree_node *up = n->up;
    while (up && !up->real)
        up = up->up;
    return up;
}

/* --- change ---------------------------------------------------------------------------------- */

static struct ptree_node **place_of(struct ptree *t, const struct ptree_node *n)
{
    return n->up ? &n->up->child[n->up->child[1] == n] : &t->root;
}

static void adopt(struct ptree_node *up, struct ptree_node *n)
{
    n->up = up;
    up->child[bit(&n->addr, up->len)] = n;
}

static struct ptree_node *fork_new(const struct bgp_addr *a, unsigned len)
{
    struct ptree_node *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    f->addr = ptree_mask(a, len);
    f->len = (uint8_t)len;
    return f;
}

/* n takes the place of old, with its children. */
static void replace(struct ptree *t, struct ptree_node *old, struct ptree_node *n)
{
    *place_of(t, old) = n;
    n->up = old->up;
    for (int i = 0; i < 2; i++) {
        n->child[i] = old->child[i];
        if (n->child[i])
            n->child[i]->up = n;
    }
}

void ptree_insert(struct ptree *t, struct ptree_node *n)
{
    struct ptree_node *up = deepest(t, &n->addr, n->len);
    n->real = true;
    n->child[0] = n->child[1] = NULL;
    if (up && up->len == n->len) { /* a fork stands there */
        replace(t, up, n);
        free(up);
        return;
    }
    struct ptree_node **at = up ? &up->child[bit(&n->addr, up->len)] : &t->root;
    struct ptree_node *below = *at;
    n->up = up;
    *at = n;
    if (!below)
        return;
    unsigned same = common(&n->addr, &below->addr, n->len < below->len ? n->len : below->len);
    if (same == n->len) {
        adopt(n, below);
        return;
    }
    struct ptree_node *f = fork_new(&n->addr, same);
    f->up = up;
    *at = f;
    adopt(f, below);
    adopt(f, n);
}

/* Takes out a node with at most one child; a fork left with one goes, too. */
static void splice(struct ptree *t, struct ptree_node *n)
{
    struct ptree_node *only = n->child[0] ? n->child[0] : n->child[1], *up = n->up;
    *place_of(t, n) = only;
    if (only)
        only->up = up;
    else if (up && !up->real) {
        splice(t, up);
        free(up);
    }
}

void ptree_remove(struct ptree *t, struct ptree_node *n)
{
    if (n->child[0] && n->child[1])
        replace(t, n, fork_new(&n->addr, n->len));
    else
        splice(t, n);
    n->up = n->child[0] = n->child[1] = NULL;
}

/* --- order ----------------------------------------------------------------------------------- */

static struct ptree_node *first_of(struct ptree_node *n)
{
    while (n && !n->real)
        n = n->child[0]; /* a fork has two children */
    return n;
}

static struct ptree_node *behind(const struct ptree_node *n)
{
    for (; n->up; n = n->up)
        if (n->up->child[0] == n && n->up->child[1])
            return first_of(n->up->child[1]);
    return NULL;
}

struct ptree_node *ptree_first(const struct ptree *t)
{
    return first_of(t->root);
}

struct ptree_node *ptree_next(const struct ptree_node *n)
{
    struct ptree_node *below = n->child[0] ? n->child[0] : n->child[1];
    return below ? first_of(below) : behind(n);
}

struct ptree_node *ptree_after(const struct ptree *t, const struct bgp_addr *a, unsigned len)
{
    struct ptree_node *up = deepest(t, a, len);
    if (up && up->len == len)
        return ptree_next(up);
    struct ptree_node *n = up ? up->child[bit(a, up->len)] : t->root;
    if (n && memcmp(n->addr.b, a->b, sizeof a->b) >= 0) /* inside the prefix, or behind it */
        return first_of(n);
    if (n)
        return behind(n);
    return up && !bit(a, up->len) && up->child[1] ? first_of(up->child[1]) : up ? behind(up) : NULL;
}
