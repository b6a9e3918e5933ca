/*
 * The command line of vrpsh, read once by main.c. Everything points into argv or into this struct.
 */
#ifndef VRPSH_OPTIONS_H
#define VRPSH_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_LISTEN_MAX 16
#define OPTIONS_BGP_PORT 179

enum options_mode {
    OPTIONS_SHELL, /* interactive, or batch from stdin when that is no terminal */
    OPTIONS_BATCH, /* FILE... or -c LINE... */
    OPTIONS_CHECK,
    OPTIONS_HOST,
    OPTIONS_STOP
};

struct options {
    enum options_mode mode;
    char db[PATH_MAX]; /* absolute, symbolic links resolved as far as it exists */
    char **files;
    size_t nfiles;
    const char **lines; /* -c */
    size_t nlines;
    const char *listen[OPTIONS_LISTEN_MAX]; /* as written; main.c parses them */
    size_t nlisten;
    uint16_t bgp_port;
    bool bgp_port_given;
    bool private_host, keep_going, json, atomic, dry_run, update;
    const char *transcript;
    bool login;   /* a login shell, or told to be like one */
    int ready_fd; /* -1, or the pipe of whoever started this host */
};

/* -1: go on. Otherwise the exit code: help and version printed, or a usage error said. */
int options_parse(int argc, char **argv, struct options *o);
void options_free(struct options *o);

/* The user's own directory for what outlives a terminal (the line history); false when the user
 * has no home. */
bool options_state_dir(char *buf, size_t n);

#endif
