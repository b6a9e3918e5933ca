# Labs in which tools/bgp_load compares whole tables. Sourced by digest.test after lib.sh and routes.sh.
#
#        X (a packaged peer) --- M (vrpsh)
#                   \            /
#                    G (bgp_load)
#
# Everything is EBGP between neighbours on a link. Families are called v4, v6, vpn4, vpn6 and lab4. Two
# speakers have a session over IPv4 for v4, vpn4 and vpn6, one over IPv6 for v6, and, since some peers do
# not carry both on one, another over IPv4 for lab4. With VPN6=v6 set, vpn6 is on that over IPv6: over
# IPv4, OpenBGPD makes the next hop ::1. On G, address 2 feeds as AS 65001 and 3 listens as AS 65002, 12 and
# 13 do it for lab4. G connects, to whomever. vrpsh leaves next hops and labels on the way to G as they
# are, so that the labels of X can be compared there.
# shellcheck shell=bash

M_AS=64601 X_AS=64602 FEED_AS=65001 SINK_AS=65002
XL=10.0.6.2 ML=10.0.6.1 # the session for labels between X and M

digest_lab_begin() { # NAME
    local p=d$$-$1 ns
    NSX=$p-x NSM=$p-m NSG=$p-g NSY='' NSZ='' D=$TMP/$1
    mkdir -p "$D"
    for ns in "$NSX" "$NSM" "$NSG"; do
        ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
    done
    wire "$NSX" up0 10.0.1.2 fd00:1::2 "$NSM" x0 10.0.1.1 fd00:1::1
    ip -n "$NSX" addr add $XL/24 dev up0
    ip -n "$NSM" addr add $ML/24 dev x0
    wire "$NSM" g0 10.0.4.1 fd00:4::1 "$NSG" m0 10.0.4.2 fd00:4::2
    wire "$NSX" g0 10.0.5.1 fd00:5::1 "$NSG" x0 10.0.5.2 fd00:5::2
    local last
    for last in 3 12 13; do
        ip -n "$NSG" addr add 10.0.4.$last/24 dev m0
        ip -n "$NSG" addr add 10.0.5.$last/24 dev x0
    done
    ip -n "$NSG" addr add fd00:4::3/64 dev m0 nodad
    ip -n "$NSG" addr add fd00:5::3/64 dev x0 nodad
}

# wire NS DEVICE V4 V6 NS DEVICE V4 V6
wire() {
    ip -n "$1" link add "$2" type veth peer name "$6" netns "$5" || return 1
    ip -n "$1" addr add "$3/24" dev "$2"
    ip -n "$1" addr add "$4/64" dev "$2" nodad
    ip -n "$5" addr add "$7/24" dev "$6"
    ip -n "$5" addr add "$8/64" dev "$6" nodad
    ip -n "$1" link set "$2" up
    ip -n "$5" link set "$6" up
}

digest_lab_end() {
    routes_lab_end
    [ -z "${NSG:-}" ] || ip netns del "$NSG" 2>/dev/null
    NSG=''
}

# The sessions of x and m: ADDRESS AS FAMILIES who connects, one a line.
sessions_of() {
    local net=4 on4=v4,vpn4,vpn6 on6=v6
    [ "${VPN6:-v4}" != v6 ] || on4=v4,vpn4 on6=v6,vpn6
    if [ "$1" = x ]; then
        net=5
        echo "$MX $M_AS $on4 active
$MX6 $M_AS $on6 active
$ML $M_AS lab4 active"
    else
        echo "$XA $X_AS $on4 active
$XA6 $X_AS $on6 active
$XL $X_AS lab4 active"
    fi
    echo "10.0.$net.2 $FEED_AS $on4 passive
fd00:$net::2 $FEED_AS $on6 passive
10.0.$net.12 $FEED_AS lab4 passive
10.0.$net.3 $SINK_AS $on4 passive
fd00:$net::3 $SINK_AS $on6 passive
10.0.$net.13 $SINK_AS lab4 passive"
}

# --- vrpsh ------------------------------------------------------------------------------------------

