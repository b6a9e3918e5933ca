/* Diagnostics as text and as JSON; see diag.h. */
#include "cli/text/diag.h"
#include "cli/text/json.h"

static void as_json(struct text *to, const char *file, size_t line, size_t column,
                    const char *severity, const char *text, size_t n)
{
    struct json j = {.to = to};
    json_object(&j, NULL);
    json_text(&j, "file", file ? file : "", file ? strlen(file) : 0);
    json_uint(&j, "line", file ? line : 0);
    json_uint(&j, "column", column);
    json_text(&j, "severity", severity, strlen(severity));
    json_text(&j, "message", text, n);
    json_close(&j);
}

void diag_format(struct text *to, const char *file, size_t line, size_t column, char severity,
                 const char *text, size_t n, bool json)
{
    const char *word = severity == 'E' ? "error" : severity == 'W' ? "warning" : "info";
    if (json) {
        as_json(to, file, line, column, word, text, n);
        return;
    }
    if (file) {
        text_printf(to, "%s:%zu:", file, line);
        if (column)
            text_printf(to, "%zu:", column);
        text_char(to, ' ');
    } else {
        text_str(to, "vrpsh: ");
    }
    text_printf(to, "%c%s: ", word[0] ^ 0x20, word + 1);
    while (n && text[n - 1] == '\n')
        n--;
    text_add(to, text, n);
    text_char(to, '\n');
}
