/*
 * The bgp thread; see speaker.h. What runs in it is engine/net/core; this file gives it a thread
 * and carries calls in. Events come out through engine/net/notes.
 *
 * One call at a time goes in and its caller waits, so a call may look at the caller's memory. While
 * the thread runs, struct core belongs to it alone.
 */
#include "engine/speaker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "engine/net/core.h"
#include "engine/net/loop.h"
#include "engine/net/notes.h"
#include "engine/net/peer_table.h"
#include "engine/net/rtable.h"

#define STOP_MS 1000 /* how long speaker_stop() waits for peers to take their Cease */

struct call {
    void (*run)(struct speaker *s, void *arg);
    void *arg;
};

struct speaker {
    pthread_t thread;
    struct notes *notes;
    struct net_loop *loop;
    struct core *core;
    uint64_t stop_at; /* UINT64_MAX: not stopping */

    pthread_mutex_t lock;
    pthread_cond_t done;
    const struct call *call; /* NULL: none waits */
    struct net_waker *waker;
};

uint64_t speaker_now(void)
{
    return net_now();
}

void speaker_plan_free(struct speaker_plan *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->npeers; i++)
        peers_wipe(&p->peers[i].conf);
    for (size_t i = 0; i < p->nlisten; i++)
        peers_wipe(&p->listen[i].peer);
    free(p->peers);
    for (size_t i = 0; i < p->nvpns; i++)
        bgp_vpn_conf_clear(&p->vpns[i].conf);
    free(p->vpns);
    free(p->listen);
    free(p->addrs);
    free(p->statics);
    free(p->origins);
    free(p->aggregates);
    free(p);
}

/* --- calls ----------------------------------------------------------------------------------- */

