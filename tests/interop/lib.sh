# Interop labs: network namespaces with a packaged BGP speaker at one end. Sourced by *.test.
#
#   AGG (vrpsh, 172.31.0.2) --- router (forwards) --- MASG (the peer, 172.31.9.5)
#
# Sessions run between loopback addresses, so they need multihop. Every lab has namespaces of its
# own with a prefix of this run; nothing outside them is touched. The caller runs each lab in a
# subshell; lab_end removes it. Functions that ask return 0 for yes.
# shellcheck shell=bash

AGG=172.31.0.2 MASG=172.31.9.5 PORT=179

have() { command -v "$1" >/dev/null 2>&1; }

# Can this process make namespaces and move between them?
netns_works() {
    have ip && have ss && ip netns add "vt$$" 2>/dev/null || return 1
    local rc=0
    ip netns exec "vt$$" ip link set lo up 2>/dev/null || rc=1
    ip netns del "vt$$" 2>/dev/null
    return $rc
}

# --- the lab ------------------------------------------------------------------------------------

# lab_begin NAME: namespaces $NSA (AGG), $NSR, $NSM (MASG), scratch directory $D.
lab_begin() {
    local p=v$$-$1
    NSA=$p-a NSR=$p-r NSM=$p-m D=$TMP/$1
    mkdir -p "$D"
    local ns
    for ns in "$NSA" "$NSR" "$NSM"; do
        ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
    done
    ip -n "$NSA" link add up0 type veth peer name agg netns "$NSR" || return 1
    ip -n "$NSM" link add up0 type veth peer name masg netns "$NSR" || return 1
    ip -n "$NSA" addr add 192.168.1.1/30 dev up0
    ip -n "$NSR" addr add 192.168.1.2/30 dev agg
    ip -n "$NSR" addr add 192.168.2.2/30 dev masg
    ip -n "$NSM" addr add 192.168.2.1/30 dev up0
    ip -n "$NSA" link set up0 up && ip -n "$NSR" link set agg up
    ip -n "$NSM" link set up0 up && ip -n "$NSR" link set masg up
    ip -n "$NSA" route add $MASG/32 via 192.168.1.2
    ip -n "$NSM" route add $AGG/32 via 192.168.2.2
    ip -n "$NSR" route add $AGG/32 via 192.168.1.1
    ip -n "$NSR" route add $MASG/32 via 192.168.2.1
    ip netns exec "$NSR" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# Ends what still runs in the lab, then the lab.
lab_end() {
    local ns pids
    if [ -n "${D:-}" ]; then
        vrpsh_stop "$D/agg.db"
        vrpsh_stop "$D/masg.db"
    fi
    for ns in "${NSA:-}" "${NSM:-}" "${NSR:-}"; do
        [ -n "$ns" ] || continue
        pids=$(ip netns pids "$ns" 2>/dev/null)
        # shellcheck disable=SC2086 # a list of process ids
        [ -z "$pids" ] || kill -9 $pids 2>/dev/null
        ip netns del "$ns" 2>/dev/null
    done
    wait 2>/dev/null
    NSA='' NSM='' NSR=''
}

in_agg() { ip netns exec "$NSA" "$@"; }
in_masg() { ip netns exec "$NSM" "$@"; }

# until_true SECONDS COMMAND...: tries it until it succeeds. The end is for what never comes: a busy machine
# is to stay far below it.
until_true() {
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt $end ] || return 1
        sleep 0.1
    done
}

# The TCP connections of AGG's sessions; the same text means that no session was renewed.
connections() {
    in_agg ss -Htn state established "( sport = :$PORT or dport = :$PORT )" | awk '{print $3, $4}' | sort
}

masg_listens() { in_masg ss -Htln "sport = :$PORT" | grep -q .; }

# --- vrpsh ----------------------------------------------------------------------------------------

# agg_config AS PEER_AS [word...]: the seed procedure. Words: group, password=W, no-hops, hops=N,
# passive, active.
agg_config() { vrpsh_config AGG $AGG $MASG "$@"; }

vrpsh_config() {
    local name=$1 own=$2 peer=$3 as=$4 peer_as=$5 to=$3 w hops='ebgp-max-hop' extra=''
    shift 5
    echo "system-view
sysname $name
interface LoopBack 0
ip address $own 32
quit
bgp $as"
    for w; do
        case $w in
        group) to=MASG ;;
        no-hops) hops='' ;;
        hops=*) hops="valid-ttl-hops ${w#*=}" ;;
        password=*) extra="peer $peer password cipher ${w#*=}" ;;
        passive) extra="peer $peer listen-only" ;;
        active) extra="peer $peer connect-only" ;;
        esac
    done
    [ "$to" = "$peer" ] || echo "group $to external"
    echo "peer $peer as-number $peer_as"
    [ "$to" = "$peer" ] || echo "peer $peer group $to"
    echo "peer $to connect-interface loopback 0"
    [ -z "$hops" ] || echo "peer $to $hops"
    [ -z "$extra" ] || echo "$extra"
    echo "ipv4-family vpnv4
