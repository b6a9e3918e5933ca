/*
 * Several sessions on one configuration: what overlaps, what a refresh says and drops, and that no
 * order of edits, commits and refreshes leaves running in a state nobody could have typed.
 */
#include "test_config_lab.h"

enum { OPERATORS = 4, TURNS = 4000 };

static struct lab lab[OPERATORS]; /* one configuration, that of the first */
static char rows[LAB_ROWS];
static char told[LAB_ROWS];

static void begin(void)
{
    lab_open(&lab[0], ":memory:");
    for (unsigned i = 0; i < OPERATORS; i++) {
        if (i) {
            memset(&lab[i], 0, sizeof lab[i]);
            lab[i].view[0] = VIEW_SYSTEM;
            ck_assert(store_candidate_new(lab[0].config.store, "bob", "pts/2", &lab[i].edit.cand));
        }
        lab[i].edit.config = &lab[0].config;
        lab[i].edit.session = i + 1;
        lab[i].edit.user = "bob";
    }
}

static void end(void)
{
    for (unsigned i = OPERATORS; --i;)
        store_candidate_drop(lab[0].config.store, &lab[i].edit.cand);
    lab_close(&lab[0]);
}

static bool commit(unsigned who)
{
    struct store_commit meta = {.user = "bob", .type = "CLI"};
    if (!config_commit(&lab[who].edit, &meta))
        return false;
    for (unsigned i = 0; i < OPERATORS && meta.id; i++)
        if (i != who)
            store_candidate_tidy(lab[0].config.store, &lab[i].edit.cand, meta.id);
    return true;
}

static bool tell(void *arg, const uint8_t *key, size_t nkey, const char *base, const char *mine,
                 const char *theirs)
{
    size_t n = strlen(told);
    (void)arg, (void)key, (void)nkey;
    snprintf(told + n, sizeof told - n, "%s|%s|%s\n", base ? base : "-", mine ? mine : "-",
             theirs ? theirs : "-");
    return true;
}

static void drop(void *arg, const char *text, const char *why)
{
    size_t n = strlen(told);
    (void)arg;
    snprintf(told + n, sizeof told - n, "dropped %s: %s\n", text, why);
}

static const char *refresh(unsigned who)
{
    told[0] = 0;
    ck_assert_msg(config_refresh(&lab[who].edit, tell, drop, NULL), "%s", lab[who].edit.err);
    ck_assert(!config_stale(&lab[who].edit));
    return told;
}

static const char *overlaps(unsigned who)
{
    told[0] = 0;
    ck_assert(config_overlaps(&lab[who].edit, tell, NULL));
    return told;
}

static const char base[] = "bgp 64601\npeer 10.0.0.2 as-number 64602\n"
                           "peer 10.0.0.2 description old\n";

static void start(void)
{
    lab_lines(&lab[0], base);
    ck_assert(commit(0));
}

START_TEST(no_overlap_is_silent)
{
    start();
    lab_lines(&lab[0], "bgp 64601\npeer 10.0.0.2 ebgp-max-hop 2\n");
    lab_lines(&lab[1], "bgp 64601\npeer 10.0.0.2 description mine\n");
    ck_assert(commit(0));
    ck_assert(config_stale(&lab[1].edit));
    ck_assert_str_eq(overlaps(1), "");
    ck_assert_str_eq(refresh(1), "");
    ck_assert(commit(1));
    ck_assert_ptr_nonnull(strstr(lab_rows(&lab[0], false, rows), "description mine"));
    ck_assert_ptr_nonnull(strstr(rows, "ebgp-max-hop 2"));
}
END_TEST

START_TEST(base_mine_and_theirs)
{
    start();
    lab_lines(&lab[1], "bgp 64601\npeer 10.0.0.2 description mine\n"
                       "peer 10.0.0.2 description better\npeer 10.0.0.2 ignore\n");
    lab_lines(&lab[2], "bgp 64601\nundo peer 10.0.0.2 description\n");
    lab_lines(&lab[3], "bgp 64601\npeer 10.0.0.2 description theirs\n");
    lab_lines(&lab[0], "bgp 64601\npeer 10.0.0.2 description theirs\n");
    ck_assert(commit(0));
    ck_assert_uint_eq(lab[3].edit.cand.rows, 0); /* the same change is none any more */
    static const char mine[] = "peer 10.0.0.2 description old|peer 10.0.0.2 description better|"
                               "peer 10.0.0.2 description theirs\n";
    ck_assert_str_eq(overlaps(1), mine);
    ck_assert_str_eq(refresh(1), mine);
    ck_assert_str_eq(refresh(1), ""); /* said once */
    ck_assert_str_eq(refresh(2),
                     "peer 10.0.0.2 description old|-|peer 10.0.0.2 description theirs\n");
    ck_assert(commit(1));
    ck_assert_ptr_nonnull(strstr(lab_rows(&lab[0], false, rows), "description better"));
}
END_TEST

