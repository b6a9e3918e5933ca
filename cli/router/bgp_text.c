/* Small pieces of BGP displays; see bgp_text.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/app_internal.h"
#include "cli/router/bgp_text.h"
#include "cli/text/show.h"
#include "engine/config/model.h"

enum bgp_family bgp_text_family(const struct sch_match *m)
{
    static const char *const words[BGP_FAMILIES] = {
        [BGP_IPV4_LABELED] = "labeled",
        [BGP_VPNV4] = "vpnv4",
        [BGP_IPV6_UNICAST] = "ipv6",
        [BGP_VPNV6] = "vpnv6",
    };
    const char *w = cmd_word(m, "family");
    for (unsigned f = 0; f < BGP_FAMILIES; f++)
        if (words[f] && strcmp(w, words[f]) == 0)
            return (enum bgp_family)f;
    return BGP_IPV4_UNICAST;
}

bool bgp_text_runs(struct session *s)
{
    if (s->app->config.speaker && s->app->config.model->bgp.as)
        return true;
    session_error(s, "BGP is not configured.");
    return false;
}

bool bgp_text_instance(struct session *s, const struct sch_match *m, uint16_t *number)
{
    const struct sch_value *v = cmd_arg(m, "vpn");
    char name[32];
    *number = 0;
    if (!v->present)
        return true;
    snprintf(name, sizeof name, "%.*s", (int)v->n, v->s);
    const struct model_vpn *vpn = model_find_vpn(s->app->config.model, name);
    if (vpn && vpn->exists) {
        *number = vpn->number;
        return true;
    }
    session_error(s, "The VPN instance does not exist.");
    return false;
}

enum bgp_family bgp_text_inner(enum bgp_family f)
{
    return f == BGP_VPNV4 ? BGP_IPV4_UNICAST : f == BGP_VPNV6 ? BGP_IPV6_UNICAST : f;
}

const char *bgp_text_instance_name(const struct app *a, uint16_t number)
{
    const struct model_vpn *vpn = number ? model_vpn_number(a->config.model, number) : NULL;
    return vpn ? vpn->name : number ? "-" : NULL;
}

void bgp_text_instance_line(struct session *s, uint16_t number)
{
    const struct model *m = s->app->config.model;
    const struct model_vpn *vpn = model_vpn_number(m, number);
    uint32_t id = vpn ? model_vpn_router_id(m, vpn) : 0;
    char text[BGP_ADDR_STRLEN];
    SHOW_TEXT(s, "vpn_instance", " VPN-Instance %s, ", bgp_text_instance_name(s->app, number));
    SHOW_TEXT(s, "vpn_router_id", "Router ID %s:\n",
              bgp_text_id(id ? id : m->bgp_eff.router_id, text));
}

const char *bgp_text_id(uint32_t id, char *buf)
{
    struct bgp_addr a = {
        .af = 4, .b = {(uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id}};
    return bgp_addr_str(&a, buf);
}

void bgp_text_duration(uint64_t ms, char *buf, size_t len)
{
    uint64_t sec = ms / 1000, d = sec / 86400;
    unsigned h = (unsigned)(sec / 3600 % 24), m = (unsigned)(sec / 60 % 60),
             t = (unsigned)(sec % 60);
    if (d)
        snprintf(buf, len, "%llud%02uh%02um%02us", (unsigned long long)d, h, m, t);
    else
        snprintf(buf, len, "%02uh%02um%02us", h, m, t);
}

int64_t bgp_text_when(uint64_t ms)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - (int64_t)(speaker_now() - ms)) /
           1000;
}

void bgp_text_up_down(uint64_t ms, char *buf, size_t len)
{
    uint64_t sec = ms / 1000, h = sec / 3600;
    unsigned m = (unsigned)(sec / 60 % 60);
    if (h < 24)
        snprintf(buf, len, "%02u:%02u:%02u", (unsigned)h, m, (unsigned)(sec % 60));
    else if (h <= 9999)
        snprintf(buf, len, "%04uh%02um", (unsigned)h, m);
    else
        snprintf(buf, len, "****h%02um", m);
}
