/* Rows into plain structs; see model.h. */
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

struct model *model_new(struct secrets *secrets)
{
    struct model *m = must(calloc(1, sizeof *m));
    m->secrets = secrets;
    return m;
}

static void peer_free(struct model *m, struct model_peer *p)
{
    HASH_DEL(m->peers, p);
    bgp_peer_conf_clear(&p->raw);
    bgp_peer_conf_clear(&p->eff);
    free(p->nets);
    free(p);
}

static void if_free(struct model *m, struct model_if *i)
{
    HASH_DEL(m->ifs, i);
    free(i->conf.description);
    free(i->conf.vpn);
    free(i->addrs);
    free(i);
}

void model_free(struct model *m)
{
    if (!m)
        return;
    struct model_peer *p, *next;
    struct model_if *i, *inext;
    struct model_static *s, *snext;
    HASH_ITER (hh, m->peers, p, next)
        peer_free(m, p);
    HASH_ITER (hh, m->ifs, i, inext)
        if_free(m, i);
    HASH_ITER (hh, m->statics, s, snext) {
        HASH_DEL(m->statics, s);
        free(s);
    }
    model_free_origins(m);
    model_free_aggregates(m);
    model_free_vpns(m);
    free(m->sys.sysname);
    free(m->sys.exclusive_user);
    free(m->sys.daily_label);
    free(m->sys.zone_name);
    free(m->sys.zone_offset);
    free(m);
}

/* --- objects -----------------------------------------------------------------------------------
 */

static void peer_key(char key[MODEL_NAME + 36], const char *name, const struct model_vpn *vpn,
                     int8_t family)
{
    if (vpn) /* no name holds a line break */
        snprintf(key, MODEL_NAME + 36, "%s\n%s\n%c", name, vpn->name, 'a' + family);
    else
        snprintf(key, MODEL_NAME + 36, "%s", name);
}

static struct model_peer *find_peer(const struct model *m, const char *name,
                                    const struct model_vpn *vpn, int8_t family)
{
    char key[MODEL_NAME + 36];
    struct model_peer *p;
    peer_key(key, name, vpn, family);
    HASH_FIND_STR(m->peers, key, p);
    return p;
}

struct model_peer *model_find_peer(const struct model *m, const char *name)
{
    return find_peer(m, name, NULL, 0);
}

struct model_peer *model_peer_beside(const struct model *m, const struct model_peer *p,
                                     const char *name)
{
    return find_peer(m, name, p->vpn, p->family);
}

struct model_peer *model_peer_at(const struct model *m, const struct bgp_addr *addr)
{
    char name[MODEL_NAME];
    const struct model_vpn *vpn = addr->vpn ? model_vpn_number(m, addr->vpn) : NULL;
    bgp_addr_str(addr, name);
    return find_peer(m, name, vpn, addr->af == 4 ? BGP_IPV4_UNICAST : BGP_IPV6_UNICAST);
}

struct model_peer *model_group_of(const struct model *m, const struct model_peer *p)
{
    struct model_peer *g = p->raw.group ? model_peer_beside(m, p, p->raw.group) : NULL;
    return g && g->is_group && g->exists ? g : NULL;
}

static struct model_if *if_of(struct model *m, const uint8_t *key, size_t n)
{
    struct model_if *i;
    HASH_FIND(hh, m->ifs, key, n, i);
    if (i || n > sizeof i->key)
        return i;
    i = must(calloc(1, sizeof *i));
    memcpy(i->key, key, n);
    i->nkey = (uint32_t)n;
    HASH_ADD(hh, m->ifs, key, n, i);
    return i;
}

/* A change of a group reaches its members; of anything else, only itself. */
static void touch(struct model *m, struct model_peer *p)
{
    struct model_peer *q;
    p->dirty = true;
    if (!p->is_group)
        return;
    m->listen_dirty |= p->raw.listen || p->nnets;
    for (q = m->peers; q; q = q->hh.next)
        if (q->vpn == p->vpn && q->family == p->family && q->raw.group &&
            strcmp(q->raw.group, p->name) == 0)
            q->dirty = true;
}

