# Routes through the daemon, from feeders to sinks played by tools/bgp_load, which compares the digest
# of what arrives with that of what was fed. BIRD, the mark to beat, runs at full size; all the
# others beside it with a smaller table, and each with a limit of time. Sourced by run.sh.
# shellcheck shell=bash

ROUTES_FIRST_AS=65001 LIMIT=${LIMIT:-60}

# peers_of N PROGRAM: runs the awk program with a (address) and as for each of N peers.
peers_of() {
    awk -v n="$1" -v first=$ROUTES_FIRST_AS -v own=$OWN 'BEGIN {
        for (i = 0; i < n; i++) { a = "10.9.0." i + 1; as = first + i; '"$2"' }
    }'
}

# --- for each NAME: NAME_routes_conf PEERS FAMILY (ipv4 or vpnv4) -----------------------------------

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
        print "peer " a " ebgp-max-hop 10"; print "peer " a " listen-only"
        print "peer " a " oscillation-dampening disable"'
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

frr_routes_conf() {
    local af='ipv4 unicast'
    [ "$2" = ipv4 ] || af='ipv4 vpn'
    echo "router bgp $AS
 bgp router-id $OWN
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy"
    peers_of "$1" 'print " neighbor " a " remote-as " as "\n neighbor " a " update-source " own
        print " neighbor " a " ebgp-multihop 10\n neighbor " a " passive"
        print " neighbor " a " advertisement-interval 0"'
    echo " address-family $af"
    peers_of "$1" 'print "  neighbor " a " activate"'
    echo ' exit-address-family'
}

