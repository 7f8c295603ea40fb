# A body that takes the error and returns a value ends well: the joiner gets the value.
import asyncio
import virtual_time


async def worker():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await asyncio.sleep(0.010)
        return "partial result"
    return "full result"


async def main():
    for delay in (0.005, 11):
        task = asyncio.create_task(worker())
        await asyncio.sleep(delay)
        print("cancel:", task.cancel())
        print("joined:", await task, "cancelled:", task.cancelled())


virtual_time.run(main())
