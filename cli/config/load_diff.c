/* Loading a difference; see load_diff.h. */
#include "cli/config/load_diff.h"

#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"

/* A view that lines further to the right stand in. */
struct within {
    uint8_t view;
    struct sch_key key;
    bool there; /* it is in the candidate, or made by the difference */
};

struct reader {
    struct session *s;
    load_bad_fn *bad;
    void *ctx;
    struct config_patch patch;
    struct within stack[SCH_DEPTH + 1];
    unsigned deepest;     /* index of the innermost view */
    struct within *views; /* all that the difference is about */
    size_t nviews;
    const char *line;
    size_t n, number;
    unsigned refused;
};

static void refuse(struct reader *r, const char *why)
{
    r->refused++;
    r->bad(r->ctx, r->number, r->line, r->n, why);
}

static bool begins(const char *line, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

/* What displays print around the changes. */
static bool is_frame(const char *line, size_t n)
{
    return n == 0 || begins(line, n, "Building configuration") ||
           begins(line, n, "Commit changes of commitId ");
}

/* A password that is not cipher text would be stored as it is. */
static bool clear_password(const struct sch_line *l, const struct sch_value *v)
{
    for (uint8_t i = 0; i < l->nparams; i++)
        if (l->params[i].type == SCH_SECRET && v[i].present && !begins(v[i].s, v[i].n, "%^%#"))
            return true;
    return false;
}

/* The text a row has for the line, NULL when the line is what holds without a row. */
static const char *row_text(const struct sch_line *l, struct sch_value *v, bool negated,
                            char buf[SCH_TEXT_MAX])
{
    if (!negated)
        sch_defaults(l, v);
    sch_render(l, v, negated, true, buf, SCH_TEXT_MAX);
    bool usual = !negated && ((l->on && !l->shown) || (l->deflt && strcmp(buf, l->deflt) == 0));
    return usual ? NULL : buf;
}

static bool exists(const struct reader *r, const struct sch_key *k)
{
    char buf[SCH_TEXT_MAX];
    const struct session *s = r->s;
    return store_get(s->app->config.store, &s->edit.cand, k->b, k->n, buf, sizeof buf) >= 0;
}

/* One row of a line that is understood. */
static bool take_row(struct reader *r, const struct sch_key *view, const struct sch_match *m,
                     char mark)
{
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct sch_value v[SCH_SLOTS];
    char buf[SCH_TEXT_MAX];
    struct sch_key k = *view;
    memcpy(v, m->v, sizeof v);
    const char *text = row_text(l, v, m->cmd->kind == SCH_UNDO, buf);
    if (!sch_key_add(&k, l, v))
        return false;
    if (mark == '=')
        return true;
    return config_patch_add(&r->patch, k.b, k.n, mark == '-' ? text : NULL,
                            mark == '+' ? text : NULL);
}

/* A repeated parameter makes a row of each value. */
static bool take_rows(struct reader *r, const struct sch_key *view, struct sch_match *m, char mark)
{
    bool ok = true;
    if (m->repeats < 2)
        return take_row(r, view, m, mark);
    for (uint8_t i = 0; i < m->repeats && ok; i++) {
        m->v[m->rep_slot] = m->rep[i];
        ok = take_row(r, view, m, mark);
    }
    return ok;
}

static bool note_view(struct reader *r, const struct within *in)
{
    if (r->nviews % 64 == 0) {
        struct within *more = realloc(r->views, (r->nviews + 64) * sizeof *more);
        if (!more)
            return false;
        r->views = more;
    }
    r->views[r->nviews++] = *in;
    return true;
}

static void enter(struct reader *r, unsigned depth, const struct sch_key *view,
                  const struct sch_match *m, char mark)
{
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct within *in = &r->stack[depth + 1];
    if (depth + 1 > SCH_DEPTH)
        return;
    *in = (struct within){.view = (uint8_t)(l->enters - 1), .key = *view};
    sch_key_add(&in->key, l, m->v);
    in->there = mark != '=' || exists(r, &in->key);
    r->deepest = depth + 1;
    if (!in->there)
        refuse(r, "Error: The view does not exist.");
    else if (mark != '-' && !note_view(r, in))
        refuse(r, "Error: Out of memory.");
}

/* Lines that a view always has are in it even where the difference forgets them. */
static bool complete_views(struct reader *r)
{
    bool ok = true;
    for (size_t i = 0; i < r->nviews && ok; i++)
        ok = !exists(r, &r->views[i].key) ||
             edit_put_shown(&r->s->edit, &r->views[i].key, r->views[i].view);
    return ok;
}

static void take_line(struct reader *r, char mark, unsigned depth, const char *text, size_t n)
{
    struct within *in = &r->stack[depth];
    struct sch_match m;
    size_t at;
    r->deepest = depth;
    if (!in->there) /* said where the view's line stands */
        return;
    enum sch_status st = sch_match(in->view, text, n, &m, &at);
    if (st != SCH_OK) {
        refuse(r, sch_status_text(st));
        return;
    }
    const struct sch_line *l = &sch_lines[m.cmd->line];
    bool undo = m.cmd->kind == SCH_UNDO;
    struct sch_key view = in->key;
    if (m.view != in->view)
        sch_key_add(&view, &sch_lines[sch_views[m.view].enter - 1], m.v);
    if (sch_level(m.cmd) > r->s->level)
        refuse(r, "Error: You do not have permission to enter the line.");
    else if (m.cmd->kind == SCH_COMMAND || (undo && !l->on && !l->negatable))
        refuse(r, "Error: The line is no configuration.");
    else if (clear_password(l, m.v))
        refuse(r, "Error: The password is not cipher text.");
    else if (!take_rows(r, &view, &m, mark))
        refuse(r, "Error: Out of memory.");
    else if (l->enters && !undo)
        enter(r, depth, &view, &m, mark);
}

static void read_line(struct reader *r)
{
    const char *text = r->line;
    size_t n = r->n;
    unsigned depth = 0;
    while (n && (text[n - 1] == ' ' || text[n - 1] == '\r'))
        n--;
    if (is_frame(text, n))
        return;
    char mark = text[0] == ' ' ? '=' : text[0];
    if ((mark != '+' && mark != '-' && mark != '=') || n < 3 || text[1] != ' ') {
        refuse(r, "Error: The line does not begin with +, - or = and a blank.");
        return;
    }
    for (text += 2, n -= 2; *text == ' '; text++, n--)
        depth++;
    if (n == 1 && *text == '#') {
        r->deepest = depth < r->deepest ? depth : r->deepest;
        return;
    }
    if (depth > r->deepest) {
        refuse(r, "Error: The line stands in no view.");
        return;
    }
    take_line(r, mark, depth, text, n);
}

unsigned load_diff(struct session *s, const char *text, size_t n, load_bad_fn *bad, void *ctx,
                   store_conflict_fn *kept, void *arg)
{
    struct reader r = {.s = s, .bad = bad, .ctx = ctx};
    r.stack[0] = (struct within){.view = VIEW_SYSTEM, .there = true};
    while (n) {
        const char *nl = memchr(text, '\n', n);
        size_t whole = nl ? (size_t)(nl - text) + 1 : n;
        r.line = text;
        r.n = whole - (nl != NULL);
        r.number++;
        read_line(&r);
        text += whole;
        n -= whole;
    }
    if (!config_patch_apply(&s->edit, &r.patch, kept, arg) || !complete_views(&r)) {
        r.number = 0;
        r.n = 0;
        refuse(&r, s->edit.err);
    }
    config_patch_free(&r.patch);
    free(r.views);
    return r.refused;
}
