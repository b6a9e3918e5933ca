/* ZIP archives of one configuration; see zip.h. */
#include "engine/zip.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LOCAL_SIZE 30u
#define CENTRAL_SIZE 46u
#define END_SIZE 22u
#define LOCAL_SIGN 0x04034b50u
#define CENTRAL_SIGN 0x02014b50u
#define END_SIGN 0x06054b50u
#define COMMENT_MAX 65535u
#define STORED 0u
#define DEFLATED 8u
#define NEEDS 20u                 /* version 2.0 */
#define MADE_BY (3u << 8 | NEEDS) /* Unix: the mode is in the external attributes */
#define MODE (0100600u << 16)
#define DATE (1u << 5 | 1u) /* 1 January 1980: equal text gives an equal archive */

/* --- little endian ------------------------------------------------------------------- */

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, size_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

/* --- packing ------------------------------------------------------------------------- */

/* Version to extra length: the fields that both headers have, in their order. */
static void common(uint8_t *p, uint32_t crc, size_t packed, size_t n, size_t name)
{
    put16(p, NEEDS);
    put16(p + 4, DEFLATED);
    put16(p + 8, DATE);
    put32(p + 10, crc);
    put32(p + 14, packed);
    put32(p + 18, n);
    put16(p + 22, name);
}

static bool deflate_all(const char *text, size_t n, uint8_t *out, size_t room, size_t *used)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)text,
                  .avail_in = (uInt)n,
                  .next_out = out,
                  .avail_out = (uInt)room};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return false;
    bool ok = deflate(&z, Z_FINISH) == Z_STREAM_END;
    *used = z.total_out;
    deflateEnd(&z);
    return ok;
}

char *zip_pack(const char *name, const char *text, size_t n, size_t *packed)
{
    size_t nname = strlen(name), room = compressBound(n) + 16, body;
    uint8_t *zip = calloc(1, LOCAL_SIZE + CENTRAL_SIZE + END_SIZE + 2 * nname + room);
    uint32_t crc = (uint32_t)crc32(0, (const Bytef *)text, (uInt)n);
    if (!zip || n > ZIP_TEXT_MAX || !deflate_all(text, n, zip + LOCAL_SIZE + nname, room, &body)) {
        free(zip);
        return NULL;
    }
    put32(zip, LOCAL_SIGN);
    common(zip + 4, crc, body, n, nname);
    memcpy(zip + LOCAL_SIZE, name, nname);
    size_t at = LOCAL_SIZE + nname + body;
    uint8_t *central = zip + at, *end = central + CENTRAL_SIZE + nname;
    put32(central, CENTRAL_SIGN);
    put16(central + 4, MADE_BY);
    common(central + 6, crc, body, n, nname);
    put32(central + 38, MODE);
    memcpy(central + CENTRAL_SIZE, name, nname);
    put32(end, END_SIGN);
    put16(end + 8, 1);
    put16(end + 10, 1);
    put32(end + 12, CENTRAL_SIZE + nname);
    put32(end + 16, at);
    *packed = at + CENTRAL_SIZE + nname + END_SIZE;
    return (char *)zip;
}

/* --- unpacking ----------------------------------------------------------------------- */

struct entry {
    uint32_t method, crc, packed, n, at;
    bool sealed; /* encrypted */
};

static const uint8_t *find_end(const uint8_t *zip, size_t n)
{
    for (size_t back = END_SIZE; back <= n && back <= END_SIZE + COMMENT_MAX; back++)
        if (get32(zip + n - back) == END_SIGN)
            return zip + n - back;
    return NULL;
}

static bool is_cfg(const uint8_t *name, size_t n)
{
    return n >= 4 && memcmp(name + n - 4, ".cfg", 4) == 0;
}

/* The entry to be read, from the directory at the archive's end. */
static bool choose(const uint8_t *zip, size_t n, struct entry *e)
{
    const uint8_t *end = find_end(zip, n);
    if (!end)
        return false;
    size_t count = get16(end + 10), at = get32(end + 16), limit = (size_t)(end - zip);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *c = zip + at;
        if (at > limit || limit - at < CENTRAL_SIZE || get32(c) != CENTRAL_SIGN)
            return false;
        size_t nname = get16(c + 28), whole = CENTRAL_SIZE + nname + get16(c + 30) + get16(c + 32);
        if (limit - at < whole)
            return false;
        bool cfg = is_cfg(c + CENTRAL_SIZE, nname);
        if (cfg || count == 1) {
            *e = (struct entry){.method = get16(c + 10),
                                .crc = get32(c + 16),
                                .packed = get32(c + 20),
                                .n = get32(c + 24),
                                .at = get32(c + 42),
                                .sealed = get16(c + 8) & 1};
            found = true;
        }
        if (cfg)
            return true;
        at += whole;
    }
    return found;
}

static bool inflate_all(const uint8_t *from, const struct entry *e, char *to)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)from,
                  .avail_in = e->packed,
                  .next_out = (Bytef *)to,
                  .avail_out = e->n};
    if (inflateInit2(&z, -MAX_WBITS) != Z_OK)
        return false;
    bool ok = inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == e->n;
    inflateEnd(&z);
    return ok;
}

char *zip_unpack(const char *bytes, size_t n, size_t *unpacked, const char **why)
{
    const uint8_t *zip = (const uint8_t *)bytes;
    struct entry e;
    *why = "it is not a ZIP archive of one configuration";
    if (n < END_SIZE || !choose(zip, n, &e) || e.at > n || n - e.at < LOCAL_SIZE ||
        get32(zip + e.at) != LOCAL_SIGN)
        return NULL;
    size_t data = e.at + LOCAL_SIZE + get16(zip + e.at + 26) + get16(zip + e.at + 28);
    if (data > n || n - data < e.packed || (e.method == STORED && e.packed != e.n))
        return NULL;
    *why = "its file is encrypted, too large or packed in an unknown way";
    if (e.sealed || e.n > ZIP_TEXT_MAX || (e.method != STORED && e.method != DEFLATED))
        return NULL;
    char *text = malloc((size_t)e.n + 1);
    *why = text ? "its contents are damaged" : "there is not enough memory";
    if (!text)
        return NULL;
    bool ok = true;
    if (e.method == STORED)
        memcpy(text, zip + data, e.n);
    else
        ok = inflate_all(zip + data, &e, text);
    if (!ok || crc32(0, (const Bytef *)text, e.n) != e.crc) {
        free(text);
        return NULL;
    }
    text[e.n] = 0;
    *unpacked = e.n;
    return text;
}
