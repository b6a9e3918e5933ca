/* Sessions: the view stack, questions, prompts, and the life of a line. See session.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/app_internal.h"
#include "cli/held.h"
#include "cli/record.h"
#include "cli/config/load.h"
#include "cli/config/load_result.h"
#include "cli/result.h"
#include "cli/settings.h"
#include "cli/config/commit.h"
#include "engine/config/model.h"
#include "engine/reserve.h"

static unsigned free_number(const struct app *app)
{
    unsigned n = 0;
    for (const struct session *s = app->sessions; s;)
        if (s->vty == n) {
            n++;
            s = app->sessions;
        } else {
            s = s->next;
        }
    return n;
}

struct session *session_new(struct app *app, struct host_conn *conn, const char *user,
                            const struct proto_hello *hello)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->app = app;
    s->conn = conn;
    s->id = ++app->sessions_made;
    s->hello = *hello;
    snprintf(s->user, sizeof s->user, "%s", user);
    snprintf(s->tty, sizeof s->tty, "%s", hello->tty[0] ? hello->tty : "batch");
    s->stack[0].view = VIEW_USER;
    s->edit.config = &app->config;
    s->edit.session = s->id;
    s->edit.user = s->user;
    s->page = -1;
    s->level = LEVEL_MANAGE;
    s->vty = free_number(app);
    s->to_file = -1;
    s->active_ms = app->config.clock_ms();
    s->next = app->sessions;
    if (s->next)
        s->next->prev = s;
    app->sessions = s;
    return s;
}

void session_free(struct session *s, bool lost)
{
    struct store *store = s->app->config.store;
    trial_session_over(s);
    config_lock_session_over(&s->app->config, s->id);
    if (lost && s->hello.interactive && s->edit.cand.rows)
        store_candidate_leave(store, &s->edit.cand);
    else
        store_candidate_drop(store, &s->edit.cand);
    if (s->stream.free)
        s->stream.free(s->stream.state);
    debug_free(s);
    filter_free(s->filter);
    held_free(s);
    load_forget(s);
    load_result_free(s->load_result);
    free(s->asked);
    if (s->to_file >= 0)
        close(s->to_file);
    proto_buf_free(&s->out);
    for (unsigned i = 0; i < s->nhistory; i++)
        free(s->history[i]);
    if (s->prev)
        s->prev->next = s->next;
    else
        s->app->sessions = s->next;
    if (s->next)
        s->next->prev = s->prev;
    free(s->text.p);
    free(s->partial.p);
    free(s->row.p);
    free(s->draft.p);
    free(s->document.p);
    free(s->result.said.p);
    free(s);
}

bool session_in_config(const struct session *s)
{
    return s->depth > 0;
}

struct level *session_level(struct session *s)
{
    return &s->stack[s->depth];
}

/* --- prompts ------------------------------------------------------------------------- */

size_t session_prompt(struct session *s, char *buf, size_t len)
{
    const char *host = model_sysname(s->app->config.model);
    const struct level *l = session_level(s);
    char mark[2] = {s->edit.cand.rows ? '*' : '~', 0};
    const char *suffix = sch_views[l->view].prompt, *hole = strstr(suffix, "{}");
    int n;
    if (s->immediate)
        mark[0] = 0;
    if (s->depth == 0)
        n = snprintf(buf, len, "<%s>", host);
    else if (hole)
        n = snprintf(buf, len, "[%s%s%.*s%s%s]", mark, host, (int)(hole - suffix), suffix, l->arg,
                     hole + 2);
    else
        n = snprintf(buf, len, "[%s%s%s]", mark, host, suffix);
    return (size_t)n < len ? (size_t)n : len - 1;
}

/* Views whose row has gone (undo, clear, another session's commit) are left for the system view. */
static void settle(struct session *s)
{
    char text[SCH_TEXT_MAX];
    struct store *store = s->app->config.store;
    unsigned was = store_failures(store), d = 2;
    if (s->settled == s->app->config.head && !s->resettle)
        return;
    while (d <= s->depth && store_get(store, &s->edit.cand, s->stack[d].key.b, s->stack[d].key.n,
                                      text, sizeof text) >= 0)
        d++;
    s->resettle = was != store_failures(store); /* nobody knows: look again after the next line */
    if (s->resettle)
        return;
    s->settled = s->app->config.head;
    if (d <= s->depth)
        s->depth = 1;
}

