/*
 * VPN instances in the model: their lines, the scope that a row of the bgp view is in, and what the
 * speaker is told of them. Called by model.c alone; the functions are declared in model.h.
 *
 * A number is given to an instance when its first row comes and is its own until the last has gone,
 * so that whatever carries it (addresses, peers) stays valid over a commit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

static void *must(void *p)
{
    if (!p)
        abort(); /* a commit cannot be half applied */
    return p;
}

struct model_vpn *model_find_vpn(const struct model *m, const char *name)
{
    struct model_vpn *v;
    HASH_FIND_STR(m->vpns, name, v);
    return v;
}

struct model_vpn *model_vpn_number(const struct model *m, uint16_t number)
{
    struct model_vpn *v = m->vpns;
    while (v && v->number != number)
        v = v->hh.next;
    return v;
}

struct model_vpn *model_vpn(struct model *m, const char *name)
{
    struct model_vpn *v = model_find_vpn(m, name);
    uint16_t number = 1;
    if (v)
        return v;
    while (model_vpn_number(m, number) && number < UINT16_MAX)
        number++;
    v = must(calloc(1, sizeof *v));
    snprintf(v->name, sizeof v->name, "%s", name);
    v->number = number;
    HASH_ADD_STR(m->vpns, name, v);
    return v;
}

static void vpn_free(struct model *m, struct model_vpn *v)
{
    HASH_DEL(m->vpns, v);
    free(v->conf.description);
    for (int f = 0; f < BGP_FAMILIES; f++) {
        free(v->af[f].export.rt);
        free(v->af[f].import.rt);
    }
    free(v);
}

void model_free_vpns(struct model *m)
{
    struct model_vpn *v, *next;
    HASH_ITER (hh, m->vpns, v, next)
        vpn_free(m, v);
}

void model_clean_vpns(struct model *m)
{
    struct model_vpn *v, *next;
    HASH_ITER (hh, m->vpns, v, next) {
        v->dirty = false;
        if (!v->exists && !v->sent)
            vpn_free(m, v);
    }
}

/* --- rows -------------------------------------------------------------------------------------
 */

struct model_vpn *model_row_vpn(struct model *m, const struct sch_place *place, const uint8_t *key,
                                int8_t *family)
{
    for (unsigned d = 0; d <= place->depth; d++) {
        const struct sch_line *l = place->level[d];
        if (!l->enters || !sch_views[l->enters - 1].instance)
            continue;
        *family = sch_views[l->enters - 1].family;
        return model_vpn(m, (const char *)key + place->start[d] + 1); /* behind the rank */
    }
    return NULL;
}

void model_vpn_enabled(struct model_vpn *v, const struct sch_line *l, bool added)
{
    v->dirty = true;
    if (l == &sch_lines[LINE_VPN_INSTANCE_IP_VPN_INSTANCE])
        v->exists = added;
    else
        v->af[sch_views[l->enters - 1].family].enabled = added;
}

void model_vpn_target(struct model_vpn *v, const struct sch_line *l, const struct sch_value *args,
                      bool added)
{
    int8_t f = sch_views[l->view].family;
    bool export = strcmp(l->params[1].words[args[1].u], "export-extcommunity") == 0;
    struct model_targets *t = export ? &v->af[f].export : &v->af[f].import;
    v->dirty = true;
    if (added) {
        t->rt = must(realloc(t->rt, (t->n + 1) * sizeof *t->rt));
        t->rt[t->n++] = args[0].u;
        return;
    }
    for (size_t i = 0; i < t->n; i++)
        if (t->rt[i] == args[0].u) {
            t->rt[i] = t->rt[--t->n];
            return;
        }
}

/* --- plans ------------------------------------------------------------------------------------
 */

static void octets(uint64_t u, uint8_t out[8])
{
    for (int i = 7; i >= 0; i--, u >>= 8)
        out[i] = (uint8_t)u;
}

/* RFC 4360: the type of a target is that of the distinguisher with the sub-type 2. */
static struct bgp_targets targets(const struct model_targets *t)
{
    struct bgp_targets out = {t->n ? must(calloc(t->n, 8)) : NULL, t->n};
    for (size_t i = 0; i < t->n; i++) {
        octets(t->rt[i], out.at[i]);
        out.at[i][0] = out.at[i][1];
        out.at[i][1] = 2;
    }
    return out;
}

static struct bgp_vpn_af_conf family(const struct model_vpn *v, enum bgp_family f)
{
    struct bgp_vpn_af_conf c = {.enabled = v->af[f].enabled && v->af[f].rd,
                                .label_mode = v->af[f].label_mode,
                                .routes = v->af[f].routes,
                                .prefixes = v->af[f].prefixes,
                                .af = v->process[f].af[f]};
    octets(v->af[f].rd, c.rd);
    c.import = targets(&v->af[f].import);
    c.export = targets(&v->af[f].export);
    return c;
}

void model_plan_vpns(const struct model *m, struct speaker_plan *plan)
{
    for (const struct model_vpn *v = m->vpns; v; v = v->hh.next) {
        uint32_t id = model_vpn_router_id(m, v);
        if ((!v->dirty && v->router_id == id) || (!v->exists && !v->sent))
            continue;
        plan->vpns = must(realloc(plan->vpns, (plan->nvpns + 1) * sizeof *plan->vpns));
        struct speaker_vpn *c = &plan->vpns[plan->nvpns++];
        memset(c, 0, sizeof *c);
        c->remove = !v->exists;
        c->conf.number = v->number;
        c->conf.name = must(strdup(v->name));
        c->conf.router_id = id;
        c->conf.v4 = family(v, BGP_IPV4_UNICAST);
        c->conf.v6 = family(v, BGP_IPV6_UNICAST);
    }
}

void model_vpns_applied(struct model *m, const struct speaker_plan *plan)
{
    for (size_t i = 0; i < plan->nvpns; i++) {
        struct model_vpn *v = model_vpn_number(m, plan->vpns[i].conf.number);
        v->sent = !plan->vpns[i].remove;
        v->router_id = plan->vpns[i].conf.router_id;
    }
}
