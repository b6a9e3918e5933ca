/*
 * Text that grows: what displays put their lines together in. Appending is what a display of a
 * million routes does most, so these are direct copies; printf has its place where lines are few.
 * Running out of memory ends the process.
 */
#ifndef VRPSH_TEXT_H
#define VRPSH_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bgp/types.h"

/* {0} is empty; p is freed by whoever owns it. Not NUL-terminated but for text_end(). */
struct text {
    char *p;
    size_t n, cap;
};

/* Makes room for n octets behind what is there; where they begin. */
char *text_grow(struct text *t, size_t n);
static inline char *text_room(struct text *t, size_t n)
{
    return t->cap - t->n >= n ? t->p + t->n : text_grow(t, n);
}
static inline void text_add(struct text *t, const char *text, size_t n)
{
    char *at = text_room(t, n);
    if (n)
        memcpy(at, text, n);
    t->n += n;
}
static inline void text_char(struct text *t, char c)
{
    *text_room(t, 1) = c;
    t->n++;
}
static inline void text_str(struct text *t, const char *text)
{
    text_add(t, text, strlen(text));
}
/* In decimal. */
void text_uint(struct text *t, uint64_t value);
/* As bgp_addr_str() has it. */
void text_addr(struct text *t, const struct bgp_addr *a);
/* "10.0.0.1" of a number in host order: router ids, cluster ids. */
void text_id(struct text *t, uint32_t id);
/* An AS number: 65536 is "1.0" unless plain. */
void text_as(struct text *t, uint32_t as, bool plain);
/* Blanks until n octets have been added since it held from octets: a column's rest, if any. */
void text_pad(struct text *t, size_t from, size_t n);
/* The same, and at least one: what is wider than its column does not run into the next. */
void text_column(struct text *t, size_t from, size_t n);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text of n octets for a terminal: what that would act upon, but for ends of lines and tabs,
 * becomes
 * "?", octet by octet. Files, and what others send, may hold anything. */
void text_tame(char *text, size_t n);
/* The text as a string, until something is added. */
const char *text_end(struct text *t);

#endif
