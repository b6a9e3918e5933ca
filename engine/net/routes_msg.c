/* Routes and addresses as rtnetlink messages; see routes_msg.h. */
#include "engine/net/routes_msg.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

struct attrs {
    const struct nlattr *at[RTA_MAX + 1];
};

static int keep(const struct nlattr *attr, void *data)
{
    struct attrs *a = data;
    if (mnl_attr_type_valid(attr, RTA_MAX) > 0)
        a->at[mnl_attr_get_type(attr)] = attr;
    return MNL_CB_OK;
}

static uint32_t number(const struct nlattr *attr)
{
    return attr && mnl_attr_get_payload_len(attr) >= 4 ? mnl_attr_get_u32(attr) : 0;
}

/* RTA_GATEWAY, or RTA_VIA for one of the other family. */
static void gateway(const struct attrs *a, uint8_t family, struct bgp_addr *out)
{
    const struct nlattr *via = a->at[RTA_VIA];
    if (netlink_addr(a->at[RTA_GATEWAY], family, out))
        return;
    if (!via || mnl_attr_get_payload_len(via) < 2 + 4)
        return;
    const uint8_t *p = mnl_attr_get_payload(via);
    uint16_t af;
    memcpy(&af, p, sizeof af);
    size_t n = af == AF_INET6 ? 16 : 4;
    if ((af != AF_INET && af != AF_INET6) || mnl_attr_get_payload_len(via) < 2 + n)
        return;
    out->af = af == AF_INET6 ? 6 : 4;
    memcpy(out->b, p + 2, n);
}

static void read_hops(const struct nlattr *multipath, uint8_t family, struct rt_install *r)
{
    const struct rtnexthop *h = mnl_attr_get_payload(multipath);
    size_t left = mnl_attr_get_payload_len(multipath);
    while (left >= sizeof *h && h->rtnh_len >= sizeof *h && h->rtnh_len <= left && r->n < RT_HOPS) {
        struct attrs a = {{NULL}};
        mnl_attr_parse_payload((const char *)h + sizeof *h, h->rtnh_len - sizeof *h, keep, &a);
        struct rt_install_hop *hop = &r->hop[r->n++];
        gateway(&a, family, &hop->gateway);
        hop->ifindex = (uint32_t)h->rtnh_ifindex;
        size_t step = RTNH_ALIGN(h->rtnh_len);
        if (step >= left)
            break;
        left -= step;
        h = (const void *)((const char *)h + step);
    }
}

bool route_msg_read(const struct nlmsghdr *h, struct route_msg *out)
{
    const struct rtmsg *m = mnl_nlmsg_get_payload(h);
    struct attrs a = {{NULL}};
    if (mnl_nlmsg_get_payload_len(h) < sizeof *m ||
        (m->rtm_family != AF_INET && m->rtm_family != AF_INET6) || m->rtm_flags & RTM_F_CLONED ||
        m->rtm_dst_len > (m->rtm_family == AF_INET6 ? 128 : 32))
        return false;
    mnl_attr_parse(h, sizeof *m, keep, &a);
    uint32_t table = a.at[RTA_TABLE] ? number(a.at[RTA_TABLE]) : m->rtm_table;
    if (table != RT_TABLE_MAIN)
        return false;
    memset(out, 0, sizeof *out);
    if (!netlink_addr(a.at[RTA_DST], m->rtm_family, &out->r.net)) {
        out->r.net = (struct bgp_addr){.af = m->rtm_family == AF_INET6 ? 6 : 4};
        if (m->rtm_dst_len)
            return false;
    }
    out->r.len = m->rtm_dst_len;
    out->metric = number(a.at[RTA_PRIORITY]);
    out->protocol = m->rtm_protocol;
    switch (m->rtm_type) {
    case RTN_BLACKHOLE:
    case RTN_UNREACHABLE:
    case RTN_PROHIBIT:
        out->r.discard = true;
        return true;
    case RTN_UNICAST:
        break;
    default:
        return false;
    }
    if (a.at[RTA_MULTIPATH]) {
        read_hops(a.at[RTA_MULTIPATH], m->rtm_family, &out->r);
    } else {
        out->r.n = 1;
        gateway(&a, m->rtm_family, &out->r.hop[0].gateway);
        out->r.hop[0].ifindex = number(a.at[RTA_OIF]);
    }
    return out->r.n > 0;
}

/* --- writing --------------------------------------------------------------------------------- */

static void put_gateway(struct nlmsghdr *h, uint8_t af, const struct bgp_addr *g)
{
    size_t n = g->af == 6 ? 16 : 4;
    if (!g->af)
        return;
    if (g->af == af) {
        mnl_attr_put(h, RTA_GATEWAY, n, g->b);
        return;
    }
    uint8_t via[18];
    uint16_t family = g->af == 6 ? AF_INET6 : AF_INET;
    memcpy(via, &family, sizeof family);
    memcpy(via + 2, g->b, n);
    mnl_attr_put(h, RTA_VIA, 2 + n, via);
}

