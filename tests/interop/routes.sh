# Labs in which routes cross vrpsh. Sourced by routes.test after lib.sh.
#
#   X (a packaged peer) --- M (vrpsh) --- Y (ExaBGP: every update it sees is noted, octet for octet)
#                             |
#                             Z (vrpsh)
#
# All links are direct; every pair has one session over IPv4 (IPv4 unicast, VPNv4, VPNv6) and one
# over IPv6 (IPv6 unicast). Families are called v4, v6, vpn4, vpn6 here, and lab4 (IPv4 labeled
# unicast, in labels.test).
#
# Each peer NAME has
#   x_NAME_families         those it can both originate or relay and show
#   x_NAME_start AS PEER_AS EXTRA   in $NSX, its files in $D
#   x_NAME_announce FAMILY, x_NAME_withdraw FAMILY      its route of the family
#   x_NAME_secret           announces $SECRET with NO_EXPORT, added on the way out: with a route
#                           that has it already most keep it to themselves
#   x_NAME_table FAMILY     what it has from M, a line per route:
#                           PREFIX nh=HOP label=N path=A_B comm=A:B rt=A:B orig=ID clus=ID
#   x_NAME_refresh          asks M for its IPv4 unicast routes again (where it can)
# shellcheck shell=bash

XA=10.0.1.2 XA6=fd00:1::2 MX=10.0.1.1 MX6=fd00:1::1
YA=10.0.2.2 YA6=fd00:2::2 MY=10.0.2.1 MY6=fd00:2::1
ZA=10.0.3.2 ZA6=fd00:3::2 MZ=10.0.3.1 MZ6=fd00:3::1
FEEDER=10.0.1.3 # OpenBGPD relays VPN routes, it cannot make them
SECRET=10.77.9.0/24
RD=64602:1 RT=64601:100 COMM=64601:7 LABEL=3001

x_prefix() { case $1 in *4) echo 10.77.1.0/24 ;; *) echo 2001:db8:77::/48 ;; esac }
y_prefix() { case $1 in *4) echo 10.88.1.0/24 ;; *) echo 2001:db8:88::/48 ;; esac }

# --- the lab ------------------------------------------------------------------------------------

routes_lab_begin() { # NAME
    local p=w$$-$1 ns i=1 far
    NSX=$p-x NSM=$p-m NSY=$p-y NSZ=$p-z D=$TMP/$1
    mkdir -p "$D"
    ip netns add "$NSM" && ip -n "$NSM" link set lo up || return 1
    for ns in "$NSX" "$NSY" "$NSZ"; do
        far=${ns##*-}0
        ip netns add "$ns" && ip -n "$ns" link set lo up || return 1
        # link-local addresses can be used at once, so X has them in its next hops every time
        ip netns exec "$ns" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
        ip -n "$ns" link add up0 type veth peer name "$far" netns "$NSM" || return 1
        ip -n "$ns" addr add 10.0.$i.2/24 dev up0
        ip -n "$ns" addr add fd00:$i::2/64 dev up0 nodad
        ip -n "$NSM" addr add 10.0.$i.1/24 dev "$far"
        ip -n "$NSM" addr add fd00:$i::1/64 dev "$far" nodad
        ip -n "$ns" link set up0 up && ip -n "$NSM" link set "$far" up
        i=$((i + 1))
    done
    ip -n "$NSX" addr add $FEEDER/24 dev up0
}

routes_lab_end() {
    local ns pids
    if [ -n "${D:-}" ]; then
        vrpsh_stop "$D/m.db"
        vrpsh_stop "$D/z.db"
    fi
    for ns in "${NSX:-}" "${NSY:-}" "${NSZ:-}" "${NSM:-}"; do
        [ -n "$ns" ] || continue
        pids=$(ip netns pids "$ns" 2>/dev/null)
        # shellcheck disable=SC2086 # a list of process ids
        [ -z "$pids" ] || kill -9 $pids 2>/dev/null
        ip netns del "$ns" 2>/dev/null
    done
    wait 2>/dev/null
    NSX='' NSM='' NSY='' NSZ=''
}

in_x() { ip netns exec "$NSX" "$@"; }

# run_in NS OUTPUT DAEMON...: in the background with a private /run.
run_in() {
    local ns=$1 output=$2
    shift 2
    ip netns exec "$ns" sh -c 'mount -t tmpfs run /run && mkdir /run/openbgpd /run/exabgp /run/frr &&
        exec "$@"' sh "$@" >"$output" 2>&1 &
    disown # its end is not worth a line
}

# --- vrpsh in the middle and at Z -----------------------------------------------------------------

# family_lines ENTER PEER WORD...: one family view; WORD client: the peer is a reflect-client.
family_lines() {
    local enter=$1 peer=$2 w
    shift 2
    echo "$enter"
    case $enter in *vpnv?) echo 'undo policy vpn-target' ;; esac
    echo "peer $peer enable
peer $peer advertise-community
peer $peer advertise-ext-community
peer $peer advertise-large-community
peer $peer route-update-interval 0"
    for w; do [ "$w" != client ] || echo "peer $peer reflect-client"; done
    echo quit
}

