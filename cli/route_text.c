/* Text of routes; see route_text.h. Attributes come as canonical blocks with 4-octet AS numbers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bgp/wire/attr.h"
#include "cli/route_text.h"
#include "schema/schema.h"

struct into {
    char *buf;
    size_t n, len;
};

static void add(struct into *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct into *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->buf + t->n, t->len - t->n, fmt, ap);
    va_end(ap);
    t->n = n < 0 || t->n + (size_t)n >= t->len ? t->len - 1 : t->n + (size_t)n;
}

static struct into start(char *buf, size_t len)
{
    buf[0] = 0;
    return (struct into){buf, 0, len};
}

static bool find(const uint8_t *attrs, size_t n, unsigned code, struct bgp_cursor *value)
{
    struct bgp_attr a;
    if (!bgp_attr_find(bgp_cursor_on(attrs, n), code, &a))
        return false;
    *value = a.value;
    return true;
}

static void add_as(struct into *t, uint32_t as, bool plain)
{
    char buf[16];
    add(t, "%s", sch_as_text(as, plain, buf));
}

bool route_classful(const struct bgp_prefix *p)
{
    uint8_t first = p->addr.b[0];
    unsigned natural = first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
    return p->addr.af == 4 && (p->len == 0 || p->len == natural);
}

const char *route_prefix(const struct bgp_prefix *p, char *buf, size_t len)
{
    char addr[BGP_ADDR_STRLEN];
    snprintf(buf, len, route_classful(p) ? "%s" : "%s/%u", bgp_addr_str(&p->addr, addr), p->len);
    return buf;
}

static uint64_t number(const uint8_t *b, size_t n)
{
    uint64_t u = 0;
    for (size_t i = 0; i < n; i++)
        u = u << 8 | b[i];
    return u;
}

const char *route_rd(const uint8_t rd[8], bool plain_as, char *buf, size_t len)
{
    struct sch_param p = {.type = SCH_RD};
    struct sch_value v = {.present = true, .type = SCH_RD, .u = number(rd, 8)};
    sch_value_text(&v, &p, plain_as, buf, len);
    return buf;
}

/* Segments of an AS_PATH: type, count, AS numbers of four octets (RFC 4271 4.3, RFC 6793). */
const char *route_path(const uint8_t *attrs, size_t n, bool plain_as, char *buf, size_t len)
{
    struct into t = start(buf, len);
    struct bgp_cursor c;
    if (!find(attrs, n, BGP_ATTR_AS_PATH, &c))
        return buf;
    while (c.left >= 2) {
        uint8_t type = bgp_get_u8(&c), count = bgp_get_u8(&c);
        bool set = type == 1;
        add(&t, "%s%s", t.n ? " " : "", set ? "{" : "");
        for (unsigned i = 0; i < count && c.left >= 4; i++) {
            add(&t, "%s", i ? " " : "");
            add_as(&t, bgp_get_u32(&c), plain_as);
        }
        add(&t, "%s", set ? "}" : "");
    }
    return buf;
}

/* --- lists ------------------------------------------------------------------------------ */

const struct route_list_info route_lists[ROUTE_LISTS] = {
    [ROUTE_COMMUNITIES] = {"Community: ", "communities", true, BGP_ATTR_COMMUNITY, 4},
    [ROUTE_EXT_COMMUNITIES] = {"Ext-Community: ", "ext_communities", false, BGP_ATTR_EXT_COMMUNITY,
                               8},
    [ROUTE_LARGE_COMMUNITIES] = {"Large-Community: ", "large_communities", true,
                                 BGP_ATTR_LARGE_COMMUNITY, 12},
    [ROUTE_CLUSTERS] = {"Cluster list: ", "cluster_list", false, BGP_ATTR_CLUSTER_LIST, 4},
};

static void add_id(struct into *t, uint32_t id)
{
    add(t, "%u.%u.%u.%u", id >> 24, id >> 16 & 255, id >> 8 & 255, id & 255);
}

static void add_community(struct into *t, uint32_t c)
{
    switch (c) {
    case BGP_NO_EXPORT:
        add(t, "no-export");
        break;
    case BGP_NO_ADVERTISE:
        add(t, "no-advertise");
        break;
    case BGP_NO_EXPORT_SUBCONFED:
        add(t, "no-export-subconfed");
        break;
    case 0xffff0000:
        add(t, "g-shut");
        break;
    default:
        add(t, "%u:%u", c >> 16, c & 0xffff);
    }
}

/* RFC 4360: type, subtype, six octets. Route targets and sites of origin by name, others in hex. */
static void add_ext_community(struct into *t, uint64_t c, bool plain_as)
{
    unsigned type = (unsigned)(c >> 56) & 0xbf, sub = (unsigned)(c >> 48) & 0xff;
    uint32_t admin = (uint32_t)(c >> 16), nn = (uint32_t)(c & 0xffff);
    const char *name = sub == 2 ? "RT" : sub == 3 ? "SoO" : NULL;
    if (!name || type > 2) {
        add(t, "<0x%016llx>", (unsigned long long)c);
        return;
    }
    add(t, "%s <", name);
    if (type == 0)
        add(t, "%u : %u", (unsigned)(c >> 32 & 0xffff), (unsigned)c);
    else if (type == 1) {
        add_id(t, admin);
        add(t, " : %u", nn);
    } else {
        add_as(t, admin, plain_as);
        add(t, " : %u", nn);
    }
    add(t, ">");
}

const char *route_item(enum route_list l, const uint8_t *attrs, size_t n, size_t i, bool plain_as,
                       char *buf)
{
    const struct route_list_info *info = &route_lists[l];
    struct into t = start(buf, ROUTE_ITEM);
    struct bgp_cursor c;
    if (!find(attrs, n, info->code, &c) || c.left / info->octets <= i)
        return NULL;
    const uint8_t *at = c.at + i * info->octets;
    switch (l) {
    case ROUTE_COMMUNITIES:
        add_community(&t, (uint32_t)number(at, 4));
        break;
    case ROUTE_EXT_COMMUNITIES:
        add_ext_community(&t, number(at, 8), plain_as);
        break;
    case ROUTE_LARGE_COMMUNITIES:
        add(&t, "%u:%u:%u", (unsigned)number(at, 4), (unsigned)number(at + 4, 4),
            (unsigned)number(at + 8, 4));
        break;
    case ROUTE_CLUSTERS:
        add_id(&t, (uint32_t)number(at, 4));
        break;
    case ROUTE_LISTS:
        break;
    }
    return buf;
}

/* --- single values ---------------------------------------------------------------------- */

const char *route_aggregator(const uint8_t *attrs, size_t n, bool plain_as, char *buf, size_t len)
{
    struct into t = start(buf, len);
    struct bgp_cursor c;
    if (!find(attrs, n, BGP_ATTR_AGGREGATOR, &c) || c.left < 8)
        return buf;
    add(&t, "AS ");
    add_as(&t, bgp_get_u32(&c), plain_as);
    add(&t, ", Aggregator ID ");
    add_id(&t, bgp_get_u32(&c));
    return buf;
}

const char *route_originator(const uint8_t *attrs, size_t n, char *buf, size_t len)
{
    struct into t = start(buf, len);
    struct bgp_cursor c;
    if (find(attrs, n, BGP_ATTR_ORIGINATOR_ID, &c) && c.left >= 4)
        add_id(&t, bgp_get_u32(&c));
    return buf;
}
