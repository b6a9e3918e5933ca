/*
 * Interactive mode: a person, or a program that behaves like one, on a terminal. Called by main.c
 * (and by tests on a pseudo terminal) with a client that has been welcomed as interactive.
 */
#ifndef VRPSH_TERM_H
#define VRPSH_TERM_H

#include "cli/client.h"

/* Runs the session on standard input and output until the host says goodbye or the terminal is
 * gone; the exit code. Lines are remembered in the file history, NULL for nowhere. */
int term_run(struct client *c, const char *history);

#endif
