/*
 * The state machine: every (state, event) pair has its outcome written down here.
 *
 * A cell is the next state (Idle Connect Active Sent cOnfirm Established), then what is done:
 * d drop, f with the caller's NOTIFICATION, c connect, r retry timer, o OPEN, m confirm,
 * k KEEPALIVE, h hold timer, u up, p pause; then the NOTIFICATION.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/fsm.h"

static const struct {
    enum bgp_fsm_event event;
    const char *cell[6]; /* Idle, Connect, Active, OpenSent, OpenConfirm, Established */
} expected[] = {
    {BGP_EV_START, {"C cr", "C", "A", "S", "O", "E"}},
    {BGP_EV_STOP, {"I", "I d", "I d", "I df", "I df", "I df"}},
    {BGP_EV_AUTO_START, {"C cr", "C", "A", "S", "O", "E"}},
    {BGP_EV_START_PASSIVE, {"A", "C", "A", "S", "O", "E"}},
    {BGP_EV_AUTO_START_PASSIVE, {"A", "C", "A", "S", "O", "E"}},
    {BGP_EV_DAMPED_START, {"C cr", "C", "A", "S", "O", "E"}},
    {BGP_EV_DAMPED_START_PASSIVE, {"A", "C", "A", "S", "O", "E"}},
    {BGP_EV_AUTO_STOP, {"I", "I dp", "I dp", "I dfp", "I dfp", "I dfp"}},
    {BGP_EV_RETRY_TIMER, {"I", "C dcr", "C cr", "I dp 5/0", "I dp 5/0", "I dp 5/0"}},
    {BGP_EV_HOLD_TIMER, {"I", "I dp", "I dp", "I dp 4/0", "I dp 4/0", "I dp 4/0"}},
    {BGP_EV_KEEPALIVE_TIMER, {"I", "I dp", "I dp", "I dp 5/0", "O k", "E k"}},
    {BGP_EV_DELAY_OPEN_TIMER, {"I", "I dp", "I dp", "I dp 5/0", "I dp 5/0", "I dp 5/0"}},
    {BGP_EV_IDLE_HOLD_TIMER, {"C cr", "I dp", "I dp", "I dp 5/0", "I dp 5/0", "I dp 5/0"}},
    {BGP_EV_TCP_VALID, {"I", "C", "A", "S", "O", "E"}},
    {BGP_EV_TCP_INVALID, {"I", "C", "A", "S", "O", "E"}},
    {BGP_EV_TCP_ACKED, {"I d", "S o", "S o", "S", "O", "E"}},
    {BGP_EV_TCP_CONFIRMED, {"I d", "S o", "S o", "S", "O", "E"}},
    {BGP_EV_TCP_FAILS, {"I", "A dr", "I dp", "A dr", "I dp", "I dp"}},
    {BGP_EV_OPEN, {"I", "I dp", "I dp", "O m", "I dp 5/2", "I dp 5/3"}},
    {BGP_EV_OPEN_DELAYED, {"I", "I dp", "I dp", "I dp 5/0", "I dp 5/0", "I dp 5/0"}},
    {BGP_EV_HEADER_ERROR, {"I", "I dp", "I dp", "I dfp", "I dfp", "I dfp"}},
    {BGP_EV_OPEN_ERROR, {"I", "I dp", "I dp", "I dfp", "I dp 5/2", "I dp 5/3"}},
    {BGP_EV_COLLISION, {"I", "I dp", "I dp", "I dp 6/7", "I dp 6/7", "I dp 6/7"}},
    {BGP_EV_NOTIFICATION_VERSION, {"I", "I dp", "I dp", "I dp", "I dp", "I dp"}},
    {BGP_EV_NOTIFICATION, {"I", "I dp", "I dp", "I dp", "I dp", "I dp"}},
    {BGP_EV_KEEPALIVE, {"I", "I dp", "I dp", "I dp 5/1", "E hu", "E h"}},
    {BGP_EV_UPDATE, {"I", "I dp", "I dp", "I dp 5/1", "I dp 5/2", "E h"}},
    {BGP_EV_UPDATE_ERROR, {"I", "I dp", "I dp", "I dp 5/1", "I dp 5/2", "I dfp"}},
    {BGP_EV_SEND_HOLD_TIMER, {"I", "I dp", "I dp", "I dp 8/0", "I dp 8/0", "I dp 8/0"}},
    {BGP_EV_REFRESH, {"I", "I dp", "I dp", "I dp 5/1", "I dp 5/2", "E h"}},
    {BGP_EV_NOTIFICATION_COLLISION, {"I", "A dr", "A dr", "A dr", "A dr", "I dp"}},
};

static const char *render(struct bgp_step s, char *out)
{
    static const char states[] = "?ICASOE", actions[] = "dfcromkhup";
    size_t n = 0;

    out[n++] = states[s.next];
    if (s.actions)
        out[n++] = ' ';
    for (size_t i = 0; i < sizeof actions - 1; i++)
        if (s.actions & 1u << i)
            out[n++] = actions[i];
    out[n] = '\0';
    if (s.code)
        sprintf(out + n, " %u/%u", s.code, s.subcode);
    return out;
}

START_TEST(every_pair)
{
    char got[32];

    ck_assert_uint_eq(sizeof expected / sizeof *expected, BGP_EVENTS - 1);
    for (int state = BGP_IDLE; state <= BGP_ESTABLISHED; state++) {
        struct bgp_step s = bgp_fsm_step((enum bgp_state)state, expected[_i].event);
        const char *want = expected[_i].cell[state - BGP_IDLE];

        ck_assert_msg(strcmp(render(s, got), want) == 0, "event %d in %s: %s, expected %s",
                      expected[_i].event, bgp_state_name((enum bgp_state)state), got, want);
    }
    ck_assert_int_eq(expected[_i].event, _i + 1);
}
END_TEST

START_TEST(every_event_has_a_name)
{
    for (int e = BGP_EV_START; e < BGP_EVENTS; e++)
        ck_assert(bgp_fsm_event_name((enum bgp_fsm_event)e) &&
                  bgp_fsm_input((enum bgp_fsm_event)e));
    ck_assert_str_eq(bgp_fsm_event_name(BGP_EV_KEEPALIVE), "RecvKeepalive");
    ck_assert_str_eq(bgp_fsm_event_name(BGP_EV_IDLE_HOLD_TIMER), "IHTimerExpired");
    ck_assert_str_eq(bgp_fsm_input(BGP_EV_IDLE_HOLD_TIMER), "IH_TIMER");
    ck_assert_str_eq(bgp_fsm_reason(BGP_EV_HOLD_TIMER), "Hold timer expire");
    ck_assert_str_eq(bgp_fsm_reason(BGP_EV_NOTIFICATION), "Receive notification");
    ck_assert_str_eq(bgp_fsm_reason(BGP_EV_STOP), "Configuration lead peer down");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp fsm");
    TCase *t = tcase_create("fsm");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, every_pair, 0, (int)(sizeof expected / sizeof *expected));
    tcase_add_test(t, every_event_has_a_name);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