m_lines() {
    local a as families how f
    printf 'system-view\nsysname M\nbgp %s\nrouter-id 10.0.9.1\nundo default ipv4-unicast\n' $M_AS
    sessions_of m | while read -r a as families how; do
        echo "peer $a as-number $as
peer $a timer connect-retry 1
peer $a oscillation-dampening disable"
        [ "$how" = active ] || echo "peer $a listen-only"
        for f in ${families//,/ }; do
            family_lines "$(vrpsh_view "$f")" "$a" | sed '$d'
            case $as-$f in $SINK_AS-vpn* | $SINK_AS-lab4) echo "peer $a next-hop-invariable" ;; esac
            echo quit
        done
    done
    echo commit
}
vrpsh_view() {
    case $1 in
    v4) echo ipv4-family unicast ;;
    v6) echo ipv6-family unicast ;;
    vpn4) echo ipv4-family vpnv4 ;;
    vpn6) echo ipv6-family vpnv6 ;;
    lab4) echo ipv4-family labeled-unicast ;;
    esac
}

# --- the peers: NAME_relays (families), NAME_relay (starts X) -----------------------------------------

# Without its zebra it has no labels to send: labeled routes it passes on as unicast ones only.
frr_relays() { echo v4 v6 vpn4 vpn6 lab4; }
frr_relay() {
    local a as families how f
    {
        echo "router bgp $X_AS
 bgp router-id 10.0.9.7
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy"
        while read -r a as families how; do
            echo " neighbor $a remote-as $as
 neighbor $a timers connect 2
 neighbor $a advertisement-interval 0"
            [ "$how" = active ] || echo " neighbor $a passive"
        done < <(sessions_of x)
        while read -r a as families how; do
            for f in ${families//,/ }; do
                echo " address-family $([ "$f" = lab4 ] && echo ipv4 labeled-unicast || frr_af "$f")
  neighbor $a activate
 exit-address-family"
            done
        done < <(sessions_of x)
    } >"$D/conf"
    run_in "$NSX" "$D/peer.out" $FRR -n -Z -S -f "$D/conf" -i "$D/bgpd.pid" -z "$D/zserv" \
        --vty_socket "$D" -P 0 -p $PORT
}

bird_relays() { echo v4 v6 vpn4 vpn6 lab4; }
bird_relay() {
    local a as families how f n=0
    {
        echo "log \"$D/log\" all;
router id 10.0.9.7;
ipv4 table labels;
vpn4 table vt4;
vpn6 table vt6;
protocol device { }
protocol direct { ipv4; ipv6; }
template bgp one {
  local as $X_AS;
  direct;
  connect delay time 1; connect retry time 1; error wait time 1, 2;
}"
        while read -r a as families how; do
            n=$((n + 1))
            echo "protocol bgp p$n from one {
  neighbor $a as $as;"
            [ "$how" = active ] || echo "  passive yes;"
            for f in ${families//,/ }; do
                case $f in
                v4) echo -n '  ipv4 {' ;;
                v6) echo -n '  ipv6 {' ;;
                lab4) echo -n '  ipv4 mpls { table labels;' ;;
                vpn4) echo -n '  vpn4 mpls { table vt4;' ;;
                vpn6) echo -n '  vpn6 mpls { table vt6; extended next hop yes;' ;;
                esac
                echo ' import all; export where source = RTS_BGP; };'
            done
            echo '}'
        done < <(sessions_of x)
    } >"$D/conf"
    run_in "$NSX" "$D/peer.out" bird -f -c "$D/conf" -s "$D/ctl" -P "$D/bird.pid"
}

gobgp_relays() { echo v4 v6 vpn4 vpn6 lab4; }
gobgp_relay() {
    local a as families how f
    {
        echo "[global.config]
 as = $X_AS
 router-id = \"10.0.9.7\"
 port = $PORT
 local-address-list = [\"0.0.0.0\", \"::\"]"
        while read -r a as families how; do
            echo "[[neighbors]]
 [neighbors.config]
  neighbor-address = \"$a\"
  peer-as = $as
 [neighbors.transport.config]
  passive-mode = $([ "$how" = passive ] && echo true || echo false)
 [neighbors.timers.config]
  connect-retry = 2"
            for f in ${families//,/ }; do
                echo " [[neighbors.afi-safis]]
  [neighbors.afi-safis.config]
   afi-safi-name = \"$(gobgp_family_name "$f")\""
            done
        done < <(sessions_of x)
    } >"$D/conf"
    run_in "$NSX" "$D/peer.out" gobgpd -f "$D/conf" -t toml --api-hosts 127.0.0.1:50051 \
        --pprof-disable -l info
}
gobgp_family_name() {
    case $1 in v4) echo ipv4-unicast ;; v6) echo ipv6-unicast ;; vpn4) echo l3vpn-ipv4-unicast ;;
    vpn6) echo l3vpn-ipv6-unicast ;; lab4) echo ipv4-labelled-unicast ;; esac
}

