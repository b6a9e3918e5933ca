/* Writing JSON; see json.h. */
#include <string.h>

#include "cli/text/json.h"

/* Length of the UTF-8 sequence at s, 0 when it is none. */
static size_t sequence(const unsigned char *s, size_t n)
{
    size_t len = *s < 0x80                 ? 1
                 : *s >= 0xc2 && *s < 0xe0 ? 2
                 : *s >= 0xe0 && *s < 0xf0 ? 3
                 : *s >= 0xf0 && *s < 0xf5 ? 4
                                           : 0;
    if (!len || len > n)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] >= 0xa0) ||
               (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] >= 0x90);
    return bad ? 0 : len;
}

static bool plain(unsigned char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

void json_quote(struct text *to, const char *text, size_t n)
{
    text_char(to, '"');
    for (size_t i = 0; i < n;) {
        const unsigned char *s = (const unsigned char *)text + i;
        size_t len = 0;
        while (i + len < n && plain(s[len]))
            len++;
        if (len) {
            text_add(to, text + i, len);
            i += len;
            continue;
        }
        len = sequence(s, n - i);
        if (*s == '"' || *s == '\\') {
            text_char(to, '\\');
            text_char(to, (char)*s);
        } else if (*s < 0x80) {
            text_printf(to, "\\u%04x", *s);
        } else if (len) {
            text_add(to, text + i, len);
        } else {
            text_str(to, "\\ufffd");
        }
        i += len ? len : 1;
    }
    text_char(to, '"');
}

static void new_line(struct json *j)
{
    text_char(j->to, '\n');
    text_pad(j->to, j->to->n, (size_t)2 * j->depth);
}

/* What stands in front of a member: comma, place and name. */
static void member(struct json *j, const char *name)
{
    uint32_t level = UINT32_C(1) << j->depth;
    if (j->used & level)
        text_char(j->to, ',');
    j->used |= level;
    if (j->depth && j->pretty)
        new_line(j);
    if (name) {
        text_char(j->to, '"');
        text_str(j->to, name);
        text_str(j->to, j->pretty ? "\": " : "\":");
    }
}

static void open(struct json *j, const char *name, bool list)
{
    member(j, name);
    text_char(j->to, list ? '[' : '{');
    if (j->depth < JSON_DEPTH)
        j->depth++;
    uint32_t level = UINT32_C(1) << j->depth;
    j->used &= ~level;
    j->lists = list ? j->lists | level : j->lists & ~level;
}

void json_object(struct json *j, const char *name)
{
    open(j, name, false);
}

void json_list(struct json *j, const char *name)
{
    open(j, name, true);
}

void json_close(struct json *j)
{
    uint32_t level = UINT32_C(1) << j->depth;
    j->depth--;
    if (j->used & level && j->pretty)
        new_line(j);
    text_char(j->to, j->lists & level ? ']' : '}');
    if (j->depth == 0) {
        text_char(j->to, '\n');
        j->used = 0;
    }
}

void json_text(struct json *j, const char *name, const char *text, size_t n)
{
    member(j, name);
    json_quote(j->to, text, n);
}

void json_uint(struct json *j, const char *name, uint64_t value)
{
    member(j, name);
    text_uint(j->to, value);
}

void json_bool(struct json *j, const char *name, bool value)
{
    member(j, name);
    text_str(j->to, value ? "true" : "false");
}
