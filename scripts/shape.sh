#!/usr/bin/env bash
# Prints the shape of the code: size of files and functions, preprocessor conditionals, comments, tests against code.
# A mirror to look into, not a gate. Needs universal-ctags.
set -eu
cd "$(dirname "$0")/.."
folders="base host decoder mmu cpu sched loader syscall machine cli"
code=$(git ls-files $folders | grep -E '\.[ch]$')
tests=$(git ls-files tests | grep -E '\.([ch]|S|sh|def)$')

percentile() { sort -n | awk -v p="$1" '{v[NR] = $1} END {i = int((NR - 1) * p + 0.5) + 1; print NR ? v[i] : 0}'; }

files=$(wc -l $code | awk '$2 != "total" {print $1}')
functions=$(ctags -x --c-kinds=f --_xformat='%{end} %{line}' $code | awk '{print $1 - $2 + 1}')
lines=$(cat $code | wc -l)
printf 'files                %6d   p50 %d  p90 %d  max %d lines\n' "$(echo "$files" | wc -l)" \
    "$(echo "$files" | percentile 0.5)" "$(echo "$files" | percentile 0.9)" "$(echo "$files" | percentile 1)"
printf 'functions            %6d   p50 %d  p90 %d  max %d lines, over 100: %d\n' "$(echo "$functions" | wc -l)" \
    "$(echo "$functions" | percentile 0.5)" "$(echo "$functions" | percentile 0.9)" \
    "$(echo "$functions" | percentile 1)" "$(echo "$functions" | awk '$1 > 100' | wc -l)"
printf '#if per 1000 lines   %6.1f\n' "$(cat $code | grep -cE '^ *# *if' | awk -v n="$lines" '{print $1 * 1000 / n}')"
printf 'comment lines        %5.0f%%\n' "$(cat $code | grep -cE '^ *(/\*|\*|//)' | awk -v n="$lines" '{print $1 * 100 / n}')"
printf 'code lines           %6d\ntest lines           %6d\n' "$lines" "$(cat $tests | wc -l)"
echo 'longest files:'
wc -l $code | awk '$2 != "total"' | sort -rn | head -5
echo 'longest functions:'
ctags -x --c-kinds=f --_xformat='%{end} %{line} %F:%N' $code | awk '{print $1 - $2 + 1, $3}' | sort -rn | head -5
