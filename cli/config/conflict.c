/* Listing of conflicting lines; see conflict.h. */
#include "cli/config/conflict.h"

#include <string.h>

#include "cli/text/render.h"

static void image(struct session *s, const struct sch_place *p, const char *name, const char *text)
{
    char buf[SCH_TEXT_MAX];
    size_t n = 1;
    if (text)
        n = render_text(s, p->line, text, strlen(text), buf, sizeof buf);
    else
        buf[0] = '-';
    out(s, "%*s%-8s%.*s\n", (int)p->depth + 2, "", name, (int)n, buf);
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
        session_note(c->s, "%s", c->head);
    for (unsigned i = 0; i < p.depth; i++) {
        size_t end = p.start[i + 1];
        if (end <= c->nshown && memcmp(c->shown, key, end) == 0)
            continue;
        size_t n = render_view_line(c->s, key, end, p.level[i], buf, sizeof buf);
        out(c->s, "%*s%.*s\n", (int)i + 2, "", (int)n, buf);
        memcpy(c->shown, key, end);
        c->nshown = end;
    }
    image(c->s, &p, "base:", base);
    image(c->s, &p, "mine:", mine);
    image(c->s, &p, "theirs:", theirs);
    return true;
}
