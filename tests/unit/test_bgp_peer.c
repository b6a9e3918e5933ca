/*
 * Peers: timers under virtual time, configuration, listen ranges.
 */
#include "test_bgp_lab.h"

#include "bgp/timer.h"

#define P "192.0.2.1"

/* --- timers -------------------------------------------------------------------------- */

static unsigned fired[100], nfired;
static struct bgp_timer timers[100];

static void on_fire(struct bgp_timer *t)
{
    fired[nfired++] = (unsigned)(t - timers);
}

START_TEST(heap)
{
    struct bgp_timers h = {0};
    uint32_t r = 7;

    for (unsigned i = 0; i < 100; i++) {
        timers[i].fire = on_fire;
        r = r * 1664525u + 1013904223u;
        bgp_timer_set(&h, &timers[i], r >> 24);
    }
    for (unsigned i = 0; i < 100; i += 3)
        bgp_timer_stop(&h, &timers[i]);
    for (unsigned i = 1; i < 100; i += 3)
        bgp_timer_set(&h, &timers[i], 500 - i);
    bgp_timer_stop(&h, &timers[0]);
    ck_assert(!bgp_timer_running(&timers[0]) && bgp_timer_running(&timers[1]));
    bgp_timers_run(&h, 1000);
    ck_assert_uint_eq(nfired, 66);
    for (unsigned i = 1; i < nfired; i++)
        ck_assert_uint_ge(timers[fired[i]].at, timers[fired[i - 1]].at);
    ck_assert_uint_eq(bgp_timers_next(&h), UINT64_MAX);
    bgp_timers_free(&h);
}
END_TEST

/* RFC 4271 section 10: 0.75 to 1.0 of the interval, anew each time. */
START_TEST(keepalive_gaps)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);
    uint64_t last = 0, least = UINT64_MAX, most = 0;
    unsigned gaps = 0;

    while (gaps < 50) {
        uint64_t sent;

        pass(l, 100);
        if (l->now % 10000 == 0)
            feed_hex(n, KEEPALIVE);
        sent = look(l, P).last_keepalive_out;
        if (sent == last)
            continue;
        if (last > 1000) {
            ck_assert_uint_ge(sent - last, 45000);
            ck_assert_uint_le(sent - last, 60000);
            least = sent - last < least ? sent - last : least;
            most = sent - last > most ? sent - last : most;
            gaps++;
        }
        last = sent;
    }
    ck_assert_uint_gt(most - least, 5000);
    lab_free(l);
}
END_TEST

START_TEST(hold_expires)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    pass(l, 179000);
    feed_hex(n, KEEPALIVE);
    pass(l, 179999);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    pass(l, 1);
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    assert_notified(n, 4, 0, "hold timer");
    ck_assert_str_eq(l->events[l->nevents - 1].reason, "Hold timer expire");
    ck_assert_str_eq(l->events[l->nevents - 1].event, "HoldTimerExpired");
    lab_free(l);
}
END_TEST

START_TEST(any_message_holds)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n;

    conf.hold = 3;
    n = bring_up(l, &conf);
    for (unsigned i = 0; i < 10; i++) {
        pass(l, 2900);
        feed_hex(n, i % 2 ? EMPTY_UPDATE : REFRESH);
    }
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

START_TEST(open_never_comes)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    pass(l, 239999);
    ck_assert_int_eq(state(l, P), BGP_OPENSENT);
    pass(l, 1);
    assert_notified(n, 4, 0, "large hold time");
    lab_free(l);
}
END_TEST

/* RFC 9687: TCP takes nothing for max(8 min, 2 x hold), the peer's keepalives notwithstanding. */
START_TEST(send_hold)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, 9);
    uint64_t limit = _i ? 600000 : 480000, end;
    struct line *n;
    size_t taken;

    conf.hold = o.hold = _i ? 300 : 180;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    n = last_attempt(l);
    establish_tcp(n);
    feed_open(n, &o);
    feed_hex(n, KEEPALIVE);
    bgp_unsent(n->conn, 50);
    pass(l, 100000);
    taken = n->nout - 20;
    bgp_unsent(n->conn, 20); /* progress */
    end = l->now + limit;
    while (l->now + 50000 < end) {
        pass(l, 50000);
        feed_hex(n, KEEPALIVE);
        bgp_unsent(n->conn, n->nout - taken); /* grows with what we send: no progress */
    }
    pass(l, end - l->now - 1);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    ck_assert_uint_gt(look(l, P).unsent, 20);
    pass(l, 1);
    assert_notified(n, 8, 0, "send hold");
    lab_free(l);
}
END_TEST

