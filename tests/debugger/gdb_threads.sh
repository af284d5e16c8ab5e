#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Threads under gdb: lists, breakpoints of one thread, steps of one thread while others stand, and that a session which only looks sees
# the same run as every other one.
. "$(dirname "$0")/session.sh"

session threads <<'END'
break bump if who == 2
continue
info threads
thread apply all backtrace 1
set scheduler-locking on
print shared
stepi 200
info threads
set scheduler-locking off
delete
continue
END
has 1 '^Thread [0-9] "subject" hit Breakpoint 1, bump \(who='
has 8 '^[* ] +[1-4] +Thread [0-9]+\.[0-9]+ "subject"'
has 1 '^shared 18$'
has 1 'exited with code 022\]'

session threads <<'END'
break bump
continue
delete
watch shared
continue
continue
delete
continue
END
has 2 'hit Hardware watchpoint 2: shared'
has 2 '^bump \(who='
has 1 '^shared 18$'

look() {
    session threads "$1" <<'END'
break bump
ignore 1 5
continue
monitor tasks
delete
continue
END
    has 1 'shared 18'
    grep -E '^process|hit Breakpoint' "$said"
}
first=$(look --seed=5)
again=$(look --seed=5)
other=$(look --seed=6)
[ "$first" = "$again" ] || fail "two sessions of one seed differ: $first / $again"
[ "$first" != "$other" ] || fail "two seeds give one run"
finish
