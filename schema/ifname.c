/* Interface names; see ifname.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "schema/ifname.h"

/* A number is packed so that it sorts as it reads: slot/card/port in the three top octets, then
 * a flag and the sub-interface; a plain number stands in the octets of the slot form as a whole. */
#define SUB_FLAG (UINT64_C(1) << 32)
#define HEAD_SHIFT 40

#define SLOT "SLOT/CARD/PORT[.SUB]"

static const struct {
    const char *name;
    bool slots;   /* number is slot/card/port */
    bool sub;     /* may have a sub-interface */
    uint32_t max; /* highest plain number */
    const char *notation;
} kinds[] = {
    {"GigabitEthernet", true, true, 0, SLOT},
    {"10GE", true, true, 0, SLOT},
    {"25GE", true, true, 0, SLOT},
    {"40GE", true, true, 0, SLOT},
    {"50GE", true, true, 0, SLOT},
    {"100GE", true, true, 0, SLOT},
    {"200GE", true, true, 0, SLOT},
    {"400GE", true, true, 0, SLOT},
    {"Ethernet", true, true, 0, SLOT},
    {"Eth-Trunk", false, true, 1023, "INTEGER<0-1023>[.SUB]"},
    {"Vlanif", false, false, 4094, "INTEGER<0-4094>"},
    {"LoopBack", false, false, 1023, "INTEGER<0-1023>"},
    {"Tunnel", false, false, 65535, "INTEGER<0-65535>"},
    {"NULL", false, false, 0, "INTEGER<0-0>"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static bool digits(const char **s, const char *end, uint64_t max, uint64_t *out)
{
    const char *p = *s;
    uint64_t u = 0;
    while (p < end && isdigit((unsigned char)*p) && u <= max)
        u = u * 10 + (uint64_t)(*p++ - '0');
    if (p == *s || u > max)
        return false;
    *s = p;
    *out = u;
    return true;
}

/* "0/1/0", "5", each with ".sub" where the type allows it. */
static bool number(size_t kind, const char *s, size_t n, uint64_t *out)
{
    const char *end = s + n;
    uint64_t head = 0, part, sub = 0;
    if (kinds[kind].slots) {
        for (int i = 0; i < 3; i++) {
            if (i && (s >= end || *s++ != '/'))
                return false;
            if (!digits(&s, end, 255, &part))
                return false;
            head = head << 8 | part;
        }
    } else if (!digits(&s, end, kinds[kind].max, &head)) {
        return false;
    }
    *out = head << HEAD_SHIFT;
    if (s == end)
        return true;
    if (!kinds[kind].sub || *s++ != '.' || !digits(&s, end, UINT32_MAX, &sub) || sub == 0)
        return false;
    *out |= SUB_FLAG | sub;
    return s == end;
}

/* The type that s names or, as only it begins like that, is short for; -1: none. */
static int type_named(const char *s, size_t n)
{
    int found = -1;
    for (size_t i = 0; i < KINDS; i++) {
        size_t len = strlen(kinds[i].name);
        if (n == 0 || n > len || strncasecmp(s, kinds[i].name, n) != 0)
            continue;
        if (n == len)
            return (int)i;
        if (found >= 0)
            return -1;
        found = (int)i;
    }
    return found;
}

/* Type and number in one word: "LoopBack0", "lo0", "100GE1/0/1". The type ends at its last letter.
 */
static int joined(const struct sch_token *t, uint64_t *u)
{
    size_t len = t->n;
    while (len && !isalpha((unsigned char)t->s[len - 1]))
        len--;
    int kind = type_named(t->s, len);
    return kind >= 0 && number((size_t)kind, t->s + len, t->n - len, u) ? kind : -1;
}

int ifname_parse(const struct sch_token *t, size_t nt, struct sch_value *out)
{
    int whole = joined(t, &out->u);
    int kind = whole >= 0 ? whole : t->n < 2 ? -1 : type_named(t->s, t->n);
    if (kind < 0)
        return SCH_NO_VALUE;
    out->s = kinds[kind].name;
    out->n = strlen(kinds[kind].name);
    if (whole >= 0)
        return 1;
    if (nt < 2)
        return SCH_PARTIAL_VALUE;
    return number((size_t)kind, t[1].s, t[1].n, &out->u) ? 2 : SCH_NO_VALUE;
}

uint8_t ifname_rank(const struct sch_value *v)
{
    for (uint8_t i = 0; i < KINDS; i++)
        if (v->n == strlen(kinds[i].name) && memcmp(kinds[i].name, v->s, v->n) == 0)
            return i;
    return KINDS;
}

size_t ifname_text(const struct sch_value *v, char *buf, size_t len)
{
    uint8_t kind = ifname_rank(v);
    unsigned head = (unsigned)(v->u >> HEAD_SHIFT);
    int n = kind < KINDS && kinds[kind].slots ? snprintf(buf, len, "%.*s%u/%u/%u", (int)v->n, v->s,
                                                         head >> 16, head >> 8 & 255, head & 255)
                                              : snprintf(buf, len, "%.*s%u", (int)v->n, v->s, head);
    if (v->u & SUB_FLAG)
        n += snprintf(buf + n, len - (size_t)n, ".%u", (unsigned)v->u);
    return (size_t)n;
}

const char *ifname_number_notation(const struct sch_value *v)
{
    uint8_t kind = ifname_rank(v);
    return kind < KINDS ? kinds[kind].notation : "NUMBER";
}
