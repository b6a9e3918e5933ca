/*
 * The host's routing table over rtnetlink; see routes.h.
 *
 * Three sockets: one listens for changes, one reads everything piece by piece without ever
 * waiting, one changes routes and waits for the answer. Changes are applied as they are told; but
 * the kernel drops routes without a word when a link or an address goes, so then, and when
 * messages were lost, everything is read again while the table stays in use. Reading a large table
 * again and again is held to a twentieth of the time.
 */
#include "engine/net/routes.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "engine/net/netlink.h"
#include "engine/net/place.h"
#include "engine/net/routes_msg.h"

#define FIRST_MS 300 /* how long the start waits for the first reading */
#define SLICE 8      /* datagrams of a reading taken at once */
#define RARELY 20    /* a reading is followed by that many times its duration without one */

/* A route of ours in the kernel. */
struct installed {
    struct {
        struct bgp_addr net;
        uint8_t len;
        uint32_t metric;
    } key; /* zero-filled */
    struct rt_install r;
    bool wanted;
    uint8_t gen;
    UT_hash_handle hh;
};

enum step { LINKS, ADDRESSES, ROUTES4, ROUTES6, IDLE };

struct routes {
    struct routes_opts opts;
    struct rtable *table;
    struct netlink hear, dump, ask;
    struct installed *ours;
    enum step step;  /* of the reading under way */
    bool ready;      /* everything has been read once */
    bool configured; /* the static routes are known: what is not among them may be removed */
    bool again;      /* what was read may be out of date */
    bool forbidden;  /* routes may not be added */
    bool warned;
    uint8_t gen;
    uint64_t began, not_before;
};

/* --- our routes in the kernel ---------------------------------------------------------------- */

static struct installed *find_ours(const struct routes *r, const struct rt_install *i,
                                   uint32_t metric, bool make, struct routes *owner)
{
    struct installed probe, *e;
    memset(&probe.key, 0, sizeof probe.key);
    probe.key.net = i->net;
    probe.key.len = i->len;
    probe.key.metric = metric;
    HASH_FIND(hh, r->ours, &probe.key, sizeof probe.key, e);
    if (e || !make)
        return e;
    e = calloc(1, sizeof *e);
    if (!e)
        abort();
    e->key = probe.key;
    HASH_ADD(hh, owner->ours, key, sizeof e->key, e);
    return e;
}

static bool has_hop(const struct rt_install *r, const struct rt_install_hop *h)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->hop[i].ifindex == h->ifindex && bgp_addr_cmp(&r->hop[i].gateway, &h->gateway) == 0)
            return true;
    return false;
}

static bool same_ways(const struct rt_install *a, const struct rt_install *b)
{
    if (a->n != b->n || a->discard != b->discard)
        return false;
    for (unsigned i = 0; i < a->n; i++)
        if (!has_hop(b, &a->hop[i]))
            return false;
    return true;
}

static void forget(struct routes *r, struct installed *e)
{
    HASH_DEL(r->ours, e);
    free(e);
}

static int change(struct routes *r, const struct rt_install *i, uint32_t metric, bool add)
{
    char buf[ROUTE_MSG_SIZE];
    return netlink_ask(&r->ask, route_msg_write(buf, i, metric, r->opts.protocol, add), NULL, NULL);
}

static void complain(struct routes *r, const struct rt_install *i, int error)
{
    char a[BGP_ADDR_STRLEN], text[160];
    if (r->warned)
        return;
    r->warned = true;
    snprintf(text, sizeof text, "cannot add the route to %s/%u to the kernel: %s",
             bgp_addr_str(&i->net, a), i->len, strerror(error));
    r->opts.warn(r->opts.arg, text);
}

static void install(void *arg, const struct rt_install *i)
{
    struct routes *r = arg;
    struct installed *e = find_ours(r, i, i->preference, false, NULL);
    if (e && same_ways(&e->r, i)) {
        e->wanted = true;
        rtable_installed(r->table, &i->net, i->len, true);
        return;
    }
    if (e && change(r, i, i->preference, false) != EPERM)
        forget(r, e);
    int rc = change(r, i, i->preference, true);
    if (rc == EPERM || rc == EACCES) {
        r->forbidden = true;
    } else if (rc == 0) {
        e = find_ours(r, i, i->preference, true, r);
        e->r = *i;
        e->gen = r->gen;
        e->wanted = true;
    } else if (rc != EEXIST && rc != ENETDOWN) { /* another's; a link that goes down just now */
        complain(r, i, rc);
    }
    rtable_installed(r->table, &i->net, i->len, rc == 0);
}

