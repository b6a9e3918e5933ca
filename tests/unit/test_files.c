/* Configuration files: names, archives, whole-or-nothing writing; and loading their text. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/app_internal.h"
#include "cli/config/listing.h"
#include "cli/config/load.h"
#include "cli/settings.h"
#include "engine/files.h"
#include "engine/zip.h"

static char dir[] = "/tmp/vrpsh-files.XXXXXX";
static char db[64];
static const char text[] = "#\nsysname PE1\n#\ninterface LoopBack0\n ip address 127.0.1.1 "
                           "255.255.255.255\n#\nreturn\n";

static void setup(void)
{
    strcpy(dir, "/tmp/vrpsh-files.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(db, sizeof db, "%s/v.db", dir);
}

static void teardown(void)
{
    char cmd[96];
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(cmd), 0);
}

/* --- archives ---------------------------------------------------------------------------- */

START_TEST(zip_round_trip)
{
    static const size_t sizes[] = {0, 1, 100, 70000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i], packed, back;
        const char *why = NULL;
        char *big = malloc(n + 1);
        for (size_t k = 0; k < n; k++)
            big[k] = (char)('a' + (k * k / 7) % 26);
        char *zip = zip_pack("x.cfg", big, n, &packed);
        ck_assert_ptr_nonnull(zip);
        char *got = zip_unpack(zip, packed, &back, &why);
        ck_assert_msg(got != NULL, "%s", why);
        ck_assert_uint_eq(back, n);
        ck_assert_int_eq(memcmp(got, big, n), 0);
        free(got);
        free(zip);
        free(big);
    }
}
END_TEST

START_TEST(zip_of_others)
{
    char cmd[512];
    size_t n;
    char err[400] = "";
    snprintf(cmd, sizeof cmd,
             "mkdir '%s.files' && cd '%s.files' && printf 'sysname X\\n' >b.cfg && "
             "python3 -c \"import zipfile;z=zipfile.ZipFile('o.zip','w');z.writestr('readme','no');"
             "z.write('b.cfg');z.close()\"",
             db, db);
    ck_assert_int_eq(system(cmd), 0);
    char *got = files_read(db, "o.zip", &n, err, sizeof err);
    ck_assert_msg(got != NULL, "%s", err);
    ck_assert_str_eq(got, "sysname X\n");
    free(got);
    ck_assert(files_write(db, "p.zip", text, sizeof text - 1, err, sizeof err));
    snprintf(cmd, sizeof cmd,
             "python3 -c \"import zipfile;z=zipfile.ZipFile('%s.files/p.zip');"
             "assert z.testzip() is None;assert z.namelist()==['p.cfg'];"
             "assert b'PE1' in z.read('p.cfg')\"",
             db);
    ck_assert_int_eq(system(cmd), 0);
}
END_TEST

/* Any damage is an error or harmless, never a crash; cut archives are errors. */
START_TEST(zip_damage)
{
    size_t n, back;
    const char *why;
    char *zip = zip_pack("x.cfg", text, sizeof text - 1, &n);
    for (size_t cut = 0; cut < n; cut++)
        ck_assert_ptr_null(zip_unpack(zip, cut, &back, &why));
    for (size_t at = 0; at < n; at++)
        for (int bit = 0; bit < 8; bit++) {
            zip[at] = (char)(zip[at] ^ (1 << bit));
            char *got = zip_unpack(zip, n, &back, &why);
            ck_assert(!got || (back == sizeof text - 1 && memcmp(got, text, back) == 0));
            free(got);
            zip[at] = (char)(zip[at] ^ (1 << bit));
        }
    free(zip);
}
END_TEST

/* --- files ------------------------------------------------------------------------------- */

START_TEST(names)
{
    static const char *const good[] = {"a.cfg", "A.ZIP", "vrpcfg.zip", "x-1_2.cfg"};
    static const char *const bad[] = {"",        ".cfg",  "..cfg", "a.txt",  "a/b.cfg", "../a.cfg",
                                      "a b.cfg", "a.dat", "cfg",   "a.cfg ", "a\n.cfg"};
    char longest[FILES_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(files_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!files_valid(bad[i]), "%s", bad[i]);
    memset(longest, 'a', sizeof longest);
    strcpy(longest + FILES_NAME_MAX - 4, ".cfg");
    ck_assert(files_valid(longest));
    memset(longest, 'a', sizeof longest);
    strcpy(longest + FILES_NAME_MAX - 3, ".cfg");
    ck_assert(!files_valid(longest));
}
END_TEST

static void mode_is(const char *path, mode_t mode)
{
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, mode);
}

