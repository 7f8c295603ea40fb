# A task that is cancelled when the barrier has opened ends cancelled; the others pass.
import asyncio
import virtual_time


async def party(name, barrier):
    try:
        print(name, "position", await barrier.wait())
    except asyncio.CancelledError:
        print(name, "is cancelled")
        raise


async def main():
    barrier = asyncio.Barrier(3)
    tasks = [asyncio.create_task(party(name, barrier)) for name in ("a", "b")]
    await asyncio.sleep(0.01)
    print("main position", await barrier.wait())
    tasks[0].cancel()
    await asyncio.wait(tasks)
    print("waiting", barrier.n_waiting, "broken" if barrier.broken else "whole")


virtual_time.run(main())
