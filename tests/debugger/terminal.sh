#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# The terminal debugger by scripts: every command once, its answers, JSON, and what is wrong.
. "$(dirname "$0")/session.sh"

# commands MODE [OPTION...]: the commands are on standard input.
commands() {
    local mode=$1
    shift
    said_now=$((said_now + 1))
    cat >"$dir/commands"
    timeout -s KILL 60 "$LOCKSTEP" debug --engine="$ENGINE" -x "$dir/commands" --batch "$@" "$SUBJECT" "$mode" >"$said" 2>&1 </dev/null
    status=$?
}

commands sum <<'END'
# a comment
break work if $rdi == 2
info breakpoints
continue
backtrace
print counter
print *&counter
print (u8)counter + 2 * (3 - 1) << 1
print $rip == work
stepi 2
nexti
next
finish
advance work
list work
x/2xw &counter
x/2i work
x/s 0x400001
disassemble work 1
registers
info registers
maps
tasks
when
info line work
info symbol work
set counter = 50
print counter
set $rbx = 4
print $rbx
delete 1
tbreak twice
c
step
ignore 1 1
END
[ "$status" = 1 ] || fail "status $status, not 1"
has 1 '^1 process [0-9]+ at 0x[0-9a-f]+ <work> if \$rdi == 2, hit 0 times$'
has 1 '^breakpoint 1, thread [0-9]+ at 0x[0-9a-f]+ <work> .*subject.c:[0-9]+$'
has 1 '^#0  0x[0-9a-f]+ <work> '
has 1 '^#1  0x[0-9a-f]+ <(sum|main)\+0x'
has 2 '^1 \(0x1\) at 0x[0-9a-f]+ <counter>$'
has 1 '^10 \(0xa\)'
has 1 '^1 \(0x1\)$'
has 1 '^=>.* int work\(int n\) \{|^ .* int work\(int n\) \{'
has 1 '^0x[0-9a-f]+: 0x00000003 0x'
has 1 '^returned 3 \(0x3\), thread '
has 1 '^0x400001: "ELF'
has 2 '^rax  .*rbx .*rcx '
has 1 'rw-p \[stack\]$'
has 1 '^=> process [0-9]+ thread [0-9]+ . subject +[0-9]+ instructions, at 0x'
has 1 '^thread [0-9]+ has retired [0-9]+ instructions, all threads [0-9]+$'
has 1 '^<work>$'
has 1 '^50 \(0x32\) at'
has 1 '^4 \(0x4\)$'
has 1 '^breakpoint [0-9]+, thread [0-9]+ at 0x[0-9a-f]+ <twice> '
has 1 '^there is no breakpoint 1$'

commands sum <<'END'
watch counter
c
c
unwatch counter
c
END
[ "$status" = 0 ] || fail "status $status, not 0"
has 1 '^watching 4 bytes at 0x'
has 2 '^memory at 0x[0-9a-f]+ <counter> has changed, now begins with 0x[13], thread [0-9]+ at 0x[0-9a-f]+ <work\+0x'
has 1 '^process [0-9]+ has ended with 20$'

commands threads <<'END'
break bump
continue
delete
tasks
continue
END
[ "$status" = 0 ] || fail "status $status, not 0"
has 4 '^(=>|  ) process [0-9]+ thread [0-9]+ '
has 1 '^shared 18$'
has 1 '^process [0-9]+ has ended with 18$'

commands signals <<'END'
continue
catch syscall 20
continue
continue
continue
backtrace
continue
END
has 1 '^signal 10 \(User defined signal 1\), thread '
has 1 '^calls system call 20, thread '
has 1 '^comes back from system call 20, thread '
has 1 '^handled 10$'
has 1 '^signal 11 \(Segmentation fault\), thread .* <(signals|main)\+0x'
has 1 '^process [0-9]+ has ended by signal 11 '

commands fork <<'END'
catch fork
break in_child
c
c
fin
c
END
has 1 '^forked process [0-9]+, thread '
has 1 '^breakpoint 2, thread [0-9]+ at 0x[0-9a-f]+ <in_child> '
has 1 '^returned 3 \(0x3\), thread '
has 1 '^child 3$'
has 1 '^process [0-9]+ has ended with 0$'

commands sum --json <<'END'
break work
c
END
has 1 '^\{"command": "c", "ok": true, "ended": false, "pid": [0-9]+, "tid": [0-9]+, "rip": "0x[0-9a-f]+", "output": "breakpoint 1, .*\\u000a"\}$'

# A trace, forwards.
"$LOCKSTEP" record --engine="$ENGINE" -o "$dir/trace" "$SUBJECT" sum >/dev/null 2>&1
printf 'break twice\nc\nset counter = 5\n' >"$dir/commands"
timeout -s KILL 60 "$LOCKSTEP" debug -x "$dir/commands" "$dir/trace" >"$said" 2>&1 </dev/null
has 1 '^breakpoint 1, thread [0-9]+ at 0x[0-9a-f]+ <twice> '
has 1 '^this has been: nothing can be changed$'
timeout -s KILL 60 "$LOCKSTEP" debug -e c -e c --batch "$dir/trace" >"$said" 2>&1 </dev/null
has 1 '^the end of history, thread '
has 1 '^this is the end of history$'

wrong() {
    commands sum <<<"$1"
    [ "$status" = 1 ] || fail "$1: status $status, not 1"
    has 1 "$2"
}
wrong 'fly' '^"fly" is not a command; see help$'
wrong 'b' '^there is no function ""$'
wrong 'break nowhere' '^there is no function "nowhere"$'
wrong 'break subject.c:9999' '^there is no code at line subject.c:9999$'
wrong 'print 1 / 0' '^this cannot be divided'
wrong 'print *1' '^no memory to read there'
wrong 'print 1 +' '^no such name'
wrong 'print $xyz' '^no such register'
wrong 'x/9999x 0' '^that is more than'
wrong 'info fly' '^info knows'
wrong 'thread 1' '^there is no thread 1$'
wrong "print $(printf '(%.0s' {1..200})1" '^this is too deep'
finish
