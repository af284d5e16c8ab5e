# SPDX-License-Identifier: ISC
"""Reads the tables programs.def and packages.def: rows of columns between bars, # for comments."""
import collections

Program = collections.namedtuple("Program", "name groups build full quick measures meaning")
Package = collections.namedtuple("Package", "name source prepare flags files")


class BadRow(Exception):
    pass


def read_rows(path, kind):
    rows = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) != len(kind._fields):
                raise BadRow(f"{path}:{number}: {len(cells)} columns, not {len(kind._fields)}")
            rows.append(kind(*cells))
    return rows


def read_programs(path):
    """The list cells become lists: groups, build and measures of words."""
    return [row._replace(groups=row.groups.split(), build=row.build.split(), measures=row.measures.split())
            for row in read_rows(path, Program)]


def read_packages(path):
    return {row.name: row for row in read_rows(path, Package)}
