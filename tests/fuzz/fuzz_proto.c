/*
 * Fuzzes the frames of the control protocol as the host reads them: any octets, cut anywhere, read
 * by the readers of every type. A string never leaves its frame, and a greeting that can be read is
 * written the same way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(const struct proto_frame *f, const uint8_t *start, const char *s, size_t n)
{
    const uint8_t *p = (const uint8_t *)s;
    if (n && (p < start || p + n > f->end))
        abort();
}

static void greeting(struct proto_frame f)
{
    struct proto_hello hello, again;
    struct proto_buf b = {0};
    struct proto_frame g;
    if (!proto_hello_read(&f, &hello))
        return;
    if (!memchr(hello.tty, 0, sizeof hello.tty) || !memchr(hello.from, 0, sizeof hello.from))
        abort();
    proto_hello_write(&b, &hello);
    if (proto_next(b.bytes, b.n, &g) != (long)b.n || !proto_hello_read(&g, &again) ||
        strcmp(hello.tty, again.tty) != 0 || strcmp(hello.from, again.from) != 0 ||
        hello.rows != again.rows || hello.cols != again.cols)
        abort();
    proto_buf_free(&b);
}

static void fields(struct proto_frame f)
{
    const uint8_t *start = f.p;
    size_t n;
    proto_get_u8(&f);
    while (!f.bad) {
        const char *s = proto_get_str(&f, &n);
        inside(&f, start, s, n);
        proto_get_u16(&f);
        proto_get_u32(&f);
    }
    if (proto_get_u32(&f) != 0 || (proto_get_str(&f, &n), n != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct proto_frame f;
    long n;
    while ((n = proto_next(data, size, &f)) > 0) {
        if ((size_t)n > size || f.p < data || f.end != data + n)
            abort();
        if (f.type == PROTO_HELLO)
            greeting(f);
        fields(f);
        data += n;
        size -= (size_t)n;
    }
    return 0;
}
