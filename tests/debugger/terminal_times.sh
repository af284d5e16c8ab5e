#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# At random times of traces: going there by checkpoints is running there from the beginning, and n steps back after n forwards is the same
# state. SCRIPT LOCKSTEP SUBJECT ENGINE [TIMES]
. "$(dirname "$0")/session.sh"
times=${4:-2}
RANDOM=7

# debug OPTION...: on the trace; the commands are on standard input.
debug() {
    cat >"$dir/commands"
    timeout -s KILL 200 "$LOCKSTEP" debug --engine="$ENGINE" -x "$dir/commands" --batch "$@" "$trace" >"$said" 2>&1 </dev/null
}

state='registers
tasks
x/32xg $rsp
x/1024xb &common
print counter + shared * 1000 + spin * 1000000
print 424242'

for mode in sum threads shared; do
    record "$mode"
    printf 'seek end\nwhen\n' | debug
    length=$(sed -n 's/.*all threads \([0-9]*\),.*/\1/p' "$said")
    [ -n "$length" ] || fail "the length of $mode is not known"
    for ((i = 0; i < times; i++)); do
        time=$(((RANDOM * 32768 + RANDOM) % length)) n=$((RANDOM % 40 + 1))
        printf 'seek %d\n%s\n' "$time" "$state" | debug --checkpoint-memory=0
        sed -n '/^rax/,/^424242/p' "$said" >"$dir/run"
        printf 'seek end\nseek %d\n%s\nstepi %d\nreverse-stepi %d\n%s\nreverse-stepi %d\nstepi %d\n%s\n' \
            "$time" "$state" "$n" "$n" "$state" "$n" "$n" "$state" | debug
        sed -n '/^rax/,/^424242/p' "$said" >"$dir/back"
        cat "$dir/run" "$dir/run" "$dir/run" >"$dir/wanted"
        [ -s "$dir/run" ] && cmp -s "$dir/wanted" "$dir/back" || fail "$mode at $time, $n steps: $(diff "$dir/wanted" "$dir/back" | head -5)"
    done
done
finish