peer $to enable"
    [ "$to" = "$peer" ] || echo "peer $peer group $to"
    echo "quit
ipv4-family unicast
undo peer $peer enable"
    [ "$to" = "$peer" ] || echo "undo peer $to enable"
    echo commit
}

# vrpsh_batch NS DB: runs the lines on stdin; the host it starts stays in the namespace.
vrpsh_batch() { ip netns exec "$1" "$VRPSH" -d "$2"; }
vrpsh_show() { ip netns exec "$1" "$VRPSH" -d "$2" -c "$3"; }
vrpsh_stop() { [ ! -e "$1" ] || timeout 60 "$VRPSH" -d "$1" --stop >/dev/null 2>&1; }

vrpsh_up() { # NS DB PEER
    vrpsh_show "$1" "$2" 'display bgp vpnv4 all peer' 2>/dev/null | grep -q "^ *$3 .* Established "
}
vrpsh_families() { # NS DB PEER: the negotiated ones, one a line
    vrpsh_show "$1" "$2" "display bgp vpnv4 all peer $3 verbose" |
        sed -n 's/^ *Address family \(.*\): advertised and received *$/\1/p'
}

agg_up() { vrpsh_up "$NSA" "$D/agg.db" $MASG; }
agg_families() { vrpsh_families "$NSA" "$D/agg.db" $MASG; }
agg_show() { vrpsh_show "$NSA" "$D/agg.db" "$1"; }

# --- the packaged peers ------------------------------------------------------------------------
#
# For each NAME: NAME_missing (prints what is not installed), NAME_start AS PEER_AS [passive]
# [password=W] (runs it in $NSM with its files in $D), NAME_up, NAME_families (one line per
# negotiated family, "vpnv4" or what the program calls another one).

# Sets $passive (word or empty) and $password from the words after the AS numbers.
peer_words() {
    passive='' password=''
    local w
    for w; do
        case $w in
        passive) passive=passive ;;
        password=*) password=${w#*=} ;;
        esac
    done
}

masg_address() { ip -n "$NSM" addr add $MASG/32 dev lo; }

# masg_run DAEMON...: in the background with a private /run.
masg_run() {
    in_masg sh -c 'mount -t tmpfs run /run && mkdir /run/openbgpd /run/exabgp /run/frr && exec "$@"' \
        sh "$@" >"$D/peer.out" 2>&1 &
}

FRR=/usr/lib/frr/bgpd
frr_missing() { [ -x $FRR ] && have vtysh && have jq || echo "bgpd of FRR, vtysh, jq"; }
frr_start() {
    peer_words "${@:3}"
    masg_address
    cat >"$D/conf" <<EOF
router bgp $1
 bgp router-id $MASG
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 neighbor $AGG remote-as $2
 neighbor $AGG update-source $MASG
 neighbor $AGG ebgp-multihop 10
 neighbor $AGG timers connect 2
 ${passive:+neighbor $AGG passive}
 ${password:+neighbor $AGG password $password}
 address-family ipv4 vpn
  neighbor $AGG activate
 exit-address-family
EOF
    masg_run $FRR -n -Z -S -f "$D/conf" -i "$D/bgpd.pid" -z "$D/zserv" --vty_socket "$D" -P 0 \
        -l $MASG -p $PORT
}
frr_state() { in_masg vtysh --vty_socket "$D" -d bgpd -c "show bgp neighbors $AGG json" 2>/dev/null; }
frr_up() { frr_state | jq -e ".[\"$AGG\"].bgpState == \"Established\"" >/dev/null 2>&1; }
frr_families() {
    frr_state | jq -r ".[\"$AGG\"].neighborCapabilities.multiprotocolExtensions | to_entries[] |
        select(.value.advertisedAndReceived) | .key" | sed 's/^ipv4Vpn$/vpnv4/'
}

