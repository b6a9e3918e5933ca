/*
 * Load generator: plays the feeders and the sinks of a BGP speaker in one process and says how fast
 * routes come through.
 *
 *   bgp_load [-t HOST] [-p PORT] [-n ROUTES] [-f FEEDERS] [-s SINKS] [-6 | -v] [-P PID] [-w] [-d]
 * [-c] [-k] [-r]
 *            [-A FIRST_AS] [-a FIRST_SOURCE]
 *
 * Peer i connects from source address FIRST_SOURCE + i as AS FIRST_AS + i, feeders first. Routes
 * are prepared before the clock starts: about seven prefixes per attribute set, AS paths of 2 to 7,
 * communities on half. A sink adds up a digest over (prefix, AS path behind the speaker's AS,
 * communities), which has to equal the digest of what was fed. -w also withdraws everything, -d
 * then feeds it again and drops the feeders' sessions. -P prints the memory of the speaker. -c: the
 * speaker is not configured to pass communities on. -k says "held" in the end and keeps the
 * sessions until it is killed; with -r it withdraws all and feeds it again meanwhile, each once a
 * second.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgp/types.h"
#include "bgp/wire/attr.h"
#include "bgp/wire/nlri.h"

enum { PER_SET = 7, MAX_PEERS = 64, IN = 1 << 20 };

struct peer {
    int fd;
    bool feeder, up;
    uint32_t as;
    uint8_t *in;
    size_t have;
    uint8_t *out; /* what a feeder says */
    size_t nout, sent;
    uint64_t digest;
    int64_t routes;
    unsigned messages;
    bool eor;
};

static struct peer peers[MAX_PEERS];
static unsigned npeers, nfeeders = 1, nsinks = 1;
static unsigned routes = 1000000;
static enum bgp_family family = BGP_IPV4_UNICAST;
static const char *pid;
static const char *host = "127.0.0.1", *first_source = "127.0.0.2";
static uint16_t port = 179;
static uint32_t first_as = 65001;
static bool no_communities; /* the speaker does not pass them on */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t hash(const uint8_t *p, size_t n, uint64_t h)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 1099511628211u;
    return mix(h);
}

/* A set: speakers may order it as they like. */
static uint64_t communities(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 4 <= n; i += 4)
        sum += hash(p + i, 4, 29);
    return sum;
}

/* --- what is fed ------------------------------------------------------------------------------ */

/* The i-th prefix: lengths as in the real table, no two equal. */
static void prefix_of(unsigned i, uint8_t key[BGP_KEY], unsigned *len)
{
    memset(key, 0, BGP_KEY);
    if (bgp_family_info[family].octets == 4) {
        uint8_t *a = key + (bgp_family_info[family].vpn ? BGP_RD : 0);
        uint32_t v = 0x01000000u + (i << 8);

        *len = 24;
        a[0] = (uint8_t)(v >> 24);
        a[1] = (uint8_t)(v >> 16);
        a[2] = (uint8_t)(v >> 8);
        if (bgp_family_info[family].vpn) {
            key[1] = 0;
            key[3] = 100;
            key[7] = (uint8_t)(i % 50);
        }
    } else {
        *len = 48;
        key[0] = 0x2a;
        key[2] = (uint8_t)(i >> 24);
        key[3] = (uint8_t)(i >> 16);
        key[4] = (uint8_t)(i >> 8);
        key[5] = (uint8_t)i;
    }
}

