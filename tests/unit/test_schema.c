/*
 * The compiled schema, from its own tables: every line of every view in every form that can be
 * typed is matched, rendered, matched again and turned into a key and back. Then the matcher:
 * abbreviations, every kind of error with its exact place, hostile input, and "?".
 */
#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#include "tests/unit/test_words.h"

/* Key of a view, made of the lines that enter it with sample arguments. */
static struct sch_key key_of_view(uint8_t view, unsigned k)
{
    struct sch_key key = {0};
    char text[WORDS_LINE], value[WORDS_LINE];
    if (view == VIEW_SYSTEM)
        return key;
    const struct sch_line *enter = &sch_lines[sch_views[view].enter - 1];
    key = key_of_view(sch_views[view].parent, k);
    struct sch_value v[SCH_SLOTS] = {0};
    struct sch_token t[2];
    for (uint8_t i = 0; i < enter->nparams; i++) {
        snprintf(text, sizeof text, "%s", words_value(&enter->params[i], k, value));
        char *blank = strchr(text, ' ');
        t[0] = (struct sch_token){text, blank ? (size_t)(blank - text) : strlen(text), 0, false};
        if (blank)
            t[1] = (struct sch_token){blank + 1, strlen(blank + 1), 0, false};
        ck_assert_int_gt(
            sch_value_parse(&enter->params[i], t, blank ? 2 : 1, text + strlen(text), &v[i]), 0);
    }
    ck_assert(sch_key_add(&key, enter, v));
    return key;
}

/* --- round trips --------------------------------------------------------------------- */

struct trip {
    uint8_t view;
    unsigned lines, undos;
    bool seen[SCH_LINES];
};

static bool key_equal(const struct sch_key *a, const struct sch_key *b)
{
    return a->n == b->n && memcmp(a->b, b->b, a->n) == 0;
}

static void check_key(const struct trip *t, const struct sch_line *l, const struct sch_value *v,
                      const char *typed, struct sch_key *out)
{
    struct sch_key view = key_of_view(t->view, 0), key = view;
    struct sch_place p;
    ck_assert_msg(sch_key_add(&key, l, v), "no key: %s", typed);
    ck_assert_msg(sch_key_place(key.b, key.n, &p), "no place: %s", typed);
    ck_assert_msg(p.line == l, "%s is found as %s", typed, p.line->name);
    ck_assert_uint_eq(p.start[p.depth], view.n);
    ck_assert_msg(memcmp(view.b, key.b, view.n) == 0, "not inside its view: %s", typed);
    for (uint16_t cut = 0; cut < key.n; cut++) /* a shorter key is another row or none */
        if (sch_key_place(key.b, cut, &p))
            ck_assert_uint_lt(p.start[p.depth], cut);
    *out = key;
}

static void check_text(const struct trip *t, const struct sch_line *l, const struct sch_value *v,
                       bool negated, bool plain, const char *typed)
{
    char text[SCH_TEXT_MAX], again[SCH_TEXT_MAX];
    struct sch_value back[SCH_SLOTS];
    struct sch_key key, key2;
    bool undone;
    size_t n = sch_render(l, v, negated, plain, text, sizeof text);
    ck_assert_uint_eq(n, strlen(text));
    ck_assert_msg(sch_row_parse(l, text, n, back, &undone), "%s became %s", typed, text);
    ck_assert_int_eq(undone, negated);
    ck_assert_uint_eq(sch_render(l, back, negated, plain, again, sizeof again), n);
    ck_assert_str_eq(text, again);
    check_key(t, l, v, typed, &key);
    check_key(t, l, back, text, &key2);
    ck_assert_msg(key_equal(&key, &key2), "%s and %s are two rows", typed, text);
    for (uint8_t i = 0; i < l->nparams; i++) {
        ck_assert_msg(v[i].present == back[i].present && (!v[i].present || v[i].u == back[i].u),
                      "%s of %s changed in %s", l->params[i].name, typed, text);
        if (v[i].present && v[i].s) {
            ck_assert_uint_eq(v[i].n, back[i].n);
            ck_assert_mem_eq(v[i].s, back[i].s, v[i].n);
        }
    }
}

