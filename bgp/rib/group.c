/* Update groups: pending destinations become sorted runs and the Adj-RIB-Out; see group.h. */
#include "bgp/rib/group.h"

#include <stdlib.h>
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/aggregate.h"

/* --- arrays by destination -------------------------------------------------------------------- */

#define RESIZE(array, from, to)                                                                    \
    ((array) = rib_resize(array, (size_t)(from) * sizeof *(array), (size_t)(to) * sizeof *(array)))

static size_t words(uint32_t bits)
{
    return (bits + (size_t)63) / 64;
}

static void resize(struct rib_group *g, uint32_t room)
{
    RESIZE(g->out, g->room, room);
    RESIZE(g->from, g->room, room);
    if (bgp_family_info[g->table->family].label)
        RESIZE(g->label, g->room, room);
    if (g->policy.mrai)
        RESIZE(g->when, g->room, room);
    RESIZE(g->out_bit, words(g->room), words(room));
    RESIZE(g->pending_bit, words(g->room), words(room));
    RESIZE(g->run_bit, words(g->room), words(room));
    g->room = room;
}

static void append(uint32_t **list, size_t *n, size_t *room, uint32_t dest)
{
    if (*n == *room) {
        size_t more = *room + *room / 2 + 1024;

        *list = rib_resize(*list, *room * sizeof **list, more * sizeof **list);
        *room = more;
    }
    (*list)[(*n)++] = dest;
}

/* Adds to the queue. What has been taken from its front makes room first: under a load that never
 * lets it run empty it would grow for ever. */
static void queue(struct rib_group *g, uint32_t dest)
{
    if (g->npending == g->pending_room && g->pending_at > g->npending / 2) {
        g->npending -= g->pending_at;
        memmove(g->pending, g->pending + g->pending_at, g->npending * sizeof *g->pending);
        g->pending_at = 0;
    }
    append(&g->pending, &g->npending, &g->pending_room, dest);
}

static void mark(struct rib_group *g, uint32_t dest)
{
    if (dest >= g->room)
        resize(g, (dest + dest / 8 + 4096) / 64 * 64);
    if (bit_get(g->pending_bit, dest))
        return;
    bit_set(g->pending_bit, dest);
    queue(g, dest);
}

void group_mark(struct rib_table *t, uint32_t dest)
{
    for (struct rib_group *g = t->groups; g; g = g->next)
        mark(g, dest);
    t->rib->idle = false;
}

static bool is_default(const struct rib_group *g, uint32_t dest)
{
    return g->policy.default_route && dest_at(&g->table->dests, dest)->len == 0;
}

static uint32_t default_dest(const struct rib_table *t)
{
    static const uint8_t key[BGP_KEY];

    return dest_find(&t->dests, key, 0, dest_hash(&t->dests, key, 0));
}

void group_default(struct rib_group *g)
{
    static const uint8_t key[BGP_KEY];
    struct rib_table *t = g->table;

    t->defaults++;
    mark(g, dest_make(&t->dests, key, 0, dest_hash(&t->dests, key, 0)));
    rib_wake(t->rib);
}

void group_review(struct rib_table *t)
{
    if (!t->groups || t->dests.slab.live == 0)
        return;
    for (struct rib_group *g = t->groups; g; g = g->next)
        g->scan_at = 1;
    rib_wake(t->rib);
}

/* What a member out of step has only to look at is no reason: of a destination that is gone, or
 * another one by now, it finds nothing or what it is to be told anyway. */
bool group_holds(const struct rib_table *t, uint32_t dest)
{
    for (const struct rib_group *g = t->groups; g; g = g->next) {
        if (dest < g->room && (g->out[dest] != 0 || bit_get(g->pending_bit, dest)))
            return true;
        for (const struct rib_member *m = g->lagging ? g->members : NULL; m; m = m->next)
            if (m->lag && dest < m->lag->bits && bit_get(m->lag->told, dest))
                return true;
    }
    return false;
}

