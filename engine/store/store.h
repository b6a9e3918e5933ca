/*
 * The datastore: running, per-session candidates and history in one SQLite file. The only owner of
 * sqlite3.h; used by the mgmt thread alone, through one connection.
 *
 * Rows are (key, text): schema/schema.h says what they mean, this file does not care. A candidate
 * is an overlay of changed rows over running; a row without text is a deletion; an overlay row
 * never equals its running row, so "overlay not empty" is exactly "something is uncommitted".
 *
 * Candidates live in memory and are written behind by store_candidate_flush() (WAL, synchronous
 * NORMAL); commits are transactions of their own with synchronous FULL. Every failing function
 * leaves the datastore as it was and says why in store_error().
 */
#ifndef VRPSH_STORE_H
#define VRPSH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

struct overlay;

/* One session's overlay, kept in memory and written behind. overlay NULL stands for "no candidate":
 * functions then see running only. */
struct store_candidate {
    uint32_t id;
    size_t rows; /* changed rows; the prompt's "*" is rows > 0 */
    struct overlay *overlay;
    char user[64]; /* whose it is */
    bool late;     /* what is deleted now was made by others and is no base of ours */
};

/* path ":memory:" keeps nothing. Creates the file with mode 0600. fingerprint: of the keys this
 * program writes; a file of another one is refused unless running is empty. */
bool store_open(struct store **out, const char *path, const char *fingerprint, char *err,
                size_t errlen);
void store_close(struct store *s);
const char *store_error(const struct store *s);
/* A failed look-up is answered by "absent". Who decides by look-ups calls store_watch() before and
 * asks store_seen() after: false when one of them failed, and then nothing follows from any. */
void store_watch(struct store *s);
bool store_seen(const struct store *s);
/* Reads that have failed so far. */
unsigned store_failures(const struct store *s);
/* Small facts about the datastore by name, as text: false when there is none, or (store_seen()) it
 * cannot be read. */
bool store_note(struct store *s, const char *name, char *buf, size_t len);
bool store_note_set(struct store *s, const char *name, const char *value);

/* --- candidates ---------------------------------------------------------------------- */

/* A new empty candidate for a user and terminal. */
bool store_candidate_new(struct store *s, const char *user, const char *tty,
                         struct store_candidate *out);
/* The newest candidate with rows that the user left behind by losing a terminal. False: there is
 * none, or (store_seen()) it cannot be read now and stays where it is. */
bool store_candidate_adopt(struct store *s, const char *user, struct store_candidate *out);
/* Leaves the candidate to be adopted later. c is nobody's candidate then; when the datastore
 * refuses (false), it is kept in memory until store_retry() succeeds. */
bool store_candidate_leave(struct store *s, struct store_candidate *c);
/* Removes candidate and rows, likewise. */
bool store_candidate_drop(struct store *s, struct store_candidate *c);
/* One that is never stored: a target to compare with or to roll back to. */
void store_scratch(struct store_candidate *out);
void store_scratch_free(struct store_candidate *c);
/* Does what the two could not do. */
bool store_retry(struct store *s);
/* Removes its rows. */
bool store_candidate_clear(struct store *s, struct store_candidate *c);

/* --- rows as a session sees them: its overlay over running --------------------------- */

/* Text of a row into buf (NUL-terminated, cut to len): its length, or -1 when there is none. */
long store_get(struct store *s, const struct store_candidate *c, const uint8_t *key, size_t nkey,
               char *buf, size_t len);
/* True when any row's key starts with the prefix. */
bool store_any(struct store *s, const struct store_candidate *c, const uint8_t *prefix, size_t n);
bool store_set(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey,
               const char *text, size_t ntext);
bool store_delete(struct store *s, struct store_candidate *c, const uint8_t *key, size_t nkey);
/* Deletes every row whose key starts with the prefix. */
bool store_delete_prefix(struct store *s, struct store_candidate *c, const uint8_t *prefix,
                         size_t n);

/* Called for rows in key order; false stops. Strings live for the call. */
typedef bool store_row_fn(void *arg, const uint8_t *key, size_t nkey, const char *text,
                          size_t ntext);
/* Rows below a prefix (n 0: all) whose key is greater than after (nafter 0: from the start). */
bool store_scan(struct store *s, const struct store_candidate *c, const uint8_t *prefix, size_t n,
                const uint8_t *after, size_t nafter, store_row_fn *fn, void *arg);

/* A changed row: old and new text, NULL for absent. */
typedef bool store_change_fn(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                             const char *new_text);
/* The overlay against running, in key order. */
bool store_changes(struct store *s, const struct store_candidate *c, store_change_fn *fn,
                   void *arg);

/* Writes what the candidate has gained or lost since the last time. */
bool store_candidate_flush(struct store *s, struct store_candidate *c);
/* To be called when nothing more is to be read for now: gives up the read transaction that reads
 * share, so that the datastore's log can be cut and changes of another process are seen. */
void store_rest(struct store *s);
/* A savepoint, so that a command of several rows is all or nothing. */
void store_mark(struct store_candidate *c);
void store_unmark(struct store_candidate *c, bool keep);

/* --- commits and history ------------------------------------------------------------- */

