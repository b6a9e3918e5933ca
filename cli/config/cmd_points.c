/* Points that can be rolled back to, as operators manage them; and whose a running line is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/config/listing.h"
#include "cli/text/show.h"

/* --- labels --------------------------------------------------------------------------- */

static void done(struct session *s, bool ok)
{
    if (!ok)
        session_error(s, "%s", store_error(s->app->config.store));
}

void cmd_set_label(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    uint32_t id = (uint32_t)cmd_arg(m, "id")->u;
    struct store_commit c, other;
    char label[257];
    if (!commit_name(s, cmd_arg(m, "label"), "label", label))
        return;
    if (!store_commit_find(store, id, NULL, &c))
        session_error(s, "The commit does not exist.");
    else if (c.label[0])
        session_error(s, "The commit has the label %s. Delete it first.", c.label);
    else if (store_commit_find(store, 0, label, &other))
        session_error(s, "The label is used by commit %u.", other.id);
    else
        done(s, store_label(store, id, label));
}

void cmd_clear_label(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    uint32_t id = (uint32_t)cmd_arg(m, "id")->u;
    struct store_commit c;
    if (!store_commit_find(store, id, NULL, &c))
        session_error(s, "The commit does not exist.");
    else if (!c.label[0])
        session_error(s, "The commit has no label.");
    else
        done(s, store_label(store, id, NULL));
}

/* The state of the trial's base and what came after it must stay as they are. */
static bool may_drop(struct session *s)
{
    if (s->app->config.trial.active)
        session_error(s,
                      "The system is in trial configuration mode. The operation is not allowed.");
    return !s->app->config.trial.active;
}

static void drop_answered(struct session *s, enum answer a)
{
    struct store_commit c;
    if (a != ANSWER_YES || !may_drop(s))
        return;
    if (!store_commit_find(s->app->config.store, s->rollback_to, NULL, &c))
        session_error(s, "The commit does not exist.");
    else
        done(s, store_drop(s->app->config.store, c.id));
}

void cmd_clear_point(struct session *s, const struct sch_match *m)
{
    struct store_commit c;
    char label[257];
    if (!commit_name(s, cmd_arg(m, "label"), "label", label))
        return;
    if (!store_commit_find(s->app->config.store, 0, label, &c)) {
        session_error(s, "The commit does not exist.");
        return;
    }
    s->rollback_to = c.id;
    session_ask(s, QUESTION_YES_NO,
                "Warning: The current operation will delete the rollback checkpoint. Continue? "
                "[Y/N]:",
                drop_answered);
}

void cmd_clear_oldest(struct session *s, const struct sch_match *m)
{
    if (may_drop(s))
        done(s, store_drop_oldest(s->app->config.store, (uint32_t)cmd_arg(m, "number")->u));
}

/* --- blame ----------------------------------------------------------------------------- */

#define ROWS_AT_ONCE 500

struct blame {
    struct session *s;
    uint8_t prefix[SCH_KEY_MAX], after[SCH_KEY_MAX];
    size_t nprefix, nafter;
    unsigned rows;
};

static bool blame_row(void *arg, const struct store_blame *row)
{
    struct blame *b = arg;
    struct sch_place p;
    char when[64] = "-", buf[SCH_TEXT_MAX];
    if (row->time)
        app_time(row->time, when, sizeof when);
    if (sch_key_place(row->key, row->nkey, &p)) {
        size_t n = render_text(b->s, p.line, row->text, strlen(row->text), buf, sizeof buf);
        out(b->s, "%-12u%-16s%-27s%*s%.*s\n", row->commit, row->user, when, (int)p.depth, "",
            (int)n, buf);
        show_object(b->s, NULL);
        show_uint(b->s, "commit_id", row->commit);
        show_text(b->s, "user", row->user);
        if (row->time)
            show_text(b->s, "time", when);
        render_path(b->s, row->key, &p);
        show_text(b->s, "line", buf);
        show_close(b->s);
    }
    memcpy(b->after, row->key, row->nkey);
    b->nafter = row->nkey;
    return ++b->rows < ROWS_AT_ONCE;
}

static bool blame_next(struct session *s, void *state)
{
    struct blame *b = state;
    b->rows = 0;
    if (!store_blame(s->app->config.store, b->prefix, b->nprefix, b->after, b->nafter, blame_row,
                     b))
        session_error(s, "%s", store_error(s->app->config.store));
    return b->rows == ROWS_AT_ONCE;
}

void cmd_display_blame(struct session *s, const struct sch_match *m)
{
    struct blame *b = calloc(1, sizeof *b);
    const struct sch_line *l = listing_section(cmd_word(m, "section"));
    const struct level *v = session_level(s);
    if (!b) {
        session_error(s, "Out of memory.");
        return;
    }
    b->s = s;
    if (l)
        b->prefix[b->nprefix++] = l->rank;
    else if (*cmd_word(m, "this"))
        memcpy(b->prefix, v->key.b, b->nprefix = v->key.n);
    show_begin(s);
    show_list(s, "configuration");
    out(s, "%-12s%-16s%-27s%s\n", "CommitId", "User", "TimeStamp", "Line");
    s->stream = (struct stream){blame_next, free, b};
}
