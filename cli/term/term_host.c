/*
 * Interactive mode, the host's half: waiting for terminal, host and signals, and showing what the
 * host says. See term_internal.h.
 *
 * A frame may come while a line is being typed (a log message, a new prompt): then the line is
 * taken off the screen, the text printed, and the line put back. Output is paged here; while a
 * page is held the host is not read, so it stops producing.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cli/term/term_internal.h"

/* --- output -------------------------------------------------------------------------- */

void term_put(struct term *t, const char *text, size_t n)
{
    if (n) {
        tty_put(&t->tty, text, n);
        t->middle = text[n - 1] != '\n';
    }
}

static void message(struct term *t, const char *text, size_t n)
{
    bool editing = t->editing && t->draw.shown;
    if (editing) {
        draw_hide(&t->draw);
    } else if (t->middle) {
        term_put(t, "\n", 1);
    }
    term_put(t, text, n);
    if (n && text[n - 1] != '\n') {
        term_put(t, "\n", 1);
    }
    if (editing) {
        draw_show(&t->draw);
    }
}

static const char idle_text[] = "Info: The session ends: nothing has been typed for too long.\n";

/* --- waiting ------------------------------------------------------------------------- */

void term_over(struct term *t, int code)
{
    if (!t->over) {
        t->over = true;
        t->code = code;
    }
}

static void resized(struct term *t)
{
    uint16_t rows, cols;
    if (tty_size(&rows, &cols)) {
        draw_resize(&t->draw, cols);
        t->pager.cols = cols;
        t->rows = rows;
        if (t->flags & PROTO_PROMPT_ROWS) {
            t->page = t->pager.length = rows;
        }
        client_size(t->client, rows, cols);
    }
}

