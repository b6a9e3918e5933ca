/*
 * What the settings of a peer change in the attributes it sends, before they become a set: site of
 * origin, extended communities, private ASes, the AS number it believes us to have.
 *
 * What is changed here is not kept as it was received, so a change of these settings asks the peer
 * for its routes again.
 */
#include <string.h>

#include "bgp/internal.h"
#include "bgp/rib/rib.h"
#include "bgp/wire/aspath.h"

enum { SITE = 3, COMMUNITY = 8 }; /* subtype of RFC 4360 section 5; octets of a community */

/* The community of a site that is written like a target. */
static void site_of(uint64_t soo, uint8_t out[COMMUNITY])
{
    for (unsigned i = 0; i < COMMUNITY; i++)
        out[i] = (uint8_t)(soo >> (56 - 8 * i));
    out[1] = SITE;
}

bool rib_has_site(struct bgp_cursor c, uint64_t soo)
{
    uint8_t site[COMMUNITY];

    site_of(soo, site);
    for (; c.left >= COMMUNITY; bgp_get_part(&c, COMMUNITY))
        if (memcmp(c.at, site, COMMUNITY) == 0)
            return true;
    return false;
}

/* Of any site. */
static bool has_any_site(struct bgp_cursor c)
{
    for (; c.left >= COMMUNITY; bgp_get_part(&c, COMMUNITY))
        if (c.at[0] <= 2 && c.at[1] == SITE)
            return true;
    return false;
}

/* Writes the extended communities given, with the site of the peer unless there is one. */
static void put_communities(struct bgp_writer *w, const struct bgp_peer_af_conf *af, unsigned flags,
                            struct bgp_cursor given)
{
    uint8_t bytes[BGP_BLOCK_MAX], site[COMMUNITY];
    struct bgp_writer c = bgp_writer_on(bytes, sizeof bytes);

    if (!af->discard_ext_community)
        bgp_put_bytes(&c, given.at, given.left);
    if (af->soo != 0 && !has_any_site(bgp_cursor_on(bytes, bgp_written(&c)))) {
        site_of(af->soo, site);
        bgp_put_bytes(&c, site, COMMUNITY);
    }
    w->full |= c.full;
    if (bgp_written(&c) > 0)
        bgp_attr_put(w, flags, BGP_ATTR_EXT_COMMUNITY, bytes, bgp_written(&c));
}

/* Whether the peer knows us by the AS number it is told to be in front of its routes. */
static bool marks_fake(const struct rib_session *s)
{
    const struct bgp_peer_conf *conf = &s->conn->peer->conf;

    return conf->fake_in && s->conn->ours.as == conf->fake_as;
}

static void put_path(struct bgp_writer *w, const struct rib_session *s, enum bgp_family family,
                     const struct bgp_attr *a)
{
    const struct bgp_peer_af_conf *af = &s->conn->peer->conf.af[family];
    const struct bgp_private_as how = {.wide = !af->public_as_in_narrow,
                                       .force = af->public_as_in_force};
    struct bgp_aspath_steps path;
    struct bgp_writer to;

    path.path = a->value;
    path.turn = 0;
    path.full = false;
    if (af->public_as_in) {
        to = bgp_aspath_step(&path);
        bgp_aspath_publish(path.path, &how, &to);
        bgp_aspath_stepped(&path, &to);
    }
    if (marks_fake(s)) {
        to = bgp_aspath_step(&path);
        bgp_aspath_prepend(path.path, s->conn->ours.as, &to);
        bgp_aspath_stepped(&path, &to);
    }
    w->full |= path.full;
    bgp_attr_put(w, a->flags, a->code, path.path.at, path.path.left);
}

struct bgp_cursor rib_intake(const struct rib_session *s, enum bgp_family family,
                             struct bgp_cursor block)
{
    const struct bgp_peer_af_conf *af = &s->conn->peer->conf.af[family];
    const unsigned flags = BGP_ATTR_OPTIONAL | BGP_ATTR_TRANSITIVE;
    struct bgp_writer w = bgp_writer_on(s->rib->attrs, BGP_BLOCK_MAX);
    struct bgp_cursor rest = block;
    bool due = af->soo != 0; /* communities, whether there are some or not */
    struct bgp_attr a;

    if (af->soo == 0 && !af->discard_ext_community && !af->public_as_in && !marks_fake(s))
        return block;
    while (bgp_attr_next(&rest, &a)) {
        if (due && a.code > BGP_ATTR_EXT_COMMUNITY)
            put_communities(&w, af, flags, bgp_cursor_on(NULL, 0));
        due = due && a.code < BGP_ATTR_EXT_COMMUNITY;
        if (a.code == BGP_ATTR_AS_PATH)
            put_path(&w, s, family, &a);
        else if (a.code == BGP_ATTR_EXT_COMMUNITY)
            put_communities(&w, af, a.flags, a.value);
        else if (a.code != BGP_ATTR_IPV6_EXT_COMMUNITY || !af->discard_ext_community)
            bgp_attr_put(&w, a.flags, a.code, a.value.at, a.value.left);
    }
    if (due)
        put_communities(&w, af, flags, bgp_cursor_on(NULL, 0));
    return w.full ? block : bgp_cursor_on(s->rib->attrs, bgp_written(&w));
}
