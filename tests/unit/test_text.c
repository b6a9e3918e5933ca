/* Text that grows, and addresses as text: the same that the C library writes. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/text/text.h"

START_TEST(growing)
{
    struct text t = {0};
    size_t at;

    ck_assert_str_eq(text_end(&t), "");
    text_str(&t, "a");
    text_char(&t, ' ');
    text_uint(&t, 0);
    text_char(&t, ' ');
    text_uint(&t, UINT64_MAX);
    text_printf(&t, " %s %u ", "b", 7u);
    text_id(&t, 0x0a0000ffu);
    text_add(&t, NULL, 0);
    ck_assert_str_eq(text_end(&t), "a 0 18446744073709551615 b 7 10.0.0.255");
    t.n = 0;
    at = t.n;
    text_as(&t, 64512, false);
    text_pad(&t, at, 8);
    at = t.n;
    text_as(&t, 65536, false);
    text_pad(&t, at, 2); /* wider than its column: nothing is cut off */
    text_as(&t, 65536, true);
    ck_assert_str_eq(text_end(&t), "64512   1.065536");
    free(t.p);
}
END_TEST

START_TEST(tame)
{
    char text[] = "a\tb\n\x1b[2J \xc3\xa9 \xc2\x9b \x7f\r\xe2\x82\xac\xc2";

    text_tame(text, sizeof text - 1);
    ck_assert_str_eq(text, "a\tb\n?[2J \xc3\xa9 ?? ??\xe2\x82\xac\xc2");
    text_tame(NULL, 0);
}
END_TEST

/* Everything ends exactly at, before and behind the room there is. */
START_TEST(room)
{
    struct text t = {0};
    size_t n = 0;

    for (unsigned i = 0; i < 3000; i++) {
        char part[40];

        n += (size_t)snprintf(part, sizeof part, "%u,", i);
        text_printf(&t, "%u,", i);
        ck_assert_uint_eq(t.n, n);
        ck_assert_int_eq(memcmp(t.p + n - strlen(part), part, strlen(part)), 0);
    }
    t.n = t.cap - 4;
    text_printf(&t, "%s", "abcd");
    ck_assert_str_eq(text_end(&t) + t.n - 4, "abcd");
    free(t.p);
}
END_TEST

static uint32_t seed = 7;

static uint8_t octet(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint8_t)(seed >> 24);
}

static void same(const struct bgp_addr *a)
{
    char ours[BGP_ADDR_STRLEN], theirs[INET6_ADDRSTRLEN];

    inet_ntop(a->af == 4 ? AF_INET : AF_INET6, a->b, theirs, sizeof theirs);
    ck_assert_uint_eq(bgp_addr_text(a, ours), strlen(theirs));
    ck_assert_str_eq(ours, theirs);
}

START_TEST(addresses)
{
    struct bgp_addr a = {.af = 4};

    for (unsigned i = 0; i < 256; i++) {
        memset(a.b, (int)i, 4);
        same(&a);
    }
    a.af = 6;
    for (unsigned i = 0; i < 200000; i++) {
        for (unsigned k = 0; k < 16; k++) /* words of all lengths, runs of zeros in all places */
            a.b[k] = octet() & 3 ? 0 : octet() & 1 ? octet() : octet() & 15;
        if (i % 5 == 0)
            memset(a.b, 0, 10);
        if (i % 10 == 0)
            memset(a.b + 10, 0xff, 2);
        same(&a);
    }
    a = (struct bgp_addr){0};
    ck_assert_str_eq(bgp_addr_str(&a, (char[BGP_ADDR_STRLEN]){0}), "-");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("text");

    suite_add_tcase(s, t);
    tcase_add_test(t, growing);
    tcase_add_test(t, room);
    tcase_add_test(t, tame);
    tcase_add_test(t, addresses);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
