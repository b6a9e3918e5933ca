/*
 * The matcher: a line typed in a view against the tries. It walks every way the words can be
 * read, so abbreviations are resolved over the whole line, and remembers the furthest failure, so
 * the caret points where the line stops making sense. sch_options answers "?" from the same walk.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "schema/ifname.h"
#include "schema/schema.h"

enum rank { EXACT_WORD, SHORT_WORD, TYPED_VALUE };

struct walk {
    const char *line;
    size_t n, ntok;
    const char *end;
    struct sch_token tok[SCH_TOKENS + 1];
    struct sch_value v[SCH_SLOTS];
    struct sch_value rep[SCH_REPEATS];
    uint8_t repeats, rep_slot;
    const struct sch_edge *path[SCH_TOKENS];
    uint8_t rank[SCH_TOKENS];

    /* the best full match so far */
    struct sch_match *best;
    bool matched;
    const struct sch_edge *best_path[SCH_TOKENS];
    uint8_t best_rank[SCH_TOKENS];
    size_t ambiguous; /* first word read in two ways by equally good readings, or ntok */
    bool compare;     /* second walk: readings that end too early count against the match, too */
    uint8_t view;

    /* the furthest failure */
    bool failed;
    size_t fail_at; /* word index; ntok: the line ended too early */
    bool fail_words, fail_values;
    const struct sch_edge *fail_path[SCH_TOKENS];
    size_t fail_ambiguous;

    /* options wanted: continuation after tok[0..ntok) */
    void (*visit)(struct walk *w, uint16_t node);
    void (*visit_rest)(struct walk *w, const struct sch_edge *e,
                       const struct sch_value *v); /* inside a value of two words */
    struct options *options;
};

/* Splits at blanks; a word that starts with a double quote ends at the next one. */
static void tokenize(struct walk *w)
{
    size_t i = 0;
    w->ntok = 0;
    while (w->n && (w->line[w->n - 1] == ' ' || w->line[w->n - 1] == '\t'))
        w->n--;
    w->end = w->line + w->n;
    while (w->ntok <= SCH_TOKENS) {
        while (i < w->n && (w->line[i] == ' ' || w->line[i] == '\t'))
            i++;
        if (i >= w->n)
            return;
        struct sch_token *t = &w->tok[w->ntok++];
        const char *close = w->line[i] == '"' ? memchr(w->line + i + 1, '"', w->n - i - 1) : NULL;
        t->at = i;
        t->quoted = close != NULL;
        if (close) {
            t->s = w->line + i + 1;
            t->n = (size_t)(close - t->s);
            i = (size_t)(close - w->line) + 1;
        } else {
            t->s = w->line + i;
            while (i < w->n && w->line[i] != ' ' && w->line[i] != '\t')
                i++;
            t->n = (size_t)(w->line + i - t->s);
        }
    }
}

/* First word that a and b read as different keywords, or n. */
static size_t fork_point(const struct sch_edge *const *a, const struct sch_edge *const *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] && b[i] && a[i]->word && b[i]->word && a[i]->word != b[i]->word)
            return i;
    return n;
}

/* Another reading of all words: when it is as good as the match, it makes the line ambiguous. */
static void rival(struct walk *w)
{
    if (memcmp(w->rank, w->best_rank, w->ntok) != 0)
        return;
    size_t fork = fork_point(w->path, w->best_path, w->ntok);
    if (fork < w->ambiguous)
        w->ambiguous = fork;
}

static void full_match(struct walk *w, const struct sch_cmd *cmd)
{
    int order = w->matched ? memcmp(w->rank, w->best_rank, w->ntok) : -1;
    if (order > 0)
        return;
    if (order == 0) {
        rival(w);
        return;
    }
    w->matched = true;
    w->ambiguous = w->ntok;
    memcpy(w->best_path, w->path, sizeof w->path);
    memcpy(w->best_rank, w->rank, sizeof w->rank);
    w->best->cmd = cmd;
    w->best->view = w->view;
    memcpy(w->best->v, w->v, sizeof w->v);
    w->best->repeats = w->repeats;
    w->best->rep_slot = w->rep_slot;
    memcpy(w->best->rep, w->rep, w->repeats * sizeof *w->rep);
}

static void fail(struct walk *w, size_t at, const struct sch_node *node)
{
    if (w->failed && at < w->fail_at)
        return;
    if (!w->failed || at > w->fail_at) {
        w->failed = true;
        w->fail_at = at;
        w->fail_words = w->fail_values = false;
        w->fail_ambiguous = w->ntok;
        memcpy(w->fail_path, w->path, sizeof w->path);
    } else {
        size_t fork = fork_point(w->path, w->fail_path, at);
        if (fork < at && fork < w->fail_ambiguous)
            w->fail_ambiguous = fork;
    }
    for (uint16_t i = 0; i < node->n; i++)
        if (sch_edges[node->first + i].word)
            w->fail_words = true;
        else
            w->fail_values = true;
}

