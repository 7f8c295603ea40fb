"""Python's side of the comparison: does one workload as often as it is told.

Started by versus_python with the name of the workload. Says "ready" and its version, then answers each
line, a number of operations, with the nanoseconds that one of them took. Every result is checked.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor


def same(value):
    return value


def one_at_a_time(pool, operations):
    for n in range(operations):
        assert pool.submit(same, n).result() == n


def all_at_once(pool, operations):
    jobs = [pool.submit(same, n) for n in range(operations)]
    for n, job in enumerate(jobs):
        assert job.result() == n


def in_chunks(pool, operations):
    chunk = -(-operations // (4 * 2))
    for n, result in enumerate(pool.map(same, range(operations), chunksize=chunk)):
        assert result == n


def there_and_back(size):
    payload = b"\x07" * size

    def work(pool, operations):
        for _ in range(operations):
            back = pool.submit(same, payload).result()
            assert len(back) == size and back[0] == back[-1] == 7

    return work


def with_pool(workers, work):
    """Measures in a pool that has done something before."""
    with ProcessPoolExecutor(workers) as pool:
        work(pool, 2 * workers)
        for line in sys.stdin:
            operations = int(line)
            start = time.perf_counter_ns()
            work(pool, operations)
            tell((time.perf_counter_ns() - start) / operations)


def cold_start(ballast):
    """Measures from no pool at all to the first result."""
    memory = bytearray(ballast)
    for place in range(0, ballast, 4096):
        memory[place] = 1
    for line in sys.stdin:
        operations, taken = int(line), 0
        for n in range(operations):
            start = time.perf_counter_ns()
            pool = ProcessPoolExecutor(1)
            assert pool.submit(same, n).result() == n
            taken += time.perf_counter_ns() - start
            pool.shutdown()
        tell(taken / operations)


def tell(word):
    print(word, flush=True)


WORKLOADS = {
    "one call at a time": lambda: with_pool(1, one_at_a_time),
    "calls all at once": lambda: with_pool(2, all_at_once),
    "map in chunks": lambda: with_pool(2, in_chunks),
    "first result": lambda: cold_start(0),
    "first result, 1 GiB": lambda: cold_start(1 << 30),
    "1 MiB there and back": lambda: with_pool(1, there_and_back(1 << 20)),
    "64 MiB there and back": lambda: with_pool(1, there_and_back(64 << 20)),
}

if __name__ == "__main__":
    tell("ready %d.%d.%d" % sys.version_info[:3])
    WORKLOADS[sys.argv[1]]()
