/*
 * What a line of a batch came to, for programs (--json): every line gives one object, the document
 * of a display or else a result, {"line":3,"result":"ok"}. While a line that is no display runs,
 * what it prints is gathered for the list "output", and values that it names (show.h) are members
 * of the object: {"line":4,"commit_id":1000000007,"result":"ok"}. Diagnostics come before it. A
 * line that asks has its result when the question has been answered; the answer has none.
 *
 * session.c begins and ends results; output.c brings what is printed. Without --json, on a terminal
 * and offline none of this does anything.
 */
#ifndef VRPSH_RESULT_H
#define VRPSH_RESULT_H

#include "cli/session.h"

/* line: its number as the client counts; 0: what happens at the end of a batch. */
void result_begin(struct session *s, uint32_t line);
/* The line says nothing: it is empty or a comment. */
void result_none(struct session *s);
/* A document has been written: that is the object of the line. */
void result_shown(struct session *s);
/* Sends the result unless there is none to send. */
void result_end(struct session *s);

#endif
