/*
 * Value types: one descriptor each for parsing, canonical text, help notation and the
 * order-preserving encoding in row keys. Adding a type is adding an entry to the table at the end.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "schema/ifname.h"
#include "schema/schema.h"

typedef int parse_fn(const struct sch_param *p, const struct sch_token *t, size_t nt,
                     const char *line_end, struct sch_value *out);
typedef size_t text_fn(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                       char *buf, size_t len);

struct type {
    parse_fn *parse;
    text_fn *text;
    enum { KEY_U32, KEY_U64, KEY_U8, KEY_ADDR, KEY_STRING, KEY_PEER, KEY_IFNAME } key;
    struct {
        const char *notation; /* %lld twice is the range */
        const char *help;     /* NULL: the parameter's own */
    } form[3];
};

/* --- numbers ------------------------------------------------------------------------- */

static bool number(const char *s, size_t n, uint64_t *out)
{
    uint64_t u = 0;
    if (n == 0 || n > 19)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return false;
        u = u * 10 + (uint64_t)(s[i] - '0');
    }
    *out = u;
    return true;
}

static int parse_int(const struct sch_param *p, const struct sch_token *t, size_t nt,
                     const char *line_end, struct sch_value *out)
{
    (void)nt, (void)line_end;
    if (!number(t->s, t->n, &out->u) || out->u < (uint64_t)p->lo || out->u > (uint64_t)p->hi)
        return SCH_NO_VALUE;
    return 1;
}

static size_t text_int(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                       char *buf, size_t len)
{
    (void)p, (void)plain_as;
    return (size_t)snprintf(buf, len, "%llu", (unsigned long long)v->u);
}

/* AS number: 1-4294967295, or x.y with x 1-65535 (0.y is accepted for what fits two octets). */
static int parse_as(const struct sch_param *p, const struct sch_token *t, size_t nt,
                    const char *line_end, struct sch_value *out)
{
    (void)p, (void)nt, (void)line_end;
    const char *dot = memchr(t->s, '.', t->n);
    uint64_t hi = 0, lo = 0;
    if (!dot) {
        if (t->n > 10 || !number(t->s, t->n, &lo))
            return SCH_NO_VALUE;
    } else {
        size_t nhi = (size_t)(dot - t->s);
        if (nhi > 5 || t->n - nhi - 1 > 5 || !number(t->s, nhi, &hi) ||
            !number(dot + 1, t->n - nhi - 1, &lo) || hi > 65535 || lo > 65535)
            return SCH_NO_VALUE;
    }
    out->u = hi << 16 | lo;
    if (dot)
        out->u = hi * 65536 + lo;
    return out->u >= 1 && out->u <= UINT32_MAX ? 1 : SCH_NO_VALUE;
}

const char *sch_as_text(uint32_t as, bool plain, char buf[16])
{
    if (plain || as <= 65535)
        snprintf(buf, 16, "%u", as);
    else
        snprintf(buf, 16, "%u.%u", as >> 16, as & 0xffff);
    return buf;
}

static size_t text_as(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                      char *buf, size_t len)
{
    (void)p;
    char as[16];
    return (size_t)snprintf(buf, len, "%s", sch_as_text((uint32_t)v->u, plain_as, as));
}

static int parse_mask(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    (void)p, (void)nt, (void)line_end;
    struct bgp_addr a;
    if (number(t->s, t->n, &out->u))
        return out->u <= 32 ? 1 : SCH_NO_VALUE;
    if (!bgp_addr_parse(t->s, t->n, &a) || a.af != 4)
        return SCH_NO_VALUE;
    uint32_t m = (uint32_t)a.b[0] << 24 | (uint32_t)a.b[1] << 16 | (uint32_t)a.b[2] << 8 | a.b[3];
    unsigned len = 0;
    while (len < 32 && m & 0x80000000u >> len)
        len++;
    if (len < 32 && m << len != 0)
        return SCH_NO_VALUE; /* ones after a zero */
    out->u = len;
    return 1;
}

static size_t text_mask(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                        char *buf, size_t len)
{
    (void)p, (void)plain_as;
    uint32_t m = v->u ? UINT32_MAX << (32 - v->u) : 0;
    return (size_t)snprintf(buf, len, "%u.%u.%u.%u", m >> 24, m >> 16 & 255, m >> 8 & 255, m & 255);
}

/* --- addresses ----------------------------------------------------------------------- */

