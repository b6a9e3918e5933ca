# The session benchmark: 1,000 EBGP peers against one generator, the same for every daemon.
# Sourced by run.sh.
#
# Time runs from the start of the daemon (or the commit) until the generator has got the 1,000th
# KEEPALIVE. "The daemon connects": the generator only listens. "The daemon is connected to": it
# does not connect itself, and the generator opens eight connections at a time, because BIRD's
# listen backlog is eight. Hold time is 9 s throughout, so that 20 s of watching mean something.
# shellcheck shell=bash

PEERS=1000 WATCH=20

generator() { # listen|connect WATCH
    rm -f "$W/gen.out"
    ip netns exec "$GEN" "$TOOLS/bgp_sessions" "$1" $PEERS 10.9.0.0 $OWN 179 $PEER_AS "$2" 60 \
        >"$W/gen.out" 2>"$W/gen.err" &
    GENERATOR=$!
    [ "$1" = connect ] || until_it 5 sh -c "ip netns exec $GEN ss -Htln 'sport = :179' | grep -q ."
}

# all_up T0: waits for the generator's word; $US since T0 or "-".
all_up() {
    local at=''
    until [ -n "$at" ] || ! kill -0 $GENERATOR 2>/dev/null; do
        sleep 0.05
        at=$(awk '/^established/ { print $3 }' "$W/gen.out")
    done
    US=-
    [ -z "$at" ] || US=$((${at/./} - $1))
}

# What the generator said in the end: $UP sessions, $FLAPS.
watched() {
    wait $GENERATOR 2>/dev/null
    read -r UP FLAPS < <(awk '/^watched/ { print $4, $6 }' "$W/gen.out")
}

end_daemon() { # NAME
    if [ "$1" = vrpsh ]; then
        stop_vrpsh "$W/s.db"
    else
        gone "$PID"
    fi
}

prepare() { # KIND: the files of all daemons, vrpsh's as a datastore
    for name in vrpsh bird frr gobgp; do
        "${name}_conf" $PEERS "$1" >"$W/$1.$name"
    done
    rm -f "$W"/s.db*
    vrpsh_run "$W/s.db"
    until_it 10 vrpsh_answers
    took in_dut "$VRPSH" -d "$W/s.db" "$W/$1.vrpsh"
    stop_vrpsh "$W/s.db"
}
conf_of() { if [ "$1" = vrpsh ]; then echo "$W/s.db"; else echo "$W/$2.$1"; fi; }

# from_start NAME KIND WATCH: $US until all are up, $UP and $FLAPS what watching saw, $KB memory with them.
from_start() {
    local mode=listen t0
    [ "$2" = out ] || mode=connect
    generator $mode "$3"
    t0=${EPOCHREALTIME/./}
    "$1_run" "$(conf_of "$1" "$2")"
    all_up "$t0"
    [ "$3" = 0 ] || sleep 2
    KB=$(rss_kb "$PID")
    watched
    end_daemon "$1"
}

# from_commit NAME KIND: a running daemon without peers is given them.
from_commit() {
    local mode=listen t0
    [ "$2" = out ] || mode=connect
    if [ "$1" = vrpsh ]; then rm -f "$W"/e.db*; fi
    "$1_run" "$(if [ "$1" = vrpsh ]; then echo "$W/e.db"; else echo "$W/empty.$1"; fi)"
    until_it 10 "$1_answers"
    generator $mode 0
    t0=${EPOCHREALTIME/./}
    if [ "$1" = vrpsh ]; then
        took in_dut "$VRPSH" -d "$W/e.db" "$W/$2.vrpsh"
    else
        took birdc -s "$W/bird.ctl" "configure \"$W/$2.bird\""
    fi
    all_up "$t0"
    watched
    if [ "$1" = vrpsh ]; then stop_vrpsh "$W/e.db"; else gone "$PID"; fi
}

# Resident memory per peer, octets: with 1,000 sessions less without any, same daemon.
per_peer() { # NAME KB
    local conf=$W/empty.$1
    [ "$1" != vrpsh ] || conf=$W/m.db
    "$1_run" "$conf"
    until_it 60 "$1_answers"
    sleep 1
    BYTES=$((($2 - $(rss_kb "$PID")) * 1024 / PEERS))
    if [ "$1" = vrpsh ]; then stop_vrpsh "$conf"; else gone "$PID"; fi
}

bench_way() { # KIND TITLE
    local name start=() commit=()
    prepare "$1"
    for name in vrpsh bird frr gobgp; do
        say "$2: $name"
        median_of 3 from_start "$name" "$1" 0
        start+=("$US")
    done
    for name in vrpsh bird; do
        median_of 3 from_commit "$name" "$1"
        commit+=("$US")
    done
    row "1,000 sessions, $2: from start" us bird "${start[@]}"
    row "1,000 sessions, $2: from commit" us bird "${commit[@]}"
}

bench_watch() {
    local name up=() flaps=() memory=()
    prepare out
    for name in vrpsh bird frr gobgp; do
        say "watching $name"
        from_start "$name" out $WATCH
        up+=("$UP") flaps+=("$FLAPS")
        per_peer "$name" "$KB"
        memory+=("$BYTES")
    done
    row "up after $WATCH s of watching" n "=$PEERS" "${up[@]}"
    row "flaps in $WATCH s" n =0 "${flaps[@]}"
    row "resident per idle peer" B peers "${memory[@]}"
}

bench_sessions() {
    for name in bird frr gobgp; do
        "${name}_conf" 0 out >"$W/empty.$name"
    done
    bench_way in "connected to"
    bench_way out "connecting"
    bench_watch
}
