# SPDX-License-Identifier: ISC
"""What programs run under: a name and the words of a command that come before the program's own."""
import collections
import os
import shlex
import shutil

Engine = collections.namedtuple("Engine", "name prefix")
NATIVE = Engine("native", [])


def known_engines(lockstep):
    return {
        "jit": [lockstep, "run", "--wait", "--engine=jit", "--"],
        "counting": [lockstep, "run", "--wait", "--engine=jit", "--count", "--"],
        "interp": [lockstep, "run", "--wait", "--engine=interp", "--"],
        "qemu": ["qemu-x86_64", "-cpu", "max"],
    }


def parse_engine(text, lockstep):
    """NAME of a known engine, or NAME=COMMAND; a command with a slash is looked up from here, as programs run elsewhere."""
    known = known_engines(lockstep)
    name, separator, command = text.partition("=")
    if not separator and name not in known:
        raise ValueError(f"{name}: no such engine; known are {', '.join(known)}, others as NAME=COMMAND")
    prefix = shlex.split(command) if separator else known[name]
    if name == NATIVE.name or not prefix:
        raise ValueError(f"{text}: not an engine")
    if "/" in prefix[0]:
        prefix[0] = os.path.abspath(prefix[0])
    return Engine(name, prefix)


def usable(engine, runner, hello):
    """Whether the engine can run the smallest program; else says why not."""
    if not shutil.which(engine.prefix[0]):
        return f"{engine.prefix[0]} is not there"
    run = runner.run(engine, [hello], times=1)[0]
    return "" if run.status == 0 and run.output == b"hello\n" else f"hello ends with {run.status}: {run.error or 'no message'}"
