/*
 * Interactive mode: the one file that knows the line editor. See term.h.
 *
 * libedit keeps the line, the keys and the history; it never shows anything. Its output goes to a
 * stream that only listens for the bell, and before it is given a character we show what the line
 * has become (term_draw.c). It asks us for characters, so all waiting happens in wait_event():
 * terminal, host and signals in one poll(). The terminal modes libedit would set between and
 * during lines are told to be our own, so they never change while a session lasts.
 *
 * A session alternates between two states: await() while the host has the word, read_line() while
 * the user has it. Frames are handled in take_frames() in both.
 */
#include "cli/term.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/pager.h"
#include "cli/term_draw.h"
#include "cli/term_recall.h"
#include "cli/term_tty.h"

#define EXIT_GONE 1
#define EXIT_HOST 3
#define LINE_KEEP (2 * PROTO_LINE_MAX) /* the host reports what is longer than PROTO_LINE_MAX */
#define TAB_MAX 256

/* What ended the line, when it was not Enter. */
enum ending { END_ENTER, END_ABANDON, END_RETURN, END_EOF, END_PROMPT };

struct term {
    struct client *client;
    const char *history;
    struct tty tty;
    struct draw draw;
    struct pager pager;
    EditLine *el;
    HistoryW *lines;
    FILE *mute; /* libedit's output */
    bool bell;

    char prompt[sizeof((struct draw *)0)->prompt];
    size_t nprompt;
    unsigned page;
    uint8_t flags;

    bool editing;  /* read_line() is on */
    bool prompted; /* a prompt has come */
    bool answered; /* the answer to TAB or HELP has come */
    bool discard;  /* output of a command that was told to stop */
    bool middle;   /* the last output did not end its line */
    bool over;
    int code;
    enum ending ending;

    char *words[TAB_MAX]; /* what Tab cycles through, and the line it left */
    size_t nwords, word;
    uint32_t word_at;
    char *tabbed;
    size_t ntabbed;
};

/* Static, and never ended by el_end(): that would throw away what is typed ahead. */
static struct term term;

/* --- output ------------------------------------------------------------------------------------
 */

static void put(struct term *t, const char *text, size_t n)
{
    if (n) {
        tty_put(&t->tty, text, n);
        t->middle = text[n - 1] != '\n';
    }
}

static void beep(struct term *t)
{
    tty_puts(&t->tty, "\a");
}

static void message(struct term *t, const char *text, size_t n)
{
    bool editing = t->editing && t->draw.shown;
    if (editing) {
        draw_hide(&t->draw);
    } else if (t->middle) {
        put(t, "\n", 1);
    }
    put(t, text, n);
    if (n && text[n - 1] != '\n') {
        put(t, "\n", 1);
    }
    if (editing) {
        draw_show(&t->draw);
    }
}

/* --- waiting -----------------------------------------------------------------------------------
 */

static void over(struct term *t, int code)
{
    if (!t->over) {
        t->over = true;
        t->code = code;
    }
}

static void resized(struct term *t)
{
    uint16_t rows, cols;
    if (tty_size(&rows, &cols)) {
        draw_resize(&t->draw, cols);
        t->pager.cols = cols;
        client_size(t->client, rows, cols);
    }
}

static void take_signals(struct term *t)
{
    struct signalfd_siginfo s;
    while (read(t->tty.signals, &s, sizeof s) == (ssize_t)sizeof s) {
        if (s.ssi_signo == SIGWINCH) {
            resized(t);
        } else if (s.ssi_signo == SIGCONT) {
            tty_raw(&t->tty);
            if (t->editing) {
                draw_hide(&t->draw);
                draw_show(&t->draw);
            }
        } else {
            over(t, EXIT_GONE);
        }
    }
}

/* Shows everything and waits for a key, a signal or, unless the host is to wait, the host. */
static void wait_event(struct term *t, bool host)
{
    struct client *c = t->client;
    tty_flush(&t->tty);
    client_write(c);
    struct pollfd p[3] = {{.fd = tty_full(&t->tty) ? -1 : STDIN_FILENO, .events = POLLIN},
                          {.fd = t->tty.signals, .events = POLLIN},
                          {.fd = c->fd, .events = host ? POLLIN : 0}};
    if (client_unsent(c)) {
        p[2].events |= POLLOUT;
    }
    if (t->tty.gone || (poll(p, 3, -1) < 0 && errno != EINTR)) {
        over(t, EXIT_GONE);
        return;
    }
    if (p[1].revents) {
        take_signals(t);
    }
    if (p[0].revents) {
        tty_read(&t->tty);
    }
    if (p[2].revents & (POLLIN | POLLHUP | POLLERR)) {
        client_read(c);
    }
    if (t->tty.gone) {
        over(t, EXIT_GONE);
    }
}