/* In the mgmt thread: runs fn in the bgp thread and waits for it. */
static void call(struct speaker *s, void (*fn)(struct speaker *s, void *arg), void *arg)
{
    const struct call c = {.run = fn, .arg = arg};
    pthread_mutex_lock(&s->lock);
    s->call = &c;
    net_wake(s->waker);
    while (s->call)
        pthread_cond_wait(&s->done, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static void on_call(void *arg)
{
    struct speaker *s = arg;
    pthread_mutex_lock(&s->lock);
    if (s->call) {
        s->call->run(s, s->call->arg);
        s->call = NULL;
        pthread_cond_signal(&s->done);
    }
    pthread_mutex_unlock(&s->lock);
}

static void run_apply(struct speaker *s, void *arg)
{
    core_apply(s->core, arg);
}

void speaker_apply(struct speaker *s, struct speaker_plan *p)
{
    call(s, run_apply, p);
    speaker_plan_free(p);
}

struct peers_call {
    struct bgp_peer_view *out;
    size_t n, room;
};

static bool copy_view(void *arg, const struct bgp_peer_view *v)
{
    struct peers_call *c = arg;
    if (c->n == c->room)
        return false;
    c->out[c->n++] = *v;
    return true;
}

static void run_peers(struct speaker *s, void *arg)
{
    struct peers_call *c = arg;
    c->room = bgp_peer_count(core_bgp(s->core));
    c->out = c->room ? reallocarray(NULL, c->room, sizeof *c->out) : NULL;
    if (c->room && !c->out)
        abort();
    bgp_each_peer(core_bgp(s->core), copy_view, c);
}

size_t speaker_peers(struct speaker *s, struct bgp_peer_view **out)
{
    struct peers_call c = {0};
    call(s, run_peers, &c);
    *out = c.out;
    return c.n;
}

struct peer_call {
    const struct bgp_addr *addr;
    struct bgp_peer_view *out;
    bool found;
};

static void run_peer(struct speaker *s, void *arg)
{
    struct peer_call *c = arg;
    c->found = bgp_peer_view(core_bgp(s->core), c->addr, c->out);
}

bool speaker_peer(struct speaker *s, const struct bgp_addr *addr, struct bgp_peer_view *out)
{
    struct peer_call c = {.addr = addr, .out = out};
    call(s, run_peer, &c);
    return c.found;
}

struct look_call {
    void (*fn)(const struct bgp *b, void *arg);
    void *arg;
};

static void run_look(struct speaker *s, void *arg)
{
    struct look_call *c = arg;
    c->fn(core_bgp(s->core), c->arg);
}

void speaker_look(struct speaker *s, void (*fn)(const struct bgp *b, void *arg), void *arg)
{
    struct look_call c = {fn, arg};
    call(s, run_look, &c);
}

static void run_trace(struct speaker *s, void *arg)
{
    core_trace(s->core, arg);
}

void speaker_trace(struct speaker *s, const struct bgp_trace_conf *conf)
{
    struct bgp_trace_conf c = *conf;
    call(s, run_trace, &c);
}

struct reset_call {
    const struct bgp_addr *addrs;
    size_t n, done;
    const char *text;
};

static void run_reset(struct speaker *s, void *arg)
{
    struct reset_call *c = arg;
    for (size_t i = 0; i < c->n; i++)
        c->done += bgp_reset_peer(core_bgp(s->core), &c->addrs[i], c->text);
}

size_t speaker_reset(struct speaker *s, const struct bgp_addr *addrs, size_t n, const char *text)
{
    struct reset_call c = {.addrs = addrs, .n = n, .text = text};
    call(s, run_reset, &c);
    return c.done;
}

/* --- the routing table ----------------------------------------------------------------------- */

struct routes_call {
    struct speaker_route_query *query;
    struct speaker_route *out;
    size_t max, n;
};

static void run_routes(struct speaker *s, void *arg)
{
    struct routes_call *c = arg;
    struct rtable *t = core_routes(s->core, c->query->vpn);
    c->n = t ? rtable_list(t, c->query, c->out, c->max) : 0;
}

size_t speaker_routes(struct speaker *s, struct speaker_route_query *q, struct speaker_route *out,
                      size_t max)
{
    struct routes_call c = {.query = q, .out = out, .max = max};
    call(s, run_routes, &c);
    return c.n;
}

struct counts_call {
    uint16_t vpn;
    uint8_t af;
    struct speaker_route_counts *out;
};

static void run_counts(struct speaker *s, void *arg)
{
    struct counts_call *c = arg;
    struct rtable *t = core_routes(s->core, c->vpn);
    memset(c->out, 0, sizeof *c->out);
    if (t)
        rtable_counts(t, c->af, c->out);
}

void speaker_route_counts(struct speaker *s, uint16_t vpn, uint8_t af,
                          struct speaker_route_counts *out)
{
    struct counts_call c = {.vpn = vpn, .af = af, .out = out};
    call(s, run_counts, &c);
}

struct links_call {
    uint16_t vpn;
    struct speaker_link *out;
    size_t n;
};

static void run_links(struct speaker *s, void *arg)
{
    struct links_call *c = arg;
    struct rtable *t = core_routes(s->core, c->vpn);
    c->n = t ? rtable_links(t, NULL, 0) : 0;
    c->out = c->n ? reallocarray(NULL, c->n, sizeof *c->out) : NULL;
    if (c->n && !c->out)
        abort();
    if (c->n)
        rtable_links(t, c->out, c->n);
}

size_t speaker_links(struct speaker *s, uint16_t vpn, struct speaker_link **out)
{
    struct links_call c = {.vpn = vpn};
    call(s, run_links, &c);
    *out = c.out;
    return c.n;
}

struct sockets_call {
    struct speaker_socket *out;
    size_t n;
};

static void run_sockets(struct speaker *s, void *arg)
{
    struct sockets_call *c = arg;
    c->n = core_sockets(s->core, &c->out);
}

size_t speaker_sockets(struct speaker *s, struct speaker_socket **out)
{
    struct sockets_call c = {0};
    call(s, run_sockets, &c);
    *out = c.out;
    return c.n;
}

struct refresh_call {
    const struct bgp_addr *addrs;
    size_t n, done;
    unsigned families;
    bool in;
};

static void run_refresh(struct speaker *s, void *arg)
{
    struct refresh_call *c = arg;
    for (size_t i = 0; i < c->n; i++)
        c->done += (c->in ? bgp_refresh_in : bgp_refresh_out)(core_bgp(s->core), &c->addrs[i],
                                                              c->families);
}

size_t speaker_refresh(struct speaker *s, const struct bgp_addr *addrs, size_t n, unsigned families,
                       bool in)
{
    struct refresh_call c = {.addrs = addrs, .n = n, .families = families, .in = in};
    call(s, run_refresh, &c);
    return c.done;
}

/* --- walks ----------------------------------------------------------------------------------- */

struct speaker_walk {
    struct speaker *speaker;
    struct bgp_walk_filter filter;
    struct bgp_walk *walk;
    struct bgp_route_batch batch;
    bool more, sorted;
};

static void run_walk_new(struct speaker *s, void *arg)
{
    struct speaker_walk *w = arg;
    w->walk = bgp_walk_new(core_bgp(s->core), &w->filter);
}

static void run_walk_next(struct speaker *s, void *arg)
{
    struct speaker_walk *w = arg;
    (void)s;
    w->more = bgp_walk_next(w->walk, &w->batch);
}

static void run_walk_gather(struct speaker *s, void *arg)
{
    struct speaker_walk *w = arg;
    (void)s;
    w->more = bgp_walk_gather(w->walk);
}

static void run_walk_free(struct speaker *s, void *arg)
{
    struct speaker_walk *w = arg;
    (void)s;
    bgp_walk_free(w->walk);
}

struct speaker_walk *speaker_walk_new(struct speaker *s, const struct bgp_walk_filter *filter)
{
    struct speaker_walk *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->speaker = s;
    w->filter = *filter;
    call(s, run_walk_new, w);
    return w;
}

const struct bgp_route_batch *speaker_walk_next(struct speaker_walk *w)
{
    if (!w->sorted) {
        do /* the sessions get their turns between the slices */
            call(w->speaker, run_walk_gather, w);
        while (w->more);
        bgp_walk_sort(w->walk);
        w->sorted = true;
    }
    call(w->speaker, run_walk_next, w);
    return w->more ? &w->batch : NULL;
}

void speaker_walk_free(struct speaker_walk *w)
{
    if (!w)
        return;
    call(w->speaker, run_walk_free, w);
    bgp_route_batch_free(&w->batch);
    free(w);
}

struct told_call {
    enum bgp_family family;
    const struct bgp_prefix *prefix;
    struct bgp_addr *out;
    size_t n, told;
};

static void run_told(struct speaker *s, void *arg)
{
    struct told_call *c = arg;
    c->told = bgp_advertised_to(core_bgp(s->core), c->family, c->prefix, c->out, c->n);
}

size_t speaker_advertised_to(struct speaker *s, enum bgp_family family,
                             const struct bgp_prefix *prefix, struct bgp_addr *out, size_t n)
{
    struct told_call c = {family, prefix, out, n, 0};
    call(s, run_told, &c);
    return c.told;
}

struct stats_call {
    uint16_t vpn;
    enum bgp_family family;
    struct bgp_family_stats *out;
};

static void run_stats(struct speaker *s, void *arg)
{
    struct stats_call *c = arg;
    bgp_family_stats(core_bgp(s->core), c->vpn, c->family, c->out);
}

void speaker_family_stats(struct speaker *s, uint16_t vpn, enum bgp_family family,
                          struct bgp_family_stats *out)
{
    struct stats_call c = {vpn, family, out};
    call(s, run_stats, &c);
}

/* --- the thread ------------------------------------------------------------------------------ */

static uint64_t before_sleep(void *arg)
{
    struct speaker *s = arg;
    uint64_t next = core_turn(s->core);
    if (s->stop_at == UINT64_MAX)
        return next;
    if (!core_stopped(s->core) && net_now() < s->stop_at)
        return next < s->stop_at ? next : s->stop_at;
    core_free(s->core);
    net_waker_close(s->waker);
    net_loop_end(s->loop);
    return UINT64_MAX;
}

static void *thread_main(void *arg)
{
    struct speaker *s = arg;
    pthread_setname_np(pthread_self(), "bgp");
    net_loop_run(s->loop);
    return NULL;
}

/* Every signal is the mgmt thread's. */
static int start_thread(struct speaker *s)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&s->thread, NULL, thread_main, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return -rc;
}

/* Each peer is a descriptor. */
static void raise_descriptor_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
        r.rlim_cur = r.rlim_max;
        setrlimit(RLIMIT_NOFILE, &r);
    }
}

