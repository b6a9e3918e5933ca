/*
 * JSON, added to a text as it comes. Whoever owns the text may take away what is there between any
 * two calls, so a document may be larger than memory. The writer keeps commas, nesting and escapes
 * right; names are the caller's. Text that is no UTF-8 becomes U+FFFD, so that what comes out is
 * always valid.
 */
#ifndef VRPSH_JSON_H
#define VRPSH_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/text/text.h"

/* "text" with its quotes. */
void json_quote(struct text *to, const char *text, size_t n);

struct json {
    struct text *to;
    bool pretty;    /* a member a line, indented; else no blanks at all */
    unsigned depth; /* objects and lists that are open, at most JSON_DEPTH */
    uint32_t lists; /* bit d: level d is a list */
    uint32_t used;  /* bit d: level d has a member */
};
enum { JSON_DEPTH = 31 };

/* name: of a member of an object, a word that needs no escapes; NULL in a list and for the document
 * itself. */
void json_object(struct json *j, const char *name);
void json_list(struct json *j, const char *name);
void json_close(struct json *j);
void json_text(struct json *j, const char *name, const char *text, size_t n);
void json_uint(struct json *j, const char *name, uint64_t value);
void json_bool(struct json *j, const char *name, bool value);

#endif
