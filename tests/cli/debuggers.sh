#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# The host's own strace and gdb, as guests, trace a process that forks, makes threads and dies. What is not installed is left out.
. "$(dirname "$0")/expect.sh"
crash=$(dirname "$ACT")/crash

# has FILE COUNT PATTERN
has() {
    local n
    n=$(grep -cE -e "$3" "$1")
    [ "$n" = "$2" ] || fail "$n lines of $1 match /$3/, not $2: $(tail -n 50 "$1")"
}

if command -v strace >/dev/null; then
    expect 0 'signal 6 core 0' '*' "$LOCKSTEP" run strace -f -o trace "$crash" abort limit=0
    has trace 4 'killed by SIGABRT \+\+\+$'
    has trace 1 'exited with 0 \+\+\+$'
    has trace 1 ' (fork\(|<\.\.\. fork resumed>)\) += [0-9]+$'
    has trace 1 'setrlimit\(RLIMIT_CORE|prlimit64\(0, RLIMIT_CORE'
    has trace 1 '--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_KILLED, .*si_status=SIGABRT'
fi
if command -v gdb >/dev/null; then
    expect 0 '*' '*' "$LOCKSTEP" run gdb -q -nx -batch -ex 'set debuginfod enabled off' -ex 'set follow-fork-mode child' -ex 'break crash_here if depth == 1' \
        -ex run -ex 'print/x marker' -ex 'info threads' -ex 'set var marker = 7' -ex stepi -ex stepi -ex 'print marker' -ex continue -ex bt \
        --args "$crash" null limit=0
    has .out 1 'hit Breakpoint 1.*, crash_here \(.*depth=.*1\)|^Breakpoint 1, crash_here'
    has .out 1 '^\$1 = 0x5678'
    has .out 3 ' wait_here \(n='
    has .out 1 '^\$2 = 7'
    has .out 1 'received signal SIGSEGV'
    has .out 1 '^#0 .* die \('
    has .out 1 '^#3 .* crash_here \(.*=2\)'
fi
finish
