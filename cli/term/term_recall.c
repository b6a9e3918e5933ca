/*
 * The history file. See term_recall.h.
 *
 * Several terminals of one user write it at once: each line is one append, and shortening it is a
 * new file put in its place when a terminal starts. History is a convenience: when it cannot be
 * kept, nothing is said and nothing else suffers. The file is the user's alone (0600).
 */
#include "cli/term/term_recall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "engine/host.h"

#define FILE_MAX (4u << 20) /* a file larger than this is not ours */
#define SLACK 256           /* lines beyond RECALL_MAX before the file is shortened */

static char *read_file(const char *path, size_t *n)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    char *text = NULL;
    *n = 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= (off_t)FILE_MAX) {
        text = malloc((size_t)st.st_size + 1);
    }
    ssize_t got;
    while (text && *n < (size_t)st.st_size &&
           (got = read(fd, text + *n, (size_t)st.st_size - *n)) > 0) {
        *n += (size_t)got;
    }
    close(fd);
    return text;
}

static void shorten(const char *path, const char *text, size_t n)
{
    char tmp[PATH_MAX];
    if (snprintf(tmp, sizeof tmp, "%s.%ld", path, (long)getpid()) >= (int)sizeof tmp) {
        return;
    }
    int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return;
    }
    bool ok = write(fd, text, n) == (ssize_t)n;
    ok = close(fd) == 0 && ok;
    if (!ok || rename(tmp, path) < 0) {
        unlink(tmp);
    }
}

void recall_load(const char *path, void (*each)(void *ctx, const char *line, size_t n), void *ctx)
{
    size_t n = 0, lines = 0;
    char *text = path ? read_file(path, &n) : NULL;
    if (!text) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        lines += text[i] == '\n';
    }
    const char *p = text, *end = text + n, *nl;
    for (size_t skip = lines > RECALL_MAX ? lines - RECALL_MAX : 0; skip; skip--) {
        p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
    }
    if (lines > RECALL_MAX + SLACK) {
        shorten(path, p, (size_t)(end - p));
    }
    while ((nl = memchr(p, '\n', (size_t)(end - p)))) {
        each(ctx, p, (size_t)(nl - p));
        p = nl + 1;
    }
    free(text);
}

void recall_add(const char *path, const char *line, size_t n)
{
    char err[256], *copy;
    if (!path || !host_make_dir(path, err, sizeof err) || !(copy = malloc(n + 1))) {
        return;
    }
    memcpy(copy, line, n);
    copy[n] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ssize_t ignored = write(fd, copy, n + 1);
        (void)ignored;
        close(fd);
    }
    free(copy);
}
