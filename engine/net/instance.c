/* The network of one VPN instance; see instance.h. */
#include "engine/net/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

/* What the instance knows of its network begins anew in a place, or without one. */
static void settle_in(struct instance *i, const struct instance_opts *opts)
{
    struct routes_opts r = opts->routes;
    struct kernel_opts k = opts->kernel;
    struct listen_opts l = opts->listen;
    r.ops.arg = r.arg = k.arg = l.arg = i;
    r.place = k.place = l.place = &i->place;
    if (i->number) /* addresses to listen on are of the public network */
        l.n = 0;
    r.alone = !i->here;
    i->routes = routes_open(opts->loop, &r);
    if (!i->here)
        return;
    i->kernel = kernel_open(opts->loop, &k);
    i->listen = listen_new(opts->loop, &l);
}

static void leave(struct instance *i)
{
    if (i->listen)
        listen_free(i->listen);
    if (i->kernel)
        kernel_close(i->kernel);
    routes_close(i->routes);
    place_close(&i->place);
    i->listen = NULL;
    i->kernel = NULL;
}

struct instance *instance_new(struct core *core, uint16_t number, const char *name,
                              const struct instance_opts *opts)
{
    struct instance *i = must(calloc(1, sizeof *i));
    i->number = number;
    i->core = core;
    snprintf(i->name, sizeof i->name, "%s", name);
    i->place.ns = -1;
    i->here = number == 0 || place_open(&i->place, name, i->reason);
    i->origin = origin_new(opts->bgp, number);
    settle_in(i, opts);
    return i;
}

void instance_free(struct instance *i)
{
    leave(i);
    origin_free(i->origin);
    free(i->addrs);
    free(i->statics);
    free(i);
}

static void tell_addrs(struct instance *i)
{
    struct kernel_addr *a = must(calloc(i->naddrs + 1, sizeof *a));
    size_t n = 0;
    for (size_t k = 0; k < i->naddrs; k++)
        if (!i->addrs[k].port) {
            a[n].addr = i->addrs[k].addr;
            a[n++].len = i->addrs[k].len;
        }
    if (i->kernel)
        kernel_want(i->kernel, a, n);
    free(a);
    routes_names(i->routes, i->addrs, i->naddrs);
}

void instance_addrs(struct instance *i, const struct speaker_addr *addrs, size_t n)
{
    free(i->addrs);
    i->addrs = must(calloc(n + 1, sizeof *addrs));
    i->naddrs = 0;
    for (size_t k = 0; k < n; k++)
        if (addrs[k].vpn == i->number)
            i->addrs[i->naddrs++] = addrs[k];
    tell_addrs(i);
}

void instance_statics(struct instance *i, const struct speaker_static *statics, size_t n)
{
    free(i->statics);
    i->statics = must(calloc(n + 1, sizeof *statics));
    i->nstatics = 0;
    for (size_t k = 0; k < n; k++)
        if (statics[k].vpn == i->number)
            i->statics[i->nstatics++] = statics[k];
    routes_statics(i->routes, i->statics, i->nstatics);
}

void instance_listen(struct instance *i, bool open)
{
    i->listening = open;
    if (i->listen)
        listen_open(i->listen, open);
}

bool instance_moved(struct instance *i, const struct instance_opts *opts)
{
    if (i->number == 0 || place_same(&i->place, i->name))
        return false;
    leave(i);
    i->here = place_open(&i->place, i->name, i->reason);
    settle_in(i, opts);
    tell_addrs(i);
    routes_statics(i->routes, i->statics, i->nstatics);
    return true;
}
