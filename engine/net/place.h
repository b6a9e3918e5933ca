/*
 * Where a VPN instance lives on the host: the network namespace of its name, as `ip netns add`
 * makes it. A socket belongs for good to the network it was opened in, so a place is entered only
 * around opening one. Entering changes the calling thread alone (setns(2)) and needs
 * CAP_SYS_ADMIN. Used by the bgp thread only.
 */
#ifndef VRPSH_NET_PLACE_H
#define VRPSH_NET_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PLACE_REASON 96

struct place {
    int ns; /* descriptor of the namespace; -1: the network the program was started in */
    dev_t dev;
    ino_t ino; /* which namespace the name stands for; 0: none */
};

/* Finds the place of an instance. False: it has none that can be entered, and reason says why. */
bool place_open(struct place *p, const char *name, char reason[PLACE_REASON]);
void place_close(struct place *p);
/* Does the name still stand for the same namespace, or still for none? */
bool place_same(const struct place *p, const char *name);
/* Around opening a socket; NULL: the program's own network. */
void place_enter(const struct place *p);
void place_leave(const struct place *p);

#endif
