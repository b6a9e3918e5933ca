/*
 * Running as plain structs, kept beside the rows: what commit compares and the speaker is fed from.
 *
 * Rows go in and come out one by one (model_row), so building it from nothing and changing it by a
 * commit are the same code, and undoing a failed commit is feeding the inverse rows. Every row
 * marks the objects it touches; model_plan() then compares each touched peer's effective
 * configuration (peer over group over process over default) with the one the speaker has and lets
 * the strongest declared impact decide.
 */
#ifndef VRPSH_MODEL_H
#define VRPSH_MODEL_H

#include <uthash.h>

#include "engine/config/config.h"
#include "schema/conf.h"

#define MODEL_NAME 49 /* group name with its NUL, or an address */

/* Peers and groups of the public network and of each family of a VPN instance are namespaces of
 * their own: vpn and family say which. */
struct model_peer {
    char key[MODEL_NAME + 36]; /* name and namespace */
    char name[MODEL_NAME];     /* address text or group name */
    struct model_vpn *vpn;     /* NULL: the bgp view */
    int8_t family;             /* of the view, with vpn */
    bool is_group, exists, dirty;
    struct bgp_peer_conf raw;     /* as configured */
    struct bgp_peer_conf eff;     /* what the speaker has; peers only */
    bool sent;                    /* the speaker has it */
    struct bgp_listen_conf *nets; /* groups: listen ranges, without templates */
    size_t nnets;
    uint32_t as_begin[16], as_end[16];
    unsigned nas;
    UT_hash_handle hh;
};

struct model_if {
    uint8_t key[16]; /* row key of the interface view */
    uint32_t nkey;
    char name[40];
    struct if_conf conf;
    struct model_addr {
        struct bgp_addr addr;
        uint8_t len;
        bool primary;
    } * addrs;
    size_t naddrs;
    UT_hash_handle hh;
};

struct model_static {
    struct speaker_static route;
    struct model_vpn *vpn;  /* NULL: public */
    struct model_vpn *into; /* where the next hop is; NULL: in vpn */
    UT_hash_handle hh;
    uint8_t key[]; /* row key */
};

/* Route targets of one family of a VPN instance, as RFC 4364 numbers. */
struct model_targets {
    uint64_t *rt;
    size_t n;
};
struct model_vpn {
    char name[32];
    uint16_t number;
    bool exists, dirty, sent;
    uint32_t router_id; /* the speaker has */
    struct vpn_conf conf;
    struct {
        uint64_t rd; /* 0: none, the family is not in use */
        bool enabled;
        uint8_t label_mode; /* enum bgp_label_mode */
        struct bgp_vpn_limit routes, prefixes;
        struct model_targets export, import;
    } af[BGP_FAMILIES];                    /* only the unicast ones */
    struct bgp_conf process[BGP_FAMILIES]; /* what its views in the bgp view set */
    UT_hash_handle hh;
};

/* A "network" or "import-route" line, by its row key. */
struct model_origin {
    struct speaker_origin what;
    struct model_vpn *vpn; /* NULL: public */
    UT_hash_handle hh;
    uint8_t key[];
};

/* An "aggregate" line, by its row key. */
struct model_aggregate {
    struct bgp_aggregate what;
    enum bgp_family family;
    struct model_vpn *vpn; /* NULL: public */
    UT_hash_handle hh;
    uint8_t key[];
};

struct model {
    struct secrets *secrets;
    struct sys_conf sys;
    struct bgp_conf bgp, bgp_eff; /* as configured; as the speaker has it */
    struct model_peer *peers;     /* hash of peers and groups */
    struct model_if *ifs;
    struct model_vpn *vpns;
    struct model_static *statics;
    struct model_origin *origins;
    struct model_aggregate *aggregates;
    uint32_t shell_changes; /* lines about the shell that came or went: settings.c */
    bool all_dirty, addrs_dirty, listen_dirty, statics_dirty, origins_dirty, aggregates_dirty;
};

struct model *model_new(struct secrets *secrets);
void model_free(struct model *m);
/* One changed row; text NULL: absent before or after. False: key or text are not of this schema. */
bool model_row(struct model *m, const uint8_t *key, size_t nkey, const char *old_text,
               const char *new_text);
