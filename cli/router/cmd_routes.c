/*
 * Displays of BGP routes: the table in rows, filtered, counted, one network in detail, what a peer
 * sent and was told. Routes are streamed batch by batch, so a million of them wait for the
 * terminal, not in memory. A filtered display goes over the table twice, since the number of routes
 * stands above them; JSON, where it stands below, once. Behind a whole VPN table come those of the
 * VPN instances that have any such routes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_rows.h"
#include "cli/router/bgp_text.h"
#include "cli/router/route_match.h"
#include "cli/router/route_show.h"
#include "cli/router/route_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

enum shape { ROWS, LABELS, DETAILS, COUNT };

/* A path kept until all of its network are known. */
struct held {
    struct bgp_route route;
    uint8_t *attrs; /* with the labels behind them */
};

struct listing {
    struct bgp_walk_filter of; /* what of the table of the moment */
    struct route_match match;
    enum shape shape;
    struct speaker_walk *walk;
    bool counting;          /* the first of two times */
    size_t n;               /* routes of the table that match so far */
    struct bgp_prefix last; /* network of the row before: further paths leave the column blank */
    bool started, blank;    /* there has been one; it ended with an empty line */
    bool headed;            /* the legend stands above */
    bool open;              /* what stands above the routes of this table has been shown */
    bool sections;          /* the tables of the VPN instances follow */
    bool section;           /* this is one */
    struct held *held;      /* with different_origin: the paths of the network of the moment */
    size_t nheld, room;
};

static bool vpn(enum bgp_family f)
{
    return bgp_family_info[f].vpn;
}

static const char *rd_text(struct session *s, const uint8_t rd[8])
{
    struct text *t = out_draft(s);
    route_rd(t, rd, s->app->config.model->sys.as_plain);
    return text_end(t);
}

/* In a VPN instance the RD only says where a route has come from. */
static bool same_network(enum bgp_family f, const struct bgp_prefix *a, const struct bgp_prefix *b)
{
    return a->len == b->len && bgp_addr_cmp(&a->addr, &b->addr) == 0 &&
           (!vpn(f) || memcmp(a->rd, b->rd, sizeof a->rd) == 0);
}

static void forget(struct listing *l)
{
    while (l->nheld)
        free(l->held[--l->nheld].attrs);
}

static void listing_free(void *state)
{
    struct listing *l = state;
    speaker_walk_free(l->walk);
    route_match_clear(&l->match);
    forget(l);
    free(l->held);
    free(l);
}

/* --- above and below the routes ----------------------------------------------------------- */

static void identity(struct session *s, const struct bgp_walk_filter *of)
{
    out(s, "\n");
    bgp_identity(s, of->vpn, of->family);
}

/* Whose table it is, or part of one. */
static void owner_line(struct session *s, const struct listing *l)
{
    if (l->of.vpn)
        bgp_text_instance_line(s, l->of.vpn);
    if (l->of.rd)
        SHOW_TEXT(s, "rd", " Route Distinguisher: %s\n", rd_text(s, l->of.prefix.rd));
}

static void number_line(struct session *s, const struct listing *l)
{
    bool all = vpn(l->of.family) && !l->of.rd && l->of.kind <= BGP_WALK_BEST;
    show_uint(s, "total", l->n);
    out(s,
        l->of.kind == BGP_WALK_BEST && l->shape == COUNT ? " Total Number of Best Routes: %zu\n"
        : all ? " Total number of routes from all PE: %zu\n"
              : " Total Number of Routes: %zu\n",
        l->n);
}

static void head(struct session *s, struct listing *l)
{
    if (!l->headed) {
        if (l->shape == DETAILS)
            identity(s, &l->of);
        else
            route_show_legend(s);
    }
    l->headed = l->open = true;
    if (l->section)
        show_object(s, NULL);
    if (l->of.vpn && !l->blank && (l->section || l->shape == DETAILS))
        out(s, "\n");
    owner_line(s, l);
    if (l->of.vpn)
        out(s, "\n");
    if (!show_json(s))
        number_line(s, l);
    if (l->shape == DETAILS || (vpn(l->of.family) && !l->of.rd))
        out(s, "\n");
    else
        route_show_heads(s, l->of.family, l->shape == LABELS);
    show_list(s, "routes");
}

static void count_lines(struct session *s, const struct listing *l)
{
    if (l->section)
        show_object(s, NULL);
    out(s, "\n");
    owner_line(s, l);
    number_line(s, l);
    if (l->section)
        show_close(s);
}

