"""Computes Fibonacci numbers in four ways: the same program as src/, in Python."""

import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import four_ways


def fib_recursive(n):
    return n if n < 2 else fib_recursive(n - 1) + fib_recursive(n - 2)


async def fib_recursive_in_task(n):
    return n if n < 2 else await fib_recursive_in_task(n - 1) + await fib_recursive_in_task(n - 2)


def fib_iterative(n):
    this, following = 0, 1
    for _ in range(n):
        this, following = following, this + following
    return this


async def fib_iterative_in_task(n):
    return fib_iterative(n)


def sequential():
    return [fib(n) for n in numbers]


def threads():
    return four_ways.run(all_fibs_in(ThreadPoolExecutor))


def event_loop():
    async def all_fibs():
        return await asyncio.gather(*[fib_in_task(n) for n in numbers])

    return four_ways.run(all_fibs())


def processes():
    return four_ways.run(all_fibs_in(ProcessPoolExecutor))


async def all_fibs_in(executor):
    loop = asyncio.get_running_loop()
    with executor(workers) as pool:
        fibs = [loop.run_in_executor(pool, fib, n) for n in numbers]
        return await asyncio.gather(*fibs)


if __name__ == "__main__":
    parser = four_ways.options(__doc__)
    parser.add_argument("--recursive", metavar="N,N", help="these, by recursion")
    parser.add_argument("--iterative", metavar="FIRST,END", default="10000,11000", help="a range, by iteration")
    args = parser.parse_args()
    workers = args.workers
    if args.recursive:
        fib, fib_in_task = fib_recursive, fib_recursive_in_task
        numbers = [int(n) for n in args.recursive.split(",")]
    else:
        fib, fib_in_task = fib_iterative, fib_iterative_in_task
        first, end = args.iterative.split(",")
        numbers = range(int(first), int(end))
    ways = {"sequential": sequential, "threads": threads, "event-loop": event_loop, "processes": processes}
    four_ways.compare(ways, args.only)