static void trip_line(struct trip *t, const struct words *w, const char *typed, size_t n)
{
    struct sch_match m;
    size_t at = 0;
    enum sch_status st = sch_match(t->view, typed, n, &m, &at);
    const struct sch_line *l = &sch_lines[w->cmd->line];
    ck_assert_msg(st == SCH_OK, "%s: %s: at %zu of: %s", sch_views[t->view].name,
                  sch_status_text(st), at, typed);
    ck_assert_msg(m.cmd == w->cmd, "read as \"%s\": %s", m.cmd->syntax, typed);
    ck_assert_uint_eq(m.view, t->view);
    if (w->cmd->kind == SCH_UNDO) {
        t->undos++;
        return;
    }
    sch_defaults(l, m.v);
    for (int plain = 0; plain < 2; plain++) {
        check_text(t, l, m.v, l->on, plain, typed);
        if (l->negatable)
            check_text(t, l, m.v, true, plain, typed);
    }
    t->lines++;
    t->seen[l - sch_lines] = true;
}

static void trip_words(void *arg, const struct words *w)
{
    struct trip *t = arg;
    char typed[WORDS_LINE];
    if (w->cmd->kind == SCH_COMMAND)
        return;
    for (unsigned k = 0; k < WORDS_VARIANTS; k++) {
        size_t n = words_type(w, k, NULL, typed);
        trip_line(t, w, typed, n);
        for (size_t i = 0; w->edge[0]->word && i < w->edge[0]->len; i++)
            typed[i] = (char)toupper((unsigned char)typed[i]);
        trip_line(t, w, typed, n);
    }
}

START_TEST(every_line_both_ways)
{
    struct trip t = {0};
    for (uint8_t v = 0; v < SCH_VIEWS; v++) {
        if (!sch_views[v].nranks)
            continue;
        t.view = v;
        words_of_view(v, trip_words, &t);
    }
    for (unsigned i = 0; i < SCH_LINES; i++)
        ck_assert_msg(t.seen[i], "%s cannot be typed", sch_lines[i].name);
    ck_assert_uint_gt(t.lines, SCH_LINES);
    ck_assert_uint_gt(t.undos, SCH_LINES - 1);
}
END_TEST

static void undo_seen(void *arg, const struct words *w)
{
    if (w->cmd->kind == SCH_UNDO)
        ((bool *)arg)[w->cmd->line] = true;
}

START_TEST(every_line_can_be_undone)
{
    bool seen[SCH_LINES] = {0};
    for (uint8_t v = 0; v < SCH_VIEWS; v++)
        words_of_view(v, undo_seen, seen);
    seen[LINE_IPV4_UNICAST_IPV4_FAMILY_UNICAST] = true; /* BGP is never without it */
    for (unsigned i = 0; i < SCH_LINES; i++)
        ck_assert_msg(seen[i], "%s has no undo", sch_lines[i].name);
}
END_TEST

/* Commands, too, can be typed in every form; nothing else answers. */
static void command_words(void *arg, const struct words *w)
{
    uint8_t view = *(uint8_t *)arg;
    char typed[WORDS_LINE];
    struct sch_match m;
    size_t at = 0;
    for (unsigned k = 0; k < WORDS_VARIANTS; k++) {
        size_t n = words_type(w, k, NULL, typed);
        enum sch_status st = sch_match(view, typed, n, &m, &at);
        ck_assert_msg(st == SCH_OK, "%s: %s", sch_status_text(st), typed);
        ck_assert_msg(m.cmd == w->cmd, "read as \"%s\": %s", m.cmd->syntax, typed);
    }
}

START_TEST(every_command)
{
    uint8_t user = VIEW_USER, system = VIEW_SYSTEM;
    words_of_view(VIEW_USER, command_words, &user);
    words_of_view(VIEW_ANY, command_words, &user);
    words_of_view(VIEW_ANY, command_words, &system);
    words_of_view(VIEW_CONFIG, command_words, &system);
}
END_TEST

/* --- keys ---------------------------------------------------------------------------- */

static struct sch_key key_of(uint8_t view, const char *line)
{
    struct sch_match m;
    size_t at;
    ck_assert_msg(sch_match(view, line, strlen(line), &m, &at) == SCH_OK, "%s", line);
    const struct sch_line *l = &sch_lines[m.cmd->line];
    struct sch_key key = key_of_view(view, 0);
    ck_assert(sch_key_add(&key, l, m.v));
    return key;
}

