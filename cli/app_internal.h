/* The app's parts, for the files of the cli room that run on the host side. */
#ifndef VRPSH_APP_INTERNAL_H
#define VRPSH_APP_INTERNAL_H

#include "cli/app.h"
#include "cli/session.h"

struct app {
    struct app_opts opts;
    struct config config;
    struct session *sessions;
    uint32_t sessions_made;
    uint64_t started_ms; /* monotonic */
};

/* A commit has changed running: other sessions count what is left of their candidates. */
void app_committed(struct app *a, struct session *by);
/* "2026-02-03 10:31:07+02:00" of seconds since the epoch. */
void app_time(int64_t when, char *buf, size_t len);

#endif
