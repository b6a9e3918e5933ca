/*
 * vrpsh: reads the command line and becomes what it asks for: a terminal, a batch, a check, or the
 * host. Decides nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/app.h"
#include "cli/batch.h"
#include "cli/client.h"
#include "cli/options.h"
#include "cli/spawn.h"
#include "cli/term/term.h"
#include "cli/transcript.h"

#define EXIT_USAGE 2
#define EXIT_HOST 3

/* Also done by who only starts a host: its user, not the host's log, is to see what is wrong. */
static bool speaker_options(const struct options *o, struct app_opts *a)
{
    *a = (struct app_opts){.db = o->db, .bgp_port = o->bgp_port, .nlisten = o->nlisten};
    for (size_t i = 0; i < o->nlisten; i++) {
        if (!bgp_addr_parse(o->listen[i], strlen(o->listen[i]), &a->listen[i])) {
            fprintf(stderr, "vrpsh: not an address: %s\n", o->listen[i]);
            return false;
        }
    }
    return true;
}

static int run_host(const struct options *o, const struct app_opts *a)
{
    struct app *app = app_new(a);
    if (!app) {
        fputs("vrpsh: out of memory\n", stderr);
        return EXIT_HOST;
    }
    struct host_opts h = {.db = o->db, .ready_fd = o->ready_fd, .end_with_client = o->private_host};
    int code = host_run(&h, &app_host_ops, app);
    app_free(app);
    return code;
}

static void describe(struct proto_hello *h, const struct options *o, bool interactive)
{
    struct winsize ws;
    const char *ssh = getenv("SSH_CLIENT");
    char tty[64];
    *h = (struct proto_hello){.version = PROTO_VERSION,
                              .interactive = interactive,
                              .keep_going = o->keep_going,
                              .json = o->json,
                              .atomic = o->atomic,
                              .dry_run = o->dry_run,
                              .login = o->login};
    if (interactive && ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0) {
        h->rows = ws.ws_row;
        h->cols = ws.ws_col;
    }
    if (ttyname_r(STDIN_FILENO, tty, sizeof tty) == 0) {
        snprintf(h->tty, sizeof h->tty, "%s", strncmp(tty, "/dev/", 5) ? tty : tty + 5);
    }
    if (ssh) {
        snprintf(h->from, sizeof h->from, "%.*s", (int)strcspn(ssh, " "), ssh);
    }
}

/* Opens every file before anything runs: a misspelt second name must not leave half a job done. */
static bool open_sources(const struct options *o, struct batch_source *s, size_t *n)
{
    for (size_t i = 0; i < o->nlines; i++) {
        s[(*n)++] = (struct batch_source){.name = "-c", .fd = -1, .text = o->lines[i]};
    }
    for (size_t i = 0; i < o->nfiles; i++) {
        bool standard = strcmp(o->files[i], "-") == 0;
        int fd = standard ? STDIN_FILENO : open(o->files[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            fprintf(stderr, "vrpsh: %s: %s\n", o->files[i], strerror(errno));
            return false;
        }
        s[(*n)++] = (struct batch_source){.name = standard ? "stdin" : o->files[i], .fd = fd};
    }
    if (*n == 0) {
        s[(*n)++] = (struct batch_source){.name = "stdin", .fd = STDIN_FILENO};
    }
    return true;
}

static int run_client(const struct options *o, const struct batch_source *s, size_t n)
{
    struct client c;
    struct proto_hello hello;
    char err[600];
    pid_t child;
    describe(&hello, o, n == 0);
    if (o->transcript) {
        hello.rows = 0; /* no terminal: nothing is paged */
        hello.cols = 80;
    }
    if (!spawn_attach(o, &hello, &c, &child, err, sizeof err)) {
        fprintf(stderr, "vrpsh: %s\n", err);
        return EXIT_HOST;
    }
    int code;
    if (o->transcript) {
        code = transcript_run(&c, o->transcript, o->update);
    } else if (n) {
        code = batch_run(&c, s, n, o->json);
    } else {
        char dir[PATH_MAX - 16], history[PATH_MAX] = "";
        if (options_state_dir(dir, sizeof dir)) {
            snprintf(history, sizeof history, "%s/history", dir);
        }
        code = term_run(&c, *history ? history : NULL);
    }
    client_close(&c);
    if (child) {
        spawn_reap(child);
    }
    return code;
}

static int run_shell(const struct options *o)
{
    size_t n = 0;
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !o->atomic && !o->dry_run;
    if (o->transcript || (o->mode == OPTIONS_SHELL && terminal)) {
        return run_client(o, NULL, 0);
    }
    struct batch_source *s = calloc(o->nfiles + o->nlines + 1, sizeof *s);
    if (!s) {
        fputs("vrpsh: out of memory\n", stderr);
        return EXIT_HOST;
    }
    int code = open_sources(o, s, &n) ? run_client(o, s, n) : EXIT_USAGE;
    free(s);
    return code;
}

int main(int argc, char **argv)
{
    struct options o;
    struct app_opts a;
    /* Descriptors 0 to 2 must be what everybody takes them for, even when started without them. */
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= STDERR_FILENO) {
    }
    if (fd >= 0) {
        close(fd);
    }
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    int code = options_parse(argc, argv, &o);
    if (code < 0 && !speaker_options(&o, &a)) {
        code = EXIT_USAGE;
    }
    if (code < 0) {
        switch (o.mode) {
        case OPTIONS_CHECK:
            code = check_files(o.files, o.nfiles, o.json);
            break;
        case OPTIONS_HOST:
            code = run_host(&o, &a);
            break;
        case OPTIONS_STOP:
            code = spawn_stop(o.db);
            break;
        default:
            code = run_shell(&o);
        }
    }
    options_free(&o);
    return code;
}
