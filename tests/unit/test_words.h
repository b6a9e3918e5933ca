/*
 * Every way to type a command, made from the compiled tables: walks the tries and writes each path
 * as text, with values from the ends and the middle of each parameter's range. What the schema
 * tests and the configuration tests type comes from here, so a new declaration is tested as soon
 * as it exists.
 */
#ifndef VRPSH_TEST_WORDS_H
#define VRPSH_TEST_WORDS_H

#include <stdio.h>
#include <string.h>

#include "schema/schema.h"

enum { WORDS_VARIANTS = 4, WORDS_LINE = 3000, WORDS_EDGES = 32 };

/* One way to type a command. */
struct words {
    const struct sch_cmd *cmd;
    const struct sch_edge *edge[WORDS_EDGES];
    unsigned nedges;
};
typedef void words_fn(void *arg, const struct words *w);

static inline void words_descend(uint16_t at, struct words *w, words_fn *fn, void *arg)
{
    const struct sch_node *node = &sch_nodes[at];
    if (node->cmd) {
        w->cmd = &sch_cmds[node->cmd - 1];
        fn(arg, w);
    }
    for (uint16_t i = 0; i < node->n && w->nedges < WORDS_EDGES; i++) {
        w->edge[w->nedges++] = &sch_edges[node->first + i];
        words_descend(sch_edges[node->first + i].next, w, fn, arg);
        w->nedges--;
    }
}

/* Every way to type every command of a view's own trie. */
static inline void words_of_view(uint8_t view, words_fn *fn, void *arg)
{
    struct words w = {0};
    words_descend(sch_views[view].root, &w, fn, arg);
}

static inline const char *words_fill(char *buf, int64_t n, const char *with)
{
    size_t unit = strlen(with), at = 0;
    while (at + unit <= (size_t)n) {
        memcpy(buf + at, with, unit);
        at += unit;
    }
    while (at < (size_t)n)
        buf[at++] = 'z';
    buf[at] = 0;
    return buf;
}

/* Values that belong together: timers must fit each other, a segment begins before it ends. */
static inline const char *words_special(const struct sch_param *p, unsigned k)
{
    static const struct {
        const char *name, *text[WORDS_VARIANTS];
    } table[] = {
        {"keepalive", {"1", "21845", "60", "7"}},
        {"hold", {"65535", "65535", "180", "21"}},
        {"minimum", {"65535", "20", "30", "21"}},
        {"burst", {"1", "65533", "60", "7"}},
        {"pause", {"2", "65534", "120", "8"}},
        {"quiet", {"65535", "65535", "600", "9"}},
        {"first", {"0", "255", "7", "1"}},
        {"last", {"1", "255", "9", "1"}},
        {"view", {"shell", "system", "bgp", "interface"}},
        {"command", {"display", "commit", "router-id", "description"}},
        {"zone", {"UTC+1", "Z-9", "CET", "a23456789012345678901234567890z"}},
        {"into", {"i", "into34567890123456789012345678", "into", "I"}},
        {"begin", {"1", "4294967295", "65536", "1.1"}},
        {"end", {"1", "65535.65535", "65537", "65537"}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(p->name, table[i].name) == 0)
            return table[i].text[k];
    return NULL;
}

/* The k-th sample of a value as typed. */
static inline const char *words_value(const struct sch_param *p, unsigned k, char buf[WORDS_LINE])
{
    static const char *const fixed[SCH_TYPES][WORDS_VARIANTS] = {
        [SCH_IPV4] = {"10.0.0.1", "223.255.255.254", "1.0.0.1", "192.0.2.77"},
        [SCH_IPV6] = {"2001:db8::1", "2001:DB8:0:0:0:0:0:2", "::2:1", "fd80:1:2:3:4:5:6:ffff"},
        [SCH_ADDR] = {"10.0.0.9", "2001:db8::9", "223.255.255.254", "::ffff:0:1"},
        [SCH_NET4] = {"10.0.0.1", "172.31.255.255", "192.0.2.77", "0.0.0.0"},
        [SCH_NET6] = {"2001:db8::1", "::", "2001:DB8:0:0:0:0:0:2", "fd00:1:2:3:4:5:6:ffff"},
        [SCH_MASK] = {"32", "255.255.255.0", "8", "255.255.255.252"},
        [SCH_AS] = {"1", "4294967295", "1.0", "65535.65535"},
        [SCH_PEER] = {"10.0.0.2", "2001:DB8::a", "MASG",
                      "a-name-of-47-characters-0123456789-0123456789-0"},
        [SCH_GROUP] = {"MASG", "a-name-of-47-characters-0123456789-0123456789-0", "\"two words\"",
                       "g"},
        [SCH_IFNAME] = {"LoopBack 0", "loopback1023", "LOOP 7", "LoopBack1"},
        [SCH_TIME] = {"00:30:00", "12:00:00", "01:00:00", "05:45:00"},
        [SCH_DATE] = {"2000-01-01", "2099-12-31", "2026-02-28", "2024-02-29"},
        [SCH_RD] = {"100:1", "65535:4294967295", "192.0.2.1:65535", "64086.59905:7"},
        [SCH_RT] = {"1:1", "4294967295:65535", "10.0.0.1:0", "1.0:2"},
    };
    const char *special = words_special(p, k);
    if (special)
        return special;
    if (p->type < SCH_TYPES && fixed[p->type][k])
        return fixed[p->type][k];
    switch (p->type) {
    case SCH_INT:
        snprintf(buf, WORDS_LINE, "%lld",
                 (long long)(k == 0   ? p->lo
                             : k == 1 ? p->hi
                             : k == 2 ? p->lo + (p->hi - p->lo) / 2
                                      : p->lo + 1));
        return buf;
    case SCH_STRING:
        if (k == 2 && p->lo <= 12 && p->hi >= 12)
            return "\"with a blank\"";
        return words_fill(buf,
                          k == 0                             ? p->lo
                          : k == 1 || p->hi < 5 || p->lo > 5 ? p->hi
                                                             : 5,
                          k == 3 ? "\xc3\xa4" : "Name-");
    case SCH_TEXT:
        if (k == 2)
            return "to \"AGG\"  | 3 blanks, \xe2\x82\xac";
        return words_fill(buf, k == 0 ? p->lo : k == 1 ? p->hi : 20, k == 3 ? "und" : "text ");
    case SCH_ENUM:
        return p->words[k % p->nwords];
    case SCH_SECRET:
        return words_fill(buf, k == 0 ? p->lo : k == 1 ? p->hi : 9, k == 2 ? "#%^" : "Pass-1");
    default:
        return "?";
    }
}

/* Types a path. The first peer of a line may be given by the caller; variant k elsewhere. */
static inline size_t words_type(const struct words *w, unsigned k, const char *first,
                                char out[WORDS_LINE])
{
    char value[WORDS_LINE];
    size_t n = 0;
    for (unsigned i = 0; i < w->nedges; i++) {
        const struct sch_edge *e = w->edge[i];
        const char *text = e->word                 ? sch_text(e->word)
                           : first && e->slot == 0 ? first
                                                   : words_value(sch_param(e), k, value);
        n += (size_t)snprintf(out + n, WORDS_LINE - n, "%s%s", n ? " " : "", text);
    }
    return n;
}

#endif