static void put_hops(struct nlmsghdr *h, const struct rt_install *r)
{
    struct nlattr *all = mnl_attr_nest_start(h, RTA_MULTIPATH);
    for (unsigned i = 0; i < r->n; i++) {
        struct rtnexthop *nh = mnl_nlmsg_get_payload_tail(h);
        memset(nh, 0, sizeof *nh);
        nh->rtnh_ifindex = (int)r->hop[i].ifindex;
        nh->rtnh_flags = r->hop[i].onlink ? RTNH_F_ONLINK : 0;
        h->nlmsg_len += (uint32_t)sizeof *nh;
        put_gateway(h, r->net.af, &r->hop[i].gateway);
        nh->rtnh_len =
            (unsigned short)((const char *)mnl_nlmsg_get_payload_tail(h) - (const char *)nh);
    }
    mnl_attr_nest_end(h, all);
}

struct nlmsghdr *route_msg_write(char buf[ROUTE_MSG_SIZE], const struct rt_install *r,
                                 uint32_t metric, uint8_t protocol, bool add)
{
    struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
    h->nlmsg_type = add ? RTM_NEWROUTE : RTM_DELROUTE;
    h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0));
    struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof *m);
    bool direct = r->net.af == 4 && r->n && !r->hop[0].gateway.af;
    m->rtm_family = r->net.af == 6 ? AF_INET6 : AF_INET;
    m->rtm_dst_len = r->len;
    m->rtm_table = RT_TABLE_MAIN;
    m->rtm_protocol = protocol;
    m->rtm_scope = !add ? RT_SCOPE_NOWHERE : direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    m->rtm_type = !add ? RTN_UNSPEC : r->discard ? RTN_BLACKHOLE : RTN_UNICAST;
    mnl_attr_put(h, RTA_DST, r->net.af == 6 ? 16 : 4, r->net.b);
    mnl_attr_put_u32(h, RTA_PRIORITY, metric);
    if (!add || r->discard)
        return h;
    if (r->n > 1) {
        put_hops(h, r);
        return h;
    }
    put_gateway(h, r->net.af, &r->hop[0].gateway);
    mnl_attr_put_u32(h, RTA_OIF, r->hop[0].ifindex);
    m->rtm_flags = r->hop[0].onlink ? RTNH_F_ONLINK : 0;
    return h;
}

/* --- links ----------------------------------------------------------------------------------- */

bool link_msg_read(const struct nlmsghdr *h, struct link_msg *out)
{
    const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
    struct attrs a = {{NULL}};
    if (mnl_nlmsg_get_payload_len(h) < sizeof *m || m->ifi_family != AF_UNSPEC)
        return false;
    mnl_attr_parse(h, sizeof *m, keep, &a);
    memset(out, 0, sizeof *out);
    out->ifindex = (uint32_t)m->ifi_index;
    out->admin = m->ifi_flags & IFF_UP;
    out->up = out->admin && m->ifi_flags & IFF_RUNNING;
    if (a.at[IFLA_IFNAME]) {
        size_t n = mnl_attr_get_payload_len(a.at[IFLA_IFNAME]);
        memcpy(out->name, mnl_attr_get_payload(a.at[IFLA_IFNAME]),
               n < sizeof out->name ? n : sizeof out->name - 1);
    }
    return true;
}

/* --- addresses ------------------------------------------------------------------------------- */

bool addr_msg_read(const struct nlmsghdr *h, struct rt_addr *out)
{
    const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
    struct attrs a = {{NULL}};
    struct bgp_addr local, subnet;
    if (mnl_nlmsg_get_payload_len(h) < sizeof *m ||
        (m->ifa_family != AF_INET && m->ifa_family != AF_INET6) ||
        m->ifa_prefixlen > (m->ifa_family == AF_INET6 ? 128 : 32))
        return false;
    mnl_attr_parse(h, sizeof *m, keep, &a);
    bool has_subnet = netlink_addr(a.at[IFA_ADDRESS], m->ifa_family, &subnet);
    bool has_local = netlink_addr(a.at[IFA_LOCAL], m->ifa_family, &local);
    if (!has_subnet && !has_local)
        return false;
    uint32_t flags = a.at[IFA_FLAGS] ? number(a.at[IFA_FLAGS]) : m->ifa_flags;
    memset(out, 0, sizeof *out);
    out->ifindex = m->ifa_index;
    out->addr = has_local ? local : subnet;
    out->len = m->ifa_prefixlen;
    out->alone = flags & IFA_F_NOPREFIXROUTE;
    if (has_local && has_subnet && bgp_addr_cmp(&local, &subnet) != 0)
        out->peer = subnet;
    return true;
}
