#!/bin/bash
# Measures vrpsh beside the packaged BGP speakers, in one run on one machine. Called by "make bench"
# with the build directory. Prints a table and leaves the numbers in BUILD/bench.tsv.
#
# A missed target is reported and fails nothing; the exit code is 2 when the harness itself breaks.
# Everything runs in network namespaces of this run. BENCH=config, workflow, sessions or routes runs one part.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(cd "$1" && pwd) || exit 2
VRPSH=$B/vrpsh TOOLS=$B/tools TSV=$B/bench.tsv
export LC_ALL=C.UTF-8 TZ=UTC
W=$(mktemp -d -t vrpsh-bench.XXXXXX) || exit 2
. tests/interop/lib.sh
. tests/bench/lib.sh
. tests/bench/daemons.sh
. tests/bench/config.sh
. tests/bench/sessions.sh
. tests/bench/routes.sh

DUT=vb$$-d GEN=vb$$-g

cleanup() {
    local ns pids
    for ns in "$DUT" "$GEN"; do
        pids=$(ip netns pids "$ns" 2>/dev/null)
        # shellcheck disable=SC2086 # a list of process ids
        [ -z "$pids" ] || kill -9 $pids 2>/dev/null
        ip netns del "$ns" 2>/dev/null
    done
    wait 2>/dev/null
    rm -rf "$W"
}

# Two hosts on one wire: the daemon with 172.31.0.2 on its loopback, and all of 10.9.0.0/16 on the
# loopback of the other one.
wire() {
    ip netns add "$DUT" && ip netns add "$GEN" || return 1
    ip -n "$DUT" link set lo up && ip -n "$GEN" link set lo up || return 1
    ip -n "$DUT" link add up0 type veth peer name up0 netns "$GEN" || return 1
    ip -n "$DUT" addr add 192.168.1.1/30 dev up0
    ip -n "$GEN" addr add 192.168.1.2/30 dev up0
    ip -n "$DUT" addr add $OWN/32 dev lo
    ip -n "$DUT" link set up0 up && ip -n "$GEN" link set up0 up || return 1
    ip -n "$DUT" route add 10.9.0.0/16 via 192.168.1.2
    ip -n "$GEN" route add local 10.9.0.0/16 dev lo
    ip -n "$GEN" route add $OWN/32 via 192.168.1.1
}

trap cleanup EXIT
trap 'exit 2' INT TERM
netns_works || broken "network namespaces (run as root)"
for tool in bird birdc vtysh gobgpd gobgp bgpd bgpctl $FRR; do
    have "$tool" || broken "missing: $tool"
done
wire || broken "the two namespaces"
ulimit -n "$(ulimit -Hn)"
: >"$TSV"
echo "vrpsh $("$VRPSH" --version | cut -d' ' -f2), $(bird --version 2>&1), $($FRR --version | head -n 1), GoBGP $(gobgpd --version | cut -d' ' -f3); $(nproc) cores"
case ${BENCH:-all} in all | config) bench_config ;; esac
case ${BENCH:-all} in all | workflow) bench_workflows ;; esac
case ${BENCH:-all} in all | sessions) bench_sessions ;; esac
case ${BENCH:-all} in all | routes) bench_routes ;; esac
echo
table
exit 0