/* --- routes ---------------------------------------------------------------------------- */

static void show(struct session *s, struct listing *l, const struct bgp_route *r,
                 const uint8_t *attrs)
{
    bool again = l->started && same_network(l->of.family, &l->last, &r->prefix);
    bool new_rd = !l->started || memcmp(l->last.rd, r->prefix.rd, sizeof r->prefix.rd) != 0;
    if (vpn(l->of.family) && !l->of.rd && new_rd) {
        out(s, "%s Route Distinguisher: %s\n\n\n", l->started && !l->blank ? "\n" : "",
            rd_text(s, r->prefix.rd));
        if (l->shape != DETAILS)
            route_show_heads(s, l->of.family, l->shape == LABELS);
    }
    if (l->shape == DETAILS)
        l->blank = route_show_detail(s, l->of.family, r, attrs);
    else if (l->shape == LABELS)
        route_show_label_row(s, l->of.family, r, attrs, again);
    else
        route_show_row(s, l->of.family, r, attrs, again);
    l->last = r->prefix;
    l->started = true;
}

static void take(struct session *s, struct listing *l, const struct bgp_route *r,
                 const uint8_t *attrs)
{
    if (!l->counting && !l->open) /* in JSON a section begins with its first route */
        head(s, l);
    if (!l->counting)
        show(s, l, r, attrs);
    l->n++;
}

static void hold(struct listing *l, const struct bgp_route *r, const uint8_t *attrs)
{
    size_t n = r->nattrs + (size_t)3 * r->nstack;
    if (l->nheld == l->room) {
        l->room = 2 * l->room + 16;
        if (!(l->held = reallocarray(l->held, l->room, sizeof *l->held)))
            abort();
    }
    struct held *h = &l->held[l->nheld++];
    h->route = *r;
    if (!(h->attrs = malloc(n + 1)))
        abort();
    memcpy(h->attrs, attrs, n);
}

/* The network is complete: its paths are taken when they do not all begin in one AS. */
static void release(struct session *s, struct listing *l)
{
    bool differ = false;
    for (size_t i = 1; i < l->nheld; i++)
        differ |= route_origin_as(&l->held[i].route, l->held[i].attrs) !=
                  route_origin_as(&l->held[0].route, l->held[0].attrs);
    for (size_t i = 0; differ && i < l->nheld; i++)
        take(s, l, &l->held[i].route, l->held[i].attrs);
    forget(l);
}

static void consider(struct session *s, struct listing *l, const struct bgp_route *r,
                     const uint8_t *attrs)
{
    if (!l->match.different_origin) {
        if (!l->match.any || route_match(&l->match, r, attrs))
            take(s, l, r, attrs);
        return;
    }
    if (l->nheld && !same_network(l->of.family, &l->held[0].route.prefix, &r->prefix))
        release(s, l);
    hold(l, r, attrs);
}

/* --- tables ------------------------------------------------------------------------------ */

/* Number of routes that a walk without other conditions meets. */
static size_t total(struct session *s, const struct bgp_walk_filter *f)
{
    struct bgp_peer_view v;
    struct bgp_family_stats st;
    if (f->kind >= BGP_WALK_RECEIVED) {
        if (!speaker_peer(s->app->config.speaker, &f->peer, &v))
            return 0;
        return f->kind == BGP_WALK_RECEIVED   ? v.routes[f->family].received
               : f->kind == BGP_WALK_ACCEPTED ? v.routes[f->family].accepted
                                              : v.routes[f->family].advertised;
    }
    speaker_family_stats(s->app->config.speaker, f->vpn, f->family, &st);
    return f->kind == BGP_WALK_BEST ? st.best : (size_t)st.paths;
}

static bool walk_again(struct session *s, struct listing *l)
{
    l->n = 0;
    speaker_walk_free(l->walk);
    l->walk = speaker_walk_new(s->app->config.speaker, &l->of);
    return l->walk;
}

/* False: nothing of the table has to be walked over, all has been said of it. */
static bool begin_table(struct session *s, struct listing *l)
{
    bool in_json = show_json(s) && l->shape != COUNT;
    bool known = !l->match.any && !l->of.one && !l->of.rd;
    l->started = l->open = false;
    l->counting = !in_json && !known;
    if (in_json && !l->section)
        head(s, l);
    if (in_json || !known)
        return walk_again(s, l);
    l->n = total(s, &l->of);
    if (l->shape == COUNT && (l->n || !l->section))
        count_lines(s, l);
    if (l->shape == COUNT || !l->n)
        return false;
    head(s, l);
    return walk_again(s, l);
}

