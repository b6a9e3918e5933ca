/*
 * What a commit tells the speaker: nothing for what changes nothing, the declared impact for every
 * line of a peer, and a group's change for each of its members. The plan is made as a preview, by
 * feeding the changed rows to the model and taking them back.
 */
#include "tests/unit/test_config_lab.h"

static struct lab lab;

static void setup(void)
{
    lab_open(&lab, ":memory:");
    lab_lines(&lab, "router id 1.1.1.1\ninterface LoopBack 0\nip address 127.0.1.1 32\nquit\n"
                    "bgp 64601\ngroup G external\npeer 10.0.0.1 as-number 64602\n"
                    "peer 10.0.0.2 as-number 64602\npeer 10.0.0.2 group G\n"
                    "peer 10.0.0.3 as-number 64602\npeer 10.0.0.3 group G\n");
    lab_commit(&lab);
    lab_top(&lab);
}

static void teardown(void)
{
    lab_close(&lab);
}

struct feed {
    struct model *m;
    bool inverse;
};

static bool feed(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                 const char *new_text)
{
    struct feed *f = arg;
    ck_assert(f->inverse ? model_row(f->m, key, nkey, new_text, old_text)
                         : model_row(f->m, key, nkey, old_text, new_text));
    return true;
}

/* The plan of the candidate; the model is as before. */
static struct speaker_plan *preview(void)
{
    struct feed f = {lab.config.model, false};
    ck_assert(store_changes(lab.config.store, &lab.edit.cand, feed, &f));
    struct speaker_plan *plan = model_plan(f.m);
    f.inverse = true;
    ck_assert(store_changes(lab.config.store, &lab.edit.cand, feed, &f));
    model_clean(f.m);
    return plan;
}

static const struct speaker_peer_change *change_of(const struct speaker_plan *plan,
                                                   const char *addr)
{
    char text[BGP_ADDR_STRLEN];
    for (size_t i = 0; plan && i < plan->npeers; i++)
        if (strcmp(bgp_addr_str(&plan->peers[i].conf.addr, text), addr) == 0)
            return &plan->peers[i];
    return NULL;
}

static void says_nothing(const char *lines)
{
    lab_lines(&lab, lines);
    struct speaker_plan *plan = preview();
    ck_assert_msg(!plan || (!plan->process_changed && !plan->npeers && !plan->addrs_changed),
                  "%s tells the speaker something", lines);
    if (plan)
        speaker_plan_free(plan);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
}

START_TEST(nothing_to_tell)
{
    says_nothing("");
    says_nothing("sysname B\n");
    says_nothing("bgp 64601\npeer 10.0.0.1 as-number 64602\nrouter-id 1.1.1.1\n");
    says_nothing("interface LoopBack 0\ndescription x\n");
    says_nothing("bgp 64601\npeer 10.0.0.1 ebgp-max-hop 1\n"); /* what it is anyway */
    says_nothing("bgp 64601\npeer 10.0.0.1 timer keepalive 60 hold 180\n");
    says_nothing("bgp 64601\ngroup H external\npeer H ebgp-max-hop 7\n"); /* without members */
}
END_TEST

static const char *const lines[] = {
    "description x",
    "ebgp-max-hop 7",
    "valid-ttl-hops 3",
    "connect-interface LoopBack 0",
    "connect-interface 127.0.1.1",
    "timer keepalive 5 hold 15",
    "timer connect-retry 9",
    "password simple x",
    "tcp-mss 600",
    "path-mtu auto-discovery",
    "ignore",
    "listen-only",
    "connect-only",
    "oscillation-dampening disable",
    "capability-advertise route-refresh disable",
    "capability-advertise 4-byte-as disable",
    "capability-advertise conventional",
    "fake-as 9",
};

/* The strongest impact declared for what a line sets. */
static enum bgp_action declared(const char *line)
{
    static const enum bgp_action actions[] = {BGP_KEEP, BGP_REEXPORT, BGP_REFRESH_IN, BGP_RESET};
    struct sch_match m;
    size_t at;
    unsigned worst = 0;
    ck_assert_int_eq(sch_match(VIEW_BGP, line, strlen(line), &m, &at), SCH_OK);
    const struct sch_line *l = &sch_lines[m.cmd->line];
    for (uint8_t i = 0; i < l->nbinds; i++)
        if (sch_fields[l->binds[i].field].impact > worst)
            worst = sch_fields[l->binds[i].field].impact;
    return actions[worst];
}

