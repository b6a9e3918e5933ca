/*
 * What there is of the things that commands name: commits, labels, files, sessions. "?" lists it in
 * place of the form of the value, Tab completes to it. mgmt thread only.
 */
#ifndef VRPSH_NAMES_H
#define VRPSH_NAMES_H

#include "cli/session.h"

/* One of them as it would be typed, in quotes if it has a blank, and what is said about it; lines
 * of that are separated by "\n". */
typedef void names_fn(void *ctx, const char *text, const char *help);

/* Calls fn for each, at most max times; of is the parameter's (enum sch_of). */
void names_of(struct session *s, uint8_t of, size_t max, names_fn *fn, void *ctx);

/* Does it begin with what has been typed, with or without the quote? */
bool names_begins(const char *name, const char *typed, size_t n);

#endif
