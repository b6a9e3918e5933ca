/*
 * Socket addresses and options; see sockopt.h.
 *
 * Options that only refine (TOS, MSS, path MTU) are tried and not checked: a kernel without them
 * still carries the session. GTSM and MD5 protect, so their failures are reported or refuse.
 */
#include "engine/net/sockopt.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <string.h>

#define TOS_INTERNETWORK_CONTROL 0xc0

socklen_t net_sockaddr(const struct bgp_addr *a, uint16_t port, struct sockaddr_storage *ss)
{
    memset(ss, 0, sizeof *ss);
    if (a->af == 6) {
        struct sockaddr_in6 *s = (struct sockaddr_in6 *)ss;
        s->sin6_family = AF_INET6;
        s->sin6_port = htons(port);
        memcpy(&s->sin6_addr, a->b, 16);
        return sizeof *s;
    }
    struct sockaddr_in *s = (struct sockaddr_in *)ss;
    s->sin_family = AF_INET;
    s->sin_port = htons(port);
    memcpy(&s->sin_addr, a->b, 4);
    return sizeof *s;
}

void net_from_sockaddr(const struct sockaddr_storage *ss, struct bgp_addr *a, uint16_t *port)
{
    uint16_t p = 0;
    memset(a, 0, sizeof *a);
    if (ss->ss_family == AF_INET6) {
        const struct sockaddr_in6 *s = (const struct sockaddr_in6 *)ss;
        a->af = 6;
        memcpy(a->b, &s->sin6_addr, 16);
        p = ntohs(s->sin6_port);
    } else if (ss->ss_family == AF_INET) {
        const struct sockaddr_in *s = (const struct sockaddr_in *)ss;
        a->af = 4;
        memcpy(a->b, &s->sin_addr, 4);
        p = ntohs(s->sin_port);
    }
    if (port)
        *port = p;
}

static int set_int(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) < 0 ? errno : 0;
}

int net_socket(uint8_t af)
{
    int fd = socket(af == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

static int set_ttl(int fd, uint8_t af, int ttl)
{
    return af == 6 ? set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl)
                   : set_int(fd, IPPROTO_IP, IP_TTL, ttl);
}

static void set_tos(int fd, uint8_t af)
{
    if (af == 6)
        set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, TOS_INTERNETWORK_CONTROL);
    else
        set_int(fd, IPPROTO_IP, IP_TOS, TOS_INTERNETWORK_CONTROL);
}

int net_listen_options(int fd, uint8_t af)
{
    int rc = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!rc && af == 6)
        rc = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!rc)
        rc = set_ttl(fd, af, 255);
    set_tos(fd, af);
    set_int(fd, IPPROTO_TCP, TCP_SAVE_SYN, 1);
    return rc;
}

void net_session_options(int fd, uint8_t af, const struct bgp_peer_conf *conf)
{
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_tos(fd, af);
    if (conf->gtsm_hops) {
        set_ttl(fd, af, 255);
        if (af == 6)
            set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, net_gtsm_min(conf->gtsm_hops));
        else
            set_int(fd, IPPROTO_IP, IP_MINTTL, net_gtsm_min(conf->gtsm_hops));
    } else {
        set_ttl(fd, af, conf->ttl ? conf->ttl : 255);
    }
    if (conf->mss)
        set_int(fd, IPPROTO_TCP, TCP_MAXSEG, conf->mss);
    if (af == 6)
        set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                conf->path_mtu ? IPV6_PMTUDISC_WANT : IPV6_PMTUDISC_DONT);
    else
        set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
                conf->path_mtu ? IP_PMTUDISC_WANT : IP_PMTUDISC_DONT);
}

int net_md5_key(int fd, const struct bgp_addr *addr, unsigned len, const char *key)
{
    struct tcp_md5sig sig;
    size_t n = key ? strlen(key) : 0;
    bool whole = len == (addr->af == 6 ? 128 : 32);
    if (n > TCP_MD5SIG_MAXKEYLEN)
        return EINVAL;
    memset(&sig, 0, sizeof sig);
    net_sockaddr(addr, 0, &sig.tcpm_addr);
    sig.tcpm_keylen = (uint16_t)n;
    if (n)
        memcpy(sig.tcpm_key, key, n);
    if (!whole) {
        sig.tcpm_flags = TCP_MD5SIG_FLAG_PREFIX;
        sig.tcpm_prefixlen = (uint8_t)len;
    }
    int rc = setsockopt(fd, IPPROTO_TCP, whole ? TCP_MD5SIG : TCP_MD5SIG_EXT, &sig, sizeof sig) < 0
                 ? errno
                 : 0;
    explicit_bzero(&sig, sizeof sig);
    return !key && rc == ENOENT ? 0 : rc;
}

int net_syn_ttl(int fd, uint8_t af)
{
    uint8_t head[256]; /* IP and TCP header of the SYN; longer ones make the call fail */
    socklen_t n = sizeof head;
    if (getsockopt(fd, IPPROTO_TCP, TCP_SAVED_SYN, head, &n) < 0 || n < 20)
        return -1;
    return af == 6 ? head[7] : head[8];
}

bool net_socket_look(int fd, struct bgp_addr *local, uint16_t *local_port, struct bgp_addr *remote,
                     uint16_t *remote_port, uint8_t *state)
{
    struct sockaddr_storage ss;
    struct tcp_info info;
    socklen_t n = sizeof ss, ninfo = sizeof info;
    if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0 ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &ninfo) < 0)
        return false;
    net_from_sockaddr(&ss, local, local_port);
    *state = info.tcpi_state;
    n = sizeof ss;
    if (getpeername(fd, (struct sockaddr *)&ss, &n) == 0) {
        net_from_sockaddr(&ss, remote, remote_port);
    } else {
        *remote = (struct bgp_addr){.af = local->af};
        *remote_port = 0;
    }
    return true;
}
