/* "display ip vpn-instance", in brief and verbose. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "engine/config/model.h"

static const struct {
    enum bgp_family family;
    const char *brief, *title;
} families[] = {{BGP_IPV4_UNICAST, "IPv4", "ipv4"}, {BGP_IPV6_UNICAST, "IPv6", "ipv6"}};

static const char *rd_text(struct session *s, uint64_t rd, enum sch_type type, char buf[32])
{
    struct sch_param p = {.type = (uint8_t)type};
    struct sch_value v = {.present = true, .type = (uint8_t)type, .u = rd};
    sch_value_text(&v, &p, s->app->config.model->sys.as_plain, buf, 32);
    return buf;
}

static void totals(struct session *s, const char *pad)
{
    unsigned all = 0, of[2] = {0, 0};
    for (const struct model_vpn *v = s->app->config.model->vpns; v; v = v->hh.next) {
        all += v->exists;
        for (int i = 0; i < 2; i++)
            of[i] += v->exists && v->af[families[i].family].enabled;
    }
    out(s, " Total VPN-Instances configured%s : %u\n", pad, all);
    out(s, " Total IPv4 VPN-Instances configured : %u\n", of[0]);
    out(s, " Total IPv6 VPN-Instances configured : %u\n\n", of[1]);
}

static void brief(struct session *s, const struct model_vpn *v)
{
    char rd[32];
    bool any = false;
    for (int i = 0; i < 2; i++) {
        enum bgp_family f = families[i].family;
        if (!v->af[f].enabled)
            continue;
        out(s, "  %-32s%-22s%s\n", v->name, v->af[f].rd ? rd_text(s, v->af[f].rd, SCH_RD, rd) : "",
            families[i].brief);
        any = true;
    }
    if (!any)
        out(s, "  %s\n", v->name);
}

static void targets(struct session *s, const char *what, const struct model_targets *t)
{
    char rt[32];
    if (!t->n)
        return;
    out(s, "  %s VPN Targets :", what);
    for (size_t i = 0; i < t->n; i++)
        out(s, "  %s", rd_text(s, t->rt[i], SCH_RT, rt));
    out(s, "\n");
}

static void verbose(struct session *s, const struct model_vpn *v, unsigned number)
{
    char rd[32];
    out(s, " VPN-Instance Name and ID : %s, %u\n", v->name, number);
    if (v->conf.description)
        out(s, "  Description : %s\n", v->conf.description);
    for (int i = 0; i < 2; i++) {
        enum bgp_family f = families[i].family;
        if (!v->af[f].enabled)
            continue;
        out(s, " Address family %s\n", families[i].title);
        if (v->af[f].rd)
            out(s, "  Route Distinguisher : %s\n", rd_text(s, v->af[f].rd, SCH_RD, rd));
        targets(s, "Export", &v->af[f].export);
        targets(s, "Import", &v->af[f].import);
    }
    out(s, "\n");
}

void cmd_display_vpn_instance(struct session *s, const struct sch_match *m)
{
    const struct sch_value *want = cmd_arg(m, "name");
    bool long_form = *cmd_word(m, "form") != 0, any = false;
    unsigned number = 0;
    if (!want->present)
        totals(s, long_form ? "" : "     ");
    if (!long_form)
        out(s, "  %-32s%-22s%s\n", "VPN-Instance Name", "RD", "Address-family");
    for (const struct model_vpn *v = s->app->config.model->vpns; v; v = v->hh.next) {
        number++;
        if (!v->exists || (want->present &&
                           (strlen(v->name) != want->n || memcmp(v->name, want->s, want->n) != 0)))
            continue;
        any = true;
        if (long_form)
            verbose(s, v, number);
        else
            brief(s, v);
    }
    if (want->present && !any)
        session_error(s, "The VPN instance does not exist.");
}
