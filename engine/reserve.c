/*
 * The reserve of memory; see reserve.h.
 *
 * The linker turns every malloc(), calloc(), realloc() and so on of our own objects into the
 * functions here (--wrap, in the Makefile); the host gives them to libuv as well. When the system
 * has no memory the reserve is returned to it and the allocation is tried again: so the places that
 * allocate need no way back each, which nobody could ever test. The places that begin something
 * (a line, a session) and those behind which there is no way back (the PERSIST of a commit) ask
 * instead whether the reserve is there. It is never touched, so it costs address space alone, and
 * it is larger than what happens between two such questions.
 *
 * Called from any thread.
 */
#include "engine/reserve.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESERVE (32u << 20) /* octets */

static _Atomic(void *) reserve;
static atomic_bool started;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

bool reserve_used(void)
{
    return atomic_load(&started) && !atomic_load(&reserve);
}

bool reserve_fill(void)
{
    void *none = NULL;
    if (!reserve_used())
        return true;
    void *more = __real_malloc(RESERVE);
    if (more && !atomic_compare_exchange_strong(&reserve, &none, more))
        free(more); /* another thread was faster */
    return !reserve_used();
}

void reserve_start(void)
{
    atomic_store(&started, true);
    reserve_fill();
}

/* Gives the reserve back to the system. False: it had been given already. */
static bool give(void)
{
    static const char last[] = "vrpsh: out of memory\n";
    void *had = atomic_exchange(&reserve, NULL);
    if (!had && atomic_load(&started)) {
        ssize_t ignored = write(STDERR_FILENO, last, sizeof last - 1);
        (void)ignored;
    }
    free(had);
    return had;
}

void *__wrap_malloc(size_t n)
{
    void *p;
    do
        p = __real_malloc(n);
    while (!p && give());
    return p;
}

void *__wrap_calloc(size_t n, size_t size)
{
    void *p;
    do
        p = __real_calloc(n, size);
    while (!p && give());
    return p;
}

void *__wrap_realloc(void *old, size_t n)
{
    void *p;
    do
        p = __real_realloc(old, n);
    while (!p && n && give());
    return p;
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
    void *p;
    do
        p = __real_reallocarray(old, n, size);
    while (!p && n && size && give());
    return p;
}

char *__wrap_strndup(const char *s, size_t n)
{
    size_t have = strnlen(s, n);
    char *copy = __wrap_malloc(have + 1);
    if (copy) {
        memcpy(copy, s, have);
        copy[have] = 0;
    }
    return copy;
}

char *__wrap_strdup(const char *s)
{
    return __wrap_strndup(s, SIZE_MAX);
}
