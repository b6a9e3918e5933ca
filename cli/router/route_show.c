/* One route on the screen; see route_show.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/router/route_show.h"
#include "cli/router/route_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

static bool plain_as(struct session *s)
{
    return s->app->config.model->sys.as_plain;
}

/* Of a local route: the unspecified address. */
static const struct bgp_addr *next_hop(const struct bgp_route *r)
{
    static const struct bgp_addr self4 = {.af = 4}, self6 = {.af = 6};
    return r->next_hop.af ? &r->next_hop : r->prefix.addr.af == 6 ? &self6 : &self4;
}

static uint8_t origin(const struct bgp_route *r)
{
    return r->origin < 3 ? r->origin : 2;
}

static const char *const origins[] = {"igp", "egp", "incomplete"};

static void add_label(struct text *t, uint32_t label)
{
    if (label == UINT32_MAX)
        text_str(t, "NULL");
    else
        text_uint(t, label);
}

/* --- fields ------------------------------------------------------------------------------ */

static const char *kind_word(const struct bgp_route *r)
{
    static const char *const words[BGP_ROUTE_KINDS] = {
        [BGP_ROUTE_AGGREGATE] = "aggregate", [BGP_ROUTE_SUMMARY] = "summary",
        [BGP_ROUTE_NETWORK] = "network",     [BGP_ROUTE_IMPORT] = "import",
        [BGP_ROUTE_EXTERNAL] = "external",   [BGP_ROUTE_INTERNAL] = "internal"};
    return r->kind < BGP_ROUTE_KINDS && words[r->kind] ? words[r->kind] : "none";
}

static void attribute_fields(struct session *s, const struct bgp_route *r, const uint8_t *attrs)
{
    struct text *t = out_draft(s);
    bool plain = plain_as(s);
    route_path(t, attrs, r->nattrs, plain);
    show_draft(s, "as_path");
    show_text(s, "origin", origins[origin(r)]);
    if (r->has_med)
        show_uint(s, "med", r->med);
    if (r->has_local_pref)
        show_uint(s, "local_pref", r->local_pref);
    show_uint(s, "preferred_value", r->preferred);
    for (unsigned l = 0; l < ROUTE_LISTS; l++) {
        struct bgp_cursor left = route_list((enum route_list)l, attrs, r->nattrs);
        if (!left.left)
            continue;
        show_list(s, route_lists[l].field);
        while (route_list_next(t, (enum route_list)l, &left, plain))
            show_draft(s, NULL);
        show_close(s);
    }
    for (unsigned i = 0; i < ROUTE_SINGLES; i++)
        if (route_singles[i].add(t, attrs, r->nattrs, plain))
            show_draft(s, route_singles[i].field);
}

/* All there is of a route; the object is left open. */
static void fields(struct session *s, enum bgp_family f, const struct bgp_route *r,
                   const uint8_t *attrs)
{
    struct text *t = out_draft(s);
    if (!show_json(s))
        return;
    show_object(s, NULL);
    if (bgp_family_info[f].vpn || r->cross) {
        route_rd(t, r->prefix.rd, plain_as(s));
        show_draft(s, "rd");
    }
    text_addr(t, &r->prefix.addr);
    text_char(t, '/');
    text_uint(t, r->prefix.len);
    show_draft(s, "network");
    show_addr(s, "next_hop", next_hop(r));
    show_bool(s, "valid", r->valid);
    show_bool(s, "best", r->best);
    show_bool(s, "selected", r->selected);
    show_text(s, "type", kind_word(r));
    if (r->cross)
        show_text(s, "crossed_from", r->cross == BGP_CROSS_LOCAL ? "local" : "remote");
    if (r->from.af) {
        show_addr(s, "from", &r->from);
        text_id(t, r->from_id);
        show_draft(s, "from_router_id");
    }
    if (r->label != UINT32_MAX)
        show_uint(s, "label", r->label);
    if (r->local_label != UINT32_MAX)
        show_uint(s, "local_label", r->local_label);
    show_uint(s, "age_seconds", r->age_ms / 1000);
    show_uint(s, "preference", r->preference);
    if (r->cost)
        show_uint(s, "igp_cost", r->cost);
    if (r->reason)
        show_text(s, r->valid ? "not_preferred_for" : "invalid_for", r->reason);
    attribute_fields(s, r, attrs);
}

/* --- rows -------------------------------------------------------------------------------- */

