# A body with several awaits is cut at the one where it waits; what came before stays done.
import asyncio
import virtual_time


async def worker(log):
    for step in ("fetch", "work", "store"):
        await asyncio.sleep(0.010)
        log.append(step)
    return "complete"


async def main():
    for limit in (0.005, 0.015, 0.025, 0.035):
        log = []
        task = asyncio.create_task(worker(log))
        await asyncio.sleep(limit)
        task.cancel()
        try:
            print(await task, *log)
        except asyncio.CancelledError:
            print("cancelled after", len(log), "steps", *log)


virtual_time.run(main())
