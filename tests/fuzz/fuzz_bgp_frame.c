/*
 * Fuzzes the byte stream of a peer: any octets, cut anywhere, against a speaker in any state.
 *
 * The first octet chooses how far the session is (low bits) and how the rest is cut. A second peer
 * is up all the time and must stay so: that is the oracle besides the sanitizers.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/bgp.h"
#include "bgp/wire/open.h"

static struct bgp_conn *dialled;
static uint64_t now = 1000;

static uint64_t get_now(void *ctx)
{
    (void)ctx;
    return now;
}

static uint32_t get_random(void *ctx)
{
    (void)ctx;
    return 4;
}

static void on_connect(void *ctx, struct bgp_conn *conn, const struct bgp_peer_conf *peer)
{
    (void)ctx;
    (void)peer;
    dialled = conn;
}

/* The speaker sends whole messages. */
static void on_send(void *ctx, struct bgp_conn *conn, const uint8_t *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    if (n < BGP_HEADER || (size_t)(bytes[16] << 8 | bytes[17]) != n)
        abort();
}

static void on_close(void *ctx, struct bgp_conn *conn)
{
    (void)ctx;
    if (conn == dialled)
        dialled = NULL;
}

static void on_event(void *ctx, const struct bgp_event *e)
{
    (void)ctx;
    (void)e;
}

static const struct bgp_ops ops = {.now = get_now,
                                   .random = get_random,
                                   .connect = on_connect,
                                   .send = on_send,
                                   .close = on_close,
                                   .event = on_event};

/* Brings the peer with this last octet as far as asked. Its connection, NULL when it has none. */
static struct bgp_conn *raise_peer(struct bgp *b, uint8_t last, unsigned steps)
{
    struct bgp_peer_conf conf = {.addr = {.af = 4, .b = {192, 0, 2, last}}, .remote_as = 64602};
    struct bgp_addr local = {.af = 4, .b = {192, 0, 2, 254}};
    struct bgp_open open = {.as = 64602, .id = last, .hold = 90};
    uint8_t buf[BGP_LONGEST];
    struct bgp_conn *c;

    conf.kind = BGP_KIND_EXTERNAL;
    conf.hold = 180;
    conf.keepalive = 60;
    conf.enabled = 15;
    open.caps = (struct bgp_caps){.families = (1u << BGP_FAMILIES) - 1,
                                  .refresh = true,
                                  .enhanced = steps > 2,
                                  .extended = steps == 3};
    bgp_set_peer(b, &conf, BGP_KEEP);
    c = dialled;
    bgp_connected(c, &local, 40000, 179);
    if (steps > 0)
        bgp_input(c, buf, bgp_open_encode(&open, buf, sizeof buf));
    if (steps > 1) {
        struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

        bgp_frame_begin(&w, BGP_KEEPALIVE);
        bgp_input(c, buf, bgp_frame_end(&w));
    }
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bgp_conf process = {.as = 64601, .router_id = 0x0a000005};
    struct bgp_addr canary = {.af = 4, .b = {192, 0, 2, 99}};
    struct bgp *b = bgp_new(&ops, NULL);
    struct bgp_peer_view v;
    struct bgp_conn *c;
    size_t step;

    if (size < 1) {
        bgp_free(b);
        return 0;
    }
    bgp_set_process(b, &process);
    raise_peer(b, 99, 2);
    c = raise_peer(b, 1, data[0] & 3);
    step = data[0] >> 2 ? data[0] >> 2 : size;
    for (size_t at = 1; at < size; at += step) {
        size_t n = size - at < step ? size - at : step;
        uint8_t *piece = malloc(n); /* of its exact size, for the sanitizer */
        bool alive;

        memcpy(piece, data + at, n);
        alive = bgp_input(c, piece, n);
        free(piece);
        if (!alive)
            break;
    }
    if (!bgp_peer_view(b, &canary, &v) || v.state != BGP_ESTABLISHED)
        abort();
    bgp_shutdown(b, NULL);
    bgp_free(b);
    return 0;
}
