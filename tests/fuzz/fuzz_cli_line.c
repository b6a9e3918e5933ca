/*
 * Lines of a shell: the input is a batch, run by a session as "vrpsh --check" does, in memory and
 * without a speaker; then "?" is asked behind its last line in every view. Whatever is typed must
 * leave a candidate whose rows render, load again and validate or say why not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"

static void ignore(struct session *s, char severity, size_t column, const char *text)
{
    (void)severity, (void)text;
    if (column > s->nline + 2)
        abort(); /* a place outside the line */
}

static bool check_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct sch_place p;
    struct sch_value v[SCH_SLOTS];
    char again[SCH_TEXT_MAX];
    bool negated;
    (void)arg;
    if (!sch_key_place(key, nkey, &p) || !sch_row_parse(p.line, text, n, v, &negated))
        abort();
    if (sch_render(p.line, v, negated, true, again, sizeof again) != n ||
        memcmp(again, text, n) != 0)
        abort();
    return true;
}

static void ask(const uint8_t *text, size_t n)
{
    struct sch_option o[64];
    char notation[2048];
    for (uint8_t view = 0; view < SCH_VIEWS; view++) {
        size_t word = SIZE_MAX;
        size_t have =
            sch_options(view, (const char *)text, n, &word, o, 64, notation, sizeof notation);
        if (word > n || have > 64)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct app_opts o = {.db = ":memory:"};
    struct proto_hello hello = {.version = PROTO_VERSION, .keep_going = true};
    char err[300];
    struct app *a = app_new(&o);
    if (!a || !config_open(&a->config, ":memory:", err, sizeof err))
        abort();
    a->config.offline = true;
    struct session *s = session_new(a, NULL, "fuzz", &hello);
    s->diag = ignore;
    session_run_alone(s, "system-view", 11);
    while (size) {
        const uint8_t *nl = memchr(data, '\n', size);
        size_t n = nl ? (size_t)(nl - data) : size;
        session_run_alone(s, (const char *)data, n);
        if (!nl)
            ask(data, n);
        data += n + (nl != NULL);
        size -= n + (nl != NULL);
    }
    if (s->edit.cand.id)
        store_scan(a->config.store, &s->edit.cand, NULL, 0, NULL, 0, check_row, NULL);
    config_validate(&s->edit);
    session_free(s, false);
    config_close(&a->config);
    app_free(a);
    return 0;
}
