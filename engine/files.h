/*
 * Configuration files: in the directory "<datastore>.files" (mode 0700), each of mode 0600. They
 * have plain names without directories, 5 to 64 characters, that end in ".cfg" (text) or ".zip"
 * (the same text packed). A file is written whole or not at all: a temporary one is made durable
 * and takes its name. mgmt thread only.
 */
#ifndef VRPSH_FILES_H
#define VRPSH_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_NAME_MAX 64
#define FILES_DEFAULT "vrpcfg.cfg" /* what "save" writes when nothing else was chosen */

/* A configuration file's name. */
bool files_valid(const char *name);
/* Any plain name, as "display ... > NAME" may write. */
bool files_plain(const char *name);
bool files_exist(const char *db, const char *name);
/* Its text with one NUL behind it, to be freed. NULL: one sentence in err. */
char *files_read(const char *db, const char *name, size_t *n, char *err, size_t errlen);
/* False: one sentence in err; what the name held before is still there. */
bool files_write(const char *db, const char *name, const char *text, size_t n, char *err,
                 size_t errlen);
/* An open descriptor that output is written to, at the file's end or in place of what it held. -1:
 * one sentence in err. */
int files_open(const char *db, const char *name, bool append, char *err, size_t errlen);
/* Gives it another name, in place of what had that. False: one sentence in err. */
bool files_rename(const char *db, const char *name, const char *to, char *err, size_t errlen);
/* Both names are of packed files, or neither is. */
bool files_alike(const char *a, const char *b);
/* Takes away what a process that died in the middle of writing has left. */
void files_tidy(const char *db);
bool files_remove(const char *db, const char *name, char *err, size_t errlen);

struct files_entry {
    char name[FILES_NAME_MAX + 1];
    uint64_t size;
    int64_t time; /* of the last change, seconds since the epoch */
};
/* Calls fn for every file, by name; returns how many. free_kb, total_kb: of the file system. */
size_t files_list(const char *db, void (*fn)(void *ctx, const struct files_entry *e), void *ctx,
                  uint64_t *free_kb, uint64_t *total_kb);

#endif
