/* What commands print: gathered text, filtered by line, framed for the terminal. JSON comes from
 * show.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app_internal.h"
#include "cli/fd.h"
#include "cli/text/show.h"
#include "engine/files.h"

#define FRAME_TEXT 32768 /* octets of text in one frame */

static void gather_line(void *arg, const char *line, size_t n)
{
    struct session *s = arg;
    if (s->sieved) {
        show_sieved(s, line, n);
        return;
    }
    text_add(&s->text, line, n);
    text_add(&s->text, "\n", 1);
}

void out_raw(struct session *s, const char *text, size_t n)
{
    if (!s->filter) {
        text_add(&s->text, text, n);
        return;
    }
    s->filtered |= n > 0;
    while (n) {
        const char *nl = memchr(text, '\n', n);
        size_t take = nl ? (size_t)(nl - text) : n;
        if (!nl || s->partial.n)
            text_add(&s->partial, text, take);
        if (!nl)
            return;
        if (s->partial.n)
            filter_line(s->filter, s->partial.p, s->partial.n, gather_line, s);
        else
            filter_line(s->filter, text, take, gather_line, s);
        s->partial.n = 0;
        text += take + 1;
        n -= take + 1;
    }
}

void out_text(struct session *s, const char *text, size_t n)
{
    if (s->form == FORM_TEXT)
        out_raw(s, text, n);
    else if (s->form == FORM_LINES)
        show_line(s, text, n);
    else if (s->form == FORM_RESULT)
        text_add(&s->result.said, text, n);
}

void out(struct session *s, const char *fmt, ...)
{
    char text[4600];
    va_list ap;
    if (s->form == FORM_FIELDS)
        return;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    out_text(s, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

struct text *out_draft(struct session *s)
{
    s->draft.n = 0;
    return &s->draft;
}

void out_draft_end(struct session *s)
{
    out_text(s, s->draft.p, s->draft.n);
    s->draft.n = 0;
}

bool out_to_file(struct session *s, const char *name, bool append)
{
    char file[FILES_NAME_MAX + 1], err[400];
    size_t n = strcspn(name, " ");
    snprintf(file, sizeof file, "%.*s", (int)(n < sizeof file ? n : 0), name);
    if (!files_plain(file))
        session_error(s, "The file name is not valid.");
    else if ((s->to_file = files_open(s->app->opts.db, file, append, err, sizeof err)) < 0)
        session_error(s, "%s", err);
    s->file_error = 0;
    return s->to_file >= 0;
}

static void write_file(struct session *s)
{
    if (!s->file_error && !fd_write(s->to_file, s->text.p, s->text.n))
        s->file_error = errno;
    s->text.n = 0;
}

static void end_file(struct session *s)
{
    write_file(s);
    if (close(s->to_file) < 0 && !s->file_error)
        s->file_error = errno;
    s->to_file = -1;
    if (s->file_error)
        session_error(s, "The file cannot be written: %s.", strerror(s->file_error));
}

bool out_flush(struct session *s)
{
    bool room = true;
    if (s->to_file >= 0) {
        write_file(s);
        return true;
    }
    if (s->hello.interactive)
        text_tame(s->text.p, s->text.n);
    for (size_t at = 0; at < s->text.n && s->conn;) {
        size_t n = s->text.n - at > FRAME_TEXT ? FRAME_TEXT : s->text.n - at;
        proto_begin(&s->out, PROTO_OUT);
        proto_u8(&s->out, s->paged ? PROTO_OUT_PAGED : 0);
        proto_str(&s->out, s->text.p + at, n);
        proto_end(&s->out);
        room = host_send(s->conn, &s->out);
        at += n;
    }
    s->text.n = 0;
    return room;
}

static void end(struct session *s, bool failed)
{
    if (s->form == FORM_LINES || s->form == FORM_FIELDS)
        show_end(s, failed);
    if (s->filter) {
        if (s->partial.n)
            filter_line(s->filter, s->partial.p, s->partial.n, gather_line, s);
        if (s->filtered || !failed) /* nothing is counted of an error */
            filter_end(s->filter, gather_line, s);
        s->filtered = false;
        filter_free(s->filter);
        s->filter = NULL;
        s->partial.n = 0;
    }
    if (s->sieved)
        show_sieved_end(s, failed);
    if (s->to_file >= 0)
        end_file(s);
    out_flush(s);
    s->paged = false;
}

void out_end(struct session *s)
{
    end(s, false);
}

/* --- text that goes elsewhere -------------------------------------------------------- */

void out_hold(struct session *s, struct out_held *held)
{
    *held = (struct out_held){s->text, s->filter, s->form};
    s->text = (struct text){0};
    s->filter = NULL;
    s->form = FORM_TEXT;
}

char *out_release(struct session *s, struct out_held *held, size_t *n)
{
    text_add(&s->text, "", 1); /* its NUL */
    char *text = s->text.p;
    *n = s->text.n - 1;
    s->text = held->text;
    s->filter = held->filter;
    s->form = held->form;
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
    if (!s->failed[0])
        snprintf(s->failed, sizeof s->failed, "%s", text);
    end(s, true); /* a filter sees output, not errors */
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

void session_message(struct session *s, const char *text)
{
    if (!s->conn || s->ended)
        return;
    char tame[PROTO_LINE_MAX];
    snprintf(tame, sizeof tame, "%s", text);
    text_tame(tame, strlen(tame));
    proto_begin(&s->out, PROTO_LOG);
    proto_str(&s->out, tame, strlen(tame));
    proto_end(&s->out);
    host_send(s->conn, &s->out);
}
