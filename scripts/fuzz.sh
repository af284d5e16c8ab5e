#!/usr/bin/env bash
# Builds the fuzzers with clang (address and undefined-behaviour sanitizers) and runs each for a bounded time.
#   fuzz.sh SECONDS [NAME...]
set -eu
cd "$(dirname "$0")/.."
seconds=$1
shift
cmake -S . -B build-fuzz -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DLOCKSTEP_SANITIZE=address,undefined -DLOCKSTEP_FUZZ=ON >/dev/null
cmake --build build-fuzz --target fuzzers
for fuzzer in ${@:-$(ls build-fuzz/tests/fuzz/*_fuzz | xargs -n1 basename)}; do
    corpus=build-fuzz/corpus/$fuzzer
    mkdir -p "$corpus"
    echo "fuzz: $fuzzer for $seconds s"
    (cd build-fuzz && tests/fuzz/"$fuzzer" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
        "corpus/$fuzzer" 2>"$fuzzer.log") || { tail -40 "build-fuzz/$fuzzer.log"; exit 1; }
    grep -E 'number_of_executed_units|new_units_added' "build-fuzz/$fuzzer.log" || true
done
