"""Sleepers race in four ways: the same program as src/, in Python.

Here a worker process cannot be stopped either: its end is waited for, as that of a thread.
"""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import four_ways


def tell(line):
    # With its end of line in one piece: threads tell at the same time.
    print(line + "\n", end="", flush=True)


def nap(seconds):
    tell(f"  Start sleep {seconds}")
    time.sleep(seconds)
    tell(f"  Stop sleep {seconds}")
    return seconds


async def nap_in_task(seconds):
    tell(f"  Start sleep {seconds}")
    await asyncio.sleep(seconds)
    tell(f"  Stop sleep {seconds}")
    return seconds


def sequential():
    tell("Python sequential:")
    return str(min([nap(seconds) for seconds in naps]))


def threads():
    tell("Python threads:")
    return four_ways.run(first_in(ThreadPoolExecutor))


def event_loop():
    tell("Python event loop:")
    async def first():
        return await first_of([asyncio.create_task(nap_in_task(seconds)) for seconds in naps])

    return four_ways.run(first())


def processes():
    tell("Python processes:")
    return four_ways.run(first_in(ProcessPoolExecutor))


async def first_in(executor):
    loop = asyncio.get_running_loop()
    with executor(workers) as pool:
        return await first_of([loop.run_in_executor(pool, nap, seconds) for seconds in naps])


async def first_of(jobs):
    done, pending = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
    for job in pending:
        job.cancel()
    return str(next(iter(done)).result())


if __name__ == "__main__":
    parser = four_ways.options(__doc__)
    parser.add_argument("--seconds", default="0.8,0.9")
    args = parser.parse_args()
    workers = args.workers
    naps = [float(seconds) for seconds in args.seconds.split(",")]
    ways = {"sequential": sequential, "threads": threads, "event-loop": event_loop, "processes": processes}
    four_ways.compare(ways, args.only)
