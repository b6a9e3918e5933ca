/* What commands print: gathered text, filtered by line, framed for the terminal. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/session.h"

#define FRAME_TEXT 32768 /* octets of text in one frame */

static void grow(char **buf, size_t *cap, size_t need)
{
    if (need <= *cap)
        return;
    size_t cap2 = *cap ? *cap : 1024;
    while (cap2 < need)
        cap2 *= 2;
    char *p = realloc(*buf, cap2);
    if (!p)
        abort();
    *buf = p;
    *cap = cap2;
}

static void gather(struct session *s, const char *text, size_t n)
{
    if (n == 0)
        return;
    grow(&s->text, &s->textcap, s->ntext + n);
    memcpy(s->text + s->ntext, text, n);
    s->ntext += n;
}

static void gather_line(void *arg, const char *line, size_t n)
{
    gather(arg, line, n);
    gather(arg, "\n", 1);
}

void out_text(struct session *s, const char *text, size_t n)
{
    if (!s->filter) {
        gather(s, text, n);
        return;
    }
    while (n) {
        const char *nl = memchr(text, '\n', n);
        size_t take = nl ? (size_t)(nl - text) : n;
        grow(&s->partial, &s->partialcap, s->npartial + take + 1);
        memcpy(s->partial + s->npartial, text, take);
        s->npartial += take;
        if (!nl)
            return;
        filter_line(s->filter, s->partial, s->npartial, gather_line, s);
        s->npartial = 0;
        text += take + 1;
        n -= take + 1;
    }
}

void out(struct session *s, const char *fmt, ...)
{
    char text[4600];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out_text(s, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

bool out_flush(struct session *s)
{
    bool room = true;
    for (size_t at = 0; at < s->ntext && s->conn;) {
        size_t n = s->ntext - at > FRAME_TEXT ? FRAME_TEXT : s->ntext - at;
        proto_begin(&s->out, PROTO_OUT);
        proto_u8(&s->out, s->paged ? PROTO_OUT_PAGED : 0);
        proto_str(&s->out, s->text + at, n);
        proto_end(&s->out);
        room = host_send(s->conn, &s->out);
        at += n;
    }
    s->ntext = 0;
    return room;
}

void out_end(struct session *s)
{
    if (s->filter) {
        if (s->npartial)
            filter_line(s->filter, s->partial, s->npartial, gather_line, s);
        filter_end(s->filter, gather_line, s);
        filter_free(s->filter);
        s->filter = NULL;
        s->npartial = 0;
    }
    out_flush(s);
    s->paged = false;
}

/* --- text that goes elsewhere -------------------------------------------------------- */

void out_hold(struct session *s, struct out_held *held)
{
    *held = (struct out_held){s->text, s->ntext, s->textcap, s->filter};
    s->text = NULL;
    s->ntext = s->textcap = 0;
    s->filter = NULL;
}

char *out_release(struct session *s, struct out_held *held, size_t *n)
{
    gather(s, "", 1); /* its NUL */
    char *text = s->text;
    *n = s->ntext - 1;
    s->text = held->text;
    s->ntext = held->n;
    s->textcap = held->cap;
    s->filter = held->filter;
    return text;
}

/* --- diagnostics --------------------------------------------------------------------- */

/* The severity has a field of its own: its word goes from the front of the text. */
static void send_diag(struct session *s, char severity, size_t column, const char *text)
{
    const char *word = strstr(text, ": ");
    if (word && word < text + 10)
        text = word + 2;
    if (s->diag) {
        s->diag(s, severity, column, text);
        return;
    }
    proto_begin(&s->out, PROTO_DIAG);
    proto_u8(&s->out, (uint8_t)severity);
    proto_u32(&s->out, s->line_no);
    proto_u32(&s->out, (uint32_t)column);
    proto_str(&s->out, text, strlen(text));
    proto_end(&s->out);
    host_send(s->conn, &s->out);
}

/* Columns on the screen: characters, not octets. */
static size_t columns(const char *text, size_t n)
{
    size_t c = 0;
    for (size_t i = 0; i < n; i++)
        c += ((unsigned char)text[i] & 0xc0) != 0x80;
    return c;
}

void session_caret(struct session *s, const char *line, size_t nline, size_t at)
{
    char prompt[600];
    size_t n = at < nline ? at : nline;
    size_t blanks = columns(prompt, session_prompt(s, prompt, sizeof prompt)) + columns(line, n);
    out(s, "%*s^\n", (int)(blanks + (at - n)), "");
}

void session_fail(struct session *s, long at, const char *text)
{
    s->errors++;
    out_end(s); /* a filter sees output, not errors */
    if (!s->hello.interactive) {
        size_t start = strspn(s->line, " \t"); /* no word in particular: where the line begins */
        send_diag(s, 'E', (at < 0 ? start : (size_t)at) + 1, text);
        s->batch_over = !s->hello.keep_going;
        return;
    }
    if (at >= 0)
        session_caret(s, s->line, s->nline, (size_t)at);
    out(s, "%s\n", text);
}

void session_error(struct session *s, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    int n = snprintf(text, sizeof text, "Error: ");
    va_start(ap, fmt);
    vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    session_fail(s, -1, text);
}

void session_note(struct session *s, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (s->hello.interactive)
        out(s, "%s\n", text);
    else
        send_diag(s, text[0] == 'W' ? 'W' : 'I', 0, text);
}
