# A task that is about to run gets the error instead of its step.
import asyncio
import virtual_time


async def worker():
    try:
        for n in range(10):
            print("step", n)
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        print("CancelledError instead of a step")
        raise


async def main():
    task = asyncio.create_task(worker())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("cancel:", task.cancel())
    await asyncio.sleep(0)
    print("one turn later, cancelled:", task.cancelled())


virtual_time.run(main())
