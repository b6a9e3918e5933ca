/*
 * The routing table without a kernel: the prefix tree against a naive list, longest match,
 * recursive static routes in every order of events, what the kernel should have, and that exactly
 * what has changed is told. A small script language feeds it: see feed().
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/net/rtable.h"

static struct bgp_addr addr(const char *text)
{
    struct bgp_addr a;
    ck_assert_msg(bgp_addr_parse(text, strlen(text), &a), "%s", text);
    return a;
}

/* --- the tree ------------------------------------------------------------------------------ */

static uint32_t seed;
static uint32_t rnd(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Few bits in few places, so that prefixes nest and meet. */
static void random_prefix(uint8_t af, struct bgp_addr *a, uint8_t *len)
{
    memset(a, 0, sizeof *a);
    a->af = af;
    for (int i = 0; i < (af == 6 ? 16 : 4); i++)
        a->b[i] = (uint8_t)(rnd(3) ? 0 : rnd(2) ? 0xff : 1u << rnd(8));
    *len = (uint8_t)rnd(af == 6 ? 129 : 33);
    *a = ptree_mask(a, *len);
}

static int by_order(const struct ptree_node *n, const struct bgp_addr *a, uint8_t len)
{
    int c = bgp_addr_cmp(&n->addr, a);
    return c ? c : n->len - len;
}

enum { NODES = 200 };
static struct ptree_node pool[NODES];
static bool in[NODES];

static void check_tree(const struct ptree *t, uint8_t af)
{
    struct bgp_addr a;
    uint8_t len;
    random_prefix(af, &a, &len);
    struct ptree_node *find = NULL, *match = NULL, *after = NULL, *first = NULL;
    struct bgp_addr host = a;
    host.b[3] |= (uint8_t)rnd(256);
    for (int i = 0; i < NODES; i++) {
        struct ptree_node *n = &pool[i];
        if (!in[i])
            continue;
        if (by_order(n, &a, len) == 0)
            find = n;
        if (bgp_addr_in(&host, &n->addr, n->len) && (!match || n->len > match->len))
            match = n;
        if (by_order(n, &a, len) > 0 && (!after || by_order(n, &after->addr, after->len) < 0))
            after = n;
        if (!first || by_order(n, &first->addr, first->len) < 0)
            first = n;
    }
    ck_assert_ptr_eq(ptree_find(t, &a, len), find);
    ck_assert_ptr_eq(ptree_match(t, &host), match);
    ck_assert_ptr_eq(ptree_after(t, &a, len), after);
    ck_assert_ptr_eq(ptree_first(t), first);
    if (find)
        ck_assert_ptr_eq(ptree_next(find), after);
}

START_TEST(tree_as_a_list)
{
    struct ptree t = {0};
    uint8_t af = _i % 2 ? 6 : 4;
    seed = (uint32_t)_i;
    memset(in, 0, sizeof in);
    for (int step = 0; step < 5000; step++) {
        unsigned i = rnd(step < 2500 ? NODES : NODES / 4);
        if (in[i]) {
            ptree_remove(&t, &pool[i]);
            in[i] = false;
        } else {
            memset(&pool[i], 0, sizeof pool[i]);
            random_prefix(af, &pool[i].addr, &pool[i].len);
            in[i] = !ptree_find(&t, &pool[i].addr, pool[i].len);
            if (in[i])
                ptree_insert(&t, &pool[i]);
        }
        check_tree(&t, af);
    }
    for (struct ptree_node *n; (n = ptree_first(&t));)
        ptree_remove(&t, n);
    ck_assert_ptr_null(t.root);
}
END_TEST

/* --- a table and what it tells ------------------------------------------------------------- */

static struct rtable *table;
static char told[16000];
static struct speaker_static statics[64];
static size_t nstatics;
static uint64_t now;

static void tell(const char *fmt, ...)
{
    size_t n = strlen(told);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(told + n, sizeof told - n, fmt, ap);
    va_end(ap);
}

static void on_hop(void *arg, const struct bgp_addr *a, const struct rt_hop *h)
{
    char x[BGP_ADDR_STRLEN], y[BGP_ADDR_STRLEN];
    (void)arg;
    bgp_addr_str(a, x);
    if (!h->reachable)
        tell("%s lost\n", x);
    else
        tell("%s via %s if %u cost %u%s%s\n", x, h->discard ? "nobody" : bgp_addr_str(&h->relay, y),
             h->ifindex, h->metric, h->connected ? " connected" : "", h->own ? " own" : "");
}

static void on_route(void *arg, const struct speaker_route *r, bool gone)
{
    char x[BGP_ADDR_STRLEN], y[BGP_ADDR_STRLEN];
    static const char *const protos[] = {"direct", "static", "ospf", "isis", "rip", "bgp", "other"};
    (void)arg;
    if (r->proto != SPEAKER_DIRECT)
        tell("%c%s/%u %s %s\n", gone ? '-' : '+', bgp_addr_str(&r->net, x), r->len,
             protos[r->proto], bgp_addr_str(&r->relay, y));
}

static void prefix(const char *text, struct bgp_addr *a, uint8_t *len)
{
    char buf[80];
    snprintf(buf, sizeof buf, "%s", text);
    char *slash = strchr(buf, '/');
    ck_assert_ptr_nonnull(slash);
    *slash = 0;
    *a = addr(buf);
    *len = (uint8_t)strtoul(slash + 1, NULL, 10);
}

static void feed_static(char w[][48], int n, bool added)
{
    struct speaker_static s = {.preference = 60};
    prefix(w[1], &s.net, &s.len);
    for (int i = 2; i < n; i++) {
        if (strcmp(w[i], "null") == 0)
            s.discard = true;
        else if (strcmp(w[i], "permanent") == 0)
            s.permanent = true;
        else if (strcmp(w[i], "inherit") == 0)
            s.inherit = true;
        else if (strcmp(w[i], "silent") == 0)
            s.silent = true;
        else if (strcmp(w[i], "fibless") == 0)
            s.fibless = true;
        else if (strncmp(w[i], "pref=", 5) == 0)
            s.preference = (uint8_t)strtoul(w[i] + 5, NULL, 10);
        else if (!bgp_addr_parse(w[i], strlen(w[i]), &s.nexthop))
            snprintf(s.ifname, sizeof s.ifname, "%s", w[i]);
    }
    if (added) {
        statics[nstatics++] = s;
    } else {
        size_t k = 0;
        while (k < nstatics && (bgp_addr_cmp(&statics[k].net, &s.net) || statics[k].len != s.len ||
                                bgp_addr_cmp(&statics[k].nexthop, &s.nexthop)))
            k++;
        ck_assert_uint_lt(k, nstatics);
        statics[k] = statics[--nstatics];
    }
    rtable_statics(table, statics, nstatics);
}

static void feed_kernel(char w[][48], int n, bool added)
{
    struct rt_kernel k = {.proto = SPEAKER_STATIC};
    prefix(w[1], &k.net, &k.len);
    for (int i = 2; i < n; i++) {
        if (strncmp(w[i], "if=", 3) == 0)
            k.ifindex = (uint32_t)strtoul(w[i] + 3, NULL, 10);
        else if (strncmp(w[i], "metric=", 7) == 0)
            k.metric = (uint32_t)strtoul(w[i] + 7, NULL, 10);
        else if (strcmp(w[i], "bgp") == 0)
            k.proto = SPEAKER_BGP;
        else if (strcmp(w[i], "ospf") == 0)
            k.proto = SPEAKER_OSPF;
        else if (strcmp(w[i], "null") == 0)
            k.discard = true;
        else
            k.gateway = addr(w[i]);
    }
    rtable_kernel(table, &k, added);
}

/* A line: [-]static NET/LEN ..., [-]kernel NET/LEN ..., link N up|down|gone, [-]addr N A/LEN. */
static void feed_line(const char *line)
{
    char w[8][48] = {{0}};
    int n = 0;
    bool added = line[0] != '-';
    for (const char *p = line + !added; *p && n < 8; n++) {
        size_t k = strcspn(p, " ");
        snprintf(w[n], sizeof w[n], "%.*s", (int)k, p);
        p += k + (p[k] == ' ');
    }
    if (strcmp(w[0], "static") == 0) {
        feed_static(w, n, added);
    } else if (strcmp(w[0], "kernel") == 0) {
        feed_kernel(w, n, added);
    } else if (strcmp(w[0], "link") == 0) {
        uint32_t i = (uint32_t)strtoul(w[1], NULL, 10);
        char name[16];
        snprintf(name, sizeof name, "eth%u", i);
        if (strcmp(w[2], "gone") == 0)
            rtable_unlink(table, i);
        else
            rtable_link(table, i, name, true, strcmp(w[2], "up") == 0);
    } else {
        struct rt_addr a = {.ifindex = (uint32_t)strtoul(w[1], NULL, 10)};
        ck_assert_str_eq(w[0], "addr");
        prefix(w[2], &a.addr, &a.len);
        rtable_addr(table, &a, added);
    }
}

/* Lines, settled once behind them; returns what was told. */
static const char *feed(const char *lines)
{
    char line[200];
    told[0] = 0;
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, lines);
        feed_line(line);
        lines += n + (lines[n] == '\n');
    }
    rtable_settle(table, ++now);
    return told;
}

