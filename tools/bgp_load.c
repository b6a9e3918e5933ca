/*
 * Load generator: plays the feeders and the sinks of BGP speakers in one process, compares what
 * arrives with what was fed, and says how fast it came through.
 *
 *   bgp_load [-t HOST] [-T SINK_HOST] [-p PORT] [-f FEEDERS] [-s SINKS]
 *            [-A FIRST_AS] [-a FIRST_SOURCE] [-B SINK_AS] [-S SINK_SOURCE]
 *            [-F ipv4|ipv6|labeled|vpnv4|vpnv6] [-G SINK_FAMILY] [-6] [-v]
 *            [-n ROUTES] [-x] [-N NEXT_HOP]
 *            [-b AS_NUMBERS] [-i CODE] [-c] [-L] [-H NEXT_HOP]
 *            [-P PID] [-w] [-d] [-k] [-r] [-W SECONDS]
 *            [-e FILE] [-E FILE] [-l FILE]
 *
 * Peer i connects from source address FIRST_SOURCE + i as AS FIRST_AS + i, feeders first; the sinks
 * connect to SINK_HOST when it is given, from SINK_SOURCE on, from AS SINK_AS on. Routes are
 * prepared before the clock starts: see table.h; -x asks for varied ones. A sink adds up a digest
 * of what it gets, which has to equal that of what was fed. AS_NUMBERS (1) speakers have each put
 * their own AS in front of the path by then; attributes of CODE (repeatable) do not count, -c: nor
 * communities; -L: labels count; -H: so does the next hop, which has become this one. The exit code
 * is 1 when something differs.
 *
 * -w also withdraws everything, -d then feeds it again and drops the feeders' sessions. -P prints
 * the memory of the speaker. -k says "held" in the end and keeps the sessions until it is killed;
 * with -r it withdraws all and feeds it again meanwhile, each once a second.
 *
 * It gives up after SECONDS (5) without progress. -e writes what the feeders would say as commands
 * of ExaBGP and connects no feeder. -E writes the routes that are expected as text, -l what the
 * sinks get and lose.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/peer.h"
#include "load/table.h"
#include "load/text.h"

static struct load_net net = {.host = "127.0.0.1", .source = "127.0.0.2", .port = 179};
static struct load_table table = {.routes = 1000000};
static unsigned nfeeders = 1, nsinks = 1;
static uint32_t first_as = 65001, sink_as;
static enum bgp_family sink_family = BGP_FAMILIES; /* unless given, that of the table */
static const char *pid;
static struct bgp_addr expected_hop; /* none: it does not count */
static FILE *commands, *expectation;
static unsigned patience = 5; /* s without progress */
static bool by_command;       /* the feeders are ExaBGP's sessions */
static bool withdraw, drop, keep, flapping, differs;

/* --- what is fed -------------------------------------------------------------------------------
 */

static FILE *file(const char *name)
{
    FILE *f = fopen(name, "w");

    if (!f)
        load_die(name);
    return f;
}

/* What is expected of prefixes [from, to) with these attributes, and as text where that was asked
 * for. */
static uint64_t expect(unsigned from, unsigned to, struct bgp_cursor attrs)
{
    uint64_t digest = 0, ad = load_attrs_digest(&net.rules, attrs, 0);
    uint8_t key[BGP_KEY];
    unsigned len;

    ad += load_hop_digest(&net.rules, expected_hop.b, expected_hop.af == 4 ? 4 : 16);
    for (unsigned i = from; i < to; i++) {
        load_prefix(&table, i, key, &len);
        digest +=
            load_route_digest(&net.rules, load_prefix_digest(key, len), load_label(&table, i), ad);
        if (expectation)
            load_print_route(expectation, &net.rules, table.family, key, len, load_label(&table, i),
                             attrs, 0);
        if (commands)
            load_print_command(commands, table.family, key, len, load_label(&table, i), attrs,
                               &table.hop);
    }
    return digest;
}

/* Prepares what feeder k says; returns the digest of it. */
static uint64_t prepare(struct load_peer *p, unsigned k, bool announce)
{
    unsigned from = (unsigned)((uint64_t)table.routes * k / nfeeders);
    unsigned to = (unsigned)((uint64_t)table.routes * (k + 1) / nfeeders), step;
    size_t room = 0, n;
    uint64_t digest = 0;
    uint8_t attrs[LOAD_ATTRS];

    p->nout = p->sent = 0;
    for (unsigned i = from, set = from; i < to; i += step, set++) {
        step = announce ? load_set_size(set) : 100;
        if (i + step > to)
            step = to - i;
        if (p->nout + LOAD_UPDATE > room) {
            room = room * 2 + (1 << 20);
            if (!(p->out = realloc(p->out, room)))
                load_die("memory");
        }
        n = announce ? load_attributes(&table, p->as, set, attrs) : 0;
        p->nout += load_update(&table, i, i + step, announce ? attrs : NULL, n, p->out + p->nout);
        if (announce)
            digest += expect(i, i + step, bgp_cursor_on(attrs, n));
    }
    if (by_command)
        p->nout = 0;
    return digest;
}