# peer_lines AS ADDRESS ADDRESS6 WORD...: one neighbour, all four families.
peer_lines() {
    local as=$1 v4=$2 v6=$3
    shift 3
    echo "peer $v4 as-number $as
peer $v6 as-number $as
peer $v4 timer connect-retry 1
peer $v6 timer connect-retry 1"
    family_lines 'ipv4-family unicast' "$v4" "$@"
    family_lines 'ipv4-family vpnv4' "$v4" "$@"
    family_lines 'ipv6-family vpnv6' "$v4" "$@"
    family_lines 'ipv6-family unicast' "$v6" "$@"
}

m_start() { # X_AS Y_AS Z_AS X_WORD
    {
        printf 'system-view\nsysname M\nbgp 64601\nrouter-id 10.0.9.1\nundo default ipv4-unicast\n'
        peer_lines "$1" $XA $XA6 "${4:-}"
        peer_lines "$2" $YA $YA6
        peer_lines "$3" $ZA $ZA6
        echo commit
    } | vrpsh_batch "$NSM" "$D/m.db" >"$D/m.out" 2>&1
}
z_start() { # AS
    {
        printf 'system-view\nsysname Z\nbgp %s\nrouter-id 10.0.9.3\nundo default ipv4-unicast\n' "$1"
        peer_lines 64601 $MZ $MZ6
        echo commit
    } | vrpsh_batch "$NSZ" "$D/z.db" >"$D/z.out" 2>&1
}

# The words between "display bgp" and "routing-table".
vrpsh_words() { case $1 in v4) ;; v6) echo ipv6 ;; lab4) echo labeled ;; vpn4) echo vpnv4 all ;; vpn6) echo vpnv6 all ;; esac }

# vrpsh_route NS DB FAMILY PREFIX: the network in detail.
vrpsh_route() {
    vrpsh_show "$1" "$2" "display bgp $(vrpsh_words "$3") routing-table ${4%/*} ${4#*/}" 2>&1
}
m_route() { vrpsh_route "$NSM" "$D/m.db" "$1" "$2"; }
z_route() { vrpsh_route "$NSZ" "$D/z.db" "$1" "$2"; }
m_show() { vrpsh_show "$NSM" "$D/m.db" "$1" 2>&1; }

m_address() { case $1:$2 in x:v6) echo $MX6 ;; x:*) echo $MX ;; y:v6) echo $MY6 ;; y:*) echo $MY ;; esac }

# How often M has had a message of this kind from, or sent it to, a peer.
m_counter() { # PEER "Update messages" sent|received
    local v6=''
    case $1 in *:*) v6=ipv6 ;; esac
    m_show "display bgp $v6 peer $1 verbose" | awk -v what="$2" -v dir="$3" '
        tolower($1) ~ "^" dir { on = 1 }
        tolower($1) ~ /^(sent|received)/ && tolower($1) !~ "^" dir { on = 0 }
        on && index($0, what) { print $NF; exit }'
}

