/*
 * Frames of the control protocol: building them into one growing buffer and reading them back
 * through a cursor that cannot leave its frame.
 *
 * Used by both ends: engine/host.c and the sessions on the host's side, cli/client.c on the
 * terminal's. Knows nothing of sockets. Invariants: bytes [0, frame) of a proto_buf are finished
 * frames; a proto_frame never points outside the bytes it was found in. Running out of memory ends
 * the process: neither end can do anything useful without its buffers.
 */
#include "engine/proto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_SIZE 4u
#define FIRST_CAP 512u

static _Noreturn void fail(const char *why)
{
    fprintf(stderr, "vrpsh: control protocol: %s\n", why);
    abort();
}

static uint8_t *grow(struct proto_buf *b, size_t more)
{
    if (more > SIZE_MAX / 2 - b->n) {
        fail("buffer too large");
    }
    if (b->n + more > b->cap) {
        size_t cap = b->cap ? b->cap : FIRST_CAP;
        while (cap < b->n + more) {
            cap *= 2;
        }
        uint8_t *bytes = realloc(b->bytes, cap);
        if (!bytes) {
            fail("out of memory");
        }
        b->bytes = bytes;
        b->cap = cap;
    }
    uint8_t *at = b->bytes + b->n;
    b->n += more;
    return at;
}

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void proto_begin(struct proto_buf *b, enum proto_type t)
{
    b->frame = b->n;
    uint8_t *p = grow(b, LENGTH_SIZE + 1);
    put32(p, 0);
    p[LENGTH_SIZE] = (uint8_t)t;
}

void proto_u8(struct proto_buf *b, uint8_t v)
{
    *grow(b, 1) = v;
}

void proto_u16(struct proto_buf *b, uint16_t v)
{
    uint8_t *p = grow(b, 2);
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void proto_u32(struct proto_buf *b, uint32_t v)
{
    put32(grow(b, 4), v);
}

void proto_str(struct proto_buf *b, const char *s, size_t n)
{
    if (n > PROTO_MAX) {
        fail("string longer than a frame");
    }
    proto_u32(b, (uint32_t)n);
    if (n) {
        memcpy(grow(b, n), s, n);
    }
}

void proto_end(struct proto_buf *b)
{
    size_t n = b->n - b->frame - LENGTH_SIZE;
    if (n > PROTO_MAX) {
        fail("frame too long");
    }
    put32(b->bytes + b->frame, (uint32_t)n);
    b->frame = b->n;
}

void proto_buf_free(struct proto_buf *b)
{
    free(b->bytes);
    *b = (struct proto_buf){0};
}

static bool known(uint8_t type)
{
    return (type >= PROTO_HELLO && type <= PROTO_AHEAD) ||
           (type >= PROTO_WELCOME && type <= PROTO_BYE);
}

long proto_next(const uint8_t *bytes, size_t n, struct proto_frame *out)
{
    if (n < LENGTH_SIZE) {
        return 0;
    }
    uint32_t len = get32(bytes);
    if (len == 0 || len > PROTO_MAX) {
        return -1;
    }
    /* An unknown type is refused as soon as it shows, not after a megabyte of its body. */
    if (n > LENGTH_SIZE && !known(bytes[LENGTH_SIZE])) {
        return -1;
    }
    if (n - LENGTH_SIZE < len) {
        return 0;
    }
    out->type = (enum proto_type)bytes[LENGTH_SIZE];
    out->p = bytes + LENGTH_SIZE + 1;
    out->end = bytes + LENGTH_SIZE + len;
    out->bad = false;
    return (long)(LENGTH_SIZE + len);
}

static const uint8_t *take(struct proto_frame *f, size_t n)
{
    if (f->bad || (size_t)(f->end - f->p) < n) {
        f->bad = true;
        return NULL;
    }
    const uint8_t *p = f->p;
    f->p += n;
    return p;
}

uint8_t proto_get_u8(struct proto_frame *f)
{
    const uint8_t *p = take(f, 1);
    return p ? *p : 0;
}

uint16_t proto_get_u16(struct proto_frame *f)
{
    const uint8_t *p = take(f, 2);
    return (uint16_t)(p ? p[0] << 8 | p[1] : 0);
}

uint32_t proto_get_u32(struct proto_frame *f)
{
    const uint8_t *p = take(f, 4);
    return p ? get32(p) : 0;
}

const char *proto_get_str(struct proto_frame *f, size_t *n)
{
    size_t len = proto_get_u32(f);
    const uint8_t *p = take(f, len);
    *n = p ? len : 0;
    return p ? (const char *)p : "";
}

#define HELLO_INTERACTIVE 1u
#define HELLO_KEEP_GOING 2u
#define HELLO_JSON 4u
#define HELLO_LOGIN 8u
#define HELLO_ATOMIC 16u
#define HELLO_DRY_RUN 32u

void proto_hello_write(struct proto_buf *b, const struct proto_hello *h)
{
    proto_begin(b, PROTO_HELLO);
    proto_u16(b, h->version);
    proto_u8(b, (uint8_t)((h->interactive ? HELLO_INTERACTIVE : 0) |
                          (h->keep_going ? HELLO_KEEP_GOING : 0) | (h->json ? HELLO_JSON : 0) |
                          (h->login ? HELLO_LOGIN : 0) | (h->atomic ? HELLO_ATOMIC : 0) |
                          (h->dry_run ? HELLO_DRY_RUN : 0)));
    proto_u16(b, h->rows);
    proto_u16(b, h->cols);
    proto_str(b, h->tty, strnlen(h->tty, sizeof h->tty));
    proto_str(b, h->from, strnlen(h->from, sizeof h->from));
    proto_end(b);
}

/* A C string that others will print: too long or holding control characters is a bad frame. */
static void get_name(struct proto_frame *f, char *out, size_t size)
{
    size_t n;
    const char *s = proto_get_str(f, &n);
    if (n >= size) {
        f->bad = true;
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)s[i] < ' ' || s[i] == 0x7f) {
            f->bad = true;
        }
    }
    memcpy(out, s, n);
    out[n] = '\0';
}

/* The version comes first and stays first, so that another version can still be refused by name:
 * when it differs nothing after it is read. */
bool proto_hello_read(struct proto_frame *f, struct proto_hello *out)
{
    *out = (struct proto_hello){.version = proto_get_u16(f)};
    if (f->bad || out->version != PROTO_VERSION) {
        return !f->bad;
    }
    uint8_t flags = proto_get_u8(f);
    out->interactive = flags & HELLO_INTERACTIVE;
    out->keep_going = flags & HELLO_KEEP_GOING;
    out->json = flags & HELLO_JSON;
    out->login = flags & HELLO_LOGIN;
    out->atomic = flags & HELLO_ATOMIC;
    out->dry_run = flags & HELLO_DRY_RUN;
    out->rows = proto_get_u16(f);
    out->cols = proto_get_u16(f);
    get_name(f, out->tty, sizeof out->tty);
    get_name(f, out->from, sizeof out->from);
    return !f->bad;
}
