/*
 * Configuration: editing a candidate line by line, and committing it to the running system.
 *
 * One struct config belongs to the host (or to one offline check). Edits change a session's
 * candidate only; config_commit() is the one way into running and into the speaker:
 * resolve, validate, prepare, persist, apply. mgmt thread only.
 */
#ifndef VRPSH_CONFIG_H
#define VRPSH_CONFIG_H

#include "engine/secret.h"
#include "engine/speaker.h"
#include "engine/store/store.h"
#include "schema/schema.h"

struct model;

struct config {
    struct store *store;
    struct secrets *secrets;
    struct model *model;      /* running as plain structs */
    struct speaker *speaker;  /* NULL before config_start_speaker() */
    bool offline;             /* an offline check: commits end at VALIDATE */
    uint32_t head;            /* id of the newest commit seen, 0 none; changes with every commit */
    struct store_trial trial; /* as the datastore has it */
    uint64_t trial_end_ms;    /* its deadline by clock(); of the next attempt when it is stuck */
    bool trial_stuck;         /* it should have been rolled back, but the datastore refused */
    struct config_lock {
        uint32_t session;    /* that has the exclusive right to commit; 0: nobody */
        int64_t since, last; /* configuration command; seconds since the epoch */
        uint64_t until_ms;   /* by clock_ms() */
    } lock;
    uint64_t (*clock_ms)(void); /* monotonic */
};

/* One session's view of the configuration while it edits. */
struct edit {
    struct config *config;
    struct store_candidate cand;
    uint32_t session; /* whose it is: number within this host, and user; 0 and NULL: nobody's */
    const char *user;
    uint32_t base;   /* config->head when the first row was touched */
    bool removed;    /* something was undone: commit looks at every row again */
    bool whole;      /* lines were taken away by row: commit looks at all that would be running */
    bool promised;   /* offline: a commit has been accepted and is made when another edit follows */
    uint32_t filled; /* slots the line of the moment left to their defaults */
    char err[240];   /* "Error: ..." of the last function that returned false */
};

/* Opens datastore and key file, builds the model of running. speaker may come later. */
bool config_open(struct config *c, const char *db, char *err, size_t errlen);
void config_close(struct config *c);
/* Hands the whole running configuration to a speaker that has just started. */
void config_start_speaker(struct config *c, struct speaker *s);

/* --- editing (edit.c) --------------------------------------------------------------------------
 */

