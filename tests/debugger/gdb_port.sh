#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# gdb at a port: the program keeps its standard files and its exit status; gdb may detach, interrupt, kill, or vanish.
. "$(dirname "$0")/session.sh"

# serve MODE COMMAND...: gdb's commands one by one. Sets $status.
serve() {
    local mode=$1 port= commands=() i
    shift
    for i; do commands+=(-ex "$i"); done
    timeout -s KILL 60 "$LOCKSTEP" debug --gdb=0 --engine="$ENGINE" "$SUBJECT" "$mode" >"$dir/out" 2>"$dir/err" </dev/null &
    local pid=$!
    for ((i = 0; i < 300; i++)); do
        port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\)$/\1/p' "$dir/err")
        [ -z "$port" ] || break
        sleep 0.1
    done
    timeout -s KILL 60 gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex "target remote 127.0.0.1:$port" "${commands[@]}" "$SUBJECT" \
        >"$said" 2>&1 </dev/null
    wait "$pid"
    status=$?
    cat "$dir/out" >>"$said"
}

serve sum 'break work' continue detach
has 1 '^total 20 factor 48 counter 10$'
[ "$status" = 20 ] || fail "status $status, not 20"

serve loop 'python import threading; threading.Timer(1, lambda: gdb.post_event(lambda: gdb.execute("interrupt"))).start()' \
    continue 'print $_siginfo' 'print spin > 0' kill
has 1 'received signal SIGINT'
has 1 '^\$[0-9] = 1$'
[ "$status" = 137 ] || fail "status $status, not 137"

serve fork 'set follow-fork-mode child' 'break in_child' continue continue
has 1 '^\[Inferior 2 \(process [0-9]+\) exited with code 03\]'
has 1 '^child 3$'
[ "$status" = 0 ] || fail "status $status, not 0"

serve threads 'break bump' continue
[ "$status" = 137 ] || fail "status $status after gdb had gone, not 137"
finish
