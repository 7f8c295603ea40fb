# The joined child has ended but the joiner did not wake yet: the request hits the joiner alone.
import asyncio
import virtual_time


async def child():
    await asyncio.sleep(0)
    print("child ends")
    return "value"


async def parent(task):
    try:
        print("has", await task)
    except asyncio.CancelledError:
        print("CancelledError, child cancelled:", task.cancelled())
        return await task


async def main():
    task = asyncio.create_task(child())
    joins = asyncio.create_task(parent(task))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("child done:", task.done(), "cancel:", joins.cancel())
    print("joined:", await joins)


virtual_time.run(main())
