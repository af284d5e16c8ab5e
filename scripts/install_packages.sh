#!/usr/bin/env bash
# Installs the Debian packages that the project needs and the machine lacks. One list per use:
#   install_packages.sh build|test [PACKAGE...]
set -eu
build="gcc libc6-dev cmake ninja-build  uthash-dev libzstd-dev libxxhash-dev musl-tools"
test="clang libclang-rt-14-dev libcapstone-dev libdw-dev libedit-dev libcriterion-dev libunicorn-dev python3 universal-ctags git gdb"
case "${1:-}" in
build) wanted=$build ;;
test) wanted="$build $test" ;;
*) echo "usage: install_packages.sh build|test [PACKAGE...]" >&2; exit 2 ;;
esac
shift
wanted="$wanted $*"

missing=
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if ! command -v apt-get >/dev/null; then
    echo "lockstep: no apt-get here; install by hand:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -o DPkg::Lock::Timeout=600 update
$as_root apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
