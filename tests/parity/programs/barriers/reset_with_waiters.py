# reset throws out those who wait; the barrier is whole and starts from nothing.
import asyncio
import virtual_time


async def party(name, barrier):
    try:
        print(name, "position", await barrier.wait())
    except asyncio.BrokenBarrierError:
        print(name, "BrokenBarrierError")


async def main():
    barrier = asyncio.Barrier(3)
    early = [asyncio.create_task(party(name, barrier)) for name in ("a", "b")]
    await asyncio.sleep(0.01)
    print("waiting", barrier.n_waiting)
    await barrier.reset()
    await asyncio.wait(early)
    print("waiting", barrier.n_waiting, "broken" if barrier.broken else "whole")
    await asyncio.gather(*[party(name, barrier) for name in ("x", "y", "z")])


virtual_time.run(main())
