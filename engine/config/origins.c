/* What BGP announces out of the routing table: "network" and "import-route" lines in the model. */
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

static void fill(struct speaker_origin *o, const struct sch_line *l, const struct sch_value *v)
{
    o->family = (enum bgp_family)sch_views[l->view].family;
    o->defaults = l->nparams == 0;
    if (o->defaults)
        return;
    o->import = l->params[0].type == SCH_ENUM;
    if (!o->import) {
        o->net = v[0].addr;
        o->len = (uint8_t)v[1].u;
        return;
    }
    bool direct = strcmp(l->params[0].words[v[0].u], "direct") == 0;
    o->proto = direct ? SPEAKER_DIRECT : SPEAKER_STATIC;
    o->has_med = v[1].present;
    o->med = (uint32_t)v[1].u;
}

void model_origin(struct model *m, const struct sch_line *l, const uint8_t *key, size_t nkey,
                  const struct sch_value *v, struct model_vpn *vpn, bool added)
{
    struct model_origin *o;
    m->origins_dirty = true;
    HASH_FIND(hh, m->origins, key, nkey, o);
    if (!added) {
        if (o)
            HASH_DEL(m->origins, o);
        free(o);
        return;
    }
    if (!o) {
        o = calloc(1, sizeof *o + nkey);
        if (!o)
            abort();
        memcpy(o->key, key, nkey);
        HASH_ADD_KEYPTR(hh, m->origins, o->key, nkey, o);
    }
    memset(&o->what, 0, sizeof o->what);
    o->vpn = vpn;
    fill(&o->what, l, v);
}

void model_plan_origins(const struct model *m, struct speaker_plan *plan)
{
    size_t n = HASH_COUNT(m->origins);
    plan->origins_changed = true;
    plan->origins = n ? reallocarray(NULL, n, sizeof *plan->origins) : NULL;
    if (n && !plan->origins)
        abort();
    for (const struct model_origin *o = m->origins; o; o = o->hh.next) {
        plan->origins[plan->norigins] = o->what;
        plan->origins[plan->norigins++].vpn = o->vpn ? o->vpn->number : 0;
    }
}

void model_free_origins(struct model *m)
{
    struct model_origin *o, *next;
    HASH_ITER (hh, m->origins, o, next) {
        HASH_DEL(m->origins, o);
        free(o);
    }
}