static void in_order(uint8_t view, const char *const *lines)
{
    for (size_t i = 0; lines[i + 1]; i++) {
        struct sch_key a = key_of(view, lines[i]), b = key_of(view, lines[i + 1]);
        int d = memcmp(a.b, b.b, a.n < b.n ? a.n : b.n);
        ck_assert_msg(d < 0 || (d == 0 && a.n < b.n), "\"%s\" is not before \"%s\"", lines[i],
                      lines[i + 1]);
    }
}

START_TEST(rows_in_display_order)
{
    in_order(VIEW_SYSTEM,
             (const char *const[]){"sysname A", "as-notation plain", "router id 1.1.1.1",
                                   "interface LoopBack 2", "interface LoopBack 10",
                                   "interface LoopBack 1000", "bgp 1", NULL});
    in_order(VIEW_BGP,
             (const char *const[]){
                 "router-id 1.1.1.1", "group A", "group B", "peer A as-number 1", "peer A ignore",
                 "peer AB as-number 1", "peer B as-number 1", "peer 2.0.0.1 as-number 1",
                 "peer 2.0.0.1 description x", "peer 2.0.0.1 ignore", "peer 10.0.0.1 as-number 1",
                 "peer 10.0.0.255 as-number 1", "peer 10.0.1.0 as-number 1",
                 "peer 200.0.0.1 as-number 1", "peer ::1 as-number 1",
                 "peer 2001:db8::1 as-number 1", "peer 2001:db8::1 listen-only", NULL});
    in_order(VIEW_BGP,
             (const char *const[]){"peer G listen-net 9.0.0.0 8", "peer G listen-net 10.0.0.0 8",
                                   "peer G listen-net 10.0.0.0 16", "peer G listen-as 5",
                                   "peer G listen-as 65536",
                                   "peer G listen-as-segment begin 1 end 2", NULL});
    in_order(VIEW_INTERFACE,
             (const char *const[]){"description x", "ip address 9.0.0.1 32",
                                   "ip address 1.0.0.1 32 sub", "ip address 2.0.0.1 32 sub",
                                   "ipv6 address ::1 128", "ipv6 address 2001:db8::1 128", NULL});
}
END_TEST

