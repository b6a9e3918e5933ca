/*
 * Messages as text, for people who debug a session: what can be understood of them, in the order in
 * which it stands there. Judges nothing; whatever does not add up is said to be so.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bgp/bgp.h"
#include "bgp/wire/aspath.h"
#include "bgp/wire/attr.h"
#include "bgp/wire/mp.h"
#include "bgp/wire/nlri.h"
#include "bgp/wire/notify.h"
#include "bgp/wire/open.h"
#include "bgp/wire/update.h"
#include "bgp/wire/update.h"

enum { PREFIXES = 20 }; /* shown of a field */

struct text {
    char *buf;
    size_t n, len;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(t->buf + t->n, t->len - t->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->n = t->n + (size_t)n < t->len ? t->n + (size_t)n : t->len - 1;
}

static void add_octets(struct text *t, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n && i < 32; i++)
        add(t, "%02x", b[i]);
    if (n > 32)
        add(t, "...");
}

static void add_address(struct text *t, const uint8_t *b, unsigned octets)
{
    struct bgp_addr a = {.af = octets == 4 ? 4 : 6};
    char buf[BGP_ADDR_STRLEN];

    memcpy(a.b, b, octets);
    add(t, "%s", bgp_addr_str(&a, buf));
}

static void add_prefixes(struct text *t, const char *what, struct bgp_cursor field,
                         enum bgp_family f, bool stacks)
{
    unsigned rd = bgp_family_info[f].vpn ? (unsigned)BGP_RD : 0u, n = 0;
    struct bgp_nlri p;

    if (field.left == 0)
        return;
    add(t, "\n %s:", what);
    for (; bgp_nlri_next(&field, f, stacks, &p); n++) {
        if (n >= PREFIXES)
            continue;
        add(t, n ? ", " : " ");
        if (rd) {
            add(t, "RD ");
            add_octets(t, p.key, rd);
            add(t, " ");
        }
        add_address(t, p.key + rd, bgp_family_info[f].octets);
        add(t, "/%u", p.len);
        if (bgp_family_info[f].label)
            add(t, " label %u", (unsigned)(p.label >> 4));
    }
    if (n > PREFIXES)
        add(t, " and %u more", n - PREFIXES);
    if (field.bad)
        add(t, " and octets that are no prefix");
}

static void add_path(struct text *t, struct bgp_cursor v, bool as4)
{
    while (v.left >= 2) {
        uint8_t type = bgp_get_u8(&v), n = bgp_get_u8(&v);

        add(t, type == 1 ? " {" : " ");
        for (unsigned i = 0; i < n && v.left >= (as4 ? 4u : 2u); i++)
            add(t, i ? " %u" : "%u", as4 ? bgp_get_u32(&v) : bgp_get_u16(&v));
        add(t, type == 1 ? "}" : "");
    }
}

static void add_mp(struct text *t, const struct bgp_attr *a)
{
    static const struct bgp_mp_rules rules = {0xff, 0xff};
    bool reach = a->code == BGP_ATTR_MP_REACH;
    char hop[BGP_ADDR_STRLEN];
    struct bgp_mp mp;

    if ((reach ? bgp_mp_reach_decode(a->value, &rules, &mp)
               : bgp_mp_unreach_decode(a->value, &mp)) != BGP_MP_OK) {
        add(t, " of a family or form that is not understood");
        return;
    }
    add(t, " %s", bgp_family_info[mp.family].name);
    if (reach)
        add(t, ", next hop %s", bgp_addr_str(&mp.next_hop.addr, hop));
    add_prefixes(t, reach ? "  Announced" : "  Withdrawn", mp.nlri, mp.family, reach);
}

static void add_attribute(struct text *t, const struct bgp_attr *a, bool as4)
{
    static const char *const origins[] = {"IGP", "EGP", "incomplete"};
    const char *name = bgp_attribute_name(a->code);
    struct bgp_cursor v = a->value;

    add(t, "\n  %s%s", name ? name : "attribute", name ? ":" : "");
    if (!name)
        add(t, " %u, %zu octets:", a->code, v.left);
    if (a->code == BGP_ATTR_MP_REACH || a->code == BGP_ATTR_MP_UNREACH) {
        add_mp(t, a);
    } else if (a->code == BGP_ATTR_ORIGIN && v.left == 1 && v.at[0] < 3) {
        add(t, " %s", origins[v.at[0]]);
    } else if (a->code == BGP_ATTR_AS_PATH) {
        add_path(t, v, as4);
    } else if (a->code == BGP_ATTR_AS4_PATH) {
        add_path(t, v, true);
    } else if ((a->code == BGP_ATTR_NEXT_HOP || a->code == BGP_ATTR_ORIGINATOR_ID) && v.left == 4) {
        add(t, " ");
        add_address(t, v.at, 4);
    } else if ((a->code == BGP_ATTR_MED || a->code == BGP_ATTR_LOCAL_PREF) && v.left == 4) {
        add(t, " %u", bgp_get_u32(&v));
    } else if (a->code == BGP_ATTR_COMMUNITY) {
        while (v.left >= 4) {
            unsigned high = bgp_get_u16(&v);

            add(t, " %u:%u", high, bgp_get_u16(&v));
        }
    } else if (v.left > 0) {
        add(t, " ");
        add_octets(t, v.at, v.left);
    }
}

