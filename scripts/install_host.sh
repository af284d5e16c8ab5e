#!/usr/bin/env bash
# Installs what building for another Linux host takes, and makes the libraries that Debian's cross compilers come without.
#   install_host.sh aarch64|riscv64 DIRECTORY     DIRECTORY gets include/ and lib/ for that host
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
host=${1:-}
case "$host" in
aarch64) packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross" ;;
riscv64) packages="gcc-riscv64-linux-gnu libc6-dev-riscv64-cross" ;;
*) echo "usage: install_host.sh aarch64|riscv64 DIRECTORY" >&2; exit 2 ;;
esac
fail() { echo "lockstep: $host: $*" >&2; exit 1; }
"$root/scripts/install_packages.sh" build $packages make qemu-user || fail "the cross compiler and qemu-user cannot be installed"

mkdir -p "$2"
to=$(cd "$2" && pwd)
[ -e "$to/lib/libzstd.a" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Sources by apt, which checks them, from a list of our own: the machine's settings stay as they are.
. /etc/os-release
mkdir -p "$work/lists/partial" "$to/include" "$to/lib"
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $VERSION_CODENAME main" >"$work/sources.list"
apt="-o Dir::Etc::SourceList=$work/sources.list -o Dir::Etc::SourceParts=- -o Dir::State::Lists=$work/lists
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root -q=2"
cd "$work"
apt-get $apt update && apt-get $apt source --download-only libzstd || fail "the source of libzstd cannot be had"
tar xf libzstd_*.orig.tar.?z
make -s -C zstd-*/lib libzstd.a "CC=$host-linux-gnu-gcc" "AR=$host-linux-gnu-ar" CFLAGS=-O2 ZSTD_LEGACY_SUPPORT=0 \
    ZSTD_LIB_DEPRECATED=0 ZSTD_LIB_DICTBUILDER=0 >make.log 2>&1 || { cat make.log >&2; fail "libzstd cannot be built"; }
cp zstd-*/lib/zstd*.h /usr/include/xxhash.h /usr/include/xxh3.h /usr/include/uthash.h /usr/include/utlist.h "$to/include"
cp zstd-*/lib/libzstd.a "$to/lib"
