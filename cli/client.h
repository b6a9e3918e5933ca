/*
 * The terminal's end of the control protocol: one connection, never blocking, driven by the poll()
 * loops of batch.c and term.c. Reads and writes are buffered here so that neither loop can end up
 * writing to a host that is waiting for it to read.
 */
#ifndef VRPSH_CLIENT_H
#define VRPSH_CLIENT_H

#include "engine/proto.h"

struct client {
    int fd;
    uint32_t session; /* the number the host gave us */
    struct proto_buf out;
    size_t sent;
    uint8_t *in;
    size_t nin, cap, used;
    bool ended; /* the host closed the connection, or broke the protocol */
    bool deaf;  /* it no longer takes what we send; what it said may still be read */
};

enum client_greeting {
    CLIENT_WELCOME,
    CLIENT_REFUSED, /* err says why */
    CLIENT_GONE     /* closed without a word: a host that was just ending */
};

/* 0, or the errno of a host that cannot be reached. */
int client_connect(struct client *c, const char *db);
enum client_greeting client_greet(struct client *c, const struct proto_hello *hello, char *err,
                                  size_t errlen);
void client_close(struct client *c);

/* The next frame already read; valid until the next client_read(). */
bool client_next(struct client *c, struct proto_frame *f);
/* After POLLIN or POLLHUP. */
void client_read(struct client *c);
/* Writes what the socket takes. */
void client_write(struct client *c);
size_t client_unsent(const struct client *c);
/* Waits for at most ms for the host to say or take something. False when that time passed. */
bool client_wait(struct client *c, int ms);

void client_text(struct client *c, enum proto_type t, const char *text, size_t n);
void client_signal(struct client *c, enum proto_type t);
void client_size(struct client *c, uint16_t rows, uint16_t cols);

#endif
