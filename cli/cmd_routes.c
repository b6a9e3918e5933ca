/*
 * Displays of BGP routes: the table in rows, one network in detail, what a peer sent and was told.
 * Rows are streamed batch by batch, so a million of them wait for the terminal, not in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/bgp_text.h"
#include "cli/route_text.h"
#include "engine/config/model.h"

#define PATH_MAX_TEXT 4000

struct routes {
    struct speaker_walk *walk;
    enum bgp_family family;
    struct bgp_prefix last; /* network of the row before: further paths leave the column blank */
    bool started;
};

static bool vpn(enum bgp_family f)
{
    return bgp_family_info[f].vpn;
}

static bool plain_as(struct session *s)
{
    return s->app->config.model->sys.as_plain;
}

static void routes_free(void *state)
{
    struct routes *r = state;
    speaker_walk_free(r->walk);
    free(r);
}

/* --- rows ----------------------------------------------------------------------- */

static void legend(struct session *s)
{
    char id[BGP_ADDR_STRLEN];
    out(s, "\n BGP Local router ID is %s\n",
        bgp_text_id(s->app->config.model->bgp_eff.router_id, id));
    out(s, " Status codes: * - valid, > - best, d - damped, x - best external, a - add path,\n"
           "               h - history,  i - internal, s - suppressed, S - Stale\n"
           "               Origin : i - IGP, e - EGP, ? - incomplete\n"
           " RPKI validation codes: V - valid, I - invalid, N - not-found\n\n\n");
}

static void column_heads(struct session *s)
{
    out(s, "        Network            NextHop                       MED        LocPrf    PrefVal "
           "Path/Ogn\n\n");
}

static const char *status(const struct bgp_route *r, char buf[4])
{
    buf[0] = r->valid ? '*' : ' ';
    buf[1] = r->best ? '>' : ' ';
    buf[2] = r->kind == BGP_ROUTE_INTERNAL ? 'i' : ' ';
    buf[3] = 0;
    return buf;
}

static const char *optional(bool have, uint32_t value, char buf[16])
{
    snprintf(buf, 16, have ? "%u" : "", value);
    return buf;
}

static bool same_prefix(const struct bgp_prefix *a, const struct bgp_prefix *b)
{
    return a->len == b->len && bgp_addr_cmp(&a->addr, &b->addr) == 0 &&
           memcmp(a->rd, b->rd, sizeof a->rd) == 0;
}

/* Of a local route: the unspecified address. */
static const struct bgp_addr *next_hop(const struct bgp_route *r)
{
    static const struct bgp_addr self4 = {.af = 4}, self6 = {.af = 6};
    return r->next_hop.af ? &r->next_hop : r->prefix.addr.af == 6 ? &self6 : &self4;
}

static void row(struct session *s, const struct routes *t, const struct bgp_route *r,
                const uint8_t *attrs)
{
    char net[80], hop[BGP_ADDR_STRLEN], st[4], med[16], pref[16], val[16], path[PATH_MAX_TEXT];
    bool again = t->started && same_prefix(&t->last, &r->prefix);
    route_path(attrs, r->nattrs, plain_as(s), path, sizeof path);
    snprintf(val, sizeof val, "%u", r->preferred);
    out(s, " %-7s%-19s%-31s%-11s%-11s%-7s%s%s%c\n", status(r, st),
        again ? "" : route_prefix(&r->prefix, net, sizeof net), bgp_addr_str(next_hop(r), hop),
        optional(r->has_med, r->med, med), optional(r->has_local_pref, r->local_pref, pref), val,
        path, *path ? "" : " ", "ie?"[r->origin < 3 ? r->origin : 2]);
}

static bool rows_next(struct session *s, void *state)
{
    struct routes *t = state;
    char rd[32];
    const struct bgp_route_batch *b = speaker_walk_next(t->walk);
    for (size_t i = 0; b && i < b->n; i++) {
        const struct bgp_route *r = &b->routes[i];
        if (vpn(t->family) &&
            (!t->started || memcmp(t->last.rd, r->prefix.rd, sizeof r->prefix.rd) != 0)) {
            out(s, "%s Route Distinguisher: %s\n\n\n", t->started ? "\n" : "",
                route_rd(r->prefix.rd, plain_as(s), rd, sizeof rd));
            column_heads(s);
        }
        row(s, t, r, b->bytes + r->attrs);
        t->last = r->prefix;
        t->started = true;
    }
    return b != NULL;
}

/* --- one network in detail --------------------------------------------------------- */

static void line_if(struct session *s, const char *text)
{
    if (*text)
        out(s, " %s\n", text);
}

static void attribute_lines(struct session *s, const uint8_t *attrs, size_t n)
{
    char text[PATH_MAX_TEXT];
    line_if(s, route_communities(attrs, n, text, sizeof text));
    line_if(s, route_ext_communities(attrs, n, plain_as(s), text, sizeof text));
    line_if(s, route_large_communities(attrs, n, text, sizeof text));
}

