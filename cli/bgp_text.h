/* Small pieces that every BGP display uses: which family is asked for, durations, identifiers. */
#ifndef VRPSH_BGP_TEXT_H
#define VRPSH_BGP_TEXT_H

#include "cli/session.h"

/* The family a command names; IPv4 unicast when it names none. */
enum bgp_family bgp_text_family(const struct sch_match *m);
/* False, with an error said, when there is no BGP to look at. */
bool bgp_text_runs(struct session *s);
/* Dotted form of a BGP identifier. buf: BGP_ADDR_STRLEN. */
const char *bgp_text_id(uint32_t id, char *buf);
/* Verbose duration (reference B0): 00h57m53s below a day, else 26d05h20m49s. */
void bgp_text_duration(uint64_t ms, char *buf, size_t len);
/* Up/Down column: 00:57:53 below a day, then 0646h36m. */
void bgp_text_up_down(uint64_t ms, char *buf, size_t len);

#endif
