# When the awaiter of a shield is gone, a later error stays in the inner task for who asks.
import asyncio
import virtual_time


async def bad():
    await asyncio.sleep(0.02)
    print("inner raises")
    raise ValueError("bad")


async def outer(task):
    await asyncio.shield(task)


async def main():
    task = asyncio.create_task(bad())
    owner = asyncio.create_task(outer(task))
    await asyncio.sleep(0.01)
    owner.cancel()
    await asyncio.wait([owner, task])
    print("owner cancelled" if owner.cancelled() else "owner not cancelled")
    print("inner failed:", task.exception())


virtual_time.run(main())
