/*
 * The paths of a destination: Adj-RIB-In and Loc-RIB in one list.
 *
 * Every change of a path goes through settle(), which chooses again and tells the update groups
 * when what they may have advertised is no longer what is best.
 */
#include "bgp/rib/rib.h"

#include "bgp/internal.h"
#include "bgp/rib/aggregate.h"
#include "bgp/rib/group.h"
#include "bgp/rib/vpn.h"

enum {
    AHEAD = 8,  /* destinations whose slot is asked for early */
    REUSED = 64 /* destinations collected together when the table has no room */
};

static struct path *at(const struct rib_table *t, uint32_t id)
{
    return slab_at(&t->rib->paths, id);
}

/* Puts the best path first. changed: the path whose content is new, 0 none. was: the best one
 * before, 0 none. own: it was not a crossed path that changed. */
static void settle(struct rib_table *t, uint32_t dest, uint32_t was, uint32_t changed, bool own)
{
    struct dest *d = dest_at(&t->dests, dest);
    bool limits = t->limited || t->excess > 0;
    uint32_t best = limits ? limit_choose(t, d, was != 0) : path_choose(t, d), id;
    bool news = best != was || (best != 0 && best == changed);

    if (best != was) {
        t->best += (uint32_t)(best != 0) - (was != 0);
        for (id = d->path; id != 0; id = at(t, id)->next)
            at(t, id)->flags &= (uint8_t)~PATH_BEST;
    }
    if (best != 0 && best != d->path) {
        for (id = d->path; at(t, id)->next != best;)
            id = at(t, id)->next;
        at(t, id)->next = at(t, best)->next;
        at(t, best)->next = d->path;
        d->path = best;
    }
    if (best != 0)
        at(t, best)->flags |= PATH_BEST;
    if (news)
        group_mark(t, dest);
    if (t->aggregates && (best != was || news))
        aggregate_change(t, dest, was != 0, best != 0);
    if (limits)
        limit_watch(t);
    if (!t->crosses)
        return;
    if (!t->vpn)
        vpn_import(t, dest, news);
    else if (own || limits || t->conf->best_only)
        vpn_export(t, dest);
}

static uint32_t best_id(const struct rib_table *t, const struct dest *d)
{
    return d->path != 0 && at(t, d->path)->flags & PATH_BEST ? d->path : 0;
}

/* Counts a path of the source, or (by is -1) no longer. */
static void count(struct rib_table *t, struct source *s, unsigned flags, int by)
{
    t->paths += (uint64_t)by;
    t->excess += flags & PATH_EXCESS ? (uint64_t)by : 0;
    if (flags & (PATH_CROSS | PATH_UNWANTED))
        return;
    s->paths[t->family] += (uint32_t)by;
    if (flags & PATH_LOOP)
        s->loops[t->family] += (uint32_t)by;
}

/* Whether this is the path of a source, or the one that crossed with this label. */
static bool is(const struct path *p, unsigned source, uint32_t label, unsigned cross)
{
    if ((p->flags & PATH_CROSS) != cross)
        return false;
    return cross ? p->label == label : p->source == source;
}

static uint32_t add(struct rib_table *t, struct dest *d)
{
    uint32_t id = slab_new(&t->rib->paths);

    if (d->path == 0) {
        d->path = id;
    } else {
        at(t, id)->next = at(t, d->path)->next;
        at(t, d->path)->next = id;
    }
    return id;
}

void path_set(struct rib_table *t, uint32_t dest, struct source *s, uint32_t set, uint32_t label,
              unsigned flags)
{
    struct rib *r = t->rib;
    struct dest *d = dest_at(&t->dests, dest);
    uint32_t was = best_id(t, d), id = d->path;
    struct source *was_of;
    struct path *p;

    while (id != 0 && !is(at(t, id), s->number, label, flags & PATH_CROSS))
        id = at(t, id)->next;
    if (id == 0) {
        id = add(t, d);
        p = at(t, id);
    } else {
        p = at(t, id);
        was_of = rib_source(r, p->source);
        p->round = s->round[t->family];
        if (p->attrs == set && p->label == label && p->source == s->number &&
            (p->flags & (uint8_t)~PATH_BEST) == flags) {
            rib_drop_set(r, set);
            return;
        }
        rib_drop_set(r, p->attrs);
        count(t, was_of, p->flags, -1);
        rib_source_drop(r, was_of);
    }
    s->records++;
    count(t, s, flags, 1);
    p->source = s->number;
    p->round = s->round[t->family];
    p->since = (uint32_t)(r->b->now / 1000);
    p->attrs = set;
    p->label = label;
    p->flags = (uint8_t)((p->flags & PATH_BEST) | flags);
    settle(t, dest, was, id, !(flags & PATH_CROSSED));
}

bool path_exists(const struct rib_table *t, uint32_t dest, const struct source *s, unsigned without)
{
    uint32_t id = dest != 0 ? dest_at(&t->dests, dest)->path : 0;

    while (id != 0 && at(t, id)->source != s->number)
        id = at(t, id)->next;
    return id != 0 && !(at(t, id)->flags & without);
}

