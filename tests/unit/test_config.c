/*
 * Editing and committing: every refusal, and the lines that bring or take other lines with them.
 * No speaker: what commits tell it is test_plan.c; every single line is test_lines.c.
 */
#include "tests/unit/test_config_lab.h"

static struct lab lab;
static char rows_a[LAB_ROWS], rows_b[LAB_ROWS];

static void setup(void)
{
    lab_open(&lab, ":memory:");
}

static void teardown(void)
{
    lab_close(&lab);
}

/* --- what is there by default --------------------------------------------------------- */

START_TEST(on_by_default)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\n");
    lab_commit(&lab);
    lab_rows(&lab, false, rows_a);
    lab_lines(&lab, "bgp 64601\nundo default ipv4-unicast\nundo peer 10.0.0.2 log-change\n");
    ck_assert_uint_eq(lab.edit.cand.rows, 2);
    lab_lines(&lab, "bgp 64601\nundo default ipv4-unicast\n"); /* once more */
    ck_assert_uint_eq(lab.edit.cand.rows, 2);
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_b), "bgp 64601\n"
                                                    " undo default ipv4-unicast\n"
                                                    " peer 10.0.0.2 as-number 64602\n"
                                                    " undo peer 10.0.0.2 log-change\n"
                                                    " ipv4-family unicast\n"
                                                    "  peer 10.0.0.2 enable\n");
    lab_load(&lab, rows_b);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
    lab_lines(&lab, "bgp 64601\ndefault ipv4-unicast\npeer 10.0.0.2 log-change\n");
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_b), rows_a);
}
END_TEST

/* "policy vpn-target" is there from the start, and shown whether on or off. */
START_TEST(on_and_shown)
{
    struct model *m = lab.config.model;
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\n");
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_a), "bgp 64601\n"
                                                    " ipv4-family unicast\n"
                                                    " ipv4-family vpnv4\n"
                                                    "  policy vpn-target\n");
    ck_assert(!m->bgp.af[BGP_VPNV4].no_vpn_target);
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\nundo policy vpn-target\n");
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\n"); /* entering it again changes nothing */
    lab_commit(&lab);
    ck_assert_ptr_nonnull(strstr(lab_rows(&lab, false, rows_b), "  undo policy vpn-target\n"));
    ck_assert(m->bgp.af[BGP_VPNV4].no_vpn_target && !m->bgp.af[BGP_VPNV6].no_vpn_target);
    lab_load(&lab, rows_b);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\npolicy vpn-target\n");
    lab_commit(&lab);
    ck_assert_str_eq(lab_rows(&lab, false, rows_b), rows_a);
    ck_assert(!m->bgp.af[BGP_VPNV4].no_vpn_target);
}
END_TEST

/* An undo that names another value than the one there is a mistake, not an undo. */
START_TEST(undo_means_its_value)
{
    static const char *const wrong[][2] = {
        {"", "undo sysname B"},
        {"", "undo bgp 64602"},
        {"", "undo router id 1.1.1.2"},
        {"interface LoopBack 5\n", "undo ip address 10.1.1.2 32"},
        {"interface LoopBack 5\n", "undo ip address 10.1.1.1 31"},
        {"interface LoopBack 5\n", "undo description other"},
        {"bgp 64601\n", "undo router-id 9.9.9.9"},
        {"bgp 64601\n", "undo peer 10.0.0.2 ebgp-max-hop 3"},
        {"bgp 64601\n", "undo peer 10.0.0.2 description other"},
        {"bgp 64601\n", "undo timer connect-retry 9"},
    };
    lab_lines(&lab, "sysname A\nrouter id 1.1.1.1\ninterface LoopBack 5\ndescription this\n"
                    "ip address 10.1.1.1 32\nquit\nbgp 64601\nrouter-id 2.2.2.2\n"
                    "timer connect-retry 8\n"
                    "peer 10.0.0.2 as-number 64602\npeer 10.0.0.2 ebgp-max-hop 2\n"
                    "peer 10.0.0.2 description this\n");
    lab_commit(&lab);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lab_lines(&lab, wrong[i][0]);
        lab_refused(&lab, wrong[i][1], "Error: The configuration to be deleted does not exist.");
    }
    lab_lines(&lab, "bgp 64601\nundo peer 10.0.0.2 ebgp-max-hop 2\n"
                    "undo peer 10.0.0.2 description this\nundo router-id 2.2.2.2\n");
    ck_assert_uint_eq(lab.edit.cand.rows, 3);
}
END_TEST

