# SPDX-License-Identifier: ISC
"""Fetches and unpacks Debian source packages by this machine's own package sources, without touching its settings.

Everything lives below one directory: download/ (tarballs, may be filled by hand), apt/ (settings, lists) and src/NAME/.
"""
import glob
import os
import re
import shutil
import subprocess
import tarfile


class Unavailable(Exception):
    """The package cannot be had or prepared here; the text says why."""


def run_logged(command, log, **options):
    with open(log, "ab") as out:
        return subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, check=False, **options).returncode


def last_line(log):
    with open(log, encoding="utf-8", errors="replace") as text:
        lines = [line.strip() for line in text if line.strip()]
    return lines[-1] if lines else "no message"


class Packages:
    def __init__(self, rows, directory):
        self.rows = rows
        self.directory = directory
        self.apt_problem = None  # why apt has no lists of sources; "" when it has
        self.done = {}

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def source(self, name):
        """The directory of the unpacked, prepared package; Unavailable is kept and raised again."""
        if name not in self.done:
            try:
                self.done[name] = self.prepare(self.rows[name])
            except Unavailable as problem:
                self.done[name] = problem
        if isinstance(self.done[name], Unavailable):
            raise self.done[name]
        return self.done[name]

    def prepare(self, row):
        directory = self.path("src", row.name)
        if os.path.exists(os.path.join(directory, ".prepared")):
            return directory
        self.unpack(self.tarball(row), directory)
        if row.prepare:
            log = self.path(row.name + ".log")
            if run_logged(["sh", "-c", row.prepare], log, cwd=directory) != 0:
                raise Unavailable(f"{row.source}: preparing failed ({last_line(log)}; {log})")
        open(os.path.join(directory, ".prepared"), "w").close()
        return directory

    def unpack(self, tarball, directory):
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        if subprocess.run(["tar", "xf", tarball, "-C", directory, "--strip-components=1", "--no-same-owner"],
                          check=False).returncode != 0:
            raise Unavailable(f"{tarball}: cannot be unpacked")

    def tarball(self, row):
        found = self.find_tarball(row)
        if not found:
            self.download(row)
            found = self.find_tarball(row)
        if not found:
            raise Unavailable(f"{row.source}: the download has no upstream tarball")
        return found

    def find_tarball(self, row):
        return next((path for path in sorted(glob.glob(self.path("download", row.source + "_*.orig.tar.*")))
                     if not path.endswith(".asc") and tarfile.is_tarfile(path)), None)

    def download(self, row):
        if not shutil.which("apt-get"):
            raise Unavailable(f"{row.source}: no apt-get here; put its .orig.tar.* into {self.path('download')}")
        os.makedirs(self.path("download"), exist_ok=True)
        log = self.path("apt.log")
        if self.apt_problem is None:
            self.apt_problem = self.update_lists(log)
        if self.apt_problem:
            raise Unavailable(f"{row.source}: {self.apt_problem}")
        if self.apt(log, "source", "--download-only", row.source) != 0:
            raise Unavailable(f"{row.source}: apt-get source failed ({last_line(log)})")

    def apt(self, log, *arguments):
        settings = dict(os.environ, APT_CONFIG=self.path("apt", "apt.conf"), LC_ALL="C")
        return run_logged(["apt-get", "-q", *arguments], log, cwd=self.path("download"), env=settings)

    def update_lists(self, log):
        """Gets the lists of sources; returns "" or what went wrong."""
        for part in ("parts", "lists/partial", "cache/archives/partial"):
            os.makedirs(self.path("apt", part), exist_ok=True)
        for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]:
            if path.endswith((".list", ".sources")) and os.path.isfile(path):
                self.copy_as_sources(path)
        with open(self.path("apt", "apt.conf"), "w", encoding="utf-8") as conf:
            conf.write(f'Dir::Etc::SourceList "/dev/null";\nDir::Etc::SourceParts "{self.path("apt", "parts")}";\n'
                       f'Dir::State::Lists "{self.path("apt", "lists")}";\nDir::Cache "{self.path("apt", "cache")}";\n'
                       'Acquire::Languages "none";\n')
            if os.geteuid() == 0:
                conf.write('APT::Sandbox::User "root";\n')
        return "" if self.apt(log, "update") == 0 else f"apt-get update failed ({last_line(log)})"

    def copy_as_sources(self, path):
        """The machine's lines of binary packages, as lines of source packages."""
        with open(path, encoding="utf-8") as lines:
            text = lines.read()
        if path.endswith(".sources"):
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
        else:
            text = "".join("deb-src " + line + "\n" for line in re.findall(r"(?m)^\s*deb\s+(.*)$", text))
        with open(self.path("apt", "parts", os.path.basename(path)), "w", encoding="utf-8") as out:
            out.write(text)
