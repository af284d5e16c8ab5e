# SPDX-License-Identifier: ISC
"""The driver: options, the order of the runs, and where results go. See ../RESULTS.md."""
import argparse
import os
import re
import shlex
import shutil
import sys

import build
import chart
import engines
import figures
import packages
import report
import rows
import runs

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCH)
DEFAULT_ENGINES = ["jit", "counting", "interp", "qemu"]
REPEATS = 50  # of a row of the group "start" in each round: their medians count


def parse_options():
    parser = argparse.ArgumentParser(prog="bench.sh", description="Measures programs under engines against native.")
    parser.add_argument("--engines", nargs="*", metavar="ENGINE",
                        help="jit, counting, interp, qemu, or NAME=COMMAND PREFIX (default: those of them that work here;"
                        " none after the option: native only)")
    parser.add_argument("--filter", metavar="REGEX", default="", help="only programs whose name or group matches")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--slow", metavar="NAME", nargs="*", default=["interp", "qemu"],
                        help="engines with fewer rounds (interp qemu)")
    parser.add_argument("--slow-rounds", type=int, default=1, help="their rounds (1)")
    parser.add_argument("--quick", action="store_true", help="small arguments: to try the driver, not to compare")
    parser.add_argument("--limit", type=float, default=180, help="seconds a run may take (180)")
    parser.add_argument("--lockstep", default=os.path.join(ROOT, "build", "lockstep"), help="the program to measure")
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "bench"), help="where programs are built")
    parser.add_argument("--out", help="where results go (BUILD/results)")
    parser.add_argument("--list", action="store_true", help="print the rows and end")
    return parser.parse_args()


def chosen_programs(options):
    programs = rows.read_programs(os.path.join(BENCH, "programs.def"))
    wanted = re.compile(options.filter)
    chosen = [row for row in programs if any(wanted.search(word) for word in [row.name, *row.groups])]
    if not chosen:
        raise ValueError(f"no program's name or group matches {options.filter}")
    # A measure relative to another program's needs that program's runs as well.
    needed = {measure.split("/")[1] for row in chosen for measure in row.measures if "/" in measure}
    return [row for row in programs if row in chosen or row.name in needed]


def note(notes, text):
    notes.append(text)
    print(f"bench.sh: left out: {text}", file=sys.stderr)


def chosen_engines(options, runner, hello, notes):
    chosen = []
    for text in DEFAULT_ENGINES if options.engines is None else options.engines:
        engine = engines.parse_engine(text, options.lockstep)
        problem = engines.usable(engine, runner, hello)
        if not problem:
            chosen.append(engine)
        elif options.engines:
            raise ValueError(f"{engine.name}: {problem}")
        else:
            note(notes, f"engine {engine.name}: {problem}")
    return chosen


def measure(program, command, chosen, options, runner, results):
    """All rounds of one program. Engines take turns in going first, after native."""
    times = 1 if "start" not in program.groups else 5 if options.quick else REPEATS
    for number in range(options.rounds):
        native = runner.run(engines.NATIVE, command, times)
        results.add(program, "native", number, native, None)
        order = [engine for engine in chosen if engine.name not in options.slow or number < options.slow_rounds]
        for engine in order if number % 2 == 0 else order[::-1]:
            results.add(program, engine.name, number, runner.run(engine, command, times), native[-1])


def run_all(options):
    notes, results = [], figures.Results()
    os.makedirs(options.build, exist_ok=True)
    out = options.out or os.path.join(options.build, "results")
    os.makedirs(out, exist_ok=True)
    sources = packages.Packages(rows.read_packages(os.path.join(BENCH, "packages.def")), os.path.abspath(options.build))
    builder = build.Builder(BENCH, os.path.abspath(options.build), sources)
    runner = runs.Runner(builder.helper(), BENCH, os.path.abspath(out), options.limit)
    chosen = chosen_engines(options, runner, hello_program(builder), notes)
    programs, commands = build_all(chosen_programs(options), builder, options, notes)
    for program in programs:
        print(f"{program.name} ...", file=sys.stderr, flush=True)
        measure(program, commands[program.name], chosen, options, runner, results)
    write_results(out, programs, chosen, results, notes)
    return 1 if results.problems else 0


def hello_program(builder):
    return builder.program(rows.Program("hello", [], ["hello.c"], "", "", [], ""))


def build_all(programs, builder, options, notes):
    """The programs that could be built, and their command lines; the others are noted."""
    commands = {}
    for program in programs:
        try:
            arguments = shlex.split(program.quick if options.quick else program.full)
            commands[program.name] = [builder.program(program), *arguments]
        except packages.Unavailable as problem:
            note(notes, f"program {program.name}: {problem}")
    return [program for program in programs if program.name in commands], commands


def write_results(out, programs, chosen, results, notes):
    text = report.report(programs, chosen, results, ROOT, notes)
    with open(os.path.join(out, "figures.md"), "w", encoding="utf-8") as file:
        file.write(text)
    report.write_csv(os.path.join(out, "runs.csv"), results)
    with open(os.path.join(out, "chart.svg"), "w", encoding="utf-8") as file:
        file.write(chart.chart(programs, chosen, results))
    print(text, end="")
    print(f"bench.sh: results in {out}: figures.md, runs.csv, chart.svg", file=sys.stderr)


def main():
    options = parse_options()
    try:
        if options.list:
            for row in chosen_programs(options):
                print(f"{row.name:18} {' '.join(row.groups):24} {row.meaning}")
            return 0
        if not shutil.which(build.COMPILER[0]):
            raise packages.Unavailable("musl-gcc is not installed (Debian: musl-tools)")
        return run_all(options)
    except (ValueError, re.error, rows.BadRow, packages.Unavailable) as problem:
        print(f"bench.sh: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
