/*
 * What running says about the shell itself: user-interface, aaa, header, hotkey and command alias
 * lines. Read from the rows when they are needed; app.config.model counts their changes. mgmt
 * thread only.
 */
#ifndef VRPSH_SETTINGS_H
#define VRPSH_SETTINGS_H

#include "cli/session.h"

#define LEVEL_MONITOR 1
#define LEVEL_CONFIG 2
#define LEVEL_MANAGE 3

/* Takes over what has changed since the session last looked: its page, width, idle time and
 * history. */
void settings_refresh(struct session *s);

/* Value of the last argument of a row at the top level or in a view without arguments, found by
 * its first one: a banner, the command of a hotkey or an alias. Without the quotes or the character
 * that frame it. False: there is none. */
bool settings_header(struct app *a, const char *kind, char *buf, size_t len);
bool settings_hotkey(struct app *a, const char *key, char *buf, size_t len);
bool settings_alias(struct app *a, const char *name, size_t n, char *buf, size_t len);
/* Calls fn for every alias, by name. */
void settings_aliases(struct app *a, void (*fn)(void *ctx, const char *name, const char *text),
                      void *ctx);

/* Level of a Unix user, 0 to 3, from local-user and user-group lines, else from membership in
 * vrpsh-visit, -monitor, -config or -admin; -1: may not attach. Root and the host's own user are
 * not asked about. */
int settings_level(struct app *a, const char *user, gid_t gid);
/* True when users other than root and the host's own may have a level. */
bool settings_others(struct app *a);

#endif
