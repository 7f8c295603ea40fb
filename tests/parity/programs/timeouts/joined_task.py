# A block around a join cancels the joined task and waits for its clean-up.
import asyncio
import virtual_time


async def child():
    try:
        await asyncio.sleep(10)
    finally:
        print("child is cancelled, requests:", asyncio.current_task().cancelling())
        await asyncio.sleep(0.010)
        print("child is clean")


async def main():
    task = asyncio.create_task(child())
    try:
        async with asyncio.timeout(0.010):
            await task
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds(), "child cancelled:", task.cancelled())


virtual_time.run(main())