/* --- what comes and goes with a line ------------------------------------------------- */

static void rows_are(const char *want)
{
    ck_assert_str_eq(lab_rows(&lab, true, rows_a), want);
}

START_TEST(a_peer_starts_in_ipv4_unicast)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\npeer 2001:db8::2 as-number 64602\n"
                    "group G external\ngroup I\n");
    rows_are("bgp 64601\n"
             " group G external\n"
             " group I internal\n"
             " peer 10.0.0.2 as-number 64602\n"
             " peer 2001:db8::2 as-number 64602\n"
             " ipv4-family unicast\n"
             "  peer G enable\n"
             "  peer I enable\n"
             "  peer 10.0.0.2 enable\n");
    lab_lines(&lab, "bgp 64601\nundo default ipv4-unicast\npeer 10.0.0.3 as-number 64602\n"
                    "group H external\n");
    lab_rows(&lab, true, rows_a);
    ck_assert_ptr_null(strstr(rows_a, "10.0.0.3 enable"));
    ck_assert_ptr_null(strstr(rows_a, "H enable"));
}
END_TEST

START_TEST(leaving_ipv4_unicast)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\nipv4-family unicast\n"
                    "undo peer 10.0.0.2 enable\n");
    const char *out = "bgp 64601\n peer 10.0.0.2 as-number 64602\n ipv4-family unicast\n"
                      "  undo peer 10.0.0.2 enable\n";
    rows_are(out);
    lab_lines(&lab, "bgp 64601\nipv4-family unicast\nundo peer 10.0.0.2 enable\n"); /* again */
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\n"); /* re-entering: nothing */
    rows_are(out);
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\nipv4-family unicast\npeer 10.0.0.2 enable\n");
    rows_are("bgp 64601\n peer 10.0.0.2 as-number 64602\n ipv4-family unicast\n"
             "  peer 10.0.0.2 enable\n");
    lab_lines(&lab, "bgp 64601\nundo peer 10.0.0.2 enable\n"); /* the same in the bgp view */
}
END_TEST

/* The negation stays when the default is turned off, and loads elsewhere. */
START_TEST(out_of_ipv4_unicast_without_default)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\nipv4-family unicast\n"
                    "undo peer 10.0.0.2 enable\nquit\nundo default ipv4-unicast\n");
    lab_rows(&lab, true, rows_a);
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_load(&lab, rows_a);
    ck_assert_str_eq(lab_rows(&lab, true, rows_b), rows_a);
}
END_TEST

START_TEST(joining_a_group)
{
    lab_lines(&lab, "bgp 64601\ngroup G external\npeer G as-number 64602\n"
                    "peer 10.0.0.2 group G\npeer 10.0.0.3 as-number 65000\npeer 10.0.0.3 group G\n"
                    "group I internal\npeer 10.0.0.4 group I\npeer 2001:db8::2 group G\n");
    rows_are("bgp 64601\n"
             " group G external\n"
             " group I internal\n"
             " peer G as-number 64602\n"
             " peer 10.0.0.2 as-number 64602\n"
             " peer 10.0.0.2 group G\n"
             " peer 10.0.0.3 as-number 65000\n"
             " peer 10.0.0.3 group G\n"
             " peer 10.0.0.4 as-number 64601\n"
             " peer 10.0.0.4 group I\n"
             " peer 2001:db8::2 as-number 64602\n"
             " peer 2001:db8::2 group G\n"
             " ipv4-family unicast\n"
             "  peer G enable\n"
             "  peer I enable\n"
             "  peer 10.0.0.2 enable\n"
             "  peer 10.0.0.2 group G\n"
             "  peer 10.0.0.3 enable\n"
             "  peer 10.0.0.3 group G\n"
             "  peer 10.0.0.4 enable\n"
             "  peer 10.0.0.4 group I\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\nundo peer 10.0.0.2 group G\nundo peer 10.0.0.3 group\n");
    lab_rows(&lab, true, rows_a);
    ck_assert_ptr_null(strstr(rows_a, "10.0.0.2 group"));
    ck_assert_ptr_null(strstr(rows_a, "10.0.0.3 group"));
    ck_assert_ptr_nonnull(strstr(rows_a, "peer 10.0.0.2 as-number 64602\n"));
    ck_assert_ptr_nonnull(strstr(rows_a, "  peer 10.0.0.2 enable\n"));
}
END_TEST

