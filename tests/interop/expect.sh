# Cases of the tests in which routes cross vrpsh: what is expected, within how long, and what is shown
# when it does not come. Sourced by *.test after routes.sh; $WAIT is in seconds.
# shellcheck shell=bash

ok() { echo "ok $1"; }
bad() { # NAME WHAT [COMMAND...]: the command's output shows what is wrong
    echo "not ok $1: ${2% (wanted *}"
    {
        echo "=== $1: $2"
        shift 2
        [ $# = 0 ] || "$@"
    } 2>&1 | head -n 40 >&2
}

# has TABLE-COMMAND... -- WORD...: one line of the output has every word.
has() {
    local cmd=() lines w
    while [ "$1" != -- ]; do cmd+=("$1"); shift; done
    shift
    lines=$("${cmd[@]}")
    for w; do lines=$(grep -F -- " $w " <<<" ${lines//$'\n'/ $'\n' } "); done
    [ -n "$lines" ]
}
lacks() { ! has "$@"; }

# says COMMAND... -- TEXT...: the output has every text somewhere.
says() {
    local cmd=() out w
    while [ "$1" != -- ]; do cmd+=("$1"); shift; done
    shift
    out=$("${cmd[@]}")
    for w; do grep -qF -- "$w" <<<"$out" || return 1; done
}

# expect NAME WHAT has|lacks|says|... COMMAND...: within $WAIT, or the case has failed.
expect() {
    local name=$1 what=$2
    shift 2
    until_true "$WAIT" "$@" && return
    local cmd=() w
    for w in "${@:2}"; do [ "$w" != -- ] || break; cmd+=("$w"); done
    [ "$1" != more_than ] || cmd=(m_show "display bgp peer $3 verbose")
    bad "$name" "$what (wanted $*)" "${cmd[@]}"
    return 1
}
