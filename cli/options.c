/*
 * Reads the command line. See options.h; the meaning of the options is in the help text below,
 * which is also what --help prints.
 */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

static const char help[] =
    "Usage: vrpsh [OPTION]...                  open a shell; run standard input when it is no\n"
    "                                          terminal\n"
    "       vrpsh [OPTION]... FILE...          run the lines of files (- is standard input)\n"
    "       vrpsh [OPTION]... -c LINE...       run lines\n"
    "       vrpsh --check [--json] FILE...     find every error of files, change nothing\n"
    "       vrpsh [OPTION]... --transcript FILE [--update]\n"
    "                                          type a recorded session again and compare\n"
    "       vrpsh --host | --stop              run or stop the host of the datastore\n"
    "\n"
    "  -d, --db FILE      datastore (default $VRPSH_DB, else /var/lib/vrpsh/vrpsh.db as root,\n"
    "                     else $XDG_STATE_HOME/vrpsh/vrpsh.db)\n"
    "      --private      use a host that ends with this shell, its BGP sessions too\n"
    "      --listen ADDR  address the speaker listens on (repeatable; default all)\n"
    "      --bgp-port N   TCP port of BGP (default 179)\n"
    "  -c LINE            run LINE (repeatable)\n"
    "      --atomic       lines: one commit at the end, or none if a line is wrong\n"
    "      --dry-run      lines: show what they would change, commit nothing\n"
    "      --update       with --transcript: write down what happens now\n"
    "  -k, --keep-going   go on after an error, as a pasted block on a router would\n"
    "      --login        be a login shell: the system's datastore, a banner, and the command "
    "that\n"
    "                     sshd was given; so is a vrpsh whose name begins with \"-\"\n"
    "      --json         displays and what came of lines as JSON on standard output\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n"
    "\n"
    "Exit code: 0 done, 1 an error in the lines, 2 wrong usage, 3 no host could be reached.\n";

enum {
    OPT_CHECK = 256,
    OPT_HOST,
    OPT_STOP,
    OPT_PRIVATE,
    OPT_LISTEN,
    OPT_PORT,
    OPT_JSON,
    OPT_LOGIN,
    OPT_ATOMIC,
    OPT_DRY_RUN,
    OPT_TRANSCRIPT,
    OPT_UPDATE,
    OPT_READY
};

static const struct option longs[] = {{"check", no_argument, NULL, OPT_CHECK},
                                      {"host", no_argument, NULL, OPT_HOST},
                                      {"stop", no_argument, NULL, OPT_STOP},
                                      {"private", no_argument, NULL, OPT_PRIVATE},
                                      {"listen", required_argument, NULL, OPT_LISTEN},
                                      {"bgp-port", required_argument, NULL, OPT_PORT},
                                      {"json", no_argument, NULL, OPT_JSON},
                                      {"login", no_argument, NULL, OPT_LOGIN},
                                      {"atomic", no_argument, NULL, OPT_ATOMIC},
                                      {"dry-run", no_argument, NULL, OPT_DRY_RUN},
                                      {"transcript", required_argument, NULL, OPT_TRANSCRIPT},
                                      {"update", no_argument, NULL, OPT_UPDATE},
                                      {"ready-fd", required_argument, NULL, OPT_READY},
                                      {"db", required_argument, NULL, 'd'},
                                      {"keep-going", no_argument, NULL, 'k'},
                                      {"help", no_argument, NULL, 'h'},
                                      {"version", no_argument, NULL, 'V'},
                                      {NULL, 0, NULL, 0}};

static int usage(const char *what, const char *which)
{
    if (what) {
        fprintf(stderr, "vrpsh: %s%s\n", what, which);
    }
    fputs("Try \"vrpsh --help\".\n", stderr);
    return EXIT_USAGE;
}

static bool number(const char *text, long min, long max, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return !errno && *text >= '0' && *text <= '9' && !*end && *out >= min && *out <= max;
}

bool options_state_dir(char *buf, size_t n)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int len = -1;
    if (state && *state == '/') {
        len = snprintf(buf, n, "%s/vrpsh", state);
    } else if (home && *home == '/') {
        len = snprintf(buf, n, "%s/.local/state/vrpsh", home);
    }
    return len > 0 && (size_t)len < n;
}

/* True when this program is the user's shell: then sshd runs it with -c for a command. */
static bool is_shell(const char *name)
{
    const struct passwd *pw = getpwuid(getuid());
    const char *shell = pw ? strrchr(pw->pw_shell, '/') : NULL, *slash = strrchr(name, '/');
    return shell && strcmp(shell + 1, slash ? slash + 1 : name) == 0;
}

static bool default_db(char *buf, size_t n, bool system)
{
    const char *env = getenv("VRPSH_DB");
    char dir[PATH_MAX - 16];
    int len;
    if (env && *env) {
        len = snprintf(buf, n, "%s", env);
    } else if (geteuid() == 0 || system) {
        len = snprintf(buf, n, "/var/lib/vrpsh/vrpsh.db");
    } else if (options_state_dir(dir, sizeof dir)) {
        len = snprintf(buf, n, "%s/vrpsh.db", dir);
    } else {
        return false;
    }
    return (size_t)len < n;
}

