/* The IP routing table: "display ip routing-table". Routes come from the bgp thread in batches, so
 * a large table neither fills memory nor keeps the speaker from its work. How many there are stands
 * above them, so they are gone over twice. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "cli/router/bgp_text.h"
#include "cli/router/ip_routes.h"
#include "engine/config/model.h"

static bool speaker_runs(struct session *s)
{
    if (!s->app->config.speaker)
        session_error(s, "There is no speaker here.");
    return s->app->config.speaker != NULL;
}

static uint8_t family_of(const struct sch_match *m)
{
    return strncmp(m->cmd->syntax, "display ipv6", 12) == 0 ? 6 : 4;
}

/* The word of the command as the index of a protocol, -1: none. */
static int proto_of(const struct sch_match *m)
{
    const char *w = cmd_word(m, "proto");
    for (int i = 0; *w && i < SPEAKER_PROTOS; i++)
        if (strcasecmp(w, ip_proto_name((unsigned)i)) == 0)
            return i;
    return -1;
}

/* --- routes ---------------------------------------------------------------------------------- */

enum { SLICE = 256 }; /* routes between two looks at the terminal */

struct listing {
    struct speaker_route_query query;
    bool verbose, one; /* one: the route to an address */
    bool longer;       /* and what it covers */
    bool shown;        /* they have been counted */
    struct ip_routes *routes;
    uint32_t n, destinations;
};

static void listing_free(void *state)
{
    struct listing *l = state;
    ip_routes_free(l->routes);
    free(l);
}

static const char *next_hop_text(const struct bgp_addr *a, uint8_t af, char buf[BGP_ADDR_STRLEN])
{
    if (a->af)
        return bgp_addr_str(a, buf);
    snprintf(buf, BGP_ADDR_STRLEN, "%s", af == 6 ? "::" : "0.0.0.0");
    return buf;
}

static const char *flags(const struct ip_route *i, char buf[8])
{
    const struct speaker_route *r = &i->route;
    snprintf(buf, 8, "%s%s%s%s", r->relayed ? "R" : "", r->fib ? "D" : "", i->crossed ? "T" : "",
             r->discard ? "B" : "");
    return buf;
}

static void row4(struct session *s, const struct ip_route *i)
{
    const struct speaker_route *r = &i->route;
    char net[BGP_ADDR_STRLEN], nh[BGP_ADDR_STRLEN], f[8];
    if (r->first)
        out(s, "%15s/%-4u", bgp_addr_str(&r->net, net), r->len);
    else
        out(s, "%20s", "");
    out(s, "%-8s%-5u%-14u%-3s %-15s %s\n", i->proto, r->preference, r->cost, flags(i, f),
        next_hop_text(&r->nexthop, 4, nh), r->ifname);
}

static void row6(struct session *s, const struct ip_route *i)
{
    const struct speaker_route *r = &i->route;
    char net[BGP_ADDR_STRLEN], nh[BGP_ADDR_STRLEN], relay[BGP_ADDR_STRLEN], f[8];
    out(s, "Destination  : %-39s PrefixLength : %u\n", bgp_addr_str(&r->net, net), r->len);
    out(s, "NextHop      : %-39s Preference   : %u\n", next_hop_text(&r->nexthop, 6, nh),
        r->preference);
    out(s, "Cost         : %-39u Protocol     : %s\n", r->cost, i->proto);
    out(s, "RelayNextHop : %-39s TunnelID     : 0x0\n", next_hop_text(&r->relay, 6, relay));
    out(s, "Interface    : %-39s Flags        : %s\n\n", r->ifname, flags(i, f));
}

