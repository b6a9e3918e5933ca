/*
 * The tries the matcher walks: every command is expanded into its linear forms (optional parts in
 * and out, each alternative) and inserted word by word, so equal beginnings share their nodes.
 */
#include <stdlib.h>
#include <string.h>

#include "schemac.h"

struct node *nodes;
int nnodes;
struct cmd cmds[4000];
int ncmds;

static int node_new(void)
{
    if (nnodes == 65535)
        die((struct pos){"schema", 0}, "too many nodes");
    nodes = realloc(nodes, (size_t)(nnodes + 1) * sizeof *nodes);
    if (!nodes)
        abort();
    nodes[nnodes] = (struct node){NULL, 0, -1};
    return nnodes++;
}

static bool same_param(const struct param *a, const struct param *b)
{
    return strcmp(a->type, b->type) == 0 && a->lo == b->lo && a->hi == b->hi;
}

static int edge_follow(int from, const struct edge *want)
{
    struct node *n = &nodes[from];
    for (int i = 0; i < n->nedges; i++) {
        const struct edge *e = &n->edges[i];
        if (e->slot != want->slot || e->index != want->index || !e->word != !want->word)
            continue;
        if (e->word ? strcmp(e->word, want->word) == 0 : same_param(e->param, want->param))
            return e->next;
    }
    int next = node_new();
    n = &nodes[from];
    n->edges = realloc(n->edges, (size_t)(n->nedges + 1) * sizeof *n->edges);
    if (!n->edges)
        abort();
    n->edges[n->nedges] = *want;
    n->edges[n->nedges++].next = next;
    return next;
}

/* A linear form under construction: the elements still to come are a linked list. */
struct rest {
    const struct elem *e;
    const struct rest *next;
};

static int slot_of(const struct cmd *c, const struct param *p)
{
    for (int i = 0; i < c->nparams; i++)
        if (strcmp(c->params[i]->name, p->name) == 0)
            return i;
    return -1;
}

static struct pos cmd_pos(const struct cmd *c)
{
    return c->line ? c->line->pos : c->command->pos;
}

static void insert(int at, const struct rest *r, struct cmd *c)
{
    if (!r) {
        int index = (int)(c - cmds);
        if (nodes[at].cmd >= 0 && nodes[at].cmd != index)
            die(cmd_pos(c), "the same words already mean '%s'", cmds[nodes[at].cmd].syntax);
        nodes[at].cmd = index;
        return;
    }
    const struct elem *e = r->e;
    struct edge edge = {.slot = -1, .index = -1};
    switch (e->kind) {
    case WORD:
        edge.word = e->word;
        edge.help = e->help;
        insert(edge_follow(at, &edge), r->next, c);
        break;
    case PARAM: {
        int slot = slot_of(c, e->param);
        const struct param *p = slot < 0 ? e->param : c->params[slot];
        edge.slot = slot;
        edge.param = c->params[slot];
        for (int i = 0; i < p->nwords; i++) {
            edge.word = p->words[i];
            edge.help = p->word_help[i];
            edge.index = i;
            insert(edge_follow(at, &edge), r->next, c);
        }
        edge.help = p->nwords ? NULL : p->help;
        for (int i = 0; !p->nwords && i < (p->repeat ? p->repeat : 1); i++) {
            at = edge_follow(at, &edge);
            insert(at, r->next, c);
        }
        break;
    }
    case OPT:
        insert(at, &(struct rest){e->kids[0], r->next}, c);
        insert(at, r->next, c);
        break;
    case ALT:
        for (int i = 0; i < e->nkids; i++)
            insert(at, &(struct rest){e->kids[i], r->next}, c);
        break;
    case SEQ: {
        struct rest list[64];
        if (e->nkids > 64)
            die(cmd_pos(c), "too long");
        const struct rest *next = r->next;
        for (int i = e->nkids; i-- > 0;) {
            list[i] = (struct rest){e->kids[i], next};
            next = &list[i];
        }
        insert(at, next, c);
        break;
    }
    }
}

