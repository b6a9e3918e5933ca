/*
 * What is the same already changes nothing: a line repeated, a configuration loaded over itself, a
 * default value typed out. Nothing is left to commit, so no session can notice.
 */
#include "tests/unit/test_config_lab.h"

static struct lab lab;
static char rows_a[LAB_ROWS], rows_b[LAB_ROWS];

static void setup(void)
{
    lab_open(&lab, ":memory:");
}

static void teardown(void)
{
    lab_close(&lab);
}

static void nothing_to_commit(const char *what)
{
    struct store_commit meta = {.user = "ann"};
    ck_assert_msg(lab.edit.cand.rows == 0, "%s: %zu rows", what, lab.edit.cand.rows);
    ck_assert(config_commit(&lab.edit, &meta));
    ck_assert_msg(meta.id == 0, "%s: a commit", what);
}

static const char whole[] = "sysname A\ninterface LoopBack 0\nip address 10.0.0.1 32\nquit\n"
                            "bgp 64601\ntimer keepalive 10 hold 30\npeer 10.0.0.2 as-number 64602\n"
                            "peer 10.0.0.2 password simple Secret\nundo check-first-as\n"
                            "ipv4-family unicast\ndefault med 5\npeer 10.0.0.2 enable\n";

START_TEST(a_line_again)
{
    lab_lines(&lab, "bgp 64601\ntimer keepalive 10 hold 30\npeer 10.0.0.2 as-number 64602\n"
                    "peer 10.0.0.2 timer keepalive 60 hold 180\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\ntimer keepalive 10 hold 30\npeer 10.0.0.2 as-number 64602\n"
                    "peer 10.0.0.2 timer keepalive 60 hold 180\n");
    nothing_to_commit("again");
}
END_TEST

START_TEST(its_own_configuration)
{
    lab_lines(&lab, whole);
    lab_commit(&lab);
    lab_load(&lab, lab_rows(&lab, false, rows_a));
    nothing_to_commit("own");
}
END_TEST

static const struct {
    const char *view, *line, *other;
} defaults[] = {
    {"", "configuration exclusive timeout 30", "configuration exclusive timeout 31"},
    {"", "configuration checkpoint max-number 80", "configuration checkpoint max-number 81"},
    {"bgp 64601\n", "timer keepalive 60 hold 180", "timer keepalive 60 hold 180 min-holdtime 20"},
    {"bgp 64601\n", "timer connect-retry 32", "timer connect-retry 33"},
    {"bgp 64601\n", "private-4-byte-as enable", "private-4-byte-as disable"},
    {"bgp 64601\n", "check-first-as", "undo check-first-as"},
    {"bgp 64601\n", "default local-preference 100", "default local-preference 101"},
    {"bgp 64601\nipv4-family vpnv4\n", "default med 0", "default med 1"},
};

/* Typed out where nothing is, it leaves nothing; over another value, it takes that away. */
START_TEST(default_is_absence)
{
    const char *view = defaults[_i].view, *line = defaults[_i].line;
    char text[200], other[200];
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\nipv4-family vpnv4\n");
    lab_commit(&lab);
    lab_rows(&lab, false, rows_a);
    snprintf(text, sizeof text, "%s%s\n", view, line);
    snprintf(other, sizeof other, "%s%s\n", view, defaults[_i].other);
    lab_lines(&lab, text);
    nothing_to_commit(line);
    lab_lines(&lab, other);
    ck_assert_uint_eq(lab.edit.cand.rows, 1);
    lab_commit(&lab);
    lab_lines(&lab, text);
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_b), rows_a);
}
END_TEST

/* Beside a group or the process, a peer's own value is a decision, whatever it is. */
START_TEST(a_peers_own_value_stays)
{
    lab_lines(&lab, "bgp 64601\ntimer keepalive 10 hold 30\npeer 10.0.0.2 as-number 64602\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 timer keepalive 60 hold 180\n");
    ck_assert_uint_eq(lab.edit.cand.rows, 1);
    lab_commit(&lab);
    ck_assert_ptr_nonnull(
        strstr(lab_rows(&lab, false, rows_a), " peer 10.0.0.2 timer keepalive 60 hold 180\n"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("idempotence");
    TCase *t = tcase_create("idempotence");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_line_again);
    tcase_add_test(t, its_own_configuration);
    tcase_add_loop_test(t, default_is_absence, 0, (int)(sizeof defaults / sizeof *defaults));
    tcase_add_test(t, a_peers_own_value_stays);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
