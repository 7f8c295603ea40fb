"""Workers nap in four ways: the same program as src/, in Python."""

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import four_ways


def nap(worker, seconds):
    time.sleep(seconds)
    return worker


def sequential():
    return [nap(*one) for one in naps]


def threads():
    return four_ways.run(all_naps_in(ThreadPoolExecutor))


def event_loop():
    async def nap(worker, seconds):
        await asyncio.sleep(seconds)
        return worker

    async def all_naps():
        return [await one for one in asyncio.as_completed([nap(*one) for one in naps])]

    return four_ways.run(all_naps())


def processes():
    return four_ways.run(all_naps_in(ProcessPoolExecutor))


async def all_naps_in(executor):
    loop = asyncio.get_running_loop()
    with executor(workers) as pool:
        jobs = [loop.run_in_executor(pool, nap, *one) for one in naps]
        return [await one for one in asyncio.as_completed(jobs)]


if __name__ == "__main__":
    parser = four_ways.options(__doc__)
    parser.add_argument("--naps", default="3,1,5,2,4")
    parser.add_argument("--unit", type=int, default=100, help="milliseconds")
    args = parser.parse_args()
    workers = args.workers
    naps = [(worker, int(nap) * args.unit / 1000) for worker, nap in enumerate(args.naps.split(","), 1)]
    ways = {"sequential": sequential, "threads": threads, "event-loop": event_loop, "processes": processes}
    four_ways.compare(ways, args.only)
