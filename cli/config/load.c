/* Loading configuration text; see load.h. */
#include "cli/config/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/settings.h"
#include "cli/config/startup.h"
#include "cli/text/lines.h"
#include "engine/files.h"
#include "engine/reserve.h"

struct load {
    load_bad_fn *bad;
    void *ctx;
    const char *line;
    size_t n, number;
    unsigned refused;
    bool failed; /* memory or the datastore, not the line */
};

static void refused(struct session *s, char severity, size_t column, const char *text)
{
    struct load *l = s->diag_ctx;
    char why[700];
    (void)column;
    if (severity != 'E')
        return;
    l->refused++;
    l->failed |= reserve_used();
    snprintf(why, sizeof why, "Error: %s", text);
    l->bad(l->ctx, l->number, l->line, l->n, why);
}

static bool is_return(const char *line, size_t n)
{
    while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    return n == 6 && memcmp(line, "return", 6) == 0;
}

static void run_lines(struct session *s, struct load *l, const char *text, size_t n)
{
    unsigned failures = store_failures(s->app->config.store);
    size_t mark = line_mark(text, n);
    text += mark;
    n -= mark;
    while (n && !l->failed) {
        size_t whole;
        l->line = text;
        l->n = line_first(text, n, &whole);
        l->number++;
        if (is_return(l->line, l->n))
            return;
        s->nline = l->n < PROTO_LINE_MAX ? l->n : PROTO_LINE_MAX;
        memcpy(s->line, l->line, s->nline);
        s->line[s->nline] = 0;
        s->nline = l->n;
        session_run(s);
        l->failed |= failures != store_failures(s->app->config.store);
        if (s->depth == 0) /* a "quit" too many */
            s->depth = 1;
        text += whole;
        n -= whole;
    }
}

unsigned load_text(struct app *a, int level, struct edit *e, const char *text, size_t n,
                   enum load_how how, load_bad_fn *bad, void *ctx)
{
    static const struct proto_hello hello = {.version = PROTO_VERSION, .keep_going = true};
    static const struct sch_key root;
    struct load l = {.bad = bad, .ctx = ctx};
    struct session *s = session_new(a, NULL, "", &hello);
    if (!s) {
        bad(ctx, 0, "", 0, "Error: Out of memory.");
        return LOAD_FAILED;
    }
    edit_touch(e);
    e->removed = true;
    store_mark(&e->cand);
    if (how == LOAD_REPLACE && !store_delete_prefix(a->config.store, &e->cand, NULL, 0)) {
        char why[300];
        snprintf(why, sizeof why, "Error: %s", store_error(a->config.store));
        bad(ctx, 0, "", 0, why);
        l.failed = true;
    }
    s->loading = s->unasked = true;
    s->level = level;
    s->diag = refused;
    s->diag_ctx = &l;
    s->edit = *e;
    session_push(s, VIEW_SYSTEM, &root, "");
    run_lines(s, &l, text, n);
    *e = s->edit;
    e->removed = true;
    s->edit = (struct edit){.config = &a->config}; /* the candidate is the caller's */
    session_free(s, false);
    store_unmark(&e->cand, !l.failed); /* half a file would be somebody's commit */
    return l.failed ? LOAD_FAILED : l.refused;
}

/* --- at the start -------------------------------------------------------------------- */

struct complaint {
    void (*warn)(void *ctx, const char *text);
    void *ctx;
    const char *file;
};

static void complain(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    struct complaint *c = ctx;
    char all[900];
    (void)text, (void)n;
    snprintf(all, sizeof all, "%s:%zu: %s", c->file, line, why);
    c->warn(c->ctx, all);
}

void load_startup(struct app *a, void (*warn)(void *ctx, const char *text), void *ctx)
{
    struct store *store = a->config.store;
    struct edit e = {.config = &a->config};
    struct store_commit meta = {.type = "CLI", .user = "anonymous", .tty = "startup"};
    char file[FILES_NAME_MAX + 1], err[400] = "";
    static const struct store_candidate running;
    size_t n;
    startup_file(store, file);
    if (a->config.head || store_any(store, &running, NULL, 0) || !files_exist(a->opts.db, file))
        return;
    char *text = files_read(a->opts.db, file, &n, err, sizeof err);
    if (!text || !store_candidate_new(store, "anonymous", "startup", &e.cand)) {
        warn(ctx, text ? store_error(store) : err);
        free(text);
        return;
    }
    struct complaint c = {warn, ctx, file};
    bool loaded = load_text(a, LEVEL_MANAGE, &e, text, n, LOAD_MERGE, complain, &c) != LOAD_FAILED;
    snprintf(meta.description, sizeof meta.description, "startup file %.60s", file);
    if (!loaded)
        warn(ctx, "The startup file has not been loaded.");
    else if (!config_commit(&e, &meta))
        warn(ctx, e.err);
    else
        store_note_set(store, "startup_loaded", file);
    store_candidate_drop(store, &e.cand);
    free(text);
}
