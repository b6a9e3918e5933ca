/*
 * Connections; see peer_io.h.
 *
 * Life of a connection: CONNECTING (ours only) -> OPEN -> FLUSHING (the speaker is done with it,
 * bytes are queued) -> LINGERING (our FIN is sent, the peer's bytes are discarded) -> gone. The
 * speaker's conn is valid in the first two. A connection that goes is unlinked at once and freed in
 * the next settle, so a callback up the stack may still look at it.
 *
 * Sending waits for peer_io_settle(): the messages of one turn of the loop leave in one system
 * call.
 */
#include "engine/net/peer_io.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "engine/net/place.h"
#include "engine/net/sockopt.h"

#define CLOSE_MS 2000     /* how long a closing connection may take */
#define CLOSING_MAX 4096  /* more than that: the oldest is cut */
#define READ_SIZE 65536   /* the shared buffer */
#define READ_ROUNDS 4     /* full buffers from one peer before the others get their turn */
#define SEND_EARLY 262144 /* queued bytes that do not wait for settle */
#define CONNECT_BATCH 64  /* connects per turn: thousands of them must not hold up the rest */

enum io_state { IO_CONNECTING, IO_OPEN, IO_FLUSHING, IO_LINGERING, IO_GONE };

struct peer_io {
    struct peer_io *next, *prev; /* in all, or in closing (by age), or next alone among the gone */
    struct peer_io *dirty_next;
    struct peer_io_set *set;
    struct bgp_conn *conn;
    struct net_watch *watch; /* NULL: the connect has not started, or failed at once */
    uint8_t *queue;          /* bytes from sent to queued are waiting */
    size_t sent, queued, room;
    size_t reported; /* what bgp_unsent() knows */
    bool given;      /* bytes were queued since */
    uint64_t until;  /* end of FLUSHING and LINGERING */
    const char *failed;
    int fd, error;
    struct bgp_addr peer;
    uint8_t state;
    bool dirty; /* in the list of settle, which must not lose its members */
};

struct io_list {
    struct peer_io *first, *last;
    size_t n;
};

struct peer_io_set {
    struct net_loop *loop;
    uint16_t port;
    struct peer_io_ops ops;
    unsigned connects;           /* left in this turn */
    struct io_list all, closing; /* the speaker's; given up by it, oldest first */
    struct peer_io *dirty, **dirty_end, *gone;
    uint8_t buffer[READ_SIZE];
};

static void list_add(struct io_list *l, struct peer_io *io)
{
    io->next = NULL;
    io->prev = l->last;
    *(l->last ? &l->last->next : &l->first) = io;
    l->last = io;
    l->n++;
}

static void list_remove(struct io_list *l, struct peer_io *io)
{
    *(io->prev ? &io->prev->next : &l->first) = io->next;
    *(io->next ? &io->next->prev : &l->last) = io->prev;
    l->n--;
}

static bool is_closing(const struct peer_io *io)
{
    return io->state == IO_FLUSHING || io->state == IO_LINGERING;
}

static void touch(struct peer_io *io)
{
    if (io->dirty)
        return;
    io->dirty = true;
    io->dirty_next = NULL;
    *io->set->dirty_end = io;
    io->set->dirty_end = &io->dirty_next;
}

static void drop_queue(struct peer_io *io)
{
    free(io->queue);
    io->queue = NULL;
    io->sent = io->queued = io->room = 0;
}

/* Closes the socket and forgets the connection. */
static void discard(struct peer_io *io)
{
    struct peer_io_set *set = io->set;
    if (io->state == IO_GONE)
        return;
    list_remove(is_closing(io) ? &set->closing : &set->all, io);
    if (io->watch)
        net_watch_close(io->watch);
    io->watch = NULL;
    io->state = IO_GONE;
    io->conn = NULL;
    drop_queue(io);
    io->next = set->gone;
    set->gone = io;
}

static void want(struct peer_io *io)
{
    bool writing = io->state == IO_CONNECTING || io->sent < io->queued;
    if (io->watch)
        net_watch_want(io->watch, (io->state == IO_CONNECTING ? 0U : (unsigned)NET_READ) |
                                      (writing ? (unsigned)NET_WRITE : 0U));
}

/* Gives TCP what it takes. False: the connection has failed, io->error says why. */
static bool push(struct peer_io *io)
{
    while (io->sent < io->queued) {
        ssize_t n = send(io->fd, io->queue + io->sent, io->queued - io->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0) {
            io->error = errno;
            return false;
        }
        io->sent += (size_t)n;
    }
    drop_queue(io);
    return true;
}

static void lost(struct peer_io *io, const char *why)
{
    struct bgp_conn *conn = io->conn;
    bool connecting = io->state == IO_CONNECTING;
    discard(io);
    if (!conn)
        return;
    if (connecting)
        bgp_connect_failed(conn, why);
    else
        bgp_conn_lost(conn, why);
}

/* FLUSHING: when everything is out, send our FIN and wait for the peer's. */
static void flush_closing(struct peer_io *io)
{
    if (!push(io)) {
        discard(io);
        return;
    }
    if (io->state == IO_FLUSHING && !io->queue) {
        shutdown(io->fd, SHUT_WR);
        io->state = IO_LINGERING;
    }
    want(io);
}

