#!/usr/bin/env python3
"""Runs the parity programs and records or checks what they print.

    record.py                     write the .expected file of every program
    record.py loop turns/gather   only an area, or only a program
    record.py --check             compare instead of writing; exit 1 if anything differs

Every program runs once per hash seed, and all the runs must print the same. A program must also end
well and leave stderr empty. One whose first line says `# requires 3.13` is passed over by an older Python.
"""

import argparse
import difflib
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = HERE / "programs"
OLDEST = (3, 12)
TIME_LIMIT = 60  # seconds for one program; each needs far less


def find_python():
    """Returns this interpreter if it is new enough, else the newest one on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(30, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and version_of(found) is not None:
            return found
    sys.exit("record.py: needs Python {}.{} or newer".format(*OLDEST))


def version_of(python):
    """Returns (major, minor) of an interpreter, or None if it cannot be run."""
    code = "import sys; print(*sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    except OSError:
        return None
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else None


def name_of(program):
    """Returns `area/name`, as the command line takes it."""
    return program.relative_to(PROGRAMS).with_suffix("").as_posix()


def select(names):
    """Returns the programs that the names ask for: all of them if there are none."""
    programs = sorted(PROGRAMS.glob("*/*.py"))
    if not names:
        return programs
    chosen = []
    for name in names:
        name = name.removesuffix(".py").rstrip("/")
        found = [p for p in programs if name in (name_of(p), p.parent.name)]
        if not found:
            sys.exit(f"record.py: no program or area is called {name}")
        chosen += found
    return chosen


def required_version(program):
    """Returns the version that the first line asks for."""
    with program.open() as lines:
        asked = re.match(r"# requires (\d+)\.(\d+)", lines.readline())
    return tuple(map(int, asked.groups())) if asked else OLDEST


def run(python, program, seed):
    """Returns what the program printed, and what is wrong with the run (None if it is well)."""
    environment = dict(os.environ, PYTHONPATH=str(HERE), PYTHONHASHSEED=seed, PYTHONDONTWRITEBYTECODE="1")
    try:
        done = subprocess.run(
            [python, str(program)], capture_output=True, text=True, env=environment, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        return "", f"did not end within {TIME_LIMIT} seconds"
    if done.returncode != 0:
        return done.stdout, f"ended with status {done.returncode}\n{done.stderr}"
    if done.stderr:
        return done.stdout, f"wrote to stderr\n{done.stderr}"
    return done.stdout, None


def run_all_seeds(python, program, seeds):
    """Returns the one output of all the runs, and what is wrong (None if nothing is)."""
    first = None
    for seed in seeds:
        output, problem = run(python, program, seed)
        if problem:
            return output, problem
        if first is None:
            first = output
        elif output != first:
            return output, f"prints something else with hash seed {seed}\n{difference(first, output)}"
    return first, None


def difference(expected, output):
    """Returns a unified diff of two traces."""
    lines = difflib.unified_diff(expected.splitlines(), output.splitlines(), "expected", "printed", lineterm="")
    return "\n".join(lines)


def check(program, output):
    """Returns what is wrong with the output of a program, compared with its .expected file."""
    expected = program.with_suffix(".expected")
    if not expected.exists():
        return "has no .expected file"
    recorded = expected.read_text()
    return None if recorded == output else "prints something else\n" + difference(recorded, output)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="an area, or area/program (default: all)")
    parser.add_argument("--check", action="store_true", help="compare with the .expected files, write nothing")
    parser.add_argument("--python", metavar="PATH", help="the interpreter (default: this one, if new enough)")
    parser.add_argument("--seeds", default="1,2,3", help="hash seeds to run with (default: %(default)s)")
    options = parser.parse_args()

    python = options.python or find_python()
    version = version_of(python)
    if version is None or version < OLDEST:
        sys.exit(f"record.py: {python} is not a Python of at least {OLDEST[0]}.{OLDEST[1]}")

    well, passed_over, failed = 0, 0, 0
    for program in select(options.names):
        if version < required_version(program):
            passed_over += 1
            continue
        output, problem = run_all_seeds(python, program, options.seeds.split(","))
        if problem is None and options.check:
            problem = check(program, output)
        if problem is None:
            well += 1
            if not options.check:
                program.with_suffix(".expected").write_text(output)
        else:
            failed += 1
            print(f"{name_of(program)}: {problem}")
    verb = "agree" if options.check else "recorded"
    print(f"Python {version[0]}.{version[1]}: {well} {verb}, {failed} failed, {passed_over} need a newer Python")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
