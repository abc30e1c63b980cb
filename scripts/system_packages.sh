#!/bin/sh
# Install the system programs that tests call, where that needs no question: as root on Debian and its kin.
# Elsewhere it says what is missing; the tests that need it then skip with the same words.
set -eu

missing=""
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

need curl curl
need strace strace
need systemd-analyze systemd
need systemd-socket-activate systemd
need gcc gcc
need chromium chromium
need ip iproute2

[ -z "$missing" ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of package names
    apt-get install -qq --yes --no-install-recommends $missing >/dev/null
else
    echo "not installed, the tests that need them will skip:$missing"
fi
