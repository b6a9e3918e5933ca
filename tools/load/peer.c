/*
 * Sessions: see peer.h.
 */
#include "load/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bgp/types.h"
#include "load/text.h"

enum { IN = 1 << 20 };

void load_die(const char *what)
{
    perror(what);
    exit(1);
}

double load_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- saying ------------------------------------------------------------------------------------
 */

static void push(struct load_peer *p, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t k = send(p->fd, bytes, n, MSG_NOSIGNAL);

        if (k < 0 && errno == EAGAIN) {
            struct pollfd f = {p->fd, POLLOUT, 0};

            poll(&f, 1, -1);
            continue;
        }
        if (k < 0)
            load_die("send");
        bytes += k;
        n -= (size_t)k;
    }
}

static void say_open(struct load_peer *p)
{
    uint8_t buf[128];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    bgp_frame_begin(&w, 1);
    bgp_put_u8(&w, 4);
    bgp_put_u16(&w, p->as > 65535 ? 23456 : (unsigned)p->as);
    bgp_put_u16(&w, 180);
    bgp_put_u32(&w, 0x0a640000 + p->number);
    bgp_put_u8(&w, 14);
    bgp_put_u8(&w, 2);
    bgp_put_u8(&w, 12);
    bgp_put_u8(&w, 1);
    bgp_put_u8(&w, 4);
    bgp_put_u16(&w, bgp_family_info[p->family].afi);
    bgp_put_u8(&w, 0);
    bgp_put_u8(&w, bgp_family_info[p->family].safi);
    bgp_put_u8(&w, 65);
    bgp_put_u8(&w, 4);
    bgp_put_u32(&w, p->as);
    push(p, buf, bgp_frame_end(&w));
}

static void say_keepalive(struct load_peer *p)
{
    uint8_t buf[32];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    bgp_frame_begin(&w, 4);
    push(p, buf, bgp_frame_end(&w));
}

/* --- connecting --------------------------------------------------------------------------------
 */

/* The address that lies count behind text. */
static socklen_t address(const char *text, unsigned count, uint16_t port,
                         struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        v4->sin_addr.s_addr = htonl(ntohl(v4->sin_addr.s_addr) + count);
        return sizeof *v4;
    }
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) {
        fprintf(stderr, "%s is no address\n", text);
        exit(2);
    }
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    v6->sin6_addr.s6_addr[15] = (uint8_t)(v6->sin6_addr.s6_addr[15] + count);
    return sizeof *v6;
}

void load_dial(struct load_net *net, struct load_peer *p)
{
    struct sockaddr_storage to, from;
    socklen_t n = address(p->feeder ? net->host : net->sink_host, 0, net->port, &to);
    int on = 1, big = 8 << 20;

    address(p->feeder ? net->source : net->sink_source, p->source, 0, &from);
    for (unsigned attempt = 0;; attempt++) {
        p->fd = socket(to.ss_family, SOCK_STREAM, 0);
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
        if (bind(p->fd, (struct sockaddr *)&from, n) < 0)
            load_die("bind");
        if (connect(p->fd, (struct sockaddr *)&to, n) == 0)
            break;
        close(p->fd);
        if (attempt == 200)
            load_die("connect");
        usleep(100000);
    }
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    p->up = false;
    p->have = 0;
    if (!p->in && !(p->in = malloc(IN)))
        load_die("memory");
    say_open(p);
}

/* --- what arrives ------------------------------------------------------------------------------
 */

static void count(struct load_net *net, struct load_peer *p, struct bgp_cursor field,
                  uint64_t digest, struct bgp_cursor attrs, int sign)
{
    struct bgp_nlri n;

    while (bgp_nlri_next(&field, p->family, false, &n)) {
        uint64_t prefix = load_prefix_digest(n.key, n.len);

        p->routes += sign;
        p->prefixes += sign > 0 ? prefix : -prefix;
        if (sign > 0)
            p->digest += load_route_digest(&net->rules, prefix, n.label >> 4, digest);
        if (net->list) {
            fputs(sign > 0 ? "+ " : "- ", net->list);
            load_print_route(net->list, &net->rules, p->family, n.key, n.len, n.label >> 4, attrs,
                             net->rules.skip);
        }
    }
}

