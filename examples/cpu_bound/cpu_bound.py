"""Adds squares in four ways: the same program as src/, in Python.

Threads do not help here: only one of them computes at a time.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import four_ways


def sum_of_squares(number):
    return sum(i * i for i in range(number))


def sequential():
    return [sum_of_squares(number) for number in numbers]


def threads():
    return four_ways.run(all_sums_in(ThreadPoolExecutor))


def event_loop():
    async def task(number):
        return sum_of_squares(number)

    async def all_sums():
        return await asyncio.gather(*[task(number) for number in numbers])

    return four_ways.run(all_sums())


def processes():
    return four_ways.run(all_sums_in(ProcessPoolExecutor))


async def all_sums_in(executor):
    loop = asyncio.get_running_loop()
    with executor(workers) as pool:
        sums = [loop.run_in_executor(pool, sum_of_squares, number) for number in numbers]
        return await asyncio.gather(*sums)


if __name__ == "__main__":
    parser = four_ways.options(__doc__)
    parser.add_argument("--first", type=int, default=5_000_000)
    parser.add_argument("--numbers", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    workers = args.workers
    numbers = list(range(args.first, args.first + args.numbers)) * args.rounds
    ways = {"sequential": sequential, "threads": threads, "event-loop": event_loop, "processes": processes}
    four_ways.compare(ways, args.only)
