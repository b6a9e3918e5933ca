/*
 * Batches whose commits are held back: --atomic makes one commit of all of them at the end, if no
 * line was wrong; --dry-run shows what it would change and makes none. A "commit" in such a batch
 * validates; lines behind the last one are dropped, as in any batch. mgmt thread only.
 */
#ifndef VRPSH_HELD_H
#define VRPSH_HELD_H

#include "cli/session.h"

bool held(const struct session *s);
/* Something was changed since the last held commit. */
bool held_uncommitted(const struct session *s);
/* A "commit" of the batch: validates the candidate and remembers it. False: said why. */
bool held_commit(struct session *s, const struct store_commit *meta);
/* Back to what the last held commit left. */
void held_restore(struct session *s);
/* What the batch commits is to be saved to a file, after its end. Can fail, says so. */
void held_save(struct session *s, const char *file);
/* The end of the batch, without errors so far. */
void held_end(struct session *s);
void held_free(struct session *s);

#endif
