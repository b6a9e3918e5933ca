/* Listing of conflicting lines; see conflict.h. */
#include "cli/config/conflict.h"

#include <stdio.h>
#include <string.h>

#include "cli/text/render.h"
#include "cli/text/show.h"

void conflicts_begin(struct conflicts *c)
{
    show_list(c->s, "conflicts");
    c->open = true;
}

void conflicts_end(struct conflicts *c)
{
    if (c->open)
        show_close(c->s);
    c->open = false;
}

static void image(struct session *s, const struct sch_place *p, const char *name, const char *text)
{
    char buf[SCH_TEXT_MAX], label[16];
    snprintf(label, sizeof label, "%s:", name);
    size_t n = text ? render_text(s, p->line, text, strlen(text), buf, sizeof buf - 1) : 0;
    buf[n] = 0;
    if (text)
        show_text(s, name, buf);
    out(s, "%*s%-8s%s\n", (int)p->depth + 2, "", label, text ? buf : "-");
}

static void head(struct conflicts *c)
{
    if (!c->open)
        conflicts_begin(c);
    if (c->output)
        out(c->s, "%s\n", c->head);
    else
        session_note(c->s, "%s", c->head);
}

bool conflict_row(void *arg, const uint8_t *key, size_t nkey, const char *base, const char *mine,
                  const char *theirs)
{
    struct conflicts *c = arg;
    struct sch_place p;
    char buf[SCH_TEXT_MAX];
    if (!sch_key_place(key, nkey, &p))
        return true;
    if (c->n++ == 0)
        head(c);
    for (unsigned i = 0; i < p.depth; i++) {
        size_t end = p.start[i + 1];
        if (end <= c->nshown && memcmp(c->shown, key, end) == 0)
            continue;
        size_t n = render_view_line(c->s, key, end, p.level[i], buf, sizeof buf);
        out(c->s, "%*s%.*s\n", (int)i + 2, "", (int)n, buf);
        memcpy(c->shown, key, end);
        c->nshown = end;
    }
    show_object(c->s, NULL);
    render_path(c->s, key, &p);
    image(c->s, &p, "base", base);
    image(c->s, &p, "mine", mine);
    image(c->s, &p, "theirs", theirs);
    show_close(c->s);
    return true;
}
