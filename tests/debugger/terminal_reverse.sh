#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# The terminal debugger on a trace: backwards by instruction, line, function and to what is set; times, marks, writes, values and locks.
. "$(dirname "$0")/session.sh"

# commands [OPTION...]: on the trace; the commands are on standard input.
commands() {
    said_now=$((said_now + 1))
    cat >"$dir/commands"
    timeout -s KILL 100 "$LOCKSTEP" debug --engine="$ENGINE" -x "$dir/commands" --batch "$@" "$trace" >"$said" 2>&1 </dev/null
    status=$?
}

record sum
commands <<'END'
break work if $rdi == 3
continue
mark here
print $rip
next
next
reverse-next
reverse-next
print $rip
reverse-stepi
stepi
finish
print counter
last-write counter
last-write $rax
reverse-finish
rs
reverse-continue
seek here
history counter
seek end
when
rc
print counter
marks
next-write counter
rc
seek 50%
when
seek begin
rc
tasks --at 1000
rsi
END
[ "$status" = 1 ] || fail "status $status, not 1"
has 3 '^breakpoint 1, thread [0-9]+ at 0x[0-9a-f]+ <work> '
has 2 '^([0-9]+) \(0x[0-9a-f]+\) <work>$'
has 1 '^6 \(0x6\) at 0x[0-9a-f]+ <counter>$'
has 1 '^3 \(0x3\) at 0x[0-9a-f]+ <counter>$'
has 1 '^<counter> at 0x[0-9a-f]+ changes from 3 \(0x3\) to 6 \(0x6\), thread [0-9]+ at 0x[0-9a-f]+ <work\+0x'
has 2 '^=> 0x[0-9a-f]+ <main\+0x[0-9a-f]+>: call '
has 1 '^ +[0-9]+  thread [0-9]+ +1 \(0x1\)  <work\+0x[0-9a-f]+> .*subject.c:[0-9]+$'
has 1 '^ +[0-9]+  thread [0-9]+ +3 \(0x3\)  <work\+0x'
has 1 '^the end of history, thread '
has 1 'all threads [0-9]+, 100.00 % of the history; '
has 1 'all threads [0-9]+, (50.00|49.9[0-9]) % of the history; '
has 1 '^here: thread [0-9]+, time [0-9]+$'
has 1 '^memory at 0x[0-9a-f]+ <counter> has changed, now begins with 0x6, '
has 2 '^the beginning of history, '
has 1 '^=> process [0-9]+ thread [0-9]+ . subject +1000 instructions, at 0x'
has 1 '^this is the beginning of the thread$'
has 1 '^total 20 factor 48 counter 10$'

# From a crash to what is guilty of it, and what a program that has not run yet says of that.
record signals
commands <<'END'
continue
continue
backtrace
last-write shared
print shared
reverse-finish
last-write spin
when
END
[ "$status" = 1 ] || fail "status $status, not 1"
has 1 '^signal 11 \(Segmentation fault\), '
has 1 '^<shared> at 0x[0-9a-f]+ changes from 0 \(0\) to 10 \(0xa\), thread [0-9]+ at 0x[0-9a-f]+ <on_signal'
has 1 '^0 \(0\) at 0x[0-9a-f]+ <shared>$'
has 1 '^nothing has changed it since the beginning of history$'
has 0 '^thread [0-9]+ has retired'

record threads
commands <<'END'
break bump
continue
ignore 1 5
continue
next
next
who-holds lock
reverse-continue
finish
delete
finish
seek end
who-holds lock
END
[ "$status" = 0 ] || fail "status $status, not 0"
has 1 '^thread [0-9]+ holds it and took it here: <lock> at 0x'
has 1 '^nobody holds it; thread [0-9]+ let go of it here: <lock> at 0x'

commands --json <<'END'
seek 100000
reverse-stepi 3
END
has 1 '^\{"command": "reverse-stepi 3", "ok": true, "ended": false, "pid": [0-9]+, '
finish
