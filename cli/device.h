/*
 * What running says about the device around the sessions: its time zone, the levels that commands
 * need, and what happens by the clock. app.c calls all of it, on the mgmt thread.
 */
#ifndef VRPSH_DEVICE_H
#define VRPSH_DEVICE_H

#include <stdint.h>

struct app;

/* Takes over what running says of the zone and the levels, if that may have changed. */
void device_refresh(struct app *a);
/* Does what is due ("set save-configuration ...") at a monotonic time in milliseconds and a wall
 * time in seconds; milliseconds until it is to be called again, -1: nothing is ever due. */
int64_t device_due(struct app *a, uint64_t now_ms, int64_t wall);

#endif
