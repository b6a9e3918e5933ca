/*
 * The host process: lock, control socket, and the carrying of frames between terminals and
 * sessions. See host.h for what it promises.
 *
 * One libuv loop, one thread. The order of a turn is what the rest relies on: frames are read in
 * the poll phase; before the next poll on_turn() delivers queued lines, lets batched work be
 * flushed when nothing is left to deliver or somebody waits for an answer (ops->idle), writes what
 * was queued, and only then frees connections. So no op is ever called from inside another op, a
 * connection outlives every op called for it, and what a terminal is told has been through
 * ops->idle first; only a batch, whose candidate is nobody's when it is cut off, may run ahead of
 * it.
 */
#include "engine/host.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "engine/host_files.h"
#include "engine/reserve.h"

#define HIGH_WATER (256u << 10)
#define LOW_WATER (64u << 10)
#define UNREAD_MAX (256u << 10) /* bytes of waiting lines after which the socket is left alone */
#define READ_TURN (256u << 10)  /* bytes read from one terminal before others get their turn */
#define LINES_TURN 512          /* lines delivered likewise */
#define READ_CHUNK (64u << 10)
#define ALONE_MS 15000 /* --private: how long to wait for the shell that started us */
#define ACCEPT_RETRY_MS 200
#define EXIT_START 3
#define OWNER 3 /* level of root and the host's own user */

struct host_conn {
    struct host *host;
    struct host_conn *prev, *next;
    uv_poll_t poll;
    int fd;
    int events; /* what poll watches now */
    void *session;
    struct host_peer peer;

    /* in[head, scan) are whole frames: LINE and EOF waiting to be delivered, and others already
     * delivered, whose type octet is zeroed. in[scan, nin) is an unfinished frame. */
    uint8_t *in;
    size_t nin, cap, head, scan;
    size_t nlines; /* LINE and EOF frames in [head, scan) */

    struct proto_buf out;
    size_t sent; /* octets of out already written */

    bool person;  /* interactive: what it is told has been through ops->idle */
    bool ready;   /* the session wants the next line */
    bool blocked; /* the socket takes no more for now */
    bool full;    /* host_send() said so; ops->drained is owed */
    bool bye;     /* close when out is empty */
    bool dead;    /* close at the end of this turn */
};

struct host {
    uv_loop_t loop;
    uv_poll_t listener;
    uv_signal_t sigterm, sigint;
    uv_prepare_t turn;
    uv_idle_t spin;        /* running while there is work that needs no event */
    uv_timer_t timer, due; /* for the control socket; for ops->due */
    const struct host_ops *ops;
    const struct host_opts *opts;
    void *ctx;
    struct host_conn *conns;
    size_t nconns;
    uint32_t welcomed;
    struct host_conn *stopper; /* who sent PROTO_STOP: its connection ends last */
    bool busy;                 /* something was delivered since the last ops->idle */
    bool stopping;
    bool accepting;
};

/* --- writing ------------------------------------------------------------------------- */

static size_t unsent(const struct host_conn *c)
{
    return c->out.n - c->sent;
}

