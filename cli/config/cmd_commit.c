/* Commands that commit. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/config/conflict.h"
#include "cli/held.h"
#include "cli/text/show.h"

/* --- commit -------------------------------------------------------------------------- */

bool commit_name(struct session *s, const struct sch_value *v, const char *what, char out[257])
{
    out[0] = 0;
    if (!v->present)
        return true;
    if (strchr("0123456789", v->s[0]) || (v->n == 1 && v->s[0] == '-')) {
        session_error(s, "The %s must not start with a digit or be a single hyphen.", what);
        return false;
    }
    for (size_t i = 0; i < v->n; i++)
        if (v->s[i] < ' ' || v->s[i] > '~' || v->s[i] == '"') {
            session_error(s, "The %s must consist of visible ASCII characters without quotes.",
                          what);
            return false;
        }
    snprintf(out, 257, "%.*s", (int)v->n, v->s);
    return true;
}

bool commit_names(struct session *s, const struct sch_match *m, struct store_commit *meta)
{
    const struct sch_value *text = cmd_arg(m, "text");
    if (text->present)
        snprintf(meta->description, sizeof meta->description, "%.*s", (int)text->n, text->s);
    return commit_name(s, cmd_arg(m, "label"), "label", meta->label);
}

bool commit_overlaps(struct session *s)
{
    struct conflicts c = {.s = s,
                          .head = "Warning: Lines of this commit have also been changed by others "
                                  "since they were entered:"};
    bool ok = config_may_commit(&s->edit) && config_overlaps(&s->edit, conflict_row, &c);
    conflicts_end(&c);
    if (!ok)
        session_fail(s, -1, s->edit.err);
    return ok;
}

bool commit_now(struct session *s, struct store_commit *meta)
{
    bool trial = s->app->config.trial.active;
    if (held(s))
        return held_commit(s, meta);
    if (!commit_overlaps(s))
        return false;
    snprintf(meta->user, sizeof meta->user, "%s", s->user);
    snprintf(meta->tty, sizeof meta->tty, "%s", s->tty);
    if (!config_commit(&s->edit, meta)) {
        session_fail(s, -1, s->edit.err);
        return false;
    }
    if (meta->id) {
        app_committed(s->app, s);
        show_uint(s, "commit_id", meta->id);
    }
    if (trial && !s->app->config.trial.active)
        trial_confirmed(s);
    return true;
}

void cmd_commit(struct session *s, const struct sch_match *m)
{
    struct store_commit meta = {.type = "CLI"};
    const struct config *c = &s->app->config;
    bool confirms = c->trial.active;
    if (!commit_names(s, m, &meta) || !commit_now(s, &meta))
        return;
    if (meta.label[0] && !meta.id && !confirms && !c->offline && !held(s))
        session_note(s,
                     "Info: There is nothing to commit, so that nothing has been given the label.");
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
