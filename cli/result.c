/* Results of lines; see result.h. */
#include "cli/result.h"
#include "cli/text/show.h"

static void open_object(struct session *s)
{
    s->document.n = 0;
    s->json = (struct json){.to = &s->document};
    s->form = FORM_RESULT;
    json_object(&s->json, NULL);
}

void result_begin(struct session *s, uint32_t line)
{
    if (!s->hello.json || s->hello.interactive || !s->conn || s->ended)
        return;
    s->result.open = true;
    s->result.line = line;
    s->result.said.n = 0;
    s->failed[0] = 0;
    open_object(s);
}

void result_none(struct session *s)
{
    s->result.open = false;
    if (s->form == FORM_RESULT)
        s->form = FORM_TEXT;
    s->document.n = 0;
}

void result_shown(struct session *s)
{
    s->result.open = false;
}

static void output(struct json *j, const struct text *said)
{
    if (!said->n)
        return;
    json_list(j, "output");
    for (size_t at = 0; at < said->n;) {
        const char *nl = memchr(said->p + at, '\n', said->n - at);
        size_t n = nl ? (size_t)(nl - said->p) - at : said->n - at;
        json_text(j, NULL, said->p + at, n);
        at += n + 1;
    }
    json_close(j);
}

void result_end(struct session *s)
{
    if (!s->result.open)
        return;
    if (s->form != FORM_RESULT) /* a display that failed, or went to a file */
        open_object(s);
    const char *result = s->failed[0] ? "error" : "ok";
    json_text(&s->json, "result", result, strlen(result));
    output(&s->json, &s->result.said);
    while (s->json.depth)
        json_close(&s->json);
    proto_begin(&s->out, PROTO_RESULT);
    proto_u32(&s->out, s->result.line);
    proto_str(&s->out, s->document.p, s->document.n);
    proto_end(&s->out);
    host_send(s->conn, &s->out);
    result_none(s);
}