const char *model_sysname(const struct model *m)
{
    return m->sys.sysname ? m->sys.sysname : "vrpsh";
}

/* --- fields ------------------------------------------------------------------------------------
 */

static void store_uint(void *at, size_t size, uint64_t u)
{
    switch (size) {
    case 1:
        *(uint8_t *)at = (uint8_t)u;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)u;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)u;
        break;
    default:
        *(uint64_t *)at = u;
    }
}

static void store_string(char **at, const struct sch_value *v, const struct sch_param *p)
{
    char text[SCH_TEXT_MAX];
    free(*at);
    *at = NULL;
    if (!v || !v->present)
        return;
    if (p->type == SCH_IFNAME) {
        sch_value_text(v, p, true, text, sizeof text);
        *at = must(strdup(text));
    } else {
        *at = must(strndup(v->s, v->n));
    }
}

/* A one-word alternative is a flag: given or not; of several, the index counts. A field that is
 * "not on" is set by the negated line alone. */
static uint64_t number_of(const struct sch_bind *b, const struct sch_value *v,
                          const struct sch_param *p, bool negated)
{
    if (b->slot < 0)
        return b->invert && !negated ? 0 : (uint64_t)b->constant;
    uint64_t u = p->type == SCH_ENUM && p->nwords == 1 ? v->present : v->present ? v->u : 0;
    return b->invert ? !u : u;
}

/* Sets the fields a line binds, or resets them to "not given" when v is NULL. */
static void bind_fields(void *object, struct bgp_set *set, const struct sch_line *l,
                        const struct sch_value *v, bool negated)
{
    for (uint8_t i = 0; i < l->nbinds; i++) {
        const struct sch_bind *b = &l->binds[i];
        const struct sch_field *f = &sch_fields[b->field];
        const struct sch_value *arg = v && b->slot >= 0 ? &v[b->slot] : NULL;
        const struct sch_param *p = b->slot >= 0 ? &l->params[b->slot] : NULL;
        void *at = (char *)object + f->offset;
        if (f->kind == SCH_F_STRING)
            store_string(at, arg, p);
        else if (f->kind == SCH_F_ADDR && f->size != 4)
            *(struct bgp_addr *)at = arg && arg->present ? arg->addr : (struct bgp_addr){0};
        else
            store_uint(at, f->size, v ? number_of(b, arg, p, negated) : 0);
        bool flag = p && p->type == SCH_ENUM && p->nwords == 1; /* "[disable]": given either way */
        if (v && (!arg || arg->present || flag))
            set->bits[f->bit / 64] |= UINT64_C(1) << f->bit % 64;
        else
            set->bits[f->bit / 64] &= ~(UINT64_C(1) << f->bit % 64);
    }
}

/* --- rows that are more than fields ------------------------------------------------------------
 */

struct row { /* one side of a changed row */
    struct model *m;
    const struct sch_place *place;
    const uint8_t *key;
    size_t nkey;
    const struct sch_value *v;
    bool negated, added;   /* added: the row comes; else it goes */
    struct model_vpn *vpn; /* the instance it is of, NULL: none */
    int8_t family;         /* of the instance's view */
};

static struct model_peer *peer_of(const struct row *r)
{
    char name[MODEL_NAME];
    const struct sch_value *v = &r->v[0];
    struct model *m = r->m;
    if (v->addr.af)
        bgp_addr_str(&v->addr, name);
    else
        snprintf(name, sizeof name, "%.*s", (int)v->n, v->s);
    struct model_peer *p = find_peer(m, name, r->vpn, r->family);
    if (p)
        return p;
    p = must(calloc(1, sizeof *p));
    memcpy(p->name, name, sizeof name);
    peer_key(p->key, name, r->vpn, r->family);
    p->vpn = r->vpn;
    p->family = r->vpn ? r->family : 0;
    p->is_group = !v->addr.af;
    p->raw.addr = v->addr;
    p->raw.addr.vpn = r->vpn ? r->vpn->number : 0;
    HASH_ADD_STR(m->peers, key, p);
    return p;
}