static void update(struct text *t, struct bgp_cursor body, bool as4)
{
    struct bgp_update u;
    struct bgp_fault f;
    struct bgp_attr a;

    if (!bgp_update_split(body, &u, &f)) {
        add(t, "\n Its lengths do not add up");
        return;
    }
    if (u.withdrawn.left == 0 && u.nlri.left == 0 && u.attributes.left == 0)
        add(t, "\n End-of-RIB");
    add_prefixes(t, "Withdrawn", u.withdrawn, BGP_IPV4_UNICAST, false);
    if (u.attributes.left > 0)
        add(t, "\n Path attributes, %zu octets:", u.attributes.left);
    while (bgp_attr_next(&u.attributes, &a))
        add_attribute(t, &a, as4);
    add_prefixes(t, "Announced", u.nlri, BGP_IPV4_UNICAST, false);
}

static void add_open(struct text *t, struct bgp_cursor body)
{
    struct bgp_cursor c = body;
    struct bgp_open o;
    struct bgp_fault f;

    add(t, "\n Version %u", bgp_get_u8(&c));
    add(t, ", AS %u", bgp_get_u16(&c));
    add(t, ", hold time %u, BGP identifier ", bgp_get_u16(&c));
    if (c.left >= 4)
        add_address(t, c.at, 4);
    if (!bgp_open_decode(body, &o, &f)) {
        add(t, "\n It is not acceptable: %u/%u (%s)", f.code, f.subcode,
            bgp_suberror_name(f.code, f.subcode));
        return;
    }
    add(t, "\n Capabilities:%s%s%s%s%s", o.caps.refresh ? " route refresh," : "",
        o.caps.enhanced ? " enhanced route refresh," : "", o.caps.eor ? " End-of-RIB," : "",
        o.caps.has_as4 ? " 4-byte AS," : "", o.caps.extended ? " extended messages," : "");
    for (unsigned i = 0; i < BGP_FAMILIES; i++)
        if (o.caps.families & 1u << i)
            add(t, " %s,", bgp_family_info[i].name);
    if (o.caps.has_as4)
        add(t, " AS %u", o.caps.as4);
}

static void refresh(struct text *t, struct bgp_cursor c)
{
    unsigned afi = bgp_get_u16(&c), subtype = bgp_get_u8(&c), safi = bgp_get_u8(&c);

    for (unsigned i = 0; i < BGP_FAMILIES; i++)
        if (bgp_family_info[i].afi == afi && bgp_family_info[i].safi == safi)
            add(t, "\n %s", bgp_family_info[i].name);
    add(t, "\n AFI %u, SAFI %u, subtype %u%s", afi, safi, subtype,
        subtype == BGP_REFRESH_BEGINS ? " (beginning of refresh)"
        : subtype == BGP_REFRESH_ENDS ? " (end of refresh)"
                                      : "");
}

void bgp_message_text(const uint8_t *msg, size_t n, bool as4, char *buf, size_t len)
{
    struct text t = {buf, 0, len};
    struct bgp_cursor body = bgp_cursor_on(msg + BGP_HEADER, n > BGP_HEADER ? n - BGP_HEADER : 0);
    struct bgp_notification note;

    buf[0] = '\0';
    if (n < BGP_HEADER)
        return;
    switch (msg[BGP_HEADER - 1]) {
    case BGP_OPEN:
        add_open(&t, body);
        break;
    case BGP_UPDATE:
        update(&t, body, as4);
        break;
    case BGP_NOTIFICATION:
        bgp_notify_decode(body, &note);
        add(&t, "\n Error %u/%u (%s, %s)%s%s", note.code, note.subcode, bgp_error_name(note.code),
            bgp_suberror_name(note.code, note.subcode), note.text[0] ? ": " : "", note.text);
        break;
    case BGP_REFRESH:
        refresh(&t, body);
        break;
    default:
        break;
    }
}
