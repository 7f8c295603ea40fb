# Joining a task that somebody else cancelled gives CancelledError, but no request stands on the joiner.
import asyncio
import virtual_time


async def child():
    await asyncio.sleep(10)


async def joiner(task):
    try:
        await task
    except asyncio.CancelledError:
        print("CancelledError, requests:", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    return "value"


async def main():
    task = asyncio.create_task(child())
    joins = asyncio.create_task(joiner(task))
    await asyncio.sleep(0)
    task.cancel()
    print("joined:", await joins)
    print("child cancelled:", task.cancelled(), "joiner cancelled:", joins.cancelled())


virtual_time.run(main())