static void setup(void)
{
    static const struct rt_ops ops = {.hop = on_hop, .route = on_route};
    table = rtable_new(&ops);
    nstatics = 0;
    now = 0;
    feed("link 1 up\naddr 1 127.0.0.1/8\nlink 2 up\naddr 2 10.1.12.2/24\nlink 3 up\n"
         "addr 3 10.1.13.2/30\naddr 3 fd00:3::2/64");
}

static void teardown(void)
{
    rtable_free(table);
}

static const char *where(const char *a, unsigned how)
{
    struct bgp_addr x = addr(a);
    struct rt_hop h = rtable_resolve(table, &x, how);
    told[0] = 0;
    on_hop(NULL, &x, &h);
    return told;
}

START_TEST(connected)
{
    ck_assert_str_eq(where("10.1.12.7", 0), "10.1.12.7 via 10.1.12.7 if 2 cost 0 connected\n");
    ck_assert_str_eq(where("10.1.12.2", 0), "10.1.12.2 via 10.1.12.2 if 2 cost 0 connected own\n");
    ck_assert_str_eq(where("10.1.13.5", 0), "10.1.13.5 lost\n");
    ck_assert_str_eq(where("fd00:3::9", 0), "fd00:3::9 via fd00:3::9 if 3 cost 0 connected\n");
    feed("link 2 down");
    ck_assert_str_eq(where("10.1.12.7", 0), "10.1.12.7 lost\n");
    feed("link 2 up\n-addr 2 10.1.12.2/24");
    ck_assert_str_eq(where("10.1.12.7", 0), "10.1.12.7 lost\n");
}
END_TEST