/* --- waiting -----------------------------------------------------------------------------------
 */

static bool all_have(int64_t n)
{
    for (unsigned i = 0; i < net.npeers; i++)
        if (net.peers[i].feeder ? net.peers[i].sent < net.peers[i].nout : net.peers[i].routes != n)
            return false;
    return true;
}

/* Processor time the speaker has used, s. */
static double cpu(void)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    FILE *f;

    if (!pid)
        return 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    if ((f = fopen(path, "r"))) {
        if (fgets(line, sizeof line, f) && strrchr(line, ')'))
            sscanf(strrchr(line, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                   &user, &system);
        fclose(f);
    }
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long memory(const char *what)
{
    char path[64], line[256];
    long kb = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/status", pid);
    if (!(f = fopen(path, "r")))
        return 0;
    while (fgets(line, sizeof line, f))
        if (strncmp(line, what, strlen(what)) == 0)
            kb = atol(line + strlen(what));
    fclose(f);
    return kb;
}

static void compare(int64_t n, uint64_t expected)
{
    for (unsigned i = nfeeders; i < net.npeers; i++)
        if (n > 0 ? net.peers[i].digest != expected : net.peers[i].prefixes != 0) {
            printf("  DIGEST DIFFERS at sink %u", i - nfeeders);
            differs = true;
            return;
        }
}

/* Until all sinks have n routes; then with the digest that is expected, or, of none, no prefix. */
static void wait_for(const char *what, int64_t n, uint64_t expected)
{
    double start = load_now(), last = start, last_progress = start;
    double used = cpu();
    int64_t had = -1;

    while (!all_have(n)) {
        load_turn(&net, 100);
        if (net.peers[nfeeders].routes != had) {
            had = net.peers[nfeeders].routes;
            last_progress = load_now();
        }
        if (load_now() - last > 5) {
            last = load_now();
            fprintf(stderr, "... %lld of %lld\n", (long long)had, (long long)n);
        }
        if (load_now() - last_progress > patience) {
            printf("%-10s gave up at %lld of %lld\n", what, (long long)had, (long long)n);
            exit(1);
        }
    }
    printf("%-10s %7.3f s", what, load_now() - start);
    if (pid)
        printf("  (%.2f s of processor)", cpu() - used);
    compare(n, expected);
    printf("  %u messages\n", net.peers[nfeeders].messages);
    fflush(stdout);
}

/* --- the course of it ------------------------------------------------------------------------ */

static uint64_t prepare_all(bool announce)
{
    uint64_t digest = 0;

    for (unsigned i = 0; i < nfeeders; i++)
        digest += prepare(&net.peers[i], i, announce);
    return digest;
}

/* Sessions first, quiet for a moment; then the feeders begin to talk. */
static void connect_all(void)
{
    for (unsigned i = by_command ? nfeeders : 0; i < net.npeers; i++) {
        struct load_peer *p = &net.peers[i];
        size_t n = p->nout;

        p->nout = 0;
        load_dial(&net, p);
        while (!p->up)
            load_turn(&net, 100);
        p->nout = p->sent = n;
    }
    for (double t = load_now(); load_now() - t < 0.3;)
        load_turn(&net, 50);
    for (unsigned i = 0; i < net.npeers; i++) {
        net.peers[i].sent = 0;
        net.peers[i].messages = 0;
    }
}

static void drop_feeders(void)
{
    for (unsigned i = 0; i < nfeeders; i++) {
        struct load_peer *p = &net.peers[i];

        close(p->fd);
        p->fd = -1;
        p->nout = p->sent = 0;
    }
    wait_for("loss", 0, 0);
}

/* Feeders withdraw their routes, half a second later they have them again. */
static void flap(void)
{
    for (bool announce = false;; announce = !announce) {
        double start = load_now();

        prepare_all(announce);
        while (load_now() - start < 0.5)
            load_turn(&net, 20);
    }
}

static void hold(void)
{
    if (net.list)
        fflush(net.list);
    printf("held\n");
    fflush(stdout);
    if (flapping)
        flap();
    for (;;)
        load_turn(&net, 100);
}

/* --- the command line --------------------------------------------------------------------------
 */

static struct bgp_addr address(const char *text)
{
    struct bgp_addr a;

    if (!bgp_addr_parse(text, strlen(text), &a)) {
        fprintf(stderr, "%s is no address\n", text);
        exit(2);
    }
    return a;
}

static enum bgp_family family_named(const char *name)
{
    static const char *const names[BGP_FAMILIES] = {[BGP_IPV4_UNICAST] = "ipv4",
                                                    [BGP_IPV4_LABELED] = "labeled",
                                                    [BGP_VPNV4] = "vpnv4",
                                                    [BGP_IPV6_UNICAST] = "ipv6",
                                                    [BGP_VPNV6] = "vpnv6"};

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (strcmp(names[f], name) == 0)
            return f;
    fprintf(stderr, "%s is no family\n", name);
    exit(2);
}

/* Options that say who is there and what they do. */
static bool option(int o)
{
    switch (o) {
    case 't':
        net.host = optarg;
        return true;
    case 'T':
        net.sink_host = optarg;
        return true;
    case 'p':
        net.port = (uint16_t)atoi(optarg);
        return true;
    case 'a':
        net.source = optarg;
        return true;
    case 'S':
        net.sink_source = optarg;
        return true;
    case 'A':
        first_as = (uint32_t)strtoul(optarg, NULL, 10);
        return true;
    case 'B':
        sink_as = (uint32_t)strtoul(optarg, NULL, 10);
        return true;
    case 'f':
        nfeeders = (unsigned)atoi(optarg);
        return true;
    case 's':
        nsinks = (unsigned)atoi(optarg);
        return true;
    case 'P':
        pid = optarg;
        return true;
    case 'w':
        withdraw = true;
        return true;
    case 'd':
        drop = true;
        return true;
    case 'W':
        patience = (unsigned)atoi(optarg);
        return true;
    case 'k':
        keep = true;
        return true;
    case 'r':
        flapping = true;
        return true;
    default:
        return false;
    }
}

/* Options that say which routes there are and what of them counts. */
static bool route_option(int o)
{
    switch (o) {
    case 'n':
        table.routes = (unsigned)atoi(optarg);
        return true;
    case 'F':
        table.family = family_named(optarg);
        return true;
    case 'G':
        sink_family = family_named(optarg);
        return true;
    case '6':
        table.family = BGP_IPV6_UNICAST;
        return true;
    case 'v':
        table.family = BGP_VPNV4;
        return true;
    case 'x':
        table.varied = true;
        return true;
    case 'N':
        table.hop = address(optarg);
        return true;
    case 'b':
        net.rules.skip = (unsigned)atoi(optarg);
        return true;
    case 'i':
        load_ignore(&net.rules, (unsigned)atoi(optarg));
        return true;
    case 'c':
        load_ignore(&net.rules, BGP_ATTR_COMMUNITY);
        return true;
    case 'L':
        net.rules.label = true;
        return true;
    case 'H':
        expected_hop = address(optarg);
        net.rules.hop = true;
        return true;
    case 'e':
        commands = file(optarg);
        by_command = true;
        return true;
    case 'E':
        expectation = file(optarg);
        return true;
    case 'l':
        net.list = file(optarg);
        return true;
    default:
        return false;
    }
}

static bool options(int argc, char **argv)
{
    static const unsigned hop_by_hop[] = {BGP_ATTR_MED, BGP_ATTR_LOCAL_PREF, BGP_ATTR_ORIGINATOR_ID,
                                          BGP_ATTR_CLUSTER_LIST};
    int o;

    net.rules.skip = 1;
    for (unsigned i = 0; i < sizeof hop_by_hop / sizeof *hop_by_hop; i++)
        load_ignore(&net.rules, hop_by_hop[i]);
    while ((o = getopt(argc, argv, "t:T:p:n:f:s:F:G:6vxN:b:i:cLH:A:a:B:S:P:W:wdkre:E:l:")) != -1)
        if (!option(o) && !route_option(o))
            return false;
    if (sink_family == BGP_FAMILIES)
        sink_family = table.family;
    net.npeers = nfeeders + nsinks;
    if (table.hop.af == 0)
        table.hop = load_default_hop(table.family);
    if (!net.sink_host)
        net.sink_host = net.host;
    if (!net.sink_source)
        net.sink_source = net.source;
    return net.npeers <= LOAD_PEERS && nfeeders > 0;
}

int main(int argc, char **argv)
{
    uint64_t expected;
    long before = 0, rss;

    if (!options(argc, argv)) {
        fprintf(stderr, "see the head of tools/bgp_load.c\n");
        return 2;
    }
    for (unsigned i = 0; i < net.npeers; i++) {
        struct load_peer *p = &net.peers[i];

        p->feeder = i < nfeeders;
        p->number = i;
        p->source = p->feeder || net.sink_source == net.source ? i : i - nfeeders;
        p->as = p->feeder || sink_as == 0 ? first_as + i : sink_as + (i - nfeeders);
        p->family = p->feeder ? table.family : sink_family;
        p->fd = -1;
    }
    expected = prepare_all(true);
    if (commands)
        fclose(commands);
    if (expectation)
        fclose(expectation);
    commands = expectation = NULL;
    connect_all();
    if (pid)
        before = memory("VmRSS:");
    wait_for("announce", table.routes, expected);
    if (pid) {
        rss = memory("VmRSS:");
        printf("memory     %.1f octets a route (%ld kB, peak %ld)\n",
               (double)(rss - before) * 1024 / table.routes, rss, memory("VmHWM:"));
    }
    if (withdraw) {
        prepare_all(false);
        wait_for("withdraw", 0, 0);
    }
    if (drop) {
        if (withdraw) {
            prepare_all(true);
            for (unsigned i = nfeeders; i < net.npeers; i++)
                net.peers[i].digest = 0;
            wait_for("again", table.routes, expected);
        }
        drop_feeders();
    }
    if (keep)
        hold();
    return differs;
}
