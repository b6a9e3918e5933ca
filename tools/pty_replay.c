/*
 * Replays a transcript on pseudo-terminals and prints what really happened in the same form, so
 * that a test is a diff and a new transcript writes itself. Used by tests/golden/golden.test:
 *
 *     pty_replay FILE COMMAND...
 *
 * A transcript is the screen as a person sees it. What follows a prompt ("<H>", "[~H-bgp]", a
 * question's "[Y/N]:", "---- More ----") on a line is what was typed there, with Enter at its end
 * unless it ends in "?" or a key in braces ({tab}, {space}, {enter}, {ctrl-c}, {ctrl-z}, {ctrl-x},
 * {up}, {q}, {b}, {ctrl-g}, {ctrl-l}, {ctrl-u}). Text already on the line after a "?" is typed on
 * from where it was. Lines that begin with "% " are notes and copied; "%size ROWS COLS" comes
 * before anything else, "%hangup X" closes a terminal. With several terminals every line begins
 * with its letter: "A|[~H]commit".
 *
 * Output is compared as text: carriage returns vanish and the pager's erasing becomes the end of
 * its line. Input is typed only when the prompt it belongs to has appeared.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SCREEN (1u << 20)
#define WAIT_MS 60000
#define MORE "  ---- More ----"
#define ERASE "\033[16D                \033[16D"

static struct term {
    char name; /* 0: the only one */
    int fd;    /* -1: ended */
    pid_t pid;
    char *screen; /* text so far, cleaned */
    size_t n, cursor, shown;
    char pending[4200]; /* on the line behind the prompt after "?" */
} terms[8];
static unsigned nterms;
static char **command;
static struct winsize size = {.ws_row = 60, .ws_col = 132};
static regex_t prompt;
static bool timed_out;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static struct term *term_of(char name)
{
    for (unsigned i = 0; i < nterms; i++)
        if (terms[i].name == name)
            return &terms[i];
    if (nterms == sizeof terms / sizeof *terms)
        die("too many terminals");
    struct term *t = &terms[nterms++];
    t->name = name;
    t->screen = calloc(1, SCREEN);
    t->pid = forkpty(&t->fd, NULL, NULL, &size);
    if (t->pid < 0 || !t->screen)
        die("forkpty");
    if (t->pid == 0) {
        setenv("TERM", "vt100", 1);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    fcntl(t->fd, F_SETFD, FD_CLOEXEC); /* or the next terminal would keep this one open */
    return t;
}

/* --- the screen -------------------------------------------------------------------------- */

static void cut(struct term *t, const char *what, const char *with)
{
    char *at;
    size_t n = strlen(what), m = strlen(with);
    while ((at = strstr(t->screen, what))) {
        memcpy(at, with, m);
        memmove(at + m, at + n, t->n - (size_t)(at - t->screen) - n + 1);
        t->n -= n - m;
        t->cursor = t->n;
    }
}

/* A message came while nothing was typed: what stood on its line was taken away for it. */
static void lift(struct term *t)
{
    static const char taken[] = "\r\033[J";
    char *at;
    while ((at = strstr(t->screen, taken))) {
        char *line = at, *rest = at + sizeof taken - 1;
        while (line > t->screen && line[-1] != '\n')
            line--;
        memmove(line, rest, t->n - (size_t)(rest - t->screen) + 1);
        t->n -= (size_t)(rest - line);
        t->cursor = t->n;
        if (t->shown > (size_t)(line - t->screen))
            t->shown = (size_t)(line - t->screen);
    }
}

/* Not the first octet of a UTF-8 character. */
static bool inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* One octet; backspaces move over what is there, which is then written over. */
static void put(struct term *t, char c)
{
    if (c == '\b') {
        t->cursor -= t->cursor > 0;
        while (t->cursor > 0 && inside(t->screen[t->cursor]))
            t->cursor--;
        return;
    }
    if (c == '\r' || c == '\n' || c == '\033')
        t->cursor = t->n;
    if (!c || c == '\a')
        return;
    if (t->cursor < t->n && inside(c)) { /* makes room behind the octet before it */
        memmove(t->screen + t->cursor + 1, t->screen + t->cursor, t->n++ - t->cursor);
    } else {
        size_t rest = t->cursor + 1; /* the whole character that stands here goes */
        while (rest < t->n && inside(t->screen[rest]))
            rest++;
        if (rest < t->n)
            memmove(t->screen + t->cursor + 1, t->screen + rest, t->n - rest);
        if (t->cursor < t->n)
            t->n -= (rest < t->n ? rest : t->n) - t->cursor - 1;
    }
    t->screen[t->cursor++] = c;
    if (t->cursor > t->n)
        t->n = t->cursor;
}

static void take(struct term *t)
{
    char buf[4096];
    ssize_t n = read(t->fd, buf, sizeof buf);
    if (n <= 0) {
        close(t->fd);
        t->fd = -1;
        waitpid(t->pid, NULL, 0);
        return;
    }
    for (ssize_t i = 0; i < n && t->n + 1 < SCREEN; i++)
        put(t, buf[i]);
    while (t->n > t->cursor && t->screen[t->n - 1] == ' ') /* erased */
        t->n--;
    t->screen[t->n] = 0;
    cut(t, ERASE, "\n");
    cut(t, "\r\n", "\n");
    lift(t);
    if (t->cursor > t->n)
        t->cursor = t->n;
}

/* The unfinished last line. */
static const char *last_line(const struct term *t)
{
    const char *nl = strrchr(t->screen, '\n');
    return nl ? nl + 1 : t->screen;
}

static size_t prompt_len(const char *line)
{
    regmatch_t m;
    return regexec(&prompt, line, 1, &m, 0) == 0 ? (size_t)m.rm_eo : 0;
}

static bool at_pager(const struct term *t)
{
    return strncmp(last_line(t), MORE, strlen(MORE)) == 0;
}

static bool ready(const struct term *t, size_t since)
{
    const char *line = last_line(t);
    size_t n = prompt_len(line);
    return t->fd < 0 || (t->n > since && n && (size_t)(line - t->screen) + n > since &&
                         (at_pager(t) || strcmp(line + n, t->pending) == 0));
}

static long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Reads until a prompt stands on a line that is newer than since, and a moment longer. */
static void settle(struct term *t, size_t since)
{
    long end = now_ms() + WAIT_MS;
    while (t->fd >= 0) {
        bool done = ready(t, since);
        struct pollfd p = {t->fd, POLLIN, 0};
        int n = poll(&p, 1, done ? 4 : 50);
        if (n > 0)
            take(t);
        else if (done)
            return;
        else if (now_ms() > end) {
            timed_out = true;
            return;
        }
    }
}

/* Prints what has appeared since the last time, each line with its terminal's letter. The line of
 * the prompt waits until something is typed on it. */
static void show(struct term *t, bool all)
{
    size_t end = all ? t->n : (size_t)(last_line(t) - t->screen);
    for (; t->shown < end; t->shown++) {
        bool begins = t->shown == 0 || t->screen[t->shown - 1] == '\n';
        if (begins && t->name)
            printf("%c|", t->name);
        putchar(t->screen[t->shown]);
    }
}

/* --- typing --------------------------------------------------------------------------------- */

static const struct {
    const char *name, *octets;
} keys[] = {{"{tab}", "\t"},      {"{space}", " "},     {"{enter}", "\r"},    {"{ctrl-c}", "\003"},
            {"{ctrl-z}", "\032"}, {"{ctrl-x}", "\030"}, {"{up}", "\033[A"},   {"{q}", "q"},
            {"{b}", "b"},         {"{ctrl-g}", "\007"}, {"{ctrl-l}", "\014"}, {"{ctrl-u}", "\025"}};

static void type(struct term *t, const char *text, size_t n)
{
    while (n && t->fd >= 0) {
        ssize_t k = write(t->fd, text, n);
        if (k < 0 && errno != EINTR && errno != EAGAIN)
            return;
        if (k > 0) {
            text += k;
            n -= (size_t)k;
        }
    }
}

/* The key a typed text ends in, or Enter; n is left at the text before it. */
static const char *last_key(const char *typed, size_t *n, const char **octets)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        size_t k = strlen(keys[i].name);
        if (*n >= k && strcmp(typed + *n - k, keys[i].name) == 0) {
            *octets = keys[i].octets;
            *n -= k;
            return keys[i].name;
        }
    }
    *octets = "\r";
    if (!*n || typed[*n - 1] != '?')
        return "";
    --*n;
    return *octets = "?";
}