START_TEST(send_hold_ends_with_the_queue)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    bgp_unsent(n->conn, 10);
    pass(l, 170000);
    feed_hex(n, KEEPALIVE);
    bgp_unsent(n->conn, 0);
    for (unsigned i = 0; i < 10; i++) {
        pass(l, 170000);
        feed_hex(n, KEEPALIVE);
    }
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

/* A peer that answers every OPEN with 2/2: the pauses double up to a minute. */
START_TEST(idle_hold_grows)
{
    static const uint64_t least[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    bool damped = _i == 0;

    conf.no_dampening = !damped;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    for (unsigned i = 0; i < 8; i++) {
        struct line *n = last_attempt(l);
        uint64_t from = l->now, want = damped ? least[i] : 1000, waited;

        establish_tcp(n);
        feed_hex(n, "FF* 0015 03 0202");
        ck_assert_int_eq(state(l, P), BGP_IDLE);
        ck_assert_ptr_null(inbound(l, P)); /* Idle refuses */
        while (state(l, P) == BGP_IDLE)
            pass(l, 10);
        waited = l->now - from;
        ck_assert_msg(waited >= want && waited <= want * 5 / 4 + 10, "pause %u: %lu ms", i,
                      (unsigned long)waited);
    }
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    lab_free(l);
}
END_TEST

/* A session that was up for a while, or was ended in an orderly way, starts with a clean record. */
START_TEST(idle_hold_forgets)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    for (unsigned i = 0; i < 6; i++) {
        struct bgp_open o = peer_open(PEER_AS, 9);

        if (i < 3)
            pass(l, 61000);
        if (i < 3)
            cut_tcp(n);
        else
            feed_hex(n, "FF* 0015 03 0604");
        ck_assert_int_eq(state(l, P), BGP_IDLE);
        pass(l, 1251);
        n = last_attempt(l);
        ck_assert_ptr_nonnull(n->conn);
        establish_tcp(n);
        feed_open(n, &o);
        feed_hex(n, KEEPALIVE);
        ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    }
    ck_assert_uint_eq(look(l, P).flaps, 6);
    ck_assert_uint_eq(look(l, P).up_count, 7);
    lab_free(l);
}
END_TEST

/* Refused connects: quick at first, then at the configured pace; Active accepts in between. */
START_TEST(connect_retry)
{
    static const uint64_t most[] = {1000, 2000, 4000, 8000, 16000, 32000, 32000};
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *in;
    struct bgp_open o = peer_open(PEER_AS, 9);

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    for (unsigned i = 0; i < 7; i++) {
        uint64_t from = l->now;

        refuse_tcp(last_attempt(l));
        ck_assert_int_eq(state(l, P), BGP_ACTIVE);
        while (state(l, P) == BGP_ACTIVE)
            pass(l, 1);
        ck_assert_int_eq(state(l, P), BGP_CONNECT);
        ck_assert_uint_le(l->now - from, most[i] + 1);
        ck_assert_uint_ge(l->now - from, most[i] * 3 / 4);
    }
    ck_assert_str_eq(look(l, P).last_failure, "Connection refused");
    refuse_tcp(last_attempt(l));
    in = inbound(l, P);
    ck_assert_ptr_nonnull(in);
    feed_open(in, &o);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    lab_free(l);
}
END_TEST

/* Unanswered connects are given up and repeated. */
START_TEST(connect_hangs)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *first;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    first = last_attempt(l);
    pass(l, 8000);
    ck_assert(first->closed);
    ck_assert_uint_eq(attempts(l), 2);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    pass(l, 600000);
    ck_assert_uint_ge(attempts(l), 600 / 32);
    ck_assert_uint_le(attempts(l), 2 + 600 / 24 + 4);
    lab_free(l);
}
END_TEST

START_TEST(tcp_loss_in_opensent)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    establish_tcp(last_attempt(l));
    cut_tcp(last_attempt(l));
    ck_assert_int_eq(state(l, P), BGP_ACTIVE);
    pass(l, 1000);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    lab_free(l);
}
END_TEST

