/*
 * Fuzzes differences as they are pasted into a candidate that has some configuration already. A
 * refused line is named with its number and a reason; what the candidate then shows are rows that
 * render, and it validates or says why not.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/config/load_diff.h"
#include "cli/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char start[] = "sysname A\ninterface LoopBack 1\n description one\n#\nip vpn-instance "
                            "red\n route-distinguisher 1:1\n#\nbgp 65001\n peer 10.0.0.2 as-number "
                            "65002\n ipv4-family vpnv4\n  peer 10.0.0.2 enable\n";

static void refused(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    (void)text;
    if (line > *(size_t *)ctx || n > *(size_t *)ctx || strncmp(why, "Error: ", 7) != 0)
        abort();
}

static void good(void *ctx, size_t line, const char *text, size_t n, const char *why)
{
    (void)ctx, (void)line, (void)text, (void)n, (void)why;
    abort();
}

static bool stays(void *arg, const uint8_t *key, size_t nkey, const char *base, const char *mine,
                  const char *theirs)
{
    struct sch_place p;
    (void)arg, (void)base, (void)mine, (void)theirs;
    if (!sch_key_place(key, nkey, &p))
        abort();
    return true;
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
    static const struct proto_hello hello = {.version = PROTO_VERSION};
    struct app_opts o = {.db = ":memory:"};
    char err[300];
    struct app *a = app_new(&o);
    if (!a || !config_open(&a->config, ":memory:", err, sizeof err))
        abort();
    struct session *s = session_new(a, NULL, "fuzz", &hello);
    if (!s || !store_candidate_new(a->config.store, "fuzz", "", &s->edit.cand))
        abort();
    load_text(a, LEVEL_MANAGE, &s->edit, start, sizeof start - 1, LOAD_MERGE, good, NULL);
    load_diff(s, (const char *)data, size, refused, &size, stays, NULL);
    store_scan(a->config.store, &s->edit.cand, NULL, 0, NULL, 0, check_row, NULL);
    config_validate(&s->edit);
    session_free(s, false);
    config_close(&a->config);
    app_free(a);
    return 0;
}
