/* The record of commands that the datastore keeps: every line with user, terminal and result. */
#ifndef VRPSH_RECORD_H
#define VRPSH_RECORD_H

#include "cli/session.h"

/* Records the line of the moment, which has been run or asks. */
void record_command(struct session *s);
/* What came of a line that has asked. */
void record_answer(struct session *s, const char *result);

#endif
