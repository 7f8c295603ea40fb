# Two requests before the delivery are one error, with a count of two.
import asyncio
import virtual_time


async def worker():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("one error, requests:", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    await asyncio.sleep(0.010)
    print("no second error")


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    print("cancel:", task.cancel(), task.cancel(), "requests:", task.cancelling())
    await task
    print("end")


virtual_time.run(main())
