# uncancel() takes one request back and says how many are left; it never goes below zero.
import asyncio
import virtual_time


async def worker():
    me = asyncio.current_task()
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("requests:", me.cancelling())
        print("uncancel:", me.uncancel(), me.uncancel(), me.uncancel())
    await asyncio.sleep(0)
    print("goes on, requests:", me.cancelling())
    return "value"


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    task.cancel()
    task.cancel()
    print("joined:", await task, "requests:", task.cancelling())


virtual_time.run(main())
