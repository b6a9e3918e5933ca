/*
 * Prefixes of one address family in a path-compressed binary tree: exact and longest match, and a
 * walk in the order displays want that can be continued from any prefix, even one that has gone.
 *
 * Nodes are embedded in what the prefix stands for; the tree adds plain ones where two branches
 * part. Why no hash per length: a display of a large table is read in batches while routes come and
 * go, which needs order; and a match is made once per next hop, not once per route.
 */
#ifndef VRPSH_NET_PTREE_H
#define VRPSH_NET_PTREE_H

#include "bgp/types.h"

struct ptree_node {
    struct bgp_addr addr; /* host bits zero */
    uint8_t len;
    bool real; /* else only a fork of the tree's own */
    struct ptree_node *child[2], *up;
};

struct ptree {
    struct ptree_node *root;
};

/* Cuts off the bits behind len. */
struct bgp_addr ptree_mask(const struct bgp_addr *a, unsigned len);

struct ptree_node *ptree_find(const struct ptree *t, const struct bgp_addr *a, unsigned len);
/* The longest prefix that holds a, or NULL; the next shorter one that holds n. */
struct ptree_node *ptree_match(const struct ptree *t, const struct bgp_addr *a);
struct ptree_node *ptree_shorter(const struct ptree_node *n);
/* n has address and length and is not in the tree. */
void ptree_insert(struct ptree *t, struct ptree_node *n);
void ptree_remove(struct ptree *t, struct ptree_node *n);
/* By address, shorter ones first. */
struct ptree_node *ptree_first(const struct ptree *t);
struct ptree_node *ptree_next(const struct ptree_node *n);
/* The first one behind the prefix, which need not be there. */
struct ptree_node *ptree_after(const struct ptree *t, const struct bgp_addr *a, unsigned len);

#endif
