/*
 * The bgp thread over real sockets: speakers on 127/8 addresses and an unprivileged port, raw
 * clients where the peer must misbehave. Real time, so every wait ends as soon as it can.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "engine/net/sockopt.h"
#include "engine/speaker.h"

#define AS_A 64601
#define AS_B 4200000001u
#define ADDR_A "127.0.1.1"
#define ADDR_B "127.0.2.2"
#define BIT(f) (uint8_t)(1U << (f))

struct node {
    struct speaker *s;
    unsigned events, ups, warnings;
    char warning[200];
};

static uv_loop_t loop;
static uint16_t port;

static struct bgp_addr addr(const char *text)
{
    struct bgp_addr a;
    ck_assert(bgp_addr_parse(text, strlen(text), &a));
    return a;
}

static void on_event(void *ctx, const struct bgp_event *e, int64_t when)
{
    struct node *n = ctx;
    ck_assert(when > 0);
    n->events++;
    n->ups += e->to == BGP_ESTABLISHED;
}

static void on_warn(void *ctx, const char *text)
{
    struct node *n = ctx;
    n->warnings++;
    snprintf(n->warning, sizeof n->warning, "%s", text);
}

static void start(struct node *n, const char *listen)
{
    struct bgp_addr a = {0};
    if (listen)
        a = addr(listen);
    memset(n, 0, sizeof *n);
    struct speaker_opts o = {.port = port,
                             .listen = listen ? &a : NULL,
                             .nlisten = listen != NULL,
                             .event = on_event,
                             .warn = on_warn,
                             .ctx = n};
    ck_assert_int_eq(speaker_start(&n->s, &loop, &o), 0);
}

static struct speaker_plan *plan(size_t npeers)
{
    struct speaker_plan *p = calloc(1, sizeof *p);
    p->peers = calloc(npeers + 1, sizeof *p->peers);
    p->npeers = npeers;
    return p;
}

static void process(struct speaker_plan *p, uint32_t as, uint32_t id)
{
    p->process_changed = true;
    p->process = (struct bgp_conf){
        .as = as, .router_id = id, .keepalive = 60, .hold = 180, .connect_retry = 1};
}

static void external(struct bgp_peer_conf *c, const struct bgp_addr *remote,
                     const struct bgp_addr *local, uint32_t as)
{
    *c = (struct bgp_peer_conf){.addr = *remote,
                                .remote_as = as,
                                .kind = BGP_KIND_EXTERNAL,
                                .local = *local,
                                .ttl = 10,
                                .keepalive = 60,
                                .hold = 180,
                                .connect_retry = 1,
                                .enabled = BIT(BGP_VPNV4)};
}

/* A plan with the process and one peer. */
static struct speaker_plan *pair_plan(bool a)
{
    struct speaker_plan *p = plan(1);
    struct bgp_addr x = addr(ADDR_A), y = addr(ADDR_B);
    process(p, a ? AS_A : AS_B, a ? 0x0a000001 : 0x0a000002);
    external(&p->peers[0].conf, a ? &y : &x, a ? &x : &y, a ? AS_B : AS_A);
    p->peers[0].action = BGP_RESET;
    return p;
}

static struct bgp_peer_view view(struct node *n, const char *peer)
{
    struct bgp_peer_view v;
    struct bgp_addr a = addr(peer);
    ck_assert(speaker_peer(n->s, &a, &v));
    return v;
}

static bool is_up(struct node *n, const char *peer)
{
    return view(n, peer).state == BGP_ESTABLISHED;
}

