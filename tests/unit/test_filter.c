/* Output filters: what comes out of a chain, and where a wrong one is wrong. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text/filter.h"
#include "schema/schema.h"

static char got[4000];

static void emit(void *arg, const char *line, size_t n)
{
    size_t at = strlen(got);
    (void)arg;
    snprintf(got + at, sizeof got - at, "%.*s;", (int)n, line);
}

/* What is left of text, its lines ended by ";" instead. */
static const char *run(const char *chain, const char *text)
{
    size_t at;
    int status;
    struct filter *f = filter_parse(chain, strlen(chain), &at, &status);
    ck_assert_msg(f != NULL, "%s: %d at %zu", chain, status, at);
    got[0] = 0;
    while (*text) {
        size_t n = strcspn(text, ";");
        filter_line(f, text, n, emit, NULL);
        text += n + (text[n] == ';');
    }
    filter_end(f, emit, NULL);
    filter_free(f);
    return got;
}

START_TEST(lines)
{
    const char *text = "a;abc;b;c;d";
    ck_assert_str_eq(run("include b", text), "abc;b;");
    ck_assert_str_eq(run("exclude b", text), "a;c;d;");
    ck_assert_str_eq(run("begin b", text), "abc;b;c;d;");
    ck_assert_str_eq(run("i ^b$", text), "b;");
    ck_assert_str_eq(run("b c$", text), "abc;b;c;d;");
    ck_assert_str_eq(run("e [abc]", text), "d;");
    ck_assert_str_eq(run("count", text), "Total lines: 5.;");
    ck_assert_str_eq(run("no-more", text), "a;abc;b;c;d;");
    ck_assert_str_eq(run("include b | exclude a | count", text), "Total lines: 1.;");
    ck_assert_str_eq(run("include b|d", text), "abc;b;d;");
    ck_assert_str_eq(run("ignore-case include ABC", text), "abc;");
    ck_assert_str_eq(run("include ABC", text), "");
}
END_TEST

START_TEST(around)
{
    const char *text = "1;2;3;x;5;6;7;x;x;10";
    ck_assert_str_eq(run("before 1 include x", text), "3;x;7;x;x;");
    ck_assert_str_eq(run("after 1 include x", text), "x;5;x;x;10;");
    ck_assert_str_eq(run("before 2 after 2 include x", text), "2;3;x;5;6;7;x;x;10;");
    ck_assert_str_eq(run("before 9 begin x", text), "1;2;3;x;5;6;7;x;x;10;");
    ck_assert_str_eq(run("before 1 begin x", text), "3;x;5;6;7;x;x;10;");
}
END_TEST

START_TEST(sections)
{
    const char *text = "head;#;a;b;#;bgp 1; #; peer;#;return";
    ck_assert_str_eq(run("section peer", text), "#;bgp 1; #; peer;");
    ck_assert_str_eq(run("section include peer", text), "#;bgp 1; #; peer;");
    ck_assert_str_eq(run("section exclude b", text), "head;#;return;");
    ck_assert_str_eq(run("section begin peer", text), "#;bgp 1; #; peer;#;return;");
    ck_assert_str_eq(run("section include", text), "");
    ck_assert_str_eq(run("section a | exclude #", text), "head;a;b;");
    ck_assert_str_eq(run("section return | count", text), "Total lines: 2.;");
}
END_TEST

/* "_" is a delimiter or either end; special characters with nothing to act on stand for themselves.
 */
START_TEST(dialect)
{
    const char *text = "65001 65002;650011;{65001,7};(65001);x65001;*;a_b";
    ck_assert_str_eq(run("include _65001_", text), "65001 65002;{65001,7};(65001);");
    ck_assert_str_eq(run("include ^65001_", text), "65001 65002;");
    ck_assert_str_eq(run("include *", text), "*;");
    ck_assert_str_eq(run("include [", "a;[;b"), "[;");
    ck_assert_str_eq(run("include a\\_b", text), "a_b;");
    ck_assert_str_eq(run("include [_]", text), "a_b;");
    ck_assert_str_eq(run("include x+5|{", text), "{65001,7};");
}
END_TEST

static void wrong(const char *chain, size_t at, int status)
{
    size_t where = 0;
    int why = 0;
    ck_assert_ptr_null(filter_parse(chain, strlen(chain), &where, &why));
    ck_assert_msg(why == status && where == at, "%s: %d at %zu", chain, why, where);
}

START_TEST(errors)
{
    char longest[400];
    wrong("", 0, SCH_INCOMPLETE);
    wrong("xyz", 0, SCH_UNRECOGNIZED);
    wrong(" include", 9, SCH_INCOMPLETE);
    wrong("count x", 6, SCH_TOO_MANY);
    wrong("include a | cuont", 12, SCH_UNRECOGNIZED);
    wrong("before x include y", 7, SCH_WRONG);
    wrong("before 0 include y", 7, SCH_WRONG);
    wrong("before 1000 include y", 7, SCH_WRONG);
    wrong("before", 7, SCH_INCOMPLETE);
    wrong("before 1", 9, SCH_INCOMPLETE);
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "include ", 8);
    longest[8 + 256] = 0;
    wrong(longest, 8, SCH_WRONG);
    longest[8 + 255] = 0;
    ck_assert_str_eq(run(longest, "b"), "");
}
END_TEST

/* An expression that would take for ever ends without a match. */
START_TEST(hard_expression)
{
    ck_assert_str_eq(run("include (a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
                     "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("filter");
    TCase *t = tcase_create("filter");
    tcase_add_test(t, lines);
    tcase_add_test(t, around);
    tcase_add_test(t, sections);
    tcase_add_test(t, dialect);
    tcase_add_test(t, errors);
    tcase_add_test(t, hard_expression);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
