# A task that gives up the barrier by a time limit leaves it whole, with one place less taken.
import asyncio
import virtual_time


async def party(name, barrier):
    await barrier.wait()
    print(name, "passes at", virtual_time.milliseconds())


async def main():
    barrier = asyncio.Barrier(2)
    try:
        async with asyncio.timeout(0.01):
            await barrier.wait()
    except TimeoutError:
        print("TimeoutError")
    print("waiting", barrier.n_waiting, "broken" if barrier.broken else "whole")
    await asyncio.gather(party("a", barrier), party("b", barrier))


virtual_time.run(main())