/* The table has been gone over. True: it is gone over again, to be shown. */
static bool end_table(struct session *s, struct listing *l)
{
    release(s, l);
    if (l->counting) {
        l->counting = false;
        if (l->shape == COUNT && (l->n || !l->section))
            count_lines(s, l);
        else if (!l->n && !l->section)
            number_line(s, l);
        if (l->shape == COUNT || !l->n)
            return false;
        head(s, l);
        return walk_again(s, l);
    }
    if (!l->open)
        return false;
    show_close(s);
    if (show_json(s))
        number_line(s, l);
    if (l->section)
        show_close(s);
    return false;
}

/* Goes on with the next VPN instance of which there is something to walk over. */
static bool next_table(struct session *s, struct listing *l)
{
    if (l->sections && !l->section)
        show_list(s, "vpn_instances");
    l->section = true;
    while (l->sections) {
        uint16_t next = UINT16_MAX;
        for (const struct model_vpn *v = s->app->config.model->vpns; v; v = v->hh.next)
            if (v->exists && v->number > l->of.vpn && v->number < next)
                next = v->number;
        if (next == UINT16_MAX)
            return false;
        l->of.vpn = l->of.prefix.addr.vpn = next;
        l->of.family = bgp_text_inner(l->of.family);
        if (begin_table(s, l))
            return true;
    }
    return false;
}

static bool listing_next(struct session *s, void *state)
{
    struct listing *l = state;
    const struct bgp_route_batch *b = speaker_walk_next(l->walk);
    for (size_t i = 0; b && i < b->n; i++)
        consider(s, l, &b->routes[i], b->bytes + b->routes[i].attrs);
    return b || end_table(s, l) || next_table(s, l);
}

static void list(struct session *s, struct listing *l)
{
    show_begin(s);
    l->sections = vpn(l->of.family) && !l->of.rd && l->of.kind <= BGP_WALK_BEST;
    if (begin_table(s, l) || next_table(s, l))
        s->stream = (struct stream){listing_next, listing_free, l};
    else
        listing_free(l);
}

/* --- one network in detail --------------------------------------------------------------- */

struct counts {
    unsigned paths, best, selected;
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
            c.selected += b->routes[i].selected;
        }
    speaker_walk_free(w);
    return c;
}

static void rd_head(struct session *s, const struct bgp_walk_filter *f, const struct bgp_route *r,
                    bool blank)
{
    struct bgp_walk_filter of = *f;
    of.rd = true;
    of.prefix = r->prefix;
    out(s, "%s Total routes of Route Distinguisher(%s): %u\n", blank ? "" : "\n",
        rd_text(s, r->prefix.rd), count(s, &of).paths);
}

/* What a VPN instance has of the network; nothing when it has not. */
static void instance_network(struct session *s, const struct bgp_walk_filter *f, uint16_t number,
                             bool *blank)
{
    struct bgp_walk_filter of = *f;
    of.family = bgp_text_inner(f->family);
    of.vpn = of.prefix.addr.vpn = number;
    struct counts c = count(s, &of);
    if (!c.paths)
        return;
    show_object(s, NULL);
    if (!*blank)
        out(s, "\n");
    bgp_text_instance_line(s, number);
    SHOW_UINT(s, "total", "\n Total Number of Routes: %u\n", c.paths);
    show_list(s, "routes");
    struct speaker_walk *w = speaker_walk_new(s->app->config.speaker, &of);
    const struct bgp_route_batch *b;
    while (w && (b = speaker_walk_next(w)))
        for (size_t i = 0; i < b->n; i++)
            *blank = route_show_detail(s, of.family, &b->routes[i], b->bytes + b->routes[i].attrs);
    speaker_walk_free(w);
    show_close(s);
    show_close(s);
}

static void instances_network(struct session *s, const struct bgp_walk_filter *f, bool blank)
{
    show_list(s, "vpn_instances");
    for (const struct model_vpn *v = s->app->config.model->vpns; v; v = v->hh.next)
        if (v->exists)
            instance_network(s, f, v->number, &blank);
    show_close(s);
}