/* Two names of one datastore must lead to one lock and one socket. */
static bool resolve_db(const char *name, char *out)
{
    char dir[PATH_MAX], base[NAME_MAX + 1];
    if (realpath(name, out)) {
        return true;
    }
    const char *slash = strrchr(name, '/');
    const char *last = slash ? slash + 1 : name;
    if (!*last || strlen(last) > NAME_MAX || strlen(name) >= sizeof dir) {
        return false;
    }
    memcpy(base, last, strlen(last) + 1);
    size_t n = (size_t)(last - name);
    memcpy(dir, n ? name : ".", n ? n : 1);
    dir[n ? n : 1] = '\0';
    char real[PATH_MAX];
    if (realpath(dir, real)) {
        return snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "", base) < PATH_MAX;
    }
    if (*name == '/') {
        return snprintf(out, PATH_MAX, "%s", name) < PATH_MAX;
    }
    return getcwd(real, sizeof real) && snprintf(out, PATH_MAX, "%s/%s", real, name) < PATH_MAX;
}

static int one(struct options *o, int opt, const char **db)
{
    long v;
    switch (opt) {
    case 'd':
        *db = optarg;
        return *optarg ? -1 : usage("an empty datastore name", "");
    case 'c':
        o->lines[o->nlines++] = optarg;
        return -1;
    case 'k':
        o->keep_going = true;
        return -1;
    case OPT_JSON:
        o->json = true;
        return -1;
    case OPT_ATOMIC:
        o->atomic = true;
        return -1;
    case OPT_DRY_RUN:
        o->dry_run = true;
        return -1;
    case OPT_TRANSCRIPT:
        o->transcript = optarg;
        return -1;
    case OPT_UPDATE:
        o->update = true;
        return -1;
    case OPT_LOGIN:
        o->login = true;
        return -1;
    case OPT_PRIVATE:
        o->private_host = true;
        return -1;
    case OPT_LISTEN:
        if (o->nlisten == OPTIONS_LISTEN_MAX) {
            return usage("too many --listen", "");
        }
        o->listen[o->nlisten++] = optarg;
        return -1;
    case OPT_PORT:
        if (!number(optarg, 1, 65535, &v)) {
            return usage("not a port number: ", optarg);
        }
        o->bgp_port = (uint16_t)v;
        o->bgp_port_given = true;
        return -1;
    case OPT_READY:
        if (!number(optarg, 0, INT_MAX, &v)) {
            return usage("not a descriptor: ", optarg);
        }
        o->ready_fd = (int)v;
        return -1;
    case 'h':
        return fputs(help, stdout) < 0 || fflush(stdout) ? 1 : 0;
    case 'V':
        return puts("vrpsh " VRPSH_VERSION) < 0 || fflush(stdout) ? 1 : 0;
    default:
        return usage(NULL, ""); /* getopt_long() has said what is wrong */
    }
}

static int check_mode(struct options *o)
{
    bool lone = o->mode == OPTIONS_HOST || o->mode == OPTIONS_STOP;
    if (lone && (o->nfiles || o->nlines)) {
        return usage("--host and --stop take no lines", "");
    }
    if (o->nfiles && o->nlines) {
        return usage("either files or -c, not both", "");
    }
    if (o->mode == OPTIONS_CHECK && !o->nfiles) {
        return usage("--check needs a file", "");
    }
    if (o->transcript && (o->mode != OPTIONS_SHELL || o->nfiles || o->nlines)) {
        return usage("--transcript types the lines of its file alone", "");
    }
    if (o->update && !o->transcript) {
        return usage("--update needs --transcript", "");
    }
    if ((o->atomic || o->dry_run) && (o->mode != OPTIONS_SHELL || o->transcript)) {
        return usage("--atomic and --dry-run are for lines to be run", "");
    }
    if ((o->atomic || o->dry_run) && o->keep_going) {
        return usage("--keep-going would leave wrong lines out of the whole", "");
    }
    if (o->atomic && o->dry_run) {
        return usage("either --atomic or --dry-run", "");
    }
    if (o->mode == OPTIONS_SHELL && (o->nfiles || o->nlines)) {
        o->mode = OPTIONS_BATCH;
    }
    return -1;
}

int options_parse(int argc, char **argv, struct options *o)
{
    const char *db = NULL;
    char name[PATH_MAX];
    int opt;
    *o = (struct options){.mode = OPTIONS_SHELL, .bgp_port = OPTIONS_BGP_PORT, .ready_fd = -1};
    o->lines = calloc((size_t)argc + 1, sizeof *o->lines);
    if (!o->lines) {
        return usage("out of memory", "");
    }
    while ((opt = getopt_long(argc, argv, "d:c:khV", longs, NULL)) != -1) {
        if (opt == OPT_CHECK || opt == OPT_HOST || opt == OPT_STOP) {
            if (o->mode != OPTIONS_SHELL) {
                return usage("only one of --check, --host and --stop", "");
            }
            o->mode = opt == OPT_CHECK  ? OPTIONS_CHECK
                      : opt == OPT_HOST ? OPTIONS_HOST
                                        : OPTIONS_STOP;
            continue;
        }
        int rc = one(o, opt, &db);
        if (rc >= 0) {
            return rc;
        }
    }
    o->files = argv + optind;
    o->nfiles = (size_t)(argc - optind);
    o->login |= argv[0][0] == '-';
    const char *asked = getenv("SSH_ORIGINAL_COMMAND");
    if (o->login && asked && *asked && !o->nfiles && !o->nlines)
        o->lines[o->nlines++] = asked;
    int rc = check_mode(o);
    if (rc >= 0 || o->mode == OPTIONS_CHECK) {
        return rc;
    }
    if (!db && !default_db(name, sizeof name, o->login || is_shell(argv[0]))) {
        return usage("no datastore: neither -d, $VRPSH_DB, $XDG_STATE_HOME nor $HOME is set", "");
    }
    if (!resolve_db(db ? db : name, o->db)) {
        return usage("not a usable datastore name: ", db ? db : name);
    }
    return -1;
}

void options_free(struct options *o)
{
    free(o->lines);
    o->lines = NULL;
}
