/*
 * The plain configuration structs the speaker runs on.
 *
 * The engine builds them from committed lines and hands over whole objects; the speaker never sees
 * a line. Every field a configuration line binds is declared in schema/ ("sets peer.ttl"); the bit
 * of a field in `set` says that a line gave it (bit numbers come from the compiled schema). The
 * same struct holds a peer, a group and, after inheritance (peer over group over process over
 * default), the effective peer, in which `set` is meaningless.
 *
 * Strings are owned by the struct and may be NULL; bgp_peer_conf_clear() frees them.
 */
#ifndef VRPSH_BGP_CONF_H
#define VRPSH_BGP_CONF_H

#include "bgp/types.h"

/* What a process does with the routes of one family: the "ipv4-family unicast" view and its like.
 * Zero means VRP's default everywhere. */
struct bgp_af_conf {
    uint32_t cluster_id;         /* "reflector cluster-id" as a number; 0: see the next */
    uint32_t cluster_addr;       /* the same as an address, host order; 0: the router id */
    bool no_reflect_between;     /* "undo reflect between-clients" */
    uint32_t default_local_pref; /* valid when has_local_pref; else 100 */
    bool has_local_pref;         /* "default local-preference" */
    uint32_t default_med;        /* "default med": of local routes without one, to EBGP peers */
    bool compare_different_as_med;
    bool as_path_ignore;      /* "bestroute as-path-ignore" */
    bool med_none_as_maximum; /* "bestroute med-none-as-maximum" */
    bool igp_metric_ignore;   /* "bestroute igp-metric-ignore" */
    bool med_plus_igp;        /* "bestroute med-plus-igp": the sum in the place of the MED ... */
    uint16_t med_multiplier, igp_multiplier; /* ... each so many times, 1-1000; 0: once */
    bool router_id_ignore;                   /* "bestroute router-id-ignore" */
    bool router_id_first;                    /* "bestroute routerid-prior-clusterlist" */
    uint16_t multipath; /* "maximum load-balancing": equal routes selected; 0: one */
    uint16_t multipath_ebgp, multipath_ibgp; /* the same, of external or internal ones only */
    uint16_t multipath_eibgp;                /* external and internal ones together */
    bool multipath_any_path; /* "load-balancing as-path-ignore": whatever their AS paths */
    bool multipath_relaxed;  /* "load-balancing as-path-relax": of the same length */
    bool no_ebgp_sensitive;  /* "undo ebgp-interface-sensitive": sessions outlive their interface */
    bool recursive_default;  /* next hops may be reached by a default route */
    uint8_t preference_external, preference_internal, preference_local; /* 0: 255 */
    uint16_t slow_after; /* "slow-peer absolute-detection threshold", s; 0: one */
    bool slow_never;     /* "slow-peer absolute-detection disable" */
    bool best_only;      /* of a VPN instance: "advertise route-mode best" */
    bool no_vpn_target;  /* "undo policy vpn-target": VPN routes are kept whatever their targets */
};

/* What is done with the routes of one peer in one family. Zero means VRP's default, except mrai. */
struct bgp_peer_af_conf {
    bool reflect_client;
    bool next_hop_local;      /* to an IBGP peer: our address as next hop */
    bool next_hop_invariable; /* to an EBGP peer: the next hop stays */
    bool advertise_community;
    bool advertise_ext_community; /* VPN families always send them */
    bool advertise_large_community;
    bool substitute_as;          /* the peer's AS in the path is replaced by ours */
    uint8_t allow_as_loop;       /* how often our AS may stand in a path received; 0: never */
    uint16_t preferred_value;    /* PrefVal of what it sends */
    uint16_t mrai;               /* "route-update-interval", s; effective: VRP's 30 and 15 */
    uint32_t route_limit;        /* 0: none */
    uint8_t route_limit_percent; /* 0: 75 */
    bool route_limit_alert_only; /* the routes beyond it are left out, the session goes on */
    bool route_limit_accepted; /* "accept-prefix": routes refused because of a loop do not count */
    bool route_limit_forever;  /* the session stays down until it is reset by hand ... */
    uint16_t route_limit_minutes; /* ... or so long; 0: 30 seconds */