static void group_free(struct rib_group *g)
{
    resize(g, 0);
    RESIZE(g->pending, g->pending_room, 0);
    RESIZE(g->held, g->held_room, 0);
    RESIZE(g->run, g->run_room, 0);
    if (g->policy.default_route && --g->table->defaults == 0)
        dest_maybe_free(g->table, default_dest(g->table));
    free(g);
}

/* Gives up what an entry of the Adj-RIB-Out holds. */
static void forget(struct rib_group *g, uint32_t dest)
{
    struct rib *r = g->table->rib;

    rib_drop_set(r, g->out[dest]);
    rib_source_drop(r, rib_source(r, g->from[dest]));
}

size_t group_reap(struct rib_table *t, size_t n)
{
    struct rib_group *g;
    size_t done = 0;

    while ((g = t->ended) && done < n) {
        for (; g->scan_at < g->room && done < n; g->scan_at++, done++)
            if (g->out[g->scan_at] != 0)
                forget(g, g->scan_at);
        if (g->scan_at < g->room)
            break;
        t->ended = g->next;
        group_free(g);
        done++;
    }
    return done;
}

/* A group with no member left says and holds nothing; its references go in slices. */
void group_end(struct rib_group *g)
{
    struct rib_group **link = &g->table->groups;

    while (*link != g)
        link = &(*link)->next;
    *link = g->next;
    for (; g->run_at < g->nrun; g->run_at++)
        if (g->run[g->run_at] >> 32)
            rib_drop_set(g->table->rib, (uint32_t)(g->run[g->run_at] >> 32));
    g->next = g->table->ended;
    g->table->ended = g;
    g->scan_at = 0;
    if (group_reap(g->table, RIB_SLICE) == RIB_SLICE)
        rib_wake(g->table->rib);
}

/* --- from pending to a run -------------------------------------------------------------------- */

/* The routes of one UPDATE come one after another: what was exported last mostly fits again. Lives
 * for one slice, in which no set it names can go away. */
struct exported {
    uint32_t attrs, result;
    uint16_t source;
    enum bgp_refusal why; /* it is 0 */
};

static uint32_t export_cached(struct rib_group *g, const struct path *p, struct exported *last)
{
    if (last->attrs != p->attrs || last->source != p->source) {
        last->attrs = p->attrs;
        last->source = p->source;
        return last->result = rib_export(g, p, &last->why);
    }
    if (last->result != 0)
        attrset_hold(&g->table->rib->sets, last->result, 1);
    return last->result;
}

/* The members are not told a route of this source. */
static void count_refused(struct rib_group *g, uint32_t source, enum bgp_refusal why)
{
    for (struct rib_member *m = why < BGP_REFUSALS ? g->members : NULL; m; m = m->next)
        if (m->session->source->number != source)
            bgp_peer_refused(m->session->conn->peer, g->table->family, why, 1);
}

static bool too_soon(const struct rib_group *g, uint32_t dest)
{
    uint64_t now = g->table->rib->b->now / 1000;

    return g->when[dest] != 0 && (uint16_t)(now - g->when[dest]) < g->policy.mrai;
}

/* RFC 4271 section 10: the interval is 0.75 to 1.0 of what is configured, drawn anew each second,
 * so that what is announced together may change together. To be taken off the time of announcing.*/
static uint16_t early(struct rib_group *g)
{
    struct bgp *b = g->table->rib->b;
    uint64_t whole = (uint64_t)g->policy.mrai * BGP_SECOND;

    if (g->drawn_at != b->now / 1000 + 1) {
        g->drawn_at = b->now / 1000 + 1;
        g->early = (uint16_t)((whole - bgp_jitter(b, whole)) / BGP_SECOND);
    }
    return g->early;
}

static uint64_t mrai_over(const struct rib_group *g, uint32_t dest)
{
    uint64_t now = g->table->rib->b->now / 1000;

    return (now + g->policy.mrai - (uint16_t)(now - g->when[dest])) * 1000;
}

