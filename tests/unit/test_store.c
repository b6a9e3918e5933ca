/*
 * The datastore against a model that is too simple to be wrong: the overlay, rows as a session
 * sees them, commits, history and revert, candidates left behind, and who may open a file.
 */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/overlay.h"
#include "engine/store/store.h"

/* --- the naive model: an array indexed by a small key space -------------------------- */

enum { KEYS = 120, TEXT = 24 };

/* Keys of different lengths of which some are prefixes of others, some with 0x00 and 0xff. */
static size_t key_of(unsigned i, uint8_t key[8])
{
    static const uint8_t octets[] = {0x00, 0x01, 0x7f, 0xff};
    size_t n = 0;
    key[n++] = octets[i % 4];
    for (unsigned rest = i / 4; rest; rest /= 5)
        key[n++] = rest % 5 ? octets[rest % 5 - 1] : 0x02;
    return n;
}

static int key_order(unsigned a, unsigned b)
{
    uint8_t ka[8], kb[8];
    size_t na = key_of(a, ka), nb = key_of(b, kb);
    int d = memcmp(ka, kb, na < nb ? na : nb);
    return d ? d : na < nb ? -1 : na > nb;
}

static unsigned sorted[KEYS];

static int by_key(const void *a, const void *b)
{
    return key_order(*(const unsigned *)a, *(const unsigned *)b);
}

static void sort_keys(void)
{
    for (unsigned i = 0; i < KEYS; i++)
        sorted[i] = i;
    qsort(sorted, KEYS, sizeof *sorted, by_key);
    for (unsigned i = 1; i < KEYS; i++)
        ck_assert_int_ne(key_order(sorted[i - 1], sorted[i]), 0);
}

static bool starts_with(unsigned i, const uint8_t *prefix, size_t n)
{
    uint8_t key[8];
    size_t nkey = key_of(i, key);
    return n == 0 || (nkey >= n && memcmp(key, prefix, n) == 0);
}

enum presence { ABSENT, PRESENT, DELETED };
struct model {
    enum presence is[KEYS];
    char text[KEYS][TEXT];
};

static void model_set(struct model *m, unsigned i, enum presence is, const char *text)
{
    char copy[TEXT]; /* the text may be the row's own */
    snprintf(copy, sizeof copy, "%s", is == PRESENT ? text : "");
    memcpy(m->text[i], copy, sizeof copy);
    m->is[i] = is;
}

static bool model_same(const struct model *a, const struct model *b, unsigned i)
{
    return a->is[i] == b->is[i] && strcmp(a->text[i], b->text[i]) == 0;
}

static const char *some_text(char buf[TEXT])
{
    snprintf(buf, TEXT, "text %d", rand() % 5);
    return buf;
}

/* --- overlay ------------------------------------------------------------------------- */

static void overlay_holds(const struct overlay *o, const struct model *m)
{
    struct overlay_cursor c;
    const struct overlay_row *r = overlay_seek(o, NULL, 0, &c);
    size_t n = 0;
    for (unsigned s = 0; s < KEYS; s++) {
        uint8_t key[8];
        unsigned i = sorted[s];
        size_t nkey = key_of(i, key);
        const struct overlay_row *got = overlay_get(o, key, nkey);
        ck_assert_int_eq(got != NULL, m->is[i] != ABSENT);
        if (!got)
            continue;
        ck_assert_ptr_eq(got, r);
        ck_assert_uint_eq(r->nkey, nkey);
        ck_assert_mem_eq(r->key, key, nkey);
        ck_assert_int_eq(r->text == NULL, m->is[i] == DELETED);
        if (r->text) {
            ck_assert_str_eq(r->text, m->text[i]);
            ck_assert_uint_eq(r->ntext, strlen(r->text));
        }
        r = overlay_next(&c);
        n++;
    }
    ck_assert_ptr_null(r);
    ck_assert_uint_eq(overlay_count(o), n);
}

