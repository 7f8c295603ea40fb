# A limit of zero around a running task: the task is cancelled, and its clean-up is awaited.
import asyncio
import virtual_time


async def child():
    try:
        await asyncio.sleep(10)
    finally:
        print("child cleans up")
        await asyncio.sleep(0.010)
        print("child is clean at", virtual_time.milliseconds())


async def main():
    task = asyncio.create_task(child())
    await asyncio.sleep(0)
    try:
        await asyncio.wait_for(task, 0)
    except TimeoutError:
        print("TimeoutError at", virtual_time.milliseconds(), "cancelled:", task.cancelled())


virtual_time.run(main())