START_TEST(kernel_routes)
{
    feed("kernel 172.31.0.0/16 10.1.12.1 if=2 metric=20\nkernel 172.31.9.0/24 10.1.13.1 if=3 ospf\n"
         "kernel 172.31.9.5/32 10.1.12.9 if=2 bgp\nkernel 0.0.0.0/0 10.1.12.254 if=2");
    ck_assert_str_eq(where("172.31.1.1", 0), "172.31.1.1 via 10.1.12.1 if 2 cost 20\n");
    ck_assert_str_eq(where("172.31.9.5", 0), "172.31.9.5 via 10.1.13.1 if 3 cost 0\n");
    ck_assert_str_eq(where("172.31.9.5", RT_BY_BGP), "172.31.9.5 via 10.1.12.9 if 2 cost 0\n");
    ck_assert_str_eq(where("8.8.8.8", 0), "8.8.8.8 lost\n");
    ck_assert_str_eq(where("8.8.8.8", RT_BY_DEFAULT), "8.8.8.8 via 10.1.12.254 if 2 cost 0\n");
    const struct bgp_addr far = addr("8.8.8.8"), near = addr("172.31.1.1");
    ck_assert(rtable_resolve(table, &far, RT_BY_DEFAULT).by_default);
    ck_assert(!rtable_resolve(table, &near, RT_BY_DEFAULT).by_default);
    feed("link 3 down"); /* the shorter one takes over, no word of the kernel needed */
    ck_assert_str_eq(where("172.31.9.5", 0), "172.31.9.5 via 10.1.12.1 if 2 cost 20\n");
    feed("kernel 172.31.0.0/16 10.1.12.3 if=2 metric=10");
    ck_assert_str_eq(where("172.31.9.5", 0), "172.31.9.5 via 10.1.12.3 if 2 cost 10\n");
    struct bgp_addr net = addr("172.31.0.0");
    rtable_kernel_drop(table, &net, 16, 10);
    rtable_settle(table, ++now);
    ck_assert_str_eq(where("172.31.9.5", 0), "172.31.9.5 via 10.1.12.1 if 2 cost 20\n");
    rtable_refresh_begin(table);
    feed("link 1 up\nlink 2 up\naddr 2 10.1.12.2/24\nkernel 172.31.9.5/32 10.1.12.9 if=2 bgp");
    rtable_refresh_end(table); /* what was not told again has gone */
    rtable_settle(table, ++now);
    ck_assert_str_eq(where("172.31.9.5", 0), "172.31.9.5 lost\n");
    ck_assert_str_eq(where("10.1.13.1", 0), "10.1.13.1 lost\n");
    ck_assert_str_eq(where("172.31.9.5", RT_BY_BGP), "172.31.9.5 via 10.1.12.9 if 2 cost 0\n");
}
END_TEST

