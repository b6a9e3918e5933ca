/* Rows as configuration text; see render.h. */
#include <stdio.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/text/render.h"
#include "cli/settings.h"
#include "cli/text/show.h"
#include "engine/config/model.h"
#include "engine/secret.h"

static bool secret(const struct sch_line *l)
{
    bool any = false;
    for (uint8_t i = 0; i < l->nparams; i++)
        any |= l->params[i].type == SCH_SECRET;
    return any;
}

size_t render_text(struct session *s, const struct sch_line *l, const char *text, size_t n,
                   char *buf, size_t len)
{
    struct sch_value v[SCH_SLOTS];
    bool negated, hide = s->level < LEVEL_MANAGE && !s->unmasked && secret(l);
    if (hide && sch_row_parse(l, text, n, v, &negated)) {
        for (uint8_t i = 0; i < l->nparams; i++)
            if (l->params[i].type == SCH_SECRET && v[i].present) {
                v[i].s = SECRET_MASK;
                v[i].n = sizeof SECRET_MASK - 1;
            }
        return sch_render(l, v, negated, s->app->config.model->sys.as_plain, buf, len);
    }
    if (l->has_as && sch_row_parse(l, text, n, v, &negated))
        return sch_render(l, v, negated, s->app->config.model->sys.as_plain, buf, len);
    if (n >= len)
        n = len - 1;
    memcpy(buf, text, n);
    buf[n] = 0;
    return n;
}

static void print_line(struct session *s, const char *lead, unsigned depth, const char *text,
                       size_t n)
{
    static const char blanks[] = "          ";
    out_text(s, lead, strlen(lead));
    out_text(s, blanks, depth);
    out_text(s, text, n);
    out_text(s, "\n", 1);
}

void render_row(struct render *r, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct sch_place p;
    char buf[SCH_TEXT_MAX];
    if (!sch_key_place(key, nkey, &p))
        return;
    const struct sch_line *l = p.line;
    if (p.depth == 0) {
        if (!r->started || r->after_view || l->enters || l->section != r->section)
            out(r->s, "#\n");
        r->section = l->section;
        r->after_view = l->enters != 0;
    } else if (l->separated && r->started) {
        print_line(r->s, "", p.depth, "#", 1);
    }
    r->started = true;
    n = render_text(r->s, l, text, n, buf, sizeof buf);
    print_line(r->s, "", p.depth, buf, n);
}

/* A view line that is no longer there is shown as it last was. */
size_t render_view_line(struct session *s, const uint8_t *key, size_t nkey,
                        const struct sch_line *l, char *buf, size_t len)
{
    static const struct store_candidate running;
    struct sch_value none[SCH_SLOTS] = {0};
    char text[SCH_TEXT_MAX];
    struct store *store = s->app->config.store;
    long n = store_get(store, &s->edit.cand, key, nkey, text, sizeof text);
    if (n < 0)
        n = store_get(store, &running, key, nkey, text, sizeof text);
    if (n < 0)
        n = store_last_text(store, key, nkey, text, sizeof text);
    if (n < 0)
        return sch_render(l, none, false, true, buf, len);
    return render_text(s, l, text, (size_t)n, buf, len);
}

void render_path(struct session *s, const uint8_t *key, const struct sch_place *p)
{
    char buf[SCH_TEXT_MAX];
    show_list(s, "view");
    for (unsigned i = 0; show_json(s) && i < p->depth; i++) {
        render_view_line(s, key, p->start[i + 1], p->level[i], buf, sizeof buf);
        show_text(s, NULL, buf);
    }
    show_close(s);
}

/* --- diff ---------------------------------------------------------------------------- */

void diff_start(struct diff *d, struct session *s)
{
    memset(d, 0, sizeof *d);
    d->s = s;
    show_list(s, "changes");
}

void diff_begin(struct diff *d, struct session *s)
{
    show_begin(s);
    diff_start(d, s);
    out(s, "Building configuration\n");
}

static const char *unchanged(const struct diff *d)
{
    return d->tagged ? "= " : "  ";
}

static bool starts_with(const uint8_t *key, size_t nkey, const uint8_t *prefix, size_t n)
{
    return n <= nkey && memcmp(key, prefix, n) == 0;
}

/* Prints the view lines around a change that are not on the screen yet. */
static void context(struct diff *d, const uint8_t *key, const struct sch_place *p)
{
    char buf[SCH_TEXT_MAX];
    for (unsigned i = 0; i < p->depth; i++) {
        size_t end = p->start[i + 1];
        if (end <= d->nshown && starts_with(d->shown, d->nshown, key, end))
            continue;
        size_t n = render_view_line(d->s, key, end, p->level[i], buf, sizeof buf);
        print_line(d->s, unchanged(d), i, buf, n);
        memcpy(d->shown, key, end);
        d->nshown = end;
    }
}

static void block(struct diff *d, const uint8_t *key, size_t nkey, const struct sch_place *p)
{
    size_t end = p->depth ? p->start[1] : nkey;
    if (d->started && d->ntop == end && memcmp(d->top, key, end) == 0)
        return;
    print_line(d->s, unchanged(d), 0, "#", 1);
    d->started = true;
    d->ntop = end;
    memcpy(d->top, key, end);
    d->nshown = 0;
}

