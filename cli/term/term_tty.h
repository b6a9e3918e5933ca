/*
 * The terminal as a device: its modes, what was typed but not yet used, and buffered output.
 *
 * The terminal is raw and without echo for the whole of a session, so what is typed ahead while a
 * command runs waits in one queue in the order it was typed and is echoed once, when it is used.
 * Only term.c and term_draw.c use this.
 */
#ifndef VRPSH_TERM_TTY_H
#define VRPSH_TERM_TTY_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>
#include <wchar.h>

/* An octet that is no UTF-8 is carried as this plus its value, so that it reaches the host as it
 * was typed. */
#define TTY_RAW 0xdc00

struct tty {
    struct termios saved, raw;
    int signals; /* a signalfd */
    sigset_t mask;
    uint8_t *queue;
    size_t at, n, cap; /* queue[at, n) is typed and unused */
    bool after_cr;     /* a newline right after this is its second half */
    bool gone;         /* the terminal has hung up */
    char out[8192];
    size_t nout;
};

bool tty_open(struct tty *t);
/* Gives the terminal back as it was. */
void tty_close(struct tty *t);
/* Sets the session's modes again, after somebody else had the terminal. */
void tty_raw(struct tty *t);
bool tty_size(uint16_t *rows, uint16_t *cols);

void tty_put(struct tty *t, const char *text, size_t n);
void tty_puts(struct tty *t, const char *text);
void tty_flush(struct tty *t);

bool tty_full(const struct tty *t); /* nothing more can be typed ahead */
void tty_read(struct tty *t);       /* after POLLIN */
/* The next character or octet typed; false when there is none yet. */
bool tty_char(struct tty *t, wchar_t *ch);
bool tty_octet(struct tty *t, uint8_t *octet);
/* A whole line has been typed and not used. */
bool tty_line_ahead(const struct tty *t);
/* Forgets what was typed up to and including Ctrl-C; false when that was not typed. */
bool tty_interrupted(struct tty *t);

/* ch as the octets it stands for; how many. */
size_t tty_encode(wchar_t ch, char out[4]);

#endif