START_TEST(declared_impact)
{
    char typed[200];
    snprintf(typed, sizeof typed, "peer 10.0.0.1 %s", lines[_i]);
    enum bgp_action want = declared(typed);
    snprintf(typed, sizeof typed, "bgp 64601\npeer 10.0.0.1 %s\n", lines[_i]);
    lab_lines(&lab, typed);
    struct speaker_plan *plan = preview();
    const struct speaker_peer_change *c = change_of(plan, "10.0.0.1");
    ck_assert_msg(c != NULL, "not told: %s", typed);
    ck_assert_msg(c->action == want && !c->remove, "action %d, declared %d: %s", c->action, want,
                  typed);
    ck_assert_uint_eq(plan->npeers, 1); /* and nobody else */
    ck_assert(!plan->process_changed);
    speaker_plan_free(plan);
    lab_commit(&lab);
    lab_lines(&lab, typed); /* entered again, and next to something else */
    lab_lines(&lab, "sysname C\n");
    ck_assert_ptr_null(preview());
}
END_TEST

START_TEST(groups_reach_their_members)
{
    char typed[200];
    snprintf(typed, sizeof typed, "peer G %s", lines[_i]);
    enum bgp_action want = declared(typed);
    snprintf(typed, sizeof typed, "bgp 64601\npeer G %s\n", lines[_i]);
    lab_lines(&lab, typed);
    struct speaker_plan *plan = preview();
    ck_assert_ptr_null(change_of(plan, "10.0.0.1"));
    if (strncmp(lines[_i], "description", 11) == 0) { /* a group's own */
        ck_assert_ptr_null(plan);
        return;
    }
    ck_assert_ptr_nonnull(change_of(plan, "10.0.0.2"));
    ck_assert_ptr_nonnull(change_of(plan, "10.0.0.3"));
    ck_assert_int_eq(change_of(plan, "10.0.0.2")->action, want);
    ck_assert_uint_eq(plan->npeers, 2);
    speaker_plan_free(plan);
}
END_TEST

/* "disable" on a member, or the plain form against a group's "disable", wins over the group. */
START_TEST(a_member_opts_out)
{
    struct bgp_peer_conf eff;
    lab_lines(&lab, "bgp 64601\npeer G ignore\npeer G capability-advertise route-refresh disable\n"
                    "peer 10.0.0.2 ignore disable\n"
                    "peer 10.0.0.2 capability-advertise route-refresh\n");
    lab_commit(&lab);
    model_effective_peer(lab.config.model, model_find_peer(lab.config.model, "10.0.0.2"), &eff);
    ck_assert(!eff.ignore && !eff.no_refresh);
    bgp_peer_conf_clear(&eff);
    model_effective_peer(lab.config.model, model_find_peer(lab.config.model, "10.0.0.3"), &eff);
    ck_assert(eff.ignore && eff.no_refresh);
    bgp_peer_conf_clear(&eff);
}
END_TEST

START_TEST(comings_and_goings)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.9 as-number 5\nundo peer 10.0.0.1\n");
    struct speaker_plan *plan = preview();
    ck_assert_uint_eq(plan->npeers, 2);
    ck_assert(change_of(plan, "10.0.0.1")->remove);
    ck_assert(!change_of(plan, "10.0.0.9")->remove);
    ck_assert_uint_eq(change_of(plan, "10.0.0.9")->conf.enabled, 1u << BGP_IPV4_UNICAST);
    speaker_plan_free(plan);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\npeer 10.0.0.1 enable\n");
    plan = preview();
    ck_assert_int_eq(change_of(plan, "10.0.0.1")->action, BGP_RESET);
    speaker_plan_free(plan);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_lines(&lab, "undo bgp\n");
    plan = preview();
    ck_assert_uint_eq(plan->npeers, 3);
    for (size_t i = 0; i < plan->npeers; i++)
        ck_assert(plan->peers[i].remove);
    ck_assert_uint_eq(plan->process.as, 0);
    speaker_plan_free(plan);
}
END_TEST