static void turn(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* The end is for what never comes true: a busy machine is to stay far below it. */
#define WAIT(cond)                                                                                 \
    do {                                                                                           \
        for (uint64_t until_ = speaker_now() + 90000; !(cond) && speaker_now() < until_;)          \
            turn();                                                                                \
        ck_assert(cond);                                                                           \
    } while (0)

static unsigned open_files(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static unsigned files_before;

static void setup(void)
{
    uv_loop_init(&loop); /* opens a pipe for the whole process the first time */
    uv_loop_close(&loop);
    files_before = open_files();
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    port = (uint16_t)(20000 + getpid() % 10000);
}

static void teardown(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert_uint_eq(open_files(), files_before);
}

static void start_pair(struct node *a, struct node *b)
{
    start(a, ADDR_A);
    start(b, ADDR_B);
    speaker_apply(a->s, pair_plan(true));
    speaker_apply(b->s, pair_plan(false));
}

static void stop_pair(struct node *a, struct node *b)
{
    speaker_stop(a->s);
    speaker_stop(b->s);
}

START_TEST(establishes)
{
    struct node a, b;
    start_pair(&a, &b);
    WAIT(is_up(&a, ADDR_B) && is_up(&b, ADDR_A));
    struct bgp_peer_view v = view(&a, ADDR_B);
    ck_assert_uint_eq(v.negotiated, BIT(BGP_VPNV4));
    ck_assert_uint_eq(v.peer_offers, BIT(BGP_VPNV4));
    ck_assert_uint_eq(v.remote_as, AS_B);
    ck_assert_uint_eq(v.remote_id, 0x0a000002);
    struct bgp_addr local = addr(ADDR_A);
    ck_assert_int_eq(bgp_addr_cmp(&v.local, &local), 0);
    WAIT(a.ups == 1 && b.ups == 1);
    ck_assert_uint_eq(a.warnings + b.warnings, 0);
    struct bgp_peer_view *all;
    ck_assert_uint_eq(speaker_peers(a.s, &all), 1);
    free(all);
    stop_pair(&a, &b);
}
END_TEST

START_TEST(stop_sends_cease)
{
    struct node a, b;
    start_pair(&a, &b);
    WAIT(is_up(&a, ADDR_B) && is_up(&b, ADDR_A));
    unsigned events = a.events;
    speaker_stop(a.s);
    ck_assert_uint_gt(a.events, events); /* the end of the session is still told */
    WAIT(!is_up(&b, ADDR_A));
    struct bgp_peer_view v = view(&b, ADDR_A);
    ck_assert_uint_eq(v.last_received.code, 6);
    ck_assert_uint_eq(v.last_received.subcode, 2);
    speaker_stop(b.s);
}
END_TEST

static void with_keys(struct node *a, struct node *b, const char *key_a, const char *key_b)
{
    struct speaker_plan *p = pair_plan(true), *q = pair_plan(false);
    p->peers[0].conf.password = strdup(key_a);
    q->peers[0].conf.password = strdup(key_b);
    speaker_apply(a->s, p);
    speaker_apply(b->s, q);
}

static bool md5_missing(void)
{
    int fd = net_socket(4);
    struct bgp_addr a = addr(ADDR_A);
    int rc = net_md5_key(fd, &a, 32, "key");
    close(fd);
    return rc == ENOPROTOOPT;
}

START_TEST(md5)
{
    struct node a, b;
    if (md5_missing())
        return;
    start(&a, ADDR_A);
    start(&b, ADDR_B);
    with_keys(&a, &b, "one", "two");
    for (uint64_t until = speaker_now() + 1500; speaker_now() < until;)
        turn();
    ck_assert(!is_up(&a, ADDR_B) && !is_up(&b, ADDR_A));
    with_keys(&a, &b, "two", "two"); /* the key of an open listener is replaced */
    WAIT(is_up(&a, ADDR_B) && is_up(&b, ADDR_A));
    speaker_apply(a.s, pair_plan(true)); /* and removed */
    speaker_apply(b.s, pair_plan(false));
    WAIT(view(&a, ADDR_B).up_count == 2 && is_up(&b, ADDR_A));
    stop_pair(&a, &b);
}
END_TEST

START_TEST(reset)
{
    struct node a, b;
    start_pair(&a, &b);
    WAIT(is_up(&a, ADDR_B) && is_up(&b, ADDR_A));
    struct bgp_addr peers[2] = {addr(ADDR_B), addr("127.0.9.9")};
    ck_assert_uint_eq(speaker_reset(a.s, peers, 2, "maintenance"), 1);
    WAIT(view(&b, ADDR_A).last_received.code == 6);
    ck_assert_uint_eq(view(&b, ADDR_A).last_received.subcode, 4);
    ck_assert_str_eq(view(&b, ADDR_A).last_received.text, "maintenance");
    WAIT(is_up(&a, ADDR_B) && view(&a, ADDR_B).up_count == 2);
    stop_pair(&a, &b);
}
END_TEST

START_TEST(ignore_and_removal)
{
    struct node a, b;
    start_pair(&a, &b);
    WAIT(is_up(&a, ADDR_B) && is_up(&b, ADDR_A));
    struct speaker_plan *p = pair_plan(true);
    p->process_changed = false;
    p->peers[0].conf.ignore = true;
    speaker_apply(a.s, p);
    ck_assert(view(&a, ADDR_B).admin_down);
    WAIT(view(&b, ADDR_A).last_received.subcode == 2);
    p = pair_plan(true);
    p->peers[0].remove = true;
    speaker_apply(a.s, p);
    struct bgp_peer_view *all;
    ck_assert_uint_eq(speaker_peers(a.s, &all), 0);
    free(all);
    stop_pair(&a, &b);
}
END_TEST

START_TEST(blocked)
{
    struct node a;
    struct bgp_addr far = addr("203.0.113.77"), remote = addr(ADDR_B), none = {0};
    start(&a, ADDR_A);
    struct speaker_plan *p = plan(3);
    process(p, AS_A, 1);
    external(&p->peers[0].conf, &remote, &far, AS_B);
    p->peers[0].conf.source_if = strdup("LoopBack0");
    external(&p->peers[1].conf, &far, &none, AS_B);
    p->peers[1].conf.ttl = 1;
    struct bgp_addr near = addr("127.0.3.3");
    external(&p->peers[2].conf, &near, &none, AS_B);
    p->peers[2].conf.ttl = 1;
    speaker_apply(a.s, p);
    ck_assert_str_eq(view(&a, ADDR_B).blocked,
                     "address 203.0.113.77 of LoopBack0 is not on this host");
    ck_assert_int_eq(view(&a, ADDR_B).state, BGP_IDLE);
    ck_assert_str_eq(view(&a, "203.0.113.77").blocked,
                     "the peer is not directly connected and ebgp-max-hop is not configured");
    ck_assert_str_eq(view(&a, "127.0.3.3").blocked, "");
    p = plan(1);
    external(&p->peers[0].conf, &remote, &none, AS_B);
    speaker_apply(a.s, p);
    ck_assert_str_eq(view(&a, ADDR_B).blocked, "");
    speaker_stop(a.s);
}
END_TEST

/* A TCP client at ADDR_B; -1: refused. */
static int client(const char *to)
{
    struct sockaddr_storage ss;
    struct bgp_addr from = addr(ADDR_B), dst = addr(to);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    socklen_t n = net_sockaddr(&from, 0, &ss);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, n), 0);
    n = net_sockaddr(&dst, port, &ss);
    if (connect(fd, (struct sockaddr *)&ss, n) == 0)
        return fd;
    close(fd);
    return -1;
}