# --- ExaBGP: the observer, and one of the peers -----------------------------------------------------

# exabgp_speaker NS DIR ID AS PEER_AS LOCAL,REMOTE,FAMILY[,FAMILY...]...: writes DIR/table, takes
# commands at DIR/in. A DIR/tap.py that is there already is used as it is.
exabgp_speaker() {
    local ns=$1 dir=$2 id=$3 as=$4 peer_as=$5 s f list binds=''
    shift 5
    mkdir -p "$dir" && mkfifo "$dir/in" && : >"$dir/table"
    [ -e "$dir/tap.py" ] || exabgp_tap "$dir" >"$dir/tap.py"
    {
        echo "process tap { run $(command -v python3) $dir/tap.py; encoder json; }"
        for s; do
            IFS=, read -r local remote list <<<"$s"
            binds+=" $local"
            echo "neighbor $remote {
  router-id $id; local-address $local; local-as $as; peer-as $peer_as; hold-time 90;
  capability { route-refresh enable; asn4 enable; }
  family {"
            for f in ${list//,/ }; do echo "    $(exabgp_family "$f");"; done
            echo "  }
  api { processes [ tap ]; neighbor-changes; receive { parsed; update; refresh; } }
}"
        done
    } >"$dir/conf"
    run_in "$ns" "$dir/out" env exabgp.daemon.user=root exabgp.daemon.drop=false \
        exabgp.api.cli=false exabgp.api.ack=false "exabgp.tcp.bind=${binds# }" \
        "exabgp.tcp.port=$PORT" exabgp "$dir/conf"
}
exabgp_tap() { # DIR
    cat <<EOF
import json, os, shutil, sys, threading

here = "$dir/"

def commands():
    with os.fdopen(os.open(here + "in", os.O_RDWR)) as pipe:
        for line in pipe:
            sys.stdout.write(line)
            sys.stdout.flush()

def text(values):
    return "+".join(sorted(values))

def note(table, peer, update):
    a = update.get("attribute", {})
    for family, nlris in update.get("withdraw", {}).items():
        for n in nlris:
            table.pop((peer, family, n.get("rd", ""), n["nlri"]), None)
    for family, hops in update.get("announce", {}).items():
        for hop, nlris in hops.items():
            for n in nlris:
                if "nlri" not in n:
                    continue
                path = a.get("as-path", [])
                if isinstance(path, dict):
                    path = [x for k in sorted(path) for x in path[k]["value"]]
                table[peer, family, n.get("rd", ""), n["nlri"]] = (
                    "%s nh=%s label=%s path=%s comm=%s rt=%s large=%s lp=%s orig=%s clus=%s" % (
                    n["nlri"], hop, n.get("label", [[""]])[0][0], "_".join(map(str, path)),
                    text("%s:%s" % tuple(c) for c in a.get("community", [])),
                    text(c["string"].replace("target:", "") for c in a.get("extended-community", [])),
                    text("%s:%s:%s" % tuple(c) for c in a.get("large-community", [])),
                    a.get("local-preference", ""), a.get("originator-id", ""),
                    "+".join(a.get("cluster-list", []))))

threading.Thread(target=commands, daemon=True).start()
table = {}
events = open(here + "events", "w", buffering=1)
for line in sys.stdin:
    events.write(line)
    try:
        message = json.loads(line)
    except ValueError:
        continue  # what it says of the beginning and end of a refresh is no JSON
    peer = message.get("neighbor", {}).get("address", {}).get("peer")
    if message["type"] == "state" and message["neighbor"].get("state") == "down":
        table = {k: v for k, v in table.items() if k[0] != peer}
    elif message["type"] == "update":
        note(table, peer, message["neighbor"]["message"].get("update", {}))
    with open(here + "table.new", "w") as out:
        for key, value in table.items():
            out.write(key[1] + "|" + value + "\n")
    os.replace(here + "table.new", here + "table")
EOF
}
exabgp_family() {
    case $1 in v4) echo ipv4 unicast ;; v6) echo ipv6 unicast ;; vpn4) echo ipv4 mpls-vpn ;;
    vpn6) echo ipv6 mpls-vpn ;; lab4) echo ipv4 nlri-mpls ;; esac
}
exabgp_table() { sed -n "s/^$(exabgp_family "$2")|//p" "$1/table"; } # DIR FAMILY
# exabgp_say DIR REMOTE announce|withdraw FAMILY PREFIX RD LABEL [MORE]
exabgp_say() {
    local vpn='' hop=self
    case $4 in vpn*) vpn="rd $6 label $7 extended-community [ target:$RT ]" ;; lab*) vpn="label $7" ;; esac
    case $4-$2 in # "self" would be an IPv4 address, of the wrong length
    vpn6-"$MX") hop=$XA6 ;;
    vpn6-"$MY") hop=$YA6 ;;
    esac
    # shellcheck disable=SC2086,SC2153 # words; LABEL is no misspelling
    echo neighbor $2 $3 route $5 next-hop $hop $vpn community [ ${8:-$COMM} ] \
        large-community [ 64601:1:2 ] >"$1/in"
}