/* A new router ID restarts everybody; a longer hold time only those it applies to. */
START_TEST(process_changes)
{
    lab_lines(&lab, "bgp 64601\nrouter-id 9.9.9.9\n");
    struct speaker_plan *plan = preview();
    ck_assert(plan->process_changed);
    ck_assert_uint_eq(plan->npeers, 3);
    for (size_t i = 0; i < plan->npeers; i++)
        ck_assert_int_eq(plan->peers[i].action, BGP_RESET);
    speaker_plan_free(plan);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.1 timer keepalive 1 hold 3\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\ntimer keepalive 10 hold 30\n");
    plan = preview();
    ck_assert_ptr_null(change_of(plan, "10.0.0.1"));
    ck_assert_uint_eq(plan->npeers, 2);
    speaker_plan_free(plan);
}
END_TEST

/* Options of a family: what they do to an established session of the peer. */
static const struct {
    const char *line;
    enum bgp_action action;
} family_lines[] = {
    {"reflect-client", BGP_REEXPORT},      {"next-hop-local", BGP_REEXPORT},
    {"advertise-community", BGP_REEXPORT}, {"advertise-large-community", BGP_REEXPORT},
    {"substitute-as", BGP_REEXPORT},       {"route-update-interval 5", BGP_REEXPORT},
    {"keep-all-routes", BGP_KEEP},         {"preferred-value 9", BGP_KEEP},
    {"allow-as-loop", BGP_KEEP},
};

START_TEST(family_options)
{
    static const char *const views[] = {"unicast", "vpnv4"};
    char typed[300];
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.7 as-number 64601\nipv4-family vpnv4\n"
                    "peer 10.0.0.7 enable\n");
    lab_commit(&lab);
    lab_top(&lab);
    for (unsigned v = 0; v < 2; v++) {
        snprintf(typed, sizeof typed, "bgp 64601\nipv4-family %s\npeer 10.0.0.7 %s\n", views[v],
                 family_lines[_i].line);
        lab_lines(&lab, typed);
        struct speaker_plan *plan = preview();
        const struct speaker_peer_change *c = change_of(plan, "10.0.0.7");
        ck_assert_msg(c != NULL, "not told: %s", typed);
        ck_assert_msg(c->action == family_lines[_i].action, "action %d: %s", c->action, typed);
        ck_assert_uint_eq(plan->npeers, 1);
        ck_assert(!plan->process_changed);
        speaker_plan_free(plan);
        ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    }
}
END_TEST

START_TEST(family_settings)
{
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\nreflector cluster-id 1.2.3.4\n"
                    "undo reflect between-clients\ndefault local-preference 0\ndefault med 7\n"
                    "bestroute igp-metric-ignore\n");
    struct speaker_plan *plan = preview();
    const struct bgp_af_conf *af = &plan->process.af[BGP_VPNV4];
    ck_assert(plan->process_changed);
    ck_assert_uint_eq(plan->npeers, 0);
    ck_assert_uint_eq(af->cluster_addr, 0x01020304);
    ck_assert(af->no_reflect_between && af->has_local_pref && af->igp_metric_ignore);
    ck_assert_uint_eq(af->default_local_pref, 0);
    ck_assert_uint_eq(af->default_med, 7);
    speaker_plan_free(plan);
    lab_commit(&lab);
    lab_top(&lab);
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\nreflector cluster-id 9\n"
                    "reflect between-clients\nundo default local-preference\nundo default med\n"
                    "undo bestroute igp-metric-ignore\n");
    plan = preview();
    af = &plan->process.af[BGP_VPNV4];
    ck_assert_uint_eq(af->cluster_addr, 0);
    ck_assert_uint_eq(af->cluster_id, 9);
    ck_assert(!af->no_reflect_between && !af->has_local_pref && !af->igp_metric_ignore);
    ck_assert_uint_eq(af->default_med, 0);
    speaker_plan_free(plan);
}
END_TEST

