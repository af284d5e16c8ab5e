#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Forks, execs, signals and system calls under gdb.
. "$(dirname "$0")/session.sh"

session fork <<'END'
set detach-on-fork off
set schedule-multiple on
catch fork
break in_child
continue
info inferiors
continue
backtrace 1
continue
inferior 1
continue
END
has 1 'Catchpoint 1 \(forked process [0-9]+\)'
has 1 'hit Breakpoint 2.*in_child \(\)'
has 1 '^\[Inferior 2 \(process [0-9]+\) exited with code 03\]'
has 1 '^child 3$'
has 1 '^\[Inferior 1 \(process [0-9]+\) exited normally\]'

session fork <<'END'
set follow-fork-mode child
break in_child
continue
finish
continue
END
has 1 '^\[Detaching after fork from parent process [0-9]+\]'
has 1 '^Value returned is \$1 = 3$'
has 1 '^\[Inferior 2 \(process [0-9]+\) exited with code 03\]'

session exec <<'END'
catch exec
break sum
continue
continue
print counter
continue
END
has 1 "Catchpoint 1 \\(exec'd .*/subject\\)"
has 1 '^Breakpoint 2, .*sum \(\)'
has 1 '^total 20 factor 48 counter 10$'

session signals <<'END'
continue
print $_siginfo.si_signo
continue
print $_siginfo.si_signo
print $_siginfo._sifields._sigfault.si_addr
continue
END
has 1 'received signal SIGUSR1'
has 1 '^handled 10$'
has 1 'received signal SIGSEGV'
has 1 '^\$1 = 10$'
has 1 '^\$2 = 11$'
has 1 '^\$3 = .*0x10$'
has 1 '^Program terminated with signal SIGSEGV'

session signals <<'END'
handle SIGUSR1 nostop noprint pass
handle SIGSEGV nopass
catch syscall writev
continue
print $rax
continue
print $rax
delete
continue
set var $pc = $pc + 6
print shared
signal SIGUSR2
END
has 1 'Catchpoint 1 \(call to syscall writev\)'
has 1 'Catchpoint 1 \(returned from syscall writev\)'
has 1 '^\$1 = -38$'
has 1 '^\$2 = 11$'
has 1 '^Program terminated with signal SIGUSR2'
finish
