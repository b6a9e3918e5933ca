/*
 * Routes as text: see text.h.
 */
#include "load/text.h"

#include <arpa/inet.h>
#include <stdlib.h>

static void print_prefix(FILE *f, enum bgp_family family, const uint8_t *key, unsigned len)
{
    const struct bgp_family_info *info = &bgp_family_info[family];
    char a[INET6_ADDRSTRLEN];

    inet_ntop(info->octets == 4 ? AF_INET : AF_INET6, key + (info->vpn ? BGP_RD : 0), a, sizeof a);
    fprintf(f, "%s/%u", a, len);
}

static void print_rd(FILE *f, const uint8_t *key)
{
    fprintf(f, "%u:%u", (unsigned)key[2] << 8 | key[3],
            (unsigned)key[4] << 24 | (unsigned)key[5] << 16 | (unsigned)key[6] << 8 | key[7]);
}

static void print_path(FILE *f, struct bgp_cursor path, char between)
{
    bool first = true;

    while (path.left > 0 && !path.bad) {
        unsigned type = bgp_get_u8(&path), n = bgp_get_u8(&path);

        for (unsigned i = 0; i < n; i++, first = false) {
            if (!first)
                fputc(between, f);
            fprintf(f, "%s%u", type == 1 && i == 0 ? "{" : "", bgp_get_u32(&path));
        }
        if (type == 1)
            fputc('}', f);
    }
}

static void print_hex(FILE *f, struct bgp_cursor v)
{
    while (v.left > 0)
        fprintf(f, "%02x", bgp_get_u8(&v));
}

static int by_octets(const void *a, const void *b)
{
    return memcmp(a, b, 4);
}
static int by_octets8(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}
static int by_octets12(const void *a, const void *b)
{
    return memcmp(a, b, 12);
}

/* Members in numeric order, between put between them. */
static void print_members(FILE *f, unsigned code, struct bgp_cursor v, char between)
{
    uint8_t m[4096];
    unsigned size = code == BGP_ATTR_COMMUNITY ? 4 : code == BGP_ATTR_EXT_COMMUNITY ? 8 : 12;
    struct bgp_cursor c;
    size_t n = v.left < sizeof m ? v.left : sizeof m;

    memcpy(m, v.at, n);
    qsort(m, n / size, size, size == 4 ? by_octets : size == 8 ? by_octets8 : by_octets12);
    c = bgp_cursor_on(m, n);
    for (bool first = true; c.left >= size; first = false) {
        if (!first)
            fputc(between, f);
        if (size == 4) {
            unsigned high = bgp_get_u16(&c);

            fprintf(f, "%u:%u", high, bgp_get_u16(&c));
        } else if (size == 8) {
            fputs("0x", f);
            print_hex(f, bgp_get_part(&c, 8));
        } else {
            unsigned a = bgp_get_u32(&c), b = bgp_get_u32(&c);

            fprintf(f, "%u:%u:%u", a, b, bgp_get_u32(&c));
        }
    }
}

static bool set_of_members(unsigned code)
{
    return code == BGP_ATTR_COMMUNITY || code == BGP_ATTR_EXT_COMMUNITY ||
           code == BGP_ATTR_LARGE_COMMUNITY;
}

static void print_attr(FILE *f, const struct bgp_attr *a, unsigned skip)
{
    static const char *const names[256] = {[BGP_ATTR_ORIGIN] = "origin",
                                           [BGP_ATTR_AS_PATH] = "path",
                                           [BGP_ATTR_COMMUNITY] = "comm",
                                           [BGP_ATTR_EXT_COMMUNITY] = "ext",
                                           [BGP_ATTR_LARGE_COMMUNITY] = "large"};
    uint8_t room[4096];

    if (names[a->code])
        fprintf(f, " %s=", names[a->code]);
    else
        fprintf(f, " attr%u=", a->code);
    if (a->code == BGP_ATTR_AS_PATH)
        print_path(f, load_path_behind(a->value, skip, room), '_');
    else if (set_of_members(a->code))
        print_members(f, a->code, a->value, '+');
    else
        print_hex(f, a->value);
}

void load_print_route(FILE *f, const struct load_rules *r, enum bgp_family family,
                      const uint8_t key[BGP_KEY], unsigned len, uint32_t label,
                      struct bgp_cursor attrs, unsigned skip)
{
    struct bgp_attr a;

    if (bgp_family_info[family].vpn) {
        print_rd(f, key);
        fputc(' ', f);
    }
    print_prefix(f, family, key, len);
    if (r->label && bgp_family_info[family].label)
        fprintf(f, " label=%u", label);
    for (unsigned code = 1; code < 256; code++)
        if (!(r->ignored[code / 64] >> code % 64 & 1) && code != BGP_ATTR_NEXT_HOP &&
            code != BGP_ATTR_MP_REACH && code != BGP_ATTR_MP_UNREACH &&
            bgp_attr_find(attrs, code, &a))
            print_attr(f, &a, skip);
    fputc('\n', f);
}

/* --- ExaBGP ------------------------------------------------------------------------------------
 */

static void print_word(FILE *f, const struct bgp_attr *a)
{
    static const char *const origins[] = {"igp", "egp", "incomplete"};
    struct bgp_cursor v = a->value;
    char addr[INET_ADDRSTRLEN];

    switch (a->code) {
    case BGP_ATTR_ORIGIN:
        fprintf(f, " origin %s", origins[bgp_get_u8(&v) % 3]);
        break;
    case BGP_ATTR_AS_PATH:
        fputs(" as-path [ ", f);
        print_path(f, v, ' ');
        fputs(" ]", f);
        break;
    case BGP_ATTR_MED:
        fprintf(f, " med %u", bgp_get_u32(&v));
        break;
    case BGP_ATTR_ATOMIC_AGGREGATE:
        fputs(" atomic-aggregate", f);
        break;
    case BGP_ATTR_AGGREGATOR:
        fprintf(f, " aggregator ( %u:", bgp_get_u32(&v));
        fprintf(f, "%s )", inet_ntop(AF_INET, v.at, addr, sizeof addr));
        break;
    case BGP_ATTR_COMMUNITY:
    case BGP_ATTR_EXT_COMMUNITY:
    case BGP_ATTR_LARGE_COMMUNITY:
        fprintf(f, " %scommunity [ ",
                a->code == BGP_ATTR_COMMUNITY       ? ""
                : a->code == BGP_ATTR_EXT_COMMUNITY ? "extended-"
                                                    : "large-");
        print_members(f, a->code, v, ' ');
        fputs(" ]", f);
        break;
    default:
        fprintf(f, " attribute [ 0x%02x 0x%02x 0x", a->code, a->flags & ~BGP_ATTR_LONG);
        print_hex(f, v);
        fputs(" ]", f);
    }
}

void load_print_command(FILE *f, enum bgp_family family, const uint8_t key[BGP_KEY], unsigned len,
                        uint32_t label, struct bgp_cursor attrs, const struct bgp_addr *hop)
{
    char text[BGP_ADDR_STRLEN];
    struct bgp_attr a;

    fputs("announce route ", f);
    print_prefix(f, family, key, len);
    if (bgp_family_info[family].vpn) {
        fputs(" rd ", f);
        print_rd(f, key);
    }
    if (bgp_family_info[family].label)
        fprintf(f, " label %u", label);
    fprintf(f, " next-hop %s", bgp_addr_str(hop, text));
    while (bgp_attr_next(&attrs, &a))
        print_word(f, &a);
    fputc('\n', f);
}
