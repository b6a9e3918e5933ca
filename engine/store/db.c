/* Opening the datastore, its tables, and the small wrappers every query goes through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/store/internal.h"

#define STORE_VERSION 2

/* The view lines around a row: every row whose key begins its own, outermost first. */
#define PATH_OF(row, gone)                                                                         \
    "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<length(" row            \
    ".key)-1) SELECT coalesce(group_concat(t,' / '),'') FROM (SELECT coalesce((SELECT v.text "     \
    "FROM "                                                                                        \
    "running v WHERE v.key=substr(" row ".key,1,n.i))," gone ") AS t FROM n WHERE n.i<length(" row \
    ".key)) WHERE t IS NOT NULL)"

static const char schema_sql[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE running(key BLOB PRIMARY KEY, text TEXT NOT NULL, commit_id INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE session(id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT, tty TEXT,"
    " opened INTEGER, lost INTEGER);"
    "CREATE TABLE candidate(session INTEGER, key BLOB, text TEXT, base TEXT,"
    " PRIMARY KEY(session, key)) WITHOUT ROWID;"
    "CREATE TABLE commits(id INTEGER PRIMARY KEY, time INTEGER, user TEXT, tty TEXT, type TEXT,"
    " label TEXT UNIQUE, description TEXT, kept INTEGER NOT NULL DEFAULT 1);"
    "CREATE INDEX kept_commits ON commits(kept,id);"
    "CREATE TABLE trial(id INTEGER PRIMARY KEY CHECK(id=1), session INTEGER, user TEXT, tty TEXT,"
    " persist TEXT, seconds INTEGER, deadline INTEGER, base INTEGER);"
    "CREATE TABLE change(commit_id INTEGER, key BLOB, old TEXT, new TEXT,"
    " PRIMARY KEY(commit_id, key)) WITHOUT ROWID;"
    "CREATE VIEW configuration AS SELECT text FROM running ORDER BY key;"
    /* What is documented: a column never changes its meaning, new ones make a v2_ view. */
    "CREATE VIEW v1_commits AS SELECT id, datetime(time,'unixepoch') AS time, user, tty AS "
    "terminal,"
    " type, label, description FROM commits WHERE kept ORDER BY id;"
    "CREATE VIEW v1_running AS SELECT" PATH_OF(
        "r",
        "NULL") " AS path, r.text AS line, r.commit_id,"
                " c.user, datetime(c.time,'unixepoch') AS time FROM running r LEFT JOIN commits c"
                " ON c.id=r.commit_id ORDER BY r.key;"
                "CREATE VIEW v1_changes AS SELECT c.commit_id," PATH_OF(
                    "c", "(SELECT coalesce(x.new,x.old) FROM change x WHERE x.commit_id=c.commit_id"
                         " AND x.key=substr(c.key,1,n.i))") " AS path, c.old, c.new"
                                                            " FROM change c JOIN commits k ON "
                                                            "k.id=c.commit_id WHERE k.kept ORDER "
                                                            "BY c.commit_id,c.key;";

const char *const store_sql[STATEMENTS] = {
    [Q_HOLD] = "SELECT 1 FROM meta",
    [Q_BEGIN] = "BEGIN IMMEDIATE",
    [Q_COMMIT] = "COMMIT",
    [Q_GET_RUNNING] = "SELECT text FROM running WHERE key=?1",
    [Q_SCAN_RUNNING] = "SELECT key,text FROM running WHERE key>=?1 AND key<?2 ORDER BY key",
    [Q_SET] = "INSERT INTO candidate(session,key,text,base) VALUES(?1,?2,?3,?4)"
              " ON CONFLICT DO UPDATE SET text=excluded.text,base=excluded.base",
    [Q_UNSET] = "DELETE FROM candidate WHERE session=?1 AND key=?2",
    [Q_LOAD] = "SELECT key,text,base FROM candidate WHERE session=?1 ORDER BY key",
    [Q_CLEAR] = "DELETE FROM candidate WHERE session=?1",
    [Q_NEW] = "INSERT INTO session(user,tty,opened) VALUES(?1,?2,unixepoch())",
    [Q_ADOPT] = "SELECT id FROM session s WHERE user=?1 AND lost IS NOT NULL AND"
                " EXISTS(SELECT 1 FROM candidate c WHERE c.session=s.id) ORDER BY id DESC LIMIT 1",
    [Q_TAKE] = "UPDATE session SET lost=NULL WHERE id=?1",
    [Q_LEAVE] = "UPDATE session SET lost=unixepoch() WHERE id=?1",
    [Q_DROP] = "DELETE FROM session WHERE id=?1",
    [Q_NEXT_ID] = "SELECT max(coalesce((SELECT value FROM meta WHERE name='last_commit'),0)+1,"
                  "1000000001)",
    [Q_COMMIT_ROW] = "INSERT INTO commits(id,time,user,tty,type,label,description)"
                     " VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [Q_CHANGE] = "INSERT INTO change(commit_id,key,old,new) VALUES(?1,?2,?3,?4)",
    [Q_DELETE] = "DELETE FROM running WHERE key=?2",
    [Q_WRITE] = "INSERT INTO running(key,text,commit_id) VALUES(?2,?3,?1)"
                " ON CONFLICT DO UPDATE SET text=excluded.text,commit_id=?1",
    [Q_COMMIT_TIDY] = "DELETE FROM candidate WHERE text IS"
                      " (SELECT text FROM running r WHERE r.key=candidate.key)",
    [Q_LIST] = "SELECT id,time,user,tty,type,label,description,kept FROM commits WHERE kept"
               " AND (?2=0 OR label IS NOT NULL) ORDER BY id DESC LIMIT ?1",
    [Q_FIND_ID] =
        "SELECT id,time,user,tty,type,label,description,kept FROM commits WHERE id=?1 AND kept",
    [Q_FIND_LABEL] =
        "SELECT id,time,user,tty,type,label,description,kept FROM commits WHERE label=?1",
    [Q_FIND_NTH] = "SELECT id,time,user,tty,type,label,description,kept FROM commits WHERE kept"
                   " ORDER BY id DESC LIMIT 1 OFFSET ?1-1",
    [Q_DESCRIBE] = "UPDATE commits SET description=?2 WHERE id=?1",
    [Q_LABEL] = "UPDATE commits SET label=?2 WHERE id=?1 AND kept",
    [Q_KEEP] = "UPDATE commits SET kept=?2, label=CASE WHEN ?2 THEN label END WHERE id=?1",
    [Q_OLDEST] = "SELECT id,label FROM commits WHERE kept=1 ORDER BY id LIMIT 1",
    [Q_KEPT] = "SELECT count(*) FROM commits WHERE kept=1",
    [Q_DROPPED] = "SELECT max(commit_id) FROM change WHERE commit_id<?1 AND commit_id>max("
                  "coalesce((SELECT max(id) FROM commits WHERE kept=1 AND id<?1),0),"
                  "coalesce((SELECT max(id) FROM commits WHERE kept=2 AND id<?1),0))",
    [Q_NEXT_DROPPED] = "SELECT min(commit_id) FROM change WHERE commit_id>?1 AND commit_id<min("
                       "coalesce((SELECT min(id) FROM commits WHERE kept=1 AND id>?1),0xffffffff),"
                       "coalesce((SELECT min(id) FROM commits WHERE kept=2 AND id>?1),0xffffffff))",
    [Q_LAST_DROPPED] = "SELECT id FROM commits WHERE kept=0 ORDER BY id DESC LIMIT 1",
    [Q_FOLD] = "INSERT INTO change(commit_id,key,old,new) SELECT ?2,key,old,new FROM change WHERE"
               " commit_id=?1 ON CONFLICT DO UPDATE SET new=excluded.new",
    [Q_FOLD_SAME] = "DELETE FROM change WHERE commit_id=?2 AND old IS new AND key IN"
                    " (SELECT key FROM change WHERE commit_id=?1)",
    [Q_FOLD_END] = "DELETE FROM change WHERE commit_id=?1",
    [Q_BLAME] = "SELECT key,text,commit_id,coalesce(time,0),coalesce(user,'') FROM running LEFT"
                " JOIN commits ON id=commit_id WHERE key>=?1 AND key<?2 ORDER BY key",
    [Q_TRIAL_SET] = "INSERT OR REPLACE INTO trial(id,session,user,tty,persist,seconds,deadline,"
                    "base) VALUES(1,?1,?2,?3,?4,?5,?6,?7)",
    [Q_TRIAL_GET] = "SELECT session,user,tty,persist,seconds,deadline,base FROM trial",
    [Q_TRIAL_END] = "DELETE FROM trial",
    /* min() and max() pick the row their bare columns come from */
    [Q_HISTORY] = "SELECT a.key,a.old,b.new FROM (SELECT key,old,min(commit_id) FROM change WHERE"
                  " commit_id BETWEEN ?1 AND ?2 GROUP BY key) a JOIN (SELECT key,new,"
                  "max(commit_id) FROM change WHERE commit_id BETWEEN ?1 AND ?2 GROUP BY key) b"
                  " ON a.key=b.key WHERE a.old IS NOT b.new ORDER BY a.key",
    [Q_LAST_TEXT] = "SELECT old FROM change WHERE key=?1 AND old IS NOT NULL"
                    " ORDER BY commit_id DESC LIMIT 1",
    [Q_REVERT] = "SELECT key,old,min(commit_id) FROM change WHERE commit_id>?1 GROUP BY key",
};

const char *store_error(const struct store *s)
{
    return s->error;
}

bool store_fail(struct store *s, const char *what)
{
    snprintf(s->error, sizeof s->error, "The datastore %s failed: %s.", what,
             sqlite3_errmsg(s->db));
    return false;
}

static void failed_read(struct store *s)
{
    s->failures++;
    store_fail(s, "read");
}

void store_watch(struct store *s)
{
    s->watched = s->failures;
}

bool store_seen(const struct store *s)
{
    return s->watched == s->failures;
}

unsigned store_failures(const struct store *s)
{
    return s->failures;
}

bool store_step(struct store *s, sqlite3_stmt *q)
{
    int rc = sqlite3_step(q);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        failed_read(s);
    return rc == SQLITE_ROW;
}

const char *store_text(struct store *s, sqlite3_stmt *q, int at)
{
    bool null = sqlite3_column_type(q, at) == SQLITE_NULL; /* reading may change the type */
    const char *text = null ? NULL : (const char *)sqlite3_column_text(q, at);
    if (!null && !text)
        failed_read(s);
    return text;
}

sqlite3_stmt *store_query(struct store *s, enum statement which)
{
    if (!s->q[which] && sqlite3_prepare_v3(s->db, store_sql[which], -1, SQLITE_PREPARE_PERSISTENT,
                                           &s->q[which], NULL) != SQLITE_OK) {
        failed_read(s);
        return NULL;
    }
    sqlite3_reset(s->q[which]);
    return s->q[which];
}

void store_hold(struct store *s)
{
    bool alone = !s->held && sqlite3_get_autocommit(s->db); /* not within a transaction */
    sqlite3_stmt *q = alone ? store_query(s, Q_HOLD) : NULL;
    if (q)
        s->held = sqlite3_step(q) == SQLITE_ROW;
}

void store_rest(struct store *s)
{
    if (s->held)
        sqlite3_reset(s->q[Q_HOLD]);
    s->held = false;
}

/* SQLite takes a transaction back by itself when it runs out of memory or room, also in a read, and
 * what follows would be stored on its own. s->error says what it was. */
static bool gone(const struct store *s)
{
    return s->inside && sqlite3_get_autocommit(s->db);
}

bool store_run(struct store *s, sqlite3_stmt *q)
{
    if (!q)
        return false;
    if (gone(s))
        return false;
    store_rest(s); /* a write must not rest on an old snapshot */
    int rc = sqlite3_step(q);
    bool ok = rc == SQLITE_DONE || rc == SQLITE_ROW;
    if (!ok)
        store_fail(s, "write");
    sqlite3_reset(q);
    return ok;
}

bool store_exec(struct store *s, const char *sql)
{
    if (gone(s))
        return false;
    store_rest(s);
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || store_fail(s, "write");
}

/* What the log got of it may be whole although SQLite was told that it did not reach the disk, and
 * whoever reads the log after a crash would believe it. The next write lies over it. */
void store_abandon(struct store *s)
{
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_exec(s->db, "INSERT OR REPLACE INTO meta VALUES('abandoned',unixepoch('subsec'))", NULL,
                 NULL, NULL);
}

bool store_durable(struct store *s, store_work_fn *work, void *arg)
{
    if (!store_exec(s, "PRAGMA synchronous=FULL"))
        return false;
    unsigned was = s->failures;
    bool ok = store_run(s, store_query(s, Q_BEGIN));
    if (ok) { /* nothing is stored that was decided by rows that could not be read */
        s->inside = true;
        ok = work(s, arg) && was == s->failures && store_run(s, store_query(s, Q_COMMIT));
        s->inside = false;
        if (!ok)
            store_abandon(s);
    }
    sqlite3_exec(s->db, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
    return ok;
}

void store_column(struct store *s, sqlite3_stmt *q, int at, char *buf, size_t len)
{
    const char *t = store_text(s, q, at);
    snprintf(buf, len, "%s", t ? t : "");
}

void store_bind_blob(sqlite3_stmt *q, int at, const uint8_t *b, size_t n)
{
    sqlite3_bind_blob(q, at, n ? (const void *)b : "", (int)n, SQLITE_STATIC);
}

bool store_successor(const uint8_t *prefix, size_t n, uint8_t *out, size_t *nout)
{
    while (n && prefix[n - 1] == 0xff)
        n--;
    if (n == 0)
        return false;
    memcpy(out, prefix, n);
    out[n - 1]++;
    *nout = n;
    return true;
}

bool store_note(struct store *s, const char *name, char *buf, size_t len)
{
    sqlite3_stmt *q;
    int rc = sqlite3_prepare_v2(s->db, "SELECT value FROM meta WHERE name=?1", -1, &q, NULL);
    if (rc != SQLITE_OK) {
        s->failures += rc != SQLITE_ERROR; /* a new file has no such table */
        return store_fail(s, "read");
    }
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    const char *text = store_step(s, q) ? store_text(s, q, 0) : NULL;
    if (text)
        snprintf(buf, len, "%s", text);
    sqlite3_finalize(q);
    return text != NULL;
}

bool store_note_set(struct store *s, const char *name, const char *value)
{
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(s->db, "INSERT OR REPLACE INTO meta VALUES(?1,?2)", -1, &q, NULL) !=
        SQLITE_OK)
        return store_fail(s, "write");
    store_rest(s);
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, value, -1, SQLITE_STATIC);
    bool ok = sqlite3_step(q) == SQLITE_DONE || store_fail(s, "write");
    sqlite3_finalize(q);
    return ok;
}

static bool create(struct store *s, const char *fingerprint)
{
    char version[16];
    snprintf(version, sizeof version, "%d", STORE_VERSION);
    return store_exec(s, "BEGIN IMMEDIATE") && store_exec(s, schema_sql) &&
           store_note_set(s, "version", version) && store_note_set(s, "schema", fingerprint) &&
           store_exec(s, "COMMIT");
}

static bool no_rows(struct store *s)
{
    sqlite3_stmt *q;
    bool empty = false;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT 1 FROM running UNION ALL SELECT 1 FROM change UNION ALL"
                           " SELECT 1 FROM candidate LIMIT 1",
                           -1, &q, NULL) == SQLITE_OK)
        empty = sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    return empty;
}

