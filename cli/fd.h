/* Writing to a descriptor that may not take everything at once. */
#ifndef VRPSH_FD_H
#define VRPSH_FD_H

#include <stdbool.h>
#include <stddef.h>

/* Writes all of it, waiting when need be. False: it cannot be written, errno says why. */
bool fd_write(int fd, const char *p, size_t n);

#endif