static void take_signals(struct term *t)
{
    struct signalfd_siginfo s;
    while (read(t->tty.signals, &s, sizeof s) == (ssize_t)sizeof s) {
        if (s.ssi_signo == SIGWINCH) {
            resized(t);
        } else if (s.ssi_signo == SIGCONT) {
            tty_raw(&t->tty);
            if (t->editing) {
                draw_hide(&t->draw);
                draw_show(&t->draw);
            }
        } else {
            term_over(t, TERM_EXIT_GONE);
        }
    }
}

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until the session has been idle too long; the last key counts, not what was shown since. */
static int idle_ms(const struct term *t)
{
    int64_t left = t->last_key + (int64_t)t->idle * 1000 - now_ms();
    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* The terminal goes as if it had hung up: what is not committed is kept for the next time. */
static void idle_too_long(struct term *t)
{
    if (idle_ms(t) > 0) {
        return;
    }
    message(t, idle_text, sizeof idle_text - 1);
    term_over(t, TERM_EXIT_GONE);
}

void term_wait(struct term *t, bool host)
{
    struct client *c = t->client;
    tty_flush(&t->tty);
    client_write(c);
    struct pollfd p[3] = {{.fd = tty_full(&t->tty) ? -1 : STDIN_FILENO, .events = POLLIN},
                          {.fd = t->tty.signals, .events = POLLIN},
                          {.fd = host || client_unsent(c) ? c->fd : -1}};
    p[2].events = (short)((host ? POLLIN : 0) | (client_unsent(c) ? POLLOUT : 0));
    bool waits = t->idle && (t->editing || !host);
    int n = t->tty.gone ? -1 : poll(p, 3, waits ? idle_ms(t) : -1);
    if (n < 0 && (t->tty.gone || errno != EINTR)) {
        term_over(t, TERM_EXIT_GONE);
        return;
    }
    if (n == 0) {
        idle_too_long(t);
        return;
    }
    if (p[1].revents) {
        take_signals(t);
    }
    if (p[0].revents) {
        t->last_key = now_ms();
        tty_read(&t->tty);
    }
    /* Never while a page is held: the text being shown lies in the client's buffer. */
    if (host && (p[2].revents & (POLLIN | POLLHUP | POLLERR))) {
        client_read(c);
    }
    if (t->tty.gone) {
        term_over(t, TERM_EXIT_GONE);
    }
}

/* --- frames -------------------------------------------------------------------------- */

static void output(struct term *t, struct proto_frame *f)
{
    size_t n;
    bool paged = proto_get_u8(f) & PROTO_OUT_PAGED;
    const char *text = proto_get_str(f, &n);
    if (t->editing && t->draw.shown && !t->discard) {
        message(t, text, n);
    } else if (paged && t->pager.length) {
        more_show(t, text, n);
    } else if (!t->discard) {
        term_put(t, text, n);
    }
}

static void diagnostic(struct term *t, struct proto_frame *f)
{
    size_t n;
    uint8_t severity = proto_get_u8(f);
    proto_get_u32(f);
    proto_get_u32(f);
    const char *text = proto_get_str(f, &n);
    const char *word = severity == 'E' ? "Error: " : severity == 'W' ? "Warning: " : "Info: ";
    if (t->middle) {
        term_put(t, "\n", 1);
    }
    term_put(t, word, strlen(word));
    term_put(t, text, n);
    if (t->middle) {
        term_put(t, "\n", 1);
    }
}

static void prompt(struct term *t, struct proto_frame *f)
{
    size_t n;
    t->flags = proto_get_u8(f);
    t->page = proto_get_u16(f);
    const char *text = proto_get_str(f, &n);
    if ((t->flags & PROTO_PROMPT_ROWS) && t->rows) {
        t->page = t->rows;
    }
    more_end(t);
    t->nprompt = n < sizeof t->prompt ? n : sizeof t->prompt;
    memcpy(t->prompt, text, t->nprompt);
    t->idle = proto_get_u32(f);
    t->last_key = now_ms();
    t->ahead = (t->flags & PROTO_PROMPT_QUESTION) && tty_line_ahead(&t->tty);
    t->prompted = true;
    t->discard = false;
}

void term_forget_words(struct term *t)
{
    while (t->nwords) {
        free(t->words[--t->nwords]);
    }
}

static void complete(struct term *t, struct proto_frame *f)
{
    term_forget_words(t);
    t->word_at = proto_get_u32(f);
    size_t n = proto_get_u16(f), len;
    for (size_t i = 0; i < n && i < TAB_MAX && !f->bad; i++) {
        const char *s = proto_get_str(f, &len);
        t->words[t->nwords] = strndup(s, len);
        t->nwords += t->words[t->nwords] != NULL;
    }
    t->answered = true;
}

static void one_frame(struct term *t, struct proto_frame *f)
{
    size_t n;
    const char *text;
    switch (f->type) {
    case PROTO_OUT:
        output(t, f);
        break;
    case PROTO_DIAG:
        diagnostic(t, f);
        break;
    case PROTO_LOG:
        text = proto_get_str(f, &n);
        message(t, text, n);
        break;
    case PROTO_PROMPT:
        prompt(t, f);
        break;
    case PROTO_COMPLETE:
        complete(t, f);
        break;
    case PROTO_HELPED:
        more_end(t);
        t->answered = true;
        t->discard = false;
        break;
    case PROTO_REFUSED:
        text = proto_get_str(f, &n);
        message(t, text, n);
        term_over(t, TERM_EXIT_HOST);
        break;
    case PROTO_BYE:
        term_over(t, proto_get_u8(f));
        break;
    default:
        break;
    }
}

/* Ctrl-C: what has come from the host, or is on its way, but has not been shown is not shown. */
static void heed_interrupt(struct term *t)
{
    if (!t->discard && tty_interrupted(&t->tty)) {
        if (t->middle) {
            term_put(t, "\n", 1);
        }
        t->discard = true;
        client_signal(t->client, PROTO_INTR);
    }
}

void term_take_frames(struct term *t)
{
    struct proto_frame f;
    while (!t->over && client_next(t->client, &f)) {
        bool shows = f.type == PROTO_OUT && !t->editing;
        one_frame(t, &f);
        if (shows) { /* much is being shown: the key must not wait for the end of it */
            struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
            if (!tty_full(&t->tty) && poll(&p, 1, 0) > 0) {
                tty_read(&t->tty);
            }
            heed_interrupt(t);
        }
    }
    if (!t->over && t->client->ended) {
        static const char text[] = "Info: The host has ended.\n";
        t->editing = false;
        if (t->draw.shown) {
            draw_end(&t->draw);
        }
        message(t, text, sizeof text - 1);
        term_over(t, TERM_EXIT_HOST);
    }
}

void term_await(struct term *t, const bool *until)
{
    for (;;) {
        term_take_frames(t);
        if (*until || t->over) {
            return;
        }
        heed_interrupt(t);
        term_wait(t, true);
    }
}
