/*
 * A configuration on its way to a session: running, or what a candidate makes of it, from a key
 * prefix on. Streamed, so that a large one delays nobody.
 */
#ifndef VRPSH_LISTING_H
#define VRPSH_LISTING_H

#include "cli/text/render.h"

struct listing {
    struct render render;
    struct store_candidate cand;
    uint8_t prefix[SCH_KEY_MAX], after[SCH_KEY_MAX];
    size_t nprefix, nafter;
    unsigned rows;
    bool cut;                        /* not everything could be read */
    bool defaults;                   /* with what holds although no line says so, behind "~" */
    void (*free)(struct listing *l); /* of cand, or NULL */
    uint32_t head;                   /* not 0: running that cand is over; another one ends it */
    bool only_top;                   /* "display this" in the system view: no views */
};

/* Line that enters the view below the system view that a section is named after, or NULL. */
const struct sch_line *listing_section(const char *name);
/* Starts the stream of the rows below the prefix (n 0: all), with "#" and "return" behind them. The
 * caller may set cand and only_top before it returns to the session. NULL: out of memory, said. */
struct listing *list_start(struct session *s, const uint8_t *prefix, size_t n);

/* The "!" lines that stand before a whole running configuration: as it was saved last, or (saved
 * not 0) is being saved now by this session. */
void listing_header(struct session *s, int64_t saved);
/* The whole running configuration as "display current-configuration" prints it, with that time of
 * saving. To be freed; NULL: out of memory. */
char *listing_running(struct session *s, int64_t saved, size_t *n);

#endif