/* Moving to another group leaves nothing of the old one in any family. */
START_TEST(changing_groups)
{
    lab_lines(&lab, "bgp 64601\ngroup G external\ngroup H external\n"
                    "peer 10.0.0.2 as-number 64602\npeer 10.0.0.2 group G\n"
                    "ipv4-family vpnv4\npeer G enable\npeer 10.0.0.2 group G\nquit\n"
                    "peer 10.0.0.2 group H\n");
    lab_rows(&lab, true, rows_a);
    ck_assert_ptr_null(strstr(rows_a, "10.0.0.2 group G"));
    ck_assert_ptr_nonnull(strstr(rows_a, "  peer 10.0.0.2 group H\n"));
    ck_assert(store_candidate_clear(lab.config.store, &lab.edit.cand));
    lab_load(&lab, rows_a);
    ck_assert_str_eq(lab_rows(&lab, true, rows_b), rows_a);
}
END_TEST

START_TEST(families_of_a_member)
{
    lab_lines(&lab, "bgp 64601\ngroup G external\npeer 10.0.0.2 as-number 64602\n"
                    "peer 10.0.0.2 group G\nipv4-family vpnv4\npeer G enable\n"
                    "peer 10.0.0.2 group G\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\nipv4-family vpnv4\nundo peer 10.0.0.2 group G\n");
    lab_rows(&lab, true, rows_a);
    ck_assert_str_eq(strstr(rows_a, " ipv4-family vpnv4"),
                     " ipv4-family vpnv4\n  policy vpn-target\n  peer G enable\n");
    lab_lines(&lab, "bgp 64601\nipv4-family unicast\nundo peer 10.0.0.2 group G\n");
    lab_rows(&lab, true, rows_a);
    ck_assert_ptr_nonnull(strstr(rows_a, "  undo peer 10.0.0.2 enable\n"));
    ck_assert_ptr_null(strstr(rows_a, "  peer 10.0.0.2 group"));
}
END_TEST

START_TEST(undo_peer_takes_everything)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\npeer 10.0.0.20 as-number 64602\n"
                    "group G external\npeer 10.0.0.2 group G\n"
                    "peer 10.0.0.2 description x\npeer 10.0.0.2 ebgp-max-hop\n"
                    "ipv4-family vpnv4\npeer 10.0.0.2 enable\npeer 10.0.0.2 group G\nquit\n"
                    "ipv6-family unicast\npeer 10.0.0.2 enable\nquit\n"
                    "ipv6-family vpnv6\npeer 10.0.0.2 enable\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\nundo peer 10.0.0.2\n");
    rows_are("bgp 64601\n group G external\n peer 10.0.0.20 as-number 64602\n"
             " ipv4-family unicast\n  peer G enable\n  peer 10.0.0.20 enable\n"
             " ipv4-family vpnv4\n  policy vpn-target\n ipv6-family unicast\n"
             " ipv6-family vpnv6\n  policy vpn-target\n");
    lab_commit(&lab);
}
END_TEST

START_TEST(undo_group_frees_its_members)
{
    lab_lines(&lab, "bgp 64601\ngroup G external\npeer G as-number 64602\npeer G ebgp-max-hop 2\n"
                    "peer 10.0.0.2 group G\npeer 10.0.0.3 as-number 65000\npeer 10.0.0.3 group G\n"
                    "group GG external\n"
                    "ipv4-family vpnv4\npeer G enable\npeer 10.0.0.2 group G\n");
    lab_commit(&lab);
    lab_lines(&lab, "bgp 64601\nundo group G\n");
    lab_rows(&lab, true, rows_a);
    ck_assert_ptr_null(strstr(rows_a, "G\n"));
    ck_assert_ptr_null(strstr(rows_a, "peer G "));
    ck_assert_ptr_nonnull(strstr(rows_a, "group GG external\n"));
    ck_assert_ptr_nonnull(strstr(rows_a, "peer GG enable\n"));
    ck_assert_ptr_nonnull(strstr(rows_a, "peer 10.0.0.3 as-number 65000\n"));
    lab_commit(&lab);
    lab_rows(&lab, false, rows_a);
    lab_load(&lab, rows_a);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
}
END_TEST

START_TEST(ipv6_goes_with_its_addresses)
{
    lab_lines(&lab, "interface LoopBack 0\nipv6 enable\nipv6 address 2001:db8::1 128\n");
    lab_commit(&lab);
    lab_lines(&lab, "interface LoopBack 0\nundo ipv6 enable\n");
    rows_are("interface LoopBack0\n");
}
END_TEST

