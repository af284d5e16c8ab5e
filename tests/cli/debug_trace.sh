#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# gdb drives a replay: what was recorded happens, though neither the program nor its input is there.
. "$(dirname "$0")/expect.sh"
cp "$ACT" program
echo recorded | "$LOCKSTEP" record -o t ./program copy 0 >/dev/null || fail "recording: $?"
mv program elsewhere
timeout -s KILL 50 gdb -nx -batch -ex "target remote | $LOCKSTEP debug --gdb=- t" -ex "symbol-file elsewhere" -ex "tbreak write" -ex continue \
    -ex "x/s \$rsi" -ex continue </dev/null >out 2>&1
grep -q '"recorded' out || fail "what was read is not there: $(tail -5 out)"
grep -q 'No more reverse-execution history' out || fail "it does not come to its end: $(tail -5 out)"
head -c 60 t >cut
expect 125 '' 'lockstep: cannot use the trace cut: *' "$LOCKSTEP" debug --gdb=0 cut
finish
