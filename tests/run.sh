#!/bin/bash
# Runs every test and ends with "N passed, N failed". Called by "make test" with the build directory.
#
# A unit test is a Check binary (build/.../unit/test_*). A script test is an executable
# tests/*/*.test that prints one line per case: "ok NAME", "not ok NAME" or "skipped NAME REASON".
# It gets the build directory as $1 and a scratch directory in $TMP; what it starts it must end.
# One that says in its head "Runs beside the other tests", as it waits more than it works, does.
# SOAK=1 in the environment asks for the long form of loops. TESTS=GLOB runs only some of them.
set -u
cd "$(dirname "$0")/.." || exit 2
B=$1
export LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
passed=0 failed=0 skipped=0
# Limits end what hangs; a slow or busy machine is to stay far below them. Seconds; Check's own limits of
# its cases (4 s where a test says nothing) are ten times what an idle machine is given.
unit_limit=1200 script_limit=1800
[ -z "${SOAK:-}" ] || unit_limit=3600 script_limit=10800
export CK_TIMEOUT_MULTIPLIER=${CK_TIMEOUT_MULTIPLIER:-10}
work=$(mktemp -d -t vrpsh-test.XXXXXX) || exit 2
trap 'pkill -P $$ 2>/dev/null; rm -rf "$work"' EXIT

wanted() {
    case $1 in ${TESTS:-*}) return 0 ;; esac
    return 1
}

unit() { # a Check binary reports "N%: Checks: C, Failures: F, Errors: E"
    local log=$work/unit.log t0=$SECONDS line c f e
    CK_VERBOSITY=normal timeout -k 5 $unit_limit "$1" >"$log" 2>&1
    local rc=$?
    line=$(grep -E '^[0-9]+%: Checks:' "$log" | tail -n 1)
    if [ -z "$line" ]; then
        failed=$((failed + 1))
        echo "not ok ${1##*/} (exit $rc)"
        tail -n 20 "$log"
        return
    fi
    read -r c f e < <(sed -E 's/.*Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/' <<<"$line")
    passed=$((passed + c - f - e)) failed=$((failed + f + e))
    [ "$rc" = 0 ] || { [ $((f + e)) != 0 ] || failed=$((failed + 1)); grep -E ':[FE]:' "$log"; }
    echo "${1##*/}: $c cases, $((f + e)) failed, $((SECONDS - t0)) s"
}

# run_script FILE DIR: its output in DIR/log and DIR/stderr, exit code and seconds in DIR/rc.
run_script() {
    local t0=$SECONDS rc
    mkdir -p "$2/tmp"
    TMP=$2/tmp timeout -k 10 "${LIMIT:-$script_limit}" "$1" "$B" >"$2/log" 2>"$2/stderr" </dev/null
    rc=$?
    rm -rf "$2/tmp"
    echo "$rc $((SECONDS - t0))" >"$2/rc"
}

declare -A beside=() # scripts that wait more than they work: their process id

script() {
    local name=${1#tests/} dir=$work/${1//\//.} p f s rc took
    if [ -n "${beside[$1]:-}" ]; then wait "${beside[$1]}"; else run_script "$1" "$dir"; fi
    read -r rc took <"$dir/rc"
    p=$(grep -c '^ok ' "$dir/log") f=$(grep -c '^not ok ' "$dir/log") s=$(grep -c '^skipped ' "$dir/log")
    grep -E '^(not ok|skipped) ' "$dir/log"
    if [ "$rc" != 0 ] || [ $((p + f + s)) = 0 ]; then
        [ "$f" != 0 ] || f=1
        echo "not ok $name (exit $rc)"
    fi
    [ "$f" = 0 ] || { echo "--- $name"; tail -n 40 "$dir/log"; tail -n 20 "$dir/stderr"; echo "---"; }
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    echo "$name: $((p + f)) cases, $f failed, $s skipped, $took s"
    rm -rf "$dir"
}

for t in tests/*/*.test; do
    if [ -x "$t" ] && wanted "${t#tests/}" && grep -q '^# Runs beside the other tests' "$t"; then
        run_script "$t" "$work/${t//\//.}" &
        beside[$t]=$!
    fi
done
for t in "$B"/unit/test_*; do
    case $t in *.d) continue ;; esac
    [ -x "$t" ] && wanted "${t##*/}" && unit "$t"
done
for t in tests/*/*.test; do
    [ -x "$t" ] && wanted "${t#tests/}" && script "$t"
done
[ "$skipped" = 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
