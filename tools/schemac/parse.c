/* Statements and clauses of the declaration files, into struct schema; ranks are given here. */
#include <stdlib.h>
#include <string.h>

#include "schemac.h"

/* What the clause lines of the moment belong to. */
struct cursor {
    struct schema *s;
    struct pos pos;
    struct view *view;       /* view, scope or fragment */
    struct line *line;       /* last line or enter */
    struct command *command; /* last command */
    struct elem *each;
    struct param *each_params[16];
    char *each_check[8];
    int each_checks, each_rank, each_sub;
    bool in_each_head;
};

struct fragment { /* source lines kept for "use" */
    char *name;
    char *text[200];
    int line[200];
    const char *file;
    int n;
};
static struct fragment fragments[100];
static int nfragments;

static void statement(struct cursor *c, char *text);

struct view *view_find(struct schema *s, const char *name)
{
    for (int i = 0; i < s->nviews; i++)
        if (strcmp(s->views[i]->name, name) == 0)
            return s->views[i];
    return NULL;
}

static char *word(char **s)
{
    while (**s == ' ')
        (*s)++;
    char *start = *s;
    while (**s && **s != ' ' && **s != ',')
        (*s)++;
    char *w = xcopy(start, (size_t)(*s - start));
    while (**s == ' ')
        (*s)++;
    return w;
}

static char *rest(char *s)
{
    return xcopy(s, strlen(s));
}

static char *quoted(struct cursor *c, char **s)
{
    if (**s != '"')
        die(c->pos, "a quoted text was expected");
    char *end = strchr(*s + 1, '"');
    if (!end)
        die(c->pos, "quote without end");
    char *q = xcopy(*s + 1, (size_t)(end - *s - 1));
    *s = end + 1;
    return q;
}

static int new_rank(struct cursor *c, struct line *l)
{
    struct view *v = c->view;
    if (v->nranks == 250)
        die(c->pos, "more than 250 statements in a view");
    v->ranks[v->nranks] = l;
    return v->nranks++;
}

static void join(struct elem *seq, struct elem *first, struct elem *second)
{
    seq->kind = SEQ;
    seq->kids = xalloc((size_t)(first->nkids + second->nkids) * sizeof *seq->kids);
    memcpy(seq->kids, first->kids, (size_t)first->nkids * sizeof *seq->kids);
    memcpy(seq->kids + first->nkids, second->kids, (size_t)second->nkids * sizeof *seq->kids);
    seq->nkids = first->nkids + second->nkids;
}

static void name_part(const struct elem *e, char *out, size_t len)
{
    for (int i = 0; i < e->nkids; i++)
        if (e->kids[i]->kind == WORD) {
            strncat(out, ".", len - strlen(out) - 1);
            strncat(out, e->kids[i]->word, len - strlen(out) - 1);
        }
}

static struct line *line_new(struct cursor *c, char *text)
{
    struct line *l = xalloc(sizeof *l);
    l->pos = c->pos;
    l->text = rest(text);
    l->undo_cmd = -1;
    l->sub = -1;
    struct elem *own = syntax_parse(c->pos, &text);
    if (*text)
        die(c->pos, "unexpected '%s'", text);
    l->syntax = own;
    if (c->each) {
        l->syntax = xalloc(sizeof *own);
        join(l->syntax, c->each, own);
        l->prefix = c->each;
    }
    syntax_params(l->syntax, l->params, &l->nparams, c->pos);
    syntax_check(l->params, l->nparams, c->pos);
    char name[200] = "";
    strncat(name, c->view->name, 60);
    name_part(l->syntax, name, sizeof name);
    l->name = rest(name);
    for (int i = 0; i < c->each_checks && c->each; i++)
        l->check[l->nchecks++] = c->each_check[i];
    return l;
}