void route_show_legend(struct session *s)
{
    char id[BGP_ADDR_STRLEN];
    SHOW_TEXT(s, "router_id", "\n BGP Local router ID is %s\n",
              bgp_text_id(s->app->config.model->bgp_eff.router_id, id));
    out(s, " Status codes: * - valid, > - best, d - damped, x - best external, a - add path,\n"
           "               h - history,  i - internal, s - suppressed, S - Stale\n"
           "               Origin : i - IGP, e - EGP, ? - incomplete\n"
           " RPKI validation codes: V - valid, I - invalid, N - not-found\n\n\n");
}

void route_show_heads(struct session *s, enum bgp_family f, bool labels)
{
    if (bgp_family_info[f].octets == 16)
        return;
    out(s, labels ? "        Network           NextHop                       In/Out Label\n\n"
                  : "        Network            NextHop                       MED        LocPrf    "
                    "PrefVal Path/Ogn\n\n");
}

static void add_status(struct text *t, const struct bgp_route *r)
{
    text_char(t, ' ');
    text_char(t, r->valid ? '*' : ' ');
    text_char(t, r->best ? '>' : ' ');
    text_char(t, r->kind == BGP_ROUTE_INTERNAL ? 'i' : ' ');
    text_str(t, r->suppressed ? "s   " : "    ");
}

/* Status, network (blank when it is that of the row before) and next hop, which every row has. */
static struct text *start_row(struct session *s, const struct bgp_route *r, bool again,
                              size_t net_width, size_t hop_width)
{
    struct text *t = out_draft(s);
    add_status(t, r);
    size_t at = t->n;
    if (!again)
        route_prefix(t, &r->prefix);
    text_column(t, at, net_width);
    at = t->n;
    text_addr(t, next_hop(r));
    text_column(t, at, hop_width);
    return t;
}

static void add_number(struct text *t, bool have, uint32_t value, size_t width)
{
    size_t at = t->n;
    if (have)
        text_uint(t, value);
    text_column(t, at, width);
}

/* The second column of a block. */
static void add_column(struct text *t, size_t from, const char *title, bool have, uint32_t value)
{
    text_pad(t, from, 39);
    text_str(t, title);
    if (have)
        text_uint(t, value);
}

/* An IPv6 route, for which a row is too narrow. */
static void show_block(struct session *s, const struct bgp_route *r, const uint8_t *attrs)
{
    struct text *t = out_draft(s);
    add_status(t, r);
    text_str(t, "Network  : ");
    size_t at = t->n;
    text_addr(t, &r->prefix.addr);
    add_column(t, at, " PrefixLen : ", true, r->prefix.len);
    text_str(t, "\n        NextHop  : ");
    at = t->n;
    text_addr(t, next_hop(r));
    add_column(t, at, " LocPrf    : ", r->has_local_pref, r->local_pref);
    text_str(t, "\n        MED      : ");
    at = t->n;
    if (r->has_med)
        text_uint(t, r->med);
    add_column(t, at, " PrefVal   : ", true, r->preferred);
    text_str(t, "\n        Label    : ");
    if (r->local_label != UINT32_MAX || r->label != UINT32_MAX) {
        add_label(t, r->local_label);
        text_char(t, '/');
        add_label(t, r->label);
    }
    text_str(t, "\n        Path/Ogn : ");
    route_path(t, attrs, r->nattrs, plain_as(s));
    text_char(t, "ie?"[origin(r)]);
    text_char(t, '\n');
    out_draft_end(s);
}

void route_show_row(struct session *s, enum bgp_family f, const struct bgp_route *r,
                    const uint8_t *attrs, bool again)
{
    if (show_json(s)) {
        fields(s, f, r, attrs);
        show_close(s);
        return;
    }
    if (r->prefix.addr.af == 6) {
        show_block(s, r, attrs);
        return;
    }
    struct text *t = start_row(s, r, again, 19, 31);
    add_number(t, r->has_med, r->med, 11);
    add_number(t, r->has_local_pref, r->local_pref, 11);
    add_number(t, true, r->preferred, 7);
    size_t at = t->n;
    route_path(t, attrs, r->nattrs, plain_as(s));
    text_pad(t, at, 1);
    text_char(t, "ie?"[origin(r)]);
    text_char(t, '\n');
    out_draft_end(s);
}

