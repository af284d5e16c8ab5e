# SPDX-License-Identifier: ISC
"""Writes the results: tables in Markdown, the single runs as CSV."""
import csv
import datetime
import os
import platform
import subprocess

from figures import group_means


def lines_of_results(programs, results):
    """(program, measure, label) for each line of the tables: one for each measure of each program."""
    return [(program, measure, program.name if len(program.measures) == 1 else f"{program.name} {measure.split('/')[0]}")
            for program in programs for measure in program.measures
            if results.median(program.name, "native", measure) is not None]


def format_number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 20 else f"{value:.2f}"


def format_ratio(ratio):
    if ratio is None:
        return "-"
    text = format_number(ratio.median)
    if ratio.low != ratio.high:
        text += f" ({format_number(ratio.low)}-{format_number(ratio.high)})"
    return text + (f" **{ratio.problem}**" if ratio.problem else "")


def format_native(value, measure):
    if measure == "rss":
        return f"{value / 1024:.1f} MB"
    if "/" in measure:
        return f"{value:.2f}"
    return f"{value:.3f} s" if value >= 0.02 else f"{value * 1000:.2f} ms"


def table(head, rows):
    return ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]] + [""]


def ratio_table(programs, engines, results):
    rows = [[label, format_native(results.median(program.name, "native", measure), measure)] +
            [format_ratio(results.ratio(program.name, engine.name, measure)) for engine in engines]
            for program, measure, label in lines_of_results(programs, results)]
    return table(["program", "native"] + [engine.name for engine in engines], rows)


def group_table(programs, engines, results):
    means = group_means(lines_of_results(programs, results), engines, results)
    rows = [[group] + [f"**{format_number(mean)}** (n={count})" if mean else "-" for mean, count in by_engine.values()]
            for group, by_engine in means.items()]
    return table(["geometric mean"] + [engine.name for engine in engines], rows)


def absolute_table(programs, engines, results, measure, scale):
    def cell(program, engine):
        value = results.median(program.name, engine, measure)
        return "-" if value is None else f"{value * scale:.{1 if measure == 'rss' else 3}f}"
    rows = [[program.name] + [cell(program, name) for name in ["native", *(engine.name for engine in engines)]]
            for program in programs if results.median(program.name, "native", measure) is not None]
    return table(["program", "native"] + [engine.name for engine in engines], rows)


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def commit(directory):
    result = subprocess.run(["git", "-C", directory, "describe", "--always", "--dirty"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False)
    return result.stdout.strip() or "unknown"


def describe_machine(directory):
    load = os.getloadavg()[0]
    return (f"{datetime.date.today()}, {processor()}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
            f"load {load:.1f}, revision {commit(directory)}")


def report(programs, engines, results, directory, notes):
    """The whole text. notes: what could not be built or run, a line each."""
    lines = ["# Figures", "", describe_machine(directory), ""]
    lines += ["Ratios to native, median over the rounds (lowest-highest). CPU time unless the line says otherwise.", ""]
    lines += ratio_table(programs, engines, results) + group_table(programs, engines, results)
    lines += ["Peak resident memory, MB", ""] + absolute_table(programs, engines, results, "rss", 1 / 1024)
    lines += ["Wall time, seconds", ""] + absolute_table(programs, engines, results, "wall", 1)
    lines += [f"- {engine.name}: `{' '.join(engine.prefix)}`" for engine in engines]
    lines += [f"- left out: {note}" for note in notes]
    return "\n".join(lines) + "\n"


def write_csv(path, results):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["program", "group", "engine", "round", "cpu_s", "wall_s", "rss_kib", "output"])
        writer.writerows(results.records)
