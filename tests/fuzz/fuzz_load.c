/*
 * Fuzzes configuration text as "load" and the startup file take it in, merged into a candidate or
 * in place of it: the first octet says which. A refused line is named with its number and a reason,
 * and what was taken renders, loads again and validates or says why not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/load.h"
#include "cli/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void refused(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    (void)text;
    if (line < 1 || line > *(size_t *)ctx || n > *(size_t *)ctx || !*why)
        abort();
}

static bool check_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct sch_place p;
    struct sch_value v[SCH_SLOTS];
    char again[SCH_TEXT_MAX];
    bool negated;
    (void)arg;
    if (!sch_key_place(key, nkey, &p) || !sch_row_parse(p.line, text, n, v, &negated) ||
        sch_render(p.line, v, negated, true, again, sizeof again) != n ||
        memcmp(again, text, n) != 0)
        abort();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct app_opts o = {.db = ":memory:"};
    struct edit e = {0};
    char err[300];
    if (size < 1)
        return 0;
    struct app *a = app_new(&o);
    if (!a || !config_open(&a->config, ":memory:", err, sizeof err))
        abort();
    e.config = &a->config;
    if (!store_candidate_new(a->config.store, "fuzz", "", &e.cand))
        abort();
    load_text(a, LEVEL_MANAGE, &e, (const char *)data + 1, size - 1,
              data[0] & 1 ? LOAD_REPLACE : LOAD_MERGE, refused, &size);
    store_scan(a->config.store, &e.cand, NULL, 0, NULL, 0, check_row, NULL);
    config_validate(&e);
    store_candidate_drop(a->config.store, &e.cand);
    config_close(&a->config);
    app_free(a);
    return 0;
}