static struct speaker_plan *passive_plan(void)
{
    struct speaker_plan *p = pair_plan(true);
    p->peers[0].conf.listen_only = true;
    return p;
}

START_TEST(wrong_destination)
{
    struct node a;
    char byte;
    start(&a, NULL);
    speaker_apply(a.s, passive_plan());
    int fd = client("127.0.1.9");
    ck_assert_int_ge(fd, 0);
    ck_assert_int_le(recv(fd, &byte, 1, 0), 0); /* closed without an OPEN */
    close(fd);
    fd = client(ADDR_A);
    ck_assert_int_eq(recv(fd, &byte, 1, 0), 1);
    close(fd);
    speaker_stop(a.s);
}
END_TEST

/* What the peer still sends while we close must not turn our FIN into a reset. */
START_TEST(notification_survives)
{
    struct node a;
    static uint8_t junk[200000], got[8192];
    size_t n = 0;
    ssize_t r;
    start(&a, ADDR_A);
    speaker_apply(a.s, passive_plan());
    int fd = client(ADDR_A);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(send(fd, junk, sizeof junk, MSG_NOSIGNAL), sizeof junk);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    while ((r = recv(fd, got + n, sizeof got - n, 0)) > 0)
        n += (size_t)r;
    ck_assert_int_eq(r, 0);
    ck_assert_uint_gt(n, 21);
    ck_assert_uint_eq(got[18], BGP_OPEN);
    ck_assert_uint_eq(got[n - 21 + 18], BGP_NOTIFICATION);
    ck_assert_uint_eq(got[n - 2], 1); /* message header error, connection not synchronized */
    ck_assert_uint_eq(got[n - 1], 1);
    close(fd);
    speaker_stop(a.s);
}
END_TEST

START_TEST(listens_only_while_configured)
{
    struct node a, b;
    start(&a, ADDR_A);
    ck_assert_int_lt(client(ADDR_A), 0);
    speaker_apply(a.s, passive_plan());
    int fd = client(ADDR_A);
    ck_assert_int_ge(fd, 0);
    close(fd);
    start(&b, ADDR_A);
    speaker_apply(b.s, pair_plan(false));
    WAIT(b.warnings == 1);
    char want[100];
    snprintf(want, sizeof want, "cannot listen on %s port %u: Address already in use", ADDR_A,
             port);
    ck_assert_str_eq(b.warning, want);
    struct speaker_plan *p = plan(0);
    p->process_changed = true;
    speaker_apply(a.s, p);
    ck_assert_int_lt(client(ADDR_A), 0);
    speaker_apply(b.s, plan(0)); /* retried with the next commit */
    fd = client(ADDR_A);
    ck_assert_int_ge(fd, 0);
    close(fd);
    stop_pair(&a, &b);
}
END_TEST

