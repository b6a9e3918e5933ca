/* Configuration files on behalf of a session: running written to one, and what one holds shown. */
#ifndef VRPSH_SAVE_H
#define VRPSH_SAVE_H

#include "cli/session.h"

/* Writes the file and says so. False: said why not. */
bool save_running(struct session *s, const char *file);
/* cmd_files.c: shows what a file holds, unpacked, or says why not. */
void save_show(struct session *s, const char *file);

#endif
