/*
 * Reaching the host of a datastore: attach to the one that runs, or start it. Only main.c calls
 * these.
 */
#ifndef VRPSH_SPAWN_H
#define VRPSH_SPAWN_H

#include <sys/types.h>

#include "cli/client.h"
#include "cli/options.h"

/* Attaches c, starting a host when none runs (or always, for --private; *child is then its process
 * id). False with a sentence in err. */
bool spawn_attach(const struct options *o, const struct proto_hello *hello, struct client *c,
                  pid_t *child, char *err, size_t errlen);

/* Waits for a private host to end, so that its datastore is closed when the shell has gone. */
void spawn_reap(pid_t child);

/* "vrpsh --stop": the exit code. */
int spawn_stop(const char *db);

#endif