/* The instance of a row of "ip vpn-instance": its name stands in the key, behind the rank. */
static struct model_vpn *vpn_of(const struct row *r)
{
    struct model_vpn *v = model_vpn(r->m, (const char *)r->key + 1);
    v->dirty = true;
    return v;
}

static void feed_group_created(const struct row *r)
{
    struct model_peer *g = peer_of(r);
    g->exists = r->added;
    g->raw.listen = r->added && r->v[1].present;
    g->raw.kind = !r->added        ? BGP_KIND_UNSET
                  : r->v[2].u == 0 ? BGP_KIND_INTERNAL
                                   : BGP_KIND_EXTERNAL;
    r->m->listen_dirty |= r->v[1].present;
    touch(r->m, g);
}

static void feed_family_enable(const struct row *r)
{
    struct model_peer *p = peer_of(r);
    uint8_t bit = (uint8_t)(1u << sch_views[r->place->line->view].family);
    p->raw.enabled = (uint8_t)(p->raw.enabled & ~bit);
    p->raw.off = (uint8_t)(p->raw.off & ~bit);
    if (r->added && r->negated)
        p->raw.off |= bit;
    else if (r->added)
        p->raw.enabled |= bit;
    touch(r->m, p);
}

static void feed_family_group(const struct row *r)
{
    struct model_peer *p = peer_of(r);
    uint8_t bit = (uint8_t)(1u << sch_views[r->place->line->view].family);
    p->raw.member = (uint8_t)(p->raw.member & ~bit);
    if (r->added)
        p->raw.member |= bit;
    touch(r->m, p);
}

static void feed_listen_net(const struct row *r)
{
    struct model_peer *g = peer_of(r);
    r->m->listen_dirty = true;
    if (r->added) {
        g->nets = must(realloc(g->nets, (g->nnets + 1) * sizeof *g->nets));
        g->nets[g->nnets] =
            (struct bgp_listen_conf){.net = r->v[1].addr, .len = (uint8_t)r->v[2].u};
        g->nnets++;
        return;
    }
    for (size_t i = 0; i < g->nnets; i++)
        if (bgp_addr_cmp(&g->nets[i].net, &r->v[1].addr) == 0 && g->nets[i].len == r->v[2].u) {
            g->nets[i] = g->nets[--g->nnets];
            return;
        }
}

static void feed_listen_as(const struct row *r)
{
    struct model_peer *g = peer_of(r);
    uint32_t begin = (uint32_t)r->v[1].u;
    uint32_t end = r->place->line->nparams > 2 ? (uint32_t)r->v[2].u : begin;
    r->m->listen_dirty = true;
    if (r->added && g->nas < 16) {
        g->as_begin[g->nas] = begin;
        g->as_end[g->nas++] = end;
        return;
    }
    for (unsigned i = 0; i < g->nas && !r->added; i++)
        if (g->as_begin[i] == begin && g->as_end[i] == end) {
            g->nas--;
            g->as_begin[i] = g->as_begin[g->nas];
            g->as_end[i] = g->as_end[g->nas];
            return;
        }
}

static void feed_interface_address(const struct row *r)
{
    struct model_if *i = if_of(r->m, r->key, r->place->start[1]);
    bool primary = r->place->line == &sch_lines[LINE_INTERFACE_IP_ADDRESS];
    if (!i)
        return;
    r->m->addrs_dirty = r->m->all_dirty = true;
    if (r->added) {
        i->addrs = must(realloc(i->addrs, (i->naddrs + 1) * sizeof *i->addrs));
        i->addrs[i->naddrs++] = (struct model_addr){r->v[0].addr, (uint8_t)r->v[1].u, primary};
        return;
    }
    for (size_t k = 0; k < i->naddrs; k++)
        if (bgp_addr_cmp(&i->addrs[k].addr, &r->v[0].addr) == 0) {
            memmove(&i->addrs[k], &i->addrs[k + 1], (i->naddrs - k - 1) * sizeof *i->addrs);
            i->naddrs--;
            return;
        }
}

static void feed_static_route(const struct row *r)
{
    model_static(r->m, r->key, r->nkey, r->place->line, r->v, r->added);
}