static int parse_addr(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    (void)nt, (void)line_end;
    bool only4 = p->type == SCH_IPV4 || p->type == SCH_NET4;
    bool only6 = p->type == SCH_IPV6 || p->type == SCH_NET6;
    if (!bgp_addr_parse(t->s, t->n, &out->addr) || (only4 && out->addr.af != 4) ||
        (only6 && out->addr.af != 6))
        return SCH_NO_VALUE;
    sch_value_mask(out, 128);
    return 1;
}

void sch_value_mask(struct sch_value *net, unsigned len)
{
    uint8_t *b = net->addr.b;
    for (unsigned i = 0; i < sizeof net->addr.b; i++) {
        unsigned bits = len > i * 8 ? len - i * 8 : 0;
        if (bits < 8)
            b[i] &= (uint8_t)(0xff00 >> bits);
    }
    net->u = (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 | b[3];
}

static size_t text_addr(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                        char *buf, size_t len)
{
    (void)p, (void)plain_as;
    char a[BGP_ADDR_STRLEN];
    return (size_t)snprintf(buf, len, "%s", bgp_addr_str(&v->addr, a));
}

/* --- words and texts ----------------------------------------------------------------- */

/* Printable UTF-8 without control characters. */
static bool clean(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n) {
        unsigned char c = (unsigned char)s[i];
        size_t more = c < 0x80                ? 0
                      : c >= 0xc2 && c < 0xe0 ? 1
                      : c >= 0xe0 && c < 0xf0 ? 2
                      : c >= 0xf0 && c < 0xf5 ? 3
                                              : 9;
        if (c < 0x20 || c == 0x7f || more == 9 || i + more >= n)
            return false;
        for (size_t k = 1; k <= more; k++)
            if (((unsigned char)s[i + k] & 0xc0) != 0x80)
                return false;
        if ((c == 0xe0 && (unsigned char)s[i + 1] < 0xa0) ||
            (c == 0xed && (unsigned char)s[i + 1] > 0x9f) ||
            (c == 0xf0 && (unsigned char)s[i + 1] < 0x90) ||
            (c == 0xf4 && (unsigned char)s[i + 1] > 0x8f))
            return false; /* overlong forms, surrogates, beyond Unicode */
        i += more + 1;
    }
    return true;
}

static int parse_string(const struct sch_param *p, const struct sch_token *t, size_t nt,
                        const char *line_end, struct sch_value *out)
{
    (void)nt, (void)line_end;
    if (t->n < (size_t)p->lo || t->n > (size_t)p->hi || !clean(t->s, t->n))
        return SCH_NO_VALUE;
    out->s = t->s;
    out->n = t->n;
    return 1;
}

/* Quotes come back when the word would not survive without them. */
static size_t text_string(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                          char *buf, size_t len)
{
    (void)p, (void)plain_as;
    const char *q = memchr(v->s, ' ', v->n) ? "\"" : "";
    return (size_t)snprintf(buf, len, "%s%.*s%s", q, (int)v->n, v->s, q);
}

static int parse_text(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    const char *start = t->quoted ? t->s - 1 : t->s;
    size_t n = (size_t)(line_end - start);
    if (n < (size_t)p->lo || n > (size_t)p->hi || !clean(start, n) || memchr(start, '?', n))
        return SCH_NO_VALUE;
    out->s = start;
    out->n = n;
    return (int)nt;
}

static size_t text_text(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                        char *buf, size_t len)
{
    (void)p, (void)plain_as;
    return (size_t)snprintf(buf, len, "%.*s", (int)v->n, v->s);
}

#define GROUP_MAX 47
#define SECRET_CIPHER_MAX 432

/* A name may not look like an address, so that a mistyped address is an error, not a group. */
static bool looks_like_address(const struct sch_token *t)
{
    size_t dots = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (t->s[i] == ':')
            return true;
        if (t->s[i] == '.')
            dots++;
        else if (!isdigit((unsigned char)t->s[i]))
            return false;
    }
    return dots > 0;
}

static int parse_group(const struct sch_param *p, const struct sch_token *t, size_t nt,
                       const char *line_end, struct sch_value *out)
{
    (void)p, (void)nt, (void)line_end;
    if (t->n < 1 || t->n > GROUP_MAX || !clean(t->s, t->n) || memchr(t->s, '?', t->n) ||
        looks_like_address(t))
        return SCH_NO_VALUE;
    out->s = t->s;
    out->n = t->n;
    return 1;
}