/* Makes the kernel have what the table wants it to have. */
static void reconcile(struct routes *r)
{
    struct installed *e, *next;
    if (!r->ready || !r->configured || !r->ask.socket || r->forbidden)
        return;
    for (e = r->ours; e; e = e->hh.next)
        e->wanted = false;
    rtable_wanted(r->table, install, r);
    HASH_ITER (hh, r->ours, e, next) {
        if (e->wanted)
            continue;
        int rc = change(r, &e->r, e->key.metric, false);
        if (rc == EPERM || rc == EACCES) {
            r->forbidden = true;
            return;
        }
        forget(r, e);
    }
}

void routes_settle(struct routes *r)
{
    rtable_settle(r->table, net_now());
    reconcile(r);
}

/* --- what the kernel says -------------------------------------------------------------------- */

static uint8_t proto_of(uint8_t protocol)
{
    switch (protocol) {
    case RTPROT_BOOT:
    case RTPROT_STATIC:
    case RTPROT_DHCP:
        return SPEAKER_STATIC;
    case RTPROT_BGP:
        return SPEAKER_BGP;
    case RTPROT_ISIS:
        return SPEAKER_ISIS;
    case RTPROT_OSPF:
        return SPEAKER_OSPF;
    case RTPROT_RIP:
        return SPEAKER_RIP;
    default:
        return SPEAKER_OTHER;
    }
}

static void own_route(struct routes *r, const struct route_msg *m, bool added)
{
    struct installed *e = find_ours(r, &m->r, m->metric, added, r);
    if (added) {
        e->r = m->r;
        e->gen = r->gen;
    } else if (e && same_ways(&e->r, &m->r)) { /* else it has been replaced since */
        forget(r, e);
    }
}

static void on_route(struct routes *r, const struct nlmsghdr *h)
{
    struct route_msg m;
    bool added = h->nlmsg_type == RTM_NEWROUTE;
    if (!route_msg_read(h, &m))
        return;
    if (m.protocol == r->opts.protocol) {
        own_route(r, &m, added);
        return;
    }
    if (m.protocol == RTPROT_KERNEL) /* follows from addresses, and is known from them */
        return;
    struct rt_kernel k = {.net = m.r.net,
                          .len = m.r.len,
                          .proto = proto_of(m.protocol),
                          .discard = m.r.discard,
                          .metric = m.metric};
    if (added && h->nlmsg_flags & NLM_F_REPLACE)
        rtable_kernel_drop(r->table, &k.net, k.len, k.metric);
    if (k.discard)
        rtable_kernel(r->table, &k, added);
    for (unsigned i = 0; i < m.r.n; i++) {
        k.gateway = m.r.hop[i].gateway;
        k.ifindex = m.r.hop[i].ifindex;
        rtable_kernel(r->table, &k, added);
    }
}

static void on_link(struct routes *r, const struct nlmsghdr *h)
{
    struct link_msg m;
    if (!link_msg_read(h, &m))
        return;
    if (h->nlmsg_type == RTM_DELLINK)
        rtable_unlink(r->table, m.ifindex);
    else
        rtable_link(r->table, m.ifindex, m.name, m.admin, m.up);
}

static void on_message(struct routes *r, const struct nlmsghdr *h)
{
    struct rt_addr a;
    switch (h->nlmsg_type) {
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        on_route(r, h);
        break;
    case RTM_NEWLINK:
    case RTM_DELLINK:
        on_link(r, h);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        if (addr_msg_read(h, &a))
            rtable_addr(r->table, &a, h->nlmsg_type == RTM_NEWADDR);
        break;
    default:
        break;
    }
}

/* --- reading everything ---------------------------------------------------------------------- */

static void ask_for(struct routes *r)
{
    static const struct {
        uint16_t type;
        uint8_t family;
    } steps[] = {[LINKS] = {RTM_GETLINK, AF_UNSPEC},
                 [ADDRESSES] = {RTM_GETADDR, AF_UNSPEC},
                 [ROUTES4] = {RTM_GETROUTE, AF_INET},
                 [ROUTES6] = {RTM_GETROUTE, AF_INET6}};
    char buf[128];
    memset(buf, 0, sizeof buf);
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = steps[r->step].type;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    /* All these requests begin with the family; the longest header is good for each. */
    struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
    m->rtm_family = steps[r->step].family;
    if (netlink_send(&r->dump, h) != 0)
        r->again = true;
}

static void start_reading(struct routes *r)
{
    r->again = false;
    if (!r->dump.socket)
        return;
    r->began = net_now();
    r->gen++;
    r->step = LINKS;
    rtable_refresh_begin(r->table);
    ask_for(r);
}

static void reading_done(struct routes *r)
{
    struct installed *e, *next;
    uint64_t now = net_now();
    rtable_refresh_end(r->table);
    HASH_ITER (hh, r->ours, e, next) {
        if (e->gen != r->gen)
            forget(r, e);
    }
    r->ready = true;
    r->not_before = now + RARELY * (now - r->began);
    if (r->again && r->not_before <= now)
        start_reading(r);
}

