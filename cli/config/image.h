/*
 * Configurations that can be named: running, the saved one, that of a commit, of a label, of a
 * file. Each is a candidate over running that is never stored, so comparing two of them costs what
 * they differ from running.
 */
#ifndef VRPSH_IMAGE_H
#define VRPSH_IMAGE_H

#include "cli/session.h"

/* Which: "running", "saved", or one of the values that is present. Fills in a scratch candidate, to
 * be freed with store_scratch_free(). False: there is no such configuration, or a line of the file
 * is refused; said. */
struct image_name {
    const char *word;
    const struct sch_value *label, *id, *file;
};
bool image_get(struct session *s, const struct image_name *name, struct store_candidate *out);
/* The commit whose state the arguments id, label or last name, 0 below the first one. False: there
 * is none, said. */
bool image_target(struct session *s, const struct sch_match *m, uint32_t *id);
/* Name of a configuration file that exists, from an argument. False: none, said. */
bool image_file(struct session *s, const struct sch_value *arg, char *name, size_t len);

#endif
