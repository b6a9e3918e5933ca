/*
 * Running lines that nobody types: files, -c lines, or standard input that is no terminal. Only
 * main.c calls this.
 */
#ifndef VRPSH_BATCH_H
#define VRPSH_BATCH_H

#include "cli/client.h"

/* Where lines come from. Line numbers start at 1 in each source with a name of its own. */
struct batch_source {
    const char *name;
    int fd;           /* -1: text; the lines of neighbouring texts are numbered through */
    const char *text; /* lines separated by newlines */
};

/* Sends every line of the sources, in order and as one session, to a client that has been
 * welcomed; the exit code. */
int batch_run(struct client *c, const struct batch_source *sources, size_t n, bool json);

#endif
