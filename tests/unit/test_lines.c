/*
 * Every line of every declared command is entered, committed, repeated, rendered and loaded, rolled
 * back and undone; the lines come from the tries the schema compiler has made.
 */
#include "tests/unit/test_config_lab.h"
#include "tests/unit/test_words.h"

static struct lab lab;
static uint32_t before_form; /* the newest commit then */
static char rows_a[LAB_ROWS], rows_b[LAB_ROWS], rows_c[LAB_ROWS];

/* Nothing is configured. Forms share a datastore, as opening one takes longer than most of them. */
static void empty(void)
{
    ck_assert(store_revert(lab.config.store, &lab.edit.cand, before_form));
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_a), "");
    before_form = lab.config.head;
}

/* --- every line ---------------------------------------------------------------------- */

/* One typed form of a line, and what must be there before it can be typed. */
struct form {
    const char *enter; /* lines that lead to its view */
    const char *peer;  /* the object of the each block */
    char before[4000];
    char line[WORDS_LINE];
    const struct sch_line *what;
};

static void need(struct form *f, const char *fmt, ...)
{
    size_t n = strlen(f->before);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(f->before + n, sizeof f->before - n, fmt, ap);
    va_end(ap);
}

static bool in_instance(const struct sch_line *l)
{
    return sch_views[l->view].instance;
}

/* A VPN instance that an argument names. */
static void need_instance(struct form *f, const struct words *w, unsigned k)
{
    char name[WORDS_LINE];
    for (unsigned i = 0; i < w->nedges; i++)
        if (w->edge[i]->param && strcmp(sch_param(w->edge[i])->name, "into") == 0)
            need(f, "ip vpn-instance %s\nquit\n", words_value(sch_param(w->edge[i]), k, name));
        else if (w->edge[i]->param && strcmp(sch_param(w->edge[i])->name, "vpn") == 0)
            need(f,
                 "ip vpn-instance %s\nipv4-family\nroute-distinguisher 7:7\nquit\nipv6-family\n"
                 "route-distinguisher 7:7\nquit\nquit\n",
                 words_value(sch_param(w->edge[i]), k, name));
}

/* What the line rests on, from its name and arguments. */
static void prerequisites(struct form *f, const struct words *w, unsigned k)
{
    const struct sch_line *l = f->what;
    char group[WORDS_LINE] = "";
    bool named = f->peer && (f->peer[0] == 'M' || f->peer[0] == 'a');
    bool listen = strncmp(l->name, "bgp.peer.listen-net", 19) == 0 ||
                  strncmp(l->name, "bgp.peer.listen-as", 18) == 0;
    for (unsigned i = 0; i < w->nedges; i++)
        if (f->peer && w->edge[i]->param && sch_param(w->edge[i])->type == SCH_GROUP)
            snprintf(group, sizeof group, "%s",
                     words_value(sch_param(w->edge[i]), k, (char[WORDS_LINE]){0}));
    bool internal = strstr(l->name, "reflect-client") != NULL;
    f->before[0] = 0;
    need_instance(f, w, k);
    if (f->peer && in_instance(l))
        need(f, "%s", f->enter);
    else if (f->peer)
        need(f, "bgp 64601\n");
    if (named)
        need(f, "group %s %s\n", f->peer,
             listen     ? "listen external"
             : internal ? "internal"
                        : "external");
    if (group[0])
        need(f, "group %s external\n", group);
    if (f->peer && !named && !sch_is(l, LINE_BGP_PEER_AS_NUMBER))
        need(f, "peer %s as-number %s\n", f->peer, internal ? "64601" : "64602");
    if (group[0] && sch_views[l->view].family >= 0 && !in_instance(l))
        need(f, "peer %s group %s\n", f->peer, group);
    if (l == &sch_lines[LINE_INTERFACE_IPV6_ADDRESS])
        need(f, "interface LoopBack 5\nipv6 enable\n");
    if (l->view != VIEW_SYSTEM && !f->peer && l != &sch_lines[LINE_INTERFACE_IPV6_ADDRESS] &&
        !l->enters)
        need(f, "%s", f->enter);
    if (l->enters && l->view != VIEW_SYSTEM)
        need(f, "%s", lines_into(l->view));
    if (l->check[0] == CHECK_RD_FIRST)
        need(f, "route-distinguisher 100:1\n");
    if (f->peer && sch_views[l->view].family >= 0 && !in_instance(l)) { /* the view itself */
        const char *in = strchr(f->enter, '\n') + 1;
        need(f, "%s", in);
    }
}

/* Only its undo is taken. */
static bool never_taken(const struct sch_line *l)
{
    return l->check[0] == CHECK_NO_IGP;
}

