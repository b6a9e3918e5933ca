/* Commands that look back: the list of commits and what they changed. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/render.h"

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
    if (*cmd_word(m, "form")) {
        store_commits(s->app->config.store, max, labelled, list_verbose, &l);
        return;
    }
    out(s, "%s%-5s%-13s%-65s%-16s%s\n%s", rule, "No.", "CommitId", "Label", "User", "TimeStamp",
        rule);
    store_commits(s->app->config.store, max, labelled, list_brief, &l);
    out(s, "%s", rule);
}

struct each_commit {
    uint32_t *id;
    int64_t *time;
    size_t n, max;
};

static bool note_commit(void *arg, const struct store_commit *c)
{
    struct each_commit *e = arg;
    if (e->n == e->max)
        return false;
    e->id[e->n] = c->id;
    e->time[e->n++] = c->time;
    return true;
}

#define COMMITS_MAX 1000

/* Every commit on its own, newest first. */
static void changes_one_by_one(struct session *s, size_t max)
{
    static uint32_t id[COMMITS_MAX];
    static int64_t when[COMMITS_MAX];
    struct each_commit e = {id, when, 0, max < COMMITS_MAX ? max : COMMITS_MAX};
    char text[64];
    store_commits(s->app->config.store, e.max, false, note_commit, &e);
    out(s, "Building configuration\n");
    for (size_t i = 0; i < e.n; i++) {
        struct diff d = {.s = s};
        app_time(when[i], text, sizeof text);
        out(s, "Commit changes of commitId %u %s\n", id[i], text);
        store_history(s->app->config.store, id[i], id[i], diff_row, &d);
        diff_end(&d);
    }
}

void cmd_display_commit_changes(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    const struct sch_value *at = cmd_arg(m, "id"), *since = cmd_arg(m, "since"),
                           *last = cmd_arg(m, "last"), *n = cmd_arg(m, "number");
    struct store_commit c = {0};
    struct diff d;
    if (!at->present && !since->present && !last->present) {
        changes_one_by_one(s, n->present ? (size_t)n->u : COMMITS_MAX);
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
