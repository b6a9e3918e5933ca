/* Commands that look back: the list of commits and what they changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/text/render.h"
#include "cli/text/show.h"

/* In JSON; the object is left open. */
static void commit_fields(struct session *s, const struct store_commit *c)
{
    char when[64];
    show_object(s, NULL);
    show_uint(s, "commit_id", c->id);
    app_time(c->time, when, sizeof when);
    show_text(s, "time", when);
    show_text(s, "user", c->user);
    show_text(s, "terminal", c->tty);
    show_text(s, "type", c->type);
    if (c->label[0])
        show_text(s, "label", c->label);
    if (c->description[0])
        show_text(s, "description", c->description);
    if (c->discontinuous)
        show_bool(s, "discontinuous", true);
}

static bool list_fields(void *arg, const struct store_commit *c)
{
    commit_fields(arg, c);
    show_close(arg);
    return true;
}

/* --- history ------------------------------------------------------------------------- */

struct list {
    struct session *s;
    unsigned n;
};

static bool list_brief(void *arg, const struct store_commit *c)
{
    struct list *l = arg;
    char when[64];
    app_time(c->time, when, sizeof when);
    char id[16];
    snprintf(id, sizeof id, "%u%s", c->id, c->discontinuous ? "*" : "");
    out(l->s, "%-5u%-13s%-65s%-16s%s\n", ++l->n, id, c->label[0] ? c->label : "-", c->user, when);
    return true;
}

static bool list_verbose(void *arg, const struct store_commit *c)
{
    struct list *l = arg;
    char when[64];
    app_time(c->time, when, sizeof when);
    when[19] = 0; /* the verbose form has no zone */
    out(l->s, "%s%u) CommitId: %u%s\n", l->n ? "\n" : "", l->n + 1, c->id,
        c->discontinuous ? "*" : "");
    out(l->s, "        Label: %s\n        User: %s\n        User-Intf: %s\n",
        c->label[0] ? c->label : "-", c->user, c->tty);
    out(l->s, "        Type: %s\n        TimeStamp: %s\n        Description:%s%s\n", c->type, when,
        c->description[0] ? " " : "", c->description);
    l->n++;
    return true;
}

void cmd_display_commit_list(struct session *s, const struct sch_match *m)
{
    static const char rule[] = "-------------------------------------------------------------------"
                               "---------------------------"
                               "-------------------------------------\n";
    struct list l = {s, 0};
    const struct sch_value *n = cmd_arg(m, "number");
    size_t max = n->present ? (size_t)n->u : 0x7fffffff;
    bool labelled = *cmd_word(m, "labelled");
    show_begin(s);
    if (show_json(s)) {
        show_list(s, "commits");
        store_commits(s->app->config.store, max, labelled, list_fields, s);
        return;
    }
    if (*cmd_word(m, "form")) {
        store_commits(s->app->config.store, max, labelled, list_verbose, &l);
        return;
    }
    out(s, "%s%-5s%-13s%-65s%-16s%s\n%s", rule, "No.", "CommitId", "Label", "User", "TimeStamp",
        rule);
    store_commits(s->app->config.store, max, labelled, list_brief, &l);
    out(s, "%s", rule);
}

/* Commits one after the other, newest first; by number, as some may be made or dropped meanwhile.
 */
struct each_commit {
    uint32_t *ids;
    size_t n, cap, at;
    bool failed;
};

static bool note_commit(void *arg, const struct store_commit *c)
{
    struct each_commit *e = arg;
    if (e->n == e->cap) {
        size_t cap = e->cap ? e->cap * 2 : 64;
        uint32_t *more = realloc(e->ids, cap * sizeof *more);
        e->failed = !more;
        if (!more)
            return false;
        e->ids = more;
        e->cap = cap;
    }
    e->ids[e->n++] = c->id;
    return true;
}

static void each_free(void *state)
{
    struct each_commit *e = state;
    free(e->ids);
    free(e);
}

static bool each_next(struct session *s, void *state)
{
    struct each_commit *e = state;
    struct store *store = s->app->config.store;
    struct store_commit c;
    char text[64];
    struct diff d;
    if (e->at == e->n)
        return false;
    if (!store_commit_find(store, e->ids[e->at++], NULL, &c))
        return true;
    commit_fields(s, &c);
    app_time(c.time, text, sizeof text);
    out(s, "Commit changes of commitId %u %s\n", c.id, text);
    diff_start(&d, s);
    store_history(store, c.id, c.id, diff_row, &d);
    diff_end(&d);
    show_close(s);
    return true;
}

/* Every commit on its own, newest first. */
static void changes_one_by_one(struct session *s, size_t max)
{
    struct each_commit *e = calloc(1, sizeof *e);
    if (e)
        store_commits(s->app->config.store, max, false, note_commit, e);
    if (!e || e->failed) {
        session_error(s, "Out of memory.");
        if (e)
            each_free(e);
        return;
    }
    show_begin(s);
    out(s, "Building configuration\n");
    show_list(s, "commits");
    s->stream = (struct stream){each_next, each_free, e};
}

void cmd_display_commit_changes(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    const struct sch_value *at = cmd_arg(m, "id"), *since = cmd_arg(m, "since"),
                           *last = cmd_arg(m, "last"), *n = cmd_arg(m, "number");
    struct store_commit c = {0};
    struct diff d;
    if (!at->present && !since->present && !last->present) {
        changes_one_by_one(s, n->present ? (size_t)n->u : 0x7fffffff);
        return;
    }
    uint32_t from = at->present ? (uint32_t)at->u : (uint32_t)since->u,
             to = at->present ? from : UINT32_MAX;
    if (last->present) {
        if (!store_commit_nth(store, (uint32_t)last->u, &c)) {
            session_error(s, "There are fewer commits than that.");
            return;
        }
        from = c.id;
    } else if (!store_commit_find(store, from, NULL, &c)) {
        session_error(s, "The commit does not exist.");
        return;
    }
    diff_begin(&d, s);
    d.tagged = *cmd_word(m, "tag");
    store_history(store, from, to, diff_row, &d);
    diff_end(&d);
}
