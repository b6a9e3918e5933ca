/* Whole configurations as text; see listing.h. */
#include "cli/config/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"

#define ROWS_AT_ONCE 500

static bool keyed(const struct sch_line *l)
{
    bool any = l->sub != SCH_NO_SUB;
    for (uint8_t i = 0; i < l->nparams; i++)
        any |= l->params[i].key;
    return any;
}

/* What holds in a view although it has no line of its own there. */
static void list_defaults(struct listing *l, uint8_t view, const uint8_t *key, size_t nkey,
                          unsigned depth)
{
    static const struct sch_value none[SCH_SLOTS];
    char text[SCH_TEXT_MAX];
    for (unsigned i = 0; i < SCH_LINES; i++) {
        const struct sch_line *d = &sch_lines[i];
        struct sch_key k = {.n = (uint16_t)nkey};
        if (nkey)
            memcpy(k.b, key, nkey);
        if (d->view != view || keyed(d) || d->shown || (!d->on && !d->deflt) ||
            !sch_key_add(&k, d, none) ||
            store_get(l->render.s->app->config.store, &l->cand, k.b, k.n, text, sizeof text) >= 0)
            continue;
        if (d->deflt)
            snprintf(text, sizeof text, "%s", d->deflt);
        else
            sch_render(d, none, false, true, text, sizeof text);
        out(l->render.s, "%*s~%s\n", (int)depth, "", text);
    }
}

static bool list_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct listing *l = arg;
    struct sch_place p;
    if (!sch_key_place(key, nkey, &p))
        return true;
    bool shown = !l->only_top || (p.depth == 0 && !p.line->enters);
    if (shown)
        render_row(&l->render, key, nkey, text, n);
    if (shown && l->defaults && p.line->enters)
        list_defaults(l, (uint8_t)(p.line->enters - 1), key, nkey, p.depth + 1);
    memcpy(l->after, key, nkey);
    l->nafter = nkey;
    return ++l->rows < ROWS_AT_ONCE;
}

static void list_free(void *state)
{
    struct listing *l = state;
    if (l->free)
        l->free(l);
    free(l);
}

static bool list_next(struct session *s, void *state)
{
    struct listing *l = state;
    if (l->head && l->head != s->app->config.head) {
        session_error(s, "The running configuration has been changed meanwhile. Try again.");
        return false;
    }
    if (l->defaults && !l->nprefix && !l->nafter) { /* the system view has no line of its own */
        out(s, "#\n");
        list_defaults(l, VIEW_SYSTEM, NULL, 0, 0);
    }
    l->rows = 0;
    l->cut = !store_scan(s->app->config.store, &l->cand, l->prefix, l->nprefix, l->after, l->nafter,
                         list_row, l);
    if (!l->cut && l->rows == ROWS_AT_ONCE)
        return true;
    if (!l->cut) /* what does not end like this is not all */
        out(s, "#\nreturn\n");
    return false;
}

struct listing *list_start(struct session *s, const uint8_t *prefix, size_t n)
{
    struct listing *l = calloc(1, sizeof *l);
    if (!l) {
        session_error(s, "Out of memory.");
        return NULL;
    }
    l->render.s = s;
    if (n)
        memcpy(l->prefix, prefix, n);
    l->nprefix = n;
    s->stream = (struct stream){list_next, list_free, l};
    return l;
}

static bool newest(void *arg, const struct store_commit *c)
{
    *(struct store_commit *)arg = *c;
    return false;
}

void listing_header(struct session *s, int64_t saved)
{
    struct store *store = s->app->config.store;
    struct store_commit last = {0};
    char when[64], then[32], by[64];
    out(s, "!Software Version vrpsh %s\n", VRPSH_VERSION);
    store_commits(store, 1, false, newest, &last);
    if (last.id) {
        app_time(last.time, when, sizeof when);
        out(s, "!Last configuration was updated at %s by %s\n", when, last.user);
    }
    if (saved)
        snprintf(by, sizeof by, "%s", s->user);
    else if (store_note(store, "saved_time", then, sizeof then) &&
             store_note(store, "saved_user", by, sizeof by))
        saved = strtoll(then, NULL, 10);
    if (saved) {
        app_time(saved, when, sizeof when);
        out(s, "!Last configuration was saved at %s by %s\n", when, by);
    }
}

char *listing_running(struct session *s, int64_t saved, size_t *n)
{
    struct out_held held;
    struct stream was = s->stream;
    out_hold(s, &held);
    s->unmasked = true;
    listing_header(s, saved);
    struct listing *l = list_start(s, NULL, 0);
    while (l && list_next(s, l))
        ;
    s->stream = was;
    s->unmasked = false;
    bool all = l && !l->cut;
    free(l);
    char *text = out_release(s, &held, n);
    if (all)
        return text;
    free(text);
    return NULL;
}
