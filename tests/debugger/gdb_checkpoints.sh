#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Checkpoints: going back from them shows what running from the beginning shows, memory that processes share included;
# what the program prints is shown once; and they end with the debugger, however it ends.
. "$(dirname "$0")/session.sh"

record shared
# visit OPTION...: through the run to its end and back, in steps of all sizes
visit() {
    replay "$@" <<'END'
break meet
continue 3
print common[0]
print common[1024]
delete
continue
break meet
reverse-continue
print round
print common[0]
print common[1024]
print spin
reverse-stepi
info all-registers
reverse-continue
reverse-continue
print round
print common[0]
print common[1024]
stepi 1000
info all-registers
reverse-stepi
reverse-stepi
info all-registers
x/8xg $rsp
delete
break meet if round == 2
reverse-continue
print common[0]
continue
END
    [ "$(grep -c '^common 28' "$said")" -le 1 ] || fail "the output is shown again"
    grep -v '^\[\|^common' "$said" >"$dir/$1"
}

visit --checkpoint-memory=0
has 3 '^\$[0-9]+ = 0x|^rax '
has 2 'No more reverse-execution history|end of history|Program terminated|exited'
visit --checkpoint-memory=1024
cmp -s "$dir/--checkpoint-memory=0" "$dir/--checkpoint-memory=1024" ||
    fail "with checkpoints: $(diff "$dir/--checkpoint-memory=0" "$dir/--checkpoint-memory=1024" | head -5)"

# holders: how many processes have the trace open
holders() {
    find /proc/[0-9]*/fd -maxdepth 1 -lname "$trace" 2>/dev/null | wc -l
}
mkfifo "$dir/in" "$dir/out"
"$LOCKSTEP" debug --gdb - --engine="$ENGINE" "$trace" <"$dir/in" >"$dir/out" 2>/dev/null &
debugger=$!
exec 8>"$dir/in" 9<"$dir/out"
printf '$vCont;c#a8' >&8
head -c 12 <&9 >/dev/null
[ "$(holders)" -ge 2 ] || fail "there are no checkpoints"
{
    kill -9 "$debugger"
    wait "$debugger"
} 2>/dev/null
for ((i = 0; i < 300; i++)); do
    [ "$(holders)" = 0 ] && break
    sleep 0.1
done
[ "$(holders)" = 0 ] || fail "$(holders) processes are left"
finish
