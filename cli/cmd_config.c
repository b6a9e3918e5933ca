/* Commands that show configurations: streamed a few hundred rows at a time. See listing.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/listing.h"

#define ROWS_AT_ONCE 500 /* of a streamed configuration */

/* --- whole configurations, streamed -------------------------------------------------- */

static bool list_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct listing *l = arg;
    struct sch_place p;
    if (!l->only_top || (sch_key_place(key, nkey, &p) && p.depth == 0 && !p.line->enters))
        render_row(&l->render, key, nkey, text, n);
    memcpy(l->after, key, nkey);
    l->nafter = nkey;
    return ++l->rows < ROWS_AT_ONCE;
}

static bool list_next(struct session *s, void *state)
{
    struct listing *l = state;
    l->rows = 0;
    store_scan(s->app->config.store, &l->cand, l->prefix, l->nprefix, l->after, l->nafter, list_row,
               l);
    if (l->rows == ROWS_AT_ONCE)
        return true;
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
    s->stream = (struct stream){list_next, free, l};
    return l;
}

static bool newest(void *arg, const struct store_commit *c)
{
    *(struct store_commit *)arg = *c;
    return false;
}

static void header(struct session *s)
{
    struct store_commit last = {0};
    char when[64];
    out(s, "!Software Version vrpsh %s\n", VRPSH_VERSION);
    store_commits(s->app->config.store, 1, newest, &last);
    if (last.id) {
        app_time(last.time, when, sizeof when);
        out(s, "!Last configuration was updated at %s by %s\n", when, last.user);
    }
}

void cmd_display_current(struct session *s, const struct sch_match *m)
{
    uint8_t prefix[SCH_KEY_MAX];
    size_t n = 0;
    struct sch_key k = {0};
    bool all = true;
    if (strcmp(cmd_word(m, "section"), "bgp") == 0) {
        prefix[n++] = sch_lines[LINE_BGP_BGP].rank;
        all = false;
    } else if (cmd_arg(m, "name")->present) {
        sch_key_add(&k, &sch_lines[LINE_INTERFACE_INTERFACE], cmd_arg(m, "name"));
        memcpy(prefix, k.b, n = k.n);
        all = false;
    } else if (*cmd_word(m, "what")) {
        prefix[n++] = sch_lines[LINE_INTERFACE_INTERFACE].rank;
        all = false;
    }
    struct listing *l = list_start(s, prefix, n);
    if (l && all && !*cmd_word(m, "section"))
        header(s);
    if (l && strcmp(cmd_word(m, "section"), "system") == 0)
        l->only_top = true;
}

void cmd_display_this(struct session *s, const struct sch_match *m)
{
    const struct level *v = session_level(s);
    (void)m;
    struct listing *l = list_start(s, v->key.b, v->key.n);
    if (l)
        l->only_top = s->depth == 1;
    if (l && s->depth > 2)
        out(s, "#\n");
}