/* What the flushes have written so far is what the overlay holds. */
static bool flushed(void *arg, const struct overlay_row *row, bool removed)
{
    struct model *disk = arg;
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t key[8];
        size_t n = key_of(i, key);
        if (n == row->nkey && memcmp(key, row->key, n) == 0)
            model_set(disk, i, removed ? ABSENT : row->text ? PRESENT : DELETED, row->text);
    }
    return true;
}

static bool refuse(void *arg, const struct overlay_row *row, bool removed)
{
    (void)row, (void)removed;
    return ++*(unsigned *)arg < 3;
}

static void overlay_change(struct overlay *o, struct model *m)
{
    uint8_t key[8];
    char text[TEXT];
    unsigned i = (unsigned)rand() % KEYS;
    size_t n = key_of(i, key);
    if (rand() % 3 == 0) {
        overlay_remove(o, key, n);
        model_set(m, i, ABSENT, NULL);
    } else if (rand() % 4 == 0) {
        overlay_set(o, key, n, NULL, 0, NULL, true);
        model_set(m, i, DELETED, NULL);
    } else {
        some_text(text);
        overlay_set(o, key, n, text, strlen(text), NULL, true);
        model_set(m, i, PRESENT, text);
    }
}

START_TEST(overlay_against_model)
{
    struct overlay *o = overlay_new();
    static struct model m, marked, disk;
    memset(&m, 0, sizeof m), memset(&disk, 0, sizeof disk);
    srand(41 + (unsigned)_i);
    for (int round = 0; round < 400; round++) {
        bool mark = rand() % 2, keep = rand() % 2;
        if (mark) {
            marked = m;
            overlay_mark(o);
        }
        for (int k = rand() % 30; k > 0; k--)
            overlay_change(o, &m);
        if (mark) {
            overlay_unmark(o, keep);
            if (!keep)
                m = marked;
        }
        if (round % 10 == 0)
            overlay_holds(o, &m);
        unsigned calls = 0;
        if (rand() % 5 == 0 && overlay_dirty(o) && !overlay_each_dirty(o, refuse, &calls))
            ck_assert(overlay_dirty(o)); /* what failed to be written is written next time */
        else if (calls)                  /* few rows: all "written" */
            disk = m;
        if (rand() % 5 == 0) {
            bool had = overlay_dirty(o);
            ck_assert(overlay_each_dirty(o, flushed, &disk));
            ck_assert_int_eq(overlay_dirty(o), had); /* until it is said to be written */
            overlay_clean(o);
            ck_assert(!overlay_dirty(o));
            for (unsigned i = 0; i < KEYS; i++)
                ck_assert(model_same(&disk, &m, i));
        }
    }
    overlay_holds(o, &m);
    overlay_clear(o);
    ck_assert_uint_eq(overlay_count(o), 0);
    overlay_free(o);
}
END_TEST

START_TEST(overlay_seek_anywhere)
{
    struct overlay *o = overlay_new();
    struct overlay_cursor c;
    uint8_t key[4];
    for (unsigned i = 0; i < 20000; i += 2) { /* many chunks */
        key[0] = (uint8_t)(i >> 16), key[1] = (uint8_t)(i >> 8), key[2] = (uint8_t)i;
        overlay_set(o, key, 3, "x", 1, NULL, false);
    }
    ck_assert(!overlay_dirty(o));
    for (unsigned i = 0; i < 20000; i++) {
        key[0] = (uint8_t)(i >> 16), key[1] = (uint8_t)(i >> 8), key[2] = (uint8_t)i;
        const struct overlay_row *r = overlay_seek(o, key, 3, &c);
        if (i == 19999) {
            ck_assert_ptr_null(r);
            continue;
        }
        unsigned want = i + i % 2;
        ck_assert_uint_eq((unsigned)r->key[0] << 16 | (unsigned)r->key[1] << 8 | r->key[2], want);
    }
    overlay_free(o);
}
END_TEST

/* --- a store, running and two sessions, against three models ------------------------- */

static struct store *open_store(const char *path)
{
    char err[300] = "";
    struct store *s = NULL;
    ck_assert_msg(store_open(&s, path, "print-1", err, sizeof err), "%s", err);
    return s;
}

