/* What there is of the things that commands name; see names.h. */
#include "cli/names.h"

#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "engine/config/model.h"
#include "engine/files.h"

struct listed {
    struct session *s;
    names_fn *fn;
    void *ctx;
    size_t left, n;
    bool numbered; /* as the newest, the one before it, ...: "last" */
    bool labels;
};

/* As it would be typed. */
static bool one(struct listed *l, const char *text, const char *help)
{
    char quoted[300];
    if (l->left == 0)
        return false;
    if (strchr(text, ' '))
        snprintf(quoted, sizeof quoted, "\"%s\"", text);
    l->fn(l->ctx, strchr(text, ' ') ? quoted : text, help);
    return --l->left > 0;
}

bool names_begins(const char *name, const char *typed, size_t n)
{
    return strncmp(name, typed, n) == 0 || (name[0] == '"' && strncmp(name + 1, typed, n) == 0);
}

/* --- commits -------------------------------------------------------------------------- */

static bool commit_row(void *arg, const struct store_commit *c)
{
    struct listed *l = arg;
    char text[300], when[64], help[500];
    app_time(c->time, when, sizeof when);
    l->n++;
    if (l->labels)
        snprintf(text, sizeof text, "%s", c->label);
    else
        snprintf(text, sizeof text, "%zu", l->numbered ? l->n : (size_t)c->id);
    snprintf(help, sizeof help, "CommitId %u created by %s at %s%s%s%s", c->id, c->user, when,
             c->description[0] ? "\n(Description: " : "", c->description,
             c->description[0] ? ")" : "");
    return one(l, text, help);
}

static void names_commit(struct listed *l)
{
    store_commits(l->s->app->config.store, l->left, false, commit_row, l);
}

static void names_last(struct listed *l)
{
    l->numbered = true;
    names_commit(l);
}

static void names_label(struct listed *l)
{
    l->labels = true;
    store_commits(l->s->app->config.store, l->left, true, commit_row, l);
}

/* --- the trial ------------------------------------------------------------------------ */

static void names_trial_session(struct listed *l)
{
    const struct store_trial *t = &l->s->app->config.trial;
    char text[16];
    snprintf(text, sizeof text, "%u", t->session);
    if (t->active && t->session)
        one(l, text, "Session in trial configuration mode");
}

static void names_persist_id(struct listed *l)
{
    const struct store_trial *t = &l->s->app->config.trial;
    char help[100];
    snprintf(help, sizeof help, "Trial of %s", t->user);
    if (t->active && t->persist[0])
        one(l, t->persist, help);
}

/* --- the rest ------------------------------------------------------------------------- */

static void file_row(void *ctx, const struct files_entry *e)
{
    char help[100], when[64];
    app_time(e->time, when, sizeof when);
    snprintf(help, sizeof help, "%llu octets, of %s", (unsigned long long)e->size, when);
    one(ctx, e->name, help);
}

static void names_file(struct listed *l)
{
    uint64_t free_kb, total_kb;
    files_list(l->s->app->opts.db, file_row, l, &free_kb, &total_kb);
}

static void names_vpn(struct listed *l)
{
    for (const struct model_vpn *v = l->s->app->config.model->vpns; v; v = v->hh.next)
        if (v->exists &&
            !one(l, v->name, v->conf.description ? v->conf.description : "VPN instance"))
            return;
}

static void names_terminal(struct listed *l)
{
    char text[16], help[80];
    for (const struct session *s = l->s->app->sessions; s; s = s->next) {
        snprintf(text, sizeof text, "%u", VTY_FIRST + s->vty);
        snprintf(help, sizeof help, "VTY %u of %s", s->vty, s->user);
        if (s->conn && s != l->s && !one(l, text, help))
            return;
    }
}

void names_of(struct session *s, uint8_t of, size_t max, names_fn *fn, void *ctx)
{
    static void (*const lists[SCH_OF_COUNT])(struct listed *) = {NULL,
#define X(name) names_##name,
                                                                 SCH_OF_LIST(X)
#undef X
    };
    struct listed l = {.s = s, .fn = fn, .ctx = ctx, .left = max};
    if (of)
        lists[of](&l);
}
