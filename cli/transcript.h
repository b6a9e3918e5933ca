/*
 * "vrpsh --transcript FILE": what was typed in a recorded session is typed again, and what comes
 * back is compared with the record. Only main.c calls this.
 *
 * A transcript is the screen of a session: what stands behind a prompt or a question was typed
 * there. Lines that begin with "%" are notes. Dates with times are not compared.
 */
#ifndef VRPSH_TRANSCRIPT_H
#define VRPSH_TRANSCRIPT_H

#include "cli/client.h"

/* The exit code: 0 all is as recorded, 1 something is not, 2 the file cannot be read or written.
 * update: the file becomes what happened, lines that differ in dates alone stay. */
int transcript_run(struct client *c, const char *file, bool update);

#endif