START_TEST(new_as_in_one_commit)
{
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64601\n");
    lab_commit(&lab);
    lab_lines(&lab, "undo bgp\nbgp 65000\npeer 10.0.0.3 as-number 64601\n");
    lab_commit(&lab);
    rows_are("bgp 65000\n peer 10.0.0.3 as-number 64601\n ipv4-family unicast\n"
             "  peer 10.0.0.3 enable\n");
}
END_TEST

START_TEST(edits_that_cancel_out)
{
    lab_lines(&lab, "sysname A\ninterface LoopBack 0\nip address 10.0.0.1 32\n");
    lab_commit(&lab);
    lab_lines(&lab, "sysname B\nsysname A\ninterface LoopBack 0\nundo ip address\n"
                    "ip address 10.0.0.1 255.255.255.255\nquit\ninterface LoopBack 1\nquit\n"
                    "undo interface LoopBack 1\nbgp 5\nquit\nundo bgp\n");
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
    struct store_commit meta = {.user = "ann"};
    ck_assert(config_commit(&lab.edit, &meta));
    ck_assert_uint_eq(meta.id, 0);
}
END_TEST

START_TEST(passwords)
{
    static const char *const clear = "S3cret, with blanks";
    char line[600];
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\n");
    snprintf(line, sizeof line, "peer 10.0.0.2 password simple \"%s\"", clear);
    lab_say(&lab, line);
    lab_commit(&lab);
    lab_rows(&lab, false, rows_a);
    ck_assert_ptr_null(strstr(rows_a, clear));
    ck_assert_ptr_nonnull(strstr(rows_a, "password cipher %^%#"));
    struct bgp_peer_conf eff;
    model_effective_peer(lab.config.model, model_find_peer(lab.config.model, "10.0.0.2"), &eff);
    ck_assert_str_eq(eff.password, clear);
    bgp_peer_conf_clear(&eff);
    lab_load(&lab, rows_a);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
    lab_lines(&lab, "bgp 64601\nundo peer 10.0.0.2 password\n");
    lab_commit(&lab);
}
END_TEST

/* --- refusals ------------------------------------------------------------------------ */