void route_show_label_row(struct session *s, enum bgp_family f, const struct bgp_route *r,
                          const uint8_t *attrs, bool again)
{
    if (show_json(s) || r->prefix.addr.af == 6) { /* a block has the labels, too */
        route_show_row(s, f, r, attrs, again);
        return;
    }
    struct text *t = start_row(s, r, again, 18, 30);
    add_label(t, r->local_label);
    text_char(t, '/');
    add_label(t, r->label);
    text_char(t, '\n');
    out_draft_end(s);
}

/* --- in detail --------------------------------------------------------------------------- */

static void add_list(struct text *t, enum route_list l, const struct bgp_route *r,
                     const uint8_t *attrs, bool plain)
{
    const struct route_list_info *info = &route_lists[l];
    struct bgp_cursor left = route_list(l, attrs, r->nattrs);
    const char *open = info->framed ? "<" : "", *close = info->framed ? ">" : "";
    if (left.left < info->octets)
        return;
    text_char(t, ' ');
    text_str(t, info->title);
    text_str(t, open);
    while (route_list_next(t, l, &left, plain)) {
        text_str(t, close);
        if (left.left < info->octets)
            break;
        text_str(t, ", ");
        text_str(t, open);
    }
    text_char(t, '\n');
}

static void add_single(struct text *t, const struct route_single *single, const struct bgp_route *r,
                       const uint8_t *attrs, bool plain)
{
    size_t before = t->n;
    text_str(t, single->title);
    if (single->add(t, attrs, r->nattrs, plain))
        text_char(t, '\n');
    else
        t->n = before;
}

static void add_facts(struct text *t, const struct bgp_route *r, const uint8_t *attrs, bool plain)
{
    text_str(t, " AS-path ");
    size_t at = t->n;
    route_path(t, attrs, r->nattrs, plain);
    if (t->n == at)
        text_str(t, "Nil");
    text_printf(t, ", origin %s", origins[origin(r)]);
    if (r->has_med)
        text_printf(t, ", MED %u", r->med);
    if (r->has_local_pref)
        text_printf(t, ", localpref %u", r->local_pref);
    text_printf(t, ", pref-val %u%s, %s%s, pre %u", r->preferred, r->valid ? ", valid" : "",
                r->kind >= BGP_ROUTE_EXTERNAL ? kind_word(r) : "local",
                r->best       ? ", best, select"
                : r->selected ? ", select"
                              : "",
                r->preference);
    if (r->cost)
        text_printf(t, ", IGP cost %u", r->cost);
    if (r->reason)
        text_printf(t, ", %s for %s", r->valid ? "not preferred" : "invalid", r->reason);
    text_char(t, '\n');
}

static int by_address(const void *a, const void *b)
{
    return bgp_addr_cmp(a, b);
}

/* False: nobody. */
static bool told(struct session *s, enum bgp_family f, const struct bgp_route *r)
{
    char addr[BGP_ADDR_STRLEN];
    struct speaker *speaker = s->app->config.speaker;
    size_t room = r->best ? speaker_advertised_to(speaker, f, &r->prefix, NULL, 0) : 0;
    struct bgp_addr *to = room ? calloc(room, sizeof *to) : NULL;
    size_t n = to ? speaker_advertised_to(speaker, f, &r->prefix, to, room) : 0;
    n = n < room ? n : room; /* others may have been told meanwhile */
    show_uint(s, "advertised_to_peers", n);
    if (!n) {
        out(s, " Not advertised to any peer yet\n\n");
        free(to);
        return false;
    }
    qsort(to, n, sizeof *to, by_address);
    out(s, " Advertised to such %zu peers:\n", n);
    show_list(s, "advertised_to");
    for (size_t i = 0; i < n; i++)
        SHOW_TEXT(s, NULL, "    %s\n", bgp_addr_str(&to[i], addr));
    show_close(s);
    free(to);
    return true;
}

/* The labels a route came with, the outermost first, and ours. */
static void add_labels(struct text *t, const struct bgp_route *r, const uint8_t *attrs)
{
    const uint8_t *at = attrs + r->nattrs;
    text_str(t, " Label information (Received/Applied): ");
    add_label(t, r->label);
    for (uint32_t i = 0; i < r->nstack; i++, at += 3) {
        text_char(t, ' ');
        text_uint(t, (uint32_t)(at[0] << 12 | at[1] << 4 | at[2] >> 4));
    }
    text_char(t, '/');
    add_label(t, r->local_label);
    text_char(t, '\n');
}

