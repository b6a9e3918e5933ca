/*
 * The connection of a terminal to its host. See client.h.
 *
 * A host that is done with us closes with our unread lines in its socket, which shows here as a
 * write error while its last words still wait to be read. So a write error only makes us deaf;
 * the connection has ended when reading says so.
 */
#include "cli/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/host.h"

#define READ_CHUNK (64u << 10)
#define GREET_MS 30000

int client_connect(struct client *c, const char *db)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    *c = (struct client){.fd = -1};
    if (!host_socket_path(db, sa.sun_path, sizeof sa.sun_path)) {
        return ENAMETOOLONG;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    if (connect(fd, (struct sockaddr *)&sa, sizeof sa) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        int why = errno;
        close(fd);
        return why;
    }
    c->fd = fd;
    return 0;
}

void client_close(struct client *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    free(c->in);
    proto_buf_free(&c->out);
    *c = (struct client){.fd = -1};
}

bool client_next(struct client *c, struct proto_frame *f)
{
    long n = c->ended && c->used == c->nin ? 0 : proto_next(c->in + c->used, c->nin - c->used, f);
    if (n < 0) {
        c->ended = true;
        c->used = c->nin;
        return false;
    }
    c->used += (size_t)n;
    return n > 0;
}

void client_read(struct client *c)
{
    if (c->used) {
        memmove(c->in, c->in + c->used, c->nin - c->used);
        c->nin -= c->used;
        c->used = 0;
    }
    if (c->cap - c->nin < READ_CHUNK) {
        size_t cap = c->cap ? c->cap * 2 : 2 * READ_CHUNK;
        uint8_t *in = realloc(c->in, cap);
        if (!in) {
            c->ended = true;
            return;
        }
        c->in = in;
        c->cap = cap;
    }
    ssize_t n = recv(c->fd, c->in + c->nin, c->cap - c->nin, 0);
    if (n > 0) {
        c->nin += (size_t)n;
    } else if (n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        c->ended = true;
    }
}

size_t client_unsent(const struct client *c)
{
    return c->deaf ? 0 : c->out.n - c->sent;
}

void client_write(struct client *c)
{
    while (client_unsent(c)) {
        ssize_t n = send(c->fd, c->out.bytes + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            c->sent += (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        } else if (errno != EINTR) {
            c->deaf = true;
        }
    }
    if (c->deaf || c->sent == c->out.n) {
        c->sent = c->out.n = 0;
    }
}

bool client_wait(struct client *c, int ms)
{
    client_write(c);
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    if (client_unsent(c)) {
        p.events |= POLLOUT;
    }
    int n = poll(&p, 1, ms);
    if (n > 0 && (p.revents & POLLOUT)) {
        client_write(c);
    }
    if (n > 0 && (p.revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))) {
        client_read(c);
    }
    return n != 0;
}

enum client_greeting client_greet(struct client *c, const struct proto_hello *hello, char *err,
                                  size_t errlen)
{
    struct proto_frame f;
    proto_hello_write(&c->out, hello);
    for (;;) {
        while (!client_next(c, &f)) {
            if (c->ended) {
                return CLIENT_GONE;
            }
            if (!client_wait(c, GREET_MS)) {
                snprintf(err, errlen, "the host does not answer");
                return CLIENT_REFUSED;
            }
        }
        if (f.type == PROTO_REFUSED) {
            size_t n;
            const char *why = proto_get_str(&f, &n);
            snprintf(err, errlen, "%.*s", (int)n, why);
            return CLIENT_REFUSED;
        }
        if (f.type == PROTO_WELCOME) {
            break;
        }
    }
    uint16_t version = proto_get_u16(&f);
    c->session = proto_get_u32(&f);
    if (f.bad || version != PROTO_VERSION) {
        snprintf(err, errlen,
                 "the host of this datastore is another version of vrpsh; stop it with \"vrpsh "
                 "--stop\" and try again");
        return CLIENT_REFUSED;
    }
    return CLIENT_WELCOME;
}

void client_text(struct client *c, enum proto_type t, const char *text, size_t n)
{
    proto_begin(&c->out, t);
    proto_str(&c->out, text, n);
    proto_end(&c->out);
}

void client_signal(struct client *c, enum proto_type t)
{
    proto_begin(&c->out, t);
    proto_end(&c->out);
}

void client_size(struct client *c, uint16_t rows, uint16_t cols)
{
    proto_begin(&c->out, PROTO_SIZE);
    proto_u16(&c->out, rows);
    proto_u16(&c->out, cols);
    proto_end(&c->out);
}
