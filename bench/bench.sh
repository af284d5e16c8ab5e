#!/usr/bin/env bash
# Runs the compute programs of bench/programs natively and under each engine, interleaved, checks equal output, and
# prints CPU time (user + system) as ratios to native: the median over the rounds, and the geometric mean over programs.
#   bench.sh [-n ROUNDS] [-o FILE.csv] [-p PROGRAM]... LABEL=COMMAND_PREFIX...
#   bench.sh -n 3 'interp=build/lockstep run --engine=interp --' 'qemu=qemu-x86_64 -cpu max'
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=3 csv= programs=()
while getopts n:o:p: option; do
    case $option in
    n) rounds=$OPTARG ;;
    o) csv=$OPTARG ;;
    p) programs+=("$OPTARG") ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: bench.sh [-n ROUNDS] [-o FILE.csv] [-p PROGRAM]... LABEL=COMMAND_PREFIX..." >&2; exit 2; }

work=${BENCH_DIR:-$root/build/bench}
mkdir -p "$work"
[ ${#programs[@]} -gt 0 ] || for source in "$root"/bench/programs/*.c; do programs+=("$(basename "$source" .c)"); done
for program in "${programs[@]}"; do
    source=$root/bench/programs/$program.c
    [ "$work/$program" -nt "$source" ] || musl-gcc -O2 -static -pthread -o "$work/$program" "$source" -lm
done

# CPU seconds of a command; its output goes to $work/out.
cpu_seconds() {
    local TIMEFORMAT='%U %S' t
    t=$({ time "$@" >"$work/out" 2>/dev/null </dev/null; } 2>&1) || true
    echo "$t" | awk '{print $1 + $2}'
}

: >"$work/rows"
for program in "${programs[@]}"; do
    for ((round = 0; round < rounds; round++)); do
        native=$(cpu_seconds "$work/$program")
        cp "$work/out" "$work/expected"
        echo "$program native $native ok" >>"$work/rows"
        for engine in "$@"; do
            seconds=$(cpu_seconds ${engine#*=} "$work/$program")
            verdict=ok
            cmp -s "$work/out" "$work/expected" || verdict=differs
            echo "$program ${engine%%=*} $seconds $verdict" >>"$work/rows"
        done
    done
done
[ -z "$csv" ] || { echo program,engine,cpu_seconds,output; tr ' ' , <"$work/rows"; } >"$csv"

awk '
function median(list,    n, v, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] + 0 < v[j - 1] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
{
    if (!($1 in seen)) { seen[$1]; order[++n_programs] = $1 }
    if (!($2 in known)) { known[$2]; engines[++n_engines] = $2 }
    times[$1, $2] = times[$1, $2] " " $3
    if ($4 != "ok") wrong[$1, $2] = " W"
}
END {
    printf "%-14s", "program"
    for (e = 1; e <= n_engines; e++) printf "%14s", engines[e]
    print ""
    for (p = 1; p <= n_programs; p++) {
        base = median(times[order[p], "native"])
        if (base < 0.001) base = 0.001
        printf "%-14s%12.3f s", order[p], base
        for (e = 2; e <= n_engines; e++) {
            r = median(times[order[p], engines[e]]) / base
            printf "%12.2f%-2s", r, wrong[order[p], engines[e]]
            if (wrong[order[p], engines[e]] == "") { sum[e] += log(r); count[e]++ }
        }
        print ""
    }
    printf "%-14s%14s", "geomean", ""
    for (e = 2; e <= n_engines; e++) printf "%12.2f  ", count[e] ? exp(sum[e] / count[e]) : 0
    print ""
}' "$work/rows"