static int parse_peer(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    if (!t->quoted && bgp_addr_parse(t->s, t->n, &out->addr)) {
        out->s = NULL;
        return 1;
    }
    out->addr = (struct bgp_addr){0};
    return parse_group(p, t, nt, line_end, out);
}

static size_t text_peer(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                        char *buf, size_t len)
{
    return v->addr.af ? text_addr(v, p, plain_as, buf, len) : text_string(v, p, plain_as, buf, len);
}

/* The clear text is 1-255 characters, cipher text may be longer; telling them apart needs the
 * datastore's key and is done where it is. */
static int parse_secret(const struct sch_param *p, const struct sch_token *t, size_t nt,
                        const char *line_end, struct sch_value *out)
{
    (void)nt, (void)line_end;
    bool cipher = t->n > 6 && memcmp(t->s, "%^%#", 4) == 0;
    if (t->n < (size_t)p->lo || t->n > (cipher ? SECRET_CIPHER_MAX : (size_t)p->hi) ||
        !clean(t->s, t->n))
        return SCH_NO_VALUE;
    out->s = t->s;
    out->n = t->n;
    return 1;
}

/* --- interface names ----------------------------------------------------------------- */

static int parse_ifname(const struct sch_param *p, const struct sch_token *t, size_t nt,
                        const char *line_end, struct sch_value *out)
{
    (void)p, (void)line_end;
    return ifname_parse(t, nt, out);
}

static size_t text_ifname(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                          char *buf, size_t len)
{
    (void)p, (void)plain_as;
    return ifname_text(v, buf, len);
}

/* --- route distinguishers and targets ------------------------------------------------ */

/* 2-octet AS:number, address:number, 4-octet AS (plain or dotted):number; the three types of RFC
 * 4364. A dotted AS is always of the third. 0:0 is none. */
static int parse_rd(const struct sch_param *p, const struct sch_token *t, size_t nt,
                    const char *line_end, struct sch_value *out)
{
    (void)p, (void)nt, (void)line_end;
    const char *colon = memchr(t->s, ':', t->n), *dot;
    uint64_t nn, hi, lo;
    struct bgp_addr a;
    size_t admin = colon ? (size_t)(colon - t->s) : 0;
    if (!colon || t->n > 21 || t->n - admin > 11 || !number(colon + 1, t->n - admin - 1, &nn))
        return SCH_NO_VALUE;
    if (bgp_addr_parse(t->s, admin, &a) && a.af == 4) {
        lo = (uint64_t)a.b[0] << 24 | (uint64_t)a.b[1] << 16 | (uint64_t)a.b[2] << 8 | a.b[3];
        out->u = UINT64_C(1) << 48 | lo << 16 | nn;
    } else if ((dot = memchr(t->s, '.', admin))) {
        if (!number(t->s, (size_t)(dot - t->s), &hi) || hi > 65535 ||
            !number(dot + 1, (size_t)(colon - dot) - 1, &lo) || lo > 65535)
            return SCH_NO_VALUE;
        out->u = UINT64_C(2) << 48 | hi << 32 | lo << 16 | nn;
    } else if (!number(t->s, admin, &hi) || hi > UINT32_MAX) {
        return SCH_NO_VALUE;
    } else {
        out->u = hi <= 65535 ? hi << 32 | nn : UINT64_C(2) << 48 | hi << 16 | nn;
    }
    bool as2 = out->u >> 48 == 0;
    return nn <= (as2 ? UINT32_MAX : 65535) && out->u & UINT64_C(0xffffffffffff) ? 1 : SCH_NO_VALUE;
}

static size_t text_rd(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                      char *buf, size_t len)
{
    (void)p;
    uint32_t admin = (uint32_t)(v->u >> 16), nn = (uint32_t)(v->u & 0xffff);
    switch (v->u >> 48) {
    case 0:
        return (size_t)snprintf(buf, len, "%u:%u", (unsigned)(v->u >> 32), (unsigned)v->u);
    case 1:
        return (size_t)snprintf(buf, len, "%u.%u.%u.%u:%u", admin >> 24, admin >> 16 & 255,
                                admin >> 8 & 255, admin & 255, nn);
    default: /* a small AS number in four octets has only its dotted form */
        if (plain_as && admin > 65535)
            return (size_t)snprintf(buf, len, "%u:%u", admin, nn);
        return (size_t)snprintf(buf, len, "%u.%u:%u", admin >> 16, admin & 0xffff, nn);
    }
}

/* --- alternatives -------------------------------------------------------------------- */

