/* Rolling running back to an earlier state. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/commit.h"

/* --- rollback ------------------------------------------------------------------------ */

static void rollback_now(struct session *s, uint32_t target)
{
    struct store *store = s->app->config.store;
    struct edit own =
        s->edit; /* the user view has no candidate in use: rollback gets one of its own */
    struct store_commit meta = {.type = "ROLLBACK"};
    out(s, "Checking changes...\nLoading rollback changes\n");
    s->edit = (struct edit){.config = own.config,
                            .session = own.session,
                            .user = own.user,
                            .removed = true,
                            .base = own.config->head};
    bool ok = store_candidate_new(store, s->user, s->tty, &s->edit.cand) &&
              store_revert(store, &s->edit.cand, target);
    if (!ok) {
        session_error(s, "%s", store_error(store));
    } else {
        out(s, "Committing\n");
        ok = commit_now(s, &meta);
    }
    if (ok)
        out(s, "Check rollback result\nConfiguration rollback succeeded.\nPlease use 'display "
               "configuration commit changes last 1' to view the changes.\n");
    store_candidate_drop(store, &s->edit.cand);
    s->edit = own;
}

static void rollback_answered(struct session *s, enum answer a)
{
    if (a == ANSWER_YES && !s->app->config.offline)
        rollback_now(s, s->rollback_to);
}

void cmd_rollback(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    const struct sch_value *id = cmd_arg(m, "id"), *label = cmd_arg(m, "label"),
                           *last = cmd_arg(m, "last");
    if (!config_may_commit(&s->edit)) {
        session_fail(s, -1, s->edit.err);
        return;
    }
    if (s->app->config.trial.active) { /* its own session's too: confirm or abort it first */
        session_error(s,
                      "The system is in trial configuration mode. The operation is not allowed.");
        return;
    }
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
        found = store_commit_find(store, (uint32_t)id->u, NULL, &c);
    }
    if (!found && !s->app->config.offline) {
        session_error(s, "The commit does not exist.");
        return;
    }
    s->rollback_to = c.id;
    session_ask(
        s, QUESTION_YES_NO,
        "Warning: This operation will revert configuration changes to the previous status. "
        "During the rollback configuration process, some configurations involving differences "
        "may be temporarily invalid. Continue? [Y/N]:",
        rollback_answered);
}
