/* Settings of the shell, from the rows of running; see settings.h. */
#include "cli/settings.h"

#include <ctype.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/app_internal.h"
#include "engine/config/model.h"

#define GROUPS_MAX 256

/* --- rows ---------------------------------------------------------------------------- */

/* Calls fn for every row of running below a view line of the system view. */
struct rows {
    void (*fn)(void *ctx, const struct sch_line *l, const struct sch_place *p, const uint8_t *key,
               const struct sch_value *v);
    void *ctx;
};

static bool each_row(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t n)
{
    struct rows *r = arg;
    struct sch_place p;
    struct sch_value v[SCH_SLOTS];
    bool negated;
    if (sch_key_place(key, nkey, &p) && sch_row_parse(p.line, text, n, v, &negated) && !negated)
        r->fn(r->ctx, p.line, &p, key, v);
    return true;
}

static void rows_of(struct app *a, uint8_t view, struct rows *r)
{
    static const struct store_candidate running;
    uint8_t prefix = sch_lines[sch_views[view].enter - 1].rank;
    store_scan(a->config.store, &running, &prefix, 1, NULL, 0, each_row, r);
}

/* --- terminals ----------------------------------------------------------------------- */

struct terminal {
    struct session *s;
    bool mine; /* the user-interface of the moment is this session's */
};

static bool on_console(const struct session *s)
{
    return strncmp(s->tty, "tty", 3) == 0 || strcmp(s->tty, "console") == 0;
}

static void terminal_row(void *ctx, const struct sch_line *l, const struct sch_place *p,
                         const uint8_t *key, const struct sch_value *v)
{
    struct terminal *t = ctx;
    struct session *s = t->s;
    (void)p, (void)key;
    switch (l - sch_lines) {
    case LINE_CONSOLE_USER_INTERFACE_CONSOLE:
        t->mine = on_console(s);
        return;
    case LINE_VTY_USER_INTERFACE_VTY:
        t->mine = !on_console(s) && s->vty >= v[0].u && s->vty <= v[1].u;
        return;
    default:
        break;
    }
    switch (t->mine ? l - sch_lines : -1) {
    case LINE_CONSOLE_SCREEN_LENGTH:
    case LINE_VTY_SCREEN_LENGTH:
        s->ui.page = (int)v[0].u;
        break;
    case LINE_CONSOLE_SCREEN_WIDTH:
    case LINE_VTY_SCREEN_WIDTH:
        s->ui.width = (unsigned)v[0].u;
        break;
    case LINE_CONSOLE_HISTORY_COMMAND_MAX_SIZE:
    case LINE_VTY_HISTORY_COMMAND_MAX_SIZE:
        s->ui.history = (unsigned)v[0].u;
        break;
    case LINE_CONSOLE_IDLE_TIMEOUT:
    case LINE_VTY_IDLE_TIMEOUT:
        s->ui.idle = (unsigned)(v[0].u * 60 + (v[1].present ? v[1].u : 0));
        break;
    default:
        break;
    }
}

static void note_alias(void *ctx, const char *name, const char *text)
{
    struct session *s = ctx;
    (void)name, (void)text;
    s->ui.aliases = true;
}

void settings_refresh(struct session *s)
{
    struct terminal t = {.s = s};
    struct rows r = {terminal_row, &t};
    uint32_t now = s->app->config.model->shell_changes;
    if (s->ui.seen == now + 1)
        return;
    s->ui = (struct session_ui){.seen = now + 1, .page = -1, .history = SESSION_HISTORY};
    rows_of(s->app, VIEW_CONSOLE, &r);
    rows_of(s->app, VIEW_VTY, &r);
    settings_aliases(s->app, note_alias, s);
}

/* --- banners, keys, aliases ---------------------------------------------------------- */

/* Takes a pair of quotes, or of another character that is no letter, from around a text. */
static void unframe(const char *text, size_t n, char *buf, size_t len)
{
    if (n > 1 && text[0] == text[n - 1] && !isalnum((unsigned char)text[0])) {
        text++;
        n -= 2;
    }
    snprintf(buf, len, "%.*s", (int)n, text);
}

struct wanted {
    const struct sch_line *line;
    const char *name;
    size_t n;
    char *buf;
    size_t len;
    bool found;
};

static void wanted_row(void *ctx, const struct sch_line *l, const struct sch_place *p,
                       const uint8_t *key, const struct sch_value *v)
{
    struct wanted *w = ctx;
    char name[64];
    (void)p, (void)key;
    if (l != w->line || w->found)
        return;
    sch_value_text(&v[0], &l->params[0], true, name, sizeof name);
    if (strlen(name) != w->n || memcmp(name, w->name, w->n) != 0)
        return;
    unframe(v[1].s, v[1].n, w->buf, w->len);
    w->found = true;
}

static bool find_row(struct app *a, enum sch_line_id line, const char *name, size_t n, char *buf,
                     size_t len)
{
    static const struct store_candidate running;
    const struct sch_line *l = &sch_lines[line];
    struct wanted w = {l, name, n, buf, len, false};
    struct rows r = {wanted_row, &w};
    uint8_t rank = l->rank;
    if (l->view != VIEW_SYSTEM)
        rows_of(a, l->view, &r);
    else
        store_scan(a->config.store, &running, &rank, 1, NULL, 0, each_row, &r);
    return w.found;
}

