#!/bin/bash
# Installs the Debian packages that building ("build"), the demo ("demo", which gives each router a
# network of its own) or testing ("test") needs, only those that are missing: as root, or through
# sudo when it lets us. Without either it names every missing package, installs nothing and fails.
# What is missing is asked of dpkg, so nothing is fetched when all is there.
#
# The tests talk to packaged BGP speakers, whose packages start a service and enable it for the
# next boot. Neither may happen on the machine of somebody who only wants to run our tests: no
# service starts while we install, and units of peers that we installed are left disabled.
set -u

BUILD="gcc libc6-dev libedit-dev libmnl-dev libpcre2-dev libsodium-dev libsqlite3-dev libuv1-dev
    uthash-dev libxxhash-dev zlib1g-dev"
PEERS="bird2 exabgp frr gobgpd openbgpd"
DEMO="$BUILD iproute2"
TEST="$DEMO $PEERS check clang clang-format jq libclang-rt-14-dev mandoc pkg-config
    procps python3"

POLICY=/usr/sbin/policy-rc.d
MARK="# Put here by tools/deps.sh of vrpsh while it installs packages."

say() { printf 'vrpsh: %s\n' "$*" >&2; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing_of() { # PACKAGE...: those not installed, in one line
    local p list=''
    for p; do
        installed "$p" || list="$list $p"
    done
    echo "${list# }"
}

# --- as root ------------------------------------------------------------------------------------

ours='' log='' # what is removed at the end, however that comes

tidy() { rm -f ${ours:+"$ours"} ${log:+"$log"}; }

# Services must not start. A policy that somebody else made stays; it is enough if it forbids too.
forbid_services() {
    if [ -e $POLICY ] && ! grep -qxF "$MARK" $POLICY; then
        "$POLICY" frr start </dev/null >/dev/null 2>&1
        [ $? = 101 ] && return
        say "$POLICY of this system lets services start; install these packages by hand: $*"
        exit 1
    fi
    ours=$POLICY # also one that a killed run has left
    printf '#!/bin/sh\n%s\nexit 101\n' "$MARK" >$POLICY && chmod 755 $POLICY
}

# What a package would start at the next boot: its units, and its links of System V runlevels.
disable_services() { # PACKAGE...
    local unit script
    for unit in $(dpkg -L "$@" | sed -n 's,^\(/usr\)\?/lib/systemd/system/\([^@/]*\.service\)$,\2,p'); do
        ! command -v systemctl >/dev/null || systemctl disable "$unit"
        find /etc/systemd/system -path "*.wants/$unit" -type l -delete
    done
    for script in $(dpkg -L "$@" | sed -n 's,^/etc/init\.d/,,p'); do
        update-rc.d "$script" disable
    done
} >/dev/null 2>&1 </dev/null

apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

install_as_root() { # PACKAGE...
    local peers='' p
    trap tidy EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    for p; do
        case " $PEERS " in *" $p "*) peers="$peers $p" ;; esac
    done
    [ -z "$peers" ] || forbid_services "$@"
    log=$(mktemp) || exit 1
    say "installing $*"
    # The package lists may be empty or old: fetch them only if it does not work without.
    if ! apt install --no-install-recommends "$@" >"$log" 2>&1; then
        apt update >>"$log" 2>&1
        if ! apt install --no-install-recommends "$@" >>"$log" 2>&1; then
            sleep 3
            { apt update && apt install --no-install-recommends "$@"; } >"$log" 2>&1
        fi
    fi
    # shellcheck disable=SC2086 # a list of packages
    [ -z "$peers" ] || disable_services $peers
    p=$(missing_of "$@")
    [ -z "$p" ] || tail -n 20 "$log" >&2
    [ -z "$p" ] || { say "these packages could not be installed: $p"; exit 1; }
}

# --- what is to be done ---------------------------------------------------------------------------

# sudo without a password, or with one when there is somebody to type it.
sudo_works() {
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ]; }
}

case ${1:-} in
build) wanted=$BUILD ;;
demo) wanted=$DEMO ;;
test) wanted=$TEST ;;
*)
    echo "usage: tools/deps.sh build|demo|test" >&2
    exit 2
    ;;
esac
if ! command -v dpkg-query >/dev/null; then
    say "no Debian system: what these packages hold is taken to be there: ${wanted//$'\n'/ }"
    exit 0
fi
# Two runs at once would take each other's policy away.
if [ "$(id -u)" = 0 ]; then
    exec 9</var/lib/dpkg && flock 9
fi
# shellcheck disable=SC2086 # a list of packages
missing=$(missing_of $wanted)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086
    install_as_root $missing
elif sudo_works; then
    say "sudo is used to install $missing"
    exec sudo bash "$0" "$1"
else
    say "these packages are missing: $missing"
    say "as root: apt-get install --no-install-recommends $missing"
    exit 1
fi
