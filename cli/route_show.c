/* One route on the screen; see route_show.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/bgp_text.h"
#include "cli/route_show.h"
#include "cli/route_text.h"
#include "cli/show.h"
#include "engine/config/model.h"

#define PATH_MAX_TEXT 4000

static bool plain_as(struct session *s)
{
    return s->app->config.model->sys.as_plain;
}

static const char *optional(bool have, uint32_t value, char buf[16])
{
    snprintf(buf, 16, have ? "%u" : "", value);
    return buf;
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

static const char *label_text(uint32_t label, char buf[16])
{
    snprintf(buf, 16, label == UINT32_MAX ? "NULL" : "%u", label);
    return buf;
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
    char text[PATH_MAX_TEXT];
    show_text(s, "as_path", route_path(attrs, r->nattrs, plain_as(s), text, sizeof text));
    show_text(s, "origin", origins[origin(r)]);
    if (r->has_med)
        show_uint(s, "med", r->med);
    if (r->has_local_pref)
        show_uint(s, "local_pref", r->local_pref);
    show_uint(s, "preferred_value", r->preferred);
    for (unsigned l = 0; l < ROUTE_LISTS; l++) {
        char *item = text;
        if (!route_item((enum route_list)l, attrs, r->nattrs, 0, plain_as(s), item))
            continue;
        show_list(s, route_lists[l].field);
        for (size_t i = 0; route_item((enum route_list)l, attrs, r->nattrs, i, plain_as(s), item);
             i++)
            show_text(s, NULL, item);
        show_close(s);
    }
    if (*route_aggregator(attrs, r->nattrs, plain_as(s), text, sizeof text))
        show_text(s, "aggregator", text);
    if (*route_originator(attrs, r->nattrs, text, sizeof text))
        show_text(s, "originator", text);
}

/* All there is of a route; the object is left open. */
static void fields(struct session *s, enum bgp_family f, const struct bgp_route *r,
                   const uint8_t *attrs)
{
    char text[80], addr[BGP_ADDR_STRLEN];
    if (!show_json(s))
        return;
    show_object(s, NULL);
    if (bgp_family_info[f].vpn)
        show_text(s, "rd", route_rd(r->prefix.rd, plain_as(s), text, sizeof text));
    snprintf(text, sizeof text, "%s/%u", bgp_addr_str(&r->prefix.addr, addr), r->prefix.len);
    show_text(s, "network", text);
    show_addr(s, "next_hop", next_hop(r));
    show_bool(s, "valid", r->valid);
    show_bool(s, "best", r->best);
    show_bool(s, "selected", r->selected);
    show_text(s, "type", kind_word(r));
    if (r->from.af) {
        show_addr(s, "from", &r->from);
        show_text(s, "from_router_id", bgp_text_id(r->from_id, text));
    }
    if (r->label != UINT32_MAX)
        show_uint(s, "label", r->label);
    if (r->local_label != UINT32_MAX)
        show_uint(s, "local_label", r->local_label);
    show_uint(s, "age_seconds", r->age_ms / 1000);
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

void route_show_heads(struct session *s, bool labels)
{
    out(s, labels ? "        Network           NextHop                       In/Out Label\n\n"
                  : "        Network            NextHop                       MED        LocPrf    "
                    "PrefVal Path/Ogn\n\n");
}

static const char *status(const struct bgp_route *r, char buf[5])
{
    buf[0] = r->valid ? '*' : ' ';
    buf[1] = r->best ? '>' : ' ';
    buf[2] = r->kind == BGP_ROUTE_INTERNAL ? 'i' : ' ';
    buf[3] = r->suppressed ? 's' : 0;
    buf[4] = 0;
    return buf;
}

void route_show_row(struct session *s, enum bgp_family f, const struct bgp_route *r,
                    const uint8_t *attrs, bool again)
{
    char net[80], hop[BGP_ADDR_STRLEN], st[5], med[16], pref[16], val[16], path[PATH_MAX_TEXT];
    if (show_json(s)) {
        fields(s, f, r, attrs);
        show_close(s);
        return;
    }
    route_path(attrs, r->nattrs, plain_as(s), path, sizeof path);
    snprintf(val, sizeof val, "%u", r->preferred);
    out(s, " %-7s%-19s%-31s%-11s%-11s%-7s%s%s%c\n", status(r, st),
        again ? "" : route_prefix(&r->prefix, net, sizeof net), bgp_addr_str(next_hop(r), hop),
        optional(r->has_med, r->med, med), optional(r->has_local_pref, r->local_pref, pref), val,
        path, *path ? "" : " ", "ie?"[origin(r)]);
}

void route_show_label_row(struct session *s, enum bgp_family f, const struct bgp_route *r,
                          const uint8_t *attrs, bool again)
{
    char net[80], hop[BGP_ADDR_STRLEN], st[5], in[16], label[16];
    fields(s, f, r, attrs);
    out(s, " %-7s%-18s%-30s%s/%s\n", status(r, st),
        again ? "" : route_prefix(&r->prefix, net, sizeof net), bgp_addr_str(next_hop(r), hop),
        label_text(r->local_label, in), label_text(r->label, label));
    show_close(s);
}

/* --- in detail --------------------------------------------------------------------------- */

static void list_line(struct session *s, enum route_list l, const struct bgp_route *r,
                      const uint8_t *attrs)
{
    const struct route_list_info *info = &route_lists[l];
    char item[ROUTE_ITEM];
    size_t i = 0;
    for (; route_item(l, attrs, r->nattrs, i, plain_as(s), item); i++)
        out(s, info->framed ? "%s%s<%s>" : "%s%s%s", i ? ", " : " ", i ? "" : info->title, item);
    if (i)
        out(s, "\n");
}

static void facts(struct session *s, const struct bgp_route *r, const uint8_t *attrs)
{
    char path[PATH_MAX_TEXT];
    route_path(attrs, r->nattrs, plain_as(s), path, sizeof path);
    out(s, " AS-path %s, origin %s", *path ? path : "Nil", origins[origin(r)]);
    if (r->has_med)
        out(s, ", MED %u", r->med);
    if (r->has_local_pref)
        out(s, ", localpref %u", r->local_pref);
    out(s, ", pref-val %u%s, %s%s, pre 255", r->preferred, r->valid ? ", valid" : "",
        r->kind >= BGP_ROUTE_EXTERNAL ? kind_word(r) : "local",
        r->best       ? ", best, select"
        : r->selected ? ", select"
                      : "");
    if (r->cost)
        out(s, ", IGP cost %u", r->cost);
    if (r->reason)
        out(s, ", %s for %s", r->valid ? "not preferred" : "invalid", r->reason);
    out(s, "\n");
}

static int by_address(const void *a, const void *b)
{
    return bgp_addr_cmp(a, b);
}

static void told(struct session *s, enum bgp_family f, const struct bgp_route *r)
{
    struct bgp_addr to[100];
    char addr[BGP_ADDR_STRLEN];
    size_t n = r->best ? speaker_advertised_to(s->app->config.speaker, f, &r->prefix, to, 100) : 0;
    show_uint(s, "advertised_to_peers", n);
    qsort(to, n < 100 ? n : 100, sizeof *to, by_address);
    if (!n) {
        out(s, " Not advertised to any peer yet\n\n");
        return;
    }
    out(s, " Advertised to such %zu peers:\n", n);
    show_list(s, "advertised_to");
    for (size_t i = 0; i < n && i < 100; i++)
        SHOW_TEXT(s, NULL, "    %s\n", bgp_addr_str(&to[i], addr));
    show_close(s);
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

static void source(struct session *s, const struct bgp_route *r)
{
    char addr[BGP_ADDR_STRLEN], id[BGP_ADDR_STRLEN];
    if (r->from.af)
        out(s, " From: %s (%s)  \n", bgp_addr_str(&r->from, addr), bgp_text_id(r->from_id, id));
    else
        out(s, " %s\n From: 0.0.0.0 (0.0.0.0)\n",
            r->kind == BGP_ROUTE_IMPORT      ? "Imported route."
            : r->kind == BGP_ROUTE_AGGREGATE ? "Aggregated route."
                                             : "Network route.");
}

/* How packets get to the next hop, when the routing table of the host says so. */
static void relay(struct session *s, const struct bgp_route *r)
{
    struct speaker_route_query q = {
        .af = r->next_hop.af, .proto = -1, .longest = true, .net = r->next_hop};
    struct speaker_route at[64];
    char addr[BGP_ADDR_STRLEN];
    if (!r->next_hop.af || r->next_hop.vpn ||
        !speaker_routes(s->app->config.speaker, &q, at, sizeof at / sizeof *at))
        return;
    if (at[0].proto == SPEAKER_DIRECT) {
        SHOW_TEXT(s, "out_interface", " Direct Out-interface: %s\n", at[0].ifname);
        return;
    }
    SHOW_TEXT(s, "relay_next_hop", " Relay IP Nexthop: %s\n", bgp_addr_str(&at[0].relay, addr));
    SHOW_TEXT(s, "out_interface", " Relay IP Out-Interface: %s\n", at[0].ifname);
}

void route_show_detail(struct session *s, enum bgp_family f, const struct bgp_route *r,
                       const uint8_t *attrs)
{
    char text[PATH_MAX_TEXT], addr[BGP_ADDR_STRLEN], ours[16];
    fields(s, f, r, attrs);
    out(s, " BGP routing table entry information of %s:\n",
        route_prefix(&r->prefix, text, sizeof text));
    if (r->cross)
        out(s, " Route Distinguisher: %s\n %s-Cross route\n",
            route_rd(r->prefix.rd, s->app->config.model->sys.as_plain, text, sizeof text),
            r->cross == BGP_CROSS_LOCAL ? "Local" : "Remote");
    if (bgp_family_info[f].label || r->cross == BGP_CROSS_REMOTE)
        out(s, " Label information (Received/Applied): %s/%s\n",
            labels(r, attrs, text, sizeof text), label_text(r->local_label, ours));
    source(s, r);
    bgp_text_duration(r->age_ms, text, sizeof text);
    out(s, " Route Duration: %s\n", text);
    relay(s, r);
    out(s, " Original nexthop: %s\n Qos information : 0x0\n", bgp_addr_str(next_hop(r), addr));
    list_line(s, ROUTE_COMMUNITIES, r, attrs);
    list_line(s, ROUTE_EXT_COMMUNITIES, r, attrs);
    list_line(s, ROUTE_LARGE_COMMUNITIES, r, attrs);
    facts(s, r, attrs);
    if (*route_aggregator(attrs, r->nattrs, plain_as(s), text, sizeof text))
        out(s, " Aggregator: %s\n", text);
    if (*route_originator(attrs, r->nattrs, text, sizeof text))
        out(s, " Originator: %s\n", text);
    list_line(s, ROUTE_CLUSTERS, r, attrs);
    told(s, f, r);
    show_close(s);
}
