# A cancel of a task that waits for a gather is passed to the children in argument order.
import asyncio
import virtual_time


async def child(name, delay):
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "is cancelled")
        await asyncio.sleep(delay)
        print(name, "is clean at", virtual_time.milliseconds())
        raise


async def parent():
    try:
        await asyncio.gather(child("one", 0.020), child("two", 0.010), child("three", 0.030))
    except asyncio.CancelledError:
        print("parent goes on at", virtual_time.milliseconds())
        raise


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(0.001)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())
    await asyncio.sleep(0.050)
    print("end")


virtual_time.run(main())