y_start() { # AS
    exabgp_speaker "$NSY" "$D/y" 10.0.9.2 "$1" 64601 $YA,$MY,v4,vpn4,vpn6 $YA6,$MY6,v6
}
y_table() { exabgp_table "$D/y" "$1"; }
y_announce() { exabgp_say "$D/y" "$(m_address y "$1")" announce "$1" "$(y_prefix "$1")" 64603:1 4001; }
y_withdraw() { exabgp_say "$D/y" "$(m_address y "$1")" withdraw "$1" "$(y_prefix "$1")" 64603:1 4001; }

x_exabgp_families() { echo v4 v6 vpn4 vpn6; }
x_exabgp_start() {
    exabgp_speaker "$NSX" "$D/x" 10.0.9.7 "$1" "$2" $XA,$MX,v4,vpn4,vpn6 $XA6,$MX6,v6
}
x_exabgp_announce() { exabgp_say "$D/x" "$(m_address x "$1")" announce "$1" "$(x_prefix "$1")" $RD $LABEL; }
x_exabgp_withdraw() { exabgp_say "$D/x" "$(m_address x "$1")" withdraw "$1" "$(x_prefix "$1")" $RD $LABEL; }
x_exabgp_secret() { exabgp_say "$D/x" $MX announce v4 $SECRET '' '' no-export; }
x_exabgp_table() { exabgp_table "$D/x" "$1"; }
x_exabgp_refresh() { echo "neighbor $MX announce route-refresh ipv4 unicast" >"$D/x/in"; }

# --- FRR -------------------------------------------------------------------------------------------

