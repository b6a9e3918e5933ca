/*
 * How much fits on a page. See pager.h.
 *
 * A page is one row less than the screen: the last row is for "---- More ----". A line longer than
 * the screen is wide takes the rows it wraps over.
 */
#include "cli/term/pager.h"

void pager_begin(struct pager *p, unsigned length, unsigned cols)
{
    *p = (struct pager){.length = length, .cols = cols};
}

static unsigned page(const struct pager *p)
{
    return p->length > 1 ? p->length - 1 : 1;
}

size_t pager_fit(struct pager *p, const char *text, size_t n)
{
    for (size_t i = 0; p->length && i < n; i++) {
        unsigned char ch = (unsigned char)text[i];
        bool starts = ch != '\n' && (ch & 0xc0) != 0x80;
        bool wraps = starts && p->cols && p->col == p->cols;
        if (wraps && p->used < page(p)) {
            p->used++;
            p->col = 0;
        }
        if (p->used >= page(p)) {
            return i;
        }
        if (ch == '\n') {
            p->used++;
            p->col = 0;
        } else if (starts) {
            p->col++;
        }
    }
    return n;
}

enum pager_key pager_key(struct pager *p, unsigned char key)
{
    switch (key) {
    case ' ':
        p->used = 0;
        return PAGER_GO;
    case '\r':
    case '\n':
        p->used = page(p) - 1;
        return PAGER_GO;
    case 'b':
    case 'B':
    case 'B' & 0x1f:
        return PAGER_BACK;
    case '/':
    case '-':
    case '+':
        return PAGER_FILTER;
    case 'q':
    case 'Q':
    case 'C' & 0x1f:
        return PAGER_STOP;
    default:
        return PAGER_IGNORE;
    }
}

size_t pager_back(struct pager *p, const char *text, size_t at)
{
    unsigned rows =
        2 * page(p) + 1; /* this page, the one before it, and the end of what is before that */
    while (at && rows) {
        rows -= text[at - 1] == '\n';
        at -= rows > 0;
    }
    p->used = p->col = 0;
    return at;
}
