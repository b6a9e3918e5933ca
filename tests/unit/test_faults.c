/*
 * What fails underneath a commit: every n-th call of SQLite to the disk, the disk full from the
 * n-th write on, every n-th allocation of SQLite. Whatever fails, a refused line or commit says
 * why, running and the candidate are what they were, and when the disk is well again the next
 * commit works; the datastore is whole, its history replayed from nothing is running, and the
 * model beside it is that of a host that has just read it.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test_config_lab.h"

/* --- a disk that fails -------------------------------------------------------------------------
 */

enum mode { ONCE, FROM_THEN_ON, FULL, MEMORY, MODES };

static struct {
    bool on;
    enum mode mode;
    unsigned calls, at, hits;
} fault;

static bool strikes(void)
{
    if (!fault.on)
        return false;
    fault.calls++;
    bool hit = fault.mode == ONCE || fault.mode == MEMORY ? fault.calls == fault.at
                                                          : fault.calls >= fault.at;
    fault.hits += hit;
    return hit;
}

static int disk(int code)
{
    return fault.mode < FULL && strikes() ? code : SQLITE_OK;
}

static int space(int code)
{
    if (fault.mode == FULL)
        return strikes() ? SQLITE_FULL : SQLITE_OK;
    return disk(code);
}

struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *system_vfs;

#define REAL(f) (((struct file *)(f))->real)
#define PASS(f, call, ...) REAL(f)->pMethods->call(REAL(f), __VA_ARGS__)
#define FAILS(how, code)                                                                           \
    do {                                                                                           \
        int rc_ = how(code);                                                                       \
        if (rc_ != SQLITE_OK)                                                                      \
            return rc_;                                                                            \
    } while (0)

static int f_close(sqlite3_file *f)
{
    int rc = REAL(f)->pMethods ? REAL(f)->pMethods->xClose(REAL(f)) : SQLITE_OK;
    free(REAL(f));
    return rc;
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    FAILS(disk, SQLITE_IOERR_READ);
    return PASS(f, xRead, p, n, at);
}

static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    FAILS(space, SQLITE_IOERR_WRITE);
    return PASS(f, xWrite, p, n, at);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    FAILS(disk, SQLITE_IOERR_TRUNCATE);
    return PASS(f, xTruncate, n);
}

static int f_sync(sqlite3_file *f, int flags)
{
    FAILS(disk, SQLITE_IOERR_FSYNC);
    return PASS(f, xSync, flags);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *n)
{
    FAILS(disk, SQLITE_IOERR_FSTAT);
    return PASS(f, xFileSize, n);
}

static int f_lock(sqlite3_file *f, int how)
{
    FAILS(disk, SQLITE_IOERR_LOCK);
    return PASS(f, xLock, how);
}

static int f_unlock(sqlite3_file *f, int how)
{
    return PASS(f, xUnlock, how);
}

static int f_reserved(sqlite3_file *f, int *out)
{
    FAILS(disk, SQLITE_IOERR_CHECKRESERVEDLOCK);
    return PASS(f, xCheckReservedLock, out);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
    return PASS(f, xFileControl, op, arg);
}

static int f_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int f_traits(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    FAILS(space, SQLITE_IOERR_SHMMAP);
    return PASS(f, xShmMap, page, size, extend, out);
}