frr_sh() { # LINE...
    local a=() l
    for l; do a+=(-c "$l"); done
    in_x vtysh --vty_socket "$D" -d bgpd "${a[@]}" 2>&1
}
frr_af() {
    case $1 in v4) echo ipv4 unicast ;; v6) echo ipv6 unicast ;; vpn4) echo ipv4 vpn ;;
    vpn6) echo ipv6 vpn ;; esac
}
x_frr_families() { echo v4 v6 vpn4 vpn6; }
x_frr_start() {
    XAS=$1
    cat >"$D/conf" <<EOF
route-map ALL permit 10
 set community $COMM
 set large-community 64601:1:2
 set extcommunity rt $RT
exit
ip prefix-list SECRET permit $SECRET
route-map OUT permit 10
 match ip address prefix-list SECRET
 set community no-export
exit
route-map OUT permit 20
exit
router bgp $1
 bgp router-id 10.0.9.7
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor $MX remote-as $2
 neighbor $MX timers connect 2
 neighbor $MX advertisement-interval 0
 neighbor $MX6 remote-as $2
 neighbor $MX6 timers connect 2
 neighbor $MX6 advertisement-interval 0
 address-family ipv4 unicast
  neighbor $MX activate
  neighbor $MX route-map OUT out
 exit-address-family
 address-family ipv4 vpn
  neighbor $MX activate
 exit-address-family
 address-family ipv6 vpn
  neighbor $MX activate
 exit-address-family
 address-family ipv6 unicast
  neighbor $MX6 activate
 exit-address-family
EOF
    run_in "$NSX" "$D/peer.out" $FRR -n -Z -S -f "$D/conf" -i "$D/bgpd.pid" -z "$D/zserv" \
        --vty_socket "$D" -P 0 -p $PORT
}
frr_network() { # [no] FAMILY
    local no='' vpn=''
    [ "$1" != no ] || { no='no '; shift; }
    case $1 in vpn*) vpn="rd $RD label $LABEL " ;; esac
    frr_sh 'configure terminal' "router bgp $XAS" "address-family $(frr_af "$1")" \
        "${no}network $(x_prefix "$1") ${vpn}$([ -n "$no" ] || echo route-map ALL)"
}
x_frr_announce() { frr_network "$1"; }
x_frr_withdraw() { frr_network no "$1"; }
x_frr_secret() {
    frr_sh 'configure terminal' "router bgp $XAS" 'address-family ipv4 unicast' \
        "network $SECRET"
}
x_frr_table() {
    local rd=''
    case $1 in vpn*) rd='rd 64603:1 ' ;; esac
    frr_sh "show bgp $(frr_af "$1") $rd$(y_prefix "$1") json" | jq -r '
        .. | objects | select(has("paths")) | .prefix as $p | .paths[] | "\($p) nh=\(.nexthops[0].ip) label=\(.remoteLabel // "")" +
        " path=\(.aspath.string | gsub(" "; "_")) comm=\(.community.string // "")" +
        " rt=\(.extendedCommunity.string // "" | gsub("RT:"; ""))"' 2>/dev/null
}
x_frr_refresh() { frr_sh "clear bgp ipv4 unicast $MX in"; }

# --- BIRD ------------------------------------------------------------------------------------------

x_bird_families() { echo v4 v6 vpn4 vpn6; }
# An IPv4-mapped next hop of a VPNv6 route passes for IPv4 there, hence "extended next hop". The
# label is always 3. The static routes are those in $D/have; every change writes the file again.
bird_conf() {
    local f r=''
    cat <<EOF
log "$D/log" all;
router id 10.0.9.7;
vpn4 table vt4;
vpn6 table vt6;
protocol device { }
protocol direct { ipv4; ipv6; }
filter mark {
  if source != RTS_STATIC then reject;
  if net = $SECRET then { bgp_community.add((65535, 65281)); accept; }
  bgp_community.add((${COMM/:/,}));
  bgp_large_community.add((64601, 1, 2));
  accept;
}
filter mark_vpn {
  if source != RTS_STATIC then reject;
  bgp_community.add((${COMM/:/,}));
  bgp_ext_community.add((rt, ${RT/:/,}));
  accept;
}
EOF
    for f in $(cat "$D/have"); do
        case $f in
        secret) r="ipv4; route $SECRET blackhole;" ;;
        v4) r="ipv4; route $(x_prefix v4) blackhole;" ;;
        v6) r="ipv6; route $(x_prefix v6) blackhole;" ;;
        vpn4) r="vpn4 { table vt4; }; route $RD $(x_prefix vpn4) blackhole;" ;;
        vpn6) r="vpn6 { table vt6; }; route $RD $(x_prefix vpn6) blackhole;" ;;
        esac
        echo "protocol static s$f { $r }"
    done
    cat <<EOF