/* Of an EBGP peer; a refresh is stronger than a new export, in one commit as well. */
START_TEST(external_options)
{
    static const struct {
        const char *lines;
        enum bgp_action action;
    } cases[] = {
        {"peer 10.0.0.1 public-as-only", BGP_REEXPORT},
        {"peer 10.0.0.1 public-as-only limited replace", BGP_REEXPORT},
        {"peer 10.0.0.1 public-as-only import force", BGP_REFRESH_IN},
        {"peer 10.0.0.1 soo 100:1", BGP_REFRESH_IN},
        {"peer 10.0.0.1 discard-ext-community\npeer 10.0.0.1 advertise-community", BGP_REFRESH_IN},
        {"peer 10.0.0.1 advertise-large-community disable", BGP_KEEP},
        {"peer 10.0.0.1 default-route-advertise", BGP_REEXPORT},
        {"peer 10.0.0.1 route-limit 100 90 idle-timeout 7", BGP_REFRESH_IN},
        {"quit\npeer 10.0.0.1 check-first-as disable", BGP_REFRESH_IN},
        {"quit\npeer 10.0.0.1 check-first-as enable", BGP_KEEP},
        {"quit\npeer 10.0.0.1 fake-as 7 prepend-global-as prepend-fake-as", BGP_RESET},
    };
    char typed[300];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(typed, sizeof typed, "bgp 64601\nipv4-family unicast\n%s\n", cases[i].lines);
        lab_lines(&lab, typed);
        struct speaker_plan *plan = preview();
        const struct speaker_peer_change *c = change_of(plan, "10.0.0.1");
        ck_assert_msg((c ? c->action : BGP_KEEP) == cases[i].action, "%s", typed);
        ck_assert(!plan || plan->npeers <= 1);
        if (plan)
            speaker_plan_free(plan);
        ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    }
    /* of the process: all who do not say themselves */
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.1 check-first-as enable\n");
    lab_commit(&lab);
    lab_top(&lab);
    lab_lines(&lab, "bgp 64601\nundo check-first-as\nas-path-limit\nprivate-4-byte-as disable\n");
    struct speaker_plan *plan = preview();
    ck_assert_uint_eq(plan->npeers, 2);
    ck_assert_ptr_null(change_of(plan, "10.0.0.1"));
    ck_assert_int_eq(change_of(plan, "10.0.0.2")->action, BGP_REFRESH_IN);
    ck_assert_uint_eq(plan->process.as_path_limit, 255);
    ck_assert(plan->process.no_private_as4);
    speaker_plan_free(plan);
    /* what is private decides what is taken out of what was received: those are asked again */
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_top(&lab);
    lab_lines(&lab, "bgp 64601\nipv4-family unicast\npeer 10.0.0.1 public-as-only import\n");
    lab_commit(&lab);
    lab_top(&lab);
    lab_lines(&lab, "bgp 64601\nprivate-4-byte-as disable\n");
    plan = preview();
    ck_assert_uint_eq(plan->npeers, 1);
    ck_assert_int_eq(change_of(plan, "10.0.0.1")->action, BGP_REFRESH_IN);
    ck_assert(!plan->origin_lines && !plan->aggregate_lines && plan->nvpns == 0);
    speaker_plan_free(plan);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_top(&lab);
    lab_lines(&lab, "bgp 64601\nipv4-family unicast\naggregate 10.0.0.0 8\n");
    plan = preview();
    ck_assert_uint_eq(plan->npeers, 0);
    ck_assert(plan->aggregate_lines && !plan->origin_lines);
    speaker_plan_free(plan);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *t = tcase_create("plan");
    int n = (int)(sizeof lines / sizeof *lines);
    tcase_set_timeout(t, 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, nothing_to_tell);
    tcase_add_loop_test(t, declared_impact, 0, n);
    tcase_add_loop_test(t, groups_reach_their_members, 0, n);
    tcase_add_test(t, a_member_opts_out);
    tcase_add_test(t, comings_and_goings);
    tcase_add_test(t, process_changes);
    tcase_add_loop_test(t, family_options, 0, (int)(sizeof family_lines / sizeof *family_lines));
    tcase_add_test(t, family_settings);
    tcase_add_test(t, external_options);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