/* What the speaker must be told, compared with what it has. Pure: the model is not changed, so a
 * preview is this and nothing else. NULL: nothing to tell. */
struct speaker_plan *model_plan(struct model *m);
/* The plan has been applied: what it says is what the speaker has. */
void model_applied(struct model *m, const struct speaker_plan *plan);
/* Forgets the touched marks after a commit that was taken back. */
void model_clean(struct model *m);

const char *model_sysname(const struct model *m);
/* Router ID in use: the bgp view's, the device's, the highest loopback address, the
 * highest interface address, or 0. */
uint32_t model_router_id(const struct model *m);
/* Of a VPN instance: its own or, with "auto-select", that of its addresses; 0: that of the process.
 */
uint32_t model_vpn_router_id(const struct model *m, const struct model_vpn *v);
/* The AS that peers of a family of an instance see (NULL: of the public network). */
uint32_t model_own_as(const struct model *m, const struct model_vpn *v, enum bgp_family family);
/* A peer or group of the public network, of the same namespace as p, by its scoped address. */
struct model_peer *model_find_peer(const struct model *m, const char *name);
struct model_peer *model_peer_beside(const struct model *m, const struct model_peer *p,
                                     const char *name);
struct model_peer *model_peer_at(const struct model *m, const struct bgp_addr *addr);
/* The group a peer belongs to, or NULL. */
struct model_peer *model_group_of(const struct model *m, const struct model_peer *p);

/* origins.c: a "network" or "import-route" line comes or goes. */
void model_origin(struct model *m, const struct sch_line *l, const uint8_t *key, size_t nkey,
                  const struct sch_value *v, struct model_vpn *vpn, bool added);
void model_plan_origins(const struct model *m, struct speaker_plan *plan);
void model_free_origins(struct model *m);

/* aggregates.c: an "aggregate" line comes or goes. */
void model_aggregate(struct model *m, const struct sch_line *l, const uint8_t *key, size_t nkey,
                     const struct sch_value *v, struct model_vpn *vpn, bool added);
void model_plan_aggregates(const struct model *m, struct speaker_plan *plan);
void model_free_aggregates(struct model *m);

/* instances.c: VPN instances by name and number, made when asked for (model_vpn) or NULL; and the
 * one a row belongs to, with the family of its view. */
struct model_vpn *model_find_vpn(const struct model *m, const char *name);
struct model_vpn *model_vpn_number(const struct model *m, uint16_t number);
struct model_vpn *model_vpn(struct model *m, const char *name);
struct model_vpn *model_row_vpn(struct model *m, const struct sch_place *place, const uint8_t *key,
                                int8_t *family);
void model_vpn_enabled(struct model_vpn *v, const struct sch_line *l, bool added);
void model_vpn_target(struct model_vpn *v, const struct sch_line *l, const struct sch_value *args,
                      bool added);
void model_plan_vpns(const struct model *m, struct speaker_plan *plan);
void model_vpns_applied(struct model *m, const struct speaker_plan *plan);
void model_clean_vpns(struct model *m);
void model_free_vpns(struct model *m);

/* statics.c */
void model_static(struct model *m, const uint8_t *key, size_t nkey, const struct sch_line *l,
                  const struct sch_value *v, bool added);
void model_plan_statics(const struct model *m, struct speaker_plan *plan);

/* effective.c */
void model_effective_process(const struct model *m, struct bgp_conf *out);
void model_effective_peer(const struct model *m, const struct model_peer *p,
                          struct bgp_peer_conf *out);
/* Whether it ends with its interface: of a peer, or of the peers of a listening group that have
 * addresses of the family af. */
void model_sensitive(const struct model *m, const struct model_peer *p, uint8_t af,
                     struct bgp_peer_conf *out);
/* Strongest impact of the differences; *differs: anything at all differs. */
enum sch_impact model_compare_peer(const struct bgp_peer_conf *a, const struct bgp_peer_conf *b,
                                   bool *differs);

#endif
