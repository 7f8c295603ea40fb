# A cancel of a task that waits for a shield reaches the waiter alone; the inner task goes on.
import asyncio
import virtual_time


async def inner():
    await asyncio.sleep(0.010)
    print("inner ends at", virtual_time.milliseconds())
    return "value"


async def parent(task):
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        print("parent is cancelled, inner done:", task.done())
        print("parent waits for it:", await task)
        raise


async def main():
    task = asyncio.create_task(inner())
    waits = asyncio.create_task(parent(task))
    await asyncio.sleep(0.005)
    waits.cancel()
    try:
        await waits
    except asyncio.CancelledError:
        print("joined, cancelled:", waits.cancelled(), "inner cancelled:", task.cancelled())


virtual_time.run(main())