/* A key that redraws the line: what it has become is shown as a line of its own. */
static void redrawn(struct term *t)
{
    struct pollfd p = {t->fd, POLLIN, 0};
    for (int wait = 2000; t->fd >= 0 && poll(&p, 1, wait) > 0; wait = 100)
        take(t);
    const char *line = last_line(t);
    putchar('\n');
    t->shown = (size_t)(line - t->screen);
    snprintf(t->pending, sizeof t->pending, "%s", line + prompt_len(line));
}

/* Types what stands behind the prompt, waits for what it brings. */
static void play(struct term *t, const char *typed)
{
    const char *octets;
    size_t n = strlen(typed), have = strlen(t->pending);
    const char *key = last_key(typed, &n, &octets);
    if (at_pager(t)) { /* what was typed before "?" comes back later */
        show(t, true);
        printf("%.*s%s", (int)n, typed, key);
        size_t at = t->n;
        type(t, typed, n); /* an expression */
        type(t, octets, strlen(octets));
        settle(t, at);
        show(t, false);
        return;
    }
    if (have > n || memcmp(typed, t->pending, have) != 0) {
        type(t, "\030", 1); /* another line than the one begun */
        have = 0;
    }
    snprintf(t->pending, sizeof t->pending, "%.*s", (int)n, typed);
    type(t, typed + have, n - have);
    settle(t, 0); /* the echo */
    show(t, true);
    fputs(key, stdout);
    size_t since = t->n;
    if (octets[0] != '?')
        t->pending[0] = 0;
    type(t, octets, strlen(octets));
    if (octets[0] && strchr("\a\f\025", octets[0]))
        putchar('\n'); /* the command that a hotkey enters is shown below it */
    if (octets[0] == '\t' || octets[0] == '\033')
        redrawn(t);
    else
        settle(t, since);
    show(t, false);
}

