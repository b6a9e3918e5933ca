/*
 * The compiled schema: what can be said, as const tables, and the functions that use them.
 *
 * The tables come from the .vrp files here through tools/schemac; nothing about a command is
 * written anywhere else. This room knows words, values, rows and their order; it knows no
 * datastore, no session and no output. What the declarations cannot say is named there (check,
 * then, does, ...) and done by the rooms above, which index their functions by the enums of
 * schema_gen.h.
 *
 * A configuration line is identified by its KEY: an order-preserving byte string, parent's key +
 * rank of the statement + encoded key arguments (+ rank inside an "each" block). Rows sorted by key
 * are the configuration in display order, and a view's key is a prefix of everything inside it.
 */
#ifndef VRPSH_SCHEMA_H
#define VRPSH_SCHEMA_H

#include "bgp/types.h"

#define SCH_SLOTS 11    /* most parameters a command can have */
#define SCH_TOKENS 48   /* most words a line can have before its free text */
#define SCH_REPEATS 8   /* most values of a repeated parameter */
#define SCH_KEY_MAX 512 /* longest row key */
#define SCH_DEPTH 5     /* deepest view nesting */

enum sch_type { /* value types; value.c has one descriptor for each */
                SCH_INT,
                SCH_STRING, /* a word, or quoted blanks */
                SCH_TEXT,   /* the rest of the line */
                SCH_IPV4,
                SCH_IPV6,
                SCH_ADDR,   /* IPv4 or IPv6 */
                SCH_NET4,   /* IPv4 or IPv6 network: the mask or length that follows it cuts its */
                SCH_NET6,   /* host bits off */
                SCH_MASK,   /* IPv4 mask, dotted or as a length; its value is the length */
                SCH_AS,     /* AS number, plain or dotted */
                SCH_PEER,   /* peer address or group name */
                SCH_GROUP,  /* group name */
                SCH_IFNAME, /* "LoopBack 0", "loopback0" */
                SCH_RD,     /* route distinguisher: u is its 8 octets (RFC 4364) as a number */
                SCH_RT,     /* route target, same form */
                SCH_SECRET, /* password, clear or cipher text */
                SCH_TIME,   /* HH:MM:SS, a time of the day or a length below a day */
                SCH_DATE,   /* YYYY-MM-DD, 2000 to 2099 */
                SCH_ENUM,   /* one of the words of the declaration; its value is their index */
                SCH_TYPES
};

/* One parsed value. present is false for an optional part that was left out. */
struct sch_value {
    bool present;
    uint8_t type;
    uint64_t
        u; /* INT, AS, MASK length, ENUM index, IPv4 as host-order number, packed IFNAME number */
    struct bgp_addr addr; /* IPV4, IPV6, ADDR, NET4, NET6, PEER by address */
    const char *s; /* STRING, TEXT, GROUP, SECRET, TIME, DATE, PEER by name, IFNAME type word */
    size_t n;
};

/* A parameter of one command. */
struct sch_param {
    const char *name;
    uint8_t type;
    bool key;                 /* part of the row's identity */
    int64_t lo, hi;           /* range of INT, length of STRING and TEXT */
    const char *def;          /* value text when left out, or NULL */
    const char *const *words; /* ENUM alternatives */
    uint8_t nwords;
    const char *help;
    uint8_t of;     /* enum sch_of: what there is of it can be listed; 0: nothing */
    uint8_t repeat; /* may be given that many times; each makes a row of its own; 0: once */
    bool slash;     /* "ADDRESS/LENGTH": may be one word with the value behind it, is one in the
                       text of the line */
};

/* Trie of what may be typed, per view. There are thousands of edges: texts are offsets into
 * sch_texts, so that the table is small, shared by all processes and nothing to do for the loader.
 */
struct sch_edge {
    uint32_t word;  /* keyword, or 0 for a typed parameter */
    uint32_t help;  /* 0: that of the parameter */
    uint16_t param; /* index into sch_params + 1 of the parameter this edge fills, or 0 */
    uint16_t next;  /* node */
    uint8_t slot;   /* the parameter's in the command */
    uint8_t index;  /* ENUM: index of the word */
    uint8_t len;    /* of word */
};
struct sch_node {
    uint32_t first; /* edge index */
    uint16_t n;
    uint16_t cmd; /* command index + 1 when a line may end here */
};

enum sch_kind { SCH_LINE, SCH_UNDO, SCH_COMMAND };

/* Something that can be typed: a configuration line, its undo form, or an operational command. */
struct sch_cmd {
    enum sch_kind kind;
    uint16_t line; /* LINE, UNDO: index into sch_lines */
    uint8_t does;  /* COMMAND: enum sch_does */
    uint8_t level; /* 0 visit .. 3 management, as declared; see sch_level() */
    uint8_t view;  /* where it was declared */
    bool at_once;  /* COMMAND: acts beyond its session: not while commits are held back */
    bool offline;  /* COMMAND: an offline check follows it */
    bool not_by_run;
    bool shows;           /* COMMAND: pages, filters, files and JSON are for it */
    bool asks, asks_text; /* COMMAND: yes or no; a text before that */
    bool cascade;         /* UNDO: removes the whole object ("undo peer X"), not one row */
    uint8_t nparams;
    const struct sch_param *params;
    const char *syntax; /* for messages and documents */
};

