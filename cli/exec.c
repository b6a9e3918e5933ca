/*
 * Running one line: answers, comments, filters, resolving the words in the current view and the
 * views above it, and handing the result to the editor or to a command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/held.h"
#include "cli/record.h"
#include "cli/result.h"
#include "cli/settings.h"
#include "cli/text/show.h"
#include "cli/text/hide.h"

static command_fn *const commands[SCH_DOES_COUNT] = {NULL,
#define X(name) cmd_##name,
                                                     SCH_DOES_LIST(X)
#undef X
};

const struct sch_value *cmd_arg(const struct sch_match *m, const char *name)
{
    static const struct sch_value none;
    for (uint8_t i = 0; i < m->cmd->nparams; i++)
        if (strcmp(m->cmd->params[i].name, name) == 0)
            return &m->v[i];
    return &none;
}

const char *cmd_word(const struct sch_match *m, const char *name)
{
    const struct sch_value *v = cmd_arg(m, name);
    for (uint8_t i = 0; v->present && i < m->cmd->nparams; i++)
        if (strcmp(m->cmd->params[i].name, name) == 0)
            return m->cmd->params[i].words[v->u];
    return "";
}

/* --- questions ----------------------------------------------------------------------- */

static bool word_is(const char *s, size_t n, const char *word)
{
    return n > 0 && n <= strlen(word) && (n == 1 || n == strlen(word)) &&
           strncasecmp(s, word, n) == 0;
}

static bool read_answer(const struct session *s, enum answer *a)
{
    const char *t = s->line;
    size_t n = s->nline;
    while (n && t[n - 1] == ' ')
        n--;
    while (n && *t == ' ')
        t++, n--;
    if (word_is(t, n, "yes"))
        *a = ANSWER_YES;
    else if (word_is(t, n, "no"))
        *a = ANSWER_NO;
    else if (s->question != QUESTION_YES_NO && word_is(t, n, "cancel"))
        *a = ANSWER_CANCEL;
    else
        return false;
    return true;
}

void exec_answered(struct session *s, enum answer a)
{
    uint32_t now = s->line_no;
    if (s->question != QUESTION_TEXT) /* what is said is about the line that has asked */
        s->line_no = s->asking;
    s->question = QUESTION_NONE;
    s->failed[0] = 0;
    s->answered(s, a);
    s->line_no = now;
    if (s->question) /* another one */
        return;
    record_answer(s, a == ANSWER_CANCEL ? "answered cancel"
                     : a == ANSWER_NO   ? "answered no"
                     : s->failed[0]     ? s->failed
                                        : "ok");
}

bool exec_answer(struct session *s)
{
    enum answer a = ANSWER_YES;
    bool valid = s->question == QUESTION_TEXT || read_answer(s, &a);
    if (s->question == QUESTION_PASSED && valid) /* there may be another */
        return true;
    /* A program that types a block ahead knows of no question, no more than a batch does. */
    if (!valid && s->hello.interactive && !s->ahead) {
        const char *again =
            s->question == QUESTION_YES_NO
                ? "Error: Please choose 'YES' or 'NO' first before pressing 'Enter'. "
                  "[Y/N]:"
                : "Error: Please choose 'YES', 'NO' or 'CANCEL' first before "
                  "pressing 'Enter'. [Y/N/C]:";
        snprintf(s->question_text, sizeof s->question_text, "%s", again);
        return true;
    }
    exec_answered(s, a);
    return valid;
}

/* --- resolving ----------------------------------------------------------------------- */

/* Tries the line in the current view, then in those above it up to the system view. On success the
 * level it belongs to is in *level. A first word that the current view has only longer ones for is
 * the exact one of a view above, where the line makes sense. */
static enum sch_status resolve(struct session *s, size_t n, struct sch_match *m, size_t *at,
                               unsigned *level)
{
    *level = s->nested ? 0 : s->depth;
    enum sch_status first = sch_match(s->stack[*level].view, s->line, n, m, at);
    bool read = first == SCH_OK || first == SCH_AMBIGUOUS;
    if (first == SCH_EMPTY || (first == SCH_OK && m->exact) || s->nested || s->no_climb)
        return first;
    for (unsigned d = s->depth; d-- > 1;) { /* an undo, even a shortened one, never climbs */
        struct sch_match above;
        size_t ignored;
        if (sch_match(s->stack[d].view, s->line, n, &above, &ignored) == SCH_OK &&
            above.cmd->kind != SCH_UNDO && (above.exact || !read)) {
            *m = above;
            *level = d;
            return SCH_OK;
        }
    }
    return first;
}

