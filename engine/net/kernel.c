/*
 * Addresses over rtnetlink; see kernel.h.
 *
 * Two sockets: one asks and waits for the answer, one only listens for changes. A change is never
 * applied piece by piece: the list of addresses is read again, which is right after lost messages
 * too and costs well below a millisecond on a usual host. Whether an address is local is found by
 * binding a socket to it, so that 127/8, anycast and local routes count as the kernel sees them;
 * answers are kept until the next change.
 */
#include "engine/net/kernel.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>

#include "engine/net/netlink.h"
#include "engine/net/place.h"
#include "engine/net/sockopt.h"

#define DUMP_TRIES 5

struct subnet { /* also the answers of kernel_is_local(), with len 255 */
    struct kernel_addr key;
    bool yes; /* of a subnet: some interface in it is up */
    UT_hash_handle hh;
};

struct link {
    unsigned index;
    bool up; /* and has carrier */
    UT_hash_handle hh;
};

struct addr_list {
    struct kernel_addr *a;
    size_t n, room;
};

struct kernel {
    struct kernel_opts opts;
    struct netlink ask, hear;
    unsigned lo;           /* interface index of lo */
    bool forbidden, known; /* may not add addresses; the subnets have been read */
    bool warned;
    struct subnet *subnets, *answers;
    struct link *links;
    uint8_t lens4[33], lens6[129]; /* prefix lengths that occur among the subnets */
    struct addr_list wanted, ours;
};

static void list_put(struct addr_list *l, const struct kernel_addr *a)
{
    if (l->n == l->room) {
        l->room = l->room ? l->room * 2 : 8;
        l->a = reallocarray(l->a, l->room, sizeof *l->a);
        if (!l->a)
            abort();
    }
    l->a[l->n++] = *a;
}

static bool list_has(const struct addr_list *l, const struct kernel_addr *a)
{
    for (size_t i = 0; i < l->n; i++)
        if (memcmp(&l->a[i], a, sizeof *a) == 0)
            return true;
    return false;
}

static void set_clear(struct subnet **set)
{
    struct subnet *s, *next;
    HASH_ITER (hh, *set, s, next) {
        HASH_DEL(*set, s);
        free(s);
    }
}

static struct subnet *set_find(struct subnet *set, const struct kernel_addr *key)
{
    struct subnet *s;
    HASH_FIND(hh, set, key, sizeof *key, s);
    return s;
}

static struct subnet *set_add(struct subnet **set, const struct kernel_addr *key)
{
    struct subnet *s = set_find(*set, key);
    if (s)
        return s;
    s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->key = *key;
    HASH_ADD(hh, *set, key, sizeof s->key, s);
    return s;
}

static struct kernel_addr masked(const struct bgp_addr *a, unsigned len)
{
    struct kernel_addr k = {.addr = *a, .len = (uint8_t)len};
    for (unsigned i = 0; i < sizeof k.addr.b; i++) {
        unsigned bits = len > i * 8 ? len - i * 8 : 0;
        if (bits < 8)
            k.addr.b[i] &= (uint8_t)(0xff00 >> bits);
    }
    return k;
}

static unsigned max_len(const struct bgp_addr *a)
{
    return a->af == 6 ? 128 : 32;
}

/* --- reading the kernel's addresses ---------------------------------------------------------- */

static int keep_attr(const struct nlattr *attr, void *data)
{
    const struct nlattr **table = data;
    if (mnl_attr_type_valid(attr, IFA_MAX) > 0)
        table[mnl_attr_get_type(attr)] = attr;
    return MNL_CB_OK;
}

/* --- interfaces */