/* Ten thousand peers without anything to do need no timer; with sessions, one each at a time. */
START_TEST(many_peers)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);

    conf.listen_only = true;
    for (unsigned i = 0; i < 10000; i++) {
        conf.addr.b[1] = (uint8_t)(i >> 8);
        conf.addr.b[2] = (uint8_t)i;
        bgp_set_peer(l->b, &conf, BGP_KEEP);
    }
    ck_assert_uint_eq(bgp_peer_count(l->b), 10000);
    ck_assert_uint_eq(bgp_deadline(l->b), UINT64_MAX);
    lab_free(l);
}
END_TEST

/* --- configuration ------------------------------------------------------------------- */

START_TEST(keep_and_reset)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    conf.hold = 30;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    assert_silent(n);
    bgp_set_peer(l->b, &conf, BGP_RESET);
    assert_notified(n, 6, 6, "reset by configuration");
    ck_assert_int_eq(state(l, P), BGP_CONNECT); /* at once */
    ck_assert_str_eq(l->events[l->nevents - 2].reason, "Configuration lead peer down");
    ck_assert_int_eq(l->events[l->nevents - 2].code, 6);
    lab_free(l);
}
END_TEST

START_TEST(reset_by_operator)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_addr a = conf.addr, other = addr("192.0.2.2");
    struct line *n = bring_up(l, &conf);

    ck_assert(!bgp_reset_peer(l->b, &other, NULL));
    ck_assert(bgp_reset_peer(l->b, &a, "again"));
    ck_assert_str_eq(look(l, P).last_sent.text, "again");
    assert_notified(n, 6, 4, "reset");
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    feed_hex((establish_tcp(last_attempt(l)), last_attempt(l)), "FF* 0015 03 0202");
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert(bgp_reset_peer(l->b, &a, NULL)); /* does not wait for the idle-hold timer */
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    lab_free(l);
}
END_TEST

/* What is kept of a session's coming and going: the newest, newest first. */
START_TEST(records)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_addr a = conf.addr;
    struct bgp_record r[BGP_RECORDS + 1];
    unsigned ups = 0;

    bring_up(l, &conf);
    ck_assert_uint_eq(bgp_peer_log(l->b, &a, r, BGP_RECORDS), 1);
    ck_assert(r[0].up && r[0].code == 0);
    bgp_reset_peer(l->b, &a, NULL);
    ck_assert_uint_eq(bgp_peer_log(l->b, &a, r, BGP_RECORDS), 2);
    ck_assert(!r[0].up && r[0].sent && r[0].code == 6 && r[0].subcode == 4);
    ck_assert_uint_eq(r[0].when_ms, l->now);
    for (unsigned i = 0; i < BGP_RECORDS; i++) {
        bring_up(l, &conf);
        pass(l, 1000);
        bgp_reset_peer(l->b, &a, NULL);
    }
    ck_assert_uint_eq(bgp_peer_log(l->b, &a, r, BGP_RECORDS + 1), BGP_RECORDS);
    ck_assert_uint_eq(r[0].when_ms, r[1].when_ms + 1000);
    for (unsigned i = 0; i < BGP_RECORDS; i++)
        ups += r[i].up;
    ck_assert_uint_eq(ups, BGP_RECORDS / 2);
    lab_free(l);
}
END_TEST

START_TEST(ignore)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    conf.ignore = true;
    bgp_set_peer(l->b, &conf, _i ? BGP_RESET : BGP_KEEP);
    assert_notified(n, 6, 2, "ignore");
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert(look(l, P).admin_down);
    ck_assert_ptr_null(inbound(l, P));
    ck_assert_uint_eq(bgp_deadline(l->b), UINT64_MAX);
    bgp_set_peer(l->b, &conf, BGP_RESET); /* again: nothing happens */
    conf.ignore = false;
    bgp_set_peer(l->b, &conf, _i ? BGP_RESET : BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    ck_assert(!look(l, P).admin_down);
    lab_free(l);
}
END_TEST

