/* "?" and Tab: what may follow, from the declarations, and names of what exists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/app_internal.h"
#include "cli/names.h"
#include "cli/settings.h"
#include "engine/config/model.h"

#define OPTIONS_MAX 256
#define NAME_ROOM 260  /* a label is the longest, in quotes */
#define HELP_COLUMN 40 /* partial help: two columns of this width */

/* Text after a "|" asks about filters. */
static const char *filters_asked(const char *text, size_t n, size_t *rest)
{
    for (size_t i = 1; i < n; i++)
        if (text[i] == '|' && text[i - 1] == ' ') {
            *rest = n - i - 1;
            return text + i + 1;
        }
    return NULL;
}

/* Does "| ..." make sense after this text? True for a display command that could run as it is. */
static bool display_ready(struct session *s, const char *text, size_t n)
{
    struct sch_match m;
    size_t at;
    return sch_match(session_level(s)->view, text, n, &m, &at) == SCH_OK &&
           m.cmd->kind == SCH_COMMAND && m.cmd->shows;
}

/* What is said about an option may come in several lines; long ones are broken at blanks. */
static void print_option(struct session *s, const char *text, const char *help, size_t width)
{
    size_t cols = session_width(s) > 40 ? session_width(s) : 80, left = 2 + width + 2;
    if (!*help) {
        out(s, "  %s\n", text);
        return;
    }
    out(s, "  %-*s  ", (int)width, text);
    size_t room = left + 20 < cols ? cols - left - 1 : 60;
    for (size_t line; (line = strcspn(help, "\n")) > room || help[line];) {
        size_t cut = line > room ? room : line;
        while (line > room && cut > 0 && help[cut] != ' ')
            cut--;
        if (!cut)
            cut = room;
        out(s, "%.*s\n%*s", (int)cut, help, (int)left, "");
        help += cut + (help[cut] == ' ' || help[cut] == '\n');
    }
    out(s, "%s\n", help);
}

/* --- what there is -------------------------------------------------------------------- */

#define LISTED_MAX 256 /* commits, labels, files: of one kind */

struct expansion {
    struct sch_option *o;
    size_t n, cap;
    const char *word;
    size_t nword;
};

static void expand_one(void *ctx, const char *text, const char *help)
{
    struct expansion *x = ctx;
    if (!names_begins(text, x->word, x->nword))
        return;
    if (x->n == x->cap) {
        struct sch_option *more = realloc(x->o, (x->cap + 64) * sizeof *more);
        if (!more)
            return;
        x->o = more;
        x->cap += 64;
    }
    struct sch_option *o = &x->o[x->n];
    *o = (struct sch_option){.text = strdup(text), .help = strdup(help)};
    x->n += o->text && o->help;
}

/* Values are replaced by what there is of them, where that is known and there is any. */
static struct expansion expand(struct session *s, const struct sch_option *o, size_t n,
                               const char *word, size_t nword)
{
    struct expansion x = {.word = "", .nword = 0};
    for (size_t i = 0; i < n; i++) {
        size_t had = x.n;
        x.word = word;
        x.nword = nword;
        if (o[i].param)
            names_of(s, o[i].param->of, LISTED_MAX, expand_one, &x);
        x.nword = 0; /* an option fits already */
        if (x.n == had) {
            expand_one(&x, o[i].text, o[i].help);
            if (x.n > had)
                x.o[x.n - 1].end = o[i].end;
        }
    }
    return x;
}

static void expansion_free(struct expansion *x)
{
    for (size_t i = 0; i < x->n; i++) {
        free((char *)x->o[i].text);
        free((char *)x->o[i].help);
    }
    free(x->o);
}

static void full_help(struct session *s, const struct sch_option *o, size_t n, bool pipe)
{
    size_t width = 0;
    for (size_t i = 0; i < n; i++)
        if (strlen(o[i].text) > width)
            width = strlen(o[i].text);
    for (size_t i = 0; i < n; i++) {
        if (o[i].end && pipe)
            print_option(s, "|", "Matching output", width);
        print_option(s, o[i].text, o[i].help, width);
    }
}

static void partial_help(struct session *s, const struct sch_option *o, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool last = i % 2 == 1 || i + 1 == n;
        if (last)
            out(s, "%s%s\n", i % 2 ? "" : "  ", o[i].text);
        else
            out(s, "  %-*s", HELP_COLUMN, o[i].text);
    }
}

/* Nothing can follow: the caret stands where the text stops making sense. */
static void help_nothing(struct session *s, const char *text, size_t n, size_t word)
{
    struct sch_match m;
    size_t at = word;
    enum sch_status st = sch_match(session_level(s)->view, text, n, &m, &at);
    if (st == SCH_OK || st == SCH_INCOMPLETE || at > n)
        at = word;
    session_caret(s, text, n, at);
    out(s, "%s\n", sch_status_text(SCH_UNRECOGNIZED));
}

/* A "run" that is written out is followed by a command of the user view. */
static bool behind_run(struct session *s, const char *text, size_t n)
{
    size_t at = 0;
    while (at < n && text[at] == ' ')
        at++;
    return s->depth > 0 && n - at >= 4 && strncasecmp(text + at, "run ", 4) == 0;
}

