/*
 * Interactive mode: display output, a page at a time. See pager.h for the arithmetic.
 *
 * What a command prints is kept while it runs, so that the pager can go back in it; of more than
 * KEEP octets the beginning is forgotten. An expression typed at the pager filters what has not
 * been shown yet, here: the host goes on as before. While a page is held the host is not read, so
 * it stops producing.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/term/term_internal.h"

#define KEEP (1u << 20)
#define EXPRESSION_MAX 255

static void append(char **buf, size_t *n, size_t *cap, const char *text, size_t more)
{
    if (*n + more > *cap) {
        size_t cap2 = (*n + more) * 2;
        char *p = realloc(*buf, cap2);
        if (!p) {
            abort();
        }
        *buf = p;
        *cap = cap2;
    }
    if (more) {
        memcpy(*buf + *n, text, more);
    }
    *n += more;
}

static void gather(void *arg, const char *text, size_t n)
{
    struct more *m = arg;
    append(&m->text, &m->n, &m->cap, text, n);
}

static void gather_line(void *arg, const char *line, size_t n)
{
    gather(arg, line, n);
    gather(arg, "\n", 1);
}

/* Text on its way through the filter typed at the pager, if any. */
static void take(struct more *m, const char *text, size_t n)
{
    while (m->filter && n) {
        const char *nl = memchr(text, '\n', n);
        size_t part = nl ? (size_t)(nl - text) : n;
        append(&m->line, &m->nline, &m->linecap, text, part);
        if (!nl) {
            return;
        }
        filter_line(m->filter, m->line, m->nline, gather_line, m);
        m->nline = 0;
        text += part + 1;
        n -= part + 1;
    }
    gather(m, text, n);
}

void more_begin(struct term *t)
{
    struct more *m = &t->more;
    pager_begin(&t->pager, t->page, t->draw.cols);
    filter_free(m->filter);
    m->filter = NULL;
    m->n = m->at = m->nline = 0;
}

/* --- keys ---------------------------------------------------------------------------- */

static uint8_t key(struct term *t)
{
    uint8_t k = 0;
    while (!t->over && !tty_octet(&t->tty, &k)) {
        term_wait(t, false);
    }
    return k;
}

static void erase(struct term *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        tty_puts(&t->tty, "\b \b");
    }
}

/* Reads an expression behind its key; its length, 0 when it was given up. */
static size_t expression(struct term *t, char verb, char text[EXPRESSION_MAX])
{
    size_t n = 0;
    uint8_t k;
    tty_put(&t->tty, &verb, 1);
    while (!t->over && (k = key(t)) != '\r' && k != '\n') {
        char ch = (char)k;
        if (k == ('C' & 0x1f)) {
            erase(t, n + 1);
            return 0;
        }
        if ((k == '\b' || k == 0x7f) && n) {
            n--;
            tty_puts(&t->tty, "\b \b");
        } else if (k >= ' ' && k != 0x7f && n < EXPRESSION_MAX) {
            text[n++] = ch;
            tty_put(&t->tty, &ch, 1);
        }
    }
    erase(t, n + 1);
    return n;
}

/* What has not been shown passes through a filter from now on. */
static void filter_rest(struct term *t, char verb)
{
    struct more *m = &t->more;
    char text[EXPRESSION_MAX], chain[EXPRESSION_MAX + 16];
    const char *word = verb == '/' ? "begin " : verb == '-' ? "exclude " : "include ";
    size_t n = expression(t, verb, text), at, rest = m->n - m->at;
    int status;
    if (!n) {
        return;
    }
    memcpy(chain, word, strlen(word));
    memcpy(chain + strlen(word), text, n);
    struct filter *f = filter_parse(chain, strlen(word) + n, &at, &status);
    char *later = f ? malloc(rest + 1) : NULL;
    if (!later) {
        filter_free(f);
        tty_puts(&t->tty, "\a");
        return;
    }
    memcpy(later, m->text + m->at, rest);
    m->n = m->at;
    filter_free(m->filter);
    m->filter = f;
    m->nline = 0;
    take(m, later, rest);
    free(later);
    t->pager.used = 0;
}

/* Holds the page until a key says how to go on. */
static void hold(struct term *t)
{
    for (;;) {
        tty_puts(&t->tty, PAGER_MORE);
        enum pager_key k = PAGER_IGNORE;
        uint8_t typed = 0;
        while (k == PAGER_IGNORE && !t->over) {
            typed = key(t);
            k = pager_key(&t->pager, typed);
        }
        tty_puts(&t->tty, PAGER_ERASE);
        if (k == PAGER_BACK) {
            t->more.at = pager_back(&t->pager, t->more.text, t->more.at);
        } else if (k == PAGER_FILTER && !t->over) {
            filter_rest(t, (char)typed);
            if (t->pager.used) {
                continue; /* given up */
            }
        } else if (k == PAGER_STOP) {
            t->discard = true;
            client_signal(t->client, PROTO_INTR);
        }
        return;
    }
}

/* --- pages --------------------------------------------------------------------------- */

static void forget(struct more *m)
{
    if (m->n > KEEP && m->at > m->n / 2) {
        size_t cut = m->at / 2;
        memmove(m->text, m->text + cut, m->n - cut);
        m->n -= cut;
        m->at -= cut;
    }
}

static void show(struct term *t)
{
    struct more *m = &t->more;
    while (m->at < m->n && !t->discard && !t->over) {
        size_t fit = pager_fit(&t->pager, m->text + m->at, m->n - m->at);
        term_put(t, m->text + m->at, fit);
        m->at += fit;
        if (m->at < m->n) {
            hold(t);
        }
    }
    forget(m);
}

void more_show(struct term *t, const char *text, size_t n)
{
    if (!t->discard) {
        take(&t->more, text, n);
        show(t);
    }
}

void more_end(struct term *t)
{
    struct more *m = &t->more;
    if (m->filter && !t->discard) {
        if (m->nline) {
            filter_line(m->filter, m->line, m->nline, gather_line, m);
        }
        filter_end(m->filter, gather_line, m);
        show(t);
    }
    more_begin(t);
}
