# A parent whose clean-up cancels its child and joins it: the child's clean-up ends before the parent does.
import asyncio
import virtual_time


async def child():
    try:
        await asyncio.sleep(10)
    finally:
        print("child cleans up")
        await asyncio.sleep(0.010)
        print("child is clean at", virtual_time.milliseconds())


async def parent():
    task = asyncio.create_task(child())
    try:
        await asyncio.sleep(10)
    finally:
        print("parent cancels its child:", task.cancel())
        try:
            await task
        except asyncio.CancelledError:
            print("parent joined its child, cancelled:", task.cancelled())


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(0.005)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("joined, cancelled:", task.cancelled())


virtual_time.run(main())
