/*
 * Points that can be rolled back to, under any order of commits, labels and drops: what is kept
 * always gives back the state it stood for, all changes in order still make running out of nothing,
 * and a commit that is taken back leaves alone what came after it.
 */
#include <sqlite3.h>
#include <unistd.h>

#include "test_config_lab.h"

enum { POINTS = 400, STATES = POINTS + 2 };

static struct lab lab;
static char rows[LAB_ROWS], other[LAB_ROWS];

static void begin(void)
{
    lab_open(&lab, ":memory:");
}

static void end(void)
{
    lab_close(&lab);
}

static uint32_t seed = 7;

static unsigned some(unsigned n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

static uint32_t commit_one(unsigned i)
{
    char line[100];
    lab_top(&lab);
    if (some(4) == 0)
        snprintf(line, sizeof line, "sysname host%u", i);
    else if (some(3) == 0)
        snprintf(line, sizeof line, "undo interface LoopBack %u", some(5));
    else
        snprintf(line, sizeof line, "interface LoopBack %u", some(5));
    if (!lab_try(&lab, line) || !lab.edit.cand.rows)
        lab_lines(&lab, i % 2 ? "sysname odd\n" : "sysname even\n");
    return lab_commit(&lab);
}

/* Running as the kept commit says it was. */
static const char *state_at(uint32_t id, char buf[LAB_ROWS])
{
    struct store_candidate c;
    struct lab_text t = {buf, 0};
    buf[0] = 0;
    store_scratch(&c);
    ck_assert(store_revert(lab.config.store, &c, id));
    ck_assert(store_scan(lab.config.store, &c, NULL, 0, NULL, 0, lab_row, &t));
    store_scratch_free(&c);
    return buf;
}

static char *states[STATES];
static uint32_t ids[STATES];
static unsigned nstates;

static bool check_point(void *arg, const struct store_commit *c)
{
    unsigned i = 0;
    ++*(unsigned *)arg;
    while (i < nstates && ids[i] != c->id)
        i++;
    ck_assert_uint_lt(i, nstates);
    ck_assert_str_eq(state_at(c->id, other), states[i]);
    return true;
}

struct replay {
    struct store *s;
    struct store_candidate c;
};

static bool replay_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                       const char *new_text)
{
    struct replay *r = arg;
    char had[SCH_TEXT_MAX];
    bool was = store_get(r->s, &r->c, key, nkey, had, sizeof had) >= 0;
    ck_assert(was == (old_text != NULL) && (!was || strcmp(had, old_text) == 0));
    ck_assert(new_text ? store_set(r->s, &r->c, key, nkey, new_text, strlen(new_text))
                       : store_delete(r->s, &r->c, key, nkey));
    return true;
}

static void replayed(void)
{
    struct lab_text t = {other, 0};
    struct replay r = {0};
    char err[200];
    other[0] = 0;
    ck_assert(store_open(&r.s, ":memory:", sch_fingerprint, err, sizeof err));
    store_scratch(&r.c);
    for (uint32_t id = 1000000001; id <= lab.config.head; id++)
        ck_assert(store_history(lab.config.store, id, id, replay_row, &r));
    ck_assert(store_scan(r.s, &r.c, NULL, 0, NULL, 0, lab_row, &t));
    ck_assert_str_eq(other, lab_rows(&lab, false, rows));
    store_scratch_free(&r.c);
    store_close(r.s);
}

START_TEST(any_order)
{
    struct store *s = lab.config.store;
    struct store_commit c;
    for (unsigned i = 0; i < POINTS; i++) {
        char label[20];
        snprintf(label, sizeof label, "l%u", i);
        ids[nstates] = commit_one(i);
        states[nstates++] = strdup(lab_rows(&lab, false, rows));
        if (i == 5) {
            lab_lines(&lab, "configuration checkpoint max-number 10\n");
            ids[nstates] = lab_commit(&lab);
            states[nstates++] = strdup(lab_rows(&lab, false, rows));
        }
        uint32_t pick = ids[some(nstates)];
        bool kept = store_commit_find(s, pick, NULL, &c);
        if (kept && some(4) == 0)
            ck_assert(store_label(s, pick, c.label[0] ? NULL : label));
        else if (kept && some(10) == 0)
            ck_assert(store_drop(s, pick));
        else if (some(40) == 0)
            ck_assert(store_drop_oldest(s, some(6)));
        if (i % 10 == 0) {
            unsigned seen = 0;
            ck_assert(store_commits(s, 1000, false, check_point, &seen));
            replayed();
        }
    }
    unsigned seen = 0;
    ck_assert(store_commits(s, 1000, false, check_point, &seen));
    ck_assert_uint_gt(seen, 2);
    ck_assert_uint_lt(seen, 60);
    replayed();
    while (nstates)
        free(states[--nstates]);
}
END_TEST

static bool count_commit(void *arg, const struct store_commit *c)
{
    (void)c;
    ++*(unsigned *)arg;
    return true;
}

static unsigned points(void)
{
    unsigned n = 0;
    ck_assert(store_commits(lab.config.store, 100000, false, count_commit, &n));
    return n;
}

