/*
 * The control protocol: what one end writes the other reads, at every split, and nothing a broken
 * or hostile peer sends is read past its frame.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "engine/proto.h"

START_TEST(round_trip)
{
    struct proto_buf b = {0};
    proto_begin(&b, PROTO_DIAG);
    proto_u8(&b, 'E');
    proto_u32(&b, 0xfffffffeu);
    proto_u16(&b, 0xabcd);
    proto_str(&b, "wr\0ng", 5);
    proto_str(&b, "", 0);
    proto_end(&b);
    proto_begin(&b, PROTO_INTR);
    proto_end(&b);
    struct proto_frame f;
    long first = proto_next(b.bytes, b.n, &f);
    ck_assert_int_gt(first, 0);
    ck_assert_int_eq(f.type, PROTO_DIAG);
    ck_assert_uint_eq(proto_get_u8(&f), 'E');
    ck_assert_uint_eq(proto_get_u32(&f), 0xfffffffeu);
    ck_assert_uint_eq(proto_get_u16(&f), 0xabcd);
    size_t n;
    const char *s = proto_get_str(&f, &n);
    ck_assert_uint_eq(n, 5);
    ck_assert_mem_eq(s, "wr\0ng", 5);
    proto_get_str(&f, &n);
    ck_assert_uint_eq(n, 0);
    ck_assert(!f.bad);
    ck_assert(f.p == f.end);
    ck_assert_int_eq(proto_next(b.bytes + first, b.n - (size_t)first, &f), 5);
    ck_assert_int_eq(f.type, PROTO_INTR);
    proto_buf_free(&b);
}
END_TEST

START_TEST(every_split_waits)
{
    struct proto_buf b = {0};
    proto_begin(&b, PROTO_LINE);
    proto_str(&b, "display clock", 13);
    proto_end(&b);
    struct proto_frame f;
    for (size_t i = 0; i < b.n; i++) {
        ck_assert_int_eq(proto_next(b.bytes, i, &f), 0);
    }
    ck_assert_int_eq(proto_next(b.bytes, b.n, &f), (long)b.n);
    proto_buf_free(&b);
}
END_TEST

START_TEST(bad_frames)
{
    struct proto_frame f;
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\0\0\0", 4, &f), -1);
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\x10\0\1", 4, &f), -1);
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\x10\0\0", 4, &f), 0);
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\0\0\1\0", 5, &f), -1);
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\0\0\x9\x0a", 5, &f), -1);
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\0\0\1\xff", 5, &f), -1);
    /* A string that claims more than the frame holds, then more reads. */
    ck_assert_int_eq(proto_next((const uint8_t *)"\0\0\0\7\2\0\0\0\4ab", 11, &f), 11);
    size_t n = 7;
    ck_assert_str_eq(proto_get_str(&f, &n), "");
    ck_assert_uint_eq(n, 0);
    ck_assert(f.bad);
    ck_assert_uint_eq(proto_get_u32(&f), 0);
    ck_assert_uint_eq(proto_get_u8(&f), 0);
}
END_TEST

static bool pass(const struct proto_hello *in, struct proto_hello *out)
{
    struct proto_buf b = {0};
    struct proto_frame f;
    proto_hello_write(&b, in);
    ck_assert_int_eq(proto_next(b.bytes, b.n, &f), (long)b.n);
    bool ok = proto_hello_read(&f, out);
    proto_buf_free(&b);
    return ok;
}

START_TEST(hello)
{
    struct proto_hello h = {.version = PROTO_VERSION,
                            .interactive = true,
                            .json = true,
                            .rows = 24,
                            .cols = 132,
                            .tty = "pts/3",
                            .from = "192.0.2.7"},
                       got;
    ck_assert(pass(&h, &got));
    ck_assert(got.interactive && got.json && !got.keep_going && !got.login);
    ck_assert_uint_eq(got.cols, 132);
    ck_assert_str_eq(got.tty, "pts/3");
    ck_assert_str_eq(got.from, "192.0.2.7");
    strcpy(h.tty, "a\033[2J");
    ck_assert(!pass(&h, &got));
    memset(h.tty, 'x', sizeof h.tty); /* no terminator: 64 octets are one too many */
    ck_assert(!pass(&h, &got));
    h.version = PROTO_VERSION + 1; /* another version is readable as far as its number */
    ck_assert(pass(&h, &got));
    ck_assert_uint_eq(got.version, PROTO_VERSION + 1);
}
END_TEST

START_TEST(random_bytes)
{
    uint8_t bytes[64];
    srandom(7);
    for (int round = 0; round < 200000; round++) {
        size_t n = (size_t)random() % sizeof bytes;
        uint8_t *exact = malloc(n + 1); /* an overrun is seen by the sanitizer */
        ck_assert_ptr_nonnull(exact);
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (uint8_t)(i < 3 ? 0 : i == 3 ? random() % 60 : random());
        }
        memcpy(exact, bytes, n);
        struct proto_frame f;
        struct proto_hello h;
        size_t len;
        long got = proto_next(exact, n, &f);
        if (got > 0) {
            ck_assert_int_le(got, (long)n);
            struct proto_frame copy = f;
            proto_hello_read(&copy, &h);
            while (!f.bad) {
                proto_get_str(&f, &len);
                proto_get_u16(&f);
            }
        }
        free(exact);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("proto");
    TCase *t = tcase_create("proto");
    tcase_add_test(t, round_trip);
    tcase_add_test(t, every_split_waits);
    tcase_add_test(t, bad_frames);
    tcase_add_test(t, hello);
    tcase_add_test(t, random_bytes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
