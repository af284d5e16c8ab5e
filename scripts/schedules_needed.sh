#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# How many schedules explore needs to find the bugs of programs, a table row each: found in how many of the seeds, and the mean to the first.
#   schedules_needed.sh LOCKSTEP SEEDS SCHEDULES PROGRAM...
set -eu
lockstep=$(realpath "$1") seeds=$2 schedules=$3
shift 3

for program in "$@"; do
    found=0 sum=0
    for ((seed = 0; seed < seeds; seed++)); do
        first=$("$lockstep" explore --first --quiet --runs "$schedules" --seed "$seed" "$program" 2>/dev/null | sed -n 's/^schedule \([0-9]*\) (.*/\1/p' | head -1)
        [ -z "$first" ] || found=$((found + 1)) sum=$((sum + first))
    done
    mean=-
    [ "$found" = 0 ] || mean=$(awk "BEGIN { printf \"%.1f\", $sum / $found }")
    echo "| ${program##*/} | $found/$seeds | $mean |"
done
