/* Replaying a recorded session; see transcript.h. */
#include "cli/transcript.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_DIFFERENT 1
#define EXIT_FILE 2
#define EXIT_HOST 3
#define LINE_MAX_TEXT 8192

struct lines {
    char **line;
    size_t n, cap;
};

struct replay {
    struct client *c;
    struct lines record, now;
    size_t at;  /* line of the record that is next */
    char *open; /* output line not yet complete */
    size_t nopen, capopen;
    char prompt[600];
    bool question, prompted, helped, over;
    int code;
};

/* --- lines --------------------------------------------------------------------------- */

static void add(struct lines *l, const char *text, size_t n)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->line = realloc(l->line, l->cap * sizeof *l->line);
    }
    if (!l->line || !(l->line[l->n] = strndup(text, n)))
        abort();
    l->n++;
}

static void free_lines(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->line[i]);
    free(l->line);
}

static bool read_record(struct lines *l, const char *file)
{
    FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "r");
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    if (!f)
        return false;
    while ((n = getline(&text, &cap, f)) >= 0) {
        while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            n--;
        add(l, text, (size_t)n);
    }
    bool ok = !ferror(f);
    free(text);
    if (f != stdin)
        fclose(f);
    return ok;
}

/* --- what stands where --------------------------------------------------------------- */

/* Length of the prompt or question a line begins with, 0 when it is output. */
static size_t prompt_len(const char *line, bool question)
{
    static const char *const ends[] = {"[Y/N]:", "[Y/N/C]:", "[Y(yes)/N(no)/C(cancel)]:"};
    if (!question) {
        bool user = line[0] == '<', config = line[0] == '[' && line[1] != ']';
        const char *end = user ? strchr(line, '>') : config ? strchr(line, ']') : NULL;
        return end && !strpbrk(line, "\t") && !memchr(line, ' ', (size_t)(end - line))
                   ? (size_t)(end - line) + 1
                   : 0;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *end = strstr(line, ends[i]);
        if (end)
            return (size_t)(end - line) + strlen(ends[i]);
    }
    return 0;
}

/* The next thing typed in the record at a prompt of this kind; notes before it are taken over.
 * NULL: the record ends, or went another way. */
static const char *next_typed(struct replay *r)
{
    for (; r->at < r->record.n; r->at++) {
        const char *line = r->record.line[r->at];
        size_t n = prompt_len(line, r->question), asked = strlen(r->prompt);
        if (!n && r->question && strncmp(line, r->prompt, asked) == 0)
            n = asked; /* any text is the answer */
        if (line[0] == '%') {
            add(&r->now, line, strlen(line));
        } else if (n) {
            r->at++;
            return line + n;
        } else if (prompt_len(line, !r->question)) {
            return NULL;
        }
    }
    return NULL;
}

/* --- the session --------------------------------------------------------------------- */

static void take(struct replay *r, const char *text, size_t n)
{
    if (r->nopen + n + 1 > r->capopen) {
        r->capopen = (r->nopen + n + 1) * 2;
        r->open = realloc(r->open, r->capopen);
        if (!r->open)
            abort();
    }
    memcpy(r->open + r->nopen, text, n);
    r->nopen += n;
    char *nl;
    while (r->nopen && (nl = memchr(r->open, '\n', r->nopen))) {
        size_t len = (size_t)(nl - r->open);
        add(&r->now, r->open, len);
        memmove(r->open, nl + 1, r->nopen - len - 1);
        r->nopen -= len + 1;
    }
}

static void finish_line(struct replay *r)
{
    if (r->nopen)
        take(r, "\n", 1);
}

static void frame(struct replay *r, struct proto_frame *f)
{
    const char *text;
    size_t n;
    switch (f->type) {
    case PROTO_OUT:
        proto_get_u8(f);
        text = proto_get_str(f, &n);
        take(r, text, n);
        break;
    case PROTO_LOG:
        text = proto_get_str(f, &n);
        finish_line(r);
        take(r, text, n);
        finish_line(r);
        break;
    case PROTO_PROMPT:
        r->question = proto_get_u8(f) & PROTO_PROMPT_QUESTION;
        proto_get_u16(f);
        text = proto_get_str(f, &n);
        snprintf(r->prompt, sizeof r->prompt, "%.*s", (int)n, text);
        r->prompted = true;
        break;
    case PROTO_HELPED:
        r->helped = true;
        break;
    case PROTO_BYE:
        r->code = proto_get_u8(f);
        r->over = true;
        break;
    default:
        break;
    }
}

static void wait_for(struct replay *r, const bool *what)
{
    struct proto_frame f;
    while (!*what && !r->over) {
        if (client_next(r->c, &f)) {
            frame(r, &f);
        } else if (r->c->ended) {
            r->over = true;
            r->code = EXIT_HOST;
        } else {
            client_wait(r->c, 1000);
        }
    }
    finish_line(r);
}

