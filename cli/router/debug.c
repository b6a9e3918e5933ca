/* Debugging; see debug.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

enum {
    MESSAGES = 1 << BGP_OPEN | 1 << BGP_UPDATE | 1 << BGP_NOTIFICATION | 1 << BGP_KEEPALIVE |
               1 << BGP_REFRESH
};

static const char *const names[BGP_MSGS] = {[BGP_OPEN] = "OPEN",
                                            [BGP_UPDATE] = "UPDATE",
                                            [BGP_NOTIFICATION] = "NOTIFICATION",
                                            [BGP_KEEPALIVE] = "KEEPALIVE",
                                            [BGP_REFRESH] = "ROUTE-REFRESH"};

/* --- switches ------------------------------------------------------------------------------ */

/* Tells the speaker what the sessions want, all in all. */
static void settle(struct app *a)
{
    struct bgp_trace_conf c = {0};
    bool first = true;
    for (const struct session *s = a->sessions; s; s = s->next)
        for (unsigned i = 0; s->debug && i < s->debug->n; i++) {
            const struct debug_set *d = &s->debug->sets[i];
            if (!d->received && !d->sent)
                continue;
            if (first)
                c.peer = d->peer;
            else if (bgp_addr_cmp(&c.peer, &d->peer) != 0)
                c.peer = (struct bgp_addr){0};
            first = false;
            c.received |= d->received;
            c.sent |= d->sent;
        }
    if (a->config.speaker)
        speaker_trace(a->config.speaker, &c);
}

static void tidy(struct session *s)
{
    struct debug *d = s->debug;
    for (unsigned i = 0; i < d->n;)
        if (d->sets[i].received || d->sets[i].sent || d->sets[i].events)
            i++;
        else
            d->sets[i] = d->sets[--d->n];
    if (d->n == 0) {
        free(d);
        s->debug = NULL;
    }
}

void debug_free(struct session *s)
{
    if (!s->debug)
        return;
    free(s->debug);
    s->debug = NULL;
    settle(s->app);
}

/* What the words of a command mean. */
static struct debug_set asked(const struct sch_match *m)
{
    const char *what = cmd_word(m, "what"), *way = cmd_word(m, "way");
    struct debug_set d = {.verbose = *cmd_word(m, "form") != 0};
    unsigned mask = strcmp(what, "all") == 0 || strcmp(what, "packet") == 0 ? MESSAGES
                    : strcmp(what, "open") == 0                             ? 1u << BGP_OPEN
                    : strcmp(what, "update") == 0                           ? 1u << BGP_UPDATE
                    : strcmp(what, "notification") == 0                     ? 1u << BGP_NOTIFICATION
                    : strcmp(what, "keepalive") == 0                        ? 1u << BGP_KEEPALIVE
                    : strcmp(what, "route-refresh") == 0                    ? 1u << BGP_REFRESH
                                                                            : 0;
    if (cmd_arg(m, "peer")->present)
        d.peer = cmd_arg(m, "peer")->addr;
    d.received = *way == 's' ? 0 : mask;
    d.sent = *way == 'r' ? 0 : mask;
    d.events = strcmp(what, "all") == 0 || strcmp(what, "event") == 0;
    return d;
}

static struct debug_set *set_of(struct debug *d, const struct bgp_addr *peer)
{
    for (unsigned i = 0; i < d->n; i++)
        if (bgp_addr_cmp(&d->sets[i].peer, peer) == 0)
            return &d->sets[i];
    return NULL;
}

void cmd_debugging(struct session *s, const struct sch_match *m)
{
    struct debug_set want = asked(m), *d;
    if (!s->debug && !(s->debug = calloc(1, sizeof *s->debug))) {
        session_error(s, "Out of memory.");
        return;
    }
    d = set_of(s->debug, &want.peer);
    if (!d && s->debug->n == DEBUG_SETS) {
        session_error(s, "No more than %d peers can be debugged by one session.", DEBUG_SETS);
        return;
    }
    if (!d) {
        d = &s->debug->sets[s->debug->n++];
        *d = (struct debug_set){.peer = want.peer};
    }
    d->received |= want.received;
    d->sent |= want.sent;
    d->events |= want.events;
    d->verbose |= want.verbose;
    settle(s->app);
}

void cmd_undo_debugging(struct session *s, const struct sch_match *m)
{
    struct debug_set gone = asked(m);
    struct debug_set *d = s->debug ? set_of(s->debug, &gone.peer) : NULL;
    if (d) {
        d->received &= ~gone.received;
        d->sent &= ~gone.sent;
        d->events &= !gone.events;
        tidy(s);
        settle(s->app);
    }
}

