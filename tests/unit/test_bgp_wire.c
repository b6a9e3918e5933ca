/*
 * The codecs: bytes in, (code, subcode, data) out, and back.
 *
 * The tables follow RFC 4271 6.1 and 6.2, RFC 5492, 6286, 6793, 7607, 9003 and 9072.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bgp/wire/notify.h"
#include "bgp/wire/open.h"
#include "bgp/wire/update.h"

/* Hex text to bytes; blanks are ignored, "FF*" is a marker. */
static size_t hex(const char *s, uint8_t *out)
{
    size_t n = 0;

    for (; *s; s++) {
        unsigned v;

        if (*s == ' ')
            continue;
        if (strncmp(s, "FF*", 3) == 0) {
            memset(out + n, 0xff, 16);
            n += 16;
            s += 2;
            continue;
        }
        ck_assert_int_eq(sscanf(s, "%2x", &v), 1);
        out[n++] = (uint8_t)v;
        s++;
    }
    return n;
}

static void assert_fault(const struct bgp_fault *f, int code, int subcode, const char *data,
                         const char *what)
{
    uint8_t want[64];
    size_t n = hex(data, want);

    ck_assert_msg(f->code == code && f->subcode == subcode, "%s: %u/%u, expected %d/%d", what,
                  f->code, f->subcode, code, subcode);
    ck_assert_msg(f->ndata == n && memcmp(f->data, want, n) == 0, "%s: wrong data", what);
}

/* --- header */