static void facts(struct session *s, const struct bgp_route *r, const uint8_t *attrs)
{
    static const char *const origins[] = {"igp", "egp", "incomplete"};
    char path[PATH_MAX_TEXT];
    route_path(attrs, r->nattrs, plain_as(s), path, sizeof path);
    out(s, " AS-path %s, origin %s", *path ? path : "Nil", origins[r->origin < 3 ? r->origin : 2]);
    if (r->has_med)
        out(s, ", MED %u", r->med);
    if (r->has_local_pref)
        out(s, ", localpref %u", r->local_pref);
    out(s, ", pref-val %u%s, %s%s, pre 255", r->preferred, r->valid ? ", valid" : "",
        r->kind == BGP_ROUTE_INTERNAL   ? "internal"
        : r->kind == BGP_ROUTE_EXTERNAL ? "external"
                                        : "local",
        r->best ? ", best, select" : "");
    if (r->cost)
        out(s, ", IGP cost %u", r->cost);
    if (r->reason)
        out(s, ", %s for %s", r->valid ? "not preferred" : "invalid", r->reason);
    out(s, "\n");
}

static void told(struct session *s, enum bgp_family f, const struct bgp_prefix *p)
{
    struct bgp_addr to[100];
    char addr[BGP_ADDR_STRLEN];
    size_t n = speaker_advertised_to(s->app->config.speaker, f, p, to, 100);
    if (!n) {
        out(s, " Not advertised to any peer yet\n\n");
        return;
    }
    out(s, " Advertised to such %zu peers:\n", n);
    for (size_t i = 0; i < n && i < 100; i++)
        out(s, "    %s\n", bgp_addr_str(&to[i], addr));
}

/* The labels a route came with, the outermost first. */
static const char *labels(const struct bgp_route *r, const uint8_t *attrs, char *buf, size_t len)
{
    size_t n = (size_t)snprintf(buf, len, r->label == UINT32_MAX ? "NULL" : "%u", r->label);
    const uint8_t *at = attrs + r->nattrs;
    for (uint32_t i = 0; i < r->nstack && n < len; i++, at += 3)
        n += (size_t)snprintf(buf + n, len - n, " %u",
                              (unsigned)(at[0] << 12 | at[1] << 4 | at[2] >> 4));
    return buf;
}

static void detail(struct session *s, enum bgp_family f, const struct bgp_route *r,
                   const uint8_t *attrs)
{
    char text[PATH_MAX_TEXT], addr[BGP_ADDR_STRLEN], id[BGP_ADDR_STRLEN], label[96], ours[16];
    out(s, " BGP routing table entry information of %s:\n",
        route_prefix(&r->prefix, text, sizeof text));
    if (bgp_family_info[f].label)
        out(s, " Label information (Received/Applied): %s/%s\n",
            labels(r, attrs, label, sizeof label),
            r->local_label == UINT32_MAX ? "NULL" : optional(true, r->local_label, ours));
    if (!r->from.af)
        out(s, " %s\n From: 0.0.0.0 (0.0.0.0)\n",
            r->kind == BGP_ROUTE_IMPORT      ? "Imported route."
            : r->kind == BGP_ROUTE_AGGREGATE ? "Aggregated route."
                                             : "Network route.");
    else
        out(s, " From: %s (%s)  \n", bgp_addr_str(&r->from, addr), bgp_text_id(r->from_id, id));
    bgp_text_duration(r->age_ms, text, sizeof text);
    out(s, " Route Duration: %s\n", text);
    out(s, " Original nexthop: %s\n Qos information : 0x0\n", bgp_addr_str(next_hop(r), addr));
    attribute_lines(s, attrs, r->nattrs);
    facts(s, r, attrs);
    line_if(s, route_aggregator(attrs, r->nattrs, plain_as(s), text, sizeof text));
    line_if(s, route_originator(attrs, r->nattrs, text, sizeof text));
    line_if(s, route_clusters(attrs, r->nattrs, text, sizeof text));
    told(s, f, &r->prefix);
}

struct counts {
    unsigned paths, best;
};

static struct counts count(struct session *s, const struct bgp_walk_filter *f)
{
    struct counts c = {0};
    struct speaker_walk *w = speaker_walk_new(s->app->config.speaker, f);
    const struct bgp_route_batch *b;
    while (w && (b = speaker_walk_next(w)))
        for (size_t i = 0; i < b->n; i++) {
            c.paths++;
            c.best += b->routes[i].best;
        }
    speaker_walk_free(w);
    return c;
}

