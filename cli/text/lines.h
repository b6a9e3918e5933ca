/*
 * Lines of text that comes from elsewhere: they end in \n, \r or both, as files of other systems
 * and programs that send Enter as \r have it, and a mark of UTF-8 may be in front of the first.
 */
#ifndef VRPSH_LINES_H
#define VRPSH_LINES_H

#include <stddef.h>
#include <string.h>

/* Octets of the first line without its end; n when it has none. */
static inline size_t line_length(const char *text, size_t n)
{
    const char *nl = memchr(text, '\n', n);
    size_t line = nl ? (size_t)(nl - text) : n;
    const char *cr = memchr(text, '\r', line);
    return cr ? (size_t)(cr - text) : line;
}

/* The same; *whole is the length with its end. */
static inline size_t line_first(const char *text, size_t n, size_t *whole)
{
    size_t line = line_length(text, n);
    *whole = line + (line < n);
    *whole += line + 1 < n && text[line] == '\r' && text[line + 1] == '\n';
    return line;
}

/* Octets of the mark in front of a text. */
static inline size_t line_mark(const char *text, size_t n)
{
    return n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

#endif
