# A task cancelled in the barrier gives its place back; the barrier is not broken.
import asyncio
import virtual_time


async def party(name, barrier):
    try:
        await barrier.wait()
        print(name, "passes")
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    barrier = asyncio.Barrier(3)
    tasks = [asyncio.create_task(party(name, barrier)) for name in ("a", "b")]
    await asyncio.sleep(0.01)
    tasks[0].cancel()
    await asyncio.sleep(0.01)
    print("waiting", barrier.n_waiting, "broken" if barrier.broken else "whole")
    tasks += [asyncio.create_task(party(name, barrier)) for name in ("c", "d")]
    await asyncio.wait(tasks)


virtual_time.run(main())
