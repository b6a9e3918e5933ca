/*
 * The host's log: lines in VRP's frame on standard error, in a bounded buffer ("display
 * logbuffer"), and on the terminals that monitor it. mgmt thread only.
 */
#ifndef VRPSH_LOG_H
#define VRPSH_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "bgp/bgp.h"

struct app;
struct session;

#define LOG_COMPONENT 0x80130001u /* the speaker, among the components of a VRP device */
enum { LOG_LINES = 512, LOG_TROUBLES = 64 };

/* A session that went down, and why ("display bgp troubleshooting"). */
struct log_trouble {
    int64_t when;
    char text[320];
};

struct log_kept {
    char *text;
    unsigned severity; /* 0 emergencies to 7 debugging */
    size_t number;     /* of lines of both kinds */
};

struct log_ring {
    struct log_kept lines[LOG_LINES];
    size_t n; /* there have been */
};

struct log {
    struct log_ring rings[2]; /* 1: what only informs, so that it does not displace what warns */
    struct log_trouble troubles[LOG_TROUBLES]; /* ring */
    size_t ntroubles;
};

/* when: seconds since the epoch; id: "BGP/3/STATE_CHG_UPDOWN"; mark: what follows the component
 * of an alarm ("-alarmID=0x0879000f"), or "". */
void log_line(struct app *a, int64_t when, const char *id, const char *mark, const char *format,
              ...) __attribute__((format(printf, 5, 6)));
/* The state of a session has changed: its lines. */
void log_bgp_event(struct app *a, const struct bgp_event *e, int64_t when);
/* The sentence of any change of state, for the log and for debugging. */
void log_bgp_change(const struct app *a, const struct bgp_event *e, char *text, size_t len);
void log_clear(struct app *a);
/* Shows a line on a terminal, above what is being typed; drops it when the terminal is behind. */
void log_show(struct session *s, const char *text, size_t n);

#endif