    bool public_as_only;     /* "public-as-only": no private ASes in what is sent to an EBGP peer */
    bool public_as_force;    /* each of them goes, also beside public ones; else all or none */
    bool public_as_limited;  /* those in front of the first public one go */
    bool public_as_replace;  /* our AS takes their place */
    bool public_as_peer;     /* "include-peer-as": the peer's AS is no exception */
    bool public_as_in;       /* "public-as-only import": of what is received */
    bool public_as_in_force; /* as above */
    bool public_as_in_narrow;   /* effective: ASes of four octets are not private for it */
    bool discard_ext_community; /* extended communities received are left out */
    uint64_t soo;               /* site of origin as an RFC 4364 target, 0: none. Routes received
                                   get it, routes that have it are not sent */
    bool default_route;         /* "default-route-advertise": one of our own is sent */
    bool own_group;             /* "update-group-independent": no update group with others */
    bool keep_all_routes;       /* "refresh bgp import" asks for nothing: it is all here */
};

/* Process-wide settings: the "bgp" view. */
struct bgp_conf {
    struct bgp_set set;
    uint32_t as;               /* 1-4294967295; 0 means BGP is not configured */
    uint32_t instance_as;      /* of a VPN instance: what its peers see; 0: as */
    uint32_t router_id;        /* host order; 0: none found, no session can start */
    bool router_id_auto;       /* of a VPN instance: "router-id auto-select" ... */
    bool vpn_id_auto;          /* ... "router-id vpn-instance auto-select": of all that have none */
    bool shutdown;             /* "shutdown" in the bgp view: every peer Idle(Admin) */
    bool router_id_allow_same; /* EBGP peers may have our router id */
    uint16_t keepalive;        /* s, 0-21845 */
    uint16_t hold;             /* s, 0 or 3-65535 */
    uint16_t min_hold;         /* s, 20-65535; 0 off */
    uint16_t connect_retry;    /* s, 1-65535 */
    bool no_default_ipv4;      /* "undo default ipv4-unicast"; only affects peers created later */
    uint32_t dynamic_limit;    /* "dynamic-session-limit"; 0: no limit */
    uint32_t peer_limit;       /* "peer-limit": peers, dynamic ones too; 0: no limit */
    bool local_cross_no_med;   /* MED is not compared where a route crossed from an instance */
    bool no_check_first_as;    /* "undo check-first-as", of peers that say nothing themselves */
    uint16_t as_path_limit;    /* most ASes in a path received; 0: any number */
    bool no_private_as4;       /* "private-4-byte-as disable": 4200000000 and up are public */
    bool keep_all_routes;      /* as that of each peer and family */
    bool ibgp_sensitive;       /* "ibgp-interface-sensitive" */
    struct bgp_af_conf af[BGP_FAMILIES];
};

enum bgp_peer_kind { BGP_KIND_UNSET, BGP_KIND_INTERNAL, BGP_KIND_EXTERNAL };

struct bgp_peer_conf {
    struct bgp_set set;
    struct bgp_addr addr; /* the peer; af 0 in a group */
    char *group;          /* name of the group it belongs to */
    char *description;
    uint32_t remote_as;
    uint8_t kind; /* enum bgp_peer_kind; of a group: as declared; effective: from the AS numbers */
    bool listen;  /* group for dynamic peers */
    uint32_t fake_as;  /* AS shown to this peer instead of the process AS; 0 none */
    bool fake_dual;    /* with fake_as: also accept a peer that expects the real AS */
    bool fake_global;  /* with fake_as: the real AS stands behind it in what is sent */
    bool fake_in;      /* with fake_as: it is put in front of paths received */
    uint32_t local_as; /* as configured: "local-as", the same under another name ... */
    bool local_dual, local_global, local_in; /* ... effective: all in the fields above */
    bool no_check_first_as; /* effective: that of the process unless a line says otherwise */

    char *source_if; /* connect-interface by name, canonical ("LoopBack0") */
    struct bgp_addr
        source_ip;         /* connect-interface by address, or the extra address after the name */
    struct bgp_addr local; /* effective: resolved source address; af 0: kernel chooses */
    char *blocked;         /* effective: why no session can be tried ("connect-interface
                              LoopBack0 has no address"); NULL when nothing stands in the way */

