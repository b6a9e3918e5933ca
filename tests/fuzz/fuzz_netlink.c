/*
 * Fuzzes what the kernel is said to have sent: rtnetlink messages of routes, links and addresses.
 * What can be read is written and read again, and then is the same route.
 */
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/net/routes_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void route(const struct nlmsghdr *h)
{
    char buf[ROUTE_MSG_SIZE];
    struct route_msg m, again;
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtmsg)) || !route_msg_read(h, &m))
        return;
    struct nlmsghdr *w = route_msg_write(buf, &m.r, m.metric, m.protocol, true);
    if (w->nlmsg_len > sizeof buf)
        abort();
    if (route_msg_read(w, &again) &&
        (bgp_addr_cmp(&m.r.net, &again.r.net) != 0 || m.r.len != again.r.len))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static _Alignas(8) char room[8192];
    int left = (int)(size < sizeof room ? size : sizeof room);
    memcpy(room, data, (size_t)left);
    /* the library takes lengths for signed ones; the kernel never writes such */
    for (struct nlmsghdr *h = (struct nlmsghdr *)(void *)room;
         left > 0 && mnl_nlmsg_ok(h, left) && h->nlmsg_len <= (unsigned)left;
         h = mnl_nlmsg_next(h, &left)) {
        struct link_msg link;
        struct rt_addr addr;
        route(h);
        if (h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)) && link_msg_read(h, &link) &&
            !memchr(link.name, 0, sizeof link.name))
            abort();
        if (h->nlmsg_len >= NLMSG_LENGTH(8))
            addr_msg_read(h, &addr);
    }
    return 0;
}
