/* "display ip vpn-instance", in brief and verbose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

static const struct {
    enum bgp_family family;
    uint8_t view;
    const char *brief, *title;
} families[] = {{BGP_IPV4_UNICAST, VIEW_VPN_INSTANCE_IPV4, "IPv4", "ipv4"},
                {BGP_IPV6_UNICAST, VIEW_VPN_INSTANCE_IPV6, "IPv6", "ipv6"}};

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
    show_uint(s, "total", all);
    out(s, " Total VPN-Instances configured%s : %u\n", pad, all);
    SHOW_UINT(s, "total_ipv4", " Total IPv4 VPN-Instances configured : %u\n", of[0]);
    SHOW_UINT(s, "total_ipv6", " Total IPv6 VPN-Instances configured : %u\n\n", of[1]);
}

/* --- brief -------------------------------------------------------------------------------- */

static void brief(struct session *s, const struct model_vpn *v)
{
    char rd[32];
    bool any = false;
    show_list(s, "families");
    for (int i = 0; i < 2; i++) {
        enum bgp_family f = families[i].family;
        if (!v->af[f].enabled)
            continue;
        out(s, "  %-32s%-22s%s\n", v->name, v->af[f].rd ? rd_text(s, v->af[f].rd, SCH_RD, rd) : "",
            families[i].brief);
        show_object(s, NULL);
        show_text(s, "family", families[i].title);
        if (v->af[f].rd)
            show_text(s, "rd", rd);
        show_close(s);
        any = true;
    }
    show_close(s);
    if (!any)
        out(s, "  %s\n", v->name);
}

/* --- interfaces ----------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct model_if *const *x = a, *const *y = b;
    size_t n = (*x)->nkey < (*y)->nkey ? (*x)->nkey : (*y)->nkey;
    return memcmp((*x)->key, (*y)->key, n);
}

/* "Interfaces : GigabitEthernet0/1/0, LoopBack5", one a line, the others below the first. */
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
    show_list(s, "interfaces");
    for (size_t i = 0; i < n; i++) {
        show_text(s, NULL, ifs[i]->name);
        out(s, "%*s%s%s\n", (int)strlen(title), i ? "" : title, ifs[i]->name,
            i + 1 < n ? ", " : "");
    }
    show_close(s);
    free(ifs);
}

static void interfaces(struct session *s, const struct model_vpn *v)
{
    out(s, " VPN-Instance Name and ID : %s, %u\n", v->name, v->number);
    bound(s, v, "  Interface list : ", true);
    out(s, "\n");
}

/* --- verbose -------------------------------------------------------------------------------- */

/* When the lines of a family were committed, 0: not yet, or it is not known any more. */
struct dates {
    struct sch_key key; /* of the family */
    int64_t created, given_rd;
};

static bool note_date(void *arg, const struct store_blame *row)
{
    struct dates *d = arg;
    struct sch_place p;
    if (row->nkey == d->key.n)
        d->created = row->time;
    else if (sch_key_place(row->key, row->nkey, &p) &&
             (sch_is(p.line, LINE_VPN_INSTANCE_IPV4_ROUTE_DISTINGUISHER) ||
              sch_is(p.line, LINE_VPN_INSTANCE_IPV6_ROUTE_DISTINGUISHER)))
        d->given_rd = row->time;
    return !d->given_rd;
}

static struct dates dates_of(struct session *s, const struct model_vpn *v, uint8_t view)
{
    struct sch_value name[SCH_SLOTS] = {
        {.present = true, .type = SCH_STRING, .s = v->name, .n = strlen(v->name)}};
    struct dates d = {0};
    sch_key_add(&d.key, &sch_lines[sch_views[VIEW_VPN_INSTANCE].enter - 1], name);
    sch_key_add(&d.key, &sch_lines[sch_views[view].enter - 1], NULL);
    store_blame(s->app->config.store, d.key.b, d.key.n, NULL, 0, note_date, &d);
    return d;
}

/* A family is up since it has had a route distinguisher, or since this host has run. */
static uint64_t up_seconds(const struct session *s, const struct dates *d)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t since_start = (int64_t)now.tv_sec - (int64_t)(s->app->started_ms / 1000),
            since_rd = time(NULL) - d->given_rd;
    return (uint64_t)(since_rd < 0 ? 0 : since_rd < since_start ? since_rd : since_start);
}

