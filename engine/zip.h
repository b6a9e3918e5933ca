/*
 * A configuration in a ZIP archive (APPNOTE 6.3.3, without ZIP64 and encryption): one file,
 * deflated. What others have packed is read too, stored or deflated; every octet of it is checked.
 * The only owner of zlib.h.
 */
#ifndef VRPSH_ZIP_H
#define VRPSH_ZIP_H

#include <stdbool.h>
#include <stddef.h>

#define ZIP_TEXT_MAX (256u << 20) /* a larger file is refused, not unpacked */

/* An archive with one file. To be freed; NULL: out of memory. */
char *zip_pack(const char *name, const char *text, size_t n, size_t *packed);
/* Text of the first file of an archive whose name ends in ".cfg", or of its only file; one NUL
 * behind it. To be freed; NULL: *why says what is wrong. */
char *zip_unpack(const char *zip, size_t n, size_t *unpacked, const char **why);

#endif