openbgpd_relays() { echo v4 v6 vpn4 vpn6; }
openbgpd_relay() {
    local a as families how f
    {
        echo "AS $X_AS
router-id 10.0.9.7
listen on 0.0.0.0 port $PORT
listen on :: port $PORT
socket \"$D/bgpd.sock\"
fib-update no
connect-retry 2"
        while read -r a as families how; do
            [ "$families" != lab4 ] || continue
            echo "neighbor $a {
  remote-as $as"
            [ "$how" = active ] || echo '  passive'
            for f in ${families//,/ }; do
                case $f in
                v4) echo '  announce IPv4 unicast' ;;
                v6) echo '  announce IPv6 unicast' ;;
                vpn4) echo '  announce IPv4 vpn' ;;
                vpn6) echo '  announce IPv6 vpn' ;;
                esac
            done
            echo '}'
        done < <(sessions_of x)
        echo 'allow from any
allow to any'
    } >"$D/conf"
    chmod 600 "$D/conf"
    run_in "$NSX" "$D/peer.out" bgpd -d -f "$D/conf"
}

# --- ExaBGP: announces by commands, lists what it receives ---------------------------------------------

exabgp_relays() { echo v4 v6 vpn4 vpn6 lab4; }
exabgp_relay() {
    mkdir -p "$D/x"
    cat >"$D/x/tap.py" <<EOF
import os, sys, threading

def commands():
    with os.fdopen(os.open("$D/x/in", os.O_RDWR)) as pipe:
        for line in pipe:
            sys.stdout.write(line)
            sys.stdout.flush()

threading.Thread(target=commands, daemon=True).start()
with open("$D/x/events", "w", buffering=1) as events:
    for line in sys.stdin:
        events.write(line)
EOF
    cat >"$D/listing.py" <<'EOF'
# Routes of a family that are there after these events, as tools/bgp_load lists them.
import json, sys

ORIGIN = {"igp": 0, "egp": 1, "incomplete": 2}
SKIP = 1  # AS numbers in front: those of vrpsh

def flat(path):
    if isinstance(path, dict):
        path = [x for k in sorted(path, key=int) for x in path[k]["value"]]
    return path

def text(a, label):
    t = " label=%s" % label[0][0] if label and LABELS else ""
    t += " origin=%02x" % ORIGIN[a["origin"]]
    t += " path=" + "_".join(map(str, flat(a["as-path"])[SKIP:]))
    if a.get("atomic-aggregate"):
        t += " attr6="
    if "aggregator" in a:
        asn, ip = a["aggregator"].split(":")
        t += " attr7=%08x" % int(asn) + "".join("%02x" % int(x) for x in ip.split("."))
    if "community" in a:
        t += " comm=" + "+".join("%d:%d" % tuple(c) for c in sorted(a["community"]))
    if "extended-community" in a:
        t += " ext=" + "+".join("0x%016x" % v for v in sorted(c["value"] for c in a["extended-community"]))
    if "large-community" in a:
        t += " large=" + "+".join("%d:%d:%d" % tuple(c) for c in sorted(a["large-community"]))
    for k in sorted(a):
        if k.startswith("attribute-0x"):
            t += " attr%d=%s" % (int(k.split("-")[1], 16), a[k][2:].lower())
    return t

family, LABELS = sys.argv[2], len(sys.argv) > 3
table = {}
for line in open(sys.argv[1]):
    u = json.loads(line).get("neighbor", {}).get("message", {})
    if not isinstance(u, dict) or "update" not in u:
        continue
    u = u["update"]
    for n in u.get("withdraw", {}).get(family, []):
        table.pop((n.get("rd"), n["nlri"]), None)
    for nlris in u.get("announce", {}).get(family, {}).values():
        for n in nlris:
            if "nlri" in n:
                table[n.get("rd"), n["nlri"]] = text(u["attribute"], n.get("label"))
for (rd, prefix), rest in table.items():
    print((rd + " " if rd else "") + prefix + rest)
EOF
    exabgp_speaker "$NSX" "$D/x" 10.0.9.7 $X_AS $M_AS $XA,$MX,v4,vpn4,vpn6 $XA6,$MX6,v6 $XL,$ML,lab4
}
exabgp_listing() { python3 "$D/listing.py" "$D/x/events" "$(exabgp_family "$1")"; }
exabgp_near() { case $1 in v6) echo $MX6 ;; lab4) echo $ML ;; *) echo $MX ;; esac }
