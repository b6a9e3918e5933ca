/* The record of commands: newest first, bounded, by user; and what the SQL view shows. */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/internal.h"

static struct store *s;

static void setup(void)
{
    char err[300];
    ck_assert_msg(store_open(&s, ":memory:", "test", err, sizeof err), "%s", err);
}

static void teardown(void)
{
    store_close(s);
}

static void note(const char *user, const char *command, const char *result)
{
    struct store_record r = {.time = 1000, .level = 2, .command = command, .result = result};
    snprintf(r.user, sizeof r.user, "%s", user);
    snprintf(r.tty, sizeof r.tty, "pts/1");
    ck_assert(store_record(s, &r));
}

static char seen[400];
static size_t count;

static bool see(void *arg, const struct store_record *r)
{
    size_t n = strlen(seen);
    (void)arg;
    count++;
    if (n < 300)
        snprintf(seen + n, sizeof seen - n, "%s:%s=%s;", r->user, r->command, r->result);
    return true;
}

static size_t look(size_t max, const char *user)
{
    seen[0] = 0;
    count = 0;
    ck_assert(store_records(s, max, user, see, NULL));
    return count;
}

START_TEST(order_and_user)
{
    note("ann", "a", "ok");
    note("bob", "b", "Error: no");
    note("ann", "c", "asked");
    ck_assert_uint_eq(look(10, NULL), 3);
    ck_assert_str_eq(seen, "ann:c=asked;bob:b=Error: no;ann:a=ok;");
    ck_assert_uint_eq(look(1, NULL), 1);
    ck_assert_str_eq(seen, "ann:c=asked;");
    ck_assert_uint_eq(look(10, "bob"), 1);
    ck_assert_str_eq(seen, "bob:b=Error: no;");
    ck_assert_uint_eq(look(10, "x' OR '1'='1"), 0);
}
END_TEST

START_TEST(bounded)
{
    char command[32];
    for (unsigned i = 0; i < 12345; i++) {
        snprintf(command, sizeof command, "%u", i);
        note("ann", command, "ok");
    }
    ck_assert_uint_eq(look(100000, NULL), strtoul(STORE_RECORDS_TEXT, NULL, 10));
    ck_assert_int_eq(strncmp(seen, "ann:12344=ok;ann:12343=ok;", 26), 0);
}
END_TEST

START_TEST(view)
{
    sqlite3_stmt *q;
    note("ann", "display 'x'", "ok");
    ck_assert(store_records_flush(s));
    ck_assert_int_eq(
        sqlite3_prepare_v2(s->db,
                           "SELECT utc||v.user||v.command||v.level FROM command_record JOIN "
                           "v1_commands v USING (id) WHERE terminal=tty",
                           -1, &q, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(q), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(q, 0), "1970-01-01 00:16:40anndisplay 'x'2");
    sqlite3_finalize(q);
}
END_TEST

/* What cannot be written is given up with an error; the next is written again. */
START_TEST(refused)
{
    ck_assert(store_exec(s, "ALTER TABLE record RENAME TO away"));
    note("ann", "lost", "ok");
    ck_assert(!store_records_flush(s));
    ck_assert(sqlite3_get_autocommit(s->db));
    ck_assert(store_exec(s, "ALTER TABLE away RENAME TO record"));
    note("ann", "kept", "ok");
    ck_assert_uint_eq(look(10, NULL), 1);
    ck_assert_str_eq(seen, "ann:kept=ok;");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("record");
    TCase *t = tcase_create("record");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, order_and_user);
    tcase_add_test(t, bounded);
    tcase_add_test(t, view);
    tcase_add_test(t, refused);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