static void hold_back(struct rib_group *g, uint32_t dest, uint64_t due)
{
    bit_set(g->pending_bit, dest);
    append(&g->held, &g->nheld, &g->held_room, dest);
    if (g->held_until == 0 || due < g->held_until)
        g->held_until = due;
}

void group_release(struct rib_table *t)
{
    for (struct rib_group *g = t->groups; g; g = g->next)
        if (g->held_until != 0)
            g->held_until = t->rib->b->now ? t->rib->b->now : 1;
}

/* MRAI is over for some: all that is held is looked at again. */
static void release_held(struct rib_group *g)
{
    if (g->held_until == 0 || g->table->rib->b->now < g->held_until)
        return;
    for (size_t i = 0; i < g->nheld; i++)
        queue(g, g->held[i]);
    g->nheld = 0;
    g->held_until = 0;
}

static void run_append(struct rib_group *g, uint32_t set, uint32_t dest)
{
    if (g->nrun == g->run_room) {
        size_t room = g->run_room + g->run_room / 2 + 1024;

        RESIZE(g->run, g->run_room, room);
        g->run_room = room;
    }
    g->run[g->nrun++] = (uint64_t)set << 32 | dest;
    bit_set(g->run_bit, dest);
}

static void gather_one(struct rib_group *g, uint32_t dest, struct exported *last)
{
    struct rib_table *t = g->table;
    const struct path *best = path_best(t, dest_at(&t->dests, dest));
    uint32_t set = 0, old = g->out[dest];
    bool ours = is_default(g, dest);
    enum aggregate_verdict verdict = best && !ours ? aggregate_verdict(g, dest) : AGGREGATE_LEAVES;

    bit_clear(g->pending_bit, dest);
    if (verdict == AGGREGATE_AWAITED) { /* group_release() says when */
        hold_back(g, dest, t->rib->b->now + BGP_SECOND);
        return;
    }
    if ((best || ours) && g->when && too_soon(g, dest)) {
        hold_back(g, dest, mrai_over(g, dest));
        return;
    }
    if (ours)
        set = rib_export_default(g);
    else if (best && verdict == AGGREGATE_LEAVES && (set = export_cached(g, best, last)) == 0)
        count_refused(g, best->source, last->why);
    if (set == old && (set == 0 || ours ||
                       (g->from[dest] == best->source &&
                        (!g->label || g->label[dest] == rib_export_label(g, dest, best))))) {
        if (set != 0)
            rib_drop_set(t->rib, set); /* the Adj-RIB-Out holds it as well */
        lag_touch(g, dest, false);
        return;
    }
    run_append(g, set, dest);
}

static size_t gather(struct rib_group *g, size_t n)
{
    struct exported last = {0};
    size_t done = 0;
    bool twice = false;

    while (done < n && g->pending_at < g->npending && g->nrun < GROUP_RUN) {
        /* Changed again since an earlier slice put it there: a run has no order in time, so it ends
         * here. What it says of the destination is void, for that is pending. */
        if ((twice = bit_get(g->run_bit, g->pending[g->pending_at])))
            break;
        if (g->pending_at + 8 < g->npending)
            __builtin_prefetch(dest_at(&g->table->dests, g->pending[g->pending_at + 8]));
        gather_one(g, g->pending[g->pending_at++], &last);
        done++;
    }
    if (g->pending_at == g->npending) {
        if (g->pending_room > GROUP_RUN) {
            RESIZE(g->pending, g->pending_room, 0);
            g->pending_room = 0;
        }
        g->pending_at = g->npending = 0;
    }
    if (g->nrun == GROUP_RUN || g->npending == 0 || twice) {
        run_sort(g->table->rib, g->run, g->nrun);
        g->sorted = true;
    }
    return done + twice;
}

