#!/usr/bin/env bash
# A recorded guest program replays: the same output and status, on the engine that recorded it and on another one, without its directory.
#   replay.sh LOCKSTEP PROGRAM [ARGS...]
# In the environment: RECORD_OPTIONS, options of `lockstep record`; SAME_ENGINE, not on another one;
# LOCKSTEP_EMULATOR, what runs LOCKSTEP where it was built for another host.
set -u
lockstep=(${LOCKSTEP_EMULATOR:-} "$1")
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/recorded.d" "$work/replayed.d"
(cd "$work/recorded.d" && timeout -s KILL 100 "${lockstep[@]}" record ${RECORD_OPTIONS:-} -o "$work/trace" -- "$@") >"$work/recorded.out" 2>"$work/recorded.err" </dev/null
status=$?
[ $status -eq 0 ] || { echo "recording: status $status"; cat "$work/recorded.out" "$work/recorded.err"; exit 1; }
[ -s "$work/recorded.out" ] || { echo "no success line"; exit 1; }
rm -rf "$work/recorded.d"
for options in "" "--engine=interp --memory=paged"; do
    [ -n "$options" ] && [ -n "${SAME_ENGINE:-}" ] && continue
    (cd "$work/replayed.d" && timeout -s KILL 100 "${lockstep[@]}" replay $options "$work/trace") >"$work/replayed.out" 2>"$work/replayed.err" </dev/null
    status=$?
    if [ $status -ne 0 ] || ! cmp "$work/recorded.out" "$work/replayed.out" || ! cmp "$work/recorded.err" "$work/replayed.err"; then
        echo "replay $options: status $status"
        cat "$work/replayed.err"
        exit 1
    fi
done
[ -z "$(ls -A "$work/replayed.d")" ] || { echo "the replay left files behind"; exit 1; }
echo "replay: ok"
