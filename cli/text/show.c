/* The two forms of a display; see show.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/result.h"
#include "cli/text/show.h"

#define PIECE 4096 /* octets of a document that are sent on together */

static void send_on(struct session *s, size_t more_than)
{
    if (s->document.n <= more_than || s->form == FORM_RESULT)
        return;
    out_raw(s, s->document.p, s->document.n);
    s->document.n = 0;
}

void show_wanted(struct session *s, bool pretty)
{
    s->form = FORM_LINES;
    s->document.n = 0;
    s->json = (struct json){.to = &s->document, .pretty = pretty};
}

bool show_json(const struct session *s)
{
    return s->form == FORM_FIELDS || s->form == FORM_RESULT;
}

void show_begin(struct session *s)
{
    if (s->form != FORM_LINES)
        return;
    s->form = FORM_FIELDS;
    json_object(&s->json, NULL);
}

void show_object(struct session *s, const char *name)
{
    if (show_json(s))
        json_object(&s->json, name);
}

void show_list(struct session *s, const char *name)
{
    if (show_json(s))
        json_list(&s->json, name);
}

void show_close(struct session *s)
{
    if (show_json(s))
        json_close(&s->json);
    send_on(s, PIECE);
}

void show_text(struct session *s, const char *name, const char *text)
{
    if (show_json(s))
        json_text(&s->json, name, text, strlen(text));
}

void show_draft(struct session *s, const char *name)
{
    if (show_json(s))
        json_text(&s->json, name, s->draft.p, s->draft.n);
    s->draft.n = 0;
}

void show_uint(struct session *s, const char *name, uint64_t value)
{
    if (show_json(s))
        json_uint(&s->json, name, value);
}

void show_bool(struct session *s, const char *name, bool value)
{
    if (show_json(s))
        json_bool(&s->json, name, value);
}

void show_addr(struct session *s, const char *name, const struct bgp_addr *a)
{
    char text[BGP_ADDR_STRLEN];
    if (show_json(s) && a->af)
        show_text(s, name, bgp_addr_str(a, text));
}

void show_remark(struct session *s, const char *text)
{
    if (s->form != FORM_LINES)
        out(s, "%s\n", text);
}

/* --- displays without fields ---------------------------------------------------------------- */

static void end_line(struct session *s)
{
    if (s->json.depth == 0) {
        json_object(&s->json, NULL);
        json_list(&s->json, "lines");
    }
    json_text(&s->json, NULL, s->row.p, s->row.n);
    s->row.n = 0;
    send_on(s, PIECE);
}

void show_line(struct session *s, const char *text, size_t n)
{
    while (n) {
        const char *nl = memchr(text, '\n', n);
        size_t take = nl ? (size_t)(nl - text) : n;
        text_add(&s->row, text, take);
        if (nl)
            end_line(s);
        take += nl != NULL;
        text += take;
        n -= take;
    }
}

void show_end(struct session *s, bool failed)
{
    if (s->form == FORM_LINES) {
        if (s->row.n)
            end_line(s);
        if (s->json.depth == 0 && !failed) {
            json_object(&s->json, NULL);
            json_list(&s->json, "lines");
        }
    }
    if ((s->json.depth || !failed) && s->to_file < 0)
        result_shown(s);
    while (s->json.depth)
        json_close(&s->json);
    send_on(s, 0);
    s->form = FORM_TEXT;
}

/* --- what filters let through, with --json --------------------------------------------------- */

static void open_sieve(struct session *s)
{
    s->sieve = (struct json){.to = &s->text};
    json_object(&s->sieve, NULL);
    json_list(&s->sieve, "lines");
}

void show_sieved(struct session *s, const char *line, size_t n)
{
    if (s->sieve.depth == 0)
        open_sieve(s);
    json_text(&s->sieve, NULL, line, n);
}

void show_sieved_end(struct session *s, bool failed)
{
    s->sieved = false;
    if (s->sieve.depth == 0 && failed)
        return;
    if (s->sieve.depth == 0)
        open_sieve(s);
    result_shown(s);
    while (s->sieve.depth)
        json_close(&s->sieve);
}