START_TEST(write_and_read)
{
    char err[400] = "", path[128];
    size_t n;
    umask(0);
    ck_assert(!files_exist(db, "a.cfg"));
    ck_assert(files_write(db, "a.cfg", text, sizeof text - 1, err, sizeof err));
    ck_assert(files_exist(db, "a.cfg"));
    snprintf(path, sizeof path, "%s.files", db);
    mode_is(path, 0700);
    snprintf(path, sizeof path, "%s.files/a.cfg", db);
    mode_is(path, 0600);
    char *got = files_read(db, "a.cfg", &n, err, sizeof err);
    ck_assert_str_eq(got, text);
    free(got);
    ck_assert_ptr_null(files_read(db, "b.cfg", &n, err, sizeof err));
    ck_assert_str_eq(err, "The file b.cfg does not exist.");
    ck_assert(files_remove(db, "a.cfg", err, sizeof err));
    ck_assert(!files_remove(db, "a.cfg", err, sizeof err));
}
END_TEST

/* What cannot be written leaves the old file whole and nothing beside it. */
START_TEST(write_fails)
{
    char err[400] = "", cmd[256];
    size_t n;
    ck_assert(files_write(db, "a.cfg", text, sizeof text - 1, err, sizeof err));
    snprintf(cmd, sizeof cmd, "mkdir '%s.files/.a.cfg.new'", db);
    ck_assert_int_eq(system(cmd), 0);
    ck_assert(!files_write(db, "a.cfg", "other", 5, err, sizeof err));
    ck_assert_ptr_nonnull(strstr(err, "The file a.cfg cannot be written: "));
    char *got = files_read(db, "a.cfg", &n, err, sizeof err);
    ck_assert_str_eq(got, text);
    free(got);
}
END_TEST

START_TEST(half_files_go)
{
    char err[400] = "", cmd[300], path[128];
    files_tidy(db); /* no directory yet */
    ck_assert(files_write(db, "a.cfg", text, sizeof text - 1, err, sizeof err));
    ck_assert(files_write(db, "b.new", text, sizeof text - 1, err, sizeof err));
    snprintf(cmd, sizeof cmd, "echo half >'%s.files/.a.cfg.new' && echo x >'%s.files/.keep'", db,
             db);
    ck_assert_int_eq(system(cmd), 0);
    files_tidy(db);
    ck_assert(!files_exist(db, ".a.cfg.new"));
    ck_assert(files_exist(db, ".keep") && files_exist(db, "a.cfg") && files_exist(db, "b.new"));
    snprintf(path, sizeof path, "%s.files/.keep", db);
    unlink(path);
}
END_TEST

START_TEST(links_are_not_followed)
{
    char err[400] = "", cmd[300];
    size_t n;
    snprintf(cmd, sizeof cmd,
             "mkdir '%s.files' && echo secret >'%s/s' && ln -s '%s/s' '%s.files/l.cfg'", db, dir,
             dir, db);
    ck_assert_int_eq(system(cmd), 0);
    ck_assert_ptr_null(files_read(db, "l.cfg", &n, err, sizeof err));
    ck_assert_int_eq(files_open(db, "l.cfg", true, err, sizeof err), -1);
}
END_TEST

/* --- loading ----------------------------------------------------------------------------- */

struct lab {
    struct app *app;
    struct edit edit;
    char bad[2000];
};
static struct lab lab;

static void lab_open(void)
{
    struct app_opts o = {.db = ":memory:"};
    char err[300];
    memset(&lab, 0, sizeof lab);
    lab.app = app_new(&o);
    ck_assert(config_open(&lab.app->config, ":memory:", err, sizeof err));
    lab.edit.config = &lab.app->config;
    ck_assert(store_candidate_new(lab.app->config.store, "ann", "t", &lab.edit.cand));
}

static void lab_close(void)
{
    store_candidate_drop(lab.app->config.store, &lab.edit.cand);
    config_close(&lab.app->config);
    app_free(lab.app);
}

static void note_bad(void *ctx, size_t line, const char *l, size_t n, const char *why)
{
    size_t at = strlen(lab.bad);
    (void)ctx;
    snprintf(lab.bad + at, sizeof lab.bad - at, "%zu|%.*s|%s\n", line, (int)n, l, why);
}

static unsigned load(const char *t, enum load_how how)
{
    lab.bad[0] = 0;
    return load_text(lab.app, LEVEL_MANAGE, &lab.edit, t, strlen(t), how, note_bad, NULL);
}

