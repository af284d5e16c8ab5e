#!/usr/bin/env bash
# Builds lockstep for another Linux host and runs the guest programs on it under qemu-user, on this x86-64 machine, where they also run
# natively.
#   test_host.sh aarch64 [sample]     sample: some programs; else every one
set -eu
cd "$(dirname "$0")/.."
host=$1
build=build-$host
scripts/install_host.sh "$host" "$build/sysroot"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_TOOLCHAIN_FILE=$PWD/cmake/toolchains/$host.cmake" \
    "-DLOCKSTEP_SYSROOT=$PWD/$build/sysroot" >/dev/null
cmake --build "$build"
only="-LE long -E _interpreted$" # is what the plain tests do there
[ "${2:-}" = sample ] && only="-L sample -LE long -E _(interpreted|counted|replayed)$"
ctest --test-dir "$build" $only --no-tests=error -j2 --timeout 300 --repeat until-pass:2
