#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# --jit-cache-dir: a second start translates nothing, and whatever is wrong with the file or the directory changes nothing but that. Without
# it, processes of one machine that run the same program, one after the other, still share what they translate.
#   cache_dir.sh LOCKSTEP
set -u
lockstep=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir=$work/cache
program='x=0; for i in 1 2 3 4 5 6 7 8 9 10; do x=$((x * 7 + i)); y="${x//1/one} $i"; case $y in *one*) printf "%s\n" "$y";; *) echo "$x";; esac; done'
bash --norc -c "$program" >"$work/expected"
bad=0

fail() {
    echo "$*"
    bad=1
}

# run WHAT [DIRECTORY]: its lines on stderr go to $work/err. The output and the status must be what they are natively.
run() {
    "$lockstep" run --engine=jit --memory=window --verbose --jit-cache-dir="${2:-$dir}" -- bash --norc -c "$program" \
        >"$work/out" 2>"$work/err" </dev/null || fail "$1: status $?: $(tail -1 "$work/err")"
    cmp -s "$work/expected" "$work/out" || fail "$1: other output"
}

# units [TAKEN]: numbers in the line about translated code
units() {
    sed -nE 's/.*freed: ([0-9]+) units \(([0-9]+) from.*/\'"$1"'/p' "$work/err" | head -1
}

used() {
    local all taken
    all=$(units 1) taken=$(units 2)
    [ "${all:-0}" -gt 200 ] && [ "${taken:-0}" -ge $((all * 9 / 10)) ] || fail "$1: $taken of $all units taken"
}

# A few may come from the run itself, which keeps what it makes: a unit of a place where code went on, made anew where a branch leads.
not_used() {
    local all taken
    all=$(units 1) taken=$(units 2)
    [ "${all:-0}" -gt 200 ] && [ $((${taken:-$all} * 50)) -le "$all" ] || fail "$1: $taken of $all units taken"
}

run first
grep -q 'not available' "$work/err" && { echo "skipped: $(cat "$work/err")"; exit 77; }
not_used first
file=$(echo "$dir"/*)
[ -f "$file" ] && [ "$(stat -c %a "$file")" = 600 ] || fail "first: $(ls -l "$dir")"
run second
used second
cp "$file" "$work/good"
size=$(stat -c %s "$file")

# damaged WHAT: what lies at $file is not used, and replaced.
damaged() {
    run "$1"
    not_used "$1"
    grep -q 'not used' "$work/err" || fail "$1: nothing said"
}

# flip AT BIT: a flipped bit in a good file
flip() {
    local byte
    cp "$work/good" "$file"
    byte=$(od -An -tu1 -j "$1" -N 1 "$file")
    printf "\\x$(printf %02x $((byte ^ 1 << $2)))" | dd of="$file" bs=1 seek="$1" conv=notrunc 2>/dev/null
}

for at in 3 17 34 51 100 200; do # in the head and the index
    flip $at $((at % 8))
    damaged "flip at $at"
done
for i in 1 2 3 4 5 6; do # in an image, which is made anew
    flip $((size / 2 + (i * 7919 + i * i * 104729) % (size / 2))) $((i % 8))
    run "flip in image $i"
    used "flip in image $i"
done
cp "$work/good" "$file"
dd if=/dev/zero of="$file" bs=1 seek=$((size / 2)) count=$((size / 2)) conv=notrunc 2>/dev/null
run 'half of it zeros'
run 'after damage'
used 'after damage'
for n in 1 40 100 $((size / 2)) $((size - 1)); do
    head -c "$n" "$work/good" >"$file"
    damaged "cut to $n bytes"
done
cat "$work/good" "$work/good" >"$file"
damaged doubled
echo text >"$file"
damaged foreign
: >"$file"
damaged empty
cp "$work/good" "$file"
chmod 666 "$file"
damaged 'writable for others'
rm "$file"
ln -s "$work/good" "$file"
damaged 'symbolic link'
[ ! -L "$file" ] || fail 'the link was not replaced'
rm "$file"
mkfifo "$file"
damaged fifo
rm -f "$file"
mkdir "$file"
run directory
not_used directory
rmdir "$file"

: >"$work/plain"
run 'no directory' "$work/plain/below"
grep -q 'not kept' "$work/err" || fail 'no directory: nothing said'
rm -rf "$dir"

for i in 1 2 3 4; do (run "at once $i" >"$work/said$i"; exit $bad) 2>/dev/null & done
for job in $(jobs -p); do wait "$job" || bad=1; done
[ "$(ls -A "$dir" | wc -l)" = 1 ] || fail "at once: $(ls -A "$dir")"
run 'after all'
used 'after all'

"$lockstep" run --engine=jit --memory=window --verbose -- bash --norc -c 'for i in 1 2 3; do bash --norc -c "$0"; done; exit 0' "$program" \
    >"$work/out" 2>"$work/err" </dev/null || fail "children: status $?"
cat "$work/expected" "$work/expected" "$work/expected" | cmp -s - "$work/out" || fail 'children: other output'
sed -n 's/.*freed:.*(\([0-9]*\) from.*/\1/p' "$work/err" | sort -n | tail -1 | { read -r taken; [ "${taken:-0}" -gt 200 ]; } || fail 'children: nothing shared'
[ $bad = 0 ] && echo "translations are kept and taken, or left alone"
exit $bad
