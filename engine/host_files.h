/*
 * The files beside a datastore that belong to its host: the lock, the control socket and the
 * directory they live in. Plain system calls; only engine/host.c calls these.
 */
#ifndef VRPSH_HOST_FILES_H
#define VRPSH_HOST_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the lock "<db>.lock" and leaves our process id in it. -1 with a sentence in err when that
 * fails; *busy then says whether another host holds it. */
int host_lock(const char *db, bool *busy, char *err, size_t errlen);

/* A listening socket "<db>.sock" of mode 0600, non-blocking. Call with the lock held: a socket
 * found there belongs to a dead host. */
int host_listen(const char *db, char *err, size_t errlen);

void host_unlink_socket(const char *db);

#endif
