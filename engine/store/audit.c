/*
 * The record of commands: who typed what, where, and what came of it. Written behind like
 * candidates, many in one transaction; the oldest go when there are more than STORE_RECORDS.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/internal.h"

#define PENDING_MAX 1024 /* then they are written even if nobody has time */

static const char table_sql[] =
    "CREATE TABLE IF NOT EXISTS record(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER, user "
    "TEXT, tty TEXT, source TEXT, level INTEGER, command TEXT, result TEXT);"
    "CREATE VIEW IF NOT EXISTS command_record AS SELECT id, datetime(time,'unixepoch') AS utc, "
    "user,"
    " tty, source, level, command, result FROM record ORDER BY id;"
    "CREATE VIEW IF NOT EXISTS v1_commands AS SELECT id, datetime(time,'unixepoch') AS time, user,"
    " tty AS terminal, source, level, command, result FROM record ORDER BY id;";
static const char insert_sql[] = "INSERT INTO record(time,user,tty,source,level,command,result)"
                                 " VALUES(?1,?2,?3,?4,?5,?6,?7)";

struct store_pending {
    struct store_record *r;
    size_t n;
};

bool store_records_open(struct store *s)
{
    return store_exec(s, table_sql);
}

static void free_record(struct store_record *r)
{
    free((char *)(uintptr_t)r->command);
    free((char *)(uintptr_t)r->result);
}

bool store_record(struct store *s, const struct store_record *r)
{
    if (!s->pending) {
        s->pending = calloc(1, sizeof *s->pending);
        if (s->pending)
            s->pending->r = calloc(PENDING_MAX, sizeof *s->pending->r);
        if (!s->pending || !s->pending->r)
            return false;
    }
    struct store_pending *p = s->pending;
    if (p->n == PENDING_MAX && !store_records_flush(s))
        return false;
    struct store_record *to = &p->r[p->n];
    *to = *r;
    to->command = strdup(r->command);
    to->result = strdup(r->result);
    if (!to->command || !to->result) {
        free_record(to);
        return false;
    }
    p->n++;
    return true;
}

static void bind(sqlite3_stmt *q, const struct store_record *r)
{
    sqlite3_bind_int64(q, 1, r->time);
    sqlite3_bind_text(q, 2, r->user, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 3, r->tty, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, r->from, -1, SQLITE_STATIC);
    sqlite3_bind_int(q, 5, r->level);
    sqlite3_bind_text(q, 6, r->command, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 7, r->result, -1, SQLITE_STATIC);
}

static bool write_all(struct store *s)
{
    struct store_pending *p = s->pending;
    sqlite3_stmt *q = NULL;
    bool ok = sqlite3_prepare_v2(s->db, insert_sql, -1, &q, NULL) == SQLITE_OK;
    for (size_t i = 0; i < p->n && ok; i++) {
        bind(q, &p->r[i]);
        ok = sqlite3_step(q) == SQLITE_DONE;
        sqlite3_reset(q);
    }
    sqlite3_finalize(q);
    return (ok || store_fail(s, "write")) &&
           store_exec(
               s,
               "DELETE FROM record WHERE id <= (SELECT max(id) FROM record) - " STORE_RECORDS_TEXT);
}

/* What cannot be written is given up: the record must not stop the shell. */
bool store_records_flush(struct store *s)
{
    struct store_pending *p = s->pending;
    if (!p || p->n == 0)
        return true;
    store_rest(s);
    bool ok = store_exec(s, "BEGIN IMMEDIATE");
    if (ok && !(write_all(s) && store_exec(s, "COMMIT"))) {
        char why[sizeof s->error];
        memcpy(why, s->error, sizeof why);
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        memcpy(s->error, why, sizeof why);
        ok = false;
    }
    for (size_t i = 0; i < p->n; i++)
        free_record(&p->r[i]);
    p->n = 0;
    return ok;
}

void store_records_close(struct store *s)
{
    if (s->pending) {
        store_records_flush(s);
        free(s->pending->r);
        free(s->pending);
    }
    s->pending = NULL;
}

static const char *column(sqlite3_stmt *q, int i)
{
    const unsigned char *text = sqlite3_column_text(q, i);
    return text ? (const char *)text : "";
}

bool store_records(struct store *s, size_t max, const char *user, store_record_fn *fn, void *arg)
{
    static const char sql[] = "SELECT id,time,user,tty,source,level,command,result FROM record"
                              " WHERE ?2 IS NULL OR user=?2 ORDER BY id DESC LIMIT ?1";
    sqlite3_stmt *q = NULL;
    if (!store_records_flush(s) || sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
        return store_fail(s, "query");
    sqlite3_bind_int64(q, 1, max > INT32_MAX ? INT32_MAX : (sqlite3_int64)max);
    if (user)
        sqlite3_bind_text(q, 2, user, -1, SQLITE_STATIC);
    int rc;
    bool more = true;
    while (more && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        struct store_record r = {.id = sqlite3_column_int64(q, 0),
                                 .time = sqlite3_column_int64(q, 1),
                                 .level = sqlite3_column_int(q, 5),
                                 .command = column(q, 6),
                                 .result = column(q, 7)};
        snprintf(r.user, sizeof r.user, "%s", column(q, 2));
        snprintf(r.tty, sizeof r.tty, "%s", column(q, 3));
        snprintf(r.from, sizeof r.from, "%s", column(q, 4));
        more = fn(arg, &r);
    }
    sqlite3_finalize(q);
    return true;
}
