#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Ctrl-Z: a guest that stops stops our process, so that the shell notices; SIGCONT lets both go on.
. "$(dirname "$0")/expect.sh"

# state PID: the letter of /proc/PID/stat.
state() {
    local stat
    stat=$(cat "/proc/$1/stat") || return
    stat=${stat##*) }
    echo "${stat:0:1}"
}

mkfifo ready
"$LOCKSTEP" run "$ACT" wait-for-term >ready &
pid=$!
exec 7<ready
read -r line <&7
kill -TSTP $pid
until [ "$(state $pid)" = T ]; do kill -0 $pid || break; done
[ "$(state $pid)" = T ] || fail "we did not stop"
kill -CONT $pid
while [ "$(state $pid)" = T ]; do :; done
kill -TERM $pid
read -r line <&7
wait $pid
[ $? = 3 ] && [ "$line" = term ] || fail "the guest did not go on: '$line'"
finish
