# SPDX-License-Identifier: ISC
"""Runs one command by the helper measure.c and returns what it cost."""
import collections
import os
import subprocess

# cpu and wall in seconds, rss (the peak) in KiB; output: standard output; error: the last line of standard error.
Run = collections.namedtuple("Run", "status cpu wall rss output error")


class Runner:
    def __init__(self, helper, bench, directory, limit):
        self.helper = helper
        self.bench = bench  # where programs run: their arguments name files of it
        self.directory = directory
        self.limit = limit
        self.environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "HOME": "/", "TZ": "UTC"}

    def run(self, engine, command, times):
        report, output, errors = (os.path.join(self.directory, name) for name in ("report", "out", "err"))
        subprocess.run([self.helper, report, str(self.limit), str(times), output, errors, *engine.prefix, *command],
                       cwd=self.bench, env=self.environment, check=True)
        with open(output, "rb") as file:
            printed = file.read()
        with open(errors, encoding="utf-8", errors="replace") as file:
            error = (file.read().strip().splitlines() or [""])[-1]
        return [self.parse(line, printed, error) for line in open(report, encoding="ascii")]

    def parse(self, line, printed, error):
        status, user, system, wall, rss = line.split()
        return Run(int(status), float(user) + float(system), float(wall), int(rss), printed, error)