static void feed_origin(const struct row *r)
{
    model_origin(r->m, r->place->line, r->key, r->nkey, r->v, r->vpn, r->added);
}

static void feed_aggregate(const struct row *r)
{
    model_aggregate(r->m, r->place->line, r->key, r->nkey, r->v, r->vpn, r->added);
}

static void feed_vpn_rd(const struct row *r)
{
    struct model_vpn *v = vpn_of(r);
    r->m->all_dirty = true;
    v->af[sch_views[r->place->line->view].family].rd = r->added ? r->v[0].u : 0;
}

static void feed_vpn_target(const struct row *r)
{
    model_vpn_target(vpn_of(r), r->place->line, r->v, r->added);
}

static void feed_vpn_label(const struct row *r)
{
    vpn_of(r)->af[sch_views[r->place->line->view].family].label_mode =
        r->added ? (uint8_t)r->v[0].u : BGP_LABEL_PER_INSTANCE;
}

static void feed_vpn_limit(const struct row *r)
{
    struct model_vpn *v = vpn_of(r);
    int8_t f = sch_views[r->place->line->view].family;
    bool prefixes = sch_is(r->place->line, LINE_VPN_INSTANCE_IPV4_PREFIX_LIMIT);
    struct bgp_vpn_limit *l = prefixes ? &v->af[f].prefixes : &v->af[f].routes;
    *l = (struct bgp_vpn_limit){0};
    if (r->added)
        *l = (struct bgp_vpn_limit){.most = (uint32_t)r->v[0].u,
                                    .percent = r->v[1].present ? (uint8_t)r->v[1].u : 0,
                                    .alert_only = r->v[2].present};
}

static void feed_vpn_mode(const struct row *r)
{
    const char *mode = r->place->line->params[0].words[r->v[0].u];
    r->vpn->process[r->family].af[r->family].best_only = r->added && strcmp(mode, "best") == 0;
    r->vpn->dirty = true;
}

/* A line of shell.vrp: who needs it reads the rows. */
static void feed_shell(const struct row *r)
{
    r->m->shell_changes++;
}

#define X(name) feed_##name,
static void (*const feeds[SCH_FEEDS_COUNT])(const struct row *) = {NULL, SCH_FEEDS_LIST(X)};
#undef X

/* --- binding a row to its object ---------------------------------------------------------------
 */

static void row_fields(const struct row *r)
{
    const struct sch_line *l = r->place->line;
    const struct sch_value *v = r->added ? r->v : NULL;
    struct model *m = r->m;
    struct model_peer *p;
    struct model_if *i;
    struct bgp_conf *process;
    switch ((enum sch_object)sch_fields[l->binds[0].field].object) {
    case OBJECT_SYSTEM:
        bind_fields(&m->sys, &m->sys.set, l, v, r->negated);
        m->all_dirty |= l != &sch_lines[LINE_SYSTEM_SYSNAME];
        break;
    case OBJECT_PROCESS:
        process = r->vpn ? &r->vpn->process[r->family] : &m->bgp;
        bind_fields(process, &process->set, l, v, r->negated);
        if (r->vpn)
            r->vpn->dirty = true;
        m->all_dirty = true;
        break;
    case OBJECT_PEER:
        p = peer_of(r);
        touch(m, p);
        bind_fields(&p->raw, &p->raw.set, l, v, r->negated);
        if (sch_is(l, LINE_BGP_PEER_AS_NUMBER) && !p->is_group)
            p->exists = r->added;
        touch(m, p);
        break;
    case OBJECT_INTERFACE:
        i = if_of(m, r->key, r->place->start[1]);
        if (i)
            bind_fields(&i->conf, &i->conf.set, l, v, r->negated);
        m->addrs_dirty |= l == &sch_lines[LINE_INTERFACE_IP_BINDING_VPN_INSTANCE];
        m->all_dirty |= m->addrs_dirty;
        break;
    case OBJECT_VPN_INSTANCE:
        bind_fields(&vpn_of(r)->conf, &vpn_of(r)->conf.set, l, v, r->negated);
        break;
    case SCH_OBJECTS:
        break;
    }
}

