/* Which aggregates BGP announces: "aggregate" lines in the model. */
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

void model_aggregate(struct model *m, const struct sch_line *l, const uint8_t *key, size_t nkey,
                     const struct sch_value *v, struct model_vpn *vpn, bool added)
{
    struct model_aggregate *a;
    m->aggregates_dirty = true;
    HASH_FIND(hh, m->aggregates, key, nkey, a);
    if (!added) {
        if (a)
            HASH_DEL(m->aggregates, a);
        free(a);
        return;
    }
    if (!a) {
        a = calloc(1, sizeof *a + nkey);
        if (!a)
            abort();
        memcpy(a->key, key, nkey);
        HASH_ADD_KEYPTR(hh, m->aggregates, a->key, nkey, a);
    }
    a->vpn = vpn;
    a->family = (enum bgp_family)sch_views[l->view].family;
    a->what = (struct bgp_aggregate){.prefix = {.addr = v[0].addr, .len = (uint8_t)v[1].u},
                                     .as_set = v[2].present,
                                     .suppress = v[3].present};
}

void model_plan_aggregates(const struct model *m, struct speaker_plan *plan)
{
    size_t n = HASH_COUNT(m->aggregates);
    plan->aggregates_changed = true;
    plan->aggregates = n ? calloc(n, sizeof *plan->aggregates) : NULL;
    if (n && !plan->aggregates)
        abort();
    for (const struct model_aggregate *a = m->aggregates; a; a = a->hh.next)
        plan->aggregates[plan->naggregates++] =
            (struct speaker_aggregate){a->what, a->family, a->vpn ? a->vpn->number : 0};
}

void model_free_aggregates(struct model *m)
{
    struct model_aggregate *a, *next;
    HASH_ITER (hh, m->aggregates, a, next) {
        HASH_DEL(m->aggregates, a);
        free(a);
    }
}
