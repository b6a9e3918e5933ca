/*
 * The file that keeps typed lines across sessions: one line each, newest last. Only term.c uses
 * this.
 */
#ifndef VRPSH_TERM_RECALL_H
#define VRPSH_TERM_RECALL_H

#include <stddef.h>

#define RECALL_MAX 256

/* Calls each() with every remembered line, oldest first. */
void recall_load(const char *path, void (*each)(void *ctx, const char *line, size_t n), void *ctx);
/* Remembers one more line. */
void recall_add(const char *path, const char *line, size_t n);

#endif
