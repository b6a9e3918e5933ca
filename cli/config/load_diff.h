/*
 * Loading a difference into the candidate: the text that the displays of changes print, with tags
 * or without. Each line is what a row was ("-") or becomes ("+"), below the lines of its views ("="
 * or blank). mgmt thread only.
 */
#ifndef VRPSH_LOAD_DIFF_H
#define VRPSH_LOAD_DIFF_H

#include "cli/config/load.h"

/* Makes the changes in the session's candidate where rows still are what the difference starts
 * from; the others are told to kept. bad is told of lines that are not understood; they are
 * skipped. Returns how many those were. */
unsigned load_diff(struct session *s, const char *text, size_t n, load_bad_fn *bad, void *ctx,
                   store_conflict_fn *kept, void *arg);

#endif
