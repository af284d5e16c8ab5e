#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# A static program under gdb: breakpoints, steps, registers, memory, calls of functions, what monitor says, and the exit code.
. "$(dirname "$0")/session.sh"

session sum <<'END'
break work
continue
print n
backtrace
stepi
next
info registers rip rbx eflags fs_base
print counter
finish
continue
print n
set var counter = 100
print twice(21)
print (long)$rsp % 8
print $_siginfo.si_signo
delete
tbreak sum
info auxv
monitor when
monitor help
monitor maps
monitor fly
continue
END
has 2 '^Breakpoint 1, work \(n='
has 1 '^\$1 = 0$'
has 1 '^#0  work \(n=.*\)'
has 1 '^#1 .* sum '
has 1 '^#2 .* main '
has 1 '^Value returned is \$3 = 0$'
has 1 '^\$4 = 1$'
has 1 '^\$5 = 42$'
has 1 '^31 +AT_EXECFN '
has 1 '^thread [0-9]+ has retired [0-9]+ instructions$'
has 1 '^[0-9a-f]+-[0-9a-f]+ rw-p 00000000 \[stack\]$'
has 1 '^"fly" is not a command; try help$'
has 1 '^total 420 factor 48 counter 110$'
has 1 'exited with code 024\]'

session sum <<'END'
break twice
continue
print wide
print $st0
print $xmm0.uint128
set var $xmm3.v2_int64[0] = 0x1122334455667788
set var $ymm3.v4_int64[3] = 77
print/x $xmm3.v2_int64[0]
print $ymm3.v4_int64[3]
print/x $mxcsr
set var $eflags = $eflags | 1
print ($eflags & 1)
set var $rdi = 5
finish
find &factor, +64, (char)0
x/2i $pc
kill
END
has 1 '^\$1 = 2.5$'
has 1 '^\$4 = 0x1122334455667788$'
has 1 '^\$5 = 77$'
has 1 '^Value returned is \$[0-9]+ = 10$'
has 1 '^\[Inferior 1 \(process [0-9]+\) killed\]'

# Watchpoints, by the machine and by gdb's own steps.
session sum <<'END'
break work if n == 3
continue
print counter
watch counter
continue
print counter
delete
set can-use-hw-watchpoints 0
watch counter
continue
detach
END
has 1 '^Breakpoint 1, work \(n=3\)|^Breakpoint 1, work \(n=n@entry=3\)'
has 1 '^Old value = 3$'
has 1 '^New value = 6$'
has 2 '^Hardware watchpoint 2: counter$'
has 1 '^Old value = 6$'
has 1 '^New value = 10$'
for _ in {1..200}; do # it goes on without gdb, which does not wait for it
    grep -q '^total' "$said" && break
    sleep 0.1
done
has 1 '^total 20 factor 48 counter 10$'

# Reads and accesses; gdb takes a read that also changes for no read.
session sum <<'END'
tbreak work if n == 2
continue
rwatch counter
continue
delete
awatch counter
continue
END
has 2 '^Hardware read watchpoint 2: counter$'
has 1 '^Value = 1$'
has 2 '^Hardware access \(read/write\) watchpoint 3: counter$'
has 1 '^Old value = 1$'
has 1 '^New value = 3$'
finish
