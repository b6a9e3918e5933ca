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

const char *bgp_addr_str(const struct bgp_addr *a, char *buf)
{
    if (a->af == 4)
        inet_ntop(AF_INET, a->b, buf, BGP_ADDR_STRLEN);
    else if (a->af == 6)
        inet_ntop(AF_INET6, a->b, buf, BGP_ADDR_STRLEN);
    else
        memcpy(buf, "-", 2);
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