bool settings_header(struct app *a, const char *kind, char *buf, size_t len)
{
    return find_row(a, LINE_SYSTEM_HEADER_INFORMATION, kind, strlen(kind), buf, len);
}

bool settings_hotkey(struct app *a, const char *key, char *buf, size_t len)
{
    static const char *const unset[][2] = {{"CTRL_G", "display current-configuration"},
                                           {"CTRL_L", "display ip routing-table"},
                                           {"CTRL_O", "undo debugging all"}};
    if (find_row(a, LINE_SYSTEM_HOTKEY, key, strlen(key), buf, len))
        return true;
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        if (strcmp(unset[i][0], key) == 0) {
            snprintf(buf, len, "%s", unset[i][1]);
            return true;
        }
    return false;
}

bool settings_alias(struct app *a, const char *name, size_t n, char *buf, size_t len)
{
    return find_row(a, LINE_COMMAND_ALIAS_ALIAS_COMMAND, name, n, buf, len);
}

struct aliases {
    void (*fn)(void *ctx, const char *name, const char *text);
    void *ctx;
};

static void alias_row(void *ctx, const struct sch_line *l, const struct sch_place *p,
                      const uint8_t *key, const struct sch_value *v)
{
    struct aliases *all = ctx;
    char name[64], text[600];
    (void)p, (void)key;
    if (l != &sch_lines[LINE_COMMAND_ALIAS_ALIAS_COMMAND])
        return;
    sch_value_text(&v[0], &l->params[0], true, name, sizeof name);
    unframe(v[1].s, v[1].n, text, sizeof text);
    all->fn(all->ctx, name, text);
}

void settings_aliases(struct app *a, void (*fn)(void *ctx, const char *name, const char *text),
                      void *ctx)
{
    struct aliases all = {fn, ctx};
    struct rows r = {alias_row, &all};
    rows_of(a, VIEW_COMMAND_ALIAS, &r);
}

/* --- users --------------------------------------------------------------------------- */

static const struct {
    const char *group;
    int level;
} usual[] = {{"vrpsh-visit", 0},
             {"vrpsh-monitor", LEVEL_MONITOR},
             {"vrpsh-config", LEVEL_CONFIG},
             {"vrpsh-admin", LEVEL_MANAGE}};
#define USUAL (sizeof usual / sizeof *usual)

struct user {
    const char *name;
    char groups[GROUPS_MAX][33];
    int ngroups;
    int own, by_group; /* levels found, -1 none */
};

static int most(uint64_t level)
{
    return level > LEVEL_MANAGE ? LEVEL_MANAGE : (int)level;
}

static void user_row(void *ctx, const struct sch_line *l, const struct sch_place *p,
                     const uint8_t *key, const struct sch_value *v)
{
    struct user *u = ctx;
    char name[64];
    (void)p, (void)key;
    bool user = l == &sch_lines[LINE_AAA_LOCAL_USER_LEVEL];
    if (!user && l != &sch_lines[LINE_AAA_USER_GROUP_LEVEL])
        return;
    sch_value_text(&v[0], &l->params[0], true, name, sizeof name);
    if (user && strcmp(name, u->name) == 0)
        u->own = most(v[1].u);
    for (int i = 0; !user && i < u->ngroups; i++)
        if (strcmp(name, u->groups[i]) == 0 && most(v[1].u) > u->by_group)
            u->by_group = most(v[1].u);
}

int settings_level(struct app *a, const char *user, gid_t gid)
{
    struct user *u = calloc(1, sizeof *u);
    struct rows r = {user_row, u};
    gid_t ids[GROUPS_MAX];
    int n = GROUPS_MAX;
    if (!u)
        return -1;
    u->name = user;
    u->own = u->by_group = -1;
    if (getgrouplist(user, gid, ids, &n) < 0)
        n = GROUPS_MAX;
    for (int i = 0; i < n; i++) {
        const struct group *g = getgrgid(ids[i]);
        if (g)
            snprintf(u->groups[u->ngroups++], sizeof *u->groups, "%s", g->gr_name);
    }
    rows_of(a, VIEW_AAA, &r);
    int level = u->own >= 0 ? u->own : u->by_group;
    for (size_t k = 0; k < USUAL && u->own < 0 && u->by_group < 0; k++)
        for (int i = 0; i < u->ngroups; i++)
            if (strcmp(usual[k].group, u->groups[i]) == 0)
                level = usual[k].level; /* the highest is the last */
    free(u);
    return level;
}

static void any_row(void *ctx, const struct sch_line *l, const struct sch_place *p,
                    const uint8_t *key, const struct sch_value *v)
{
    (void)p, (void)key, (void)v;
    *(bool *)ctx |= l->view == VIEW_AAA;
}

bool settings_others(struct app *a)
{
    bool any = false;
    struct rows r = {any_row, &any};
    rows_of(a, VIEW_AAA, &r);
    for (size_t k = 0; k < USUAL; k++)
        any |= getgrnam(usual[k].group) != NULL;
    return any;
}
