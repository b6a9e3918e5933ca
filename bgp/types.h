/*
 * The value types every room shares: addresses and address families.
 *
 * This is the one header of bgp/ that schema/ may include. It depends on libc only. Addresses are
 * kept in network byte order, numbers everywhere else in host byte order.
 */
#ifndef VRPSH_BGP_TYPES_H
#define VRPSH_BGP_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv4 or IPv6 address. af is 0 (none), 4 or 6. vpn is its scope: the number of the VPN instance
 * the address is meant in, 0 in the public network; the same digits in two instances are two
 * addresses. Unused bytes of b are zero and the struct is packed, so memcmp compares, also the keys
 * it is part of. */
struct bgp_addr {
    uint8_t af;
    uint8_t b[16];
    uint16_t vpn;
} __attribute__((packed));

#define BGP_ADDR_STRLEN 46 /* longest text form with its NUL, INET6_ADDRSTRLEN */

/* Which fields of a config struct a line gave: bit numbers come from the compiled schema. */
#define BGP_SET_WORDS 4
struct bgp_set {
    uint64_t bits[BGP_SET_WORDS];
};

/* The address families the speaker knows, in the order displays list them. */
enum bgp_family {
    BGP_IPV4_UNICAST,
    BGP_IPV4_LABELED,
    BGP_VPNV4,
    BGP_IPV6_UNICAST,
    BGP_VPNV6,
    BGP_FAMILIES /* at most 8: sets of families are octets */
};

/* One descriptor per family; everything about a family that is not behaviour stands here. */
struct bgp_family_info {
    uint16_t afi; /* RFC 4760 */
    uint8_t safi;
    const char *name; /* as "display bgp peer verbose" prints it: "VPNv4 Unicast" */
    uint8_t octets;   /* of an address: 4 or 16 */
    bool vpn;         /* prefixes have a route distinguisher in front */
    bool label;       /* and a label (RFC 8277) */
};
extern const struct bgp_family_info bgp_family_info[BGP_FAMILIES];

/* Text form of an address into buf (BGP_ADDR_STRLEN); "-" for none. Returns buf. */
const char *bgp_addr_str(const struct bgp_addr *a, char *buf);
/* The same; returns its length. */
size_t bgp_addr_text(const struct bgp_addr *a, char *buf);

/* Parses an IPv4 or IPv6 address of exactly n bytes of text. False: not one, *out is untouched. */
bool bgp_addr_parse(const char *text, size_t n, struct bgp_addr *out);

/* Orders by VPN instance, then family (none, IPv4, IPv6), then numerically. */
int bgp_addr_cmp(const struct bgp_addr *a, const struct bgp_addr *b);

/* True when a lies in net/len (len in bits, 0-32 or 0-128); false for different families or scopes.
 */
bool bgp_addr_in(const struct bgp_addr *a, const struct bgp_addr *net, unsigned len);

#endif
