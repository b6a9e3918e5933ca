/* Text that grows; see text.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/text/text.h"
#include "schema/schema.h"

#define FIRST_CAP 1024

char *text_grow(struct text *t, size_t n)
{
    size_t cap = t->cap ? t->cap : FIRST_CAP;
    while (cap < t->n + n)
        cap *= 2;
    if (!(t->p = realloc(t->p, cap)))
        abort();
    t->cap = cap;
    return t->p + t->n;
}

void text_uint(struct text *t, uint64_t value)
{
    char digits[20], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + value % 10);
    while (value /= 10);
    text_add(t, at, (size_t)(digits + sizeof digits - at));
}

void text_addr(struct text *t, const struct bgp_addr *a)
{
    t->n += bgp_addr_text(a, text_room(t, BGP_ADDR_STRLEN));
}

void text_id(struct text *t, uint32_t id)
{
    text_addr(t, &(struct bgp_addr){.af = 4,
                                    .b = {(uint8_t)(id >> 24), (uint8_t)(id >> 16),
                                          (uint8_t)(id >> 8), (uint8_t)id}});
}

void text_as(struct text *t, uint32_t as, bool plain)
{
    char buf[16];
    if (plain || as <= UINT16_MAX) /* nearly all there are: without printf */
        text_uint(t, as);
    else
        text_str(t, sch_as_text(as, plain, buf));
}

void text_pad(struct text *t, size_t from, size_t n)
{
    size_t have = t->n - from;
    if (have >= n)
        return;
    memset(text_room(t, n - have), ' ', n - have);
    t->n += n - have;
}

void text_column(struct text *t, size_t from, size_t n)
{
    size_t have = t->n - from;
    text_pad(t, from, have < n ? n : have + 1);
}

void text_printf(struct text *t, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    size_t room = t->cap - t->n;
    int n = vsnprintf(t->p ? t->p + t->n : NULL, room, fmt, ap);
    if (n > 0 && (size_t)n >= room)
        vsnprintf(text_room(t, (size_t)n + 1), (size_t)n + 1, fmt, again);
    va_end(ap);
    va_end(again);
    t->n += n > 0 ? (size_t)n : 0;
}

void text_tame(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) {
            text[i] = '?';
        } else if (c == 0xc2 && i + 1 < n && ((unsigned char)text[i + 1] & 0xe0) == 0x80) {
            text[i] = text[i + 1] = '?'; /* U+0080 to U+009F */
        }
    }
}

const char *text_end(struct text *t)
{
    *text_room(t, 1) = 0;
    return t->p;
}
