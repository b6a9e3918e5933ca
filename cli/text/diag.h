/*
 * Diagnostics of batches and offline checks, in one form: "FILE:LINE:COLUMN: Error: text" for
 * people, one JSON object for programs.
 */
#ifndef VRPSH_DIAG_H
#define VRPSH_DIAG_H

#include <stdbool.h>

#include "cli/text/text.h"

/* Adds one diagnostic with its newline. file NULL: not about a line. column 0: about the whole
 * line. severity: 'E', 'W' or 'I'. text is without severity word. */
void diag_format(struct text *to, const char *file, size_t line, size_t column, char severity,
                 const char *text, size_t n, bool json);

#endif
