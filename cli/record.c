/* The record of commands; see record.h. */
#include "cli/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/text/hide.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

#define SHOWN 100 /* lines, when nothing else is asked for */

static void record(struct session *s, const char *command, const char *result)
{
    struct store_record r = {
        .time = time(NULL), .level = s->level, .command = command, .result = result};
    snprintf(r.user, sizeof r.user, "%s", s->user);
    snprintf(r.tty, sizeof r.tty, "%s", s->tty);
    snprintf(r.from, sizeof r.from, "%s", s->hello.from);
    store_record(s->app->config.store, &r);
}

void record_command(struct session *s)
{
    char command[PROTO_LINE_MAX + 16];
    if (!s->conn)
        return; /* an offline check or a file being loaded */
    const char *line = s->nested ? s->line + strspn(s->line, " ") : s->typed;
    hide_secrets(line, strlen(line), command, sizeof command);
    record(s, command, s->failed[0] ? s->failed : s->question ? "asked" : "ok");
    free(s->asked);
    s->asked = s->question ? strdup(command) : NULL;
}

void record_answer(struct session *s, const char *result)
{
    if (s->asked)
        record(s, s->asked, result);
    free(s->asked);
    s->asked = NULL;
}

static bool show(void *arg, const struct store_record *r)
{
    struct session *s = arg;
    char when[64], stamp[64];
    struct tm tm;
    time_t t = (time_t)r->time;
    localtime_r(&t, &tm);
    strftime(stamp, sizeof stamp, "%b %e %Y", &tm);
    app_time(r->time, when, sizeof when);
    out(s,
        "%s %s %s %%%%01CLI/5/CMDRECORD(s):[%lld]:Recorded command information. (Task=%s, "
        "RemoteIp=%s, User=%s, Command=\"%s\", Result=\"%s\")\n",
        stamp, when + 11, model_sysname(s->app->config.model), (long long)r->id, r->tty,
        r->from[0] ? r->from : "-", r->user, r->command, r->result);
    show_object(s, NULL);
    show_uint(s, "id", (uint64_t)r->id);
    show_text(s, "time", when);
    show_text(s, "user", r->user);
    show_text(s, "terminal", r->tty);
    if (r->from[0])
        show_text(s, "from", r->from);
    show_uint(s, "level", (unsigned)r->level);
    show_text(s, "command", r->command);
    show_text(s, "result", r->result);
    show_close(s);
    return true;
}

void cmd_display_record(struct session *s, const struct sch_match *m)
{
    const struct sch_value *n = cmd_arg(m, "number"), *user = cmd_arg(m, "user");
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)user->n, user->present ? user->s : "");
    show_begin(s);
    show_list(s, "commands");
    if (!store_records(s->app->config.store, n->present ? (size_t)n->u : SHOWN,
                       user->present ? name : NULL, show, s))
        session_error(s, "%s", store_error(s->app->config.store));
}