/* What the session sees of a key. */
static const char *seen(const struct model *running, const struct model *over, unsigned i)
{
    const struct model *m = over && over->is[i] != ABSENT ? over : running;
    return m->is[i] == PRESENT ? m->text[i] : NULL;
}

struct scan {
    const struct model *running, *over;
    const uint8_t *prefix;
    size_t nprefix, at;
};

static void skip_unseen(struct scan *s)
{
    while (s->at < KEYS && (!seen(s->running, s->over, sorted[s->at]) ||
                            !starts_with(sorted[s->at], s->prefix, s->nprefix)))
        s->at++;
}

static bool scanned(void *arg, const uint8_t *key, size_t nkey, const char *text, size_t ntext)
{
    struct scan *s = arg;
    uint8_t want[8];
    skip_unseen(s);
    ck_assert_uint_lt(s->at, KEYS);
    ck_assert_uint_eq(key_of(sorted[s->at], want), nkey);
    ck_assert_mem_eq(key, want, nkey);
    ck_assert_str_eq(text, seen(s->running, s->over, sorted[s->at]));
    ck_assert_uint_eq(strlen(text), ntext);
    s->at++;
    return true;
}

struct changes {
    const struct model *running, *over;
    size_t at;
};

static bool changed(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                    const char *new_text)
{
    struct changes *c = arg;
    uint8_t want[8];
    while (c->at < KEYS && c->over->is[sorted[c->at]] == ABSENT)
        c->at++;
    ck_assert_uint_lt(c->at, KEYS);
    unsigned i = sorted[c->at++];
    ck_assert_uint_eq(key_of(i, want), nkey);
    ck_assert_mem_eq(key, want, nkey);
    ck_assert_pstr_eq(old_text, seen(c->running, NULL, i));
    ck_assert_pstr_eq(new_text, c->over->is[i] == PRESENT ? c->over->text[i] : NULL);
    return true;
}

static void session_holds(struct store *s, const struct store_candidate *c,
                          const struct model *running, const struct model *over)
{
    size_t rows = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        uint8_t key[8];
        char buf[100];
        const char *want = seen(running, over, i);
        long n = store_get(s, c, key, key_of(i, key), buf, sizeof buf);
        ck_assert_int_eq(n, want ? (long)strlen(want) : -1);
        if (want)
            ck_assert_str_eq(buf, want);
        rows += over->is[i] != ABSENT;
    }
    ck_assert_uint_eq(c->rows, rows);
    static const uint8_t prefixes[][2] = {{0}, {0xff}, {0x01}, {0xff, 0xff}, {0x7f, 0x00}};
    for (size_t p = 0; p < 5; p++)
        for (size_t n = 0; n <= 2; n++) {
            struct scan sc = {running, over, prefixes[p], n, 0};
            ck_assert(store_scan(s, c, prefixes[p], n, NULL, 0, scanned, &sc));
            bool any = sc.at > 0;
            skip_unseen(&sc);
            ck_assert_uint_eq(sc.at, KEYS);
            ck_assert_int_eq(store_any(s, c, prefixes[p], n), any);
        }
    for (unsigned k = 0; k < KEYS; k += 7) { /* continue behind any key */
        uint8_t after[8];
        size_t n = key_of(sorted[k], after);
        struct scan sc = {running, over, NULL, 0, k + 1};
        ck_assert(store_scan(s, c, NULL, 0, after, n, scanned, &sc));
        skip_unseen(&sc);
        ck_assert_uint_eq(sc.at, KEYS);
    }
    struct changes ch = {running, over, 0};
    ck_assert(store_changes(s, c, changed, &ch));
    while (ch.at < KEYS && over->is[sorted[ch.at]] == ABSENT)
        ch.at++;
    ck_assert_uint_eq(ch.at, KEYS);
}

static void over_put(const struct model *running, struct model *over, unsigned i, const char *text)
{
    const char *had = seen(running, NULL, i);
    bool same = text ? had && strcmp(had, text) == 0 : !had;
    model_set(over, i, same ? ABSENT : text ? PRESENT : DELETED, text);
}

