# SPDX-License-Identifier: ISC
"""From the single runs to the figures of the tables: medians of per-round ratios, and geometric means."""
import collections
import math
import statistics

# low and high are the extremes over the rounds; problem is not empty when the runs are not comparable.
Ratio = collections.namedtuple("Ratio", "median low high problem")
TOO_LATE = -1  # what measure.c reports
LEAST = {"cpu": 1e-4, "wall": 1e-4, "rss": 1}


class Results:
    """values[program, engine, measure] is the list of one figure a round, in the order of the rounds."""

    def __init__(self):
        self.values = collections.defaultdict(list)
        self.problems = {}
        self.records = []  # rows of the CSV file

    def add(self, program, engine, number, runs, expected):
        """runs: those of one round; their medians count."""
        verdict = judge(runs, expected)
        for run in runs:
            self.records.append((program.name, program.groups[0], engine, number, run.cpu, run.wall, run.rss, verdict))
        if verdict != "ok":
            self.problems[program.name, engine] = verdict
        for measure in LEAST:
            self.values[program.name, engine, measure].append(statistics.median(getattr(run, measure) for run in runs))

    def rounds(self, program, engine, measure):
        """measure "wall/NAME": wall time as a part of that of the program NAME."""
        measure, _, other = measure.partition("/")
        values = [max(value, LEAST[measure]) for value in self.values[program, engine, measure]]
        if not other:
            return values
        return [value / base for value, base in zip(values, self.rounds(other, engine, measure))]

    def ratio(self, program, engine, measure):
        """None when the engine did not run this program."""
        native, mine = self.rounds(program, "native", measure), self.rounds(program, engine, measure)
        ratios = [b / a for a, b in zip(native, mine)]
        if not ratios:
            return None
        return Ratio(statistics.median(ratios), min(ratios), max(ratios), self.problem(program, engine))

    def problem(self, program, engine):
        return self.problems.get((program, engine)) or self.problems.get((program, "native"), "")

    def median(self, program, engine, measure):
        values = self.rounds(program, engine, measure)
        return statistics.median(values) if values else None


def judge(runs, expected):
    """expected: the native run of this round, or None for that itself."""
    for run in runs:
        if run.status == TOO_LATE:
            return "time limit"
        if run.status != (expected.status if expected else 0):
            return f"status {run.status}"
    if expected and runs[-1].output != expected.output:
        return "differs"
    return "ok"


def geometric_mean(ratios):
    """Of those that are comparable: (mean, how many), or (None, 0)."""
    good = [math.log(ratio.median) for ratio in ratios if ratio and not ratio.problem]
    return (math.exp(sum(good) / len(good)), len(good)) if good else (None, 0)


def group_means(lines, engines, results):
    """{group: {engine name: (mean, how many)}} over lines of (program, measure, label)."""
    groups = dict.fromkeys(group for line in lines for group in line[0].groups)
    return {group: {engine.name: geometric_mean([results.ratio(program.name, engine.name, measure)
                                                 for program, measure, _ in lines if group in program.groups])
                    for engine in engines}
            for group in groups}
