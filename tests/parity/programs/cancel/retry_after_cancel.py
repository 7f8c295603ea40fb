# A supervisor that cancels and joins its worker, then starts another: the first is over before the second begins.
import asyncio
import virtual_time


async def worker(name):
    print(name, "begins at", virtual_time.milliseconds())
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.005)
        print(name, "is over at", virtual_time.milliseconds())


async def supervisor():
    for name in ("first", "second", "third"):
        task = asyncio.create_task(worker(name))
        await asyncio.sleep(0.010)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            print("supervisor joined, requests on itself:", asyncio.current_task().cancelling())


async def main():
    await asyncio.create_task(supervisor())
    print("end at", virtual_time.milliseconds())


virtual_time.run(main())
