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

/* An event, or a warning when text is set. */
struct note {
    struct note *next;
    char *text;
    int64_t when;
    struct bgp_event event;
    struct bgp_addr peer;
    struct bgp_notification notif;
    char name[32], reason[64]; /* what event.event and event.reason point to */
};

struct notes {
    struct speaker_opts opts;
    struct net_waker *waker; /* on the loop of the mgmt thread */
    pthread_mutex_t lock;    /* over what follows */
    struct note *first, **end;
    size_t count, lost;
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

/* In the mgmt thread. */
static void deliver(void *arg)
{
    struct notes *n = arg;
    pthread_mutex_lock(&n->lock);
    struct note *note = n->first;
    size_t lost = n->lost;
    n->first = NULL;
    n->end = &n->first;
    n->count = n->lost = 0;
    pthread_mutex_unlock(&n->lock);
    while (note) {
        struct note *next = note->next;
        if (note->text && n->opts.warn)
            n->opts.warn(n->opts.ctx, note->text);
        else if (!note->text && n->opts.event)
            n->opts.event(n->opts.ctx, &note->event, note->when);
        free(note->text);
        free(note);
        note = next;
    }
    if (lost && n->opts.warn) {
        char text[96];
        snprintf(text, sizeof text, "%zu BGP events came too fast and were not logged", lost);
        n->opts.warn(n->opts.ctx, text);
    }
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
    deliver(n);
    net_waker_close(n->waker);
    pthread_mutex_destroy(&n->lock);
    free(n);
}
