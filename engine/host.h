/*
 * The host process: one per datastore. It holds the datastore's lock, listens on the control
 * socket beside it, and carries frames between terminals and sessions. It knows nothing of
 * commands: the cli room hands in struct host_ops.
 *
 * Everything here runs in the mgmt thread on one libuv loop. The socket is mode 0600, or 0666 when
 * ops->others() says so; who a client is comes from the kernel (SO_PEERCRED): the host's own user,
 * root, or one that ops->level() knows.
 */
#ifndef VRPSH_HOST_H
#define VRPSH_HOST_H

#include <sys/types.h>

#include "engine/proto.h"

#define HOST_TERMINALS 256 /* most that may be attached at once */

struct uv_loop_s;
struct host_conn; /* one attached terminal */

/* Who is at the other end, from the socket's peer credentials. */
struct host_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
    char user[33];
    int level; /* what ops->level said; 3 for root and the host's own user */
};

struct host_ops {
    /* After the lock and before the socket exists: open the datastore, start the speaker. On
     * failure writes one sentence into err and returns false; the host exits. */
    bool (*start)(void *ctx, struct uv_loop_s *loop, char *err, size_t errlen);
    /* The loop has ended: stop the speaker, close the datastore. */
    void (*stop)(void *ctx);
    /* Level of a user other than root and the host's own, 0 to 3; -1: may not attach. NULL: nobody
     * else may. Only level 3 may stop the host. */
    int (*level)(void *ctx, const struct host_peer *peer);
    /* Whether such users are to reach the control socket at all (NULL: they are not): asked when
     * it is made, and after every op that may have changed the answer by host_share(). */
    bool (*others)(void *ctx);
    /* A client said HELLO and WELCOME is queued (its id is the connection's number; a session may
     * send WELCOME once more with its own). Returns the session (NULL: refused, err says why). The
     * first LINE is delivered without host_ready(). */
    void *(*open)(void *ctx, struct host_conn *conn, const struct host_peer *peer,
                  const struct proto_hello *hello, char *err, size_t errlen);
    /* A frame other than HELLO and STOP. LINE frames arrive one at a time: the next is delivered
     * after the session has called host_ready(); until then they wait in the socket. HELP, TAB,
     * SIZE and INTR are delivered at once. EOF comes after the lines before it. */
    void (*frame)(void *session, struct proto_frame *f);
    /* The output queue has drained below the low-water mark after host_send() returned false. */
    void (*drained)(void *session);
    /* The client is gone, whether it said so or not. The session must be freed. */
    void (*close)(void *session);
    /* Nothing is waiting to be read from any client, or a person waits for an answer: time to flush
     * batched work. */
    void (*idle)(void *ctx);
    /* Does what time has brought and says in how many milliseconds there is more, -1: nothing is
     * waiting. Called then, and whenever something has happened that may change the answer. May be
     * NULL. */
    int64_t (*due)(void *ctx);
};

struct host_opts {
    const char *db;       /* datastore file; ":memory:" is not allowed here */
    int ready_fd;         /* -1, or a pipe: "\0" is written when the socket listens, else a sentence
                             and the host exits; a leading "\1" says another host has the lock */
    bool end_with_client; /* --private: ends when its last client goes */
};

/* Runs until SIGTERM, SIGINT, PROTO_STOP or (--private) the last client goes. Exit code. */
int host_run(const struct host_opts *opts, const struct host_ops *ops, void *ctx);
/* Ends host_run() soon, from inside an op. */
void host_stop(struct host_conn *conn);

/* Queues finished frames of b and empties it. False: more than the high-water mark (256 KiB) is
 * waiting; a producer of long output must stop until ops->drained. Nothing is ever dropped. */
bool host_send(struct host_conn *conn, struct proto_buf *b);
/* Has ops->drained called in the next turn, even when nothing was in the way: for a producer that
 * has worked for a while and lets others have a turn. */
void host_again(struct host_conn *conn);
/* The session is done with the last LINE (after sending PROMPT, when it is interactive). */
void host_ready(struct host_conn *conn);
/* True when another complete LINE or the EOF of a batch has already arrived. */
bool host_pending(const struct host_conn *conn);
/* Sends BYE with the code, then closes once everything is written. */
void host_bye(struct host_conn *conn, int code);

/* Lets users other than root and the host's own reach the socket, or only these. */
void host_share(const char *db, bool others);
/* Path of the control socket of a datastore into buf; false when it would exceed a socket path. */
bool host_socket_path(const char *db, char *buf, size_t n);
/* Creates the directory of a datastore, mode 0700, when it is missing. */
bool host_make_dir(const char *db, char *err, size_t errlen);

#endif
