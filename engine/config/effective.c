/* Effective configuration: peer over group over process over default, and what differs in two. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

enum { HOLD = 180, KEEPALIVE = 60, CONNECT_RETRY = 32 }; /* VRP defaults, seconds */

static const struct sch_field *field(const char *name)
{
    for (unsigned i = 0; i < sch_nfields; i++)
        if (strcmp(sch_fields[i].name, name) == 0)
            return &sch_fields[i];
    abort();
}

static bool given(const struct bgp_set *set, const struct sch_field *f)
{
    return set->bits[f->bit / 64] >> f->bit % 64 & 1;
}

/* --- process -----------------------------------------------------------------------------------
 */

static uint32_t ipv4(const struct bgp_addr *a)
{
    return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
}

/* The highest address of the interfaces of a VPN instance (NULL: the public network), of those of
 * loopback interfaces when there are any; 0: none. */
static uint32_t highest_address(const struct model *m, const char *vpn)
{
    uint32_t best = 0;
    for (int loopback = 1; loopback >= 0 && !best; loopback--)
        for (const struct model_if *i = m->ifs; i; i = i->hh.next)
            for (size_t k = 0; k < i->naddrs; k++)
                if (i->name[0] &&
                    (vpn ? i->conf.vpn && strcmp(i->conf.vpn, vpn) == 0 : !i->conf.vpn) &&
                    (strncmp(i->name, "LoopBack", 8) == 0) == loopback &&
                    i->addrs[k].addr.af == 4 && ipv4(&i->addrs[k].addr) > best)
                    best = ipv4(&i->addrs[k].addr);
    return best;
}

uint32_t model_router_id(const struct model *m)
{
    if (m->bgp.router_id)
        return m->bgp.router_id;
    return m->sys.router_id.af ? ipv4(&m->sys.router_id) : highest_address(m, NULL);
}

uint32_t model_vpn_router_id(const struct model *m, const struct model_vpn *v)
{
    const struct bgp_conf *four = &v->process[BGP_IPV4_UNICAST],
                          *six = &v->process[BGP_IPV6_UNICAST];
    if (four->router_id || six->router_id)
        return four->router_id ? four->router_id : six->router_id;
    return four->router_id_auto || six->router_id_auto || m->bgp.vpn_id_auto
               ? highest_address(m, v->name)
               : 0;
}

void model_effective_process(const struct model *m, struct bgp_conf *out)
{
    static const struct sch_field *keepalive, *hold, *retry;
    if (!keepalive) {
        keepalive = field("process.keepalive");
        hold = field("process.hold");
        retry = field("process.connect_retry");
    }
    *out = m->bgp;
    out->set = (struct bgp_set){0};
    out->router_id = model_router_id(m);
    if (!given(&m->bgp.set, keepalive))
        out->keepalive = KEEPALIVE;
    if (!given(&m->bgp.set, hold))
        out->hold = HOLD;
    if (!given(&m->bgp.set, retry))
        out->connect_retry = CONNECT_RETRY;
    if (!m->bgp.as)
        *out = (struct bgp_conf){0};
}

/* --- peers -------------------------------------------------------------------------------------
 */

static bool own_only(const struct sch_field *f)
{
    static const struct sch_field *group, *description;
    if (!group) {
        group = field("peer.group");
        description = field("peer.description");
    }
    return f == group || f == description;
}

/* "local-as" is "fake-as" under another name: who has one does not inherit the other. */
static bool has_other_name(const struct bgp_peer_conf *c, const struct sch_field *f)
{
    return (c->local_as && strncmp(f->name, "peer.fake_", 10) == 0) ||
           (c->fake_as && strncmp(f->name, "peer.local_", 11) == 0);
}

/* What can be said in two ways is effective in one. */
static void one_name(struct bgp_peer_conf *c)
{
    c->no_as4 |= c->suppress_as4;
    c->suppress_as4 = false;
    if (!c->local_as)
        return;
    c->fake_as = c->local_as;
    c->fake_dual = c->local_dual;
    c->fake_global = c->local_global;
    c->fake_in = c->local_in;
    c->local_as = 0;
    c->local_dual = c->local_global = c->local_in = false;
}

