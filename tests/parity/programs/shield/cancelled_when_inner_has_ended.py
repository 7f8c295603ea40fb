# A cancel that comes when the inner task has just ended still hits the awaiter; the value stays inside.
import asyncio
import virtual_time


async def work():
    await asyncio.sleep(0)
    print("inner ends")
    return "value"


async def owner(task):
    try:
        print("owner got", await asyncio.shield(task))
    except asyncio.CancelledError:
        print("owner is cancelled")
        raise


async def main():
    task = asyncio.create_task(work())
    keeper = asyncio.create_task(owner(task))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("inner is", "done" if task.done() else "pending")
    keeper.cancel()
    await asyncio.wait([keeper])
    print("inner has", task.result())


virtual_time.run(main())
