#!/usr/bin/env bash
# explain: from a failure's trace, and from its schedule, to the decisions that it needs and the lines that they come between.
#   explain.sh LOCKSTEP PROGRAM MOST-DECISIONS PATTERN...    extended regular expressions, each must match a line of the explanation
set -u
lockstep=$1 program=$2 most=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAIL: $*"; cat out 2>/dev/null; exit 1; }

timeout -s KILL 100 "$lockstep" explore --first --quiet --runs 2000 -o found "$program" >out 2>&1
[ $? = 1 ] || fail "nothing found"

# explained FROM...: with that.
explained() {
    timeout -s KILL 100 "$lockstep" explain -o shortest "$@" >out 2>&1 || fail "status $? of explain $*"
    decisions=$(sed -nE 's/^It needs ([0-9]+) of the .*/\1/p' out)
    [ -n "$decisions" ] && [ "$decisions" -le "$most" ] || fail "it needs '$decisions' decisions"
    for pattern in "${patterns[@]}"; do
        grep -qE "$pattern" out || fail "no line like $pattern"
    done
    timeout -s KILL 20 "$lockstep" run --deterministic --seed 0 --schedule shortest -- "$program" </dev/null >again 2>&1
    status=$?
    [ $status != 0 ] && [ $status != 125 ] || fail "the shortest schedule ends with $status"
    ! grep -q 'left its schedule' again || fail "the shortest schedule is another run"
}
patterns=("$@")
explained found/*.trace
explained --schedule found/*.schedule "$program"

timeout -s KILL 60 "$lockstep" record -o well.trace "${program}_correct" >/dev/null 2>&1 </dev/null || fail "the correct twin fails"
timeout -s KILL 60 "$lockstep" explain well.trace >out 2>&1
[ $? = 125 ] || fail "a run without a failure is explained"
grep -q '^lockstep: the run does not fail when it is done again' out || fail "no word on a run without a failure"
echo ok
