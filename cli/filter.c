/* Output filters; see filter.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/filter.h"
#include "schema/schema.h"

enum kind { BEGIN, COUNT, EXCLUDE, INCLUDE, JSON, NO_MORE };

const struct filter_word filter_words[] = {
    [BEGIN] = {"begin", "From the first line that matches"},
    [COUNT] = {"count", "Number of lines"},
    [EXCLUDE] = {"exclude", "Lines that do not match"},
    [INCLUDE] = {"include", "Lines that match"},
    [JSON] = {"json", "As JSON, before any other filter"},
    [NO_MORE] = {"no-more", "Without paging"},
    {NULL, NULL},
};

#define REGEX_MAX 255 /* characters of an expression, as VRP */
#define MATCH_LIMIT 100000

struct filter {
    enum kind kind;
    pcre2_code *re;
    pcre2_match_data *data;
    pcre2_match_context *context;
    bool begun;
    size_t count;
    struct filter *next;
};

/* An unescaped "_" outside a class becomes VRP's delimiter. */
static size_t translate(const char *re, size_t n, char *out)
{
    static const char delimiter[] = "(?:^|$|[ ,{}()])";
    size_t o = 0;
    bool in_class = false;
    for (size_t i = 0; i < n; i++) {
        if (re[i] == '\\' && i + 1 < n) {
            out[o++] = re[i++];
            out[o++] = re[i];
        } else if (re[i] == '_' && !in_class) {
            memcpy(out + o, delimiter, sizeof delimiter - 1);
            o += sizeof delimiter - 1;
        } else {
            in_class = re[i] == '[' ? true : re[i] == ']' ? false : in_class;
            out[o++] = re[i];
        }
    }
    return o;
}

static bool compile(struct filter *f, const char *re, size_t n)
{
    char text[REGEX_MAX * 20];
    int error;
    PCRE2_SIZE at;
    size_t len = translate(re, n, text);
    f->re = pcre2_compile((PCRE2_SPTR)text, len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &at,
                          NULL);
    if (!f->re) /* special characters with nothing to act on are literals */
        f->re = pcre2_compile((PCRE2_SPTR)re, n, PCRE2_LITERAL | PCRE2_UTF, &error, &at, NULL);
    if (!f->re)
        return false;
    f->data = pcre2_match_data_create_from_pattern(f->re, NULL);
    f->context = pcre2_match_context_create(NULL);
    if (!f->data || !f->context)
        return false;
    pcre2_set_match_limit(f->context, MATCH_LIMIT); /* an expression must not hang the host */
    return true;
}

static bool matches(struct filter *f, const char *line, size_t n)
{
    return pcre2_match(f->re, (PCRE2_SPTR)line, n, 0, 0, f->data, f->context) >= 0;
}

static int word_kind(const char *w, size_t n, int *status)
{
    int found = -1;
    for (int i = 0; filter_words[i].word; i++)
        if (n && strlen(filter_words[i].word) >= n &&
            strncasecmp(filter_words[i].word, w, n) == 0) {
            if (found >= 0) {
                *status = SCH_AMBIGUOUS;
                return -1;
            }
            found = i;
        }
    if (found < 0)
        *status = n ? SCH_UNRECOGNIZED : SCH_INCOMPLETE;
    return found;
}

static struct filter *parse_one(const char *text, size_t start, size_t end, bool first, size_t *at,
                                int *status)
{
    while (start < end && text[start] == ' ')
        start++;
    while (end > start && text[end - 1] == ' ')
        end--;
    size_t word = start;
    while (word < end && text[word] != ' ')
        word++;
    *at = start;
    int kind = word_kind(text + start, word - start, status);
    if (kind == JSON && !first)
        *status = SCH_WRONG; /* it is made by the display, not of its lines */
    if (kind < 0 || (kind == JSON && !first))
        return NULL;
    size_t re = word;
    while (re < end && text[re] == ' ')
        re++;
    bool wants = kind == BEGIN || kind == EXCLUDE || kind == INCLUDE;
    *at = wants && re == end ? end + 1 : re;
    *status = wants ? (re == end ? SCH_INCOMPLETE : SCH_WRONG) : SCH_TOO_MANY;
    if (wants ? re == end || end - re > REGEX_MAX : re != end)
        return NULL;
    struct filter *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->kind = (enum kind)kind;
    if (wants && !compile(f, text + re, end - re)) {
        filter_free(f);
        return NULL;
    }
    return f;
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
        *last = parse_one(text, start, end, last == &first, at, status);
        if (!*last) {
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
        pcre2_code_free(f->re);
        pcre2_match_data_free(f->data);
        pcre2_match_context_free(f->context);
        free(f);
        f = next;
    }
}

bool filter_no_more(const struct filter *f)
{
    for (; f; f = f->next)
        if (f->kind == NO_MORE)
            return true;
    return false;
}

bool filter_json(const struct filter *f)
{
    return f && f->kind == JSON;
}

void filter_line(struct filter *f, const char *line, size_t n, filter_emit *emit, void *arg)
{
    for (; f; f = f->next) {
        switch (f->kind) {
        case BEGIN:
            f->begun = f->begun || matches(f, line, n);
            if (!f->begun)
                return;
            break;
        case INCLUDE:
            if (!matches(f, line, n))
                return;
            break;
        case EXCLUDE:
            if (matches(f, line, n))
                return;
            break;
        case COUNT:
            f->count++;
            return;
        case JSON:
        case NO_MORE:
            break;
        }
    }
    emit(arg, line, n);
}

void filter_end(struct filter *f, filter_emit *emit, void *arg)
{
    for (; f; f = f->next)
        if (f->kind == COUNT) {
            char text[64];
            int n = snprintf(text, sizeof text, "Total lines: %zu.", f->count);
            if (f->next)
                filter_line(f->next, text, (size_t)n, emit, arg);
            else
                emit(arg, text, (size_t)n);
        }
}