template bgp one {
  local as $XAS;
  direct;
  connect delay time 1; connect retry time 2; error wait time 1, 2;
}
protocol bgp mate from one {
  neighbor $MX as $MAS;
  ipv4 { import all; export filter mark; };
  vpn4 mpls { table vt4; import all; export filter mark_vpn; };
  vpn6 mpls { table vt6; extended next hop yes; import all; export filter mark_vpn; };
}
protocol bgp mate6 from one {
  neighbor $MX6 as $MAS;
  ipv6 { import all; export filter mark; };
}
EOF
}
x_bird_start() {
    XAS=$1 MAS=$2
    : >"$D/have"
    bird_conf >"$D/conf"
    run_in "$NSX" "$D/peer.out" bird -f -c "$D/conf" -s "$D/ctl" -P "$D/bird.pid"
}
bird_again() { bird_conf >"$D/conf" && birdc -s "$D/ctl" configure >/dev/null; }
x_bird_announce() { echo "$1" >>"$D/have" && bird_again; }
x_bird_withdraw() { sed -i "/^$1\$/d" "$D/have" && bird_again; }
x_bird_secret() { x_bird_announce secret; }
x_bird_table() {
    local table=master4 from=mate
    case $1 in v6) table=master6 from=mate6 ;; vpn4) table=vt4 ;; vpn6) table=vt6 ;; esac
    birdc -r -s "$D/ctl" show route all table $table protocol $from 2>/dev/null | awk '
        function row() { if (p) print p " nh=" h " label=" l " path=" a " comm=" c " rt=" r }
        / (unicast|unreachable|blackhole) \[/ {
            row(); p = $1 ~ /^[0-9]+:[0-9]+$/ && $2 ~ "/" ? $2 : $1; h = l = a = c = r = "" }
        sub(/^\tBGP.next_hop: /, "") { h = $1 }
        sub(/^\tBGP.mpls_label_stack: /, "") { l = $1 }
        sub(/^\tBGP.as_path: /, "") { gsub(" ", "_"); a = $0 }
        sub(/^\tBGP.community: /, "") { gsub(/[()]/, ""); sub(",", ":"); c = $0 }
        sub(/^\tBGP.ext_community: /, "") { gsub(/[() ]|rt,/, ""); sub(",", ":"); r = $0 }
        END { row() }'
}
x_bird_refresh() { birdc -s "$D/ctl" reload in mate >/dev/null; }

# --- GoBGP -----------------------------------------------------------------------------------------

gobgp_af() { case $1 in v4) echo ipv4 ;; v6) echo ipv6 ;; vpn4) echo vpnv4 ;; vpn6) echo vpnv6 ;; esac }
x_gobgp_families() { echo v4 v6 vpn4 vpn6; }
x_gobgp_start() {
    local v name
    {
        echo "[global.config]
 as = $1
 router-id = \"10.0.9.7\"
 port = $PORT
 local-address-list = [\"$XA\", \"$XA6\"]"
        for v in $MX $MX6; do
            echo "[[neighbors]]
 [neighbors.config]
  neighbor-address = \"$v\"
  peer-as = $2
 [neighbors.timers.config]
  connect-retry = 2"
            case $v in *:*) set -- "$1" "$2" ipv6-unicast ;;
            *) set -- "$1" "$2" ipv4-unicast l3vpn-ipv4-unicast l3vpn-ipv6-unicast ;; esac
            for name in "${@:3}"; do
                echo " [[neighbors.afi-safis]]
  [neighbors.afi-safis.config]
   afi-safi-name = \"$name\""
            done
        done
    } >"$D/conf"
    run_in "$NSX" "$D/peer.out" gobgpd -f "$D/conf" -t toml --api-hosts 127.0.0.1:50051 \
        --pprof-disable -l info
}
gobgp_rib() { # add|del FAMILY
    local vpn='' hop=$XA
    case $2 in vpn*) vpn="label $LABEL rd $RD"; [ "$1" = del ] || vpn+=" rt $RT" ;; esac
    case $2 in v6 | vpn6) hop=$XA6 ;; esac
    # shellcheck disable=SC2086 # words
    in_x gobgp global rib "$1" -a "$(gobgp_af "$2")" "$(x_prefix "$2")" $vpn nexthop $hop \
        $([ "$1" = del ] || echo community $COMM large-community 64601:1:2)
}
x_gobgp_announce() { gobgp_rib add "$1"; }
x_gobgp_withdraw() { gobgp_rib del "$1"; }
x_gobgp_secret() { in_x gobgp global rib add -a ipv4 $SECRET nexthop $XA community no-export; }
x_gobgp_table() {
    in_x gobgp -j neighbor "$(m_address x "$1")" adj-in -a "$(gobgp_af "$1")" 2>/dev/null | jq -r '
        def attr(t): [.attrs[] | select(.type == t)][0];
        .[]? | .[]? | "\(.nlri.prefix)" +
        " nh=\(attr(3).nexthop // attr(14).nexthop)" +
        " label=\(.nlri.labels // [""] | .[0])" +
        " path=\([attr(2).as_paths[]?.asns[]?] | map(tostring) | join("_"))" +
        " comm=\(attr(8).communities // [] | map("\(. / 65536 | floor):\(. % 65536)") | join("+"))" +
        " rt=\([attr(16).value[]? | .value] | map(tostring) | join("+"))"' 2>/dev/null |
        sed 's/^[0-9]*:[0-9]*:\([0-9]*[.:].*\)$/\1/'
}
# No x_gobgp_refresh: its "softresetin" takes what it has kept.