/* Takes the path id out of the list, whose previous link is *link. */
static void unlink_path(struct rib_table *t, uint32_t *link, uint32_t id)
{
    struct rib *r = t->rib;
    struct path *p = at(t, id);
    struct source *s = rib_source(r, p->source);

    *link = p->next;
    count(t, s, p->flags, -1);
    rib_source_drop(r, s);
    rib_drop_set(r, p->attrs);
    slab_free(&r->paths, id);
}

static bool take_out(struct rib_table *t, uint32_t dest, unsigned source, uint32_t label,
                     unsigned cross)
{
    struct dest *d = dest_at(&t->dests, dest);
    uint32_t was = best_id(t, d), *link = &d->path;

    while (*link != 0 && !is(at(t, *link), source, label, cross))
        link = &at(t, *link)->next;
    if (*link == 0)
        return false;
    unlink_path(t, link, *link);
    settle(t, dest, was, 0, !(cross & PATH_CROSSED));
    if (d->path == 0)
        dest_maybe_free(t, dest);
    return true;
}

bool path_remove(struct rib_table *t, uint32_t dest, const struct source *s)
{
    return take_out(t, dest, s->number, 0, 0);
}

bool path_remove_cross(struct rib_table *t, uint32_t dest, unsigned flag, uint32_t label)
{
    return take_out(t, dest, 0, label, flag);
}

/* Judges again whether a path is refused; false: it is not even kept. */
static bool recheck(struct rib_table *t, struct path *p)
{
    struct source *s = rib_source(t->rib, p->source);
    enum bgp_refusal why;
    unsigned flags;

    if (!s->session || s->session->tables[t->family] != t)
        return true; /* it has come some other way */
    flags = rib_refusals(s->session, t->family, p->attrs, &why);
    count(t, s, p->flags, -1);
    p->flags = (uint8_t)((p->flags & ~(unsigned)PATH_REFUSALS) | flags);
    count(t, s, p->flags, 1);
    if (!rib_drops(s->session, t->family, flags))
        return true;
    s->session->dropped |= (uint8_t)(1u << t->family);
    return false;
}

/* Whether the path still has its place. */
static bool remains(struct rib_table *t, struct path *p)
{
    const struct source *s = rib_source(t->rib, p->source);

    if (!s->alive || (t->vpn && t->vpn->removed) || rib_refresh_stale(t, p, s))
        return false;
    return !t->recheck || recheck(t, p);
}

void path_review(struct rib_table *t, uint32_t dest)
{
    struct dest *d = dest_at(&t->dests, dest);
    uint32_t was = best_id(t, d), *link = &d->path, id;
    bool had = d->path != 0;

    while ((id = *link) != 0) {
        if (remains(t, at(t, id)))
            link = &at(t, id)->next;
        else
            unlink_path(t, link, id);
    }
    settle(t, dest, was, 0, true);
    if (had && d->path == 0)
        dest_maybe_free(t, dest);
}

/* --- destinations without paths --------------------------------------------------------------- */

void dest_maybe_free(struct rib_table *t, uint32_t dest)
{
    struct dest *d = dest_at(&t->dests, dest);

    if (d->flags & DEST_GARBAGE)
        return;
    d->flags |= DEST_GARBAGE;
    if (t->ngarbage == t->garbage_room) {
        size_t room = t->garbage_room ? t->garbage_room + t->garbage_room / 2 : 1024;

        t->garbage =
            rib_resize(t->garbage, t->garbage_room * sizeof *t->garbage, room * sizeof *t->garbage);
        t->garbage_room = room;
    }
    t->garbage[t->ngarbage++] = dest;
    rib_collectable(t->rib);
}

uint32_t dest_take(struct rib_table *t, const uint8_t *key, unsigned len, uint32_t hash)
{
    uint32_t id;

    if (t->ngarbage == 0 || t->dests.slab.free != 0)
        return dest_make(&t->dests, key, len, hash);
    if ((id = dest_find(&t->dests, key, len, hash)) != 0)
        return id;
    rib_collect(t, REUSED);
    return dest_make(&t->dests, key, len, hash);
}

size_t rib_collect(struct rib_table *t, size_t n)
{
    size_t looked = 0;

    while (looked < n && t->ngarbage > 0) {
        uint32_t id = t->garbage[t->ngarbage - 1];
        struct dest *d = dest_at(&t->dests, id);

        bool kept = d->len == 0 && t->defaults > 0;

        if (d->path == 0 && !kept && group_holds(t, id))
            break;
        if (t->ngarbage > AHEAD) {
            const struct dest *next = dest_at(&t->dests, t->garbage[t->ngarbage - AHEAD]);

            dest_prefetch_slot(&t->dests, dest_hash(&t->dests, next->key, next->len));
        }
        looked++;
        t->ngarbage--;
        d->flags &= (uint8_t)~DEST_GARBAGE;
        if (d->path == 0 && !kept) {
            label_release(t, id);
            dest_remove(&t->dests, id);
        }
    }
    if (t->ngarbage == 0 && t->garbage_room > 0) {
        rib_resize(t->garbage, t->garbage_room * sizeof *t->garbage, 0);
        t->garbage = NULL;
        t->garbage_room = 0;
    }
    return looked;
}