static void session_change(struct store *s, struct store_candidate *c, const struct model *running,
                           struct model *over)
{
    uint8_t key[8];
    char text[TEXT];
    unsigned i = (unsigned)rand() % KEYS;
    size_t n = key_of(i, key);
    int what = rand() % 8;
    if (what < 5) {
        some_text(text);
        ck_assert(store_set(s, c, key, n, text, strlen(text)));
        over_put(running, over, i, text);
    } else if (what < 7) {
        ck_assert(store_delete(s, c, key, n));
        over_put(running, over, i, NULL);
    } else {
        ck_assert(store_delete_prefix(s, c, key, n));
        for (unsigned k = 0; k < KEYS; k++)
            if (starts_with(k, key, n))
                over_put(running, over, k, NULL);
    }
}

static void apply(struct model *running, struct model *over)
{
    for (unsigned i = 0; i < KEYS; i++)
        if (over->is[i] != ABSENT)
            model_set(running, i, over->is[i] == PRESENT ? PRESENT : ABSENT, over->text[i]);
    memset(over, 0, sizeof *over);
}

/* Another session's rows that a commit made equal to running are no changes any more. */
static void tidy(const struct model *running, struct model *over)
{
    for (unsigned i = 0; i < KEYS; i++)
        if (over->is[i] != ABSENT)
            over_put(running, over, i, over->is[i] == PRESENT ? over->text[i] : NULL);
}

enum { COMMITS = 40 };
static struct model past[COMMITS + 1];

static void one_commit(struct store *s, struct store_candidate *c, struct model *running,
                       struct model over[2], unsigned who, unsigned n)
{
    struct store_commit meta = {.user = "u", .tty = "t", .type = "CLI"};
    if (!c[who].rows) {
        uint8_t key[8];
        ck_assert(store_set(s, &c[who], key, key_of(n, key), "something", 9));
        over_put(running, &over[who], n, "something");
    }
    snprintf(meta.label, sizeof meta.label, n % 3 ? "" : "label-%u", n);
    ck_assert_msg(store_commit(s, &c[who], &meta, NULL), "%s", store_error(s));
    ck_assert_uint_eq(meta.id, 1000000000 + n);
    ck_assert_uint_eq(c[who].rows, 0);
    apply(running, &over[who]);
    store_candidate_tidy(s, &c[!who], meta.id);
    tidy(running, &over[!who]);
    past[n] = *running;
}

struct net {
    const struct model *from, *to;
    size_t at;
};

static void skip_same(struct net *h)
{
    while (h->at < KEYS && model_same(h->from, h->to, sorted[h->at]))
        h->at++;
}

static bool net_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                    const char *new_text)
{
    struct net *h = arg;
    uint8_t want[8];
    skip_same(h);
    ck_assert_uint_lt(h->at, KEYS);
    unsigned i = sorted[h->at++];
    ck_assert_uint_eq(key_of(i, want), nkey);
    ck_assert_mem_eq(key, want, nkey);
    ck_assert_pstr_eq(old_text, seen(h->from, NULL, i));
    ck_assert_pstr_eq(new_text, seen(h->to, NULL, i));
    return true;
}

static void net_change(struct store *s, unsigned from, unsigned to)
{
    struct net h = {&past[from - 1], &past[to], 0};
    ck_assert(store_history(s, 1000000000 + from, 1000000000 + to, net_row, &h));
    skip_same(&h);
    ck_assert_uint_eq(h.at, KEYS);
}

static void revert_to(struct store *s, unsigned n)
{
    struct store_candidate c;
    struct model over = {0};
    ck_assert(store_candidate_new(s, "u", "t", &c));
    ck_assert(store_revert(s, &c, 1000000000 + n));
    for (unsigned i = 0; i < KEYS; i++)
        over_put(&past[COMMITS], &over, i, seen(&past[n], NULL, i));
    session_holds(s, &c, &past[COMMITS], &over);
    ck_assert(store_candidate_drop(s, &c));
}