START_TEST(eighty_unless_told)
{
    for (unsigned i = 0; i < 100; i++)
        commit_one(i);
    ck_assert_uint_eq(points(), 80);
    lab_lines(&lab, "configuration checkpoint max-number 10\n");
    lab_commit(&lab);
    commit_one(1);
    ck_assert_uint_eq(points(), 10);
    ck_assert_uint_gt(store_dropped(lab.config.store), 1000000001);
}
END_TEST

/* --- one commit taken back ------------------------------------------------------------------ */

static char told[2000];

static bool tell(void *arg, const uint8_t *key, size_t nkey, const char *base, const char *mine,
                 const char *theirs)
{
    size_t n = strlen(told);
    (void)arg, (void)key, (void)nkey;
    snprintf(told + n, sizeof told - n, "%s|%s|%s\n", base ? base : "-", mine ? mine : "-",
             theirs ? theirs : "-");
    return true;
}

static const char *take_back(uint32_t id)
{
    told[0] = 0;
    ck_assert_msg(config_undo_commit(&lab.edit, id, tell, NULL), "%s", lab.edit.err);
    return told;
}

START_TEST(what_came_after_stays)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 description a\npeer 10.0.0.2 ignore\n");
    uint32_t id = lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 description b\nrouter-id 10.1.1.1\n");
    lab_commit(&lab);
    ck_assert_str_eq(take_back(id), "peer 10.0.0.2 description a|-|peer 10.0.0.2 description b\n");
    ck_assert_uint_eq(lab.edit.cand.rows, 1);
    lab_commit(&lab);
    ck_assert_ptr_null(strstr(lab_rows(&lab, false, rows), "ignore"));
    ck_assert_ptr_nonnull(strstr(rows, "description b"));
    ck_assert_ptr_nonnull(strstr(rows, "router-id 10.1.1.1"));
    ck_assert_str_eq(take_back(id), "peer 10.0.0.2 description a|-|peer 10.0.0.2 description b\n");
    ck_assert_uint_eq(lab.edit.cand.rows, 0); /* taken back already */
}
END_TEST

/* A peer whose lines have grown since cannot be cut off below them. */
START_TEST(nothing_is_left_hanging)
{
    struct store_commit meta = {.user = "ann", .type = "CLI"};
    lab_lines(&lab, "bgp 64601\nrouter-id 10.1.1.1\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\n");
    uint32_t id = lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 description later\n");
    lab_commit(&lab);
    take_back(id);
    ck_assert(!config_commit(&lab.edit, &meta));
    ck_assert_str_eq(lab.edit.err,
                     "Error: The peer session does not exist. (peer 10.0.0.2 description later)");
}
END_TEST

/* --- what is documented for sqlite3 ------------------------------------------------------- */

static int add_row(void *arg, int n, char **v, char **names)
{
    (void)arg, (void)names;
    for (int i = 0; i < n; i++) {
        size_t at = strlen(told);
        snprintf(told + at, sizeof told - at, "%s%s", v[i] ? v[i] : "-", i + 1 < n ? "|" : "\n");
    }
    return 0;
}

static void shows(sqlite3 *db, const char *sql, const char *expected)
{
    told[0] = 0;
    ck_assert_msg(sqlite3_exec(db, sql, add_row, NULL, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(db));
    ck_assert_str_eq(told, expected);
}

START_TEST(views)
{
    static const char *const also[] = {"", "-wal", "-shm", ".key"};
    char path[64] = "/tmp/vrpsh-points-XXXXXX", name[80];
    sqlite3 *db;
    close(mkstemp(path));
    lab_open(&lab, path);
    lab_lines(&lab, "sysname A\nbgp 64601\nrouter-id 10.1.1.1\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\nrouter-id 10.1.1.2\nipv4-family vpnv4\nundo policy vpn-target\n");
    lab_commit(&lab);
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    shows(db, "SELECT id,user,terminal,type,label,description FROM v1_commits",
          "1000000001|ann|pts/1|CLI|-|\n1000000002|ann|pts/1|CLI|-|\n");
    shows(db, "SELECT path,line,commit_id,user FROM v1_running WHERE time<>''",
          "|sysname A|1000000001|ann\n|bgp 64601|1000000001|ann\n"
          "bgp 64601|router-id 10.1.1.2|1000000002|ann\n"
          "bgp 64601|ipv4-family unicast|1000000001|ann\n"
          "bgp 64601|ipv4-family vpnv4|1000000002|ann\n"
          "bgp 64601 / ipv4-family vpnv4|undo policy vpn-target|1000000002|ann\n");
    shows(db, "SELECT path,old,new FROM v1_changes WHERE commit_id=1000000002",
          "bgp 64601|router-id 10.1.1.1|router-id 10.1.1.2\n"
          "bgp 64601|-|ipv4-family vpnv4\n"
          "bgp 64601 / ipv4-family vpnv4|-|undo policy vpn-target\n");
    sqlite3_close(db);
    lab_close(&lab);
    for (size_t i = 0; i < sizeof also / sizeof *also; i++) {
        snprintf(name, sizeof name, "%s%s", path, also[i]);
        unlink(name);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("points");
    TCase *tc = tcase_create("points");
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, begin, end);
    tcase_add_test(tc, any_order);
    tcase_add_test(tc, eighty_unless_told);
    tcase_add_test(tc, what_came_after_stays);
    tcase_add_test(tc, nothing_is_left_hanging);
    suite_add_tcase(s, tc);
    tc = tcase_create("files");
    tcase_add_test(tc, views);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
