/* "display ip vpn-instance", in brief and verbose. */
#include <stdio.h>
#include <stdlib.h>
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

static int by_place(const void *a, const void *b)
{
    const struct model_if *const *x = a, *const *y = b;
    size_t n = (*x)->nkey < (*y)->nkey ? (*x)->nkey : (*y)->nkey;
    return memcmp((*x)->key, (*y)->key, n);
}

/* "Interfaces : GigabitEthernet0/1/0, LoopBack5", one a line. */
static void bound(struct session *s, const struct model_vpn *v, const char *title, bool count)
{
    const struct model *m = s->app->config.model;
    const struct model_if **ifs = calloc(HASH_COUNT(m->ifs) + 1, sizeof *ifs);
    size_t n = 0;
    for (const struct model_if *i = m->ifs; ifs && i; i = i->hh.next)
        if (i->name[0] && i->conf.vpn && strcmp(i->conf.vpn, v->name) == 0)
            ifs[n++] = i;
    if (n)
        qsort(ifs, n, sizeof *ifs, by_place);
    if (count)
        out(s, "  Interface Number : %zu \n", n);
    for (size_t i = 0; i < n; i++)
        out(s, "%s%s%s\n", i ? "                   " : title, ifs[i]->name, i + 1 < n ? ", " : "");
    free(ifs);
}

static void verbose(struct session *s, const struct model_vpn *v)
{
    char rd[32];
    out(s, " VPN-Instance Name and ID : %s, %u\n", v->name, v->number);
    bound(s, v, "  Interfaces : ", false);
    if (v->conf.description)
        out(s, "  Description : %s\n", v->conf.description);
    for (int i = 0; i < 2; i++) {
        enum bgp_family f = families[i].family;
        if (!v->af[f].enabled)
            continue;
        out(s, " Address family %s\n", families[i].title);
        static const char *const labels[] = {"instance", "route", "nexthop"};
        if (v->af[f].rd)
            out(s, "  Route Distinguisher : %s\n", rd_text(s, v->af[f].rd, SCH_RD, rd));
        targets(s, "Export", &v->af[f].export);
        targets(s, "Import", &v->af[f].import);
        if (v->af[f].rd)
            out(s, "  Label policy : label per %s\n", labels[v->af[f].label_mode]);
    }
    out(s, "\n");
}

static void interfaces(struct session *s, const struct model_vpn *v)
{
    out(s, " VPN-Instance Name and ID : %s, %u\n", v->name, v->number);
    bound(s, v, "  Interface list : ", true);
    out(s, "\n");
}

static int by_name(struct model_vpn *a, struct model_vpn *b)
{
    return strcmp(a->name, b->name);
}

void cmd_display_vpn_instance(struct session *s, const struct sch_match *m)
{
    const struct sch_value *want = cmd_arg(m, "name");
    const char *form = cmd_word(m, "form");
    bool any = false, of_interfaces = *form == 'i', long_form = *form == 'v';
    struct model *model = s->app->config.model;
    if (!want->present)
        totals(s, *form ? "" : "     ");
    if (!*form)
        out(s, "  %-32s%-22s%s\n", "VPN-Instance Name", "RD", "Address-family");
    HASH_SORT(model->vpns, by_name);
    for (const struct model_vpn *v = model->vpns; v; v = v->hh.next) {
        if (!v->exists || (want->present &&
                           (strlen(v->name) != want->n || memcmp(v->name, want->s, want->n) != 0)))
            continue;
        any = true;
        if (of_interfaces)
            interfaces(s, v);
        else if (long_form)
            verbose(s, v);
        else
            brief(s, v);
    }
    if (want->present && !any)
        session_error(s, "The VPN instance does not exist.");
}
