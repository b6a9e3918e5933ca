/*
 * Many BGP peers in one process: the other end of the session benchmark, the same for every daemon
 * that is measured. Called by tests/bench/sessions.sh.
 *
 *   bgp_sessions listen|connect PEERS FIRST_ADDRESS DAEMON_ADDRESS PORT AS WATCH LIMIT
 *
 * Peer i lives on FIRST_ADDRESS + i and speaks just enough BGP to be Established: OPEN, KEEPALIVE,
 * the hold timer; what else it hears it ignores. "listen" waits for the daemon to connect,
 * "connect" connects, a few at a time so that no listen backlog decides the result, and tries again
 * soon after a failure. Prints established N SECONDS    when all N peers are up for the first time;
 * seconds since the epoch watched SECONDS up N flaps N silence MS after it watched for WATCH
 * seconds; MS is the longest time any peer waited for a KEEPALIVE meanwhile. Ends with 1 when not
 * all were up after LIMIT seconds.
 *
 * A peer is up once it has got a KEEPALIVE for its OPEN. A flap is a session that was up and ended,
 * whoever ended it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgp/types.h"
#include "bgp/wire/open.h"

enum {
    HOLD = 9,
    KEEPALIVE_MS = 3000,
    RETRY_MS = 20,
    IN_FLIGHT = 8,
    PEERS_MAX = 60000,
    KEEPALIVE = 4
};

struct peer {
    int fd; /* -1: none */
    enum { DOWN, CONNECTING, OPEN, CONFIRM, UP } state;
    uint64_t try_at, speak_at, heard_at; /* ms */
    uint64_t alive_at;                   /* of the last KEEPALIVE */
    size_t have;
    uint8_t part[BGP_LONGEST]; /* octets of a message that is not complete yet */
};

static struct peer *peers;
static size_t npeers, up, flaps, in_flight, fresh; /* fresh: the first never tried */
static uint64_t silence;                           /* ms, between two KEEPALIVEs of a peer */
static uint32_t first;                             /* address of peer 0, host order */
static struct sockaddr_in daemon_addr;
static uint32_t as;
static int ep;
static bool active; /* we connect */

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void fail(const char *what)
{
    fprintf(stderr, "bgp_sessions: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void watch(int fd, size_t i, int op, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.u64 = i};
    if (epoll_ctl(ep, op, fd, &e) < 0) {
        fail("epoll");
    }
}

/* Being opened by us: until the daemon speaks, its listen queue may still hold the connection. */
static bool opening(const struct peer *p)
{
    return active && (p->state == CONNECTING || p->state == OPEN);
}

static void down(struct peer *p)
{
    in_flight -= opening(p);
    if (p->state == UP) {
        up--;
        flaps++;
    }
    if (p->fd >= 0) {
        close(p->fd);
    }
    p->fd = -1;
    p->state = DOWN;
    p->have = 0;
    p->try_at = now_ms() + RETRY_MS;
}

/* A few octets into an empty socket buffer: whatever does not fit at once is an error. */
static void say(struct peer *p, const uint8_t *bytes, size_t n)
{
    if (send(p->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) {
        down(p);
        return;
    }
    p->speak_at = now_ms() + KEEPALIVE_MS;
}

static void say_keepalive(struct peer *p)
{
    uint8_t buf[BGP_HEADER];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);
    bgp_frame_begin(&w, KEEPALIVE);
    say(p, buf, bgp_frame_end(&w));
}

static void say_open(struct peer *p, size_t i)
{
    uint8_t buf[128];
    struct bgp_open open = {.as = as, .id = first + (uint32_t)i, .hold = HOLD};
    open.caps = (struct bgp_caps){
        .families = 1 << BGP_IPV4_UNICAST, .mp = true, .refresh = true, .has_as4 = true, .as4 = as};
    p->state = OPEN;
    p->heard_at = now_ms();
    watch(p->fd, i, EPOLL_CTL_MOD, EPOLLIN);
    say(p, buf, bgp_open_encode(&open, buf, sizeof buf));
}

static void begin_connect(struct peer *p, size_t i)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(first + (uint32_t)i)};
    int one = 1;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0) {
        fail("socket");
    }
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(p->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(p->fd, (struct sockaddr *)&own, sizeof own) < 0) {
        fail("bind");
    }
    p->state = CONNECTING;
    in_flight++;
    if (connect(p->fd, (struct sockaddr *)&daemon_addr, sizeof daemon_addr) < 0 &&
        errno != EINPROGRESS) {
        down(p);
        return;
    }
    watch(p->fd, i, EPOLL_CTL_ADD, EPOLLOUT);
}

/* Peers never tried do not wait for a timer. */
static void connect_more(void)
{
    while (active && in_flight < IN_FLIGHT && fresh < npeers) {
        begin_connect(&peers[fresh], fresh);
        fresh++;
    }
}

static void connected(struct peer *p, size_t i)
{
    int error = 0;
    socklen_t n = sizeof error;
    getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error) {
        down(p);
        return;
    }
    say_open(p, i);
}