START_TEST(removed)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf), *in = inbound(l, P);
    struct bgp_peer_view v;

    bgp_remove_peer(l->b, &conf.addr);
    assert_notified(n, 6, 3, "removed");
    assert_notified(in, 6, 3, "removed, second connection");
    ck_assert(!bgp_peer_view(l->b, &conf.addr, &v));
    ck_assert_uint_eq(bgp_peer_count(l->b), 0);
    bgp_remove_peer(l->b, &conf.addr);
    lab_free(l);
}
END_TEST

START_TEST(blocked)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    bgp_block_peer(l->b, &conf.addr, "no route to peer");
    assert_notified(n, 6, 6, "blocked");
    ck_assert_str_eq(look(l, P).blocked, "no route to peer");
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert_ptr_null(inbound(l, P));
    pass(l, 600000);
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    bgp_block_peer(l->b, &conf.addr, NULL);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    ck_assert_str_eq(look(l, P).blocked, "");
    conf.blocked = strdup("connect-interface LoopBack0 has no address");
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert_str_eq(look(l, P).blocked, conf.blocked);
    free(conf.blocked);
    conf.blocked = NULL;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    lab_free(l);
}
END_TEST

START_TEST(process_settings)
{
    struct lab *l = lab_new();
    struct bgp_conf process = lab_process();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n;

    process.router_id = 0;
    bgp_set_process(l->b, &process);
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert_str_eq(look(l, P).blocked, "no router ID");
    process.router_id = OUR_ID;
    bgp_set_process(l->b, &process);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    n = bring_up(l, &conf);
    bgp_set_process(l->b, &process); /* the same again */
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    process.shutdown = true;
    bgp_set_process(l->b, &process);
    assert_notified(n, 6, 2, "process shutdown");
    ck_assert(look(l, P).admin_down);
    process.shutdown = false;
    bgp_set_process(l->b, &process);
    n = bring_up(l, &conf);
    process = (struct bgp_conf){0};
    bgp_set_process(l->b, &process);
    assert_notified(n, 6, 3, "BGP removed");
    ck_assert_uint_eq(bgp_peer_count(l->b), 0);
    lab_free(l);
}
END_TEST

START_TEST(shutdown_says_why)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct line *n = bring_up(l, &conf);

    bgp_shutdown(l->b, "going away");
    ck_assert_str_eq(look(l, P).last_sent.text, "going away");
    assert_notified(n, 6, 2, "shutdown");
    pass(l, 600000);
    ck_assert_int_eq(state(l, P), BGP_IDLE);
    ck_assert_ptr_null(inbound(l, P));
    lab_free(l);
}
END_TEST

START_TEST(one_way_peers)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    struct bgp_open o = peer_open(PEER_AS, 9);
    struct line *in;

    conf.listen_only = true;
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_int_eq(state(l, P), BGP_ACTIVE);
    pass(l, 600000);
    ck_assert_uint_eq(attempts(l), 0);
    in = inbound(l, P);
    feed_open(in, &o);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, P), BGP_ESTABLISHED);
    cut_tcp(in);
    pass(l, 1300);
    ck_assert_int_eq(state(l, P), BGP_ACTIVE);
    in = inbound(l, P);
    cut_tcp(in);
    pass(l, 60000);
    ck_assert_int_eq(state(l, P), BGP_ACTIVE);
    ck_assert_uint_eq(attempts(l), 0);
    conf.listen_only = false;
    conf.connect_only = true;
    bgp_set_peer(l->b, &conf, BGP_RESET);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
    ck_assert_ptr_null(inbound(l, P));
    lab_free(l);
}
END_TEST

START_TEST(wrong_destination)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);

    conf.local = addr("10.9.9.9");
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    ck_assert_ptr_null(inbound(l, P));           /* it came to 192.0.2.254 */
    ck_assert_ptr_null(inbound(l, "192.0.2.7")); /* nobody configured */
    lab_free(l);
}
END_TEST

START_TEST(log_change)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);

    conf.no_log = true;
    bring_up(l, &conf);
    ck_assert(!l->events[0].logged);
    lab_free(l);
}
END_TEST

static void until_connect(struct lab *l)
{
    for (unsigned i = 0; i < 300 && state(l, P) != BGP_CONNECT; i++)
        pass(l, 1000);
    ck_assert_int_eq(state(l, P), BGP_CONNECT);
}

