/*
 * Lock, control socket and directory of a datastore. See host_files.h.
 *
 * The lock is a flock on an open file, so it ends with the process however that ends, and the lock
 * file itself is never removed: removing it would let two hosts lock two different files.
 */
#include "engine/host_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/host.h"

#define BACKLOG 16

bool host_socket_path(const char *db, char *buf, size_t n)
{
    int len = snprintf(buf, n, "%s.sock", db);
    return len > 0 && (size_t)len < n && (size_t)len < sizeof((struct sockaddr_un *)0)->sun_path;
}

/* Only directories that are missing are made, all of them 0700; those that exist are somebody's
 * choice. */
bool host_make_dir(const char *db, char *err, size_t errlen)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s", db) >= (int)sizeof path) {
        snprintf(err, errlen, "the path of the datastore is too long");
        return false;
    }
    char *last = strrchr(path, '/');
    if (!last || last == path) {
        return true;
    }
    *last = '\0';
    struct stat st;
    if (stat(path, &st) == 0) {
        return true;
    }
    for (char *p = path + 1;; p++) {
        if (*p && *p != '/') {
            continue;
        }
        char was = *p;
        *p = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST) {
            snprintf(err, errlen, "cannot create directory %s: %s", path, strerror(errno));
            return false;
        }
        if (!was) {
            return true;
        }
        *p = was;
    }
}

static void say_busy(int fd, const char *db, char *err, size_t errlen)
{
    char pid[24] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    pid[n > 0 ? n : 0] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    snprintf(err, errlen, "datastore %s is in use by another host%s%s", db,
             *pid ? ", process " : "", pid);
}

int host_lock(const char *db, bool *busy, char *err, size_t errlen)
{
    char path[PATH_MAX], pid[24];
    *busy = false;
    if (snprintf(path, sizeof path, "%s.lock", db) >= (int)sizeof path) {
        snprintf(err, errlen, "the path of the datastore is too long");
        return -1;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        snprintf(err, errlen, "cannot open %s: %s", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        *busy = errno == EWOULDBLOCK;
        if (*busy) {
            say_busy(fd, db, err, errlen);
        } else {
            snprintf(err, errlen, "cannot lock %s: %s", path, strerror(errno));
        }
        close(fd);
        return -1;
    }
    int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n) {
        snprintf(err, errlen, "cannot write %s: %s", path, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

int host_listen(const char *db, char *err, size_t errlen)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (!host_socket_path(db, sa.sun_path, sizeof sa.sun_path)) {
        snprintf(err, errlen, "the path of the datastore is too long for its control socket");
        return -1;
    }
    struct stat st;
    if (lstat(sa.sun_path, &st) == 0 && !S_ISSOCK(st.st_mode)) {
        snprintf(err, errlen, "%s exists and is not a socket", sa.sun_path);
        return -1;
    }
    if (unlink(sa.sun_path) < 0 && errno != ENOENT) {
        snprintf(err, errlen, "cannot remove the old %s: %s", sa.sun_path, strerror(errno));
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode of the socket's own inode is what bind() gives the file: no moment with another. */
    if (fd < 0 || fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) < 0 ||
        listen(fd, BACKLOG) < 0) {
        snprintf(err, errlen, "cannot listen on %s: %s", sa.sun_path, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

void host_share(const char *db, bool others)
{
    char path[PATH_MAX];
    if (host_socket_path(db, path, sizeof path)) {
        chmod(path, others ? 0666 : 0600);
    }
}

void host_unlink_socket(const char *db)
{
    char path[PATH_MAX];
    if (host_socket_path(db, path, sizeof path)) {
        unlink(path);
    }
}