START_TEST(same_row)
{
    static const struct {
        uint8_t view;
        const char *a, *b;
    } same[] = {
        {VIEW_SYSTEM, "interface LoopBack 0", "int loopback0"},
        {VIEW_SYSTEM, "interface LoopBack 0", "int lo0"},
        {VIEW_SYSTEM, "interface GigabitEthernet0/1/0.7", "int g0/1/0.7"},
        {VIEW_INTERFACE, "ipv6 address ::1/128", "ipv6 address ::1 128"},
        {VIEW_SYSTEM, "sysname A", "sysname B"},
        {VIEW_BGP, "peer 10.0.0.1 ebgp-max-hop", "peer 10.0.0.1 ebgp-max-hop 7"},
        {VIEW_BGP, "peer 2001:db8::1 ignore", "peer 2001:0DB8:0::0:1 ignore disable"},
        {VIEW_BGP, "peer G listen-net 10.0.0.0 8", "peer G listen-net 10.0.0.0 255.0.0.0"},
        {VIEW_BGP, "peer G listen-as 65536", "peer G listen-as 1.0"},
        {VIEW_BGP, "group G external", "group G listen internal"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct sch_key a = key_of(same[i].view, same[i].a), b = key_of(same[i].view, same[i].b);
        ck_assert_msg(key_equal(&a, &b), "%s, %s", same[i].a, same[i].b);
    }
}
END_TEST

START_TEST(no_key_of_this_schema)
{
    static const uint8_t bad[][4] = {{0xff}, {0}, {200, 1, 2, 3}};
    struct sch_place p;
    uint8_t key[64];
    ck_assert(!sch_key_place(NULL, 0, &p));
    ck_assert(!sch_key_place(bad[0], 1, &p));
    ck_assert(!sch_key_place(bad[2], 4, &p));
    srand(7);
    for (int i = 0; i < 200000; i++) { /* never reads outside: for the sanitizers */
        size_t n = (size_t)rand() % sizeof key;
        for (size_t k = 0; k < n; k++)
            key[k] = (uint8_t)(rand() % 3 ? rand() % 12 : rand());
        if (sch_key_place(key, n, &p)) {
            ck_assert_uint_le(p.depth, SCH_DEPTH);
            ck_assert_uint_lt(p.start[p.depth], n);
        }
    }
}
END_TEST

/* --- names that must not be mistaken ------------------------------------------------- */

START_TEST(a_group_is_not_an_address)
{
    static const char *const bad[] = {"group 10.0.0.1",
                                      "group \"10.0.0.1\"",
                                      "group 10.0.0.300",
                                      "group 2001:db8::1",
                                      "peer \"10.0.0.1\" description x",
                                      "peer 10.0.0.1 group 1.1.1.1"};
    struct sch_match m;
    size_t at;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(sch_match(VIEW_BGP, bad[i], strlen(bad[i]), &m, &at) == SCH_WRONG, "%s",
                      bad[i]);
    ck_assert(sch_match(VIEW_BGP, "group 10", 8, &m, &at) == SCH_OK);
    ck_assert(sch_match(VIEW_BGP, "group a.b", 9, &m, &at) == SCH_OK);
}
END_TEST

/* --- the matcher --------------------------------------------------------------------- */

static const struct tried {
    uint8_t view;
    const char *line;
    enum sch_status status;
    size_t at;
    const char *syntax; /* of what it resolves to: its first words */
} tries[] = {
    {VIEW_USER, "d cu", SCH_OK, 0, "display current-configuration"},
    {VIEW_USER, "di cu", SCH_OK, 0, "display current-configuration"},
    {VIEW_USER, "dis cu", SCH_OK, 0, "display current-configuration"},
    {VIEW_USER, "  dis   cur  ", SCH_OK, 0, "display current-configuration"},
    {VIEW_USER, "DISPLAY\tVERSION", SCH_OK, 0, "display version"},
    {VIEW_USER, "d c", SCH_AMBIGUOUS, 2, NULL},
    {VIEW_USER, "dis c", SCH_AMBIGUOUS, 4, NULL},
    {VIEW_SYSTEM, "di co ca ch", SCH_OK, 0, "display configuration candidate"},
    {VIEW_SYSTEM, "c c c", SCH_OK, 0, "clear configuration candidate"},
    {VIEW_SYSTEM, "comm", SCH_AMBIGUOUS, 0, NULL},
    {VIEW_SYSTEM, "commi", SCH_OK, 0, "commit"},
    {VIEW_SYSTEM, "c", SCH_AMBIGUOUS, 0, NULL},
    {VIEW_SYSTEM, "c c", SCH_AMBIGUOUS, 0, NULL},
    {VIEW_SYSTEM, "commit ch", SCH_OK, 0, "commit check"},
    {VIEW_SYSTEM, "commit", SCH_OK, 0, "commit"},
    {VIEW_USER, "ro co la 1", SCH_OK, 0, "rollback configuration last"},
    {VIEW_USER, "sys", SCH_OK, 0, "system-view"},
    {VIEW_SYSTEM, "int loop 0", SCH_OK, 0, "interface"},
    {VIEW_SYSTEM, "sys A", SCH_OK, 0, "sysname"},
    {VIEW_BGP, "peer 10.0.0.1 en", SCH_OK, 0, NULL},
    {VIEW_BGP, "peer 10.0.0.1 listen", SCH_AMBIGUOUS, 14, NULL},
    {VIEW_BGP, "peer 10.0.0.1 listen-as 5", SCH_OK, 0, "peer <peer> listen-as <as>"},
    {VIEW_USER, "dispaly bgp peer", SCH_UNRECOGNIZED, 0, NULL},
    {VIEW_USER, "display bpg peer", SCH_UNRECOGNIZED, 8, NULL},
    {VIEW_USER, "   display bgp pear", SCH_UNRECOGNIZED, 15, NULL},
    {VIEW_SYSTEM, "bgp 0", SCH_WRONG, 4, NULL},
    {VIEW_SYSTEM, "bgp 4294967296", SCH_WRONG, 4, NULL},
    {VIEW_SYSTEM, "bgp 65536.1", SCH_WRONG, 4, NULL},
    {VIEW_SYSTEM, "bgp 1.65536", SCH_WRONG, 4, NULL},
    {VIEW_SYSTEM, "bgp -1", SCH_WRONG, 4, NULL},
    {VIEW_SYSTEM, "bgp 0x10", SCH_WRONG, 4, NULL},
    {VIEW_SYSTEM, "bgp", SCH_INCOMPLETE, 4, NULL},
    {VIEW_SYSTEM, "bgp   ", SCH_INCOMPLETE, 4, NULL},
    {VIEW_SYSTEM, "sysname A B", SCH_TOO_MANY, 10, NULL},
    {VIEW_SYSTEM, "interface LoopBack", SCH_INCOMPLETE, 19, NULL},
    {VIEW_SYSTEM, "interface LoopBack 1024", SCH_WRONG, 10, NULL},
    {VIEW_SYSTEM, "interface Ethernet 0", SCH_WRONG, 10, NULL},
    {VIEW_BGP, "peer 10.0.0.2 as-number", SCH_INCOMPLETE, 24, NULL},
    {VIEW_BGP, "peer 10.0.0.300 as-number 1", SCH_WRONG, 5, NULL},
    {VIEW_BGP, "peer 10.0.0.2 as-number 0", SCH_WRONG, 24, NULL},
    {VIEW_BGP, "peer 10.0.0.2 ebgp-max-hop 256", SCH_WRONG, 27, NULL},
    {VIEW_BGP, "peer 10.0.0.2 ebgp-max-hop 2 3", SCH_TOO_MANY, 29, NULL},
    {VIEW_BGP, "peer 10.0.0.2 nonsense", SCH_UNRECOGNIZED, 14, NULL},
    {VIEW_BGP, "timer keepalive 60 hold", SCH_INCOMPLETE, 24, NULL},
    {VIEW_INTERFACE, "ip address 10.0.0.1 33", SCH_WRONG, 20, NULL},
    {VIEW_INTERFACE, "ip address 10.0.0.1 255.0.255.0", SCH_WRONG, 20, NULL},
    {VIEW_INTERFACE, "ip address 10.0.0 32", SCH_WRONG, 11, NULL},
    {VIEW_SYSTEM, "", SCH_EMPTY, 0, NULL},
    {VIEW_SYSTEM, " \t ", SCH_EMPTY, 0, NULL},
};

START_TEST(read_as_meant)
{
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        const struct tried *t = &tries[i];
        struct sch_match m = {0};
        size_t at = 0;
        enum sch_status st = sch_match(t->view, t->line, strlen(t->line), &m, &at);
        ck_assert_msg(st == t->status, "%d not %d: \"%s\"", st, t->status, t->line);
        if (st != SCH_OK && st != SCH_EMPTY)
            ck_assert_msg(at == t->at, "at %zu not %zu: \"%s\"", at, t->at, t->line);
        if (t->syntax)
            ck_assert_msg(strncmp(m.cmd->syntax, t->syntax, strlen(t->syntax)) == 0,
                          "\"%s\" is \"%s\"", t->line, m.cmd->syntax);
    }
}
END_TEST

