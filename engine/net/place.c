/* Network namespaces of VPN instances; see place.h. */
#include "engine/net/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int home = -1; /* the network of the program */

static int open_ns(const char *name)
{
    static const char *const dirs[] = {"/run/netns", "/var/run/netns"};
    char path[80];
    int fd = -1;
    if (strchr(name, '/') || name[0] == '.') /* no name of a file there */
        return -1;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs && fd < 0; i++) {
        snprintf(path, sizeof path, "%s/%s", dirs[i], name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }
    return fd;
}

static bool go(int ns)
{
    return setns(ns, CLONE_NEWNET) == 0;
}

static void go_home(void)
{
    if (!go(home))
        abort(); /* every further socket would be in the wrong network */
}

bool place_open(struct place *p, const char *name, char reason[PLACE_REASON])
{
    struct stat st;
    *p = (struct place){.ns = -1};
    int fd = open_ns(name);
    if (fd < 0 || fstat(fd, &st) < 0) {
        snprintf(reason, PLACE_REASON, "VPN instance %s has no network namespace on this host",
                 name);
        if (fd >= 0)
            close(fd);
        return false;
    }
    p->dev = st.st_dev;
    p->ino = st.st_ino;
    if (home < 0)
        home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (home < 0 || !go(fd)) {
        snprintf(reason, PLACE_REASON, "the network namespace %s cannot be entered: %s", name,
                 strerror(errno));
        close(fd);
        return false;
    }
    go_home();
    p->ns = fd;
    return true;
}

void place_close(struct place *p)
{
    if (p->ns >= 0)
        close(p->ns);
    *p = (struct place){.ns = -1};
}

bool place_same(const struct place *p, const char *name)
{
    struct stat st;
    int fd = open_ns(name);
    bool found = fd >= 0 && fstat(fd, &st) == 0;
    if (fd >= 0)
        close(fd);
    return found ? st.st_dev == p->dev && st.st_ino == p->ino : p->ino == 0;
}

void place_enter(const struct place *p)
{
    if (p && p->ns >= 0 && !go(p->ns))
        abort(); /* it could be entered when it was opened */
}

void place_leave(const struct place *p)
{
    if (p && p->ns >= 0)
        go_home();
}
