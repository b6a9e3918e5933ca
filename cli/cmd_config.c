/* Commands about the configuration: running, candidate, commits and rollback. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/render.h"
#include "engine/config/model.h"

#define ROWS_AT_ONCE 500 /* of a streamed configuration */

/* --- whole configurations, streamed -------------------------------------------------- */

struct listing {
    struct render render;
    struct store_candidate cand;
    uint8_t prefix[SCH_KEY_MAX], after[SCH_KEY_MAX];
    size_t nprefix, nafter;
    unsigned rows;
    bool only_top; /* "display this" in the system view: no views */
};

static bool list_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct listing *l = arg;
    struct sch_place p;
    if (!l->only_top || (sch_key_place(key, nkey, &p) && p.depth == 0 && !p.line->enters))
        render_row(&l->render, key, nkey, text, n);
    memcpy(l->after, key, nkey);
    l->nafter = nkey;
    return ++l->rows < ROWS_AT_ONCE;
}

static bool list_next(struct session *s, void *state)
{
    struct listing *l = state;
    l->rows = 0;
    store_scan(s->app->config.store, &l->cand, l->prefix, l->nprefix, l->after, l->nafter, list_row,
               l);
    if (l->rows == ROWS_AT_ONCE)
        return true;
    out(s, "#\nreturn\n");
    return false;
}

static struct listing *list_start(struct session *s, const uint8_t *prefix, size_t n)
{
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        session_error(s, "Out of memory.");
        return NULL;
    }
    l->render.s = s;
    if (n)
        memcpy(l->prefix, prefix, n);
    l->nprefix = n;
    s->stream = (struct stream){list_next, free, l};
    return l;
}

static bool newest(void *arg, const struct store_commit *c)
{
    *(struct store_commit *)arg = *c;
    return false;
}

static void header(struct session *s)
{
    struct store_commit last = {0};
    char when[64];
    out(s, "!Software Version vrpsh %s\n", VRPSH_VERSION);
    store_commits(s->app->config.store, 1, newest, &last);
    if (last.id) {
        app_time(last.time, when, sizeof when);
        out(s, "!Last configuration was updated at %s by %s\n", when, last.user);
    }
}

void cmd_display_current(struct session *s, const struct sch_match *m)
{
    uint8_t prefix[SCH_KEY_MAX];
    size_t n = 0;
    struct sch_key k = {0};
    bool all = true;
    if (strcmp(cmd_word(m, "section"), "bgp") == 0) {
        prefix[n++] = sch_lines[LINE_BGP_BGP].rank;
        all = false;
    } else if (cmd_arg(m, "name")->present) {
        sch_key_add(&k, &sch_lines[LINE_INTERFACE_INTERFACE], cmd_arg(m, "name"));
        memcpy(prefix, k.b, n = k.n);
        all = false;
    } else if (*cmd_word(m, "what")) {
        prefix[n++] = sch_lines[LINE_INTERFACE_INTERFACE].rank;
        all = false;
    }
    struct listing *l = list_start(s, prefix, n);
    if (l && all && !*cmd_word(m, "section"))
        header(s);
    if (l && strcmp(cmd_word(m, "section"), "system") == 0)
        l->only_top = true;
}

void cmd_display_this(struct session *s, const struct sch_match *m)
{
    const struct level *v = session_level(s);
    (void)m;
    struct listing *l = list_start(s, v->key.b, v->key.n);
    if (l)
        l->only_top = s->depth == 1;
    if (l && s->depth > 2)
        out(s, "#\n");
}

/* --- candidate ----------------------------------------------------------------------- */

void cmd_display_candidate(struct session *s, const struct sch_match *m)
{
    const char *form = cmd_word(m, "form");
    struct store *store = s->app->config.store;
    if (strcmp(form, "merge") == 0) {
        struct listing *l = list_start(s, NULL, 0);
        if (l)
            l->cand = s->edit.cand;
    } else if (strcmp(form, "changes") == 0) {
        struct diff d;
        if (s->edit.cand.rows && s->edit.base != s->app->config.head) {
            out(s,
                "Warning: The running configuration has been changed by another user. Run refresh "
                "configuration candidate first.\n");
            return;
        }
        diff_begin(&d, s);
        store_changes(store, &s->edit.cand, diff_row, &d);
        diff_end(&d);
    } else {
        struct commands c = {.s = s};
        store_changes(store, &s->edit.cand, commands_row, &c);
    }
}

void cmd_clear_candidate(struct session *s, const struct sch_match *m)
{
    (void)m;
    edit_settle(&s->edit);
    if (!store_candidate_clear(s->app->config.store, &s->edit.cand)) {
        session_error(s, "%s", store_error(s->app->config.store));
        return;
    }
    s->depth = 1;
}

