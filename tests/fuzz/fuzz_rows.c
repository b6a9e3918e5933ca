/*
 * Fuzzes what a datastore might hold: a row's key and text, as another program could have written
 * them. What is understood renders, and says the same when it is parsed again; the model takes it
 * in and gives it up without a trace.
 *
 * The first octet is the length of the key, the key follows, the rest is the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const struct sch_place *p, const char *text, size_t n)
{
    struct sch_value v[SCH_SLOTS], w[SCH_SLOTS];
    char once[SCH_TEXT_MAX], twice[SCH_TEXT_MAX];
    bool negated, again;
    if (!sch_row_parse(p->line, text, n, v, &negated))
        return;
    size_t no = sch_render(p->line, v, negated, true, once, sizeof once);
    if (no >= sizeof once || !sch_row_parse(p->line, once, no, w, &again) || again != negated)
        abort();
    if (sch_render(p->line, w, again, true, twice, sizeof twice) != no ||
        memcmp(once, twice, no) != 0)
        abort();
}

static void feed(const uint8_t *key, size_t nkey, const char *text)
{
    static struct secrets *secrets;
    char err[300];
    if (!secrets && !secrets_open(&secrets, ":memory:", err, sizeof err))
        abort();
    struct model *m = model_new(secrets);
    if (model_row(m, key, nkey, NULL, text))
        model_row(m, key, nkey, text, NULL);
    speaker_plan_free(model_plan(m));
    model_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sch_place p;
    if (size < 1 || data[0] > size - 1)
        return 0;
    size_t nkey = data[0], n = size - 1 - nkey;
    uint8_t *key = malloc(nkey + 1); /* of its exact size, for the sanitizer */
    char *text = malloc(n + 1);
    memcpy(key, data + 1, nkey);
    memcpy(text, data + 1 + nkey, n);
    text[n] = 0;
    n = strlen(text);
    if (sch_key_place(key, nkey, &p))
        parse(&p, text, n);
    feed(key, nkey, text);
    free(key);
    free(text);
    return 0;
}