START_TEST(quotes)
{
    struct sch_match m;
    size_t at;
    char out[200];
    ck_assert(sch_match(VIEW_SYSTEM, "sysname \"a b\"", 13, &m, &at) == SCH_OK);
    ck_assert_uint_eq(m.v[0].n, 3);
    sch_render(&sch_lines[m.cmd->line], m.v, false, true, out, sizeof out);
    ck_assert_str_eq(out, "sysname \"a b\"");
    ck_assert(sch_match(VIEW_SYSTEM, "sysname \"ab\"", 12, &m, &at) == SCH_OK);
    sch_render(&sch_lines[m.cmd->line], m.v, false, true, out, sizeof out);
    ck_assert_str_eq(out, "sysname ab");
    ck_assert(sch_match(VIEW_SYSTEM, "sysname \"\"", 10, &m, &at) == SCH_WRONG);
    ck_assert(sch_match(VIEW_SYSTEM, "\"sysname\" a", 11, &m, &at) == SCH_UNRECOGNIZED);
    ck_assert_uint_eq(at, 0);
    /* rest-of-line text keeps its quotes and its inner blanks, not those at the end */
    const char *text = "peer 10.0.0.1 description \"a\"  b  ";
    ck_assert(sch_match(VIEW_BGP, text, strlen(text), &m, &at) == SCH_OK);
    sch_render(&sch_lines[m.cmd->line], m.v, false, true, out, sizeof out);
    ck_assert_str_eq(out, "peer 10.0.0.1 description \"a\"  b");
}
END_TEST

static enum sch_status described(const char *text, size_t n, size_t *at)
{
    char line[6000] = "peer 10.0.0.1 description ";
    size_t start = strlen(line);
    struct sch_match m;
    memcpy(line + start, text, n);
    return sch_match(VIEW_BGP, line, start + n, &m, at);
}

