/* What the files of the store share: the connection and its prepared statements. */
#ifndef VRPSH_STORE_INTERNAL_H
#define VRPSH_STORE_INTERNAL_H

#include <sqlite3.h>

#include "engine/store/overlay.h"
#include "engine/store/store.h"

enum statement {
    Q_HOLD,
    Q_BEGIN,
    Q_COMMIT,
    Q_GET_RUNNING,
    Q_ANY_RUNNING,
    Q_SET,
    Q_UNSET,
    Q_SCAN_RUNNING,
    Q_CLEAR,
    Q_NEW,
    Q_ADOPT,
    Q_TAKE,
    Q_LEAVE,
    Q_DROP,
    Q_NEXT_ID,
    Q_LOAD,
    Q_COMMIT_ROW,
    Q_CHANGE,
    Q_DELETE,
    Q_WRITE,
    Q_COMMIT_TIDY,
    Q_LIST,
    Q_FIND_ID,
    Q_FIND_LABEL,
    Q_FIND_NTH,
    Q_HISTORY,
    Q_REVERT,
    Q_LAST_TEXT,
    STATEMENTS
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *q[STATEMENTS];
    bool running_empty; /* spares a look-up per line while a first configuration is loaded */
    bool held;          /* Q_HOLD stands on a row: one read transaction spans many reads */
    char error[256];
};

extern const char *const store_sql[STATEMENTS];

/* The statement, reset and ready to bind. NULL after a failure (error is set). */
sqlite3_stmt *store_query(struct store *s, enum statement which);
/* Reads that follow share one read transaction, so a look-up per typed line takes no file locks;
 * store_rest() and every write end it. */
void store_hold(struct store *s);
/* Steps a statement that returns no rows and resets it. */
bool store_run(struct store *s, sqlite3_stmt *q);
/* Notes SQLite's message; returns false. */
bool store_fail(struct store *s, const char *what);
bool store_exec(struct store *s, const char *sql);
void store_bind_blob(sqlite3_stmt *q, int at, const uint8_t *b, size_t n);
/* Smallest key above every key that starts with the prefix; false when there is none. */
bool store_successor(const uint8_t *prefix, size_t n, uint8_t *out, size_t *nout);

#endif
