/*
 * A session: one attached terminal or batch, on the host side. It owns the view stack, the
 * candidate, the question being asked and the output on its way. mgmt thread only.
 *
 * Life of a line: session_frame() receives it, exec_line() resolves and runs it, commands write
 * through out_*(), and session_done() prompts and asks the host for the next one. A command may
 * leave a stream behind; the line is then done when the stream ends.
 */
#ifndef VRPSH_SESSION_H
#define VRPSH_SESSION_H

#include "cli/text/filter.h"
#include "cli/text/json.h"
#include "cli/text/text.h"
#include "engine/config/config.h"
#include "engine/host.h"

struct app;
struct load_result;
struct paste;
struct session;

/* One level of the view stack. */
struct level {
    uint8_t view;
    struct sch_key key; /* of the view's row; empty for user and system view */
    char arg[256];      /* first argument of the line that entered it, for the prompt */
};
#define SESSION_LEVELS (SCH_DEPTH + 3)

/* TEXT: any line is the answer, left in s->line. PASSED: of a command that an offline check has
 * passed over; lines that are answers belong to it. */
enum question_kind {
    QUESTION_NONE,
    QUESTION_YES_NO,
    QUESTION_YES_NO_CANCEL,
    QUESTION_TEXT,
    QUESTION_PASSED
};
enum answer { ANSWER_YES, ANSWER_NO, ANSWER_CANCEL };

/* Output produced piece by piece: next() writes some and returns false at the end. */
struct stream {
    bool (*next)(struct session *s, void *state);
    void (*free)(void *state);
    void *state;
};

/* Of the output of a command; see show.h and, of RESULT, result.h. */
enum form { FORM_TEXT, FORM_LINES, FORM_FIELDS, FORM_RESULT };

#define SESSION_HISTORY 256
#define VTY_FIRST 34 /* number of the user interface VTY 0, as on a router */

/* What the user-interface lines of running say about a terminal; see settings.h. */
struct session_ui {
    uint32_t seen;    /* model.shell_changes + 1 when it was read */
    int page;         /* screen-length, -1: what the terminal has */
    unsigned width;   /* screen-width, 0: what the terminal has */
    unsigned idle;    /* seconds, 0: for ever */
    unsigned history; /* commands kept */
    bool aliases;     /* there are some */
};

struct session {
    struct app *app;
    struct host_conn *conn; /* NULL in an offline check */
    struct session *next, *prev;
    uint32_t id;
    char user[33], tty[64];
    struct proto_hello hello;

    struct level stack[SESSION_LEVELS];
    unsigned depth; /* index of the current level; 0 is the user view */
    struct edit edit;
    uint32_t settled; /* config head when the view stack was last known to exist */
    bool resettle;

    enum question_kind question;
    char question_text[320];
    void (*answered)(struct session *s, enum answer a);
    uint32_t asking; /* batch: number of the line that asks */
    bool confirmed;  /* the line of the moment is run again after a yes */
    char *asked;     /* command that waits for the answer, as it is recorded, or NULL */

    char line[PROTO_LINE_MAX + 1]; /* line of the moment; matches point into it */
    size_t nline;
    char typed[PROTO_LINE_MAX + 1]; /* as it was typed */
    char failed[160];               /* its first error, for the record */
    char kept[PROTO_LINE_MAX + 1];  /* the line a question is about */
    size_t nkept;
    uint32_t line_no; /* batch: number of that line */
    unsigned errors;
    bool ended;      /* BYE has been sent */
    bool batch_over; /* no further line is run */
    bool ahead;      /* the line of the moment was typed before its prompt was seen */
    bool touched;    /* something was changed since the last held commit */
    struct held_state *held;
    bool unasked; /* questions are taken as answered by yes */
    bool loading; /* configuration lines only: the text of a file */

    struct filter *filter; /* of the command of the moment */
    int to_file;           /* descriptor its output goes to, or -1 */
    int file_error;
    size_t redirect; /* where the file's name stands in the line, or 0 */
    bool append;
    struct proto_buf out;
    struct text text;    /* output not yet framed */
    struct text partial; /* output line not yet complete, while filtering */
    bool filtered;       /* the filter has seen something of the command of the moment */
    bool paged;
    bool shows;  /* the line is a display */
    bool unread; /* not everything that it wanted to read could be read */
    enum form form;
    struct json json;     /* of the command of the moment, unless form is FORM_TEXT */
    struct text document; /* what it has written, not yet printed */
    bool sieved;          /* --json: the lines that filters let through become a document ... */
    struct json sieve;    /* ... this one */
    struct {
        bool open; /* the line of the moment owes one */
        uint32_t line;
        struct text said; /* what the line has printed */
    } result;
    struct text row;   /* line not yet complete, with FORM_LINES */
    struct text draft; /* what a command is putting together, see out_draft() */
    struct stream stream;

    uint64_t active_ms;                               /* when its last line came, monotonic */
    uint64_t asked_about;                             /* terminal that a question is about */
    bool monitor, no_logging, no_trapping, debugging; /* "terminal monitor" and what it shows */
    bool behind;         /* the terminal does not take what it is told */
    struct debug *debug; /* NULL: no debugging */
    unsigned missed;     /* lines it has not been told because of that */