/* Forms that the generator cannot make sense of. */
static bool senseless(const struct form *f, unsigned k)
{
    bool named = f->peer && (f->peer[0] == 'M' || f->peer[0] == 'a');
    const struct sch_line *l = f->what;
    if (named && (strstr(l->name, "peer.group") != NULL))
        return true; /* a group does not join a group */
    if (never_taken(l))
        return true;
    if (!named && l->check[0] == CHECK_LISTEN_GROUP)
        return true;
    if (strncmp(l->name, "bgp.peer.listen-", 16) == 0 && !named &&
        (l->feeds == FEEDS_LISTEN_AS || l->feeds == FEEDS_LISTEN_NET))
        return true;
    if (in_instance(l) && f->peer && !named &&
        (strchr(f->peer, ':') != NULL) != (sch_views[l->view].family == BGP_IPV6_UNICAST))
        return true; /* a peer of the other family */
    if (in_instance(l) && l->feeds == FEEDS_GROUP_CREATED)
        return strstr(f->line, " listen") != NULL; /* no dynamic peers there */
    if (strncmp(l->name, "interface.ip.address", 20) == 0)
        return k == 1; /* the sample is a broadcast address with its mask: no host */
    return false;
}

typedef void form_fn(struct form *f, const struct words *w, unsigned k);

struct walk_forms {
    form_fn *fn;
    uint8_t view;
    unsigned n;
    bool seen[SCH_LINES];
};

static void each_form(void *arg, const struct words *w)
{
    static const char *const peers[] = {"10.0.0.2", "2001:db8::2", "MASG", "223.255.255.254"};
    struct walk_forms *walk = arg;
    struct form f = {.enter = lines_into(walk->view)};
    if (w->cmd->kind != SCH_LINE)
        return;
    f.what = &sch_lines[w->cmd->line];
    if (f.what->check[0] == CHECK_PHYSICAL_PORT)
        f.enter = "interface GigabitEthernet 0/1/0\n";
    for (unsigned k = 0; k < WORDS_VARIANTS; k++)
        for (unsigned p = 0; p < 4; p++) {
            bool block = f.what->sub != SCH_NO_SUB;
            if (!block && p)
                break;
            f.peer = block ? peers[p] : NULL;
            words_type(w, k, f.peer, f.line);
            if (senseless(&f, k))
                continue;
            prerequisites(&f, w, k);
            walk->fn(&f, w, k);
            empty();
            walk->n++;
            walk->seen[f.what - sch_lines] = true;
        }
}

static void walk_forms(form_fn *fn)
{
    struct walk_forms walk = {.fn = fn};
    for (uint8_t v = 0; v < SCH_VIEWS; v++) {
        if (!sch_views[v].nranks)
            continue;
        walk.view = v;
        lab_open(&lab, ":memory:");
        before_form = 0;
        words_of_view(v, each_form, &walk);
        lab_close(&lab);
    }
    for (unsigned i = 0; i < SCH_LINES; i++)
        ck_assert_msg(walk.seen[i] || never_taken(&sch_lines[i]), "%s was never typed",
                      sch_lines[i].name);
}

static void type_form(struct form *f)
{
    lab_lines(&lab, f->enter);
    lab_say(&lab, f->line);
}

static void commit_form(struct form *f, const struct words *w, unsigned k)
{
    (void)w, (void)k;
    lab_lines(&lab, f->before);
    uint32_t before = lab_commit(&lab) ? lab.config.head : 0;
    lab_rows(&lab, false, rows_a);
    type_form(f);
    lab_rows(&lab, true, rows_b);
    struct store_commit meta = {.user = "ann"};
    bool changes = lab.edit.cand.rows > 0;
    ck_assert_msg(changes == (strcmp(rows_a, rows_b) != 0), "%s", f->line);
    ck_assert_msg(config_commit(&lab.edit, &meta), "%s: %s", f->line, lab.edit.err);
    ck_assert_int_eq(meta.id != 0, changes);
    ck_assert_str_eq(lab_rows(&lab, false, rows_c), rows_b);
    type_form(f); /* once more: nothing */
    ck_assert_msg(lab.edit.cand.rows == 0, "not the same again: %s", f->line);
    lab_load(&lab, rows_b);
    ck_assert_msg(lab.edit.cand.rows == 0, "loading changes something:\n%s", rows_b);
    ck_assert(config_commit(&lab.edit, &meta) && meta.id == 0);
    /* rollback composes the inverse */
    ck_assert(store_revert(lab.config.store, &lab.edit.cand, before));
    ck_assert_str_eq(lab_rows(&lab, true, rows_c), rows_a);
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_c), rows_a);
}

START_TEST(every_line_committed)
{
    walk_forms(commit_form);
}
END_TEST

/* A configuration loads into an empty datastore as itself. */
static void fresh_form(struct form *f, const struct words *w, unsigned k)
{
    (void)w, (void)k;
    lab_lines(&lab, f->before);
    type_form(f);
    lab_rows(&lab, true, rows_a);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_load(&lab, rows_a);
    ck_assert_str_eq(lab_rows(&lab, true, rows_b), rows_a);
    lab_commit(&lab);
}