/* The next "|" from a position on, or 0. */
static size_t pipe_at(const struct session *s, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (s->line[i] == '|')
            return i;
    return 0;
}

/* "> FILE" or ">> FILE" at the end of the line: where it begins and the file name, or nline. */
static size_t redirect_at(const struct session *s, size_t *name, bool *append)
{
    size_t end = s->nline, at;
    while (end && s->line[end - 1] == ' ')
        end--;
    for (at = end; at && s->line[at - 1] != ' ' && s->line[at - 1] != '>'; at--)
        ;
    *name = at;
    while (at && s->line[at - 1] == ' ')
        at--;
    if (at == 0 || s->line[at - 1] != '>' || *name == end)
        return s->nline;
    *append = at > 1 && s->line[at - 2] == '>';
    at -= *append ? 2 : 1;
    return at && s->line[at - 1] == ' ' ? at : s->nline;
}

static bool is_display(const struct sch_match *m)
{
    return m->cmd->kind == SCH_COMMAND && m->cmd->shows;
}

/* Where a reading of the line failed, and how. */
struct wrong {
    enum sch_status st;
    size_t at;
};

/* The line up to a "|" or ">" as a display, the rest as its filters. bar: where they begin, 0:
 * there is none. end: of the filters. False: *w is kept or, when this got further, replaced. */
static bool split_at(struct session *s, size_t bar, size_t end, struct sch_match *m,
                     unsigned *level, struct wrong *w)
{
    struct sch_match front;
    size_t at;
    int status = SCH_OK;
    struct wrong here = {resolve(s, bar ? bar : end, &front, &at, level), 0};
    if (here.st != SCH_OK) { /* what is before the bar is wrong by itself */
        here.at = at;
    } else if (is_display(&front)) {
        s->filter = bar ? filter_parse(s->line + bar + 1, end - bar - 1, &at, &status) : NULL;
        if (!bar || s->filter) {
            *m = front;
            return true;
        }
        here = (struct wrong){(enum sch_status)status, bar + 1 + at};
    }
    if (here.at > w->at)
        *w = here;
    return false;
}

/* A "|" or ">" with blanks around it is never a word of a display. */
static bool has_operator(const struct session *s)
{
    for (size_t i = 1; i + 1 < s->nline; i++)
        if (s->line[i - 1] == ' ' && (s->line[i] == '|' || s->line[i] == '>'))
            return true;
    return false;
}

/* What is not one command may be a display with filters or a file behind it. An expression may have
 * bars of its own: the first one that makes sense begins the filters; when none does, what got
 * furthest says what is wrong. */
static enum sch_status resolve_piped(struct session *s, struct sch_match *m, size_t *at,
                                     unsigned *level)
{
    struct wrong w = {resolve(s, s->nline, m, at, level), 0};
    size_t name;
    unsigned whole = *level;
    bool append = false, read = w.st == SCH_OK;
    if (w.st == SCH_EMPTY || (read && !(is_display(m) && has_operator(s))))
        return w.st;
    size_t end = redirect_at(s, &name, &append), bar = pipe_at(s, 1, end);
    size_t front = bar ? bar : end;
    if (front == s->nline || (!read && *at < front && memchr(s->line + *at, ' ', front - *at)))
        return w.st;
    struct sch_match as_whole = *m;
    for (bool more = true; more; bar = pipe_at(s, bar + 1, end)) {
        if (split_at(s, bar, end, m, level, &w)) {
            s->redirect = end < s->nline ? name : 0;
            s->append = append;
            return SCH_OK;
        }
        more = bar && (end < s->nline || pipe_at(s, bar + 1, end));
    }
    *level = whole;
    *m = as_whole;
    if (!read && w.at)
        *at = w.at;
    return read ? SCH_OK : w.st;
}

/* --- running ------------------------------------------------------------------------- */

/* Key of the view a line is stored in: the level's, or that of one of its "also" views. */
static struct sch_key view_key(const struct level *l, const struct sch_match *m)
{
    struct sch_key k = l->key;
    if (m->view != l->view)
        sch_key_add(&k, &sch_lines[sch_views[m->view].enter - 1], m->v);
    return k;
}

/* What a prompt shows of the line that enters a view: "LoopBack0", "vty0-4". */
static void prompt_arg(const struct sch_line *l, const struct sch_value *v, char *buf, size_t len)
{
    size_t n = 0;
    buf[0] = 0;
    for (uint8_t i = 0; i < l->nparams && v[i].present && n + 1 < len; i++) {
        if (i > 0 && l->params[i - 1].type != SCH_ENUM)
            buf[n++] = '-';
        n += sch_value_text(&v[i], &l->params[i], true, buf + n, len - n);
    }
}

