/*
 * Fuzzes the OPEN decoder. What it accepts has to survive being written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "bgp/wire/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t buf[BGP_LONGEST];
    struct bgp_open open, back;
    struct bgp_fault f;
    size_t n;

    if (!bgp_open_decode(bgp_cursor_on(data, size), &open, &f)) {
        if (f.code != BGP_ERR_OPEN || f.ndata > BGP_FAULT_DATA)
            abort();
        return 0;
    }
    if (open.as == 0 || open.as == BGP_AS_TRANS || open.id == 0)
        abort();
    open.caps.has_as4 = true; /* the header cannot hold every AS */
    open.caps.as4 = open.as;
    n = bgp_open_encode(&open, buf, sizeof buf);
    if (n == 0 || !bgp_open_decode(bgp_cursor_on(buf + BGP_HEADER, n - BGP_HEADER), &back, &f))
        abort();
    if (back.as != open.as || back.id != open.id || back.hold != open.hold)
        abort();
    if (open.caps.families && back.caps.families != open.caps.families)
        abort();
    return 0;
}