static size_t attributes(uint32_t as, unsigned set, uint8_t *buf, size_t room, uint64_t *digest)
{
    struct bgp_writer w = bgp_writer_on(buf, room);
    uint64_t r = mix(set * 7919u + as);
    uint8_t origin = 0, path[64], next_hop[4] = {192, 0, 2, 1}, c[64], rt[8] = {0, 2, 0, 100};
    unsigned n = 2 + (unsigned)(r % 6);
    struct bgp_writer pw = bgp_writer_on(path, sizeof path);

    bgp_put_u8(&pw, 2);
    bgp_put_u8(&pw, n);
    bgp_put_u32(&pw, as);
    for (unsigned i = 1; i < n; i++)
        bgp_put_u32(&pw, 1000 + (uint32_t)(mix(r + i) % 60000));
    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_ORIGIN, &origin, 1);
    bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_AS_PATH, path, bgp_written(&pw));
    *digest = hash(path + 2, bgp_written(&pw) - 2, 17);
    if (family == BGP_IPV4_UNICAST)
        bgp_attr_put(&w, BGP_ATTR_TRANSITIVE, BGP_ATTR_NEXT_HOP, next_hop, 4);
    if (r >> 32 & 1) {
        n = 1 + (unsigned)(r >> 33 & 7);
        for (unsigned i = 0; i < n * 4; i++)
            c[i] = (uint8_t)(i % 4 == 0 ? 0x10 : mix(r + i));
        bgp_attr_put(&w, 0xc0, BGP_ATTR_COMMUNITY, c, n * 4);
        if (!no_communities)
            *digest = mix(*digest + communities(c, n * 4));
    }
    if (bgp_family_info[family].vpn) {
        rt[7] = (uint8_t)(set % 50);
        bgp_attr_put(&w, 0xc0, BGP_ATTR_EXT_COMMUNITY, rt, 8);
    }
    return bgp_written(&w);
}

static void put16(uint8_t *at, size_t v)
{
    at[0] = (uint8_t)(v >> 8);
    at[1] = (uint8_t)v;
}

static uint64_t route_digest(const uint8_t *key, unsigned len, uint64_t attrs)
{
    return mix(hash(key, BGP_KEY, len) + attrs);
}

/* One UPDATE for prefixes [from, to) with the attributes of set; without attributes it withdraws.
 */
static size_t update(struct peer *p, unsigned from, unsigned to, unsigned set, bool announce,
                     uint8_t *buf, uint64_t *digest)
{
    struct bgp_writer w = bgp_writer_on(buf, 4096);
    uint8_t attrs[512], key[BGP_KEY];
    uint64_t ad;
    size_t n = attributes(p->as, set, attrs, sizeof attrs, &ad), mark;
    const struct bgp_family_info *f = &bgp_family_info[family];
    unsigned len, label = announce ? 1600u << 4 | 1 : BGP_LABEL_WITHDRAWN;

    bgp_frame_begin(&w, 2);
    bgp_put_u16(&w, 0);
    bgp_put_u16(&w, 0);
    if (family == BGP_IPV4_UNICAST) {
        if (announce) {
            bgp_put_bytes(&w, attrs, n);
            put16(w.start + 21, n);
        } else {
            w.at -= 2;
        }
    } else {
        bgp_put_u8(&w, 0x90);
        bgp_put_u8(&w, announce ? 14 : 15);
        bgp_put_u16(&w, 0);
        bgp_put_u16(&w, f->afi);
        bgp_put_u8(&w, f->safi);
        if (announce) {
            unsigned nh = f->octets == 4 ? 12 : f->vpn ? 24 : 16;
            uint8_t hop[24] = {0};

            if (f->octets == 4)
                memcpy(hop + 8, "\300\0\2\1", 4);
            else
                memcpy(hop + nh - 16, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
            bgp_put_u8(&w, nh);
            bgp_put_bytes(&w, hop, nh);
            bgp_put_u8(&w, 0);
        }
    }
    mark = bgp_written(&w);
    for (unsigned i = from; i < to; i++) {
        prefix_of(i, key, &len);
        bgp_nlri_put(&w, family, key, len, label, bgp_cursor_on(NULL, 0));
        if (digest)
            *digest += route_digest(key, len, ad);
    }
    if (family == BGP_IPV4_UNICAST && !announce) {
        put16(w.start + 19, bgp_written(&w) - mark);
        bgp_put_u16(&w, 0);
    } else if (family != BGP_IPV4_UNICAST) {
        put16(w.start + 25, bgp_written(&w) - 27);
        if (announce)
            bgp_put_bytes(&w, attrs, n);
        put16(w.start + 21, bgp_written(&w) - 23);
    }
    return bgp_frame_end(&w);
}

/* Prepares what feeder k says; returns the digest of it. */
static uint64_t prepare(struct peer *p, unsigned k, bool announce)
{
    unsigned from = (unsigned)((uint64_t)routes * k / nfeeders);
    unsigned to = (unsigned)((uint64_t)routes * (k + 1) / nfeeders), step;
    size_t room = 0;
    uint64_t digest = 0;

    p->nout = p->sent = 0;
    for (unsigned i = from, set = from; i < to; i += step, set++) {
        step = announce ? 1 + (unsigned)(mix(set) % (2 * PER_SET - 1)) : 100;
        if (i + step > to)
            step = to - i;
        if (p->nout + 4096 > room) {
            room = room * 2 + (1 << 20);
            if (!(p->out = realloc(p->out, room)))
                die("memory");
        }
        p->nout += update(p, i, i + step, set, announce, p->out + p->nout, &digest);
    }
    return digest;
}

/* --- sessions --------------------------------------------------------------------------------- */

static void push(struct peer *p, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = send(p->fd, bytes, n, MSG_NOSIGNAL);

        if (k < 0 && errno == EAGAIN) {
            struct pollfd f = {p->fd, POLLOUT, 0};

            poll(&f, 1, -1);
            continue;
        }
        if (k < 0)
            die("send");
        bytes += k;
        n -= (size_t)k;
    }
}

