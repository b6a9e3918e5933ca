/*
 * Drawing the line being typed. See term_draw.h.
 *
 * Positions are counted in cells from the first cell of the prompt; a row is d->cols cells.
 * Forward moves print what is passed over again, backward moves within a row are backspaces, so a
 * line that fits its row needs no terminal capability. Only moving up rows needs an escape
 * sequence, and every terminal that wraps lines knows that one.
 */
#include "cli/term/term_draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned width(wchar_t ch)
{
    if ((ch >= 0 && ch < ' ') || ch == 0x7f) {
        return 2; /* shown as ^X */
    }
    int w = wcwidth(ch);
    return w < 0 ? 1 : (unsigned)w;
}

static size_t advance(const struct draw *d, size_t cell, unsigned w)
{
    /* A wide character does not fit the last column alone: it begins the next row. */
    if (w == 2 && d->cols > 1 && cell % d->cols == d->cols - 1) {
        cell++;
    }
    return cell + w;
}

/* A prompt is one line of UTF-8 as a rule; of several lines only the last one matters. */
static size_t prompt_cells(const struct draw *d)
{
    size_t cells = 0;
    for (size_t i = 0; i < d->nprompt; i++) {
        cells = d->prompt[i] == '\n' ? 0 : cells + ((d->prompt[i] & 0xc0) != 0x80);
    }
    return cells;
}

static size_t cell_of(const struct draw *d, const wchar_t *line, size_t i)
{
    size_t cell = prompt_cells(d);
    for (size_t k = 0; k < i; k++) {
        /* ^X is two characters of one cell each and may part at the margin */
        cell = line[k] < ' ' || line[k] == 0x7f ? cell + 2 : advance(d, cell, width(line[k]));
    }
    return cell;
}

static void mark_pending(struct draw *d, size_t cell)
{
    d->pending = d->cols && cell && cell % d->cols == 0;
}

static void print(struct draw *d, const wchar_t *line, size_t from, size_t to)
{
    char out[4];
    for (size_t i = from; i < to; i++) {
        if ((line[i] >= 0 && line[i] < ' ') || line[i] == 0x7f) {
            out[0] = '^';
            out[1] = (char)(line[i] ^ 0x40);
            tty_put(d->tty, out, 2);
        } else {
            tty_put(d->tty, out, tty_encode(line[i], out));
        }
    }
    if (to > from) {
        mark_pending(d, cell_of(d, line, to));
    }
}

static void repeat(struct draw *d, char ch, size_t n)
{
    while (n--) {
        tty_put(d->tty, &ch, 1);
    }
}

static void escape(struct draw *d, size_t n, char what)
{
    char seq[32];
    if (n) {
        tty_put(d->tty, seq, (size_t)snprintf(seq, sizeof seq, "\033[%zu%c", n, what));
    }
}

/* Moves the cursor from cell to cell, backward. */
static void back(struct draw *d, size_t from, size_t to)
{
    if (from == to) {
        return;
    }
    if (d->pending) { /* onto the next row for good: terminals differ in what they do from here */
        tty_puts(d->tty, " \r");
        d->pending = false;
    }
    size_t cols = d->cols ? d->cols : from + 1;
    escape(d, from / cols - to / cols, 'A');
    size_t a = from % cols, b = to % cols;
    if (a >= b) {
        repeat(d, '\b', a - b);
    } else {
        escape(d, b - a, 'C');
    }
}

static bool keep(struct draw *d, const wchar_t *line, size_t n, size_t cursor)
{
    if (n > d->cap) {
        size_t cap = 2 * n + 64;
        wchar_t *mem = realloc(d->line, cap * sizeof *mem);
        if (!mem) {
            return false;
        }
        d->line = mem;
        d->cap = cap;
    }
    if (n) {
        wmemcpy(d->line, line, n);
    }
    d->n = n;
    d->cursor = cursor;
    return true;
}

void draw_update(struct draw *d, const wchar_t *line, size_t n, size_t cursor)
{
    size_t same = 0, less = n < d->n ? n : d->n;
    if (d->secret || !d->shown) {
        keep(d, line, n, cursor);
        return;
    }
    while (same < less && line[same] == d->line[same]) {
        same++;
    }
    size_t at = d->cursor;
    if (same < n || same < d->n) {
        if (at <= same) {
            print(d, line, at, same);
        } else {
            back(d, cell_of(d, d->line, at), cell_of(d, d->line, same));
        }
        print(d, line, same, n);
        size_t old_end = cell_of(d, d->line, d->n), end = cell_of(d, line, n);
        if (old_end > end) {
            repeat(d, ' ', old_end - end);
            mark_pending(d, old_end);
            back(d, old_end, end);
        }
        at = n;
    }
    if (at <= cursor) {
        print(d, line, at, cursor);
    } else {
        back(d, cell_of(d, line, at), cell_of(d, line, cursor));
    }
    keep(d, line, n, cursor);
}

void draw_begin(struct draw *d, const char *prompt, size_t n, bool secret)
{
    d->nprompt = n < sizeof d->prompt ? n : sizeof d->prompt;
    memcpy(d->prompt, prompt, d->nprompt);
    d->secret = secret;
    d->n = d->cursor = 0;
    d->shown = false;
    draw_show(d);
}

void draw_show(struct draw *d)
{
    if (d->shown) {
        return;
    }
    d->shown = true;
    tty_put(d->tty, d->prompt, d->nprompt);
    mark_pending(d, prompt_cells(d));
    if (!d->secret && d->n) {
        print(d, d->line, 0, d->n);
        back(d, cell_of(d, d->line, d->n), cell_of(d, d->line, d->cursor));
    }
}

void draw_end(struct draw *d)
{
    if (!d->shown) {
        return;
    }
    if (!d->secret && d->cursor < d->n) {
        print(d, d->line, d->cursor, d->n);
        d->cursor = d->n;
    }
    tty_puts(d->tty, "\n");
    d->shown = d->pending = false;
}

void draw_hide(struct draw *d)
{
    if (!d->shown) {
        return;
    }
    d->shown = false;
    if (!d->nprompt && (!d->n || d->secret)) {
        return; /* there is nothing to be seen of it */
    }
    if (d->dumb) {
        tty_puts(d->tty, "\n");
    } else {
        size_t cell = d->secret ? prompt_cells(d) : cell_of(d, d->line, d->cursor);
        size_t row = d->cols ? cell / d->cols : 0;
        if (d->pending && row) {
            row--;
        }
        tty_puts(d->tty, "\r");
        escape(d, row, 'A');
        tty_puts(d->tty, "\033[J");
    }
    d->pending = false;
}

void draw_resize(struct draw *d, unsigned cols)
{
    size_t cells = d->secret ? prompt_cells(d) : cell_of(d, d->line, d->n);
    bool fits = (!d->cols || cells < d->cols) && (!cols || cells < cols);
    if (fits || !d->shown || d->dumb) {
        d->cols = cols;
        return;
    }
    /* The terminal has wrapped the line anew before it told us. */
    d->cols = cols;
    d->pending = false;
    draw_hide(d);
    draw_show(d);
}
