/*
 * The NOTIFICATION message (RFC 4271 4.5) and the shutdown communication in it (RFC 9003).
 *
 * A NOTIFICATION is understood as far as possible and never refused: whatever it holds, the session
 * ends. Text of the peer leaves this file only in a form that is safe to print.
 */
#ifndef VRPSH_BGP_WIRE_NOTIFY_H
#define VRPSH_BGP_WIRE_NOTIFY_H

#include "bgp/bgp.h"
#include "bgp/wire/frame.h"

/* body: the message without its header; a short one gives code 0. */
void bgp_notify_decode(struct bgp_cursor body, struct bgp_notification *out);

/* Writes the message for f to buf (BGP_HEADER + 2 + BGP_FAULT_DATA is enough) and fills *out as the
 * record of it. Returns the length. */
size_t bgp_notify_encode(const struct bgp_fault *f, uint8_t *buf, size_t n,
                         struct bgp_notification *out);

/* Makes f a Cease with text (RFC 9003), cut to 128 octets at a character; text may be NULL. */
void bgp_notify_cease(struct bgp_fault *f, uint8_t subcode, const char *text);

#endif
