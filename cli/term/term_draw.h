/*
 * The line being typed, on the screen. Given the line as it should be, makes the screen show it
 * with the fewest octets: a character typed at the end of the line is echoed as exactly itself, on
 * every terminal, also where the line wraps. Programs that drive the shell over a pseudo terminal
 * rely on this, which is why the editor's own display is not used. Only term.c uses this.
 */
#ifndef VRPSH_TERM_DRAW_H
#define VRPSH_TERM_DRAW_H

#include "cli/term/term_tty.h"

struct draw {
    struct tty *tty;
    char prompt[512];
    size_t nprompt;
    unsigned cols; /* 0: unknown, lines are taken not to wrap */
    bool dumb;     /* knows no escape sequence at all */
    bool secret;   /* nothing of the line is shown */
    bool shown;    /* prompt and line are on the screen */
    bool pending;  /* the cursor stands behind the last column, not yet on the next row */
    wchar_t *line;
    size_t n, cap;
    size_t cursor; /* index into line of what the cursor stands on */
};

/* A new, empty line: prints the prompt. */
void draw_begin(struct draw *d, const char *prompt, size_t n, bool secret);
/* Makes the screen show this line. */
void draw_update(struct draw *d, const wchar_t *line, size_t n, size_t cursor);
/* The line is done: leaves the cursor at the start of the row below it. */
void draw_end(struct draw *d);
/* Takes prompt and line off the screen, to print something in their place, and puts them back. */
void draw_hide(struct draw *d);
void draw_show(struct draw *d);
void draw_resize(struct draw *d, unsigned cols);

#endif