static const struct refusal {
    const char *before, *line, *why;
} refusals[] = {
    {"", "router id 0.0.0.0", "The router ID is invalid."},
    {"", "router id 224.0.0.1", "The router ID is invalid."},
    {"bgp 64601", "router-id 255.255.255.255", "The router ID is invalid."},
    {"bgp 64601\nquit", "bgp 65000", "BGP is already running. The AS is 64601."},
    {"bgp 70000\nquit", "bgp 65000", "BGP is already running. The AS is 1.4464."},
    {"bgp 64601", "timer keepalive 0 hold 1",
     "The hold time must be 0 or from 3 to 65535 seconds."},
    {"bgp 64601", "timer keepalive 0 hold 2",
     "The hold time must be 0 or from 3 to 65535 seconds."},
    {"bgp 64601", "timer keepalive 0 hold 3",
     "The keepalive time and the hold time must both be 0 or both not be 0."},
    {"bgp 64601", "timer keepalive 1 hold 0",
     "The keepalive time and the hold time must both be 0 or both not be 0."},
    {"bgp 64601", "timer keepalive 10 hold 29",
     "The hold time must be at least three times the keepalive time."},
    {"bgp 64601", "timer keepalive 10 hold 30 min-holdtime 31",
     "The hold time must not be less than the minimum hold time."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5", "peer 10.0.0.2 timer keepalive 10 hold 29",
     "The hold time must be at least three times the keepalive time."},
    {"bgp 64601\ngroup G internal", "group G external",
     "The type of the peer group cannot be changed."},
    {"bgp 64601\ngroup G external", "group G listen external",
     "The type of the peer group cannot be changed."},
    {"bgp 64601\npeer 10.0.0.2 as-number 70000", "peer 10.0.0.2 as-number 6",
     "The AS number of the peer is 1.4464. Delete the peer to change it."},
    {"bgp 64601", "peer G as-number 5", "The peer group does not exist."},
    {"bgp 64601\ngroup G internal", "peer G as-number 5",
     "The AS number of an internal peer group cannot be configured."},
    {"bgp 64601\ngroup G external", "peer G as-number 64601",
     "The AS number of the external group cannot be the same as the local AS number."},
    {"bgp 64601", "peer 10.0.0.2 description x", "The peer session does not exist."},
    {"bgp 64601", "peer G description x", "The peer group does not exist."},
    {"bgp 64601", "undo peer 10.0.0.2", "The peer session does not exist."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5", "undo peer 10.0.0.2 as-number",
     "The AS number cannot be deleted without the peer."},
    {"bgp 64601\ngroup G external\npeer G as-number 5", "undo peer G",
     "The peer session does not exist."},
    {"bgp 64601", "undo group G", "The configuration to be deleted does not exist."},
    {"bgp 64601\nipv4-family vpnv4", "peer 10.0.0.2 enable", "The peer session does not exist."},
    {"bgp 64601\nipv4-family unicast", "undo peer 10.0.0.2 enable",
     "The peer session does not exist."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\nipv4-family vpnv4", "undo peer 10.0.0.2 enable",
     "The peer is not enabled in the address family."},
    {"bgp 64601\ngroup G\ngroup H", "peer G group H", "A peer group cannot join a peer group."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5", "peer 10.0.0.2 group G",
     "The peer group does not exist."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\ngroup G listen external", "peer 10.0.0.2 group G",
     "The peer group is for dynamic peers."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\ngroup G internal", "peer 10.0.0.2 group G",
     "The peer type is different from the group type."},
    {"bgp 64601\npeer 10.0.0.2 as-number 64601\ngroup G external", "peer 10.0.0.2 group G",
     "The peer type is different from the group type."},
    {"bgp 64601\ngroup G external", "peer 10.0.0.2 group G", "The peer session does not exist."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5", "undo peer 10.0.0.2 group G",
     "The peer is not a member of the peer group."},
    {"bgp 64601\ngroup G\ngroup H\npeer 10.0.0.2 group G", "undo peer 10.0.0.2 group H",
     "The peer is not a member of the peer group."},
    {"bgp 64601\ngroup G\npeer 10.0.0.2 as-number 64601\nipv4-family vpnv4",
     "peer 10.0.0.2 group G", "The peer is not a member of the peer group."},
    {"bgp 64601\ngroup G\ngroup H\nipv4-family vpnv4", "peer G group H",
     "A peer group cannot join a peer group."},
    {"bgp 64601\npeer 10.0.0.2 as-number 64601", "peer 10.0.0.2 ebgp-max-hop 2",
     "The peer is an IBGP peer."},
    {"bgp 64601\ngroup G", "peer G ebgp-max-hop", "The peer is an IBGP peer."},
    {"bgp 64601\npeer 10.0.0.2 as-number 64601", "peer 10.0.0.2 fake-as 9",
     "The peer is an IBGP peer."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\npeer 10.0.0.2 valid-ttl-hops 2",
     "peer 10.0.0.2 ebgp-max-hop 2", "The peer valid-ttl-hops has been configured."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\npeer 10.0.0.2 ebgp-max-hop 2",
     "peer 10.0.0.2 valid-ttl-hops 2", "The peer ebgp-max-hop has been configured."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\npeer 10.0.0.2 connect-only",
     "peer 10.0.0.2 listen-only", "The peer connect-only has been configured."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5\npeer 10.0.0.2 listen-only",
     "peer 10.0.0.2 connect-only", "The peer listen-only has been configured."},
    {"bgp 64601\ngroup G external", "peer G listen-net 10.0.0.0 8",
     "The peer group is not for dynamic peers."},
    {"bgp 64601\ngroup G external", "peer G listen-as 5",
     "The peer group is not for dynamic peers."},
    {"bgp 64601\npeer 10.0.0.2 as-number 5", "peer 10.0.0.2 listen-as 5",
     "The peer group is not for dynamic peers."},
    {"bgp 64601\ngroup G listen external", "peer G listen-as-segment begin 2 end 1",
     "The last AS number is less than the first."},
    {"interface LoopBack 0", "ip address 0.0.0.1 32", "The specified IP address is invalid."},
    {"interface LoopBack 0", "ip address 224.0.0.1 32", "The specified IP address is invalid."},
    {"interface LoopBack 0", "ip address 10.0.0.0 24", "The specified IP address is invalid."},
    {"interface LoopBack 0", "ip address 10.0.0.255 24", "The specified IP address is invalid."},
    {"interface LoopBack 0", "ip address 10.0.0.1 0", "The specified IP address is invalid."},
    {"interface LoopBack 0\nip address 10.0.0.1 32\nquit\ninterface LoopBack 1",
     "ip address 10.0.0.1 32", "The address already exists."},
    {"interface LoopBack 0\nip address 10.0.0.1 32", "ip address 10.0.0.1 32 sub",
     "The address already exists."},
    {"interface LoopBack 0", "ipv6 address 2001:db8::1 128",
     "IPv6 is not enabled on the interface."},
    {"interface LoopBack 0\nipv6 enable", "ipv6 address ff02::1 128",
     "The specified IPv6 address is invalid."},
    {"interface LoopBack 0\nipv6 enable", "ipv6 address :: 128",
     "The specified IPv6 address is invalid."},
    {"interface LoopBack 0\nipv6 enable\nipv6 address ::9 128\nquit\ninterface LoopBack 1\n"
     "ipv6 enable",
     "ipv6 address ::9 127", "The address already exists."},
    {"", "undo sysname", "The configuration to be deleted does not exist."},
    {"", "undo interface LoopBack 7", "The configuration to be deleted does not exist."},
    {"", "undo bgp", "The configuration to be deleted does not exist."},
};

