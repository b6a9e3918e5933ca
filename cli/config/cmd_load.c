/*
 * Loading into the candidate: what takes commits back, files, and text that is pasted. What could
 * not be loaded is told as it happens and kept until the session loads again, for "display
 * configuration rollback changes load-result".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/image.h"
#include "cli/config/load_diff.h"
#include "cli/config/load_result.h"
#include "cli/settings.h"
#include "cli/text/show.h"
#include "engine/config/model.h"
#include "engine/files.h"

struct loading {
    struct session *s;
    struct load_result *result;
    uint32_t before; /* lines of the batch before the first one of the text, 0: no batch */
    bool failed;     /* memory or the datastore, and nothing has been loaded */
};

static bool begin(struct loading *l, struct session *s, const char *from)
{
    load_result_free(s->load_result);
    s->load_result = load_result_new(from);
    s->resettle = true;
    *l = (struct loading){.s = s, .result = s->load_result};
    if (!l->result)
        session_error(s, "Out of memory.");
    return l->result;
}

/* A batch says every line where it stands. */
static void say_late(struct session *s, size_t line, const char *why)
{
    s->line_no += (uint32_t)line;
    session_fail(s, -1, why);
    s->line_no -= (uint32_t)line;
}

static void finish(struct loading *l)
{
    struct session *s = l->s;
    const struct load_result *r = l->result;
    uint32_t now = s->line_no;
    load_result_show(s, r, l->before ? LOAD_RESULT_STAYS : LOAD_RESULT_TOLD);
    if (l->before) {
        s->line_no = l->before;
        load_result_each(r, say_late, s);
        s->line_no = now;
    }
    if (l->failed)
        session_error(s, "Nothing of %s has been loaded.", r->from);
    else if (r->refused && !l->before)
        session_error(s, "%u line%s of %s could not be loaded.", r->refused,
                      r->refused == 1 ? "" : "s", r->from);
}

static void line_refused(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    struct loading *l = ctx;
    load_result_refused(l->result, line, text, n, why);
}

void cmd_display_load_result(struct session *s, const struct sch_match *m)
{
    (void)m;
    show_begin(s);
    load_result_show(s, s->load_result, LOAD_RESULT_ALL);
}

/* --- commits -------------------------------------------------------------------------- */

static void take_back(struct session *s, uint32_t id)
{
    struct loading l;
    if (!begin(&l, s, ""))
        return;
    bool ok = config_undo_commit(&s->edit, id, load_result_stays, l.result);
    finish(&l);
    if (!ok)
        session_fail(s, -1, s->edit.err);
}

void cmd_load_rollback(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    const struct sch_value *at = cmd_arg(m, "at");
    struct store_commit commit;
    struct loading l;
    uint32_t id;
    if (at->present) {
        if (store_commit_find(store, (uint32_t)at->u, NULL, &commit))
            take_back(s, commit.id);
        else
            session_error(s, "The commit does not exist.");
        return;
    }
    if (!image_target(s, m, &id))
        return;
    if (!begin(&l, s, ""))
        return;
    edit_touch(&s->edit);
    store_mark(&s->edit.cand);
    bool ok = store_revert(store, &s->edit.cand, id);
    store_unmark(&s->edit.cand, ok);
    s->edit.removed = s->edit.whole = true;
    finish(&l);
    if (!ok)
        session_error(s, "%s", store_error(store));
}

/* --- files ---------------------------------------------------------------------------- */

static enum load_how how_of(const char *word)
{
    return strcmp(word, "replace") == 0 ? LOAD_REPLACE : LOAD_MERGE;
}

/* To replace everything is to undo what only the highest level may. */
static bool may_load(struct session *s, const char *how)
{
    if (how_of(how) == LOAD_MERGE || s->level >= LEVEL_MANAGE)
        return true;
    session_error(s, "You do not have permission to replace the whole configuration.");
    return false;
}

void cmd_load_file(struct session *s, const struct sch_match *m)
{
    char file[FILES_NAME_MAX + 1], err[400];
    struct loading l;
    size_t n;
    if (!may_load(s, cmd_word(m, "how")) || !image_file(s, cmd_arg(m, "file"), file, sizeof file))
        return;
    char *text = files_read(s->app->opts.db, file, &n, err, sizeof err);
    if (!text) {
        session_error(s, "%s", err);
        return;
    }
    if (begin(&l, s, file)) {
        l.failed = load_text(s->app, s->level, &s->edit, text, n, how_of(cmd_word(m, "how")),
                             line_refused, &l) == LOAD_FAILED;
        finish(&l);
    }
    free(text);
}

/* --- the terminal --------------------------------------------------------------------- */

#define PASTE_MAX (16u << 20) /* octets; no more than a reserve of memory can give */

struct paste {
    struct text text;
    bool diff;
    enum load_how how;
    uint32_t line_no; /* of the command, in a batch */
};

void load_forget(struct session *s)
{
    if (s->paste)
        free(s->paste->text.p);
    free(s->paste);
    s->paste = NULL;
}

static void apply_paste(struct session *s)
{
    const struct paste *p = s->paste;
    struct loading l;
    if (!begin(&l, s, "text"))
        return;
    l.before = s->hello.interactive ? 0 : p->line_no;
    if (p->diff)
        load_diff(s, p->text.p, p->text.n, line_refused, &l, load_result_stays, l.result);
    else
        l.failed = load_text(s->app, s->level, &s->edit, p->text.p, p->text.n, p->how, line_refused,
                             &l) == LOAD_FAILED;
    finish(&l);
}

/* The line of the moment is nothing but the word. */
static bool line_is(const struct session *s, const char *word)
{
    size_t n = s->nline;
    while (n && (s->line[n - 1] == ' ' || s->line[n - 1] == '\r'))
        n--;
    return n == strlen(word) && memcmp(s->line, word, n) == 0;
}

static void ask_for_line(struct session *s);

static void paste_line(struct session *s, enum answer a)
{
    struct paste *p = s->paste;
    bool over = true;
    if (a == ANSWER_NO) {
        session_error(s, "The text to be loaded has no end: a line end-diff is missing.");
    } else if (line_is(s, "end-diff") || (!p->diff && line_is(s, "return"))) {
        apply_paste(s);
    } else if (line_is(s, "abort")) {
        session_note(s, "Info: Nothing has been loaded.");
    } else if (p->text.n + s->nline >= PASTE_MAX) {
        session_error(s, "The text is too long.");
    } else {
        text_add(&p->text, s->line, s->nline);
        text_add(&p->text, "\n", 1);
        over = false;
    }
    if (over)
        load_forget(s);
    else
        ask_for_line(s);
}

/* The question looks like the prompt of a view, for programs that wait for one. */
static void ask_for_line(struct session *s)
{
    char text[300];
    const char *mark = s->immediate ? "" : s->edit.cand.rows ? "*" : "~";
    snprintf(text, sizeof text, "[%s%s-load]", mark, model_sysname(s->app->config.model));
    session_ask(s, QUESTION_TEXT, text, paste_line);
}

void cmd_load_terminal(struct session *s, const struct sch_match *m)
{
    const char *how = cmd_word(m, "how");
    if (!may_load(s, how))
        return;
    load_forget(s);
    s->paste = calloc(1, sizeof *s->paste);
    if (!s->paste) {
        session_error(s, "Out of memory.");
        return;
    }
    s->paste->diff = *how == 0;
    s->paste->how = how_of(how);
    s->paste->line_no = s->line_no;
    if (s->hello.interactive)
        session_note(s, "Info: Enter the lines; end-diff loads them, abort drops them.");
    ask_for_line(s);
}