START_TEST(store_against_model)
{
    struct store *s = open_store(":memory:");
    struct store_candidate c[2];
    static struct model running, over[2];
    memset(&running, 0, sizeof running), memset(over, 0, sizeof over);
    memset(past, 0, sizeof past);
    srand(17 + (unsigned)_i);
    ck_assert(store_candidate_new(s, "a", "pts/1", &c[0]));
    ck_assert(store_candidate_new(s, "b", "pts/2", &c[1]));
    for (unsigned n = 1; n <= COMMITS; n++) {
        for (int k = rand() % 40; k > 0; k--) {
            unsigned who = (unsigned)rand() % 2;
            struct model before = over[who];
            bool mark = rand() % 4 == 0, keep = rand() % 2;
            if (mark)
                store_mark(&c[who]);
            session_change(s, &c[who], &running, &over[who]);
            if (mark)
                store_unmark(&c[who], keep);
            if (mark && !keep)
                over[who] = before;
            if (rand() % 10 == 0)
                ck_assert(store_candidate_flush(s, &c[who]));
        }
        session_holds(s, &c[0], &running, &over[0]);
        session_holds(s, &c[1], &running, &over[1]);
        one_commit(s, c, &running, over, (unsigned)rand() % 2, n);
    }
    for (unsigned i = 1; i <= COMMITS; i += 3) {
        net_change(s, i, i);
        net_change(s, i, COMMITS);
        net_change(s, i, i + (COMMITS - i) / 2);
        revert_to(s, i);
    }
    revert_to(s, 0);
    ck_assert(store_candidate_clear(s, &c[0]));
    ck_assert_uint_eq(c[0].rows, 0);
    ck_assert(store_candidate_drop(s, &c[0]) && store_candidate_drop(s, &c[1]));
    store_close(s);
}
END_TEST

/* --- commits by id, label and number ------------------------------------------------- */

static bool note_id(void *arg, const struct store_commit *c)
{
    uint32_t **at = arg;
    *(*at)++ = c->id;
    return true;
}

START_TEST(finding_commits)
{
    struct store *s = open_store(":memory:");
    struct store_candidate c;
    struct store_commit got;
    uint32_t ids[8] = {0}, *at = ids;
    ck_assert(store_candidate_new(s, "ann", "pts/1", &c));
    ck_assert(!store_commit_nth(s, 1, &got));
    for (unsigned n = 1; n <= 3; n++) {
        struct store_commit m = {.user = "ann", .tty = "pts/1", .type = "CLI"};
        char text[8];
        snprintf(text, sizeof text, "%u", n);
        snprintf(m.description, sizeof m.description, "commit %u", n);
        if (n == 2)
            strcpy(m.label, "two words");
        ck_assert(store_set(s, &c, (const uint8_t *)"k", 1, text, 1));
        ck_assert(store_commit(s, &c, &m, NULL));
    }
    ck_assert(store_commits(s, 2, false, note_id, &at));
    ck_assert_ptr_eq(at, ids + 2);
    ck_assert_uint_eq(ids[0], 1000000003);
    ck_assert_uint_eq(ids[1], 1000000002);
    ck_assert(store_commit_find(s, 0, "two words", &got));
    ck_assert_uint_eq(got.id, 1000000002);
    ck_assert_str_eq(got.description, "commit 2");
    ck_assert_str_eq(got.user, "ann");
    ck_assert_str_eq(got.type, "CLI");
    ck_assert(!store_commit_find(s, 0, "Two words", &got));
    ck_assert(store_commit_nth(s, 3, &got) && got.id == 1000000001);
    ck_assert(!store_commit_nth(s, 4, &got));
    ck_assert(!store_commit_find(s, 1000000004, NULL, &got));
    /* the same label again is refused and leaves everything as it was */
    struct store_commit m = {.user = "ann", .label = "two words"};
    ck_assert(store_set(s, &c, (const uint8_t *)"k", 1, "x", 1));
    ck_assert(!store_commit(s, &c, &m, NULL));
    ck_assert_uint_eq(c.rows, 1);
    char buf[8];
    ck_assert_int_eq(store_get(s, &(struct store_candidate){0}, (const uint8_t *)"k", 1, buf, 8),
                     1);
    ck_assert_str_eq(buf, "3");
    m.label[0] = 0;
    ck_assert(store_commit(s, &c, &m, NULL));
    ck_assert_uint_eq(m.id, 1000000004);
    store_candidate_drop(s, &c);
    store_close(s);
}
END_TEST