static void side(struct diff *d, const char *mark, const struct sch_place *p, const char *text)
{
    char buf[SCH_TEXT_MAX];
    size_t n = render_text(d->s, p->line, text, strlen(text), buf, sizeof buf);
    print_line(d->s, mark, p->depth, buf, n);
}

static void one_text(struct session *s, const char *name, const struct sch_line *l,
                     const char *text)
{
    char buf[SCH_TEXT_MAX];
    if (!text)
        return;
    render_text(s, l, text, strlen(text), buf, sizeof buf);
    show_text(s, name, buf);
}

static void change_fields(struct session *s, const uint8_t *key, const struct sch_place *p,
                          const char *old_text, const char *new_text)
{
    show_object(s, NULL);
    render_path(s, key, p);
    one_text(s, "old", p->line, old_text);
    one_text(s, "new", p->line, new_text);
    show_close(s);
}

void diff_change(struct diff *d, const uint8_t *key, size_t nkey, const char *old_text,
                 const char *new_text)
{
    struct sch_place p;
    if (!sch_key_place(key, nkey, &p))
        return;
    if (show_json(d->s)) {
        change_fields(d->s, key, &p, old_text, new_text);
        return;
    }
    block(d, key, nkey, &p);
    context(d, key, &p);
    if (old_text)
        side(d, "- ", &p, old_text);
    if (old_text && new_text && p.depth == 0 && !p.line->enters)
        print_line(d->s, unchanged(d), 0, "#", 1);
    if (new_text)
        side(d, "+ ", &p, new_text);
    if (p.line->enters) {
        memcpy(d->shown, key, nkey);
        d->nshown = nkey;
    }
}

bool diff_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
              const char *new_text)
{
    diff_change(arg, key, nkey, old_text, new_text);
    return true;
}

void diff_end(struct diff *d)
{
    if (d->started)
        print_line(d->s, unchanged(d), 0, "#", 1);
    if (d->tagged)
        out(d->s, "end-diff\n");
    show_close(d->s);
}

/* --- uncommitted lines as commands --------------------------------------------------- */

/* What would have to be typed to make the row go. */
static size_t undo_text(struct session *s, const struct sch_line *l, const char *old_text,
                        char *buf, size_t len)
{
    struct sch_value v[SCH_SLOTS];
    bool negated, whole = false;
    if (!sch_row_parse(l, old_text, strlen(old_text), v, &negated))
        return 0;
    if (l->enters && l->undo_cmd != UINT16_MAX)
        whole = true;
    for (uint8_t i = 0; i < l->nparams && !whole; i++)
        v[i].present = v[i].present && l->params[i].key;
    if (sch_is(l, LINE_BGP_PEER_AS_NUMBER) && v[0].addr.af) {
        char name[64];
        sch_value_text(&v[0], &l->params[0], true, name, sizeof name);
        return (size_t)snprintf(buf, len, "undo peer %s", name);
    }
    return sch_render(l, v, !negated, s->app->config.model->sys.as_plain, buf, len);
}

/* Does the row go with its peer or group, whose own undo is printed where that stood? */
static bool goes_with_object(struct session *s, const uint8_t *key, const struct sch_place *p,
                             const char *old_text)
{
    struct sch_value v[SCH_SLOTS];
    char text[SCH_TEXT_MAX];
    struct sch_key view = {.n = p->start[p->depth]};
    bool negated;
    if (p->line->sub == SCH_NO_SUB || p->line->params[0].type != SCH_PEER ||
        !sch_row_parse(p->line, old_text, strlen(old_text), v, &negated) ||
        (sch_is(p->line, LINE_BGP_PEER_AS_NUMBER) && v[0].addr.af))
        return false;
    memcpy(view.b, key, view.n);
    struct edit_scope at = edit_scope(&view, p->line);
    struct sch_key owner = edit_key(
        &at.key, edit_scope_line(&at, v[0].addr.af ? LINE_BGP_PEER_AS_NUMBER : LINE_BGP_GROUP), v);
    return store_get(s->app->config.store, &s->edit.cand, owner.b, owner.n, text, sizeof text) < 0;
}

bool commands_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                  const char *new_text)
{
    struct commands *c = arg;
    struct sch_place p;
    char buf[SCH_TEXT_MAX];
    if (!sch_key_place(key, nkey, &p) ||
        (!new_text && ((c->ngone && starts_with(key, nkey, c->gone, c->ngone)) ||
                       goes_with_object(c->s, key, &p, old_text))))
        return true;
    for (unsigned i = 0; i < p.depth; i++) {
        size_t end = p.start[i + 1];
        if (end <= c->nshown && starts_with(c->shown, c->nshown, key, end))
            continue;
        size_t n = render_view_line(c->s, key, end, p.level[i], buf, sizeof buf);
        print_line(c->s, "", i, buf, n);
        memcpy(c->shown, key, end);
        c->nshown = end;
    }
    size_t n = new_text ? render_text(c->s, p.line, new_text, strlen(new_text), buf, sizeof buf)
                        : undo_text(c->s, p.line, old_text, buf, sizeof buf);
    print_line(c->s, "", p.depth, buf, n);
    if (!new_text && p.line->enters) {
        memcpy(c->gone, key, nkey);
        c->ngone = nkey;
    }
    if (p.line->enters) {
        memcpy(c->shown, key, nkey);
        c->nshown = nkey;
    }
    return true;
}
