"""What the Python programs share: the options, a ticker beside the loop, and a line for each version.

A program here does the same work as its namesake in Rust, in four ways, with what Python brings along.
By hand: PYTHONPATH=examples/four_ways/src python3 examples/cpu_bound/cpu_bound.py --help
"""

import argparse
import asyncio
import sys
import time

PERIOD = 0.001
VERSIONS = ["sequential", "threads", "event-loop", "processes"]

# p99 and worst lateness of the last loop, in seconds; empty if the version had none.
lateness = None


def options(what):
    """The options that all programs have in common, for the program to add its own."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--only", default=",".join(VERSIONS))
    parser.add_argument("--workers", type=int, default=2)
    return parser


def run(main):
    """Runs a coroutine on a loop, as asyncio.run, with a ticker beside it."""
    return asyncio.run(beside(main))


async def beside(work):
    """A ticker that wants a turn every millisecond, and notes how late it gets it."""
    global lateness
    late = []
    due = time.perf_counter() + PERIOD

    def count():
        nonlocal due
        now = time.perf_counter()
        while due <= now:
            late.append(now - due)
            due += PERIOD

    async def tick():
        while True:
            await asyncio.sleep(due - time.perf_counter())
            count()

    ticker = asyncio.create_task(tick())
    result = await work
    count()
    ticker.cancel()
    late.sort()
    if late:
        lateness = late[(len(late) * 99 + 99) // 100 - 1], late[-1]
    return result


def compare(ways, only):
    """Runs the versions that were asked for, and prints a line for each: what the program in Rust reads."""
    global lateness
    for version in VERSIONS:
        if version not in only.split(","):
            continue
        lateness = None
        start = time.perf_counter()
        result = ways[version]()
        seconds = time.perf_counter() - start
        words = result if isinstance(result, str) else " ".join(str(item) for item in result)
        print(version, seconds, *(lateness or "--"), words, sep="\t", flush=True)


if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)