    bool sensitive;    /* effective: down at once when the interface towards it is */
    uint8_t ttl;       /* ebgp-max-hop; effective: 1 direct EBGP, 255 IBGP */
    uint8_t gtsm_hops; /* valid-ttl-hops; 0 off */
    uint16_t keepalive, hold, min_hold, connect_retry; /* as in struct bgp_conf */
    char *password;                                    /* effective: clear text for TCP MD5 */
    uint16_t mss;                                      /* 176-4096; 0 kernel's choice */
    bool path_mtu;                                     /* path-mtu auto-discovery */
    bool ignore;                                       /* keep down: Idle(Admin), Cease/2 */
    bool listen_only, connect_only;
    bool tracking;           /* the session ends when the route to the peer is lost ... */
    uint16_t tracking_delay; /* ... for so long, s */
    bool no_log;             /* "undo peer X log-change" */
    bool no_dampening;       /* "oscillation-dampening disable": idle-hold does not grow */
    bool no_refresh;         /* capability-advertise route-refresh disable */
    bool no_as4;             /* capability-advertise 4-byte-as disable; effective: or the next */
    bool suppress_as4;       /* as configured: "capability-advertise suppress-4-byte-as" */
    bool conventional;       /* OPEN without optional capabilities: IPv4 unicast, 2-byte AS only */

    uint8_t enabled; /* effective: bit 1 << family for every family "peer X enable" turned on */
    uint8_t off;     /* as configured: families with a stored "undo peer X enable" */
    uint8_t member;  /* as configured: families with a "peer X group G" of their own */
    struct bgp_peer_af_conf af[BGP_FAMILIES];
};

/* Frees what the struct owns and zeroes it. */
void bgp_peer_conf_clear(struct bgp_peer_conf *c);

/* Deep copy; *to must be empty. Aborts the process when memory runs out. */
void bgp_peer_conf_copy(struct bgp_peer_conf *to, const struct bgp_peer_conf *from);

/* Route distinguishers and route targets as on the wire: 8 octets, a target with the type octets of
 * the extended community (0x00-0x02, 0x02). */
struct bgp_targets {
    uint8_t (*at)[8]; /* owned */
    size_t n;
};

enum bgp_label_mode { BGP_LABEL_PER_INSTANCE, BGP_LABEL_PER_ROUTE, BGP_LABEL_PER_NEXT_HOP };

/* How much the table of an instance may hold: what is beyond it is kept and not used. */
struct bgp_vpn_limit {
    uint32_t most;   /* 0: any number */
    uint8_t percent; /* 1-100, the threshold that is told of; 0: none */
    bool alert_only; /* "simply-alert": passing it is told of, and that is all */
};

/* One address family of a VPN instance: "ip vpn-instance X" / "ipv4-family", and the BGP view
 * "ipv4-family vpn-instance X". */
struct bgp_vpn_af_conf {
    bool enabled; /* has a route distinguisher */
    uint8_t rd[8];
    struct bgp_targets import, export;
    uint8_t label_mode;                    /* enum bgp_label_mode, "apply-label" */
    struct bgp_vpn_limit routes, prefixes; /* "routing-table limit", "prefix limit" */
    struct bgp_af_conf af;
};

/* A VPN instance (RFC 4364). Its number is what struct bgp_addr calls vpn: 1-65535, given by the
 * engine, kept as long as the instance exists. */
struct bgp_vpn_conf {
    uint16_t number;
    char *name;         /* owned; for displays and logs */
    uint32_t router_id; /* host order; 0: that of the process */
    struct bgp_vpn_af_conf v4, v6;
};
void bgp_vpn_conf_clear(struct bgp_vpn_conf *c);
/* Deep copy; *to must be empty. */
void bgp_vpn_conf_copy(struct bgp_vpn_conf *to, const struct bgp_vpn_conf *from);

/* A range dynamic peers may connect from: "peer G listen-net" with the effective conf of G. */
struct bgp_listen_conf {
    struct bgp_addr net;
    uint8_t len;
    struct bgp_peer_conf peer; /* template; addr is filled in per peer */
    struct {
        uint32_t begin, end; /* inclusive */
    } as[16];                /* permitted remote AS ranges; nas 0: only peer.remote_as */
    unsigned nas;
};

#endif
