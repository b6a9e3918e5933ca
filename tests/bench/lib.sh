# What the benchmarks share: time, medians, rows of the table. Sourced by run.sh.
# shellcheck shell=bash

now_us() { echo "${EPOCHREALTIME/./}"; }

# took COMMAND...: runs it without output; $US is how long it took. Its failure ends the run.
took() {
    local t0=${EPOCHREALTIME/./}
    "$@" >"$W/out" 2>&1 || broken "$*" "$W/out"
    US=$((${EPOCHREALTIME/./} - t0))
}

median() { printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# median_of N COMMAND...: the command sets $US; so does this.
median_of() {
    local n=$1 all=()
    shift
    while [ "${#all[@]}" -lt "$n" ]; do
        "$@"
        all+=("$US")
    done
    US=$(median "${all[@]}")
}

# until_it SECONDS COMMAND...: tries it every few milliseconds until it succeeds.
until_it() {
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "${EPOCHREALTIME/./}" -lt $end ] || broken "waiting for: $*"
        sleep 0.002
    done
}

rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# gone PID: ends a process of ours and waits for it.
gone() {
    kill "$1" 2>/dev/null
    wait "$1" 2>/dev/null
}

# broken WHAT [FILE]: the harness does not work here.
broken() {
    echo "bench: failed: $1" >&2
    [ -z "${2:-}" ] || tail -n 5 "$2" >&2
    exit 2
}

# --- the table ----------------------------------------------------------------------------------

say() { echo "  $*" >&2; }

# row SCENARIO UNIT TARGET OURS [BIRD [FRR [GOBGP [OPENBGPD]]]]
#
# Values are in UNIT (us for times, shown as milliseconds; KB; B; n), "-" where there is none. TARGET is a
# number in UNIT that ours must be under, "peers" (no more than the best peer), "bird" (no more than
# BIRD), "bird/N" (a part of it), "best/N", "=N" or "-" (only reported).
row() {
    local s=$1 unit=$2 target=$3
    shift 3
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$s" "$unit" "$target" "$1" "${2:--}" "${3:--}" "${4:--}" \
        "${5:--}" >>"$TSV"
    say "$s: $* $unit"
}

table() {
    awk -F'\t' '
        function show(v, u) {
            if (v == "-") return "-"
            if (u == "us") return v >= 100000 ? sprintf("%.2f s", v / 1e6) : sprintf("%.1f ms", v / 1000)
            if (u == "KB") return v >= 10000 ? sprintf("%.1f MB", v / 1024) : sprintf("%d KB", v)
            if (u == "B") return v >= 10240 ? sprintf("%.1f KB", v / 1024) : sprintf("%d B", v)
            return v
        }
        BEGIN {
            f = "%-50s %9s %9s %9s %9s %9s %7s  %-10s %s\n"
            printf f, "", "vrpsh", "BIRD", "FRR", "GoBGP", "OpenBGPD", "/best", "target", ""
        }
        {
            best = "-"
            for (i = 5; i <= 8; i++) if ($i != "-" && (best == "-" || $i + 0 < best + 0)) best = $i
            limit = $3 == "peers" ? best : $3 == "bird" ? $5 : $3
            if (split($3, part, "/") == 2)
                limit = (part[1] == "bird" ? $5 : best) == "-" ? "-" : (part[1] == "bird" ? $5 : best) / part[2]
            ok = ""
            if ($4 == "-") ok = "not run"
            else if (limit ~ /^=/) { ok = $4 == substr(limit, 2) ? "ok" : "MISS" }
            else if (limit != "-") ok = $4 + 0 <= limit + 0 ? "ok" : "MISS"
            ratio = best != "-" && best + 0 > 0 && $4 != "-" ? sprintf("%.2f", $4 / best) : "-"
            t = $3 ~ /^[0-9]/ ? "< " show($3, $2) : $3 == "peers" ? "<= best" : $3 == "bird" ? "<= BIRD" : $3
            printf f, $1, show($4, $2), show($5, $2), show($6, $2), show($7, $2), show($8, $2), ratio, t, ok
        }' "$TSV"
}