START_TEST(base_survives_the_terminal)
{
    start();
    lab_lines(&lab[1], "bgp 64601\npeer 10.0.0.2 description mine\n");
    ck_assert(store_candidate_leave(lab[0].config.store, &lab[1].edit.cand));
    lab_lines(&lab[0], "bgp 64601\npeer 10.0.0.2 description theirs\n");
    ck_assert(commit(0));
    ck_assert(store_candidate_adopt(lab[0].config.store, "bob", &lab[1].edit.cand));
    lab[1].edit.base = 0;
    ck_assert_str_eq(refresh(1), "peer 10.0.0.2 description old|peer 10.0.0.2 description mine|"
                                 "peer 10.0.0.2 description theirs\n");
}
END_TEST

/* What was undone here takes along what was added to it there. */
START_TEST(undo_of_what_others_fill)
{
    start();
    lab_lines(&lab[1], "undo bgp\n");
    lab_lines(&lab[0], "bgp 64601\npeer 10.0.0.3 as-number 64603\n");
    ck_assert(commit(0));
    ck_assert_str_eq(overlaps(1), "-|-|peer 10.0.0.3 as-number 64603\n"
                                  "-|-|peer 10.0.0.3 enable\n");
    ck_assert(commit(1));
    ck_assert_str_eq(lab_rows(&lab[0], false, rows), "");

    start();
    lab_lines(&lab[1], "bgp 64601\nundo peer 10.0.0.2\n");
    lab_lines(&lab[0], "bgp 64601\npeer 10.0.0.2 ignore\n");
    ck_assert(commit(0));
    ck_assert_str_eq(refresh(1), "-|-|peer 10.0.0.2 ignore\n");
    ck_assert(commit(1));
    ck_assert_ptr_null(strstr(lab_rows(&lab[0], false, rows), "10.0.0.2"));
}
END_TEST

START_TEST(lines_that_cannot_be_any_more)
{
    start();
    lab_lines(&lab[1], "bgp 64601\npeer 10.0.0.2 ignore\nrouter-id 10.9.9.9\n");
    lab_lines(&lab[0], "bgp 64601\nundo peer 10.0.0.2\n");
    ck_assert(commit(0));
    ck_assert(!commit(1));
    ck_assert_str_eq(lab[1].edit.err,
                     "Error: The peer session does not exist. (peer 10.0.0.2 ignore)");
    ck_assert_str_eq(refresh(1), "dropped peer 10.0.0.2 ignore: Error: The peer session does not "
                                 "exist. (peer 10.0.0.2 ignore)\n");
    ck_assert(commit(1));
    ck_assert_ptr_nonnull(strstr(lab_rows(&lab[0], false, rows), "router-id 10.9.9.9"));
}
END_TEST

/* --- the exclusive right ------------------------------------------------------------------ */

static uint64_t now_ms = 5000;

static uint64_t test_clock(void)
{
    return now_ms;
}

static void refused(unsigned who, bool ok, const char *why)
{
    ck_assert(!ok);
    ck_assert_str_eq(lab[who].edit.err, why);
}

START_TEST(right_of_a_session)
{
    static const char by_first[] =
        "Error: The configuration is locked by other user. [Session ID = 1]";
    struct config *c = &lab[0].config;
    int64_t left;
    c->clock_ms = test_clock;
    ck_assert_uint_eq(config_lock_due(c, &left), 0);
    ck_assert_int_eq(left, -1);
    ck_assert(config_lock(&lab[0].edit));
    lab_lines(&lab[1], "sysname B\n"); /* editing is free */
    refused(1, commit(1), by_first);
    refused(1, config_lock(&lab[1].edit), by_first);
    refused(1, config_unlock(&lab[1].edit), by_first);
    lab_lines(&lab[0], "sysname A\n");
    ck_assert(commit(0));
    now_ms += 29000;
    ck_assert_uint_eq(config_lock_due(c, &left), 0);
    ck_assert_int_eq(left, 1000);
    lab_lines(&lab[0], "sysname AA\n"); /* used: time anew */
    now_ms += 29000;
    ck_assert_uint_eq(config_lock_due(c, &left), 0);
    now_ms += 1000;
    ck_assert_uint_eq(config_lock_due(c, &left), 1); /* and gone */
    ck_assert(commit(1));
    ck_assert(config_lock(&lab[1].edit));
    config_lock_session_over(c, 2);
    ck_assert(config_lock(&lab[0].edit));
    ck_assert(config_unlock(&lab[0].edit));
    refused(0, config_unlock(&lab[0].edit), "Error: The configuration is not locked.");
}
END_TEST