static void add_source(struct text *t, enum bgp_family f, const struct bgp_route *r)
{
    char duration[40];
    if (r->from.af) {
        text_str(t, " From: ");
        text_addr(t, &r->from);
        text_str(t, " (");
        text_id(t, r->from_id);
        text_str(t, ")  \n");
    } else {
        text_printf(t, " %s\n From: 0.0.0.0 (0.0.0.0)\n",
                    r->kind == BGP_ROUTE_IMPORT      ? "Imported route."
                    : r->kind == BGP_ROUTE_AGGREGATE ? "Aggregated route."
                                                     : "Network route.");
    }
    bgp_text_duration(r->age_ms, duration, sizeof duration);
    bool days =
        bgp_family_info[f].vpn && r->age_ms < 86400000; /* said there even when there is none */
    text_printf(t, " Route Duration: %s%s\n", days ? "0d" : "", duration);
}

/* Which route of the host leads the packets: that to the next hop, or that which is announced.
 * False: none is. */
static bool way(const struct bgp_route *r, struct speaker_route_query *q)
{
    bool own = r->kind == BGP_ROUTE_NETWORK || r->kind == BGP_ROUTE_IMPORT;
    const struct bgp_addr *a = r->next_hop.af ? &r->next_hop : &r->prefix.addr;
    *q = (struct speaker_route_query){.af = a->af, .vpn = a->vpn, .proto = -1, .net = *a};
    q->net.vpn = 0;
    q->longest = r->next_hop.af;
    q->exact = !q->longest;
    q->len = r->prefix.len;
    return r->next_hop.af || (own && !r->cross);
}

/* How packets get there, when the routing table of the host says so. */
static void relay(struct session *s, enum bgp_family f, const struct bgp_route *r)
{
    struct speaker_route_query q;
    struct speaker_route at[64];
    char addr[BGP_ADDR_STRLEN];
    if (!way(r, &q) || (bgp_family_info[f].vpn && !r->next_hop.af) ||
        !speaker_routes(s->app->config.speaker, &q, at, sizeof at / sizeof *at))
        return;
    const struct bgp_addr *via = at[0].relay.af ? &at[0].relay : &at[0].nexthop;
    if (at[0].proto == SPEAKER_DIRECT || at[0].discard || !via->af) {
        SHOW_TEXT(s, "out_interface", " Direct Out-interface: %s\n", at[0].ifname);
        return;
    }
    SHOW_TEXT(s, "relay_next_hop", " Relay IP Nexthop: %s\n", bgp_addr_str(via, addr));
    SHOW_TEXT(s, "out_interface", " Relay IP Out-Interface: %s\n", at[0].ifname);
}

bool route_show_detail(struct session *s, enum bgp_family f, const struct bgp_route *r,
                       const uint8_t *attrs)
{
    bool plain = plain_as(s);
    fields(s, f, r, attrs);
    struct text *t = out_draft(s);
    text_str(t, " BGP routing table entry information of ");
    route_prefix(t, &r->prefix);
    text_str(t, ":\n");
    if (r->cross) {
        text_str(t, " Route Distinguisher: ");
        route_rd(t, r->prefix.rd, plain);
        text_str(t, r->cross == BGP_CROSS_LOCAL ? "\n Local-Cross route\n"
                                                : "\n Remote-Cross route\n");
    }
    if (bgp_family_info[f].label || r->cross == BGP_CROSS_REMOTE)
        add_labels(t, r, attrs);
    add_source(t, f, r);
    out_draft_end(s);
    relay(s, f, r);
    t = out_draft(s);
    text_str(t, " Original nexthop: ");
    text_addr(t, next_hop(r));
    text_str(t, "\n Qos information : 0x0\n");
    add_list(t, ROUTE_COMMUNITIES, r, attrs, plain);
    add_list(t, ROUTE_EXT_COMMUNITIES, r, attrs, plain);
    add_list(t, ROUTE_LARGE_COMMUNITIES, r, attrs, plain);
    add_facts(t, r, attrs, plain);
    for (unsigned i = 0; i < ROUTE_SINGLES; i++)
        add_single(t, &route_singles[i], r, attrs, plain);
    add_list(t, ROUTE_CLUSTERS, r, attrs, plain);
    out_draft_end(s);
    bool any = told(s, f, r);
    show_close(s);
    return !any;
}
