#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# What a machine holds at once, and what that costs the host: 1,000 sleeping threads in 64 MiB, 200 processes, 10,000 descriptors, 1 TiB reserved.
. "$(dirname "$0")/expect.sh"

# memory ARGUMENTS...: KiB of the host's memory that is in use when the guest is ready.
memory() {
    local pid line
    mkfifo ready
    "$LOCKSTEP" run "$@" >ready &
    pid=$!
    read -r line <ready
    [ "$line" = ready ] || fail "$*: printed '$line'"
    awk '/^VmRSS:/ {print $2}' /proc/$pid/status
    kill -KILL $pid
    wait $pid 2>/dev/null
    rm ready
}

limit() {
    [ "$1" -le "$2" ] || fail "$3: $1 KiB, not $2"
}

one=$(memory "$ACT" threads 1)
limit "$(memory "$ACT" threads 1000)" 65536 "1,000 threads"
limit "$(memory "$ACT" reserve 1024)" $((one + 1024)) "a reservation of 1 TiB"
limit "$(memory --engine=interp --memory=paged "$ACT" reserve 1024)" $((one + 4096)) "a reservation of 1 TiB in pages"
expect 0 200 '' "$LOCKSTEP" run "$ACT" processes 200
most=$(ulimit -Hn)
[ "$most" = unlimited ] || [ "$most" -gt 12000 ] || most=low
[ "$most" = low ] || expect 0 10000 '' "$LOCKSTEP" run "$ACT" open 10000
finish
