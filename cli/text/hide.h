/*
 * Passwords in lines as they were typed, understood or not: for the record of commands and for
 * displays of refused lines. What is a password is guessed from the words before it, as a line with
 * a wrong word elsewhere has one all the same; of a line that is understood, cli/text/render.h
 * knows.
 */
#ifndef VRPSH_HIDE_H
#define VRPSH_HIDE_H

#include <stdbool.h>
#include <stddef.h>

/* Copies a line of n octets to out, with a NUL and what does not fit left out (len > 8). Behind
 * "password", its form too if there is one, everything is hidden; behind "simple" or "cipher" alone
 * the next word. Words are taken in any case and abbreviated. True: something was hidden. */
bool hide_secrets(const char *line, size_t n, char *out, size_t len);

#endif
