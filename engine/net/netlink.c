/* rtnetlink sockets; see netlink.h. */
#include "engine/net/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool netlink_open(struct netlink *n, unsigned groups)
{
    *n = (struct netlink){.socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)};
    if (n->socket && mnl_socket_bind(n->socket, groups, MNL_SOCKET_AUTOPID) < 0) {
        mnl_socket_close(n->socket);
        n->socket = NULL;
    }
    return n->socket != NULL;
}

void netlink_close(struct netlink *n)
{
    if (n->watch)
        net_watch_close(n->watch);
    if (n->socket)
        mnl_socket_close(n->socket);
    *n = (struct netlink){0};
}

bool netlink_watch(struct netlink *n, struct net_loop *loop, void (*ready)(void *arg, unsigned),
                   void *arg)
{
    /* The watch closes its descriptor, and so does libmnl: each gets its own. */
    int fd = n->socket ? fcntl(mnl_socket_get_fd(n->socket), F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0)
        return false;
    n->watch = net_watch_open(loop, fd, ready, arg);
    if (!n->watch) {
        close(fd);
        return false;
    }
    net_watch_want(n->watch, NET_READ);
    return true;
}

int netlink_send(struct netlink *n, struct nlmsghdr *h)
{
    h->nlmsg_seq = ++n->seq;
    return mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0 ? errno : 0;
}

int netlink_ask(struct netlink *n, struct nlmsghdr *h, mnl_cb_t cb, void *arg)
{
    char buf[NETLINK_ANSWER];
    unsigned port = mnl_socket_get_portid(n->socket);
    int error = netlink_send(n, h);
    while (!error) {
        ssize_t got = mnl_socket_recvfrom(n->socket, buf, sizeof buf);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        int rc = mnl_cb_run(buf, (size_t)got, n->seq, port, cb, arg);
        if (rc < 0 && errno == EPROTO) /* the rest of an answer given up earlier */
            continue;
        if (rc < 0)
            return errno;
        if (rc == MNL_CB_STOP)
            return 0;
    }
    return error;
}

long netlink_read(struct netlink *n, char buf[NETLINK_ANSWER])
{
    for (;;) {
        ssize_t got = recv(mnl_socket_get_fd(n->socket), buf, NETLINK_ANSWER, MSG_DONTWAIT);
        if (got >= 0 || errno != EINTR)
            return got >= 0 ? got : errno == ENOBUFS ? -1 : 0;
    }
}

bool netlink_addr(const struct nlattr *attr, uint8_t family, struct bgp_addr *out)
{
    size_t n = family == AF_INET6 ? 16 : 4;
    memset(out, 0, sizeof *out);
    if (!attr || mnl_attr_get_payload_len(attr) != n)
        return false;
    out->af = family == AF_INET6 ? 6 : 4;
    memcpy(out->b, mnl_attr_get_payload(attr), n);
    return true;
}
