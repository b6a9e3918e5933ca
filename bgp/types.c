/*
 * Addresses and the table of address families.
 *
 * Every room uses these; they hold no state and read nothing but their arguments.
 */
#include "bgp/types.h"

#include <arpa/inet.h>
#include <string.h>

const struct bgp_family_info bgp_family_info[BGP_FAMILIES] = {
    [BGP_IPV4_UNICAST] = {1, 1, "IPv4 Unicast", 4, false, false},
    [BGP_IPV4_LABELED] = {1, 4, "IPv4 Label", 4, false, true},
    [BGP_VPNV4] = {1, 128, "VPNv4 Unicast", 4, true, true},
    [BGP_IPV6_UNICAST] = {2, 1, "IPv6 Unicast", 16, false, false},
    [BGP_VPNV6] = {2, 128, "VPNv6 Unicast", 16, true, true},
};

/* --- text. Displays write millions of addresses: printf, which inet_ntop uses, is what costs. ----
 */

static char *decimal(char *at, unsigned octet)
{
    if (octet >= 100)
        *at++ = (char)('0' + octet / 100);
    if (octet >= 10)
        *at++ = (char)('0' + octet / 10 % 10);
    *at++ = (char)('0' + octet % 10);
    return at;
}

static char *text4(char *at, const uint8_t b[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (i != 0)
            *at++ = '.';
        at = decimal(at, b[i]);
    }
    return at;
}

static char *hexadecimal(char *at, unsigned word)
{
    for (unsigned shift = word > 0xfff ? 12 : word > 0xff ? 8 : word > 0xf ? 4 : 0;; shift -= 4) {
        *at++ = "0123456789abcdef"[word >> shift & 15];
        if (shift == 0)
            return at;
    }
}

/* The longest run of zero words, the first of equals; one alone is no run (RFC 5952 4.2). */
static void zeros(const unsigned word[8], unsigned *from, unsigned *to)
{
    *from = *to = 8;
    for (unsigned i = 0, j; i < 8; i = j + 1) {
        for (j = i; j < 8 && word[j] == 0; j++)
            ;
        if (j - i > 1 && (*from == 8 || j - i > *to - *from)) {
            *from = i;
            *to = j;
        }
    }
}

static char *text6(char *at, const uint8_t b[16])
{
    unsigned word[8], from, to;

    for (unsigned i = 0; i < 8; i++)
        word[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    zeros(word, &from, &to);
    for (unsigned i = 0; i < 8; i++) {
        if (i == from) {
            *at++ = ':';
            if (to == 8)
                *at++ = ':';
            i = to - 1;
            continue;
        }
        if (i != 0)
            *at++ = ':';
        if (i == 6 && from == 0 && (to == 6 || (to == 5 && word[5] == 0xffff)))
            return text4(at, b + 12); /* an IPv4 address inside */
        at = hexadecimal(at, word[i]);
    }
    return at;
}

size_t bgp_addr_text(const struct bgp_addr *a, char *buf)
{
    char *end = a->af == 4 ? text4(buf, a->b) : a->af == 6 ? text6(buf, a->b) : buf;

    if (end == buf)
        *end++ = '-';
    *end = '\0';
    return (size_t)(end - buf);
}

const char *bgp_addr_str(const struct bgp_addr *a, char *buf)
{
    bgp_addr_text(a, buf);
    return buf;
}

bool bgp_addr_parse(const char *text, size_t n, struct bgp_addr *out)
{
    char buf[BGP_ADDR_STRLEN];
    struct bgp_addr a = {0};

    if (n == 0 || n >= sizeof buf || memchr(text, '\0', n))
        return false;
    memcpy(buf, text, n);
    buf[n] = '\0';
    if (inet_pton(AF_INET, buf, a.b) == 1)
        a.af = 4;
    else if (inet_pton(AF_INET6, buf, a.b) == 1)
        a.af = 6;
    else
        return false;
    *out = a;
    return true;
}

int bgp_addr_cmp(const struct bgp_addr *a, const struct bgp_addr *b)
{
    if (a->vpn != b->vpn)
        return a->vpn < b->vpn ? -1 : 1;
    if (a->af != b->af)
        return a->af < b->af ? -1 : 1;
    return memcmp(a->b, b->b, sizeof a->b);
}

bool bgp_addr_in(const struct bgp_addr *a, const struct bgp_addr *net, unsigned len)
{
    unsigned bits = a->af == 4 ? 32 : 128;
    unsigned whole = len / 8, rest = len % 8;

    if (a->af != net->af || a->vpn != net->vpn || a->af == 0 || len > bits)
        return false;
    if (memcmp(a->b, net->b, whole) != 0)
        return false;
    return rest == 0 || ((a->b[whole] ^ net->b[whole]) >> (8 - rest)) == 0;
}
