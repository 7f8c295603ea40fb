# A cancel is one throw: a task may swallow it, await freely afterwards and return a value.
import asyncio
import virtual_time


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("refuses")
    await asyncio.sleep(0)
    await asyncio.sleep(0.010)
    print("goes on at", virtual_time.milliseconds())
    return "value"


async def main():
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    print("cancel:", task.cancel())
    print("joined:", await task)
    print("cancelled:", task.cancelled(), "requests:", task.cancelling())


virtual_time.run(main())