static void commit(void)
{
    struct store_commit meta = {.type = "CLI", .user = "ann"};
    ck_assert_msg(config_commit(&lab.edit, &meta), "%s", lab.edit.err);
}

static char *running(void)
{
    static const struct proto_hello hello = {.version = PROTO_VERSION};
    size_t n;
    struct session *s = session_new(lab.app, NULL, "ann", &hello);
    char *all = listing_running(s, 0, &n);
    session_free(s, false);
    ck_assert_ptr_nonnull(all);
    char *body = strdup(strchr(all, '#'));
    free(all);
    return body;
}

static const char bgp[] = "#\nsysname PE1\n#\ninterface LoopBack0\n ip address 127.0.1.1 "
                          "255.255.255.255\n#\nbgp 64601\n peer 127.0.2.2 as-number 64602\n peer "
                          "127.0.2.2 connect-interface LoopBack0\n #\n ipv4-family unicast\n  undo "
                          "peer 127.0.2.2 enable\n #\n ipv4-family vpnv4\n  policy vpn-target\n  "
                          "peer 127.0.2.2 enable\n#\nreturn\n";

START_TEST(load_is_idempotent)
{
    lab_open();
    ck_assert_uint_eq(load(bgp, LOAD_MERGE), 0);
    commit();
    char *now = running();
    ck_assert_str_eq(now, bgp);
    ck_assert_uint_eq(load(now, LOAD_MERGE), 0);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
    ck_assert_uint_eq(load(now, LOAD_REPLACE), 0);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
    free(now);
    lab_close();
}
END_TEST

START_TEST(load_replaces)
{
    lab_open();
    ck_assert_uint_eq(load(bgp, LOAD_MERGE), 0);
    commit();
    ck_assert_uint_eq(load(text, LOAD_REPLACE), 0);
    commit();
    char *now = running();
    ck_assert_str_eq(now, text);
    free(now);
    ck_assert_uint_eq(load("sysname B\n", LOAD_MERGE), 0);
    commit();
    now = running();
    ck_assert_ptr_nonnull(strstr(now, "LoopBack0"));
    ck_assert_ptr_nonnull(strstr(now, "sysname B"));
    free(now);
    lab_close();
}
END_TEST

/* Refused lines are named; the rest is taken. Nothing but configuration runs. */
START_TEST(load_reports)
{
    lab_open();
    ck_assert_uint_eq(load("!comment\r\nsysname A\r\nnonsense here\r\nbgp 1\r\n peer 10.0.0.1 "
                           "ebgp-max-hop\r\ncommit\r\nquit\r\nquit\r\nquit\r\n"
                           "display version\r\ninterface LoopBack 7\r\nreturn\r\nsysname Z\r\n",
                           LOAD_MERGE),
                      4);
    ck_assert_str_eq(lab.bad,
                     "3|nonsense here|Error: Unrecognized command found at '^' position.\n"
                     "5| peer 10.0.0.1 ebgp-max-hop|Error: The peer session does not exist.\n"
                     "6|commit|Error: The line is no configuration.\n"
                     "10|display version|Error: The line is no configuration.\n");
    commit();
    char *now = running();
    ck_assert_str_eq(
        now,
        "#\nsysname A\n#\ninterface LoopBack7\n#\nbgp 1\n #\n ipv4-family unicast\n#\nreturn\n");
    free(now);
    lab_close();
}
END_TEST

/* An undo that would ask does not. */
START_TEST(load_undo)
{
    lab_open();
    ck_assert_uint_eq(load(bgp, LOAD_MERGE), 0);
    commit();
    ck_assert_uint_eq(load("undo bgp\nundo interface LoopBack 0\n", LOAD_MERGE), 0);
    commit();
    char *now = running();
    ck_assert_str_eq(now, "#\nsysname PE1\n#\nreturn\n");
    free(now);
    lab_close();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("files");
    TCase *t = tcase_create("archives");
    tcase_add_test(t, zip_round_trip);
    tcase_add_test(t, zip_damage);
    suite_add_tcase(s, t);
    t = tcase_create("files");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, zip_of_others);
    tcase_add_test(t, names);
    tcase_add_test(t, write_and_read);
    tcase_add_test(t, write_fails);
    tcase_add_test(t, half_files_go);
    tcase_add_test(t, links_are_not_followed);
    suite_add_tcase(s, t);
    t = tcase_create("load");
    tcase_add_test(t, load_is_idempotent);
    tcase_add_test(t, load_replaces);
    tcase_add_test(t, load_reports);
    tcase_add_test(t, load_undo);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
