/* Configuration files beside the datastore; see files.h. */
#include "engine/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/zip.h"

#define NAME_MIN 5
#define TEMPORARY ".new"

/* --- names --------------------------------------------------------------------------- */

bool files_plain(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f || name[i] == '/')
            return false;
    return n && n <= FILES_NAME_MAX && name[0] != '.';
}

static bool is_zip(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcasecmp(name + n - 4, ".zip") == 0;
}

bool files_valid(const char *name)
{
    size_t n = strlen(name);
    return files_plain(name) && n >= NAME_MIN &&
           (is_zip(name) || strcasecmp(name + n - 4, ".cfg") == 0);
}

/* The directory, opened; made when it is to be written to. */
static int open_dir(const char *db, bool make)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s.files", db) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
        return -1;
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static bool fail(const char *name, const char *what, char *err, size_t errlen)
{
    if (errno == ENOENT)
        snprintf(err, errlen, "The file %s does not exist.", name);
    else
        snprintf(err, errlen, "The file %s cannot be %s: %s.", name, what, strerror(errno));
    return false;
}

bool files_exist(const char *db, const char *name)
{
    int dir = open_dir(db, false);
    bool there = dir >= 0 && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    if (dir >= 0)
        close(dir);
    return there;
}

/* --- reading ------------------------------------------------------------------------- */

static char *slurp(int fd, size_t *n)
{
    struct stat st;
    size_t cap;
    if (fstat(fd, &st) < 0)
        return NULL;
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > ZIP_TEXT_MAX) {
        errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
        return NULL;
    }
    char *text = malloc(cap = (size_t)st.st_size + 1);
    for (*n = 0; text && *n + 1 < cap;) {
        ssize_t got = read(fd, text + *n, cap - 1 - *n);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR) {
            free(text);
            return NULL;
        }
        *n += got > 0 ? (size_t)got : 0;
    }
    if (text)
        text[*n] = 0;
    return text;
}

char *files_read(const char *db, const char *name, size_t *n, char *err, size_t errlen)
{
    const char *why = NULL;
    int dir = open_dir(db, false);
    int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *text = fd < 0 ? NULL : slurp(fd, n);
    if (!text)
        fail(name, "read", err, errlen);
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    if (!text || !is_zip(name))
        return text;
    char *zip = text;
    text = zip_unpack(zip, *n, n, &why);
    free(zip);
    if (!text)
        snprintf(err, errlen, "The file %s cannot be read: %s.", name, why);
    return text;
}

/* --- writing ------------------------------------------------------------------------- */

static bool put_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno != EINTR)
            return false;
        p += put > 0 ? put : 0;
        n -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool replace(int dir, const char *name, const char *bytes, size_t n)
{
    char temporary[FILES_NAME_MAX + 8];
    snprintf(temporary, sizeof temporary, ".%s" TEMPORARY, name);
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = fchmod(fd, 0600) == 0 && put_all(fd, bytes, n) && fsync(fd) == 0;
    int was = errno;
    ok &= close(fd) == 0 || !ok;
    if (ok && renameat(dir, temporary, dir, name) == 0)
        return fsync(dir) == 0;
    was = ok ? errno : was;
    unlinkat(dir, temporary, 0);
    errno = was;
    return false;
}

bool files_write(const char *db, const char *name, const char *text, size_t n, char *err,
                 size_t errlen)
{
    char inside[FILES_NAME_MAX + 1], *zip = NULL;
    if (is_zip(name)) {
        snprintf(inside, sizeof inside, "%.*s.cfg", (int)strlen(name) - 4, name);
        zip = zip_pack(inside, text, n, &n);
        if (!zip) {
            snprintf(err, errlen, "The file %s cannot be packed.", name);
            return false;
        }
    }
    int dir = open_dir(db, true);
    bool ok =
        (dir >= 0 && replace(dir, name, zip ? zip : text, n)) || fail(name, "written", err, errlen);
    if (dir >= 0)
        close(dir);
    free(zip);
    return ok;
}

int files_open(const char *db, const char *name, bool append, char *err, size_t errlen)
{
    int dir = open_dir(db, true), how = append ? O_APPEND : O_TRUNC;
    int fd = dir < 0 ? -1
                     : openat(dir, name,
                              O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | how, 0600);
    if (fd < 0)
        fail(name, "written", err, errlen);
    if (dir >= 0)
        close(dir);
    return fd;
}

bool files_alike(const char *a, const char *b)
{
    return is_zip(a) == is_zip(b);
}

bool files_rename(const char *db, const char *name, const char *to, char *err, size_t errlen)
{
    int dir = open_dir(db, false);
    bool ok = (dir >= 0 && renameat(dir, name, dir, to) == 0 && fsync(dir) == 0) ||
              fail(name, "renamed", err, errlen);
    if (dir >= 0)
        close(dir);
    return ok;
}

bool files_remove(const char *db, const char *name, char *err, size_t errlen)
{
    int dir = open_dir(db, false);
    bool ok = (dir >= 0 && unlinkat(dir, name, 0) == 0 && fsync(dir) == 0) ||
              fail(name, "deleted", err, errlen);
    if (dir >= 0)
        close(dir);
    return ok;
}

static int half_only(const struct dirent *d)
{
    size_t n = strlen(d->d_name), t = sizeof TEMPORARY - 1;
    return d->d_name[0] == '.' && n > t && strcmp(d->d_name + n - t, TEMPORARY) == 0;
}

void files_tidy(const char *db)
{
    struct dirent **d = NULL;
    int dir = open_dir(db, false);
    int n = dir < 0 ? 0 : scandirat(dir, ".", &d, half_only, NULL);
    for (int i = 0; i < n; i++) {
        unlinkat(dir, d[i]->d_name, 0);
        free(d[i]);
    }
    free(d);
    if (dir >= 0)
        close(dir);
}

/* --- listing ------------------------------------------------------------------------- */

static int plain_only(const struct dirent *d)
{
    return files_plain(d->d_name);
}

size_t files_list(const char *db, void (*fn)(void *ctx, const struct files_entry *e), void *ctx,
                  uint64_t *free_kb, uint64_t *total_kb)
{
    struct dirent **d = NULL;
    struct statvfs fs;
    size_t seen = 0;
    int dir = open_dir(db, true);
    int n = dir < 0 ? 0 : scandirat(dir, ".", &d, plain_only, alphasort);
    *free_kb = *total_kb = 0;
    for (int i = 0; i < n; i++) {
        struct files_entry e;
        struct stat st;
        if (fstatat(dir, d[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
            snprintf(e.name, sizeof e.name, "%.*s", FILES_NAME_MAX, d[i]->d_name);
            e.size = (uint64_t)st.st_size;
            e.time = st.st_mtime;
            fn(ctx, &e);
            seen++;
        }
        free(d[i]);
    }
    free(d);
    if (dir >= 0 && fstatvfs(dir, &fs) == 0) {
        *free_kb = fs.f_bavail * fs.f_frsize / 1024;
        *total_kb = fs.f_blocks * fs.f_frsize / 1024;
    }
    if (dir >= 0)
        close(dir);
    return seen;
}
