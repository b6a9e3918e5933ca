/* Editing a candidate: one typed line or undo becomes changed rows, all of them or none. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/config/config.h"
#include "engine/reserve.h"

bool edit_error(struct edit *e, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = snprintf(e->err, sizeof e->err, "Error: ");
    vsnprintf(e->err + n, sizeof e->err - (size_t)n, fmt, ap);
    va_end(ap);
    return false;
}

static bool store_failed(struct edit *e)
{
    return edit_error(e, "%s", store_error(e->config->store));
}

/* The last commit of a checked file, usually its last line, then costs nothing. */
void edit_settle(struct edit *e)
{
    struct store_commit meta = {.type = "CHECK"};
    if (e->promised && e->cand.rows)
        store_commit(e->config->store, &e->cand, &meta, NULL);
    e->promised = false;
}

void edit_touch(struct edit *e)
{
    edit_settle(e);
    config_lock_used(e);
    if (e->cand.rows == 0) {
        e->base = e->config->head;
        e->removed = e->whole = false;
    }
}

/* --- rows --------------------------------------------------------------------------------------
 */

bool edit_get(struct edit *e, const struct sch_key *key, const struct sch_line *l,
              struct sch_value *v, bool *negated, char buf[SCH_TEXT_MAX])
{
    long n = store_get(e->config->store, &e->cand, key->b, key->n, buf, SCH_TEXT_MAX);
    return n >= 0 && sch_row_parse(l, buf, (size_t)n, v, negated);
}

struct sch_key edit_key(const struct sch_key *view, enum sch_line_id line,
                        const struct sch_value *v)
{
    struct sch_key k = *view;
    sch_key_add(&k, &sch_lines[line], v);
    return k;
}

struct sch_key edit_bgp_key(void)
{
    struct sch_key root = {0};
    return edit_key(&root, LINE_BGP_BGP, NULL);
}

struct sch_key edit_family_key(uint8_t view)
{
    struct sch_key k = edit_bgp_key();
    sch_key_add(&k, &sch_lines[sch_views[view].enter - 1], NULL);
    return k;
}

struct edit_scope edit_scope(const struct sch_key *view, const struct sch_line *l)
{
    if (sch_views[l->view].instance)
        return (struct edit_scope){*view, l->view};
    return (struct edit_scope){edit_bgp_key(), VIEW_BGP};
}

enum sch_line_id edit_scope_line(const struct edit_scope *s, enum sch_line_id line)
{
    return s->view == VIEW_BGP ? line : (enum sch_line_id)(sch_line_in(s->view, line) - sch_lines);
}

bool edit_put(struct edit *e, const struct sch_key *view, enum sch_line_id line,
              const struct sch_value *v, bool negated)
{
    char text[SCH_TEXT_MAX];
    struct sch_key k = edit_key(view, line, v);
    size_t n = sch_render(&sch_lines[line], v, negated, true, text, sizeof text);
    return store_set(e->config->store, &e->cand, k.b, k.n, text, n) || store_failed(e);
}

bool edit_has(struct edit *e, const struct sch_key *view, enum sch_line_id line,
              const struct sch_value *v)
{
    char text[SCH_TEXT_MAX];
    struct sch_key k = edit_key(view, line, v);
    return store_get(e->config->store, &e->cand, k.b, k.n, text, sizeof text) >= 0;
}

/* --- one line ----------------------------------------------------------------------------------
 */

/* A line is done as a whole or not at all, and not at all when it was decided by rows that could
 * not be read. */
static void begin(struct edit *e)
{
    store_watch(e->config->store);
    store_mark(&e->cand);
}

static bool end(struct edit *e, bool ok)
{
    if (!store_seen(e->config->store))
        ok = store_failed(e);
    if (reserve_used())
        ok = edit_error(e, "Out of memory. Nothing has been changed.");
    store_unmark(&e->cand, ok);
    return ok;
}

static bool run_checks(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v)
{
    for (int i = 0; i < 3 && l->check[i]; i++)
        if (!edit_checks[l->check[i]](e, view, l, v))
            return false;
    return true;
}

/* A clear password becomes cipher text; the word before it then says so. */
static bool seal_secrets(struct edit *e, const struct sch_line *l, struct sch_value *v,
                         char text[SECRET_TEXT_MAX])
{
    for (uint8_t i = 0; i < l->nparams; i++) {
        char clear[SECRET_CLEAR_MAX + 1];
        if (l->params[i].type != SCH_SECRET)
            continue;
        long n = secret_reveal(e->config->secrets, v[i].s, v[i].n, clear);
        explicit_bzero(clear, sizeof clear);
        if (n < 0) {
            if (v[i].n == sizeof SECRET_MASK - 1 && memcmp(v[i].s, SECRET_MASK, v[i].n) == 0)
                return edit_error(e, "The password is hidden. Enter the password itself.");
            if (v[i].n > SECRET_CLEAR_MAX)
                return edit_error(e, "The cipher text was not made by this datastore.");
            secret_seal(e->config->secrets, v[i].s, v[i].n, text);
            v[i].s = text;
            v[i].n = strlen(text);
        }
        if (i > 0 && l->params[i - 1].type == SCH_ENUM)
            v[i - 1].u = 0;
    }
    return true;
}

