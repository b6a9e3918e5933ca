/*
 * Commit: RESOLVE, VALIDATE, PREPARE, PERSIST, APPLY.
 *
 * The model takes the changed rows first, so the plan is known before anything is stored; when the
 * datastore refuses, the same rows are fed back inverted and nothing has happened. Between the
 * SQLite commit and the speaker lies only speaker_apply(), which cannot fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/config/model.h"

/* --- opening -----------------------------------------------------------------------------------
 */

static bool load_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    (void)n;
    return model_row(arg, key, nkey, NULL, text);
}

static bool note_head(void *arg, const struct store_commit *c)
{
    *(uint32_t *)arg = c->id;
    return false;
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool config_open(struct config *c, const char *db, char *err, size_t errlen)
{
    static const struct store_candidate nobody;
    memset(c, 0, sizeof *c);
    c->clock_ms = monotonic_ms;
    if (!store_open(&c->store, db, sch_fingerprint, err, errlen))
        return false;
    if (!secrets_open(&c->secrets, db, err, errlen)) {
        config_close(c);
        return false;
    }
    c->model = model_new(c->secrets);
    if (!store_scan(c->store, &nobody, NULL, 0, NULL, 0, load_row, c->model) ||
        !store_commits(c->store, 1, note_head, &c->head) || !config_trial_load(c)) {
        snprintf(err, errlen, "%s", store_error(c->store));
        config_close(c);
        return false;
    }
    return true;
}

void config_close(struct config *c)
{
    store_close(c->store);
    model_free(c->model);
    secrets_close(c->secrets);
    memset(c, 0, sizeof *c);
}

/* The speaker owns the plan once it is applied, so what the model must know is noted before. */
static void apply(struct config *c, struct speaker_plan *plan)
{
    model_applied(c->model, plan);
    if (plan && c->speaker)
        speaker_apply(c->speaker, plan);
    else if (plan)
        speaker_plan_free(plan);
}

void config_start_speaker(struct config *c, struct speaker *s)
{
    c->speaker = s;
    c->model->all_dirty = c->model->addrs_dirty = c->model->listen_dirty = true;
    c->model->statics_dirty = true;
    apply(c, model_plan(c->model));
}

/* --- VALIDATE ----------------------------------------------------------------------------------
 */

struct validation {
    struct edit *e;
    bool ok;
};

static bool parent_exists(struct edit *e, const uint8_t *key, const struct sch_place *place)
{
    char text[SCH_TEXT_MAX];
    for (unsigned d = 1; d <= place->depth; d++)
        if (store_get(e->config->store, &e->cand, key, place->start[d], text, sizeof text) < 0)
            return false;
    return true;
}

static bool validate_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                         const char *new_text)
{
    struct validation *va = arg;
    struct edit *e = va->e;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    struct sch_key view = {0};
    bool negated;
    (void)old_text;
    if (!new_text)
        return true;
    if (!sch_key_place(key, nkey, &place) ||
        !sch_row_parse(place.line, new_text, strlen(new_text), v, &negated)) {
        va->ok = edit_error(e, "The line \"%.100s\" is not understood.", new_text);
        return false;
    }
    if (!parent_exists(e, key, &place)) {
        va->ok = edit_error(e, "The view of the line \"%.100s\" no longer exists.", new_text);
        return false;
    }
    view.n = place.start[place.depth];
    memcpy(view.b, key, view.n);
    e->filled = 0;
    for (int i = 0; i < 3 && place.line->check[i] && va->ok; i++)
        va->ok = edit_checks[place.line->check[i]](e, &view, place.line, v);
    if (!va->ok) {
        char why[sizeof e->err];
        snprintf(why, sizeof why, "%s", e->err);
        snprintf(e->err, sizeof e->err, "%.120s (%.100s)", why, new_text);
    }
    return va->ok;
}

/* Rows were checked when they were typed. They are looked at again when something they rest on may
 * have gone since: another commit, or an undo in this candidate. */
bool config_validate(struct edit *e)
{
    struct validation va = {e, true};
    if (e->base == e->config->head && !e->removed)
        return true;
    if (!store_changes(e->config->store, &e->cand, validate_row, &va))
        return edit_error(e, "%s", store_error(e->config->store));
    return va.ok;
}

/* --- the rest ----------------------------------------------------------------------------------
 */

struct resolve {
    struct model *m;
    bool inverse, ok;
};

static bool resolve_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                        const char *new_text)
{
    struct resolve *r = arg;
    r->ok &= r->inverse ? model_row(r->m, key, nkey, new_text, old_text)
                        : model_row(r->m, key, nkey, old_text, new_text);
    return true;
}

static bool take_back(struct edit *e, struct speaker_plan *plan)
{
    struct resolve r = {e->config->model, true, true};
    edit_error(e, "%s", store_error(e->config->store));
    store_changes(e->config->store, &e->cand, resolve_row, &r);
    model_clean(e->config->model);
    speaker_plan_free(plan);
    return false;
}

bool config_may_commit(struct edit *e)
{
    const struct config *c = e->config;
    if (c->trial.active && !config_owns_trial(e))
        return edit_error(
            e, "The system is in trial configuration mode. The operation is not allowed.");
    return true;
}

bool config_commit(struct edit *e, struct store_commit *meta)
{
    static const struct store_trial over;
    bool confirms = e->config->trial.active;
    meta->id = 0;
    return config_may_commit(e) && config_commit_as(e, meta, confirms ? &over : NULL);
}

/* Nothing but the trial changes. */
static bool commit_trial_only(struct edit *e, const struct store_trial *after)
{
    struct config *c = e->config;
    if (!store_trial_write(c->store, after))
        return edit_error(e, "%s", store_error(c->store));
    c->trial = *after;
    return true;
}

bool config_commit_as(struct edit *e, struct store_commit *meta, const struct store_trial *after)
{
    struct config *c = e->config;
    struct resolve r = {c->model, false, true};
    struct store_commit had;
    meta->id = 0;
    if (e->cand.rows == 0)
        return !after || commit_trial_only(e, after);
    if (meta->label[0] && store_commit_find(c->store, 0, meta->label, &had))
        return edit_error(e, "The label is used by commit %u.", had.id);
    if (!config_validate(e))
        return false;
    if (c->offline) {
        e->removed = false;
        e->promised = true;
        return true;
    }
    bool read = store_changes(c->store, &e->cand, resolve_row, &r);
    struct speaker_plan *plan = model_plan(c->model);
    if (!read || !r.ok || !store_commit(c->store, &e->cand, meta, after))
        return take_back(e, plan);
    c->head = meta->id;
    if (after)
        c->trial = *after;
    e->base = c->head;
    e->removed = false;
    apply(c, plan);
    return true;
}
