/*
 * Trials as operators see them: commit trial, its confirmation by "commit persist", abort trial,
 * and what every session is told meanwhile. The rules are in engine/config/trial.c.
 */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/text/show.h"

/* --- announcements ------------------------------------------------------------------- */

static const uint64_t announced[] = {3600, 1800, 600, 300, 60, 30, 10, 0};

/* The largest announced time that is not above the given one. */
static uint64_t step_below(uint64_t seconds)
{
    size_t i = 0;
    while (announced[i] > seconds)
        i++;
    return announced[i];
}

static bool revert(struct app *a, const char *why)
{
    char err[240];
    if (config_trial_revert(&a->config, why, err, sizeof err)) {
        app_committed(a, NULL);
        return true;
    }
    app_log(a, "CONFIG/3/TRIAL", err);
    return false;
}

int64_t trial_due(struct app *a)
{
    struct config *c = &a->config;
    uint64_t left = config_trial_left_ms(c);
    if (left == UINT64_MAX)
        return -1;
    if (left == 0) {
        if (!revert(a, "trial not confirmed in time"))
            return (int64_t)config_trial_left_ms(c);
        app_tell(a, NULL,
                 "Info: The trial configuration was not confirmed in time and has been rolled "
                 "back.");
        return -1;
    }
    uint64_t seconds = (left + 999) / 1000;
    if (seconds > a->trial_told) /* it has been given new time */
        a->trial_told = seconds;
    uint64_t next = step_below(a->trial_told - 1);
    if (seconds <= next && next) {
        a->trial_told = seconds;
        app_tell(a, NULL,
                 "Info: The trial configuration will be rolled back in %llu seconds unless it is "
                 "confirmed.",
                 (unsigned long long)seconds);
        next = step_below(seconds - 1);
    }
    return (int64_t)(left - next * 1000);
}

void trial_session_over(struct session *s)
{
    const struct store_trial *t = &s->app->config.trial;
    if (!t->active || t->session != s->id || *t->persist || s->app->stopping)
        return;
    if (revert(s->app, "trial ended with its session"))
        app_tell(s->app, s,
                 "Info: The session of the trial configuration has ended and the trial "
                 "configuration has been rolled back.");
}

/* --- commands ------------------------------------------------------------------------ */

void cmd_commit_trial(struct session *s, const struct sch_match *m)
{
    struct store_commit meta = {.type = "CLI"};
    const struct sch_value *time = cmd_arg(m, "time");
    uint32_t seconds = time->present ? (uint32_t)time->u : TRIAL_DEFAULT_S;
    char persist[257];
    bool was = s->app->config.trial.active;
    if (!commit_names(s, m, &meta) ||
        !commit_name(s, cmd_arg(m, "persist"), "persist ID", persist) || !commit_overlaps(s))
        return;
    snprintf(meta.user, sizeof meta.user, "%s", s->user);
    snprintf(meta.tty, sizeof meta.tty, "%s", s->tty);
    if (!config_commit_trial(&s->edit, &meta, seconds, persist)) {
        session_fail(s, -1, s->edit.err);
        return;
    }
    if (meta.id) {
        app_committed(s->app, s);
        show_uint(s, "commit_id", meta.id);
    }
    if (!s->app->config.trial.active)
        return;
    s->app->trial_told = seconds;
    show_uint(s, "trial_seconds", seconds);
    session_note(s, "Info: The system enters the trial configuration mode.");
    session_note(s,
                 "The system will revert to previous configuration if the trial configuration is "
                 "not confirmed in %u seconds.",
                 seconds);
    app_tell(s->app, s,
             "Info: The trial configuration of %s (session %u) %s %u seconds unless it is "
             "confirmed.",
             s->user, s->id, was ? "will now be rolled back in" : "will be rolled back in",
             seconds);
}

void cmd_commit_persist(struct session *s, const struct sch_match *m)
{
    struct store_commit meta = {0};
    char persist[257];
    if (!commit_names(s, m, &meta) ||
        !commit_name(s, cmd_arg(m, "persist"), "persist ID", persist) || s->app->config.offline)
        return;
    if (!config_trial_confirm(&s->edit, &meta, persist)) {
        session_fail(s, -1, s->edit.err);
        return;
    }
    trial_confirmed(s);
}

void trial_confirmed(struct session *s)
{
    app_tell(s->app, s, "Info: The trial configuration has been confirmed by %s.", s->user);
}

static void abort_answered(struct session *s, enum answer a)
{
    if (a != ANSWER_YES || s->app->config.offline)
        return;
    if (!s->app->config.trial.active) /* it has ended while the question stood */
        session_error(s, "The system is not in trial configuration mode.");
    else if (!revert(s->app, "trial aborted"))
        session_error(s, "The trial configuration could not be rolled back. It is tried again.");
    else {
        session_note(s, "Info: The trial configuration rollback succeeded.");
        app_tell(s->app, s, "Info: The trial configuration has been rolled back by %s.", s->user);
    }
}

/* Is there a trial, and is it the one that is meant? Said, if not. */
static bool may_abort(struct session *s, const struct sch_value *session, const char *persist)
{
    const struct store_trial *t = &s->app->config.trial;
    if (s->app->config.offline)
        return true;
    if (!t->active)
        session_error(s, "The system is not in trial configuration mode.");
    else if (session->present && session->u != t->session)
        session_error(s, "The session is not in trial configuration mode.");
    else if (*persist && strcmp(persist, t->persist) != 0)
        session_error(s, "The persist ID does not exist.");
    else if (!session->present && !*persist && !config_owns_trial(&s->edit))
        session_error(s,
                      "The trial configuration was not started by this session. [Session ID = %u]",
                      t->session);
    else
        return true;
    return false;
}

void cmd_abort_trial(struct session *s, const struct sch_match *m)
{
    char persist[257];
    if (commit_name(s, cmd_arg(m, "persist"), "persist ID", persist) &&
        may_abort(s, cmd_arg(m, "session"), persist))
        session_ask(s, QUESTION_YES_NO,
                    "Warning: The trial configuration will be rolled back. Continue? [Y/N]:",
                    abort_answered);
}

void cmd_display_trial(struct session *s, const struct sch_match *m)
{
    const struct config *c = &s->app->config;
    unsigned long long left = c->trial.active ? (config_trial_left_ms(c) + 999) / 1000 : 0;
    const char *status = !c->trial.active ? "INACTIVE" : c->trial_stuck ? "WAITCANCEL" : "ACTIVE";
    (void)m;
    show_begin(s);
    SHOW_TEXT(s, "status", "Trial status: %s\n", status);
    if (c->trial.persist[0])
        SHOW_TEXT(s, "persist_id", "Persist id: %s\n", c->trial.persist);
    if (c->trial.active)
        show_uint(s, "session_id", c->trial.session);
    SHOW_UINT(s, "seconds_left", "Trial time left (sec): %llu\n", left);
}
