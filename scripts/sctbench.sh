#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# How many schedules explore needs for the bugs of SCTBench's concurrent-software-benchmarks (github.com/mc-imperial/sctbench), a table row each.
#   sctbench.sh LOCKSTEP DIRECTORY SEEDS SCHEDULES NAME...
# DIRECTORY is that folder of a copy; NAME is a program of it without _bad.c. Programs are built in a directory of their own.
set -eu
lockstep=$(realpath "$1") directory=$2 seeds=$3 schedules=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in "$@"; do
    musl-gcc -std=gnu99 -w -g -O0 -static -pthread -o "$work/$name" "$directory/${name}_bad.c" || continue
    found=0 sum=0
    for ((seed = 0; seed < seeds; seed++)); do
        first=$("$lockstep" explore --first --quiet --runs "$schedules" --seed "$seed" "$work/$name" 2>/dev/null | sed -n 's/^schedule \([0-9]*\) (.*/\1/p' | head -1)
        [ -z "$first" ] || found=$((found + 1)) sum=$((sum + first))
    done
    mean=-
    [ "$found" = 0 ] || mean=$(awk "BEGIN { printf \"%.1f\", $sum / $found }")
    echo "| $name | $found/$seeds | $mean |"
done