static const struct {
    const char *name, *bytes;
    size_t longest;
    int code, subcode;
    const char *data;
    size_t len; /* of a good one */
} headers[] = {
    {"keepalive", "FF* 0013 04", 4096, 0, 0, "", 19},
    {"first marker octet", "00FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 0013 04", 4096, 1, 1, "", 0},
    {"last marker octet", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE 0013 04", 4096, 1, 1, "", 0},
    {"marker before length", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE 0000 09", 4096, 1, 1, "", 0},
    {"one wrong octet is enough", "47", 4096, 1, 1, "", 0},
    {"an incomplete header is no error", "FF* 00", 4096, 0, 0, "", 0},
    {"length 0", "FF* 0000 04", 4096, 1, 2, "0000", 0},
    {"length 18", "FF* 0012 04", 4096, 1, 2, "0012", 0},
    {"length 4097", "FF* 1001 02", 4096, 1, 2, "1001", 0},
    {"length 5000 of an OPEN", "FF* 1388 01", 4096, 1, 2, "1388", 0},
    {"length before type", "FF* 0012 09", 4096, 1, 2, "0012", 0},
    {"UPDATE of 4096", "FF* 1000 02", 4096, 0, 0, "", 4096},
    {"extended UPDATE", "FF* FFFF 02", 65535, 0, 0, "", 65535},
    {"extended OPEN", "FF* 1001 01", 65535, 1, 2, "1001", 0},
    {"KEEPALIVE of 20", "FF* 0014 04", 4096, 1, 2, "0014", 0},
    {"extended KEEPALIVE", "FF* 1001 04", 65535, 1, 2, "1001", 0},
    {"OPEN of 28", "FF* 001c 01", 4096, 1, 2, "001c", 0},
    {"OPEN of 29", "FF* 001d 01", 4096, 0, 0, "", 29},
    {"UPDATE of 22", "FF* 0016 02", 4096, 1, 2, "0016", 0},
    {"UPDATE of 23", "FF* 0017 02", 4096, 0, 0, "", 23},
    {"NOTIFICATION of 20", "FF* 0014 03", 4096, 1, 2, "0014", 0},
    {"REFRESH of 22", "FF* 0016 05", 4096, 1, 2, "0016", 0},
    {"REFRESH of 24", "FF* 0018 05", 4096, 1, 2, "0018", 0},
    {"type 0", "FF* 0013 00", 4096, 1, 3, "00", 0},
    {"type 6", "FF* 0013 06", 4096, 1, 3, "06", 0},
    {"type 7", "FF* 0013 07", 4096, 1, 3, "07", 0},
    {"type 255", "FF* 0013 FF", 4096, 1, 3, "FF", 0},
};

START_TEST(header)
{
    uint8_t b[64], type = 0;
    size_t n = hex(headers[_i].bytes, b), len = 99;
    struct bgp_fault f = {0};
    bool ok = bgp_frame_check(b, n, headers[_i].longest, false, &len, &type, &f);

    ck_assert_msg(ok == (headers[_i].code == 0), "%s", headers[_i].name);
    ck_assert_msg(len == headers[_i].len, "%s: length %zu", headers[_i].name, len);
    if (!ok)
        assert_fault(&f, headers[_i].code, headers[_i].subcode, headers[_i].data, headers[_i].name);
}
END_TEST

/* --- OPEN: the body from the version on */

#define F(f) (1u << (f))
#define V4 F(BGP_IPV4_UNICAST)

static const struct {
    const char *name, *body;
    int code, subcode;
    const char *data;
    uint32_t as;
    unsigned families;
} opens[] = {
    {"no parameters at all", "04 fc59 00b4 01020304 00", 0, 0, "", 64601, V4},
    {"version 3", "03 fc59 00b4 01020304 00", 2, 1, "0004", 0, 0},
    {"version 5", "05 fc59 00b4 01020304 00", 2, 1, "0004", 0, 0},
    {"version before all else", "05 0000 0001 00000000 09", 2, 1, "0004", 0, 0},
    {"AS 0 in the header", "04 0000 00b4 01020304 00", 2, 2, "", 0, 0},
    {"AS 0 in the header, capability right", "04 0000 00b4 01020304 08 0206 4104 0000fc59", 2, 2,
     "", 0, 0},
    {"AS 0 in capability 65", "04 fc59 00b4 01020304 08 0206 4104 00000000", 2, 2, "", 0, 0},
    {"AS 0 in one of two", "04 fc59 00b4 01020304 0e 020c 4104 00000000 4104 0000fc59", 2, 2, "", 0,
     0},
    {"AS_TRANS without capability 65", "04 5ba0 00b4 01020304 00", 2, 2, "", 0, 0},
    {"AS_TRANS with capability 65", "04 5ba0 00b4 01020304 08 0206 4104 00010000", 0, 0, "", 65536,
     V4},
    {"the capability decides", "04 0001 00b4 01020304 08 0206 4104 0000fc59", 0, 0, "", 64601, V4},
    {"identifier 0", "04 fc59 00b4 00000000 00", 2, 3, "", 0, 0},
    {"identifier 224.0.0.1", "04 fc59 00b4 e0000001 00", 0, 0, "", 64601, V4},
    {"hold 0", "04 fc59 0000 01020304 00", 0, 0, "", 64601, V4},
    {"hold 1", "04 fc59 0001 01020304 00", 2, 6, "", 0, 0},
    {"hold 2", "04 fc59 0002 01020304 00", 2, 6, "", 0, 0},
    {"hold 3", "04 fc59 0003 01020304 00", 0, 0, "", 64601, V4},
    {"hold 65535", "04 fc59 ffff 01020304 00", 0, 0, "", 64601, V4},
    {"authentication parameter", "04 fc59 00b4 01020304 03 0101 00", 2, 4, "", 0, 0},
    {"unknown parameter", "04 fc59 00b4 01020304 02 0300", 2, 4, "", 0, 0},
    {"parameters longer than the message", "04 fc59 00b4 01020304 04 0200", 2, 0, "", 0, 0},
    {"parameters shorter than the message", "04 fc59 00b4 01020304 02 0200 00", 2, 0, "", 0, 0},
    {"octets after no parameters", "04 fc59 00b4 01020304 00 00", 2, 0, "", 0, 0},
    {"parameter overruns", "04 fc59 00b4 01020304 02 0201", 2, 0, "", 0, 0},
    {"parameter without length", "04 fc59 00b4 01020304 03 0200 02", 2, 0, "", 0, 0},
    {"empty capabilities", "04 fc59 00b4 01020304 02 0200", 0, 0, "", 64601, V4},
    {"capability overruns", "04 fc59 00b4 01020304 04 0202 4104", 2, 0, "", 0, 0},
    {"capability without length", "04 fc59 00b4 01020304 03 0201 41", 2, 0, "", 0, 0},
    {"65 of length 0", "04 fc59 00b4 01020304 04 0202 4100", 2, 0, "", 0, 0},
    {"65 of length 2", "04 fc59 00b4 01020304 06 0204 4102 fc59", 2, 0, "", 0, 0},
    {"65 of length 6", "04 fc59 00b4 01020304 0a 0208 4106 0000fc590000", 2, 0, "", 0, 0},
    {"1 of length 2", "04 fc59 00b4 01020304 06 0204 0102 0001", 2, 0, "", 0, 0},
    {"1 of length 5", "04 fc59 00b4 01020304 09 0207 0105 0001000100", 2, 0, "", 0, 0},
    {"64 of length 0 and 1: not ours to judge", "04 fc59 00b4 01020304 07 0205 4000 4001 78", 0, 0,
     "", 64601, V4},
    {"unknown capability", "04 fc59 00b4 01020304 07 0205 e003 010203", 0, 0, "", 64601, V4},
    {"five families, one parameter",
     "04 fc59 00b4 01020304 20 021e 010400010001 010400010004 010400010080 010400020001 "
     "010400020080",
     0, 0, "", 64601, (1u << BGP_FAMILIES) - 1},
    {"VPNv4 only", "04 fc59 00b4 01020304 08 0206 010400010080", 0, 0, "", 64601, F(BGP_VPNV4)},
    {"one capability each", "04 fc59 00b4 01020304 10 0206 010400010080 0206 010400010001", 0, 0,
     "", 64601, V4 | F(BGP_VPNV4)},
    {"mixed layouts, repeated",
     "04 fc59 00b4 01020304 16 0206 010400010080 020c 010400010080 010400020001", 0, 0, "", 64601,
     F(BGP_VPNV4) | F(BGP_IPV6_UNICAST)},
    {"unknown family only", "04 fc59 00b4 01020304 08 0206 010400190046", 0, 0, "", 64601, 0},
    {"two different 65", "04 fc59 00b4 01020304 0e 020c 4104 00000007 4104 0000fc59", 0, 0, "",
     64601, V4},
    {"extended form, little content", "04 fc59 00b4 01020304 ff ff 0009 02 0006 010400010080", 0, 0,
     "", 64601, F(BGP_VPNV4)},
    {"extended form, other first octet", "04 fc59 00b4 01020304 01 ff 0009 02 0006 010400010080", 0,
     0, "", 64601, F(BGP_VPNV4)},
    {"extended form, empty", "04 fc59 00b4 01020304 ff ff 0000", 0, 0, "", 64601, V4},
    {"extended length cut", "04 fc59 00b4 01020304 ff ff 00", 2, 0, "", 0, 0},
    {"extended total too long", "04 fc59 00b4 01020304 ff ff 000a 02 0006 010400010080", 2, 0, "",
     0, 0},
    {"extended parameter cut", "04 fc59 00b4 01020304 ff ff 0002 02 00", 2, 0, "", 0, 0},
    {"extended parameter overruns", "04 fc59 00b4 01020304 ff ff 0009 02 0007 010400010080", 2, 0,
     "", 0, 0},
    {"parameter 255 later on", "04 fc59 00b4 01020304 04 0200 ff00", 2, 4, "", 0, 0},
    {"cut in the fixed part", "04 fc59 00b4 0102", 2, 0, "", 0, 0},
};

START_TEST(open_decode)
{
    uint8_t b[128], *heap;
    size_t n = hex(opens[_i].body, b);
    struct bgp_fault f = {0};
    struct bgp_open o;
    bool ok;

    heap = malloc(n); /* exactly as long as the message, so that a sanitizer sees an over-read */
    memcpy(heap, b, n);
    ok = bgp_open_decode(bgp_cursor_on(heap, n), &o, &f);
    free(heap);
    ck_assert_msg(ok == (opens[_i].code == 0), "%s: %u/%u", opens[_i].name, f.code, f.subcode);
    if (!ok) {
        assert_fault(&f, opens[_i].code, opens[_i].subcode, opens[_i].data, opens[_i].name);
        return;
    }
    ck_assert_msg(o.as == opens[_i].as, "%s: AS %u", opens[_i].name, o.as);
    ck_assert_msg(o.caps.families == opens[_i].families, "%s: families %x", opens[_i].name,
                  o.caps.families);
}
END_TEST

START_TEST(open_every_cut)
{
    uint8_t b[128];
    size_t n = hex("04 fc59 00b4 01020304 18 0216 010400010001 0200 0600 41040000fc59 0200 e000 "
                   "e000",
                   b);
    struct bgp_fault f;
    struct bgp_open o;

    ck_assert(bgp_open_decode(bgp_cursor_on(b, n), &o, &f));
    ck_assert(o.caps.refresh && o.caps.extended && o.caps.has_as4);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *heap = malloc(cut + 1);

        memcpy(heap, b, cut);
        ck_assert_msg(!bgp_open_decode(bgp_cursor_on(heap, cut), &o, &f), "cut at %zu", cut);
        ck_assert_uint_eq(f.code, 2);
        free(heap);
    }
}
END_TEST

START_TEST(open_round_trip)
{
    struct bgp_open o = {.as = 4200000001u, .id = 0xc0000201, .hold = 90}, back;
    uint8_t buf[4096], type;
    size_t len, n;
    struct bgp_fault f;

    o.caps = (struct bgp_caps){.families = (1u << BGP_FAMILIES) - 1,
                               .refresh = true,
                               .extended = true,
                               .enhanced = true,
                               .eor = true,
                               .has_as4 = true,
                               .as4 = o.as};
    n = bgp_open_encode(&o, buf, sizeof buf);
    ck_assert(bgp_frame_check(buf, n, 4096, false, &len, &type, &f));
    ck_assert_uint_eq(len, n);
    ck_assert_uint_eq(type, BGP_OPEN);
    ck_assert_int_eq(buf[20] << 8 | buf[21], BGP_AS_TRANS);
    ck_assert(bgp_open_decode(bgp_cursor_on(buf + 19, n - 19), &back, &f));
    ck_assert_uint_eq(back.as, o.as);
    ck_assert_uint_eq(back.id, o.id);
    ck_assert_uint_eq(back.hold, o.hold);
    ck_assert_uint_eq(back.caps.families, o.caps.families);
    ck_assert(back.caps.mp && back.caps.refresh && back.caps.extended && back.caps.has_as4);
    ck_assert(back.caps.enhanced && back.caps.eor);
    o.no_params = true;
    o.as = 64601;
    ck_assert_uint_eq(bgp_open_encode(&o, buf, sizeof buf), 29);
    ck_assert_uint_eq(bgp_open_encode(&o, buf, 28), 0);
}
END_TEST

/* RFC 9072: the short form as long as it holds, the extended form beyond. */
START_TEST(open_long_params)
{
    static const size_t sizes[] = {0, 6, 252, 253, 254, 300, 2000};
    uint8_t caps[2000] = {0}, buf[4096];
    struct bgp_writer w = bgp_writer_on(buf, sizeof buf);
    size_t size = sizes[_i];
    struct bgp_fault f;
    struct bgp_open o;

    for (size_t at = 0; at + 2 <= size;) { /* unknown capabilities of up to 255 octets */
        size_t v = size - at - 2 > 255 ? 255 : size - at - 2;

        if (size - at - 2 - v == 1)
            v--;
        caps[at] = 200;
        caps[at + 1] = (uint8_t)v;
        at += 2 + v;
    }
    bgp_put_u8(&w, 4);
    bgp_put_u16(&w, 64601);
    bgp_put_u16(&w, 180);
    bgp_put_u32(&w, 1);
    bgp_open_put_params(&w, caps, size);
    ck_assert(!w.full);
    ck_assert_uint_eq(bgp_written(&w), size == 0 ? 10 : size <= 253 ? 12 + size : 16 + size);
    ck_assert(bgp_open_decode(bgp_cursor_on(buf, bgp_written(&w)), &o, &f));
}
END_TEST

/* --- UPDATE, End-of-RIB, ROUTE-REFRESH */

static const struct {
    const char *name, *body;
    bool ok;
    size_t withdrawn, attributes, nlri;
} updates[] = {
    {"end of RIB", "0000 0000", true, 0, 0, 0},
    {"withdrawal", "0002 080a 0000", true, 2, 0, 0},
    {"announcement", "0000 0004 40010100 080a", true, 0, 4, 2},
    {"withdrawn length one too long", "0001 0000", false, 0, 0, 0},
    {"withdrawn leaves no room", "0002 0000", false, 0, 0, 0},
    {"attributes one too long", "0000 0001", false, 0, 0, 0},
    {"both huge", "ffff ffff", false, 0, 0, 0},
};

START_TEST(update_framing)
{
    uint8_t b[64];
    size_t n = hex(updates[_i].body, b);
    struct bgp_fault f = {0};
    struct bgp_update u;

    ck_assert(bgp_update_split(bgp_cursor_on(b, n), &u, &f) == updates[_i].ok);
    if (!updates[_i].ok) {
        assert_fault(&f, 3, 1, "", updates[_i].name);
        return;
    }
    ck_assert_uint_eq(u.withdrawn.left, updates[_i].withdrawn);
    ck_assert_uint_eq(u.attributes.left, updates[_i].attributes);
    ck_assert_uint_eq(u.nlri.left, updates[_i].nlri);
}
END_TEST

START_TEST(end_of_rib_and_refresh)
{
    uint8_t buf[64], want[64];
    size_t n;

    n = hex("FF* 0017 02 0000 0000", want);
    ck_assert_uint_eq(bgp_end_of_rib_encode(BGP_IPV4_UNICAST, buf, sizeof buf), n);
    ck_assert_mem_eq(buf, want, n);
    n = hex("FF* 001d 02 0000 0006 800f03 0001 80", want);
    ck_assert_uint_eq(bgp_end_of_rib_encode(BGP_VPNV4, buf, sizeof buf), n);
    ck_assert_mem_eq(buf, want, n);
    n = hex("FF* 0017 05 0002 00 80", want);
    ck_assert_uint_eq(bgp_refresh_encode(BGP_VPNV6, BGP_REFRESH_ASKS, buf, sizeof buf), n);
    ck_assert_mem_eq(buf, want, n);
}
END_TEST

/* --- NOTIFICATION */

static const struct {
    const char *name, *body;
    int code, subcode;
    const char *text;
} notifications[] = {
    {"no data", "0602", 6, 2, ""},
    {"text", "0602 05 68656c6c6f", 6, 2, "hello"},
    {"reset text", "0604 02 6f6b", 6, 4, "ok"},
    {"empty text", "0602 00", 6, 2, ""},
    {"length beyond the data", "0602 06 68656c6c6f", 6, 2, ""},
    {"length short of the data", "0602 04 68656c6c6f", 6, 2, ""},
    {"no text in other subcodes", "0603 05 68656c6c6f", 6, 3, ""},
    {"escape sequence", "0602 05 1b5b324a41", 6, 2, "\\x1b[2JA"},
    {"newline", "0602 03 610a62", 6, 2, "a\\x0ab"},
    {"C1 control", "0602 02 c29b", 6, 2, "\\xc2\\x9b"},
    {"direction override", "0602 03 e280ae", 6, 2, "\\xe2\\x80\\xae"},
    {"umlaut", "0602 02 c3bc", 6, 2, "\xc3\xbc"},
    {"not UTF-8", "0602 03 61ff62", 6, 2, ""},
    {"overlong", "0602 02 c080", 6, 2, ""},
    {"surrogate", "0602 03 eda080", 6, 2, ""},
    {"cut character", "0602 02 61c3", 6, 2, ""},
    {"unknown code", "63 07 01", 0x63, 7, ""},
    {"short", "06", 6, 0, ""},
};

START_TEST(notification_decode)
{
    uint8_t b[64];
    size_t n = hex(notifications[_i].body, b);
    struct bgp_notification out;

    bgp_notify_decode(bgp_cursor_on(b, n), &out);
    ck_assert_int_eq(out.code, notifications[_i].code);
    ck_assert_int_eq(out.subcode, notifications[_i].subcode);
    ck_assert_str_eq(out.text, notifications[_i].text);
    ck_assert(!out.sent);
}
END_TEST

START_TEST(notification_text_lengths)
{
    static const size_t sizes[] = {0, 1, 128, 255};
    uint8_t b[300] = {6, 2};
    struct bgp_notification out;
    size_t n = sizes[_i];

    b[2] = (uint8_t)n;
    memset(b + 3, 'x', n);
    bgp_notify_decode(bgp_cursor_on(b, 3 + n), &out);
    ck_assert_uint_eq(strlen(out.text), n);
    memset(b + 3, 0x1b, n); /* four times as long when escaped: cut, never over the end */
    bgp_notify_decode(bgp_cursor_on(b, 3 + n), &out);
    ck_assert_uint_le(strlen(out.text), BGP_SHUTDOWN_TEXT);
}
END_TEST

START_TEST(notification_encode)
{
    struct bgp_fault f;
    struct bgp_notification out, back;
    uint8_t buf[200];
    char text[300];
    size_t n;

    bgp_notify_cease(&f, BGP_CEASE_SHUTDOWN, "maintenance");
    n = bgp_notify_encode(&f, buf, sizeof buf, &out);
    ck_assert_uint_eq(n, 19 + 2 + 1 + 11);
    ck_assert(out.sent);
    ck_assert_str_eq(out.text, "maintenance");
    bgp_notify_decode(bgp_cursor_on(buf + 19, n - 19), &back);
    ck_assert_str_eq(back.text, "maintenance");
    bgp_notify_cease(&f, BGP_CEASE_SHUTDOWN, NULL);
    ck_assert_uint_eq(f.ndata, 0);
    memset(text, 'x', sizeof text);
    memcpy(text + 127, "\xc3\xbc", 3); /* the 128th and 129th octet are one character */
    bgp_notify_cease(&f, BGP_CEASE_RESET, text);
    ck_assert_uint_eq(f.data[0], 127);
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(bgp_error_name(6), "CEASE");
    ck_assert_str_eq(bgp_suberror_name(6, 4), "Administrative Reset");
    ck_assert_str_eq(bgp_suberror_name(6, 2), "Administrative Shutdown");
    ck_assert_str_eq(bgp_suberror_name(6, 3), "Peer De-configured");
    ck_assert_str_eq(bgp_suberror_name(6, 6), "Other Configuration Change");
    ck_assert_str_eq(bgp_suberror_name(6, 7), "Collision Resolution");
    ck_assert_str_eq(bgp_error_name(1), "Message Header Error");
    ck_assert_str_eq(bgp_suberror_name(1, 1), "Not Synchronized");
    ck_assert_str_eq(bgp_suberror_name(2, 2), "Bad Peer AS");
    ck_assert_str_eq(bgp_suberror_name(2, 6), "Unacceptable Hold Time");
    ck_assert_str_eq(bgp_suberror_name(3, 11), "Malformed AS_PATH");
    ck_assert_str_eq(bgp_error_name(4), "Hold Timer Expired");
    for (unsigned code = 0; code < 256; code++) {
        ck_assert_ptr_nonnull(bgp_error_name((uint8_t)code));
        for (unsigned sub = 0; sub < 256; sub++)
            ck_assert_ptr_nonnull(bgp_suberror_name((uint8_t)code, (uint8_t)sub));
    }
    ck_assert_str_eq(bgp_state_name(BGP_OPENCONFIRM), "OpenConfirm");
}
END_TEST

/* --- addresses */

START_TEST(addresses)
{
    struct bgp_addr a = {0}, b = {0}, net = {0};
    char buf[BGP_ADDR_STRLEN];

    ck_assert_str_eq(bgp_addr_str(&a, buf), "-");
    ck_assert(bgp_addr_parse("192.0.2.1xx", 9, &a));
    ck_assert_str_eq(bgp_addr_str(&a, buf), "192.0.2.1");
    ck_assert(!bgp_addr_parse("192.0.2", 7, &a));
    ck_assert(!bgp_addr_parse("", 0, &a));
    ck_assert(!bgp_addr_parse("1.2.3.4\0", 8, &a));
    ck_assert_str_eq(bgp_addr_str(&a, buf), "192.0.2.1");
    ck_assert(bgp_addr_parse("2001:db8::1", 11, &b));
    ck_assert_str_eq(bgp_addr_str(&b, buf), "2001:db8::1");
    ck_assert_int_lt(bgp_addr_cmp(&a, &b), 0);
    ck_assert(bgp_addr_parse("192.0.2.128", 11, &net));
    ck_assert(bgp_addr_in(&a, &net, 24));
    ck_assert(!bgp_addr_in(&a, &net, 25));
    ck_assert(bgp_addr_in(&a, &net, 0));
    ck_assert(bgp_addr_in(&net, &net, 32));
    ck_assert(!bgp_addr_in(&net, &net, 33));
    ck_assert(!bgp_addr_in(&b, &net, 0));
    ck_assert_int_lt(bgp_addr_cmp(&a, &net), 0);
}
END_TEST

#define LOOP(t, test, table) tcase_add_loop_test(t, test, 0, (int)(sizeof(table) / sizeof *(table)))

int main(void)
{
    Suite *s = suite_create("bgp wire");
    TCase *t = tcase_create("wire");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    LOOP(t, header, headers);
    LOOP(t, open_decode, opens);
    tcase_add_test(t, open_every_cut);
    tcase_add_test(t, open_round_trip);
    tcase_add_loop_test(t, open_long_params, 0, 7);
    LOOP(t, update_framing, updates);
    tcase_add_test(t, end_of_rib_and_refresh);
    LOOP(t, notification_decode, notifications);
    tcase_add_loop_test(t, notification_text_lengths, 0, 4);
    tcase_add_test(t, notification_encode);
    tcase_add_test(t, names);
    tcase_add_test(t, addresses);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
