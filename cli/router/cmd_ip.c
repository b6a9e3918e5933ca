/* The IP routing table and the interfaces: "display ip routing-table", "display ip interface
 * brief". Routes come from the bgp thread in batches, so a large table neither fills memory nor
 * keeps the speaker from its work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "cli/router/bgp_text.h"
#include "engine/config/model.h"

#define BATCH 128

static const char *const protos[SPEAKER_PROTOS] = {"Direct", "Static", "OSPF",  "ISIS",
                                                   "RIP",    "BGP",    "Kernel"};

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
        if (strcasecmp(w, protos[i]) == 0)
            return i;
    return -1;
}

/* --- routes ---------------------------------------------------------------------------------- */

struct listing {
    struct speaker_route_query query;
    bool verbose;
    size_t n;
    struct speaker_route batch[BATCH];
};

static const char *next_hop_text(const struct bgp_addr *a, uint8_t af, char buf[BGP_ADDR_STRLEN])
{
    if (a->af)
        return bgp_addr_str(a, buf);
    snprintf(buf, BGP_ADDR_STRLEN, "%s", af == 6 ? "::" : "0.0.0.0");
    return buf;
}

static const char *flags(const struct speaker_route *r, char buf[8])
{
    snprintf(buf, 8, "%s%s%s", r->relayed ? "R" : "", r->fib ? "D" : "", r->discard ? "B" : "");
    return buf;
}

static void row4(struct session *s, const struct speaker_route *r)
{
    char net[BGP_ADDR_STRLEN], nh[BGP_ADDR_STRLEN], f[8];
    if (r->first)
        out(s, "%15s/%-4u", bgp_addr_str(&r->net, net), r->len);
    else
        out(s, "%20s", "");
    out(s, "%-8s%-5u%-14u%-4s%-16s%s\n", protos[r->proto], r->preference, r->cost, flags(r, f),
        next_hop_text(&r->nexthop, 4, nh), r->ifname);
}

static void row6(struct session *s, const struct speaker_route *r)
{
    char net[BGP_ADDR_STRLEN], nh[BGP_ADDR_STRLEN], relay[BGP_ADDR_STRLEN], f[8];
    out(s, "Destination  : %-39s PrefixLength : %u\n", bgp_addr_str(&r->net, net), r->len);
    out(s, "NextHop      : %-39s Preference   : %u\n", next_hop_text(&r->nexthop, 6, nh),
        r->preference);
    out(s, "Cost         : %-39u Protocol     : %s\n", r->cost, protos[r->proto]);
    out(s, "RelayNextHop : %-39s TunnelID     : 0x0\n", next_hop_text(&r->relay, 6, relay));
    out(s, "Interface    : %-39s Flags        : %s\n\n", r->ifname, flags(r, f));
}

static void block(struct session *s, const struct speaker_route *r)
{
    char net[BGP_ADDR_STRLEN], nh[BGP_ADDR_STRLEN], relay[BGP_ADDR_STRLEN], f[8];
    const char *none = r->net.af == 6 ? "::" : "0.0.0.0";
    uint64_t age = (speaker_now() - r->since_ms) / 1000;
    char state[24];
    snprintf(state, sizeof state, "Active%s%s", r->silent ? "" : " Adv",
             r->relayed ? " Relied" : "");
    out(s, "Destination: %s/%u\n", bgp_addr_str(&r->net, net), r->len);
    out(s, "     Protocol: %-16s Process ID: 0\n", protos[r->proto]);
    out(s, "   Preference: %-22u Cost: %u\n", r->preference, r->cost);
    out(s, "      NextHop: %-17s Neighbour: %s\n", next_hop_text(&r->nexthop, r->net.af, nh), none);
    out(s, "        State: %-24s Age: %02uh%02um%02us\n", state, (unsigned)(age / 3600),
        (unsigned)(age / 60 % 60), (unsigned)(age % 60));
    out(s, "          Tag: %-18u Priority: %s\n", r->tag,
        r->proto == SPEAKER_DIRECT ? "high" : "low");
    out(s, "        Label: %-18s QoSInfo: 0x0\n", "NULL");
    out(s, "   IndirectID: %-16s Instance:\n", "0x0");
    out(s, " RelayNextHop: %-17s Interface: %s\n", next_hop_text(&r->relay, r->net.af, relay),
        r->ifname);
    out(s, "     TunnelID: %-21s Flags: %s\n\n", "0x0", flags(r, f));
}

