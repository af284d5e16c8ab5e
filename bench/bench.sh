#!/usr/bin/env bash
# Runs the programs of programs.def natively and under engines, interleaved, and compares outputs, CPU time, wall time and
# memory. See RESULTS.md for how to read what it prints; bench.sh --help for the options. Needs python3 and musl-gcc.
set -eu
exec python3 -B "$(dirname "$0")/driver" "$@"
