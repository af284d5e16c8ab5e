#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Counts of retired instructions, at every system call and at the end, of the interpreter and of the translator: equal for every program that
# repeats itself on the interpreter (others wait for time or for one another, and prove nothing).
#   count_programs.sh LOCKSTEP MINIMUM PROGRAM...
# MINIMUM: programs that must repeat themselves.
set -u
lockstep=$1 minimum=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/files"

# run ENGINE NAME PROGRAM: leaves NAME.log, with thread, count and name of each system call (results may be times or random names), and
# NAME.out. A run that ends by the time limit proves nothing either.
run() {
    rm -rf "$work/files"/*
    (cd "$work/files" && timeout -s KILL 20 "$lockstep" run --fixed-addresses --count --strace --verbose --memory=window \
        --engine="$1" -- "$3") >"$work/$2.out" 2>"$work/$2.err" </dev/null
    local status=$?
    grep -v 'translated code' "$work/$2.err" | sed -E 's/^(\[[0-9]+\] [0-9]+ [a-z0-9_]+)\(.*/\1/' | sort -s -k1,1 >"$work/$2.log" # thread by thread
    echo "status $status" >>"$work/$2.log"
    [ $status -ne 137 ]
}

equal() {
    cmp -s "$work/$1.log" "$work/$2.log" && cmp -s "$work/$1.out" "$work/$2.out"
}

timeout -s KILL 20 "$lockstep" run --engine=jit --memory=window -- "$1" >/dev/null 2>"$work/err" </dev/null
grep -q 'not available' "$work/err" && { echo "skipped: $(cat "$work/err")"; exit 77; }

same=0 failed=0
for program; do
    run interp first "$program" || continue
    run jit jit "$program"
    if ! equal first jit; then
        run interp second "$program" || continue
        equal first second || continue
        run jit again "$program" && equal first again || {
            echo "$program: counts differ"
            diff "$work/first.log" "$work/jit.log" | head -6
            failed=1
            continue
        }
    fi
    same=$((same + 1))
done
echo "$same of $# programs count the same"
[ $failed -eq 0 ] && [ $same -ge "$minimum" ]