/* Takes from the group every field a line gave there and none gave on the peer. */
static void inherit(struct bgp_peer_conf *out, const struct bgp_peer_conf *from)
{
    for (unsigned i = 0; i < sch_nfields; i++) {
        const struct sch_field *f = &sch_fields[i];
        if (f->object != OBJECT_PEER || own_only(f) || given(&out->set, f) ||
            !given(&from->set, f) || has_other_name(out, f))
            continue;
        void *to = (char *)out + f->offset;
        const void *at = (const char *)from + f->offset;
        if (f->kind == SCH_F_STRING) {
            char *s;
            memcpy(&s, at, sizeof s);
            s = s ? strdup(s) : NULL;
            free(*(char **)to);
            memcpy(to, &s, sizeof s);
        } else {
            memcpy(to, at, f->size);
        }
        out->set.bits[f->bit / 64] |= UINT64_C(1) << f->bit % 64;
    }
}

static void timers(const struct model *m, struct bgp_peer_conf *out)
{
    static const struct sch_field *hold, *retry;
    if (!hold) {
        hold = field("peer.hold");
        retry = field("peer.connect_retry");
    }
    struct bgp_conf process;
    model_effective_process(m, &process);
    if (!given(&out->set, hold)) {
        out->keepalive = process.keepalive;
        out->hold = process.hold;
        out->min_hold = process.min_hold;
    }
    if (!given(&out->set, retry))
        out->connect_retry = process.connect_retry;
}

static void block(struct bgp_peer_conf *out, const char *why, const char *name)
{
    char text[96];
    snprintf(text, sizeof text, "connect-interface %s %s", name, why);
    free(out->blocked);
    out->blocked = strdup(text);
}

/* The local address: the one given, else the interface's of the peer's family. */
static void source(const struct model *m, struct bgp_peer_conf *out)
{
    const struct model_if *i = m->ifs;
    out->source_ip.vpn = out->source_ip.af ? out->addr.vpn : 0;
    if (out->source_ip.af) {
        out->local = out->source_ip;
        return;
    }
    if (!out->source_if)
        return;
    while (i && strcmp(i->name, out->source_if) != 0)
        i = i->hh.next;
    if (!i) {
        block(out, "does not exist", out->source_if);
        return;
    }
    const struct model_vpn *vpn = i->conf.vpn ? model_find_vpn(m, i->conf.vpn) : NULL;
    if ((vpn ? vpn->number : 0) != out->addr.vpn) {
        block(out, "is not of the VPN instance of the peer", out->source_if);
        return;
    }
    for (size_t k = 0; k < i->naddrs; k++)
        if (i->addrs[k].addr.af == out->addr.af && (i->addrs[k].primary || out->addr.af == 6) &&
            !out->local.af)
            out->local = i->addrs[k].addr;
    out->local.vpn = out->local.af ? out->addr.vpn : 0;
    if (!out->local.af && out->addr.af)
        block(out, "has no address", out->source_if);
}

/* The AS that the peers of a VPN instance see, if it has one of its own. */
uint32_t model_own_as(const struct model *m, const struct model_vpn *v, enum bgp_family family)
{
    uint32_t as = v ? v->process[family].instance_as : 0;
    return as ? as : m->bgp.as;
}

static uint32_t own_as(const struct model *m, const struct model_peer *p)
{
    return model_own_as(m, p->vpn, p->vpn ? (enum bgp_family)p->family : BGP_IPV4_UNICAST);
}

static void ttl(uint32_t own, struct bgp_peer_conf *out)
{
    if (out->kind != BGP_KIND_UNSET && !out->remote_as)
        ; /* a group: its own word counts */
    else
        out->kind = out->remote_as == own ? BGP_KIND_INTERNAL : BGP_KIND_EXTERNAL;
    if (out->kind == BGP_KIND_INTERNAL || out->gtsm_hops)
        out->ttl = 255;
    else if (!out->ttl)
        out->ttl = 1;
}

static void password(const struct model *m, struct bgp_peer_conf *out)
{
    char clear[SECRET_CLEAR_MAX + 1];
    if (!out->password)
        return;
    long n = secret_reveal(m->secrets, out->password, strlen(out->password), clear);
    free(out->password);
    out->password = n >= 0 ? strdup(clear) : NULL;
    if (n < 0 && !out->blocked) /* the key file is not the one it was sealed with */
        out->blocked = strdup("the stored password cannot be read");
    explicit_bzero(clear, sizeof clear);
}

/* Advertisement intervals that no line gave: 15 s to IBGP peers, 30 s to others. */
static void intervals(struct bgp_peer_conf *out)
{
    static const struct sch_field *mrai[BGP_FAMILIES];
    static const char *const names[BGP_FAMILIES] = {
        [BGP_IPV4_UNICAST] = "peer.af[BGP_IPV4_UNICAST].mrai",
        [BGP_IPV4_LABELED] = "peer.af[BGP_IPV4_LABELED].mrai",
        [BGP_VPNV4] = "peer.af[BGP_VPNV4].mrai",
        [BGP_IPV6_UNICAST] = "peer.af[BGP_IPV6_UNICAST].mrai",
        [BGP_VPNV6] = "peer.af[BGP_VPNV6].mrai",
    };
    for (int f = 0; f < BGP_FAMILIES; f++) {
        if (!mrai[f])
            mrai[f] = field(names[f]);
        if (!given(&out->set, mrai[f]))
            out->af[f].mrai = out->kind == BGP_KIND_INTERNAL ? 15 : 30;
    }
}

