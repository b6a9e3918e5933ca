/* AS_PATH segments; see the header for the two forms. */
#include "bgp/wire/aspath.h"

#include "bgp/wire/open.h"

enum { SEGMENT_MAX = 255 };

struct segment {
    uint8_t type, count;
    struct bgp_cursor as;
};

static bool next_segment(struct bgp_cursor *path, unsigned width, struct segment *s)
{
    if (path->left == 0)
        return false;
    s->type = bgp_get_u8(path);
    s->count = bgp_get_u8(path);
    s->as = bgp_get_part(path, (size_t)s->count * width);
    return !path->bad;
}

static bool check(struct bgp_cursor path, unsigned width, unsigned last_type)
{
    struct segment s;

    while (next_segment(&path, width, &s)) {
        if (s.count == 0 || s.type < BGP_AS_SET || s.type > last_type)
            return false;
        while (s.as.left > 0)
            if ((width == 4 ? bgp_get_u32(&s.as) : bgp_get_u16(&s.as)) == 0)
                return false;
    }
    return !path.bad;
}

bool bgp_aspath_check(struct bgp_cursor path, unsigned width)
{
    return check(path, width, BGP_AS_SEQUENCE);
}

bool bgp_aspath_check_as4(struct bgp_cursor path)
{
    return path.left > 0 && check(path, 4, BGP_AS_CONFED_SET);
}

unsigned bgp_aspath_length(struct bgp_cursor path)
{
    struct segment s;
    unsigned n = 0;

    while (next_segment(&path, 4, &s))
        n += s.type == BGP_AS_SEQUENCE ? s.count : s.type == BGP_AS_SET;
    return n;
}

uint32_t bgp_aspath_first(struct bgp_cursor path)
{
    struct segment s;

    if (!next_segment(&path, 4, &s) || s.type != BGP_AS_SEQUENCE)
        return 0;
    return bgp_get_u32(&s.as);
}

uint32_t bgp_aspath_origin(struct bgp_cursor path)
{
    struct segment s;
    uint32_t last = 0;

    while (next_segment(&path, 4, &s)) {
        last = 0;
        while (s.type == BGP_AS_SEQUENCE && s.as.left > 0)
            last = bgp_get_u32(&s.as);
    }
    return last;
}

unsigned bgp_aspath_count(struct bgp_cursor path, uint32_t as)
{
    struct segment s;
    unsigned n = 0;

    while (next_segment(&path, 4, &s))
        while (s.as.left > 0)
            n += bgp_get_u32(&s.as) == as;
    return n;
}

bool bgp_aspath_wide(struct bgp_cursor path)
{
    struct segment s;

    while (next_segment(&path, 4, &s))
        while (s.as.left > 0)
            if (bgp_get_u32(&s.as) > UINT16_MAX)
                return true;
    return false;
}

void bgp_aspath_widen(struct bgp_cursor path, struct bgp_writer *w)
{
    struct segment s;

    while (next_segment(&path, 2, &s)) {
        bgp_put_u8(w, s.type);
        bgp_put_u8(w, s.count);
        while (s.as.left > 0)
            bgp_put_u32(w, bgp_get_u16(&s.as));
    }
}

void bgp_aspath_narrow(struct bgp_cursor path, struct bgp_writer *w)
{
    struct segment s;

    while (next_segment(&path, 4, &s)) {
        bgp_put_u8(w, s.type);
        bgp_put_u8(w, s.count);
        while (s.as.left > 0) {
            uint32_t as = bgp_get_u32(&s.as);

            bgp_put_u16(w, as > UINT16_MAX ? BGP_AS_TRANS : (unsigned)as);
        }
    }
}

void bgp_aspath_merge(struct bgp_cursor path, struct bgp_cursor as4, struct bgp_writer *w)
{
    unsigned have = bgp_aspath_length(path), given = bgp_aspath_length(as4), keep;
    struct segment s;

    if (have < given) {
        bgp_put_bytes(w, path.at, path.left);
        return;
    }
    keep = have - given;
    while (keep > 0 && next_segment(&path, 4, &s)) {
        unsigned weight = s.type == BGP_AS_SEQUENCE ? s.count : 1;
        unsigned n = s.type == BGP_AS_SEQUENCE && weight > keep ? keep : s.count;

        bgp_put_u8(w, s.type);
        bgp_put_u8(w, n);
        bgp_put_bytes(w, s.as.at, (size_t)n * 4);
        keep -= weight < keep ? weight : keep;
    }
    while (next_segment(&as4, 4, &s)) {
        if (s.type > BGP_AS_SEQUENCE)
            continue;
        bgp_put_u8(w, s.type);
        bgp_put_u8(w, s.count);
        bgp_put_bytes(w, s.as.at, s.as.left);
    }
}

void bgp_aspath_prepend(struct bgp_cursor path, uint32_t as, struct bgp_writer *w)
{
    struct bgp_cursor rest = path;
    struct segment s;

    bgp_put_u8(w, BGP_AS_SEQUENCE);
    if (next_segment(&rest, 4, &s) && s.type == BGP_AS_SEQUENCE && s.count < SEGMENT_MAX) {
        bgp_put_u8(w, s.count + 1u);
        bgp_put_u32(w, as);
        bgp_put_bytes(w, s.as.at, s.as.left);
        bgp_put_bytes(w, rest.at, rest.left);
    } else {
        bgp_put_u8(w, 1);
        bgp_put_u32(w, as);
        bgp_put_bytes(w, path.at, path.left);
    }
}

void bgp_aspath_replace(struct bgp_cursor path, uint32_t from, uint32_t to, struct bgp_writer *w)
{
    struct segment s;

    while (next_segment(&path, 4, &s)) {
        bgp_put_u8(w, s.type);
        bgp_put_u8(w, s.count);
        while (s.as.left > 0) {
            uint32_t as = bgp_get_u32(&s.as);

            bgp_put_u32(w, as == from ? to : as);
        }
    }
}

static bool is_private(const struct bgp_private_as *how, uint32_t as)
{
    return (as >= 64512 && as <= 65534) ||
           (how->wide && as >= UINT32_C(4200000000) && as <= UINT32_C(4294967294));
}

/* Whether there is an AS that keeps all the others in the path. */
static bool hindered(struct bgp_cursor path, const struct bgp_private_as *how)
{
    struct segment s;

    while (next_segment(&path, 4, &s))
        while (s.as.left > 0) {
            uint32_t as = bgp_get_u32(&s.as);

            if (!is_private(how, as) || as == how->keep)
                return true;
        }
    return false;
}

void bgp_aspath_publish(struct bgp_cursor path, const struct bgp_private_as *how,
                        struct bgp_writer *w)
{
    bool over = !how->force && !how->limited && hindered(path, how);
    struct segment s;

    while (next_segment(&path, 4, &s)) {
        uint32_t kept[SEGMENT_MAX];
        unsigned n = 0;

        while (s.as.left > 0) {
            uint32_t as = bgp_get_u32(&s.as);
            bool goes = is_private(how, as) && as != how->keep;

            over |= how->limited && (!is_private(how, as) || as == how->stop);
            if (over || !goes)
                kept[n++] = as;
            else if (how->replaced != 0)
                kept[n++] = how->replaced;
        }
        if (n == 0)
            continue;
        bgp_put_u8(w, s.type);
        bgp_put_u8(w, n);
        for (unsigned i = 0; i < n; i++)
            bgp_put_u32(w, kept[i]);
    }
}