static void block(struct session *s, const struct ip_route *i)
{
    const struct speaker_route *r = &i->route;
    char net[BGP_ADDR_STRLEN], nh[BGP_ADDR_STRLEN], relay[BGP_ADDR_STRLEN], f[8];
    char from[BGP_ADDR_STRLEN], label[12] = "NULL";
    uint64_t age = (speaker_now() - r->since_ms) / 1000;
    char state[24];
    snprintf(state, sizeof state, "Active%s%s", r->silent ? "" : " Adv",
             r->relayed ? " Relied" : "");
    out(s, "Destination: %s/%u\n", bgp_addr_str(&r->net, net), r->len);
    if (i->label != UINT32_MAX)
        snprintf(label, sizeof label, "%u", i->label);
    out(s, "     Protocol: %-16s Process ID: 0\n", i->proto);
    out(s, "   Preference: %-22u Cost: %u\n", r->preference, r->cost);
    out(s, "      NextHop: %-17s Neighbour: %s\n", next_hop_text(&r->nexthop, r->net.af, nh),
        next_hop_text(&i->neighbour, r->net.af, from));
    out(s, "        State: %-24s Age: %02uh%02um%02us\n", state, (unsigned)(age / 3600),
        (unsigned)(age / 60 % 60), (unsigned)(age % 60));
    out(s, "          Tag: %-18u Priority: %s\n", r->tag,
        r->proto == SPEAKER_DIRECT ? "high" : "low");
    out(s, "        Label: %-18s QoSInfo: 0x0\n", label);
    out(s, "   IndirectID: %-16s Instance:\n", "0x0");
    out(s, " RelayNextHop: %-17s Interface: %s\n", next_hop_text(&r->relay, r->net.af, relay),
        r->ifname);
    out(s, "     TunnelID: %-21s Flags: %s\n\n", "0x0", flags(i, f));
}

static void fields(struct session *s, const struct ip_route *i)
{
    const struct speaker_route *r = &i->route;
    char addr[BGP_ADDR_STRLEN], net[BGP_ADDR_STRLEN + 5];
    show_object(s, NULL);
    snprintf(net, sizeof net, "%s/%u", bgp_addr_str(&r->net, addr), r->len);
    show_text(s, "network", net);
    show_text(s, "protocol", i->proto);
    show_uint(s, "preference", r->preference);
    show_uint(s, "cost", r->cost);
    show_addr(s, "next_hop", &r->nexthop);
    show_addr(s, "relay_next_hop", &r->relay);
    show_text(s, "interface", r->ifname);
    show_addr(s, "neighbour", &i->neighbour);
    if (i->label != UINT32_MAX)
        show_uint(s, "label", i->label);
    show_bool(s, "relayed", r->relayed);
    show_bool(s, "forwarded", r->fib);
    show_bool(s, "discarded", r->discard);
    show_bool(s, "announced", !r->silent);
    show_uint(s, "tag", r->tag);
    show_uint(s, "age_seconds", (speaker_now() - r->since_ms) / 1000);
    show_close(s);
}

static void show_route(struct session *s, const struct listing *l, const struct ip_route *r)
{
    if (show_json(s))
        fields(s, r);
    else if (l->verbose)
        block(s, r);
    else if (l->query.af == 6)
        row6(s, r);
    else
        row4(s, r);
}

static void head(struct session *s, const struct listing *l)
{
    const struct model_vpn *vpn =
        l->query.vpn ? model_vpn_number(s->app->config.model, l->query.vpn) : NULL;
    show_begin(s);
    out(s,
        "Proto: Protocol        Pre: Preference\n"
        "Route Flags: R - relay, D - download to fib, T - to vpn-instance, "
        "B - black hole route\n"
        "------------------------------------------------------------------------------\n"
        "Routing Table : %s\n",
        vpn ? vpn->name : "_public_");
    if (l->one)
        out(s, "Summary Count : %u\n\n", l->n);
    else
        out(s, "         Destinations : %-9uRoutes : %-10u\n\n", l->destinations, l->n);
    show_uint(s, "total", l->n);
    show_list(s, "routes");
    if (!l->verbose && l->query.af == 4)
        out(s, "Destination/Mask    Proto   Pre  Cost        Flags NextHop         Interface\n\n");
}

/* All have been counted. False: there is nothing to show. */
static bool counted(struct session *s, struct listing *l)
{
    if (l->one && !l->n) {
        session_error(s, "The specified route does not exist.");
        return false;
    }
    l->shown = true;
    head(s, l);
    ip_routes_free(l->routes);
    l->routes = ip_routes_new(s, &l->query, l->longer);
    return l->routes;
}

static bool routes_next(struct session *s, void *state)
{
    struct listing *l = state;
    for (unsigned i = 0; i < SLICE; i++) {
        const struct ip_route *r = ip_routes_next(l->routes);
        if (!r)
            return !l->shown && counted(s, l);
        if (l->shown) {
            show_route(s, l, r);
            continue;
        }
        l->n++;
        l->destinations += r->route.first;
    }
    return true;
}