static void say(struct replay *r, const char *typed)
{
    char line[LINE_MAX_TEXT];
    size_t n = strlen(typed);
    snprintf(line, sizeof line, "%s%s", r->prompt, typed);
    add(&r->now, line, strlen(line));
    if (!r->question && n && typed[n - 1] == '?') {
        r->helped = false;
        client_text(r->c, PROTO_HELP, typed, n - 1);
        wait_for(r, &r->helped);
        return;
    }
    r->prompted = false;
    client_text(r->c, PROTO_LINE, typed, n);
    wait_for(r, &r->prompted);
}

static void play(struct replay *r)
{
    wait_for(r, &r->prompted);
    while (!r->over) {
        const char *typed = next_typed(r);
        bool last = r->at >= r->record.n;
        if (!typed || (last && !*typed)) { /* the prompt a record ends with */
            add(&r->now, r->prompt, strlen(r->prompt));
            break;
        }
        say(r, typed);
    }
    for (; r->at < r->record.n && r->record.line[r->at][0] == '%'; r->at++)
        add(&r->now, r->record.line[r->at], strlen(r->record.line[r->at]));
}

/* --- comparing ----------------------------------------------------------------------- */

/* "2026-02-03 10:12:44", and the zone that may follow: with every digit a zero. */
static void mask(const char *line, char *out, size_t len)
{
    static const char form[] = "dddd-dd-dd dd:dd:dd";
    size_t n = strnlen(line, len - 1);
    memcpy(out, line, n);
    out[n] = 0;
    for (char *p = out; *p; p++) {
        size_t k = 0;
        while (form[k] && (form[k] == 'd' ? isdigit((unsigned char)p[k]) : p[k] == form[k]))
            k++;
        if (form[k])
            continue;
        while (isdigit((unsigned char)p[k]) || p[k] == '+' || p[k] == '-' || p[k] == ':')
            k++;
        for (size_t i = 0; i < k; i++)
            if (isdigit((unsigned char)p[i]) || p[i] == '+')
                p[i] = '0';
        p += k - 1;
    }
}

static bool same(const char *a, const char *b)
{
    char ma[LINE_MAX_TEXT], mb[LINE_MAX_TEXT];
    mask(a, ma, sizeof ma);
    mask(b, mb, sizeof mb);
    return strcmp(ma, mb) == 0;
}

/* How far two lists of lines agree from the front (back: from the end, at most max lines). */
static size_t agree(const struct lines *a, const struct lines *b, bool back, size_t max)
{
    size_t n = 0;
    while (n < max && same(a->line[back ? a->n - 1 - n : n], b->line[back ? b->n - 1 - n : n]))
        n++;
    return n;
}

static int compare(const struct replay *r, const char *file)
{
    const struct lines *a = &r->record, *b = &r->now;
    size_t least = a->n < b->n ? a->n : b->n, front = agree(a, b, false, least);
    size_t back = agree(a, b, true, least - front);
    if (front == a->n && front == b->n)
        return 0;
    printf("%s:%zu: the session went another way\n", file, front + 1);
    for (size_t i = front; i < a->n - back; i++)
        printf("-%s\n", a->line[i]);
    for (size_t i = front; i < b->n - back; i++)
        printf("+%s\n", b->line[i]);
    return EXIT_DIFFERENT;
}

static int write_record(const struct replay *r, const char *file)
{
    char path[4200];
    snprintf(path, sizeof path, "%s.new", file);
    FILE *f = fopen(path, "w");
    bool ok = f != NULL;
    for (size_t i = 0; i < r->now.n && ok; i++) {
        bool kept = i < r->record.n && same(r->record.line[i], r->now.line[i]);
        ok = fprintf(f, "%s\n", (kept ? &r->record : &r->now)->line[i]) >= 0;
    }
    ok = f && fclose(f) == 0 && ok && rename(path, file) == 0;
    if (!ok) {
        fprintf(stderr, "vrpsh: %s: %s\n", file, strerror(errno));
        unlink(path);
    }
    return ok ? 0 : EXIT_FILE;
}

int transcript_run(struct client *c, const char *file, bool update)
{
    struct replay r = {.c = c};
    if (!read_record(&r.record, file)) {
        fprintf(stderr, "vrpsh: %s: %s\n", file, strerror(errno));
        free_lines(&r.record);
        return EXIT_FILE;
    }
    play(&r);
    int code = r.over && r.code == EXIT_HOST ? EXIT_HOST
               : update                      ? write_record(&r, file)
                                             : compare(&r, file);
    free_lines(&r.record);
    free_lines(&r.now);
    free(r.open);
    return code;
}