gobgp_routes_conf() {
    local af=ipv4-unicast
    [ "$2" = ipv4 ] || af=l3vpn-ipv4-unicast
    echo "[global.config]
 as = $AS
 router-id = \"$OWN\"
 port = 179
 local-address-list = [\"$OWN\"]"
    peers_of "$1" 'print "[[neighbors]]\n [neighbors.config]\n  neighbor-address = \"" a "\"\n  peer-as = " as
        print " [neighbors.transport.config]\n  local-address = \"" own "\"\n  passive-mode = true"
        print " [neighbors.ebgp-multihop.config]\n  enabled = true\n  multihop-ttl = 10"
        print " [[neighbors.afi-safis]]\n  [neighbors.afi-safis.config]\n   afi-safi-name = \"'$af'\""'
}

openbgpd_routes_conf() {
    local announce='announce IPv4 unicast'
    [ "$2" = ipv4 ] || announce='announce IPv4 none
  announce IPv4 vpn'
    echo "AS $AS
router-id $OWN
listen on $OWN port 179
socket \"$W/bgpd.sock\"
fib-update no"
    peers_of "$1" 'print "neighbor " a " {\n  remote-as " as "\n  local-address " own "\n  multihop 10\n  passive\n  '"${announce//$'\n'/\\n}"'\n}"'
    echo 'allow from any
allow to any'
}
openbgpd_run() {
    chmod 600 "$1"
    ip netns exec "$DUT" sh -c 'mount -t tmpfs run /run && mkdir /run/openbgpd && exec "$@"' sh \
        bgpd -d -f "$1" >"$W/daemon.out" 2>&1 &
    PID=$!
}
openbgpd_answers() { bgpctl -s "$W/bgpd.sock" show summary; }

# routes_run DAEMON PEERS FAMILY: up and configured.
routes_run() {
    if [ "$1" = vrpsh ]; then
        rm -f "$W"/routes.db*
        vrpsh_run "$W/routes.db"
        until_it 10 vrpsh_answers
        vrpsh_routes_conf "$2" "$3" | took "$VRPSH" -d "$W/routes.db"
    else
        "$1_routes_conf" "$2" "$3" >"$W/routes.$1"
        "$1_run" "$W/routes.$1"
        until_it 10 "$1_answers"
    fi
    MEASURED=$PID # the process that has the routes
    [ "$1" != openbgpd ] || MEASURED=$(pgrep -P "$PID" -f 'bgpd -R')
}

# --- feeding ----------------------------------------------------------------------------------------

feed() { # ARG...: the generator against what listens; its lines are in $W/feed.
    ip netns exec "$GEN" timeout "$LIMIT" "$TOOLS/bgp_load" -t $OWN -p 179 -a 10.9.0.1 -A $ROUTES_FIRST_AS \
        -P "$MEASURED" "$@" >"$W/feed" 2>"$W/feed.err"
}

# us_of WORD: microseconds of the line that starts with it, "-" when it is not there or the digest differs.
us_of() {
    awk -v w="$1" '$1 == w && !/DIGEST|gave up/ { printf "%d", $2 * 1e6; f = 1 } END { if (!f) printf "-" }' "$W/feed"
}
octets() { awk '$1 == "memory" { printf "%d", $2; f = 1 } END { if (!f) printf "-" }' "$W/feed"; }

# through DAEMON PEERS FAMILY ARG...: one daemon, one scenario; sets T_ANNOUNCE and so on.
through() {
    local daemon=$1 n=$2 family=$3
    shift 3
    routes_run "$daemon" "$n" "$family"
    feed "$@" || say "$daemon: the generator stopped: $(tail -n 1 "$W/feed.err")"
    ! grep -q DIGEST "$W/feed" || say "$daemon: the sink has something else than was fed"
    T_ANNOUNCE=$(us_of announce) T_WITHDRAW=$(us_of withdraw) T_DROP=$(us_of loss) T_OCTETS=$(octets)
    gone "$PID"
}

# scenario NAME PART OCTETS PEERS FAMILY ARG...: beside BIRD; PART: how much of BIRD's time we may
# take; OCTETS a route: a number, or bird.
scenario() {
    local name=$1 part=$2 octets=$3
    shift 3
    through vrpsh "$@"
    local a=$T_ANNOUNCE w=$T_WITHDRAW d=$T_DROP o=$T_OCTETS
    through bird "$@"
    row "$name" us "bird/$part" "$a" "$T_ANNOUNCE"
    row "  memory per route" B "$octets" "$o" "$T_OCTETS"
    [ "$w" = - ] || row "  withdrawn" us bird/2 "$w" "$T_WITHDRAW"
    [ "$d" = - ] || row "  feeder lost" us bird/2 "$d" "$T_DROP"
}

# beside_all NAME PEERS FAMILY ARG...: every daemon.
beside_all() {
    local name=$1 d times=() memory=()
    shift
    for d in vrpsh bird frr gobgp openbgpd; do
        through $d "$@"
        times+=("$T_ANNOUNCE") memory+=("$T_OCTETS")
    done
    row "$name" us best/3 "${times[@]}"
    row "  memory per route" B - "${memory[@]}"
}

# --- a table that is there -----------------------------------------------------------------------------

# held ARG...: the generator in the background until "stop_generator".
held() {
    local end=$((${EPOCHREALTIME/./} + LIMIT * 1000000))
    : >"$W/feed"
    ip netns exec "$GEN" "$TOOLS/bgp_load" -t $OWN -p 179 -a 10.9.0.1 -A $ROUTES_FIRST_AS -P "$MEASURED" -k \
        "$@" >"$W/feed" 2>"$W/feed.err" &
    GENERATOR=$!
    disown
    until grep -q '^held' "$W/feed" 2>/dev/null; do
        if ! kill -0 $GENERATOR 2>/dev/null || [ "${EPOCHREALTIME/./}" -gt $end ]; then return 1; fi
        sleep 0.1
    done
}
stop_generator() {
    kill $GENERATOR 2>/dev/null
    until_it 10 sh -c "! kill -0 $GENERATOR"
}

show_routes() { # DAEMON: its table of routes, whole
    case $1 in
    vrpsh) "$VRPSH" -d "$W/routes.db" -c 'display bgp routing-table' ;;
    bird) birdc -r -s "$W/bird.ctl" show route ;;
    frr) vtysh --vty_socket "$W" -d bgpd -c 'show bgp ipv4 unicast' ;;
    gobgp) ip netns exec "$DUT" gobgp global rib ;;
    openbgpd) bgpctl -s "$W/bgpd.sock" show rib ;;
    esac
}

# display_of DAEMON ROUTES: $US to show them into a file, $KB by how much the daemon grew meanwhile.
display_of() {
    local before
    routes_run "$1" 2 ipv4
    US=- KB=-
    if held -n "$2"; then
        before=$(rss_kb "$MEASURED")
        echo 5 >"/proc/$MEASURED/clear_refs" # the high-water mark starts anew
        local t0=${EPOCHREALTIME/./}
        timeout "$LIMIT" bash -c "$(declare -f show_routes)
            VRPSH=$VRPSH W=$W DUT=$DUT show_routes $1" >"$W/shown" 2>/dev/null
        US=$((${EPOCHREALTIME/./} - t0))
        KB=$(awk -v b="$before" '/^VmHWM/ { print ($2 > b ? $2 - b : 0) }' "/proc/$MEASURED/status")
        [ "$(grep -c '/24\|^ \*' "$W/shown")" -ge "$2" ] || { say "$1: shows too little"; US=-; }
    fi
    stop_generator
    gone "$PID"
}

