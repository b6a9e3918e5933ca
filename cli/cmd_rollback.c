/* Rolling running back to an earlier state or a file, and loading changes into the candidate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/commit.h"
#include "cli/conflict.h"
#include "cli/image.h"
#include "cli/load.h"
#include "cli/render.h"
#include "engine/files.h"

/* The commit whose state the arguments name, 0 below the first one. False: there is none, said. */
static bool target_of(struct session *s, const struct sch_match *m, uint32_t *id)
{
    struct store *store = s->app->config.store;
    const struct sch_value *label = cmd_arg(m, "label"), *last = cmd_arg(m, "last");
    struct store_commit c = {0};
    char name[257];
    bool found;
    if (last->present) { /* the state before the n newest commits */
        found = store_commit_nth(store, (uint32_t)last->u, &c);
        c.id--;
    } else if (label->present) {
        snprintf(name, sizeof name, "%.*s", (int)label->n, label->s);
        found = store_commit_find(store, 0, name, &c);
    } else {
        found = store_commit_find(store, (uint32_t)cmd_arg(m, "id")->u, NULL, &c);
    }
    *id = c.id;
    if (!found && !s->app->config.offline)
        session_error(s, "The commit does not exist.");
    return found || s->app->config.offline;
}

/* --- rollback ------------------------------------------------------------------------- */

void rollback_forget(struct app *a)
{
    free(a->rollback_error);
    a->rollback_error = NULL;
    store_scratch_free(&a->rollback_cand);
}

/* Keeps why it failed and what is still different, for "display configuration rollback result". */
static void failed(struct session *s, const struct edit *e)
{
    s->app->rollback_error = strdup(e->err);
    s->app->rollback_cand = e->cand;
    session_error(s,
                  "Configuration rollback failed. Run 'display configuration rollback result' to "
                  "view the cause.");
}

/* Makes what the scratch candidate shows running; takes the candidate. */
static void rollback_now(struct session *s, struct store_candidate *target)
{
    struct edit e = {.config = &s->app->config,
                     .cand = *target,
                     .session = s->id,
                     .user = s->user,
                     .removed = true,
                     .base = s->app->config.head};
    struct store_commit meta = {.type = "ROLLBACK"};
    snprintf(meta.user, sizeof meta.user, "%s", s->user);
    snprintf(meta.tty, sizeof meta.tty, "%s", s->tty);
    out(s, "Committing\n");
    if (!config_commit(&e, &meta)) {
        failed(s, &e);
        return;
    }
    store_scratch_free(&e.cand);
    if (meta.id)
        app_committed(s->app, s);
    out(s, "Check rollback result\nConfiguration rollback succeeded.\nPlease use 'display "
           "configuration commit changes last 1' to view the changes.\n");
}

static void begin_rollback(struct session *s)
{
    rollback_forget(s->app);
    out(s, "Checking changes...\nLoading rollback changes\n");
}

static void rollback_answered(struct session *s, enum answer a)
{
    struct store_candidate cand;
    struct store *store = s->app->config.store;
    if (a != ANSWER_YES || s->app->config.offline)
        return;
    begin_rollback(s);
    store_scratch(&cand);
    if (store_revert(store, &cand, s->rollback_to)) {
        rollback_now(s, &cand);
    } else {
        session_error(s, "%s", store_error(store));
        store_scratch_free(&cand);
    }
}

static bool may_roll_back(struct session *s)
{
    if (!config_may_commit(&s->edit)) {
        session_fail(s, -1, s->edit.err);
        return false;
    }
    if (s->app->config.trial.active) /* its own session's too: confirm or abort it first */
        session_error(s,
                      "The system is in trial configuration mode. The operation is not allowed.");
    return !s->app->config.trial.active;
}

void cmd_rollback(struct session *s, const struct sch_match *m)
{
    if (!may_roll_back(s) || !target_of(s, m, &s->rollback_to))
        return;
    session_ask(
        s, QUESTION_YES_NO,
        "Warning: This operation will revert configuration changes to the previous status. "
        "During the rollback configuration process, some configurations involving differences "
        "may be temporarily invalid. Continue? [Y/N]:",
        rollback_answered);
}

static void rollback_file_answered(struct session *s, enum answer a)
{
    static const struct sch_value none;
    struct sch_value file = {.present = true, .s = s->file, .n = strlen(s->file)};
    struct image_name name = {"", &none, &none, &file};
    struct store_candidate cand;
    if (a != ANSWER_YES || s->app->config.offline)
        return;
    begin_rollback(s);
    if (image_get(s, &name, &cand))
        rollback_now(s, &cand);
}

void cmd_rollback_file(struct session *s, const struct sch_match *m)
{
    char text[320];
    if (!may_roll_back(s) || !image_file(s, cmd_arg(m, "file"), s->file, sizeof s->file))
        return;
    snprintf(text, sizeof text,
             "Warning: This operation will revert configuration changes to the file %s. During the "
             "rollback configuration process, some configurations involving differences may be "
             "temporarily invalid. Continue? [Y/N]:",
             s->file);
    session_ask(s, QUESTION_YES_NO, text, rollback_file_answered);
}

void cmd_display_rollback(struct session *s, const struct sch_match *m)
{
    const struct app *a = s->app;
    struct diff d = {.s = s};
    (void)m;
    if (!a->rollback_error)
        return;
    out(s, "!commit error information\n%s\n!There are still several differences as follow:\n",
        a->rollback_error);
    store_changes(a->config.store, &a->rollback_cand, diff_row, &d);
    diff_end(&d);
}

/* --- load into the candidate ------------------------------------------------------------ */

void cmd_load_rollback(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    struct conflicts c = {.s = s,
                          .head = "Warning: Lines that have been changed since stay as they are:"};
    const struct sch_value *at = cmd_arg(m, "at");
    struct store_commit commit;
    uint32_t id;
    s->resettle = true;
    if (at->present) {
        if (!store_commit_find(store, (uint32_t)at->u, NULL, &commit))
            session_error(s, "The commit does not exist.");
        else if (!config_undo_commit(&s->edit, commit.id, conflict_row, &c))
            session_fail(s, -1, s->edit.err);
        return;
    }
    if (!target_of(s, m, &id))
        return;
    edit_touch(&s->edit);
    store_mark(&s->edit.cand);
    bool ok = store_revert(store, &s->edit.cand, id);
    store_unmark(&s->edit.cand, ok);
    s->edit.removed = s->edit.whole = true;
    if (!ok)
        session_error(s, "%s", store_error(store));
}

struct loading {
    struct session *s;
    const char *file;
    unsigned refused;
};

static void line_refused(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    struct loading *l = ctx;
    l->refused++;
    out(l->s, "%s:%zu: %.*s\n%s\n", l->file, line, (int)n, text, why);
}

void cmd_load_file(struct session *s, const struct sch_match *m)
{
    char file[FILES_NAME_MAX + 1], err[400];
    struct loading l = {s, file, 0};
    size_t n;
    if (!image_file(s, cmd_arg(m, "file"), file, sizeof file))
        return;
    char *text = files_read(s->app->opts.db, file, &n, err, sizeof err);
    if (!text) {
        session_error(s, "%s", err);
        return;
    }
    bool replace = strcmp(cmd_word(m, "how"), "replace") == 0;
    load_text(s->app, &s->edit, text, n, replace ? LOAD_REPLACE : LOAD_MERGE, line_refused, &l);
    free(text);
    s->resettle = true;
    if (l.refused)
        session_error(s, "%u line%s of the file could not be loaded.", l.refused,
                      l.refused == 1 ? "" : "s");
}