void run_sort(struct rib *r, uint64_t *run, size_t n)
{
    enum { BITS = 11, BUCKETS = 1 << BITS };
    uint32_t count[BUCKETS];
    uint64_t all = 0;
    bool sorted = true;
    uint64_t *from = run, *to, *spare;

    for (size_t i = 0; i < n; i++) {
        all |= run[i] >> 32;
        sorted &= i == 0 || run[i - 1] >> 32 <= run[i] >> 32;
    }
    if (sorted)
        return;
    if (r->spare_room < n) {
        RESIZE(r->spare, r->spare_room, n);
        r->spare_room = n;
    }
    to = r->spare;
    for (unsigned shift = 32; all >> (shift - 32); shift += BITS) {
        size_t sum = 0;

        memset(count, 0, sizeof count);
        for (size_t i = 0; i < n; i++)
            count[from[i] >> shift & (BUCKETS - 1)]++;
        for (unsigned b = 0; b < BUCKETS; b++) {
            size_t c = count[b];

            count[b] = (uint32_t)sum;
            sum += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[from[i] >> shift & (BUCKETS - 1)]++] = from[i];
        spare = from;
        from = to;
        to = spare;
        if (shift + BITS >= 64)
            break;
    }
    if (from != run)
        memcpy(run, from, n * sizeof *run);
}

/* --- from a run to the Adj-RIB-Out and the wire ------------------------------------------------
 */

static void withdraw_alone(struct rib_member *m, uint32_t dest)
{
    size_t n = m->ngone, room = m->gone_room;

    if (m->lag)
        return; /* its lag finds out */
    append(&m->gone, &n, &room, dest);
    m->ngone = (uint32_t)n;
    m->gone_room = (uint32_t)room;
}

static void store(struct rib_group *g, uint32_t dest, uint32_t set, uint32_t source, uint32_t label)
{
    struct rib *r = g->table->rib;

    if (set != 0)
        rib_source(r, source)->records++;
    if (g->out[dest] != 0)
        forget(g, dest);
    g->advertised += (uint32_t)(set != 0) - (g->out[dest] != 0);
    g->out[dest] = set;
    if (set != 0)
        bit_set(g->out_bit, dest);
    else
        bit_clear(g->out_bit, dest);
    g->from[dest] = (uint16_t)source;
    if (g->label)
        g->label[dest] = label;
    if (g->when && set != 0) {
        g->when[dest] = (uint16_t)(r->b->now / 1000 - early(g));
        if (g->when[dest] == 0) /* that says never */
            g->when[dest] = 1;
    }
}

static void tell(struct rib_group *g, struct packer *p, uint32_t dest, uint32_t set)
{
    struct rib_table *t = g->table;
    uint32_t old = g->out[dest], source = 0, label = 0;
    struct rib_member *was = old ? group_member_of(g, g->from[dest]) : NULL, *is = NULL;
    const struct path *best;

    if (set != 0) {
        best = path_best(t, dest_at(&t->dests, dest));
        source = is_default(g, dest) ? (uint32_t)SOURCE_NETWORK : best->source;
        label = g->label ? rib_export_label(g, dest, best) : 0;
        is = group_member_of(g, source);
        if (!packer_add(p, dest, set, label, is)) {
            rib_drop_set(t->rib, set);
            set = source = 0;
            is = NULL;
        } else if (is && old != 0 && g->from[dest] != source) {
            withdraw_alone(is, dest);
        }
    }
    if (set == 0 && old == 0) {
        lag_touch(g, dest, false);
        return;
    }
    if (set == 0)
        packer_add(p, dest, 0, BGP_LABEL_WITHDRAWN, was);
    if (was)
        was->own--;
    if (is)
        is->own++;
    store(g, dest, set, source, label);
    lag_touch(g, dest, true);
}