static int f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    if (flags & SQLITE_SHM_LOCK)
        FAILS(disk, SQLITE_IOERR_SHMLOCK);
    return PASS(f, xShmLock, offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int f_shm_unmap(sqlite3_file *f, int delete)
{
    return PASS(f, xShmUnmap, delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = f_close,
    .xRead = f_read,
    .xWrite = f_write,
    .xTruncate = f_truncate,
    .xSync = f_sync,
    .xFileSize = f_size,
    .xLock = f_lock,
    .xUnlock = f_unlock,
    .xCheckReservedLock = f_reserved,
    .xFileControl = f_control,
    .xSectorSize = f_sector,
    .xDeviceCharacteristics = f_traits,
    .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock,
    .xShmBarrier = f_shm_barrier,
    .xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags, int *out)
{
    (void)v;
    f->pMethods = NULL;
    FAILS(space, SQLITE_CANTOPEN);
    REAL(f) = calloc(1, (size_t)system_vfs->szOsFile);
    int rc = system_vfs->xOpen(system_vfs, name, REAL(f), flags, out);
    if (rc == SQLITE_OK)
        f->pMethods = &methods;
    else
        free(REAL(f));
    return rc;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
    (void)v;
    FAILS(disk, SQLITE_IOERR_DELETE);
    return system_vfs->xDelete(system_vfs, name, sync);
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
    (void)v;
    FAILS(disk, SQLITE_IOERR_ACCESS);
    return system_vfs->xAccess(system_vfs, name, flags, out);
}

static sqlite3_mem_methods real_memory;

static void *m_malloc(int n)
{
    return fault.mode == MEMORY && strikes() ? NULL : real_memory.xMalloc(n);
}

static void *m_realloc(void *p, int n)
{
    return fault.mode == MEMORY && strikes() ? NULL : real_memory.xRealloc(p, n);
}

static void make_faulty(void)
{
    static sqlite3_vfs vfs;
    static sqlite3_mem_methods memory;
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory), SQLITE_OK);
    memory = real_memory;
    memory.xMalloc = m_malloc;
    memory.xRealloc = m_realloc;
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory), SQLITE_OK);
    /* small allocations out of a pool of the connection would not be seen */
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    system_vfs = sqlite3_vfs_find(NULL);
    vfs = *system_vfs;
    vfs.zName = "faulty";
    vfs.szOsFile = sizeof(struct file);
    vfs.pNext = NULL;
    vfs.xOpen = v_open;
    vfs.xDelete = v_delete;
    vfs.xAccess = v_access;
    ck_assert_int_eq(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

static void arm(enum mode mode, unsigned at)
{
    fault.mode = mode;
    fault.calls = fault.hits = 0;
    fault.at = at;
    fault.on = true;
}

/* --- a datastore to fail on --------------------------------------------------------------------
 */

static char dir[64], base[80], db[80];
static struct lab lab;

static void copy(const char *from, const char *to, const char *suffix)
{
    char a[100], b[100], buf[8192];
    ssize_t n;
    snprintf(a, sizeof a, "%s%s", from, suffix);
    snprintf(b, sizeof b, "%s%s", to, suffix);
    unlink(b);
    int in = open(a, O_RDONLY);
    if (in < 0)
        return;
    int out = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while ((n = read(in, buf, sizeof buf)) > 0)
        ck_assert_int_eq(write(out, buf, (size_t)n), n);
    close(in);
    close(out);
}

static void copy_all(const char *from, const char *to)
{
    static const char *const suffix[] = {"", "-wal", "-shm", ".key"};
    for (int i = 0; i < 4; i++)
        copy(from, to, suffix[i]);
}

static void setup(void)
{
    make_faulty();
    /* thousands of commits: where a sync costs nothing, if there is such a place */
    snprintf(dir, sizeof dir, "%s/vrpsh-faults.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(base, sizeof base, "%s/base.db", dir);
    snprintf(db, sizeof db, "%s/v.db", dir);
    lab_open(&lab, base);
    lab_lines(&lab, "sysname A\nrouter id 1.1.1.1\ninterface LoopBack 0\nip address 127.0.1.1 32\n"
                    "quit\nbgp 64601\ngroup G external\npeer G as-number 64602\n"
                    "peer 10.0.0.1 as-number 64603\npeer 10.0.0.1 description one\n"
                    "peer 10.0.0.2 group G\nipv4-family vpnv4\npeer 10.0.0.1 enable\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.1 description two\npeer 10.0.0.9 as-number 9\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.1 description three\npeer 10.0.0.9 ignore\n");
    lab_commit(&lab);
    lab_close(&lab);
}

static void teardown(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static const char *const edits[] = {
    "sysname B",          "ip route-static 192.0.2.0 24 NULL 0",
    "bgp 64601",          "peer 10.0.0.1 ebgp-max-hop 3",
    "undo peer 10.0.0.9", "undo peer 10.0.0.1 description",
    "undo group G",       "peer 10.0.0.3 as-number 64604",
};

/* The configuration as text. */
static const char *rows(bool candidate)
{
    static char buf[2][LAB_ROWS];
    return lab_rows(&lab, candidate, buf[candidate]);
}

static void same(const char *got, const char *want, const char *what)
{
    ck_assert_msg(strcmp(got, want) == 0, "call %u of mode %d: %s is\n%s\nand not\n%s", fault.at,
                  fault.mode, what, got, want);
}

/* Types all edits; a refused one says why and leaves the candidate alone. */
static void type_edits(bool all)
{
    char before[LAB_ROWS];
    lab_top(&lab);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        bool was = fault.on;
        fault.on = false;
        snprintf(before, sizeof before, "%s", rows(true));
        fault.on = was;
        bool ok = lab_try(&lab, edits[i]);
        fault.on = false;
        if (!ok && !all) {
            ck_assert_msg(strncmp(lab.edit.err, "Error: ", 7) == 0 && lab.edit.err[7],
                          "no reason: %s", lab.edit.err);
            same(rows(true), before, "the candidate");
        }
        fault.on = was;
        if (!ok && lab.depth == 0)
            return; /* not in the view of what follows */
    }
}

static bool commit(void)
{
    struct store_commit meta = {.user = "ann", .tty = "pts/1", .type = "CLI", .label = "fault"};
    lab.edit.err[0] = 0;
    return config_commit(&lab.edit, &meta);
}

/* Two models say the same: that of the host that went through it, and of one that has just begun.
 */
static void same_models(const struct model *a, const struct model *b)
{
    unsigned na = 0, nb = 0;
    ck_assert_str_eq(model_sysname(a), model_sysname(b));
    ck_assert_uint_eq(model_router_id(a), model_router_id(b));
    ck_assert_uint_eq(HASH_COUNT(a->statics), HASH_COUNT(b->statics));
    for (struct model_peer *p = a->peers; p; p = p->hh.next)
        na += p->exists;
    for (struct model_peer *p = b->peers; p; p = p->hh.next) {
        struct bgp_peer_conf x = {0}, y = {0};
        bool differs = false;
        if (!p->exists)
            continue;
        nb++;
        struct model_peer *q = model_find_peer(a, p->name);
        ck_assert_msg(q && q->exists, "%s is not in the model", p->name);
        model_effective_peer(b, p, &x);
        model_effective_peer(a, q, &y);
        model_compare_peer(&x, &y, &differs);
        ck_assert_msg(!differs, "call %u of mode %d: %s differs", fault.at, fault.mode, p->name);
        bgp_peer_conf_clear(&x);
        bgp_peer_conf_clear(&y);
    }
    ck_assert_uint_eq(na, nb);
}

static int text_row(void *arg, int n, char **v, char **names)
{
    (void)n, (void)names;
    snprintf(arg, 200, "%s", v[0] ? v[0] : "");
    return 0;
}

static void ask(const char *path, const char *sql, char out[200])
{
    sqlite3 *s;
    out[0] = 0;
    ck_assert_int_eq(sqlite3_open(path, &s), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(s, sql, text_row, out, NULL), SQLITE_OK);
    sqlite3_close(s);
}

/* Integrity, and the history of every key is a chain that ends in what running has. */
static void whole(const char *path)
{
    char out[200];
    ask(path, "PRAGMA integrity_check", out);
    ck_assert_str_eq(out, "ok");
    ask(path,
        "SELECT count(*) FROM (SELECT old, lag(new) OVER (PARTITION BY key ORDER BY commit_id) was"
        " FROM change) WHERE old IS NOT was",
        out);
    ck_assert_msg(strcmp(out, "0") == 0, "call %u of mode %d: the history does not fit together",
                  fault.at, fault.mode);
    ask(path,
        "SELECT count(*) FROM (SELECT key, new, max(commit_id) FROM change GROUP BY key) c"
        " FULL JOIN running r ON r.key=c.key WHERE c.new IS NOT r.text",
        out);
    ck_assert_msg(strcmp(out, "0") == 0, "call %u of mode %d: history replayed is not running",
                  fault.at, fault.mode);
}

/* Is the commit in what a crash at this moment would leave? */
static bool survives_crash(void)
{
    char crashed[100], out[200];
    snprintf(crashed, sizeof crashed, "%s/crash.db", dir);
    copy_all(db, crashed);
    strcat(crashed, "-shm");
    unlink(crashed); /* a crash of the machine leaves none */
    snprintf(crashed, sizeof crashed, "%s/crash.db", dir);
    ask(crashed, "SELECT count(*) FROM commits WHERE label='fault'", out);
    return strcmp(out, "0") != 0;
}

/* --- the loops ---------------------------------------------------------------------------------
 */

static char want_old[LAB_ROWS], want_new[LAB_ROWS];

static void learn(void)
{
    fault.on = false;
    copy_all(base, db);
    lab_open(&lab, db);
    snprintf(want_old, sizeof want_old, "%s", rows(false));
    type_edits(true);
    snprintf(want_new, sizeof want_new, "%s", rows(true));
    ck_assert_str_ne(want_old, want_new);
    lab_close(&lab);
}

/* The n-th call fails while lines are typed, written behind and committed. False: there is no
 * n-th call. */
static bool round_of(enum mode mode, unsigned n)
{
    char before[LAB_ROWS];
    copy_all(base, db);
    lab_open(&lab, db);
    arm(mode, n);
    type_edits(false);
    bool flushed = store_candidate_flush(lab.config.store, &lab.edit.cand);
    store_rest(lab.config.store);
    fault.on = false;
    ck_assert_msg(flushed || *store_error(lab.config.store), "no reason");
    snprintf(before, sizeof before, "%s", rows(true));
    fault.on = true;
    bool done = commit();
    fault.on = false;
    bool hit = fault.hits > 0;
    if (done) {
        same(rows(false), before, "running after a commit");
    } else {
        ck_assert_msg(strncmp(lab.edit.err, "Error: ", 7) == 0 && lab.edit.err[7], "no reason: %s",
                      lab.edit.err);
        same(rows(false), want_old, "running");
        same(rows(true), before, "the candidate");
        if (mode == ONCE || mode == MEMORY) /* a disk that is dead for good has the last word */
            ck_assert_msg(!survives_crash(), "call %u of mode %d: a failed commit comes back", n,
                          mode);
    }
    type_edits(true); /* what was refused; the rest is there already */
    same(rows(true), want_new, "the candidate typed again");
    if (lab.edit.cand.rows)
        ck_assert_msg(commit() || done, "call %u of mode %d: the next commit: %s", n, mode,
                      lab.edit.err);
    if (lab.edit.cand.rows) /* the label is taken by the first */
        lab_commit(&lab);
    same(rows(false), want_new, "running in the end");
    struct config fresh;
    char err[300];
    ck_assert_msg(config_open(&fresh, db, err, sizeof err), "%s", err);
    same_models(lab.config.model, fresh.model);
    config_close(&fresh);
    lab_close(&lab);
    whole(db);
    return hit;
}

START_TEST(commits)
{
    unsigned n = 1, step = getenv("SOAK") ? 1 : _i == MEMORY ? 7 : 3;
    learn();
    while (round_of((enum mode)_i, n))
        n += step;
    ck_assert_uint_gt(n, 4 * step);
}
END_TEST

/* A terminal is lost while the disk fails: its candidate is there when the user comes back. */
static bool lose_and_resume(enum mode mode, unsigned n)
{
    char typed[LAB_ROWS];
    struct store_candidate back;
    copy_all(base, db);
    lab_open(&lab, db);
    type_edits(true);
    snprintf(typed, sizeof typed, "%s", rows(true));
    arm(mode, n);
    store_candidate_flush(lab.config.store, &lab.edit.cand);
    store_candidate_leave(lab.config.store, &lab.edit.cand);
    bool adopted = store_candidate_adopt(lab.config.store, "ann", &back);
    fault.on = false;
    bool hit = fault.hits > 0;
    if (!adopted)
        ck_assert_msg(store_candidate_adopt(lab.config.store, "ann", &back),
                      "call %u of mode %d: the candidate is gone", n, mode);
    lab.edit.cand = back;
    same(rows(true), typed, "the candidate");
    lab_commit(&lab);
    same(rows(false), typed, "running");
    ck_assert(!store_candidate_adopt(lab.config.store, "ann", &back));
    lab_close(&lab);
    whole(db);
    return hit;
}

START_TEST(lost_terminals)
{
    unsigned n = 1, step = getenv("SOAK") ? 1 : _i == MEMORY ? 7 : 2;
    learn();
    while (lose_and_resume((enum mode)_i, n))
        n += step;
    ck_assert_uint_gt(n, 3 * step);
}
END_TEST

/* Old commits are dropped: their changes are folded into what is left, or nothing happens. */
START_TEST(dropping)
{
    learn();
    for (unsigned n = 1;; n++) {
        copy_all(base, db);
        lab_open(&lab, db);
        arm((enum mode)_i, n);
        bool ok = store_drop_oldest(lab.config.store, 3);
        fault.on = false;
        ck_assert_msg(ok || *store_error(lab.config.store), "no reason");
        same(rows(false), want_old, "running");
        ck_assert(ok || store_drop_oldest(lab.config.store, 3));
        lab_close(&lab);
        whole(db);
        if (!fault.hits)
            break;
    }
}
END_TEST

/* The datastore is opened, new or old: it is refused with a reason, or it is as it should be. */
START_TEST(openings)
{
    unsigned step = getenv("SOAK") ? 1 : _i == MEMORY ? 9 : 1;
    learn();
    for (int old = 0; old < 2; old++)
        for (unsigned n = 1;; n += step) {
            struct config c;
            char err[300] = "";
            copy_all(old ? base : "/nonexistent", db);
            arm((enum mode)_i, n);
            bool ok = config_open(&c, db, err, sizeof err);
            fault.on = false;
            if (ok)
                config_close(&c);
            else
                ck_assert_msg(*err, "call %u: no reason", n);
            lab_open(&lab, db);
            same(rows(false), old ? want_old : "", "running");
            lab_close(&lab);
            whole(db);
            if (!fault.hits)
                break;
        }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("faults");
    TCase *t = tcase_create("faults");
    tcase_set_timeout(t, getenv("SOAK") ? 600 : 30);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_loop_test(t, commits, 0, MODES);
    tcase_add_loop_test(t, lost_terminals, 0, MODES);
    tcase_add_loop_test(t, dropping, 0, MODES);
    tcase_add_loop_test(t, openings, 0, MODES);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