bird_missing() { have bird && have birdc || echo "bird, birdc"; }
bird_start() {
    peer_words "${@:3}"
    masg_address
    cat >"$D/conf" <<EOF
log "$D/log" all;
router id $MASG;
vpn4 table vt4;
protocol device { }
protocol kernel { learn yes; ipv4 { import all; export none; }; }
protocol bgp mate {
  local $MASG port $PORT as $1;
  neighbor $AGG port $PORT as $2;
  multihop 10;
  connect delay time 1; connect retry time 2; error wait time 1, 2;
  ${passive:+passive yes;}
  ${password:+password \"$password\";}
  vpn4 mpls { table vt4; import all; export all; };
}
EOF
    masg_run bird -f -c "$D/conf" -s "$D/ctl" -P "$D/bird.pid"
}
bird_state() { birdc -r -s "$D/ctl" show protocols all mate 2>/dev/null; }
bird_up() { bird_state | grep -q 'BGP state: *Established'; }
bird_families() { # those both sides announce
    bird_state | sed -n 's/^ *AF announced: *//p' | tr ' ' '\n' | sort | uniq -d | sed 's/^vpn4-mpls$/vpnv4/'
}

gobgp_missing() { have gobgpd && have gobgp && have jq || echo "gobgpd, gobgp, jq"; }
gobgp_start() {
    peer_words "${@:3}"
    masg_address
    cat >"$D/conf" <<EOF
[global.config]
 as = $1
 router-id = "$MASG"
 port = $PORT
 local-address-list = ["$MASG"]
[[neighbors]]
 [neighbors.config]
  neighbor-address = "$AGG"
  peer-as = $2
  ${password:+auth-password = \"$password\"}
 [neighbors.transport.config]
  local-address = "$MASG"
  remote-port = $PORT
  passive-mode = $([ -n "$passive" ] && echo true || echo false)
 [neighbors.ebgp-multihop.config]
  enabled = true
  multihop-ttl = 10
 [neighbors.timers.config]
  connect-retry = 2
 [[neighbors.afi-safis]]
  [neighbors.afi-safis.config]
   afi-safi-name = "l3vpn-ipv4-unicast"
EOF
    masg_run gobgpd -f "$D/conf" -t toml --api-hosts 127.0.0.1:50051 --pprof-disable -l info
}
gobgp_up() {
    in_masg gobgp -j neighbor $AGG 2>/dev/null | jq -e '.state.session_state == 6' >/dev/null 2>&1
}
gobgp_families() {
    in_masg gobgp neighbor $AGG | sed -n 's/^ *\([a-z0-9-]*\):\tadvertised and received$/\1/p' |
        grep -- -unicast | sed 's/^l3vpn-ipv4-unicast$/vpnv4/'
}

exabgp_missing() { have exabgp && have python3 && have jq || echo "exabgp, python3, jq"; }
exabgp_start() {
    peer_words "${@:3}"
    masg_address
    cat >"$D/tap.py" <<EOF
import sys
with open("$D/events", "w", buffering=1) as out:
    for line in sys.stdin:
        out.write(line)
EOF
    cat >"$D/conf" <<EOF
process tap { run $(command -v python3) $D/tap.py; encoder json; }
neighbor $AGG {
  router-id $MASG; local-address $MASG; local-as $1; peer-as $2; hold-time 90;
  outgoing-ttl 10; connect $PORT; listen $PORT;
  ${passive:+passive true;}
  ${password:+md5-password \"$password\";}
  family { ipv4 mpls-vpn; }
  api { processes [ tap ]; neighbor-changes; negotiated; }
}
EOF
    masg_run env exabgp.daemon.user=root exabgp.daemon.drop=false exabgp.api.cli=false \
        exabgp.api.ack=false exabgp.tcp.bind=$MASG exabgp.tcp.port=$PORT exabgp "$D/conf"
}
exabgp_up() {
    [ "$(jq -rs '[.[] | select(.type == "state") | .neighbor.state] | last' "$D/events" 2>/dev/null)" = up ]
}
exabgp_families() {
    jq -rs '[.[] | select(.type == "negotiated")] | last | .. | .families? // empty | .[]' "$D/events" |
        sed 's/^ipv4 mpls-vpn$/vpnv4/'
}

# FRR's daemon has the same name but lives elsewhere.
openbgpd_missing() { have bgpd && have bgpctl && have jq || echo "bgpd of OpenBGPD, bgpctl, jq"; }
openbgpd_start() {
    peer_words "${@:3}"
    masg_address
    cat >"$D/conf" <<EOF
AS $1
router-id $MASG
listen on $MASG port $PORT
socket "$D/bgpd.sock"
fib-update no
connect-retry 2
neighbor $AGG {
  remote-as $2
  local-address $MASG
  multihop 10
  port $PORT
  announce IPv4 none
  announce IPv4 vpn
  ${passive}
  ${password:+tcp md5sig password $password}
}
allow from any
allow to any
EOF
    chmod 600 "$D/conf"
    masg_run bgpd -d -f "$D/conf"
}
openbgpd_state() { bgpctl -s "$D/bgpd.sock" show neighbor $AGG 2>/dev/null; }
openbgpd_up() { openbgpd_state | grep -q 'BGP state = Established'; }
openbgpd_families() {
    openbgpd_state | sed -n '/Negotiated capabilities:/,/^$/s/^ *Multiprotocol extensions: *//p' |
        sed 's/^IPv4 vpn$/vpnv4/'
}

vrpsh_missing() { :; }
vrpsh_start() { # words as agg_config
    vrpsh_config MASG $MASG $AGG "$@" | vrpsh_batch "$NSM" "$D/masg.db" >"$D/peer.out" 2>&1
}
vrpsh_peer_up() { vrpsh_up "$NSM" "$D/masg.db" $AGG; }
vrpsh_peer_families() { vrpsh_families "$NSM" "$D/masg.db" $AGG | sed 's/^VPNv4 Unicast$/vpnv4/'; }

# peer_is NAME what: dispatch; "vrpsh" names the program under test too, so its questions differ.
peer_up() { case $1 in vrpsh) vrpsh_peer_up ;; *) "$1_up" ;; esac }
peer_families() { case $1 in vrpsh) vrpsh_peer_families ;; *) "$1_families" ;; esac }