static void fields(struct session *s, const struct speaker_route *r)
{
    char addr[BGP_ADDR_STRLEN], net[BGP_ADDR_STRLEN + 5];
    show_object(s, NULL);
    snprintf(net, sizeof net, "%s/%u", bgp_addr_str(&r->net, addr), r->len);
    show_text(s, "network", net);
    show_text(s, "protocol", protos[r->proto]);
    show_uint(s, "preference", r->preference);
    show_uint(s, "cost", r->cost);
    show_addr(s, "next_hop", &r->nexthop);
    show_addr(s, "relay_next_hop", &r->relay);
    show_text(s, "interface", r->ifname);
    show_bool(s, "relayed", r->relayed);
    show_bool(s, "forwarded", r->fib);
    show_bool(s, "discarded", r->discard);
    show_bool(s, "announced", !r->silent);
    show_uint(s, "tag", r->tag);
    show_uint(s, "age_seconds", (speaker_now() - r->since_ms) / 1000);
    show_close(s);
}

static void print_batch(struct session *s, const struct listing *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct speaker_route *r = &l->batch[i];
        if (show_json(s))
            fields(s, r);
        else if (l->verbose)
            block(s, r);
        else if (l->query.af == 6)
            row6(s, r);
        else
            row4(s, r);
    }
}

static bool routes_next(struct session *s, void *state)
{
    struct listing *l = state;
    l->n = speaker_routes(s->app->config.speaker, &l->query, l->batch, BATCH);
    print_batch(s, l);
    return l->n > 0;
}

static void head(struct session *s, const struct listing *l, bool one)
{
    struct speaker_route_counts c;
    uint32_t destinations = 0, routes = 0;
    show_begin(s);
    const struct model_vpn *vpn =
        l->query.vpn ? model_vpn_number(s->app->config.model, l->query.vpn) : NULL;
    out(s,
        "Proto: Protocol        Pre: Preference\n"
        "Route Flags: R - relay, D - download to fib, T - to vpn-instance, "
        "B - black hole route\n"
        "------------------------------------------------------------------------------\n"
        "Routing Table : %s\n",
        vpn ? vpn->name : "_public_");
    speaker_route_counts(s->app->config.speaker, l->query.vpn, l->query.af, &c);
    for (int i = 0; i < SPEAKER_PROTOS; i++)
        if (l->query.proto < 0 || l->query.proto == i) {
            destinations += c.proto[i].destinations;
            routes += c.proto[i].active;
        }
    if (one)
        out(s, "Summary Count : %zu\n\n", l->n);
    else
        out(s, "         Destinations : %-9uRoutes : %-10u\n\n", destinations, routes);
    show_uint(s, "total", one ? l->n : routes);
    show_list(s, "routes");
    if (!l->verbose && l->query.af == 4)
        out(s, "Destination/Mask    Proto   Pre  Cost        Flags NextHop         Interface\n\n");
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
    l->query.af = af;
    l->query.vpn = vpn;
    l->query.proto = proto_of(m);
    l->verbose = *cmd_word(m, "form") != 0;
    if (!net->present) {
        head(s, l, false);
        s->stream = (struct stream){routes_next, free, l};
        return;
    }
    l->query.net = net->addr;
    l->query.exact = len->present;
    l->query.longest = !len->present;
    l->query.len = len->present ? (uint8_t)len->u : 0;
    l->n = speaker_routes(s->app->config.speaker, &l->query, l->batch, BATCH);
    if (l->n) {
        head(s, l, true);
        print_batch(s, l);
    } else {
        session_error(s, "The specified route does not exist.");
    }
    free(l);
}

