/* Text of routes; see route_text.h. Attributes come as canonical blocks with 4-octet AS numbers. */
#include <string.h>

#include "cli/router/route_text.h"
#include "schema/schema.h"

/* Nothing when the route has no such attribute. */
static struct bgp_cursor find(const uint8_t *attrs, size_t n, unsigned code)
{
    struct bgp_attr a;
    if (!bgp_attr_find(bgp_cursor_on(attrs, n), code, &a))
        return bgp_cursor_on(attrs, 0);
    return a.value;
}

bool route_classful(const struct bgp_prefix *p)
{
    uint8_t first = p->addr.b[0];
    unsigned natural = first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
    return p->addr.af == 4 && (p->len == 0 || p->len == natural);
}

void route_prefix(struct text *t, const struct bgp_prefix *p)
{
    text_addr(t, &p->addr);
    if (!route_classful(p)) {
        text_char(t, '/');
        text_uint(t, p->len);
    }
}

static uint64_t number(const uint8_t *b, size_t n)
{
    uint64_t u = 0;
    for (size_t i = 0; i < n; i++)
        u = u << 8 | b[i];
    return u;
}

void route_rd(struct text *t, const uint8_t rd[8], bool plain_as)
{
    struct sch_param p = {.type = SCH_RD};
    struct sch_value v = {.present = true, .type = SCH_RD, .u = number(rd, 8)};
    t->n += sch_value_text(&v, &p, plain_as, text_room(t, SCH_TEXT_MAX), SCH_TEXT_MAX);
}

/* Segments of an AS_PATH: type, count, AS numbers of four octets (RFC 4271 4.3, RFC 6793). */
void route_path(struct text *t, const uint8_t *attrs, size_t n, bool plain_as)
{
    struct bgp_cursor c = find(attrs, n, BGP_ATTR_AS_PATH);
    for (bool first = true; c.left >= 2; first = false) {
        uint8_t type = bgp_get_u8(&c), count = bgp_get_u8(&c);
        bool set = type == 1;
        if (!first)
            text_char(t, ' ');
        if (set)
            text_char(t, '{');
        for (unsigned i = 0; i < count && c.left >= 4; i++) {
            if (i)
                text_char(t, ' ');
            text_as(t, bgp_get_u32(&c), plain_as);
        }
        if (set)
            text_char(t, '}');
    }
}

/* --- lists ------------------------------------------------------------------------------ */

static void put_numbers(struct text *t, const uint8_t *at, unsigned count, unsigned octets)
{
    for (unsigned i = 0; i < count; i++) {
        if (i)
            text_char(t, ':');
        text_uint(t, number(at + i * octets, octets));
    }
}

static void put_community(struct text *t, const uint8_t *at, bool plain_as)
{
    (void)plain_as;
    switch (number(at, 4)) {
    case BGP_NO_EXPORT:
        text_str(t, "no-export");
        break;
    case BGP_NO_ADVERTISE:
        text_str(t, "no-advertise");
        break;
    case BGP_NO_EXPORT_SUBCONFED:
        text_str(t, "no-export-subconfed");
        break;
    case 0xffff0000:
        text_str(t, "g-shut");
        break;
    default:
        put_numbers(t, at, 2, 2);
    }
}

static void put_large_community(struct text *t, const uint8_t *at, bool plain_as)
{
    (void)plain_as;
    put_numbers(t, at, 3, 4);
}

static void put_cluster(struct text *t, const uint8_t *at, bool plain_as)
{
    (void)plain_as;
    text_id(t, (uint32_t)number(at, 4));
}

/* RFC 4360: type, subtype, six octets. Route targets and sites of origin by name, others in hex. */
static void put_ext_community(struct text *t, const uint8_t *at, bool plain_as)
{
    unsigned type = at[0] & 0xbf;
    uint32_t admin = (uint32_t)number(at + 2, 4);
    const char *name = at[1] == 2 ? "RT <" : at[1] == 3 ? "SoO <" : NULL;
    if (!name || type > 2) {
        text_printf(t, "<0x%016llx>", (unsigned long long)number(at, 8));
        return;
    }
    text_str(t, name);
    if (type == 0)
        text_uint(t, admin >> 16);
    else if (type == 1)
        text_id(t, admin);
    else
        text_as(t, admin, plain_as);
    text_str(t, " : ");
    text_uint(t, type == 0 ? number(at + 4, 4) : number(at + 6, 2));
    text_char(t, '>');
}

const struct route_list_info route_lists[ROUTE_LISTS] = {
    [ROUTE_COMMUNITIES] = {"Community: ", "communities", true, BGP_ATTR_COMMUNITY, 4,
                           put_community},
    [ROUTE_EXT_COMMUNITIES] = {"Ext-Community: ", "ext_communities", false, BGP_ATTR_EXT_COMMUNITY,
                               8, put_ext_community},
    [ROUTE_LARGE_COMMUNITIES] = {"Large-Community: ", "large_communities", true,
                                 BGP_ATTR_LARGE_COMMUNITY, 12, put_large_community},
    [ROUTE_CLUSTERS] = {"Cluster list: ", "cluster_list", false, BGP_ATTR_CLUSTER_LIST, 4,
                        put_cluster},
};

struct bgp_cursor route_list(enum route_list l, const uint8_t *attrs, size_t n)
{
    return find(attrs, n, route_lists[l].code);
}

bool route_list_next(struct text *t, enum route_list l, struct bgp_cursor *values, bool plain_as)
{
    if (values->left < route_lists[l].octets)
        return false;
    route_lists[l].value(t, bgp_take(values, route_lists[l].octets), plain_as);
    return true;
}

/* --- single values ---------------------------------------------------------------------- */

static bool aggregator(struct text *t, const uint8_t *attrs, size_t n, bool plain_as)
{
    struct bgp_cursor c = find(attrs, n, BGP_ATTR_AGGREGATOR);
    if (c.left < 8)
        return false;
    text_str(t, "AS ");
    text_as(t, bgp_get_u32(&c), plain_as);
    text_str(t, ", Aggregator ID ");
    text_id(t, bgp_get_u32(&c));
    return true;
}

static bool originator(struct text *t, const uint8_t *attrs, size_t n, bool plain_as)
{
    struct bgp_cursor c = find(attrs, n, BGP_ATTR_ORIGINATOR_ID);
    (void)plain_as;
    if (c.left < 4)
        return false;
    text_id(t, bgp_get_u32(&c));
    return true;
}

const struct route_single route_singles[ROUTE_SINGLES] = {
    {" Aggregator: ", "aggregator", aggregator}, {" Originator: ", "originator", originator}};
