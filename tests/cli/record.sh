#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# record and replay: the same output and status without what was read, signals from outside at the same place, recordings that were killed, and
# one line with status 125 for traces that are damaged, cut off, newer, or none.
. "$(dirname "$0")/expect.sh"
mutate=$(dirname "$ACT")/mutate

expect 7 '' '' "$LOCKSTEP" record -o t "$ACT" exit 7
expect 7 '' '' "$LOCKSTEP" replay t
expect 134 '' '' "$LOCKSTEP" record -o t "$ACT" raise 6
expect 134 '' '' "$LOCKSTEP" replay t
expect 0 '[a][b c]' '' "$LOCKSTEP" record -o t --seed 5 -- "$ACT" echo a 'b c'
expect 0 '[a][b c]' '' "$LOCKSTEP" replay t
expect 0 '' '' "$LOCKSTEP" replay --quiet t
expect 0 '*' '' "$LOCKSTEP" trace info t
[[ "$(cat .out)" == program*'echo a b c'*seed*5*'ended'*'status 0 after'* ]] || fail "trace info says $(cat .out)"
expect 0 '*' '' "$LOCKSTEP" trace dump t
grep -q '^file_write.* -> 9$' .out || fail "dump does not show the write"
expect 0 '' '' "$LOCKSTEP" trace pack t packed
expect 0 '[a][b c]' '' "$LOCKSTEP" replay packed
[ "$(stat -c %s packed)" -le "$(stat -c %s t)" ] || fail "packing makes a trace larger"

# What was read is in the trace; neither the input nor the program is needed.
cp "$ACT" program
seq 1 2000 >input
"$LOCKSTEP" record -o t ./program copy 0 <input >out || fail "recording: $?"
rm program input
"$LOCKSTEP" replay t </dev/null >again || fail "replay: $?"
cmp out again || fail "the replay prints something else"
"$LOCKSTEP" replay --engine=interp --memory=paged t </dev/null >again || fail "replay interpreted: $?"
cmp out again || fail "the interpreted replay prints something else"

# A signal from outside, and a recording that is killed.
start() {
    mkfifo ready
    "$LOCKSTEP" record -o "$1" "$ACT" "$2" >ready &
    pid=$!
    exec 7<ready
    read -r line <&7
    rm ready
}
start t wait-for-term
kill -TERM $pid
wait $pid
[ $? = 3 ] || fail "SIGTERM was not handled"
expect 3 $'ready\nterm' '' "$LOCKSTEP" replay t
start t wait-for-term
for ((i = 0; i < 200; i++)); do
    "$LOCKSTEP" trace info t 2>/dev/null | grep -q '^log *[1-9]' && break
    sleep 0.05
done
kill -KILL $pid
wait $pid 2>/dev/null
expect 125 'ready' 'lockstep: replay, at event *: the recording ends here: it was cut off' "$LOCKSTEP" replay t
expect 125 '*' 'lockstep: the trace t ends here: it was cut off' "$LOCKSTEP" trace info t

# Bad use and bad traces.
expect 125 '' 'lockstep: record needs a file to write to: *' "$LOCKSTEP" record "$ACT" exit 1
expect 125 '' 'lockstep: cannot record to /nonexistent/t: No such file or directory' "$LOCKSTEP" record -o /nonexistent/t "$ACT" exit 1
expect 125 '' 'lockstep: cannot record to /dev/full: No space left on device' "$LOCKSTEP" record -o /dev/full "$ACT" exit 1
expect 125 '' 'lockstep: replay needs one trace: *' "$LOCKSTEP" replay
expect 125 '' "lockstep: that option is the recording's; *" "$LOCKSTEP" replay --seed 3 t
expect 125 '' 'lockstep: cannot use the trace /nonexistent: No such file or directory' "$LOCKSTEP" replay /nonexistent
expect 125 '' "lockstep: cannot use the trace $ACT: it is not a trace" "$LOCKSTEP" replay "$ACT"
expect 125 '' 'lockstep: trace needs a command: *' "$LOCKSTEP" trace
"$LOCKSTEP" record -o t "$ACT" echo x >/dev/null
size=$(stat -c %s t)
cp t newer
printf '\x09' | dd of=newer bs=1 seek=16 conv=notrunc status=none
expect 125 '' 'lockstep: cannot use the trace newer: it was made by a newer version of lockstep, which can replay it' "$LOCKSTEP" replay newer
for ((i = 0; i < 8; i++)); do
    at=$((size * i / 8))
    head -c $at t >cut
    expect 125 '*' 'lockstep: *' "$LOCKSTEP" replay cut
    cp t flipped
    byte=$(od -An -tu1 -j$at -N1 t)
    printf "\\x$(printf %x $((byte ^ 4)))" | dd of=flipped bs=1 seek=$at conv=notrunc status=none
    expect 125 '*' 'lockstep: *' "$LOCKSTEP" replay flipped
    [ "$(wc -l <"$work/.err")" = 1 ] || fail "more than a line: $(cat "$work/.err")"
done

# Frames that are whole and hold nonsense: it ends in a status, in time, never in a fault of ours.
for ((i = 0; i < ${MUTATIONS:-12}; i++)); do
    "$mutate" t mutated $i || fail "mutate"
    timeout -s KILL 20 "$LOCKSTEP" replay mutated >.out 2>.err </dev/null
    status=$?
    [ $status -lt 128 ] && ! grep -q 'internal error\|ERROR' .err || fail "mutation $i: $status $(head -3 .err)"
done
finish
