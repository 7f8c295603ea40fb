# A shield does not protect from the end: the work behind it is a leftover like any other.
import asyncio
import virtual_time


async def work():
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        print("work is cancelled")
        raise


async def owner(task):
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        print("owner is cancelled")
        raise


async def main():
    task = asyncio.create_task(work())
    keeper = asyncio.create_task(owner(task))
    await asyncio.sleep(0.01)
    keeper.cancel()
    await asyncio.wait([keeper])
    print("main ends with", "done" if task.done() else "pending", "work")


virtual_time.run(main())
print("closed")
