/*
 * Interactive mode: the one file that knows the line editor. See term.h.
 *
 * libedit keeps the line, the keys and the history; it never shows anything. Its output goes to a
 * stream that only listens for the bell, and before it is given a character we show what the line
 * has become (term_draw.c). It asks us for characters, so all waiting happens in term_wait():
 * terminal, host and signals in one poll(). The terminal modes libedit would set between and
 * during lines are told to be our own, so they never change while a session lasts.
 *
 * A session alternates between two states: term_await() while the host has the word, read_line()
 * while the user has it. Frames are handled in term_take_frames() in both.
 */
#include "cli/term/term.h"

#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/term/term_internal.h"
#include "cli/term/term_recall.h"

#define LINE_KEEP (2 * PROTO_LINE_MAX) /* the host reports what is longer than PROTO_LINE_MAX */

/* Static, and never ended by el_end(): that would throw away what is typed ahead. */
static struct term term;

static void beep(struct term *t)
{
    tty_puts(&t->tty, "\a");
}

/* --- the editor's side --------------------------------------------------------------- */

static ssize_t mute_write(void *cookie, const char *buf, size_t n)
{
    struct term *t = cookie;
    t->bell |= memchr(buf, '\a', n) != NULL;
    return (ssize_t)n;
}

static wchar_t *no_prompt(EditLine *el)
{
    static wchar_t none[] = L"";
    (void)el;
    return none;
}

static void show_line(struct term *t)
{
    const LineInfoW *li = el_wline(t->el);
    draw_update(&t->draw, li->buffer, (size_t)(li->lastchar - li->buffer),
                (size_t)(li->cursor - li->buffer));
    fflush(t->mute);
    if (t->bell) {
        t->bell = false;
        beep(t);
    }
}

static bool too_long(struct term *t, wchar_t ch)
{
    const LineInfoW *li = el_wline(t->el);
    return ch >= ' ' && ch != 0x7f && li->lastchar - li->buffer >= LINE_KEEP;
}

/* libedit asks for the next character. 0 ends the line it is reading. */
static int next_char(EditLine *el, wchar_t *ch)
{
    struct term *t = &term;
    (void)el;
    show_line(t);
    for (;;) {
        if (t->over || t->prompted) {
            t->ending = t->over ? t->ending : END_PROMPT;
            return 0;
        }
        if (!tty_char(&t->tty, ch)) {
            term_wait(t, true);
            term_take_frames(t);
        } else if (!too_long(t, *ch)) {
            return 1;
        }
    }
}

/* The line as octets up to where; NUL-terminated, to be freed. */
static char *text_to(struct term *t, const wchar_t *end, size_t *n)
{
    const LineInfoW *li = el_wline(t->el);
    char *text = malloc(4 * (size_t)(end - li->buffer) + 1);
    *n = 0;
    for (const wchar_t *p = li->buffer; text && p < end; p++) {
        *n += tty_encode(*p, text + *n);
    }
    if (text) {
        text[*n] = '\0';
    }
    return text;
}

static char *text_before_cursor(struct term *t, size_t *n)
{
    return text_to(t, el_wline(t->el)->cursor, n);
}

/* Octets to the wide characters libedit works with, as tty_char() makes them. To be freed. */
static wchar_t *widen(const char *text, size_t n)
{
    wchar_t *wide = malloc((n + 1) * sizeof *wide);
    char *copy = malloc(n + 1);
    size_t k = 0;
    if (wide && copy) {
        memcpy(copy, text, n);
        copy[n] = '\n'; /* a character cut off at the end is not waited for */
        struct tty from = {.queue = (uint8_t *)copy, .n = n + 1};
        while (tty_char(&from, &wide[k]) && wide[k] != '\n' && k < n) {
            k++;
        }
        wide[k] = L'\0';
    }
    free(copy);
    return wide;
}

static void insert(struct term *t, const char *text)
{
    wchar_t *wide = widen(text, strlen(text));
    if (wide && *wide && el_winsertstr(t->el, wide) < 0) {
        beep(t);
    }
    free(wide);
}

/* --- keys ---------------------------------------------------------------------------- */

static unsigned char end_with(struct term *t, enum ending how)
{
    t->ending = how;
    return CC_NEWLINE;
}

static bool plain_prompt(const struct term *t)
{
    return !(t->flags & (PROTO_PROMPT_QUESTION | PROTO_PROMPT_SECRET));
}

static unsigned char key_abandon(EditLine *el, wint_t ch)
{
    (void)el, (void)ch;
    return end_with(&term, END_ABANDON);
}

static unsigned char key_return(EditLine *el, wint_t ch)
{
    (void)el, (void)ch;
    return plain_prompt(&term) ? end_with(&term, END_RETURN) : CC_ERROR;
}

