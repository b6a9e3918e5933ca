/*
 * The plain config structs of what is not BGP: the device and its interfaces. Same rules as
 * bgp/conf.h: fields are bound by declarations, `set` says which a line gave.
 */
#ifndef VRPSH_SCHEMA_CONF_H
#define VRPSH_SCHEMA_CONF_H

#include "bgp/types.h"

struct sys_conf {
    struct bgp_set set;
    char *sysname;
    struct bgp_addr router_id; /* "router id", af 0: not given */
    bool as_plain;             /* "as-notation plain" */
    char *exclusive_user;      /* "configuration exclusive by-user-name" */
    uint32_t exclusive_timeout;
    uint32_t checkpoints;   /* "configuration checkpoint max-number" */
    uint32_t save_interval; /* "set save-configuration interval", minutes, 0: never */
    char *daily_label;      /* "set save-configuration checkpoint daily time", HH:MM:SS */
    char *zone_name;        /* "clock timezone", NULL: that of the system */
    char *zone_offset;      /* HH:MM:SS */
    uint8_t zone_minus;     /* west of UTC */
};

struct vpn_conf {
    struct bgp_set set;
    char *description;
};

struct if_conf {
    struct bgp_set set;
    char *description;
    char *vpn; /* "ip binding vpn-instance" */
    bool ipv6; /* "ipv6 enable" */
};

#endif