static void send_prompt(struct session *s)
{
    char text[600];
    size_t n;
    settings_refresh(s);
    int page = s->unasked ? 0 : s->page >= 0 ? s->page : s->ui.page;
    bool rows = page < 0;
    if (rows)
        page = s->hello.rows ? s->hello.rows : 24;
    if (s->question)
        n = (size_t)snprintf(text, sizeof text, "%s", s->question_text);
    else
        n = session_prompt(s, text, sizeof text);
    proto_begin(&s->out, PROTO_PROMPT);
    proto_u8(&s->out,
             (uint8_t)((s->question ? PROTO_PROMPT_QUESTION : 0) | (rows ? PROTO_PROMPT_ROWS : 0) |
                       (s->secret ? PROTO_PROMPT_FORGET : 0)));
    s->secret = false;
    proto_u16(&s->out, (uint16_t)page);
    proto_str(&s->out, text, n);
    proto_u32(&s->out, s->ui.idle);
    proto_end(&s->out);
    host_send(s->conn, &s->out);
}

unsigned session_width(const struct session *s)
{
    return s->width ? s->width : s->ui.width ? s->ui.width : s->hello.cols;
}

/* What could not be read is missing from what was shown, and nobody else says so. */
static void say_unread(struct session *s)
{
    const char *why = store_error(s->app->config.store);
    if (s->unread && s->conn && !s->ended && !s->failed[0]) {
        if (s->shows)
            session_error(s, "%s", why);
        else
            session_note(s, "Warning: %s", why);
    }
    s->unread = s->shows = false;
}

void session_done(struct session *s)
{
    say_unread(s);
    out_end(s);
    if (!s->question)
        result_end(s);
    settle(s);
    if (!s->conn || s->ended)
        return;
    if (s->batch_over) {
        session_bye(s, 1);
        return;
    }
    if (s->hello.interactive)
        send_prompt(s);
    host_ready(s->conn);
}

void session_bye(struct session *s, int code)
{
    if (s->ended)
        return;
    out_end(s);
    result_end(s);
    s->ended = true;
    trial_session_over(s);
    config_lock_session_over(&s->app->config, s->id);
    store_candidate_drop(s->app->config.store, &s->edit.cand);
    if (s->conn)
        host_bye(s->conn, code);
}

void session_hangup(struct session *s, int code)
{
    if (s->hello.interactive && s->edit.cand.rows)
        store_candidate_leave(s->app->config.store, &s->edit.cand);
    session_bye(s, code);
}

/* --- moving between views ------------------------------------------------------------ */

bool session_push(struct session *s, uint8_t view, const struct sch_key *key, const char *arg)
{
    if (s->depth + 1 >= SESSION_LEVELS)
        return false;
    struct level *l = &s->stack[++s->depth];
    l->view = view;
    l->key = *key;
    snprintf(l->arg, sizeof l->arg, "%s", *arg ? arg : s->stack[s->depth - 1].arg);
    return true;
}

static void leave_answered(struct session *s, enum answer a)
{
    if (a == ANSWER_CANCEL)
        return;
    if (a == ANSWER_YES) {
        struct store_commit meta = {.type = "CLI"};
        if (!commit_now(s, &meta))
            return;
    } else if (held(s)) {
        held_restore(s);
    } else {
        store_candidate_clear(s->app->config.store, &s->edit.cand);
    }
    s->depth = 0;
}

void session_leave(struct session *s)
{
    if (held(s) ? !held_uncommitted(s) : s->edit.cand.rows == 0)
        s->depth = 0;
    else
        session_ask(s, QUESTION_YES_NO_CANCEL,
                    "Warning: Uncommitted configurations found, commit them before exiting? "
                    "[Y(yes)/N(no)/C(cancel)]:",
                    leave_answered);
}

void session_ask(struct session *s, enum question_kind kind, const char *text,
                 void (*answered)(struct session *s, enum answer a))
{
    if (s->unasked && kind != QUESTION_TEXT) { /* a text cannot be taken as given */
        answered(s, ANSWER_YES);
        return;
    }
    s->question = kind;
    s->asking = s->line_no;
    s->answered = answered;
    snprintf(s->question_text, sizeof s->question_text, "%s", text);
}

#define PUMP_TURN 16 /* pieces of a stream before others get their turn */

/* --- frames -------------------------------------------------------------------------- */

