/* Small pieces that every BGP display uses: which family is asked for, durations, identifiers. */
#ifndef VRPSH_BGP_TEXT_H
#define VRPSH_BGP_TEXT_H

#include "cli/session.h"

/* The family a command names; IPv4 unicast when it names none. */
enum bgp_family bgp_text_family(const struct sch_match *m);
/* False, with an error said, when there is no BGP to look at. */
bool bgp_text_runs(struct session *s);
/* The VPN instance the command names, 0 when it names none. False: there is no such instance, which
 * has been said. */
bool bgp_text_instance(struct session *s, const struct sch_match *m, uint16_t *number);
/* The families of a VPN instance's routes, of those of a VPN family. */
enum bgp_family bgp_text_inner(enum bgp_family f);
/* The name of a VPN instance by its number, "-" when it has gone; NULL of 0, the public network. */
const char *bgp_text_instance_name(const struct app *a, uint16_t number);
/* " VPN-Instance ran1, Router ID 172.31.0.2:" */
void bgp_text_instance_line(struct session *s, uint16_t number);
/* Dotted form of a BGP identifier. buf: BGP_ADDR_STRLEN. */
const char *bgp_text_id(uint32_t id, char *buf);
/* Verbose duration (reference B0): 00h57m53s below a day, else 26d05h20m49s. */
void bgp_text_duration(uint64_t ms, char *buf, size_t len);
/* The wall clock time of a monotonic one, in seconds; the same each time it is asked for. */
int64_t bgp_text_when(uint64_t ms);
/* Up/Down column: 00:57:53 below a day, then 0646h36m. */
void bgp_text_up_down(uint64_t ms, char *buf, size_t len);

#endif
