# A shield inside the block keeps the joined task alive; it can be joined again after the time-out.
import asyncio
import virtual_time


async def child():
    await asyncio.sleep(0.030)
    return "value"


async def main():
    task = asyncio.create_task(child())
    try:
        async with asyncio.timeout(0.010):
            await asyncio.shield(task)
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds(), "child done:", task.done())
    print("joined:", await task, "at", virtual_time.milliseconds())


virtual_time.run(main())
