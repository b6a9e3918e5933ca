/*
 * The steps that render a line's canonical text: its SYNTAX made flat, words and values in order,
 * with jumps over what a value that is left out takes along. Called by emit.c, once for each line.
 */
#include <string.h>

#include "schemac.h"

struct step {
    const char *word;
    int slot, unless;
};

static int slot_in(const struct line *l, const struct param *p)
{
    for (int i = 0; i < l->nparams; i++)
        if (strcmp(l->params[i]->name, p->name) == 0)
            return i;
    die(l->pos, "lost parameter");
}

static int first_slot(const struct line *l, const struct elem *e)
{
    if (e->kind == PARAM)
        return slot_in(l, e->param);
    for (int i = 0; i < e->nkids; i++) {
        int s = first_slot(l, e->kids[i]);
        if (s >= 0)
            return s;
    }
    return -1;
}

static void flatten(const struct line *l, const struct elem *e, struct step *out, int *n, int from);

/* "a { b <x> | c <y> } d" as "a b <x> d" and "a c <y> d", when nothing but words is in front of the
 * braces: which of its values are there says what of it there is. NULL: it is no such thing. */
static struct elem *spread(const struct elem *e)
{
    struct elem *alt = xalloc(sizeof *alt);
    int at = 0;
    while (e->kind == SEQ && at < e->nkids && e->kids[at]->kind == WORD)
        at++;
    if (e->kind != SEQ || at == e->nkids || e->kids[at]->kind != ALT)
        return NULL;
    alt->kind = ALT;
    alt->nkids = e->kids[at]->nkids;
    alt->kids = xalloc((size_t)alt->nkids * sizeof *alt->kids);
    for (int i = 0; i < alt->nkids; i++) {
        const struct elem *one = e->kids[at]->kids[i];
        struct elem *seq = alt->kids[i] = xalloc(sizeof *seq);
        seq->kind = SEQ;
        seq->kids = xalloc((size_t)(e->nkids + one->nkids) * sizeof *seq->kids);
        for (int k = 0; k < e->nkids; k++) {
            if (k != at || one->kind != SEQ) {
                seq->kids[seq->nkids++] = k == at ? e->kids[at]->kids[i] : e->kids[k];
                continue;
            }
            for (int j = 0; j < one->nkids; j++)
                seq->kids[seq->nkids++] = one->kids[j];
        }
    }
    return alt;
}

static bool has_word(const struct elem *e)
{
    bool any = e->kind == WORD;
    for (int i = 0; i < e->nkids && !any; i++)
        any = has_word(e->kids[i]);
    return any;
}

/* The value a sequence ends with, or NULL. */
static const struct elem *end_of(const struct elem *e)
{
    while (e->nkids > 0 && e->kind != ALT)
        e = e->kids[e->nkids - 1];
    return e->kind == PARAM ? e : NULL;
}

/* The value that all alternatives end with, one of which begins with a word: it is rendered once,
 * behind what is different in them. */
static const struct elem *common_end(const struct elem *e)
{
    const struct elem *last = end_of(e->kids[0]);
    bool word = false;
    for (int i = 0; last && i < e->nkids; i++) {
        const struct elem *other = end_of(e->kids[i]);
        word |= has_word(e->kids[i]);
        if (!other || strcmp(other->param->name, last->param->name) != 0)
            last = NULL;
    }
    return word ? last : NULL;
}

static const struct elem *but_the_last(const struct elem *e)
{
    struct elem *front = xalloc(sizeof *front);
    *front = *e;
    if (e->kind == SEQ)
        front->nkids--;
    else
        *front = (struct elem){.kind = SEQ};
    return front;
}

/* Steps that are left out when the first value of e is absent. */
static void flatten_if(const struct line *l, const struct elem *e, struct step *out, int *n,
                       int from)
{
    const struct elem *choice = spread(e);
    for (int i = 0; choice && i < choice->nkids; i++)
        flatten_if(l, choice->kids[i], out, n, *n);
    if (choice)
        return;
    int at = (*n)++;
    out[at] = (struct step){NULL, first_slot(l, e), 1}; /* no print step of its slot */
    if (out[at].slot < 0)
        die(l->pos, "an optional word alone must be an enum parameter");
    flatten(l, e, out, n, from);
    out[at].unless = *n - at - 1;
    if (out[at].unless == 0)
        (*n)--;
}

/* from: the first step of the optional alternative e is in; a value may stand in several. */
static void flatten(const struct line *l, const struct elem *e, struct step *out, int *n, int from)
{
    const struct elem *last;
    int at;
    switch (e->kind) {
    case WORD:
        out[(*n)++] = (struct step){e->word, 255, 0};
        break;
    case PARAM:
        at = slot_in(l, e->param);
        for (int i = from; i < *n; i++)
            if (!out[i].word && !out[i].unless && out[i].slot == at)
                return; /* shared by two alternatives */
        out[(*n)++] = (struct step){NULL, at, 0};
        break;
    case OPT:
        e = e->kids[0];
        for (int i = 0; e->kind == ALT && i < e->nkids; i++)
            flatten_if(l, e->kids[i], out, n, *n);
        if (e->kind != ALT)
            flatten_if(l, e, out, n, from);
        break;
    case SEQ:
        for (int i = 0; i < e->nkids; i++)
            flatten(l, e->kids[i], out, n, from);
        break;
    case ALT:
        last = common_end(e);
        for (int i = 0; i < e->nkids; i++) {
            const struct elem *kid = last ? but_the_last(e->kids[i]) : e->kids[i];
            if (has_word(kid))
                flatten_if(l, kid, out, n, *n);
            else
                flatten(l, kid, out, n, from);
        }
        if (last)
            flatten(l, last, out, n, from);
        break;
    }
}

int emit_steps(FILE *f, const struct line *l)
{
    struct step st[64];
    int n = 0;
    flatten(l, l->syntax, st, &n, 0);
    fprintf(f, "static const struct sch_step line_steps_%d[] = {", l->index);
    for (int i = 0; i < n; i++)
        fprintf(f, "{%d, %d, %d}, ", pooled(st[i].word), st[i].slot, st[i].unless);
    fputs("};\n", f);
    return n;
}