static void push(struct host_conn *c)
{
    while (unsent(c) && !c->blocked && !c->dead) {
        ssize_t n = send(c->fd, c->out.bytes + c->sent, unsent(c), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            c->sent += (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            c->blocked = true;
        } else if (errno != EINTR) {
            c->dead = true;
        }
    }
    if (c->sent == c->out.n) {
        c->sent = c->out.n = 0;
    } else if (c->sent > HIGH_WATER) {
        memmove(c->out.bytes, c->out.bytes + c->sent, unsent(c));
        c->out.n -= c->sent;
        c->sent = 0;
    }
}

/* A reply by the host itself. */
static void reply(struct host_conn *c, enum proto_type t, const char *text)
{
    proto_begin(&c->out, t);
    proto_str(&c->out, text, strlen(text));
    proto_end(&c->out);
}

bool host_send(struct host_conn *c, struct proto_buf *b)
{
    if (!c->bye && !c->dead && b->n) {
        if (c->out.n == 0) {
            struct proto_buf empty = c->out;
            c->out = *b;
            *b = empty;
        } else {
            uint8_t *all = c->out.bytes;
            if (c->out.n + b->n > c->out.cap) {
                size_t cap = (c->out.n + b->n) * 2;
                all = realloc(c->out.bytes, cap);
                if (!all) {
                    fputs("vrpsh: out of memory\n", stderr);
                    abort();
                }
                c->out.bytes = all;
                c->out.cap = cap;
            }
            memcpy(all + c->out.n, b->bytes, b->n);
            c->out.n += b->n;
        }
        if (unsent(c) > LOW_WATER) {
            push(c);
        }
    }
    b->n = b->frame = 0;
    c->full |= unsent(c) > HIGH_WATER; /* until ops->drained has been called */
    return !c->full;
}

void host_again(struct host_conn *c)
{
    c->full = true;
}

void host_bye(struct host_conn *c, int code)
{
    if (!c->bye) {
        proto_begin(&c->out, PROTO_BYE);
        proto_u8(&c->out, (uint8_t)code);
        proto_end(&c->out);
        c->bye = true;
    }
}

/* --- delivering ---------------------------------------------------------------------- */

static bool deliverable(const struct host_conn *c)
{
    return c->ready && c->nlines && !c->bye && !c->dead;
}

static void deliver(struct host_conn *c, struct proto_frame *f)
{
    c->host->busy = true;
    c->host->ops->frame(c->session, f);
    c->dead |= f->bad;
}

static void deliver_lines(struct host_conn *c)
{
    for (int n = 0; n < LINES_TURN && deliverable(c);) {
        struct proto_frame f;
        uint8_t *type = &c->in[c->head + 4];
        bool was_delivered = *type == 0;
        if (was_delivered) {
            *type = PROTO_INTR; /* any known type: only the length matters now */
        }
        c->head += (size_t)proto_next(c->in + c->head, c->scan - c->head, &f);
        if (!was_delivered) {
            c->nlines--;
            c->ready = false;
            deliver(c, &f);
            n++;
        }
    }
}

void host_ready(struct host_conn *c)
{
    c->ready = true;
}

bool host_pending(const struct host_conn *c)
{
    return c->nlines > 0;
}

void host_stop(struct host_conn *c)
{
    c->host->stopping = true;
}

static void on_hello(struct host_conn *c, struct proto_frame *f)
{
    struct host *h = c->host;
    struct proto_hello hello;
    char err[256] = "";
    if (!proto_hello_read(f, &hello)) {
        c->dead = true;
        return;
    }
    if (hello.version != PROTO_VERSION) {
        snprintf(err, sizeof err,
                 "The host of this datastore is another version of vrpsh (control protocol %d, "
                 "this terminal %u). Stop it with \"vrpsh --stop\" and try again.",
                 PROTO_VERSION, hello.version);
        reply(c, PROTO_REFUSED, err);
        c->bye = true;
        return;
    }
    h->busy = true;
    c->ready = true;
    c->person = hello.interactive;
    proto_begin(&c->out, PROTO_WELCOME);
    proto_u16(&c->out, PROTO_VERSION);
    proto_u32(&c->out, ++h->welcomed);
    proto_end(&c->out);
    c->session = h->ops->open(h->ctx, c, &c->peer, &hello, err, sizeof err);
    if (!c->session) {
        c->bye = false;
        c->out.n = c->sent = 0; /* nothing a session that never was may have said */
        reply(c, PROTO_REFUSED, *err ? err : "The session was refused.");
        c->bye = true;
    }
}

static void on_frame(struct host_conn *c, struct proto_frame *f, uint8_t *type)
{
    if (f->type == PROTO_STOP && c->peer.level < OWNER) {
        reply(c, PROTO_REFUSED, "Only level 3 may stop the host.");
        c->bye = true;
        *type = 0;
        return;
    }
    if (f->type == PROTO_STOP) {
        host_bye(c, 0);
        c->host->stopper = c;
        c->host->stopping = true;
        *type = 0;
        return;
    }
    if (!c->session || f->type == PROTO_HELLO) {
        bool first = f->type == PROTO_HELLO && !c->session;
        *type = 0;
        if (first) {
            on_hello(c, f);
        } else {
            c->dead = true;
        }
        return;
    }
    switch (f->type) {
    case PROTO_LINE:
    case PROTO_EOF:
        c->nlines++;
        break;
    case PROTO_HELP:
    case PROTO_TAB:
    case PROTO_INTR:
    case PROTO_SIZE:
    case PROTO_AHEAD:
        /* These overtake lines that have to wait, but not a line that only came with them. */
        *type = 0;
        deliver_lines(c);
        deliver(c, f);
        break;
    default:
        c->dead = true;
    }
}

/* --- reading ------------------------------------------------------------------------- */

static bool paused(const struct host_conn *c)
{
    return c->bye || (c->nlines && c->nin - c->head >= UNREAD_MAX);
}

static bool room(struct host_conn *c)
{
    if (c->head == c->nin) {
        c->head = c->scan = c->nin = 0;
    } else if (c->head >= c->cap / 2) {
        memmove(c->in, c->in + c->head, c->nin - c->head);
        c->nin -= c->head;
        c->scan -= c->head;
        c->head = 0;
    }
    if (c->cap - c->nin < READ_CHUNK) {
        size_t cap = c->cap ? c->cap * 2 : 2 * READ_CHUNK;
        uint8_t *in = realloc(c->in, cap);
        if (!in) {
            return false;
        }
        c->in = in;
        c->cap = cap;
    }
    return true;
}

static void scan(struct host_conn *c)
{
    struct proto_frame f;
    long n = 0;
    while (!c->dead && !c->bye && (n = proto_next(c->in + c->scan, c->nin - c->scan, &f)) > 0) {
        uint8_t *type = &c->in[c->scan + 4];
        c->scan += (size_t)n;
        on_frame(c, &f, type);
    }
    c->dead |= n < 0;
    if (!c->nlines) {
        c->head = c->scan; /* everything there has been delivered */
    }
}

static void read_frames(struct host_conn *c)
{
    for (size_t turn = 0; turn < READ_TURN && !c->dead && !paused(c);) {
        if (!room(c)) {
            c->dead = true;
            return;
        }
        ssize_t n = recv(c->fd, c->in + c->nin, c->cap - c->nin, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (n <= 0) {
            c->dead = true;
            return;
        }
        c->nin += (size_t)n;
        turn += (size_t)n;
        scan(c);
    }
}

static void on_conn(uv_poll_t *p, int status, int events)
{
    struct host_conn *c = p->data;
    if (status < 0) {
        c->dead = true;
        return;
    }
    if (events & UV_WRITABLE) {
        c->blocked = false;
    }
    if ((events & UV_DISCONNECT) && !(c->events & UV_READABLE)) {
        c->dead = true; /* its unread lines are nobody's any more */
        return;
    }
    if (events & (UV_READABLE | UV_DISCONNECT)) {
        read_frames(c);
    }
}

/* --- connections --------------------------------------------------------------------- */

static void watch(struct host_conn *c)
{
    int events = UV_DISCONNECT | (paused(c) ? 0 : UV_READABLE) | (c->blocked ? UV_WRITABLE : 0);
    if (events != c->events) {
        c->events = events;
        if (uv_poll_start(&c->poll, events, on_conn) < 0) {
            c->dead = true;
        }
    }
}

static void free_conn(uv_handle_t *h)
{
    struct host_conn *c = h->data;
    close(c->fd);
    free(c->in);
    proto_buf_free(&c->out);
    free(c);
}

static void close_conn(struct host_conn *c)
{
    struct host *h = c->host;
    if (c->session) {
        h->busy = true;
        h->ops->close(c->session);
        c->session = NULL;
    }
    *(c->prev ? &c->prev->next : &h->conns) = c->next;
    if (c->next) {
        c->next->prev = c->prev;
    }
    h->nconns--;
    uv_close((uv_handle_t *)&c->poll, free_conn);
}

static bool allowed(struct host *h, int fd, struct host_peer *peer)
{
    struct ucred cred;
    socklen_t len = sizeof cred;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || len != sizeof cred) {
        return false;
    }
    *peer = (struct host_peer){.pid = cred.pid, .uid = cred.uid, .gid = cred.gid, .level = OWNER};
    struct passwd pw, *found = NULL;
    char buf[1024];
    if (getpwuid_r(cred.uid, &pw, buf, sizeof buf, &found) == 0 && found) {
        snprintf(peer->user, sizeof peer->user, "%s", found->pw_name);
    } else {
        snprintf(peer->user, sizeof peer->user, "%lu", (unsigned long)cred.uid);
    }
    if (cred.uid != geteuid() && cred.uid != 0) {
        peer->level = h->ops->level ? h->ops->level(h->ctx, peer) : -1;
    }
    return peer->level >= 0;
}

static void add_conn(struct host *h, int fd)
{
    struct host_conn *c = calloc(1, sizeof *c);
    if (!c || uv_poll_init(&h->loop, &c->poll, fd) < 0) {
        free(c);
        close(fd);
        return;
    }
    c->host = h;
    c->fd = fd;
    c->poll.data = c;
    c->next = h->conns;
    if (h->conns) {
        h->conns->prev = c;
    }
    h->conns = c;
    h->nconns++;
    if (!allowed(h, fd, &c->peer)) {
        reply(c, PROTO_REFUSED,
              "You have no level on this host: it lets its owner, root and the users it was told "
              "of attach.");
        c->bye = true;
    } else if (h->nconns > HOST_TERMINALS) {
        reply(c, PROTO_REFUSED, "Too many terminals are attached.");
        c->bye = true;
    }
    watch(c);
}

static void on_accept(uv_poll_t *p, int status, int events);

static void listen_again(uv_timer_t *t)
{
    struct host *h = t->data;
    if (!h->accepting && uv_poll_start(&h->listener, UV_READABLE, on_accept) == 0) {
        h->accepting = true;
    }
    if (h->opts->end_with_client && !h->nconns) {
        h->stopping = true;
    }
}

static void on_accept(uv_poll_t *p, int status, int events)
{
    struct host *h = p->data;
    (void)events;
    if (status < 0) {
        fprintf(stderr, "vrpsh: control socket: %s\n", uv_strerror(status));
        h->stopping = true;
        return;
    }
    uv_os_fd_t at;
    if (uv_fileno((uv_handle_t *)p, &at) < 0) {
        return;
    }
    int fd;
    while ((fd = accept4(at, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        add_conn(h, fd);
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
        /* The waiting connection would wake us for ever: look again later. */
        uv_poll_stop(p);
        h->accepting = false;
        uv_timer_start(&h->timer, listen_again, ACCEPT_RETRY_MS, 0);
    }
}

/* --- time ------------------------------------------------------------------------------ */

static void on_due(uv_timer_t *t)
{
    ((struct host *)t->data)->busy = true;
}

static void do_due(struct host *h)
{
    int64_t ms = h->ops->due ? h->ops->due(h->ctx) : -1;
    if (ms < 0) {
        uv_timer_stop(&h->due);
    } else {
        uv_update_time(&h->loop);
        uv_timer_start(&h->due, on_due, (uint64_t)ms, 0);
    }
}

/* --- the turn ------------------------------------------------------------------------ */

static bool answering(const struct host *h)
{
    for (const struct host_conn *c = h->conns; c; c = c->next) {
        if (c->person && unsent(c) && !c->blocked) {
            return true;
        }
    }
    return false;
}

static bool unread(const struct host *h)
{
    for (const struct host_conn *c = h->conns; c; c = c->next) {
        int n = 0;
        if (deliverable(c) || (!paused(c) && !c->dead && ioctl(c->fd, FIONREAD, &n) == 0 && n)) {
            return true;
        }
    }
    return false;
}

static void write_out(struct host_conn *c)
{
    push(c);
    if (c->full && unsent(c) < LOW_WATER && !c->dead) {
        c->full = false;
        if (c->session && !c->bye) {
            c->host->busy = true;
            c->host->ops->drained(c->session);
        }
    }
    c->dead |= c->bye && !unsent(c) && c != c->host->stopper;
}

static void on_spin(uv_idle_t *i)
{
    (void)i; /* its presence alone keeps the loop from sleeping */
}

static void on_turn(uv_prepare_t *p)
{
    struct host *h = p->data;
    for (struct host_conn *c = h->conns; c; c = c->next) {
        deliver_lines(c);
    }
    if (h->busy && (answering(h) || !unread(h))) {
        h->busy = false;
        do_due(h);
        h->ops->idle(h->ctx);
    }
    bool more = false;
    for (struct host_conn *c = h->conns, *next; c; c = next) {
        next = c->next;
        write_out(c);
        if (c->dead) {
            bool last = h->nconns == 1;
            close_conn(c);
            h->stopping |= last && h->opts->end_with_client;
        } else {
            watch(c);
            more |= deliverable(c) || (unsent(c) && !c->blocked) ||
                    (c->full && unsent(c) < LOW_WATER && !c->bye);
        }
    }
    more |= h->busy && !unread(h);
    if (more) {
        uv_idle_start(&h->spin, on_spin);
    } else {
        uv_idle_stop(&h->spin);
    }
    if (h->stopping) {
        uv_stop(&h->loop);
    }
}

/* --- start and end ------------------------------------------------------------------- */

static void on_signal(uv_signal_t *s, int signum)
{
    (void)signum;
    ((struct host *)s->data)->stopping = true;
}

static bool prepare(struct host *h, int listener, char *err, size_t errlen)
{
    int rc = uv_poll_init(&h->loop, &h->listener, listener);
    uv_signal_init(&h->loop, &h->sigterm);
    uv_signal_init(&h->loop, &h->sigint);
    uv_prepare_init(&h->loop, &h->turn);
    uv_idle_init(&h->loop, &h->spin);
    uv_timer_init(&h->loop, &h->timer);
    uv_timer_init(&h->loop, &h->due);
    h->listener.data = h->sigterm.data = h->sigint.data = h->turn.data = h->timer.data = h;
    h->due.data = h;
    h->busy = true; /* what a host before us left to be done */
    rc = rc < 0 ? rc : uv_signal_start(&h->sigterm, on_signal, SIGTERM);
    rc = rc < 0 ? rc : uv_signal_start(&h->sigint, on_signal, SIGINT);
    rc = rc < 0 ? rc : uv_prepare_start(&h->turn, on_turn);
    rc = rc < 0 ? rc : uv_poll_start(&h->listener, UV_READABLE, on_accept);
    if (rc >= 0 && h->opts->end_with_client) {
        rc = uv_timer_start(&h->timer, listen_again, ALONE_MS, 0);
    }
    h->accepting = rc >= 0;
    if (rc < 0) {
        snprintf(err, errlen, "cannot start the event loop: %s", uv_strerror(rc));
    }
    return rc >= 0;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

/* Terminals get a moment to take what was said last; one that does not read cannot hold us. */
static void farewell(struct host *h)
{
    for (struct host_conn *c = h->conns, *next; c; c = next) {
        next = c->next;
        push(c);
        struct pollfd pfd = {.fd = c->fd, .events = POLLOUT};
        if (unsent(c) && !c->dead && poll(&pfd, 1, 100) > 0) {
            c->blocked = false;
            push(c);
        }
        if (c != h->stopper) {
            close_conn(c);
        } else if (c->session) {
            h->ops->close(c->session);
            c->session = NULL;
        }
    }
}

static void tell(const struct host_opts *opts, const char *err, bool busy)
{
    char text[600];
    int n = err ? snprintf(text, sizeof text, "%s%s\n", busy ? "\1" : "", err) : 1;
    if (!err) {
        text[0] = '\0';
    }
    if (opts->ready_fd < 0) {
        return;
    }
    /* Whoever started us may be gone already; that is no reason not to serve others. */
    if (write(opts->ready_fd, text, (size_t)n) < 0 && errno != EPIPE) {
        fprintf(stderr, "vrpsh: ready pipe: %s\n", strerror(errno));
    }
    close(opts->ready_fd);
}

static int start_failed(const struct host_opts *opts, const char *err, bool busy)
{
    /* Losing a race to start is ordinary for a host in the background: not worth its log. */
    if (opts->ready_fd < 0 || !busy) {
        fprintf(stderr, "vrpsh: %s\n", err);
    }
    tell(opts, err, busy);
    return EXIT_START;
}

static void serve(struct host *h)
{
    uv_run(&h->loop, UV_RUN_DEFAULT);
    h->ops->idle(h->ctx);
    farewell(h);
    host_unlink_socket(h->opts->db);
}

int host_run(const struct host_opts *opts, const struct host_ops *ops, void *ctx)
{
    struct host h = {.ops = ops, .opts = opts, .ctx = ctx};
    char err[512] = "";
    bool busy = false;
    int listener = -1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    reserve_start();
    uv_replace_allocator(malloc, realloc, calloc, free); /* ours: libuv's own would abort */
    int lock =
        host_make_dir(opts->db, err, sizeof err) ? host_lock(opts->db, &busy, err, sizeof err) : -1;
    if (lock < 0) {
        return start_failed(opts, err, busy);
    }
    int rc = uv_loop_init(&h.loop);
    if (rc < 0) {
        close(lock);
        return start_failed(opts, uv_strerror(rc), false);
    }
    bool started = ops->start(ctx, &h.loop, err, sizeof err);
    if (started) {
        listener = host_listen(opts->db, err, sizeof err);
        host_share(opts->db, ops->others && ops->others(ctx));
    }
    bool ok = listener >= 0 && prepare(&h, listener, err, sizeof err);
    if (ok) {
        if (opts->ready_fd < 0) {
            fprintf(stderr, "vrpsh: host of %s is ready\n", opts->db);
        }
        tell(opts, NULL, false);
        serve(&h);
    }
    if (started) {
        ops->stop(ctx);
    }
    struct host_conn *stopper = h.stopper;
    int last = stopper ? dup(stopper->fd) : -1;
    if (stopper) {
        close_conn(stopper);
    }
    uv_walk(&h.loop, close_handle, NULL);
    uv_run(&h.loop, UV_RUN_DEFAULT);
    uv_loop_close(&h.loop);
    if (listener >= 0) {
        close(listener);
    }
    close(lock);
    /* Whoever asked for the stop sees the end of its connection when all the rest is gone. */
    if (last >= 0) {
        close(last);
    }
    return ok ? 0 : start_failed(opts, err, false);
}
