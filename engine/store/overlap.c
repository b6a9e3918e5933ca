/* Candidates after commits of others: rows that both sides have changed, and a new base for them.
 */
#include <string.h>

#include "engine/store/internal.h"

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool tidy_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                     const char *new_text)
{
    struct store_candidate *c = arg;
    const struct overlay_row *o = overlay_get(c->overlay, key, nkey);
    (void)old_text;
    if (o && same_text(o->text, new_text))
        overlay_remove(c->overlay, key, nkey);
    return true;
}

/* After a read that fails a row that equals running may be left: harmless, a lost one is not. */
void store_candidate_tidy(struct store *s, struct store_candidate *c, uint32_t id)
{
    store_history(s, id, id, tidy_row, c);
    c->rows = overlay_count(c->overlay);
}

bool store_conflicts(struct store *s, const struct store_candidate *c, store_conflict_fn *fn,
                     void *arg)
{
    struct overlay_cursor cur;
    char now[8192];
    unsigned was = s->failures;
    const struct overlay_row *o = c->rows ? overlay_seek(c->overlay, NULL, 0, &cur) : NULL;
    for (bool more = true; o && more; o = overlay_next(&cur)) {
        const char *theirs = store_running(s, o->key, o->nkey, now, sizeof now) >= 0 ? now : NULL;
        more = was == s->failures;
        if (more && !same_text(o->base, theirs))
            more = fn(arg, o->key, o->nkey, o->base, o->text, theirs);
    }
    return was == s->failures;
}

bool store_rebase(struct store *s, struct store_candidate *c)
{
    struct overlay_cursor cur;
    uint8_t key[1024];
    char now[8192];
    unsigned was = s->failures;
    const struct overlay_row *o = c->rows ? overlay_seek(c->overlay, NULL, 0, &cur) : NULL;
    while (o) {
        size_t nkey = o->nkey;
        memcpy(key, o->key, nkey);
        const char *theirs = store_running(s, key, nkey, now, sizeof now) >= 0 ? now : NULL;
        if (was != s->failures)
            return false;
        if (!same_text(o->base, theirs)) {
            overlay_rebase(c->overlay, key, nkey, theirs);
            overlay_seek(c->overlay, key, nkey, &cur);
        }
        o = overlay_next(&cur);
    }
    return true;
}

/* What the candidate makes of a row whose running text is known. */
static const char *seen_as(const struct overlay_row *o, const char *running)
{
    return o ? o->text : running;
}

bool store_compare(struct store *s, const struct store_candidate *a,
                   const struct store_candidate *b, store_change_fn *fn, void *arg)
{
    struct overlay_cursor ca, cb;
    char running[8192];
    unsigned was = s->failures;
    const struct overlay_row *x = a->rows ? overlay_seek(a->overlay, NULL, 0, &ca) : NULL,
                             *y = b->rows ? overlay_seek(b->overlay, NULL, 0, &cb) : NULL;
    for (bool more = true; (x || y) && more;) {
        int d = !y ? -1 : !x ? 1 : overlay_order(x, y);
        const struct overlay_row *first = d <= 0 ? x : y;
        const char *now = store_running(s, first->key, first->nkey, running, sizeof running) >= 0
                              ? running
                              : NULL;
        const char *old = seen_as(d <= 0 ? x : NULL, now), *new = seen_as(d >= 0 ? y : NULL, now);
        more = was == s->failures;
        if (more && !same_text(old, new))
            more = fn(arg, first->key, first->nkey, old, new);
        if (d <= 0)
            x = overlay_next(&ca);
        if (d >= 0)
            y = overlay_next(&cb);
    }
    return was == s->failures;
}

void store_restore(struct store_candidate *c, const uint8_t *key, size_t nkey)
{
    overlay_remove(c->overlay, key, nkey);
    c->rows = overlay_count(c->overlay);
}
