#!/usr/bin/env bash
# Installs what building for another Linux host takes, and makes the libraries that Debian's cross compilers come without.
#   install_host.sh aarch64 DIRECTORY     DIRECTORY gets include/ and lib/ for that host
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
host=${1:-}
case "$host" in
aarch64) packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" debian=arm64 ;;
*) echo "usage: install_host.sh aarch64 DIRECTORY" >&2; exit 2 ;;
esac
fail() { echo "lockstep: $host: $*" >&2; exit 1; }
"$root/scripts/install_packages.sh" build $packages qemu-user || fail "the cross compiler and qemu-user cannot be installed"

mkdir -p "$2"
to=$(cd "$2" && pwd)
[ -e "$to/lib/libzstd.a" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# By apt, which checks it, from a list of our own: the machine's settings stay as they are.
. /etc/os-release
mkdir -p "$work/lists/partial" "$work/cache/partial" "$to/include" "$to/lib"
echo "deb [arch=$debian signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $VERSION_CODENAME main" >"$work/sources.list"
apt="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=- -o Dir::State::Lists=$work/lists -o APT::Architecture=$debian
    -o APT::Architectures=$debian -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -q=2"
cd "$work"
apt-get $apt update && apt-get $apt download libzstd-dev || fail "libzstd-dev cannot be had"
dpkg -x libzstd-dev_*.deb . || fail "libzstd-dev cannot be unpacked"
cp usr/include/zstd*.h /usr/include/xxhash.h /usr/include/xxh3.h /usr/include/uthash.h /usr/include/utlist.h "$to/include"
cp usr/lib/*/libzstd.a "$to/lib"
