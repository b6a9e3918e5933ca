/*
 * The queue of events and warnings; see notes.h. A mgmt thread that lags far behind loses events,
 * and is told how many, rather than the host its memory.
 */
#include "engine/net/notes.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/net/loop.h"

#define NOTES_MAX 100000
#define NOTES_TURN 256  /* delivered before the loop does something else */
#define TRACES_MAX 2000 /* messages on their way; they are large and come fast */

/* An event, a warning when text is set, a message when trace.msg is. */
struct note {
    struct note *next;
    char *text;
    int64_t when;
    struct bgp_event event;
    struct bgp_addr peer;
    struct bgp_notification notif;
    char name[32], reason[64]; /* what event.event and event.reason point to */
    struct bgp_trace trace;
    int64_t when_us;
    uint8_t msg[]; /* what trace.msg points to */
};

struct notes {
    struct speaker_opts opts;
    struct net_waker *waker; /* on the loop of the mgmt thread */
    pthread_mutex_t lock;    /* over what follows */
    struct note *first, **end;
    size_t count, lost, traces, traces_lost;
};

static void post(struct notes *n, struct note *note)
{
    note->next = NULL;
    note->when = (int64_t)time(NULL);
    pthread_mutex_lock(&n->lock);
    bool wake = !n->first;
    if (n->count < NOTES_MAX) {
        *n->end = note;
        n->end = &note->next;
        n->count++;
        note = NULL;
    } else {
        n->lost++;
        n->traces -= note->trace.msg != NULL;
    }
    pthread_mutex_unlock(&n->lock);
    if (note) {
        free(note->text);
        free(note);
    }
    if (wake)
        net_wake(n->waker);
}

void notes_warn(void *arg, const char *text)
{
    struct note *note = calloc(1, sizeof *note);
    if (!note || !(note->text = strdup(text)))
        abort();
    post(arg, note);
}

void notes_event(void *ctx, const struct bgp_event *e)
{
    struct note *note = calloc(1, sizeof *note);
    if (!note)
        abort();
    note->event = *e;
    note->peer = *e->peer;
    note->event.peer = &note->peer;
    snprintf(note->name, sizeof note->name, "%s", e->event ? e->event : "");
    note->event.event = note->name;
    if (e->reason) {
        snprintf(note->reason, sizeof note->reason, "%s", e->reason);
        note->event.reason = note->reason;
    }
    if (e->notif) {
        note->notif = *e->notif;
        note->event.notif = &note->notif;
    }
    post(ctx, note);
}

static bool room_for_trace(struct notes *n)
{
    pthread_mutex_lock(&n->lock);
    bool room = n->traces < TRACES_MAX;
    *(room ? &n->traces : &n->traces_lost) += 1;
    pthread_mutex_unlock(&n->lock);
    return room;
}

void notes_trace(void *arg, const struct bgp_trace *t)
{
    struct timespec now;
    if (!room_for_trace(arg))
        return;
    struct note *note = calloc(1, sizeof *note + t->n);
    if (!note)
        abort();
    clock_gettime(CLOCK_REALTIME, &now);
    note->when_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    note->trace = *t;
    note->peer = *t->peer;
    note->trace.peer = &note->peer;
    note->trace.msg = note->msg;
    memcpy(note->msg, t->msg, t->n);
    post(arg, note);
}

/* Takes at most NOTES_TURN notes, so that terminals are heard between thousands of events. */
static struct note *take(struct notes *n, size_t *lost, size_t *traces_lost)
{
    pthread_mutex_lock(&n->lock);
    struct note *first = n->first, **end = &n->first;
    for (size_t i = 0; i < NOTES_TURN && *end; i++, end = &(*end)->next) {
        n->count--;
        n->traces -= (*end)->trace.msg != NULL;
    }
    n->first = *end;
    *end = NULL;
    if (!n->first)
        n->end = &n->first;
    *lost = n->lost;
    *traces_lost = n->traces_lost;
    n->lost = n->traces_lost = 0;
    pthread_mutex_unlock(&n->lock);
    return first;
}

static void say_lost(struct notes *n, size_t lost, const char *what)
{
    char text[96];
    if (!lost || !n->opts.warn)
        return;
    snprintf(text, sizeof text, "%zu %s", lost, what);
    n->opts.warn(n->opts.ctx, text);
}

/* In the mgmt thread. False: there was nothing. */
static bool deliver_turn(struct notes *n)
{
    size_t lost, traces_lost;
    struct note *note = take(n, &lost, &traces_lost);
    bool any = note;
    while (note) {
        struct note *next = note->next;
        if (note->trace.msg && n->opts.trace)
            n->opts.trace(n->opts.ctx, &note->trace, note->when_us);
        else if (note->text && n->opts.warn)
            n->opts.warn(n->opts.ctx, note->text);
        else if (!note->trace.msg && !note->text && n->opts.event)
            n->opts.event(n->opts.ctx, &note->event, note->when);
        free(note->text);
        free(note);
        note = next;
    }
    say_lost(n, traces_lost, "messages came too fast to be shown");
    say_lost(n, lost, "BGP events came too fast and were not logged");
    return any;
}

static void deliver(void *arg)
{
    struct notes *n = arg;
    if (deliver_turn(n)) /* once more than needed: then nobody is left behind */
        net_wake(n->waker);
}

struct notes *notes_new(struct uv_loop_s *loop, const struct speaker_opts *opts)
{
    struct notes *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->waker = net_waker_on(loop, deliver, n);
    if (!n->waker) {
        free(n);
        return NULL;
    }
    n->opts = *opts;
    n->end = &n->first;
    pthread_mutex_init(&n->lock, NULL);
    return n;
}

void notes_free(struct notes *n)
{
    while (deliver_turn(n)) {
    }
    net_waker_close(n->waker);
    pthread_mutex_destroy(&n->lock);
    free(n);
}
