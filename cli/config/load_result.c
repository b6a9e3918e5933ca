/* What a load could not do; see load_result.h. */
#include "cli/config/load_result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/conflict.h"
#include "cli/settings.h"
#include "cli/text/hide.h"
#include "cli/text/show.h"

#define LINE_SHOWN 512 /* octets of a refused line */

/* A refused line: text and why. One that stays: key, and its three images, NULL where there is
 * none. All in bytes. */
struct load_note {
    struct load_note *next;
    size_t line, nkey;
    const char *text, *why;
    const char *base, *mine, *theirs;
    char bytes[];
};

struct load_result *load_result_new(const char *from)
{
    struct load_result *r = calloc(1, sizeof *r);
    if (r) {
        snprintf(r->from, sizeof r->from, "%s", from);
        r->last = &r->first;
    }
    return r;
}

void load_result_free(struct load_result *r)
{
    for (struct load_note *n = r ? r->first : NULL, *next; n; n = next) {
        next = n->next;
        free(n);
    }
    free(r);
}

static struct load_note *note(struct load_result *r, size_t bytes)
{
    struct load_note *n = r ? calloc(1, sizeof *n + bytes) : NULL;
    if (!n) {
        if (r)
            r->lost++;
        return NULL;
    }
    *r->last = n;
    r->last = &n->next;
    return n;
}

static const char *copy(char **at, const char *text, size_t n)
{
    const char *kept = *at;
    if (!text)
        return NULL;
    memcpy(*at, text, n);
    *at += n + 1; /* a NUL is there */
    return kept;
}

static size_t size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

void load_result_refused(struct load_result *r, size_t line, const char *text, size_t n,
                         const char *why)
{
    n = n < LINE_SHOWN ? n : LINE_SHOWN - 1;
    struct load_note *new = note(r, n + 1 + size(why));
    if (r)
        r->refused++;
    if (!new)
        return;
    char *at = new->bytes;
    new->line = line;
    new->text = copy(&at, text, n);
    new->why = copy(&at, why, strlen(why));
}

bool load_result_stays(void *arg, const uint8_t *key, size_t nkey, const char *base,
                       const char *mine, const char *theirs)
{
    struct load_note *new = note(arg, nkey + size(base) + size(mine) + size(theirs));
    if (!new)
        return true;
    char *at = new->bytes + nkey;
    memcpy(new->bytes, key, nkey);
    new->nkey = nkey;
    new->base = copy(&at, base, base ? strlen(base) : 0);
    new->mine = copy(&at, mine, mine ? strlen(mine) : 0);
    new->theirs = copy(&at, theirs, theirs ? strlen(theirs) : 0);
    return true;
}

/* The line as far as the session may see it. */
static void visible(const struct session *s, const struct load_note *n, char text[LINE_SHOWN])
{
    if (s->level < LEVEL_MANAGE)
        hide_secrets(n->text, strlen(n->text), text, LINE_SHOWN);
    else
        snprintf(text, LINE_SHOWN, "%s", n->text);
}

static void show_refused(struct session *s, const struct load_result *r)
{
    char text[LINE_SHOWN];
    show_list(s, "refused");
    for (const struct load_note *n = r ? r->first : NULL; n; n = n->next) {
        if (!n->why)
            continue;
        visible(s, n, text);
        out(s, "%s:%zu: %s\n%s\n", r->from, n->line, text, n->why);
        show_object(s, NULL);
        show_uint(s, "line", n->line);
        show_text(s, "text", text);
        show_text(s, "message", strncmp(n->why, "Error: ", 7) == 0 ? n->why + 7 : n->why);
        show_close(s);
    }
    show_close(s);
}

void load_result_show(struct session *s, const struct load_result *r, enum load_result_part part)
{
    bool all = part == LOAD_RESULT_ALL;
    struct conflicts c = {.s = s,
                          .output = all,
                          .head = "Warning: Lines that have been changed since stay as they are:"};
    if (r && r->from[0])
        show_text(s, "from", r->from);
    if (all || (part == LOAD_RESULT_TOLD && r->refused))
        show_refused(s, r);
    if (all)
        conflicts_begin(&c);
    for (const struct load_note *n = r ? r->first : NULL; n; n = n->next)
        if (!n->why)
            conflict_row(&c, (const uint8_t *)n->bytes, n->nkey, n->base, n->mine, n->theirs);
    conflicts_end(&c);
    if (r && r->lost)
        out(s, "Warning: %u more did not fit into memory.\n", r->lost);
}

void load_result_each(const struct load_result *r,
                      void (*fn)(struct session *s, size_t line, const char *why),
                      struct session *s)
{
    for (const struct load_note *n = r ? r->first : NULL; n; n = n->next)
        if (n->why)
            fn(s, n->line, n->why);
}
