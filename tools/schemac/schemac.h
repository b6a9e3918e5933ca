/*
 * schemac - the schema compiler: reads the .vrp files, checks them, writes const C tables and the
 * command reference. It runs at build time only, so it never frees and stops at the first error
 * with FILE:LINE.
 *
 * The language, a statement a line ("#" starts a comment; a clause belongs to the line above it):
 *   object NAME struct TYPE in HEADER     a config struct whose fields lines may set
 *   view NAME [in PARENT]                 a view; its statements follow
 *     enter SYNTAX                        the line that creates and enters it, a row of PARENT
 *     prompt TEXT                         suffix of the prompt, {} is the enter line's argument
 *     family ENUMERATOR                   the address family its lines are about; in the name of a
 *                                         field, [family] stands for it
 *     also VIEW [entered]                 its lines are accepted in VIEW too, and stored here;
 *                                         entered: typing one makes the view and goes there
 *     instance                            what it holds is of the instance its enter line names
 *     use FRAGMENT                        statements written once for several views
 *     section                             the next lines form a block of their own ("#" between)
 *     line SYNTAX                         a configuration line
 *     each SYNTAX ... end                 lines that start alike and are kept together by key
 *     child VIEW [separated]              place of a sub-view among the lines
 *   fragment NAME                         see use
 *   scope any|config|user                 operational commands; more may follow in another file
 *     command SYNTAX
 * SYNTAX: word (help) <name:type range = default> (help) [ optional ] { one | of }; name* is a key;
 * <name:type range of WHAT> is one of what there is: "?" and Tab list it.
 * <...>&N may be given up to N times and makes a row of each.
 * A word's help is given at its first mention and holds for the later ones. The mask or length
 * after a net4 or net6 cuts off its host bits.
 * Clauses of a line: sets OBJECT.FIELD [= ARG | not ARG | not on | NUMBER], ... impact CLASS;
 * typed SYNTAX (an older spelling of the line, taken but never shown); check NAME...; then NAME;
 * feeds NAME; default TEXT (what holds without the line); on by default; shown (a row of its own,
 * made with its view); negatable; inert; level N (2); undo SYNTAX [cascade] [asks "..."]; undo asks
 * "..."; undo by NAME. Of a command: does NAME; level N; at-once (acts beyond its session, so not
 * in a batch whose commits are held back); offline (an offline check follows it, all others are
 * passed over); not-by-run ("run" refuses it); shows (pages, filters, files and JSON as
 * for what begins with "display"); asks or asks text (yes or no, or a text first: lines
 * behind it that it takes along when it is passed over). Order of statements is order of display.
 */
#ifndef VRPSH_SCHEMAC_H
#define VRPSH_SCHEMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct pos {
    const char *file;
    int line;
};

/* --- syntax trees --- */
enum { PARAMS = 11 }; /* of one line: SCH_SLOTS of schema/schema.h */
enum kind { WORD, PARAM, SEQ, OPT, ALT };
struct param {
    char *name, *type, *def, *help, *of;
    bool key;
    long long lo, hi;
    char *words[16], *word_help[16];
    int nwords, repeat;
    bool slash; /* "<address>/<length>": one word or two, one in the text */
};
struct elem {
    enum kind kind;
    char *word, *help;
    struct param *param;
    struct elem **kids;
    int nkids;
};

/* --- declarations --- */
struct bind {
    char *object, *field, *arg;
    bool invert, constant;
    long long value;
    char *impact;
};
struct undo {
    struct elem *syntax;
    bool cascade;
    struct pos pos;
};
struct line {
    struct pos pos;
    char *name;
    struct elem *syntax; /* with the each prefix in front */
    struct elem *prefix; /* of its each block, or NULL */
    struct elem *typed;  /* another spelling, or NULL */
    char *text;          /* as written */
    char *deflt;         /* what holds without it, as it would be written, or NULL */
    bool enter, on, shown, negatable, inert, separated;
    bool asks_always; /* the question is for every undo of it, not for one form */
    int section, rank, sub, index, enters, origin, level;
    char *check[8];
    int nchecks;
    char *then, *feeds, *undoes, *undo_asks;
    struct undo undo[4];
    int nundo;
    struct bind bind[8];
    int nbinds;
    struct param *params[16];
    int nparams;
    int undo_cmd;
};
struct command {
    struct pos pos;
    struct elem *syntax;
    char *text, *does;
    int level;
    bool at_once, offline, not_by_run, shows, asks, asks_text;
};
struct view {
    struct pos pos;
    char *name, *parent_name, *prompt, *family;
    bool scope, instance, entered;
    int parent, index;
    struct line *enter;
    struct line *lines[300];
    int nlines;
    struct command *commands[400];
    int ncommands;
    char *also[4];
    int nalso;
    char *children[40];
    bool child_separated[40];
    int child_rank[40], child_section[40], nchildren;
    int nranks, nsections;
    struct line *ranks[256];
    int root;
};
struct object {
    char *name, *type, *header;
};
struct schema {
    struct object objects[16];
    int nobjects;
    struct view *views[100];
    int nviews;
};

/* --- the trie and what it accepts --- */
struct edge {
    char *word, *help;
    struct param *param;
    int slot, index, next;
};
struct node {
    struct edge *edges;
    int nedges, cmd;
};
struct cmd {
    int kind; /* 0 line, 1 undo, 2 command */
    struct line *line;
    struct command *command;
    struct view *view;
    bool cascade;
    struct param *params[16];
    int nparams;
    char *syntax;
};
extern struct node *nodes;
extern int nnodes;
extern struct cmd cmds[4000];
extern int ncmds;

/* schemac.c */
_Noreturn void die(struct pos at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void *xalloc(size_t n);
char *xcopy(const char *s, size_t n);

/* syntax.c: one SYNTAX; *s is moved past it; stop: words that end it. */
struct elem *syntax_parse(struct pos at, char **s);
void syntax_params(const struct elem *e, struct param **out, int *n, struct pos at);
/* What holds between the parameters of a line or command. */
void syntax_check(struct param *const *p, int n, struct pos at);
void syntax_print(FILE *f, const struct elem *e);
struct elem *syntax_undo(const struct elem *e);

/* parse.c */
void parse_file(struct schema *s, const char *path);
void parse_link(struct schema *s);
struct view *view_find(struct schema *s, const char *name);

/* trie.c */
void trie_build(struct schema *s);

/* emit.c, steps.c, doc.c; pooled(): where a text stands in the table of texts, 0 for NULL; the text
 * stays the caller's and has to last. emit_steps(): how many steps there are. */
int pooled(const char *s);
int emit_steps(FILE *f, const struct line *l);
void emit_header(struct schema *s, FILE *f);
void emit_source(struct schema *s, FILE *f);
void emit_docs(struct schema *s, FILE *f);

#endif
