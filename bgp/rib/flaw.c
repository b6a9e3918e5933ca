/*
 * What is told of UPDATEs with errors that end no session: RFC 7606 section 6 wants the attribute
 * and the prefixes named, so that somebody can find out who has spoilt them.
 *
 * All are counted; told is the first one of a session, then one in FLAW_PAUSE: a peer does not fill
 * the log of its neighbour.
 */
#include "bgp/rib/rib.h"

#include <string.h>

#include "bgp/internal.h"

enum { FLAW_PAUSE = 60 * BGP_SECOND };

/* Sets what the report says of the prefixes of the field. */
static void list_prefixes(const struct rib_session *s, struct bgp_cursor nlri, struct bgp_flaw *out)
{
    const struct bgp_family_info *f = &bgp_family_info[out->family];
    unsigned rd = f->vpn ? (unsigned)BGP_RD : 0u;
    struct bgp_nlri n;

    for (; bgp_nlri_next(&nlri, out->family, s->rules.stacks >> out->family & 1, &n);
         out->prefixes++) {
        if (out->prefixes > 0)
            continue;
        memcpy(out->first.rd, n.key, rd);
        out->first.addr.af = f->octets == 4 ? 4 : 6;
        memcpy(out->first.addr.b, n.key + rd, f->octets);
        out->first.len = n.len;
    }
}

static void tell(struct rib_session *s, struct bgp_flaw *f, struct bgp_cursor field,
                 struct bgp_cursor nlri)
{
    const struct bgp *b = s->rib->b;
    struct bgp_attr a;

    f->peer = &s->source->addr;
    if (f->code == 0)
        a.value = field;
    if (f->code == 0 || bgp_attr_find(field, f->code, &a)) {
        f->value = a.value.at;
        f->n = a.value.left;
    }
    f->more = s->flaws;
    s->flaws = 0;
    s->flaw_at = b->now;
    list_prefixes(s, nlri, f);
    b->ops->flaw(b->ctx, f);
}

void rib_flaw(struct rib_session *s, const struct bgp_attrs *a, enum bgp_family family,
              struct bgp_cursor field, struct bgp_cursor nlri)
{
    const struct bgp *b = s->rib->b;
    struct bgp_flaw f = {
        .code = a->worst_code, .withdrawn = a->worst == BGP_TREAT_AS_WITHDRAW, .family = family};

    if (f.withdrawn) {
        s->withdrawn++;
        s->rib->discards.withdrawn[a->worst_code]++;
    }
    if (!b->ops->flaw || (!f.withdrawn && a->discarded == 0))
        return;
    if (s->flaw_at == 0 || b->now - s->flaw_at >= FLAW_PAUSE)
        tell(s, &f, field, nlri);
    else
        s->flaws++;
}
