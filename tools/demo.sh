#!/bin/bash
# The core job on one machine: AGG (AS 64601) and MASG (AS 64602) open an MP-EBGP session between
# their loopback interfaces, multihop, VPNv4 on, IPv4 unicast off, and exchange the routes of a VPN
# instance by its route target. Called by "make demo" with the program.
#
# Needs no root: it runs in a user namespace, where each router has a network of its own and a link
# to the other. A system that does not permit that shows the session alone, between addresses of the
# loopback range (a next hop of that range is refused, so there are no routes to show). The datastores
# are in a scratch directory; nothing is left running.
set -u

VRPSH=$(realpath "$1") || exit 2

# In networks of their own, if that is permitted; DEMO_PEER holds the one of MASG.
if [ -z "${DEMO_NETS:-}" ]; then
    for how in -Urmn -mn; do
        unshare $how sh -c 'ip link add demo0 type veth peer name demo1' 2>/dev/null || continue
        DEMO_NETS=yes exec unshare $how "$0" "$VRPSH"
    done
    DEMO_NETS=no
fi
if [ "$DEMO_NETS" = yes ]; then
    AGG=10.255.1.1 MASG=10.255.2.2
    unshare -n sleep 1000000 &
    DEMO_PEER=$!
else
    AGG=127.0.1.1 MASG=127.0.2.2 DEMO_PEER=''
fi
WAIT=60 # seconds the session may take: enough for a second attempt to connect
D=$(mktemp -d -t vrpsh-demo.XXXXXX) || exit 2

end_host() { # NAME
    local pid
    [ -e "$D/$1.db.lock" ] || return
    timeout 10 "$VRPSH" -d "$D/$1.db" --stop >/dev/null 2>&1 && return
    read -r pid <"$D/$1.db.lock" && kill -9 "$pid" 2>/dev/null
}