static void descend(struct walk *w, uint16_t at, size_t i);

/* Follows one edge over tok[i]; used words are marked on the path. */
static void follow(struct walk *w, const struct sch_edge *e, size_t i, size_t used, enum rank rank)
{
    for (size_t k = i; k < i + used; k++) {
        w->path[k] = e;
        w->rank[k] = (uint8_t)rank;
    }
    descend(w, e->next, i + used);
    for (size_t k = i; k < i + used; k++)
        w->path[k] = NULL;
}

static void follow_word(struct walk *w, const struct sch_edge *e, size_t i, enum rank rank)
{
    if (!e->param) {
        follow(w, e, i, 1, rank);
        return;
    }
    w->v[e->slot] = (struct sch_value){.present = true, .type = SCH_ENUM, .u = e->index};
    follow(w, e, i, 1, rank);
    w->v[e->slot].present = false;
}

/* Keywords of a node that tok[i] reads as; an exact one shuts out its longer neighbours. */
static bool words(struct walk *w, const struct sch_node *node, size_t i)
{
    const struct sch_token *t = &w->tok[i];
    bool any = false, exact = false;
    if (t->quoted || t->n == 0)
        return false;
    for (int pass = 0; pass < 2 && !exact; pass++)
        for (uint16_t k = 0; k < node->n; k++) {
            const struct sch_edge *e = &sch_edges[node->first + k];
            if (!e->word)
                break;
            if (e->len < t->n || (pass == 0) != (e->len == t->n) ||
                ((sch_text(e->word)[0] ^ t->s[0]) & 0x5f) ||
                strncasecmp(sch_text(e->word), t->s, t->n) != 0)
                continue;
            any = true;
            exact |= pass == 0;
            follow_word(w, e, i, pass == 0 ? EXACT_WORD : SHORT_WORD);
        }
    return any;
}

static void follow_value(struct walk *w, const struct sch_edge *e, size_t i, size_t used,
                         const struct sch_value *v)
{
    struct sch_value before = w->v[e->slot];
    uint8_t repeats = w->repeats;
    if (sch_param(e)->repeat && repeats < SCH_REPEATS) {
        w->rep[w->repeats++] = *v;
        w->rep_slot = e->slot;
    }
    w->v[e->slot] = *v;
    follow(w, e, i, used, TYPED_VALUE);
    w->v[e->slot] = before;
    w->repeats = repeats;
}

/* "2001:db8::1/64": two values in one word. */
static bool slashed(struct walk *w, const struct sch_edge *e, size_t i)
{
    struct sch_token a = w->tok[i], b = a;
    const char *slash = a.quoted ? NULL : memchr(a.s, '/', a.n);
    struct sch_value v[2];
    if (!sch_param(e)->slash || !slash)
        return false;
    a.n = (size_t)(slash - a.s);
    b.s = slash + 1;
    b.n -= a.n + 1;
    b.at += a.n + 1;
    const struct sch_edge *length = &sch_edges[sch_nodes[e->next].first];
    while (length->word) /* words come first, and the compiler saw that a value follows */
        length++;
    if (sch_value_parse(sch_param(e), &a, 1, slash, &v[0]) != 1 ||
        sch_value_parse(sch_param(length), &b, 1, b.s + b.n, &v[1]) != 1)
        return false;
    struct sch_value before = w->v[e->slot];
    w->v[e->slot] = v[0];
    follow_value(w, length, i, 1, &v[1]);
    w->v[e->slot] = before;
    return true;
}

static bool values(struct walk *w, const struct sch_node *node, size_t i)
{
    bool any = false;
    for (uint16_t k = 0; k < node->n; k++) {
        const struct sch_edge *e = &sch_edges[node->first + k];
        if (e->word)
            continue;
        if (slashed(w, e, i)) {
            any = true;
            continue;
        }
        struct sch_value v;
        int used = sch_value_parse(sch_param(e), &w->tok[i], w->ntok - i, w->end, &v);
        if (used == SCH_NO_VALUE)
            continue;
        any = true;
        if (used == SCH_PARTIAL_VALUE && w->visit)
            w->visit_rest(w, e, &v);
        if (used == SCH_PARTIAL_VALUE) {
            fail(w, w->ntok, &(struct sch_node){node->first + k, 1, 0});
            continue;
        }
        follow_value(w, e, i, (size_t)used, &v);
    }
    return any;
}

