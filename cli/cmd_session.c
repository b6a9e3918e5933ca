/* Commands about the session itself: views, terminal settings, history, version and clock. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "cli/held.h"

void cmd_system_view(struct session *s, const struct sch_match *m)
{
    struct store *store = s->app->config.store;
    struct sch_key root = {0};
    s->immediate = *cmd_word(m, "mode");
    if (!s->edit.cand.id) {
        if (s->hello.interactive && !s->immediate &&
            store_candidate_adopt(store, s->user, &s->edit.cand)) {
            s->edit.base = 0;
            s->edit.removed = true;
            out(s, "Info: The uncommitted changes of a lost session are here again (%zu line%s).\n",
                s->edit.cand.rows, s->edit.cand.rows == 1 ? "" : "s");
        } else if (!store_candidate_new(store, s->user, s->tty, &s->edit.cand)) {
            session_error(s, "%s", store_error(store));
            return;
        }
    }
    if (s->hello.interactive)
        out(s, "Enter system view, return user view with return command.\n");
    session_push(s, VIEW_SYSTEM, &root, "");
}

void cmd_quit(struct session *s, const struct sch_match *m)
{
    (void)m;
    if (s->depth > 1)
        s->depth--;
    else if (s->depth == 1)
        session_leave(s);
    else if (held(s))
        session_finish(s);
    else
        session_bye(s, s->errors && !s->hello.interactive ? 1 : 0);
}

void cmd_return(struct session *s, const struct sch_match *m)
{
    (void)m;
    session_leave(s);
}

void cmd_display_version(struct session *s, const struct sch_match *m)
{
    (void)m;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t up = (uint64_t)now.tv_sec - s->app->started_ms / 1000;
    show_begin(s);
    SHOW_TEXT(s, "version", "vrpsh, a router shell with an MP-BGP speaker, version %s\n",
              VRPSH_VERSION);
    show_uint(s, "uptime_seconds", up);
    out(s, "vrpsh uptime is %llu days, %llu hours, %llu minutes\n",
        (unsigned long long)(up / 86400), (unsigned long long)(up / 3600 % 24),
        (unsigned long long)(up / 60 % 60));
}

void app_time(int64_t when, char *buf, size_t len)
{
    time_t t = (time_t)when;
    struct tm tm;
    char zone[8];
    localtime_r(&t, &tm);
    size_t n = strftime(buf, len, "%Y-%m-%d %H:%M:%S", &tm);
    strftime(zone, sizeof zone, "%z", &tm); /* +hhmm */
    snprintf(buf + n, len - n, "%.3s:%s", zone, zone + 3);
}

/* The host's clock, as its time zone here has it. */
void cmd_clock_datetime(struct session *s, const struct sch_match *m)
{
    char text[32];
    struct tm tm = {.tm_isdst = -1};
    snprintf(text, sizeof text, "%.10s %.8s", cmd_arg(m, "date")->s, cmd_arg(m, "time")->s);
    strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    struct timespec to = {.tv_sec = mktime(&tm)};
    if (clock_settime(CLOCK_REALTIME, &to) != 0)
        session_error(s, "The clock of this machine cannot be set: %s.", strerror(errno));
}

void cmd_display_clock(struct session *s, const struct sch_match *m)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    (void)m;
    char text[64], zone[8];
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    app_time(now, text, sizeof text);
    strftime(zone, sizeof zone, "%z", &tm);
    show_begin(s);
    SHOW_TEXT(s, "time", "%s\n", text);
    SHOW_TEXT(s, "weekday", "%s\n", days[tm.tm_wday]);
    show_text(s, "zone", tm.tm_zone);
    out(s, "Time Zone(%s) : UTC%.3s:%s\n", tm.tm_zone, zone, zone + 3);
}
