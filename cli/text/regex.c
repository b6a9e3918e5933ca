/* Regular expressions; see regex.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text/regex.h"

#define MATCH_LIMIT 100000

struct regex {
    pcre2_code *re;
    pcre2_match_data *data;
    pcre2_match_context *context;
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

struct regex *regex_new(const char *re, size_t n, bool ignore_case)
{
    char text[REGEX_MAX * 20];
    int error;
    PCRE2_SIZE at;
    uint32_t how = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | (ignore_case ? PCRE2_CASELESS : 0);
    struct regex *r = n <= REGEX_MAX ? calloc(1, sizeof *r) : NULL;
    if (!r)
        return NULL;
    size_t len = translate(re, n, text);
    r->re = pcre2_compile((PCRE2_SPTR)text, len, how, &error, &at, NULL);
    if (!r->re) /* special characters with nothing to act on are literals */
        r->re = pcre2_compile((PCRE2_SPTR)re, n, PCRE2_LITERAL | (how & ~PCRE2_MATCH_INVALID_UTF),
                              &error, &at, NULL);
    r->data = r->re ? pcre2_match_data_create_from_pattern(r->re, NULL) : NULL;
    r->context = pcre2_match_context_create(NULL);
    if (!r->data || !r->context) {
        regex_free(r);
        return NULL;
    }
    pcre2_set_match_limit(r->context, MATCH_LIMIT);
    pcre2_jit_compile(r->re, PCRE2_JIT_COMPLETE); /* where that is forbidden it is interpreted */
    return r;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    pcre2_code_free(r->re);
    pcre2_match_data_free(r->data);
    pcre2_match_context_free(r->context);
    free(r);
}

bool regex_match(struct regex *r, const char *text, size_t n)
{
    int rc = pcre2_match(r->re, (PCRE2_SPTR)text, n, 0, 0, r->data, r->context);
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(r->re, (PCRE2_SPTR)text, n, 0, PCRE2_NO_JIT, r->data, r->context);
    return rc >= 0;
}
