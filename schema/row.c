/*
 * Rows: the canonical text of a line and its key, both ways. sch_key_add and sch_key_place are
 * each other's inverse; so are sch_render and sch_row_parse (a generated test holds them to it).
 */
#include <stdio.h>
#include <string.h>

#include "schema/schema.h"

void sch_defaults(const struct sch_line *l, struct sch_value *v)
{
    for (uint8_t i = 0; i < l->nparams; i++) {
        const struct sch_param *p = &l->params[i];
        if (v[i].present || !p->def)
            continue;
        struct sch_token t = {p->def, strlen(p->def), 0, false};
        sch_value_parse(p, &t, 1, p->def + t.n, &v[i]);
    }
}

struct text {
    char *buf;
    size_t n, len;
    char separator; /* in front of what is added next */
};

static void add(struct text *t, const char *s, size_t n)
{
    if (t->n && t->n + 1 < t->len)
        t->buf[t->n++] = t->separator;
    t->separator = ' ';
    if (n > t->len - t->n - 1)
        n = t->len - t->n - 1;
    memcpy(t->buf + t->n, s, n);
    t->n += n;
}

size_t sch_render(const struct sch_line *l, const struct sch_value *v, bool negated, bool plain_as,
                  char *buf, size_t len)
{
    struct text t = {buf, 0, len, ' '};
    char value[SCH_TEXT_MAX];
    if (negated)
        add(&t, "undo", 4);
    for (uint8_t i = 0; i < l->nsteps; i++) {
        const struct sch_step *s = &l->steps[i];
        if (s->word) {
            add(&t, sch_text(s->word), strlen(sch_text(s->word)));
        } else if (s->unless) {
            if (!v[s->slot].present)
                i = (uint8_t)(i + s->unless);
        } else if (v[s->slot].present) {
            size_t n =
                sch_value_text(&v[s->slot], &l->params[s->slot], plain_as, value, sizeof value);
            add(&t, value, n < sizeof value ? n : sizeof value - 1);
            t.separator = l->params[s->slot].slash ? '/' : ' ';
        }
    }
    buf[t.n] = 0;
    return t.n;
}

static bool put(struct sch_key *k, uint8_t b)
{
    if (k->n >= SCH_KEY_MAX)
        return false;
    k->b[k->n++] = b;
    return true;
}

bool sch_key_add_object(struct sch_key *k, const struct sch_line *l, const struct sch_value *v)
{
    /* Key arguments of the each block come first: they are the leading key parameters. */
    if (!put(k, l->rank))
        return false;
    if (l->sub == SCH_NO_SUB)
        return true;
    size_t n = sch_value_encode(&v[0], &l->params[0], k->b + k->n, (size_t)(SCH_KEY_MAX - k->n));
    k->n = (uint16_t)(k->n + n);
    return n > 0;
}

bool sch_key_add(struct sch_key *k, const struct sch_line *l, const struct sch_value *v)
{
    if (!sch_key_add_object(k, l, v) || (l->sub != SCH_NO_SUB && !put(k, l->sub)))
        return false;
    for (uint8_t i = l->sub == SCH_NO_SUB ? 0 : 1; i < l->nparams; i++) {
        if (!l->params[i].key)
            continue;
        size_t n =
            sch_value_encode(&v[i], &l->params[i], k->b + k->n, (size_t)(SCH_KEY_MAX - k->n));
        if (n == 0)
            return false;
        k->n = (uint16_t)(k->n + n);
    }
    return true;
}

const struct sch_line *sch_line_in(uint8_t view, enum sch_line_id like)
{
    for (unsigned i = 0; i < SCH_LINES; i++)
        if (sch_lines[i].view == view && sch_is(&sch_lines[i], like))
            return &sch_lines[i];
    return NULL;
}

/* The line of an each block with the given sub-rank: lines of a block follow each other. */
static const struct sch_line *line_of_sub(const struct sch_line *first, uint8_t sub)
{
    for (const struct sch_line *l = first;
         l < sch_lines + SCH_LINES && l->rank == first->rank && l->view == first->view; l++)
        if (l->sub == sub)
            return l;
    return NULL;
}

/* Steps over one component; false when the key does not fit the schema. */
static bool step(const struct sch_view *view, const uint8_t *key, size_t n, size_t *at,
                 const struct sch_line **line)
{
    if (*at >= n || key[*at] >= view->nranks)
        return false;
    const struct sch_line *l = &sch_lines[view->ranks[key[(*at)++]]];
    uint8_t i = 0;
    if (l->sub != SCH_NO_SUB) {
        size_t used = sch_value_encoded_len(&l->params[i++], key + *at, n - *at);
        if (used == 0 || *at + used >= n)
            return false;
        *at += used;
        l = line_of_sub(l, key[(*at)++]);
        if (!l)
            return false;
    }
    for (; i < l->nparams; i++) {
        if (!l->params[i].key)
            continue;
        size_t used = sch_value_encoded_len(&l->params[i], key + *at, n - *at);
        if (used == 0)
            return false;
        *at += used;
    }
    *line = l;
    return true;
}

bool sch_key_place(const uint8_t *key, size_t n, struct sch_place *out)
{
    const struct sch_view *view = &sch_views[VIEW_SYSTEM];
    size_t at = 0;
    for (unsigned depth = 0; depth <= SCH_DEPTH; depth++) {
        out->start[depth] = (uint16_t)at;
        if (!step(view, key, n, &at, &out->level[depth]))
            return false;
        out->line = out->level[depth];
        out->depth = depth;
        if (at == n)
            return true;
        if (!out->line->enters)
            return false;
        view = &sch_views[out->line->enters - 1];
    }
    return false;
}

bool sch_row_parse(const struct sch_line *l, const char *text, size_t n, struct sch_value *v,
                   bool *negated)
{
    struct sch_match m;
    size_t at;
    *negated = l->negatable && n > 5 && memcmp(text, "undo ", 5) == 0;
    size_t skip = *negated ? 5 : 0;
    if (sch_match(l->view, text + skip, n - skip, &m, &at) != SCH_OK || m.cmd->kind != SCH_LINE ||
        &sch_lines[m.cmd->line] != l)
        return false;
    memcpy(v, m.v, sizeof m.v);
    return true;
}
