/* Commands that commit. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/commit.h"

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

bool commit_now(struct session *s, struct store_commit *meta)
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
    commit_now(s, &meta);
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
