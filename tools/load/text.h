/*
 * Routes of tools/bgp_load as text: a listing, one line a route, to compare with what a speaker
 * displays or to see in what two tables differ; and commands that have ExaBGP announce them.
 */
#ifndef VRPSH_TOOLS_LOAD_TEXT_H
#define VRPSH_TOOLS_LOAD_TEXT_H

#include <stdio.h>

#include "load/digest.h"

/* "RD PREFIX label=N origin=N path=A_B comm=A:B+C:D large=A:B:C ext=HEX attrCODE=HEX..." without
 * what the rules leave out; members of a set are sorted as text. */
void load_print_route(FILE *f, const struct load_rules *r, enum bgp_family family,
                      const uint8_t key[BGP_KEY], unsigned len, uint32_t label,
                      struct bgp_cursor attrs, unsigned skip);

/* "announce route ..." for ExaBGP, which sends the path as it is given: as is put in front of it.
 */
void load_print_command(FILE *f, enum bgp_family family, const uint8_t key[BGP_KEY], unsigned len,
                        uint32_t label, struct bgp_cursor attrs, const struct bgp_addr *hop);

#endif