static void do_line(struct cursor *c, char *text)
{
    struct view *v = c->view;
    struct line *l = line_new(c, text);
    if (v->nlines == 300)
        die(c->pos, "too many lines");
    l->section = v->nsections;
    if (!c->each) {
        l->rank = new_rank(c, l);
    } else {
        if (c->each_rank < 0)
            c->each_rank = new_rank(c, l);
        l->rank = c->each_rank;
        l->sub = c->each_sub++;
    }
    v->lines[v->nlines++] = l;
    c->line = l;
    c->command = NULL;
    c->in_each_head = false;
}

static void do_enter(struct cursor *c, char *text)
{
    if (c->view->enter)
        die(c->pos, "a second enter");
    struct line *l = line_new(c, text);
    l->enter = true;
    l->enters = c->view->index;
    c->view->enter = l;
    c->line = l;
    c->command = NULL;
}

static void do_each(struct cursor *c, char *text)
{
    c->each = syntax_parse(c->pos, &text);
    c->each_rank = -1;
    c->each_sub = c->each_checks = 0;
    c->in_each_head = true;
    c->line = NULL;
}

/* Lines of a fragment set a field of their own view's family. */
static char *family_field(struct cursor *c, const char *field)
{
    const char *hole = strstr(field, "[family]");
    char buf[200];
    if (!hole)
        return xcopy(field, strlen(field));
    if (!c->view->family)
        die(c->pos, "the view has no family");
    snprintf(buf, sizeof buf, "%.*s[%s]%s", (int)(hole - field), field, c->view->family, hole + 8);
    return xcopy(buf, strlen(buf));
}

static void do_sets(struct cursor *c, char *text)
{
    struct line *l = c->line;
    int first = l->nbinds;
    for (;;) {
        struct bind *b = &l->bind[l->nbinds++];
        char *target = word(&text), *dot = strchr(target, '.');
        if (!dot)
            die(c->pos, "sets OBJECT.FIELD");
        b->object = xcopy(target, (size_t)(dot - target));
        b->field = family_field(c, dot + 1);
        if (*text == '=') {
            text++;
            b->arg = word(&text);
            if (strcmp(b->arg, "not") == 0) {
                b->invert = true;
                b->arg = word(&text);
            }
            if (b->arg[0] >= '0' && b->arg[0] <= '9') {
                b->constant = true;
                b->value = strtoll(b->arg, NULL, 10);
            }
        } else {
            b->arg = l->nparams ? l->params[l->nparams - 1]->name : NULL;
            if (!b->arg)
                die(c->pos, "the line has no argument to set from");
        }
        while (*text == ' ')
            text++;
        if (*text != ',')
            break;
        text++;
    }
    if (strcmp(word(&text), "impact") != 0)
        die(c->pos, "impact CLASS was expected");
    char *impact = word(&text);
    for (int i = first; i < l->nbinds; i++)
        l->bind[i].impact = impact;
}

static void do_undo(struct cursor *c, char *text)
{
    struct line *l = c->line;
    if (strncmp(text, "by ", 3) == 0) {
        text += 3;
        l->undoes = word(&text);
        return;
    }
    bool every = strncmp(text, "asks ", 5) == 0;
    l->asks_always |= every;
    if (!every) {
        struct undo *u = &l->undo[l->nundo++];
        u->pos = c->pos;
        u->syntax = syntax_parse(c->pos, &text);
        if (strncmp(text, "cascade", 7) == 0) {
            u->cascade = true;
            text += 7;
            while (*text == ' ')
                text++;
        }
    }
    if (strncmp(text, "asks ", 5) == 0) {
        text += 5;
        l->undo_asks = quoted(c, &text);
    }
    if (*text)
        die(c->pos, "unexpected '%s'", text);
}

static void do_check(struct cursor *c, char *text)
{
    while (*text) {
        char *w = word(&text);
        if (c->in_each_head)
            c->each_check[c->each_checks++] = w;
        else if (strcmp(w, "none") == 0)
            c->line->nchecks = 0;
        else if (c->line->nchecks == 3)
            die(c->pos, "more than three checks");
        else
            c->line->check[c->line->nchecks++] = w;
    }
}

