/* Commits held back to the end of a batch; see held.h. */
#include "cli/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/text/render.h"
#include "cli/config/save.h"
#include "cli/text/show.h"
#include "engine/files.h"

struct held_row {
    struct sch_key key;
    char *text; /* NULL: deleted */
};

/* The candidate as the last held commit left it. */
struct held_state {
    struct held_row *rows;
    size_t n, cap;
    bool failed;
    unsigned commits;
    char save[FILES_NAME_MAX + 1]; /* what the batch commits is saved there, unless empty */
    struct store_commit meta;
};

bool held(const struct session *s)
{
    return s->hello.atomic || s->hello.dry_run;
}

bool held_uncommitted(const struct session *s)
{
    return s->touched;
}

static void forget(struct held_state *h)
{
    for (size_t i = 0; i < h->n; i++)
        free(h->rows[i].text);
    h->n = 0;
}

static bool keep_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                     const char *new_text)
{
    struct held_state *h = arg;
    (void)old_text;
    if (h->n == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : 64;
        struct held_row *rows = realloc(h->rows, cap * sizeof *rows);
        h->failed |= !rows;
        if (!rows)
            return false;
        h->rows = rows;
        h->cap = cap;
    }
    struct held_row *r = &h->rows[h->n];
    r->key.n = (uint16_t)nkey;
    memcpy(r->key.b, key, nkey);
    r->text = new_text ? strdup(new_text) : NULL;
    h->failed |= new_text && !r->text;
    h->n++;
    return !h->failed;
}

static struct held_state *state(struct session *s)
{
    if (!s->held)
        s->held = calloc(1, sizeof *s->held);
    return s->held;
}

bool held_commit(struct session *s, const struct store_commit *meta)
{
    struct store *store = s->app->config.store;
    struct held_state *h = state(s);
    s->edit.removed = true; /* everything is looked at */
    if (s->edit.cand.rows && !config_validate(&s->edit)) {
        session_fail(s, -1, s->edit.err);
        return false;
    }
    if (h)
        forget(h);
    if (!h || (s->edit.cand.rows && !store_changes(store, &s->edit.cand, keep_row, h)) ||
        h->failed) {
        session_error(s, "Out of memory.");
        return false;
    }
    h->commits++;
    if (meta->label[0])
        memcpy(h->meta.label, meta->label, sizeof h->meta.label);
    if (meta->description[0])
        memcpy(h->meta.description, meta->description, sizeof h->meta.description);
    s->touched = false;
    return true;
}

void held_restore(struct session *s)
{
    struct store *store = s->app->config.store;
    struct held_state *h = state(s);
    bool ok = h && store_candidate_clear(store, &s->edit.cand);
    for (size_t i = 0; ok && i < h->n; i++) {
        const struct held_row *r = &h->rows[i];
        ok = r->text ? store_set(store, &s->edit.cand, r->key.b, r->key.n, r->text, strlen(r->text))
                     : store_delete(store, &s->edit.cand, r->key.b, r->key.n);
    }
    if (!ok)
        session_error(s, "%s", h ? store_error(store) : "Out of memory.");
    s->touched = false;
}

void held_save(struct session *s, const char *file)
{
    struct held_state *h = state(s);
    if (!h)
        session_error(s, "Out of memory.");
    else if (h->save[0] && strcmp(h->save, file) != 0)
        session_error(s, "This batch is saved to %s already.", h->save);
    else
        snprintf(h->save, sizeof h->save, "%s", file);
}

static void show_changes(struct session *s)
{
    struct diff d;
    if (s->hello.json)
        show_wanted(s, false);
    diff_begin(&d, s);
    if (s->edit.cand.rows)
        store_changes(s->app->config.store, &s->edit.cand, diff_row, &d);
    diff_end(&d);
    out_end(s);
}

void held_end(struct session *s)
{
    struct held_state *h = s->held;
    if (s->touched)
        held_restore(s);
    if (s->hello.dry_run) {
        show_changes(s);
        return;
    }
    if (!h || !h->commits)
        return;
    struct store_commit meta = h->meta;
    snprintf(meta.type, sizeof meta.type, "CLI");
    s->hello.atomic = false; /* from here on it happens */
    if (commit_now(s, &meta) && h->save[0])
        save_running(s, h->save);
    out_end(s);
}

void held_free(struct session *s)
{
    if (s->held) {
        forget(s->held);
        free(s->held->rows);
        free(s->held);
    }
    s->held = NULL;
}
