/*
 * The queue of events from the speaker to the terminals' thread: all of them arrive, in order, and
 * a burst of them does not keep that thread from its terminals.
 */
#include <check.h>
#include <stdlib.h>
#include <uv.h>

#include "engine/net/notes.h"

enum { BURST = 20000 };

static struct {
    unsigned seen, turns, most, this_turn;
    bool ordered;
} got;

static void on_event(void *ctx, const struct bgp_event *e, int64_t when)
{
    (void)ctx, (void)when;
    got.ordered &= e->last_error == (uint16_t)got.seen;
    got.seen++;
    got.this_turn++;
}

static void on_turn(uv_prepare_t *p)
{
    got.most = got.this_turn > got.most ? got.this_turn : got.most;
    got.this_turn = 0;
    got.turns++;
    if (got.seen == BURST)
        uv_stop(p->loop);
}

START_TEST(burst_in_turns)
{
    uv_loop_t loop;
    uv_prepare_t turn;
    struct speaker_opts opts = {.event = on_event};
    struct bgp_addr peer = {.af = 4};
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    uv_prepare_init(&loop, &turn);
    uv_prepare_start(&turn, on_turn);
    struct notes *n = notes_new(&loop, &opts);
    ck_assert_ptr_nonnull(n);
    got.ordered = true;
    for (unsigned i = 0; i < BURST; i++) {
        struct bgp_event e = {.peer = &peer, .event = "x", .last_error = (uint16_t)i};
        notes_event(n, &e);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(got.seen, BURST);
    ck_assert(got.ordered);
    ck_assert_uint_lt(got.most, 1000);
    /* What is left when it ends is delivered all the same. */
    got.seen = 0;
    for (unsigned i = 0; i < BURST; i++) {
        struct bgp_event e = {.peer = &peer, .event = "x", .last_error = (uint16_t)i};
        notes_event(n, &e);
    }
    notes_free(n);
    ck_assert_uint_eq(got.seen, BURST);
    ck_assert(got.ordered);
    uv_close((uv_handle_t *)&turn, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notes");
    TCase *t = tcase_create("notes");
    tcase_add_test(t, burst_in_turns);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