void cmd_undo_debugging_all(struct session *s, const struct sch_match *m)
{
    (void)m;
    debug_free(s);
    if (s->hello.interactive)
        out(s, "Info: All possible debugging has been turned off.\n");
}

void cmd_display_debugging(struct session *s, const struct sch_match *m)
{
    (void)m;
    show_begin(s);
    show_list(s, "switches");
    for (unsigned i = 0; s->debug && i < s->debug->n; i++) {
        const struct debug_set *d = &s->debug->sets[i];
        char peer[BGP_ADDR_STRLEN];
        const char *of = d->peer.af ? bgp_addr_str(&d->peer, peer) : "all peers";
        for (unsigned k = 0; k < BGP_MSGS; k++) {
            bool in = d->received >> k & 1, sent = d->sent >> k & 1;
            if (k ? !in && !sent : !d->events)
                continue;
            show_object(s, NULL);
            SHOW_TEXT(s, "what", " BGP %s debugging is on", k ? names[k] : "event");
            SHOW_TEXT(s, "peer", " (%s", of);
            show_text(s, "direction", k == 0 || (in && sent) ? "both" : in ? "receive" : "send");
            out(s, "%s", k == 0 || (in && sent) ? "" : in ? ", receive" : ", send");
            show_bool(s, "verbose", d->verbose);
            out(s, "%s)\n", d->verbose && k ? ", verbose" : "");
            show_close(s);
        }
    }
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool listens(const struct session *s)
{
    return s->debug && s->monitor && s->debugging;
}

/* "Sep 14 2026 23:22:06.130.2-08:00", a new line and what stands in front of every text. */
static void head(const struct app *a, int64_t us, struct text *t)
{
    char stamp[48], zone[8];
    time_t sec = (time_t)(us / 1000000);
    struct tm tm;
    localtime_r(&sec, &tm);
    strftime(stamp, sizeof stamp, "%b %e %Y %H:%M:%S", &tm);
    strftime(zone, sizeof zone, "%z", &tm);
    text_printf(t, "%s.%03u.%u%.3s:%s\n%s RM/6/RMDEBUG:BGP: ", stamp, (unsigned)(us / 1000 % 1000),
                (unsigned)(us / 100 % 10), zone, zone + 3, model_sysname(a->config.model));
}

static void rows(struct text *t, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text_printf(t, i % 16 ? " %02x" : "\n  %02x", b[i]);
}

static const struct debug_set *wants(const struct session *s, const struct bgp_trace *t)
{
    for (unsigned i = 0; listens(s) && i < s->debug->n; i++) {
        const struct debug_set *d = &s->debug->sets[i];
        if ((t->sent ? d->sent : d->received) >> t->msg[18] & 1 &&
            (!d->peer.af || bgp_addr_cmp(&d->peer, t->peer) == 0))
            return d;
    }
    return NULL;
}

void debug_message(struct app *a, const struct bgp_trace *t, int64_t when)
{
    char peer[BGP_ADDR_STRLEN], as[16], decoded[4000];
    struct text text = {0};
    size_t plain;
    if (t->n < 19)
        return;
    uint8_t type = t->msg[18];
    head(a, when, &text);
    text_printf(&text, "%s %s %s %s (AS Number: %s) (Displaying bytes from 1 to %zu)",
                t->sent ? "Sent" : "Received", type < BGP_MSGS && names[type] ? names[type] : "?",
                t->sent ? "to" : "from", bgp_addr_str(t->peer, peer),
                sch_as_text(t->as, a->config.model->sys.as_plain, as), t->n);
    bgp_message_text(t->msg, t->n, t->as4, decoded, sizeof decoded);
    text_str(&text, decoded);
    plain = text.n;
    rows(&text, t->msg, t->n);
    for (struct session *s = a->sessions; s; s = s->next) {
        const struct debug_set *d = wants(s, t);
        if (d)
            log_show(s, text.p, d->verbose ? text.n : plain);
    }
    free(text.p);
}

void debug_event(struct app *a, const struct bgp_event *e)
{
    struct timespec now;
    char line[400];
    clock_gettime(CLOCK_REALTIME, &now);
    log_bgp_change(a, e, line, sizeof line);
    for (struct session *s = a->sessions; s; s = s->next) {
        bool wanted = false;
        for (unsigned i = 0; listens(s) && i < s->debug->n; i++)
            wanted |=
                s->debug->sets[i].events &&
                (!s->debug->sets[i].peer.af || bgp_addr_cmp(&s->debug->sets[i].peer, e->peer) == 0);
        if (!wanted)
            continue;
        struct text text = {0};
        head(a, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, &text);
        text_str(&text, line);
        log_show(s, text.p, text.n);
        free(text.p);
    }
}