struct store_commit {
    uint32_t id;  /* 1000000001-1999999999 */
    int64_t time; /* seconds since the epoch */
    char user[64], tty[64];
    char type[16]; /* "CLI", "ROLLBACK" */
    char label[257];
    char description[256];
    bool discontinuous; /* older than what is kept, and found by its label only */
};

/* A commit on trial: unless it is confirmed until the deadline, running goes back to its base. It
 * is stored, so that a host that dies cannot make it permanent. */
struct store_trial {
    bool active;
    uint32_t session; /* who started it; a number of the host that runs */
    uint32_t seconds; /* as asked for */
    int64_t deadline; /* seconds since the epoch */
    uint32_t base;    /* newest commit before it, 0: none */
    char user[64], tty[64], persist[257];
};

/* Makes the candidate running in one transaction, adds a history entry (id and time are filled in)
 * and empties the candidate. trial NULL leaves the trial as it is, else it is what holds after. */
bool store_commit(struct store *s, struct store_candidate *c, struct store_commit *meta,
                  const struct store_trial *trial);
/* The trial alone, as durable as a commit. names: a commit (id) that is given the label and the
 * description with it, where they are not empty; or NULL. */
bool store_trial_write(struct store *s, const struct store_trial *trial,
                       const struct store_commit *names);
bool store_trial_read(struct store *s, struct store_trial *out);

typedef bool store_commit_fn(void *arg, const struct store_commit *c);
/* Newest first, at most max; labelled: only those with a label. */
bool store_commits(struct store *s, size_t max, bool labelled, store_commit_fn *fn, void *arg);
bool store_commit_find(struct store *s, uint32_t id, const char *label, struct store_commit *out);
/* The n-th newest commit (1 is the newest). */
bool store_commit_nth(struct store *s, uint32_t n, struct store_commit *out);
/* Net change of the commits from..to, both included, in key order. */
bool store_history(struct store *s, uint32_t from, uint32_t to, store_change_fn *fn, void *arg);
/* Rows of which either candidate makes something else than the other, in key order: what a makes of
 * it as the old text, what b makes of it as the new one. */
bool store_compare(struct store *s, const struct store_candidate *a,
                   const struct store_candidate *b, store_change_fn *fn, void *arg);

/* --- points that can be rolled back to (points.c) ---
 * Only so many commits are kept by name. The changes of one that is dropped are folded into those
 * before it that are dropped too: what is kept can be rolled back to, and all changes in order of
 * their commits still make running out of nothing. */
void store_set_retention(struct store *s, uint32_t commits);
/* label NULL: takes it away. The label must be free. */
bool store_label(struct store *s, uint32_t id, const char *label);
bool store_drop(struct store *s, uint32_t id);
/* Drops the n oldest; those with a label stay as discontinuous points. */
bool store_drop_oldest(struct store *s, uint32_t n);
/* Newest commit that has been dropped, 0: none. Changes up to it cannot be told apart. */
uint32_t store_dropped(struct store *s);

/* Rows of running below a prefix, as store_scan(), with the commit that made them. time 0: it is
 * not known any more. */
struct store_blame {
    const uint8_t *key;
    size_t nkey;
    const char *text, *user;
    uint32_t commit;
    int64_t time;
};
typedef bool store_blame_fn(void *arg, const struct store_blame *row);
bool store_blame(struct store *s, const uint8_t *prefix, size_t n, const uint8_t *after,
                 size_t nafter, store_blame_fn *fn, void *arg);
/* Text a row had before it was last changed, for looking back at views that are gone: its length or
 * -1. */
long store_last_text(struct store *s, const uint8_t *key, size_t nkey, char *buf, size_t len);
/* Candidate := the inverse of every commit after id. */
bool store_revert(struct store *s, struct store_candidate *c, uint32_t id);
/* Drops the rows that commit id of another session has made equal to running. */
void store_candidate_tidy(struct store *s, struct store_candidate *c, uint32_t id);
/* Rows of the candidate that running has changed too since they were changed first, in key order;
 * NULL for absent. */
typedef bool store_conflict_fn(void *arg, const uint8_t *key, size_t nkey, const char *base,
                               const char *mine, const char *theirs);
bool store_conflicts(struct store *s, const struct store_candidate *c, store_conflict_fn *fn,
                     void *arg);
/* Running of now becomes the base of every row. */
bool store_rebase(struct store *s, struct store_candidate *c);
/* The row is as in running again. */
void store_restore(struct store_candidate *c, const uint8_t *key, size_t nkey);

/* --- the record of commands (audit.c) ------------------------------------------------ */

#define STORE_RECORDS_TEXT "10000" /* the newest that are kept */

struct store_record {
    int64_t id, time;
    char user[64], tty[64], from[64];
    int level;
    const char *command, *result; /* "ok", or what was wrong */
};
/* Notes a command; it is written by store_records_flush() at the latest when a terminal is
 * answered. */
bool store_record(struct store *s, const struct store_record *r);
bool store_records_flush(struct store *s);
typedef bool store_record_fn(void *arg, const struct store_record *r);
/* Newest first, at most max, of one user or (NULL) of all. */
bool store_records(struct store *s, size_t max, const char *user, store_record_fn *fn, void *arg);

#endif
