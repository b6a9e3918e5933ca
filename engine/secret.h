/*
 * Stored secrets: passwords are kept and shown only as cipher text, sealed with a key in a file of
 * mode 0600 beside the datastore. Sealing the same text twice gives the same cipher text (the nonce
 * is derived from the text), so that repeating a line is no change. The only owner of sodium.h.
 */
#ifndef VRPSH_SECRET_H
#define VRPSH_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secrets;

#define SECRET_CLEAR_MAX 255
#define SECRET_TEXT_MAX 433  /* cipher text with its NUL */
#define SECRET_MASK "******" /* what is shown of a password to who may not see it; never one */

/* Reads or creates the key file "<db>.key"; ":memory:" uses a key that is never stored. */
bool secrets_open(struct secrets **out, const char *db, char *err, size_t errlen);
void secrets_close(struct secrets *s);
/* Cipher text "%^%#...%^%#" of n octets of clear text. */
void secret_seal(const struct secrets *s, const char *clear, size_t n, char out[SECRET_TEXT_MAX]);
/* Clear text of a cipher text made with this key: its length, or -1 when it is none. */
long secret_reveal(const struct secrets *s, const char *text, size_t n,
                   char out[SECRET_CLEAR_MAX + 1]);

#endif