/* Words of an ENUM are edges of the trie; this parses the default of one that was left out. */
static int parse_enum(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    (void)nt, (void)line_end;
    for (uint8_t i = 0; i < p->nwords; i++)
        if (strlen(p->words[i]) == t->n && memcmp(p->words[i], t->s, t->n) == 0) {
            out->u = i;
            return 1;
        }
    return SCH_NO_VALUE;
}

static size_t text_enum(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                        char *buf, size_t len)
{
    (void)plain_as;
    return (size_t)snprintf(buf, len, "%s", p->words[v->u]);
}

/* --- the table ----------------------------------------------------------------------- */

#define IPV4_FORM                                                                                  \
    {                                                                                              \
        "X.X.X.X", "IPv4 address"                                                                  \
    }
#define IPV6_FORM                                                                                  \
    {                                                                                              \
        "X:X::X:X", "IPv6 address"                                                                 \
    }

/* --- times --------------------------------------------------------------------------- */

/* The text is of this form, where 0 stands for a digit. */
static bool of_form(const struct sch_token *t, const char *form, struct sch_value *out)
{
    bool ok = t->n == strlen(form);
    for (size_t i = 0; ok && i < t->n; i++)
        ok = form[i] == '0' ? isdigit((unsigned char)t->s[i]) : t->s[i] == form[i];
    out->s = t->s;
    out->n = t->n;
    return ok;
}

static int parse_time(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    (void)p, (void)nt, (void)line_end;
    bool ok =
        of_form(t, "00:00:00", out) && strncmp(t->s, "24", 2) < 0 && t->s[3] < '6' && t->s[6] < '6';
    return ok ? 1 : SCH_NO_VALUE;
}

static int parse_date(const struct sch_param *p, const struct sch_token *t, size_t nt,
                      const char *line_end, struct sch_value *out)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    (void)p, (void)nt, (void)line_end;
    if (!of_form(t, "0000-00-00", out) || strncmp(t->s, "20", 2) != 0)
        return SCH_NO_VALUE;
    int year = (t->s[2] - '0') * 10 + t->s[3] - '0', month = (t->s[5] - '0') * 10 + t->s[6] - '0',
        day = (t->s[8] - '0') * 10 + t->s[9] - '0';
    if (month < 1 || month > 12)
        return SCH_NO_VALUE;
    bool leap = month == 2 && year % 4 == 0; /* 2000 is one, too */
    return day >= 1 && day <= days[month - 1] + leap ? 1 : SCH_NO_VALUE;
}

static const struct type types[SCH_TYPES] = {
    [SCH_INT] = {parse_int, text_int, KEY_U64, {{"INTEGER<%lld-%lld>", NULL}}},
    [SCH_STRING] = {parse_string, text_string, KEY_STRING, {{"STRING<%lld-%lld>", NULL}}},
    [SCH_TEXT] = {parse_text, text_text, KEY_STRING, {{"TEXT<%lld-%lld>", NULL}}},
    [SCH_IPV4] = {parse_addr, text_addr, KEY_ADDR, {{"X.X.X.X", NULL}}},
    [SCH_IPV6] = {parse_addr, text_addr, KEY_ADDR, {{"X:X::X:X", NULL}}},
    [SCH_ADDR] = {parse_addr, text_addr, KEY_ADDR, {IPV4_FORM, IPV6_FORM}},
    [SCH_NET4] = {parse_addr, text_addr, KEY_ADDR, {{"X.X.X.X", NULL}}},
    [SCH_NET6] = {parse_addr, text_addr, KEY_ADDR, {{"X:X::X:X", NULL}}},
    [SCH_MASK] = {parse_mask,
                  text_mask,
                  KEY_U8,
                  {{"INTEGER<0-32>", "Mask length"}, {"X.X.X.X", "Mask"}}},
    [SCH_AS] = {parse_as,
                text_as,
                KEY_U32,
                {{"INTEGER<1-4294967295>", "AS number in asplain format (number<1-4294967295>)"},
                 {"STRING<3-11>", "AS number in asdot format (number<1-65535>.number<0-65535>)"}}},
    [SCH_PEER] = {parse_peer,
                  text_peer,
                  KEY_PEER,
                  {{"STRING<1-47>", "Name of a peer group"}, IPV4_FORM, IPV6_FORM}},
    [SCH_GROUP] = {parse_group, text_string, KEY_STRING, {{"STRING<1-47>", NULL}}},
    [SCH_IFNAME] = {parse_ifname,
                    text_ifname,
                    KEY_IFNAME,
                    {{"LoopBack<0-1023>", NULL},
                     {"STRING<3-31>", "Type and number of another interface"}}},
    [SCH_SECRET] = {parse_secret, text_string, KEY_STRING, {{"STRING<%lld-%lld>", NULL}}},
    [SCH_TIME] = {parse_time, text_string, KEY_STRING, {{"HH:MM:SS", NULL}}},
    [SCH_DATE] = {parse_date, text_string, KEY_STRING, {{"YYYY-MM-DD", NULL}}},
    [SCH_RD] = {parse_rd, text_rd, KEY_U64, {{"STRING<3-21>", NULL}}},
    [SCH_RT] = {parse_rd, text_rd, KEY_U64, {{"STRING<3-21>", NULL}}},
    [SCH_ENUM] = {parse_enum, text_enum, KEY_U8, {{NULL, NULL}}},
};

