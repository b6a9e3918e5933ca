/* Diagnostics as text and as JSON; see diag.h. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/diag.h"
#include "cli/json.h"

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

static void put_to(void *b, const char *text, size_t n)
{
    put(b, text, n);
}

static void put_json(struct buf *b, const char *text, size_t n)
{
    json_quote(put_to, b, text, n);
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
