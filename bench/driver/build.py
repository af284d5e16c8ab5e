# SPDX-License-Identifier: ISC
"""Builds the guest programs (musl-gcc -O2 -static) and the measuring helper; makes again only what is older than its files."""
import concurrent.futures
import glob
import os
import shlex
import subprocess

from packages import Unavailable

COMPILER = ["musl-gcc", "-O2"]


def newer(target, files):
    return os.path.exists(target) and all(os.path.getmtime(target) >= os.path.getmtime(file) for file in files)


class Builder:
    def __init__(self, bench, directory, packages, jobs=2):
        self.bench = bench
        self.directory = directory
        self.packages = packages
        self.jobs = jobs
        self.libraries = {}  # package name: object files and archives
        os.makedirs(os.path.join(directory, "bin"), exist_ok=True)

    def compile(self, arguments):
        result = subprocess.run(COMPILER + arguments, stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode != 0:
            raise Unavailable(f"musl-gcc: {(result.stderr.strip().splitlines() or ['failed'])[0]}")

    def helper(self):
        target, source = os.path.join(self.directory, "measure"), os.path.join(self.bench, "driver", "measure.c")
        if not newer(target, [source]):
            self.compile(["-std=gnu11", "-static", "-o", target, source])
        return target

    def program(self, row):
        """The executable of a row. Its build cell: names of packages, then our own source, if it has one."""
        own = [word for word in row.build if word.endswith(".c")]
        used = [word for word in row.build if not word.endswith(".c")]
        files, flags = [], []
        for name in used:
            files += self.library(name)
            flags += self.flags(name, of_program=True)
        name = os.path.splitext(own[0])[0] if own else used[0]
        target = os.path.join(self.directory, "bin", name)
        sources = [os.path.join(self.bench, "programs", file) for file in own]
        headers = glob.glob(os.path.join(self.bench, "programs", "*.h"))
        if not newer(target, sources + headers + files):
            self.compile(["-std=gnu11", "-static", "-pthread", *flags, "-o", target, *sources, *files, "-lm"])
        return target

    def flags(self, name, of_program=False):
        """"." stands for the package's directory; what renames its main function must not rename ours."""
        source = self.packages.source(name)
        words = [word.replace("-I.", "-I" + source, 1) for word in shlex.split(self.packages.rows[name].flags)]
        return [word for word in words if not (of_program and word.startswith("-Dmain="))]

    def library(self, name):
        if name not in self.libraries:
            source = self.packages.source(name)
            files = self.package_files(source, self.packages.rows[name].files.split())
            flags = self.flags(name)
            with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
                self.libraries[name] = list(pool.map(lambda file: self.object_file(name, source, file, flags), files))
        return self.libraries[name]

    def package_files(self, source, patterns):
        def expand(pattern):
            return glob.glob(os.path.join(source, pattern))
        out = {path for word in patterns if word.startswith("-") for path in expand(word[1:])}
        return sorted({path for word in patterns if not word.startswith("-") for path in expand(word)} - out)

    def object_file(self, name, source, file, flags):
        if file.endswith(".a"):
            return file
        target = os.path.join(self.directory, "obj", name, os.path.relpath(file, source).replace("/", "_") + ".o")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not newer(target, [file]):
            self.compile(["-w", *flags, "-c", "-o", target, file])
        return target
