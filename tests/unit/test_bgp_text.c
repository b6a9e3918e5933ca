/* Messages as text, and who is told of them. */
#include "test_bgp_lab.h"

static char text[2000];

static const char *say(const char *message, bool as4)
{
    uint8_t b[600];
    size_t n = hex(message, b);

    b[16] = (uint8_t)(n >> 8);
    b[17] = (uint8_t)n;
    bgp_message_text(b, n, as4, text, sizeof text);
    return text;
}

static const struct {
    const char *message, *want;
} texts[] = {
    {"FF* 0000 04", ""},
    {"FF* 0000 03 0604", "\n Error 6/4 (CEASE, Administrative Reset)"},
    {"FF* 0000 05 0001 00 80", "\n VPNv4 Unicast\n AFI 1, SAFI 128, subtype 0"},
    {"FF* 0000 05 0007 00 80", "\n AFI 7, SAFI 128, subtype 0"},
    {"FF* 0000 02 0000 0000", "\n End-of-RIB"},
    {"FF* 0000 02 0004 180a0101 0000", "\n Withdrawn: 10.1.1.0/24"},
    {"FF* 0000 02 0000 0014 40010100 40020602010000fc5a 400304c0000201 180a0101 00",
     "\n Path attributes, 20 octets:\n  ORIGIN: IGP\n  AS_PATH: 64602\n  NEXT_HOP: 192.0.2.1"
     "\n Announced: 10.1.1.0/24, 0.0.0.0/0"},
    {"FF* 0000 02 0000 0023 800e20 0001 80 0c 0000000000000000 0a000202 00 70 080651 "
     "0000fc5a00000001 0a4d01",
     "\n Path attributes, 35 octets:\n  MP_REACH_NLRI: VPNv4 Unicast, next hop 10.0.2.2"
     "\n   Announced: RD 0000fc5a00000001 10.77.1.0/24 label 32869"},
    {"FF* 0000 02 0009 180a0101 0000", "\n Its lengths do not add up"},
    {"FF* 0000 02 0000 0003 c0630120",
     "\n Path attributes, 3 octets:\n Announced: and octets that are no prefix"},
};

START_TEST(messages)
{
    ck_assert_str_eq(say(texts[_i].message, true), texts[_i].want);
}
END_TEST

START_TEST(opens)
{
    struct bgp_open o = peer_open(PEER_AS, 0x0a0000c8);
    uint8_t b[200];
    size_t n = bgp_open_encode(&o, b, sizeof b);

    bgp_message_text(b, n, false, text, sizeof text);
    ck_assert_str_eq(text, "\n Version 4, AS 64602, hold time 180, BGP identifier 10.0.0.200"
                           "\n Capabilities: route refresh, 4-byte AS, extended messages,"
                           " IPv4 Unicast, VPNv4 Unicast, AS 64602");
}
END_TEST

/* Any octets are text, and the text is never longer than its room. */
START_TEST(garbage)
{
    uint8_t b[300];
    char room[64];
    uint32_t seed = (uint32_t)_i + 1;

    for (unsigned k = 0; k < 2000; k++) {
        size_t n;

        for (size_t i = 0; i < sizeof b; i++)
            b[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
        n = seed % sizeof b;
        b[18] = (uint8_t)(1 + k % 5);
        memset(b + 19, 0, k % 4);
        memset(room, 'x', sizeof room);
        bgp_message_text(b, n, k & 1, room, sizeof room - 8);
        ck_assert_uint_lt(strlen(room), sizeof room - 8);
        ck_assert_int_eq(room[sizeof room - 8], 'x');
    }
}
END_TEST

struct seen {
    unsigned sent[BGP_MSGS], received[BGP_MSGS];
};

static void see(void *arg, const struct bgp_trace *t)
{
    struct seen *s = arg;

    ck_assert_uint_eq((unsigned)(t->msg[16] << 8 | t->msg[17]), t->n);
    (t->sent ? s->sent : s->received)[t->msg[18]]++;
}

START_TEST(tracing)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf("192.0.2.1");
    struct bgp_trace_conf trace = {.received = 1u << BGP_OPEN, .sent = 1u << BGP_KEEPALIVE};
    struct seen s = {0};
    struct line *n;

    bgp_set_trace(l->b, &trace, see, &s);
    n = bring_up(l, &conf);
    ck_assert_uint_eq(s.received[BGP_OPEN], 1);
    ck_assert_uint_eq(s.received[BGP_KEEPALIVE], 0);
    ck_assert_uint_eq(s.sent[BGP_OPEN], 0);
    ck_assert_uint_eq(s.sent[BGP_KEEPALIVE], 1);
    trace = (struct bgp_trace_conf){.received = ~0u, .sent = ~0u, .peer = addr("192.0.2.2")};
    bgp_set_trace(l->b, &trace, see, &s); /* of another peer */
    feed_hex(n, KEEPALIVE);
    ck_assert_uint_eq(s.received[BGP_KEEPALIVE], 0);
    trace.peer = conf.addr;
    bgp_set_trace(l->b, &trace, see, &s);
    feed_hex(n, KEEPALIVE);
    ck_assert_uint_eq(s.received[BGP_KEEPALIVE], 1);
    bgp_set_trace(l->b, &(struct bgp_trace_conf){0}, NULL, NULL);
    feed_hex(n, KEEPALIVE);
    ck_assert_uint_eq(s.received[BGP_KEEPALIVE], 1);
    lab_free(l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp text");
    TCase *t = tcase_create("text");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, messages, 0, (int)(sizeof texts / sizeof *texts));
    tcase_add_test(t, opens);
    tcase_add_loop_test(t, garbage, 0, 5);
    tcase_add_test(t, tracing);
    return run_suite(s);
}
