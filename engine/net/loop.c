/*
 * libuv behind engine/net/loop.h.
 *
 * Sockets are watched with uv_poll rather than uv_tcp: the speaker sets options between socket()
 * and connect() and reads into one shared buffer, and a poll handle is all an idle peer costs.
 */
#include "engine/net/loop.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

struct net_loop {
    uv_loop_t uv;
    uv_prepare_t prepare;
    uv_timer_t timer;
    uint64_t armed; /* the time the timer is set for */
    uint64_t (*before_sleep)(void *arg);
    void *arg;
};

struct net_watch {
    uv_poll_t poll;
    int fd;
    unsigned want;
    void (*ready)(void *arg, unsigned what);
    void *arg;
};

struct net_waker {
    uv_async_t async;
    void (*woken)(void *arg);
    void *arg;
};

uint64_t net_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Waking is all the timer does: before_sleep runs on every turn and looks at the clock itself. */
static void on_timer(uv_timer_t *timer)
{
    struct net_loop *l = timer->data;
    l->armed = UINT64_MAX;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct net_loop *l = prepare->data;
    uint64_t at = l->before_sleep(l->arg);
    if (uv_is_closing((uv_handle_t *)&l->timer) || at == l->armed)
        return;
    l->armed = at;
    if (at == UINT64_MAX) {
        uv_timer_stop(&l->timer);
        return;
    }
    uint64_t now = net_now();
    uv_update_time(&l->uv);
    uv_timer_start(&l->timer, on_timer, at > now ? at - now : 0, 0);
}

int net_loop_new(struct net_loop **out, uint64_t (*before_sleep)(void *arg), void *arg)
{
    struct net_loop *l = calloc(1, sizeof *l);
    if (!l)
        return UV_ENOMEM;
    int rc = uv_loop_init(&l->uv);
    if (rc < 0) {
        free(l);
        return rc;
    }
    l->before_sleep = before_sleep;
    l->arg = arg;
    l->armed = UINT64_MAX;
    uv_timer_init(&l->uv, &l->timer);
    l->timer.data = l;
    uv_prepare_init(&l->uv, &l->prepare);
    l->prepare.data = l;
    uv_prepare_start(&l->prepare, on_prepare);
    *out = l;
    return 0;
}

void net_loop_run(struct net_loop *l)
{
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

void net_loop_end(struct net_loop *l)
{
    if (uv_is_closing((uv_handle_t *)&l->timer))
        return;
    uv_close((uv_handle_t *)&l->timer, NULL);
    uv_close((uv_handle_t *)&l->prepare, NULL);
}

void net_loop_free(struct net_loop *l)
{
    net_loop_end(l);
    uv_run(&l->uv, UV_RUN_DEFAULT); /* delivers what is still closing */
    uv_loop_close(&l->uv);
    free(l);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct net_watch *w = poll->data;
    unsigned what = 0;
    if (status < 0)
        what = NET_READ | NET_WRITE;
    if (events & UV_READABLE)
        what |= NET_READ;
    if (events & UV_WRITABLE)
        what |= NET_WRITE;
    w->ready(w->arg, what);
    /* libuv stops a handle that reported an error; it is freed no sooner than the loop's next
     * phase, so looking at it after the callback closed it is safe. */
    if (status < 0 && w->want && !uv_is_closing((uv_handle_t *)poll)) {
        unsigned want = w->want;
        w->want = 0;
        net_watch_want(w, want);
    }
}

struct net_watch *net_watch_open(struct net_loop *l, int fd,
                                 void (*ready)(void *arg, unsigned what), void *arg)
{
    struct net_watch *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    if (uv_poll_init(&l->uv, &w->poll, fd) < 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    w->fd = fd;
    w->ready = ready;
    w->arg = arg;
    return w;
}

void net_watch_want(struct net_watch *w, unsigned what)
{
    if (what == w->want)
        return;
    w->want = what;
    int events = (what & NET_READ ? UV_READABLE : 0) | (what & NET_WRITE ? UV_WRITABLE : 0);
    if (events)
        uv_poll_start(&w->poll, events, on_poll);
    else
        uv_poll_stop(&w->poll);
}

static void free_watch(uv_handle_t *h)
{
    free(h->data);
}

void net_watch_close(struct net_watch *w)
{
    w->want = 0;
    uv_close((uv_handle_t *)&w->poll, free_watch);
    close(w->fd);
}

static void on_async(uv_async_t *async)
{
    struct net_waker *w = async->data;
    w->woken(w->arg);
}

struct net_waker *net_waker_on(struct uv_loop_s *l, void (*woken)(void *arg), void *arg)
{
    struct net_waker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    if (uv_async_init(l, &w->async, on_async) < 0) {
        free(w);
        return NULL;
    }
    w->async.data = w;
    w->woken = woken;
    w->arg = arg;
    return w;
}

struct net_waker *net_waker_new(struct net_loop *l, void (*woken)(void *arg), void *arg)
{
    return net_waker_on(&l->uv, woken, arg);
}

void net_wake(struct net_waker *w)
{
    uv_async_send(&w->async);
}

void net_waker_close(struct net_waker *w)
{
    uv_close((uv_handle_t *)&w->async, free_watch);
}