static void on_connected(struct peer_io *io)
{
    int error = 0;
    socklen_t n = sizeof error;
    getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &n);
    struct sockaddr_storage ss;
    struct bgp_addr local, remote;
    uint16_t local_port, remote_port;
    n = sizeof ss;
    if (!error && getpeername(io->fd, (struct sockaddr *)&ss, &n) < 0)
        error = errno;
    if (error) {
        lost(io, strerror(error));
        return;
    }
    net_from_sockaddr(&ss, &remote, &remote_port);
    n = sizeof ss;
    getsockname(io->fd, (struct sockaddr *)&ss, &n);
    net_from_sockaddr(&ss, &local, &local_port);
    io->state = IO_OPEN;
    want(io);
    bgp_connected(io->conn, &local, local_port, remote_port);
}

static void on_readable(struct peer_io *io)
{
    struct peer_io_set *set = io->set;
    for (int round = 0; round < READ_ROUNDS; round++) {
        ssize_t n = recv(io->fd, set->buffer, sizeof set->buffer, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            if (n == 0 && io->state == IO_FLUSHING)
                push(io); /* the peer has only closed its side: our NOTIFICATION still counts */
            lost(io, n == 0 ? "Connection closed by the peer" : strerror(errno));
            return;
        }
        if (io->state == IO_OPEN && !bgp_input(io->conn, set->buffer, (size_t)n))
            return;
        if (n < (ssize_t)sizeof set->buffer || io->state == IO_GONE)
            return;
    }
}

static void on_ready(void *arg, unsigned what)
{
    struct peer_io *io = arg;
    if (io->state == IO_CONNECTING) {
        on_connected(io);
        return;
    }
    if (what & NET_WRITE)
        touch(io);
    if (what & NET_READ)
        on_readable(io);
}

static struct peer_io *io_new(struct peer_io_set *set, int fd, enum io_state state)
{
    struct peer_io *io = calloc(1, sizeof *io);
    if (!io)
        abort();
    io->set = set;
    io->fd = fd;
    io->state = (uint8_t)state;
    list_add(&set->all, io);
    return io;
}

struct peer_io_set *peer_io_new(struct net_loop *loop, uint16_t port, const struct peer_io_ops *ops)
{
    struct peer_io_set *set = calloc(1, sizeof *set);
    if (!set)
        abort();
    set->loop = loop;
    set->port = port;
    set->ops = *ops;
    set->dirty_end = &set->dirty;
    return set;
}

/* Frees what is gone, except what settle has still to pass by. */
static void bury(struct peer_io_set *set)
{
    struct peer_io **link = &set->gone;
    while (*link) {
        struct peer_io *io = *link;
        if (io->dirty) {
            link = &io->next;
            continue;
        }
        *link = io->next;
        free(io);
    }
}

void peer_io_free(struct peer_io_set *set)
{
    while (set->all.first)
        discard(set->all.first);
    while (set->closing.first)
        discard(set->closing.first);
    for (struct peer_io *io = set->dirty; io; io = io->dirty_next)
        io->dirty = false;
    bury(set);
    free(set);
}

/* Everything from socket() to connect(). A negative errno, or the descriptor. */
static int start_connect(uint16_t port, const struct bgp_peer_conf *conf, const struct place *place)
{
    struct sockaddr_storage ss;
    uint8_t af = conf->addr.af;
    place_enter(place);
    int fd = net_socket(af), rc = 0;
    place_leave(place);
    if (fd < 0)
        return fd;
    net_session_options(fd, af, conf);
    if (conf->password && *conf->password)
        rc = net_md5_key(fd, &conf->addr, af == 6 ? 128 : 32, conf->password);
    if (!rc && conf->local.af) {
        int on = 1;
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        socklen_t n = net_sockaddr(&conf->local, 0, &ss);
        rc = bind(fd, (struct sockaddr *)&ss, n) < 0 ? errno : 0;
    }
    if (!rc) {
        socklen_t n = net_sockaddr(&conf->addr, port, &ss);
        rc = connect(fd, (struct sockaddr *)&ss, n) < 0 ? errno : 0;
    }
    if (!rc || rc == EINPROGRESS)
        return fd;
    close(fd);
    return -rc;
}

static void begin_connect(struct peer_io *io)
{
    const struct bgp_peer_conf *conf = io->set->ops.conf_of(io->set->ops.arg, &io->peer);
    int fd = conf ? start_connect(io->set->port, conf,
                                  io->set->ops.place_of(io->set->ops.arg, &io->peer))
                  : -EADDRNOTAVAIL;
    if (fd >= 0 && !(io->watch = net_watch_open(io->set->loop, fd, on_ready, io))) {
        close(fd);
        fd = -ENOMEM;
    }
    if (fd < 0) {
        lost(io, strerror(-fd));
        return;
    }
    io->fd = fd;
    want(io);
}