/* What may follow, for the session's level. */
static size_t options_of(struct session *s, const char *text, size_t n, size_t *word,
                         struct sch_option *o, char *notation, size_t room)
{
    char line[PROTO_LINE_MAX];
    uint8_t view = session_level(s)->view;
    if (behind_run(s, text, n) && n < sizeof line) {
        size_t skip = (size_t)(strcasestr(text, "run") - text) + 3;
        memset(line, ' ', skip);
        memcpy(line + skip, text + skip, n - skip);
        text = line;
        view = VIEW_USER;
    }
    size_t have = sch_options(view, text, n, word, o, OPTIONS_MAX, notation, room), kept = 0;
    for (size_t i = 0; i < have; i++)
        if (o[i].level <= s->level)
            o[kept++] = o[i];
    return kept;
}

void help_question(struct session *s, const char *text, size_t n)
{
    struct sch_option o[OPTIONS_MAX];
    char notation[2048];
    size_t word, rest;
    const char *filters = filters_asked(text, n, &rest);
    s->paged = true;
    size_t have = options_of(s, text, n, &word, o, notation, sizeof notation);
    if (have) {
        if (n == 0)
            out(s, "%s view commands:\n",
                s->depth == 0   ? "User"
                : s->depth == 1 ? "System"
                                : "Current");
        struct expansion x = expand(s, o, have, text + word, n - word);
        if (word < n)
            partial_help(s, x.o, x.n);
        else
            full_help(s, x.o, x.n, display_ready(s, text, n));
        expansion_free(&x);
    } else if (filters && display_ready(s, text, (size_t)(filters - text) - 1)) {
        struct expansion x = {.word = "", .nword = 0};
        if (!filter_help(filters, rest, expand_one, &x))
            help_nothing(s, text, n, n);
        else if (rest && text[n - 1] != ' ')
            partial_help(s, x.o, x.n);
        else
            full_help(s, x.o, x.n, false);
        expansion_free(&x);
    } else {
        help_nothing(s, text, n, word);
    }
    out_flush(s);
    s->paged = false;
    proto_begin(&s->out, PROTO_HELPED);
    proto_end(&s->out);
    host_send(s->conn, &s->out);
}

/* --- Tab ----------------------------------------------------------------------------- */

struct names {
    const char *word;
    size_t n, count;
    char (*name)[NAME_ROOM];
};
#define NAMES_MAX 64

static void add_name(void *ctx, const char *name, const char *help)
{
    struct names *t = ctx;
    (void)help;
    if (t->count < NAMES_MAX && names_begins(name, t->word, t->n))
        snprintf(t->name[t->count++], NAME_ROOM, "%s", name);
}

/* Names of existing objects a typed value may mean. */
static void object_names(struct session *s, const struct sch_param *p, struct names *t)
{
    const struct model *m = s->app->config.model;
    bool peers = p->type == SCH_PEER || p->type == SCH_ADDR,
         groups = p->type == SCH_PEER || p->type == SCH_GROUP;
    for (const struct model_peer *x = m->peers; x && (peers || groups); x = x->hh.next)
        if (x->exists && (x->is_group ? groups : peers))
            add_name(t, x->name, "");
    for (const struct model_if *i = m->ifs; i && p->type == SCH_IFNAME; i = i->hh.next)
        add_name(t, i->name, "");
    names_of(s, p->of, LISTED_MAX, add_name, t);
}

/* A key that stands for a command completes to it. */
static bool hotkey(struct session *s, const char *text, size_t n, char *command, size_t len)
{
    static const struct {
        char key;
        const char *name;
    } keys[] = {{'G' & 0x1f, "CTRL_G"},
                {'L' & 0x1f, "CTRL_L"},
                {'O' & 0x1f, "CTRL_O"},
                {'U' & 0x1f, "CTRL_U"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (n == 1 && text[0] == keys[i].key)
            return settings_hotkey(s->app, keys[i].name, command, len);
    return false;
}

static void complete_to(struct session *s, const char *command)
{
    proto_begin(&s->out, PROTO_COMPLETE);
    proto_u32(&s->out, 0);
    proto_u16(&s->out, 1);
    proto_str(&s->out, command, strlen(command));
    proto_end(&s->out);
    host_send(s->conn, &s->out);
}

void help_tab(struct session *s, const char *text, size_t n)
{
    struct sch_option o[OPTIONS_MAX];
    char notation[2048], found[NAMES_MAX][NAME_ROOM];
    char command[600];
    size_t word = n;
    if (hotkey(s, text, n, command, sizeof command)) {
        complete_to(s, command);
        return;
    }
    size_t have = options_of(s, text, n, &word, o, notation, sizeof notation);
    struct names t = {text + word, n - word, 0, found};
    size_t words = 0;
    for (size_t i = 0; i < have; i++) {
        if (o[i].param)
            object_names(s, o[i].param, &t);
        else if (!o[i].end && word < n)
            o[words++] = o[i];
    }
    proto_begin(&s->out, PROTO_COMPLETE);
    proto_u32(&s->out, (uint32_t)word);
    proto_u16(&s->out, (uint16_t)(words + (word < n || words == 0 ? t.count : 0)));
    for (size_t i = 0; i < words; i++)
        proto_str(&s->out, o[i].text, strlen(o[i].text));
    for (size_t i = 0; i < t.count; i++)
        proto_str(&s->out, found[i], strlen(found[i]));
    proto_end(&s->out);
    host_send(s->conn, &s->out);
}
