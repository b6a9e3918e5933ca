/*
 * Enhanced route refresh of what a peer sends (RFC 7313): between its BoRR and EoRR it tells all of
 * a family again, and what it did not mention then is gone.
 *
 * Each BoRR begins a round of the peer in that family, and every path that comes is stamped with
 * the round. EoRR says from which round on paths are kept; the sweep that follows removes older
 * ones, in slices, while routes go on coming. Rounds are compared modulo 256: a peer whose rounds
 * run ahead of the sweeps, which no honest one does, gets no new one until they have caught up.
 *
 * Called by session.c for messages, by rib.c when a sweep is complete.
 */
#include <stddef.h>

#include "bgp/internal.h"
#include "bgp/rib/rib.h"

enum { STALE = 360 * BGP_SECOND, ROUNDS = 100 };

static void end_round(struct rib_session *s, enum bgp_family f)
{
    struct source *source = s->source;

    s->refreshing &= (uint8_t) ~(1u << f);
    source->keep[f] = source->round[f];
    rib_sweep(s->tables[f]);
}

/* EoRR has not come for so long that it will not come. */
static void on_stale(struct bgp_timer *t)
{
    struct rib_session *s = (void *)((char *)t - offsetof(struct rib_session, stale));

    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (s->refreshing >> f & 1)
            end_round(s, (enum bgp_family)f);
}

void rib_refresh_begins(struct rib_session *s, enum bgp_family f)
{
    struct source *source = s->source;
    struct bgp *b = s->rib->b;

    if (!s->tables[f])
        return;
    if ((uint8_t)(source->round[f] - source->swept[f]) < ROUNDS)
        source->round[f]++;
    s->refreshing |= (uint8_t)(1u << f);
    s->stale.fire = on_stale;
    bgp_timer_set(&b->timers, &s->stale, b->now + STALE);
}

void rib_refresh_ends(struct rib_session *s, enum bgp_family f)
{
    if (!(s->refreshing >> f & 1))
        return;
    end_round(s, f);
    if (s->refreshing == 0)
        bgp_timer_stop(&s->rib->b->timers, &s->stale);
}

void rib_refresh_swept(const struct rib_table *t)
{
    const struct rib *r = t->rib;

    for (uint32_t i = 1; i < r->nsources; i++) {
        struct source *s = r->sources[i];

        if (!s || !s->session || s->session->tables[t->family] != t)
            continue;
        if (s->swept[t->family] != s->keep[t->family])
            rib_watch_limit(s->session, t->family);
        s->swept[t->family] = s->keep[t->family];
    }
}