static void descend(struct walk *w, uint16_t at, size_t i)
{
    const struct sch_node *node = &sch_nodes[at];
    if (i >= w->ntok) {
        if (w->visit)
            w->visit(w, at);
        else if (w->compare)
            rival(w);
        else if (node->cmd)
            full_match(w, &sch_cmds[node->cmd - 1]);
        else
            fail(w, i, node);
        return;
    }
    bool word = words(w, node, i), value = values(w, node, i);
    if (!word && !value)
        fail(w, i, node);
}

/* All tries that count in a view: its own and its scopes. */
static void walk_view(struct walk *w, uint8_t view)
{
    const struct sch_view *v = &sch_views[view];
    w->view = view;
    descend(w, v->root, 0);
    for (uint8_t i = 0; i < v->nscopes; i++)
        descend(w, sch_views[v->scopes[i]].root, 0);
}

static enum sch_status failure(struct walk *w, size_t *at)
{
    bool end = w->fail_at >= w->ntok;
    if (w->fail_ambiguous < w->fail_at && w->fail_ambiguous < w->ntok) {
        *at = w->tok[w->fail_ambiguous].at;
        return SCH_AMBIGUOUS;
    }
    *at = end ? w->n + 1 : w->tok[w->fail_at].at;
    if (end)
        return SCH_INCOMPLETE;
    if (w->fail_values)
        return SCH_WRONG;
    return w->fail_words ? SCH_UNRECOGNIZED : SCH_TOO_MANY;
}

/* Mask length of a network's class; the network 0.0.0.0 is the default route. */
static uint64_t class_mask(const struct sch_value *network)
{
    uint8_t first = network->addr.b[0];
    return network->u == 0 ? 0 : first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 32;
}

/* "10.1.2.3 8" means 10.0.0.0: a row has one key, however it was typed. A mask that was left out
 * where the default is "class" is that of the network's class. */
static void cut_host_bits(struct sch_match *m)
{
    for (uint8_t i = 0; i + 1 < m->cmd->nparams; i++) {
        const struct sch_param *len = &m->cmd->params[i + 1];
        uint8_t type = m->cmd->params[i].type;
        if ((type != SCH_NET4 && type != SCH_NET6) || !m->v[i].present)
            continue;
        if (!m->v[i + 1].present && len->def && strcmp(len->def, "class") == 0)
            m->v[i + 1] =
                (struct sch_value){.present = true, .type = SCH_MASK, .u = class_mask(&m->v[i])};
        if (m->v[i + 1].present)
            sch_value_mask(&m->v[i], (unsigned)m->v[i + 1].u);
    }
}

enum sch_status sch_match(uint8_t view, const char *line, size_t n, struct sch_match *m, size_t *at)
{
    struct walk w;
    memset(&w, 0, offsetof(struct walk, tok));
    w.line = line;
    w.n = n;
    tokenize(&w);
    if (w.ntok == 0)
        return SCH_EMPTY;
    memset(w.v, 0, sizeof w - offsetof(struct walk, v));
    w.best = m;
    if (w.ntok > SCH_TOKENS) /* only free text is longer; its words are not looked at one by one */
        w.ntok = SCH_TOKENS;
    walk_view(&w, view);
    for (uint8_t i = 0; !w.matched && i < sch_views[view].nalso; i++) {
        w.view = sch_views[view].also[i];
        descend(&w, sch_views[w.view].root, 0);
    }
    if (!w.matched)
        return failure(&w, at);
    if (memchr(w.best_rank, SHORT_WORD, w.ntok)) {
        w.compare = true; /* "c" is not "commit" while "clear" could still follow */
        if (w.view == view)
            walk_view(&w, view);
        else
            descend(&w, sch_views[w.view].root, 0);
    }
    if (w.ambiguous < w.ntok) {
        *at = w.tok[w.ambiguous].at;
        return SCH_AMBIGUOUS;
    }
    m->exact = w.best_rank[0] == EXACT_WORD;
    cut_host_bits(m);
    return SCH_OK;
}

const char *sch_status_text(enum sch_status s)
{
    switch (s) {
    case SCH_WRONG:
        return "Error: Wrong parameter found at '^' position.";
    case SCH_INCOMPLETE:
        return "Error: Incomplete command found at '^' position.";
    case SCH_AMBIGUOUS:
        return "Error: Ambiguous command found at '^' position.";
    case SCH_TOO_MANY:
        return "Error: Too many parameters found at '^' position.";
    default:
        return "Error: Unrecognized command found at '^' position.";
    }
}