static void say_open(struct peer *p, unsigned number)
{
    uint8_t buf[128];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    bgp_frame_begin(&w, 1);
    bgp_put_u8(&w, 4);
    bgp_put_u16(&w, p->as > 65535 ? 23456 : (unsigned)p->as);
    bgp_put_u16(&w, 180);
    bgp_put_u32(&w, 0x0a640000 + number);
    bgp_put_u8(&w, 14);
    bgp_put_u8(&w, 2);
    bgp_put_u8(&w, 12);
    bgp_put_u8(&w, 1);
    bgp_put_u8(&w, 4);
    bgp_put_u16(&w, bgp_family_info[family].afi);
    bgp_put_u8(&w, 0);
    bgp_put_u8(&w, bgp_family_info[family].safi);
    bgp_put_u8(&w, 65);
    bgp_put_u8(&w, 4);
    bgp_put_u32(&w, p->as);
    push(p, buf, bgp_frame_end(&w));
}

static void say_keepalive(struct peer *p)
{
    uint8_t buf[32];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    bgp_frame_begin(&w, 4);
    push(p, buf, bgp_frame_end(&w));
}

static void dial(struct peer *p, unsigned number)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)}, from = to;
    int on = 1, big = 8 << 20;

    from.sin_port = 0;
    inet_pton(AF_INET, host, &to.sin_addr);
    inet_pton(AF_INET, first_source, &from.sin_addr);
    from.sin_addr.s_addr = htonl(ntohl(from.sin_addr.s_addr) + number);
    for (unsigned attempt = 0;; attempt++) {
        p->fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
        if (bind(p->fd, (struct sockaddr *)&from, sizeof from) < 0)
            die("bind");
        if (connect(p->fd, (struct sockaddr *)&to, sizeof to) == 0)
            break;
        close(p->fd);
        if (attempt == 200)
            die("connect");
        usleep(100000);
    }
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    p->up = p->eor = false;
    p->have = 0;
    if (!p->in)
        p->in = malloc(IN);
    say_open(p, number);
}

/* --- what arrives ----------------------------------------------------------------------------- */

static uint64_t attrs_digest(struct bgp_cursor field)
{
    struct bgp_attr a;
    uint64_t d = 0;

    while (bgp_attr_next(&field, &a)) {
        if (a.code == BGP_ATTR_AS_PATH && a.value.left > 6)
            d = hash(a.value.at + 6, a.value.left - 6, 17); /* without the speaker's own AS */
        else if (a.code == BGP_ATTR_COMMUNITY)
            d = mix(d + communities(a.value.at, a.value.left));
    }
    return d;
}

static void count(struct peer *p, struct bgp_cursor field, uint64_t attrs, int sign)
{
    struct bgp_nlri n;

    while (bgp_nlri_next(&field, family, false, &n)) {
        p->routes += sign;
        if (sign > 0)
            p->digest += route_digest(n.key, n.len, attrs);
    }
}

