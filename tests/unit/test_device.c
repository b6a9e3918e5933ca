/* What the device does by the clock, and the clock itself: under times that the test makes up. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/device.h"
#include "cli/config/load.h"
#include "cli/settings.h"
#include "engine/files.h"

static struct app *app;
static struct edit edit;
static char db[300];
static uint32_t last;

static void refused(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    (void)ctx, (void)line;
    ck_abort_msg("%.*s: %s", (int)n, text, why);
}

/* Commits what the text says. */
static void commit(const char *text)
{
    struct store_commit meta = {.type = "CLI", .user = "ann"};
    load_text(app, LEVEL_MANAGE, &edit, text, strlen(text), LOAD_MERGE, refused, NULL);
    ck_assert_msg(config_commit(&edit, &meta), "%s", edit.err);
    last = meta.id;
    device_refresh(app);
}

static void begin(void)
{
    static struct app_opts o;
    char err[300];
    snprintf(db, sizeof db, "%s/device.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(db));
    strcat(db, "/v.db");
    o.db = db;
    setenv("TZ", "UTC0", 1);
    tzset();
    app = app_new(&o);
    ck_assert_msg(config_open(&app->config, db, err, sizeof err), "%s", err);
    edit = (struct edit){.config = &app->config};
    ck_assert(store_candidate_new(app->config.store, "ann", "t", &edit.cand));
}

static void end(void)
{
    char command[400];
    store_candidate_drop(app->config.store, &edit.cand);
    config_close(&app->config);
    app_free(app);
    snprintf(command, sizeof command, "rm -rf '%.*s'", (int)(strlen(db) - 5), db);
    ck_assert_int_eq(system(command), 0);
}

static const char *saved(char buf[64])
{
    buf[0] = 0;
    store_note(app->config.store, "saved_commit", buf, 64);
    return buf;
}

START_TEST(nothing_is_due)
{
    ck_assert_int_eq(device_due(app, 1000, 1000), -1);
    commit("sysname A\n");
    ck_assert_int_eq(device_due(app, 100000000, 1000), -1);
    ck_assert(!files_exist(db, FILES_DEFAULT));
}
END_TEST

START_TEST(saves_what_has_changed)
{
    char buf[64], by[64];
    commit("set save-configuration interval 2\n");
    ck_assert_int_eq(device_due(app, 1000, 0), 120000);
    ck_assert_int_eq(device_due(app, 120999, 0), 1);
    ck_assert(!files_exist(db, FILES_DEFAULT));
    ck_assert_int_eq(device_due(app, 121000, 0), 120000);
    ck_assert(files_exist(db, FILES_DEFAULT));
    ck_assert_uint_eq(strtoul(saved(buf), NULL, 10), last);
    ck_assert(store_note(app->config.store, "saved_user", by, sizeof by));
    ck_assert_str_eq(by, "SYSTEM automatically");
    char err[200];
    ck_assert(files_remove(db, FILES_DEFAULT, err, sizeof err));
    device_due(app, 241000, 0); /* nothing has been committed since */
    ck_assert(!files_exist(db, FILES_DEFAULT));
    commit("sysname B\n");
    device_due(app, 361000, 0);
    ck_assert(files_exist(db, FILES_DEFAULT));
    commit("sysname C\nset save-configuration interval 1\n"); /* time begins anew */
    ck_assert_int_eq(device_due(app, 361500, 0), 60000);
    commit("undo set save-configuration interval\n");
    ck_assert_int_eq(device_due(app, 999999999, 0), -1);
    ck_assert_uint_ne(strtoul(saved(buf), NULL, 10), last);
}
END_TEST

#define DAY 86400

static unsigned labels;
static char newest_label[300];

static bool count_label(void *arg, const struct store_commit *c)
{
    (void)arg;
    if (labels++ == 0)
        snprintf(newest_label, sizeof newest_label, "%s", c->label);
    return true;
}

static unsigned labelled(void)
{
    labels = 0;
    newest_label[0] = 0;
    store_commits(app->config.store, 1000, true, count_label, NULL);
    return labels;
}

START_TEST(labels_every_day)
{
    char line[64];
    struct store_commit c;
    commit("set save-configuration checkpoint daily time 03:00:10\n");
    ck_assert_int_eq(device_due(app, 0, 3 * 3600), 10000);
    ck_assert_int_eq(device_due(app, 0, 2 * 3600), 60000); /* the clock may be set meanwhile */
    ck_assert_uint_eq(labelled(), 0);
    device_due(app, 0, 3 * 3600 + 10);
    ck_assert_uint_eq(labelled(), 1);
    ck_assert_str_eq(newest_label, "daily-1970-01-01");
    device_due(app, 0, 3 * 3600 + 11);
    device_due(app, 0, DAY + 3 * 3600 + 10); /* nothing new to label */
    ck_assert_uint_eq(labelled(), 1);
    for (int day = 2; day < 30; day++) {
        snprintf(line, sizeof line, "sysname day%d\n", day);
        commit(line);
        device_due(app, 0, day * DAY + 3 * 3600 + 10);
    }
    ck_assert_uint_eq(labelled(), 10);
    ck_assert_str_eq(newest_label, "daily-1970-01-30");
    ck_assert(!store_commit_find(app->config.store, 0, "daily-1970-01-01", &c));
    commit("configuration checkpoint max-number 10\n");
    for (int i = 0; i < 30; i++) {
        snprintf(line, sizeof line, "sysname again%d\n", i);
        commit(line);
    }
    ck_assert(store_commit_find(app->config.store, 0, "daily-1970-01-21", &c));
    ck_assert(c.discontinuous);
}
END_TEST

START_TEST(a_label_stays)
{
    commit("set save-configuration checkpoint daily time 00:00:00\n");
    ck_assert(store_label(app->config.store, last, "mine"));
    device_due(app, 0, 5);
    device_due(app, 0, DAY);
    ck_assert_uint_eq(labelled(), 1);
    ck_assert_str_eq(newest_label, "mine");
}
END_TEST

START_TEST(zone)
{
    char when[64];
    commit("clock timezone EET add 02:30:00\n");
    app_time(0, when, sizeof when);
    ck_assert_str_eq(when, "1970-01-01 02:30:00+02:30");
    commit("set save-configuration checkpoint daily time 02:30:05\n");
    ck_assert_int_eq(device_due(app, 0, 0), 5000);
    commit("clock timezone EST minus 05:00:00\n");
    app_time(DAY, when, sizeof when);
    ck_assert_str_eq(when, "1970-01-01 19:00:00-05:00");
    commit("undo clock timezone\n");
    app_time(0, when, sizeof when);
    ck_assert_str_eq(when, "1970-01-01 00:00:00+00:00");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("device");
    TCase *t = tcase_create("device");
    tcase_add_checked_fixture(t, begin, end);
    tcase_add_test(t, nothing_is_due);
    tcase_add_test(t, saves_what_has_changed);
    tcase_add_test(t, labels_every_day);
    tcase_add_test(t, a_label_stays);
    tcase_add_test(t, zone);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
