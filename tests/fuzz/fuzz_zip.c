/*
 * Fuzzes archives: whatever is said to be a ZIP file unpacks to text with a NUL behind it or is
 * refused with a reason; what unpacks can be packed and comes out the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    size_t n = 0, np = 0, again = 0;
    char *text = zip_unpack((const char *)data, size, &n, &why);
    if (!text) {
        if (!why || !*why)
            abort();
        return 0;
    }
    if (text[n] != 0)
        abort();
    char *packed = zip_pack("a.cfg", text, n, &np);
    char *back = packed ? zip_unpack(packed, np, &again, &why) : NULL;
    if (packed && (!back || again != n || memcmp(back, text, n) != 0))
        abort();
    free(back);
    free(packed);
    free(text);
    return 0;
}