static void accept_one(int listener)
{
    struct sockaddr_in local;
    socklen_t n = sizeof local;
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    getsockname(fd, (struct sockaddr *)&local, &n);
    size_t i = ntohl(local.sin_addr.s_addr) - first;
    if (i >= npeers || peers[i].fd >= 0) { /* one connection per peer: the first one */
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    peers[i].fd = fd;
    watch(fd, i, EPOLL_CTL_ADD, EPOLLIN);
    say_open(&peers[i], i);
}

static void note_keepalive(struct peer *p)
{
    uint64_t now = now_ms();
    if (p->state == UP && now - p->alive_at > silence) {
        silence = now - p->alive_at;
    }
    p->alive_at = now;
}

static void message(struct peer *p, uint8_t type)
{
    if (type == KEEPALIVE) {
        note_keepalive(p);
    }
    if (type == 1 && p->state == OPEN) {
        in_flight -= opening(p);
        p->state = CONFIRM;
        say_keepalive(p);
    } else if (type == KEEPALIVE && p->state == CONFIRM) {
        p->state = UP;
        up++;
    } else if (type == 3) {
        down(p);
    }
}

static void heard(struct peer *p)
{
    ssize_t n = recv(p->fd, p->part + p->have, sizeof p->part - p->have, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) {
            down(p);
        }
        return;
    }
    p->have += (size_t)n;
    p->heard_at = now_ms();
    size_t at = 0, len;
    uint8_t type;
    struct bgp_fault f;
    while (p->fd >= 0 && p->have > at) {
        if (!bgp_frame_check(p->part + at, p->have - at, BGP_LONGEST, false, &len, &type, &f)) {
            down(p);
            return;
        }
        if (!len || len > p->have - at) {
            break;
        }
        at += len;
        message(p, type);
    }
    if (p->fd >= 0) {
        memmove(p->part, p->part + at, p->have -= at);
    }
}

static void timers(void)
{
    uint64_t now = now_ms();
    for (size_t i = 0; i < npeers; i++) {
        struct peer *p = &peers[i];
        if (p->state == DOWN) {
            if (i < fresh && in_flight < IN_FLIGHT && p->try_at <= now) {
                begin_connect(p, i);
            }
        } else if (p->state >= OPEN && p->heard_at + HOLD * 1000 < now) {
            down(p);
        } else if (p->state >= CONFIRM && p->speak_at <= now) {
            say_keepalive(p);
        }
    }
}

static int listen_on(const struct sockaddr_in *addr)
{
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (const struct sockaddr *)addr, sizeof *addr) < 0 ||
        listen(fd, 4096) < 0) {
        fail("listen");
    }
    watch(fd, npeers, EPOLL_CTL_ADD, EPOLLIN);
    return fd;
}

/* Serves events for at most ms; timers are looked at every few milliseconds. */
static void turn(int listener, int ms)
{
    struct epoll_event e[256];
    int n = epoll_wait(ep, e, 256, ms);
    for (int k = 0; k < n; k++) {
        size_t i = e[k].data.u64;
        if (i == npeers) {
            accept_one(listener);
        } else if (peers[i].state == CONNECTING) {
            connected(&peers[i], i);
        } else if (peers[i].fd >= 0) {
            heard(&peers[i]);
        }
    }
}

static void setup(char **argv)
{
    struct rlimit files;
    struct in_addr a;
    npeers = (size_t)atoi(argv[2]);
    daemon_addr =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[5]))};
    as = (uint32_t)strtoul(argv[6], NULL, 10);
    if (!npeers || npeers > PEERS_MAX || inet_pton(AF_INET, argv[3], &a) != 1 ||
        inet_pton(AF_INET, argv[4], &daemon_addr.sin_addr) != 1) {
        errno = EINVAL;
        fail("arguments");
    }
    first = ntohl(a.s_addr);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    peers = calloc(npeers, sizeof *peers);
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (!peers || ep < 0) {
        fail("memory");
    }
    for (size_t i = 0; i < npeers; i++) {
        peers[i].fd = -1;
    }
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        fputs("usage: bgp_sessions listen|connect PEERS FIRST DAEMON PORT AS WATCH LIMIT\n",
              stderr);
        return 2;
    }
    active = !strcmp(argv[1], "connect");
    setup(argv);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = daemon_addr.sin_port};
    int listener = active ? -1 : listen_on(&any);
    uint64_t limit = now_ms() + strtoull(argv[8], NULL, 10) * 1000, until = UINT64_MAX, looked = 0;
    while (now_ms() < (until < UINT64_MAX ? until : limit)) {
        connect_more();
        turn(listener, active && up < npeers ? 1 : 20);
        if (now_ms() != looked) {
            looked = now_ms();
            timers();
        }
        if (up == npeers && until == UINT64_MAX) {
            struct timespec t;
            clock_gettime(CLOCK_REALTIME, &t);
            printf("established %zu %lld.%06ld\n", up, (long long)t.tv_sec, t.tv_nsec / 1000);
            fflush(stdout);
            flaps = 0;
            silence = 0;
            until = now_ms() + strtoull(argv[7], NULL, 10) * 1000;
        }
    }
    printf("watched %s up %zu flaps %zu silence %llu\n", argv[7], up, flaps,
           (unsigned long long)silence);
    return until == UINT64_MAX;
}
