/*
 * Members that are not in step with their group; see group.h.
 *
 * The bits are the truth, the sorted run is only the order in which to look at them. So a change
 * while the run is being sent costs one bit, and nothing is sent twice.
 *
 * What a member knows and the group does not advertise is withdrawn, unless the group has still to
 * look at it: a member that has just moved would lose a route and get it back a moment later. Nor
 * is it told what the group is about to withdraw because of an aggregate. Such a bit waits for
 * lag_touch(), and the member does not fall into step before.
 */
#include "bgp/rib/group.h"

#include <stdlib.h>

#include "bgp/internal.h"
#include "bgp/rib/aggregate.h"

static size_t octets(uint32_t bits)
{
    return (bits + (size_t)63) / 64 * sizeof(uint64_t);
}

static void room(struct lag *l, uint32_t bits)
{
    if (bits <= l->bits)
        return;
    l->todo = rib_resize(l->todo, octets(l->bits), octets(bits));
    l->told = rib_resize(l->told, octets(l->bits), octets(bits));
    l->bits = bits;
}

static bool mine(const struct rib_member *m, uint32_t dest)
{
    return m->group->from[dest] == m->session->source->number;
}

/* Adds what the group advertises but for the member's own routes. Words at a time: this is not done
 * in slices, and a change of policy may move every peer at once. */
static void add_advertised(const struct rib_member *m, uint64_t *bits)
{
    const struct rib_group *g = m->group;

    for (uint32_t w = 0; w < g->room / 64; w++) {
        uint64_t own = 0;

        for (uint64_t b = m->own ? g->out_bit[w] : 0; b; b &= b - 1)
            if (mine(m, w * 64 + (uint32_t)__builtin_ctzll(b)))
                own |= b & -b;
        bits[w] |= g->out_bit[w] & ~own;
    }
}

void lag_start(struct rib_member *m, bool knows)
{
    struct rib_group *g = m->group;

    g->lagging++;
    m->lag = bgp_alloc(sizeof *m->lag);
    room(m->lag, g->room);
    if (knows)
        add_advertised(m, m->lag->told);
}

void lag_all(struct rib_member *m)
{
    const struct rib_group *g = m->group;
    struct lag *l = m->lag;

    if (l->all) /* a peer that asks again and again is told once more, not looked through for */
        return;
    room(l, g->room);
    for (uint32_t w = 0; w < l->bits / 64; w++)
        l->todo[w] |= l->told[w];
    add_advertised(m, l->todo);
    l->more = l->behind = l->all = true;
}

static void free_run(struct lag *l)
{
    rib_resize(l->run, l->n * sizeof *l->run, 0);
    l->run = NULL;
    l->n = l->at = 0;
}

void lag_end(struct rib_member *m)
{
    struct lag *l = m->lag;

    if (!l)
        return;
    m->group->lagging--;
    free_run(l);
    rib_resize(l->todo, octets(l->bits), 0);
    rib_resize(l->told, octets(l->bits), 0);
    free(l);
    m->lag = NULL;
}

void lag_touch(struct rib_group *g, uint32_t dest, bool changed)
{
    for (struct rib_member *m = g->lagging ? g->members : NULL; m; m = m->next) {
        struct lag *l = m->lag;

        if (!l)
            continue;
        room(l, g->room);
        if (!changed && !bit_get(l->told, dest) && !bit_get(l->todo, dest))
            continue;
        bit_set(l->todo, dest);
        l->more = l->behind = true;
    }
}

bool member_ready(const struct rib_member *m)
{
    const struct bgp_conn *c = m->session->conn;

    return c->given - c->taken < GROUP_UNSENT;
}

/* Makes a run from the next bits, of no more destinations than are sorted together. What is set
 * behind them meanwhile is found in the next round. */
