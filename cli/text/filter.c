/* Output filters; see filter.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/text/filter.h"
#include "cli/text/regex.h"
#include "schema/schema.h"

enum kind { AFTER, BEFORE, BEGIN, COUNT, EXCLUDE, IGNORE_CASE, INCLUDE, JSON, NO_MORE, SECTION };

const struct filter_word filter_words[] = {
    [AFTER] = {"after", "Lines behind each that matches, too", false},
    [BEFORE] = {"before", "Lines before each that matches, too", false},
    [BEGIN] = {"begin", "From the first line that matches", true},
    [COUNT] = {"count", "Number of lines", false},
    [EXCLUDE] = {"exclude", "Lines that do not match", true},
    [IGNORE_CASE] = {"ignore-case", "Without regard to case", false},
    [INCLUDE] = {"include", "Lines that match", true},
    [JSON] = {"json", "As JSON, before any other filter", false},
    [NO_MORE] = {"no-more", "Without paging", false},
    [SECTION] = {"section", "Whole sections, from # to #", true},
    {NULL, NULL, false},
};

#define AROUND_MAX 999

/* Lines kept for later, each with its newline. */
struct kept {
    char *text;
    size_t n, cap, lines;
};

struct filter {
    enum kind kind;
    bool section, ignore_case;
    unsigned before, after;
    struct regex *regex;
    bool begun;    /* begin: has matched */
    unsigned rest; /* lines to pass because of "after" */
    struct kept kept;
    bool matched; /* the section of the moment has */
    size_t count;
    struct filter *next;
};

/* --- parsing ------------------------------------------------------------------------- */

/* Of several words that an abbreviation may mean, the one that takes an expression is meant: "i" is
 * "include", "b" is "begin". */
static int word_kind(const char *w, size_t n, int *status)
{
    int found = -1, verb = -1;
    unsigned words = 0, verbs = 0;
    for (int i = 0; filter_words[i].word && n; i++)
        if (strncasecmp(filter_words[i].word, w, n) == 0) {
            if (strlen(filter_words[i].word) == n)
                return i;
            words++;
            found = i;
            if (filter_words[i].wants) {
                verbs++;
                verb = i;
            }
        }
    if (words > 1)
        found = verbs == 1 ? verb : -1;
    *status = words ? SCH_AMBIGUOUS : n ? SCH_UNRECOGNIZED : SCH_INCOMPLETE;
    return found;
}

struct cursor {
    const char *text;
    size_t at, end;
};

/* The next word: its length, with *at before it. */
static size_t next_word(struct cursor *c, size_t *at)
{
    while (c->at < c->end && c->text[c->at] == ' ')
        c->at++;
    *at = c->at;
    while (c->at < c->end && c->text[c->at] != ' ')
        c->at++;
    return c->at - *at;
}

static bool read_number(struct cursor *c, unsigned *out, size_t *at, int *status)
{
    size_t n = next_word(c, at);
    *out = 0;
    *status = n ? SCH_WRONG : SCH_INCOMPLETE;
    if (!n)
        ++*at;
    for (size_t i = 0; i < n; i++) {
        char ch = c->text[*at + i];
        if (ch < '0' || ch > '9' || *out > AROUND_MAX)
            return false;
        *out = *out * 10 + (unsigned)(ch - '0');
    }
    return n && *out >= 1 && *out <= AROUND_MAX;
}

/* Words up to the one that says what is done with lines, the kind of which is *kind. */
static bool read_words(struct filter *f, struct cursor *c, int *kind, size_t *at, int *status)
{
    bool any = false;
    for (;;) {
        size_t n = next_word(c, at);
        *kind = word_kind(c->text + *at, n, status);
        if (*kind < 0 && n == 0 && any)
            ++*at;
        if (*kind < 0)
            return false;
        any = true;
        if (*kind == IGNORE_CASE)
            f->ignore_case = true;
        else if (*kind == BEFORE ? !read_number(c, &f->before, at, status)
                                 : *kind == AFTER && !read_number(c, &f->after, at, status))
            return false;
        else if (*kind != BEFORE && *kind != AFTER)
            return true;
    }
}