START_TEST(static_up_and_down)
{
    ck_assert_str_eq(feed("static 20.0.0.0/8 10.1.12.1"), "+20.0.0.0/8 static 10.1.12.1\n");
    ck_assert_str_eq(feed("static 30.0.0.0/8 20.1.1.1"), "+30.0.0.0/8 static 10.1.12.1\n");
    ck_assert_str_eq(feed("static 40.0.0.0/8 99.1.1.1"), "");
    ck_assert_str_eq(where("30.1.1.1", 0), "30.1.1.1 via 10.1.12.1 if 2 cost 0\n");
    const char *all = feed("link 2 down");
    ck_assert(strstr(all, "-20.0.0.0/8") && strstr(all, "-30.0.0.0/8"));
    all = feed("link 2 up");
    ck_assert(strstr(all, "+20.0.0.0/8") && strstr(all, "+30.0.0.0/8"));
    ck_assert_str_eq(feed("kernel 99.0.0.0/8 10.1.13.1 if=3"),
                     "+40.0.0.0/8 static 10.1.13.1\n+99.0.0.0/8 static 10.1.13.1\n");
    ck_assert_str_eq(feed("-static 20.0.0.0/8 10.1.12.1"),
                     "-30.0.0.0/8 static 10.1.12.1\n-20.0.0.0/8 static 10.1.12.1\n");
}
END_TEST

START_TEST(no_route_holds_itself_up)
{
    /* its own next hop lies in it: only what is under it counts */
    ck_assert_str_eq(feed("static 50.0.0.0/8 50.1.1.1"), "");
    /* two that rest on each other, with nothing below */
    ck_assert_str_eq(feed("static 60.0.0.0/8 70.1.1.1\nstatic 70.0.0.0/8 60.1.1.1"), "");
    /* once there is something below, both are up, and both go with it */
    feed("kernel 60.1.1.0/24 10.1.12.1 if=2");
    ck_assert_str_eq(where("60.9.9.9", 0), "60.9.9.9 via 10.1.12.1 if 2 cost 0\n");
    ck_assert_str_eq(where("70.9.9.9", 0), "70.9.9.9 via 10.1.12.1 if 2 cost 0\n");
    feed("-kernel 60.1.1.0/24 10.1.12.1 if=2");
    ck_assert_str_eq(where("60.9.9.9", 0), "60.9.9.9 lost\n");
    ck_assert_str_eq(where("70.9.9.9", 0), "70.9.9.9 lost\n");
    /* never by the default route */
    feed("kernel 0.0.0.0/0 10.1.12.1 if=2");
    ck_assert_str_eq(where("50.9.9.9", 0), "50.9.9.9 lost\n");
    /* an own address is no next hop */
    ck_assert_str_eq(feed("static 80.0.0.0/8 10.1.12.2"), "");
}
END_TEST

START_TEST(long_chains)
{
    char line[100];
    feed("static 101.0.0.0/8 10.1.12.1");
    for (unsigned i = 2; i <= 12; i++) {
        snprintf(line, sizeof line, "static %u.0.0.0/8 %u.0.0.1", 100 + i, 99 + i);
        feed(line);
    }
    ck_assert_str_eq(where("112.0.0.9", 0), "112.0.0.9 via 10.1.12.1 if 2 cost 0\n");
    feed("link 2 down");
    ck_assert_str_eq(where("112.0.0.9", 0), "112.0.0.9 lost\n");
}
END_TEST