START_TEST(right_of_a_user)
{
    lab[1].edit.user = "ann";
    lab_refused(&lab[0], "configuration exclusive by-user-name ann",
                "Error: The user name must be that of the current user.");
    lab_lines(&lab[0], "configuration exclusive by-user-name bob\n"
                       "configuration exclusive timeout 7\n");
    ck_assert(commit(0));
    ck_assert_uint_eq(config_lock_timeout(&lab[0].config), 7);
    lab_lines(&lab[1], "undo configuration exclusive by-user-name bob\n");
    refused(1, commit(1), "Error: The configuration is locked by the user bob.");
    ck_assert(config_lock(&lab[2].edit)); /* another session of bob */
    ck_assert(config_unlock(&lab[2].edit));
    lab_lines(&lab[2], "undo configuration exclusive by-user-name\n");
    ck_assert(commit(2));
    ck_assert(commit(1));
}
END_TEST

/* --- anything in any order ---------------------------------------------------------------- */

static uint32_t seed = 20260203;

static unsigned some(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static void type_something(struct lab *l)
{
    static const char *const lines[] = {"peer 10.0.0.%u as-number 64602",
                                        "undo peer 10.0.0.%u",
                                        "peer 10.0.0.%u description d%u",
                                        "undo peer 10.0.0.%u description",
                                        "group g%u external",
                                        "undo group g%u",
                                        "peer g%u as-number 64602",
                                        "peer 10.0.0.%u group g%u",
                                        "undo peer 10.0.0.%u group g%u",
                                        "peer 10.0.0.%u ebgp-max-hop %u",
                                        "peer g%u description of %u",
                                        "router-id 10.1.1.%u"};
    static const char *const inside[] = {"peer 10.0.0.%u enable", "undo peer 10.0.0.%u enable",
                                         "peer g%u enable"};
    static const char *const top[] = {"undo bgp", "sysname s%u", "interface LoopBack %u",
                                      "undo interface LoopBack %u"};
    char line[100];
    bool family = some(4) == 0;
    lab_top(l);
    if (some(12) == 0) {
        snprintf(line, sizeof line, top[some(4)], some(3) + 1);
        (void)lab_try(l, line);
        return;
    }
    if (!lab_try(l, "bgp 64601") || (family && !lab_try(l, "ipv4-family vpnv4")))
        return;
    snprintf(line, sizeof line, family ? inside[some(3)] : lines[some(12)], some(4) + 1,
             some(3) + 1);
    (void)lab_try(l, line);
}

static bool still_valid(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct edit *e = arg;
    (void)n;
    ck_assert_msg(config_validate_row(e, key, nkey, text), "%s", e->err);
    return true;
}

struct replay {
    struct store *s;
    struct store_candidate c;
};

static bool replay_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                       const char *new_text)
{
    struct replay *r = arg;
    char had[SCH_TEXT_MAX];
    bool was = store_get(r->s, &r->c, key, nkey, had, sizeof had) >= 0;
    ck_assert(was == (old_text != NULL) && (!was || strcmp(had, old_text) == 0));
    if (new_text)
        store_set(r->s, &r->c, key, nkey, new_text, strlen(new_text));
    else
        store_delete(r->s, &r->c, key, nkey);
    return true;
}

START_TEST(any_order_leaves_running_whole)
{
    struct store *s = lab[0].config.store;
    struct edit nobody = {.config = &lab[0].config};
    unsigned done = 0, refused = 0;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        struct lab *l = &lab[some(OPERATORS)];
        unsigned what = some(10), who = (unsigned)(l - lab);
        if (what < 7) {
            type_something(l);
        } else if (what == 7) {
            refresh(who);
        } else if (l->edit.cand.rows) {
            overlaps(who);
            bool ok = commit(who);
            done += ok;
            refused += !ok;
            if (!ok && some(2))
                store_candidate_clear(s, &l->edit.cand);
            ck_assert(store_scan(s, &nobody.cand, NULL, 0, NULL, 0, still_valid, &nobody));
        }
    }
    ck_assert_uint_gt(done, TURNS / 20);
    ck_assert_uint_gt(refused, 0);
    /* history from nothing is running */
    char err[200];
    struct replay r = {0};
    ck_assert(store_open(&r.s, ":memory:", sch_fingerprint, err, sizeof err));
    ck_assert(store_candidate_new(r.s, "x", "", &r.c));
    for (uint32_t id = 1000000001; id <= lab[0].config.head; id++)
        ck_assert(store_history(s, id, id, replay_row, &r));
    struct lab_text t = {told, 0};
    ck_assert(store_scan(r.s, &r.c, NULL, 0, NULL, 0, lab_row, &t));
    ck_assert_str_eq(told, lab_rows(&lab[0], false, rows));
    store_candidate_drop(r.s, &r.c);
    store_close(r.s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("operators");
    TCase *tc = tcase_create("operators");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, no_overlap_is_silent);
    tcase_add_test(tc, base_mine_and_theirs);
    tcase_add_test(tc, base_survives_the_terminal);
    tcase_add_test(tc, undo_of_what_others_fill);
    tcase_add_test(tc, lines_that_cannot_be_any_more);
    tcase_add_test(tc, right_of_a_session);
    tcase_add_test(tc, right_of_a_user);
    tcase_add_test(tc, any_order_leaves_running_whole);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
