/*
 * Preloaded into a host by tests/crash/faults.test: lets the n-th allocation, write or fsync of
 * its management thread fail. The test says which through a file that both have mapped.
 *
 * Only files count: a socket that cannot be written to is a terminal that has gone, which is
 * another test.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { NONE, MEMORY, WRITE, SYNC, OPEN };

static volatile struct control {
    uint32_t kind;  /* what fails */
    uint32_t at;    /* the first call that does, from 1 */
    uint32_t more;  /* how many behind it do as well */
    uint32_t error; /* errno */
    uint32_t calls, hits;
} * control;

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAIL_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *p = fd >= 0 ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (p != MAP_FAILED)
        control = p;
}

static bool strikes(enum kind kind)
{
    static _Thread_local int mine; /* 1: the management thread, 2: another */
    if (!control || control->kind != kind)
        return false;
    if (!mine)
        mine = gettid() == getpid() ? 1 : 2;
    if (mine == 2)
        return false;
    uint32_t n = ++control->calls;
    if (n < control->at || n - control->at > control->more)
        return false;
    control->hits++;
    errno = kind == MEMORY ? ENOMEM : (int)control->error;
    return true;
}

void *malloc(size_t n)
{
    return strikes(MEMORY) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return strikes(MEMORY) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return n && strikes(MEMORY) ? NULL : __libc_realloc(p, n);
}

static bool a_file(int fd)
{
    struct stat st;
    int had = errno;
    bool yes = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fd > STDERR_FILENO;
    errno = had;
    return yes;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *p, size_t n)
{
    static __typeof__(&write) real;
    real = real ? real : REAL(write);
    return a_file(fd) && strikes(WRITE) ? -1 : real(fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    static __typeof__(&pwrite) real;
    real = real ? real : REAL(pwrite);
    return a_file(fd) && strikes(WRITE) ? -1 : real(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return pwrite(fd, p, n, at);
}

int ftruncate(int fd, off_t n)
{
    static __typeof__(&ftruncate) real;
    real = real ? real : REAL(ftruncate);
    return a_file(fd) && strikes(WRITE) ? -1 : real(fd, n);
}

int ftruncate64(int fd, off64_t n)
{
    return ftruncate(fd, n);
}

int fsync(int fd)
{
    static __typeof__(&fsync) real;
    real = real ? real : REAL(fsync);
    return strikes(SYNC) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    static __typeof__(&fdatasync) real;
    real = real ? real : REAL(fdatasync);
    return strikes(SYNC) ? -1 : real(fd);
}

static int open_at(int fd, const char *path, int flags, mode_t mode)
{
    static int (*real)(int, const char *, int, ...);
    real = real ? real : (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    return strikes(OPEN) ? -1 : real(fd, path, flags, mode);
}

#define MODE(flags)                                                                                \
    va_list ap;                                                                                    \
    va_start(ap, flags);                                                                           \
    mode_t mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                        \
    va_end(ap)

int open(const char *path, int flags, ...)
{
    MODE(flags);
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
    MODE(flags);
    return open_at(fd, path, flags, mode);
}

int openat64(int fd, const char *path, int flags, ...)
{
    MODE(flags);
    return open_at(fd, path, flags, mode);
}
