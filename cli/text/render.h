/*
 * Rows as configuration text: indentation, "#" separators, AS notation; and two images of rows as a
 * diff in VRP's layout. Everything that shows configuration goes through here.
 */
#ifndef VRPSH_RENDER_H
#define VRPSH_RENDER_H

#include "cli/session.h"

/* State between two rows of one listing. */
struct render {
    struct session *s;
    bool started;
    uint8_t section; /* of the last top-level row */
    bool after_view; /* a view stood last at top level */
    unsigned base;   /* rows above this depth are not shown (display this: 0) */
};
/* Prints one row with what must stand before it. */
void render_row(struct render *r, const uint8_t *key, size_t nkey, const char *text, size_t n);
/* A row's text in the notation of the day, without indentation. */
size_t render_text(struct session *s, const struct sch_line *l, const char *text, size_t n,
                   char *buf, size_t len);

/* A diff under construction. */
struct diff {
    struct session *s;
    bool tagged; /* to be loaded elsewhere: no line begins with a blank, and it has an end */
    bool started;
    uint8_t top[SCH_KEY_MAX]; /* component of the block of the moment */
    size_t ntop;
    uint8_t shown[SCH_KEY_MAX]; /* key of the innermost view line already printed */
    size_t nshown;
};
/* A display that is one diff begins it, a part of a larger one starts it; in JSON either is a list
 * "changes" of objects with view (the lines around it), old and new (absent: there is none). */
void diff_begin(struct diff *d, struct session *s);
void diff_start(struct diff *d, struct session *s);
void diff_change(struct diff *d, const uint8_t *key, size_t nkey, const char *old_text,
                 const char *new_text);
void diff_end(struct diff *d);
/* For store_changes() and store_history(); arg is a struct diff. */
bool diff_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
              const char *new_text);

/* Uncommitted lines as commands: what is new, and "undo ..." for what goes. */
struct commands {
    struct session *s;
    uint8_t shown[SCH_KEY_MAX];
    size_t nshown;
    uint8_t gone[SCH_KEY_MAX]; /* everything below this key goes with a line already printed */
    size_t ngone;
};
bool commands_row(void *arg, const uint8_t *key, size_t nkey, const char *old_text,
                  const char *new_text);

/* In JSON: the view lines around a row, as a list "view". */
void render_path(struct session *s, const uint8_t *key, const struct sch_place *p);
/* Text of the view line with this key, as the session sees it. */
size_t render_view_line(struct session *s, const uint8_t *key, size_t nkey,
                        const struct sch_line *l, char *buf, size_t len);

#endif