START_TEST(hostile_text)
{
    static const struct {
        const char *text;
        size_t n;
        bool good;
    } texts[] = {
        {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80", 11, true},
        {"\xff", 1, false},
        {"\xc3", 1, false},             /* cut short */
        {"\xc0\xaf", 2, false},         /* overlong */
        {"\xe0\x80\xaf", 3, false},     /* overlong */
        {"\xed\xa0\x80", 3, false},     /* surrogate */
        {"\xf4\x90\x80\x80", 4, false}, /* beyond Unicode */
        {"a\x01z", 3, false},           /* control */
        {"a\x7fz", 3, false},
        {"a\x1b[2J", 5, false},
        {"a\0z", 3, false},
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum sch_status st = described(texts[i].text, texts[i].n, &at);
        ck_assert_msg(st == (texts[i].good ? SCH_OK : SCH_WRONG), "text %zu: %d", i, st);
        ck_assert(texts[i].good || at == 26);
    }
    char big[4096];
    memset(big, 'x', sizeof big);
    ck_assert(described(big, 255, &at) == SCH_OK);
    ck_assert(described(big, 256, &at) == SCH_WRONG);
    ck_assert_uint_eq(at, 26);
    ck_assert(described(big, sizeof big, &at) == SCH_WRONG);
    for (size_t i = 1; i < sizeof big; i += 2)
        big[i] = ' '; /* two thousand words */
    ck_assert(described(big, sizeof big, &at) == SCH_WRONG);
    ck_assert_uint_eq(at, 26);
    ck_assert(described(big, 255, &at) == SCH_OK);
    memcpy(big, "sysname", 7);
    struct sch_match m;
    ck_assert(sch_match(VIEW_SYSTEM, big, sizeof big, &m, &at) == SCH_TOO_MANY);
    memset(big, 'q', sizeof big);
    ck_assert(sch_match(VIEW_SYSTEM, big, sizeof big, &m, &at) == SCH_UNRECOGNIZED);
    ck_assert_uint_eq(at, 0);
}
END_TEST

/* --- "?" ----------------------------------------------------------------------------- */

/* The options after a text, joined: "<value> word word <cr>"; a word being typed in front: "[w]".
 */
static const char *options(uint8_t view, const char *line, char out[2000])
{
    struct sch_option o[128];
    char notation[2048];
    size_t word = 0, n = strlen(line), at = 0;
    size_t have = sch_options(view, line, n, &word, o, 128, notation, sizeof notation);
    out[0] = 0;
    if (word < n)
        at = (size_t)snprintf(out, 2000, "[%s] ", line + word);
    for (size_t i = 0; i < have; i++) {
        ck_assert_ptr_nonnull(o[i].help);
        ck_assert_msg(o[i].end || *o[i].help, "%s ? %s has no help", line, o[i].text);
        at += (size_t)snprintf(out + at, 2000 - at, "%s%s", i ? " " : "", o[i].text);
    }
    return out;
}

/* A declared default is the line as it would be written. */
START_TEST(defaults)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SCH_LINES; i++) {
        const struct sch_line *l = &sch_lines[i];
        struct sch_value v[SCH_SLOTS];
        char text[SCH_TEXT_MAX];
        bool negated;
        if (!l->deflt)
            continue;
        ck_assert_msg(sch_row_parse(l, l->deflt, strlen(l->deflt), v, &negated), "%s", l->deflt);
        sch_render(l, v, negated, true, text, sizeof text);
        ck_assert_str_eq(text, l->deflt);
        n++;
    }
    ck_assert_uint_gt(n, 2);
}
END_TEST

