#!/bin/bash
# The core job on one machine: AGG (AS 64601) and MASG (AS 64602) open an MP-EBGP session between
# their loopback interfaces, multihop, VPNv4 on, IPv4 unicast off. Called by "make demo" with the
# program. Needs no root: the addresses are of the loopback range, the port is an unprivileged
# one, the datastores are in a scratch directory. Nothing is left running.
set -u

VRPSH=$(realpath "$1") || exit 2
AGG=127.0.1.1 MASG=127.0.2.2
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

# What an operator types: SYSNAME OWN_ADDRESS OWN_AS PEER_ADDRESS PEER_AS.
procedure() {
    cat <<EOF
system-view
sysname $1
interface LoopBack 0
ip address $2 32
quit
bgp $3
peer $4 as-number $5
peer $4 connect-interface loopback 0
peer $4 ebgp-max-hop
ipv4-family vpnv4
peer $4 enable
quit
ipv4-family unicast
undo peer $4 enable
commit
EOF
}

# configure NAME OWN_ADDRESS OWN_AS PEER_ADDRESS PEER_AS
configure() {
    local name=$1
    procedure "${name^^}" "${@:2}" >"$D/$name.txt"
    echo
    echo "--- ${name^^}, AS $3, LoopBack0 $2: these lines are its batch file"
    echo
    sed 's/^/    /' "$D/$name.txt"
    "$VRPSH" -d "$D/$name.db" --listen "$2" --bgp-port "$PORT" "$D/$name.txt" ||
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

PORT=$(free_port)
configure agg $AGG 64601 $MASG 64602
configure masg $MASG 64602 $AGG 64601
echo
echo "--- The session from both ends"
wait_for_both || fail "the session is not Established after $WAIT seconds"
show agg 'display bgp vpnv4 all peer'
show masg 'display bgp vpnv4 all peer'
echo
echo "--- IPv4 unicast is off, so its list has no peer"
show agg 'display bgp peer'
if [ -t 0 ] && [ -t 1 ]; then
    offer_shell
fi
end_host agg
end_host masg
echo
echo "The session was Established with VPNv4 on both sides. Both hosts are stopped now."