/* "system-view immediately": what was entered is committed at once, or it was not entered. */
static void take_effect(struct session *s)
{
    struct store_commit meta = {.type = "CLI"};
    s->touched = true;
    if (s->immediate && s->edit.cand.rows && !commit_now(s, &meta))
        store_candidate_clear(s->app->config.store, &s->edit.cand);
}

#define INERT "Info: The line is stored, but this program does nothing with it."

static void run_config_line(struct session *s, const struct sch_match *m, unsigned level)
{
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct sch_key key = view_key(&s->stack[level], m);
    if (!edit_line(&s->edit, &key, m)) {
        session_fail(s, -1, s->edit.err);
        return;
    }
    s->depth = level;
    if (l->inert)
        session_note(s, edit_has(&s->edit, &key, m->cmd->line, m->v)
                            ? INERT
                            : "Info: That is the default, and this program does nothing with it.");
    if (l->then == THEN_INTERFACE_BOUND)
        session_note(s, "Info: All IPv4 and IPv6 related configurations on this interface are "
                        "removed.");
    if (m->view != s->stack[level].view && sch_views[m->view].entered)
        session_push(s, m->view, &key, "");
    if (l->enters) {
        char arg[256];
        struct sch_key inside = s->stack[level].key;
        prompt_arg(l, m->v, arg, sizeof arg);
        sch_key_add(&inside, l, m->v);
        session_push(s, (uint8_t)(l->enters - 1), &inside, arg);
    }
    take_effect(s);
}

static void undo_answered(struct session *s, enum answer a)
{
    char next[sizeof s->line]; /* in a batch, the line after the question is still to be run */
    size_t n = s->nline;
    if (a != ANSWER_YES)
        return;
    memcpy(next, s->line, sizeof next);
    memcpy(s->line, s->kept, sizeof s->line);
    s->nline = s->nkept;
    s->confirmed = true;
    exec_line(s);
    s->confirmed = false;
    memcpy(s->line, next, sizeof next);
    s->nline = n;
}

static void run_undo(struct session *s, const struct sch_match *m, unsigned level)
{
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct sch_key key = view_key(&s->stack[level], m);
    bool big = m->cmd->cascade || l->enters || l->asks_always;
    if (l->undo_asks && big && !s->confirmed && edit_would_undo(&s->edit, &key, m)) {
        memcpy(s->kept, s->line, sizeof s->kept);
        s->nkept = s->nline;
        session_ask(s, QUESTION_YES_NO, l->undo_asks, undo_answered);
        return;
    }
    s->depth = level;
    if (!edit_undo(&s->edit, &key, m))
        session_fail(s, -1, s->edit.err);
    else if (l->inert && l->on)
        session_note(s, INERT);
    s->resettle = true;
    take_effect(s);
}

/* A clear password in a line that was understood: "%^%#" starts what is already cipher text. */
static bool holds_secret(const struct sch_match *m)
{
    for (uint8_t i = 0; i < m->cmd->nparams; i++)
        if (m->cmd->params[i].type == SCH_SECRET && m->v[i].present &&
            (m->v[i].n < 4 || memcmp(m->v[i].s, "%^%#", 4) != 0))
            return true;
    return false;
}

void exec_forget(struct session *s, unsigned keep)
{
    while (s->nhistory > keep) {
        free(s->history[0]);
        memmove(s->history, s->history + 1, --s->nhistory * sizeof *s->history);
    }
}

static void remember(struct session *s)
{
    if (!s->hello.interactive || s->typed[0] == 0 || s->secret || s->ui.history == 0 ||
        (s->nhistory && strcmp(s->history[s->nhistory - 1], s->typed) == 0))
        return;
    exec_forget(s, s->ui.history - 1);
    char *copy = strdup(s->typed);
    if (copy)
        s->history[s->nhistory++] = copy;
}

/* "#" in column one of a configuration goes back to the system view; elsewhere it separates. */
static bool comment(struct session *s)
{
    size_t skip = strspn(s->line, " \t");
    if (skip == s->nline || s->line[skip] == '!')
        return true;
    if (s->line[skip] != '#' || strspn(s->line + skip + 1, " \t") + skip + 1 != s->nline)
        return false;
    if (skip == 0 && s->depth > 1)
        s->depth = 1;
    return true;
}

static void nothing_asked(struct session *s, enum answer a)
{
    (void)s, (void)a;
}

