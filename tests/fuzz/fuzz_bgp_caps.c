/*
 * Fuzzes the capability decoders, and NOTIFICATION and UPDATE framing, which are as short.
 *
 * What leaves a NOTIFICATION as text must be printable whatever the peer sent.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/wire/caps.h"
#include "bgp/wire/notify.h"
#include "bgp/wire/update.h"

static void check_caps(const uint8_t *data, size_t size)
{
    struct bgp_cursor c = bgp_cursor_on(data, size);
    struct bgp_caps caps = {0}, back = {0};
    uint8_t buf[512];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);

    if (!bgp_caps_decode(&c, &caps))
        return;
    bgp_caps_encode(&w, &caps);
    c = bgp_cursor_on(buf, bgp_written(&w));
    if (w.full || !bgp_caps_decode(&c, &back) || back.families != caps.families ||
        back.hop6 != caps.hop6 || memcmp(back.labels, caps.labels, sizeof back.labels) != 0)
        abort();
}

static void check_text(const uint8_t *data, size_t size)
{
    struct bgp_notification n;

    bgp_notify_decode(bgp_cursor_on(data, size), &n);
    if (strlen(n.text) > BGP_SHUTDOWN_TEXT)
        abort();
    for (const char *s = n.text; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            abort();
}

static void check_update(const uint8_t *data, size_t size)
{
    struct bgp_update u;
    struct bgp_fault f;

    if (!bgp_update_split(bgp_cursor_on(data, size), &u, &f))
        return;
    if (u.withdrawn.left + u.attributes.left + u.nlri.left + 4 != size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_caps(data, size);
    check_text(data, size);
    check_update(data, size);
    return 0;
}
