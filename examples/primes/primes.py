"""Tells which numbers are primes, in four ways: the same program as src/, in Python."""

import asyncio
import math
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import four_ways


def is_prime(n):
    if n < 2 or n % 2 == 0:
        return n == 2
    for divisor in range(3, math.isqrt(n) + 1, 2):
        if n % divisor == 0:
            return False
    return True


def words(answers):
    return ["yes" if prime else "no" for prime in answers]


def sequential():
    return words(is_prime(number) for number in numbers)


def threads():
    return four_ways.run(all_primes_in(ThreadPoolExecutor))


def event_loop():
    async def task(number):
        return is_prime(number)

    async def all_primes():
        return words(await asyncio.gather(*[task(number) for number in numbers]))

    return four_ways.run(all_primes())


def processes():
    return four_ways.run(all_primes_in(ProcessPoolExecutor))


async def all_primes_in(executor):
    loop = asyncio.get_running_loop()
    with executor(workers) as pool:
        answers = [loop.run_in_executor(pool, is_prime, number) for number in numbers]
        return words(await asyncio.gather(*answers))


if __name__ == "__main__":
    parser = four_ways.options(__doc__)
    parser.add_argument("numbers", type=int, nargs="+")
    args = parser.parse_args()
    workers, numbers = args.workers, args.numbers
    ways = {"sequential": sequential, "threads": threads, "event-loop": event_loop, "processes": processes}
    four_ways.compare(ways, args.only)