/* What the log says once only: the same change again, until the session has been up. */
START_TEST(known_changes)
{
    struct lab *l = lab_new();
    struct bgp_peer_conf conf = peer_conf(P);
    unsigned first;

    bgp_set_peer(l->b, &conf, BGP_KEEP);
    refuse_tcp(last_attempt(l));
    ck_assert_uint_eq(l->nevents, 2); /* to Connect, to Active */
    ck_assert(!l->events[0].known && !l->events[1].known);
    ck_assert_str_eq(l->events[1].input, "TCP_FAIL");
    until_connect(l);
    refuse_tcp(last_attempt(l));
    ck_assert_uint_eq(l->nevents, 4);
    ck_assert(!l->events[2].known && l->events[3].known);
    until_connect(l);
    ck_assert(l->events[4].known);
    bring_up(l, &conf);
    ck_assert(!l->events[l->nevents - 1].known);
    first = l->nevents;
    bgp_reset_peer(l->b, &conf.addr, NULL);
    until_connect(l);
    refuse_tcp(last_attempt(l));
    ck_assert_uint_eq(l->nevents, first + 3); /* to Idle, Connect, Active */
    for (unsigned i = first; i < l->nevents; i++)
        ck_assert(!l->events[i].known);
    lab_free(l);
}
END_TEST

/* --- listen ranges ------------------------------------------------------------------- */

static struct bgp_listen_conf range(const char *net, uint8_t len)
{
    struct bgp_listen_conf r = {.net = addr(net), .len = len, .peer = peer_conf(P), .nas = 1};

    r.peer.addr = (struct bgp_addr){0};
    r.peer.remote_as = 0;
    r.peer.listen = true;
    r.as[0].begin = 65000;
    r.as[0].end = 65010;
    return r;
}

START_TEST(dynamic_peers)
{
    struct lab *l = lab_new();
    struct bgp_conf process = lab_process();
    struct bgp_listen_conf r[2] = {range("10.1.0.0", 16), range("10.1.9.0", 24)};
    struct bgp_open good = peer_open(65005, 9), bad = peer_open(65011, 10);
    struct line *in, *refused;

    process.dynamic_limit = 2;
    bgp_set_process(l->b, &process);
    bgp_set_listen(l->b, r, 2);
    ck_assert_uint_eq(bgp_peer_count(l->b), 0);
    ck_assert_ptr_null(inbound(l, "10.2.0.1"));
    in = inbound(l, "10.1.0.1");
    ck_assert_ptr_nonnull(in);
    feed_open(in, &good);
    feed_hex(in, KEEPALIVE);
    ck_assert_int_eq(state(l, "10.1.0.1"), BGP_ESTABLISHED);
    ck_assert(look(l, "10.1.0.1").dynamic);
    ck_assert_uint_eq(look(l, "10.1.0.1").remote_as, 65005);
    refused = inbound(l, "10.1.0.2");
    ck_assert_uint_eq(bgp_peer_count(l->b), 2);
    ck_assert_ptr_null(inbound(l, "10.1.0.3")); /* the limit */
    feed_open(refused, &bad);
    assert_notified(refused, 2, 2, "AS outside the range");
    ck_assert_uint_eq(bgp_peer_count(l->b), 1);
    bgp_set_listen(l->b, r, 2); /* the same again */
    ck_assert_int_eq(state(l, "10.1.0.1"), BGP_ESTABLISHED);
    cut_tcp(in);
    ck_assert_uint_eq(bgp_peer_count(l->b), 0);
    ck_assert_uint_eq(bgp_deadline(l->b), UINT64_MAX);
    in = inbound(l, "10.1.9.1");
    feed_open(in, &good);
    refused = inbound(l, "10.1.0.1");
    feed_open(refused, &good);
    feed_hex(refused, KEEPALIVE);
    r[0].peer.enabled = 1;
    bgp_set_listen(l->b, r, 1); /* one range gone, the other with another family */
    assert_notified(refused, 6, 6, "changed range");
    assert_notified(in, 6, 6, "now in the wider range");
    in = inbound(l, "10.1.0.1");
    bgp_set_listen(l->b, NULL, 0);
    assert_notified(in, 6, 3, "removed range");
    ck_assert_uint_eq(bgp_peer_count(l->b), 0);
    lab_free(l);
}
END_TEST

