/* "display ip interface brief": the interfaces that are configured, and the devices of the host
 * that none of them stands for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

/* One line of the list. */
struct brief {
    char name[40];
    struct bgp_addr addr;
    const char *vpn; /* NULL: public */
    uint8_t len;
    bool admin, up, spoofed; /* spoofed: up without anything behind it */
};

struct briefs {
    struct session *session;
    struct brief *b;
    size_t n;
    const struct speaker_link *links;
    size_t nlinks;
};

static struct brief *brief_add(struct briefs *l, const char *name)
{
    struct brief *b = &l->b[l->n++];
    memset(b, 0, sizeof *b);
    snprintf(b->name, sizeof b->name, "%s", name);
    return b;
}

static const struct speaker_link *link_with(const struct briefs *l, const struct bgp_addr *a)
{
    for (size_t i = 0; i < l->nlinks; i++)
        if (bgp_addr_cmp(&l->links[i].addr, a) == 0)
            return &l->links[i];
    return NULL;
}

/* A port is up when the device that has one of its addresses is. */
/* A bound interface is looked for in the network of its VPN instance. */
static void brief_configured(struct briefs *l, const struct model_if *i)
{
    struct brief *b = brief_add(l, i->name);
    const struct model *m = l->session->app->config.model;
    const struct model_vpn *vpn = i->conf.vpn ? model_find_vpn(m, i->conf.vpn) : NULL;
    struct speaker_link *own = NULL;
    struct briefs there = *l;
    if (i->conf.vpn) {
        there.nlinks = vpn ? speaker_links(l->session->app->config.speaker, vpn->number, &own) : 0;
        there.links = own;
    }
    b->vpn = i->conf.vpn;
    bool loopback = strncmp(i->name, "LoopBack", 8) == 0;
    const struct speaker_link *k = NULL;
    for (size_t a = 0; a < i->naddrs; a++) {
        k = k ? k : link_with(&there, &i->addrs[a].addr);
        if (i->addrs[a].addr.af == 4 && (i->addrs[a].primary || !b->addr.af)) {
            b->addr = i->addrs[a].addr;
            b->len = i->addrs[a].len;
        }
    }
    b->spoofed = loopback || strcmp(i->name, "NULL0") == 0;
    b->admin = loopback || !k || k->admin;
    b->up = b->spoofed ? !i->naddrs || k : k && k->up;
    free(own);
}

/* Devices that no port stands for are shown by their own names. */
static void brief_devices(struct briefs *l, const struct model *m)
{
    for (size_t i = 0; i < l->nlinks; i++) {
        const struct speaker_link *k = &l->links[i];
        bool known = strcmp(k->device, "lo") == 0;
        for (const struct model_if *f = m->ifs; f && !known; f = f->hh.next)
            for (size_t a = 0; a < f->naddrs && !known; a++) {
                const struct speaker_link *at = link_with(l, &f->addrs[a].addr);
                known = at && strcmp(at->device, k->device) == 0;
            }
        struct brief *last = l->n ? &l->b[l->n - 1] : NULL;
        if (known)
            continue;
        if (last && strcmp(last->name, k->device) == 0) { /* the same device */
            if (last->addr.af != 4) {
                last->addr = k->addr;
                last->len = k->len;
            }
            continue;
        }
        struct brief *b = brief_add(l, k->device);
        b->addr = k->addr;
        b->len = k->len;
        b->admin = k->admin;
        b->up = k->up;
    }
}

static int by_key(const void *a, const void *b)
{
    const struct model_if *x = *(const struct model_if *const *)a,
                          *y = *(const struct model_if *const *)b;
    return memcmp(x->key, y->key, sizeof x->key);
}

static void brief_fill(struct briefs *l, const struct model *m)
{
    size_t n = HASH_COUNT(m->ifs), used = 0;
    bool null = false;
    const struct model_if **ifs = calloc(n + 1, sizeof *ifs);
    for (const struct model_if *i = m->ifs; ifs && i; i = i->hh.next)
        if (i->name[0])
            ifs[used++] = i;
    if (used)
        qsort(ifs, used, sizeof *ifs, by_key);
    for (size_t i = 0; i < used; i++) {
        brief_configured(l, ifs[i]);
        null |= strcmp(ifs[i]->name, "NULL0") == 0;
    }
    free(ifs);
    if (!null) {
        struct brief *b = brief_add(l, "NULL0");
        b->admin = b->up = b->spoofed = true;
    }
    brief_devices(l, m);
}

static bool protocol_up(const struct brief *b)
{
    return b->up && (b->addr.af == 4 || strcmp(b->name, "NULL0") == 0);
}

static void brief_print(struct session *s, const struct briefs *l)
{
    unsigned up = 0, protocol = 0;
    for (size_t i = 0; i < l->n; i++) {
        up += l->b[i].up;
        protocol += protocol_up(&l->b[i]);
    }
    show_begin(s);
    show_list(s, "interfaces");
    out(s, "*down: administratively down\n!down: FIB overload down\n^down: standby\n"
           "(l): loopback\n(s): spoofing\n(d): Dampening Suppressed\n(E): E-Trunk down\n");
    out(s, "The number of interface that is UP in Physical is %u\n", up);
    out(s, "The number of interface that is DOWN in Physical is %u\n", (unsigned)l->n - up);
    out(s, "The number of interface that is UP in Protocol is %u\n", protocol);
    out(s, "The number of interface that is DOWN in Protocol is %u\n\n", (unsigned)l->n - protocol);
    out(s, "%-34s%-21s%-11s%-9s%-4s\n", "Interface", "IP Address/Mask", "Physical", "Protocol",
        "VPN");
    for (size_t i = 0; i < l->n; i++) {
        const struct brief *b = &l->b[i];
        char addr[BGP_ADDR_STRLEN], text[BGP_ADDR_STRLEN + 8] = "unassigned";
        if (b->addr.af == 4)
            snprintf(text, sizeof text, "%s/%u", bgp_addr_str(&b->addr, addr), b->len);
        show_object(s, NULL);
        show_text(s, "name", b->name);
        if (b->addr.af)
            show_text(s, "address", text);
        show_bool(s, "admin_up", b->admin);
        show_bool(s, "up", b->up);
        show_bool(s, "protocol_up", protocol_up(b));
        if (b->vpn)
            show_text(s, "vpn_instance", b->vpn);
        show_close(s);
        out(s, "%-34s%-21s%-11s%-9s%-4s\n", b->name, text,
            b->up      ? "up"
            : b->admin ? "down"
                       : "*down",
            !protocol_up(b) ? "down"
            : b->spoofed    ? "up(s)"
                            : "up",
            b->vpn ? b->vpn : "--");
    }
}

void cmd_display_interface_brief(struct session *s, const struct sch_match *m)
{
    const struct model *model = s->app->config.model;
    struct speaker_link *links = NULL;
    struct briefs l = {.session = s};
    (void)m;
    if (!s->app->config.speaker) {
        session_error(s, "There is no speaker here.");
        return;
    }
    l.nlinks = speaker_links(s->app->config.speaker, 0, &links);
    l.links = links;
    l.b = calloc(l.nlinks + HASH_COUNT(model->ifs) + 1, sizeof *l.b);
    if (l.b) {
        brief_fill(&l, model);
        brief_print(s, &l);
    } else {
        session_error(s, "Out of memory.");
    }
    free(l.b);
    free(links);
}
