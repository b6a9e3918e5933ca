/*
 * Listeners; see listen.h.
 *
 * IPv6 sockets are v6only, so a peer has one address form and one MD5 key. When descriptors run out
 * accept() would fail and stay ready for ever: the socket is left alone for a second instead.
 */
#include "engine/net/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/net/place.h"
#include "engine/net/sockopt.h"

#define RETRY_MS 30000
#define PAUSE_MS 1000
#define ACCEPT_BATCH 256 /* then the others get their turn; the rest stays ready */

struct listener {
    struct listen_set *set;
    struct bgp_addr addr;
    struct net_watch *watch; /* NULL: not open */
    int fd;
    int error;       /* the failure that was reported */
    uint64_t resume; /* paused until then; 0 not paused */
};

struct listen_set {
    struct net_loop *loop;
    struct listen_opts opts;
    bool open;
    uint64_t retry; /* when failed listeners are tried again; UINT64_MAX: none failed */
    size_t n;
    struct listener l[];
};

struct listen_set *listen_new(struct net_loop *loop, const struct listen_opts *opts)
{
    size_t n = opts->n ? opts->n : 2;
    struct listen_set *s = calloc(1, sizeof *s + n * sizeof s->l[0]);
    if (!s)
        abort();
    s->loop = loop;
    s->opts = *opts;
    s->retry = UINT64_MAX;
    s->n = n;
    for (size_t i = 0; i < n; i++) {
        s->l[i].set = s;
        if (opts->n)
            s->l[i].addr = opts->addrs[i];
        else
            s->l[i].addr.af = i == 0 ? 4 : 6;
    }
    return s;
}

void listen_free(struct listen_set *l)
{
    listen_open(l, false);
    free(l);
}

static void on_connection(void *arg, unsigned what)
{
    struct listener *l = arg;
    struct listen_set *s = l->set;
    (void)what;
    for (int i = 0; i < ACCEPT_BATCH && l->watch; i++) {
        struct sockaddr_storage ss;
        socklen_t n = sizeof ss;
        int fd = accept4(l->fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            struct bgp_addr remote;
            uint16_t port;
            net_from_sockaddr(&ss, &remote, &port);
            s->opts.accepted(s->opts.arg, fd, &remote, port);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            net_watch_want(l->watch, 0);
            l->resume = net_now() + PAUSE_MS;
            return;
        }
        if (errno == EAGAIN)
            return;
        /* Anything else concerns the one connection that went before it was taken. */
    }
}

/* 0 or an errno value. */
static int open_one(struct listener *l)
{
    struct listen_set *s = l->set;
    struct sockaddr_storage ss;
    place_enter(s->opts.place);
    int fd = net_socket(l->addr.af);
    place_leave(s->opts.place);
    if (fd < 0)
        return -fd;
    int rc = net_listen_options(fd, l->addr.af);
    socklen_t n = net_sockaddr(&l->addr, s->opts.port, &ss);
    if (!rc && bind(fd, (struct sockaddr *)&ss, n) < 0)
        rc = errno;
    if (!rc) {
        s->opts.opened(s->opts.arg, fd, l->addr.af);
        if (listen(fd, SOMAXCONN) < 0)
            rc = errno;
    }
    if (!rc && !(l->watch = net_watch_open(s->loop, fd, on_connection, l)))
        rc = ENOMEM;
    if (rc) {
        close(fd);
        return rc;
    }
    l->fd = fd;
    net_watch_want(l->watch, NET_READ);
    return 0;
}

static void report(struct listener *l, int error)
{
    struct listen_set *s = l->set;
    char addr[BGP_ADDR_STRLEN], text[160];
    /* A host without IPv6 was not asked for it by name. */
    bool expected =
        !s->opts.n && l->addr.af == 6 && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
    if (error == l->error || expected)
        return;
    l->error = error;
    snprintf(text, sizeof text, "cannot listen on %s port %u: %s", bgp_addr_str(&l->addr, addr),
             s->opts.port, strerror(error));
    s->opts.warn(s->opts.arg, text);
}

static void open_missing(struct listen_set *s)
{
    s->retry = UINT64_MAX;
    for (size_t i = 0; i < s->n; i++) {
        struct listener *l = &s->l[i];
        if (l->watch)
            continue;
        int rc = open_one(l);
        if (rc) {
            report(l, rc);
            s->retry = net_now() + RETRY_MS;
        } else {
            l->error = 0;
        }
    }
}

void listen_open(struct listen_set *s, bool open)
{
    s->open = open;
    if (open) {
        open_missing(s);
        return;
    }
    s->retry = UINT64_MAX;
    for (size_t i = 0; i < s->n; i++) {
        struct listener *l = &s->l[i];
        if (l->watch)
            net_watch_close(l->watch);
        l->watch = NULL;
        l->resume = 0;
        l->error = 0;
    }
}

int listen_key(struct listen_set *s, const struct bgp_addr *addr, unsigned len, const char *key)
{
    int worst = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct listener *l = &s->l[i];
        int rc = l->watch && l->addr.af == addr->af ? net_md5_key(l->fd, addr, len, key) : 0;
        if (rc)
            worst = rc;
    }
    return worst;
}

uint64_t listen_tick(struct listen_set *s, uint64_t now)
{
    if (s->open && s->retry <= now)
        open_missing(s);
    uint64_t next = s->retry;
    for (size_t i = 0; i < s->n; i++) {
        struct listener *l = &s->l[i];
        if (!l->watch || !l->resume)
            continue;
        if (l->resume <= now) {
            l->resume = 0;
            net_watch_want(l->watch, NET_READ);
        } else if (l->resume < next) {
            next = l->resume;
        }
    }
    return next;
}

void listen_each(const struct listen_set *l, void (*fn)(void *arg, int fd), void *arg)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->l[i].watch)
            fn(arg, l->l[i].fd);
}
