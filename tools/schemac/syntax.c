/* One SYNTAX of a declaration: text to tree, tree to text, and the undo form that follows from it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "schemac.h"

struct help { /* first mention of a word gives its help for all later ones */
    char *word, *text;
    struct help *next;
};
static struct help *helps;

static char *help_find(const char *word)
{
    for (struct help *h = helps; h; h = h->next)
        if (strcmp(h->word, word) == 0)
            return h->text;
    return NULL;
}

static void help_add(char *word, char *text)
{
    struct help *h = xalloc(sizeof *h);
    *h = (struct help){word, text, helps};
    helps = h;
}

static void blanks(char **s)
{
    while (**s == ' ')
        (*s)++;
}

/* "(text)" after a word or value, or NULL. */
static char *parse_help(struct pos at, char **s)
{
    blanks(s);
    if (**s != '(')
        return NULL;
    char *end = strchr(*s, ')');
    if (!end)
        die(at, "help text without )");
    char *text = xcopy(*s + 1, (size_t)(end - *s - 1));
    *s = end + 1;
    return text;
}

static char *parse_word(struct pos at, char **s)
{
    char *p = *s;
    while (*p && !strchr(" <>[]{}|()=\"", *p))
        p++;
    if (p == *s)
        die(at, "a word was expected at '%s'", *s);
    char *w = xcopy(*s, (size_t)(p - *s));
    *s = p;
    return w;
}

/* The alternatives of "<name:enum a (help) | b (help) = a>". */
static void parse_enum(struct pos at, char **s, struct param *p)
{
    for (;;) {
        blanks(s);
        char *w = parse_word(at, s);
        char *h = parse_help(at, s);
        if (h)
            help_add(w, h);
        else
            h = help_find(w);
        if (!h)
            die(at, "'%s' has no help", w);
        if (p->nwords == 16)
            die(at, "too many alternatives");
        p->words[p->nwords] = w;
        p->word_help[p->nwords++] = h;
        blanks(s);
        if (**s != '|')
            return;
        (*s)++;
    }
}

static void parse_range(struct pos at, char **s, struct param *p)
{
    blanks(s);
    if (!isdigit((unsigned char)**s))
        return;
    p->lo = strtoll(*s, s, 10);
    if (**s != '-')
        die(at, "a range is LO-HI");
    (*s)++;
    p->hi = strtoll(*s, s, 10);
    if (p->hi < p->lo)
        die(at, "empty range");
}

static const char *const type_help[][2] = {{"as", "AS number"},
                                           {"peer", "Peer address or group name"},
                                           {"group", "Group name"},
                                           {"ipv4", "IPv4 address"},
                                           {"ipv6", "IPv6 address"},
                                           {"addr", "IPv4 or IPv6 address"},
                                           {"net4", "IPv4 network"},
                                           {"net6", "IPv6 network"},
                                           {"mask", "Mask or mask length"},
                                           {"ifname", "Interface type and number"},
                                           {"secret", "Password"},
                                           {"rd", "Route distinguisher"},
                                           {"rt", "Route target"},
                                           {"time", "Time of the day"},
                                           {"date", "Date"},
                                           {"int", NULL},
                                           {"string", NULL},
                                           {"text", NULL},
                                           {"enum", ""}};

static struct elem *parse_param(struct pos at, char **s)
{
    struct param *p = xalloc(sizeof *p);
    (*s)++;
    p->name = parse_word(at, s);
    size_t n = strlen(p->name);
    char *colon = strchr(p->name, ':');
    if (!colon) {
        p->type = xcopy("", 0); /* a reference to a parameter of the line, in an undo form */
    } else {
        p->type = xcopy(colon + 1, n - (size_t)(colon + 1 - p->name));
        *colon = 0;
        n = strlen(p->name);
    }
    if (n && p->name[n - 1] == '*') {
        p->key = true;
        p->name[n - 1] = 0;
    }
    parse_range(at, s, p);
    blanks(s);
    if (strncmp(*s, "of ", 3) == 0) {
        *s += 3;
        p->of = parse_word(at, s);
    }
    if (strcmp(p->type, "enum") == 0)
        parse_enum(at, s, p);
    blanks(s);
    if (**s == '=') {
        (*s)++;
        blanks(s);
        p->def = parse_word(at, s);
        blanks(s);
    }
    if (**s != '>')
        die(at, "'>' was expected at '%s'", *s);
    (*s)++;
    if (**s == '&') {
        (*s)++;
        p->repeat = (int)strtol(*s, s, 10);
    }
    p->help = parse_help(at, s);
    if (**s == '/') {
        (*s)++;
        p->slash = true;
    }
    bool known = !*p->type;
    for (size_t i = 0; i < sizeof type_help / sizeof *type_help; i++)
        if (strcmp(type_help[i][0], p->type) == 0) {
            known = true;
            if (!p->help)
                p->help = type_help[i][1] ? xcopy(type_help[i][1], strlen(type_help[i][1])) : NULL;
        }
    if (!known)
        die(at, "unknown type '%s'", p->type);
    if (!p->help && *p->type)
        die(at, "<%s> has no help", p->name);
    struct elem *e = xalloc(sizeof *e);
    e->kind = PARAM;
    e->param = p;
    return e;
}

