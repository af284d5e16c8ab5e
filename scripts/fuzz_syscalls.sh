#!/usr/bin/env bash
# Runs random sequences of system calls on the machine, in an empty root directory.
#   fuzz_syscalls.sh SECONDS [LOCKSTEP] [SEED] [OPTIONS of lockstep run...]
# LOCKSTEP: a build with sanitizers finds the most; by default one with the address and undefined-behaviour sanitizers is built.
set -eu -o pipefail
cd "$(dirname "$0")/.."
seconds=$1 lockstep=${2:-} seed=${3:-$(date +%j%H%M%S)}
shift $(($# < 3 ? $# : 3))
if [ -z "$lockstep" ]; then
    cmake --preset asan+ubsan >/dev/null
    cmake --build build-asan --target lockstep
    lockstep=build-asan/lockstep
fi
root=$(mktemp -d)
trap 'chmod -R u+rwx "$root"; rm -rf "$root"' EXIT
musl-gcc -std=gnu11 -O2 -g -static -pthread -I. -o "$root/syscall_sequence" tests/fuzz/syscall_sequence.c
echo "fuzz_syscalls: seed $seed, $seconds s, $lockstep $*"
ulimit -c 0
status=0
timeout -s KILL $((seconds + 300)) "$lockstep" run --rootfs "$root" "$@" -- /syscall_sequence "$seed" "$seconds" \
    2>&1 </dev/null | cat >"$root.log" || status=$?
tail -n 60 "$root.log"
rm -f "$root.log"
exit "$status"
