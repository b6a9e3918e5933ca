/* VPN instances: what their lines must satisfy, and the lines that come and go together. */
#include <string.h>

#include "engine/config/config.h"

enum { BOTH, EXPORT, IMPORT }; /* order of the words in the declaration of vpn-target */

static bool failed(struct edit *e)
{
    return edit_error(e, "%s", store_error(e->config->store));
}

/* The lines of a fragment stand in the same order in each view that uses it. */
static const struct sch_line *rd_line(const struct sch_line *l)
{
    return l->feeds == FEEDS_VPN_RD ? l : l - 1;
}

static bool stored_rd(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                      struct sch_value *v)
{
    char buf[SCH_TEXT_MAX];
    bool negated;
    struct sch_key k = *view;
    l = rd_line(l);
    sch_key_add(&k, l, NULL);
    return edit_get(e, &k, l, v, &negated, buf);
}

bool check_vpn_name(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    (void)view, (void)l;
    return v[0].n != 8 || memcmp(v[0].s, "_public_", 8) != 0 ||
           edit_error(e, "The VPN instance name is reserved.");
}

bool check_rd_change(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    return !stored_rd(e, view, l, had) || had[0].u == v[0].u ||
           edit_error(e, "The route distinguisher cannot be changed. Delete it first.");
}

struct rd_search {
    const struct sch_key *self;
    int8_t family;
    uint64_t rd;
    bool hit;
};

static bool look_at_rd(void *p, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct rd_search *s = p;
    struct sch_place place;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if ((nkey == s->self->n && memcmp(key, s->self->b, nkey) == 0) ||
        !sch_key_place(key, nkey, &place) || place.line->feeds != FEEDS_VPN_RD ||
        sch_views[place.line->view].family != s->family ||
        !sch_row_parse(place.line, text, n, v, &negated))
        return true;
    s->hit = v[0].u == s->rd;
    return !s->hit;
}

bool check_rd_unique(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_key self = *view;
    uint8_t rank = sch_lines[LINE_VPN_INSTANCE_IP_VPN_INSTANCE].rank;
    sch_key_add(&self, l, v);
    struct rd_search s = {&self, sch_views[l->view].family, v[0].u, false};
    store_scan(e->config->store, &e->cand, &rank, 1, NULL, 0, look_at_rd, &s);
    return !s.hit || edit_error(e, "The route distinguisher is used by another VPN instance.");
}

bool check_rd_first(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    (void)v;
    return stored_rd(e, view, l, had) ||
           edit_error(e, "The route distinguisher has not been configured.");
}

/* "both" is stored as its two directions, each a line of its own. */
bool then_vpn_target(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value one[SCH_SLOTS] = {v[0], v[1]};
    enum sch_line_id line = (enum sch_line_id)(l - sch_lines);
    if (v[1].u != BOTH)
        return true;
    struct sch_key k = edit_key(view, line, v);
    if (!store_delete(e->config->store, &e->cand, k.b, k.n))
        return failed(e);
    for (one[1].u = EXPORT; one[1].u <= IMPORT; one[1].u++)
        if (!edit_put(e, view, line, one, false))
            return false;
    return true;
}

bool undo_vpn_target(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                     const struct sch_value *v)
{
    struct sch_value one[SCH_SLOTS] = {v[0], v[1]};
    enum sch_line_id line = (enum sch_line_id)(l - sch_lines);
    bool every = !v[1].present || v[1].u == BOTH, any = false;
    one[1].present = true;
    for (uint64_t d = EXPORT; d <= IMPORT; d++) {
        one[1].u = d;
        if ((!every && v[1].u != d) || !edit_has(e, view, line, one))
            continue;
        struct sch_key k = edit_key(view, line, one);
        any = true;
        if (!store_delete(e->config->store, &e->cand, k.b, k.n))
            return failed(e);
    }
    return any || edit_error(e, "The configuration to be deleted does not exist.");
}

/* Without a distinguisher the family has no targets. */
bool undo_rd_gone(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                  const struct sch_value *v)
{
    struct sch_value had[SCH_SLOTS];
    struct sch_key k = *view;
    if (!stored_rd(e, view, l, had) || (v[0].present && v[0].u != had[0].u))
        return edit_error(e, "The configuration to be deleted does not exist.");
    sch_key_add(&k, l, v);
    if (!store_delete(e->config->store, &e->cand, k.b, k.n))
        return failed(e);
    k = *view;
    k.b[k.n++] = (uint8_t)(l[1].rank); /* every vpn-target of the view */
    return store_delete_prefix(e->config->store, &e->cand, k.b, k.n) || failed(e);
}