bool edit_put_shown(struct edit *e, const struct sch_key *key, uint8_t view)
{
    for (unsigned i = 0; i < SCH_LINES; i++)
        if (sch_lines[i].shown && sch_lines[i].view == view &&
            !edit_has(e, key, (enum sch_line_id)i, NULL) &&
            !edit_put(e, key, (enum sch_line_id)i, NULL, false))
            return false;
    return true;
}

/* The row of a view without arguments, when it is not there yet. */
static bool make_view(struct edit *e, const struct sch_key *key, uint8_t view)
{
    char text[SCH_TEXT_MAX];
    struct store *s = e->config->store;
    if (store_get(s, &e->cand, key->b, key->n, text, sizeof text) >= 0)
        return true;
    size_t n =
        sch_render(&sch_lines[sch_views[view].enter - 1], NULL, false, true, text, sizeof text);
    return store_set(s, &e->cand, key->b, key->n, text, n) || store_failed(e);
}

static bool set_row(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                    const struct sch_value *v)
{
    struct store *s = e->config->store;
    char old[SCH_TEXT_MAX], text[SCH_TEXT_MAX];
    struct sch_key k = *view;
    if (!sch_key_add(&k, l, v))
        return edit_error(e, "The line is too long.");
    if (sch_views[l->view].entered && !make_view(e, view, l->view))
        return false;
    if (l->on && !l->shown) /* the default needs no row */
        return store_delete(s, &e->cand, k.b, k.n) || store_failed(e);
    size_t n = sch_render(l, v, false, true, text, sizeof text);
    if (l->deflt && strcmp(text, l->deflt) == 0)
        return store_delete(s, &e->cand, k.b, k.n) || store_failed(e);
    long had = store_get(s, &e->cand, k.b, k.n, old, sizeof old);
    if (had == (long)n && memcmp(old, text, n) == 0)
        return true;
    if (!store_set(s, &e->cand, k.b, k.n, text, n))
        return store_failed(e);
    if (l->enters && !edit_put_shown(e, &k, (uint8_t)(l->enters - 1)))
        return false;
    return !l->then || edit_thens[l->then](e, view, l, v);
}

/* A value given twice is given once. */
static bool seen_before(const struct sch_match *m, uint8_t i)
{
    for (uint8_t k = 0; k < i; k++)
        if (m->rep[k].u == m->rep[i].u && m->rep[k].n == m->rep[i].n &&
            (m->rep[i].n == 0 || memcmp(m->rep[k].s, m->rep[i].s, m->rep[i].n) == 0))
            return true;
    return false;
}

/* Each value of a repeated parameter makes a row; all of them or none. */
static bool for_each_value(struct edit *e, const struct sch_key *view, const struct sch_match *m,
                           bool (*one)(struct edit *, const struct sch_key *,
                                       const struct sch_match *))
{
    struct sch_match single = *m;
    bool ok = true;
    store_mark(&e->cand);
    for (uint8_t i = 0; i < m->repeats && ok; i++) {
        single.repeats = 0;
        single.v[m->rep_slot] = m->rep[i];
        ok = seen_before(m, i) || one(e, view, &single);
    }
    store_unmark(&e->cand, ok);
    return ok;
}

bool edit_line(struct edit *e, const struct sch_key *view, const struct sch_match *m)
{
    if (m->repeats > 1)
        return for_each_value(e, view, m, edit_line);
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct sch_value v[SCH_SLOTS];
    char sealed[SECRET_TEXT_MAX];
    memcpy(v, m->v, sizeof v);
    e->filled = 0;
    for (uint8_t i = 0; i < l->nparams; i++)
        e->filled |= (uint32_t)!v[i].present << i;
    sch_defaults(l, v);
    edit_touch(e);
    begin(e);
    return end(e, run_checks(e, view, l, v) && seal_secrets(e, l, v, sealed) &&
                      set_row(e, view, l, v));
}

/* --- undo --------------------------------------------------------------------------------------
 */

/* The object of an each block, in this view and in the views below it. */
bool edit_delete_object(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v)
{
    struct sch_key k = *view;
    sch_key_add_object(&k, l, v);
    if (!store_delete_prefix(e->config->store, &e->cand, k.b, k.n))
        return store_failed(e);
    for (unsigned i = 0; i < SCH_LINES; i++) {
        const struct sch_line *below = &sch_lines[i];
        if (sch_views[below->view].parent != l->view || below->view == l->view || below->sub != 0 ||
            sch_views[below->view].instance)
            continue;
        k = *view;
        sch_key_add(&k, &sch_lines[sch_views[below->view].enter - 1], NULL);
        sch_key_add_object(&k, below, v);
        if (!store_delete_prefix(e->config->store, &e->cand, k.b, k.n))
            return store_failed(e);
    }
    return true;
}

