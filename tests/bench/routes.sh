# Routes through the daemon, from feeders to sinks played by tools/bgp_load, which compares what
# arrives with what was fed. vrpsh beside BIRD, the mark to beat. Sourced by run.sh.
# shellcheck shell=bash

ROUTES_FIRST_AS=65001

# peers_of N PROGRAM: runs the awk program with a (address) and as for each of N peers.
peers_of() {
    awk -v n="$1" -v first=$ROUTES_FIRST_AS 'BEGIN {
        for (i = 0; i < n; i++) { a = "10.9.0." i + 1; as = first + i; '"$2"' }
    }'
}

# vrpsh_routes PEERS FAMILY: FAMILY is ipv4 or vpnv4.
vrpsh_routes_conf() {
    local af='ipv4-family unicast'
    [ "$2" = ipv4 ] || af='ipv4-family vpnv4'
    echo "system-view
interface LoopBack0
ip address $OWN 32
quit
bgp $AS
router-id $OWN"
    peers_of "$1" 'print "peer " a " as-number " as; print "peer " a " connect-interface LoopBack0"
        print "peer " a " ebgp-max-hop 10"; print "peer " a " listen-only"'
    echo "$af"
    [ "$2" = ipv4 ] || echo 'undo policy vpn-target'
    peers_of "$1" 'print "peer " a " enable"; print "peer " a " advertise-community"
        print "peer " a " route-update-interval 0"'
    if [ "$2" = vpnv4 ]; then
        printf 'quit\nipv4-family unicast\n'
        peers_of "$1" 'print "undo peer " a " enable"'
    fi
    echo commit
}

bird_routes_conf() {
    local channel='ipv4 { import all; export where source = RTS_BGP; };'
    echo "router id $OWN;
protocol device { }
protocol kernel { learn yes; ipv4 { import all; export none; }; }"
    if [ "$2" = vpnv4 ]; then
        echo 'vpn4 table vt4;'
        channel='vpn4 mpls { table vt4; import all; export where source = RTS_BGP; };'
    fi
    peers_of "$1" "print \"protocol bgp p\" i \" { local $OWN port 179 as $AS; neighbor \" a \" as \" as \"; multihop 10; passive yes; $channel }\""
}

# feed DAEMON SECONDS ARG...: runs the generator against what listens; its lines are in $W/feed.
feed() {
    local limit=$1
    shift
    ip netns exec "$GEN" timeout "$limit" "$TOOLS/bgp_load" -t $OWN -p 179 -a 10.9.0.1 -A $ROUTES_FIRST_AS \
        -P "$PID" "$@" >"$W/feed" 2>"$W/feed.err"
}

# us_of WORD: microseconds of the line that starts with it, "-" when it is not there or the digest differs.
us_of() {
    awk -v w="$1" '$1 == w && !/DIGEST|gave up/ { printf "%d", $2 * 1e6; f = 1 } END { if (!f) printf "-" }' "$W/feed"
}
octets() { awk '$1 == "memory" { printf "%d", $2; f = 1 } END { if (!f) printf "-" }' "$W/feed"; }

# through DAEMON PEERS FAMILY ARG...: one daemon, one scenario; sets T_announce and so on.
through() {
    local daemon=$1 n=$2 family=$3
    shift 3
    if [ "$daemon" = vrpsh ]; then
        rm -f "$W"/routes.db*
        vrpsh_run "$W/routes.db"
        until_it 10 vrpsh_answers
        vrpsh_routes_conf "$n" "$family" | took "$VRPSH" -d "$W/routes.db"
    else
        bird_routes_conf "$n" "$family" >"$W/bird-routes.conf"
        ip netns exec "$DUT" bird -f -c "$W/bird-routes.conf" -s "$W/bird.ctl" -P "$W/bird.pid" >"$W/daemon.out" 2>&1 &
        PID=$!
        until_it 10 birdc -r -s "$W/bird.ctl" show status
    fi
    feed 120 "$@" || say "$daemon: the generator stopped: $(tail -n 1 "$W/feed.err")"
    T_ANNOUNCE=$(us_of announce) T_WITHDRAW=$(us_of withdraw) T_DROP=$(us_of loss) T_OCTETS=$(octets)
    gone "$PID"
}

# scenario NAME PEERS FAMILY ARG...
scenario() {
    local name=$1
    shift
    through vrpsh "$@"
    local a=$T_ANNOUNCE w=$T_WITHDRAW d=$T_DROP o=$T_OCTETS
    through bird "$@"
    row "$name" us bird "$a" "$T_ANNOUNCE"
    row "  memory per route" B bird "$o" "$T_OCTETS"
    [ "$w" = - ] || row "  withdrawn" us bird "$w" "$T_WITHDRAW"
    [ "$d" = - ] || row "  feeder lost" us bird "$d" "$T_DROP"
}

bench_routes() {
    ip -n "$DUT" route add 192.0.2.0/24 via 192.168.1.2 # the next hop of what is fed
    scenario "1 M IPv4 routes, one feeder to one sink" 2 ipv4 -n 1000000 -w -d
    scenario "1 M IPv4 routes from five feeders to one sink" 6 ipv4 -n 1000000 -f 5
    scenario "100,000 IPv4 routes to twenty sinks" 21 ipv4 -n 100000 -s 20
    scenario "500,000 VPNv4 routes to one sink" 2 vpnv4 -n 500000 -v
}