static void interface_row(const struct row *r)
{
    struct model_if *i = if_of(r->m, r->key, r->nkey);
    if (!i)
        return;
    r->m->addrs_dirty = r->m->all_dirty = true;
    if (r->added)
        sch_value_text(&r->v[0], &r->place->line->params[0], true, i->name, sizeof i->name);
    else
        i->name[0] = 0;
}

static bool one_side(struct model *m, const struct sch_place *place, const uint8_t *key,
                     size_t nkey, const char *text, bool added)
{
    struct sch_value v[SCH_SLOTS];
    struct row r = {m, place, key, nkey, v, false, added, NULL, 0};
    const struct sch_line *l = place->line;
    if (!sch_row_parse(l, text, strlen(text), v, &r.negated))
        return false;
    r.vpn = model_row_vpn(m, place, key, &r.family);
    if (l == &sch_lines[LINE_INTERFACE_INTERFACE])
        interface_row(&r);
    else if (place->level[0] == &sch_lines[LINE_VPN_INSTANCE_IP_VPN_INSTANCE] && l->enters)
        model_vpn_enabled(vpn_of(&r), l, added);
    else if (l->feeds)
        feeds[l->feeds](&r);
    if (l->nbinds)
        row_fields(&r);
    return true;
}

bool model_row(struct model *m, const uint8_t *key, size_t nkey, const char *old_text,
               const char *new_text)
{
    struct sch_place place;
    if (!sch_key_place(key, nkey, &place))
        return false;
    return (!old_text || one_side(m, &place, key, nkey, old_text, false)) &&
           (!new_text || one_side(m, &place, key, nkey, new_text, true));
}

/* --- plans -------------------------------------------------------------------------------------
 */

static enum bgp_action action_of(enum sch_impact i)
{
    static const enum bgp_action actions[] = {BGP_KEEP, BGP_REEXPORT, BGP_REFRESH_IN, BGP_RESET};
    return actions[i];
}

static struct speaker_peer_change *add_change(struct speaker_plan *plan, size_t *cap)
{
    if (plan->npeers == *cap) {
        *cap = *cap ? *cap * 2 : 16;
        plan->peers = must(realloc(plan->peers, *cap * sizeof *plan->peers));
    }
    struct speaker_peer_change *c = &plan->peers[plan->npeers++];
    memset(c, 0, sizeof *c);
    return c;
}

static void plan_peer(const struct model *m, const struct model_peer *p, bool restart,
                      struct speaker_plan *plan, size_t *cap)
{
    if (!p->exists || !m->bgp.as) {
        if (!p->sent)
            return;
        struct speaker_peer_change *gone = add_change(plan, cap);
        gone->conf.addr = p->raw.addr;
        gone->remove = true;
        return;
    }
    struct bgp_peer_conf eff;
    bool differs = true;
    enum sch_impact impact = SCH_IMPACT_NONE;
    model_effective_peer(m, p, &eff);
    if (p->sent)
        impact = model_compare_peer(&p->eff, &eff, &differs);
    restart |= p->vpn && p->vpn->router_id != model_vpn_router_id(m, p->vpn);
    if (p->sent && restart)
        impact = SCH_IMPACT_SESSION;
    if (!differs && impact == SCH_IMPACT_NONE) {
        bgp_peer_conf_clear(&eff);
        return;
    }
    struct speaker_peer_change *c = add_change(plan, cap);
    c->conf = eff;
    c->action = action_of(impact);
}

/* Only addresses of loopback interfaces are ever put on the host: ports belong to its owner, and
 * their addresses tell which device of the host a port is. */
static void plan_addrs(const struct model *m, struct speaker_plan *plan)
{
    for (const struct model_if *i = m->ifs; i; i = i->hh.next)
        for (size_t k = 0; k < i->naddrs && i->name[0]; k++) {
            plan->addrs = must(realloc(plan->addrs, (plan->naddrs + 1) * sizeof *plan->addrs));
            struct speaker_addr *a = &plan->addrs[plan->naddrs++];
            memset(a, 0, sizeof *a);
            snprintf(a->ifname, sizeof a->ifname, "%s", i->name);
            a->addr = i->addrs[k].addr;
            a->len = i->addrs[k].len;
            const struct model_vpn *vpn = i->conf.vpn ? model_find_vpn(m, i->conf.vpn) : NULL;
            a->vpn = vpn ? vpn->number : 0;
            a->port = strncmp(i->name, "LoopBack", 8) != 0;
        }
    plan->addrs_changed = true;
}

