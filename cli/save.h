/* Writing running to a configuration file on behalf of a session. */
#ifndef VRPSH_SAVE_H
#define VRPSH_SAVE_H

#include "cli/session.h"

/* Writes the file and says so. False: said why not. */
bool save_running(struct session *s, const char *file);

#endif