/* Which change of a field does what to a session; ordered by strength. */
enum sch_impact { SCH_IMPACT_NONE, SCH_IMPACT_REEXPORT, SCH_IMPACT_REFRESH, SCH_IMPACT_SESSION };

/* A field of a plain config struct that a line sets. */
enum sch_field_kind { SCH_F_UINT, SCH_F_BOOL, SCH_F_STRING, SCH_F_ADDR };
struct sch_field {
    const char *name;
    uint8_t object; /* enum sch_object */
    uint8_t kind;
    uint8_t impact;
    uint8_t bit; /* in the struct's set mask */
    uint16_t offset, size;
};
struct sch_bind {
    uint16_t field; /* index into sch_fields */
    int8_t slot;    /* value comes from this slot, or -1: constant */
    bool invert;    /* boolean negation */
    int64_t constant;
};

/* One step of rendering a line's canonical text. */
struct sch_step {
    uint32_t word;  /* print this (offset into sch_texts), or 0: */
    uint8_t slot;   /* print this value */
    uint8_t unless; /* number of steps to skip when slot is absent (word 0 and unless > 0) */
};

#define SCH_NO_SUB 0xff
struct sch_line {
    const char *name;  /* "bgp.peer.ebgp-max-hop" */
    uint8_t view;      /* declared in */
    uint8_t rank, sub; /* sub: rank inside an each block or SCH_NO_SUB */
    uint8_t section;
    uint8_t enters;  /* view it enters + 1, or 0 */
    uint16_t origin; /* first line made from the same declaration: fragments are used in several
                        views; the line itself when there is none */
    bool separated;  /* a "#" line stands before it */
    bool on;         /* on by default: only "undo ..." is ever stored, unless it is */
    bool shown;      /* always: the view's creation makes its row */
    bool negatable;  /* may be stored as "undo ..." beside its plain form */
    bool inert;
    bool has_as; /* has an AS argument: shown in the notation of the day */
    uint8_t nparams;
    const struct sch_param *params;
    const struct sch_step *steps;
    uint8_t nsteps;
    uint8_t check[3];            /* enum sch_check, 0 none */
    uint8_t then, feeds, undoes; /* enums of schema_gen.h, 0 none */
    const char *undo_asks;       /* question before the undo, or NULL */
    bool asks_always;            /* before every undo, not only one that removes a whole object */
    const char *deflt;           /* what holds without the line, as its text would be, or NULL */
    const struct sch_bind *binds;
    uint8_t nbinds;
    uint16_t undo_cmd; /* command index of the plain undo form, for documents */
};

struct sch_view {
    const char *name;
    uint8_t parent;        /* index; the root views are their own parent */
    const char *prompt;    /* suffix, "{}" stands for the first argument of the enter line */
    uint16_t enter;        /* line that enters it + 1, or 0 for user and system */
    int8_t family;         /* enum bgp_family, or -1 */
    uint16_t root;         /* trie node of its own commands */
    const uint8_t *scopes; /* further tries searched together with its own */
    uint8_t nscopes;
    const uint8_t *also; /* views whose lines are accepted here and stored there */
    uint8_t nalso;
    const uint16_t *ranks; /* rank -> line index of that rank (the first of an each block) */
    uint8_t nranks;
    bool instance; /* what it holds is of the instance its enter line names */
    bool entered;  /* a line typed where it is "also" accepted makes the view and goes there */
};

#include "schema_gen.h"

/* What an edge or a step names, NULL: nothing. */
static inline const char *sch_text(uint32_t at)
{
    return at ? sch_texts + at : NULL;
}
static inline const struct sch_param *sch_param(const struct sch_edge *e)
{
    return e->param ? &sch_params[e->param - 1] : NULL;
}

/* --- matching (match.c) -------------------------------------------------------------- */

struct sch_match {
    const struct sch_cmd *cmd;
    uint8_t view; /* the view the command belongs to: the current one, or one of its "also" views */
    bool exact;   /* its first word was typed in full */
    struct sch_value v[SCH_SLOTS];
    uint8_t repeats; /* values of a repeated parameter; 0 or 1: what v has is all */
    uint8_t rep_slot;
    struct sch_value rep[SCH_REPEATS];
};

enum sch_status {
    SCH_OK,
    SCH_EMPTY, /* nothing but blanks */
    SCH_UNRECOGNIZED,
    SCH_WRONG, /* parameter */
    SCH_INCOMPLETE,
    SCH_AMBIGUOUS,
    SCH_TOO_MANY
};

/* Resolves a line typed in a view. Strings in *m point into line. On failure *at is the offset of
 * the offending word (for INCOMPLETE: one past the text). Abbreviations are resolved over the whole
 * line; an exact word wins over a longer one, a word over a parameter. */
enum sch_status sch_match(uint8_t view, const char *line, size_t n, struct sch_match *m,
                          size_t *at);

