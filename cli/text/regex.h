/*
 * Regular expressions as VRP knows them: PCRE2 in which "_" is a delimiter or either end of the
 * text. regex.c is the only owner of pcre2.h. A match is bounded, so that no expression can hang
 * the host.
 */
#ifndef VRPSH_REGEX_H
#define VRPSH_REGEX_H

#include <stdbool.h>
#include <stddef.h>

enum { REGEX_MAX = 255 }; /* characters of an expression */

struct regex;
/* NULL: it is none, or too long. */
struct regex *regex_new(const char *re, size_t n, bool ignore_case);
void regex_free(struct regex *r);
bool regex_match(struct regex *r, const char *text, size_t n);

#endif