static void one_network(struct session *s, struct bgp_walk_filter *f, bool any_length)
{
    struct counts c = count(s, f);
    show_begin(s);
    while (!c.paths && any_length && f->prefix.len > 0) { /* the longest that covers the address */
        f->prefix.len--;
        f->prefix.addr.b[f->prefix.len / 8] &= (uint8_t) ~(0x80 >> f->prefix.len % 8);
        c = count(s, f);
    }
    if (!c.paths)
        out(s, "Info: The network does not exist.\n");
    else
        identity(s, f);
    show_uint(s, "total", c.paths);
    if (c.paths && f->vpn) {
        out(s, "\n");
        bgp_text_instance_line(s, f->vpn);
        out(s, "\n Total Number of Routes: %u\n", c.paths);
    } else if (c.paths && !vpn(f->family))
        out(s, " Paths:   %u available, %u best, %u select, 0 best-external, 0 add-path\n", c.paths,
            c.best, c.selected);
    struct speaker_walk *w = c.paths ? speaker_walk_new(s->app->config.speaker, f) : NULL;
    const struct bgp_route_batch *b;
    uint8_t last[8] = {0};
    bool first = true, blank = false;
    show_list(s, "routes");
    while (w && (b = speaker_walk_next(w)))
        for (size_t i = 0; i < b->n; i++) {
            const struct bgp_route *r = &b->routes[i];
            if (vpn(f->family) && (first || memcmp(last, r->prefix.rd, 8) != 0))
                rd_head(s, f, r, blank);
            memcpy(last, r->prefix.rd, 8);
            first = false;
            blank = route_show_detail(s, f->family, r, b->bytes + r->attrs);
        }
    speaker_walk_free(w);
    show_close(s);
    if (vpn(f->family) && !f->rd && c.paths)
        instances_network(s, f, blank);
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
    f->prefix.addr.vpn = f->vpn;
    f->prefix.len = (uint8_t)(mask->present ? mask->u : len->present ? len->u : all);
    for (unsigned i = f->prefix.len; i < all; i++)
        f->prefix.addr.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
    f->one = true;
    f->longer = *cmd_word(m, "longer") != 0;
    return true;
}

static void fill_rd(const struct sch_match *m, struct bgp_walk_filter *f)
{
    const struct sch_value *rd = cmd_arg(m, "rd");
    f->rd = rd->present;
    for (unsigned i = 0; f->rd && i < 8; i++)
        f->prefix.rd[i] = (uint8_t)(rd->u >> (56 - 8 * i));
}

/* False, and said: there is no such peer. */
static bool direction(struct session *s, const struct sch_match *m, struct bgp_walk_filter *f)
{
    const char *d = cmd_word(m, "direction");
    struct bgp_peer_view v;
    if (!*d)
        return true;
    f->peer = cmd_arg(m, "peer")->addr;
    f->peer.vpn = f->vpn;
    f->kind = d[0] == 'r'                      ? BGP_WALK_RECEIVED
              : strncmp(d, "accepted", 8) == 0 ? BGP_WALK_ACCEPTED
                                               : BGP_WALK_ADVERTISED;
    if (speaker_peer(s->app->config.speaker, &f->peer, &v))
        return true;
    session_error(s, "The peer session does not exist.");
    return false;
}

static enum shape shape_of(const struct sch_match *m)
{
    const char *filter = cmd_word(m, "filter");
    return *cmd_word(m, "statistics")       ? COUNT
           : strcmp(filter, "verbose") == 0 ? DETAILS
           : strcmp(filter, "label") == 0   ? LABELS
                                            : ROWS;
}

void cmd_display_routes(struct session *s, const struct sch_match *m)
{
    struct bgp_walk_filter f = {.family = bgp_text_family(m), .kind = BGP_WALK_ALL};
    bool any_length = false;
    if (!bgp_text_runs(s) || !bgp_text_instance(s, m, &f.vpn))
        return;
    if (f.vpn)
        f.family = bgp_text_inner(f.family);
    f.prefix.addr.vpn = f.vpn;
    if (!direction(s, m, &f))
        return;
    fill_rd(m, &f);
    if (strcmp(cmd_word(m, "filter"), "active") == 0 || *cmd_word(m, "best"))
        f.kind = BGP_WALK_BEST;
    if (fill_prefix(m, &f, &any_length) && !f.longer) {
        one_network(s, &f, any_length);
        return;
    }
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        session_error(s, "Out of memory.");
        return;
    }
    l->of = f;
    l->shape = shape_of(m);
    if (route_match_read(s, m, &l->match))
        list(s, l);
    else
        listing_free(l);
}
