/*
 * Output filters: "| include RE | count" behind a display command, with the expressions of regex.h.
 *
 * One filter is WORD [ RE ], with "ignore-case", "before N" and "after N" in front of a WORD that
 * takes an expression. "section" works on blocks between lines that begin with "#".
 */
#ifndef VRPSH_FILTER_H
#define VRPSH_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter;

/* Parses "include RE | count ..." (text after the first "|"). NULL: *at is the offset of what is
 * wrong and *status one of the parser errors of schema.h. */
struct filter *filter_parse(const char *text, size_t n, size_t *at, int *status);
void filter_free(struct filter *f);
/* True when the chain contains "no-more". */
bool filter_no_more(const struct filter *f);
/* True when the display is to be JSON; only the first filter can ask for that. */
bool filter_json(const struct filter *f);
/* The chain without those two, which have no business with lines; NULL when nothing is left. */
struct filter *filter_of_lines(struct filter *f);
/* Passes one line (without newline) through the chain; emit is called for what comes out. */
typedef void filter_emit(void *arg, const char *line, size_t n);
void filter_line(struct filter *f, const char *line, size_t n, filter_emit *emit, void *arg);
/* End of the output: counts and what was held back are printed now. */
void filter_end(struct filter *f, filter_emit *emit, void *arg);
/* Words that may follow "|", for help; ends with NULL. */
struct filter_word {
    const char *word, *help;
    bool wants; /* an expression follows */
};
extern const struct filter_word filter_words[];
/* What may follow the text behind a "|" (all of it, up to the cursor): calls fn for every word, or
 * for the notation of a value. False: nothing makes sense there. */
bool filter_help(const char *text, size_t n,
                 void (*fn)(void *ctx, const char *text, const char *help), void *ctx);

#endif