/* A clause of the line above; false: not a clause of lines. */
static bool line_clause(struct cursor *c, const char *w, char *text)
{
    struct line *l = c->line;
    if (strcmp(w, "check") == 0 && (l || c->in_each_head))
        do_check(c, text);
    else if (!l)
        return false;
    else if (strcmp(w, "sets") == 0)
        do_sets(c, text);
    else if (strcmp(w, "undo") == 0)
        do_undo(c, text);
    else if (strcmp(w, "typed") == 0)
        l->typed = syntax_parse(c->pos, &text);
    else if (strcmp(w, "then") == 0)
        l->then = word(&text);
    else if (strcmp(w, "feeds") == 0)
        l->feeds = word(&text);
    else if (strcmp(w, "negatable") == 0)
        l->negatable = true;
    else if (strcmp(w, "inert") == 0)
        l->inert = true;
    else if (strcmp(w, "default") == 0)
        l->deflt = rest(text);
    else if (strcmp(w, "on") == 0)
        l->on = true;
    else if (strcmp(w, "shown") == 0)
        l->shown = true;
    else
        return false;
    return true;
}

static void do_child(struct cursor *c, char *text)
{
    struct view *v = c->view;
    int i = v->nchildren++;
    v->children[i] = word(&text);
    v->child_separated[i] = strcmp(text, "separated") == 0;
    v->child_rank[i] = new_rank(c, NULL);
    v->child_section[i] = ++v->nsections;
    v->nsections++;
}

static void do_view(struct cursor *c, char *text, bool scope)
{
    struct schema *s = c->s;
    char *name = word(&text);
    struct view *v = scope ? view_find(s, name) : NULL;
    if (v && v->scope) { /* a scope goes on in another file */
        c->view = v;
        c->line = NULL;
        c->command = NULL;
        return;
    }
    v = xalloc(sizeof *v);
    v->pos = c->pos;
    v->name = name;
    v->scope = scope;
    v->prompt = xcopy("", 0);
    if (strncmp(text, "in ", 3) == 0) {
        text += 3;
        v->parent_name = word(&text);
    }
    if (view_find(s, v->name) || s->nviews == 100)
        die(c->pos, "view %s again, or too many", v->name);
    v->index = s->nviews;
    s->views[s->nviews++] = v;
    c->view = v;
    c->line = NULL;
    c->command = NULL;
    c->each = NULL;
    c->in_each_head = false;
}

static void do_command(struct cursor *c, char *text)
{
    struct command *k = xalloc(sizeof *k);
    k->pos = c->pos;
    k->text = rest(text);
    k->syntax = syntax_parse(c->pos, &text);
    if (*text)
        die(c->pos, "unexpected '%s'", text);
    c->view->commands[c->view->ncommands++] = k;
    c->command = k;
    c->line = NULL;
}

static void do_object(struct cursor *c, char *text)
{
    struct object *o = &c->s->objects[c->s->nobjects++];
    o->name = word(&text);
    word(&text); /* struct */
    o->type = word(&text);
    word(&text); /* in */
    o->header = word(&text);
}

static void do_use(struct cursor *c, char *text)
{
    char *name = word(&text);
    for (int i = 0; i < nfragments; i++) {
        struct fragment *f = &fragments[i];
        if (strcmp(f->name, name) != 0)
            continue;
        struct pos here = c->pos;
        c->pos.file = f->file;
        for (int k = 0; k < f->n; k++) {
            c->pos.line = f->line[k];
            statement(c, rest(f->text[k]));
        }
        c->pos = here;
        return;
    }
    die(c->pos, "no fragment %s", name);
}

