# Swallowing the error does not lower the count: only uncancel() does.
import asyncio
import virtual_time


async def worker():
    me = asyncio.current_task()
    for n in range(3):
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            print("swallows, requests:", me.cancelling())
    print("uncancel:", me.uncancel())
    return "value"


async def main():
    task = asyncio.create_task(worker())
    for _ in range(3):
        await asyncio.sleep(0.010)
        print("cancel:", task.cancel())
    print("joined:", await task, "requests:", task.cancelling())


virtual_time.run(main())
