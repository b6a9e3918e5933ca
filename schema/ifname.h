/*
 * Interface names: types, numbers and how they are written. "LoopBack 0", "gigabitethernet0/1/0.7"
 * and "Eth-Trunk5" become one canonical form. Used by value.c, and by
 * match.c for help inside a name.
 */
#ifndef VRPSH_IFNAME_H
#define VRPSH_IFNAME_H

#include "schema/schema.h"

/* Parses one or two words; s, n and u of *out receive type word and packed number. Returns words
 * used, SCH_NO_VALUE or SCH_PARTIAL_VALUE (the type stands alone). */
int ifname_parse(const struct sch_token *t, size_t nt, struct sch_value *out);
/* Canonical text: type and number joined. Returns its length. */
size_t ifname_text(const struct sch_value *v, char *buf, size_t len);
/* What the number after a type looks like, for help. */
const char *ifname_number_notation(const struct sch_value *v);
/* Order of the type among all types, 0-254. */
uint8_t ifname_rank(const struct sch_value *v);

#endif
