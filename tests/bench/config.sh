# The configuration benchmark: starting, checking, committing, asking, with a small configuration
# and with 50,000 lines. Sourced by run.sh.
# shellcheck shell=bash

BIG=10000 MEDIUM=2000

in_dut() { ip netns exec "$DUT" timeout --foreground 120 "$@"; }
shell_c() { in_dut "$VRPSH" -d "$W/c.db" -c "$1"; }
stop_vrpsh() {
    "$VRPSH" -d "$1" --stop >/dev/null 2>&1
    wait "$PID" 2>/dev/null
}
fresh_db() { rm -f "$W"/c.db*; }

# started NAME CONF: from the start of the daemon until it answers, in $US.
started() {
    local t0=${EPOCHREALTIME/./}
    "$1_run" "$2"
    until_it 120 "$1_answers"
    US=$((${EPOCHREALTIME/./} - t0))
}

# pty EXPECT [SEND EXPECT]...: the times of a shell on the datastore, in the array $TIMES.
pty() {
    mapfile -t TIMES < <(TERM=xterm in_dut "$TOOLS/pty_time" "$@" -- "$VRPSH" -d "$W/c.db")
    [ ${#TIMES[@]} = $((($# + 1) / 2)) ] || broken "shell on a terminal: $*"
}

fsync_us() { # of one write of 4 KiB
    local t0=${EPOCHREALTIME/./}
    dd if=/dev/zero of="$W/sync" bs=4k count=100 oflag=dsync 2>/dev/null || broken dd
    US=$(((${EPOCHREALTIME/./} - t0) / 100))
}

# --- start ------------------------------------------------------------------------------------------

cold_prompt() {
    fresh_db
    pty '>'
    US=${TIMES[0]}
    "$VRPSH" -d "$W/c.db" --stop >/dev/null
}
warm_prompt() {
    pty '>'
    US=${TIMES[0]}
}

bench_start() {
    local cold warm
    median_of 5 cold_prompt
    cold=$US
    fresh_db
    started vrpsh "$W/c.db"
    median_of 5 warm_prompt
    warm=$US
    row "start to first prompt, starting the host" us 50000 "$cold"
    row "start to first prompt, host running" us 50000 "$warm"
}

# idle_rss NAME CONF: resident memory of the daemon without peers, in $KB.
idle_rss() {
    started "$1" "$2"
    sleep 1
    KB=$(rss_kb "$PID")
    gone "$PID"
}

bench_idle() {
    local ours bird frr
    sleep 1
    ours=$(rss_kb "$PID")
    for name in bird frr gobgp; do
        "${name}_conf" 0 big >"$W/empty.$name"
    done
    local pid=$PID
    idle_rss bird "$W/empty.bird" && bird=$KB
    idle_rss frr "$W/empty.frr" && frr=$KB
    idle_rss gobgp "$W/empty.gobgp"
    PID=$pid
    row "idle, empty configuration: resident" KB 10240 "$ours" "$bird" "$frr" "$KB"
}

# --- single lines -----------------------------------------------------------------------------------

# commits N: N single-line commits of one batch; $US is one of them.
commits() {
    local i
    COMMITS=$((COMMITS + 1))
    {
        echo "system-view
bgp $AS"
        for ((i = 0; i < $1; i++)); do
            echo "peer 10.64.0.0 description commit $COMMITS $i
commit"
        done
    } >"$W/lines"
    took in_dut "$VRPSH" -d "$W/c.db" "$W/lines"
    US=$((US / $1))
}
one_commit() {
    COMMITS=$((COMMITS + 1))
    took in_dut "$VRPSH" -d "$W/c.db" -c system-view -c "bgp $AS" \
        -c "peer 10.64.0.0 description one $COMMITS" -c commit
}

bench_commits() { # WHERE [BIRD'S]
    median_of 3 commits 50
    row "single-line commit in a batch, $1" us $((20000 + FSYNC)) "$US" "${2:--}"
    median_of 5 one_commit
    row "single-line commit as a command, $1" us $((20000 + FSYNC)) "$US"
}

# --- the large configuration ------------------------------------------------------------------------

vrpsh_check() { took "$VRPSH" --check "$W/big.vrpsh"; }
bird_check() { took bird -p -c "$W/big.bird"; }
vrpsh_load() { # N: into an empty host that runs
    fresh_db
    started vrpsh "$W/c.db"
    took in_dut "$VRPSH" -d "$W/c.db" "$W/$1.vrpsh"
    stop_vrpsh "$W/c.db"
}
bird_load() {
    started bird "$W/empty.bird"
    took birdc -s "$W/bird.ctl" "configure \"$W/$1.bird\""
    gone "$PID"
}
frr_load() {
    started frr "$W/empty.frr"
    took vtysh --vty_socket "$W" -d bgpd -f "$W/$1.frr"
    gone "$PID"
}
vrpsh_restart() {
    started vrpsh "$W/c.db"
    stop_vrpsh "$W/c.db"
}
bird_restart() {
    started bird "$W/big.bird"
    sleep 1
    BIRD_KB=$(rss_kb "$PID")
    gone "$PID"
}

# BIRD reads its file again for one changed line.
bird_one_line() {
    COMMITS=$((COMMITS + 1))
    sed -i "s/description \"peer number 0.*\"/description \"peer number 0 $COMMITS\"/" "$W/big.bird"
    took birdc -s "$W/bird.ctl" configure
}

bench_load() {
    local ours bird
    median_of 5 vrpsh_check && ours=$US
    median_of 5 bird_check
    row "check 50,000 lines (10,000 peers)" us 300000 "$ours" "$US"
    median_of 3 vrpsh_load medium && ours=$US
    median_of 3 bird_load medium && bird=$US
    frr_load medium
    row "load 10,000 lines (2,000 peers) into a running one" us - "$ours" "$bird" "$US"
    median_of 3 bird_load big && bird=$US
    median_of 3 vrpsh_load big
    row "commit 50,000 lines (10,000 peers)" us 1500000 "$US" "$bird"
    median_of 3 vrpsh_restart && ours=$US
    median_of 3 bird_restart
    row "restart with them, until it answers" us 500000 "$ours" "$US"
}

bench_large() {
    local bird
    started bird "$W/big.bird"
    median_of 3 bird_one_line
    bird=$US
    gone "$PID"
    started vrpsh "$W/c.db"
    sleep 2
    row "resident with 50,000 lines" KB - "$(rss_kb "$PID")" "$BIRD_KB"
    bench_commits "50,000 lines" "$bird"
    commits 1000
    bench_commits "after 1,000 more"
    pty '>' $'dis\t' 'display' $'\025sys\r' ']' "bgp $AS"$'\r' '-bgp]' 'peer 10.64.3.2 ?' 'as-number' \
        $'\025peer 10.64.3.2 ebgp\t' 'ebgp-max-hop'
    row "Tab in the user view, 50,000 lines" us 10000 "${TIMES[1]}"
    row "? after a peer, 50,000 lines" us 10000 "${TIMES[4]}"
    row "Tab after a peer, 50,000 lines" us 10000 "${TIMES[5]}"
    took shell_c 'display current-configuration'
    row "display current-configuration, 50,000 lines" us - $US
    took shell_c 'display bgp peer'
    row "display bgp peer, 10,000 peers" us - $US
    stop_vrpsh "$W/c.db"
}

# --- the workflow, with 100,000 lines and a tenth of that -------------------------------------------
#
# Its rows come in pairs: what a user waits for, and the processor time of the host's management
# thread in it, which another program on this machine does not change. The peers are ignored, so that
# the time is that of the lines. What is proportional to the configuration shows between the two sizes.

# mgmt COMMAND...: processor time of the host's management thread while the command runs, in $CPU.
mgmt_ns() { cut -d' ' -f1 "/proc/$PID/task/$PID/schedstat"; }
mgmt() {
    local t0
    t0=$(mgmt_ns)
    "$@"
    CPU=$((($(mgmt_ns) - t0) / 1000))
}
# both WHAT TARGET N PER COMMAND...: a pair of rows, medians of N runs that do it PER times each.
both() {
    local what=$1 target=$2 n=$3 per=$4 wall=() cpu=()
    shift 4
    while [ ${#wall[@]} -lt "$n" ]; do
        mgmt "$@"
        wall+=("$US") cpu+=($((CPU / per)))
    done
    row "$what, $SIZE" us "$target" "$(median "${wall[@]}")"
    row "  of it the host's processor time" us "$target" "$(median "${cpu[@]}")"
}

# in_bgp LINE...: lines of a batch in the bgp view, timed.
in_bgp() {
    printf '%s\n' system-view "bgp $AS" "$@" >"$W/lines"
    took in_dut "$VRPSH" -d "$W/c.db" "$W/lines"
}
described() { # N TEXT: a description for each of N peers, in $EDITS
    local i
    EDITS=()
    for ((i = 0; i < $1; i++)); do
        EDITS+=("peer 10.$((64 + i / 65536)).$((i / 256 % 256)).$((i % 256)) description $2 $i")
    done
}

# keys SEND EXPECT: typed 20 times in the bgp view of a shell; $US is the median of the times.
keys() {
    local i all=()
    for ((i = 0; i < 20; i++)); do all+=($'\025'"$1" "$2"); done
    pty '>' $'sys\r' ']' "bgp $AS"$'\r' '-bgp]' "${all[@]}"
    US=$(median "${TIMES[@]:3}")
}

# A batch of 1,000 edits whose difference is shown ten times; $US is one of these.
edits() { in_bgp "${EDITS[@]}"; }
diffs() {
    local i all=()
    for ((i = 0; i < 10; i++)); do all+=('display configuration candidate changes'); done
    in_bgp "${EDITS[@]}" "${all[@]}"
}
bench_diff() {
    local plain cpu
    described 1000 edit
    mgmt edits && plain=$US cpu=$CPU
    mgmt diffs
    row "diff of 1,000 changes, $SIZE" us 10000 $(((US - plain) / 10))
    row "  of it the host's processor time" us 10000 $(((CPU - cpu) / 10))
}

roll_back() { took shell_c 'rollback configuration last 1'; }

bench_workflow() { # PEERS LINES
    SIZE="$2 lines"
    vrpsh_conf "$1" big | sed 's/ ebgp-max-hop 10/ ignore/' >"$W/huge.vrpsh"
    fresh_db
    started vrpsh "$W/c.db"
    took in_dut "$VRPSH" -d "$W/c.db" "$W/huge.vrpsh"
    row "commit all of it, $SIZE" us - "$US"
    both "opening a session, with its program" 5000 5 1 warm_prompt
    both "single-line commit in a batch" $((20000 + FSYNC)) 3 50 commits 50
    both "single-line commit as a command" $((20000 + FSYNC)) 5 1 one_commit
    commits 10000
    row "10,000 commits more, each" us $((20000 + FSYNC)) "$US"
    both "single-line commit in a batch, after" $((20000 + FSYNC)) 3 50 commits 50
    both "single-line commit as command, after" $((20000 + FSYNC)) 5 1 one_commit
    bench_diff
    described $(($1 / 2)) rolled
    in_bgp "${EDITS[@]}" commit
    both "rollback of $(($1 / 2)) lines" 1000000 3 1 roll_back
    both "Tab after a peer" 10000 3 20 keys $'peer 10.64.3.2 desc\t' ription
    both "? after a peer" 10000 3 20 keys 'peer 10.64.3.2 as?' as-number
    stop_vrpsh "$W/c.db"
}

bench_workflows() {
    COMMITS=0
    median_of 3 fsync_us
    FSYNC=$US
    bench_workflow 2000 10,000
    bench_workflow 20000 100,000
}

bench_config() {
    COMMITS=0
    for name in vrpsh bird frr; do
        "${name}_conf" $BIG big >"$W/big.$name"
        "${name}_conf" $MEDIUM big >"$W/medium.$name"
    done
    median_of 3 fsync_us
    FSYNC=$US
    row "fsync of this disk, 4 KiB" us - $FSYNC
    bench_start
    bench_idle
    vrpsh_conf 1 big >"$W/one"
    took in_dut "$VRPSH" -d "$W/c.db" "$W/one"
    bench_commits "one peer"
    stop_vrpsh "$W/c.db"
    bench_load
    bench_large
}