/* One part has been read; the next one is asked for. */
static void next_step(struct routes *r)
{
    r->step++;
    if (r->step == IDLE)
        reading_done(r);
    else
        ask_for(r);
}

static void take_dump(struct routes *r, const char *buf, long n)
{
    int left = (int)n;
    for (const struct nlmsghdr *h = (const void *)buf; mnl_nlmsg_ok(h, left) && r->step != IDLE;
         h = mnl_nlmsg_next(h, &left)) {
        if (h->nlmsg_seq != r->dump.seq)
            continue;
        r->again |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
            next_step(r); /* an error: there is none of that family */
        else
            on_message(r, h);
    }
}

static void on_dump(void *arg, unsigned what)
{
    struct routes *r = arg;
    char buf[NETLINK_ANSWER];
    long n;
    (void)what;
    for (int i = 0; i < SLICE && (n = netlink_read(&r->dump, buf)) != 0; i++)
        if (n > 0)
            take_dump(r, buf, n);
        else
            r->again = true;
    if (r->ready)
        routes_settle(r);
}

/* True: the kernel may have dropped routes without a word, or what is being read may have gone. */
static bool read_again(const struct routes *r, const struct nlmsghdr *h)
{
    const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
    switch (h->nlmsg_type) {
    case RTM_DELLINK:
    case RTM_DELADDR:
        return true;
    case RTM_NEWLINK:
        return m->ifi_change & IFF_UP;
    case RTM_DELROUTE:
        return r->step != IDLE;
    default:
        return false;
    }
}

static void on_hear(void *arg, unsigned what)
{
    struct routes *r = arg;
    char buf[NETLINK_ANSWER];
    long n;
    (void)what;
    for (int i = 0; i < SLICE * 8 && (n = netlink_read(&r->hear, buf)) != 0; i++) {
        int left = (int)n;
        r->again |= n < 0;
        for (const struct nlmsghdr *h = (const void *)buf; mnl_nlmsg_ok(h, left);
             h = mnl_nlmsg_next(h, &left)) {
            on_message(r, h);
            r->again |= read_again(r, h);
        }
    }
    if (r->ready)
        routes_settle(r);
    routes_tick(r, net_now());
}

uint64_t routes_tick(struct routes *r, uint64_t now)
{
    if (!r->again || r->step != IDLE)
        return UINT64_MAX;
    if (now < r->not_before)
        return r->not_before;
    start_reading(r);
    return UINT64_MAX;
}

/* --- life ------------------------------------------------------------------------------------ */

/* The first reading, so that a display right after the start is not empty. */
static void read_first(struct routes *r)
{
    uint64_t end = net_now() + FIRST_MS;
    start_reading(r);
    while (!r->ready && r->dump.socket && net_now() < end) {
        struct pollfd p = {.fd = mnl_socket_get_fd(r->dump.socket), .events = POLLIN};
        if (poll(&p, 1, 10) > 0)
            on_dump(r, NET_READ);
    }
}

static void open_sockets(struct routes *r, struct net_loop *loop)
{
    place_enter(r->opts.place);
    bool hears = netlink_open(&r->hear, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                            RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE);
    netlink_open(&r->ask, 0);
    bool dumps = netlink_open(&r->dump, 0);
    place_leave(r->opts.place);
    if (hears)
        netlink_watch(&r->hear, loop, on_hear, r);
    if (dumps)
        netlink_watch(&r->dump, loop, on_dump, r);
}

struct routes *routes_open(struct net_loop *loop, const struct routes_opts *opts)
{
    struct routes *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->opts = *opts;
    r->step = IDLE;
    r->table = rtable_new(&opts->ops);
    if (opts->alone) {
        r->ready = true;
        return r;
    }
    open_sockets(r, loop);
    read_first(r);
    return r;
}

void routes_close(struct routes *r)
{
    struct installed *e, *next;
    netlink_close(&r->hear);
    netlink_close(&r->dump);
    netlink_close(&r->ask);
    HASH_ITER (hh, r->ours, e, next) {
        forget(r, e);
    }
    rtable_free(r->table);
    free(r);
}

void routes_names(struct routes *r, const struct speaker_addr *names, size_t n)
{
    rtable_names(r->table, names, n);
    routes_settle(r);
}

void routes_statics(struct routes *r, const struct speaker_static *statics, size_t n)
{
    r->warned = false;
    r->configured = true;
    rtable_statics(r->table, statics, n);
    routes_settle(r);
}

struct rtable *routes_table(struct routes *r)
{
    return r->table;
}

bool routes_known(const struct routes *r)
{
    return r->dump.socket != NULL;
}
