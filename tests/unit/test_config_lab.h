/*
 * A configuration without terminal, host or speaker: lines are typed into one edit session, in a
 * view that follows them as a shell's would. Snapshots of rows and plans are compared as text.
 */
#ifndef VRPSH_TEST_CONFIG_LAB_H
#define VRPSH_TEST_CONFIG_LAB_H

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config/model.h"

enum { LAB_ROWS = 65536 };

struct lab {
    struct config config;
    struct edit edit;
    struct sch_key stack[SCH_DEPTH + 1];
    uint8_t view[SCH_DEPTH + 1];
    unsigned depth;
};

static inline void lab_open(struct lab *l, const char *db)
{
    char err[300] = "";
    memset(l, 0, sizeof *l);
    ck_assert_msg(config_open(&l->config, db, err, sizeof err), "%s", err);
    l->edit.config = &l->config;
    ck_assert(store_candidate_new(l->config.store, "ann", "pts/1", &l->edit.cand));
    l->view[0] = VIEW_SYSTEM;
}

static inline void lab_close(struct lab *l)
{
    store_candidate_drop(l->config.store, &l->edit.cand);
    config_close(&l->config);
}

static inline void lab_top(struct lab *l)
{
    l->depth = 0;
}

/* Types a line in the current view; true when it was taken. edit.err says why not. */
static inline bool lab_try(struct lab *l, const char *line)
{
    struct sch_match m;
    size_t at;
    l->edit.err[0] = 0;
    if (strcmp(line, "quit") == 0) {
        l->depth--;
        return true;
    }
    enum sch_status st = sch_match(l->view[l->depth], line, strlen(line), &m, &at);
    ck_assert_msg(st == SCH_OK, "%s at %zu: %s", sch_status_text(st), at, line);
    struct sch_key key = l->stack[l->depth];
    const struct sch_line *what = &sch_lines[m.cmd->line];
    if (m.view != l->view[l->depth])
        sch_key_add(&key, &sch_lines[sch_views[m.view].enter - 1], m.v);
    if (m.cmd->kind == SCH_UNDO)
        return edit_undo(&l->edit, &key, &m);
    ck_assert_int_eq(m.cmd->kind, SCH_LINE);
    if (!edit_line(&l->edit, &key, &m))
        return false;
    if (what->enters) {
        sch_key_add(&key, what, m.v);
        l->stack[++l->depth] = key;
        l->view[l->depth] = (uint8_t)(what->enters - 1);
    }
    return true;
}

static inline void lab_say(struct lab *l, const char *line)
{
    ck_assert_msg(lab_try(l, line), "%s: %s", line, l->edit.err);
}

/* Several lines from the system view, separated by newlines. */
static inline void lab_lines(struct lab *l, const char *lines)
{
    char line[3000];
    lab_top(l);
    while (*lines) {
        size_t n = strcspn(lines, "\n");
        ck_assert_uint_lt(n, sizeof line);
        memcpy(line, lines, n);
        line[n] = 0;
        lines += n + (lines[n] == '\n');
        if (line[strspn(line, " ")])
            lab_say(l, line + strspn(line, " "));
    }
}

static inline void lab_refused(struct lab *l, const char *line, const char *why)
{
    size_t rows = l->edit.cand.rows;
    ck_assert_msg(!lab_try(l, line), "taken: %s", line);
    ck_assert_str_eq(l->edit.err, why);
    ck_assert_uint_eq(l->edit.cand.rows, rows);
}

static inline uint32_t lab_commit(struct lab *l)
{
    struct store_commit meta = {.user = "ann", .tty = "pts/1", .type = "CLI"};
    ck_assert_msg(config_commit(&l->edit, &meta), "%s", l->edit.err);
    ck_assert_uint_eq(l->edit.cand.rows, 0);
    return meta.id;
}

struct lab_text {
    char *buf;
    size_t n;
};

static inline void lab_add(struct lab_text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->buf + t->n, LAB_ROWS - t->n, fmt, ap);
    va_end(ap);
    t->n += (size_t)n;
    ck_assert_uint_lt(t->n, LAB_ROWS);
}

static inline bool lab_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct sch_place p;
    ck_assert(sch_key_place(key, nkey, &p));
    lab_add(arg, "%*s%.*s\n", (int)p.depth, "", (int)n, text);
    return true;
}

/* The configuration as the session sees it, or running: one line each, indented. */
static inline const char *lab_rows(struct lab *l, bool candidate, char buf[LAB_ROWS])
{
    static const struct store_candidate nobody;
    struct lab_text t = {buf, 0};
    buf[0] = 0;
    ck_assert(store_scan(l->config.store, candidate ? &l->edit.cand : &nobody, NULL, 0, NULL, 0,
                         lab_row, &t));
    return buf;
}

/* Running's rows, typed into a session in their view one by one, change nothing. */
static inline void lab_load(struct lab *l, const char *rows)
{
    unsigned blanks = 0;
    char line[3000];
    lab_top(l);
    while (*rows) {
        size_t n = strcspn(rows, "\n");
        blanks = (unsigned)strspn(rows, " ");
        ck_assert_uint_le(blanks, l->depth);
        l->depth = blanks;
        snprintf(line, sizeof line, "%.*s", (int)(n - blanks), rows + blanks);
        lab_say(l, line);
        rows += n + 1;
    }
}

/* What leads into a view. */
static inline const char *lines_into(uint8_t view)
{
    switch (view) {
    case VIEW_SYSTEM:
        return "";
    case VIEW_AAA:
        return "aaa\n";
    case VIEW_CONSOLE:
        return "user-interface console 0\n";
    case VIEW_VTY:
        return "user-interface vty 0 4\n";
    case VIEW_COMMAND_ALIAS:
        return "command alias\n";
    case VIEW_MPLS:
        return "mpls\n";
    case VIEW_INTERFACE:
        return "interface LoopBack 5\n";
    case VIEW_BGP:
        return "bgp 64601\n";
    case VIEW_IPV4_UNICAST:
        return "bgp 64601\nipv4-family unicast\n";
    case VIEW_IPV4_LABELED:
        return "bgp 64601\nipv4-family labeled-unicast\n";
    case VIEW_VPNV4:
        return "bgp 64601\nipv4-family vpnv4\n";
    case VIEW_IPV6_UNICAST:
        return "bgp 64601\nipv6-family unicast\n";
    case VIEW_VPNV6:
        return "bgp 64601\nipv6-family vpnv6\n";
    case VIEW_VPN_INSTANCE:
        return "ip vpn-instance red\n";
    case VIEW_VPN_INSTANCE_IPV4:
        return "ip vpn-instance red\nipv4-family\n";
    case VIEW_VPN_INSTANCE_IPV6:
        return "ip vpn-instance red\nipv6-family\n";
    case VIEW_BGP_VPN_IPV4:
        return "ip vpn-instance red\nipv4-family\nroute-distinguisher 100:1\nquit\nquit\n"
               "bgp 64601\nipv4-family vpn-instance red\n";
    case VIEW_BGP_VPN_IPV6:
        return "ip vpn-instance red\nipv6-family\nroute-distinguisher 100:1\nquit\nquit\n"
               "bgp 64601\nipv6-family vpn-instance red\n";
    default:
        ck_abort_msg("no way into %s", sch_views[view].name);
    }
}

#endif
