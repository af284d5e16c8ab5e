#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# We end with the first process, with its status; what it leaves behind goes on in a process of the host that is not ours any more.
# Until then that process shares our fate: signals to us or to our group, stops, and our death.
. "$(dirname "$0")/expect.sh"

# Not where our process stays one (sanitizers).
"$LOCKSTEP" run --verbose "$ACT" orphan 2>&1 >/dev/null | grep -q 'no process of its own' && { echo ok; exit 0; }

# wait_until COMMAND...: until it succeeds, some seconds at most.
wait_until() {
    for _ in {1..500}; do "$@" && return; sleep 0.02; done
    fail "never: $*"
}

state() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return
    stat=${stat##*) }
    echo "${stat:0:1}"
}
is_in_state() { [ "$(state "$1")" = "$2" ]; }
is_gone() { [ -z "$(state "$1")" ] || is_in_state "$1" Z; }
has_child() { child=$(cat /proc/$1/task/*/children 2>/dev/null | tr -d ' '); [ -n "$child" ]; }

# What is left behind writes when the first process has gone; its output is still there.
mkfifo out
"$LOCKSTEP" run "$ACT" orphan >out &
pid=$!
[ "$(cat out)" = orphan ] || fail "the orphan said something else"
wait $pid
[ $? = 5 ] || fail "the status is not the first process's"

"$LOCKSTEP" run "$ACT" endless-orphan >out &
pid=$!
exec 7<out
read -r line <&7
[ "$line" = ready ] || fail "the endless orphan printed '$line'"
wait $pid
[ $? = 6 ] || fail "we did not end with the first process"
left=$(pgrep -f "$ACT endless-orphan" | head -n 1)
[ -n "$left" ] || fail "nothing was left behind"
kill -TERM $left
wait_until is_gone $left

# The first process waits for its child: signals to us, stops, our death.
start() {
    "$LOCKSTEP" run /bin/sh -c 'trap "echo term; exit 3" TERM; trap "echo usr1" USR1; sleep 1000 & echo ready; while :; do wait; done' >out &
    pid=$!
    exec 7<out
    read -r line <&7
    wait_until has_child $pid
}
start
kill -USR1 $pid
read -r line <&7
[ "$line" = usr1 ] || fail "SIGUSR1: '$line'"
kill -CONT $pid
kill -TERM $pid
read -r line <&7
wait $pid
[ $? = 3 ] && [ "$line" = term ] || fail "SIGTERM: '$line'"
kill -TERM $child
wait_until is_gone $child

start
kill -TSTP $pid
wait_until is_in_state $pid T
kill -CONT $pid
wait_until is_in_state $pid S
kill -KILL $pid
wait $pid 2>/dev/null
wait_until is_gone $child

# A signal to the group reaches all that the first process has made, and each once.
cat >group.sh <<'END'
trap 'echo first; exit 4' TERM
sh -c 'trap "echo second; exit" TERM; echo ready; while :; do sleep 0.05; done' &
while :; do wait; done
END
set -m
"$LOCKSTEP" run /bin/sh group.sh >out &
pid=$!
set +m
exec 7<out
read -r line <&7
wait_until has_child $pid
kill -TERM -- -$pid
[ "$(sort <&7 | tr '\n' ' ')" = 'first second ' ] || fail "a signal to the group came otherwise"
wait $pid
[ $? = 4 ] || fail "the status after a signal to the group"
finish