end_all() {
    trap '' INT TERM HUP
    end_host agg
    end_host masg
    [ -z "$DEMO_PEER" ] || kill "$DEMO_PEER" 2>/dev/null
    rm -rf "$D"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A TCP port that nobody on this machine uses at either end.
free_port() {
    local port tries
    for ((tries = 0; tries < 100; tries++)); do
        port=$((20000 + RANDOM % 10000))
        cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
            grep -qi ":$(printf %04X $port) " || { echo $port; return; }
    done
    echo 20179
}

# The link between the two networks, once the second is there.
networks() {
    local tries home
    home=$(readlink /proc/self/ns/net)
    for ((tries = 0; tries < 100; tries++)); do
        [ "$(readlink "/proc/$DEMO_PEER/ns/net")" = "$home" ] || break
        sleep 0.05
    done
    ip link set lo up
    ip link add demo0 type veth peer name demo1 netns "$DEMO_PEER" || fail "no link between two networks"
    ip addr add 10.0.12.1/30 dev demo0
    ip link set demo0 up
    there ip addr add 10.0.12.2/30 dev demo1
    there ip link set demo1 up
    there ip link set lo up
}

there() { nsenter -t "$DEMO_PEER" -n "$@"; }

# Runs what follows in the network of a router.
at() { # NAME COMMAND...
    if [ "$1" = masg ] && [ -n "$DEMO_PEER" ]; then there "${@:2}"; else "${@:2}"; fi
}

# The way to the peer's loopback, and a VPN instance: OWN_AS NEXT_HOP PEER_ADDRESS NETWORK.
instance() {
    [ "$DEMO_NETS" = yes ] || return
    cat <<EOF
ip vpn-instance ran1
route-distinguisher $1:1
vpn-target 100:1
quit
quit
ip route-static $3 32 $2
ip route-static vpn-instance ran1 $4 24 NULL0
EOF
}

# What an operator types: SYSNAME OWN_ADDRESS OWN_AS PEER_ADDRESS PEER_AS [NEXT_HOP NETWORK].
procedure() {
    cat <<EOF
system-view
sysname $1
interface LoopBack 0
ip address $2 32
quit
$(instance "$3" "${6:-}" "$4" "${7:-}")
bgp $3
peer $4 as-number $5
peer $4 connect-interface loopback 0
peer $4 ebgp-max-hop
ipv4-family vpnv4
peer $4 enable
quit
ipv4-family unicast
undo peer $4 enable
$([ "$DEMO_NETS" = no ] || printf 'quit\nipv4-family vpn-instance ran1\nimport-route static\n')
commit
EOF
}

# configure NAME OWN_ADDRESS OWN_AS PEER_ADDRESS PEER_AS [NEXT_HOP NETWORK]
configure() {
    local name=$1
    procedure "${name^^}" "${@:2}" | grep . >"$D/$name.txt"
    echo
    echo "--- ${name^^}, AS $3, LoopBack0 $2: these lines are its batch file"
    echo
    sed 's/^/    /' "$D/$name.txt"
    at "$name" "$VRPSH" -d "$D/$name.db" --listen "$2" --bgp-port "$PORT" "$D/$name.txt" ||
        fail "the batch of ${name^^} failed (exit $?)"
}

ask() { "$VRPSH" -d "$D/$1.db" -c "$2"; } # NAME LINE

show() { # NAME LINE: as it looks in a session
    echo
    echo "<${1^^}>$2"
    ask "$1" "$2"
}

established() { ask "$1" 'display bgp vpnv4 all peer' 2>/dev/null | grep -q ' Established '; }

wait_for_both() {
    local end=$((SECONDS + WAIT))
    until established agg && established masg; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

fail() {
    {
        echo
        echo "vrpsh demo: $1"
        local name
        for name in agg masg; do
            [ -e "$D/$name.db.lock" ] || continue
            show $name 'display bgp vpnv4 all peer verbose' 2>&1 | head -n 12
            tail -n 5 "$D/$name.db.log"
        done
    } >&2
    exit 1
}

offer_shell() {
    local answer
    echo
    read -r -p "A shell on AGG? It ends with \"quit\". [Y/n]: " answer || return 0
    case $answer in [Nn]*) return ;; esac
    echo 'Try: display bgp vpnv4 all peer verbose, display current-configuration, "?" anywhere.'
    echo
    "$VRPSH" -d "$D/agg.db"
}

has_route() { # NAME NETWORK
    ask "$1" 'display bgp vpnv4 vpn-instance ran1 routing-table' 2>/dev/null | grep -qF " *>     $2/24"
}

wait_for_routes() {
    local end=$((SECONDS + WAIT))
    until has_route agg 10.77.1.0 && has_route masg 10.66.1.0; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

show_routes() {
    echo
    echo "--- Each has the route of the other in its VPN instance, by the route target"
    wait_for_routes || fail "the routes have not been exchanged after $WAIT seconds"
    show agg 'display bgp vpnv4 all routing-table'
    show masg 'display bgp vpnv4 vpn-instance ran1 routing-table 10.66.1.0'
}

PORT=$(free_port)
[ "$DEMO_NETS" = no ] || networks
configure agg $AGG 64601 $MASG 64602 10.0.12.2 10.66.1.0
configure masg $MASG 64602 $AGG 64601 10.0.12.1 10.77.1.0
echo
echo "--- The session from both ends"
wait_for_both || fail "the session is not Established after $WAIT seconds"
show agg 'display bgp vpnv4 all peer'
show masg 'display bgp vpnv4 all peer'
echo
echo "--- IPv4 unicast is off, so its list has no peer"
show agg 'display bgp peer'
if [ "$DEMO_NETS" = yes ]; then
    show_routes
else
    echo
    echo "Namespaces are not permitted here, so no routes of a VPN instance are shown."
fi
if [ -t 0 ] && [ -t 1 ]; then
    offer_shell
fi
end_host agg
end_host masg
echo
echo "The session was Established with VPNv4 on both sides. Both hosts are stopped now."