/* Level a command needs, and the lowest that any command below a node of the trie needs. */
uint8_t sch_level(const struct sch_cmd *c);
uint8_t sch_node_level(uint16_t node);
/* A view by its name, -1: none. The user view is "shell" to operators. */
int sch_view_named(const char *name, size_t n);
/* Moves the commands of a view (those of its scopes, too) that begin with these words to a level,
 * -1: moves none; how many there are. sch_levels_declared() takes all of that back. */
unsigned sch_level_move(uint8_t view, const char *words, size_t n, int level);
void sch_levels_declared(void);

/* The message of a failure, without caret: "Error: Unrecognized command found at '^' position." */
const char *sch_status_text(enum sch_status s);

/* One legal continuation. For a word that is complete, text is the word; for a value its notation
 * ("INTEGER<1-255>"); "<cr>" when the line may end. */
struct sch_option {
    const char *text;
    const char *help;
    const struct sch_param *param; /* not NULL: a typed value */
    bool end;                      /* <cr> */
    uint8_t level;                 /* the lowest for which it leads to something */
};
/* What may follow the text before the cursor, each once: values first, then words alphabetically,
 * then <cr>. word receives the offset of the word being typed (n when at a blank). Returns the
 * number of options, at most max; SCH_UNRECOGNIZED-like failures give 0. */
size_t sch_options(uint8_t view, const char *line, size_t n, size_t *word, struct sch_option *out,
                   size_t max, char *notation, size_t notation_len);

/* --- rows (row.c) -------------------------------------------------------------------- */

struct sch_key {
    uint16_t n;
    uint8_t b[SCH_KEY_MAX];
};

/* Fills defaults in for what was left out. */
void sch_defaults(const struct sch_line *l, struct sch_value *v);
/* Canonical text of a line ("undo " in front when negated). Returns its length; the text is cut to
 * len - 1 (callers give SCH_TEXT_MAX). plain_as: AS numbers as integers (the stored form), else
 * in dotted form when above 65535. */
#define SCH_TEXT_MAX 4200
size_t sch_render(const struct sch_line *l, const struct sch_value *v, bool negated, bool plain_as,
                  char *buf, size_t len);
/* Appends the identity of a line to its view's key. False: longer than SCH_KEY_MAX. */
bool sch_key_add(struct sch_key *k, const struct sch_line *l, const struct sch_value *v);
/* Appends rank and arguments of an each block only: the prefix of all lines of one object. */
bool sch_key_add_object(struct sch_key *k, const struct sch_line *l, const struct sch_value *v);

/* The line that a view has from the declaration of another one; NULL: it has none. */
const struct sch_line *sch_line_in(uint8_t view, enum sch_line_id like);
/* Do both come from one declaration? */
static inline bool sch_is(const struct sch_line *l, enum sch_line_id like)
{
    return l->origin == sch_lines[like].origin;
}

/* A stored row taken apart: its line and, for every level, where that component starts. */
struct sch_place {
    const struct sch_line *line;                 /* of the row itself */
    unsigned depth;                              /* 0 at system level */
    uint16_t start[SCH_DEPTH + 1];               /* offset of each level's component */
    const struct sch_line *level[SCH_DEPTH + 1]; /* line of each level; level[depth] == line */
};
/* False: not a key of this schema. */
bool sch_key_place(const uint8_t *key, size_t n, struct sch_place *out);
/* Parses the stored text of a row of a known line. False: text and line do not fit. */
bool sch_row_parse(const struct sch_line *l, const char *text, size_t n, struct sch_value *v,
                   bool *negated);

/* Text form of one value; returns its length. */
size_t sch_value_text(const struct sch_value *v, const struct sch_param *p, bool plain_as,
                      char *buf, size_t len);
/* Cuts off the host bits of a network whose length is known. */
void sch_value_mask(struct sch_value *net, unsigned len);
/* AS number as "plain" or, above 65535, "x.y". */
const char *sch_as_text(uint32_t as, bool plain, char buf[16]);

/* --- values (value.c), for match.c and row.c ----------------------------------------- */

struct sch_token {
    const char *s; /* without quotes */
    size_t n, at;  /* at: offset of the word in the line, quotes included */
    bool quoted;
};
enum { SCH_NO_VALUE = 0, SCH_PARTIAL_VALUE = -1 };
/* Parses tokens t[0..nt) as p: the number of tokens used, SCH_NO_VALUE, or SCH_PARTIAL_VALUE when
 * the line ends before the value does. line_end: end of the whole line, for TEXT. */
int sch_value_parse(const struct sch_param *p, const struct sch_token *t, size_t nt,
                    const char *line_end, struct sch_value *out);
/* The which-th form a value may take, for help: its notation ("INTEGER<1-255>") into buf, and the
 * help text. NULL: there is no such form. */
const char *sch_notation(const struct sch_param *p, unsigned which, char *buf, size_t len,
                         const char **help);
size_t sch_value_encode(const struct sch_value *v, const struct sch_param *p, uint8_t *out,
                        size_t len);
/* Octets the encoded value takes at b, 0 when it does not fit into n. */
size_t sch_value_encoded_len(const struct sch_param *p, const uint8_t *b, size_t n);

#endif
