/*
 * The terminal as a device. See term_tty.h.
 *
 * Output modes stay as a terminal user expects (newline becomes carriage return and newline); all
 * input processing is off, Ctrl-C included: a signal would make the kernel throw away what was
 * typed, and would not say when it was typed.
 */
#include "cli/fd.h"
#include "cli/term/term_tty.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define QUEUE_MAX (1u << 20)
#define CTRL_C 3

bool tty_open(struct tty *t)
{
    *t = (struct tty){.signals = -1};
    if (tcgetattr(STDIN_FILENO, &t->saved) < 0) {
        return false;
    }
    t->raw = t->saved;
    t->raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | IXOFF | ISTRIP | BRKINT | PARMRK);
    t->raw.c_oflag |= OPOST | ONLCR;
    t->raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    t->raw.c_cc[VMIN] = 1;
    t->raw.c_cc[VTIME] = 0;
    sigemptyset(&t->mask);
    sigaddset(&t->mask, SIGWINCH);
    sigaddset(&t->mask, SIGCONT);
    sigaddset(&t->mask, SIGTERM);
    sigaddset(&t->mask, SIGHUP);
    sigaddset(&t->mask, SIGINT);
    sigaddset(&t->mask, SIGQUIT);
    if (sigprocmask(SIG_BLOCK, &t->mask, NULL) < 0) {
        return false;
    }
    t->signals = signalfd(-1, &t->mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (t->signals < 0) {
        sigprocmask(SIG_UNBLOCK, &t->mask, NULL);
        return false;
    }
    return true;
}

void tty_raw(struct tty *t)
{
    t->gone |= tcsetattr(STDIN_FILENO, TCSADRAIN, &t->raw) < 0 && errno != EINTR;
}

void tty_close(struct tty *t)
{
    tty_flush(t);
    /* Never TCSAFLUSH, here or elsewhere: what is typed ahead belongs to whoever reads next. A
     * terminal that has gone needs no restoring. */
    if (!t->gone) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &t->saved);
    }
    close(t->signals);
    sigprocmask(SIG_UNBLOCK, &t->mask, NULL);
    free(t->queue);
    t->queue = NULL;
}

bool tty_size(uint16_t *rows, uint16_t *cols)
{
    struct winsize ws;
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) < 0) {
        return false;
    }
    *rows = ws.ws_row;
    *cols = ws.ws_col;
    return true;
}

static void write_all(struct tty *t, const char *p, size_t n)
{
    t->gone = t->gone || !fd_write(STDOUT_FILENO, p, n);
}

void tty_flush(struct tty *t)
{
    write_all(t, t->out, t->nout);
    t->nout = 0;
}

void tty_put(struct tty *t, const char *text, size_t n)
{
    if (n > sizeof t->out - t->nout) {
        tty_flush(t);
    }
    if (n > sizeof t->out) {
        write_all(t, text, n);
        return;
    }
    memcpy(t->out + t->nout, text, n);
    t->nout += n;
}

void tty_puts(struct tty *t, const char *text)
{
    tty_put(t, text, strlen(text));
}

bool tty_full(const struct tty *t)
{
    return t->n - t->at >= QUEUE_MAX;
}

void tty_read(struct tty *t)
{
    char chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) {
        return;
    }
    if (n <= 0) {
        t->gone = true;
        return;
    }
    if (t->at == t->n) {
        t->at = t->n = 0;
    }
    if (t->cap - t->n < (size_t)n) {
        size_t cap = 2 * (t->cap + sizeof chunk);
        uint8_t *queue = realloc(t->queue, cap);
        if (!queue) {
            t->gone = true;
            return;
        }
        t->queue = queue;
        t->cap = cap;
    }
    memcpy(t->queue + t->n, chunk, (size_t)n);
    t->n += (size_t)n;
}

bool tty_octet(struct tty *t, uint8_t *octet)
{
    while (t->at < t->n) {
        *octet = t->queue[t->at++];
        bool half = t->after_cr && *octet == '\n';
        t->after_cr = *octet == '\r';
        if (!half) {
            return true;
        }
    }
    return false;
}

/* Octets of the UTF-8 character a lead octet begins; 1 for what begins none. */
static size_t length(uint8_t lead)
{
    return lead >= 0xc2 && lead < 0xe0   ? 2
           : (lead & 0xf0) == 0xe0       ? 3
           : lead >= 0xf0 && lead < 0xf5 ? 4
                                         : 1;
}

bool tty_char(struct tty *t, wchar_t *ch)
{
    uint8_t lead;
    size_t was = t->at;
    if (!tty_octet(t, &lead)) {
        return false;
    }
    if (lead < 0x80) {
        *ch = lead;
        return true;
    }
    size_t len = length(lead), i = 0;
    uint32_t v = lead & (0xffu >> (len + 1));
    for (; i + 1 < len && t->at + i < t->n && (t->queue[t->at + i] & 0xc0) == 0x80; i++) {
        v = v << 6 | (t->queue[t->at + i] & 0x3fu);
    }
    if (len > 1 && i + 1 < len && t->at + i == t->n) {
        t->at = was; /* the rest is still on its way */
        return false;
    }
    bool whole = len > 1 && i + 1 == len;
    bool overlong = (len == 3 && v < 0x800) || (len == 4 && v < 0x10000);
    if (!whole || overlong || v > 0x10ffff || (v >= 0xd800 && v < 0xe000)) {
        *ch = TTY_RAW + lead;
        return true;
    }
    t->at += len - 1;
    *ch = (wchar_t)v;
    return true;
}

size_t tty_encode(wchar_t ch, char out[4])
{
    uint32_t v = (uint32_t)ch;
    if (v < 0x80 || (v >= TTY_RAW + 0x80 && v <= TTY_RAW + 0xff)) {
        out[0] = (char)(v & 0xff);
        return 1;
    }
    if (v < 0x800) {
        out[0] = (char)(0xc0 | v >> 6);
        out[1] = (char)(0x80 | (v & 0x3f));
        return 2;
    }
    if (v < 0x10000) {
        out[0] = (char)(0xe0 | v >> 12);
        out[1] = (char)(0x80 | (v >> 6 & 0x3f));
        out[2] = (char)(0x80 | (v & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | v >> 18);
    out[1] = (char)(0x80 | (v >> 12 & 0x3f));
    out[2] = (char)(0x80 | (v >> 6 & 0x3f));
    out[3] = (char)(0x80 | (v & 0x3f));
    return 4;
}

bool tty_interrupted(struct tty *t)
{
    for (size_t i = t->at; i < t->n; i++) {
        if (t->queue[i] == CTRL_C) {
            t->at = i + 1;
            t->after_cr = false;
            return true;
        }
    }
    return false;
}

bool tty_line_ahead(const struct tty *t)
{
    const uint8_t *p = t->queue ? t->queue + t->at : NULL;
    size_t n = t->n - t->at;
    if (n && t->after_cr && *p == '\n') { /* the second half of the line before */
        p++;
        n--;
    }
    return n && (memchr(p, '\r', n) || memchr(p, '\n', n));
}
