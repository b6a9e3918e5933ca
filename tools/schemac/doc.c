/* The command reference in Markdown, from the same declarations the program runs on. */
#include <string.h>

#include "schemac.h"

static void cell(FILE *f, const char *s)
{
    for (; s && *s; s++)
        fputs(*s == '|' ? "\\|" : (char[]){*s, 0}, f);
}

static void syntax_cell(FILE *f, const char *lead, const struct elem *e)
{
    char *buf = NULL;
    size_t n = 0;
    FILE *m = open_memstream(&buf, &n);
    if (!m)
        return;
    syntax_print(m, e);
    fclose(m);
    fprintf(f, "`%s", lead);
    cell(f, buf);
    fputs("`", f);
}

static void param_notes(FILE *f, struct param *const *p, int n)
{
    for (int i = 0; i < n; i++) {
        if (p[i]->nwords)
            continue;
        fprintf(f, "%s%s: ", i ? "; " : "", p[i]->name);
        cell(f, p[i]->help);
        if (p[i]->hi)
            fprintf(f, " (%lld-%lld%s)", p[i]->lo, p[i]->hi,
                    strcmp(p[i]->type, "int") == 0 ? "" : " characters");
        if (p[i]->def)
            fprintf(f, ", default %s", p[i]->def);
    }
}

static void line_row(FILE *f, const struct line *l)
{
    fputs("| ", f);
    syntax_cell(f, "", l->syntax);
    fputs(" | ", f);
    if (l->undo_cmd >= 0)
        for (int i = 0; i < ncmds; i++)
            if (cmds[i].line == l && cmds[i].kind == 1) {
                fputs(i > l->undo_cmd ? "<br>`" : "`", f);
                cell(f, cmds[i].syntax);
                fputs("`", f);
            }
    fputs(" | ", f);
    param_notes(f, l->params, l->nparams);
    fprintf(f, " | %s%s%s |\n",
            l->nbinds  ? l->bind[0].impact
            : l->feeds ? "session"
                       : "none",
            l->inert ? ", inert" : "", l->on ? ", on by default" : "");
}

void emit_docs(struct schema *s, FILE *f)
{
    fputs("# vrpsh command reference\n\nGenerated from the declarations in `schema/`. Impact: what "
          "committing a change of the line does to the sessions it concerns.\n",
          f);
    for (int i = 0; i < s->nviews; i++) {
        const struct view *v = s->views[i];
        if (!v->scope)
            fprintf(f, "\n## %s view\n\n", v->name);
        else
            fprintf(f, "\n## Commands of %s\n\n",
                    !strcmp(v->name, "any")      ? "every view"
                    : !strcmp(v->name, "config") ? "every configuration view"
                                                 : "the user view");
        if (v->enter) {
            fputs("Entered by ", f);
            syntax_cell(f, "", v->enter->syntax);
            fprintf(f, " in the %s view; prompt suffix `%s`.\n\n", s->views[v->parent]->name,
                    v->prompt);
        }
        if (v->nlines)
            fputs("| line | undo | parameters | impact |\n|---|---|---|---|\n", f);
        for (int k = 0; k < v->nlines; k++)
            line_row(f, v->lines[k]);
        if (v->ncommands)
            fputs("| command | level | parameters |\n|---|---|---|\n", f);
        for (int k = 0; k < v->ncommands; k++) {
            const struct command *c = v->commands[k];
            struct param *p[16];
            int n = 0;
            syntax_params(c->syntax, p, &n, c->pos);
            fputs("| ", f);
            syntax_cell(f, "", c->syntax);
            fprintf(f, " | %d | ", c->level);
            param_notes(f, p, n);
            fputs(" |\n", f);
        }
    }
}
