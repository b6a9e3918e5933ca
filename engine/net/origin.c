/* Origination; see origin.h. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "engine/net/origin.h"

enum { AT_ONCE = 256 }; /* routes looked at in one go */

struct announced_key {
    uint8_t family, kind, len;
    struct bgp_addr net;
};

/* A local route the library has from us. */
struct announced {
    struct announced_key key;
    bool has_med, wanted;
    uint32_t med;
    UT_hash_handle hh;
};

struct origin {
    struct bgp *bgp;
    uint16_t vpn;
    struct speaker_origin *list;
    size_t n;
    bool defaults[BGP_FAMILIES]; /* default routes are imported */
    struct announced *announced;
};

struct origin *origin_new(struct bgp *b, uint16_t vpn)
{
    struct origin *o = calloc(1, sizeof *o);
    if (!o)
        abort();
    o->bgp = b;
    o->vpn = vpn;
    return o;
}

static void forget_all(struct origin *o)
{
    struct announced *a, *next;
    HASH_ITER (hh, o->announced, a, next) {
        HASH_DEL(o->announced, a);
        free(a);
    }
}

void origin_free(struct origin *o)
{
    if (!o)
        return;
    forget_all(o);
    free(o->list);
    free(o);
}

static struct bgp_prefix prefix_of(const struct origin *o, const struct announced_key *k)
{
    struct bgp_prefix p = {.addr = k->net, .len = k->len};
    p.addr.vpn = o->vpn;
    return p;
}

static void withdraw(struct origin *o, struct announced *a)
{
    struct bgp_prefix p = prefix_of(o, &a->key);
    bgp_withdraw_local(o->bgp, (enum bgp_family)a->key.family, &p,
                       (enum bgp_route_kind)a->key.kind);
    HASH_DEL(o->announced, a);
    free(a);
}

/* A route that has no cost has no MED of its own either, so "default med" counts for it. */
static void announce(struct origin *o, const struct announced_key *k,
                     const struct speaker_origin *said, uint32_t cost)
{
    const uint32_t med = said->has_med ? said->med : cost;
    struct bgp_local_route local = {.has_med = said->has_med || cost > 0, .med = med};
    struct bgp_prefix p = prefix_of(o, k);
    struct announced *a;
    HASH_FIND(hh, o->announced, k, sizeof *k, a);
    if (a && a->med == med && a->has_med == local.has_med) {
        a->wanted = true;
        return;
    }
    if (!bgp_originate(o->bgp, (enum bgp_family)k->family, &p, (enum bgp_route_kind)k->kind,
                       &local))
        return;
    if (!a) {
        a = calloc(1, sizeof *a);
        if (!a)
            abort();
        a->key = *k;
        HASH_ADD(hh, o->announced, key, sizeof a->key, a);
    }
    a->has_med = local.has_med;
    a->med = med;
    a->wanted = true;
}

/* Addresses of this host alone are not imported, nor is the default route unless that was said. */
static bool importable(const struct origin *o, enum bgp_family f, const struct speaker_route *r)
{
    const uint8_t *b = r->net.b;
    if (r->len == 0)
        return o->defaults[f];
    if (r->net.af == 4)
        return b[0] != 127 && b[0] < 224 && !(b[0] == 169 && b[1] == 254);
    return b[0] != 0xff && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80) &&
           !(r->len == 128 && b[15] == 1 && memcmp(b, (uint8_t[15]){0}, 15) == 0);
}

static bool takes(const struct origin *o, const struct speaker_origin *w,
                  const struct speaker_route *r)
{
    if (r->silent || bgp_family_info[w->family].octets != (r->net.af == 4 ? 4 : 16))
        return false;
    if (w->import)
        return w->proto == r->proto && importable(o, w->family, r);
    return r->proto != SPEAKER_BGP && w->len == r->len && bgp_addr_cmp(&w->net, &r->net) == 0;
}

static void look_at(struct origin *o, const struct speaker_route *r, bool gone)
{
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        for (unsigned kind = BGP_ROUTE_NETWORK; kind <= BGP_ROUTE_IMPORT; kind++) {
            struct announced_key k = {(uint8_t)f, (uint8_t)kind, r->len, r->net};
            const struct speaker_origin *found = NULL;
            struct announced *a;
            for (size_t i = 0; i < o->n && !gone && !found; i++)
                if (o->list[i].family == f && o->list[i].import == (kind == BGP_ROUTE_IMPORT) &&
                    takes(o, &o->list[i], r))
                    found = &o->list[i];
            HASH_FIND(hh, o->announced, &k, sizeof k, a);
            if (found)
                announce(o, &k, found, r->cost);
            else if (a)
                withdraw(o, a);
        }
}

void origin_route(struct origin *o, const struct speaker_route *r, bool gone)
{
    if (o->n || o->announced)
        look_at(o, r, gone);
}

void origin_look(struct origin *o, struct rtable *t)
{
    static struct speaker_route some[AT_ONCE];
    struct announced *a, *next;
    HASH_ITER (hh, o->announced, a, next)
        a->wanted = false;
    for (unsigned af = 4; af <= 6 && o->n; af += 2) {
        struct speaker_route_query q = {.af = (uint8_t)af, .proto = -1};
        size_t got;
        while ((got = rtable_list(t, &q, some, AT_ONCE)))
            for (size_t i = 0; i < got; i++)
                if (some[i].first)
                    look_at(o, &some[i], false);
    }
    HASH_ITER (hh, o->announced, a, next)
        if (!a->wanted)
            withdraw(o, a);
}

void origin_set(struct origin *o, struct rtable *t, const struct speaker_origin *list, size_t n,
                bool forget)
{
    if (forget)
        forget_all(o);
    free(o->list);
    o->list = n ? reallocarray(NULL, n, sizeof *list) : NULL;
    if (n && !o->list)
        abort();
    o->n = 0;
    memset(o->defaults, 0, sizeof o->defaults);
    for (size_t i = 0; i < n; i++)
        if (list[i].vpn == o->vpn && list[i].defaults)
            o->defaults[list[i].family] = true;
        else if (list[i].vpn == o->vpn)
            o->list[o->n++] = list[i];
    origin_look(o, t);
}