/* --- frames ------------------------------------------------------------------------------------
 */

static void stop_output(struct term *t)
{
    t->discard = true;
    client_signal(t->client, PROTO_INTR);
}

/* Holds the page until a key says how to go on. The host is not read meanwhile: it waits too. */
static void more(struct term *t)
{
    enum pager_key k = PAGER_IGNORE;
    uint8_t key;
    tty_puts(&t->tty, PAGER_MORE);
    while (k == PAGER_IGNORE && !t->over) {
        if (tty_octet(&t->tty, &key)) {
            k = pager_key(&t->pager, key);
        } else {
            wait_event(t, false);
        }
    }
    tty_puts(&t->tty, PAGER_ERASE);
    if (k == PAGER_STOP) {
        stop_output(t);
    }
}

static void output(struct term *t, struct proto_frame *f)
{
    size_t n;
    bool paged = proto_get_u8(f) & PROTO_OUT_PAGED;
    const char *text = proto_get_str(f, &n);
    if (t->editing && t->draw.shown && !t->discard) {
        message(t, text, n);
        return;
    }
    while (n && !t->discard && !t->over) {
        size_t fit = paged ? pager_fit(&t->pager, text, n) : n;
        put(t, text, fit);
        text += fit;
        n -= fit;
        if (n) {
            more(t);
        }
    }
}

static void diagnostic(struct term *t, struct proto_frame *f)
{
    size_t n;
    uint8_t severity = proto_get_u8(f);
    proto_get_u32(f);
    proto_get_u32(f);
    const char *text = proto_get_str(f, &n);
    const char *word = severity == 'E' ? "Error: " : severity == 'W' ? "Warning: " : "Info: ";
    if (t->middle) {
        put(t, "\n", 1);
    }
    put(t, word, strlen(word));
    put(t, text, n);
    if (t->middle) {
        put(t, "\n", 1);
    }
}

static void prompt(struct term *t, struct proto_frame *f)
{
    size_t n;
    t->flags = proto_get_u8(f);
    t->page = proto_get_u16(f);
    const char *text = proto_get_str(f, &n);
    t->nprompt = n < sizeof t->prompt ? n : sizeof t->prompt;
    memcpy(t->prompt, text, t->nprompt);
    t->prompted = true;
    t->discard = false;
}

static void forget_words(struct term *t)
{
    while (t->nwords) {
        free(t->words[--t->nwords]);
    }
}

static void complete(struct term *t, struct proto_frame *f)
{
    forget_words(t);
    t->word_at = proto_get_u32(f);
    size_t n = proto_get_u16(f), len;
    for (size_t i = 0; i < n && i < TAB_MAX && !f->bad; i++) {
        const char *s = proto_get_str(f, &len);
        t->words[t->nwords] = strndup(s, len);
        t->nwords += t->words[t->nwords] != NULL;
    }
    t->answered = true;
}

static void one_frame(struct term *t, struct proto_frame *f)
{
    size_t n;
    const char *text;
    switch (f->type) {
    case PROTO_OUT:
        output(t, f);
        break;
    case PROTO_DIAG:
        diagnostic(t, f);
        break;
    case PROTO_LOG:
        text = proto_get_str(f, &n);
        message(t, text, n);
        break;
    case PROTO_PROMPT:
        prompt(t, f);
        break;
    case PROTO_COMPLETE:
        complete(t, f);
        break;
    case PROTO_HELPED:
        t->answered = true;
        t->discard = false;
        break;
    case PROTO_REFUSED:
        text = proto_get_str(f, &n);
        message(t, text, n);
        over(t, EXIT_HOST);
        break;
    case PROTO_BYE:
        over(t, proto_get_u8(f));
        break;
    default:
        break;
    }
}

static void take_frames(struct term *t)
{
    struct proto_frame f;
    while (!t->over && client_next(t->client, &f)) {
        one_frame(t, &f);
    }
    if (!t->over && t->client->ended) {
        static const char text[] = "Info: The host has ended.\n";
        t->editing = false;
        if (t->draw.shown) {
            draw_end(&t->draw);
        }
        message(t, text, sizeof text - 1);
        over(t, EXIT_HOST);
    }
}