/* --- files --------------------------------------------------------------------------- */

static char dir[200], path[220];

static void temp_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/vrpsh-store.XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/v.db", dir);
}

static void remove_dir(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char file[240];
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
    }
    rmdir(dir);
}

static void put(struct store *s, struct store_candidate *c, const char *key, const char *text)
{
    ck_assert(store_set(s, c, (const uint8_t *)key, strlen(key), text, strlen(text)));
}

/* The process ends: candidates are neither left nor dropped. */
static void crash(struct store *s, struct store_candidate *a, struct store_candidate *b)
{
    overlay_free(a->overlay);
    if (b)
        overlay_free(b->overlay);
    store_close(s);
}

START_TEST(candidates_left_behind)
{
    struct store *s = open_store(path);
    struct store_candidate a, b, got;
    ck_assert(!store_candidate_adopt(s, "ann", &got));
    ck_assert(store_candidate_new(s, "ann", "pts/1", &a));
    ck_assert(store_candidate_new(s, "bob", "pts/2", &b));
    put(s, &a, "one", "1");
    put(s, &a, "two", "2");
    put(s, &b, "three", "3");
    ck_assert(!store_candidate_adopt(s, "ann", &got)); /* still in use */
    ck_assert(store_candidate_leave(s, &a));
    ck_assert(!store_candidate_adopt(s, "bob", &got));
    ck_assert(store_candidate_adopt(s, "ann", &got));
    ck_assert_uint_eq(got.rows, 2);
    struct store_candidate again;
    ck_assert(!store_candidate_adopt(s, "ann", &again)); /* only once */
    put(s, &got, "two", "changed");
    ck_assert(store_candidate_flush(s, &got));
    ck_assert(store_candidate_flush(s, &b));
    crash(s, &got, &b);
    s = open_store(path);
    char buf[20];
    ck_assert(store_candidate_adopt(s, "ann", &got));
    ck_assert_uint_eq(got.rows, 2);
    ck_assert_int_eq(store_get(s, &got, (const uint8_t *)"two", 3, buf, sizeof buf), 7);
    ck_assert(store_candidate_adopt(s, "bob", &b));
    ck_assert(store_candidate_clear(s, &b));
    ck_assert(store_candidate_leave(s, &b)); /* nothing in it: nothing to adopt */
    ck_assert(!store_candidate_adopt(s, "bob", &b));
    struct store_commit m = {.user = "ann"};
    ck_assert(store_commit(s, &got, &m, NULL));
    ck_assert(store_candidate_drop(s, &got));
    ck_assert(!store_candidate_adopt(s, "ann", &got));
    store_close(s);
}
END_TEST

static int first_number(void *arg, int n, char **v, char **names)
{
    (void)n, (void)names;
    *(int *)arg = atoi(v[0]);
    return 0;
}

static int rows_stored(void)
{
    sqlite3 *db;
    int rows = -1;
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_exec(db, "SELECT count(*) FROM candidate", first_number, &rows, NULL);
    sqlite3_close(db);
    return rows;
}

/* What was written behind and taken back since does not come again, and leaves nothing. */
START_TEST(taken_back_before_the_end)
{
    for (int how = 0; how < 3; how++) {
        struct store *s = open_store(path);
        struct store_candidate a;
        ck_assert(store_candidate_new(s, "ann", "pts/1", &a));
        put(s, &a, "one", "1");
        ck_assert(store_candidate_flush(s, &a));
        ck_assert(store_delete(s, &a, (const uint8_t *)"one", 3));
        ck_assert_uint_eq(a.rows, 0);
        ck_assert(how == 0   ? store_candidate_clear(s, &a)
                  : how == 1 ? store_candidate_drop(s, &a)
                             : store_candidate_leave(s, &a));
        crash(s, &a, NULL);
        s = open_store(path);
        ck_assert_int_eq(rows_stored(), 0);
        ck_assert(!store_candidate_adopt(s, "ann", &a));
        store_close(s);
    }
}
END_TEST

