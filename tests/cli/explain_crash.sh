#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# --explain-crash says on stderr where and why a process died: signal and access, function, instruction with what it read, registers,
# mappings, backtraces of all threads. A build without the libraries says so.
. "$(dirname "$0")/expect.sh"
crash=$(dirname "$ACT")/crash

if [ ! -x "$(dirname "$LOCKSTEP")/lockstep-explain" ]; then
    expect 125 '' 'lockstep: --explain-crash needs lockstep-explain beside this program; *' "$LOCKSTEP" run --explain-crash "$crash" null
    finish
fi

# explains HOW SIGNAL PATTERN...: extended regular expressions, each must match a line.
explains() {
    local how=$1 signal=$2 pattern
    shift 2
    expect 0 "signal $signal core 0" '*' "$LOCKSTEP" run $options --explain-crash "$crash" "$how" limit=0
    for pattern in "$@"; do
        grep -qE "$pattern" .err || fail "$how: no line /$pattern/ in: $(cat .err)"
    done
}

for options in '' '--engine=interp --memory=paged'; do
    explains null 11 '^lockstep: process [0-9]+ \(crash\), thread [0-9]+: .*signal 11\): write at 0x20, nothing is mapped there' \
        '^  in die\+0x[0-9a-f]+ \(crash\.c:[0-9]+\)$' '^  0x[0-9a-f]+: mov .*0x2a .*\[0x20\]  r..=0x20' \
        '^  rax=[0-9a-f]+ rcx=' ' rip=[0-9a-f]+ rflags=' '^  the instruction 0x[0-9a-f]+ is in .* r-x /.*/crash$' \
        '^  the address 0x20 is in no mapping' \
        '^  thread [0-9]+: die\+.* < crash_here\+.* < crash_here\+.* < crash_here\+.* < main\+'
    [ "$(grep -cE '^  thread [0-9]+: wait_here\+0x[0-9a-f]+ \(crash\.c:' .err)" = 3 ] || fail "not three threads that wait: $(cat .err)"
    [ "$(wc -l <.err)" -le 14 ] || fail "more than ten lines and threads: $(cat .err)"
done
options=
explains readonly 11 'write at 0x[0-9a-f]+, the mapping does not allow it' '^  the address 0x[0-9a-f]+ is in .* r-- \(anonymous\)'
explains divide 8 'integer division' ': div ecx .*rax=.*'
explains illegal 4 'undefined instruction' ': ud2'
explains jump 11 'execution at 0x30, nothing is mapped there' 'there is no code to show' 'thread [0-9]+: 0x30 < crash_here'
explains abort 6 'signal 6\): sent by process'
expect 137 '' '' "$LOCKSTEP" run --explain-crash "$ACT" raise 9
finish
