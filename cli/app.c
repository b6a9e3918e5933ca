/* The host side put together: datastore, speaker, sessions and the log. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/config/commit.h"
#include "cli/device.h"
#include "cli/config/load.h"
#include "cli/settings.h"
#include "engine/config/model.h"
#include "engine/files.h"
#include "engine/reserve.h"

struct app *app_new(const struct app_opts *o)
{
    struct app *a = calloc(1, sizeof *a);
    struct timespec now;
    if (!a)
        return NULL;
    clock_gettime(CLOCK_MONOTONIC, &now);
    a->started_ms = (uint64_t)now.tv_sec * 1000;
    a->opts = *o;
    return a;
}

void app_free(struct app *a)
{
    if (a) {
        log_clear(a);
        free(a->own_zone);
    }
    free(a);
}

void app_committed(struct app *a, struct session *by)
{
    device_refresh(a);
    for (struct session *s = a->sessions; s; s = s->next)
        if (s != by && s->edit.cand.id && s->edit.cand.rows) {
            store_candidate_tidy(a->config.store, &s->edit.cand, a->config.head);
            if (by && s->edit.cand.rows && s->hello.interactive) {
                char text[200];
                snprintf(text, sizeof text,
                         "Info: The running configuration has been changed by %s (session %u).",
                         by->user, by->id);
                session_message(s, text);
            }
        }
}

void app_tell(struct app *a, const struct session *except, const char *fmt, ...)
{
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (struct session *s = a->sessions; s; s = s->next)
        if (s != except && s->hello.interactive)
            session_message(s, text);
}

static void on_trace(void *ctx, const struct bgp_trace *t, int64_t when)
{
    debug_message(ctx, t, when);
}

static void on_event(void *ctx, const struct bgp_event *e, int64_t when)
{
    debug_event(ctx, e);
    log_bgp_event(ctx, e, when);
}

void app_log(struct app *a, const char *id, const char *text)
{
    log_line(a, time(NULL), id, "", "%s", text);
}

static void on_warn(void *ctx, const char *text)
{
    app_log(ctx, "BGP/4/WARNING", text);
}

/* --- host operations ----------------------------------------------------------------- */

static bool app_start(void *ctx, struct uv_loop_s *loop, char *err, size_t errlen)
{
    struct app *a = ctx;
    struct speaker *speaker;
    struct speaker_opts o = {.port = a->opts.bgp_port,
                             .listen = a->opts.listen,
                             .nlisten = a->opts.nlisten,
                             .event = on_event,
                             .warn = on_warn,
                             .trace = on_trace,
                             .ctx = a};
    if (!config_open(&a->config, a->opts.db, err, errlen))
        return false;
    files_tidy(a->opts.db);
    int rc = speaker_start(&speaker, loop, &o);
    if (rc < 0) {
        snprintf(err, errlen, "The speaker cannot start: %s.", strerror(-rc));
        config_close(&a->config);
        return false;
    }
    config_start_speaker(&a->config, speaker);
    load_startup(a, on_warn, a);
    device_refresh(a);
    return true;
}

static void app_stop(void *ctx)
{
    struct app *a = ctx;
    a->stopping = true;
    while (a->sessions)
        session_free(a->sessions, true);
    if (a->config.speaker)
        speaker_stop(a->config.speaker);
    config_close(&a->config);
}

/* "\n" in a banner is a new line. */
static void banner(struct session *s, const char *kind)
{
    char text[2100];
    if (!settings_header(s->app, kind, text, sizeof text))
        return;
    for (const char *t = text, *nl; *t; t = nl ? nl + 2 : t + strlen(t)) {
        nl = strstr(t, "\\n");
        out(s, "%.*s\n", (int)(nl ? (size_t)(nl - t) : strlen(t)), t);
    }
}

/* What a login says of itself, and where the user was last. */
static void login_info(struct session *s)
{
    struct store *store = s->app->config.store;
    unsigned online = 0;
    char when[64], name[80], last[160], now[160];
    for (const struct session *o = s->app->sessions; o; o = o->next)
        online += o->hello.interactive;
    app_time(time(NULL), when, sizeof when);
    out(s,
        "Info: The max number of VTY users is %d, the number of current VTY users online is %u, "
        "and total number of terminal users is %u.\n      The current login time is %s.\n",
        HOST_TERMINALS, online, online, when);
    snprintf(name, sizeof name, "login %s", s->user);
    if (store_note(store, name, last, sizeof last))
        out(s, "      The last login time is %s.\n", last);
    if (s->hello.from[0])
        snprintf(now, sizeof now, "%s from %s through SSH", when, s->hello.from);
    else
        snprintf(now, sizeof now, "%s", when);
    store_note_set(store, name, now);
}

static void app_greet(struct session *s)
{
    if (!s->hello.interactive)
        return;
    banner(s, "login");
    if (s->hello.login)
        login_info(s);
    banner(s, "shell");
}

static void *app_open(void *ctx, struct host_conn *conn, const struct host_peer *peer,
                      const struct proto_hello *hello, char *err, size_t errlen)
{
    struct session *s = reserve_fill() ? session_new(ctx, conn, peer->user, hello) : NULL;
    if (!s) {
        snprintf(err, errlen, "Out of memory.");
        return NULL;
    }
    s->level = peer->level;
    app_greet(s);
    session_done(s);
    return s;
}

static int app_level(void *ctx, const struct host_peer *peer)
{
    return settings_level(ctx, peer->user, peer->gid);
}

static bool app_others(void *ctx)
{
    struct app *a = ctx;
    a->shared = a->config.model->shell_changes;
    return settings_others(a);
}

static void app_frame(void *session, struct proto_frame *f)
{
    session_frame(session, f);
}

static void app_drained(void *session)
{
    session_pump(session);
}

static void app_close(void *session)
{
    session_free(session, true);
}

static void app_idle(void *ctx)
{
    struct app *a = ctx;
    if (reserve_used() && reserve_fill())
        on_warn(a, "Memory was short for a moment.");
    bool ok = store_retry(a->config.store);
    for (struct session *s = a->sessions; s; s = s->next)
        ok &= store_candidate_flush(a->config.store, &s->edit.cand);
    if (a->shared != a->config.model->shell_changes)
        host_share(a->opts.db, app_others(a));
    ok &= store_records_flush(a->config.store);
    if (!ok && !a->unwritten) /* once: a log that grows with every line would fill the disk again */
        on_warn(a, store_error(a->config.store));
    a->unwritten = !ok;
    store_rest(a->config.store);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static int64_t app_due(void *ctx)
{
    struct app *a = ctx;
    int64_t device = device_due(a, a->config.clock_ms(), time(NULL));
    return sooner(sooner(trial_due(a), lock_due(a)), device);
}

const struct host_ops app_host_ops = {
    .start = app_start,
    .stop = app_stop,
    .level = app_level,
    .others = app_others,
    .open = app_open,
    .frame = app_frame,
    .drained = app_drained,
    .close = app_close,
    .idle = app_idle,
    .due = app_due,
};
