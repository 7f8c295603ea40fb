# abort breaks the barrier for those who wait and for those who come later.
import asyncio
import virtual_time


async def party(name, barrier):
    try:
        await barrier.wait()
        print(name, "passes")
    except asyncio.BrokenBarrierError:
        print(name, "BrokenBarrierError")


async def main():
    barrier = asyncio.Barrier(3)
    tasks = [asyncio.create_task(party(name, barrier)) for name in ("a", "b")]
    await asyncio.sleep(0.01)
    await barrier.abort()
    print("broken" if barrier.broken else "whole")
    await asyncio.wait(tasks)
    await party("late", barrier)
    print("broken" if barrier.broken else "whole")


virtual_time.run(main())
