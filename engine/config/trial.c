/*
 * Commits on trial: running is changed now and goes back to what it was unless somebody confirms.
 *
 *     none --commit trial--> active --commit, commit persist--> none, the change stays
 *     active --commit trial--> active, with new time; what it goes back to stays the same
 *     active --deadline, abort, end of a session without persist--> none, rolled back
 *
 * The trial is stored in the transaction of the commit that starts, prolongs or ends it, so a host
 * that dies leaves a trial that the next one brings to its end.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/config/config.h"

#define RETRY_MS 5000

bool config_trial_load(struct config *c)
{
    if (!store_trial_read(c->store, &c->trial))
        return false;
    c->trial.session = 0; /* sessions of a host that is gone */
    if (c->trial.active) {
        int64_t left = c->trial.deadline - (int64_t)time(NULL);
        if (left < 0)
            left = 0;
        if (left > c->trial.seconds) /* the clock was set back */
            left = c->trial.seconds;
        c->trial_end_ms = c->clock_ms() + (uint64_t)left * 1000;
    }
    return true;
}

uint64_t config_trial_left_ms(const struct config *c)
{
    uint64_t now = c->clock_ms();
    if (!c->trial.active)
        return UINT64_MAX;
    return c->trial_end_ms > now ? c->trial_end_ms - now : 0;
}

bool config_owns_trial(const struct edit *e)
{
    const struct store_trial *t = &e->config->trial;
    if (t->session)
        return t->session == e->session;
    return e->user && strcmp(t->user, e->user) == 0;
}

bool config_commit_trial(struct edit *e, struct store_commit *meta, uint32_t seconds,
                         const char *persist)
{
    struct config *c = e->config;
    struct store_trial t = c->trial;
    meta->id = 0;
    if (c->offline)
        return config_commit(e, meta);
    if (!config_may_commit(e))
        return false;
    if (e->cand.rows == 0 && !t.active)
        return true;
    if (!t.active)
        t = (struct store_trial){.active = true, .base = c->head};
    t.session = e->session;
    t.seconds = seconds;
    t.deadline = (int64_t)time(NULL) + seconds;
    snprintf(t.user, sizeof t.user, "%s", meta->user);
    snprintf(t.tty, sizeof t.tty, "%s", meta->tty);
    if (*persist)
        snprintf(t.persist, sizeof t.persist, "%s", persist);
    if (!config_commit_as(e, meta, &t))
        return false;
    c->trial_end_ms = c->clock_ms() + (uint64_t)seconds * 1000;
    c->trial_stuck = false;
    return true;
}

bool config_trial_confirm(struct edit *e, const struct store_commit *meta, const char *persist)
{
    static const struct store_trial over;
    struct config *c = e->config;
    if (!c->trial.active || !c->trial.persist[0] || strcmp(c->trial.persist, persist) != 0)
        return edit_error(e, "The persist ID does not exist.");
    return config_trial_only(e, meta, &over);
}

bool config_trial_revert(struct config *c, const char *why, char *err, size_t errlen)
{
    static const struct store_trial over;
    const struct store_trial *t = &c->trial;
    struct edit e = {.config = c, .base = c->head, .removed = true};
    struct store_commit meta = {.type = "ROLLBACK"};
    snprintf(meta.user, sizeof meta.user, "%s", t->user);
    snprintf(meta.tty, sizeof meta.tty, "%s", t->tty);
    snprintf(meta.description, sizeof meta.description, "%s", why);
    bool ok = store_candidate_new(c->store, t->user, t->tty, &e.cand) &&
              store_revert(c->store, &e.cand, t->base);
    if (!ok)
        edit_error(&e, "%s", store_error(c->store));
    ok = ok && config_commit_as(&e, &meta, &over);
    store_candidate_drop(c->store, &e.cand);
    c->trial_stuck = !ok;
    if (!ok) {
        snprintf(err, errlen, "%s", e.err);
        c->trial_end_ms = c->clock_ms() + RETRY_MS;
    }
    return ok;
}
