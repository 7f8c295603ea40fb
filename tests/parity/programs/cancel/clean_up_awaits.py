# The request arrives as an error at the await; the clean-up may await, and the joiner waits for it.
import asyncio
import virtual_time


async def worker():
    try:
        print("worker waits")
        await asyncio.sleep(10)
        print("never printed")
    except asyncio.CancelledError:
        print("worker cleans up")
        await asyncio.sleep(0.010)
        print("worker is clean")
        raise


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    print("cancel:", task.cancel(), "done:", task.done())
    try:
        await task
    except asyncio.CancelledError:
        print("joined at", virtual_time.milliseconds(), "cancelled:", task.cancelled())


virtual_time.run(main())