    uint32_t rollback_to;            /* commit whose state a rollback question is about */
    struct load_result *load_result; /* of the last load, NULL: there was none */
    struct paste *paste;             /* text being typed for "load configuration terminal" */
    char file[65];                   /* what a question about a file means */
    char file_to[65];                /* and the other name, of "copy" and "rename" */
    bool overwrites, renames;
    unsigned listed; /* lines of a directory shown so far */
    struct session_ui ui;
    unsigned vty;   /* number of the terminal */
    int level;      /* 0 visit, 1 monitoring, 2 configuration, 3 management */
    int page;       /* screen-length temporary; -1: what ui says */
    unsigned width; /* screen-width temporary; 0: what ui says */
    bool unmasked;  /* text for a file: passwords are not hidden */
    bool no_climb;  /* upper views are not tried */
    bool immediate; /* each line is committed when it is entered */
    bool nested;    /* the line of the moment is a part of another: "run" */
    long grown;     /* octets by which an alias has made the line longer */
    char *history[SESSION_HISTORY];
    unsigned nhistory;
    bool secret; /* the line of the moment holds a clear password */

    /* offline check: where diagnostics go */
    void (*diag)(struct session *s, char severity, size_t column, const char *text);
    void *diag_ctx;
};

struct session *session_new(struct app *app, struct host_conn *conn, const char *user,
                            const struct proto_hello *hello);
/* lost: the terminal went away without leaving; its candidate is kept. */
void session_free(struct session *s, bool lost);
void session_frame(struct session *s, struct proto_frame *f);
/* Runs s->line. */
void session_run(struct session *s);
/* Runs a line in a session that nobody is connected to, to its end; what it writes is dropped. */
void session_run_alone(struct session *s, const char *line, size_t n);
/* The line of the moment is finished: prompt, and ask for the next. */
void session_done(struct session *s);
void session_pump(struct session *s);
/* The input has ended: what is held back happens, what is not committed goes, and the session ends.
 */
void session_finish(struct session *s);
/* Ends the session with an exit code. */
void session_bye(struct session *s, int code);
/* The same for one that did not ask for it: its candidate is kept for its user. */
void session_hangup(struct session *s, int code);
bool session_in_config(const struct session *s);
struct level *session_level(struct session *s);
/* Columns of its lines, 0 when nobody knows. */
unsigned session_width(const struct session *s);
/* Prompt of the moment, without trailing blank. */
size_t session_prompt(struct session *s, char *buf, size_t len);
/* Asks; answered() is called with a valid answer. */
void session_ask(struct session *s, enum question_kind kind, const char *text,
                 void (*answered)(struct session *s, enum answer a));
/* Leaves the configuration world for the user view, asking about uncommitted changes. */
void session_leave(struct session *s);
bool session_push(struct session *s, uint8_t view, const struct sch_key *key, const char *arg);

/* --- exec.c -------------------------------------------------------------------------- */
void exec_line(struct session *s);
/* Forgets the oldest lines of the history beyond that many. */
void exec_forget(struct session *s, unsigned keep);
/* Reads an answer to a pending question; false: the line is not one and is still to be run. */
bool exec_answer(struct session *s);
/* Answers it. */
void exec_answered(struct session *s, enum answer a);

/* --- output.c: what a command prints ------------------------------------------------- */
void out_text(struct session *s, const char *text, size_t n);
/* As it is, whatever the form: for the writer of JSON. */
void out_raw(struct session *s, const char *text, size_t n);
void out(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An empty text to put lines together in, which out_draft_end() prints and show_draft() (show.h)
 * gives as a value; either leaves it empty. There is one: out_draft() again begins anew. */
struct text *out_draft(struct session *s);
void out_draft_end(struct session *s);
/* Frames what has been gathered. False: the terminal is behind, stop producing. */
bool out_flush(struct session *s);
/* End of the command's output: the last unfinished line and what filters hold back. */
void out_end(struct session *s);
/* The output of the command of the moment goes to a file; false: the error has been said. name ends
 * at a blank or NUL. */
bool out_to_file(struct session *s, const char *name, bool append);
/* Between the two, what the session prints is gathered and then handed over, to be freed, instead
 * of being shown. */
struct out_held {
    struct text text;
    struct filter *filter;
    enum form form;
};
void out_hold(struct session *s, struct out_held *held);
char *out_release(struct session *s, struct out_held *held, size_t *n);
/* An error at offset at of the line (-1: none), with caret on a terminal, as FILE:LINE:COLUMN in a
 * batch. text begins with "Error: ". */
void session_fail(struct session *s, long at, const char *text);
/* The line with the caret below offset at of a line typed behind the prompt. */
void session_caret(struct session *s, const char *line, size_t nline, size_t at);
void session_error(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line of information or warning that is no output. */
void session_note(struct session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line that has nothing to do with what is being typed: shown above it. */
void session_message(struct session *s, const char *text);

/* --- help.c -------------------------------------------------------------------------- */
void help_question(struct session *s, const char *text, size_t n);
void help_tab(struct session *s, const char *text, size_t n);

/* --- commands, by the names of the declarations -------------------------------------- */
typedef void command_fn(struct session *s, const struct sch_match *m);
#define X(name) command_fn cmd_##name;
SCH_DOES_LIST(X)
#undef X
/* Argument of a command by name; never NULL, absent when it was left out. */
const struct sch_value *cmd_arg(const struct sch_match *m, const char *name);
/* Word chosen for an alternative, or "" when it was left out. */
const char *cmd_word(const struct sch_match *m, const char *name);

#endif