void peer_io_connect(struct peer_io_set *set, struct bgp_conn *conn, const struct bgp_addr *peer)
{
    struct peer_io *io = io_new(set, -1, IO_CONNECTING);
    io->conn = conn;
    io->peer = *peer;
    bgp_conn_set_io(conn, io);
    touch(io);
}

void peer_io_refuse(struct peer_io_set *set, struct bgp_conn *conn, const char *why)
{
    struct peer_io *io = io_new(set, -1, IO_CONNECTING);
    io->conn = conn;
    io->failed = why;
    bgp_conn_set_io(conn, io);
    touch(io);
}

void peer_io_send(struct peer_io_set *set, struct bgp_conn *conn, const uint8_t *bytes, size_t n)
{
    struct peer_io *io = bgp_conn_io(conn);
    (void)set;
    if (!io || io->state != IO_OPEN || n == 0)
        return;
    if (io->sent && io->queued + n > io->room) {
        memmove(io->queue, io->queue + io->sent, io->queued - io->sent);
        io->queued -= io->sent;
        io->sent = 0;
    }
    if (io->queued + n > io->room) {
        size_t room = io->room ? io->room : 128;
        while (room < io->queued + n)
            room *= 2;
        uint8_t *queue = realloc(io->queue, room);
        if (!queue)
            abort();
        io->queue = queue;
        io->room = room;
    }
    memcpy(io->queue + io->queued, bytes, n);
    io->queued += n;
    io->given = true;
    if (io->queued - io->sent >= SEND_EARLY)
        push(io); /* a failure shows again in settle */
    touch(io);
}

void peer_io_close(struct peer_io_set *set, struct bgp_conn *conn)
{
    struct peer_io *io = bgp_conn_io(conn);
    if (!io || io->state == IO_GONE || is_closing(io))
        return;
    bgp_conn_set_io(conn, NULL);
    io->conn = NULL;
    if (io->state == IO_CONNECTING) {
        discard(io);
        return;
    }
    list_remove(&set->all, io);
    io->state = IO_FLUSHING;
    io->until = net_now() + CLOSE_MS;
    list_add(&set->closing, io);
    if (set->closing.n > CLOSING_MAX)
        discard(set->closing.first);
    touch(io);
}

void peer_io_accepted(struct peer_io_set *set, struct bgp *b, int fd, const struct bgp_addr *remote,
                      uint16_t remote_port, const struct bgp_addr *local, uint16_t local_port)
{
    struct peer_io *io = io_new(set, fd, IO_OPEN);
    io->peer = *remote;
    io->watch = net_watch_open(set->loop, fd, on_ready, io);
    if (!io->watch) {
        close(fd);
        discard(io);
        return;
    }
    struct bgp_conn *conn = bgp_accepted(b, remote, remote_port, local, local_port, io);
    if (io->state != IO_OPEN) /* already given up again through peer_io_close() */
        return;
    if (!conn) {
        discard(io);
        return;
    }
    io->conn = conn;
    want(io);
}

/* False: not now, in the next turn. */
static bool settle_one(struct peer_io *io)
{
    if (is_closing(io)) {
        flush_closing(io);
    } else if (io->state == IO_CONNECTING && !io->watch) {
        if (io->failed) {
            lost(io, io->failed);
        } else {
            if (io->set->connects == 0)
                return false;
            io->set->connects--;
            begin_connect(io);
        }
    } else if (io->state == IO_OPEN) {
        if (!push(io)) {
            lost(io, strerror(io->error));
            return true;
        }
        want(io);
        size_t waiting = io->queued - io->sent;
        if (waiting != io->reported || io->given) {
            io->reported = waiting;
            io->given = false;
            bgp_unsent(io->conn, waiting);
        }
    }
    return true;
}

bool peer_io_settle(struct peer_io_set *set)
{
    struct peer_io *later = NULL, **later_end = &later;
    set->connects = CONNECT_BATCH;
    while (set->dirty) {
        struct peer_io *io = set->dirty;
        set->dirty = io->dirty_next;
        if (!set->dirty)
            set->dirty_end = &set->dirty;
        io->dirty = false;
        if (settle_one(io))
            continue;
        io->dirty = true;
        io->dirty_next = NULL;
        *later_end = io;
        later_end = &io->dirty_next;
    }
    set->dirty = later;
    set->dirty_end = later ? later_end : &set->dirty;
    bury(set);
    return !later;
}

uint64_t peer_io_expire(struct peer_io_set *set, uint64_t now)
{
    while (set->closing.first && set->closing.first->until <= now)
        discard(set->closing.first);
    return set->closing.first ? set->closing.first->until : UINT64_MAX;
}

size_t peer_io_closing(const struct peer_io_set *set)
{
    return set->closing.n;
}

void peer_io_each(const struct peer_io_set *set,
                  void (*fn)(void *arg, int fd, const struct bgp_addr *peer), void *arg)
{
    const struct io_list *lists[] = {&set->all, &set->closing};
    for (unsigned i = 0; i < 2; i++)
        for (const struct peer_io *io = lists[i]->first; io; io = io->next)
            if (io->watch)
                fn(arg, io->fd, &io->peer);
}