/* Waits until the host has said what *until stands for. */
static void await(struct term *t, const bool *until)
{
    for (;;) {
        take_frames(t);
        if (*until || t->over) {
            return;
        }
        if (tty_interrupted(&t->tty)) {
            client_signal(t->client, PROTO_INTR);
        }
        wait_event(t, true);
    }
}

/* --- the editor's side -------------------------------------------------------------------------
 */

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
            wait_event(t, true);
            take_frames(t);
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

/* --- keys --------------------------------------------------------------------------------------
 */

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
    return ch && el_winsertstr(el, text) == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char key_redisplay(EditLine *el, wint_t key)
{
    struct term *t = &term;
    (void)el;
    if (key == ('L' & 0x1f) && !t->draw.dumb) {
        tty_puts(&t->tty, "\033[H\033[2J");
        t->draw.shown = false;
    } else {
        const LineInfoW *li = el_wline(el);
        size_t n = (size_t)(li->lastchar - li->buffer);
        size_t at = (size_t)(li->cursor - li->buffer);
        draw_end(&t->draw);
        t->draw.cursor = at < n ? at : n;
    }
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
    pager_begin(&t->pager, t->page, t->draw.cols);
    client_text(t->client, PROTO_HELP, text, n);
    free(text);
    await(t, &t->answered);
    t->editing = true;
    if (t->over) {
        return CC_EOF;
    }
    if (t->middle) {
        put(t, "\n", 1);
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
        forget_words(t);
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
        await(t, &t->answered);
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

static void bind_keys(struct term *t)
{
    static const struct {
        const wchar_t *name;
        unsigned char (*act)(EditLine *, wint_t);
    } own[] = {{L"vrp-abandon", key_abandon},
               {L"vrp-return", key_return},
               {L"vrp-delete", key_delete},
               {L"vrp-literal", key_literal},
               {L"vrp-redisplay", key_redisplay},
               {L"vrp-help", key_help},
               {L"vrp-tab", key_tab}};
    /* clang-format off */
    static const wchar_t *const keys[][2] = {
        {L"^A", L"ed-move-to-beg"},              {L"^B", L"ed-prev-char"},
        {L"^C", L"vrp-abandon"},                 {L"^D", L"vrp-delete"},
        {L"^E", L"ed-move-to-end"},              {L"^F", L"ed-next-char"},
        {L"^H", L"em-delete-prev-char"},         {L"^?", L"em-delete-prev-char"},
        {L"^I", L"vrp-tab"},                     {L"^J", L"ed-newline"},
        {L"^M", L"ed-newline"},                  {L"^L", L"vrp-redisplay"},
        {L"^N", L"ed-next-history"},             {L"^P", L"ed-prev-history"},
        {L"^R", L"vrp-redisplay"},               {L"^U", L"em-kill-line"},
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

/* --- the session -------------------------------------------------------------------------------
 */

static void keep_line(struct term *t, const char *line, size_t n)
{
    HistEventW ev;
    wchar_t *wide = NULL;
    if (plain_prompt(t) && strspn(line, " \t") < n && !memchr(line, '\n', n)) {
        wide = widen(line, n);
    }
    /* 0 is "the same as the line before" */
    if (wide && *wide && history_w(t->lines, &ev, H_ENTER, wide) > 0) {
        recall_add(t->history, line, n);
    }
    free(wide);
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
        over(t, EXIT_HOST);
        return;
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
    pager_begin(&t->pager, t->page, t->draw.cols);
}

static void read_line(struct term *t)
{
    int count = 0;
    t->prompted = false;
    t->ending = END_ENTER;
    t->editing = true;
    forget_words(t);
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
    uint16_t rows, cols = 0;
    *t = (struct term){.client = c, .history = history};
    if (!tty_open(&t->tty)) {
        fprintf(stderr, "vrpsh: terminal: %s\n", strerror(errno));
        return EXIT_HOST;
    }
    if (!start_editor(t)) {
        fputs("vrpsh: the line editor does not start\n", stderr);
        tty_close(&t->tty);
        return EXIT_HOST;
    }
    tty_raw(&t->tty);
    tty_size(&rows, &cols);
    t->draw.tty = &t->tty;
    t->draw.cols = cols;
    t->draw.dumb = is_dumb();
    while (!t->over) {
        await(t, &t->prompted);
        if (!t->over) {
            read_line(t);
        }
    }
    if (t->draw.shown) {
        draw_end(&t->draw);
    } else if (t->middle) {
        put(t, "\n", 1);
    }
    client_write(c);
    tty_close(&t->tty);
    return t->code;
}