static void collect(const struct rib_member *m)
{
    const struct rib_group *g = m->group;
    struct lag *l = m->lag;
    uint32_t end = l->word;
    size_t n = 0;

    if (l->word == 0)
        l->behind = l->waits = false;
    free_run(l);
    for (; end < l->bits / 64 && n <= GROUP_RUN - 64; end++)
        n += (size_t)__builtin_popcountll(l->todo[end]);
    l->run = rib_resize(NULL, 0, n * sizeof *l->run);
    l->n = (uint32_t)n;
    n = 0;
    for (; l->word < end; l->word++) {
        for (uint64_t b = l->todo[l->word]; b; b &= b - 1) {
            uint32_t id = l->word * 64 + (uint32_t)__builtin_ctzll(b);

            l->run[n++] = (uint64_t)(id < g->room ? g->out[id] : 0) << 32 | id;
        }
    }
    l->more = l->behind;
    if (end < l->bits / 64)
        l->more = true;
    else
        l->word = 0;
    run_sort(g->table->rib, l->run, n);
}

/* Whether dest is hidden by an aggregate that the member has still to be told. */
static bool replaced_later(const struct rib_member *m, uint32_t dest)
{
    const struct rib_table *t = m->group->table;
    uint32_t over = t->aggregates || t->rib->vpn_suppress ? aggregate_over(t, dest) : 0;

    return over != 0 && over < m->group->room && m->group->out[over] != 0 && !mine(m, over) &&
           bit_get(m->lag->todo, over);
}

static void tell(struct rib_member *m, struct packer *p, uint32_t dest)
{
    const struct rib_group *g = m->group;
    struct lag *l = m->lag;
    uint32_t set = dest < g->room && !mine(m, dest) ? g->out[dest] : 0;

    if (!bit_get(l->todo, dest))
        return;
    if (set == 0 && bit_get(l->told, dest) && group_undecided(g, dest)) {
        l->waits = true;
        return;
    }
    if (set != 0 && aggregate_verdict(g, dest) != AGGREGATE_LEAVES) {
        l->waits = true; /* the group is about to withdraw it */
        return;
    }
    if (set == 0 && bit_get(l->told, dest) && replaced_later(m, dest)) {
        l->more = l->behind = true; /* in the next round */
        return;
    }
    l->all = false;
    bit_clear(l->todo, dest);
    if (set != 0) {
        packer_add(p, dest, set, g->label ? g->label[dest] : 0, NULL);
        bit_set(l->told, dest);
    } else if (bit_get(l->told, dest)) {
        packer_add(p, dest, 0, BGP_LABEL_WITHDRAWN, NULL);
        bit_clear(l->told, dest);
    }
}

size_t lag_work(struct rib_member *m, size_t n)
{
    struct lag *l = m->lag;
    struct packer p;
    size_t done = 0;

    if (!member_ready(m))
        return 0;
    if (l->at == l->n && l->more)
        collect(m);
    packer_begin(&p, m->group, m);
    while (done < n && l->at < l->n) {
        if (p.len >= RIB_OUT / 2) {
            packer_flush(&p);
            if (!member_ready(m))
                break;
        }
        tell(m, &p, (uint32_t)l->run[l->at++]);
        done++;
    }
    packer_flush(&p);
    if (l->at == l->n && !l->more && !l->waits) {
        lag_end(m);
        group_resent(m);
        done++;
    }
    return done;
}

bool group_has_told(const struct rib_member *m, uint32_t dest)
{
    if (m->lag)
        return dest < m->lag->bits && bit_get(m->lag->told, dest);
    return dest < m->group->room && m->group->out[dest] != 0 && !mine(m, dest);
}

static uint32_t count(const uint64_t *bits, uint32_t n)
{
    uint32_t sum = 0;

    for (uint32_t w = 0; w < n / 64; w++)
        sum += (uint32_t)__builtin_popcountll(bits[w]);
    return sum;
}

uint32_t group_told(const struct rib_member *m)
{
    return m->lag ? count(m->lag->told, m->lag->bits) : m->group->advertised - m->own;
}

uint32_t group_waiting(const struct rib_member *m)
{
    return m->lag ? count(m->lag->todo, m->lag->bits) : 0;
}
