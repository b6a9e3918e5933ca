/*
 * Starts the host of a datastore in the background and attaches to it.
 *
 * Any number of terminals may do this at once: each that finds no host starts one, the datastore's
 * lock lets one of those live, and the others attach to that one. So "somebody else has the lock"
 * is no failure here, only a reason to try to connect again.
 */
#include "cli/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/host.h"

#define SELF "/proc/self/exe"
#define ATTACH_MS 15000 /* for a host that was found starting or ending */
#define AGAIN_MS 5
#define HOLD_TURNS 40
#define READY_MS 60000 /* a large datastore is being opened */
#define STOP_MS 60000
#define ARGS_MAX (16 + 2 * OPTIONS_LISTEN_MAX)

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void pause_ms(int ms)
{
    struct timespec t = {.tv_nsec = ms * 1000000L};
    nanosleep(&t, NULL);
}

/* --- the child ----------------------------------------------------------------------- */

static void exec_host(const struct options *o, int ready)
{
    char fd[16], port[16];
    const char *argv[ARGS_MAX];
    size_t n = 0;
    snprintf(fd, sizeof fd, "%d", ready);
    snprintf(port, sizeof port, "%u", o->bgp_port);
    argv[n++] = "vrpsh";
    argv[n++] = "--host";
    argv[n++] = "--ready-fd";
    argv[n++] = fd;
    argv[n++] = "-d";
    argv[n++] = o->db;
    if (o->private_host) {
        argv[n++] = "--private";
    }
    if (o->bgp_port_given) {
        argv[n++] = "--bgp-port";
        argv[n++] = port;
    }
    for (size_t i = 0; i < o->nlisten; i++) {
        argv[n++] = "--listen";
        argv[n++] = o->listen[i];
    }
    argv[n] = NULL;
    execv(SELF, (char *const *)argv);
}

/* Nothing of the terminal that happened to start it may stay with a host: not its session, its
 * descriptors, its directory or its signal mask. */
