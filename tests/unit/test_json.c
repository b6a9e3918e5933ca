/* The JSON writer: nesting, commas and escapes, in both layouts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text/json.h"

static struct text got;

static void document(struct json *j)
{
    got.n = 0;
    json_object(j, NULL);
    json_text(j, "a", "x", 1);
    json_list(j, "b");
    json_uint(j, NULL, UINT64_MAX);
    json_object(j, NULL);
    json_close(j);
    json_list(j, NULL);
    json_close(j);
    json_close(j);
    json_bool(j, "c", true);
    json_close(j);
}

START_TEST(compact)
{
    struct json j = {.to = &got};

    document(&j);
    ck_assert_str_eq(text_end(&got),
                     "{\"a\":\"x\",\"b\":[18446744073709551615,{},[]],\"c\":true}\n");
    document(&j); /* the next one owes nothing to the last */
    ck_assert_str_eq(text_end(&got),
                     "{\"a\":\"x\",\"b\":[18446744073709551615,{},[]],\"c\":true}\n");
}
END_TEST

START_TEST(pretty)
{
    struct json j = {.to = &got, .pretty = true};

    document(&j);
    ck_assert_str_eq(text_end(&got),
                     "{\n  \"a\": \"x\",\n  \"b\": [\n    18446744073709551615,\n    {},\n"
                     "    []\n  ],\n  \"c\": true\n}\n");
}
END_TEST

static const struct {
    const char *text;
    size_t n;
    const char *want;
} quotes[] = {
    {"", 0, "\"\""},
    {"plain", 5, "\"plain\""},
    {"a\"b\\c", 5, "\"a\\\"b\\\\c\""},
    {"\n\t\0\x7f", 4, "\"\\u000a\\u0009\\u0000\\u007f\""},
    {"gr\xc3\xbc\xc3\x9f", 6, "\"gr\xc3\xbc\xc3\x9f\""},
    {"\xe2\x82\xac\xf0\x9f\x99\x82", 7, "\"\xe2\x82\xac\xf0\x9f\x99\x82\""},
    {"a\xff\xfe z", 5, "\"a\\ufffd\\ufffd z\""},
    {"\xc0\x80", 2, "\"\\ufffd\\ufffd\""},                       /* longer than need be */
    {"\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""},            /* half of a pair */
    {"\xe2\x82", 2, "\"\\ufffd\\ufffd\""},                       /* cut off */
    {"\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* beyond the last */
};

START_TEST(quoting)
{
    got.n = 0;
    json_quote(&got, quotes[_i].text, quotes[_i].n);
    ck_assert_str_eq(text_end(&got), quotes[_i].want);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("json");
    TCase *t = tcase_create("json");

    suite_add_tcase(s, t);
    tcase_add_test(t, compact);
    tcase_add_test(t, pretty);
    tcase_add_loop_test(t, quoting, 0, (int)(sizeof quotes / sizeof *quotes));
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