int sch_value_parse(const struct sch_param *p, const struct sch_token *t, size_t nt,
                    const char *line_end, struct sch_value *out)
{
    *out = (struct sch_value){.type = p->type};
    int used = types[p->type].parse(p, t, nt, line_end, out);
    out->present = used > 0;
    return used;
}

size_t sch_value_text(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                      char *buf, size_t len)
{
    return types[p->type].text(v, p, plain_as, buf, len);
}

const char *sch_notation(const struct sch_param *p, unsigned which, char *buf, size_t len,
                         const char **help)
{
    const struct type *t = &types[p->type];
    const char *f = which < 3 ? t->form[which].notation : NULL;
    if (!f)
        return NULL;
    const char *range = strstr(f, "%lld");
    *help = t->form[which].help ? t->form[which].help : p->help;
    if (range)
        snprintf(buf, len, "%.*s%lld-%lld>", (int)(range - f), f, (long long)p->lo,
                 (long long)p->hi);
    else
        snprintf(buf, len, "%s", f);
    return buf;
}

static size_t put_number(uint8_t *out, size_t octets, uint64_t u)
{
    for (size_t i = 0; i < octets; i++)
        out[i] = (uint8_t)(u >> 8 * (octets - 1 - i));
    return octets;
}

static size_t put_addr(uint8_t *out, const struct bgp_addr *a)
{
    size_t n = a->af == 4 ? 4 : 16;
    out[0] = a->af;
    memcpy(out + 1, a->b, n);
    return n + 1;
}

static size_t put_string(uint8_t *out, const struct sch_value *v)
{
    if (v->n) /* one that was left out has no text */
        memcpy(out, v->s, v->n);
    out[v->n] = 0;
    return v->n + 1;
}

size_t sch_value_encode(const struct sch_value *v, const struct sch_param *p, uint8_t *out,
                        size_t len)
{
    if (len < v->n + 20)
        return 0;
    switch (types[p->type].key) {
    case KEY_U8:
        return put_number(out, 1, v->u);
    case KEY_U32:
        return put_number(out, 4, v->u);
    case KEY_U64:
        return put_number(out, 8, v->u);
    case KEY_ADDR:
        return put_addr(out, &v->addr);
    case KEY_STRING:
        return put_string(out, v);
    case KEY_PEER: /* groups first, then IPv4, then IPv6 */
        if (v->addr.af)
            return put_addr(out, &v->addr);
        out[0] = 1;
        return 1 + put_string(out + 1, v);
    case KEY_IFNAME:
        out[0] = ifname_rank(v);
        return 1 + put_number(out + 1, 8, v->u);
    }
    return 0;
}

static size_t string_len(const uint8_t *b, size_t n)
{
    const uint8_t *end = memchr(b, 0, n);
    return end ? (size_t)(end - b) + 1 : 0;
}

size_t sch_value_encoded_len(const struct sch_param *p, const uint8_t *b, size_t n)
{
    size_t need = 0;
    switch (types[p->type].key) {
    case KEY_U8:
        need = 1;
        break;
    case KEY_U32:
        need = 4;
        break;
    case KEY_U64:
        need = 8;
        break;
    case KEY_IFNAME:
        need = 9;
        break;
    case KEY_STRING:
        return string_len(b, n);
    case KEY_ADDR:
    case KEY_PEER:
        if (n && b[0] == 1) {
            size_t s = string_len(b + 1, n - 1);
            return s ? s + 1 : 0;
        }
        need = n && b[0] == 4 ? 5 : 17;
        break;
    }
    return need <= n ? need : 0;
}