bench_display() { # ROUTES DAEMON...
    local n=$1 d times=() growth=()
    shift
    for d; do
        display_of "$d" "$n"
        times+=("$US") growth+=("$KB")
    done
    row "$n routes displayed into a file" us best/2 "${times[@]}"
    row "  memory the daemon grew by meanwhile" KB 20480 "${growth[@]}"
}

# --- 1,000 peers, and one that flaps --------------------------------------------------------------------

# Two peers of the generator (the one that flaps 1,000 routes, once a second each way, and one that
# listens) and 1,000 more, from 10.9.4.0 on. A keepalive is due every three seconds.
bench_flapping() {
    local worst=0 up flaps silence i t0
    rm -f "$W"/routes.db*
    vrpsh_run "$W/routes.db"
    MEASURED=$PID
    until_it 10 vrpsh_answers
    {
        vrpsh_routes_conf 2 ipv4 | sed '$d'
        echo quit
        awk -v as=$PEER_AS 'BEGIN { for (i = 0; i < 1000; i++) {
            a = "10.9." 4 + int(i / 256) "." i % 256
            print "peer " a " as-number " as "\npeer " a " connect-interface LoopBack0"
            print "peer " a " ebgp-max-hop 10\npeer " a " listen-only"
            print "ipv4-family unicast\npeer " a " route-update-interval 0\nquit" } }'
        echo commit
    } | took "$VRPSH" -d "$W/routes.db"
    ip netns exec "$GEN" "$TOOLS/bgp_sessions" connect 1000 10.9.4.0 $OWN 179 $PEER_AS 20 60 >"$W/gen.out" 2>&1 &
    local sessions=$!
    until_it 60 grep -q ^established "$W/gen.out"
    held -n 1000 -r || say "the peer that flaps did not come up"
    for i in $(seq 30); do
        t0=${EPOCHREALTIME/./}
        "$VRPSH" -d "$W/routes.db" -c 'display bgp peer 10.9.4.0' >"$W/out" 2>&1
        US=$((${EPOCHREALTIME/./} - t0))
        [ "$US" -le "$worst" ] || worst=$US
        sleep 0.3
    done
    wait $sessions
    read -r up flaps silence < <(awk '/^watched/ { print $4, $6, $8 * 1000 }' "$W/gen.out")
    stop_generator
    gone "$PID"
    row "1,000 peers, one flapping 1,000 routes/s: up" n =1000 "${up:--}"
    row "  of these sessions lost" n =0 "${flaps:--}"
    row "  longest wait for a keepalive due every 3 s" us 3200000 "${silence:--}"
    row "  slowest of 30 answers of the shell" us 100000 "$worst"
}

# --- memory --------------------------------------------------------------------------------------------

# A million routes come and go ten times; what is left after the tenth beyond the second.
bench_flat() {
    local i kb=()
    routes_run vrpsh 2 ipv4
    for i in 1 2 3 4 5 6 7 8 9 10; do
        feed -n 1000000 || say "time $i: the generator stopped: $(tail -n 1 "$W/feed.err")"
        sleep 1
        kb+=("$(rss_kb "$MEASURED")")
    done
    gone "$PID"
    say "resident after each: ${kb[*]} KB"
    row "resident after 1 M routes came and went ten times" KB - "${kb[9]}"
    row "  more than after the second time" KB 4096 $((kb[9] > kb[1] ? kb[9] - kb[1] : 0))
}

bench_routes() {
    ip -n "$DUT" route add 192.0.2.0/24 via 192.168.1.2 # the next hop of what is fed
    scenario "1 M IPv4 routes, one feeder to one sink" 3 100 2 ipv4 -n 1000000 -w -d
    scenario "1 M IPv4 routes from five feeders to one sink" 2 80 6 ipv4 -n 1000000 -f 5
    scenario "100,000 IPv4 routes to twenty sinks" 3 bird 21 ipv4 -n 100000 -s 20
    scenario "500,000 VPNv4 routes to one sink" 3 120 2 vpnv4 -n 500000 -v
    beside_all "50,000 IPv4 routes, one feeder to one sink" 2 ipv4 -n 50000
    beside_all "20,000 VPNv4 routes, one feeder to one sink" 2 vpnv4 -n 20000 -v
    bench_display 1000000 vrpsh bird
    bench_display 50000 vrpsh bird frr gobgp openbgpd
    bench_flapping
    bench_flat
}