static bool absent(struct edit *e, const struct sch_line *l)
{
    if (l->sub != SCH_NO_SUB && l->params[0].type == SCH_PEER)
        return edit_error(e, "The peer session does not exist.");
    return edit_error(e, "The configuration to be deleted does not exist.");
}

/* An undo that names a value means that value: "undo bgp 200" never deletes bgp 100. Passwords are
 * not compared: what is typed and what is stored differ. */
bool edit_names(const struct sch_line *l, const struct sch_value *typed,
                const struct sch_value *stored, bool keys)
{
    char a[SCH_TEXT_MAX], b[SCH_TEXT_MAX];
    for (uint8_t i = 0; i < l->nparams; i++)
        if (l->params[i].type == SCH_SECRET)
            return true;
    for (uint8_t i = 0; i < l->nparams; i++) {
        const struct sch_param *p = &l->params[i];
        if (!typed[i].present || (p->key && !keys))
            continue;
        if (!stored[i].present)
            return false;
        sch_value_text(&typed[i], p, true, a, sizeof a);
        sch_value_text(&stored[i], p, true, b, sizeof b);
        if (strcmp(a, b) != 0)
            return false;
    }
    return true;
}

bool edit_would_undo(struct edit *e, const struct sch_key *view, const struct sch_match *m)
{
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct sch_value v[SCH_SLOTS];
    char old[SCH_TEXT_MAX];
    bool negated;
    struct sch_key k = *view;
    if (l->undoes && m->cmd->cascade) /* "undo ... all": of every row of the line */
        return sch_key_add_object(&k, l, m->v) && store_any(e->config->store, &e->cand, k.b, k.n);
    return sch_key_add(&k, l, m->v) && edit_get(e, &k, l, v, &negated, old) &&
           edit_names(l, m->v, v, false);
}

/* "undo peer 10.0.0.2" is for peers, "undo peer G as-number" for groups: the AS number is what a
 * peer is, and only a setting of a group. */
static bool wrong_undo_of_as(struct edit *e, const struct sch_match *m)
{
    if (!sch_is(&sch_lines[m->cmd->line], LINE_BGP_PEER_AS_NUMBER) ||
        m->cmd->cascade == (m->v[0].addr.af != 0))
        return false;
    if (m->cmd->cascade)
        edit_error(e, "The peer session does not exist.");
    else
        edit_error(e, "The AS number cannot be deleted without the peer.");
    return true;
}

static bool undo_row(struct edit *e, const struct sch_key *view, const struct sch_match *m)
{
    const struct sch_line *l = &sch_lines[m->cmd->line];
    struct store *s = e->config->store;
    struct sch_value v[SCH_SLOTS];
    char old[SCH_TEXT_MAX];
    bool negated = false;
    struct sch_key k = *view;
    if (!sch_key_add(&k, l, m->v))
        return edit_error(e, "The line is too long.");
    if (l->on) { /* what is said with "undo" is a line like another one */
        size_t n = sch_render(l, m->v, true, true, old, sizeof old);
        if (!run_checks(e, view, l, m->v) ||
            (sch_views[l->view].entered && !make_view(e, view, l->view)))
            return false;
        return store_set(s, &e->cand, k.b, k.n, old, n) || store_failed(e);
    }
    if (l->undoes)
        return edit_undoes[l->undoes](e, view, l, m->v);
    if (!edit_get(e, &k, l, v, &negated, old) || !edit_names(l, m->v, v, false))
        return m->cmd->cascade || l->enters
                   ? absent(e, l)
                   : edit_error(e, "The configuration to be deleted does not exist.");
    if (wrong_undo_of_as(e, m))
        return false;
    if (m->cmd->cascade && l->feeds == FEEDS_GROUP_CREATED)
        return edit_delete_group(e, view, l, &m->v[0]);
    if (m->cmd->cascade && l->sub != SCH_NO_SUB)
        return edit_delete_object(e, view, l, m->v);
    if (l->enters)
        return store_delete_prefix(s, &e->cand, k.b, k.n) || store_failed(e);
    return store_delete(s, &e->cand, k.b, k.n) || store_failed(e);
}

bool edit_undo(struct edit *e, const struct sch_key *view, const struct sch_match *m)
{
    if (m->repeats > 1)
        return for_each_value(e, view, m, edit_undo);
    edit_touch(e);
    begin(e);
    bool ok = end(e, undo_row(e, view, m));
    e->removed |= ok;
    return ok;
}