START_TEST(preference)
{
    feed("static 20.0.0.0/8 10.1.12.1\nstatic 20.0.0.0/8 10.1.13.1 pref=100");
    ck_assert_str_eq(where("20.1.1.1", 0), "20.1.1.1 via 10.1.12.1 if 2 cost 0\n");
    feed("link 2 down");
    ck_assert_str_eq(where("20.1.1.1", 0), "20.1.1.1 via 10.1.13.1 if 3 cost 0\n");
    feed("link 2 up");
    ck_assert_str_eq(where("20.1.1.1", 0), "20.1.1.1 via 10.1.12.1 if 2 cost 0\n");
    feed("kernel 20.0.0.0/8 10.1.13.1 if=3 metric=59");
    ck_assert_str_eq(where("20.1.1.1", 0), "20.1.1.1 via 10.1.13.1 if 3 cost 59\n");
    feed("static 20.2.0.0/16 null");
    ck_assert_str_eq(where("20.2.1.1", 0), "20.2.1.1 via nobody if 0 cost 0\n");
}
END_TEST

START_TEST(cost_of_the_route_below)
{
    feed("kernel 30.0.0.0/8 10.1.12.1 if=2 metric=20\nstatic 20.0.0.0/8 30.1.1.1\n"
         "static 21.0.0.0/8 30.1.1.1 inherit\nstatic 22.0.0.0/8 21.1.1.1 inherit");
    ck_assert_str_eq(where("20.1.1.1", 0), "20.1.1.1 via 10.1.12.1 if 2 cost 0\n");
    ck_assert_str_eq(where("21.1.1.1", 0), "21.1.1.1 via 10.1.12.1 if 2 cost 20\n");
    ck_assert_str_eq(where("22.1.1.1", 0), "22.1.1.1 via 10.1.12.1 if 2 cost 20\n");
    feed("-kernel 30.0.0.0/8 10.1.12.1 if=2 metric=20\nkernel 30.0.0.0/8 10.1.12.1 if=2 metric=7");
    ck_assert_str_eq(where("22.1.1.1", 0), "22.1.1.1 via 10.1.12.1 if 2 cost 7\n");
    feed("-static 21.0.0.0/8 30.1.1.1\nstatic 21.0.0.0/8 30.1.1.1");
    ck_assert_str_eq(where("21.1.1.1", 0), "21.1.1.1 via 10.1.12.1 if 2 cost 0\n");
}
END_TEST

/* The route itself is not announced; what rests on it is. */
START_TEST(silent_routes)
{
    struct speaker_route r[64];
    struct speaker_route_query q = {.af = 4, .proto = SPEAKER_STATIC};

    feed("static 20.0.0.0/8 10.1.12.1 silent\nstatic 21.0.0.0/8 20.1.1.1");
    ck_assert_uint_eq(rtable_list(table, &q, r, 64), 2);
    ck_assert(r[0].net.b[0] == 20 && r[0].silent);
    ck_assert(r[1].net.b[0] == 21 && !r[1].silent);
    ck_assert_str_eq(feed("static 20.0.0.0/8 10.1.12.1"), /* in its place */
                     "+20.0.0.0/8 static 10.1.12.1\n");   /* told again: it may be announced now */
}
END_TEST

START_TEST(interfaces)
{
    struct speaker_addr names[] = {{.ifname = "GigabitEthernet0/1/0", .len = 24, .port = true},
                                   {.ifname = "LoopBack0", .len = 32}};
    names[0].addr = addr("10.1.12.2");
    names[1].addr = addr("172.31.0.2");
    ck_assert_str_eq(feed("static 20.0.0.0/8 GigabitEthernet0/1/0 10.9.9.9\n"
                          "static 21.0.0.0/8 GigabitEthernet0/1/0 permanent"),
                     "");
    rtable_names(table, names, 2);
    const char *all = feed("");
    ck_assert(strstr(all, "+20.0.0.0/8 static 10.9.9.9") && strstr(all, "+21.0.0.0/8 static"));
    ck_assert_str_eq(where("21.3.3.3", 0), "21.3.3.3 via 21.3.3.3 if 2 cost 0\n");
    ck_assert_str_eq(feed("link 2 down"), "-20.0.0.0/8 static 10.9.9.9\n"); /* permanent stays */
    feed("link 2 up\n-addr 2 10.1.12.2/24"); /* nobody knows what the port is any more */
    ck_assert_str_eq(where("20.3.3.3", 0), "20.3.3.3 lost\n");
}
END_TEST