static void on_update(struct peer *p, struct bgp_cursor c)
{
    struct bgp_cursor gone = bgp_get_part(&c, bgp_get_u16(&c));
    struct bgp_cursor attrs = bgp_get_part(&c, bgp_get_u16(&c)), walk = attrs;
    uint64_t d;
    struct bgp_attr a;

    p->messages++;
    if (p->feeder)
        return;
    p->eor |= gone.left + attrs.left + c.left == 0;
    count(p, gone, 0, -1);
    if (attrs.left == 0)
        return;
    d = attrs_digest(attrs);
    count(p, c, d, 1);
    while (bgp_attr_next(&walk, &a)) {
        if (a.code == 14) {
            bgp_get_part(&a.value, 3);
            bgp_get_part(&a.value, bgp_get_u8(&a.value) + 1u);
            count(p, a.value, d, 1);
        } else if (a.code == 15) {
            bgp_get_part(&a.value, 3);
            p->eor |= a.value.left == 0;
            count(p, a.value, 0, -1);
        }
    }
}

static void on_message(struct peer *p, const uint8_t *m, size_t len)
{
    if (m[18] == 4 && !p->up) {
        p->up = true;
    } else if (m[18] == 1) {
        say_keepalive(p);
    } else if (m[18] == 2) {
        on_update(p, bgp_cursor_on(m + 19, len - 19));
    } else if (m[18] == 3) {
        fprintf(stderr, "NOTIFICATION %u/%u\n", m[19], m[20]);
        exit(1);
    }
}

static void take(struct peer *p)
{
    size_t at = 0;
    ssize_t n = recv(p->fd, p->in + p->have, IN - p->have, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 && !p->up) { /* the speaker may be in a pause after an earlier session */
        close(p->fd);
        usleep(200000);
        dial(p, (unsigned)(p - peers));
        return;
    }
    if (n <= 0) {
        fprintf(stderr, "session of AS %u closed\n", p->as);
        exit(1);
    }
    p->have += (size_t)n;
    while (p->have - at >= 19) {
        size_t len = (size_t)(p->in[at + 16] << 8 | p->in[at + 17]);

        if (p->have - at < len)
            break;
        on_message(p, p->in + at, len);
        at += len;
    }
    memmove(p->in, p->in + at, p->have - at);
    p->have -= at;
}

static void turn(int ms)
{
    struct pollfd f[MAX_PEERS];

    for (unsigned i = 0; i < npeers; i++)
        f[i] = (struct pollfd){peers[i].fd,
                               (short)(POLLIN | (peers[i].sent < peers[i].nout ? POLLOUT : 0)), 0};
    poll(f, npeers, ms);
    for (unsigned i = 0; i < npeers; i++) {
        struct peer *p = &peers[i];

        if (f[i].revents & (POLLIN | POLLHUP))
            take(p);
        if (f[i].revents & POLLOUT && p->sent < p->nout) {
            size_t n = p->nout - p->sent < 1 << 18 ? p->nout - p->sent : 1 << 18;
            ssize_t k = send(p->fd, p->out + p->sent, n, MSG_NOSIGNAL);

            if (k > 0)
                p->sent += (size_t)k;
        }
    }
}

static bool all_have(int64_t n)
{
    for (unsigned i = nfeeders; i < npeers; i++)
        if (peers[i].routes != n)
            return false;
    return true;
}

/* Processor time the speaker has used, s. */
static double cpu(void)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    FILE *f;

    if (!pid)
        return 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    if ((f = fopen(path, "r"))) {
        if (fgets(line, sizeof line, f) && strrchr(line, ')'))
            sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                   &user, &system);
        fclose(f);
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static void wait_for(const char *what, int64_t n, uint64_t expected, bool check)
{
    double start = now(), last = start, last_progress = start;
    double used = cpu();
    int64_t had = -1;

    while (!all_have(n)) {
        turn(100);
        if (peers[nfeeders].routes != had) {
            had = peers[nfeeders].routes;
            last_progress = now();
        }
        if (now() - last > 5) {
            last = now();
            fprintf(stderr, "... %lld of %lld\n", (long long)peers[nfeeders].routes, (long long)n);
        }
        if (now() - last_progress > 5) {
            printf("%-10s gave up\n", what);
            exit(1);
        }
    }
    printf("%-10s %7.3f s", what, now() - start);
    if (pid)
        printf("  (%.2f s of processor)", cpu() - used);
    for (unsigned i = nfeeders; check && i < npeers; i++)
        if (peers[i].digest != expected) {
            printf("  DIGEST DIFFERS at sink %u", i - nfeeders);
            break;
        }
    printf("  %u messages\n", peers[nfeeders].messages);
}

