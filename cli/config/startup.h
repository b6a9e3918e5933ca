/* Which file "save" writes and a new datastore starts from. */
#ifndef VRPSH_STARTUP_H
#define VRPSH_STARTUP_H

#include "engine/files.h"

struct store;

/* Name of the file for the next startup. */
void startup_file(struct store *store, char name[FILES_NAME_MAX + 1]);

#endif