void cmd_display_ip_statistics(struct session *s, const struct sch_match *m)
{
    static const char *const names[SPEAKER_PROTOS] = {"DIRECT", "STATIC", "OSPF",  "IS-IS",
                                                      "RIP",    "BGP",    "KERNEL"};
    struct speaker_route_counts c;
    uint32_t prefixes = 0, total = 0, active = 0, added = 0, deleted = 0;
    uint16_t vpn;
    if (!speaker_runs(s) || !bgp_text_instance(s, m, &vpn))
        return;
    speaker_route_counts(s->app->config.speaker, vpn, family_of(m), &c);
    for (int i = 0; i < SPEAKER_PROTOS; i++)
        prefixes += c.proto[i].destinations;
    show_begin(s);
    SHOW_UINT(s, "prefixes", "Summary Prefixes : %u\n", prefixes);
    show_list(s, "protocols");
    out(s, "%-11s%-11s%-11s%-11s%-11s%s\n", "Proto", "total", "active", "added", "deleted",
        "freed");
    out(s, "%-11s%-11s%-11s%-11s%-11s%s\n", "", "routes", "routes", "routes", "routes", "routes");
    for (int i = 0; i < SPEAKER_PROTOS; i++) {
        out(s, "%-11s%-11u%-11u%-11u%-11u%u\n", names[i], c.proto[i].total, c.proto[i].active,
            c.proto[i].added, c.proto[i].deleted, c.proto[i].deleted);
        show_object(s, NULL);
        show_text(s, "protocol", protos[i]);
        show_uint(s, "total", c.proto[i].total);
        show_uint(s, "active", c.proto[i].active);
        show_uint(s, "added", c.proto[i].added);
        show_uint(s, "deleted", c.proto[i].deleted);
        show_close(s);
        total += c.proto[i].total;
        active += c.proto[i].active;
        added += c.proto[i].added;
        deleted += c.proto[i].deleted;
    }
    out(s, "%-11s%-11u%-11u%-11u%-11u%u\n", "Total", total, active, added, deleted, deleted);
}

/* --- interfaces ------------------------------------------------------------------------------ */

/* One line of the list. */
struct brief {
    char name[40];
    struct bgp_addr addr;
    const char *vpn; /* NULL: public */
    uint8_t len;
    bool admin, up, spoofed; /* spoofed: up without anything behind it */
};

struct briefs {
    struct session *session;
    struct brief *b;
    size_t n;
    const struct speaker_link *links;
    size_t nlinks;
};

static struct brief *brief_add(struct briefs *l, const char *name)
{
    struct brief *b = &l->b[l->n++];
    memset(b, 0, sizeof *b);
    snprintf(b->name, sizeof b->name, "%s", name);
    return b;
}

static const struct speaker_link *link_with(const struct briefs *l, const struct bgp_addr *a)
{
    for (size_t i = 0; i < l->nlinks; i++)
        if (bgp_addr_cmp(&l->links[i].addr, a) == 0)
            return &l->links[i];
    return NULL;
}

/* A port is up when the device that has one of its addresses is. */
/* A bound interface is looked for in the network of its VPN instance. */
static void brief_configured(struct briefs *l, const struct model_if *i)
{
    struct brief *b = brief_add(l, i->name);
    const struct model *m = l->session->app->config.model;
    const struct model_vpn *vpn = i->conf.vpn ? model_find_vpn(m, i->conf.vpn) : NULL;
    struct speaker_link *own = NULL;
    struct briefs there = *l;
    if (i->conf.vpn) {
        there.nlinks = vpn ? speaker_links(l->session->app->config.speaker, vpn->number, &own) : 0;
        there.links = own;
    }
    b->vpn = i->conf.vpn;
    bool loopback = strncmp(i->name, "LoopBack", 8) == 0;
    const struct speaker_link *k = NULL;
    for (size_t a = 0; a < i->naddrs; a++) {
        k = k ? k : link_with(&there, &i->addrs[a].addr);
        if (i->addrs[a].addr.af == 4 && (i->addrs[a].primary || !b->addr.af)) {
            b->addr = i->addrs[a].addr;
            b->len = i->addrs[a].len;
        }
    }
    b->spoofed = loopback || strcmp(i->name, "NULL0") == 0;
    b->admin = loopback || !k || k->admin;
    b->up = b->spoofed ? !i->naddrs || k : k && k->up;
    free(own);
}

/* Devices that no port stands for are shown by their own names. */
static void brief_devices(struct briefs *l, const struct model *m)
{
    for (size_t i = 0; i < l->nlinks; i++) {
        const struct speaker_link *k = &l->links[i];
        bool known = strcmp(k->device, "lo") == 0;
        for (const struct model_if *f = m->ifs; f && !known; f = f->hh.next)
            for (size_t a = 0; a < f->naddrs && !known; a++) {
                const struct speaker_link *at = link_with(l, &f->addrs[a].addr);
                known = at && strcmp(at->device, k->device) == 0;
            }
        struct brief *last = l->n ? &l->b[l->n - 1] : NULL;
        if (known)
            continue;
        if (last && strcmp(last->name, k->device) == 0) { /* the same device */
            if (last->addr.af != 4) {
                last->addr = k->addr;
                last->len = k->len;
            }
            continue;
        }
        struct brief *b = brief_add(l, k->device);
        b->addr = k->addr;
        b->len = k->len;
        b->admin = k->admin;
        b->up = k->up;
    }
}