static void first_as(const struct model *m, struct bgp_peer_conf *out)
{
    static const struct sch_field *first;
    if (!first)
        first = field("peer.no_check_first_as");
    if (!given(&out->set, first))
        out->no_check_first_as = m->bgp.no_check_first_as;
}

/* Routes received have been judged by the setting of the process already: the peer is asked again
 * when it changes. */
static void private_as(const struct model *m, struct bgp_peer_conf *out)
{
    for (int f = 0; f < BGP_FAMILIES; f++)
        out->af[f].public_as_in_narrow = out->af[f].public_as_in && m->bgp.no_private_as4;
}

/* The family of the setting is that of the peer's address. A peer behind TTL security counts as not
 * directly connected. */
void model_sensitive(const struct model *m, const struct model_peer *p, uint8_t af,
                     struct bgp_peer_conf *out)
{
    enum bgp_family f = af == 6 ? BGP_IPV6_UNICAST : BGP_IPV4_UNICAST;
    const struct bgp_conf *process = p->vpn ? &p->vpn->process[p->family] : &m->bgp;
    if (out->gtsm_hops)
        return;
    out->sensitive = out->kind == BGP_KIND_INTERNAL
                         ? m->bgp.ibgp_sensitive
                         : out->ttl <= 1 && !process->af[f].no_ebgp_sensitive;
}

void model_effective_peer(const struct model *m, const struct model_peer *p,
                          struct bgp_peer_conf *out)
{
    const struct model_peer *g = p->is_group ? NULL : model_group_of(m, p);
    memset(out, 0, sizeof *out);
    bgp_peer_conf_copy(out, &p->raw);
    if (g) {
        inherit(out, &g->raw);
        out->enabled |= p->raw.member & g->raw.enabled;
    }
    if (p->vpn) /* the view is of one family, and its peers are enabled in it */
        out->enabled = (uint8_t)(1u << p->family & ~(g ? g->raw.off : 0u));
    out->enabled = (uint8_t)(out->enabled & ~p->raw.off);
    if (p->is_group && out->kind == BGP_KIND_INTERNAL)
        out->remote_as = own_as(m, p);
    if (own_as(m, p) != m->bgp.as && !out->fake_as)
        out->fake_as = own_as(m, p);
    one_name(out);
    timers(m, out);
    ttl(own_as(m, p), out);
    source(m, out);
    password(m, out);
    intervals(out);
    first_as(m, out);
    private_as(m, out);
    model_sensitive(m, p, out->addr.af, out);
    out->set = (struct bgp_set){0};
    out->off = out->member = 0;
}

static bool same_string(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_field(const struct sch_field *f, const void *a, const void *b)
{
    const char *at = (const char *)a + f->offset, *bt = (const char *)b + f->offset;
    if (f->kind != SCH_F_STRING)
        return memcmp(at, bt, f->size) == 0;
    char *sa, *sb;
    memcpy(&sa, at, sizeof sa);
    memcpy(&sb, bt, sizeof sb);
    return same_string(sa, sb);
}

enum sch_impact model_compare_peer(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b,
                                   bool *differs)
{
    enum sch_impact worst = SCH_IMPACT_NONE;
    *differs = false;
    for (unsigned i = 0; i < sch_nfields; i++) {
        const struct sch_field *f = &sch_fields[i];
        if (f->object != OBJECT_PEER || same_field(f, a, b))
            continue;
        *differs = true;
        if (f->impact > worst)
            worst = f->impact;
    }
    /* what is derived and not a field of a line */
    if (a->enabled != b->enabled || a->kind != b->kind || bgp_addr_cmp(&a->local, &b->local) != 0 ||
        !same_string(a->blocked, b->blocked)) {
        *differs = true;
        worst = SCH_IMPACT_SESSION;
    }
    *differs |= a->sensitive != b->sensitive;
    for (int f = 0; f < BGP_FAMILIES; f++)
        if (a->af[f].public_as_in_narrow != b->af[f].public_as_in_narrow) {
            *differs = true;
            worst = worst > SCH_IMPACT_REFRESH ? worst : SCH_IMPACT_REFRESH;
        }
    return worst;
}
