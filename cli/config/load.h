/*
 * Configuration text, as files hold it, becomes changes of a candidate. The lines run in a session
 * of their own, the way they would be typed: "#" in column one goes back to the system view, "!"
 * begins a comment, "return" ends, indentation means nothing, questions are answered by yes. A
 * line that is refused is reported and skipped. mgmt thread only.
 */
#ifndef VRPSH_LOAD_H
#define VRPSH_LOAD_H

#include "cli/session.h"

enum load_how {
    LOAD_MERGE,  /* over what the candidate shows */
    LOAD_REPLACE /* the candidate will show the text and nothing else */
};

/* Line number (from 1) and text of a line that was refused, and "Error: ..." why. */
typedef void load_bad_fn(void *ctx, size_t line, const char *text, size_t n, const char *why);

#define LOAD_FAILED 0xffffffffu

/* Changes e's candidate, which must be there; nothing is committed. Returns how many lines were
 * refused; LOAD_FAILED: the datastore could not be read, or memory ran out, and nothing has been
 * changed. level: of who loads it; what that level may not enter is refused. */
unsigned load_text(struct app *a, int level, struct edit *e, const char *text, size_t n,
                   enum load_how how, load_bad_fn *bad, void *ctx);

/* cmd_load.c: drops the text that a session is typing. */
void load_forget(struct session *s);

/* A datastore that has never held a configuration takes that of the startup file, if there is
 * one. warn is told of lines that were refused. */
void load_startup(struct app *a, void (*warn)(void *ctx, const char *text), void *ctx);

#endif