static void free_speaker(struct speaker *s)
{
    if (s->loop)
        net_loop_free(s->loop);
    if (s->notes)
        notes_free(s->notes);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->done);
    free(s);
}

int speaker_start(struct speaker **out, struct uv_loop_s *loop, const struct speaker_opts *opts)
{
    struct speaker *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->stop_at = UINT64_MAX;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->done, NULL);
    raise_descriptor_limit();
    int rc = net_loop_new(&s->loop, before_sleep, s);
    if (rc == 0)
        rc = (s->notes = notes_new(loop, opts)) ? 0 : -EMFILE;
    if (rc == 0)
        rc = (s->waker = net_waker_new(s->loop, on_call, s)) ? 0 : -EMFILE;
    if (rc < 0) {
        free_speaker(s);
        return rc;
    }
    s->core = core_new(s->loop, opts, s->notes);
    rc = start_thread(s);
    if (rc < 0) {
        core_free(s->core);
        net_waker_close(s->waker);
        free_speaker(s);
        return rc;
    }
    *out = s;
    return 0;
}

static void run_stop(struct speaker *s, void *arg)
{
    (void)arg;
    s->stop_at = net_now() + STOP_MS;
    core_stop(s->core);
}

void speaker_stop(struct speaker *s)
{
    if (!s)
        return;
    call(s, run_stop, NULL);
    pthread_join(s->thread, NULL);
    free_speaker(s);
}