START_TEST(watches_hear_of_their_changes_only)
{
    struct bgp_addr a = addr("172.31.9.5"), b = addr("10.1.13.1");
    ck_assert(!rtable_watch(table, &a, 0).reachable);
    ck_assert(!rtable_watch(table, &a, 0).reachable);
    ck_assert(rtable_watch(table, &b, 0).connected);
    feed("kernel 172.31.8.0/24 10.1.12.1 if=2");
    ck_assert_ptr_null(strstr(told, "172.31.9.5"));
    feed("kernel 172.31.0.0/16 10.1.12.1 if=2 metric=5\nkernel 172.31.9.5/32 10.1.12.3 if=2");
    ck_assert_ptr_nonnull(strstr(told, "172.31.9.5 via 10.1.12.3 if 2 cost 0\n"));
    ck_assert_ptr_null(strstr(told, "10.1.13.1 "));
    feed("-kernel 172.31.9.5/32 10.1.12.3 if=2");
    ck_assert_ptr_nonnull(strstr(told, "172.31.9.5 via 10.1.12.1 if 2 cost 5\n"));
    feed("-kernel 172.31.0.0/16 10.1.12.1 if=2 metric=5\nkernel 172.31.0.0/16 10.1.12.1 if=2 "
         "metric=5");
    ck_assert_str_eq(told, ""); /* gone and back in one go: nothing has happened */
    feed("link 3 down\nlink 3 up");
    ck_assert_str_eq(told, "");
    feed("link 3 down");
    ck_assert_str_eq(told, "10.1.13.1 lost\n");
    rtable_unwatch(table, &b);
    rtable_unwatch(table, &a);
    feed("link 3 up\nlink 2 down");
    ck_assert_ptr_nonnull(strstr(told, "172.31.9.5 lost\n")); /* watched twice */
    ck_assert_ptr_null(strstr(told, "10.1.13.1 "));
    rtable_unwatch(table, &a);
    feed("link 2 up");
    ck_assert_ptr_null(strstr(told, "172.31.9.5 "));
}
END_TEST

/* Many destinations at once: the watches are looked at all the same. */
START_TEST(watches_in_a_flood)
{
    char line[100];
    struct bgp_addr a = addr("100.0.77.1");
    rtable_watch(table, &a, 0);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(line, sizeof line, "kernel 100.%u.%u.0/24 10.1.12.1 if=2", i / 256, i % 256);
        feed_line(line);
    }
    feed("");
    ck_assert_ptr_nonnull(strstr(told, "100.0.77.1 via 10.1.12.1 if 2 cost 0\n"));
}
END_TEST

/* --- what the kernel should have ----------------------------------------------------------- */

static void on_wanted(void *arg, const struct rt_install *r)
{
    char x[BGP_ADDR_STRLEN];
    (void)arg;
    tell("%s/%u pref %u%s", bgp_addr_str(&r->net, x), r->len, r->preference,
         r->discard ? " null" : "");
    for (unsigned i = 0; i < r->n; i++)
        tell(" %s@%u%s", bgp_addr_str(&r->hop[i].gateway, x), r->hop[i].ifindex,
             r->hop[i].onlink ? "!" : "");
    tell("\n");
}

static const char *wanted(void)
{
    told[0] = 0;
    rtable_wanted(table, on_wanted, NULL);
    return told;
}

START_TEST(wanted_in_the_kernel)
{
    feed("static 20.0.0.0/8 10.1.12.1\nstatic 20.0.0.0/8 10.1.13.1\nstatic 20.0.0.0/8 99.9.9.9");
    ck_assert_str_eq(wanted(), "20.0.0.0/8 pref 60 10.1.12.1@2 10.1.13.1@3\n");
    feed("static 20.0.0.0/8 20.1.1.1 pref=70"); /* floating: not now */
    ck_assert_str_eq(wanted(), "20.0.0.0/8 pref 60 10.1.12.1@2 10.1.13.1@3\n");
    feed("link 2 down");
    ck_assert_str_eq(wanted(), "20.0.0.0/8 pref 60 10.1.13.1@3\n");
    feed("kernel 20.0.0.0/8 10.1.13.1 if=3"); /* somebody else's is left alone, and in charge */
    ck_assert_str_eq(wanted(), "");
    feed("-kernel 20.0.0.0/8 10.1.13.1 if=3\nkernel 20.0.0.0/8 10.1.13.1 if=3 metric=500");
    ck_assert_str_eq(wanted(), "20.0.0.0/8 pref 60 10.1.13.1@3\n");
    feed("static 30.0.0.0/8 null\nstatic 31.0.0.0/8 30.1.1.1");
    ck_assert_str_eq(wanted(), "20.0.0.0/8 pref 60 10.1.13.1@3\n30.0.0.0/8 pref 60 null\n"
                               "31.0.0.0/8 pref 60 null\n");
}
END_TEST

