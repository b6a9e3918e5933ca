/* Commands about the candidate: looking at it, dropping it, bringing it onto the current base. */
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/conflict.h"
#include "cli/held.h"
#include "cli/config/listing.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

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
        if (s->edit.cand.rows && config_stale(&s->edit)) {
            show_begin(s);
            show_bool(s, "stale", true);
            out(s, "Warning: The running configuration has been changed by another user. Run "
                   "refresh configuration candidate first.\n");
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
    if (held(s)) {
        held_restore(s);
    } else if (!store_candidate_clear(s->app->config.store, &s->edit.cand)) {
        session_error(s, "%s", store_error(s->app->config.store));
        return;
    }
    s->depth = 1;
}

static void dropped(void *arg, const char *text, const char *why)
{
    struct conflicts *c = arg;
    (void)text;
    session_note(c->s, "%s", why);
}

void cmd_refresh_candidate(struct session *s, const struct sch_match *m)
{
    struct conflicts c = {.s = s,
                          .head = "Warning: Lines of the candidate have also been changed by "
                                  "others. Those of the candidate stay:"};
    (void)m;
    bool ok = config_refresh(&s->edit, conflict_row, dropped, &c);
    conflicts_end(&c);
    if (!ok)
        session_fail(s, -1, s->edit.err);
    s->resettle = true;
}

/* --- what a commit would do to the peers ---------------------------------------------- */

/* What changes besides the peers. */
static void show_others(struct session *s, const struct speaker_plan *plan)
{
    const struct {
        bool changes;
        const char *field, *text;
    } others[] = {
        {plan->process_changed, "process", "The BGP process changes."},
        {plan->listen_changed, "dynamic_peers", "The ranges of dynamic peers change."},
        {plan->addrs_changed, "interface_addresses", "Interface addresses change."},
        {plan->statics_changed, "static_routes", "Static routes change."},
        {plan->origin_lines, "originated_routes", "Originated routes change."},
        {plan->aggregate_lines, "aggregates", "Aggregates change."},
        {plan->nvpns > 0, "vpn_instances", "VPN instances change."},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].changes) {
            show_text(s, NULL, others[i].field);
            out(s, "  %s\n", others[i].text);
        }
}

static void show_plan(void *arg, const struct speaker_plan *plan)
{
    static const char *const actions[] = {[BGP_KEEP] = "none",
                                          [BGP_REEXPORT] = "re-export",
                                          [BGP_REFRESH_IN] = "refresh",
                                          [BGP_RESET] = "reset"};
    struct session *s = arg;
    char addr[BGP_ADDR_STRLEN];
    show_list(s, "peers");
    out(s, "  %-41s%s\n", "Peer", "Impact");
    for (size_t i = 0; plan && i < plan->npeers; i++) {
        const struct speaker_peer_change *p = &plan->peers[i];
        const struct model_peer *had = model_peer_at(s->app->config.model, &p->conf.addr);
        bool is_new = !had || !had->sent;
        const char *impact = p->remove ? "gone" : is_new ? "new" : actions[p->action];
        out(s, "  %-41s%s\n", bgp_addr_str(&p->conf.addr, addr), impact);
        show_object(s, NULL);
        show_text(s, "address", addr);
        show_text(s, "impact", impact);
        show_close(s);
    }
    show_close(s);
    show_list(s, "others");
    if (plan)
        show_others(s, plan);
    show_close(s);
}

void cmd_display_impact(struct session *s, const struct sch_match *m)
{
    (void)m;
    show_begin(s);
    if (s->edit.cand.rows == 0) {
        show_list(s, "peers");
        show_close(s);
        show_list(s, "others");
    } else if (!config_preview(&s->edit, show_plan, s)) {
        session_fail(s, -1, s->edit.err);
    }
}
