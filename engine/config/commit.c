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
#include "engine/reserve.h"

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

static void retain(struct config *c)
{
    uint32_t n = c->model->sys.checkpoints;
    store_set_retention(c->store, n ? n : CHECKPOINTS_DEFAULT);
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
        !store_commits(c->store, 1, false, note_head, &c->head) || !config_trial_load(c)) {
        snprintf(err, errlen, "%s", store_error(c->store));
        config_close(c);
        return false;
    }
    retain(c);
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

static bool parent_exists(struct edit *e, const uint8_t *key, const struct sch_place *place)
{
    char text[SCH_TEXT_MAX];
    for (unsigned d = 1; d <= place->depth; d++)
        if (store_get(e->config->store, &e->cand, key, place->start[d], text, sizeof text) < 0)
            return false;
    return true;
}

bool config_validate_row(struct edit *e, const uint8_t *key, size_t nkey, const char *text)
{
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    struct sch_key view = {0};
    bool negated;
    if (!sch_key_place(key, nkey, &place) ||
        !sch_row_parse(place.line, text, strlen(text), v, &negated))
        return edit_error(e, "The line \"%.100s\" is not understood.", text);
    if (!parent_exists(e, key, &place))
        return edit_error(e, "The view of the line \"%.100s\" no longer exists.", text);
    view.n = place.start[place.depth];
    memcpy(view.b, key, view.n);
    e->filled = 0;
    for (int i = 0; i < 3 && place.line->check[i]; i++)
        if (!edit_checks[place.line->check[i]](e, &view, place.line, v)) {
            char why[sizeof e->err];
            snprintf(why, sizeof why, "%s", e->err);
            snprintf(e->err, sizeof e->err, "%.120s (%.100s)", why, text);
            return false;
        }
    return true;
}

struct validation {
    struct edit *e;
    bool ok;
};

static bool validate_mine(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                          const char *new_text)
{
    struct validation *va = arg;
    (void)old_text;
    va->ok = !new_text || config_validate_row(va->e, key, nkey, new_text);
    return va->ok;
}

/* What others have committed meanwhile may rest on something that is undone here. */
static bool validate_theirs(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                            const char *new_text)
{
    struct validation *va = arg;
    char now[SCH_TEXT_MAX];
    (void)old_text;
    if (new_text && store_get(va->e->config->store, &va->e->cand, key, nkey, now, sizeof now) >= 0)
        va->ok = config_validate_row(va->e, key, nkey, now);
    return va->ok;
}

static bool validate_all(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct validation *va = arg;
    (void)n;
    va->ok = config_validate_row(va->e, key, nkey, text);
    return va->ok;
}

/* Changes of commits that have been dropped cannot be told from older ones. */
static bool read_theirs(struct edit *e, struct validation *va)
{
    struct store *s = e->config->store;
    if (e->whole || e->base < store_dropped(s))
        return store_scan(s, &e->cand, NULL, 0, NULL, 0, validate_all, va);
    return store_history(s, e->base + 1, UINT32_MAX, validate_theirs, va);
}

/* Rows were checked when they were typed. They are looked at again when something they rest on may
 * have gone since: another commit, or an undo in this candidate. */
bool config_validate(struct edit *e)
{
    struct store *s = e->config->store;
    struct validation va = {e, true};
    if (!config_stale(e) && !e->removed)
        return true;
    if (!store_changes(s, &e->cand, validate_mine, &va) ||
        (va.ok && (e->whole || config_stale(e)) && !read_theirs(e, &va)))
        return edit_error(e, "%s", store_error(s));
    return va.ok;
}

/* --- the rest ----------------------------------------------------------------------------------
 */

/* The changed rows of a commit, kept so that taking them back needs nothing that can fail. */
struct change {
    struct change *next;
    size_t nkey;
    const char *old_text, *new_text;
    uint8_t bytes[]; /* key and both texts */
};

struct changes {
    struct change *first, **last;
    size_t fed; /* that the model has been given */
    bool ok;
};

static const char *keep_text(uint8_t **at, const char *text)
{
    size_t n = text ? strlen(text) + 1 : 0;
    const char *kept = text ? (const char *)*at : NULL;
    memcpy(*at, n ? text : "", n);
    *at += n;
    return kept;
}

static bool keep_change(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                        const char *new_text)
{
    struct changes *all = arg;
    size_t n = nkey + (old_text ? strlen(old_text) + 1 : 0) + (new_text ? strlen(new_text) + 1 : 0);
    struct change *c = malloc(sizeof *c + n);
    if (!c)
        return all->ok = false;
    uint8_t *at = c->bytes + nkey;
    memcpy(c->bytes, key, nkey);
    *c = (struct change){.nkey = nkey};
    c->old_text = keep_text(&at, old_text);
    c->new_text = keep_text(&at, new_text);
    *all->last = c;
    all->last = &c->next;
    return true;
}

