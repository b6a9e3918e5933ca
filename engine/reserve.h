/*
 * Memory set aside for the moment when there is no more: what is being done is finished, nothing
 * new is begun, and the process lives on.
 */
#ifndef VRPSH_RESERVE_H
#define VRPSH_RESERVE_H

#include <stdbool.h>

/* Sets the reserve aside, at the start of a host and again after it was used. False: there is not
 * enough memory for it; whoever would begin something that allocates says so instead. True also in
 * a process that never asked for a reserve. */
bool reserve_fill(void);
/* The first call in a process: from now on there is one. */
void reserve_start(void);
/* An allocation has failed and was met from the reserve, which has not been filled since. Whoever
 * can still take back what it is doing, does. */
bool reserve_used(void);

#endif
