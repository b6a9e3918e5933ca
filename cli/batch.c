/*
 * Batch mode. See batch.h.
 *
 * Lines are pipelined: they are sent as fast as the host reads them and its diagnostics, which
 * carry the number of the line they mean, are mapped back to file and line here. One poll() loop
 * watches the source and the host, so reading an answer never waits for a line to be taken, nor
 * the other way round. Only standard output may block us, and then the host waits too: that is its
 * back-pressure.
 */
#include "cli/batch.h"
#include "cli/text/diag.h"
#include "cli/fd.h"
#include "cli/text/json.h"
#include "cli/text/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNSENT_MAX (256u << 10) /* read no more lines while this much waits for the host */
#define CHUNK (64u << 10)
/* The host reports lines longer than PROTO_LINE_MAX. It need not see all of a line to do so, and a
 * file without newlines need not be held in memory. */
#define LINE_KEEP (2 * PROTO_LINE_MAX)
#define EXIT_ERROR 1
#define EXIT_UNREAD 2
#define EXIT_HOST 3

struct mark {
    size_t first; /* the first line of this source, as the host counts */
    size_t source;
};

struct batch {
    struct client *client;
    const struct batch_source *sources;
    size_t nsources, at, begun;
    bool json;
    size_t lines;       /* sent so far */
    struct mark *marks; /* one for each numbering begun */
    size_t nmarks;
    char line[LINE_KEEP];
    size_t nline;
    bool after_cr;   /* a \n now is of the same end */
    bool open_line;  /* something of a line has been read, even if it is empty so far */
    bool input_done; /* EOF has been sent */
    bool read_error;
    char out[CHUNK];
    size_t nout;
    bool broken; /* standard output takes no more */
};

/* --- standard output ----------------------------------------------------------------- */

static void write_all(struct batch *b, const char *p, size_t n)
{
    if (b->broken || fd_write(STDOUT_FILENO, p, n))
        return;
    if (errno != EPIPE)
        fprintf(stderr, "vrpsh: standard output: %s\n", strerror(errno));
    b->broken = true;
}

static void flush_out(struct batch *b)
{
    write_all(b, b->out, b->nout);
    b->nout = 0;
}

static void print(struct batch *b, const char *text, size_t n)
{
    if (n > sizeof b->out - b->nout) {
        flush_out(b);
    }
    if (n > sizeof b->out) {
        write_all(b, text, n);
        return;
    }
    memcpy(b->out + b->nout, text, n);
    b->nout += n;
}

/* --- diagnostics --------------------------------------------------------------------- */

/* Where the host's line n came from. The last source that begins at or before it is the one: an
 * empty source begins where the next does. */
static const char *place(const struct batch *b, size_t *line)
{
    for (size_t i = b->nmarks; i-- > 0;) {
        if (*line >= b->marks[i].first) {
            *line -= b->marks[i].first - 1;
            return b->sources[b->marks[i].source].name;
        }
    }
    return NULL;
}

static void diagnostic(struct batch *b, struct proto_frame *f)
{
    uint8_t severity = proto_get_u8(f);
    size_t line = proto_get_u32(f), n;
    uint32_t column = proto_get_u32(f);
    const char *text = proto_get_str(f, &n);
    const char *file = line ? place(b, &line) : NULL;
    struct text out = {0};
    diag_format(&out, file, line, column, (char)severity, text, n, b->json);
    if (b->json) {
        print(b, out.p, out.n);
    } else {
        flush_out(b); /* both may go to one terminal: keep their order */
        fwrite(out.p, 1, out.n, stderr);
    }
    free(out.p);
}

/* The object of a line gets the place of that line, as diagnostics have it. */
static void result(struct batch *b, struct proto_frame *f)
{
    struct text out = {0};
    struct json j = {.to = &out};
    size_t line = proto_get_u32(f), n;
    const char *object = proto_get_str(f, &n), *file = line ? place(b, &line) : NULL;
    if (n < 2)
        return;
    json_object(&j, NULL);
    json_text(&j, "file", file ? file : "", file ? strlen(file) : 0);
    json_uint(&j, "line", line);
    text_char(&out, ',');
    text_add(&out, object + 1, n - 1);
    print(b, out.p, out.n);
    free(out.p);
}

/* --- lines --------------------------------------------------------------------------- */

static void end_line(struct batch *b)
{
    bool first = b->sources[b->at].fd >= 0 && b->marks[b->nmarks - 1].first == b->lines + 1;
    size_t mark = first ? line_mark(b->line, b->nline) : 0;
    client_text(b->client, PROTO_LINE, b->line + mark, b->nline - mark);
    b->lines++;
    b->nline = 0;
    b->open_line = false;
}

static void feed(struct batch *b, const char *p, size_t n)
{
    while (n) {
        if (b->after_cr && *p == '\n') {
            b->after_cr = false;
            p++;
            n--;
            continue;
        }
        size_t part = line_length(p, n);
        size_t keep = part < LINE_KEEP - b->nline ? part : LINE_KEEP - b->nline;
        memcpy(b->line + b->nline, p, keep);
        b->nline += keep;
        b->open_line = true;
        b->after_cr = part < n && p[part] == '\r';
        if (part < n) {
            end_line(b);
            part++;
        }
        p += part;
        n -= part;
    }
}