static void text_passed_over(struct session *s, enum answer a)
{
    (void)a;
    session_ask(s, QUESTION_PASSED, "", nothing_asked);
}

/* An offline check has nothing to display or reset; the answers that a line would want may follow.
 */
static void pass_over(struct session *s, const struct sch_cmd *c)
{
    if (c->asks_text)
        session_ask(s, QUESTION_TEXT, "", text_passed_over);
    else if (c->asks)
        session_ask(s, QUESTION_PASSED, "", nothing_asked);
}

static void run_command(struct session *s, const struct sch_match *m)
{
    bool display = is_display(m), json = filter_json(s->filter);
    if (s->app->config.offline && !m->cmd->offline) {
        pass_over(s, m->cmd);
        return;
    }
    if (s->loading && m->cmd->does != DOES_QUIT) {
        session_error(s, "The line is no configuration.");
        return;
    }
    if (s->nested && m->cmd->not_by_run) {
        session_error(s, "The command can be run in the user view only.");
        return;
    }
    if (held(s) && m->cmd->at_once) {
        session_error(s, "The command takes effect at once: it has no place in this batch.");
        return;
    }
    if (s->redirect && !out_to_file(s, s->line + s->redirect, s->append))
        return;
    s->shows = display;
    s->paged = display && !filter_no_more(s->filter);
    s->filter = filter_of_lines(s->filter);
    s->sieved = display && s->hello.json && s->filter && s->to_file < 0;
    if (display && (json || (s->hello.json && !s->filter)))
        show_wanted(s, json && (!s->hello.json || s->filter));
    else if (display)
        s->form = FORM_TEXT;
    commands[m->cmd->does](s, m);
}

/* A first word that is an alias becomes what that stands for. */
static void expand_alias(struct session *s)
{
    char text[600];
    size_t at = strspn(s->line, " \t"), n = strcspn(s->line + at, " \t");
    s->grown = 0;
    settings_refresh(s);
    if (!s->ui.aliases || s->loading || !settings_alias(s->app, s->line + at, n, text, sizeof text))
        return;
    size_t len = strlen(text), rest = s->nline - at - n;
    if (at + len + rest >= sizeof s->line)
        return;
    memmove(s->line + at + len, s->line + at + n, rest + 1);
    memcpy(s->line + at, text, len);
    s->nline = at + len + rest;
    s->grown = (long)len - (long)n;
}

/* Offset in what was typed of an offset in the line: what an alias stands for is its name. */
static long typed_at(const struct session *s, size_t at)
{
    long first = (long)strspn(s->typed, " \t"), there = (long)at - s->grown;
    return s->grown && there < first ? first : there;
}

static bool permitted(struct session *s, const struct sch_match *m)
{
    int need = sch_level(m->cmd);
    if (s->redirect && need < LEVEL_MANAGE)
        need = LEVEL_MANAGE; /* files are */
    if (s->level >= need)
        return true;
    filter_free(s->filter);
    s->filter = NULL;
    if (s->hello.interactive)
        out(s, "\n");
    session_fail(s, -1,
                 "Error: You do not have permission to run the command or the command is "
                 "incomplete.");
    return false;
}

/* True when the line was a command or meant to be one. */
static bool run_line(struct session *s)
{
    struct sch_match m;
    size_t at = 0;
    unsigned level;
    s->redirect = 0;
    if (comment(s)) {
        result_none(s);
        return false;
    }
    expand_alias(s);
    enum sch_status st = resolve_piped(s, &m, &at, &level);
    if (st == SCH_EMPTY) {
        result_none(s);
        return false;
    }
    char none[16]; /* only whether there is something to hide counts */
    s->secret =
        st == SCH_OK ? holds_secret(&m) : hide_secrets(s->line, s->nline, none, sizeof none);
    if (!s->confirmed && !s->nested)
        remember(s);
    if (st != SCH_OK) {
        session_fail(s, typed_at(s, at), sch_status_text(st));
        return true;
    }
    if (!permitted(s, &m))
        return true;
    switch (m.cmd->kind) {
    case SCH_LINE:
        run_config_line(s, &m, level);
        break;
    case SCH_UNDO:
        run_undo(s, &m, level);
        break;
    case SCH_COMMAND:
        run_command(s, &m);
        return m.cmd->does != DOES_RUN; /* what it ran has been recorded */
    }
    return true;
}

void exec_line(struct session *s)
{
    if (!s->nested) {
        memcpy(s->typed, s->line, s->nline + 1);
        s->failed[0] = 0;
    }
    if (run_line(s) && !s->confirmed) /* what is confirmed is recorded with its answer */
        record_command(s);
}