/* --- "?" and Tab --------------------------------------------------------------------- */

struct options {
    struct sch_option *out;
    size_t n, max;
    char *notation; /* room for the texts of typed values */
    size_t room;
    const char *word; /* what has been typed of the word asked about */
    size_t wordlen;
};

static void add_option(struct options *o, struct sch_option option)
{
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->out[i].text, option.text) == 0) {
            if (option.level < o->out[i].level)
                o->out[i].level = option.level;
            return;
        }
    if (o->n < o->max)
        o->out[o->n++] = option;
}

/* Could what has been typed be the beginning of a value of this form? */
static bool could_start(const struct options *o, const struct sch_param *p, const char *form)
{
    const char *only = strncmp(form, "INTEGER", 7) == 0          ? "0123456789"
                       : form[0] == 'X' && form[1] == '.'        ? "0123456789."
                       : form[0] == 'X'                          ? "0123456789abcdefABCDEF:."
                       : p->type == SCH_AS /* the dotted form */ ? "0123456789."
                       : p->type == SCH_TIME                     ? "0123456789:"
                       : p->type == SCH_DATE                     ? "0123456789-"
                                                                 : NULL;
    for (size_t i = 0; only && i < o->wordlen; i++)
        if (!strchr(only, o->word[i]) || !o->word[i])
            return false;
    return true;
}

static void add_value(struct options *o, const struct sch_edge *e)
{
    const struct sch_param *p = sch_param(e);
    const char *help;
    for (unsigned i = 0; o->room >= 64 && sch_notation(p, i, o->notation, o->room, &help); i++) {
        if (!could_start(o, p, o->notation))
            continue;
        size_t used = strlen(o->notation) + 1;
        add_option(o, (struct sch_option){o->notation, help, p, false, sch_node_level(e->next)});
        o->notation += used;
        o->room -= used;
    }
}

static void visit_options(struct walk *w, uint16_t at)
{
    struct options *o = w->options;
    const struct sch_node *node = &sch_nodes[at];
    for (uint16_t i = 0; i < node->n; i++) {
        const struct sch_edge *e = &sch_edges[node->first + i];
        if (!e->word)
            add_value(o, e);
        else if (o->wordlen <= e->len && strncasecmp(sch_text(e->word), o->word, o->wordlen) == 0)
            add_option(o, (struct sch_option){sch_text(e->word), sch_text(e->help), NULL, false,
                                              sch_node_level(e->next)});
    }
    if (node->cmd && o->wordlen == 0)
        add_option(
            o, (struct sch_option){"<cr>", "", NULL, true, sch_level(&sch_cmds[node->cmd - 1])});
}

static void visit_rest(struct walk *w, const struct sch_edge *e, const struct sch_value *v)
{
    add_option(w->options, (struct sch_option){ifname_number_notation(v), sch_text(e->help),
                                               sch_param(e), false, sch_node_level(e->next)});
}

static int option_order(const struct sch_option *a, const struct sch_option *b)
{
    int ka = a->end ? 2 : a->param ? 0 : 1, kb = b->end ? 2 : b->param ? 0 : 1;
    if (ka != kb)
        return ka - kb;
    return ka == 1 ? strcmp(a->text, b->text) : 0;
}

static void sort_options(struct sch_option *o, size_t n)
{
    for (size_t i = 1; i < n; i++) /* short lists; keeps equal ones in order */
        for (size_t k = i; k > 0 && option_order(&o[k - 1], &o[k]) > 0; k--) {
            struct sch_option t = o[k];
            o[k] = o[k - 1];
            o[k - 1] = t;
        }
}

size_t sch_options(uint8_t view, const char *line, size_t n, size_t *word, struct sch_option *out,
                   size_t max, char *notation, size_t notation_len)
{
    struct walk w;
    struct options o = {out, 0, max, notation, notation_len, "", 0};
    memset(&w, 0, sizeof w);
    w.line = line;
    w.n = n;
    tokenize(&w);
    *word = n;
    if (w.ntok > SCH_TOKENS)
        return 0;
    if (w.ntok && n && line[n - 1] != ' ' && line[n - 1] != '\t') {
        const struct sch_token *t = &w.tok[--w.ntok];
        o.word = t->s;
        o.wordlen = t->n;
        *word = t->at;
    }
    w.visit = visit_options;
    w.visit_rest = visit_rest;
    w.options = &o;
    walk_view(&w, view);
    for (uint8_t i = 0; i < sch_views[view].nalso; i++)
        descend(&w, sch_views[sch_views[view].also[i]].root, 0);
    sort_options(out, o.n);
    return o.n;
}
