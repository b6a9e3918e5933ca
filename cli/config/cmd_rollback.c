/* Rolling running back to an earlier state or a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/config/image.h"
#include "cli/text/render.h"
#include "cli/text/show.h"

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
    if (meta.id) {
        app_committed(s->app, s);
        show_uint(s, "commit_id", meta.id);
    }
    out(s, "Check rollback result\nConfiguration rollback succeeded.\n");
    if (meta.id) /* else it was so already */
        out(s, "Please use 'display configuration commit changes last 1' to view the changes.\n");
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
        s->app->rollback_error = strdup(s->failed);
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
    if (!may_roll_back(s) || !image_target(s, m, &s->rollback_to))
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
    else
        s->app->rollback_error = strdup(s->failed);
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
    struct diff d;
    (void)m;
    show_begin(s);
    show_bool(s, "failed", a->rollback_error);
    if (!a->rollback_error)
        return;
    show_text(s, "error", a->rollback_error);
    out(s, "!commit error information\n%s\n", a->rollback_error);
    if (a->rollback_cand.rows)
        out(s, "!There are still several differences as follow:\n");
    diff_start(&d, s);
    store_changes(a->config.store, &a->rollback_cand, diff_row, &d);
    diff_end(&d);
}
