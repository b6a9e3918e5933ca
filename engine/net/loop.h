/*
 * The one place of the bgp thread that knows libuv: descriptors to watch, one timer, wake-ups
 * between threads, and a hook that runs once before the loop sleeps. The other files of engine/net
 * and engine/speaker.c see only this header.
 *
 * A loop and its watches belong to the thread that runs it. Only net_wake() may be called from
 * elsewhere.
 */
#ifndef VRPSH_NET_LOOP_H
#define VRPSH_NET_LOOP_H

#include <stdint.h>

struct uv_loop_s;
struct net_loop;
struct net_watch;
struct net_waker;

enum { NET_READ = 1, NET_WRITE = 2 };

/* before_sleep runs before every wait for events: work gathered by many callbacks is done once
 * there. It returns the time (speaker_now() clock) the loop must wake at, UINT64_MAX: no timer. */
int net_loop_new(struct net_loop **out, uint64_t (*before_sleep)(void *arg), void *arg);
/* Runs until net_loop_end(). */
void net_loop_run(struct net_loop *l);
/* Makes net_loop_run() return; every watch must have been closed. */
void net_loop_end(struct net_loop *l);
void net_loop_free(struct net_loop *l);
/* Monotonic milliseconds. */
uint64_t net_now(void);

/* Watches fd, which becomes the watch's: net_watch_close() closes it. NULL: out of memory or not a
 * descriptor epoll takes; fd stays open then. Errors on fd are reported as readable and writable,
 * so that the next system call finds them. */
struct net_watch *net_watch_open(struct net_loop *l, int fd,
                                 void (*ready)(void *arg, unsigned what), void *arg);
/* Which of NET_READ and NET_WRITE to report from now on; 0 pauses. */
void net_watch_want(struct net_watch *w, unsigned what);
/* No callback comes after this, not even from the event being handled. */
void net_watch_close(struct net_watch *w);

/* A wake-up: woken runs in the thread of the loop some time after net_wake(). Several calls may
 * become one. The first form is for a loop of this file, the second for any libuv loop. */
struct net_waker *net_waker_new(struct net_loop *l, void (*woken)(void *arg), void *arg);
struct net_waker *net_waker_on(struct uv_loop_s *l, void (*woken)(void *arg), void *arg);
void net_wake(struct net_waker *w);
/* In the thread of its loop. The memory goes with the loop's next turn. */
void net_waker_close(struct net_waker *w);

#endif
