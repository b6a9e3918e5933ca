/*
 * Ownership of the plain configuration structs: deep copy and release.
 *
 * A string member added to struct bgp_peer_conf must be added to the list here and nowhere else;
 * likewise a list of targets of struct bgp_vpn_conf.
 */
#include "bgp/conf.h"

#include <stdlib.h>
#include <string.h>

#define STRINGS 5

static void strings_of(struct bgp_peer_conf *c, char **out[STRINGS])
{
    out[0] = &c->group;
    out[1] = &c->description;
    out[2] = &c->source_if;
    out[3] = &c->blocked;
    out[4] = &c->password;
}

void bgp_peer_conf_clear(struct bgp_peer_conf *c)
{
    char **s[STRINGS];

    strings_of(c, s);
    if (c->password) /* a secret does not stay behind in freed memory */
        explicit_bzero(c->password, strlen(c->password));
    for (size_t i = 0; i < STRINGS; i++)
        free(*s[i]);
    memset(c, 0, sizeof *c);
}

void bgp_peer_conf_copy(struct bgp_peer_conf *to, const struct bgp_peer_conf *from)
{
    char **s[STRINGS];

    *to = *from;
    strings_of(to, s);
    for (size_t i = 0; i < STRINGS; i++)
        if (*s[i] && !(*s[i] = strdup(*s[i])))
            abort();
}

#define TARGETS 4

static void targets_of(struct bgp_vpn_conf *c, struct bgp_targets *out[TARGETS])
{
    out[0] = &c->v4.import;
    out[1] = &c->v4.export;
    out[2] = &c->v6.import;
    out[3] = &c->v6.export;
}

void bgp_vpn_conf_clear(struct bgp_vpn_conf *c)
{
    struct bgp_targets *t[TARGETS];

    targets_of(c, t);
    for (size_t i = 0; i < TARGETS; i++)
        free(t[i]->at);
    free(c->name);
    memset(c, 0, sizeof *c);
}

void bgp_vpn_conf_copy(struct bgp_vpn_conf *to, const struct bgp_vpn_conf *from)
{
    struct bgp_targets *t[TARGETS];
    uint8_t(*at)[8];

    *to = *from;
    if (to->name && !(to->name = strdup(to->name)))
        abort();
    targets_of(to, t);
    for (size_t i = 0; i < TARGETS; i++) {
        if (t[i]->n == 0) {
            t[i]->at = NULL;
            continue;
        }
        if (!(at = malloc(t[i]->n * sizeof *at)))
            abort();
        memcpy(at, t[i]->at, t[i]->n * sizeof *at);
        t[i]->at = at;
    }
}
