/*
 * The parts of interactive mode that share its state: term.c (the line editor, its keys, the
 * session), term_host.c (waiting, and what the host says) and term_more.c (pages). Nobody else
 * includes this.
 */
#ifndef VRPSH_TERM_INTERNAL_H
#define VRPSH_TERM_INTERNAL_H

#include <stdio.h>

#include "cli/client.h"
#include "cli/text/filter.h"
#include "cli/term/pager.h"
#include "cli/term/term_draw.h"
#include "cli/term/term_tty.h"

#define TERM_EXIT_GONE 1
#define TERM_EXIT_HOST 3
#define TAB_MAX 256

struct editline;
struct historyW;

/* What ended the line, when it was not Enter. */
enum ending { END_ENTER, END_ABANDON, END_RETURN, END_EOF, END_PROMPT };

/* Paged output of the command of the moment, for going back in it. */
struct more {
    char *text; /* [0, at) has been shown */
    size_t n, at, cap;
    struct filter *filter; /* typed at the pager */
    char *line;            /* not yet complete, while filtering */
    size_t nline, linecap;
};

struct term {
    struct client *client;
    const char *history;
    struct tty tty;
    struct draw draw;
    struct pager pager;
    struct editline *el;
    struct historyW *lines;
    FILE *mute; /* libedit's output */
    bool bell;

    char prompt[sizeof((struct draw *)0)->prompt];
    size_t nprompt;
    unsigned page; /* rows */
    unsigned rows; /* of the terminal */
    struct more more;
    uint8_t flags;

    int64_t last_key; /* when something was typed last, ms */
    unsigned idle;    /* seconds without a key after which the session ends, 0: never */
    bool editing;     /* read_line() is on */
    bool prompted;    /* a prompt has come */
    bool ahead;       /* a whole line was already typed when the question came */
    bool answered;    /* the answer to TAB or HELP has come */
    bool discard;     /* output of a command that was told to stop */
    bool middle;      /* the last output did not end its line */
    bool over;
    int code;
    enum ending ending;

    char *typed; /* the last line, until the next prompt says whether it may be remembered */
    size_t ntyped;

    char *words[TAB_MAX]; /* what Tab cycles through, and the line it left */
    size_t nwords, word;
    uint32_t word_at;
    char *tabbed;
    size_t ntabbed;
};

/* term_more.c: display output, a page at a time. Begins with every command, ends with its prompt.
 */
void more_begin(struct term *t);
void more_show(struct term *t, const char *text, size_t n);
void more_end(struct term *t);

void term_put(struct term *t, const char *text, size_t n);
/* Ends the session with an exit code; the first one counts. */
void term_over(struct term *t, int code);
/* Shows everything, then waits for a key, a signal or, unless it is to wait itself, the host. */
void term_wait(struct term *t, bool host);
/* Handles what the host has said so far. */
void term_take_frames(struct term *t);
/* Waits until the host has said what *until stands for, or the session is over. */
void term_await(struct term *t, const bool *until);
void term_forget_words(struct term *t);

#endif