/* Enters or changes the line in the view with the given key. */
bool edit_line(struct edit *e, const struct sch_key *view, const struct sch_match *m);
/* Undoes the line. */
bool edit_undo(struct edit *e, const struct sch_key *view, const struct sch_match *m);
/* True when there is something the undo would delete: what a question is asked for. */
bool edit_would_undo(struct edit *e, const struct sch_key *view, const struct sch_match *m);
/* Notes that rows are about to change. */
void edit_touch(struct edit *e);
/* Makes good a promised commit of an offline check. */
void edit_settle(struct edit *e);
bool edit_error(struct edit *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- looking at rows, for checks and displays --------------------------------------------------
 */

/* Values of a row of a known line, as the session sees it. buf holds what strings point to. */
bool edit_get(struct edit *e, const struct sch_key *key, const struct sch_line *l,
              struct sch_value *v, bool *negated, char buf[SCH_TEXT_MAX]);
/* Key of a line below a view for given key arguments; v may hold more than the keys. */
struct sch_key edit_key(const struct sch_key *view, enum sch_line_id line,
                        const struct sch_value *v);
/* The bgp view's key, and that of one of its family views. */
struct sch_key edit_bgp_key(void);
struct sch_key edit_family_key(uint8_t view);
/* Where the sessions of a line are: the bgp view, or the view of a VPN instance in it. Peers and
 * groups of each are a namespace of their own; their lines are the same declarations. */
struct edit_scope {
    struct sch_key key;
    uint8_t view;
};
struct edit_scope edit_scope(const struct sch_key *view, const struct sch_line *l);
/* The scope's line for one of the bgp view. */
enum sch_line_id edit_scope_line(const struct edit_scope *s, enum sch_line_id line);
/* Sets a row from an already complete value array. */
bool edit_put(struct edit *e, const struct sch_key *view, enum sch_line_id line,
              const struct sch_value *v, bool negated);
/* A view has the defaults that are always shown: makes those rows that it does not have. */
bool edit_put_shown(struct edit *e, const struct sch_key *view_key, uint8_t view);
bool edit_has(struct edit *e, const struct sch_key *view, enum sch_line_id line,
              const struct sch_value *v);

/* --- hooks named by the declarations (checks.c, peers.c) ---------------------------------------
 */

typedef bool edit_hook(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *v);
#define X(name) edit_hook check_##name;
SCH_CHECK_LIST(X)
#undef X
#define X(name) edit_hook then_##name;
SCH_THEN_LIST(X)
#undef X
#define X(name) edit_hook undo_##name;
SCH_UNDOES_LIST(X)
#undef X
extern edit_hook *const edit_checks[SCH_CHECK_COUNT];  /* false: refused, e->err says why */
extern edit_hook *const edit_thens[SCH_THEN_COUNT];    /* after the row was set */
extern edit_hook *const edit_undoes[SCH_UNDOES_COUNT]; /* instead of deleting the row */
/* statics.c */
edit_hook check_static_route, undo_static_routes;
/* Static routes whose next hops are in the VPN instance of this name. */
bool edit_delete_statics_into(struct edit *e, const struct sch_value *name);
/* Every value that was typed is the stored one; keys are compared only when asked for. */
bool edit_names(const struct sch_line *l, const struct sch_value *typed,
                const struct sch_value *stored, bool keys);
/* "undo peer P": its lines in the view and in the views below it. */
bool edit_delete_object(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                        const struct sch_value *v);
/* "undo group G": the group, its lines and what refers to it. */
bool edit_delete_group(struct edit *e, const struct sch_key *view, const struct sch_line *l,
                       const struct sch_value *name);

/* --- commit (commit.c) -------------------------------------------------------------------------
 */

/* Commits the candidate, and confirms the trial of this session. meta gives user, tty, type, label
 * and description; they name the trial's commit when there is nothing else to commit. False: e->err
 * says why, nothing changed anywhere. Nothing to commit: true with meta->id 0. */
bool config_commit(struct edit *e, struct store_commit *meta);
/* The same whoever else has a say; after: the trial that holds then, NULL: it stays as it is. */
bool config_commit_as(struct edit *e, struct store_commit *meta, const struct store_trial *after);
/* May this session commit or roll back now? Not during the trial of another. */
bool config_may_commit(struct edit *e);
/* RESOLVE and VALIDATE only. */
bool config_validate(struct edit *e);

/* What the commit of this candidate would tell the speaker, NULL: nothing. The plan is the one that
 * a commit applies. */
typedef void config_preview_fn(void *arg, const struct speaker_plan *plan);
bool config_preview(struct edit *e, config_preview_fn *fn, void *arg);

/* Commits that can be rolled back to, when no line says otherwise (VRP8). */
#define CHECKPOINTS_DEFAULT 80

/* --- changes made again (revert.c) -------------------------------------------------------------
 */

/* Changes of rows, in display order. Start with {0}. */
struct config_patch {
    struct patch_row *last;
};
/* A row that was from and is to become to; NULL: absent. Added as absent right behind the same row
 * going away, it is one change. False: out of memory. */
bool config_patch_add(struct config_patch *p, const uint8_t *key, size_t nkey, const char *from,
                      const char *to);
void config_patch_free(struct config_patch *p);
/* Makes them in the candidate, all or none. A row that is neither from nor to, and a view that is
 * to go but is not empty, stays and is told: from, to, what it is now. False: e->err says why. */
bool config_patch_apply(struct edit *e, const struct config_patch *p, store_conflict_fn *kept,
                        void *arg);
/* Takes the changes of one commit back, in the same way. */
bool config_undo_commit(struct edit *e, uint32_t id, store_conflict_fn *kept, void *arg);

/* --- commits of others (rebase.c) --------------------------------------------------------------
 */

/* True when running has changed since the candidate's first line. */
bool config_stale(const struct edit *e);
/* What was undone here takes along what others have added to it since; then every line that both
 * sides have changed is told, in display order. The candidate's stays. */
bool config_overlaps(struct edit *e, store_conflict_fn *fn, void *arg);
/* A line that does not fit running any more: its text, and "Error: ..." why. */
typedef void config_dropped_fn(void *arg, const char *text, const char *why);
/* Puts the candidate on the running configuration of now: the overlaps are told, lines that cannot
 * be any more are told and dropped. False: e->err says why, and it stays stale. */
bool config_refresh(struct edit *e, store_conflict_fn *overlap, config_dropped_fn *dropped,
                    void *arg);
/* VALIDATE of one row of the candidate as the session sees it. */
bool config_validate_row(struct edit *e, const uint8_t *key, size_t nkey, const char *text);

/* --- exclusive right to commit (exclusive.c) ---------------------------------------------------
 */

#define LOCK_DEFAULT_S 30 /* without configuration commands (VRP8) */

bool config_lock(struct edit *e);
bool config_unlock(struct edit *e);
/* May this session commit as far as the right goes? */
bool config_lock_allows(struct edit *e);
/* A configuration command: the time begins anew. */
void config_lock_used(struct edit *e);
void config_lock_session_over(struct config *c, uint32_t session);
uint32_t config_lock_timeout(const struct config *c);
/* Gives the right back when its time is over: the session that had it, else 0 and what is left (-1:
 * nobody has it). */
uint32_t config_lock_due(struct config *c, int64_t *left_ms);

/* --- trial (trial.c) ---------------------------------------------------------------------------
 */

/* Seconds of "commit trial" (VRP8). */
#define TRIAL_DEFAULT_S 600

/* Commits on trial, or gives the trial of this session new time. With nothing to commit and no
 * trial: true with meta->id 0. persist "": it ends with its session. */
bool config_commit_trial(struct edit *e, struct store_commit *meta, uint32_t seconds,
                         const char *persist);
/* "commit persist": confirms a trial from any session; its own candidate is not touched. A label
 * and description of meta name the trial's commit. */
bool config_trial_confirm(struct edit *e, const struct store_commit *meta, const char *persist);
/* Nothing but the trial changes, to after; meta names its commit. False: e->err says why. */
bool config_trial_only(struct edit *e, const struct store_commit *meta,
                       const struct store_trial *after);
/* Is the trial this session's to confirm and abort? After a restart of the host it is any session's
 * of its user. */
bool config_owns_trial(const struct edit *e);
/* Rolls back to the state before the trial, as a commit of type ROLLBACK. False: the trial goes on,
 * is stuck and tried again later; err says why. */
bool config_trial_revert(struct config *c, const char *why, char *err, size_t errlen);
/* Milliseconds to the deadline, 0 when it has passed; no trial: UINT64_MAX. */
uint64_t config_trial_left_ms(const struct config *c);
/* Reads the trial a host left behind. */
bool config_trial_load(struct config *c);

#endif