START_TEST(running_survives)
{
    struct store *s = open_store(path);
    struct store_candidate c;
    struct store_commit m = {.user = "ann"};
    char buf[20];
    ck_assert(store_candidate_new(s, "ann", "", &c));
    put(s, &c, "k", "committed");
    ck_assert(store_commit(s, &c, &m, NULL));
    put(s, &c, "k", "not yet");
    crash(s, &c, NULL);
    s = open_store(path);
    ck_assert_int_eq(
        store_get(s, &(struct store_candidate){0}, (const uint8_t *)"k", 1, buf, sizeof buf), 9);
    ck_assert(store_candidate_new(s, "ann", "", &c));
    put(s, &c, "k", "more");
    ck_assert(store_commit(s, &c, &m, NULL));
    ck_assert_uint_eq(m.id, 1000000002); /* ids go on */
    store_candidate_drop(s, &c);
    store_close(s);
}
END_TEST

START_TEST(modes_of_files)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    struct store *s;
    struct stat st;
    mode_t old = umask(0);
    s = open_store(path);
    for (int i = 0; i < 3; i++) {
        char file[240];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        ck_assert_int_eq(stat(file, &st), 0);
        ck_assert_uint_eq(st.st_mode & 07777, 0600);
    }
    ck_assert_uint_eq(umask(old), 0); /* the caller's is as it was */
    store_close(s);
}
END_TEST

START_TEST(made_by_another_schema)
{
    struct store *s = open_store(path), *t;
    struct store_candidate c;
    struct store_commit m = {.user = "ann"};
    char err[300] = "";
    store_close(s);
    ck_assert(store_open(&s, path, "print-2", err, sizeof err)); /* empty: taken over */
    ck_assert(store_candidate_new(s, "ann", "", &c));
    put(s, &c, "k", "x");
    ck_assert(store_commit(s, &c, &m, NULL));
    store_candidate_drop(s, &c);
    store_close(s);
    ck_assert(!store_open(&t, path, "print-1", err, sizeof err));
    ck_assert_str_eq(err, "The datastore was written by another version of this program.");
    ck_assert(store_open(&t, path, "print-2", err, sizeof err));
    store_close(t);
}
END_TEST

START_TEST(not_a_datastore)
{
    char err[300] = "";
    struct store *s;
    FILE *f = fopen(path, "w");
    for (int i = 0; i < 2000; i++)
        fputs("this is no database ", f);
    fclose(f);
    ck_assert(!store_open(&s, path, "p", err, sizeof err));
    ck_assert_ptr_nonnull(strstr(err, "not a database"));
    ck_assert(!store_open(&s, "/nonexistent/dir/x.db", "p", err, sizeof err));
    ck_assert_uint_gt(strlen(err), 10);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("store");
    TCase *t = tcase_create("memory"), *f = tcase_create("files");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, sort_keys, NULL);
    tcase_add_loop_test(t, overlay_against_model, 0, 5);
    tcase_add_test(t, overlay_seek_anywhere);
    tcase_add_loop_test(t, store_against_model, 0, 3);
    tcase_add_test(t, finding_commits);
    suite_add_tcase(s, t);
    tcase_add_checked_fixture(f, temp_dir, remove_dir);
    tcase_add_test(f, candidates_left_behind);
    tcase_add_test(f, taken_back_before_the_end);
    tcase_add_test(f, running_survives);
    tcase_add_test(f, modes_of_files);
    tcase_add_test(f, made_by_another_schema);
    tcase_add_test(f, not_a_datastore);
    suite_add_tcase(s, f);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
