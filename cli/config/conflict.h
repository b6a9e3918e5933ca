/* Lines that the candidate and somebody else have changed, as operators see them. */
#ifndef VRPSH_CONFLICT_H
#define VRPSH_CONFLICT_H

#include "cli/session.h"

/* One listing: set s and head, give it to config_overlaps() and its like. head is a line said
 * before the first of them, without a conflict never. */
struct conflicts {
    struct session *s;
    const char *head;
    unsigned n; /* listed so far */
    uint8_t shown[SCH_KEY_MAX];
    size_t nshown;
};
/* A store_conflict_fn. */
bool conflict_row(void *arg, const uint8_t *key, size_t nkey, const char *base, const char *mine,
                  const char *theirs);

#endif