/* --- displays ------------------------------------------------------------------------------ */

static size_t list(struct speaker_route_query q, size_t batch)
{
    struct speaker_route r[64];
    char x[BGP_ADDR_STRLEN], y[BGP_ADDR_STRLEN];
    size_t n, all = 0;
    told[0] = 0;
    while ((n = rtable_list(table, &q, r, batch)) > 0)
        for (size_t i = 0; i < n; i++, all++)
            tell("%s%s/%u %s %s%s%s%s\n", r[i].first ? "" : "  ", bgp_addr_str(&r[i].net, x),
                 r[i].len, bgp_addr_str(&r[i].nexthop, y), r[i].ifname, r[i].relayed ? " R" : "",
                 r[i].fib ? " D" : "", r[i].silent ? " silent" : "");
    return all;
}

START_TEST(not_for_the_kernel)
{
    feed("static 20.0.0.0/8 10.1.12.1 fibless\nstatic 21.0.0.0/8 20.1.1.1");
    ck_assert_str_eq(wanted(), "21.0.0.0/8 pref 60 10.1.12.1@2\n");
    feed("static 20.0.0.0/8 10.1.13.1");
    ck_assert(strstr(wanted(), "20.0.0.0/8 pref 60 10.1.13.1@3\n"));
    feed("static 20.0.0.0/8 10.1.12.1"); /* in its place */
    ck_assert(strstr(wanted(), "20.0.0.0/8 pref 60 10.1.12.1@2 10.1.13.1@3\n"));
}
END_TEST

START_TEST(listed_in_order_in_batches)
{
    char whole[sizeof told];
    struct speaker_addr name = {.ifname = "GigabitEthernet0/1/0", .len = 24, .port = true};
    name.addr = addr("10.1.12.2");
    rtable_names(table, &name, 1);
    feed("static 20.0.0.0/8 10.1.12.1\nstatic 20.0.0.0/8 10.1.13.1\nstatic 9.0.0.0/8 null\n"
         "static 20.0.0.0/9 10.7.7.7\nkernel 20.0.0.0/16 10.1.13.1 if=3");
    struct bgp_addr net = addr("20.0.0.0");
    rtable_installed(table, &net, 8, true);
    struct speaker_route_query q = {.af = 4, .proto = -1};
    ck_assert_uint_eq(list(q, 64), 13);
    ck_assert_str_eq(told, "9.0.0.0/8 - NULL0\n"
                           "10.1.12.0/24 10.1.12.2 GigabitEthernet0/1/0 D\n"
                           "10.1.12.2/32 127.0.0.1 GigabitEthernet0/1/0 D\n"
                           "10.1.12.255/32 127.0.0.1 GigabitEthernet0/1/0 D silent\n"
                           "10.1.13.0/30 10.1.13.2 eth3 D\n"
                           "10.1.13.2/32 127.0.0.1 eth3 D\n"
                           "10.1.13.3/32 127.0.0.1 eth3 D silent\n"
                           "20.0.0.0/8 10.1.12.1 GigabitEthernet0/1/0 R D\n"
                           "  20.0.0.0/8 10.1.13.1 eth3 R D\n"
                           "20.0.0.0/16 10.1.13.1 eth3 D\n"
                           "127.0.0.0/8 127.0.0.1 InLoopBack0 D\n"
                           "127.0.0.1/32 127.0.0.1 InLoopBack0 D\n"
                           "127.255.255.255/32 127.0.0.1 InLoopBack0 D silent\n");
    snprintf(whole, sizeof whole, "%s", told);
    for (size_t batch = 2; batch < 14; batch++) {
        list(q, batch);
        ck_assert_str_eq(told, whole);
    }
    struct speaker_route_counts c;
    rtable_counts(table, 4, &c);
    ck_assert_uint_eq(c.proto[SPEAKER_STATIC].total, 5);
    ck_assert_uint_eq(c.proto[SPEAKER_STATIC].active, 4);
    ck_assert_uint_eq(c.proto[SPEAKER_STATIC].destinations, 3);
    ck_assert_uint_eq(c.proto[SPEAKER_DIRECT].active, 9);
    q.proto = SPEAKER_STATIC;
    ck_assert_uint_eq(list(q, 64), 4);
    q = (struct speaker_route_query){
        .af = 4, .proto = -1, .longest = true, .net = addr("20.0.0.9"), .len = 32};
    ck_assert_uint_eq(list(q, 64), 1);
    ck_assert_str_eq(told, "20.0.0.0/16 10.1.13.1 eth3 D\n");
    q.longest = false;
    q.exact = true;
    ck_assert_uint_eq(list(q, 64), 0);
    q.net = net;
    q.len = 8;
    ck_assert_uint_eq(list(q, 64), 2);
    q = (struct speaker_route_query){.af = 6, .proto = -1};
    list(q, 64);
    ck_assert_str_eq(told, "fd00:3::/64 fd00:3::2 eth3 D\nfd00:3::2/128 ::1 eth3 D\n");
}
END_TEST

