/* NOTIFICATION: decoding, encoding, shutdown text, names. */
#include "bgp/wire/notify.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_SENT = 128 }; /* octets; what receivers of RFC 8203 accept too */

/* Length of the well-formed UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t utf8_char(const uint8_t *s, size_t n, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80             ? 1
                 : (s[0] & 0xe0) == 0xc0 ? 2
                 : (s[0] & 0xf0) == 0xe0 ? 3
                 : (s[0] & 0xf8) == 0xf0 ? 4
                                         : 0;

    if (len == 0 || len > n)
        return 0;
    *cp = len == 1 ? s[0] : s[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *cp = *cp << 6 | (s[i] & 0x3f);
    }
    if (*cp < least[len] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
        return 0;
    return len;
}

/* Controls move the cursor or reorder the line of whoever reads the log. */
static bool harmful(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x200b && cp <= 0x200f) ||
           (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x2069) || cp == 0xfeff;
}

/* Copies text with harmful characters as \xNN per octet. Not UTF-8: RFC 9003 section 2 has it
 * dropped, the octets remain visible as data. */
static void sanitise(const uint8_t *s, size_t n, char out[BGP_SHUTDOWN_TEXT + 1])
{
    size_t o = 0, len;
    uint32_t cp;

    out[0] = '\0';
    for (size_t i = 0; i < n; i += len)
        if ((len = utf8_char(s + i, n - i, &cp)) == 0)
            return;
    for (size_t i = 0; i < n; i += len) {
        len = utf8_char(s + i, n - i, &cp);
        if (o + (harmful(cp) ? 4 * len : len) > BGP_SHUTDOWN_TEXT)
            break;
        for (size_t k = 0; k < len; k++) {
            if (harmful(cp))
                o += (size_t)snprintf(out + o, 5, "\\x%02x", s[i + k]);
            else
                out[o++] = (char)s[i + k];
        }
    }
    out[o] = '\0';
}

/* Fills data and text of *out from the data field. */
static void read_data(struct bgp_cursor data, struct bgp_notification *out)
{
    bool has_text = out->code == BGP_ERR_CEASE &&
                    (out->subcode == BGP_CEASE_SHUTDOWN || out->subcode == BGP_CEASE_RESET);

    out->ndata = (uint8_t)(data.left < sizeof out->data ? data.left : sizeof out->data);
    if (out->ndata > 0)
        memcpy(out->data, data.at, out->ndata);
    if (has_text && data.left > 0) {
        struct bgp_cursor text = bgp_get_part(&data, bgp_get_u8(&data));

        if (!text.bad && data.left == 0)
            sanitise(text.at, text.left, out->text);
    }
}

void bgp_notify_decode(struct bgp_cursor body, struct bgp_notification *out)
{
    memset(out, 0, sizeof *out);
    out->code = bgp_get_u8(&body);
    out->subcode = bgp_get_u8(&body);
    if (!body.bad)
        read_data(body, out);
}

size_t bgp_notify_encode(const struct bgp_fault *f, uint8_t *buf, size_t n,
                         struct bgp_notification *out)
{
    struct bgp_writer w = bgp_writer_on(buf, n);

    memset(out, 0, sizeof *out);
    out->code = f->code;
    out->subcode = f->subcode;
    out->sent = true;
    read_data(bgp_cursor_on(f->data, f->ndata), out);
    bgp_frame_begin(&w, BGP_NOTIFICATION);
    bgp_put_u8(&w, f->code);
    bgp_put_u8(&w, f->subcode);
    bgp_put_bytes(&w, f->data, f->ndata);
    return bgp_frame_end(&w);
}

void bgp_notify_cease(struct bgp_fault *f, uint8_t subcode, const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    size_t n = text ? strlen(text) : 0, keep = 0, len;
    uint32_t cp;

    bgp_fault(f, BGP_ERR_CEASE, subcode);
    while (keep < n && (len = utf8_char(s + keep, n - keep, &cp)) > 0 && keep + len <= TEXT_SENT)
        keep += len;
    if (keep == 0)
        return;
    f->data[0] = (uint8_t)keep;
    memcpy(f->data + 1, s, keep);
    f->ndata = (uint8_t)(keep + 1);
}

#define NAMES(...)                                                                                 \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define COUNT(...) (sizeof(NAMES(__VA_ARGS__)) / sizeof(char *))
#define SUBS(...) NAMES(__VA_ARGS__), COUNT(__VA_ARGS__)

/* Names by code and subcode; a gap is a subcode no RFC gives a meaning to any more. */
static const struct {
    const char *name;
    const char *const *sub;
    size_t nsub;
} errors[] = {
    [BGP_ERR_HEADER] = {"Message Header Error",
                        SUBS(NULL, "Not Synchronized", "Bad Length", "Bad Type")},
    [BGP_ERR_OPEN] = {"OPEN Message Error",
                      SUBS(NULL, "Unsupported Version", "Bad Peer AS", "Bad BGP Identifier",
                           "Unsupported Optional Parameter", NULL, "Unacceptable Hold Time",
                           "Unsupported Capability", NULL, NULL, NULL, "Role Mismatch")},
    [BGP_ERR_UPDATE] = {"UPDATE Message Error",
                        SUBS(NULL, "Malformed Attribute List", "Unrecognized Well-known",
                             "Missing Well-known", "Attribute Flags", "Attribute Length",
                             "Invalid ORIGIN", NULL, "Invalid NEXT_HOP", "Optional Attribute",
                             "Invalid Network Field", "Malformed AS_PATH")},
    [BGP_ERR_HOLD] = {"Hold Timer Expired", NULL, 0},
    [BGP_ERR_FSM] = {"FSM Error", SUBS(NULL, "Unexpected Message in OpenSent",
                                       "Unexpected Message in OpenConfirm",
                                       "Unexpected Message in Established")},
    [BGP_ERR_CEASE] = {"CEASE",
                       SUBS(NULL, "Max prefixes", "Administrative Shutdown", "Peer De-configured",
                            "Administrative Reset", "Connection Rejected",
                            "Other Configuration Change", "Collision Resolution",
                            "Out of Resources", "Hard Reset", "BFD Down")},
    [BGP_ERR_REFRESH] = {"ROUTE-REFRESH Message Error", SUBS(NULL, "Invalid Message Length")},
    [BGP_ERR_SEND_HOLD] = {"Send Hold Timer Expired", NULL, 0},
};

static const size_t nerrors = sizeof errors / sizeof *errors;

const char *bgp_error_name(uint8_t code)
{
    return code < nerrors && errors[code].name ? errors[code].name : "Unknown";
}

const char *bgp_suberror_name(uint8_t code, uint8_t subcode)
{
    if (subcode == 0)
        return "Unspecific";
    if (code < nerrors && subcode < errors[code].nsub && errors[code].sub[subcode])
        return errors[code].sub[subcode];
    return "Unknown";
}
