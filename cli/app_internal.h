/* The app's parts, for the files of the cli room that run on the host side. */
#ifndef VRPSH_APP_INTERNAL_H
#define VRPSH_APP_INTERNAL_H

#include "cli/app.h"
#include "cli/router/debug.h"
#include "cli/log.h"
#include "cli/session.h"

struct app {
    struct app_opts opts;
    struct config config;
    struct session *sessions;
    uint32_t sessions_made;
    bool unwritten;      /* the datastore refuses candidates, and that has been said */
    uint32_t shared;     /* model.shell_changes when the socket's mode was set */
    uint64_t started_ms; /* monotonic */
    struct log log;
    char *rollback_error;                 /* why the last rollback failed, NULL: it did not */
    struct store_candidate rollback_cand; /* and what it would have made of running */
    uint64_t trial_told;                  /* seconds left that were announced last */
    uint32_t device;                      /* config.head + 1 that device_refresh() has seen */
    char zone[80], *own_zone;             /* TZ of running, "": none; and the host's own */
    uint32_t save_every;                  /* "set save-configuration interval", minutes */
    uint64_t save_at_ms;                  /* monotonic */
    char daily_time[9];                   /* "set save-configuration checkpoint daily time" */
    int64_t daily_at;                     /* seconds since the epoch */
    bool stopping;                        /* sessions end because the host does */
};

/* A commit has changed running: other sessions count what is left of their candidates. */
void app_committed(struct app *a, struct session *by);
/* A message line to every interactive session but one (NULL: to all). */
void app_tell(struct app *a, const struct session *except, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A line of the host's log: "BGP/4/WARNING" and text. */
void app_log(struct app *a, const char *id, const char *text);
/* cmd_users.c: gives back an exclusive right that is not used; milliseconds left, -1: none. */
int64_t lock_due(struct app *a);
/* cmd_rollback.c: forgets the result of the last rollback. */
void rollback_forget(struct app *a);
/* "2026-02-03 10:31:07+02:00" of seconds since the epoch. */
void app_time(int64_t when, char *buf, size_t len);

#endif