void cmd_refresh_candidate(struct session *s, const struct sch_match *m)
{
    (void)m;
    s->edit.removed = true; /* every row is looked at on the new base */
    if (s->edit.cand.rows && !config_validate(&s->edit)) {
        session_fail(s, -1, s->edit.err);
        return;
    }
    s->edit.base = s->app->config.head;
}

/* --- commit -------------------------------------------------------------------------- */

static bool unique_label(struct session *s, const struct sch_value *label)
{
    if (label->present &&
        (strchr("0123456789", label->s[0]) || (label->n == 1 && label->s[0] == '-'))) {
        session_error(s, "The label must not start with a digit or be a single hyphen.");
        return false;
    }
    return true;
}

static bool do_commit(struct session *s, struct store_commit *meta)
{
    snprintf(meta->user, sizeof meta->user, "%s", s->user);
    snprintf(meta->tty, sizeof meta->tty, "%s", s->tty);
    if (!config_commit(&s->edit, meta)) {
        session_fail(s, -1, s->edit.err);
        return false;
    }
    if (meta->id)
        app_committed(s->app, s);
    return true;
}

void cmd_commit(struct session *s, const struct sch_match *m)
{
    struct store_commit meta = {.type = "CLI"};
    const struct sch_value *label = cmd_arg(m, "label"), *text = cmd_arg(m, "text");
    if (!unique_label(s, label))
        return;
    if (label->present)
        snprintf(meta.label, sizeof meta.label, "%.*s", (int)label->n, label->s);
    if (text->present)
        snprintf(meta.description, sizeof meta.description, "%.*s", (int)text->n, text->s);
    do_commit(s, &meta);
}

void cmd_commit_check(struct session *s, const struct sch_match *m)
{
    (void)m;
    bool removed = s->edit.removed;
    s->edit.removed = true;
    if (!config_validate(&s->edit))
        session_fail(s, -1, s->edit.err);
    s->edit.removed = removed;
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
    out(l->s, "%-5u%-13u%-65s%-16s%s\n", ++l->n, c->id, c->label[0] ? c->label : "-", c->user,
        when);
    return true;
}

static bool list_verbose(void *arg, const struct store_commit *c)
{
    struct list *l = arg;
    char when[64];
    app_time(c->time, when, sizeof when);
    when[19] = 0; /* the verbose form has no zone */
    out(l->s, "%s%u) CommitId: %u\n", l->n ? "\n" : "", l->n + 1, c->id);
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
    if (*cmd_word(m, "form")) {
        store_commits(s->app->config.store, max, list_verbose, &l);
        return;
    }
    out(s, "%s%-5s%-13s%-65s%-16s%s\n%s", rule, "No.", "CommitId", "Label", "User", "TimeStamp",
        rule);
    store_commits(s->app->config.store, max, list_brief, &l);
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
    store_commits(s->app->config.store, e.max, note_commit, &e);
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
    store_history(store, from, to, diff_row, &d);
    diff_end(&d);
}

/* --- rollback ------------------------------------------------------------------------ */

static void rollback_now(struct session *s, uint32_t target)
{
    struct store *store = s->app->config.store;
    struct edit own =
        s->edit; /* the user view has no candidate in use: rollback gets one of its own */
    struct store_commit meta = {.type = "ROLLBACK"};
    out(s, "Checking changes...\nLoading rollback changes\n");
    memset(&s->edit, 0, sizeof s->edit);
    s->edit.config = &s->app->config;
    s->edit.removed = true;
    s->edit.base = s->app->config.head;
    bool ok = store_candidate_new(store, s->user, s->tty, &s->edit.cand) &&
              store_revert(store, &s->edit.cand, target);
    if (!ok) {
        session_error(s, "%s", store_error(store));
    } else {
        out(s, "Committing\n");
        ok = do_commit(s, &meta);
    }
    if (ok)
        out(s, "Check rollback result\nConfiguration rollback succeeded.\nPlease use 'display "
               "configuration commit changes last 1' to view the changes.\n");
    store_candidate_drop(store, &s->edit.cand);
    s->edit = own;
}

static void rollback_answered(struct session *s, enum answer a)
{
    if (a == ANSWER_YES && !s->app->config.offline)
        rollback_now(s, s->rollback_to);
}

void cmd_rollback(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    const struct sch_value *id = cmd_arg(m, "id"), *label = cmd_arg(m, "label"),
                           *last = cmd_arg(m, "last");
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
        found = store_commit_find(store, (uint32_t)id->u, NULL, &c);
    }
    if (!found && !s->app->config.offline) {
        session_error(s, "The commit does not exist.");
        return;
    }
    s->rollback_to = c.id;
    session_ask(
        s, QUESTION_YES_NO,
        "Warning: This operation will revert configuration changes to the previous status. "
        "During the rollback configuration process, some configurations involving differences "
        "may be temporarily invalid. Continue? [Y/N]:",
        rollback_answered);
}
