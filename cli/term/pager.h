/*
 * The pager's arithmetic: how much of an output fits before "---- More ----", and what a key does
 * then. Does no input or output itself; term.c prints, erases and reads keys.
 */
#ifndef VRPSH_PAGER_H
#define VRPSH_PAGER_H

#include <stdbool.h>
#include <stddef.h>

#define PAGER_MORE "  ---- More ----"
#define PAGER_ERASE "\033[16D                \033[16D"

struct pager {
    unsigned length; /* rows of a page, 0: everything fits */
    unsigned cols;   /* 0: lines never wrap */
    unsigned used;   /* rows of this page that are full */
    unsigned col;    /* of the row begun */
};

enum pager_key {
    PAGER_IGNORE, /* not a key of the pager: stay */
    PAGER_GO,     /* print on */
    PAGER_BACK,   /* the page before this one again */
    PAGER_FILTER, /* an expression follows, for what comes next */
    PAGER_STOP
};

/* A command begins. */
void pager_begin(struct pager *p, unsigned length, unsigned cols);
/* How many octets of text are to be printed now; when fewer than n, a key must be waited for. */
size_t pager_fit(struct pager *p, const char *text, size_t n);
enum pager_key pager_key(struct pager *p, unsigned char key);
/* Where the page before the one that ends at offset at begins. */
size_t pager_back(struct pager *p, const char *text, size_t at);

#endif
