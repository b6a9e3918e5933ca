/* Writing; see fd.h. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "cli/fd.h"

bool fd_write(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t got = write(fd, p, n);
        if (got >= 0) {
            p += got;
            n -= (size_t)got;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd w = {.fd = fd, .events = POLLOUT};
            poll(&w, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}