START_TEST(continuations)
{
    char out[2000];
    ck_assert_str_eq(options(VIEW_USER, "s", out),
                     "[s] save screen-length screen-width send set startup system-view");
    ck_assert_str_eq(options(VIEW_USER, "dis", out), "[dis] display");
    ck_assert_str_eq(
        options(VIEW_USER, "display c", out),
        "[c] clock command-record configuration configuration-occupied current-configuration");
    ck_assert_str_eq(options(VIEW_USER, "display clock ", out), "<cr>");
    ck_assert_str_eq(options(VIEW_USER, "d cu ", out),
                     "all configuration inactive include-default interface <cr>");
    ck_assert_str_eq(options(VIEW_USER, "rollback configuration ", out), "last to");
    ck_assert_str_eq(options(VIEW_SYSTEM, "bgp ", out), "INTEGER<1-4294967295> STRING<3-11>");
    ck_assert_str_eq(options(VIEW_SYSTEM, "interface ", out), "LoopBack<0-1023> STRING<3-31>");
    ck_assert_str_eq(options(VIEW_SYSTEM, "interface LoopBack ", out), "INTEGER<0-1023>");
    ck_assert_str_eq(options(VIEW_BGP, "peer 10.0.0.1 ebgp-max-hop ", out), "INTEGER<1-255> <cr>");
    ck_assert_str_eq(options(VIEW_BGP, "peer 10.0.0.1 c", out),
                     "[c] capability-advertise check-first-as connect-interface connect-only");
    ck_assert_str_eq(options(VIEW_BGP, "peer 10.0.0.1 password ", out), "cipher simple");
    ck_assert_str_eq(options(VIEW_BGP, "timer keepalive 60 hold 180 ", out), "min-holdtime <cr>");
    ck_assert_str_eq(options(VIEW_VPNV4, "peer 10.0.0.1 a", out),
                     "[a] advertise-community advertise-ext-community advertise-large-community "
                     "allow-as-loop");
    ck_assert_str_eq(options(VIEW_USER, "nonsense ", out), "");
    ck_assert_str_eq(options(VIEW_USER, "display version x", out), "[x] ");
    ck_assert_str_eq(options(VIEW_SYSTEM, "bgp 5x", out), "[5x] ");
}
END_TEST

/* Wherever a command can go on, "?" offers how: each edge of every trie is an option. */
struct asked {
    uint8_t view;
    unsigned n;
};

static void asked_words(void *arg, const struct words *w)
{
    struct asked *a = arg;
    char typed[WORDS_LINE], notation[2048];
    struct sch_option o[128];
    struct words front = *w;
    for (unsigned i = 0; i < w->nedges; i++) {
        size_t word = 0;
        bool found = false;
        front.nedges = i;
        size_t n = words_type(&front, 0, NULL, typed);
        if (n)
            typed[n++] = ' ';
        typed[n] = 0;
        size_t have = sch_options(a->view, typed, n, &word, o, 128, notation, sizeof notation);
        for (size_t k = 0; k < have; k++)
            found |= w->edge[i]->word
                         ? !o[k].param && strcmp(o[k].text, sch_text(w->edge[i]->word)) == 0
                         : o[k].param && o[k].param->type == sch_param(w->edge[i])->type;
        bool text = i > 0 && w->edge[i - 1]->param && sch_param(w->edge[i - 1])->type == SCH_TEXT;
        ck_assert_msg(found || text, "\"%s?\" does not offer edge %u of %s", typed, i,
                      w->cmd->syntax);
        a->n++;
    }
}

START_TEST(help_is_complete)
{
    struct asked a = {0};
    for (uint8_t v = 0; v < SCH_VIEWS; v++) {
        if (!sch_views[v].nranks && v != VIEW_USER)
            continue;
        a.view = v;
        words_of_view(v, asked_words, &a);
    }
    ck_assert_uint_gt(a.n, 500);
}
END_TEST

START_TEST(help_on_hostile_text)
{
    char line[4096], out[2000];
    size_t word = 77, have;
    struct sch_option o[4];
    char notation[64];
    memset(line, 'x', sizeof line);
    for (size_t i = 1; i < sizeof line; i += 2)
        line[i] = ' ';
    have = sch_options(VIEW_SYSTEM, line, sizeof line, &word, o, 4, notation, sizeof notation);
    ck_assert_uint_eq(have, 0);
    ck_assert_uint_le(word, sizeof line); /* says where, even when it gave up */
    ck_assert_str_eq(options(VIEW_SYSTEM, "\xff", out), "[\xff] ");
    ck_assert_uint_eq(sch_options(VIEW_BGP, "", 0, &word, o, 4, notation, sizeof notation), 4);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("schema");
    TCase *t = tcase_create("schema");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_line_both_ways);
    tcase_add_test(t, every_line_can_be_undone);
    tcase_add_test(t, every_command);
    tcase_add_test(t, rows_in_display_order);
    tcase_add_test(t, same_row);
    tcase_add_test(t, no_key_of_this_schema);
    tcase_add_test(t, a_group_is_not_an_address);
    tcase_add_test(t, read_as_meant);
    tcase_add_test(t, quotes);
    tcase_add_test(t, hostile_text);
    tcase_add_test(t, continuations);
    tcase_add_test(t, defaults);
    tcase_add_test(t, help_is_complete);
    tcase_add_test(t, help_on_hostile_text);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