/* Sessions of a host that died: what they had typed is kept for their users. */
static bool adopt_orphans(struct store *s)
{
    return store_exec(s, "UPDATE session SET lost=unixepoch() WHERE lost IS NULL;"
                         "DELETE FROM session WHERE NOT EXISTS(SELECT 1 FROM candidate c WHERE"
                         " c.session=session.id)");
}

static bool prepare(struct store *s, const char *fingerprint)
{
    char value[64];
    sqlite3_busy_timeout(s->db, 2000);
    if (!store_exec(s, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                       "PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;"
                       "PRAGMA cache_size=-4000"))
        return false;
    if (!store_note(s, "version", value, sizeof value))
        return store_seen(s) && create(s, fingerprint);
    if (strtol(value, NULL, 10) != STORE_VERSION) {
        snprintf(s->error, sizeof s->error,
                 "The datastore is of version %.20s, this program reads %d.", value, STORE_VERSION);
        return false;
    }
    if (!store_note(s, "schema", value, sizeof value) || strcmp(value, fingerprint) != 0) {
        if (!store_seen(s))
            return false;
        if (!no_rows(s)) {
            snprintf(s->error, sizeof s->error,
                     "The datastore was written by another version of this program.");
            return false;
        }
        if (!store_note_set(s, "schema", fingerprint))
            return false;
    }
    return adopt_orphans(s);
}

bool store_open(struct store **out, const char *path, const char *fingerprint, char *err,
                size_t errlen)
{
    struct store *s = calloc(1, sizeof *s);
    if (!s) {
        snprintf(err, errlen, "Out of memory.");
        return false;
    }
    mode_t old = umask(077);
    int rc = sqlite3_open_v2(
        path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = rc == SQLITE_OK && prepare(s, fingerprint) && store_records_open(s);
    umask(old);
    if (!ok) {
        if (!s->error[0])
            store_fail(s, "open");
        snprintf(err, errlen, "%s", s->error);
        store_close(s);
        return false;
    }
    sqlite3_stmt *q;
    if (sqlite3_prepare_v2(s->db, "SELECT 1 FROM running LIMIT 1", -1, &q, NULL) == SQLITE_OK)
        s->running_empty = sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    *out = s;
    return true;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_retry(s);
    for (struct waiting *w = s->waiting, *next; w; w = next) {
        next = w->next;
        overlay_free(w->c.overlay);
        free(w);
    }
    store_records_close(s);
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(s->q[i]);
    sqlite3_close(s->db);
    free(s);
}
