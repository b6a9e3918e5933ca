/*
 * Commits on trial under a clock of the test: what they go back to, who may end them, what a dead
 * host leaves behind, and that nothing is lost when the datastore refuses.
 */
#include <unistd.h>

#include "test_config_lab.h"

static uint64_t now_ms;
static struct lab lab;
static char rows[LAB_ROWS];

static uint64_t test_clock(void)
{
    return now_ms;
}

static void open_lab(const char *db)
{
    lab_open(&lab, db);
    lab.config.clock_ms = test_clock;
    lab.edit.session = 7;
    lab.edit.user = "ann";
}

static void begin(void)
{
    now_ms = 1000000;
    open_lab(":memory:");
}

static void end(void)
{
    lab_close(&lab);
}

static uint32_t trial(const char *lines, uint32_t seconds, const char *persist)
{
    struct store_commit meta = {.user = "ann", .tty = "pts/1", .type = "CLI"};
    lab_lines(&lab, lines);
    ck_assert_msg(config_commit_trial(&lab.edit, &meta, seconds, persist), "%s", lab.edit.err);
    return meta.id;
}

static void revert(void)
{
    char err[240] = "";
    ck_assert_msg(config_trial_revert(&lab.config, "test", err, sizeof err), "%s", err);
    ck_assert(!lab.config.trial.active);
}

static const char *running(void)
{
    return lab_rows(&lab, false, rows);
}

START_TEST(what_confirms_it_names_it)
{
    struct store_commit meta = {.user = "ann", .type = "CLI", .label = "taken"}, c;
    begin();
    lab_lines(&lab, "sysname A\n");
    ck_assert(config_commit(&lab.edit, &meta));
    uint32_t id = trial("sysname B\n", 60, "");
    ck_assert(!config_commit(&lab.edit, &meta)); /* another commit's */
    ck_assert(lab.config.trial.active);
    snprintf(meta.label, sizeof meta.label, "good");
    snprintf(meta.description, sizeof meta.description, "it works");
    ck_assert(config_commit(&lab.edit, &meta));
    ck_assert(!lab.config.trial.active);
    ck_assert_uint_eq(meta.id, 0);
    ck_assert(store_commit_find(lab.config.store, id, NULL, &c));
    ck_assert_str_eq(c.label, "good");
    ck_assert_str_eq(c.description, "it works");
    end();
}
END_TEST

START_TEST(goes_back_to_what_was_before_the_first)
{
    lab_lines(&lab, "sysname A\ninterface LoopBack 0\n");
    uint32_t base = lab_commit(&lab);
    trial("sysname B\n", 60, "");
    ck_assert_uint_eq(lab.config.trial.base, base);
    trial("undo interface LoopBack 0\n", 600, "");
    ck_assert_uint_eq(lab.config.trial.base, base);
    ck_assert_str_eq(running(), "sysname B\n");
    revert();
    ck_assert_str_eq(running(), "sysname A\ninterface LoopBack0\n");
    struct store_commit c;
    ck_assert(store_commit_nth(lab.config.store, 1, &c));
    ck_assert_str_eq(c.type, "ROLLBACK");
    ck_assert_str_eq(c.description, "test");
    ck_assert_str_eq(c.user, "ann");
}
END_TEST

START_TEST(of_an_empty_configuration)
{
    trial("sysname A\n", 60, "");
    ck_assert_uint_eq(lab.config.trial.base, 0);
    revert();
    ck_assert_str_eq(running(), "");
}
END_TEST

START_TEST(time_runs_and_is_given_anew)
{
    ck_assert(config_trial_left_ms(&lab.config) == UINT64_MAX);
    trial("sysname A\n", 60, "");
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 60000);
    now_ms += 59999;
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 1);
    ck_assert_uint_eq(trial("", 90, ""), 0); /* no lines, no commit, more time */
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 90000);
    now_ms += 90001;
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 0);
}
END_TEST

