/*
 * What the bgp thread tells the mgmt thread: events and warnings, copied into a queue that the loop
 * of the mgmt thread delivers. The bgp thread never waits here.
 */
#ifndef VRPSH_NET_NOTES_H
#define VRPSH_NET_NOTES_H

#include "engine/speaker.h"

struct notes;

/* Only event, warn and ctx of opts count. NULL: the loop takes no wake-ups. */
struct notes *notes_new(struct uv_loop_s *loop, const struct speaker_opts *opts);
/* In the mgmt thread, when the bgp thread has ended: delivers the rest. */
void notes_free(struct notes *n);

/* In the bgp thread; notes is a struct notes. */
void notes_event(void *notes, const struct bgp_event *e);
void notes_warn(void *notes, const char *text);
void notes_trace(void *notes, const struct bgp_trace *t);

#endif