static unsigned char key_delete(EditLine *el, wint_t ch)
{
    const LineInfoW *li = el_wline(el);
    (void)ch;
    if (li->buffer == li->lastchar) {
        return plain_prompt(&term) ? end_with(&term, END_EOF) : CC_ERROR;
    }
    if (li->cursor == li->lastchar) {
        return CC_ERROR;
    }
    el_cursor(el, 1);
    el_wdeletestr(el, 1);
    return CC_REFRESH;
}

static unsigned char key_literal(EditLine *el, wint_t key)
{
    wchar_t ch, text[2] = {0};
    (void)key;
    if (el_wgetc(el, &ch) != 1) {
        return CC_EOF;
    }
    text[0] = ch;
    bool fits = ch && ch != '\r' && ch != '\n'; /* a line stays one line */
    return fits && el_winsertstr(el, text) == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char key_redisplay(EditLine *el, wint_t key)
{
    struct term *t = &term;
    const LineInfoW *li = el_wline(el);
    size_t n = (size_t)(li->lastchar - li->buffer), at = (size_t)(li->cursor - li->buffer);
    (void)key;
    draw_end(&t->draw);
    t->draw.cursor = at < n ? at : n;
    draw_show(&t->draw);
    return CC_NORM;
}

static bool quoted(const char *text, size_t n)
{
    bool in = false;
    for (size_t i = 0; i < n; i++) {
        in ^= text[i] == '"';
    }
    return in;
}

static unsigned char key_help(EditLine *el, wint_t key)
{
    struct term *t = &term;
    const LineInfoW *li = el_wline(el);
    size_t at = (size_t)(li->cursor - li->buffer), n;
    char *text = text_before_cursor(t, &n);
    (void)key;
    if (!text || !plain_prompt(t) || quoted(text, n)) {
        free(text);
        return el_winsertstr(el, L"?") == 0 ? CC_REFRESH : CC_ERROR;
    }
    draw_end(&t->draw);
    t->draw.cursor = at; /* draw_end() went to the end; it is shown again where it was */
    t->editing = t->answered = false;
    more_begin(t);
    client_text(t->client, PROTO_HELP, text, n);
    free(text);
    term_await(t, &t->answered);
    t->editing = true;
    if (t->over) {
        return CC_EOF;
    }
    if (t->middle) {
        term_put(t, "\n", 1);
    }
    draw_show(&t->draw);
    return CC_NORM;
}

/* Replaces the word before the cursor by candidate number t->word. */
static void put_word(struct term *t, const char *text, size_t n)
{
    size_t chars = 0;
    for (size_t i = t->word_at; i < n; i++) {
        chars += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    el_wdeletestr(t->el, (int)chars);
    insert(t, t->words[t->word]);
    if (t->nwords == 1) {
        insert(t, " ");
        term_forget_words(t);
        return;
    }
    free(t->tabbed);
    t->tabbed = text_before_cursor(t, &t->ntabbed);
}

static unsigned char key_tab(EditLine *el, wint_t key)
{
    struct term *t = &term;
    size_t n;
    char *text = text_before_cursor(t, &n);
    unsigned char rc = CC_REFRESH;
    (void)el, (void)key;
    if (!text || !plain_prompt(t)) {
        free(text);
        return CC_ERROR;
    }
    bool again = t->nwords && t->tabbed && n == t->ntabbed && memcmp(text, t->tabbed, n) == 0;
    if (again) {
        t->word = (t->word + 1) % t->nwords;
    } else {
        t->answered = false;
        t->word = 0;
        client_text(t->client, PROTO_TAB, text, n);
        term_await(t, &t->answered);
    }
    if (t->over) {
        rc = CC_EOF;
    } else if (t->nwords == 0 || t->word_at > n) {
        rc = CC_ERROR;
    } else {
        put_word(t, text, n);
    }
    free(text);
    return rc;
}

/* A hotkey: the host says what it stands for, and that is entered. */
static unsigned char key_hotkey(EditLine *el, wint_t key)
{
    struct term *t = &term;
    char text = (char)key;
    const LineInfoW *li = el_wline(el);
    if (!plain_prompt(t)) {
        return CC_ERROR;
    }
    term_forget_words(t);
    t->answered = false;
    client_text(t->client, PROTO_TAB, &text, 1);
    term_await(t, &t->answered);
    if (t->over) {
        return CC_EOF;
    }
    if (t->nwords == 0 && text != ('U' & 0x1f)) {
        return CC_ERROR;
    }
    el_cursor(el, (int)(li->lastchar - li->cursor));
    el_wdeletestr(el, (int)(li->lastchar - li->buffer));
    if (t->nwords == 0) {
        return CC_REFRESH; /* Ctrl-U that stands for nothing empties the line */
    }
    insert(t, t->words[0]);
    term_forget_words(t);
    show_line(t);
    return CC_NEWLINE;
}

static void bind_keys(struct term *t)
{
    static const struct {
        const wchar_t *name;
        unsigned char (*act)(EditLine *, wint_t);
    } own[] = {{L"vrp-abandon", key_abandon},     {L"vrp-return", key_return},
               {L"vrp-delete", key_delete},       {L"vrp-literal", key_literal},
               {L"vrp-redisplay", key_redisplay}, {L"vrp-help", key_help},
               {L"vrp-hotkey", key_hotkey},       {L"vrp-tab", key_tab}};
    /* clang-format off */
    static const wchar_t *const keys[][2] = {
        {L"^A", L"ed-move-to-beg"},              {L"^B", L"ed-prev-char"},
        {L"^C", L"vrp-abandon"},                 {L"^D", L"vrp-delete"},
        {L"^E", L"ed-move-to-end"},              {L"^F", L"ed-next-char"},
        {L"^H", L"em-delete-prev-char"},         {L"^?", L"em-delete-prev-char"},
        {L"^I", L"vrp-tab"},                     {L"^J", L"ed-newline"},
        {L"^M", L"ed-newline"},                  {L"^L", L"vrp-hotkey"},
        {L"^G", L"vrp-hotkey"},                  {L"^O", L"vrp-hotkey"},
        {L"^N", L"ed-next-history"},             {L"^P", L"ed-prev-history"},
        {L"^R", L"vrp-redisplay"},               {L"^U", L"vrp-hotkey"},
        {L"^V", L"vrp-literal"},                 {L"^W", L"ed-delete-prev-word"},
        {L"^X", L"vi-kill-line-prev"},           {L"^Y", L"ed-kill-line"},
        {L"^Z", L"vrp-return"},                  {L"^\\", L"ed-unassigned"},
        {L"?", L"vrp-help"},                     {L"\\eb", L"ed-prev-word"},
        {L"\\ed", L"em-delete-next-word"},       {L"\\ef", L"em-next-word"},
        {L"\\en", L"ed-next-history"},           {L"\\ep", L"ed-prev-history"},
        {L"\\e[3~", L"ed-delete-next-char"},     {L"\\e[1~", L"ed-move-to-beg"},
        {L"\\e[4~", L"ed-move-to-end"},          {L"\\e[H", L"ed-move-to-beg"},
        {L"\\e[F", L"ed-move-to-end"},           {L"\\eOH", L"ed-move-to-beg"},
        {L"\\eOF", L"ed-move-to-end"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        el_wset(t->el, EL_ADDFN, own[i].name, L"", own[i].act);
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        el_wset(t->el, EL_BIND, keys[i][0], keys[i][1], NULL);
    }
    /* Letters such as e with acute are letters here, not Meta with something. */
    for (wchar_t ch = 0x80; ch <= 0xff; ch++) {
        wchar_t key[2] = {ch, 0};
        el_wset(t->el, EL_BIND, key, L"ed-insert", NULL);
    }
}

/* Both sets of modes libedit switches between become ours: see term_tty.c. */
static void own_modes(EditLine *el)
{
    static const wchar_t *const sets[] = {L"-d", L"-x", L"-q"};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        el_wset(el, EL_SETTY, sets[i], L"-icrnl", L"-inlcr", L"-igncr", L"-ixon", L"-istrip",
                L"-isig", L"-icanon", L"-echo", L"-echonl", L"-iexten", NULL);
    }
}

static void remember(void *ctx, const char *line, size_t n)
{
    struct term *t = ctx;
    HistEventW ev;
    wchar_t *wide = widen(line, n);
    if (wide && *wide) {
        history_w(t->lines, &ev, H_ENTER, wide);
    }
    free(wide);
}

static bool start_editor(struct term *t)
{
    cookie_io_functions_t io = {.write = mute_write};
    HistEventW ev;
    t->mute = fopencookie(t, "w", io);
    t->lines = history_winit();
    if (!t->mute || !t->lines) {
        return false;
    }
    t->el =
        el_init_fd("vrpsh", stdin, t->mute, t->mute, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
    if (!t->el) {
        return false;
    }
    own_modes(t->el);
    el_wset(t->el, EL_TERMINAL, "dumb");
    el_wset(t->el, EL_SIGNAL, 0);
    el_wset(t->el, EL_PROMPT, no_prompt);
    el_wset(t->el, EL_EDITOR, L"emacs");
    el_wset(t->el, EL_GETCFN, next_char);
    history_w(t->lines, &ev, H_SETSIZE, RECALL_MAX);
    history_w(t->lines, &ev, H_SETUNIQUE, 1);
    el_wset(t->el, EL_HIST, history_w, t->lines);
    bind_keys(t);
    recall_load(t->history, remember, t);
    return true;
}

/* --- the session --------------------------------------------------------------------- */

static void keep_line(struct term *t, const char *line, size_t n)
{
    free(t->typed);
    t->typed = NULL;
    if (plain_prompt(t) && strspn(line, " \t") < n && !memchr(line, '\n', n)) {
        t->typed = strndup(line, n);
        t->ntyped = n;
    }
}

/* The host knows which lines hold secrets, and says so with the prompt that follows them. */
static void settle_line(struct term *t)
{
    HistEventW ev;
    bool forget = t->flags & PROTO_PROMPT_FORGET;
    wchar_t *wide = t->typed && !forget ? widen(t->typed, t->ntyped) : NULL;
    /* 0 is "the same as the line before" */
    if (wide && *wide && history_w(t->lines, &ev, H_ENTER, wide) > 0) {
        recall_add(t->history, t->typed, t->ntyped);
    }
    free(wide);
    if (t->typed) {
        explicit_bzero(t->typed, t->ntyped);
    }
    free(t->typed);
    t->typed = NULL;
}

static void send_line(struct term *t, const wchar_t *line, int count)
{
    size_t n;
    if (!line) {
        client_text(t->client, PROTO_LINE, "", 0);
        return;
    }
    const LineInfoW *li = el_wline(t->el);
    const wchar_t *end = li->buffer + (count > 0 && line[count - 1] == L'\n' ? count - 1 : count);
    char *text = text_to(t, end, &n);
    if (!text) {
        term_over(t, TERM_EXIT_HOST);
        return;
    }
    if (t->ahead) {
        client_signal(t->client, PROTO_AHEAD);
        t->ahead = false;
    }
    client_text(t->client, PROTO_LINE, text, n);
    keep_line(t, text, n);
    if (t->flags & PROTO_PROMPT_SECRET) {
        explicit_bzero(text, n);
    }
    free(text);
}

/* The host has been told something; it has the word now. */
static void hand_over(struct term *t)
{
    t->prompted = false;
    more_begin(t);
}

static void read_line(struct term *t)
{
    int count = 0;
    t->prompted = false;
    t->ending = END_ENTER;
    t->editing = true;
    term_forget_words(t);
    settle_line(t);
    draw_begin(&t->draw, t->prompt, t->nprompt, t->flags & PROTO_PROMPT_SECRET);
    const wchar_t *line = el_wgets(t->el, &count);
    t->editing = false;
    if (t->over) {
        return;
    }
    t->middle = false;
    switch (t->ending) {
    case END_ENTER:
        draw_end(&t->draw);
        hand_over(t);
        send_line(t, line, count);
        break;
    case END_RETURN:
        draw_end(&t->draw);
        hand_over(t);
        client_text(t->client, PROTO_LINE, "return", 6);
        break;
    case END_EOF:
        draw_end(&t->draw);
        hand_over(t);
        client_signal(t->client, PROTO_EOF);
        break;
    case END_ABANDON:
        draw_end(&t->draw);
        if (!plain_prompt(t)) {
            /* The command that asks hears of it. What it does is seen when the next prompt comes;
             * until then an answer can still be typed. */
            client_signal(t->client, PROTO_INTR);
            t->nprompt = 0;
        }
        t->prompted = true;
        break;
    case END_PROMPT: /* the host asks anew; what was typed at the old prompt is gone */
        t->draw.shown &= t->draw.nprompt || t->draw.n;
        draw_end(&t->draw);
        break;
    }
}

static bool is_dumb(void)
{
    const char *name = getenv("TERM");
    return !name || !*name || strcmp(name, "dumb") == 0;
}

int term_run(struct client *c, const char *history)
{
    struct term *t = &term;
    uint16_t rows = 0, cols = 0;
    *t = (struct term){.client = c, .history = history};
    if (!tty_open(&t->tty)) {
        fprintf(stderr, "vrpsh: terminal: %s\n", strerror(errno));
        return TERM_EXIT_HOST;
    }
    if (!start_editor(t)) {
        fputs("vrpsh: the line editor does not start\n", stderr);
        tty_close(&t->tty);
        return TERM_EXIT_HOST;
    }
    tty_raw(&t->tty);
    tty_size(&rows, &cols);
    t->rows = rows;
    t->draw.tty = &t->tty;
    t->draw.cols = cols;
    t->draw.dumb = is_dumb();
    while (!t->over) {
        term_await(t, &t->prompted);
        if (!t->over) {
            read_line(t);
        }
    }
    if (t->draw.shown) {
        draw_end(&t->draw);
    } else if (t->middle) {
        term_put(t, "\n", 1);
    }
    settle_line(t);
    client_write(c);
    tty_close(&t->tty);
    return t->code;
}