# --- OpenBGPD --------------------------------------------------------------------------------------

# VPN routes come from a second speaker at $FEEDER. It answers every route refresh, whoever asks, with
# "AID ... not negotiated" and no route.
x_openbgpd_families() { echo v4 v6 vpn4; }
x_openbgpd_start() {
    local feeder_as=$1
    [ "$1" != "$2" ] || feeder_as=64699
    cat >"$D/conf" <<EOF
AS $1
router-id 10.0.9.7
listen on $XA port $PORT
listen on $XA6 port $PORT
socket "$D/bgpd.sock"
fib-update no
connect-retry 2
neighbor $MX {
  remote-as $2
  announce IPv4 unicast
  announce IPv4 vpn
}
neighbor $MX6 {
  remote-as $2
  announce IPv6 unicast
}
neighbor $FEEDER {
  remote-as $feeder_as
  local-address $XA
  announce IPv4 none
  announce IPv4 vpn
}
allow from any
allow to any
match to $MX prefix $SECRET set community NO_EXPORT
EOF
    chmod 600 "$D/conf"
    run_in "$NSX" "$D/peer.out" bgpd -d -f "$D/conf"
    exabgp_speaker "$NSX" "$D/f" 10.0.9.8 "$feeder_as" "$1" $FEEDER,$XA,vpn4
}
x_openbgpd_announce() {
    case $1 in
    vpn4) exabgp_say "$D/f" $XA announce vpn4 "$(x_prefix vpn4)" $RD $LABEL ;;
    *) bgpctl -s "$D/bgpd.sock" network add "$(x_prefix "$1")" community $COMM \
        large-community 64601:1:2 >/dev/null ;;
    esac
}
x_openbgpd_withdraw() {
    case $1 in
    vpn4) bgpctl -s "$D/bgpd.sock" neighbor $FEEDER down >/dev/null ;; # it keeps withdrawn ones
    *) bgpctl -s "$D/bgpd.sock" network delete "$(x_prefix "$1")" >/dev/null ;;
    esac
}
x_openbgpd_secret() { bgpctl -s "$D/bgpd.sock" network add $SECRET >/dev/null; }
x_openbgpd_table() {
    bgpctl -s "$D/bgpd.sock" -j show rib neighbor "$(m_address x "$1")" in detail 2>/dev/null |
        jq -r --arg f "$1" '
        .rib[]? | select((.prefix | startswith("rd ")) == ($f == "vpn4")) |
        "\(.prefix | sub("^rd [^ ]* "; "")) nh=\(.exit_nexthop)" +
        " label= path=\(.aspath | gsub(" "; "_")) comm=\(.communities // [] | join("+"))" +
        " rt=\(.extended_communities // [] | join("+") | gsub("rt "; ""))"' 2>/dev/null
}
x_openbgpd_refresh() { bgpctl -s "$D/bgpd.sock" neighbor $MX refresh >/dev/null; }
