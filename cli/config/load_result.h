/*
 * What a load could not do: lines that were refused, and lines that stay because somebody else has
 * changed them. Gathered while it runs, then shown as often as asked, to people and to programs.
 * Owned by the session; mgmt thread only.
 */
#ifndef VRPSH_LOAD_RESULT_H
#define VRPSH_LOAD_RESULT_H

#include "cli/session.h"

struct load_note;
struct load_result {
    char from[65];           /* name of the file, or what stands for it; "": commits */
    struct load_note *first; /* in the order they came */
    struct load_note **last;
    unsigned refused, lost; /* lost: did not fit into memory */
};

/* NULL: out of memory. Whatever takes a result takes NULL. */
struct load_result *load_result_new(const char *from);
void load_result_free(struct load_result *r);
/* Line number of the text (0: the text as a whole), the line, "Error: ..." why. */
void load_result_refused(struct load_result *r, size_t line, const char *text, size_t n,
                         const char *why);
/* A store_conflict_fn; arg is a load_result. */
bool load_result_stays(void *arg, const uint8_t *key, size_t nkey, const char *base,
                       const char *mine, const char *theirs);
/* Both forms, in JSON as "from", "refused" and "conflicts". TOLD: of the load that has just been,
 * so that lists without members are left out; STAYS: of it without the refused lines; ALL: asked
 * for.
 */
enum load_result_part { LOAD_RESULT_TOLD, LOAD_RESULT_STAYS, LOAD_RESULT_ALL };
void load_result_show(struct session *s, const struct load_result *r, enum load_result_part part);
/* Calls fn for every refused line. */
void load_result_each(const struct load_result *r,
                      void (*fn)(struct session *s, size_t line, const char *why),
                      struct session *s);

#endif