START_TEST(every_line_loaded_elsewhere)
{
    walk_forms(fresh_form);
}
END_TEST

/* --- undo ---------------------------------------------------------------------------- */

struct undoing {
    struct form *f;
    struct sch_value v[SCH_SLOTS]; /* of the line as typed */
    const char *after;             /* rows expected */
    unsigned n;
};

/* The typed text of an undo form with the line's own values, or false when it does not fit. */
static bool undo_text(const struct undoing *u, const struct words *w, char out[WORDS_LINE])
{
    size_t n = 0;
    char value[WORDS_LINE];
    bool scoped =
        !u->f->what->nparams || strcmp(u->f->what->params[0].name, "vpn") != 0 || !u->v[0].present;
    for (unsigned i = 0; i < w->nedges; i++) {
        const struct sch_edge *e = w->edge[i];
        const struct sch_value *v = e->param ? &u->v[e->slot] : NULL;
        scoped |= e->param && e->slot == 0;
        if (v && (!v->present || (e->word && v->u != e->index)))
            return false;
        if (!e->word)
            sch_value_text(v, &u->f->what->params[e->slot], true, value, sizeof value);
        n += (size_t)snprintf(out + n, WORDS_LINE - n, "%s%s", n ? " " : "",
                              e->word ? sch_text(e->word) : value);
    }
    return scoped; /* a line of an instance is not undone without naming it */
}

/* A mask that is left out is that of the class, which need not be the line's. */
static bool names_another(const struct undoing *u, const char *line)
{
    struct sch_match m;
    size_t at;
    if (sch_match(u->f->what->view, line, strlen(line), &m, &at) != SCH_OK)
        return false;
    for (unsigned i = 0; i < u->f->what->nparams; i++)
        if (m.v[i].type == SCH_MASK && m.v[i].present && m.v[i].u != u->v[i].u)
            return true;
    return false;
}

static void undo_words(void *arg, const struct words *w)
{
    struct undoing *u = arg;
    char line[WORDS_LINE];
    struct store *s = lab.config.store;
    if (w->cmd->kind != SCH_UNDO || &sch_lines[w->cmd->line] != u->f->what ||
        !undo_text(u, w, line) || names_another(u, line))
        return;
    if (sch_is(u->f->what, LINE_BGP_PEER_AS_NUMBER) && w->cmd->cascade != (u->v[0].addr.af != 0))
        return; /* a peer goes as a whole, a group loses its AS number */
    ck_assert(store_candidate_clear(s, &lab.edit.cand));
    lab_lines(&lab, u->f->enter);
    ck_assert_msg(lab_try(&lab, line), "%s: %s (after %s)", line, lab.edit.err, u->f->line);
    lab_rows(&lab, true, rows_c);
    ck_assert_msg(strcmp(rows_c, u->after) == 0, "after \"%s\":\n%s--- not as before \"%s\":\n%s",
                  line, rows_c, u->f->line, u->after);
    u->n++;
}

static void undo_form(struct form *f, const struct words *w, unsigned k)
{
    struct undoing u = {.f = f};
    struct sch_match m;
    size_t at;
    (void)w, (void)k;
    if (f->what->feeds == FEEDS_VPN_LABEL && strstr(f->line, "per-instance"))
        return; /* it is there already */
    if (f->what->deflt && strcmp(f->line, f->what->deflt) == 0)
        return; /* a default is not stored */
    if (f->what->on || f->what->view == VIEW_IPV4_UNICAST || f->what->undoes == UNDOES_PORT_UP ||
        f->what == &sch_lines[LINE_IPV4_UNICAST_IPV4_FAMILY_UNICAST])
        return; /* tests of their own, below */
    lab_lines(&lab, f->before);
    lab_commit(&lab);
    lab_rows(&lab, false, rows_a);
    type_form(f);
    lab_commit(&lab);
    ck_assert_str_ne(lab_rows(&lab, false, rows_b), rows_a);
    ck_assert_int_eq(sch_match(f->what->view, f->line, strlen(f->line), &m, &at), SCH_OK);
    sch_defaults(f->what, m.v);
    memcpy(u.v, m.v, sizeof u.v);
    u.after = rows_a;
    words_of_view(f->what->view, undo_words, &u);
    if (f->what->enters)
        words_of_view(sch_views[f->what->view].parent, undo_words, &u);
    ck_assert_msg(u.n > 0, "no undo for %s", f->line);
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_c), rows_a);
}

START_TEST(every_line_undone)
{
    walk_forms(undo_form);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("lines");
    TCase *t = tcase_create("every line");
    tcase_set_timeout(t, 600);
    tcase_add_test(t, every_line_committed);
    tcase_add_test(t, every_line_loaded_elsewhere);
    tcase_add_test(t, every_line_undone);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