/* Routes a member was told of have become its own. */
static void flush_gone(struct rib_group *g)
{
    struct packer p;

    for (struct rib_member *m = g->members; m; m = m->next) {
        if (m->ngone == 0)
            continue;
        packer_begin(&p, g, m);
        for (uint32_t i = 0; i < m->ngone; i++)
            packer_add(&p, m->gone[i], 0, BGP_LABEL_WITHDRAWN, NULL);
        packer_flush(&p);
        m->ngone = 0;
    }
}

/* How long a slow member may hold up the others, ms. */
static uint64_t patience(const struct rib_group *g)
{
    const struct bgp_af_conf *c = g->table->conf;

    return c->slow_never ? UINT32_MAX : c->slow_after ? c->slow_after * BGP_SECOND : GROUP_STALL;
}

/* Whether the members in step can take more. A member that holds up others for too long, also those
 * that are catching up, is put out of step. */
static bool may_send(struct rib_group *g)
{
    uint64_t now = g->table->rib->b->now;
    unsigned ready = 0, busy = 0;

    for (const struct rib_member *m = g->members; m; m = m->next)
        if (member_ready(m))
            ready++;
        else if (!m->lag)
            busy++;
    if (busy == 0 || ready == 0) {
        g->stalled = 0;
        return busy == 0;
    }
    if (g->stalled == 0)
        g->stalled = now ? now : 1;
    if (now - g->stalled < patience(g))
        return false;
    for (struct rib_member *m = g->members; m; m = m->next)
        if (!m->lag && !member_ready(m))
            lag_start(m, true);
    g->stalled = 0;
    return true;
}

static size_t emit(struct rib_group *g, size_t n)
{
    struct packer p;
    size_t done = 0;

    packer_begin(&p, g, NULL);
    while (done < n && g->run_at < g->nrun) {
        uint32_t dest = (uint32_t)g->run[g->run_at], set = (uint32_t)(g->run[g->run_at] >> 32);

        if (p.len >= RIB_OUT / 2) {
            packer_flush(&p);
            if (!may_send(g))
                break;
        }
        if (g->run_at + 8 < g->nrun)
            __builtin_prefetch(dest_at(&g->table->dests, (uint32_t)g->run[g->run_at + 8]));
        g->run_at++;
        bit_clear(g->run_bit, dest);
        done++;
        if (!bit_get(g->pending_bit, dest))
            tell(g, &p, dest, set);
        else if (set != 0) /* it has changed again and will come with a later run */
            rib_drop_set(g->table->rib, set);
    }
    packer_flush(&p);
    flush_gone(g);
    if (g->run_at == g->nrun) {
        g->run_at = g->nrun = 0;
        g->sorted = false;
    }
    return done;
}

/* The first look of a new group at what is there. */
static size_t scan(struct rib_group *g, size_t n)
{
    struct rib_table *t = g->table;
    size_t done = 0;

    for (; g->scan_at < t->dests.slab.used && done < n; g->scan_at++, done++) {
        const struct dest *d = dest_at(&t->dests, g->scan_at);

        if (d->flags & DEST_LIVE && (path_best(t, d) || is_default(g, g->scan_at)))
            mark(g, g->scan_at);
    }
    if (g->scan_at >= t->dests.slab.used)
        g->scan_at = 0;
    return done + 1;
}

size_t group_work(struct rib_group *g, size_t n)
{
    size_t done = 0, step;

    if (g->scan_at != 0)
        return scan(g, n);
    release_held(g);
    do {
        step = g->sorted ? (may_send(g) ? emit(g, n - done) : 0)
                         : (g->npending > 0 ? gather(g, n - done) : 0);
        done += step;
    } while (step > 0 && done < n);
    for (struct rib_member *m = g->lagging ? g->members : NULL; m && done < n; m = m->next)
        if (m->lag)
            done += lag_work(m, n - done);
    group_end_of_rib(g);
    return done;
}

uint64_t group_deadline(const struct rib_group *g)
{
    uint64_t due = g->held_until ? g->held_until : UINT64_MAX;

    return g->stalled && g->stalled + patience(g) < due ? g->stalled + patience(g) : due;
}
