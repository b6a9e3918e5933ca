/*
 * What a display shows, said once for people and for programs. A display that has fields calls
 * show_begin() first and names each value as it prints it; whatever it prints besides is for people
 * and left out of JSON. A display that does not call it is a list of lines in JSON:
 * {"lines": [...]}. Without "| json" and --json all of show_...() does nothing.
 *
 * Objects and lists still open at the end of the command, or when Ctrl-C ends it, are closed.
 */
#ifndef VRPSH_SHOW_H
#define VRPSH_SHOW_H

#include "cli/session.h"

/* A JSON document is wanted of the command that is about to run. */
void show_wanted(struct session *s, bool pretty);
/* Opens the document's object. */
void show_begin(struct session *s);
/* True when values go to JSON: for what is worth computing only then, or only for people. */
bool show_json(const struct session *s);
/* name NULL in a list. */
void show_object(struct session *s, const char *name);
void show_list(struct session *s, const char *name);
void show_close(struct session *s);
void show_text(struct session *s, const char *name, const char *text);
/* What out_draft() has gathered. */
void show_draft(struct session *s, const char *name);
void show_uint(struct session *s, const char *name, uint64_t value);
void show_bool(struct session *s, const char *name, bool value);
/* An address; left out when there is none. */
void show_addr(struct session *s, const char *name, const struct bgp_addr *a);

/* A line for people that is no value, nor a line of a display that is lines: left out of JSON. */
void show_remark(struct session *s, const char *text);

/* A value in both forms: printed by its format, and named. It is evaluated twice. */
#define SHOW_TEXT(s, name, format, value)                                                          \
    do {                                                                                           \
        show_text((s), (name), (value));                                                           \
        out((s), (format), (value));                                                               \
    } while (0)
#define SHOW_UINT(s, name, format, value)                                                          \
    do {                                                                                           \
        show_uint((s), (name), (value));                                                           \
        out((s), (format), (value));                                                               \
    } while (0)

/* For output.c: text of a command in JSON mode, and its end. failed: nothing but an error came. */
void show_line(struct session *s, const char *text, size_t n);
void show_end(struct session *s, bool failed);
/* A line that filters have let through, with --json, and their end. */
void show_sieved(struct session *s, const char *line, size_t n);
void show_sieved_end(struct session *s, bool failed);

#endif