START_TEST(confirmed_by_its_session_alone)
{
    struct store_commit meta = {.user = "bob", .type = "CLI"};
    struct edit other = {.config = &lab.config, .session = 8, .user = "ann"};
    trial("sysname A\n", 60, "p");
    ck_assert(store_candidate_new(lab.config.store, "bob", "", &other.cand));
    ck_assert(!config_commit(&other, &meta));
    ck_assert_str_eq(
        other.err,
        "Error: The system is in trial configuration mode. The operation is not allowed.");
    ck_assert(!config_commit_trial(&other, &meta, 60, ""));
    ck_assert(!config_trial_confirm(&other, &meta, "q"));
    ck_assert(lab.config.trial.active);
    lab_lines(&lab, "sysname B\n");
    lab_commit(&lab);
    ck_assert(!lab.config.trial.active);
    ck_assert_str_eq(running(), "sysname B\n");

    trial("sysname C\n", 60, "p");
    ck_assert_uint_eq(lab_commit(&lab), 0); /* confirms without a commit of its own */
    ck_assert(!lab.config.trial.active);
    trial("sysname D\n", 60, "p");
    snprintf(meta.description, sizeof meta.description, "seen to work");
    ck_assert(config_trial_confirm(&other, &meta, "p"));
    ck_assert(!lab.config.trial.active);
    ck_assert(store_commit_find(lab.config.store, lab.config.head, NULL, &meta));
    ck_assert_str_eq(meta.description, "seen to work");
    ck_assert_str_eq(running(), "sysname D\n");
    store_candidate_drop(lab.config.store, &other.cand);
}
END_TEST

START_TEST(nothing_to_try_is_no_trial)
{
    ck_assert_uint_eq(trial("", 60, "p"), 0);
    ck_assert(!lab.config.trial.active);
}
END_TEST

static void scratch(char path[64])
{
    snprintf(path, 64, "/tmp/vrpsh-trial-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_all(const char *path)
{
    static const char *const also[] = {"", "-wal", "-shm", ".key"};
    for (size_t i = 0; i < sizeof also / sizeof *also; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, also[i]);
        unlink(name);
    }
}

/* The next host has the trial, with the time that is left, for the user whose session is gone. */
START_TEST(survives_its_host)
{
    char path[64];
    scratch(path);
    open_lab(path);
    lab_lines(&lab, "sysname A\n");
    lab_commit(&lab);
    trial("sysname B\n", 600, "p");
    now_ms = 5000;
    lab_close(&lab);
    open_lab(path); /* reads it with the clock of the machine */
    ck_assert(lab.config.trial.active);
    ck_assert_str_eq(lab.config.trial.persist, "p");
    struct edit bob = {.config = &lab.config, .session = 1, .user = "bob"};
    ck_assert(!config_owns_trial(&bob));
    ck_assert(config_owns_trial(&lab.edit));
    lab.config.trial_end_ms = now_ms;
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 0);
    revert();
    ck_assert_str_eq(running(), "sysname A\n");
    lab_close(&lab);
    open_lab(path);
    ck_assert(!lab.config.trial.active);
    ck_assert_str_eq(running(), "sysname A\n");
    lab_close(&lab);
    remove_all(path);
}
END_TEST

/* A deadline that passed while no host ran is due at once; one that is too far away is cut. */
START_TEST(clock_of_the_machine)
{
    struct store_trial t = {.active = true, .seconds = 60, .deadline = 1, .user = "ann"};
    ck_assert(store_trial_write(lab.config.store, &t, NULL));
    ck_assert(config_trial_load(&lab.config));
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 0);
    t.deadline = INT64_MAX / 2;
    ck_assert(store_trial_write(lab.config.store, &t, NULL));
    ck_assert(config_trial_load(&lab.config));
    ck_assert_uint_eq(config_trial_left_ms(&lab.config), 60000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("trial");
    TCase *tc = tcase_create("one lab");
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, what_confirms_it_names_it);
    tcase_add_test(tc, goes_back_to_what_was_before_the_first);
    tcase_add_test(tc, of_an_empty_configuration);
    tcase_add_test(tc, time_runs_and_is_given_anew);
    tcase_add_test(tc, confirmed_by_its_session_alone);
    tcase_add_test(tc, nothing_to_try_is_no_trial);
    tcase_add_test(tc, clock_of_the_machine);
    suite_add_tcase(s, tc);
    tc = tcase_create("files");
    tcase_add_test(tc, survives_its_host);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