/* --- any order of events ------------------------------------------------------------------- */

static void dump(char *out, size_t len)
{
    list((struct speaker_route_query){.af = 4, .proto = -1}, 64);
    snprintf(out, len, "%s", told);
    size_t n = strlen(out);
    snprintf(out + n, len - n, "%s", wanted());
}

/* The same facts, come to by random ways, are the same table. */
START_TEST(history_does_not_matter)
{
    static const char *const facts[] = {
        "static 20.0.0.0/8 10.1.12.1",
        "static 30.0.0.0/8 20.1.1.1",
        "static 30.0.0.0/8 10.1.13.1 pref=61",
        "static 20.1.0.0/16 30.1.1.1",
        "static 40.0.0.0/8 30.2.2.2",
        "static 30.2.0.0/16 40.1.1.1",
        "kernel 20.1.1.0/24 10.1.13.1 if=3",
        "kernel 40.1.1.0/24 10.1.12.1 if=2 metric=7",
        "kernel 30.0.0.0/8 10.1.12.9 if=2 metric=99",
    };
    enum { FACTS = sizeof facts / sizeof *facts };
    char text[120], want[2 * sizeof told], got[2 * sizeof told];
    bool have[FACTS] = {false}, goal[FACTS];
    seed = (uint32_t)_i * 77u;
    for (int i = 0; i < FACTS; i++)
        goal[i] = rnd(3) > 0;
    for (int step = 0; step < 60; step++) {
        unsigned i = rnd(FACTS);
        snprintf(text, sizeof text, "%s%s", have[i] ? "-" : "", facts[i]);
        have[i] = !have[i];
        feed_line(text);
        if (rnd(2))
            feed("link 2 down");
        if (rnd(2))
            feed("link 2 up");
    }
    for (int i = 0; i < FACTS; i++)
        if (have[i] != goal[i]) {
            snprintf(text, sizeof text, "%s%s", have[i] ? "-" : "", facts[i]);
            feed_line(text);
        }
    feed("link 2 up");
    /* paths of one destination are listed as they came, so only the length is compared */
    dump(got, sizeof got);
    teardown();
    setup();
    for (int i = 0; i < FACTS; i++)
        if (goal[i])
            feed(facts[i]);
    dump(want, sizeof want);
    ck_assert_uint_eq(strlen(got), strlen(want));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rtable");
    TCase *t = tcase_create("tree");
    tcase_add_loop_test(t, tree_as_a_list, 0, 20);
    suite_add_tcase(s, t);
    t = tcase_create("table");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, connected);
    tcase_add_test(t, kernel_routes);
    tcase_add_test(t, static_up_and_down);
    tcase_add_test(t, no_route_holds_itself_up);
    tcase_add_test(t, long_chains);
    tcase_add_test(t, preference);
    tcase_add_test(t, cost_of_the_route_below);
    tcase_add_test(t, silent_routes);
    tcase_add_test(t, interfaces);
    tcase_add_test(t, watches_hear_of_their_changes_only);
    tcase_add_test(t, watches_in_a_flood);
    tcase_add_test(t, wanted_in_the_kernel);
    tcase_add_test(t, not_for_the_kernel);
    tcase_add_test(t, listed_in_order_in_batches);
    tcase_add_loop_test(t, history_does_not_matter, 0, 100);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