static void on_reach(struct load_net *net, struct load_peer *p, struct bgp_cursor v,
                     uint64_t digest, struct bgp_cursor attrs)
{
    unsigned own = bgp_family_info[p->family].vpn ? BGP_RD : 0;
    struct bgp_cursor hop;

    bgp_get_part(&v, 3);
    hop = bgp_get_part(&v, bgp_get_u8(&v));
    bgp_get_part(&hop, own);
    bgp_get_u8(&v);
    if (hop.left > 16)
        hop.left = 16; /* a link-local one behind it */
    count(net, p, v, digest + load_hop_digest(&net->rules, hop.at, (unsigned)hop.left), attrs, 1);
}

static void on_update(struct load_net *net, struct load_peer *p, struct bgp_cursor c)
{
    struct bgp_cursor gone = bgp_get_part(&c, bgp_get_u16(&c));
    struct bgp_cursor attrs = bgp_get_part(&c, bgp_get_u16(&c)), walk = attrs;
    struct bgp_cursor none = bgp_cursor_on(NULL, 0);
    struct bgp_attr a;
    uint64_t d;

    p->messages++;
    if (p->feeder)
        return;
    count(net, p, gone, 0, none, -1);
    if (attrs.left == 0)
        return;
    d = load_attrs_digest(&net->rules, attrs, net->rules.skip);
    if (c.left > 0) {
        uint64_t hop = 0;

        if (net->rules.hop && bgp_attr_find(attrs, BGP_ATTR_NEXT_HOP, &a))
            hop = load_hop_digest(&net->rules, a.value.at, (unsigned)a.value.left);
        count(net, p, c, d + hop, attrs, 1);
    }
    while (bgp_attr_next(&walk, &a)) {
        if (a.code == BGP_ATTR_MP_REACH) {
            on_reach(net, p, a.value, d, attrs);
        } else if (a.code == BGP_ATTR_MP_UNREACH) {
            bgp_get_part(&a.value, 3);
            count(net, p, a.value, 0, none, -1);
        }
    }
}

static void on_message(struct load_net *net, struct load_peer *p, const uint8_t *m, size_t len)
{
    if (m[18] == 4 && !p->up) {
        p->up = true;
    } else if (m[18] == 1) {
        say_keepalive(p);
    } else if (m[18] == 2) {
        on_update(net, p, bgp_cursor_on(m + 19, len - 19));
    } else if (m[18] == 3 && p->up) {
        fprintf(stderr, "NOTIFICATION %u/%u\n", m[19], m[20]);
        exit(1);
    }
}

static void take(struct load_net *net, struct load_peer *p)
{
    size_t at = 0;
    ssize_t n = recv(p->fd, p->in + p->have, IN - p->have, 0);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0 && !p->up) { /* the speaker may be in a pause after an earlier session */
        close(p->fd);
        usleep(200000);
        load_dial(net, p);
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
        on_message(net, p, p->in + at, len);
        at += len;
    }
    memmove(p->in, p->in + at, p->have - at);
    p->have -= at;
}

void load_turn(struct load_net *net, int ms)
{
    struct pollfd f[LOAD_PEERS];

    for (unsigned i = 0; i < net->npeers; i++) {
        struct load_peer *p = &net->peers[i];

        f[i] = (struct pollfd){p->fd, (short)(POLLIN | (p->sent < p->nout ? POLLOUT : 0)), 0};
    }
    poll(f, net->npeers, ms);
    for (unsigned i = 0; i < net->npeers; i++) {
        struct load_peer *p = &net->peers[i];

        if (f[i].revents & (POLLIN | POLLHUP))
            take(net, p);
        if (f[i].revents & POLLOUT && p->sent < p->nout) {
            size_t n = p->nout - p->sent < 1 << 18 ? p->nout - p->sent : 1 << 18;
            ssize_t k = send(p->fd, p->out + p->sent, n, MSG_NOSIGNAL);

            if (k > 0)
                p->sent += (size_t)k;
        }
    }
}