/* A listen group for internal peers takes our AS only, one for external peers never. */
START_TEST(dynamic_kinds)
{
    struct lab *l = lab_new();
    struct bgp_listen_conf r = range("10.1.0.0", 16);
    struct bgp_open ours = peer_open(OUR_AS, 9), other = peer_open(65005, 10);
    bool internal = _i;
    struct line *in;

    r.peer.kind = internal ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
    r.as[0].begin = 1;
    r.nas = !internal;
    bgp_set_listen(l->b, &r, 1);
    in = inbound(l, "10.1.0.1");
    ck_assert_int_eq(feed_open(in, &ours), internal);
    ck_assert(!internal || look(l, "10.1.0.1").internal);
    in = inbound(l, "10.1.0.2");
    ck_assert_int_eq(feed_open(in, &other), !internal);
    lab_free(l);
}
END_TEST

/* A dynamic peer that becomes a configured one, and one that is taken down by an operator. */
START_TEST(dynamic_becomes_static)
{
    struct lab *l = lab_new();
    struct bgp_listen_conf r = range("10.1.0.0", 16);
    struct bgp_peer_conf conf = peer_conf("10.1.0.1");
    struct line *in, *other;

    bgp_set_listen(l->b, &r, 1);
    in = inbound(l, "10.1.0.1");
    other = inbound(l, "10.1.0.2");
    bgp_set_peer(l->b, &conf, BGP_KEEP);
    assert_notified(in, 6, 6, "configured by name");
    ck_assert(!look(l, "10.1.0.1").dynamic);
    ck_assert_int_eq(state(l, "10.1.0.1"), BGP_CONNECT);
    bgp_reset_peer(l->b, &(struct bgp_addr){.af = 4, .b = {10, 1, 0, 2}}, NULL);
    assert_notified(other, 6, 4, "reset");
    ck_assert_uint_eq(bgp_peer_count(l->b), 1);
    lab_free(l);
}
END_TEST

static bool collect(void *arg, const struct bgp_peer_view *v)
{
    char *text = arg, buf[BGP_ADDR_STRLEN];

    strcat(text, bgp_addr_str(&v->addr, buf));
    strcat(text, " ");
    return strlen(text) < 40;
}

START_TEST(address_order)
{
    static const char *const list[] = {"10.0.0.2", "2001:db8::1", "9.0.0.1", "10.0.0.10"};
    struct lab *l = lab_new();
    char text[200] = "";

    for (unsigned i = 0; i < 4; i++) {
        struct bgp_peer_conf conf = peer_conf(list[i]);

        bgp_set_peer(l->b, &conf, BGP_KEEP);
    }
    bgp_each_peer(l->b, collect, text);
    ck_assert_str_eq(text, "9.0.0.1 10.0.0.2 10.0.0.10 2001:db8::1 ");
    lab_free(l);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bgp peer");
    TCase *t = tcase_create("peer");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, heap);
    tcase_add_test(t, keepalive_gaps);
    tcase_add_test(t, hold_expires);
    tcase_add_test(t, any_message_holds);
    tcase_add_test(t, open_never_comes);
    tcase_add_loop_test(t, send_hold, 0, 2);
    tcase_add_test(t, send_hold_ends_with_the_queue);
    tcase_add_loop_test(t, idle_hold_grows, 0, 2);
    tcase_add_test(t, idle_hold_forgets);
    tcase_add_test(t, connect_retry);
    tcase_add_test(t, connect_hangs);
    tcase_add_test(t, tcp_loss_in_opensent);
    tcase_add_test(t, many_peers);
    tcase_add_test(t, keep_and_reset);
    tcase_add_test(t, reset_by_operator);
    tcase_add_test(t, records);
    tcase_add_loop_test(t, ignore, 0, 2);
    tcase_add_test(t, removed);
    tcase_add_test(t, blocked);
    tcase_add_test(t, process_settings);
    tcase_add_test(t, shutdown_says_why);
    tcase_add_test(t, one_way_peers);
    tcase_add_test(t, wrong_destination);
    tcase_add_test(t, log_change);
    tcase_add_test(t, known_changes);
    tcase_add_test(t, dynamic_peers);
    tcase_add_loop_test(t, dynamic_kinds, 0, 2);
    tcase_add_test(t, dynamic_becomes_static);
    tcase_add_test(t, address_order);
    return run_suite(s);
}
