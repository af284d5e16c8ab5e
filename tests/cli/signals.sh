#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Signals sent to us reach the guest; the guest sees closed outputs, its reader sees the guest's close; ignored signals
# stay ignored; with --wait we stay until the last process of the machine has ended.
. "$(dirname "$0")/expect.sh"

# Starts a guest in the background and waits for its line "ready".
start() {
    mkfifo ready.$1
    "$LOCKSTEP" run ${2-} "$ACT" "$1" >ready.$1 &
    pid=$!
    exec 7<ready.$1
    read -r line <&7
    [ "$line" = ready ] || fail "$1 printed '$line'"
}

start wait-for-term
kill -TERM $pid
read -r line <&7
wait $pid
[ $? = 3 ] && [ "$line" = term ] || fail "SIGTERM was not handled"

rm ready.*
start wait-for-term
kill -USR1 $pid
wait $pid
[ $? = $((128 + 10)) ] || fail "SIGUSR1 did not end the guest"

expect 5 'orphan' '' "$LOCKSTEP" run --wait "$ACT" orphan
start endless-orphan --wait
kill -TERM $pid
wait $pid
[ $? = 6 ] || fail "SIGTERM did not end the orphan, or the status is not the first process's"

"$LOCKSTEP" run "$ACT" write-until-error | head -n 1 >/dev/null
[ ${PIPESTATUS[0]} = $((128 + 13)) ] || fail "no SIGPIPE: ${PIPESTATUS[0]}"

mkfifo in
exec 8<>in
"$LOCKSTEP" run "$ACT" close-output <in | cat >out &
pid=$!
while [ "$(cat out 2>/dev/null)" != closing ] || [ -n "$(pgrep -P $$ -x cat)" ]; do
    kill -0 $pid 2>/dev/null || break
    read -rt 0.02 <> <(:)
done
[ "$(cat out)" = closing ] || fail "no output before the close"
echo x >&8
wait $pid

expect 0 'ignored' '' bash -c 'trap "" HUP; exec "$0" run "$1" disposition 1' "$LOCKSTEP" "$ACT"
expect 0 'default' '' bash -c 'trap "" HUP; exec "$0" run "$1" disposition 2' "$LOCKSTEP" "$ACT"
finish