static void plan_listen(const struct model *m, struct speaker_plan *plan)
{
    for (const struct model_peer *g = m->peers; g; g = g->hh.next)
        for (size_t k = 0; k < g->nnets && g->exists && g->raw.listen && m->bgp.as; k++) {
            plan->listen = must(realloc(plan->listen, (plan->nlisten + 1) * sizeof *plan->listen));
            struct bgp_listen_conf *l = &plan->listen[plan->nlisten++];
            memset(l, 0, sizeof *l);
            l->net = g->nets[k].net;
            l->len = g->nets[k].len;
            l->nas = g->nas;
            for (unsigned i = 0; i < g->nas; i++) {
                l->as[i].begin = g->as_begin[i];
                l->as[i].end = g->as_end[i];
            }
            model_effective_peer(m, g, &l->peer);
            model_sensitive(m, g, l->net.af, &l->peer);
        }
    plan->listen_changed = true;
}

struct speaker_plan *model_plan(struct model *m)
{
    struct speaker_plan *plan = must(calloc(1, sizeof *plan));
    size_t cap = 0;
    model_effective_process(m, &plan->process);
    struct bgp_conf a = plan->process, b = m->bgp_eff;
    a.set = b.set = (struct bgp_set){0};
    plan->process_changed = memcmp(&a, &b, sizeof a) != 0;
    bool restart =
        plan->process.as != m->bgp_eff.as || plan->process.router_id != m->bgp_eff.router_id;
    for (const struct model_peer *p = m->peers; p; p = p->hh.next)
        if (!p->is_group && (p->dirty || m->all_dirty))
            plan_peer(m, p, restart, plan, &cap);
    if (m->addrs_dirty)
        plan_addrs(m, plan);
    if (m->listen_dirty || m->all_dirty)
        plan_listen(m, plan);
    if (m->statics_dirty)
        model_plan_statics(m, plan);
    plan->origin_lines = m->origins_dirty;
    plan->aggregate_lines = m->aggregates_dirty;
    if (m->origins_dirty || m->all_dirty)
        model_plan_origins(m, plan);
    if (m->aggregates_dirty || m->all_dirty)
        model_plan_aggregates(m, plan);
    model_plan_vpns(m, plan);
    if (plan->process_changed || plan->npeers || plan->addrs_changed || plan->listen_changed ||
        plan->statics_changed || plan->origins_changed || plan->aggregates_changed || plan->nvpns)
        return plan;
    speaker_plan_free(plan);
    return NULL;
}

void model_applied(struct model *m, const struct speaker_plan *plan)
{
    if (plan) {
        m->bgp_eff = plan->process;
        model_vpns_applied(m, plan);
    }
    for (size_t i = 0; plan && i < plan->npeers; i++) {
        const struct speaker_peer_change *c = &plan->peers[i];
        struct model_peer *p = model_peer_at(m, &c->conf.addr);
        bgp_peer_conf_clear(&p->eff);
        p->sent = !c->remove;
        if (!c->remove)
            bgp_peer_conf_copy(&p->eff, &c->conf);
    }
    model_clean(m);
}

void model_clean(struct model *m)
{
    struct model_peer *p, *next;
    struct model_if *i, *inext;
    m->all_dirty = m->addrs_dirty = m->listen_dirty = m->statics_dirty = m->origins_dirty = false;
    m->aggregates_dirty = false;
    HASH_ITER (hh, m->peers, p, next) {
        p->dirty = false;
        if (!p->exists && !p->sent)
            peer_free(m, p);
    }
    HASH_ITER (hh, m->ifs, i, inext)
        if (!i->name[0])
            if_free(m, i);
    model_clean_vpns(m);
}