void session_pump(struct session *s)
{
    s->behind = false;
    if (s->missed) {
        char text[64];
        int n = snprintf(text, sizeof text, "Info: %u lines were not shown.", s->missed);
        s->missed = 0;
        log_show(s, text, (size_t)n);
    }
    for (unsigned n = 0; s->stream.next; n++) {
        if (n == PUMP_TURN) { /* much looked at, little said: others want to be heard too */
            host_again(s->conn);
            return;
        }
        unsigned was = store_failures(s->app->config.store);
        bool more = s->stream.next(s, s->stream.state);
        s->unread |= was != store_failures(s->app->config.store);
        bool room = out_flush(s);
        if (!more) {
            if (s->stream.free)
                s->stream.free(s->stream.state);
            s->stream = (struct stream){0};
            session_done(s);
            return;
        }
        if (!room)
            return; /* host_ops.drained continues */
    }
}

void session_run(struct session *s)
{
    unsigned was = store_failures(s->app->config.store);
    bool room = reserve_fill();
    bool answered = room && s->question && s->nline < PROTO_LINE_MAX && exec_answer(s);
    if (!answered) {
        result_end(s); /* of a line that had asked */
        result_begin(s, s->line_no);
    }
    if (s->nline > PROTO_LINE_MAX - 1) {
        s->nline = PROTO_LINE_MAX - 1;
        session_error(s, "The line is longer than %d characters.", PROTO_LINE_MAX - 1);
    } else if (!room) {
        session_error(s, "Out of memory. Nothing has been done.");
    } else if (!answered) {
        exec_line(s);
    }
    s->ahead = false;
    s->unread |= was != store_failures(s->app->config.store);
    if (s->stream.next && s->conn)
        session_pump(s);
    else
        session_done(s);
}

void session_run_alone(struct session *s, const char *line, size_t n)
{
    size_t keep = n < PROTO_LINE_MAX ? n : PROTO_LINE_MAX;
    s->line_no++;
    s->nline = n;
    memcpy(s->line, line, keep);
    s->line[keep] = 0;
    session_run(s);
    while (s->stream.next && s->stream.next(s, s->stream.state))
        s->text.n = 0;
    if (s->stream.free)
        s->stream.free(s->stream.state);
    s->stream = (struct stream){0};
    s->text.n = 0;
}

static void take_line(struct session *s, struct proto_frame *f)
{
    size_t n;
    const char *text = proto_get_str(f, &n);
    s->line_no++;
    s->active_ms = s->app->config.clock_ms();
    s->nline = n;
    if (n > PROTO_LINE_MAX - 1)
        n = PROTO_LINE_MAX - 1;
    memcpy(s->line, text, n);
    s->line[n] = 0;
    session_run(s);
}

/* End of a batch: a question still open is answered by yes, what is not committed is dropped. */
void session_finish(struct session *s)
{
    if (s->hello.interactive) {
        session_hangup(s, 0);
        return;
    }
    while (s->question) {
        enum answer a = s->question == QUESTION_TEXT ? ANSWER_NO : ANSWER_YES;
        exec_answered(s, a);
        out_end(s);
    }
    result_end(s);
    bool dropped = held(s) ? held_uncommitted(s) : s->edit.cand.rows > 0;
    if (held(s) && !s->errors) {
        result_begin(s, 0);
        held_end(s);
        result_end(s);
    }
    if (dropped && !s->errors)
        session_note(s, "Warning: The uncommitted changes of the batch have been dropped.");
    session_bye(s, s->errors ? 1 : 0);
}

/* Ctrl-C ends a long display, and answers a question by not answering it. */
static void interrupt(struct session *s)
{
    if (s->stream.next) {
        if (s->stream.free)
            s->stream.free(s->stream.state);
        s->stream = (struct stream){0};
        session_done(s);
    } else if (s->question) {
        s->question = QUESTION_NONE;
        record_answer(s, "cancelled");
        session_done(s);
    }
}

void session_frame(struct session *s, struct proto_frame *f)
{
    size_t n;
    const char *text;
    if (s->ended)
        return;
    switch (f->type) {
    case PROTO_LINE:
        take_line(s, f);
        break;
    case PROTO_HELP:
        text = proto_get_str(f, &n);
        help_question(s, text, n);
        break;
    case PROTO_TAB:
        text = proto_get_str(f, &n);
        help_tab(s, text, n);
        break;
    case PROTO_INTR:
        interrupt(s);
        break;
    case PROTO_SIZE:
        s->hello.rows = proto_get_u16(f);
        s->hello.cols = proto_get_u16(f);
        break;
    case PROTO_AHEAD:
        s->ahead = true;
        break;
    case PROTO_EOF:
        session_finish(s);
        break;
    default:
        break;
    }
}
