/* Lines that the candidate and somebody else have changed, as operators see them. */
#ifndef VRPSH_CONFLICT_H
#define VRPSH_CONFLICT_H

#include "cli/session.h"

/* One listing: set s and head, give it to config_overlaps() and its like, end it. head is a line
 * said before the first of them, without a conflict never. To programs it is a list "conflicts" of
 * objects with view (the lines around it), base, mine and theirs (absent: there is none). */
struct conflicts {
    struct session *s;
    const char *head;
    bool output; /* the head is output, too, not a note about the command */
    bool open;   /* the list is */
    unsigned n;  /* listed so far */
    uint8_t shown[SCH_KEY_MAX];
    size_t nshown;
};
/* Opens the list, for who wants it even if there is nothing in it. */
void conflicts_begin(struct conflicts *c);
void conflicts_end(struct conflicts *c);
/* A store_conflict_fn. */
bool conflict_row(void *arg, const uint8_t *key, size_t nkey, const char *base, const char *mine,
                  const char *theirs);

#endif