static bool runs(const struct ifinfomsg *m)
{
    return (m->ifi_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

static struct link *find_link(const struct kernel *k, unsigned index)
{
    struct link *l;
    HASH_FIND(hh, k->links, &index, sizeof index, l);
    return l;
}

/* One that is not known is not held against anybody. */
static bool link_up(const struct kernel *k, unsigned index)
{
    const struct link *l = find_link(k, index);
    return !l || l->up;
}

static int on_link(const struct nlmsghdr *h, void *data)
{
    struct kernel *k = data;
    const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
    unsigned index = (unsigned)m->ifi_index;
    struct link *l = find_link(k, index);
    if (h->nlmsg_type != RTM_NEWLINK)
        return MNL_CB_OK;
    if (!l) {
        l = calloc(1, sizeof *l);
        if (!l)
            abort();
        l->index = index;
        HASH_ADD(hh, k->links, index, sizeof l->index, l);
    }
    l->up = runs(m);
    return MNL_CB_OK;
}

static void forget_links(struct kernel *k)
{
    struct link *l, *next;
    HASH_ITER (hh, k->links, l, next) {
        HASH_DEL(k->links, l);
        free(l);
    }
}

static int dump_links(struct kernel *k)
{
    char buf[128];
    forget_links(k);
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = RTM_GETLINK;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof *m);
    m->ifi_family = AF_UNSPEC;
    return netlink_ask(&k->ask, h, on_link, k);
}

/* --- addresses */

static void add_subnet(struct kernel *k, const struct bgp_addr *a, unsigned len, bool up)
{
    if (len > max_len(a))
        return;
    struct kernel_addr key = masked(a, len);
    set_add(&k->subnets, &key)->yes |= up;
    (a->af == 6 ? k->lens6 : k->lens4)[len] = 1;
}

/* An address that says it is from us, by label or tag. */
static bool tagged(const struct kernel *k, uint8_t family, const struct nlattr *const *attr)
{
    if (family == AF_INET)
        return attr[IFA_LABEL] &&
               mnl_attr_get_payload_len(attr[IFA_LABEL]) > strlen(k->opts.label) &&
               strcmp(mnl_attr_get_str(attr[IFA_LABEL]), k->opts.label) == 0;
    return k->opts.tag && attr[IFA_PROTO] && mnl_attr_get_u8(attr[IFA_PROTO]) == k->opts.tag;
}

static int on_address(const struct nlmsghdr *h, void *data)
{
    struct kernel *k = data;
    const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
    const struct nlattr *attr[IFA_MAX + 1] = {NULL};
    struct bgp_addr subnet, local;
    if (h->nlmsg_type != RTM_NEWADDR || (m->ifa_family != AF_INET && m->ifa_family != AF_INET6))
        return MNL_CB_OK;
    mnl_attr_parse(h, sizeof *m, keep_attr, attr);
    bool up = link_up(k, m->ifa_index);
    bool has_subnet = netlink_addr(attr[IFA_ADDRESS], m->ifa_family, &subnet);
    bool has_local = netlink_addr(attr[IFA_LOCAL], m->ifa_family, &local);
    if (has_subnet)
        add_subnet(k, &subnet, m->ifa_prefixlen, up);
    if (has_local) /* differs from IFA_ADDRESS on point-to-point links */
        add_subnet(k, &local, m->ifa_prefixlen, up);
    else
        local = subnet;
    struct kernel_addr own = {.addr = local, .len = m->ifa_prefixlen};
    if ((has_local || has_subnet) && m->ifa_index == k->lo && tagged(k, m->ifa_family, attr) &&
        !list_has(&k->ours, &own))
        list_put(&k->ours, &own);
    return MNL_CB_OK;
}

static int dump_addresses(struct kernel *k)
{
    char buf[128];
    set_clear(&k->subnets);
    memset(k->lens4, 0, sizeof k->lens4);
    memset(k->lens6, 0, sizeof k->lens6);
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = RTM_GETADDR;
    h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof *m);
    m->ifa_family = AF_UNSPEC;
    return netlink_ask(&k->ask, h, on_address, k);
}

static void read_addresses(struct kernel *k)
{
    int rc = EINTR;
    set_clear(&k->answers);
    /* EINTR: addresses changed during the dump. */
    for (int i = 0; k->ask.socket && rc == EINTR && i < DUMP_TRIES; i++)
        rc = dump_links(k) == EINTR ? EINTR : dump_addresses(k);
    k->known = rc == 0;
}

/* --- adding and removing --------------------------------------------------------------------- */

static int change(struct kernel *k, const struct kernel_addr *a, bool add)
{
    char buf[256];
    size_t n = a->addr.af == 6 ? 16 : 4;
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = add ? RTM_NEWADDR : RTM_DELADDR;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
    struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof *m);
    m->ifa_family = a->addr.af == 6 ? AF_INET6 : AF_INET;
    m->ifa_prefixlen = a->len;
    m->ifa_flags = a->addr.af == 6 ? IFA_F_NODAD : 0;
    m->ifa_index = k->lo;
    m->ifa_scope = RT_SCOPE_UNIVERSE;
    mnl_attr_put(h, IFA_LOCAL, n, a->addr.b);
    mnl_attr_put(h, IFA_ADDRESS, n, a->addr.b);
    if (a->addr.af == 4)
        mnl_attr_put_strz(h, IFA_LABEL, k->opts.label);
    if (add && k->opts.tag)
        mnl_attr_put_u8(h, IFA_PROTO, k->opts.tag); /* kernels before 5.18 ignore it */
    return netlink_ask(&k->ask, h, NULL, NULL);
}

static void complain(struct kernel *k, const struct kernel_addr *a, int error)
{
    char addr[BGP_ADDR_STRLEN], text[160];
    if (k->warned)
        return;
    k->warned = true;
    snprintf(text, sizeof text, "cannot add address %s/%u to lo: %s", bgp_addr_str(&a->addr, addr),
             a->len, strerror(error));
    k->opts.warn(k->opts.arg, text);
}