static struct cmd *cmd_new(int kind, struct view *v)
{
    if (ncmds == 4000)
        die(v->pos, "too many commands");
    struct cmd *c = &cmds[ncmds++];
    c->kind = kind;
    c->view = v;
    return c;
}

static char *syntax_text(const struct elem *e, const char *lead)
{
    char *buf = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&buf, &n);
    if (!f)
        abort();
    fputs(lead, f);
    syntax_print(f, e);
    fclose(f);
    return buf;
}

static void add_undo(struct view *v, struct line *l, struct elem *syntax, bool cascade)
{
    static char undo_word[] = "undo", undo_help[] = "Cancel a setting";
    static struct elem undo = {.kind = WORD, .word = undo_word, .help = undo_help};
    struct cmd *c = cmd_new(1, v);
    c->line = l;
    c->cascade = cascade;
    c->nparams = l->nparams;
    memcpy(c->params, l->params, sizeof l->params);
    c->syntax = syntax_text(syntax, "undo ");
    struct param *named[16];
    int n = 0;
    syntax_params(syntax, named, &n, l->pos);
    for (int i = 0; i < n; i++)
        if (slot_of(c, named[i]) < 0)
            die(l->pos, "<%s> in the undo form is no parameter of the line", named[i]->name);
    if (l->undo_cmd < 0)
        l->undo_cmd = ncmds - 1;
    insert(v->root, &(struct rest){&undo, &(struct rest){syntax, NULL}}, c);
}

static void add_typed(struct view *v, struct line *l, struct elem *syntax)
{
    struct cmd *c = cmd_new(0, v);
    c->line = l;
    c->nparams = l->nparams;
    memcpy(c->params, l->params, sizeof l->params);
    c->syntax = syntax_text(syntax, "");
    insert(v->root, &(struct rest){syntax, NULL}, c);
}

static void add_line(struct view *v, struct line *l)
{
    add_typed(v, l, l->syntax);
    l->undo_cmd = -1;
    if (l->typed) {
        add_typed(v, l, l->typed);
        add_undo(v, l, syntax_undo(l->typed), false);
        l->undo_cmd = -1; /* the one that is shown comes next */
    }
    if (l->undoes && strcmp(l->undoes, "nothing") == 0)
        return;
    if (l->nundo == 0)
        add_undo(v, l, syntax_undo(l->syntax), false);
    for (int i = 0; i < l->nundo; i++)
        add_undo(v, l, l->undo[i].syntax, l->undo[i].cascade);
}

static int edge_order(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    if (!x->word != !y->word) /* words first: they win over values */
        return x->word ? -1 : 1;
    return x->word ? strcmp(x->word, y->word) : x->slot - y->slot;
}

void trie_build(struct schema *s)
{
    node_new(); /* node 0 is nobody's */
    for (int i = 0; i < s->nviews; i++)
        s->views[i]->root = node_new();
    for (int i = 0; i < s->nviews; i++) {
        struct view *v = s->views[i];
        for (int k = 0; k < v->nlines; k++)
            add_line(v, v->lines[k]);
        if (v->enter)
            add_line(s->views[v->parent], v->enter);
        for (int k = 0; k < v->ncommands; k++) {
            struct cmd *c = cmd_new(2, v);
            c->command = v->commands[k];
            syntax_params(c->command->syntax, c->params, &c->nparams, c->command->pos);
            syntax_check(c->params, c->nparams, c->command->pos);
            c->syntax = syntax_text(c->command->syntax, "");
            insert(v->root, &(struct rest){c->command->syntax, NULL}, c);
        }
    }
    for (int i = 0; i < nnodes; i++)
        if (nodes[i].nedges)
            qsort(nodes[i].edges, (size_t)nodes[i].nedges, sizeof(struct edge), edge_order);
}