START_TEST(gtsm)
{
    struct node a, b;
    start(&a, ADDR_A);
    start(&b, ADDR_B);
    struct speaker_plan *p = pair_plan(true), *q = pair_plan(false);
    p->peers[0].conf.gtsm_hops = q->peers[0].conf.gtsm_hops = 1;
    speaker_apply(a.s, p);
    speaker_apply(b.s, q);
    WAIT(is_up(&a, ADDR_B) && is_up(&b, ADDR_A));
    int fd = client(ADDR_A); /* with the host's default TTL */
    char byte;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
    close(fd);
    stop_pair(&a, &b);
}
END_TEST

/* The other end of one session in a process of its own: brings it up, stops us for longer than the
 * hold time while it goes on sending, then lets us continue. */
static void stop_and_continue(pid_t us)
{
    uint8_t open[37] = {[17] = 37, [18] = BGP_OPEN, [19] = 4, [20] = 64602 >> 8, [21] = 64602 & 255,
                        [23] = 3,  [24] = 10,       [27] = 2, [28] = 8,          [29] = 2,
                        [30] = 6,  [31] = 1,        [32] = 4, [34] = 1,          [36] = 128};
    uint8_t keepalive[19] = {[17] = 19, [18] = BGP_KEEPALIVE};
    memset(open, 0xff, 16);
    memset(keepalive, 0xff, 16);
    int fd = client(ADDR_A);
    bool ok = send(fd, open, sizeof open, 0) == sizeof open;
    for (int i = 0; ok && i < 12; i++) {
        ok = send(fd, keepalive, sizeof keepalive, MSG_NOSIGNAL) == sizeof keepalive;
        if (i == 2 || i == 10)
            kill(us, i == 2 ? SIGSTOP : SIGCONT);
        nanosleep(&(struct timespec){.tv_nsec = 450000000}, NULL);
    }
    _exit(!ok);
}

START_TEST(stall_is_not_silence)
{
    struct node a;
    int status;
    start(&a, ADDR_A);
    struct speaker_plan *p = passive_plan();
    p->peers[0].conf.remote_as = 64602;
    p->peers[0].conf.hold = 3;
    p->peers[0].conf.keepalive = 1;
    speaker_apply(a.s, p);
    pid_t us = getpid(), pid = fork();
    if (pid == 0)
        stop_and_continue(us);
    WAIT(is_up(&a, ADDR_B));
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL); /* in here we are stopped */
    ck_assert(is_up(&a, ADDR_B));
    ck_assert_uint_eq(view(&a, ADDR_B).up_count, 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    speaker_stop(a.s);
}
END_TEST

/* A network namespace of this test's own with lo up; false: not permitted, or no fork to undo it.
 */
static bool own_network(void)
{
    struct ifreq ifr = {.ifr_name = "lo"};
    const char *fork = getenv("CK_FORK");
    if ((fork && strcmp(fork, "no") == 0) || unshare(CLONE_NEWNET) < 0)
        return false;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ifr.ifr_flags = IFF_UP;
    bool ok = ioctl(fd, SIOCSIFFLAGS, &ifr) == 0;
    close(fd);
    return ok;
}

static void carry(struct speaker_plan *p, const char *text, uint8_t len)
{
    p->addrs_changed = true;
    p->addrs = reallocarray(p->addrs, p->naddrs + 1, sizeof *p->addrs);
    p->addrs[p->naddrs++] =
        (struct speaker_addr){.ifname = "LoopBack0", .addr = addr(text), .len = len};
}

