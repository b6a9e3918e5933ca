/* Committing on behalf of a session; for the commands that commit. */
#ifndef VRPSH_CLI_COMMIT_H
#define VRPSH_CLI_COMMIT_H

#include "cli/session.h"

/* Commits the session's candidate; meta gives type, label and description. False: said why. */
bool commit_now(struct session *s, struct store_commit *meta);

#endif
