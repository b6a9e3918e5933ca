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
    Q_DESCRIBE,
    Q_LABEL,
    Q_KEEP,
    Q_OLDEST,
    Q_KEPT,
    Q_DROPPED,
    Q_NEXT_DROPPED,
    Q_LAST_DROPPED,
    Q_FOLD,
    Q_FOLD_SAME,
    Q_FOLD_END,
    Q_BLAME,
    Q_TRIAL_SET,
    Q_TRIAL_GET,
    Q_TRIAL_END,
    STATEMENTS
};

/* A candidate to be left or dropped when the datastore takes it. */
struct waiting {
    struct waiting *next;
    struct store_candidate c;
    bool drop;
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *q[STATEMENTS];
    bool running_empty; /* spares a look-up per line while a first configuration is loaded */
    bool held;          /* Q_HOLD stands on a row: one read transaction spans many reads */
    struct waiting *waiting;
    unsigned failures;             /* reads that failed so far */
    bool inside;                   /* a transaction of store_durable() is going on */
    unsigned watched;              /* their number when store_watch() was called */
    struct store_pending *pending; /* audit.c */
    uint32_t retain;               /* commits that may be rolled back to; 0: all */
    char error[256];
};

/* audit.c */
bool store_records_open(struct store *s);
void store_records_close(struct store *s);

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
/* The next row. False: there is none, or it cannot be read, which counts as a failure. */
bool store_step(struct store *s, sqlite3_stmt *q);
/* Text of a column; NULL: the column is NULL, or memory ran out, which counts as a failure. */
const char *store_text(struct store *s, sqlite3_stmt *q, int at);
/* Ends a transaction that failed, for good: not even a crash now may bring it back. */
void store_abandon(struct store *s);
bool store_exec(struct store *s, const char *sql);
/* A transaction that is on the disk when it has ended; the work says whether it is kept. */
typedef bool store_work_fn(struct store *s, void *arg);
bool store_durable(struct store *s, store_work_fn *work, void *arg);
void store_bind_blob(sqlite3_stmt *q, int at, const uint8_t *b, size_t n);
/* Text of a column into buf, "" for NULL. */
void store_column(struct store *s, sqlite3_stmt *q, int at, char *buf, size_t len);
/* Writes or, when it is not active, removes the trial; within a transaction. */
bool store_put_trial(struct store *s, const struct store_trial *t);
/* Text of a row of running into buf: its length, -1 when there is none. */
long store_running(struct store *s, const uint8_t *key, size_t nkey, char *buf, size_t len);
/* Drops the oldest commits above the number that is kept; within a transaction. */
bool store_retain(struct store *s);
/* Binds the half-open key range of a prefix at ?1 and ?2; end lives as long as the query. */
void store_bind_range(sqlite3_stmt *q, const uint8_t *prefix, size_t n, uint8_t end[1024]);
/* Smallest key above every key that starts with the prefix; false when there is none. */
bool store_successor(const uint8_t *prefix, size_t n, uint8_t *out, size_t *nout);

#endif