static void life(struct session *s, const struct model_vpn *v, enum bgp_family f, uint8_t view)
{
    struct dates d = dates_of(s, v, view);
    bool up = v->af[f].rd;
    char text[64];
    app_time(d.created, text, sizeof text);
    if (d.created)
        SHOW_TEXT(s, "created", "  Create date : %s\n", text);
    if (up) {
        unsigned long long sec = up_seconds(s, &d);
        show_uint(s, "up_seconds", sec);
        out(s, "  Up time : %llu days, %02llu hours, %02llu minutes and %02llu seconds\n",
            sec / 86400, sec / 3600 % 24, sec / 60 % 60, sec % 60);
    }
    SHOW_TEXT(s, "status", "  Vrf Status : %s\n", up ? "UP" : "DOWN");
}

static void targets(struct session *s, const char *what, const char *field,
                    const struct model_targets *t)
{
    char rt[32];
    show_list(s, field);
    if (t->n)
        out(s, "  %s VPN Targets :", what);
    for (size_t i = 0; i < t->n; i++) {
        out(s, "  %s", rd_text(s, t->rt[i], SCH_RT, rt));
        show_text(s, NULL, rt);
    }
    if (t->n)
        out(s, "\n");
    show_close(s);
}

static void label(struct session *s, const struct model_vpn *v, enum bgp_family f)
{
    static const char *const policies[] = {"label per instance", "label per route",
                                           "label per nexthop"};
    struct bgp_family_stats st = {0};
    SHOW_TEXT(s, "label_policy", "  Label policy : %s\n", policies[v->af[f].label_mode]);
    if (s->app->config.speaker)
        speaker_family_stats(s->app->config.speaker, v->number, f, &st);
    if (st.label)
        SHOW_UINT(s, "label", "  Per-Instance Label : %u\n", st.label);
}

static void family(struct session *s, const struct model_vpn *v, int i)
{
    enum bgp_family f = families[i].family;
    char rd[32];
    show_object(s, NULL);
    SHOW_TEXT(s, "family", " Address family %s\n", families[i].title);
    life(s, v, f, families[i].view);
    if (v->af[f].rd)
        SHOW_TEXT(s, "rd", "  Route Distinguisher : %s\n", rd_text(s, v->af[f].rd, SCH_RD, rd));
    targets(s, "Export", "export_targets", &v->af[f].export);
    targets(s, "Import", "import_targets", &v->af[f].import);
    if (v->af[f].rd)
        label(s, v, f);
    out(s, "  The diffserv-mode Information is : uniform\n"
           "  The ttl-mode Information is : pipe\n");
    show_close(s);
}

static void verbose(struct session *s, const struct model_vpn *v)
{
    out(s, " VPN-Instance Name and ID : %s, %u\n", v->name, v->number);
    if (v->conf.description)
        SHOW_TEXT(s, "description", "  Description : %s\n", v->conf.description);
    bound(s, v, "  Interfaces : ", false);
    show_list(s, "families");
    for (int i = 0; i < 2; i++)
        if (v->af[families[i].family].enabled)
            family(s, v, i);
    show_close(s);
    out(s, "\n");
}

/* --- the command ---------------------------------------------------------------------------- */

static int by_name(struct model_vpn *a, struct model_vpn *b)
{
    return strcmp(a->name, b->name);
}

static bool is(const struct model_vpn *v, const struct sch_value *name)
{
    return !name->present || (strlen(v->name) == name->n && memcmp(v->name, name->s, name->n) == 0);
}

void cmd_display_vpn_instance(struct session *s, const struct sch_match *m)
{
    const struct sch_value *want = cmd_arg(m, "name");
    const char *form = cmd_word(m, "form");
    struct model *model = s->app->config.model;
    void (*one)(struct session *, const struct model_vpn *) = *form == 'i'   ? interfaces
                                                              : *form == 'v' ? verbose
                                                                             : brief;
    bool any = !want->present;
    for (const struct model_vpn *v = model->vpns; v; v = v->hh.next)
        any |= v->exists && is(v, want);
    if (!any) {
        session_error(s, "The VPN instance does not exist.");
        return;
    }
    show_begin(s);
    if (!want->present)
        totals(s, *form ? "" : "     ");
    if (!*form)
        out(s, "  %-32s%-22s%s\n", "VPN-Instance Name", "RD", "Address-family");
    HASH_SORT(model->vpns, by_name);
    show_list(s, "instances");
    for (const struct model_vpn *v = model->vpns; v; v = v->hh.next) {
        if (!v->exists || !is(v, want))
            continue;
        show_object(s, NULL);
        show_text(s, "name", v->name);
        show_uint(s, "id", v->number);
        one(s, v);
        show_close(s);
    }
}