/* A clause of the view itself or of the command above. */
static bool view_clause(struct cursor *c, const char *w, char *text)
{
    struct view *v = c->view;
    if (strcmp(w, "prompt") == 0)
        v->prompt = *text == '"' ? xcopy("", 0) : rest(text);
    else if (strcmp(w, "family") == 0)
        v->family = word(&text);
    else if (strcmp(w, "also") == 0)
        v->also[v->nalso++] = word(&text), v->entered = strcmp(text, "entered") == 0;
    else if (strcmp(w, "instance") == 0)
        v->instance = true;
    else if (strcmp(w, "section") == 0)
        v->nsections++;
    else if (strcmp(w, "does") == 0 && c->command)
        c->command->does = word(&text);
    else if (strcmp(w, "level") == 0 && c->command)
        c->command->level = atoi(text);
    else if (strcmp(w, "level") == 0 && c->line)
        c->line->level = atoi(text);
    else if (strcmp(w, "at-once") == 0 && c->command)
        c->command->at_once = true;
    else if (strcmp(w, "offline") == 0 && c->command)
        c->command->offline = true;
    else if (strcmp(w, "not-by-run") == 0 && c->command)
        c->command->not_by_run = true;
    else if (strcmp(w, "shows") == 0 && c->command)
        c->command->shows = true;
    else if (strcmp(w, "asks") == 0 && c->command)
        c->command->asks = true, c->command->asks_text = strcmp(text, "text") == 0;
    else
        return false;
    return true;
}

static void statement(struct cursor *c, char *text)
{
    char *w = word(&text);
    static const struct {
        const char *word;
        void (*fn)(struct cursor *, char *);
    } statements[] = {{"line", do_line},    {"enter", do_enter}, {"each", do_each},
                      {"child", do_child},  {"use", do_use},     {"command", do_command},
                      {"object", do_object}};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (strcmp(w, statements[i].word) == 0) {
            statements[i].fn(c, text);
            return;
        }
    if (strcmp(w, "view") == 0 || strcmp(w, "scope") == 0)
        do_view(c, text, w[0] == 's');
    else if (strcmp(w, "end") == 0)
        c->each = NULL;
    else if (!line_clause(c, w, text) && !view_clause(c, w, text))
        die(c->pos, "unknown statement '%s'", w);
}

/* Ties views to parents and enter lines to their places, once every file has been read. */
void parse_link(struct schema *s)
{
    for (int i = 0; i < s->nviews; i++) {
        struct view *v = s->views[i];
        struct view *p = v->parent_name ? view_find(s, v->parent_name) : v;
        if (!p)
            die(v->pos, "no view %s", v->parent_name);
        v->parent = p->index;
        for (int k = 0; k < v->nchildren; k++) {
            struct view *child = view_find(s, v->children[k]);
            if (!child || !child->enter)
                die(v->pos, "child %s is no view with an enter line", v->children[k]);
            child->enter->rank = v->child_rank[k];
            child->enter->section = v->child_section[k];
            child->enter->separated = v->child_separated[k];
            v->ranks[v->child_rank[k]] = child->enter;
        }
    }
}

void parse_file(struct schema *s, const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    struct cursor c = {.s = s, .pos = {path, 0}, .each_rank = -1};
    struct fragment *frag = NULL;
    char buf[2000];
    while (fgets(buf, sizeof buf, f)) {
        c.pos.line++;
        char *p = buf;
        p[strcspn(p, "\n")] = 0;
        while (*p == ' ')
            p++;
        if (!*p || *p == '#')
            continue;
        if (strncmp(p, "fragment ", 9) == 0) {
            if (nfragments == sizeof fragments / sizeof *fragments)
                die(c.pos, "too many fragments");
            frag = &fragments[nfragments++];
            frag->name = rest(p + 9);
            frag->file = path;
            continue;
        }
        if (strncmp(p, "view ", 5) == 0 || strncmp(p, "scope ", 6) == 0)
            frag = NULL;
        if (frag) {
            frag->line[frag->n] = c.pos.line;
            frag->text[frag->n++] = rest(p);
        } else {
            statement(&c, rest(p));
        }
    }
    fclose(f);
}
