/* Commands about the candidate: looking at it, dropping it, bringing it onto the current base. */
#include <string.h>

#include "cli/app_internal.h"
#include "cli/listing.h"

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
