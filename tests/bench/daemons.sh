# Configurations of a given number of peers for every daemon, and how to run it. Sourced by run.sh.
#
# For each NAME: NAME_conf PEERS KIND writes its configuration to stdout; NAME_run CONF starts the
# daemon in $DUT, its process in $PID; NAME_answers: it answers a question. KIND is "big" (peers
# that cannot be reached, five lines each) or who connects: "out" (the daemon) or "in" (the other
# end). AS 64601 here, 65001 there; peer i is 10.9.0.0 + i, in big configurations 10.64.0.0 + i.
# shellcheck shell=bash

OWN=172.31.0.2 AS=64601 PEER_AS=65001

# peers_awk N KIND PROGRAM: runs the awk program with a (address) and i for each peer.
peers_awk() {
    awk -v n="$1" -v kind="$2" -v own=$OWN -v as=$AS -v peer_as=$PEER_AS 'BEGIN {
        net = kind == "big" ? 64 : 9
        for (i = 0; i < n; i++) {
            a = "10." net + int(i / 65536) "." int(i / 256) % 256 "." i % 256
            '"$3"'
        }
    }'
}

# --- vrpsh: a batch -------------------------------------------------------------------------------

vrpsh_conf() {
    echo "system-view
interface LoopBack0
ip address $OWN 32
quit
bgp $AS
router-id $OWN"
    peers_awk "$1" "$2" '
        print "peer " a " as-number " peer_as
        print "peer " a " connect-interface LoopBack0"
        print "peer " a " ebgp-max-hop 10"
        if (kind == "in") print "peer " a " listen-only"
        if (kind == "big") {
            print "peer " a " description peer number " i
            print "peer " a " timer keepalive 30 hold 90"
        }'
    echo commit
}
vrpsh_run() { # DATASTORE
    DB=$1
    ip netns exec "$DUT" "$VRPSH" -d "$1" --host >"$W/daemon.out" 2>&1 &
    PID=$!
}
# The host is awaited, not started, by the question.
vrpsh_answers() { [ -S "$DB.sock" ] && "$VRPSH" -d "$DB" -c 'display clock'; }

# --- BIRD -----------------------------------------------------------------------------------------

bird_conf() {
    echo "router id $OWN;
protocol device { }
template bgp T {
  local $OWN port 179 as $AS;
  multihop 10;
  connect delay time 1; connect retry time 1; error wait time 1, 2;
  $([ "$2" != in ] || echo 'passive yes;')
  ipv4 { import all; export none; };
}"
    peers_awk "$1" "$2" '
        print "protocol bgp p" i " from T {"
        print "  neighbor " a " port 179 as " peer_as ";"
        if (kind == "big") print "  description \"peer number " i "\";\n  hold time 90;\n  keepalive time 30;"
        print "}"'
}
bird_run() {
    ip netns exec "$DUT" bird -f -c "$1" -s "$W/bird.ctl" -P "$W/bird.pid" >"$W/daemon.out" 2>&1 &
    PID=$!
}
bird_answers() { birdc -r -s "$W/bird.ctl" show status; }

# --- FRR ------------------------------------------------------------------------------------------

frr_conf() {
    echo "router bgp $AS
 bgp router-id $OWN
 no bgp ebgp-requires-policy"
    peers_awk "$1" "$2" '
        print " neighbor " a " remote-as " peer_as
        print " neighbor " a " update-source " own
        print " neighbor " a " ebgp-multihop 10"
        if (kind == "in") print " neighbor " a " passive"
        if (kind == "big") print " neighbor " a " description peer number " i "\n neighbor " a " timers 30 90"
        else print " neighbor " a " timers connect 1"'
}
frr_run() {
    ip netns exec "$DUT" $FRR -n -Z -S -f "$1" -i "$W/bgpd.pid" -z "$W/zserv" --vty_socket "$W" \
        -P 0 -p 179 >"$W/daemon.out" 2>&1 &
    PID=$!
}
frr_answers() { vtysh --vty_socket "$W" -d bgpd -c 'show version'; }

# --- GoBGP ----------------------------------------------------------------------------------------

gobgp_conf() {
    echo "[global.config]
 as = $AS
 router-id = \"$OWN\"
 port = 179
 local-address-list = [\"$OWN\"]"
    peers_awk "$1" "$2" '
        print "[[neighbors]]\n [neighbors.config]\n  neighbor-address = \"" a "\"\n  peer-as = " peer_as
        print " [neighbors.transport.config]\n  local-address = \"" own "\"\n  passive-mode = " (kind == "in" ? "true" : "false")
        print " [neighbors.ebgp-multihop.config]\n  enabled = true\n  multihop-ttl = 10"
        print " [neighbors.timers.config]\n  connect-retry = 1\n  idle-hold-time-after-reset = 1"
        print " [[neighbors.afi-safis]]\n  [neighbors.afi-safis.config]\n   afi-safi-name = \"ipv4-unicast\""'
}
gobgp_run() {
    ip netns exec "$DUT" gobgpd -f "$1" -t toml --api-hosts 127.0.0.1:50051 --pprof-disable -l warn \
        >"$W/daemon.out" 2>&1 &
    PID=$!
}
gobgp_answers() { ip netns exec "$DUT" gobgp global; }
