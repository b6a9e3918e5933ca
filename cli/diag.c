/* Diagnostics as text and as JSON; see diag.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/diag.h"

struct buf {
    char *p;
    size_t n;
};

static void put(struct buf *b, const char *s, size_t n)
{
    if (n > DIAG_MAX - b->n)
        n = DIAG_MAX - b->n;
    memcpy(b->p + b->n, s, n);
    b->n += n;
}

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static size_t sequence(const unsigned char *s, size_t n)
{
    size_t len = *s < 0x80                 ? 1
                 : *s >= 0xc2 && *s < 0xe0 ? 2
                 : *s >= 0xe0 && *s < 0xf0 ? 3
                 : *s >= 0xf0 && *s < 0xf5 ? 4
                                           : 0;
    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] >= 0xa0) ||
               (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] >= 0x90);
    return bad ? 0 : len;
}

static void put_json(struct buf *b, const char *text, size_t n)
{
    char esc[8];
    put(b, "\"", 1);
    for (size_t i = 0; i < n;) {
        const unsigned char *s = (const unsigned char *)text + i;
        size_t len = sequence(s, n - i);
        if (*s == '"' || *s == '\\')
            put(b, esc, (size_t)snprintf(esc, sizeof esc, "\\%c", *s));
        else if (*s < ' ' || *s == 0x7f)
            put(b, esc, (size_t)snprintf(esc, sizeof esc, "\\u%04x", *s));
        else if (len)
            put(b, (const char *)s, len);
        else
            put(b, "\\ufffd", 6);
        i += len ? len : 1;
    }
    put(b, "\"", 1);
}

size_t diag_format(char buf[DIAG_MAX], const char *file, size_t line, size_t column, char severity,
                   const char *text, size_t n, bool json)
{
    const char *word = severity == 'E' ? "Error" : severity == 'W' ? "Warning" : "Info";
    struct buf b = {buf, 0};
    char part[128];
    if (json) {
        put(&b, "{\"file\":", 8);
        put_json(&b, file ? file : "", file ? strlen(file) : 0);
        put(&b, part,
            (size_t)snprintf(part, sizeof part,
                             ",\"line\":%zu,\"column\":%zu,\"severity\":\"%c%s\",\"message\":",
                             file ? line : 0, column, word[0] | 0x20, word + 1));
        put_json(&b, text, n);
        put(&b, "}\n", 2);
        return b.n;
    }
    if (file) {
        put(&b, file, strlen(file));
        put(&b, part, (size_t)snprintf(part, sizeof part, ":%zu:", line));
        if (column)
            put(&b, part, (size_t)snprintf(part, sizeof part, "%zu:", column));
        put(&b, " ", 1);
    } else {
        put(&b, "vrpsh: ", 7);
    }
    put(&b, word, strlen(word));
    put(&b, ": ", 2);
    while (n && text[n - 1] == '\n')
        n--;
    put(&b, text, n);
    put(&b, "\n", 1);
    return b.n;
}
