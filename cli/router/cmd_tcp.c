/* "display tcp status": the speaker's sockets as the kernel has them. */
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/text/show.h"

#define RULE "--------------------------------------------------------------------------------\n"

/* In the table a name of more than eight letters is cut short: "ESTAB..". */
static const char *const states[] = {[TCP_ESTABLISHED] = "ESTABLISHED",
                                     [TCP_SYN_SENT] = "SYN_SENT",
                                     [TCP_SYN_RECV] = "SYN_RCVD",
                                     [TCP_FIN_WAIT1] = "FIN_WAIT1",
                                     [TCP_FIN_WAIT2] = "FIN_WAIT2",
                                     [TCP_TIME_WAIT] = "TIME_WAIT",
                                     [TCP_CLOSE] = "CLOSED",
                                     [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
                                     [TCP_LAST_ACK] = "LAST_ACK",
                                     [TCP_LISTEN] = "LISTEN",
                                     [TCP_CLOSING] = "CLOSING"};

static const char *state_name(uint8_t state)
{
    return state < sizeof states / sizeof *states && states[state] ? states[state] : "-";
}

static bool same_addr(const struct sch_value *want, const struct bgp_addr *a)
{
    return !want->present || bgp_addr_cmp(&want->addr, a) == 0;
}

static bool same_number(const struct sch_value *want, uint64_t n)
{
    return !want->present || want->u == n;
}

static bool chosen(const struct sch_match *m, const struct speaker_socket *k)
{
    return same_addr(cmd_arg(m, "local"), &k->local) &&
           same_number(cmd_arg(m, "local_port"), k->local_port) &&
           same_addr(cmd_arg(m, "remote"), &k->remote) &&
           same_number(cmd_arg(m, "remote_port"), k->remote_port) &&
           same_number(cmd_arg(m, "socket"), (uint64_t)k->fd);
}

static void add_end(struct text *t, const struct bgp_addr *a, uint16_t port, size_t width)
{
    struct bgp_addr any = *a;
    size_t at = t->n;
    any.vpn = 0;
    text_addr(t, &any);
    text_char(t, ':');
    text_uint(t, port);
    if (t->n - at >= width)
        text_char(t, ' ');
    text_pad(t, at, width);
}

static void socket_row(struct session *s, const struct speaker_socket *k)
{
    const char *state = state_name(k->state), *vpn = bgp_text_instance_name(s->app, k->vpn);
    char id[16];
    struct text *t = out_draft(s);
    snprintf(id, sizeof id, "%d%s", k->fd, k->md5 ? "*" : "");
    text_printf(t, "0x%08X  %-12s", (unsigned)LOG_COMPONENT, id);
    add_end(t, &k->local, k->local_port, 19);
    add_end(t, &k->remote, k->remote_port, 21);
    size_t at = t->n;
    text_add(t, state, strlen(state) > 8 ? 5 : strlen(state));
    text_str(t, strlen(state) > 8 ? ".." : "");
    text_pad(t, at, 9);
    text_str(t, vpn ? vpn : "--");
    text_char(t, '\n');
    out_draft_end(s);
}

static void socket_fields(struct session *s, const struct speaker_socket *k)
{
    show_object(s, NULL);
    show_uint(s, "socket", (uint64_t)k->fd);
    show_addr(s, "local", &k->local);
    show_uint(s, "local_port", k->local_port);
    if (k->state != TCP_LISTEN) {
        show_addr(s, "remote", &k->remote);
        show_uint(s, "remote_port", k->remote_port);
    }
    show_text(s, "state", state_name(k->state));
    show_bool(s, "md5", k->md5);
    if (k->vpn)
        show_text(s, "vpn_instance", bgp_text_instance_name(s->app, k->vpn));
    show_close(s);
}

void cmd_display_tcp(struct session *s, const struct sch_match *m)
{
    struct speaker_socket *k = NULL;
    size_t n = s->app->config.speaker ? speaker_sockets(s->app->config.speaker, &k) : 0;
    show_begin(s);
    show_list(s, "sockets");
    out(s, "* - MD5 Authentication is enabled.\n# - Keychain Authentication is enabled.\n" RULE
           "Cid         SocketID    Local Addr:Port    Foreign Addr:Port    State    VPNID\n" RULE);
    for (size_t i = 0; i < n; i++) {
        if (!chosen(m, &k[i]))
            continue;
        if (show_json(s))
            socket_fields(s, &k[i]);
        else
            socket_row(s, &k[i]);
    }
    out(s, RULE);
    free(k);
}