static void add_missing(struct kernel *k)
{
    bool added = false;
    for (size_t i = 0; k->ask.socket && !k->forbidden && i < k->wanted.n; i++) {
        const struct kernel_addr *a = &k->wanted.a[i];
        if (kernel_is_local(k, &a->addr))
            continue;
        int rc = change(k, a, true);
        if (rc == EPERM || rc == EACCES) {
            k->forbidden = true;
        } else if (rc == 0) {
            added = true;
            if (!list_has(&k->ours, a))
                list_put(&k->ours, a);
        } else if (rc != EEXIST) {
            complain(k, a, rc);
        }
    }
    if (added)
        set_clear(&k->answers);
}

void kernel_want(struct kernel *k, const struct kernel_addr *addrs, size_t n)
{
    k->wanted.n = 0;
    k->warned = false;
    for (size_t i = 0; i < n; i++)
        list_put(&k->wanted, &addrs[i]);
    size_t kept = 0;
    for (size_t i = 0; i < k->ours.n; i++) {
        struct kernel_addr a = k->ours.a[i];
        int rc = 0;
        if (list_has(&k->wanted, &a))
            rc = EBUSY; /* stays */
        else if (k->ask.socket)
            rc = change(k, &a, false);
        if (rc != 0 && rc != EADDRNOTAVAIL)
            k->ours.a[kept++] = a;
    }
    k->ours.n = kept;
    read_addresses(k);
    add_missing(k);
    read_addresses(k);
}

/* --- questions ------------------------------------------------------------------------------- */

static bool can_bind(const struct bgp_addr *a)
{
    struct sockaddr_storage ss;
    int fd = socket(a->af == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    socklen_t n = net_sockaddr(a, 0, &ss);
    bool ok = bind(fd, (struct sockaddr *)&ss, n) == 0;
    close(fd);
    return ok;
}

bool kernel_is_local(struct kernel *k, const struct bgp_addr *a)
{
    struct kernel_addr key = {.addr = *a, .len = 255};
    struct subnet *s = set_find(k->answers, &key);
    if (!s) {
        s = set_add(&k->answers, &key);
        place_enter(k->opts.place);
        s->yes = can_bind(a);
        place_leave(k->opts.place);
    }
    return s->yes;
}

bool kernel_is_connected(const struct kernel *k, const struct bgp_addr *a)
{
    const uint8_t *lens = a->af == 6 ? k->lens6 : k->lens4;
    if (!k->known)
        return true;
    for (unsigned len = 0; len <= max_len(a); len++) {
        struct kernel_addr key = masked(a, len);
        if (lens[len] && set_find(k->subnets, &key))
            return true;
    }
    return false;
}

bool kernel_is_cut_off(const struct kernel *k, const struct bgp_addr *a)
{
    const uint8_t *lens = a->af == 6 ? k->lens6 : k->lens4;
    for (unsigned len = max_len(a) + 1; k->known && len-- > 0;) {
        struct kernel_addr key = masked(a, len);
        const struct subnet *s = lens[len] ? set_find(k->subnets, &key) : NULL;
        if (s)
            return !s->yes;
    }
    return false;
}

/* --- listening for changes ------------------------------------------------------------------- */

/* True when the message can change an answer: not every link statistic does. */
static bool matters(const struct kernel *k, const struct nlmsghdr *h)
{
    if (h->nlmsg_type == RTM_NEWADDR || h->nlmsg_type == RTM_DELADDR)
        return true;
    if (h->nlmsg_type != RTM_NEWLINK && h->nlmsg_type != RTM_DELLINK)
        return false;
    const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
    /* A change of carrier is not among the changes the message names. */
    return h->nlmsg_type == RTM_DELLINK || m->ifi_change & IFF_UP ||
           link_up(k, (unsigned)m->ifi_index) != runs(m);
}

static void on_change(void *arg, unsigned what)
{
    struct kernel *k = arg;
    char buf[NETLINK_ANSWER];
    bool matter = false;
    long n;
    (void)what;
    while ((n = netlink_read(&k->hear, buf)) != 0) {
        matter = matter || n < 0; /* messages were lost: read everything */
        int left = (int)n;
        for (const struct nlmsghdr *h = (const void *)buf; mnl_nlmsg_ok(h, left);
             h = mnl_nlmsg_next(h, &left))
            matter = matter || matters(k, h);
    }
    if (!matter)
        return;
    read_addresses(k);
    add_missing(k);
    k->opts.changed(k->opts.arg);
}

struct kernel *kernel_open(struct net_loop *loop, const struct kernel_opts *opts)
{
    struct kernel *k = calloc(1, sizeof *k);
    if (!k)
        abort();
    k->opts = *opts;
    k->lo = 1; /* lo is the first interface of every network namespace */
    place_enter(opts->place);
    netlink_open(&k->ask, 0);
    bool hears = netlink_open(&k->hear, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
    place_leave(opts->place);
    if (hears)
        netlink_watch(&k->hear, loop, on_change, k);
    read_addresses(k);
    return k;
}

void kernel_close(struct kernel *k)
{
    netlink_close(&k->hear);
    netlink_close(&k->ask);
    set_clear(&k->subnets);
    set_clear(&k->answers);
    forget_links(k);
    free(k->wanted.a);
    free(k->ours.a);
    free(k);
}
