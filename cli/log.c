/* The log and its terminals; see log.h. What BGP writes into it is in log_bgp.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

enum { INFORMATIONAL = 6 };

void log_show(struct session *s, const char *text, size_t n)
{
    if (!s->conn || s->ended)
        return;
    if (s->behind) {
        s->missed++;
        return;
    }
    proto_begin(&s->out, PROTO_LOG);
    proto_str(&s->out, text, n);
    proto_end(&s->out);
    s->behind = !host_send(s->conn, &s->out);
}

static void keep(struct log *l, const char *id, const char *text)
{
    const char *level = strchr(id, '/');
    unsigned severity = level ? (unsigned)(level[1] - '0') & 7 : 7;
    struct log_ring *r = &l->rings[severity >= INFORMATIONAL];
    struct log_kept *slot = &r->lines[r->n % LOG_LINES];
    char *copy = strdup(text);
    if (!copy)
        return;
    free(slot->text);
    *slot = (struct log_kept){copy, severity, l->rings[0].n + l->rings[1].n};
    r->n++;
}

static size_t kept(const struct log_ring *r)
{
    return r->n < LOG_LINES ? r->n : LOG_LINES;
}

/* The newest line of those before the ones that were taken already: back[] of each ring. */
static const struct log_kept *newest(const struct log *l, size_t back[2])
{
    const struct log_kept *best = NULL;
    unsigned from = 0;
    for (unsigned i = 0; i < 2; i++) {
        const struct log_ring *r = &l->rings[i];
        const struct log_kept *k =
            back[i] < kept(r) ? &r->lines[(r->n - back[i] - 1) % LOG_LINES] : NULL;
        if (k && (!best || k->number > best->number)) {
            best = k;
            from = i;
        }
    }
    back[from]++;
    return best;
}

void log_line(struct app *a, int64_t when, const char *id, const char *mark, const char *format,
              ...)
{
    char stamp[64], what[900], text[1200];
    time_t t = (time_t)when;
    struct tm tm;
    va_list ap;
    localtime_r(&t, &tm);
    strftime(stamp, sizeof stamp, "%b %e %Y %H:%M:%S", &tm);
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    snprintf(text, sizeof text, "%s %s %%%%01%s(l):CID=0x%08x%s;%s", stamp,
             model_sysname(a->config.model), id, (unsigned)LOG_COMPONENT, mark, what);
    text_tame(text, strlen(text)); /* peers have a say in it */
    fprintf(stderr, "%s\n", text);
    keep(&a->log, id, text);
    for (struct session *s = a->sessions; s; s = s->next)
        if (s->monitor && !(*mark ? s->no_trapping : s->no_logging))
            log_show(s, text, strlen(text));
}

void log_clear(struct app *a)
{
    for (size_t i = 0; i < LOG_LINES; i++) {
        free(a->log.rings[0].lines[i].text);
        free(a->log.rings[1].lines[i].text);
    }
    a->log = (struct log){0};
}

/* --- commands ---------------------------------------------------------------------------- */

static void told(struct session *s, const char *what, bool on)
{
    if (s->hello.interactive)
        out(s, "Info: Current terminal %s is %s.\n", what, on ? "on" : "off");
}

static void terminal(struct session *s, const struct sch_match *m, bool on)
{
    const char *what = cmd_word(m, "what");
    if (strcmp(what, "monitor") == 0)
        s->monitor = on;
    else if (strcmp(what, "logging") == 0)
        s->no_logging = !on;
    else if (strcmp(what, "trapping") == 0)
        s->no_trapping = !on;
    else
        s->debugging = on;
    told(s, what, on);
}

void cmd_terminal(struct session *s, const struct sch_match *m)
{
    terminal(s, m, true);
}

void cmd_undo_terminal(struct session *s, const struct sch_match *m)
{
    terminal(s, m, false);
}

/* The least severe line that is wanted. */
static unsigned least_severe(const struct sch_match *m)
{
    static const char *const names[] = {"emergencies",   "alerts",   "critical",
                                        "errors",        "warnings", "notifications",
                                        "informational", "debugging"};
    const struct sch_value *severity = cmd_arg(m, "severity");
    unsigned n = 7;
    if (severity->present)
        return (unsigned)severity->u;
    while (cmd_arg(m, "name")->present && n && strcmp(names[n], cmd_word(m, "name")) != 0)
        n--;
    return n;
}

void cmd_display_logbuffer(struct session *s, const struct sch_match *m)
{
    const struct log *l = &s->app->log;
    const struct sch_value *size = cmd_arg(m, "size");
    size_t have = kept(&l->rings[0]) + kept(&l->rings[1]), back[2] = {0, 0};
    size_t n = size->present && size->u < have ? (size_t)size->u : have;
    show_begin(s);
    out(s, "Logging buffer configuration and contents : enabled\n");
    out(s, "Allowed max buffer size : %d\n", 2 * LOG_LINES);
    SHOW_UINT(s, "buffer_size", "Actual buffer size : %d\n", 2 * LOG_LINES);
    out(s, "Channel number : 4, channel name : logbuffer\n");
    out(s, "Dropped messages : 0\n");
    SHOW_UINT(s, "overwritten", "Overwritten messages : %zu\n",
              l->rings[0].n + l->rings[1].n - have);
    SHOW_UINT(s, "messages", "Current messages : %zu\n\n", have);
    show_list(s, "lines");
    unsigned least = least_severe(m);
    for (size_t i = 0; i < n; i++) {
        const struct log_kept *line = newest(l, back);
        if (line->severity <= least)
            SHOW_TEXT(s, NULL, "%s\n", line->text);
    }
}
