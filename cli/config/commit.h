/* Committing on behalf of a session; for the commands that commit, and for the app. */
#ifndef VRPSH_CLI_COMMIT_H
#define VRPSH_CLI_COMMIT_H

#include "cli/session.h"

/* Commits the session's candidate; meta gives type, label and description. False: said why. */
bool commit_now(struct session *s, struct store_commit *meta);

/* Lists what this commit overwrites of others. False: it may not commit now, said. */
bool commit_overlaps(struct session *s);
/* The label and description of a commit, from the line. False: the label is no name, said. */
bool commit_names(struct session *s, const struct sch_match *m, struct store_commit *meta);
/* A label or persist ID into out, "" when it was left out. False: it is no name, said. */
bool commit_name(struct session *s, const struct sch_value *v, const char *what, char out[257]);

/* --- trial.c: what time and the end of a session do to a trial ------------------------ */

struct app;
/* Announces how long is left, rolls back at the end; milliseconds until there is more, -1: none. */
int64_t trial_due(struct app *a);
/* A commit of this session has confirmed the trial: the others are told. */
void trial_confirmed(struct session *s);
/* A trial without persist ends with its session, unless that ends with the host. */
void trial_session_over(struct session *s);

#endif