static bool local_address(const char *text)
{
    struct sockaddr_storage ss;
    struct bgp_addr a = addr(text);
    int fd = socket(a.af == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    socklen_t n = net_sockaddr(&a, 0, &ss);
    bool ok = bind(fd, (struct sockaddr *)&ss, n) == 0;
    close(fd);
    return ok;
}

/* Over IPv6, between addresses the speakers add themselves, with a key and GTSM. */
START_TEST(managed_addresses)
{
    struct node a, b;
    struct bgp_addr x = addr("fd00:9::1"), y = addr("fd00:9::2");
    if (!own_network())
        return;
    ck_assert_int_eq(system("ip addr add 10.9.9.9/32 dev lo"), 0);
    start(&a, "fd00:9::1");
    start(&b, "fd00:9::2");
    struct speaker_plan *p = pair_plan(true), *q = pair_plan(false);
    external(&p->peers[0].conf, &y, &x, AS_B);
    external(&q->peers[0].conf, &x, &y, AS_A);
    p->peers[0].conf.password = strdup("key");
    q->peers[0].conf.password = strdup("key");
    p->peers[0].conf.gtsm_hops = q->peers[0].conf.gtsm_hops = 1;
    carry(p, "10.9.9.1", 32);
    carry(p, "10.9.9.9", 32); /* somebody else's, and stays so */
    carry(p, "fd00:9::1", 128);
    speaker_apply(a.s, p);
    speaker_apply(b.s, q);
    ck_assert_str_eq(view(&b, "fd00:9::1").blocked, "address fd00:9::2 is not on this host");
    ck_assert_int_eq(system("ip addr add fd00:9::2/128 dev lo nodad"), 0);
    WAIT(is_up(&a, "fd00:9::2") && is_up(&b, "fd00:9::1")); /* unblocked at once */
    WAIT(a.warnings + b.warnings == 1);                     /* b could not listen at first */

    ck_assert(local_address("10.9.9.1"));
    ck_assert_int_eq(system("ip addr del 10.9.9.1/32 dev lo"), 0);
    WAIT(local_address("10.9.9.1")); /* wanted, so it comes back */
    p = plan(0);
    carry(p, "10.9.9.1", 32);
    speaker_apply(a.s, p);
    ck_assert(!local_address("fd00:9::1"));
    ck_assert_str_eq(view(&a, "fd00:9::2").blocked, "address fd00:9::1 is not on this host");
    WAIT(!is_up(&b, "fd00:9::1"));
    stop_pair(&a, &b);
    ck_assert(local_address("10.9.9.1")); /* stays when the speaker stops */

    start(&a, "fd00:9::1"); /* a new one knows its own by the mark */
    p = plan(0);
    carry(p, "10.9.9.2", 32);
    speaker_apply(a.s, p);
    ck_assert(!local_address("10.9.9.1") && local_address("10.9.9.2"));
    ck_assert(local_address("10.9.9.9"));
    speaker_stop(a.s);
}
END_TEST

#define MANY 1000

static struct bgp_addr many_addr(unsigned net, unsigned i)
{
    return (struct bgp_addr){.af = 4, .b = {127, (uint8_t)net, (uint8_t)(i >> 8), (uint8_t)i}};
}

static size_t count_up(struct node *n)
{
    struct bgp_peer_view *all;
    size_t total = speaker_peers(n->s, &all), up = 0;
    for (size_t i = 0; i < total; i++)
        up += all[i].state == BGP_ESTABLISHED;
    free(all);
    return up;
}

static struct speaker_plan *many_plan(bool a)
{
    struct speaker_plan *p = plan(MANY);
    process(p, a ? AS_A : AS_B, a ? 1 : 2);
    for (unsigned i = 0; i < MANY; i++) {
        struct bgp_addr x = many_addr(30, i + 1), y = many_addr(40, i + 1);
        external(&p->peers[i].conf, a ? &y : &x, a ? &x : &y, a ? AS_B : AS_A);
        *(a ? &p->peers[i].conf.connect_only : &p->peers[i].conf.listen_only) = true;
    }
    return p;
}

START_TEST(thousand_peers)
{
    struct node a, b;
    struct timespec t0, t1;
    start(&a, ADDR_A);
    start(&b, NULL);
    speaker_apply(b.s, many_plan(false));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t0);
    speaker_apply(a.s, many_plan(true));
    WAIT(a.ups == MANY && b.ups == MANY);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t1);
    ck_assert_uint_eq(count_up(&a), MANY);
    if (getenv("VERBOSE"))
        printf("%d sessions, both ends: %ld ms of CPU\n", MANY,
               (t1.tv_sec - t0.tv_sec) * 1000 + (t1.tv_nsec - t0.tv_nsec) / 1000000);
    stop_pair(&a, &b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("speaker");
    TCase *t = tcase_create("sockets");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, establishes);
    tcase_add_test(t, stop_sends_cease);
    tcase_add_test(t, md5);
    tcase_add_test(t, reset);
    tcase_add_test(t, ignore_and_removal);
    tcase_add_test(t, blocked);
    tcase_add_test(t, wrong_destination);
    tcase_add_test(t, notification_survives);
    tcase_add_test(t, listens_only_while_configured);
    tcase_add_test(t, gtsm);
    tcase_add_test(t, stall_is_not_silence);
    tcase_add_test(t, managed_addresses);
    tcase_add_test(t, thousand_peers);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
