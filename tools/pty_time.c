/*
 * Times a program on a pseudo terminal, as a person would: how long until it shows this, and, once
 * that was typed, until it shows the next. Called by tests/bench/config.sh.
 *
 *   pty_time EXPECT [SEND EXPECT]... -- PROGRAM [ARGUMENT]...
 *
 * Prints one number per EXPECT, microseconds: the first since the program was started, the others
 * since SEND was written. What is expected is looked for in what came after the last SEND. Ends
 * with 1 when something did not come within ten seconds. The program is hung up at the end.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static long long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* Reads until text was shown; what is left over is thrown away. */
static bool wait_for(int fd, const char *text)
{
    static char seen[1 << 16];
    size_t have = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (poll(&p, 1, PATIENCE_MS) > 0) {
        if (have == sizeof seen) {
            memmove(seen, seen + have / 2, have / 2);
            have /= 2;
        }
        ssize_t n = read(fd, seen + have, sizeof seen - have);
        if (n <= 0) {
            return false;
        }
        have += (size_t)n;
        if (memmem(seen, have, text, strlen(text))) {
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    int end = 1, fd;
    while (end < argc && strcmp(argv[end], "--") != 0) {
        end++;
    }
    if (end + 1 >= argc || end % 2 != 0) {
        fputs("usage: pty_time EXPECT [SEND EXPECT]... -- PROGRAM [ARGUMENT]...\n", stderr);
        return 2;
    }
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    long long since = now_us();
    pid_t pid = forkpty(&fd, NULL, NULL, &size);
    if (pid == 0) {
        execvp(argv[end + 1], argv + end + 1);
        _exit(127);
    }
    bool good = pid > 0;
    for (int i = 1; good && i < end; i += 2) {
        if (i > 1) {
            size_t n = strlen(argv[i - 1]);
            since = now_us();
            good = write(fd, argv[i - 1], n) == (ssize_t)n;
        }
        good = good && wait_for(fd, argv[i]);
        if (good) {
            printf("%lld\n", now_us() - since);
        }
    }
    if (pid > 0) {
        kill(pid, SIGHUP);
        close(fd);
        waitpid(pid, NULL, 0);
    }
    return !good;
}