static void one_network(struct session *s, struct bgp_walk_filter *f, bool any_length)
{
    char id[BGP_ADDR_STRLEN], as[16], rd[32];
    const struct bgp_conf *conf = &s->app->config.model->bgp_eff;
    struct counts c = count(s, f);
    while (!c.paths && any_length && f->prefix.len > 0) { /* the longest that covers the address */
        f->prefix.len--;
        f->prefix.addr.b[f->prefix.len / 8] &= (uint8_t) ~(0x80 >> f->prefix.len % 8);
        c = count(s, f);
    }
    if (!c.paths) {
        out(s, "Info: The network does not exist.\n");
        return;
    }
    out(s, "\n BGP local router ID : %s\n Local AS number : %s\n", bgp_text_id(conf->router_id, id),
        sch_as_text(conf->as, plain_as(s), as));
    if (!vpn(f->family))
        out(s, " Paths:   %u available, %u best, %u select, 0 best-external, 0 add-path\n", c.paths,
            c.best, c.best);
    struct speaker_walk *w = speaker_walk_new(s->app->config.speaker, f);
    const struct bgp_route_batch *b;
    uint8_t last[8] = {0};
    bool first = true;
    while (w && (b = speaker_walk_next(w)))
        for (size_t i = 0; i < b->n; i++) {
            const struct bgp_route *r = &b->routes[i];
            if (vpn(f->family) && (first || memcmp(last, r->prefix.rd, 8) != 0)) {
                struct bgp_walk_filter of = *f;
                of.rd = true;
                of.prefix = r->prefix;
                out(s, "\n Total routes of Route Distinguisher(%s): %u\n",
                    route_rd(r->prefix.rd, plain_as(s), rd, sizeof rd), count(s, &of).paths);
                memcpy(last, r->prefix.rd, 8);
            }
            first = false;
            detail(s, f->family, r, b->bytes + r->attrs);
        }
    speaker_walk_free(w);
}

/* --- commands -------------------------------------------------------------------------- */

static bool fill_prefix(const struct sch_match *m, struct bgp_walk_filter *f, bool *any_length)
{
    const struct sch_value *v4 = cmd_arg(m, "address"), *v6 = cmd_arg(m, "address6"),
                           *mask = cmd_arg(m, "mask"), *len = cmd_arg(m, "length");
    const struct sch_value *a = v4->present ? v4 : v6;
    if (!a->present)
        return false;
    unsigned all = a->addr.af == 4 ? 32 : 128;
    *any_length = !mask->present && !len->present;
    f->prefix.addr = a->addr;
    f->prefix.len = (uint8_t)(mask->present ? mask->u : len->present ? len->u : all);
    for (unsigned i = f->prefix.len; i < all; i++)
        f->prefix.addr.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
    f->one = true;
    f->longer = *cmd_word(m, "longer") != 0;
    return true;
}

static size_t total(struct session *s, const struct bgp_walk_filter *f)
{
    struct bgp_peer_view v;
    struct bgp_family_stats st;
    if (f->kind != BGP_WALK_ALL) {
        if (!speaker_peer(s->app->config.speaker, &f->peer, &v))
            return 0;
        return f->kind == BGP_WALK_RECEIVED   ? v.routes[f->family].received
               : f->kind == BGP_WALK_ACCEPTED ? v.routes[f->family].accepted
                                              : v.routes[f->family].advertised;
    }
    speaker_family_stats(s->app->config.speaker, f->family, &st);
    return (size_t)st.paths;
}

static void direction(const struct sch_match *m, struct bgp_walk_filter *f)
{
    const char *d = cmd_word(m, "direction");
    if (!*d)
        return;
    f->peer = cmd_arg(m, "peer")->addr;
    f->kind = d[0] == 'r'                      ? BGP_WALK_RECEIVED
              : strncmp(d, "accepted", 8) == 0 ? BGP_WALK_ACCEPTED
                                               : BGP_WALK_ADVERTISED;
}

void cmd_display_routes(struct session *s, const struct sch_match *m)
{
    struct bgp_walk_filter f = {.family = bgp_text_family(m), .kind = BGP_WALK_ALL};
    bool any_length = false;
    if (!bgp_text_runs(s))
        return;
    direction(m, &f);
    if (fill_prefix(m, &f, &any_length) && !f.longer) {
        one_network(s, &f, any_length);
        return;
    }
    size_t n = f.one ? count(s, &f).paths : total(s, &f);
    struct routes *r = n ? calloc(1, sizeof *r) : NULL;
    if (!r || !(r->walk = speaker_walk_new(s->app->config.speaker, &f))) {
        free(r);
        return; /* nothing to show */
    }
    r->family = f.family;
    legend(s);
    if (vpn(f.family))
        out(s, " Total number of routes from all PE: %zu\n\n", n);
    else {
        out(s, " Total Number of Routes: %zu\n", n);
        column_heads(s);
    }
    s->stream = (struct stream){rows_next, routes_free, r};
}

void cmd_display_route_count(struct session *s, const struct sch_match *m)
{
    struct bgp_walk_filter f = {.family = bgp_text_family(m), .kind = BGP_WALK_ALL};
    if (!bgp_text_runs(s))
        return;
    out(s,
        vpn(f.family) ? "\n Total number of routes from all PE: %zu\n"
                      : "\n Total Number of Routes: %zu\n",
        total(s, &f));
}