static void next_source(struct batch *b)
{
    if (b->open_line) {
        end_line(b);
    }
    b->after_cr = false;
    b->at++;
}

static void begin_source(struct batch *b)
{
    if (b->begun > b->at) {
        return;
    }
    b->begun = b->at + 1;
    bool goes_on = b->at && b->sources[b->at].fd < 0 && b->sources[b->at - 1].fd < 0;
    if (!goes_on) { /* the lines of all -c are counted through */
        b->marks[b->nmarks++] = (struct mark){.first = b->lines + 1, .source = b->at};
    }
}

static void read_source(struct batch *b)
{
    static char chunk[CHUNK];
    const struct batch_source *s = &b->sources[b->at];
    ssize_t n = read(s->fd, chunk, sizeof chunk);
    if (n > 0) {
        feed(b, chunk, (size_t)n);
    } else if (n == 0) {
        next_source(b);
    } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
        fprintf(stderr, "vrpsh: %s: %s\n", s->name, strerror(errno));
        b->read_error = true;
        b->at = b->nsources;
    }
}

/* Takes what needs no waiting; the descriptor to wait for, or -1. */
static int want_source(struct batch *b)
{
    while (b->at < b->nsources && client_unsent(b->client) < UNSENT_MAX) {
        const struct batch_source *s = &b->sources[b->at];
        begin_source(b);
        if (s->fd >= 0) {
            return s->fd;
        }
        feed(b, s->text, strlen(s->text));
        b->open_line |= *s->text == '\0'; /* -c '' is an empty line */
        next_source(b);
    }
    /* After a read error the host must not take what was read for the whole: no EOF, it ends the
     * session as one whose client is gone. */
    if (b->at == b->nsources && !b->input_done && !b->read_error) {
        b->input_done = true;
        client_signal(b->client, PROTO_EOF);
    }
    return -1;
}

/* --- the loop ------------------------------------------------------------------------ */

/* The exit code once the session is over, -1 before. */
static int take_frames(struct batch *b)
{
    struct proto_frame f;
    while (client_next(b->client, &f)) {
        size_t n;
        const char *text;
        switch (f.type) {
        case PROTO_OUT:
            proto_get_u8(&f);
            text = proto_get_str(&f, &n);
            print(b, text, n);
            break;
        case PROTO_DIAG:
            diagnostic(b, &f);
            break;
        case PROTO_RESULT:
            result(b, &f);
            break;
        case PROTO_LOG:
            text = proto_get_str(&f, &n);
            flush_out(b);
            fprintf(stderr, "%.*s\n", (int)n, text);
            break;
        case PROTO_REFUSED:
            text = proto_get_str(&f, &n);
            fprintf(stderr, "vrpsh: %.*s\n", (int)n, text);
            return EXIT_HOST;
        case PROTO_BYE:
            return proto_get_u8(&f);
        default:
            break; /* a prompt has no one to see it */
        }
    }
    if (b->client->ended) {
        flush_out(b);
        fputs("vrpsh: the host has ended before the lines were done\n", stderr);
        return EXIT_HOST;
    }
    return -1;
}

static void wait_for_any(struct batch *b)
{
    struct client *c = b->client;
    int source;
    do { /* writing may make the room for which a source was refused: nobody would wake us */
        source = want_source(b);
        client_write(c);
    } while (source < 0 && b->at < b->nsources && client_unsent(c) < UNSENT_MAX);
    struct pollfd p[2] = {{.fd = c->fd, .events = POLLIN}, {.fd = source, .events = POLLIN}};
    if (client_unsent(c)) {
        p[0].events |= POLLOUT;
    }
    if (poll(p, 2, -1) < 0) {
        return;
    }
    if (p[0].revents & (POLLIN | POLLHUP | POLLERR)) {
        client_read(c);
    }
    if (p[1].revents) {
        read_source(b);
    }
}

int batch_run(struct client *c, const struct batch_source *sources, size_t n, bool json)
{
    struct batch *b = calloc(1, sizeof *b);
    struct mark *marks = calloc(n, sizeof *marks);
    int code = -1;
    if (!b || !marks) {
        free(b);
        free(marks);
        fputs("vrpsh: out of memory\n", stderr);
        return EXIT_HOST;
    }
    b->client = c;
    b->sources = sources;
    b->nsources = n;
    b->marks = marks;
    b->json = json;
    while (code < 0) {
        code = take_frames(b);
        flush_out(b);
        if (code < 0) {
            wait_for_any(b);
            code = b->read_error ? EXIT_UNREAD : b->broken ? EXIT_ERROR : -1;
        }
    }
    code = b->broken ? EXIT_ERROR : code;
    free(marks);
    free(b);
    return code;
}
