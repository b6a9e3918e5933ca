/* Passwords in lines that are recorded or shown as they were typed. */
#include <check.h>
#include <string.h>

#include "cli/text/hide.h"

static const char *hidden(const char *line)
{
    static char out[200];
    bool any = hide_secrets(line, strlen(line), out, sizeof out);
    ck_assert_int_eq(any, strcmp(line, out) != 0 || strstr(line, "******") != NULL);
    return out;
}

START_TEST(forms)
{
    ck_assert_str_eq(hidden("peer 10.0.0.1 password simple Top"),
                     "peer 10.0.0.1 password simple ******");
    ck_assert_str_eq(hidden(" peer A password cipher Top"), " peer A password cipher ******");
    ck_assert_str_eq(hidden("peer A PassWord SIMPLE Top"), "peer A PassWord SIMPLE ******");
    ck_assert_str_eq(hidden("pe A pass s Top"), "pe A pass s ******");
    ck_assert_str_eq(hidden("pe A p C Top"), "pe A p C ******");
    ck_assert_str_eq(hidden("peer A passwort Top"), "peer A passwort Top"); /* another word */
    ck_assert_str_eq(hidden("peer A pwd simple Top"), "peer A pwd simple ******");
    ck_assert_str_eq(hidden("peer A password Top"), "peer A password ******");
}
END_TEST

START_TEST(blanks_and_quotes)
{
    ck_assert_str_eq(hidden("peer A password simple Top Secret"), "peer A password simple ******");
    ck_assert_str_eq(hidden("peer A password simple \"Top Secret\" x"),
                     "peer A password simple ******");
    ck_assert_str_eq(hidden("peer A simple \"Top Secret\" x"), "peer A simple ****** x");
    ck_assert_str_eq(hidden("peer A simple \"Top Secret x"), "peer A simple ******");
    ck_assert_str_eq(hidden("a\tpassword\t simple\tTop"), "a\tpassword\t simple\t******");
    ck_assert_str_eq(hidden("peer A password simple simple"), "peer A password simple ******");
    ck_assert_str_eq(hidden("peer A password simple ******"), "peer A password simple ******");
}
END_TEST

START_TEST(nothing_to_hide)
{
    ck_assert_str_eq(hidden(""), "");
    ck_assert_str_eq(hidden("display this | include password"), "display this | include password");
    ck_assert_str_eq(hidden("undo peer A password simple "), "undo peer A password simple ");
    ck_assert_str_eq(hidden("peer p1 s1"), "peer p1 s1");
}
END_TEST

START_TEST(what_does_not_fit)
{
    char out[12];
    ck_assert(hide_secrets("password Top", 12, out, sizeof out));
    ck_assert_str_eq(out, "password **");
    ck_assert(!hide_secrets("description of more", 19, out, sizeof out));
    ck_assert_str_eq(out, "description");
    ck_assert(hide_secrets("password x", 10, out, 9));
    ck_assert_str_eq(out, "password");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hide");
    TCase *t = tcase_create("hide");
    tcase_add_test(t, forms);
    tcase_add_test(t, blanks_and_quotes);
    tcase_add_test(t, nothing_to_hide);
    tcase_add_test(t, what_does_not_fit);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
