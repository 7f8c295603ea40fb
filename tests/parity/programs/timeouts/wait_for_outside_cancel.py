# A cancel of the task that waits in wait_for is passed to what it waits for, and its clean-up is awaited.
import asyncio
import virtual_time


async def child():
    try:
        await asyncio.sleep(10)
    finally:
        print("child cleans up")
        await asyncio.sleep(0.010)
        print("child is clean")


async def waiter(task):
    try:
        await asyncio.wait_for(task, 1)
    except asyncio.CancelledError:
        print("waiter is cancelled at", virtual_time.milliseconds(), "child cancelled:", task.cancelled())
        raise


async def main():
    task = asyncio.create_task(child())
    waits = asyncio.create_task(waiter(task))
    await asyncio.sleep(0.005)
    waits.cancel()
    await asyncio.wait([waits])
    print("cancelled:", waits.cancelled())


virtual_time.run(main())
