# reset makes a broken barrier whole.
import asyncio
import virtual_time


async def party(name, barrier):
    try:
        print(name, "position", await barrier.wait())
    except asyncio.BrokenBarrierError:
        print(name, "BrokenBarrierError")


async def main():
    barrier = asyncio.Barrier(2)
    await barrier.abort()
    await party("early", barrier)
    await barrier.reset()
    print("broken" if barrier.broken else "whole")
    await asyncio.gather(party("a", barrier), party("b", barrier))


virtual_time.run(main())
