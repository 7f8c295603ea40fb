# A worker that swallows every cancel in its loop can be stopped by other means only.
import asyncio
import virtual_time


async def worker(stop):
    n = 0
    while not stop.is_set():
        n += 1
        try:
            await asyncio.sleep(0.010)
            print("round", n)
        except asyncio.CancelledError:
            print("round", n, "is cut short at", virtual_time.milliseconds())
    return n


async def main():
    stop = asyncio.Event()
    task = asyncio.create_task(worker(stop))
    for delay in (0.005, 0.003, 0.015):
        await asyncio.sleep(delay)
        task.cancel()
    await asyncio.sleep(0.001)
    stop.set()
    print("rounds:", await task, "requests:", task.cancelling())


virtual_time.run(main())
