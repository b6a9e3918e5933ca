/* Walks over routes: the order of keys, slices, batches, and what happens between them. */
#include "test_bgp_talk.h"

#include "bgp/rib/keys.h"

static unsigned width;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, width);
}

/* Beside the C library's sort: few values and many, long common fronts, repetitions. */
START_TEST(keys_in_order)
{
    static const unsigned widths[] = {1, 2, 5, 13, 25}, sizes[] = {0, 1, 2, 17, 300, 70000};
    uint32_t seed = 1;

    for (unsigned i = 0; i < 5 * 6 * 3; i++) {
        unsigned n = sizes[i / 3 % 6], mask = (const unsigned[]){0xff, 0x07, 0xff}[i % 3];
        struct keys k;
        uint8_t *other;
        size_t kept = 0;

        width = widths[i / 18];
        keys_init(&k, width, n / 2);
        other = calloc(n + 1, width);
        for (unsigned r = 0; r < n; r++) {
            uint8_t *key = keys_add(&k);

            for (unsigned o = 0; o < width; o++) {
                seed = seed * 1664525u + 1013904223u;
                key[o] = i % 3 == 2 && o + 2 < width ? 9 : (uint8_t)(seed >> 24 & mask);
            }
            memcpy(other + r * width, key, width);
        }
        qsort(other, n, width, compare);
        keys_sort(&k);
        for (unsigned r = 0; r < n; r++) {
            if (r && memcmp(other + r * width, other + (r - 1) * width, width) == 0)
                continue;
            ck_assert(kept < k.n && compare(keys_get(&k, kept), other + r * width) == 0);
            kept++;
        }
        ck_assert_uint_eq(kept, k.n);
        free(other);
        keys_clear(&k);
    }
}
END_TEST

enum { ROUTES = 70000, PER_UPDATE = 500 }; /* more than a slice */

/* The i-th is 10.0.0.0/24 + i, or withdrawn. */
static void routes(unsigned from, unsigned to, bool withdraw)
{
    uint8_t attrs[200], buf[4096];
    size_t n = hex(base(true), attrs);

    for (unsigned i = from; i < to;) {
        unsigned count = to - i < PER_UPDATE ? to - i : PER_UPDATE;
        struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

        bgp_frame_begin(&w, BGP_UPDATE);
        bgp_put_u16(&w, withdraw ? 4 * count : 0);
        if (!withdraw) {
            bgp_put_u16(&w, (unsigned)n);
            bgp_put_bytes(&w, attrs, n);
        }
        for (; count; count--, i++)
            bgp_put_u32(&w, 24u << 24 | (0x0a0000 + i));
        if (withdraw)
            bgp_put_u16(&w, 0);
        ck_assert(feed(feed_line, buf, bgp_frame_end(&w)));
    }
}

static unsigned number(const struct bgp_route *r)
{
    const uint8_t *b = r->prefix.addr.b;
    return ((unsigned)b[0] << 16 | (unsigned)b[1] << 8 | b[2]) - 0x0a0000;
}

START_TEST(goes_on_while_routes_change)
{
    struct bgp_walk_filter f = {.family = BGP_IPV4_UNICAST, .kind = BGP_WALK_ALL};
    unsigned seen = 0, slices = 1, last = 0;
    struct bgp_walk *w;

    l = lab_new();
    feed_line = up(FEED, PEER_AS, 0x0a0000c8, true);
    routes(0, ROUTES, false);
    w = bgp_walk_new(l->b, &f);
    /* What goes and comes back meanwhile may be gathered twice; it is shown once. */
    while (bgp_walk_gather(w)) {
        routes(100, 200, true);
        routes(ROUTES, ROUTES + 50, false);
        routes(100, 200, false);
        slices++;
    }
    ck_assert_uint_eq(slices, 2);
    bgp_walk_sort(w);
    routes(0, 100, true); /* gone before they were reached */
    while (bgp_walk_next(w, &batch))
        for (size_t i = 0; i < batch.n; i++) {
            const struct bgp_route *r = &batch.routes[i];

            ck_assert(seen == 0 || number(r) > last);
            ck_assert_uint_eq(r->attrs, 0); /* one set: it stands in the batch once */
            last = number(r);
            seen += last >= 200 && last < ROUTES;
        }
    ck_assert_uint_eq(seen, ROUTES - 200); /* all that was there all the time */
    bgp_walk_free(w);
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp_walk");
    TCase *t = tcase_create("bgp_walk");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, keys_in_order);
    tcase_add_test(t, goes_on_while_routes_change);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
