#!/usr/bin/env bash
# The driver runs three small programs natively, under the interpreter and under an engine that prints something else: it
# writes a row a run, a well-formed chart and the tables, and says which output differs.
#   smoke.sh LOCKSTEP DIRECTORY
set -eu
bench=$(cd "$(dirname "$0")/../../bench" && pwd)
lockstep=$(realpath "$1") directory=$2/run
run() { "$bench/bench.sh" --build "$directory" --lockstep "$lockstep" --quick --rounds 1 "$@"; }

run --out "$directory/good" --filter '^(integer|strings|getpid)$' --engines interp >"$directory.tables"
python3 - "$directory/good" <<'PYTHON'
import csv, sys, xml.etree.ElementTree
with open(sys.argv[1] + "/runs.csv", newline="") as file:
    rows = list(csv.DictReader(file))
assert [(row["program"], row["engine"], row["output"]) for row in rows] == [
    (program, engine, "ok") for program in ("integer", "strings", "getpid") for engine in ("native", "interp")], rows
assert all(float(row["cpu_s"]) > 0 and float(row["wall_s"]) > 0 for row in rows), rows
bars = [node for node in xml.etree.ElementTree.parse(sys.argv[1] + "/chart.svg").iter() if node.tag.endswith("rect")]
assert len(bars) == 1 + 1 + 3 + 3, len(bars)  # the background, the legend, the programs, the groups compute, cpu, system
PYTHON
grep -q '^| compute | \*\*.*(n=2) |$' "$directory.tables"

# An engine whose programs print one line more is found out.
cat >"$directory/liar" <<'SH'
#!/bin/sh
case $1 in */hello) ;; *) echo lie ;; esac
exec "$@"
SH
chmod +x "$directory/liar"
status=0
run --out "$directory/bad" --filter '^integer$' --engines "liar=$directory/liar" >"$directory.tables" 2>/dev/null || status=$?
[ "$status" = 1 ] && grep -q 'differs' "$directory.tables"
grep -q '^integer,compute,liar,0,.*,differs' "$directory/bad/runs.csv"