static void add_kid(struct elem *e, struct elem *kid)
{
    e->kids = realloc(e->kids, (size_t)(e->nkids + 1) * sizeof *e->kids);
    if (!e->kids)
        abort();
    e->kids[e->nkids++] = kid;
}

static struct elem *parse_seq(struct pos at, char **s, const char *closers);

/* Sequences separated by "|" up to the closing bracket. */
static struct elem *parse_alternatives(struct pos at, char **s, char close)
{
    struct elem *alt = xalloc(sizeof *alt);
    alt->kind = ALT;
    const char closers[] = {'|', close, 0};
    do {
        (*s)++;
        add_kid(alt, parse_seq(at, s, closers));
    } while (**s == '|');
    if (**s != close)
        die(at, "'%c' was expected at '%s'", close, *s);
    (*s)++;
    return alt->nkids == 1 ? alt->kids[0] : alt;
}

static struct elem *parse_elem(struct pos at, char **s)
{
    struct elem *e = xalloc(sizeof *e);
    switch (**s) {
    case '<':
        return parse_param(at, s);
    case '[':
        e->kind = OPT;
        add_kid(e, parse_alternatives(at, s, ']'));
        return e;
    case '{':
        return parse_alternatives(at, s, '}');
    default:
        e->kind = WORD;
        e->word = parse_word(at, s);
        e->help = parse_help(at, s);
        if (e->help)
            help_add(e->word, e->help);
        else
            e->help = help_find(e->word);
        if (!e->help)
            die(at, "'%s' has no help", e->word);
        return e;
    }
}

static struct elem *parse_seq(struct pos at, char **s, const char *closers)
{
    struct elem *e = xalloc(sizeof *e);
    e->kind = SEQ;
    for (;;) {
        blanks(s);
        if (!**s || strchr(closers, **s))
            return e;
        /* clauses of "undo SYNTAX cascade asks ..." end it */
        if (!strncmp(*s, "asks \"", 6) || !strncmp(*s, "cascade", 7))
            return e;
        add_kid(e, parse_elem(at, s));
    }
}

struct elem *syntax_parse(struct pos at, char **s)
{
    return parse_seq(at, s, "");
}

/* Collects the parameters in order; the same name in two alternatives is one parameter. */
void syntax_params(const struct elem *e, struct param **out, int *n, struct pos at)
{
    if (e->kind == PARAM) {
        for (int i = 0; i < *n; i++)
            if (strcmp(out[i]->name, e->param->name) == 0)
                return;
        if (*n == PARAMS)
            die(at, "more than %d parameters", PARAMS);
        out[(*n)++] = e->param;
    }
    for (int i = 0; i < e->nkids; i++)
        syntax_params(e->kids[i], out, n, at);
}

void syntax_check(struct param *const *p, int n, struct pos at)
{
    for (int i = 0; i < n; i++) {
        if (p[i]->slash && (i + 1 == n || strcmp(p[i + 1]->type, "int")))
            die(at, "<%s>/ needs a length behind it", p[i]->name);
        if (strncmp(p[i]->type, "net", 3) == 0 &&
            (i + 1 == n || (strcmp(p[i + 1]->type, "mask") && strcmp(p[i + 1]->type, "int"))))
            die(at, "<%s> is a network, so its mask or length must follow", p[i]->name);
    }
}

void syntax_print(FILE *f, const struct elem *e)
{
    const char *sep = "";
    switch (e->kind) {
    case WORD:
        fputs(e->word, f);
        break;
    case PARAM:
        if (e->param->nwords) {
            if (e->param->nwords > 1)
                fputs("{", f);
            for (int i = 0; i < e->param->nwords; i++)
                fprintf(f, "%s%s", i ? " | " : "", e->param->words[i]);
            if (e->param->nwords > 1)
                fputs("}", f);
        } else {
            fprintf(f, "<%s>", e->param->name);
        }
        break;
    case OPT:
        fputs("[", f);
        syntax_print(f, e->kids[0]);
        fputs("]", f);
        break;
    case ALT:
        fputs("{", f);
        for (int i = 0; i < e->nkids; i++, sep = " | ") {
            fputs(sep, f);
            syntax_print(f, e->kids[i]);
        }
        fputs("}", f);
        break;
    case SEQ:
        for (int i = 0; i < e->nkids; i++) {
            fputs(sep, f);
            syntax_print(f, e->kids[i]);
            sep = e->kids[i]->kind == PARAM && e->kids[i]->param->slash ? "/" : " ";
        }
        break;
    }
}

/* The derived undo form: everything that is not identity may be left out. */
struct elem *syntax_undo(const struct elem *e)
{
    struct elem *u = xalloc(sizeof *u);
    *u = *e;
    if (e->kind == PARAM) {
        if (e->param->key)
            return u;
        struct elem *opt = xalloc(sizeof *opt);
        opt->kind = OPT;
        add_kid(opt, u);
        return opt;
    }
    u->kids = NULL;
    u->nkids = 0;
    for (int i = 0; i < e->nkids; i++)
        add_kid(u, syntax_undo(e->kids[i]));
    if (e->kind == ALT) { /* no value need be given at all */
        struct elem *opt = xalloc(sizeof *opt);
        opt->kind = OPT;
        add_kid(opt, u);
        return opt;
    }
    return u;
}