/* "section" may be followed by what to do with sections; a word that is none of those begins the
 * expression. */
static int section_kind(struct cursor *c)
{
    struct cursor look = *c;
    size_t at, n = next_word(&look, &at);
    int status, kind = word_kind(c->text + at, n, &status);
    bool more = look.at < look.end;
    if (!more || (kind != BEGIN && kind != INCLUDE && kind != EXCLUDE))
        return INCLUDE;
    *c = look;
    return kind;
}

static bool parse_one(struct filter *f, struct cursor *c, bool first, size_t *at, int *status)
{
    int kind;
    while (c->end > c->at && c->text[c->end - 1] == ' ')
        c->end--;
    if (!read_words(f, c, &kind, at, status))
        return false;
    if (kind == JSON && !first) { /* it is made by the display, not of its lines */
        *status = SCH_WRONG;
        return false;
    }
    f->section = kind == SECTION;
    f->kind = (enum kind)(f->section ? section_kind(c) : kind);
    while (c->at < c->end && c->text[c->at] == ' ')
        c->at++;
    size_t n = c->end - c->at;
    bool wants = filter_words[kind].wants;
    *at = wants && n == 0 ? c->end + 1 : c->at;
    *status = wants ? (n == 0 ? SCH_INCOMPLETE : SCH_WRONG) : SCH_TOO_MANY;
    return wants ? n && (f->regex = regex_new(c->text + c->at, n, f->ignore_case)) : n == 0;
}

struct filter *filter_parse(const char *text, size_t n, size_t *at, int *status)
{
    struct filter *first = NULL, **last = &first;
    size_t start = 0;
    for (;;) { /* " | " ends an expression; a "|" inside it belongs to it */
        size_t end = start;
        while (end < n && !(text[end] == '|' && end > 0 && text[end - 1] == ' ' && end + 1 < n &&
                            text[end + 1] == ' '))
            end++;
        struct cursor c = {text, start, end};
        *last = calloc(1, sizeof **last);
        if (!*last || !parse_one(*last, &c, last == &first, at, status)) {
            filter_free(first);
            return NULL;
        }
        last = &(*last)->next;
        if (end >= n)
            return first;
        start = end + 1;
    }
}

void filter_free(struct filter *f)
{
    while (f) {
        struct filter *next = f->next;
        regex_free(f->regex);
        free(f->kept.text);
        free(f);
        f = next;
    }
}

bool filter_json(const struct filter *f)
{
    return f && f->kind == JSON;
}

bool filter_no_more(const struct filter *f)
{
    for (; f; f = f->next)
        if (f->kind == NO_MORE)
            return true;
    return false;
}

struct filter *filter_of_lines(struct filter *f)
{
    struct filter **at = &f;
    while (*at) {
        struct filter *one = *at;
        if (one->kind != JSON && one->kind != NO_MORE) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        one->next = NULL;
        filter_free(one);
    }
    return f;
}

/* --- help ---------------------------------------------------------------------------- */

/* Start of the last filter of a chain. */
static size_t last_filter(const char *text, size_t n)
{
    for (size_t i = n; i-- > 1;)
        if (text[i] == '|' && text[i - 1] == ' ' && i + 1 < n && text[i + 1] == ' ')
            return i + 1;
    return 0;
}

bool filter_help(const char *text, size_t n,
                 void (*fn)(void *ctx, const char *text, const char *help), void *ctx)
{
    struct cursor c = {text, last_filter(text, n), n};
    size_t at, len;
    int status;
    bool any = false;
    for (;;) {
        len = next_word(&c, &at);
        int kind = c.at < n ? word_kind(text + at, len, &status) : -1;
        if (kind < 0)
            break;
        if (kind == BEFORE || kind == AFTER) {
            next_word(&c, &at);
            if (c.at == n) {
                fn(ctx, "INTEGER<1-999>", "Number of lines");
                return true;
            }
        } else if (kind != IGNORE_CASE) {
            if (filter_words[kind].wants)
                fn(ctx, "TEXT<1-255>", "Regular expression");
            return filter_words[kind].wants;
        }
    }
    for (const struct filter_word *w = filter_words; w->word && c.at == n; w++)
        if (strncasecmp(w->word, text + at, len) == 0) {
            fn(ctx, w->word, w->help);
            any = true;
        }
    return any;
}

