/* Which routes are wanted; see route_match.h. */
#include <stdlib.h>
#include <string.h>

#include "bgp/wire/attr.h"
#include "cli/app_internal.h"
#include "cli/text/regex.h"
#include "cli/router/route_match.h"
#include "cli/router/route_text.h"
#include "engine/config/model.h"

/* --- reading ------------------------------------------------------------------------------- */

/* Numbers with a colon between, each at most max, as octets in network order. */
static bool numbers(const char *text, size_t n, unsigned count, uint64_t max, uint8_t *out)
{
    unsigned octets = max > UINT16_MAX ? 4 : 2;
    for (unsigned k = 0; k < count; k++) {
        uint64_t v = 0;
        size_t digits = 0;
        for (; digits < n && digits < 10 && text[digits] >= '0' && text[digits] <= '9'; digits++)
            v = v * 10 + (uint64_t)(text[digits] - '0');
        bool last = k + 1 == count;
        if (!digits || v > max || (last ? digits != n : digits == n || text[digits] != ':'))
            return false;
        for (unsigned i = 0; i < octets; i++)
            *out++ = (uint8_t)(v >> 8 * (octets - 1 - i));
        text += digits + !last;
        n -= digits + !last;
    }
    return true;
}

static bool community(const char *text, size_t n, uint8_t *out)
{
    static const struct {
        const char *name;
        uint32_t value;
    } names[] = {{"internet", 0},
                 {"no-export", BGP_NO_EXPORT},
                 {"no-advertise", BGP_NO_ADVERTISE},
                 {"no-export-subconfed", BGP_NO_EXPORT_SUBCONFED},
                 {"g-shut", 0xffff0000}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == n && memcmp(names[i].name, text, n) == 0) {
            for (unsigned k = 0; k < 4; k++)
                out[k] = (uint8_t)(names[i].value >> (24 - 8 * k));
            return true;
        }
    return numbers(text, n, 2, UINT16_MAX, out) || numbers(text, n, 1, UINT32_MAX, out);
}

static bool read_list(struct session *s, const struct sch_match *m, struct route_match *f)
{
    const char *list = cmd_word(m, "list");
    const struct sch_value *one = cmd_arg(m, "value");
    if (!*list)
        return true;
    bool large = strcmp(list, "large-community") == 0;
    f->octets = large ? 12 : 4;
    f->whole = *cmd_word(m, "whole") != 0;
    f->nvalues = one->present ? (m->repeats ? m->repeats : 1) : 0;
    for (unsigned i = 0; i < f->nvalues; i++) {
        const struct sch_value *v = m->repeats > 1 ? &m->rep[i] : one;
        if (large ? !numbers(v->s, v->n, 3, UINT32_MAX, f->values[i])
                  : !community(v->s, v->n, f->values[i])) {
            session_error(s, "\"%.*s\" is no %scommunity.", (int)v->n, v->s, large ? "large " : "");
            return false;
        }
    }
    return true;
}

bool route_match_read(struct session *s, const struct sch_match *m, struct route_match *out)
{
    const char *word = cmd_word(m, "filter");
    const struct sch_value *regex = cmd_arg(m, "regex"), *as = cmd_arg(m, "as");
    *out = (struct route_match){.plain_as = s->app->config.model->sys.as_plain,
                                .cidr = strcmp(word, "cidr") == 0,
                                .not_active = strcmp(word, "no-active") == 0,
                                .labeled = strcmp(word, "label") == 0,
                                .different_origin = strcmp(word, "different-origin-as") == 0,
                                .origin_as = as->present ? (uint32_t)as->u : 0};
    if (!read_list(s, m, out))
        return false;
    if (regex->present && !(out->regex = regex_new(regex->s, regex->n, false))) {
        session_error(s, "The regular expression is wrong.");
        return false;
    }
    out->any = out->cidr || out->not_active || out->labeled || out->different_origin ||
               out->origin_as || out->octets || out->regex;
    return true;
}

void route_match_clear(struct route_match *f)
{
    regex_free(f->regex);
    f->regex = NULL;
    free(f->path.p);
    f->path = (struct text){0};
}

/* --- judging ------------------------------------------------------------------------------- */

static bool holds(const struct bgp_cursor *list, const uint8_t *value, size_t octets)
{
    for (size_t i = 0; i + octets <= list->left; i += octets)
        if (memcmp(list->at + i, value, octets) == 0)
            return true;
    return false;
}

static bool asked_for(const struct route_match *f, const uint8_t *value)
{
    for (unsigned i = 0; i < f->nvalues; i++)
        if (memcmp(f->values[i], value, f->octets) == 0)
            return true;
    return false;
}

static bool communities(const struct route_match *f, const struct bgp_route *r,
                        const uint8_t *attrs)
{
    unsigned code = f->octets == 12 ? BGP_ATTR_LARGE_COMMUNITY : BGP_ATTR_COMMUNITY;
    struct bgp_attr a;
    if (!bgp_attr_find(bgp_cursor_on(attrs, r->nattrs), code, &a) || a.value.left < f->octets)
        return false;
    for (unsigned i = 0; i < f->nvalues; i++)
        if (!holds(&a.value, f->values[i], f->octets))
            return false;
    for (size_t i = 0; f->whole && f->nvalues && i + f->octets <= a.value.left; i += f->octets)
        if (!asked_for(f, a.value.at + i))
            return false;
    return true;
}

uint32_t route_origin_as(const struct bgp_route *r, const uint8_t *attrs)
{
    struct bgp_attr a;
    uint32_t as = 0;
    if (!bgp_attr_find(bgp_cursor_on(attrs, r->nattrs), BGP_ATTR_AS_PATH, &a))
        return 0;
    while (a.value.left >= 2) {
        uint8_t type = bgp_get_u8(&a.value), n = bgp_get_u8(&a.value);
        for (; n && a.value.left >= 4; n--)
            as = bgp_get_u32(&a.value);
        as = type == 1 ? 0 : as;
    }
    return as;
}

bool route_match(struct route_match *f, const struct bgp_route *r, const uint8_t *attrs)
{
    if (f->cidr && route_classful(&r->prefix))
        return false;
    if (f->not_active && r->best)
        return false;
    if (f->labeled && r->label == UINT32_MAX && r->local_label == UINT32_MAX)
        return false;
    if (f->origin_as && route_origin_as(r, attrs) != f->origin_as)
        return false;
    if (f->octets && !communities(f, r, attrs))
        return false;
    if (!f->regex)
        return true;
    f->path.n = 0;
    route_path(&f->path, attrs, r->nattrs, f->plain_as);
    return regex_match(f->regex, f->path.n ? f->path.p : "", f->path.n);
}