static void drop_changes(struct changes *all)
{
    for (struct change *c = all->first, *next; c; c = next) {
        next = c->next;
        free(c);
    }
}

/* RESOLVE. False: nothing was kept. */
static bool find_changes(struct edit *e, struct changes *all)
{
    *all = (struct changes){.last = &all->first, .ok = true};
    bool read = store_changes(e->config->store, &e->cand, keep_change, all);
    if (!all->ok)
        edit_error(e, "Out of memory.");
    else if (!read)
        edit_error(e, "%s", store_error(e->config->store));
    if (!read || !all->ok)
        drop_changes(all);
    return read && all->ok;
}

/* What does not fit into memory is not begun, so that there is some left to take the rest back. */
static bool feed(struct model *m, struct changes *all)
{
    bool ok = true;
    for (const struct change *c = all->first; c && !reserve_used(); c = c->next, all->fed++)
        ok &= model_row(m, c->bytes, c->nkey, c->old_text, c->new_text);
    return ok;
}

static void feed_back(struct model *m, const struct changes *all)
{
    size_t n = 0;
    for (const struct change *c = all->first; n < all->fed; c = c->next, n++)
        model_row(m, c->bytes, c->nkey, c->new_text, c->old_text);
    model_clean(m);
}

bool config_may_commit(struct edit *e)
{
    const struct config *c = e->config;
    if (c->offline)
        return true;
    if (!config_lock_allows(e))
        return false;
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

static bool label_is_free(struct edit *e, const char *label)
{
    struct store_commit had;
    return !*label || !store_commit_find(e->config->store, 0, label, &had) ||
           edit_error(e, "The label is used by commit %u.", had.id);
}

bool config_trial_only(struct edit *e, const struct store_commit *meta,
                       const struct store_trial *after)
{
    struct config *c = e->config;
    struct store_commit names = *meta, last;
    names.id = c->head;
    if (*names.label && store_commit_find(c->store, c->head, NULL, &last) && *last.label)
        return edit_error(e, "The commit has the label %s. Delete it first.", last.label);
    if (!label_is_free(e, names.label))
        return false;
    if (!store_trial_write(c->store, after, &names))
        return edit_error(e, "%s", store_error(c->store));
    c->trial = *after;
    return true;
}

bool config_commit_as(struct edit *e, struct store_commit *meta, const struct store_trial *after)
{
    struct config *c = e->config;
    struct changes changes;
    meta->id = 0;
    if (e->cand.rows == 0)
        return !after || config_trial_only(e, meta, after);
    store_watch(c->store);
    if (!label_is_free(e, meta->label))
        return false;
    bool valid = config_validate(e);
    if (!store_seen(c->store)) /* decided by rows that could not be read */
        return edit_error(e, "%s", store_error(c->store));
    if (!valid)
        return false;
    if (c->offline) {
        e->removed = false;
        e->promised = true;
        return true;
    }
    if (!find_changes(e, &changes))
        return false;
    bool fed = feed(c->model, &changes);
    struct speaker_plan *plan = reserve_used() ? NULL : model_plan(c->model);
    bool room = !reserve_used(); /* also for what follows when it is stored */
    bool done = fed && room && store_commit(c->store, &e->cand, meta, after);
    if (!done) {
        edit_error(e, "%s",
                   !room  ? "Out of memory. Nothing has been changed."
                   : !fed ? "A changed line is not understood."
                          : store_error(c->store));
        feed_back(c->model, &changes);
        speaker_plan_free(plan);
    }
    drop_changes(&changes);
    if (!done)
        return false;
    c->head = meta->id;
    if (after)
        c->trial = *after;
    e->base = c->head;
    e->removed = e->whole = false;
    retain(c);
    apply(c, plan);
    return true;
}

/* --- preview -----------------------------------------------------------------------------------
 */

bool config_preview(struct edit *e, config_preview_fn *fn, void *arg)
{
    struct changes changes;
    if (!config_validate(e) || !find_changes(e, &changes))
        return false;
    bool ok = feed(e->config->model, &changes);
    bool room = !reserve_used();
    struct speaker_plan *plan = ok && room ? model_plan(e->config->model) : NULL;
    if (room)
        fn(arg, plan);
    feed_back(e->config->model, &changes);
    speaker_plan_free(plan);
    drop_changes(&changes);
    return room ? ok || edit_error(e, "A changed line is not understood.")
                : edit_error(e, "Out of memory.");
}
