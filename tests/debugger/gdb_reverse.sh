#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# A trace under gdb: backwards by instruction, line, function and to breakpoints; the ends of history; n steps there and back are the same
# state; nothing can be written.
. "$(dirname "$0")/session.sh"

record sum
replay <<'END'
reverse-stepi
break work if n == 3
continue
reverse-stepi
stepi
print n
delete
break work
reverse-continue
print n
continue
print n
finish
print counter
reverse-finish
print counter
next
print counter
reverse-next
print counter
delete
reverse-continue
continue
reverse-stepi
set var counter = 7
END
has 3 'No more reverse-execution history'
has 2 '^Breakpoint 1, work \(n='
has 4 '^Breakpoint 2, work \(n='
has 2 '^\$[13] = 3$'
has 1 '^\$2 = 2$'
has 1 '^Value returned is \$4 = 6$'
has 2 '^\$[57] = 6$'
has 2 '^\$[68] = 3$'
has 1 '^Cannot access memory at address'

# there_and_back STEPS: from some breakpoint of a run with threads
there_and_back() {
    {
        printf 'break bump\nignore 1 4\ncontinue\ndelete\n'
        printf 'info all-registers\nx/16xg $rsp\nprint shared\nprint spin\nmonitor tasks\necho == there\\n\n'
        printf 'stepi %d\n' "$1"
        for ((i = 0; i < $1; i++)); do echo reverse-stepi; done
        printf 'echo == back\\n\ninfo all-registers\nx/16xg $rsp\nprint shared\nprint spin\nmonitor tasks\n'
    } | replay
    sed -n '/^rax /,/^== there/p; /^== there/q' "$said" | grep -v '^==' | sed 's/^\$[0-9]* =//' >"$dir/before"
    sed -n '/^== back/,$p' "$said" | grep -v '^==' | sed 's/^\$[0-9]* =//' >"$dir/after"
    [ -s "$dir/before" ] && cmp -s "$dir/before" "$dir/after" || fail "$1 steps there and back: $(diff "$dir/before" "$dir/after" | head)"
}
record threads
there_and_back 1
there_and_back 12

# From the crash to the write that is guilty of it.
record signals
replay <<'END'
handle SIGUSR1 nostop noprint pass
continue
print $_siginfo._sifields._sigfault.si_addr
watch shared
reverse-continue
delete
break raise
reverse-continue
print shared
END
has 1 'received signal SIGSEGV'
has 2 '^Hardware watchpoint 1: shared$'
has 1 '^Old value = 10$'
has 1 '^New value = 0$'
has 1 'on_signal \(signo=10\) at .*shared = signo|^[0-9]+[[:space:]]+shared = signo;$'
has 1 '^\$1 = .*0x10$'
has 1 'Breakpoint 2, .*raise \(\)$'
has 1 '^\$2 = 0$'
finish
