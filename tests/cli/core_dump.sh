#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# A process that dies of a crash leaves "core", if its limit allows, and a debugger of the host's finds in it what there was.
. "$(dirname "$0")/expect.sh"
crash=$(dirname "$ACT")/crash

for options in '' '--engine=interp --memory=paged'; do
    rm -f core
    # shellcheck disable=SC2086
    expect 0 'signal 11 core 1' '*' "$LOCKSTEP" run $options "$crash" null
    [ -s core ] || fail 'no core'
    if command -v gdb >/dev/null; then
        gdb -q -nx -batch -ex 'p/x marker' -ex 'x/s heap' -ex bt -ex 'p $_siginfo._sifields._sigfault.si_addr' -ex 'thread apply all bt' \
            -ex 'info auxv' "$crash" core >gdb.out 2>&1
        for line in '\$1 = 0x5678' '"on the heap"' '#0 .* die ' '#3 .* crash_here \(.*=2\)' '#4 .* crash' '\$2 = .*0x20' \
            'terminated with signal SIGSEGV' 'AT_ENTRY'; do
            grep -qE "$line" gdb.out || fail "the debugger does not say $line"
        done
        [ "$(grep -c 'wait_here (n=' gdb.out)" = 3 ] || fail 'not three threads that wait'
        [ "$failures" = 0 ] || cat gdb.out >&2
    fi
done
rm -f core
expect 0 'signal 6 core 1' '*' "$LOCKSTEP" run "$crash" abort
rm -f core
expect 0 'signal 11 core 0' '*' "$LOCKSTEP" run "$crash" null limit=0
expect 0 'signal 11 core 0' '*' "$LOCKSTEP" run "$crash" null undumpable
[ ! -e core ] || fail 'a core that was not allowed'
expect 0 'signal 11 core 0' '*' "$LOCKSTEP" run "$crash" null limit=8192
[ "$(stat -c %s core)" -le 8192 ] || fail 'a core larger than the limit'
rm -f core && echo keep >other && ln -s other core
expect 0 'signal 11 core 0' '*' "$LOCKSTEP" run "$crash" null
[ "$(cat other)" = keep ] || fail 'a core written through a link'
finish
