#!/usr/bin/env bash
# Runs a guest program natively and on the machine: both must succeed with the same standard output.
#   compare.sh LOCKSTEP PROGRAM [ARGS...]
# In the environment: LOCKSTEP_OPTIONS, options of `lockstep run`; LIMIT, seconds that the program may take;
# LOCKSTEP_EMULATOR, what runs LOCKSTEP where it was built for another host, as qemu-aarch64 (7.2
# does not survive threads that its copy by fork makes, so the machine stays in its first process).
set -u
lockstep=(${LOCKSTEP_EMULATOR:-} "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/native.d" "$work/guest.d"
(cd "$work/native.d" && timeout "${LIMIT:-60}" "$@") >"$work/native.out" 2>"$work/native.err" </dev/null
native=$?
(cd "$work/guest.d" && timeout "${LIMIT:-100}" "${lockstep[@]}" run ${LOCKSTEP_EMULATOR:+--wait} ${LOCKSTEP_OPTIONS:-} -- "$@") >"$work/guest.out" 2>"$work/guest.err" </dev/null
guest=$?
if [ $native -ne 0 ]; then
    echo "natively: status $native"
    cat "$work/native.out" "$work/native.err"
    exit 1
fi
if [ $guest -ne 0 ] || ! cmp -s "$work/native.out" "$work/guest.out"; then
    echo "on the machine: status $guest"
    diff "$work/native.out" "$work/guest.out"
    cat "$work/guest.err"
    exit 1
fi
[ -s "$work/guest.out" ] || { echo "no success line"; exit 1; }