static long memory(const char *what)
{
    char path[64], line[256];
    long kb = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/status", pid);
    if (!(f = fopen(path, "r")))
        return 0;
    while (fgets(line, sizeof line, f))
        if (strncmp(line, what, strlen(what)) == 0)
            kb = atol(line + strlen(what));
    fclose(f);
    return kb;
}

/* Feeders withdraw their routes, half a second later they have them again. */
static void flap(void)
{
    for (bool announce = false;; announce = !announce) {
        double start = now();

        for (unsigned i = 0; i < nfeeders; i++)
            prepare(&peers[i], i, announce);
        while (now() - start < 0.5)
            turn(20);
    }
}

static void hold(bool flapping)
{
    printf("held\n");
    fflush(stdout);
    if (flapping)
        flap();
    for (;;)
        turn(100);
}

int main(int argc, char **argv)
{
    bool withdraw = false, drop = false, keep = false, flapping = false;
    uint64_t expected = 0;
    long before = 0, rss;
    int o;

    while ((o = getopt(argc, argv, "t:p:n:f:s:6vP:wdckrA:a:")) != -1) {
        switch (o) {
        case 't':
            host = optarg;
            break;
        case 'p':
            port = (uint16_t)atoi(optarg);
            break;
        case 'n':
            routes = (unsigned)atoi(optarg);
            break;
        case 'f':
            nfeeders = (unsigned)atoi(optarg);
            break;
        case 's':
            nsinks = (unsigned)atoi(optarg);
            break;
        case '6':
            family = BGP_IPV6_UNICAST;
            break;
        case 'v':
            family = BGP_VPNV4;
            break;
        case 'P':
            pid = optarg;
            break;
        case 'w':
            withdraw = true;
            break;
        case 'c':
            no_communities = true;
            break;
        case 'd':
            drop = true;
            break;
        case 'k':
            keep = true;
            break;
        case 'r':
            flapping = true;
            break;
        case 'A':
            first_as = (uint32_t)atoi(optarg);
            break;
        case 'a':
            first_source = optarg;
            break;
        default:
            fprintf(stderr, "see the head of tools/bgp_load.c\n");
            return 2;
        }
    }
    npeers = nfeeders + nsinks;
    if (npeers > MAX_PEERS || nfeeders == 0 || nsinks == 0)
        return 2;
    for (unsigned i = 0; i < npeers; i++) {
        peers[i].as = first_as + i;
        peers[i].feeder = i < nfeeders;
        peers[i].fd = -1;
        if (peers[i].feeder)
            expected += prepare(&peers[i], i, true);
    }
    for (unsigned i = 0; i < npeers; i++) {
        size_t n = peers[i].nout;

        peers[i].nout = 0;
        dial(&peers[i], i);
        while (!peers[i].up)
            turn(100);
        peers[i].nout = n;
        peers[i].sent = n;
    }
    for (double t = now(); now() - t < 0.3;)
        turn(50);
    if (pid)
        before = memory("VmRSS:");
    for (unsigned i = 0; i < npeers; i++) {
        peers[i].sent = 0;
        peers[i].messages = 0;
    }
    wait_for("announce", routes, expected, true);
    if (pid) {
        rss = memory("VmRSS:");
        printf("memory     %.1f octets a route (%ld kB, peak %ld)\n",
               (double)(rss - before) * 1024 / routes, rss, memory("VmHWM:"));
    }
    if (withdraw) {
        for (unsigned i = 0; i < nfeeders; i++)
            prepare(&peers[i], i, false);
        wait_for("withdraw", 0, 0, false);
    }
    if (drop) {
        if (withdraw) {
            for (unsigned i = 0; i < nfeeders; i++)
                prepare(&peers[i], i, true);
            for (unsigned i = nfeeders; i < npeers; i++)
                peers[i].digest = 0;
            wait_for("again", routes, expected, true);
        }
        for (unsigned i = 0; i < nfeeders; i++) {
            close(peers[i].fd);
            peers[i].fd = -1;
            peers[i].nout = peers[i].sent = 0;
        }
        wait_for("loss", 0, 0, false);
    }
    if (keep)
        hold(flapping);
    return 0;
}
