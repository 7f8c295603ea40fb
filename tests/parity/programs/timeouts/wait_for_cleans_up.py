# At the limit wait_for cancels what it waits for, and its clean-up ends before TimeoutError comes.
import asyncio
import virtual_time


async def work():
    try:
        await asyncio.sleep(10)
    finally:
        print("cleans up at", virtual_time.milliseconds())
        await asyncio.sleep(0.010)
        print("is clean at", virtual_time.milliseconds())


async def main():
    try:
        await asyncio.wait_for(work(), 0.010)
    except TimeoutError:
        print("coroutine: TimeoutError at", virtual_time.milliseconds())
    task = asyncio.create_task(work())
    try:
        await asyncio.wait_for(task, 0.010)
    except TimeoutError:
        print("task: TimeoutError at", virtual_time.milliseconds(), "cancelled:", task.cancelled())


virtual_time.run(main())