/* --- the transcript -------------------------------------------------------------------------- */

static void hangup(struct term *t)
{
    if (t->fd < 0)
        return;
    close(t->fd);
    t->fd = -1;
    waitpid(t->pid, NULL, 0);
}

static void note(const char *line)
{
    unsigned rows, cols;
    printf("%s\n", line);
    if (sscanf(line, "%%size %u %u", &rows, &cols) == 2) {
        size.ws_row = (unsigned short)rows;
        size.ws_col = (unsigned short)cols;
    } else if (strncmp(line, "%hangup ", 8) == 0) {
        struct term *t = term_of(line[8]);
        show(t, true);
        putchar('\n');
        hangup(t);
    }
}

/* The last prompt of a terminal with nothing behind it is where the transcript ends. */
static bool is_end(const char *line, char name, size_t n, FILE *f)
{
    static char later[8192];
    long at = ftell(f);
    bool last = !line[n];
    while (last && fgets(later, sizeof later, f)) {
        char *l = later;
        char of = l[0] >= 'A' && l[0] <= 'Z' && l[1] == '|' ? l[0] : 0;
        l[strcspn(l, "\n")] = 0;
        last = of != name || !prompt_len(l + (of ? 2 : 0));
    }
    fseek(f, at, SEEK_SET);
    return last;
}

static void line_of(char *line, FILE *f)
{
    char name = 0;
    line[strcspn(line, "\n")] = 0;
    if (line[0] == '%') {
        note(line);
        return;
    }
    if (line[0] >= 'A' && line[0] <= 'Z' && line[1] == '|') {
        name = line[0];
        line += 2;
    }
    size_t n = prompt_len(line);
    if (!n || is_end(line, name, n, f)) /* output, it will be compared */
        return;
    struct term *t = term_of(name);
    if (!t->n)
        settle(t, 0);
    if (t->fd >= 0 && !timed_out)
        play(t, line + n);
}

int main(int argc, char **argv)
{
    static char line[8192];
    if (argc < 3) {
        fputs("Usage: pty_replay FILE COMMAND...\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    command = argv + 2;
    if (regcomp(&prompt,
                "^(<[^>]*>|\\[[~*A-Za-z][^]]*\\]|.*\\[Y/N\\]:|.*\\[Y/N/C\\]:|.*with CTRL\\+C:|"
                ".*\\[Y\\(yes\\)/N\\(no\\)/C\\(cancel\\)\\]:|  ---- More ----)",
                REG_EXTENDED))
        die("regcomp");
    FILE *f = fopen(argv[1], "r");
    if (!f)
        die(argv[1]);
    while (!timed_out && fgets(line, sizeof line, f))
        line_of(line, f);
    for (unsigned i = 0; i < nterms; i++) {
        bool more = terms[i].shown < terms[i].n;
        show(&terms[i], true);
        if (more && terms[i].screen[terms[i].n - 1] != '\n')
            putchar('\n');
        hangup(&terms[i]);
    }
    fclose(f);
    if (timed_out)
        puts("--- no prompt came");
    return timed_out;
}