START_TEST(refused)
{
    const struct refusal *r = &refusals[_i];
    char why[300];
    snprintf(why, sizeof why, "Error: %s", r->why);
    lab_lines(&lab, r->before);
    lab_refused(&lab, r->line, why);
    lab_commit(&lab); /* and the same with what is before it already running */
    lab_refused(&lab, r->line, why);
    ck_assert_uint_eq(lab.edit.cand.rows, 0);
}
END_TEST

/* --- commits that are refused -------------------------------------------------------- */

static void cannot_commit(struct edit *e, const char *why)
{
    struct store_commit meta = {.user = "ann"};
    size_t rows = e->cand.rows;
    ck_assert(!config_commit(e, &meta));
    ck_assert_str_eq(e->err, why);
    ck_assert_uint_eq(e->cand.rows, rows);
}

START_TEST(what_a_line_rested_on_has_gone)
{
    struct lab other;
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 as-number 64602\n");
    lab_commit(&lab);
    other = lab; /* a second session on the same datastore */
    ck_assert(store_candidate_new(lab.config.store, "bob", "pts/2", &other.edit.cand));
    other.edit.config = &lab.config;
    lab_lines(&lab, "bgp 64601\npeer 10.0.0.2 description x\n");
    lab_lines(&other, "bgp 64601\nundo peer 10.0.0.2\n");
    lab_commit(&other);
    lab_rows(&lab, false, rows_a);
    cannot_commit(&lab.edit,
                  "Error: The peer session does not exist. (peer 10.0.0.2 description x)");
    ck_assert_str_eq(lab_rows(&lab, false, rows_b), rows_a);
    lab_lines(&other, "undo bgp\n");
    lab_commit(&other);
    cannot_commit(&lab.edit,
                  "Error: The view of the line \"peer 10.0.0.2 description x\" no longer exists.");
    ck_assert(store_candidate_drop(lab.config.store, &other.edit.cand));
}
END_TEST

START_TEST(label_used_twice)
{
    struct store_commit meta = {.user = "ann", .label = "here"};
    lab_lines(&lab, "sysname A\n");
    ck_assert(config_commit(&lab.edit, &meta));
    lab_lines(&lab, "sysname B\n");
    ck_assert(!config_commit(&lab.edit, &meta));
    ck_assert_str_eq(lab.edit.err, "Error: The label is used by commit 1000000001.");
    ck_assert_uint_eq(lab.edit.cand.rows, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, on_by_default);
    tcase_add_test(t, on_and_shown);
    tcase_add_test(t, undo_means_its_value);
    tcase_add_test(t, a_peer_starts_in_ipv4_unicast);
    tcase_add_test(t, leaving_ipv4_unicast);
    tcase_add_test(t, out_of_ipv4_unicast_without_default);
    tcase_add_test(t, joining_a_group);
    tcase_add_test(t, changing_groups);
    tcase_add_test(t, families_of_a_member);
    tcase_add_test(t, undo_peer_takes_everything);
    tcase_add_test(t, undo_group_frees_its_members);
    tcase_add_test(t, ipv6_goes_with_its_addresses);
    tcase_add_test(t, new_as_in_one_commit);
    tcase_add_test(t, edits_that_cancel_out);
    tcase_add_test(t, passwords);
    tcase_add_loop_test(t, refused, 0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, what_a_line_rested_on_has_gone);
    tcase_add_test(t, label_used_twice);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
