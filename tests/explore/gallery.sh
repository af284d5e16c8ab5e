#!/usr/bin/env bash
# One bug of the gallery: found within so many schedules, done again on both engines, and not there in its correct twin.
#   gallery.sh LOCKSTEP PROGRAM KIND SCHEDULES
set -u
TWIN_MAX=200 # schedules of the correct twin
lockstep=$1 program=$2 kind=$3 schedules=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
fail() { echo "FAIL: $*"; cat out 2>/dev/null; exit 1; }

timeout -s KILL 280 "$lockstep" explore --first --runs "$schedules" -o found "$program" >out 2>&1
[ $? = 1 ] || fail "nothing found in $schedules schedules"
line=$(grep '"type":"failure"' found/results.jsonl | head -1)
[[ "$line" == *"\"kind\":\"$kind\""* ]] || fail "not a $kind: $line"

schedule=$(ls found/*.schedule | head -1)
"$lockstep" trace info "${schedule%.schedule}.trace" >out 2>&1 || [[ "$kind" == deadlock || "$kind" == hang ]] || fail "its trace is none"
grep -q '^program' out || fail "there is no trace"
again() { timeout -s KILL 20 "$lockstep" run --deterministic --seed 0 --schedule "$schedule" "$@" -- "$program" </dev/null >again 2>&1; }
if [ "$kind" != deadlock ] && [ "$kind" != hang ] && [ "$kind" != output ]; then
    for options in "" "--engine=interp --memory=paged"; do
        # shellcheck disable=SC2086
        again $options
        [ $? != 0 ] || fail "the schedule ends well with '$options'"
        ! grep -q 'left its schedule' again || fail "another run with '$options': $(cat again)"
    done
    timeout -s KILL 20 "$lockstep" replay "${schedule%.schedule}.trace" >again 2>&1
    status=$?
    if [ $status = 0 ] || [ $status = 125 ]; then fail "its trace is replayed with status $status: $(cat again)"; fi
fi

timeout -s KILL 280 "$lockstep" explore --runs "$((schedules < TWIN_MAX ? schedules : TWIN_MAX))" "${program}_correct" >out 2>&1 || fail "the correct twin fails"
echo "ok: $(tail -1 out)"