static int by_key(const void *a, const void *b)
{
    const struct model_if *x = *(const struct model_if *const *)a,
                          *y = *(const struct model_if *const *)b;
    return memcmp(x->key, y->key, sizeof x->key);
}

static void brief_fill(struct briefs *l, const struct model *m)
{
    size_t n = HASH_COUNT(m->ifs), used = 0;
    bool null = false;
    const struct model_if **ifs = calloc(n + 1, sizeof *ifs);
    for (const struct model_if *i = m->ifs; ifs && i; i = i->hh.next)
        if (i->name[0])
            ifs[used++] = i;
    if (used)
        qsort(ifs, used, sizeof *ifs, by_key);
    for (size_t i = 0; i < used; i++) {
        brief_configured(l, ifs[i]);
        null |= strcmp(ifs[i]->name, "NULL0") == 0;
    }
    free(ifs);
    if (!null) {
        struct brief *b = brief_add(l, "NULL0");
        b->admin = b->up = b->spoofed = true;
    }
    brief_devices(l, m);
}

static bool protocol_up(const struct brief *b)
{
    return b->up && (b->addr.af == 4 || strcmp(b->name, "NULL0") == 0);
}

static void brief_print(struct session *s, const struct briefs *l)
{
    unsigned up = 0, protocol = 0;
    for (size_t i = 0; i < l->n; i++) {
        up += l->b[i].up;
        protocol += protocol_up(&l->b[i]);
    }
    show_begin(s);
    show_list(s, "interfaces");
    out(s, "*down: administratively down\n!down: FIB overload down\n^down: standby\n"
           "(l): loopback\n(s): spoofing\n(d): Dampening Suppressed\n(E): E-Trunk down\n");
    out(s, "The number of interface that is UP in Physical is %u\n", up);
    out(s, "The number of interface that is DOWN in Physical is %u\n", (unsigned)l->n - up);
    out(s, "The number of interface that is UP in Protocol is %u\n", protocol);
    out(s, "The number of interface that is DOWN in Protocol is %u\n\n", (unsigned)l->n - protocol);
    out(s, "%-34s%-21s%-11s%-9s%-4s\n", "Interface", "IP Address/Mask", "Physical", "Protocol",
        "VPN");
    for (size_t i = 0; i < l->n; i++) {
        const struct brief *b = &l->b[i];
        char addr[BGP_ADDR_STRLEN], text[BGP_ADDR_STRLEN + 8] = "unassigned";
        if (b->addr.af == 4)
            snprintf(text, sizeof text, "%s/%u", bgp_addr_str(&b->addr, addr), b->len);
        show_object(s, NULL);
        show_text(s, "name", b->name);
        if (b->addr.af)
            show_text(s, "address", text);
        show_bool(s, "admin_up", b->admin);
        show_bool(s, "up", b->up);
        show_bool(s, "protocol_up", protocol_up(b));
        if (b->vpn)
            show_text(s, "vpn_instance", b->vpn);
        show_close(s);
        out(s, "%-34s%-21s%-11s%-9s%-4s\n", b->name, text,
            b->up      ? "up"
            : b->admin ? "down"
                       : "*down",
            !protocol_up(b) ? "down"
            : b->spoofed    ? "up(s)"
                            : "up",
            b->vpn ? b->vpn : "--");
    }
}

void cmd_display_interface_brief(struct session *s, const struct sch_match *m)
{
    const struct model *model = s->app->config.model;
    struct speaker_link *links = NULL;
    struct briefs l = {.session = s};
    (void)m;
    if (!speaker_runs(s))
        return;
    l.nlinks = speaker_links(s->app->config.speaker, 0, &links);
    l.links = links;
    l.b = calloc(l.nlinks + HASH_COUNT(model->ifs) + 1, sizeof *l.b);
    if (l.b) {
        brief_fill(&l, model);
        brief_print(s, &l);
    } else {
        session_error(s, "Out of memory.");
    }
    free(l.b);
    free(links);
}
