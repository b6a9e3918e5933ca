/*
 * "vrpsh --check": batch files run against an empty configuration in memory, by the same sessions
 * as online, with no speaker. Every error is reported; nothing is started or stored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "cli/text/diag.h"
#include "cli/text/lines.h"

struct check {
    const char *file;
    bool json;
    unsigned errors;
};

static void report(struct session *s, char severity, size_t column, const char *text)
{
    struct check *c = s->diag_ctx;
    c->errors += severity == 'E';
    struct text out = {0};
    diag_format(&out, c->file, s->line_no, column, severity, text, strlen(text), c->json);
    fwrite(out.p, 1, out.n, c->json ? stdout : stderr);
    free(out.p);
}

/* What ends in \n may be several lines that end in \r alone. */
static void check_lines(struct session *s, const char *text, size_t n)
{
    size_t whole;
    do {
        size_t line = line_first(text, n, &whole);
        session_run_alone(s, text, line);
        text += whole;
        n -= whole;
    } while (n);
}

static bool check_stream(struct session *s, FILE *f)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, f)) >= 0) {
        size_t mark = s->line_no == 0 ? line_mark(line, (size_t)n) : 0;
        check_lines(s, line + mark, (size_t)n - mark);
    }
    bool ok = !ferror(f);
    if (!ok)
        fprintf(stderr, "vrpsh: %s: %s\n", ((struct check *)s->diag_ctx)->file, strerror(errno));
    free(line);
    while (s->question) {
        s->question = QUESTION_NONE;
        s->answered(s, ANSWER_YES);
    }
    return ok;
}

static int check_file(struct check *c)
{
    struct app_opts o = {.db = ":memory:"};
    struct proto_hello hello = {.version = PROTO_VERSION, .keep_going = true};
    char err[300];
    int code = 0;
    struct app *a = app_new(&o);
    FILE *f = strcmp(c->file, "-") == 0 ? stdin : fopen(c->file, "r");
    if (!f || !a || !config_open(&a->config, ":memory:", err, sizeof err)) {
        fprintf(stderr, "vrpsh: %s: %s\n", c->file, f ? err : strerror(errno));
        app_free(a);
        if (f && f != stdin)
            fclose(f);
        return 2;
    }
    a->config.offline = true;
    struct session *s = session_new(a, NULL, "check", &hello);
    s->diag = report;
    s->diag_ctx = c;
    if (!check_stream(s, f))
        code = 2;
    if (s->edit.cand.rows && !config_validate(&s->edit)) /* what no commit has looked at */
        report(s, 'E', 0, s->edit.err);
    if (f != stdin)
        fclose(f);
    session_free(s, false);
    config_close(&a->config);
    app_free(a);
    return code ? code : c->errors ? 1 : 0;
}

int check_files(char *const *files, size_t n, bool json)
{
    int worst = 0;
    for (size_t i = 0; i < n; i++) {
        struct check c = {files[i], json, 0};
        int code = check_file(&c);
        if (code > worst)
            worst = code;
    }
    return worst;
}
