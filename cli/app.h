/*
 * The host side of the shell put together: datastore, speaker and sessions as the operations
 * engine/host.h wants. main.c makes one app and runs it; nothing else knows all its parts.
 */
#ifndef VRPSH_APP_H
#define VRPSH_APP_H

#include "bgp/types.h"
#include "engine/host.h"

struct app_opts {
    const char *db;
    uint16_t bgp_port;
    struct bgp_addr listen[16];
    size_t nlisten;
};

struct app;
struct app *app_new(const struct app_opts *o);
void app_free(struct app *a);
extern const struct host_ops app_host_ops; /* ctx is the struct app */

/* "vrpsh --check FILE...": offline, every error of every file in one pass on stderr (JSON lines on
 * stdout with json), nothing started, no datastore touched. Exit code 0, 1 (errors) or 2. */
int check_files(char *const *files, size_t n, bool json);

#endif