static _Noreturn void child(const struct options *o, int ready)
{
    char path[PATH_MAX];
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    setsid();
    int log = -1;
    if (snprintf(path, sizeof path, "%s.log", o->db) < (int)sizeof path) {
        log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool ok = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(null, STDOUT_FILENO) >= 0 &&
              dup2(log >= 0 ? log : null, STDERR_FILENO) >= 0;
    char *slash = strrchr(path, '/');
    if (slash) {
        *(slash == path ? slash + 1 : slash) = '\0';
        ok = ok && chdir(path) == 0;
    }
    int keep = STDERR_FILENO + 1;
    if (ok && ready != keep) {
        ok = dup2(ready, keep) >= 0;
    } else if (ok) {
        ok = fcntl(keep, F_SETFD, 0) == 0; /* dup2() would have cleared close-on-exec */
    }
    if (ok && close_range((unsigned)keep + 1, ~0u, 0) == 0) {
        exec_host(o, keep);
    }
    char text[256];
    int n = snprintf(text, sizeof text, "cannot start the host: %s\n", strerror(errno));
    ssize_t ignored = write(ok ? keep : ready, text, (size_t)n);
    (void)ignored;
    _exit(3);
}

/* --- the parent ---------------------------------------------------------------------- */

enum started { STARTED, START_BUSY, START_FAILED };

static enum started wait_ready(int fd, char *err, size_t errlen)
{
    size_t n = 0;
    long end = now_ms() + READY_MS;
    char text[600];
    for (;;) {
        long left = end - now_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (left <= 0 || (poll(&p, 1, (int)left) == 0)) {
            snprintf(err, errlen, "the host does not get ready");
            return START_FAILED;
        }
        ssize_t got = read(fd, text + n, sizeof text - 1 - n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got > 0 && n == 0 && text[0] == '\0') {
            return STARTED;
        }
        if (got <= 0 || n + (size_t)got == sizeof text - 1) {
            n += got > 0 ? (size_t)got : 0;
            break;
        }
        n += (size_t)got;
    }
    text[n] = '\0';
    bool busy = text[0] == '\1';
    char *say = text + busy;
    say[strcspn(say, "\n")] = '\0';
    snprintf(err, errlen, "%s", *say ? say : "the host ended while starting");
    return busy ? START_BUSY : START_FAILED;
}

static enum started start_host(const struct options *o, pid_t *pid, char *err, size_t errlen)
{
    int p[2];
    if (!host_make_dir(o->db, err, errlen)) {
        return START_FAILED;
    }
    if (pipe2(p, O_CLOEXEC) < 0) {
        snprintf(err, errlen, "cannot start the host: %s", strerror(errno));
        return START_FAILED;
    }
    *pid = fork();
    if (*pid == 0) {
        close(p[0]);
        child(o, p[1]);
    }
    close(p[1]);
    if (*pid < 0) {
        snprintf(err, errlen, "cannot start the host: %s", strerror(errno));
        close(p[0]);
        return START_FAILED;
    }
    enum started s = wait_ready(p[0], err, errlen);
    close(p[0]);
    if (s != STARTED) {
        spawn_reap(*pid);
    }
    return s;
}

static bool no_host(int error)
{
    return error == ENOENT || error == ECONNREFUSED;
}

static void say_ignored(const struct options *o)
{
    if (o->nlisten || o->bgp_port_given) {
        fputs("Info: The host of this datastore is already running; --listen and --bgp-port have "
              "no effect.\n",
              stderr);
    }
}

bool spawn_attach(const struct options *o, const struct proto_hello *hello, struct client *c,
                  pid_t *child_pid, char *err, size_t errlen)
{
    long end = now_ms() + ATTACH_MS;
    bool found = !o->private_host;
    int hold = 0; /* turns to wait for somebody else's host before trying one of our own again */
    *child_pid = 0;
    do {
        int error = o->private_host && !*child_pid ? ENOENT : client_connect(c, o->db);
        if (no_host(error) && hold > 0) {
            hold--;
            pause_ms(AGAIN_MS);
            continue;
        }
        if (no_host(error)) {
            pid_t pid;
            enum started s = start_host(o, &pid, err, errlen);
            if (s == START_FAILED || (s == START_BUSY && o->private_host)) {
                return false;
            }
            hold = s == START_BUSY ? HOLD_TURNS : 0;
            found = s == START_BUSY;
            *child_pid = o->private_host ? pid : 0;
            continue;
        }
        if (error) {
            snprintf(err, errlen, "cannot reach the host of %s: %s", o->db, strerror(error));
            return false;
        }
        enum client_greeting g = client_greet(c, hello, err, errlen);
        if (g == CLIENT_WELCOME) {
            if (found) {
                say_ignored(o);
            }
            return true;
        }
        client_close(c);
        if (g == CLIENT_REFUSED) {
            return false;
        }
        snprintf(err, errlen, "the host of %s ends as soon as it is reached", o->db);
        pause_ms(AGAIN_MS);
    } while (now_ms() < end);
    return false;
}

void spawn_reap(pid_t child_pid)
{
    int status;
    long end = now_ms() + ATTACH_MS;
    pid_t got;
    while ((got = waitpid(child_pid, &status, WNOHANG)) == 0 && now_ms() < end) {
        pause_ms(1);
    }
    if (got == 0) {
        kill(child_pid, SIGKILL);
        waitpid(child_pid, &status, 0);
    }
}

int spawn_stop(const char *db)
{
    struct client c;
    struct proto_frame f;
    int error = client_connect(&c, db);
    if (no_host(error)) {
        printf("No host is running for %s.\n", db);
        return 0;
    }
    if (error) {
        fprintf(stderr, "vrpsh: cannot reach the host of %s: %s\n", db, strerror(error));
        return 3;
    }
    client_signal(&c, PROTO_STOP);
    long end = now_ms() + STOP_MS;
    while (!c.ended && now_ms() < end) {
        client_wait(&c, (int)(end - now_ms()));
        while (client_next(&c, &f)) {
            if (f.type == PROTO_REFUSED) {
                size_t n;
                const char *why = proto_get_str(&f, &n);
                fprintf(stderr, "vrpsh: %.*s\n", (int)n, why);
                client_close(&c);
                return 3;
            }
        }
    }
    bool gone = c.ended;
    client_close(&c);
    if (!gone) {
        fprintf(stderr, "vrpsh: the host of %s does not end\n", db);
        return 3;
    }
    return 0;
}
