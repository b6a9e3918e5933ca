/* Naming configurations and comparing them; see image.h. */
#include "cli/config/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/listing.h"
#include "cli/config/load.h"
#include "cli/config/startup.h"

struct refused {
    struct session *s;
    const char *file;
    unsigned n;
};

/* The first line that is refused is said. */
static void first_refused(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    struct refused *r = ctx;
    (void)text, (void)n;
    if (r->n++ == 0)
        session_error(r->s, "%s:%zu: %s", r->file, line, why + strlen("Error: "));
}

static bool file_image(struct session *s, const char *file, struct store_candidate *out)
{
    struct refused r = {s, file, 0};
    struct edit e = {.config = &s->app->config, .user = s->user, .base = s->app->config.head};
    char err[400];
    size_t n;
    char *text = files_read(s->app->opts.db, file, &n, err, sizeof err);
    if (!text) {
        session_error(s, "%s", err);
        return false;
    }
    store_scratch(&e.cand);
    bool all = load_text(s->app, s->level, &e, text, n, LOAD_REPLACE, first_refused, &r) == 0;
    free(text);
    *out = e.cand;
    if (!all && !r.n)
        session_error(s, "%s", store_error(s->app->config.store));
    if (!all)
        store_scratch_free(out);
    return all;
}

bool image_file(struct session *s, const struct sch_value *arg, char *name, size_t len)
{
    snprintf(name, len, "%.*s", (int)arg->n, arg->s);
    if (arg->n >= len || !files_valid(name)) {
        session_error(s, "Invalid file name or Invalid extension ( *.cfg, *.zip ).");
        return false;
    }
    if (!files_exist(s->app->opts.db, name)) {
        session_error(s, "The file does not exist.");
        return false;
    }
    return true;
}

static bool commit_image(struct session *s, const struct image_name *name,
                         struct store_candidate *out)
{
    struct store *store = s->app->config.store;
    struct store_commit c;
    char label[257];
    bool found;
    if (name->label->present) {
        snprintf(label, sizeof label, "%.*s", (int)name->label->n, name->label->s);
        found = store_commit_find(store, 0, label, &c);
    } else {
        found = store_commit_find(store, (uint32_t)name->id->u, NULL, &c);
    }
    if (!found) {
        session_error(s, "The commit does not exist.");
        return false;
    }
    store_scratch(out);
    if (store_revert(store, out, c.id))
        return true;
    store_scratch_free(out);
    session_error(s, "%s", store_error(store));
    return false;
}

bool image_get(struct session *s, const struct image_name *name, struct store_candidate *out)
{
    char file[FILES_NAME_MAX + 1];
    if (strcmp(name->word, "running") == 0) {
        store_scratch(out);
        return true;
    }
    if (strcmp(name->word, "saved") == 0) {
        startup_file(s->app->config.store, file);
        return file_image(s, file, out);
    }
    if (name->file->present)
        return image_file(s, name->file, file, sizeof file) && file_image(s, file, out);
    return commit_image(s, name, out);
}

bool image_target(struct session *s, const struct sch_match *m, uint32_t *id)
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
        session_error(s, "%s",
                      last->present ? "There are fewer commits than that."
                                    : "The commit does not exist.");
    return found || s->app->config.offline;
}

/* --- commands ------------------------------------------------------------------------- */

void cmd_display_changes(struct session *s, const struct sch_match *m)
{
    struct image_name a = {cmd_word(m, "a"), cmd_arg(m, "label"), cmd_arg(m, "id"),
                           cmd_arg(m, "file")},
                      b = {cmd_word(m, "b"), cmd_arg(m, "label2"), cmd_arg(m, "id2"),
                           cmd_arg(m, "file2")};
    struct store_candidate from, to;
    struct diff d;
    if (!*a.word && !a.label->present && !a.id->present && !a.file->present) {
        a.word = "saved";
        b.word = "running";
    }
    if (!image_get(s, &a, &from))
        return;
    if (image_get(s, &b, &to)) {
        diff_begin(&d, s);
        d.tagged = *cmd_word(m, "tag");
        if (!store_compare(s->app->config.store, &from, &to, diff_row, &d))
            session_error(s, "%s", store_error(s->app->config.store));
        diff_end(&d);
        store_scratch_free(&to);
    }
    store_scratch_free(&from);
}

struct comparison {
    struct session *s;
    const char *what;
    char file[FILES_NAME_MAX + 1];
    bool differs;
};

/* One side of it: the row, or that there is none, with the lines around it. */
static void compare_side(struct session *s, const uint8_t *key, const struct sch_place *p,
                         const char *text)
{
    char buf[SCH_TEXT_MAX];
    size_t n;
    for (unsigned i = 0; i < p->depth; i++) {
        n = render_view_line(s, key, p->start[i + 1], p->level[i], buf, sizeof buf);
        out(s, "%*s%.*s\n", (int)i, "", (int)n, buf);
    }
    if (!text) {
        out(s, "%*s-\n", (int)p->depth, "");
        return;
    }
    n = render_text(s, p->line, text, strlen(text), buf, sizeof buf);
    out(s, "%*s%.*s\n", (int)p->depth, "", (int)n, buf);
}

/* The first row that differs ends it. */
static bool compare_row(void *arg, const uint8_t *key, size_t nkey, const char *in_file,
                        const char *in_running)
{
    struct comparison *c = arg;
    struct sch_place p;
    if (!sch_key_place(key, nkey, &p))
        return true;
    c->differs = true;
    out(c->s,
        "Warning: The current configuration is not the same as the %s. There may be several "
        "differences, and the following is the first:\n====== Current configuration ======\n",
        c->what);
    compare_side(c->s, key, &p, in_running);
    out(c->s, "====== Configuration file %s ======\n", c->file);
    compare_side(c->s, key, &p, in_file);
    return false;
}

void cmd_compare(struct session *s, const struct sch_match *m)
{
    const struct sch_value *arg = cmd_arg(m, "file");
    struct store_candidate running, saved;
    struct comparison c = {.s = s, .what = "configuration file"};
    if (!arg->present) {
        c.what = "next startup configuration file";
        startup_file(s->app->config.store, c.file);
    } else if (!image_file(s, arg, c.file, sizeof c.file)) {
        return;
    }
    if (!file_image(s, c.file, &saved))
        return;
    store_scratch(&running);
    if (!store_compare(s->app->config.store, &saved, &running, compare_row, &c) && !c.differs)
        session_error(s, "%s", store_error(s->app->config.store));
    else if (!c.differs)
        out(s, "Info: The current configuration is the same as the %s.\n", c.what);
    store_scratch_free(&running);
    store_scratch_free(&saved);
}

static void free_image(struct listing *l)
{
    store_scratch_free(&l->cand);
}

void cmd_display_commit_at(struct session *s, const struct sch_match *m)
{
    static const struct sch_value none;
    struct image_name name = {"", &none, cmd_arg(m, "id"), &none};
    struct store_candidate cand;
    if (!image_get(s, &name, &cand))
        return;
    struct listing *l = list_start(s, NULL, 0);
    if (!l) {
        store_scratch_free(&cand);
        return;
    }
    l->cand = cand;
    l->head = s->app->config.head;
    l->free = free_image;
}