void cmd_display_ip_routes(struct session *s, const struct sch_match *m)
{
    const struct sch_value *net = cmd_arg(m, "net");
    uint8_t af = family_of(m);
    const struct sch_value *len = cmd_arg(m, af == 6 ? "length" : "mask");
    uint16_t vpn;
    if (!speaker_runs(s) || !bgp_text_instance(s, m, &vpn))
        return;
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        session_error(s, "Out of memory.");
        return;
    }
    l->query = (struct speaker_route_query){.af = af, .vpn = vpn, .proto = proto_of(m)};
    l->verbose = *cmd_word(m, "form") != 0;
    l->one = net->present;
    l->longer = *cmd_word(m, "longer") != 0;
    if (l->one) {
        l->query.net = net->addr;
        l->query.exact = len->present;
        l->query.longest = !len->present;
        l->query.len = len->present ? (uint8_t)len->u : 0;
    }
    l->routes = ip_routes_new(s, &l->query, l->longer);
    if (l->routes)
        s->stream = (struct stream){routes_next, listing_free, l};
    else {
        listing_free(l);
        session_error(s, "Out of memory.");
    }
}

/* --- statistics ------------------------------------------------------------------------------ */

struct statistics {
    struct speaker_route_query query;
    struct ip_routes *routes;
    uint32_t prefixes, bgp; /* networks; routes that BGP has selected and the host has not */
};

static void statistics_free(void *state)
{
    struct statistics *t = state;
    ip_routes_free(t->routes);
    free(t);
}

static void statistics_row(struct session *s, const char *title, const char *field,
                           const uint32_t n[4])
{
    out(s, "%-11s%-11u%-11u%-11u%-11u%u\n", title, n[0], n[1], n[2], n[3], n[3]);
    if (!field)
        return;
    show_object(s, NULL);
    show_text(s, "protocol", field);
    show_uint(s, "total", n[0]);
    show_uint(s, "active", n[1]);
    show_uint(s, "added", n[2]);
    show_uint(s, "deleted", n[3]);
    show_close(s);
}

/* What BGP has selected is not counted as it comes and goes: added is what is there. */
static void statistics_show(struct session *s, const struct statistics *t)
{
    static const char *const titles[SPEAKER_PROTOS] = {"DIRECT", "STATIC", "OSPF",  "IS-IS",
                                                       "RIP",    "BGP",    "KERNEL"};
    struct speaker_route_counts c;
    uint32_t all[4] = {0};
    speaker_route_counts(s->app->config.speaker, t->query.vpn, t->query.af, &c);
    show_begin(s);
    SHOW_UINT(s, "prefixes", "Summary Prefixes : %u\n", t->prefixes);
    show_list(s, "protocols");
    out(s, "%-11s%-11s%-11s%-11s%-11s%s\n", "Proto", "total", "active", "added", "deleted",
        "freed");
    out(s, "%-11s%-11s%-11s%-11s%-11s%s\n", "", "routes", "routes", "routes", "routes", "routes");
    for (unsigned i = 0; i < SPEAKER_PROTOS; i++) {
        uint32_t more = i == SPEAKER_BGP ? t->bgp : 0;
        uint32_t n[4] = {c.proto[i].total + more, c.proto[i].active + more, c.proto[i].added + more,
                         c.proto[i].deleted};
        statistics_row(s, titles[i], ip_proto_name(i), n);
        for (unsigned k = 0; k < 4; k++)
            all[k] += n[k];
    }
    statistics_row(s, "Total", NULL, all);
}

static bool statistics_next(struct session *s, void *state)
{
    struct statistics *t = state;
    for (unsigned i = 0; i < SLICE; i++) {
        const struct ip_route *r = ip_routes_next(t->routes);
        if (!r) {
            statistics_show(s, t);
            return false;
        }
        t->prefixes += r->route.first;
        t->bgp += r->bgp;
    }
    return true;
}

void cmd_display_ip_statistics(struct session *s, const struct sch_match *m)
{
    uint16_t vpn;
    if (!speaker_runs(s) || !bgp_text_instance(s, m, &vpn))
        return;
    struct statistics *t = calloc(1, sizeof *t);
    if (t) {
        t->query = (struct speaker_route_query){.af = family_of(m), .vpn = vpn, .proto = -1};
        t->routes = ip_routes_new(s, &t->query, false);
    }
    if (t && t->routes) {
        s->stream = (struct stream){statistics_next, statistics_free, t};
        return;
    }
    free(t);
    session_error(s, "Out of memory.");
}