/* --- lines --------------------------------------------------------------------------- */

static void keep(struct kept *k, const char *line, size_t n)
{
    if (k->n + n + 1 > k->cap) {
        size_t cap = (k->n + n + 1) * 2;
        char *text = realloc(k->text, cap);
        if (!text)
            abort();
        k->text = text;
        k->cap = cap;
    }
    if (n)
        memcpy(k->text + k->n, line, n);
    k->text[k->n + n] = '\n';
    k->n += n + 1;
    k->lines++;
}

static void forget_first(struct kept *k)
{
    size_t n = (size_t)((char *)memchr(k->text, '\n', k->n) - k->text) + 1;
    memmove(k->text, k->text + n, k->n - n);
    k->n -= n;
    k->lines--;
}

static void pass(struct filter *f, const char *line, size_t n, filter_emit *emit, void *arg)
{
    if (f->next)
        filter_line(f->next, line, n, emit, arg);
    else
        emit(arg, line, n);
}

static void pass_kept(struct filter *f, filter_emit *emit, void *arg)
{
    for (size_t at = 0; at < f->kept.n;) {
        const char *line = f->kept.text + at;
        size_t n = (size_t)((char *)memchr(line, '\n', f->kept.n - at) - line);
        pass(f, line, n, emit, arg);
        at += n + 1;
    }
    f->kept.n = f->kept.lines = 0;
}

/* What a line or section that matches, or does not, means. */
static bool wanted(struct filter *f, bool match)
{
    f->begun |= match;
    return f->kind == BEGIN ? f->begun : match == (f->kind == INCLUDE);
}

static void section_ends(struct filter *f, filter_emit *emit, void *arg)
{
    if (f->kept.n && wanted(f, f->matched))
        pass_kept(f, emit, arg);
    f->kept.n = f->kept.lines = 0;
    f->matched = false;
}

static void section_line(struct filter *f, const char *line, size_t n, filter_emit *emit, void *arg)
{
    if (n && line[0] == '#')
        section_ends(f, emit, arg);
    keep(&f->kept, line, n);
    f->matched |= regex_match(f->regex, line, n);
}

/* A line, with those around it that were asked for. */
static void one_line(struct filter *f, const char *line, size_t n, filter_emit *emit, void *arg)
{
    if (wanted(f, f->begun && f->kind == BEGIN ? true : regex_match(f->regex, line, n))) {
        pass_kept(f, emit, arg);
        f->rest = f->after;
        pass(f, line, n, emit, arg);
    } else if (f->rest) {
        f->rest--;
        pass(f, line, n, emit, arg);
    } else if (f->before) {
        if (f->kept.lines == f->before)
            forget_first(&f->kept);
        keep(&f->kept, line, n);
    }
}

void filter_line(struct filter *f, const char *line, size_t n, filter_emit *emit, void *arg)
{
    switch (f->kind) {
    case COUNT:
        f->count++;
        break;
    case BEGIN:
    case EXCLUDE:
    case INCLUDE:
        if (f->section)
            section_line(f, line, n, emit, arg);
        else
            one_line(f, line, n, emit, arg);
        break;
    default:
        pass(f, line, n, emit, arg);
        break;
    }
}

void filter_end(struct filter *f, filter_emit *emit, void *arg)
{
    for (; f; f = f->next) {
        if (f->section)
            section_ends(f, emit, arg);
        if (f->kind == COUNT) {
            char text[64];
            int n = snprintf(text, sizeof text, "Total lines: %zu.", f->count);
            pass(f, text, (size_t)n, emit, arg);
        }
    }
}
